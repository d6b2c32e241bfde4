//! A made-up list of applicants, as large as one likes.

use std::fs::File;
use std::io::{self, BufWriter, Write as _};
use std::path::Path;

use rand_core::Rng as _;
use selection::record::{EntryTag, HouseholdTag, Record, RecordParts, Weight};

use super::SEED;
use super::random::SplitMix;

/// Regencies of the country.
pub(crate) const REGIONS: u16 = 514;
/// Code of the first one.
const FIRST_REGION: u16 = 1101;
/// Traits: the first is held by half the people, each next one by half as many.
pub(crate) const TRAITS: u8 = 4;

/// People of each region: sizes fall like those of cities (the first of 514 has about 2 percent) and
/// add up to `people`.
pub(crate) fn sample_regions(people: u64) -> Vec<(u16, u64)> {
    let weights: Vec<u64> = (0..u64::from(REGIONS)).map(|place| 1_000_000 / (place + 16)).collect();
    let total: u128 = weights.iter().map(|&weight| u128::from(weight)).sum();
    let mut passed = 0u128;
    let mut given = 0;
    let mut sizes = Vec::with_capacity(weights.len());
    for (code, weight) in (FIRST_REGION..).zip(weights) {
        passed += u128::from(weight);
        let upto = (u128::from(people) * passed / total) as u64;
        sizes.push((code, upto - given));
        given = upto;
    }
    sizes
}

/// The records in the order of `entries.bin`: one person in eight without a family card, the others in
/// households of two on average.
pub(crate) fn sample_records(regions: &[(u16, u64)]) -> impl Iterator<Item = Record> {
    let mut random = SplitMix::new(SEED);
    regions.iter().flat_map(move |&(region, people)| {
        let mut own = SplitMix::new(random.next_u64());
        let cards_from = own.next_u64();
        let step = u64::MAX / people.max(1);
        (0..people).map(move |person| {
            sample_record(&mut own, region, people, person * step, step, cards_from)
        })
    })
}

fn sample_record(
    random: &mut SplitMix,
    region: u16,
    people: u64,
    from: u64,
    step: u64,
    cards_from: u64,
) -> Record {
    // Tags ascend because each stays inside its own step of the tag range.
    let tag = from + random.next_u64() % step;
    let card = cards_from.wrapping_add(random.next_u64() % people.div_ceil(2));
    let household = if random.next_u64().is_multiple_of(8) { 0 } else { card };
    let mut commitment = [0; 32];
    random.fill_bytes(&mut commitment);
    let dice = random.next_u64();
    let holds = |bit: u8| (dice >> (8 * bit)) & 0xFF < 128 >> bit;
    let mask = (0..TRAITS).filter(|&bit| holds(bit)).fold(0, |mask, bit| mask | 1 << bit);
    Record::new(RecordParts {
        entry_tag: EntryTag((u128::from(tag) << 64 | u128::from(random.next_u64())).to_be_bytes()),
        commitment,
        region,
        mask,
        weight: Weight::ONE,
        flags: 0,
        household: HouseholdTag(household.to_be_bytes()),
    })
    .unwrap_or_else(|error| unreachable!("{error}"))
}

/// Writes such a list.
///
/// # Errors
/// Writing fails.
pub(crate) fn write_sample_entries(path: &Path, people: u64) -> io::Result<()> {
    let mut output = BufWriter::with_capacity(1 << 20, File::create(path)?);
    for record in sample_records(&sample_regions(people)) {
        output.write_all(&record.to_bytes())?;
    }
    output.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Goal: a list as the formats want it, of the size asked for; method: count regions, order, family
    /// cards and traits of 20,000 people.
    #[test]
    fn lists_are_in_order() {
        let regions = sample_regions(20_000);
        assert_eq!(regions.len(), usize::from(REGIONS));
        assert_eq!(regions.iter().map(|(_, people)| people).sum::<u64>(), 20_000);
        let records: Vec<Record> = sample_records(&regions).collect();
        assert_eq!(records.len(), 20_000);
        assert!(records.is_sorted_by(|left, right| left.sort_key() < right.sort_key()));
        let count = |is: fn(&Record) -> bool| records.iter().filter(|record| is(record)).count();
        let alone = count(|record| record.parts().household == HouseholdTag::NONE);
        assert!((2_000..3_000).contains(&alone), "{alone}");
        for bit in 0..TRAITS {
            let holders = records.iter().filter(|own| own.parts().mask & (1 << bit) != 0).count();
            let expected = 20_000 >> (bit + 1);
            assert!((expected * 9 / 10..expected * 11 / 10).contains(&holders), "{bit}: {holders}");
        }
    }
}
