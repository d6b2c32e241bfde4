//! Random people, and the list that publishes them.

use std::collections::BTreeMap;

use publication::format::PolicyFile;
use publication::write::OpenedRecord;
use selection::digest::{DrawKey, Opening};
use selection::policy::SeatRules;
use selection::quota::MaskCount;
use selection::record::{HIDDEN_MASK, HouseholdTag, Record, RecordParts, Weight, flags};
use selection::small_cells::published_masks;

use crate::dice::{Dice, sha};

/// Somebody who takes part.
#[derive(Clone, Debug)]
pub(crate) struct Person {
    pub(crate) nik: [u8; 16],
    pub(crate) region: u16,
    pub(crate) mask: u16,
    pub(crate) weight: Weight,
    /// Family card, and the places that earlier grants left it (0 = the full cap).
    card: Option<([u8; 16], u8)>,
}

/// 16 digits.
pub(crate) fn digits(number: u64) -> [u8; 16] {
    format!("{number:016}").as_bytes().try_into().unwrap()
}

pub(crate) fn people(dice: &mut Dice, rules: &SeatRules, number: u32) -> Vec<Person> {
    let codes: Vec<u16> = rules.regions.iter().map(|region| region.code).collect();
    // Some regions may stay empty, others are large.
    let lived_in = dice.within(1..=codes.len() as u64) as usize;
    let codes = dice.some(&codes, lived_in);
    let (rarity, family) = (dice.within(1..=4), dice.within(1..=5));
    let cards = u64::from(number) / family + 1;
    let mut places = BTreeMap::new();
    let person = |own: u32| {
        let region = dice.pick(&codes);
        let traits = rules.traits.iter().filter(|_| dice.one_in(rarity + 1));
        let mask = traits.fold(0, |mask, own| mask | 1 << own.bit);
        let card = (rules.household_cap > 0 && !dice.one_in(5)).then(|| {
            let card = dice.within(1..=cards);
            let most = u64::from(rules.household_cap - 1).min(7);
            let left = if dice.one_in(3) { dice.within(0..=most) } else { 0 };
            (digits(card), *places.entry((region, card)).or_insert(left as u8))
        });
        let weight = Weight::new(dice.within(1..=rules.max_weight.into()) as u8).unwrap();
        Person { nik: digits(own.into()), region, mask, weight, card }
    };
    (0..number).map(person).collect()
}

/// The list of these people as the rule for small cells lets it be published.
pub(crate) fn list(file: &PolicyFile, key: &DrawKey, people: &[Person]) -> Vec<OpenedRecord> {
    let mut cells: BTreeMap<u16, BTreeMap<u16, u32>> = BTreeMap::new();
    for own in people {
        *cells.entry(own.region).or_default().entry(own.mask).or_default() += 1;
    }
    let rule = file.policy().get().rules.small_cells;
    let shown = |(region, cells): (u16, BTreeMap<u16, u32>)| {
        let cells = cells.into_iter().map(|(mask, records)| MaskCount { mask, records });
        (region, published_masks(rule, &cells.collect::<Vec<_>>()))
    };
    let shown: BTreeMap<u16, BTreeMap<u16, u16>> = cells.into_iter().map(shown).collect();
    let mut list: Vec<OpenedRecord> =
        people.iter().map(|own| record(file, key, own, shown[&own.region][&own.mask])).collect();
    list.sort_by_key(|own| own.record.sort_key());
    list
}

fn record(file: &PolicyFile, key: &DrawKey, own: &Person, shown: u16) -> OpenedRecord {
    let (ctx, hidden) = (&file.ctx, shown == HIDDEN_MASK);
    let (household, places) = match own.card {
        Some((card, places)) => (key.household_tag(ctx, &card), places),
        None => (HouseholdTag::NONE, 0),
    };
    let (entry_tag, flags) = (key.entry_tag(ctx, &own.nik), flags(shown, places).unwrap());
    let commitment = ctx.commitment(&Opening {
        blinding: &sha([&b"blinding"[..], ctx.as_bytes(), &own.nik].concat()),
        entry_tag,
        region: own.region,
        mask: if hidden { own.mask } else { shown },
        weight: own.weight,
        flags,
        nik_digits: &own.nik,
    });
    let record = Record::new(RecordParts {
        entry_tag,
        commitment,
        region: own.region,
        mask: shown,
        weight: own.weight,
        flags,
        household,
    });
    OpenedRecord { record: record.unwrap(), true_mask: hidden.then_some(own.mask) }
}
