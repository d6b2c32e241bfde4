//! The life of a notice: what can happen to it, how often it is tried, and why it can fail.
//!
//! A notice may be sent twice after a crash and is never lost: whoever cannot know whether a provider has taken
//! it sends it again under the same id, by which the other side can drop the double.

use crate::policy::Named as _;
use crate::policy::named::named_enum;

named_enum! {
    /// State of a notice.
    NoticeState {
        /// Waits for its time and a worker.
        Queued = "queued",
        /// A worker is at it, until the end of its lease.
        Sending = "sending",
        /// Nobody knows whether the provider has taken it; it is sent again under the same id.
        Unknown = "unknown",
        /// The provider has taken it.
        Accepted = "accepted",
        /// It has arrived, by the provider's word. Nobody says so of an e-mail.
        Delivered = "delivered",
        /// It cannot arrive: trying again would not help.
        Undeliverable = "undeliverable",
        /// Tried often enough; somebody must look at it.
        Failed = "failed",
        /// Not sent, since what it tells is no longer so.
        Void = "void",
    }
}

named_enum! {
    /// What can happen to a notice.
    NoticeEvent {
        /// A worker takes it.
        Claim = "claim",
        /// The provider takes it.
        Accept = "accept",
        /// The provider cannot take it now.
        Postpone = "postpone",
        /// The connection or the worker is lost before an answer.
        LoseTrack = "lose track",
        /// It cannot be sent, or cannot arrive.
        Refuse = "refuse",
        /// The last try was in vain.
        GiveUp = "give up",
        /// The provider says that it has arrived.
        Deliver = "deliver",
        /// An operator has mended the cause.
        Retry = "retry",
        /// What it tells is no longer so.
        Lapse = "lapse",
        /// The worker has not begun to send it: as if it had not been taken.
        PutBack = "put back",
    }
}

/// An event that the present state does not allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("cannot {} a notice that is {}", event.name(), from.name())]
pub struct InvalidNoticeEvent {
    /// The present state.
    pub from: NoticeState,
    /// The event refused.
    pub event: NoticeEvent,
}

impl NoticeState {
    /// The state after `event`.
    ///
    /// # Errors
    /// [`InvalidNoticeEvent`] if the state does not allow the event.
    pub const fn apply(self, event: NoticeEvent) -> Result<Self, InvalidNoticeEvent> {
        use NoticeEvent as E;
        match (self, event) {
            (Self::Queued | Self::Unknown, E::Claim) => Ok(Self::Sending),
            (Self::Sending, E::Accept) => Ok(Self::Accepted),
            (Self::Sending, E::Postpone | E::PutBack) | (Self::Failed, E::Retry) => {
                Ok(Self::Queued)
            }
            (Self::Sending, E::LoseTrack) => Ok(Self::Unknown),
            (Self::Sending, E::GiveUp) => Ok(Self::Failed),
            (Self::Sending | Self::Accepted, E::Refuse) => Ok(Self::Undeliverable),
            (Self::Accepted, E::Deliver) => Ok(Self::Delivered),
            (Self::Sending, E::Lapse) => Ok(Self::Void),
            (
                Self::Queued | Self::Unknown,
                E::Accept
                | E::Postpone
                | E::LoseTrack
                | E::Refuse
                | E::GiveUp
                | E::Deliver
                | E::Retry
                | E::Lapse
                | E::PutBack,
            )
            | (Self::Sending, E::Claim | E::Deliver | E::Retry)
            | (
                Self::Accepted,
                E::Claim
                | E::Accept
                | E::Postpone
                | E::LoseTrack
                | E::GiveUp
                | E::Retry
                | E::Lapse
                | E::PutBack,
            )
            | (Self::Delivered | Self::Undeliverable | Self::Void, _)
            | (
                Self::Failed,
                E::Claim
                | E::Accept
                | E::Postpone
                | E::LoseTrack
                | E::Refuse
                | E::GiveUp
                | E::Deliver
                | E::Lapse
                | E::PutBack,
            ) => Err(InvalidNoticeEvent { from: self, event }),
        }
    }
}

named_enum! {
    /// Why a notice is where it is.
    NoticeFault {
        /// The provider does not know the address or number.
        UnknownAddress = "unknown_address",
        /// The provider refuses this message for good.
        Refused = "refused",
        /// The account has no address or number that can be opened.
        NoContact = "no_contact",
        /// Its time has passed before it could be sent.
        TooLate = "too_late",
        /// Neither provider could be reached.
        ProviderAway = "provider_away",
        /// No provider takes it from us, by a policy of its own.
        Barred = "barred",
        /// The provider asked to come back later.
        Later = "later",
        /// The connection was lost before an answer.
        ConnectionLost = "connection_lost",
        /// A worker took it and gave no sign until its lease had ended.
        WorkerLost = "worker_lost",
    }
}

/// What a provider says of a message that it has taken before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Receipt {
    /// It has arrived.
    Delivered,
    /// It cannot arrive.
    Undeliverable,
}

impl Receipt {
    /// What happens to the notice by it.
    pub const fn event(self) -> NoticeEvent {
        match self {
            Self::Delivered => NoticeEvent::Deliver,
            Self::Undeliverable => NoticeEvent::Refuse,
        }
    }
}

/// Tries before a notice has failed: with the pauses of [`pause_micros`] about a day and a half, longer than a
/// provider is away.
pub const TRIES_MAX: u16 = 40;
/// The longest pause: an hour, as mail servers keep it.
const PAUSE_MAX: i64 = 3_600_000_000;

/// Microseconds to wait after so many tries: 15 s, then twice as long each time, at most an hour.
pub fn pause_micros(tries: u16) -> i64 {
    let doublings = u32::from(tries.clamp(1, 20)).saturating_sub(1);
    15_000_000i64.saturating_mul(2i64.saturating_pow(doublings)).min(PAUSE_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Goal: the table in docs/ARCHITECTURE.md is the code, over all pairs of state and event.
    #[test]
    fn table_in_the_docs_is_the_code() {
        let docs = include_str!("../../../../docs/ARCHITECTURE.md");
        let mut lines = String::new();
        for from in NoticeState::ALL {
            let cells: Vec<&str> = NoticeEvent::ALL
                .iter()
                .map(|event| from.apply(*event).map_or("-", super::NoticeState::name))
                .collect();
            lines.push_str(&format!("| {} | {} |\n", from.name(), cells.join(" | ")));
        }
        assert!(docs.contains(&lines), "docs/ARCHITECTURE.md lacks the table:\n{lines}");
    }

    /// Pauses grow to an hour and stay there; all tries together last between one and two days.
    #[test]
    fn pauses() {
        let seconds = |tries| pause_micros(tries) / 1_000_000;
        assert_eq!(
            [1, 2, 3, 8, 9, 40, u16::MAX].map(seconds),
            [15, 30, 60, 1920, 3600, 3600, 3600]
        );
        let all: i64 = (1..TRIES_MAX).map(seconds).sum();
        assert!((86_400..172_800).contains(&all), "{all}");
    }
}
