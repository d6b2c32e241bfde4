//! What kinds of notices there are, which ways they take, and how long they may wait.

use crate::policy::named::named_enum;

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
