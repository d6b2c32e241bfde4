//! Why a witness has not signed, in words for whoever has to mend it.

use publication::log::StoreError;

use crate::error::{CallError, CallErrorKind};

/// Why a witness has not signed.
#[derive(Debug, thiserror::Error)]
pub enum WitnessFault {
    /// Nobody has said where it is.
    #[error("has no address here; name it")]
    NoAddress,
    /// No answer, or none to use.
    #[error("was not heard: {0}")]
    Call(CallErrorKind),
    /// It knows another origin.
    #[error("does not know this log; it was set up with another origin, or the address is wrong")]
    UnknownLog,
    /// It knows another key.
    #[error("does not take the log's signature; it was set up with another key of the log")]
    UnknownKey,
    /// It could not read what was sent.
    #[error("could not read the checkpoint; the two programs may be of different versions")]
    Malformed,
    /// It was not convinced that the log continues what it signed.
    #[error(
        "finds that the log does not continue what it signed before; compare the log with its copies"
    )]
    Inconsistent,
    /// It signed another tree of this size.
    #[error("signed another log of {size} entries before; the log has two histories")]
    Forked {
        /// Entries of the log.
        size: u64,
    },
    /// It signed more than there is.
    #[error(
        "signed a log of {seen} entries before, and this one has {size}; the log was put back to an old state"
    )]
    Ahead {
        /// Entries that it signed last.
        seen: u64,
        /// Entries of the log.
        size: u64,
    },
    /// It names another size at each call.
    #[error("signs for somebody else at the same time; submit again")]
    Restless,
    /// It says yes without its signature.
    #[error("answered without a valid signature by its key in the policy")]
    NoCosignature,
    /// What it says is not in the form of the protocol.
    #[error("does not answer as a witness does; check the address")]
    Unreadable,
    /// The log gives no proof.
    #[error("cannot be given a proof: {0}")]
    Proof(#[from] StoreError),
}

impl From<CallError> for WitnessFault {
    fn from(error: CallError) -> Self {
        Self::Call(error.kind)
    }
}

impl WitnessFault {
    /// What a status means that is neither success nor another size.
    pub(super) const fn of_status(status: u16) -> Self {
        match status {
            400 => Self::Malformed,
            403 => Self::UnknownKey,
            404 => Self::UnknownLog,
            422 => Self::Inconsistent,
            status => Self::Call(CallErrorKind::of_status(status)),
        }
    }

    /// True if the log itself is in question: somebody must look at once, and submitting again helps nothing.
    pub const fn accuses_log(&self) -> bool {
        matches!(self, Self::Inconsistent | Self::Forked { .. } | Self::Ahead { .. })
    }
}
