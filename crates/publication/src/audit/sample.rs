//! The sample that the seed picks: everybody computes the same, and nobody could know it before the draw.

use selection::audit::AuditSample;
use selection::digest::Seed;
use selection::record::EntryTag;

use super::{AuditError, AuditedList};

/// Records that are opened beside the selected ones: if 0.1 % of a long list are invented, at least one
/// of them is among 3,000 with 95 % probability (1 - 0.999^3000).
pub const SAMPLE_SIZE: usize = 3_000;

/// A record of the sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sampled {
    /// Place in the list, from 0.
    pub index: u64,
    /// Regency code.
    pub region: u16,
    /// Pseudonym.
    pub entry_tag: EntryTag,
}

/// The records with the smallest audit numbers, the smallest first: a smaller sample is the beginning of
/// a larger one.
///
/// # Errors
/// [`AuditError`] if the list cannot be read.
pub fn sample(list: &AuditedList, seed: &Seed, size: usize) -> Result<Vec<Sampled>, AuditError> {
    let mut sample = AuditSample::new(seed, size);
    for span in list.spans() {
        list.entries.each(span, |index, record| {
            sample.push(index, record.parts().entry_tag);
            Ok(())
        })?;
    }
    let region_of = |index: u64| {
        let region = list.spans().find(|span| index < span.end);
        region.map_or(0, |span| span.region)
    };
    let sampled = sample.finish().into_iter();
    Ok(sampled
        .map(|(index, entry_tag)| Sampled { index, region: region_of(index), entry_tag })
        .collect())
}
