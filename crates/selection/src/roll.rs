//! Digest of a frozen roll: what the wave commits to before the seed exists (section 2).

use sha2::{Digest, Sha256};

use crate::record::{EntryTag, Record};

/// Why a record cannot follow the ones before it; `index` counts records from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RollError {
    /// The same person twice in one region.
    #[error("record {index} repeats region {region}, entry {entry_tag}; enter each person once")]
    Duplicate {
        /// Position of the second record.
        index: u64,
        /// Region of both.
        region: u16,
        /// Tag of both.
        entry_tag: EntryTag,
    },
    /// Records must ascend by region and tag.
    #[error(
        "record {index} (region {region}, entry {entry_tag}) is smaller than the one before it; \
         sort the roll by region, then entry"
    )]
    OutOfOrder {
        /// Position of the misplaced record.
        index: u64,
        /// Its region.
        region: u16,
        /// Its tag.
        entry_tag: EntryTag,
    },
}

/// A whole roll in 40 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RollDigest {
    /// SHA-256 of all record bytes in order, which is the digest of `entries.bin`.
    pub digest: [u8; 32],
    /// Number of records.
    pub records: u64,
}

/// Hashes a roll record by record, so that it need not be in memory.
///
/// Order is checked within the stream; that a person is not in two regions is for the caller's key.
#[derive(Clone, Debug, Default)]
pub struct RollHasher {
    hasher: Sha256,
    last: Option<(u16, EntryTag)>,
    records: u64,
}

impl RollHasher {
    /// An empty roll.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the next record in ascending order of (region, entry).
    ///
    /// # Errors
    /// [`RollError`] with the record's index; the roll is then unchanged.
    pub fn push(&mut self, record: &Record) -> Result<(), RollError> {
        let key @ (region, entry_tag) = record.sort_key();
        let index = self.records;
        if self.last == Some(key) {
            return Err(RollError::Duplicate { index, region, entry_tag });
        }
        if self.last > Some(key) {
            return Err(RollError::OutOfOrder { index, region, entry_tag });
        }
        self.hasher.update(record.to_bytes());
        self.last = Some(key);
        self.records = self.records.saturating_add(1);
        Ok(())
    }

    /// Closes the roll.
    pub fn finish(self) -> RollDigest {
        RollDigest { digest: self.hasher.finalize().into(), records: self.records }
    }
}
