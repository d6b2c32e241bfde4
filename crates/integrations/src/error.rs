//! What went wrong with a call, whose fault it is, and whether it may be repeated.

use std::fmt;

/// A call to an outside system that gave no usable answer. Holds no address, body or secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{system}: {kind}")]
pub struct CallError {
    /// Name of the system, as written by us.
    pub system: &'static str,
    /// What went wrong.
    pub kind: CallErrorKind,
}

/// What went wrong with a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallErrorKind {
    /// No connection could be made, so nothing was asked.
    Unreachable,
    /// The answer did not come within the allowed time.
    Late,
    /// The connection ended before the answer did.
    Broken,
    /// The system refused or failed, with this HTTP status from 400 to 599.
    Status(u16),
    /// An answer of no use to us: a redirect or another status, with this HTTP status.
    Unexpected(u16),
    /// An answer longer than we read.
    TooLong,
    /// A body that is not in the agreed form.
    Unreadable,
}

/// Who has to mend it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Whoever called: the question itself is refused.
    Caller,
    /// The other side.
    Theirs,
    /// This installation: its address, token or version of the agreement is wrong.
    Ours,
}

/// Whether the same call may be made again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retry {
    /// It had no effect and may work later.
    Yes,
    /// It would fail again.
    No,
    /// Nobody knows whether it had its effect: repeat only what has none, or carries a key.
    UnknownOutcome,
}

impl CallErrorKind {
    /// What a status means that is none of success.
    pub(crate) const fn of_status(status: u16) -> Self {
        match status {
            400..=599 => Self::Status(status),
            _ => Self::Unexpected(status),
        }
    }

    /// Who has to mend it.
    pub const fn fault(self) -> Fault {
        match self {
            Self::Status(401 | 403 | 404 | 405) | Self::Unexpected(_) => Fault::Ours,
            Self::Unreachable
            | Self::Late
            | Self::Broken
            | Self::Status(408 | 429 | 500..)
            | Self::TooLong
            | Self::Unreadable => Fault::Theirs,
            Self::Status(_) => Fault::Caller,
        }
    }

    /// Whether the call may be made again. 429 and 503 say that nothing was done (RFC 6585 section 4,
    /// RFC 9110 section 15.6.4); any other failure of a server may have come after the effect.
    pub const fn retry(self) -> Retry {
        match self {
            Self::Unreachable | Self::Status(408 | 429 | 503) => Retry::Yes,
            Self::Late | Self::Broken | Self::TooLong | Self::Unreadable | Self::Status(500..) => {
                Retry::UnknownOutcome
            }
            Self::Status(_) | Self::Unexpected(_) => Retry::No,
        }
    }

    /// A code for logs and queues; never a text from outside.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Unreachable => "unreachable",
            Self::Late => "late",
            Self::Broken => "broken",
            Self::Status(_) => "status",
            Self::Unexpected(_) => "unexpected",
            Self::TooLong => "too_long",
            Self::Unreadable => "unreadable",
        }
    }
}

impl fmt::Display for CallErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreachable => f.write_str("could not connect"),
            Self::Late => f.write_str("no answer within the allowed time"),
            Self::Broken => f.write_str("the connection ended before the answer did"),
            Self::Status(status @ (401 | 403)) => {
                write!(f, "our token was refused with status {status}; check the token file")
            }
            Self::Status(status @ (404 | 405)) => {
                write!(f, "status {status}; check the address")
            }
            Self::Status(status) => write!(f, "answered with status {status}"),
            Self::Unexpected(status) => {
                write!(f, "status {status} is no answer to use; check the address")
            }
            Self::TooLong => f.write_str("the answer is longer than agreed"),
            Self::Unreadable => f.write_str("the answer is not in the agreed form"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each failure by whose fault it is and whether it may be repeated, and the edges of the statuses.
    #[test]
    fn faults_and_retries() {
        use CallErrorKind as K;
        for (kind, fault, retry) in [
            (K::Unreachable, Fault::Theirs, Retry::Yes),
            (K::Late, Fault::Theirs, Retry::UnknownOutcome),
            (K::Broken, Fault::Theirs, Retry::UnknownOutcome),
            (K::Status(400), Fault::Caller, Retry::No),
            (K::Status(401), Fault::Ours, Retry::No),
            (K::Status(404), Fault::Ours, Retry::No),
            (K::Status(422), Fault::Caller, Retry::No),
            (K::Status(429), Fault::Theirs, Retry::Yes),
            (K::Status(500), Fault::Theirs, Retry::UnknownOutcome),
            (K::Status(503), Fault::Theirs, Retry::Yes),
            (K::Status(599), Fault::Theirs, Retry::UnknownOutcome),
            (K::Unexpected(302), Fault::Ours, Retry::No),
            (K::TooLong, Fault::Theirs, Retry::UnknownOutcome),
            (K::Unreadable, Fault::Theirs, Retry::UnknownOutcome),
        ] {
            assert_eq!((kind.fault(), kind.retry()), (fault, retry), "{kind:?}");
        }
    }
}
