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

#[cfg(test)]
mod tests {
    use hmac::{Hmac, KeyInit as _, Mac as _};
    use sha2::Sha256;

    use super::*;

    /// Goal: the sample is that of section 12, whatever the order of the roll; method: sort all tags by
    /// their MAC, made apart, and compare with samples of several sizes from both ends.
    #[test]
    fn smallest_numbers_are_sampled() {
        let seed = Seed::from_bytes([7; 32]);
        let tags: Vec<(u64, EntryTag)> =
            (0..100u8).map(|at| (at.into(), EntryTag([at.wrapping_mul(37); 16]))).collect();
        let number = |tag: &EntryTag| -> [u8; 32] {
            let mac = Hmac::<Sha256>::new_from_slice(&[7; 32]).unwrap();
            mac.chain_update(b"selection/v1/audit\0")
                .chain_update(tag.0)
                .finalize()
                .into_bytes()
                .into()
        };
        let mut expected = tags.clone();
        expected.sort_by_key(|(_, tag)| number(tag));
        for size in [0, 1, 7, 100, 101] {
            let (mut forwards, mut backwards) =
                (AuditSample::new(&seed, size), AuditSample::new(&seed, size));
            for (&(first, tag), &(last, other)) in tags.iter().zip(tags.iter().rev()) {
                forwards.push(first, tag);
                backwards.push(last, other);
            }
            let found = forwards.finish();
            assert_eq!(found, backwards.finish());
            assert_eq!(found, expected[..size.min(100)]);
        }
    }
}
