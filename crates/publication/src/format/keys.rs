//! Keys with their names, as policies and files of pinned keys write them.

use selection::policy::Party;
use serde::{Deserialize, Serialize};

use crate::wire::Hex;

/// The announcement log that a policy names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogName {
    /// Ed25519 public key of the log.
    pub key: [u8; 32],
    /// Origin line of its checkpoints, which is also the name of the key.
    pub origin: String,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NamedKey {
    key: Hex<32>,
    name: String,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Log {
    key: Hex<32>,
    origin: String,
}

impl From<Log> for LogName {
    fn from(own: Log) -> Self {
        Self { key: own.key.0, origin: own.origin }
    }
}

impl From<&LogName> for Log {
    fn from(own: &LogName) -> Self {
        Self { key: Hex(own.key), origin: own.origin.clone() }
    }
}

pub(crate) fn parties(list: Vec<NamedKey>) -> Vec<Party> {
    list.into_iter().map(|own| Party { key: own.key.0, name: own.name }).collect()
}

pub(crate) fn named_keys(list: &[Party]) -> Vec<NamedKey> {
    list.iter().map(|own| NamedKey { key: Hex(own.key), name: own.name.clone() }).collect()
}
