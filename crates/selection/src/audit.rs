//! The sample of records that auditors open after the draw (section 12).

use std::collections::BinaryHeap;

use crate::digest::{Seed, hmac_sha256, label};
use crate::record::EntryTag;

/// Number by which a record is drawn for the audit; it says nothing about the ticket.
pub fn audit_number(seed: &Seed, entry_tag: &EntryTag) -> [u8; 32] {
    hmac_sha256(seed.as_bytes(), &[label!("audit"), &entry_tag.0])
}

/// Finds the records with the smallest audit numbers in one pass, whatever their order.
#[derive(Clone, Debug)]
pub struct AuditSample {
    seed: Seed,
    size: usize,
    /// Largest number on top.
    kept: BinaryHeap<([u8; 32], EntryTag, u64)>,
}

impl AuditSample {
    /// A sample of `size` records.
    pub fn new(seed: &Seed, size: usize) -> Self {
        Self { seed: *seed, size, kept: BinaryHeap::new() }
    }

    /// Shows the record at `index` of the roll to the sample.
    pub fn push(&mut self, index: u64, entry_tag: EntryTag) {
        let candidate = (audit_number(&self.seed, &entry_tag), entry_tag, index);
        if self.kept.len() < self.size {
            self.kept.push(candidate);
        } else if let Some(mut largest) = self.kept.peek_mut()
            && candidate < *largest
        {
            *largest = candidate;
        }
    }

    /// Indexes and tags of the sample, by audit number.
    pub fn finish(self) -> Vec<(u64, EntryTag)> {
        self.kept.into_sorted_vec().into_iter().map(|(_, tag, index)| (index, tag)).collect()
    }
}
