//! What people are picked by, and what not: when they registered, the digits of their numbers and their
//! place in the list say nothing about a seat; and a sample finds ghosts as often as is promised.
//!
//! In 2011 another lottery had to be voided since its winners came from two days of registration.

use selection::audit::AuditSample;
use selection::digest::{DrawKey, Seed, WaveContext};
use selection::draw::{Outcome, RegionDraw};
use selection::record::{EntryTag, Record};

use super::world::{Numbers, REGION, record};

/// Somebody with a number, who registered at a second.
struct Applicant {
    nik: [u8; 16],
    registered_at_s: u64,
    is_selected: bool,
}

/// 60,000 people with numbers as they are: a district, a day of birth and a serial number, most of whom
/// register in the first hours; 20,000 of them are selected.
fn applicants() -> Vec<Applicant> {
    let (people, seats) = (60_000, 20_000);
    let ctx = WaveContext::new("independence", 1, &[1; 32]).unwrap();
    let (key, mut numbers) = (DrawKey::from_bytes([2; 32]), Numbers(3));
    let mut applicants: Vec<(Record, Applicant)> = (0..people)
        .map(|at| {
            let (district, day, month, year) =
                (1 + at % 11, 1 + numbers.below(28), 1 + numbers.below(12), numbers.below(60));
            let day = day + 40 * numbers.below(2);
            let nik = format!("1571{district:02}{day:02}{month:02}{year:02}{:04}", at / 11);
            let nik: [u8; 16] = nik.as_bytes().try_into().unwrap();
            let (one, other) = (numbers.below(604_800), numbers.below(604_800));
            let registered_at_s = one.min(other) / (1 + numbers.below(9));
            let tag = key.entry_tag(&ctx, &nik);
            (record(REGION, tag.0, 0), Applicant { nik, registered_at_s, is_selected: false })
        })
        .collect();
    applicants.sort_by_key(|(record, _)| record.sort_key());
    let records: Vec<Record> = applicants.iter().map(|(record, _)| *record).collect();
    let mut draw = RegionDraw::new(&Seed::from_bytes([4; 32]), 0);
    let result = draw.draw(REGION, seats, &records).unwrap();
    let outcomes = applicants.into_iter().zip(result.outcomes);
    outcomes
        .map(|((_, own), outcome)| {
            let is_selected = matches!(outcome, Outcome::Selected { .. });
            Applicant { is_selected, ..own }
        })
        .collect()
}

/// Standard deviations by which the number of runs lies off that of a random order.
fn runs_off(order: &[&Applicant]) -> f64 {
    let changes = order.array_windows().filter(|[a, b]| a.is_selected != b.is_selected).count();
    let all = order.len() as f64;
    let taken = order.iter().filter(|own| own.is_selected).count() as f64;
    let expected = 1.0 + 2.0 * taken * (all - taken) / all;
    let variance = (expected - 1.0) * (expected - 2.0) / (all - 1.0);
    (changes as f64 + 1.0 - expected) / variance.sqrt()
}

/// Goal: neither time of registration, nor number, nor any order by some of its digits, nor place in
/// the list picks anybody; method: run tests in each of these orders, at 3.7 deviations, which is 1
/// percent for 20 of them. The same test notices a draw that favours the early by a little.
#[test]
fn nobody_is_picked_by_time_or_number() {
    let applicants = applicants();
    let by = |key: &dyn Fn(&Applicant) -> Vec<u8>| {
        let mut order: Vec<&Applicant> = applicants.iter().collect();
        order.sort_by_key(|own| (key(own), own.nik));
        runs_off(&order)
    };
    let mut found = vec![("list".to_owned(), runs_off(&applicants.iter().collect::<Vec<_>>()))];
    found.push(("time".to_owned(), by(&|own| own.registered_at_s.to_be_bytes().to_vec())));
    found.push(("number".to_owned(), by(&|own| own.nik.to_vec())));
    found.push(("birth".to_owned(), by(&|own| own.nik[6..12].to_vec())));
    found.push(("backwards".to_owned(), by(&|own| own.nik.iter().rev().copied().collect())));
    for place in 4..16 {
        let rotated = |own: &Applicant| [&own.nik[place..], &own.nik[..place]].concat();
        found.push((format!("digit {place}"), by(&rotated)));
    }
    for (order, off) in &found {
        assert!(off.abs() < 3.7, "{order}: {off} deviations off");
    }
    // One in thirty seats goes to the first who came.
    let mut order: Vec<Applicant> = applicants;
    order.sort_by_key(|own| own.registered_at_s);
    let mut moved = 0;
    let places: Vec<usize> = (0..order.len()).filter(|at| !order[*at].is_selected).collect();
    let last: Vec<usize> = (0..order.len()).rev().filter(|at| order[*at].is_selected).collect();
    for (early, late) in places.into_iter().zip(last).take(700) {
        (order[early].is_selected, order[late].is_selected) = (true, false);
        moved += 1;
    }
    assert_eq!(moved, 700);
    let off = runs_off(&order.iter().collect::<Vec<_>>());
    assert!(off.abs() > 3.7, "favours are noticed: {off}");
}

/// Goal: no value of a digit, and no hour of registration, has more seats than its people; method: chi-square
/// of selected by the values of each of the last twelve digits, and by hour, at four deviations.
#[test]
fn seats_are_spread_over_digits_and_hours() {
    let applicants = applicants();
    let check = |what: &str, class: &dyn Fn(&Applicant) -> usize| {
        let mut cells = vec![[0.0_f64; 2]; 256];
        for own in &applicants {
            cells[class(own)][usize::from(own.is_selected)] += 1.0;
        }
        cells.retain(|[lost, won]| lost + won >= 50.0);
        let chance = 1.0 / 3.0;
        let square = |[lost, won]: &[f64; 2]| {
            let people = lost + won;
            (won - people * chance).powi(2) / (people * chance * (1.0 - chance))
        };
        let chi_square: f64 = cells.iter().map(square).sum();
        let freedom = cells.len() as f64 - 1.0;
        assert!(freedom > 0.0, "{what}");
        assert!(chi_square < freedom + 4.0 * (2.0 * freedom).sqrt(), "{what}: {chi_square}");
    };
    for place in 4..16 {
        check(&format!("digit {place}"), &|own| usize::from(own.nik[place]));
    }
    check("hour", &|own| (own.registered_at_s / 3_600) as usize);
}

/// Goal: if one in a thousand is invented, 3,000 records find somebody with 95 % probability; method:
/// 100,000 records of which 100 are ghosts, and 100 seeds: 1 - 0.97^100 = 95.2 %, so 95 seeds, give or
/// take 2.1 a deviation.
#[test]
fn samples_find_ghosts() {
    let found = (0..100u8).filter(|seed| {
        let mut sample = AuditSample::new(&Seed::from_bytes([*seed; 32]), 3_000);
        for number in 0..100_000u64 {
            sample.push(number, EntryTag(u128::from(number).to_be_bytes()));
        }
        let sample = sample.finish();
        assert_eq!(sample.len(), 3_000);
        sample.iter().any(|(index, _)| index % 1_000 == 999)
    });
    let found = found.count();
    assert!((89..=100).contains(&found), "{found} of 100");
}
