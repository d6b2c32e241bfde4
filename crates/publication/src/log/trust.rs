//! Whose signatures count.

use std::collections::BTreeSet;

use selection::policy::Party;
use serde::{Deserialize, Serialize};

use super::note::is_key_name;
use crate::format::keys::{Log, NamedKey, named_keys, parties};
use crate::format::{FormatError, LogName, PolicyFile};
use crate::wire::{self, Hex};

/// Longest name (section 16.1).
const NAME_SIZE_MAX: usize = 64;

/// The log, its witnesses, how many of them are enough, and the key of receipts if that is pinned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trust {
    log: LogName,
    witnesses: Vec<Party>,
    quorum: usize,
    receipt_key: Option<[u8; 32]>,
    pinned: bool,
}

/// Why keys cannot be trusted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TrustError {
    /// Names stand in signature lines.
    #[error(
        "{name:?} cannot sign notes; use 1 to 64 printable ASCII characters, no space and plus"
    )]
    Name {
        /// The refused name.
        name: String,
    },
    /// A witness counts once.
    #[error("the name or the key of {name:?} is listed twice; list each witness once")]
    Twice {
        /// Name of the second one.
        name: String,
    },
    /// The quorum must be reachable and not empty.
    #[error("quorum {quorum} does not fit {witnesses} witnesses; use 1 to their number")]
    Quorum {
        /// Quorum given.
        quorum: usize,
        /// Witnesses listed.
        witnesses: usize,
    },
    /// The file of pinned keys cannot be read.
    #[error(transparent)]
    Format(#[from] FormatError),
}

impl Trust {
    /// Takes keys from elsewhere.
    ///
    /// # Errors
    /// [`TrustError`] if a name cannot sign notes, somebody is listed twice, or the quorum is out of
    /// reach.
    pub fn new(log: LogName, witnesses: Vec<Party>, quorum: usize) -> Result<Self, TrustError> {
        let mut seen = BTreeSet::new();
        let mut keys = BTreeSet::new();
        let everybody = witnesses.iter().map(|own| (&own.name, own.key));
        for (name, key) in everybody.chain([(&log.origin, log.key)]) {
            if !is_key_name(name) || name.len() > NAME_SIZE_MAX {
                return Err(TrustError::Name { name: name.clone() });
            }
            if !seen.insert(name.clone()) || !keys.insert(key) {
                return Err(TrustError::Twice { name: name.clone() });
            }
        }
        if quorum == 0 || quorum > witnesses.len() {
            return Err(TrustError::Quorum { quorum, witnesses: witnesses.len() });
        }
        Ok(Self { log, witnesses, quorum, receipt_key: None, pinned: true })
    }

    /// The keys that a policy names; whoever pins none trusts the folder's own word.
    ///
    /// # Errors
    /// As [`Trust::new`].
    pub fn of_policy(file: &PolicyFile) -> Result<Self, TrustError> {
        let policy = file.policy().get();
        let own = Self::new(file.log.clone(), policy.witnesses.clone(), policy.quorum.into())?;
        Ok(Self { pinned: false, ..own })
    }

    /// Reads pinned keys: JSON with the fields `log`, `quorum` and `witnesses` of a policy, and
    /// `receipt_key` where that is pinned too. People write such files, so any white space will do.
    ///
    /// # Errors
    /// As [`Trust::new`], and [`TrustError::Format`].
    pub fn read(file: &str, bytes: &[u8]) -> Result<Self, TrustError> {
        let file: File = wire::read_any_form(file, bytes)?;
        let own = Self::new(file.log.into(), parties(file.witnesses), file.quorum.into())?;
        Ok(Self { receipt_key: file.receipt_key.map(|key| key.0), ..own })
    }

    /// The file that [`Trust::read`] reads.
    pub fn write(&self) -> Vec<u8> {
        wire::write(&File {
            log: Log::from(&self.log),
            // More than 255 witnesses fit no policy.
            quorum: u8::try_from(self.quorum).unwrap_or(u8::MAX),
            receipt_key: self.receipt_key.map(Hex),
            witnesses: named_keys(&self.witnesses),
        })
    }

    /// The log.
    pub fn log(&self) -> &LogName {
        &self.log
    }

    /// The witnesses.
    pub fn witnesses(&self) -> &[Party] {
        &self.witnesses
    }

    /// Witnesses whose signatures make a checkpoint count.
    pub fn quorum(&self) -> usize {
        self.quorum
    }

    /// The key that signs receipts, if it is pinned.
    pub fn receipt_key(&self) -> Option<[u8; 32]> {
        self.receipt_key
    }

    /// Whether the keys came from outside of the folder.
    pub fn is_pinned(&self) -> bool {
        self.pinned
    }
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct File {
    log: Log,
    quorum: u8,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    receipt_key: Option<Hex<32>>,
    witnesses: Vec<NamedKey>,
}
