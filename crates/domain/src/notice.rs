//! What an account is told, and on which way; the words are in [`text`], `short_text` and, of accounts and codes, in
//! [`account_text`], the life of a notice in [`state`].
//!
//! A notice holds nothing personal: wave, instant and code, from which the words are made when it is sent.

pub mod account_text;
mod parts;
mod samples;
mod short_text;
pub mod state;
mod template;
pub mod text;

#[cfg(test)]
mod tests;

pub use self::parts::NoticeParts;
pub use self::template::{Channel, Template, Urgency};
use crate::appeals::{AppealAnswer, filing_ends, refuse_outcome};
use crate::beneficiary::{BeneficiaryState, RevocationCause};
use crate::checks::IdentityFields;
use crate::codes::CodePurpose;
use crate::decision::DecisionOutcome;
use crate::eligibility::Rule;
use crate::policy::Named as _;
use crate::time::Timestamp;
use crate::wave::WaveNumber;

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
        /// What differs, of an identity.
        fields: IdentityFields,
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
            Self::CheckRefuted { rule, answered_at, .. } => {
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
}
