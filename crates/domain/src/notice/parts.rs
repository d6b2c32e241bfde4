//! A notice as it is stored.

use super::{Channel, NoSeat, Notice, Template};
use crate::appeals::AppealAnswer;
use crate::beneficiary::RevocationCause;
use crate::checks::IdentityFields;
use crate::codes::CodePurpose;
use crate::eligibility::Rule;
use crate::policy::Named as _;
use crate::time::Timestamp;
use crate::wave::WaveNumber;

/// The parts of a notice as they are stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoticeParts {
    /// Kind.
    pub template: Template,
    /// Wave, where there is one.
    pub wave: Option<WaveNumber>,
    /// Deadline or end of a lock, where there is one.
    pub at: Option<Timestamp>,
    /// Rule, outcome or days, where there is one.
    pub code: Option<String>,
}

impl Notice {
    /// The parts to be stored.
    pub fn parts(self) -> NoticeParts {
        let (template, wave, at, code) = match self {
            Self::AccountOpened => (Template::AccountOpened, None, None, None),
            Self::SignInLocked { until } => (Template::SignInLocked, None, Some(until), None),
            Self::Code { purpose, channel, expires_at } => {
                let template = match channel {
                    Channel::Email => Template::CodeEmail,
                    Channel::Sms => Template::CodeSms,
                };
                (template, None, Some(expires_at), Some(purpose.name().to_owned()))
            }
            Self::AccountKnown { at } => (Template::AccountKnown, None, Some(at), None),
            Self::PasswordChanged { at } => (Template::PasswordChanged, None, Some(at), None),
            Self::EmailChanged { at } => (Template::EmailChanged, None, Some(at), None),
            Self::PhoneChanged { at } => (Template::PhoneChanged, None, Some(at), None),
            Self::Registered => (Template::Registered, None, None, None),
            Self::Released { at } => (Template::Released, None, Some(at), None),
            Self::ErasureAsked { at } => (Template::ErasureAsked, None, Some(at), None),
            Self::ErasureRefused { at } => (Template::ErasureRefused, None, Some(at), None),
            Self::CheckRefuted { rule, fields, answered_at } => {
                let fields = fields.list();
                let code = fields.iter().fold(rule.code(), |code, field| code + ":" + field.name());
                (Template::CheckRefuted, None, Some(answered_at), Some(code))
            }
            Self::Joined(wave) => (Template::Joined, Some(wave), None, None),
            Self::Withdrawn(wave) => (Template::Withdrawn, Some(wave), None, None),
            Self::Selected { wave, due_at } => (Template::Selected, Some(wave), Some(due_at), None),
            Self::NotSelected { wave, reason, appeal_until } => {
                (Template::NotSelected, Some(wave), appeal_until, Some(reason.code()))
            }
            Self::PurchaseReminder { wave, days, due_at } => {
                (Template::PurchaseReminder, Some(wave), Some(due_at), Some(days.to_string()))
            }
            Self::Revoked(wave) => (Template::Revoked, Some(wave), None, None),
            Self::RevokedForCause { wave, cause } => {
                (Template::RevokedForCause, Some(wave), None, Some(cause.name().to_owned()))
            }
            Self::AppealGranted { wave, due_at } => {
                (Template::AppealGranted, Some(wave), Some(due_at), None)
            }
            Self::AppealRejected { wave, answer, answered_at } => {
                let code = answer.name().to_owned();
                (Template::AppealRejected, Some(wave), Some(answered_at), Some(code))
            }
            Self::ComplaintAnswered { answered_at } => {
                (Template::ComplaintAnswered, None, Some(answered_at), None)
            }
        };
        NoticeParts { template, wave, at, code }
    }

    /// The notice of stored parts; `None` if a part is missing or unknown.
    pub fn from_parts(parts: &NoticeParts) -> Option<Self> {
        let code = parts.code.as_deref();
        Some(match parts.template {
            Template::AccountOpened => Self::AccountOpened,
            Template::SignInLocked => Self::SignInLocked { until: parts.at? },
            Template::CodeEmail => Self::code_of_parts(parts, Channel::Email)?,
            Template::CodeSms => Self::code_of_parts(parts, Channel::Sms)?,
            Template::AccountKnown => Self::AccountKnown { at: parts.at? },
            Template::PasswordChanged => Self::PasswordChanged { at: parts.at? },
            Template::EmailChanged => Self::EmailChanged { at: parts.at? },
            Template::PhoneChanged => Self::PhoneChanged { at: parts.at? },
            Template::Registered => Self::Registered,
            Template::Released => Self::Released { at: parts.at? },
            Template::ErasureAsked => Self::ErasureAsked { at: parts.at? },
            Template::ErasureRefused => Self::ErasureRefused { at: parts.at? },
            Template::CheckRefuted => {
                let identity = Rule::IdentityConfirmed.code() + ":";
                let (rule, named) = match code?.strip_prefix(&identity) {
                    Some(names) => (Rule::IdentityConfirmed, names.replace(':', ",")),
                    None => (Rule::from_code(code?)?, String::new()),
                };
                let fields = IdentityFields::of_detail(&named);
                Self::CheckRefuted { rule, fields, answered_at: parts.at? }
            }
            Template::Joined => Self::Joined(parts.wave?),
            Template::Withdrawn => Self::Withdrawn(parts.wave?),
            Template::Selected => Self::Selected { wave: parts.wave?, due_at: parts.at? },
            Template::NotSelected => Self::NotSelected {
                wave: parts.wave?,
                reason: NoSeat::from_code(code?)?,
                appeal_until: parts.at,
            },
            Template::PurchaseReminder => Self::PurchaseReminder {
                wave: parts.wave?,
                days: code?.parse().ok()?,
                due_at: parts.at?,
            },
            Template::Revoked => Self::Revoked(parts.wave?),
            Template::RevokedForCause => Self::RevokedForCause {
                wave: parts.wave?,
                cause: RevocationCause::from_name(code?)?,
            },
            Template::AppealGranted => Self::AppealGranted { wave: parts.wave?, due_at: parts.at? },
            Template::AppealRejected => Self::AppealRejected {
                wave: parts.wave?,
                answer: AppealAnswer::from_name(code?)
                    .filter(|answer| *answer != AppealAnswer::Granted)?,
                answered_at: parts.at?,
            },
            Template::ComplaintAnswered => Self::ComplaintAnswered { answered_at: parts.at? },
        })
    }

    fn code_of_parts(parts: &NoticeParts, channel: Channel) -> Option<Self> {
        let purpose = CodePurpose::from_name(parts.code.as_deref()?)?;
        Some(Self::Code { purpose, channel, expires_at: parts.at? })
    }
}
