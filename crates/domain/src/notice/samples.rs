//! Notices of every kind, for tables and tests.

use super::{Channel, NoSeat, Notice};
use crate::appeals::AppealAnswer;
use crate::beneficiary::RevocationCause;
use crate::checks::IdentityFields;
use crate::codes::CodePurpose;
use crate::decision::DecisionOutcome;
use crate::eligibility::Rule;
use crate::policy::Named as _;
use crate::time::Timestamp;
use crate::wave::WaveNumber;

impl Notice {
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
            let fields = if rule == Rule::IdentityConfirmed {
                IdentityFields::of_detail("name,born_on")
            } else {
                IdentityFields::default()
            };
            [
                Self::CheckRefuted { rule, fields, answered_at: at },
                Self::not_selected(wave, reason, at),
            ]
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
