//! What the civil registry counts: people whom it does not know, in a list that everybody's `verify` passes.

use std::collections::{BTreeMap, BTreeSet};

use publication::audit::{CountFault, RegistryCounts, SAMPLE_SIZE, check_counts};
use selection::record::HouseholdTag;
use selection::registry::RegistryCount;

use crate::forged::{Forger, Wave, drawn, honest, nobody};
use crate::maker::{Someone, people};
use crate::support::{FOLDERS, secret};

/// People of a region and of them in play, by the registry's own books.
fn registry_books(people: &[Someone], cap: usize) -> Vec<RegistryCount> {
    let mut regions: BTreeMap<u16, (u32, BTreeMap<[u8; 16], usize>)> = BTreeMap::new();
    for own in people {
        let (alone, cards) = regions.entry(own.region).or_default();
        match own.card.filter(|_| cap > 0) {
            Some(card) => *cards.entry(card).or_default() += 1,
            None => *alone += 1,
        }
    }
    let count = |(region, (alone, cards)): (u16, (u32, BTreeMap<[u8; 16], usize>))| RegistryCount {
        region,
        records: alone + cards.values().sum::<usize>() as u32,
        n: alone + cards.values().map(|size| (*size).min(cap)).sum::<usize>() as u32,
    };
    regions.into_iter().map(count).collect()
}

/// Goal (attack 1): ghosts with invented numbers and the entries that follow from them are one too many
/// for the civil registry, also behind a family card whose places are full; method: the registry signs
/// counts of its own people, before and after ghosts come.
#[test]
fn ghosts_with_numbers_of_nobody_are_counted() {
    let people = people(FOLDERS[3].0);
    let registry = secret("registry");
    let books = registry_books(&people, 2);
    let found = |wave: &Wave, counts: Vec<RegistryCount>| {
        let signed =
            RegistryCounts::sign(&wave.made.writer.policy().ctx, counts, &registry).unwrap();
        let signed = RegistryCounts::read(&signed.write()).unwrap();
        check_counts(&wave.list(), &signed, &registry.public())
    };
    let wave = drawn(FOLDERS[3], None, &people, &honest);
    let report = found(&wave, books.clone());
    assert!(report.ok() && (report.records, report.regions) == (290, 3), "{report:?}");

    // One ghost without a card, one on the full card of others.
    let full = people.iter().filter_map(|own| Some((own.card?, own.region)));
    let mut cards: BTreeMap<_, usize> = BTreeMap::new();
    full.for_each(|card| *cards.entry(card).or_default() += 1);
    let ((card, region), _) = cards.iter().find(|(_, size)| **size >= 2).unwrap();
    let ghosts = |forger: &Forger<'_>, list: &mut Vec<_>, openings: &mut Vec<_>| {
        let tag = forger.key.household_tag(&forger.file.ctx, card);
        for (number, region, tag) in [(1, 9471, HouseholdTag::NONE), (2, *region, tag)] {
            let own = forger.opening(&nobody(number), None, region);
            list.push(forger.record(&own, tag));
            openings.push(own);
        }
    };
    let wave = drawn(FOLDERS[3], None, &people, &ghosts);
    let mut expected = BTreeMap::new();
    for own in &books {
        let counts = (own.records, own.n);
        let alone = u32::from(own.region == 9471);
        let behind = u32::from(own.region == *region);
        let listed = (own.records + alone + behind, own.n + alone);
        if listed != counts {
            expected.insert(
                own.region,
                CountFault::Region { region: own.region, listed, signed: counts },
            );
        }
    }
    let report = found(&wave, books.clone());
    assert_eq!(report.faults, expected.into_values().collect::<Vec<_>>());

    // Auditors who open everybody see the numbers, and the registry knows nobody of these.
    let all = wave.due(SAMPLE_SIZE);
    assert!(wave.check(SAMPLE_SIZE, &wave.file(&all, |_| ())).ok(), "entries and numbers fit");
    let known: BTreeSet<[u8; 16]> = people.iter().map(|own| own.nik).collect();
    let opened = all.iter().map(|tag| wave.openings[tag].nik_digits);
    assert_eq!(opened.filter(|nik| !known.contains(nik)).count(), 2);
}

/// Goal: counts are the registry's own, for this wave; method: another key, another wave, a changed
/// number, and forms that no registry signs.
#[test]
fn counts_are_signed() {
    let people = people(FOLDERS[1].0);
    let wave = drawn(FOLDERS[1], None, &people, &honest);
    let (ctx, registry) = (wave.made.writer.policy().ctx, secret("registry"));
    let books = registry_books(&people, 0);
    let signed = RegistryCounts::sign(&ctx, books.clone(), &registry).unwrap();
    let check =
        |counts: &RegistryCounts, key: [u8; 32]| check_counts(&wave.list(), counts, &key).faults;
    assert_eq!(check(&signed, registry.public()), []);
    assert_eq!(check(&signed, secret("log").public()), [CountFault::Signature]);
    let other = crate::support::policy(FOLDERS[3].0).ctx;
    let foreign = RegistryCounts::sign(&other, books.clone(), &registry).unwrap();
    assert_eq!(check(&foreign, registry.public()), [CountFault::Signature]);
    let mut changed = signed.clone();
    changed.regions[0].n -= 1;
    assert_eq!(check(&changed, registry.public()).len(), 2);
    let mut fewer = books.clone();
    fewer.pop();
    let fewer = RegistryCounts::sign(&ctx, fewer, &registry).unwrap();
    assert!(matches!(
        check(&fewer, registry.public())[..],
        [CountFault::Region { signed: (0, 0), .. }]
    ));
    let refused = |change: &dyn Fn(&mut Vec<RegistryCount>)| {
        let mut counts = books.clone();
        change(&mut counts);
        assert!(RegistryCounts::sign(&ctx, counts.clone(), &registry).is_err(), "{counts:?}");
    };
    refused(&|counts| counts.swap(0, 1));
    refused(&|counts| counts[1] = counts[0]);
    refused(&|counts| counts[0].n = 0);
    refused(&|counts| counts[0].n = counts[0].records + 1);
    let text = String::from_utf8(signed.write()).unwrap();
    assert!(RegistryCounts::read(text.replace(':', ": ").as_bytes()).is_err());
}
