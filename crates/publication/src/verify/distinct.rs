//! Whether all tags of the list are different, also across regions (section 10).
//!
//! Each region ascends by tag, so the tags of one range lie together in each region. Range by range
//! they are gathered and sorted, which needs the memory of one range for each thread.

use rayon::prelude::*;
use selection::record::{EntryTag, RECORD_SIZE_BYTES};

use super::entries::{Entries, Span, unreadable};
use super::report::Fault;

/// Records of a range are about this many: 16 MiB of tags.
const RANGE_RECORDS: u64 = 1 << 20;

/// How the space of tags is cut into ranges: by the leading bits.
#[derive(Clone, Copy, Debug)]
pub(super) struct Slicing {
    bits: u32,
}

impl Slicing {
    /// Ranges for that many records.
    pub(super) fn of(records: u64) -> Self {
        let ranges = records.div_ceil(RANGE_RECORDS).max(1).next_power_of_two();
        Self { bits: ranges.ilog2() }
    }

    /// The slice of the single record at `index`.
    pub(super) fn slice(self, (region, tag): (u16, EntryTag), index: u64) -> Slice {
        let range = u128::from_be_bytes(tag.0).checked_shr(128 - self.bits).unwrap_or(0);
        // There are fewer than 2^64 ranges.
        Slice { range: range as u64, span: Span { region, start: index, end: index + 1 } }
    }
}

/// Neighbouring records of one region and one range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Slice {
    range: u64,
    pub(super) span: Span,
}

impl Slice {
    /// Whether `next` follows in the same region and range.
    pub(super) fn continues(&self, next: &Self) -> bool {
        self.range == next.range
            && self.span.region == next.span.region
            && self.span.end == next.span.start
    }
}

/// What was found.
#[derive(Debug)]
pub(super) struct Distinct {
    /// A tag that occurs twice, at its later record.
    pub(super) twice: Option<Fault>,
    /// Wanted tags that are in the list.
    pub(super) found: Vec<(EntryTag, u64)>,
}

pub(super) fn check(
    entries: &Entries,
    slices: &[Slice],
    wanted: &[EntryTag],
) -> Result<Distinct, Fault> {
    let mut by_range: Vec<&Slice> = slices.iter().collect();
    by_range.sort_by_key(|slice| slice.range);
    let ranges: Vec<&[&Slice]> =
        by_range.chunk_by(|left, right| left.range == right.range).collect();
    let mut wanted: Vec<u128> = wanted.iter().map(|tag| u128::from_be_bytes(tag.0)).collect();
    wanted.sort_unstable();
    let repeated: Vec<Result<Vec<u128>, Fault>> =
        ranges.par_iter().map(|range| conspicuous(entries, range, &wanted)).collect();
    let mut distinct = Distinct { twice: None, found: Vec::new() };
    for (range, tags) in ranges.iter().zip(repeated) {
        for tag in tags? {
            let places = places(entries, range, EntryTag(tag.to_be_bytes()))?;
            if let [_, second, ..] = *places {
                let text = "the record has the entry of another one, in another region";
                distinct.twice.get_or_insert(Fault::record(second, text));
            }
            if let ([first, ..], Ok(_)) = (places.as_slice(), wanted.binary_search(&tag)) {
                distinct.found.push((EntryTag(tag.to_be_bytes()), *first));
            }
        }
    }
    Ok(distinct)
}

/// Tags of a range that occur twice or are wanted.
fn conspicuous(entries: &Entries, range: &[&Slice], wanted: &[u128]) -> Result<Vec<u128>, Fault> {
    let records = range.iter().map(|slice| slice.span.len()).sum::<u64>();
    let mut tags: Vec<u128> = Vec::with_capacity(records as usize);
    let mut bytes = Vec::new();
    for slice in range {
        bytes.resize(slice.span.len() as usize * RECORD_SIZE_BYTES, 0);
        entries.read(slice.span.start, &mut bytes).map_err(|error| unreadable(&error))?;
        let (records, _) = bytes.as_chunks::<RECORD_SIZE_BYTES>();
        let tag = |record: &[u8; RECORD_SIZE_BYTES]| record.first_chunk().copied();
        tags.extend(records.iter().filter_map(tag).map(u128::from_be_bytes));
    }
    tags.sort_unstable();
    let twice = tags.array_windows().filter(|[left, right]| left == right).map(|[tag, _]| *tag);
    let mut found: Vec<u128> = twice.collect();
    found.extend(wanted.iter().filter(|tag| tags.binary_search(tag).is_ok()));
    found.dedup();
    Ok(found)
}

/// Records of a range with this tag.
fn places(entries: &Entries, range: &[&Slice], tag: EntryTag) -> Result<Vec<u64>, Fault> {
    let mut places = Vec::new();
    for slice in range {
        places.extend(entries.find(slice.span, tag)?);
    }
    places.sort_unstable();
    Ok(places)
}
