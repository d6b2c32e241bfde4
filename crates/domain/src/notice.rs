//! What an account is told, and on which way; the words are in [`text`] and, of accounts and codes, in
//! [`account_text`], the life of a notice in [`state`].
//!
//! A notice holds nothing personal: wave, instant and code, from which the words are made when it is sent.

pub mod account_text;
pub mod state;
pub mod text;

#[cfg(test)]
mod tests;

use crate::appeals::{AppealAnswer, filing_ends, refuse_outcome};
use crate::beneficiary::{BeneficiaryState, RevocationCause};
use crate::codes::CodePurpose;
use crate::decision::DecisionOutcome;
use crate::eligibility::Rule;
use crate::policy::Named as _;
use crate::policy::named::named_enum;
use crate::time::Timestamp;
use crate::wave::WaveNumber;

named_enum! {
    /// The way a notice takes.
    Channel {
        /// E-mail to the address of the account.
        Email = "email",
        /// A short text to the mobile number of the account's person, by a gateway.
        Sms = "sms",
    }
}

named_enum! {
    /// How long a notice may wait behind others; the most urgent are taken first, beside a share of the others.
    Urgency {
        /// Of use for hours at most.
        Urgent = "urgent",
        /// Answers one person's act, or tells what was done to one person.
        Prompt = "prompt",
        /// Goes to a whole wave at once.
        Bulk = "bulk",
    }
}

named_enum! {
    /// What kind of notice it is.
    Template {
        /// The account is open.
        AccountOpened = "account_opened",
        /// Too many wrong passwords.
        SignInLocked = "sign_in_locked",
        /// A code, by e-mail.
        CodeEmail = "code_email",
        /// A code, by a short text.
        CodeSms = "code_sms",
        /// Somebody wanted to open a second account with the address.
        AccountKnown = "account_known",
        /// The account has another password.
        PasswordChanged = "password_changed",
        /// The account has another address; goes to the former one.
        EmailChanged = "email_changed",
        /// The account has another phone; goes to the former one too.
        PhoneChanged = "phone_changed",
        /// The person of the account is registered.
        Registered = "registered",
        /// The person of the account was taken from it.
        Released = "released",
        /// The account is erased at an instant.
        ErasureAsked = "erasure_asked",
        /// The account was not erased.
        ErasureRefused = "erasure_refused",
        /// A register contradicts what was stated.
        CheckRefuted = "check_refuted",
        /// Receipt of a join.
        Joined = "joined",
        /// Receipt of a join taken back.
        Withdrawn = "withdrawn",
        /// Drawn and appointed.
        Selected = "selected",
        /// Without a seat, with the reason.
        NotSelected = "not_selected",
        /// The first purchase is still to be made.
        PurchaseReminder = "purchase_reminder",
        /// The place is lost.
        Revoked = "revoked",
        /// The place is lost for cause.
        RevokedForCause = "revoked_for_cause",
        /// The appeal is granted: appointed beside those who were drawn.
        AppealGranted = "appeal_granted",
        /// The appeal is answered and not granted.
        AppealRejected = "appeal_rejected",
        /// A complaint is answered.
        ComplaintAnswered = "complaint_answered",
    }
}

impl Urgency {
    /// How many places of a claim of `limit` it leaves to the less urgent: a fifth for each of these, or a flood of
    /// receipts at the rate of sending would hold back the letters of a decree for ever. Source: assumed.
    pub fn left_to_others(self, limit: usize) -> usize {
        let share = (limit / 5).max(1);
        let kept = match self {
            Self::Urgent => share.saturating_mul(2),
            Self::Prompt => share,
            Self::Bulk => 0,
        };
        kept.min(limit.saturating_sub(1))
    }
}

impl Template {
    /// The ways this kind takes. A short text costs money, so it is sent only where a deadline or a place
    /// hangs on it.
    pub const fn channels(self) -> &'static [Channel] {
        match self {
            Self::Selected
            | Self::PurchaseReminder
            | Self::Revoked
            | Self::RevokedForCause
            | Self::AppealGranted
            | Self::AppealRejected
            | Self::PhoneChanged => &[Channel::Email, Channel::Sms],
            Self::CodeSms => &[Channel::Sms],
            Self::AccountOpened
            | Self::SignInLocked
            | Self::CodeEmail
            | Self::AccountKnown
            | Self::PasswordChanged
            | Self::EmailChanged
            | Self::Registered
            | Self::Released
            | Self::ErasureAsked
            | Self::ErasureRefused
            | Self::CheckRefuted
            | Self::Joined
            | Self::Withdrawn
            | Self::NotSelected
            | Self::ComplaintAnswered => &[Channel::Email],
        }
    }
}

impl Template {
    /// True if it is about the person of the account, and not about the account alone. Such a notice is for whoever
    /// has the person, and told again of another person.
    pub const fn is_about_person(self) -> bool {
        match self {
            Self::AccountOpened
            | Self::SignInLocked
            | Self::Released
            | Self::ErasureAsked
            | Self::ErasureRefused
            | Self::CodeEmail
            | Self::CodeSms
            | Self::AccountKnown
            | Self::PasswordChanged
            | Self::EmailChanged
            | Self::PhoneChanged
            | Self::ComplaintAnswered => false,
            Self::Registered
            | Self::CheckRefuted
            | Self::Joined
            | Self::Withdrawn
            | Self::Selected
            | Self::NotSelected
            | Self::PurchaseReminder
            | Self::Revoked
            | Self::RevokedForCause
            | Self::AppealGranted
            | Self::AppealRejected => true,
        }
    }
}

/// Why somebody has no seat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoSeat {
    /// A rule kept the person out of the draw.
    Rule(Rule),
    /// What the draw came to.
    Outcome(DecisionOutcome),
}

impl NoSeat {
    /// The stored code.
    pub fn code(self) -> String {
        match self {
            Self::Rule(rule) => rule.code(),
            Self::Outcome(outcome) => outcome.name().to_owned(),
        }
    }

    /// The reason of a stored code; `None` for an unknown one.
    pub fn from_code(code: &str) -> Option<Self> {
        let outcome = || DecisionOutcome::from_name(code).map(Self::Outcome);
        Rule::from_code(code).map(Self::Rule).or_else(outcome)
    }

    /// The outcome that it belongs to.
    pub const fn outcome(self) -> DecisionOutcome {
        match self {
            Self::Rule(_) => DecisionOutcome::Ineligible,
            Self::Outcome(outcome) => outcome,
        }
    }
}

/// A notice with what its words are made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notice {
    /// The account is open.
    AccountOpened,
    /// The account takes no password.
    SignInLocked {
        /// First instant at which it does again.
        until: Timestamp,
    },
    /// A code, which is sealed elsewhere and put into the words when they are sent.
    Code {
        /// What it is for.
        purpose: CodePurpose,
        /// The way it takes.
        channel: Channel,
        /// When it ends; it tells this code from others.
        expires_at: Timestamp,
    },
    /// Somebody wanted to open a second account with the address.
    AccountKnown {
        /// When.
        at: Timestamp,
    },
    /// The account has another password.
    PasswordChanged {
        /// Since when.
        at: Timestamp,
    },
    /// The account has another address.
    EmailChanged {
        /// Since when.
        at: Timestamp,
    },
    /// The account has another phone.
    PhoneChanged {
        /// Since when.
        at: Timestamp,
    },
    /// The person of the account is registered.
    Registered,
    /// The person of the account was taken from it, because somebody else's NIK was registered with it.
    Released {
        /// When.
        at: Timestamp,
    },
    /// The account and its person are erased, unless that is taken back: the last that is written to the address.
    ErasureAsked {
        /// When.
        at: Timestamp,
    },
    /// The account was not erased; its page says why.
    ErasureRefused {
        /// When that was decided.
        at: Timestamp,
    },
    /// A register contradicts what was stated.
    CheckRefuted {
        /// The rule that is not met.
        rule: Rule,
        /// When the register answered.
        answered_at: Timestamp,
    },
    /// Receipt of a join.
    Joined(WaveNumber),
    /// Receipt of a join taken back.
    Withdrawn(WaveNumber),
    /// Drawn and appointed.
    Selected {
        /// The wave.
        wave: WaveNumber,
        /// Exclusive deadline of the first purchase.
        due_at: Timestamp,
    },
    /// Without a seat.
    NotSelected {
        /// The wave.
        wave: WaveNumber,
        /// Why.
        reason: NoSeat,
        /// First instant at which no appeal is taken any more; `None` if none is taken against this decision.
        appeal_until: Option<Timestamp>,
    },
    /// The first purchase is still to be made.
    PurchaseReminder {
        /// The wave.
        wave: WaveNumber,
        /// Days to the last day: when it came about, and, by [`Notice::as_of`], when it is sent.
        days: u8,
        /// Exclusive deadline of the first purchase.
        due_at: Timestamp,
    },
    /// The place is lost because nothing was bought in time.
    Revoked(WaveNumber),
    /// The place is lost because two officers have found that the person should not have it.
    RevokedForCause {
        /// The wave.
        wave: WaveNumber,
        /// What they have found.
        cause: RevocationCause,
    },
    /// The appeal is granted.
    AppealGranted {
        /// The wave.
        wave: WaveNumber,
        /// Exclusive deadline of the first purchase.
        due_at: Timestamp,
    },
    /// The appeal is not granted.
    AppealRejected {
        /// The wave.
        wave: WaveNumber,
        /// Why not; never [`AppealAnswer::Granted`].
        answer: AppealAnswer,
        /// When it was answered: somebody may appeal again after a rejection.
        answered_at: Timestamp,
    },
    /// A complaint is answered. What was said stands on the account's pages alone.
    ComplaintAnswered {
        /// When.
        answered_at: Timestamp,
    },
}

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

/// Days after which a notice without a deadline of its own is sent no more: who reads it later than that is
/// helped more by the own page.
const USEFUL_DAYS: i64 = 14;

impl Notice {
    /// That somebody has no seat, by a decree of `appointed_at`.
    pub fn not_selected(wave: WaveNumber, reason: NoSeat, appointed_at: Timestamp) -> Self {
        let is_taken = refuse_outcome(reason.outcome()).is_none();
        let appeal_until = is_taken.then(|| filing_ends(appointed_at));
        Self::NotSelected { wave, reason, appeal_until }
    }

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
            Self::CheckRefuted { rule, answered_at } => {
                (Template::CheckRefuted, None, Some(answered_at), Some(rule.code()))
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
                Self::CheckRefuted { rule: Rule::from_code(code?)?, answered_at: parts.at? }
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

    /// The act it tells of: an account is told of one act about one person once on each way.
    pub fn subject(self) -> String {
        match self {
            Self::AccountOpened => "account".to_owned(),
            Self::SignInLocked { until } => format!("lock:{}", until.unix_seconds()),
            Self::Code { purpose, expires_at, .. } => {
                format!("code:{}:{}", purpose.name(), expires_at.micros())
            }
            // Once a day is enough, however often somebody asks.
            Self::AccountKnown { at } => format!("known:{}", at.wib_date().to_julian_day()),
            Self::PasswordChanged { at }
            | Self::EmailChanged { at }
            | Self::PhoneChanged { at } => {
                format!("change:{}", at.micros())
            }
            Self::Registered => "registration".to_owned(),
            Self::Released { at } => format!("release:{}", at.unix_seconds()),
            Self::ErasureAsked { at } | Self::ErasureRefused { at } => {
                format!("erasure:{}", at.unix_seconds())
            }
            Self::CheckRefuted { rule, answered_at } => {
                format!("check:{}:{}", rule.code(), answered_at.unix_seconds())
            }
            Self::Joined(wave)
            | Self::Withdrawn(wave)
            | Self::Selected { wave, .. }
            | Self::NotSelected { wave, .. }
            | Self::Revoked(wave)
            | Self::RevokedForCause { wave, .. }
            | Self::AppealGranted { wave, .. } => format!("wave:{wave}"),
            Self::PurchaseReminder { wave, days, .. } => format!("wave:{wave}:{days}"),
            Self::AppealRejected { wave, answered_at, .. } => {
                format!("wave:{wave}:{}", answered_at.micros())
            }
            Self::ComplaintAnswered { answered_at } => {
                format!("complaint:{}", answered_at.micros())
            }
        }
    }

    /// How long it may wait behind others. Of reminders the one on the eve of the last day is urgent.
    pub const fn urgency(self) -> Urgency {
        match self {
            Self::SignInLocked { .. }
            | Self::Code { .. }
            | Self::PurchaseReminder { days: 0 | 1, .. } => Urgency::Urgent,
            Self::AccountOpened
            | Self::AccountKnown { .. }
            | Self::PasswordChanged { .. }
            | Self::EmailChanged { .. }
            | Self::PhoneChanged { .. }
            | Self::Registered
            | Self::Released { .. }
            | Self::ErasureAsked { .. }
            | Self::ErasureRefused { .. }
            | Self::CheckRefuted { .. }
            | Self::Joined(_)
            | Self::Withdrawn(_)
            | Self::RevokedForCause { .. }
            | Self::AppealGranted { .. }
            | Self::AppealRejected { .. }
            | Self::ComplaintAnswered { .. } => Urgency::Prompt,
            Self::Selected { .. }
            | Self::NotSelected { .. }
            | Self::PurchaseReminder { .. }
            | Self::Revoked(_) => Urgency::Bulk,
        }
    }

    /// First instant at which it is sent no more, if it came about at `now`.
    pub const fn useless_at(self, now: Timestamp) -> Timestamp {
        match self {
            Self::SignInLocked { until } => until,
            Self::ErasureAsked { at } => at,
            Self::Code { expires_at, .. } => expires_at,
            Self::Selected { due_at, .. }
            | Self::PurchaseReminder { due_at, .. }
            | Self::AppealGranted { due_at, .. } => due_at,
            Self::AccountOpened
            | Self::AccountKnown { .. }
            | Self::PasswordChanged { .. }
            | Self::EmailChanged { .. }
            | Self::PhoneChanged { .. }
            | Self::Registered
            | Self::Released { .. }
            | Self::ErasureRefused { .. }
            | Self::CheckRefuted { .. }
            | Self::Joined(_)
            | Self::Withdrawn(_)
            | Self::NotSelected { .. }
            | Self::Revoked(_)
            | Self::RevokedForCause { .. }
            | Self::AppealRejected { .. }
            | Self::ComplaintAnswered { .. } => now.plus_days(USEFUL_DAYS),
        }
    }

    /// As it is said at `now`: somebody may have to wait for a reminder, which tells how many days are left.
    #[must_use]
    pub fn as_of(self, now: Timestamp) -> Self {
        let Self::PurchaseReminder { wave, due_at, .. } = self else { return self };
        let day = |at: Timestamp| at.wib_date().to_julian_day();
        let left = day(due_at.minus_micros(1)).saturating_sub(day(now));
        Self::PurchaseReminder { wave, days: u8::try_from(left.max(0)).unwrap_or(u8::MAX), due_at }
    }

    /// The wave whose grant says whether it is still so; `None` if no grant does.
    pub const fn grant_wave(self) -> Option<WaveNumber> {
        match self {
            Self::Selected { wave, .. }
            | Self::PurchaseReminder { wave, .. }
            | Self::AppealGranted { wave, .. } => Some(wave),
            Self::AccountOpened
            | Self::SignInLocked { .. }
            | Self::Code { .. }
            | Self::AccountKnown { .. }
            | Self::PasswordChanged { .. }
            | Self::EmailChanged { .. }
            | Self::PhoneChanged { .. }
            | Self::Registered
            | Self::Released { .. }
            | Self::ErasureAsked { .. }
            | Self::ErasureRefused { .. }
            | Self::CheckRefuted { .. }
            | Self::Joined(_)
            | Self::Withdrawn(_)
            | Self::NotSelected { .. }
            | Self::Revoked(_)
            | Self::RevokedForCause { .. }
            | Self::AppealRejected { .. }
            | Self::ComplaintAnswered { .. } => None,
        }
    }

    /// True if it is no longer so, by what has become of the grant of [`Notice::grant_wave`]: nobody is reminded of
    /// what is bought or lost, and nobody is asked to buy for a place that is lost.
    pub fn is_void(self, grant: Option<BeneficiaryState>) -> bool {
        match self {
            Self::PurchaseReminder { due_at, .. } => {
                grant != Some(BeneficiaryState::Appointed { due_at })
            }
            Self::Selected { .. } | Self::AppealGranted { .. } => {
                matches!(grant, Some(BeneficiaryState::Revoked { .. }))
            }
            Self::AccountOpened
            | Self::SignInLocked { .. }
            | Self::Code { .. }
            | Self::AccountKnown { .. }
            | Self::PasswordChanged { .. }
            | Self::EmailChanged { .. }
            | Self::PhoneChanged { .. }
            | Self::Registered
            | Self::Released { .. }
            | Self::ErasureAsked { .. }
            | Self::ErasureRefused { .. }
            | Self::CheckRefuted { .. }
            | Self::Joined(_)
            | Self::Withdrawn(_)
            | Self::NotSelected { .. }
            | Self::Revoked(_)
            | Self::RevokedForCause { .. }
            | Self::AppealRejected { .. }
            | Self::ComplaintAnswered { .. } => false,
        }
    }

    /// One of each kind, of every rule, outcome, cause and answer where the words differ by it; for tables and
    /// tests.
    pub fn samples(wave: WaveNumber, at: Timestamp) -> Vec<Self> {
        let mut samples = vec![
            Self::AccountOpened,
            Self::SignInLocked { until: at },
            Self::AccountKnown { at },
            Self::PasswordChanged { at },
            Self::EmailChanged { at },
            Self::PhoneChanged { at },
            Self::Registered,
            Self::Released { at },
            Self::ErasureAsked { at },
            Self::ErasureRefused { at },
            Self::Joined(wave),
            Self::Withdrawn(wave),
            Self::Selected { wave, due_at: at },
            Self::Revoked(wave),
            Self::AppealGranted { wave, due_at: at },
            Self::ComplaintAnswered { answered_at: at },
        ];
        samples.extend(CodePurpose::ALL.iter().flat_map(|purpose| {
            let code = |channel: &Channel| Self::Code {
                purpose: *purpose,
                channel: *channel,
                expires_at: at,
            };
            Channel::ALL.iter().map(code).collect::<Vec<_>>()
        }));
        samples.extend(Rule::all().into_iter().flat_map(|rule| {
            let reason = NoSeat::Rule(rule);
            [Self::CheckRefuted { rule, answered_at: at }, Self::not_selected(wave, reason, at)]
        }));
        samples.extend(
            DecisionOutcome::ALL
                .iter()
                .map(|outcome| Self::not_selected(wave, NoSeat::Outcome(*outcome), at)),
        );
        let causes = RevocationCause::ALL.iter();
        samples.extend(causes.map(|cause| Self::RevokedForCause { wave, cause: *cause }));
        let rejections = AppealAnswer::ALL.iter().filter(|one| **one != AppealAnswer::Granted);
        samples.extend(rejections.map(|one| Self::AppealRejected {
            wave,
            answer: *one,
            answered_at: at,
        }));
        let days = [7, 3, 1, 0];
        samples.extend(days.map(|days| Self::PurchaseReminder { wave, days, due_at: at }));
        samples
    }
}
