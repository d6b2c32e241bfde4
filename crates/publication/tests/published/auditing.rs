//! What only auditors can see: invented people, a friend entered twice, changed traits and regions. Each
//! is tried on a wave that everybody's `verify` passes.

use std::collections::{BTreeMap, BTreeSet};

use publication::audit::{
    OpenedEntry, OpeningFault, OpeningFaultKind as Kind, SAMPLE_SIZE, check_openings,
    openings_head, sample,
};
use publication::write::OpenedRecord;
use selection::audit::audit_number;
use selection::record::{EntryTag, HouseholdTag, RECORD_SIZE_BYTES, Record, RecordParts};

use crate::forged::{Forger, drawn, honest, invented, kinds, nobody};
use crate::maker::{crowd, draw_key, people};
use crate::support::FOLDERS;

/// Goal: the sample is that of section 12, and everybody computes the same; method: sort all records by
/// their MAC, and take beginnings of several sizes.
#[test]
fn the_sample_is_everybodys() {
    let wave = drawn(FOLDERS[3], None, &people(FOLDERS[3].0), &honest);
    let (list, seed) = (wave.list(), wave.list().seed().unwrap());
    let entries = wave.made.read("entries.bin");
    let records = entries.as_chunks::<RECORD_SIZE_BYTES>().0.iter();
    let mut all: Vec<(u64, u16, EntryTag)> = (0..)
        .zip(records.map(|bytes| *Record::from_bytes(bytes).unwrap().parts()))
        .map(|(index, own)| (index, own.region, own.entry_tag))
        .collect();
    all.sort_by_key(|(_, _, tag)| audit_number(&seed, tag));
    for size in [0, 1, 100, 289, 290, SAMPLE_SIZE] {
        let found = sample(&list, &seed, size).unwrap();
        let found: Vec<_> =
            found.iter().map(|own| (own.index, own.region, own.entry_tag)).collect();
        assert_eq!(found, all[..size.min(290)]);
    }
}

/// Goal: an honest wave is accounted for, hidden classes too, and only whole; method: open all that is
/// due, then leave out one selected person and one of the sample.
#[test]
fn honest_openings_hold() {
    for (folder, label) in [FOLDERS[1], FOLDERS[3]] {
        let wave = drawn((folder, label), None, &people(folder), &honest);
        let due = wave.due(20);
        let report = wave.check(20, &wave.file(&due, |_| ()));
        assert!(report.ok(), "{:?}", report.faults);
        assert_eq!((report.sampled, report.opened), (20, due.len() as u64));
        assert!(report.selected > 10 && report.opened < report.records);
        let mut missing = BTreeMap::new();
        for own in &due {
            let mut others = due.clone();
            others.remove(own);
            let report = wave.check(20, &wave.file(&others, |_| ()));
            let [OpeningFault { kind, index: Some(_), entry: Some((_, tag)), line: None }] =
                report.faults[..]
            else {
                panic!("{report:?}");
            };
            assert_eq!(tag, *own);
            *missing.entry(kind).or_insert(0) += 1;
        }
        assert_eq!(missing.get(&Kind::SelectedMissing), Some(&report.selected));
        assert!(missing[&Kind::SampledMissing] > 0);
        // More than what is due may be opened.
        let all = wave.openings.keys().copied().collect();
        assert!(wave.check(20, &wave.file(&all, |_| ())).ok());
    }
}

/// Goal (attack 1): people whom nobody knows cannot stand in a list under invented entries; method: 20
/// ghosts among 20,000 records, with commitments that open. The sample of 3,000 has some of them, and
/// each opening tells; a ghost that is not opened is missed.
#[test]
fn ghosts_under_invented_entries_are_found() {
    let ghosts = |forger: &Forger<'_>, list: &mut Vec<_>, openings: &mut Vec<_>| {
        for number in 0..20 {
            let own = forger.opening(&nobody(number), Some(invented(number)), 9401);
            list.push(forger.record(&own, HouseholdTag::NONE));
            openings.push(own);
        }
    };
    let wave = drawn(FOLDERS[3], Some(400), &crowd(19_980), &ghosts);
    let (list, due) = (wave.list(), wave.due(SAMPLE_SIZE));
    let sampled = sample(&list, &list.seed().unwrap(), SAMPLE_SIZE).unwrap();
    let ghosts: BTreeSet<EntryTag> = (0..20).map(invented).collect();
    assert!(sampled.iter().any(|own| ghosts.contains(&own.entry_tag)), "the sample finds some");
    let found: BTreeSet<EntryTag> = due.intersection(&ghosts).copied().collect();
    let check = |file: &[u8], expected: &[Kind]| {
        let report = wave.check(SAMPLE_SIZE, file);
        assert_eq!((report.records, report.sampled), (20_000, 3_000));
        assert!(report.faults.iter().all(|own| expected.contains(&own.kind)), "{report:?}");
        let blamed = report.faults.iter().map(|own| own.entry.unwrap().1).collect();
        assert_eq!(found, blamed);
    };
    check(&wave.file(&due, |_| ()), &[Kind::Entry]);
    let silent = due.difference(&ghosts).copied().collect();
    check(&wave.file(&silent, |_| ()), &[Kind::SampledMissing, Kind::SelectedMissing]);
}

/// Goal (attack 2): a friend who stands in the list a second time under an invented entry is found
/// twice over; method: open everybody.
#[test]
fn a_friend_entered_twice_is_found() {
    let people = people(FOLDERS[1].0);
    let (nik, region) = (people[5].nik, people[5].region);
    let twice = |forger: &Forger<'_>, list: &mut Vec<_>, openings: &mut Vec<_>| {
        let own = forger.opening(&nik, Some(invented(1)), region);
        list.push(forger.record(&own, HouseholdTag::NONE));
        openings.push(own);
    };
    let wave = drawn(FOLDERS[1], None, &people, &twice);
    let all = wave.due(SAMPLE_SIZE);
    let report = wave.check(SAMPLE_SIZE, &wave.file(&all, |_| ()));
    assert_eq!(kinds(&report), [Kind::Entry, Kind::Twice, Kind::Twice]);
    assert_eq!(report.faults[0].entry, Some((region, invented(1))));
    let honest = wave.key.entry_tag(&wave.made.writer.policy().ctx, &nik);
    let blamed: BTreeSet<_> = report.faults.iter().map(|own| own.entry.unwrap().1).collect();
    assert_eq!(blamed, [invented(1), honest].into());

    // Neither another number for the second entry, nor another entry for the number helps.
    let stranger = wave.file(&all, |own| {
        if own.entry_tag == invented(1) {
            own.nik_digits = nobody(1);
        }
    });
    let report = wave.check(SAMPLE_SIZE, &stranger);
    assert_eq!(kinds(&report), [Kind::Commitment, Kind::Entry]);
}

/// Goal (attack 3): a key that is chosen once entries can be tried, to find good ones, is not the one of
/// the policy; method: a list under another key, audited with either.
#[test]
fn a_key_chosen_later_is_found() {
    let (folder, people) = (FOLDERS[1].0, people(FOLDERS[1].0));
    let later = draw_key("chosen later");
    let rekey = |forger: &Forger<'_>, list: &mut Vec<_>, openings: &mut Vec<OpenedEntry>| {
        for own in openings.iter_mut() {
            own.entry_tag = later.entry_tag(&forger.file.ctx, &own.nik_digits);
        }
        *list = openings.iter().map(|own| forger.record(own, HouseholdTag::NONE)).collect();
    };
    let mut wave = drawn((folder, "2"), None, &people, &rekey);
    let file = wave.file(&wave.due(SAMPLE_SIZE), |_| ());
    let report = wave.check(SAMPLE_SIZE, &file);
    assert_eq!(kinds(&report), vec![Kind::Entry; 72]);
    wave.key = later.clone();
    assert_eq!(kinds(&wave.check(SAMPLE_SIZE, &file)), [Kind::OtherKey]);
}

/// Goal (attack 10): traits or region of a friend cannot be changed under the commitment, and with a new
/// one auditors read the claim that the registers deny; method: both, opened in truth and as claimed.
#[test]
fn changed_classes_are_found() {
    let people = people(FOLDERS[1].0);
    let at = people.iter().position(|own| own.mask == 0).unwrap();
    let (nik, region) = (people[at].nik, people[at].region);
    let other = people.iter().find(|own| own.region != region).unwrap().region;
    for (mask, moved) in [(7, region), (0, other)] {
        let tag = |forger: &Forger<'_>| forger.key.entry_tag(&forger.file.ctx, &nik);
        let change = |forger: &Forger<'_>, list: &mut Vec<OpenedRecord>| {
            let own = list.iter_mut().find(|own| own.record.parts().entry_tag == tag(forger));
            let own = own.unwrap();
            let parts = RecordParts { mask, region: moved, ..*own.record.parts() };
            own.record = Record::new(parts).unwrap();
        };
        let wave = drawn(FOLDERS[1], None, &people, &|forger, list, _| change(forger, list));
        let all = wave.due(SAMPLE_SIZE);
        let friend = wave.key.entry_tag(&wave.made.writer.policy().ctx, &nik);
        let truth = wave.check(SAMPLE_SIZE, &wave.file(&all, |_| ()));
        // In another region the record is not where the opening says.
        let expected: &[Kind] =
            if moved == region { &[Kind::Class] } else { &[Kind::Unlisted, Kind::SampledMissing] };
        let mut found: BTreeSet<Kind> = kinds(&truth).into_iter().collect();
        if found.remove(&Kind::SelectedMissing) {
            found.insert(Kind::SampledMissing);
        }
        assert_eq!(found, expected.iter().copied().collect(), "{truth:?}");
        let claim = |own: &mut OpenedEntry| {
            if own.entry_tag == friend {
                (own.mask, own.region) = (mask, moved);
            }
        };
        let claimed = wave.check(SAMPLE_SIZE, &wave.file(&all, claim));
        assert_eq!(kinds(&claimed), [Kind::Commitment]);

        let with_commitment =
            |forger: &Forger<'_>, list: &mut Vec<OpenedRecord>, openings: &mut Vec<OpenedEntry>| {
                list.retain(|own| own.record.parts().entry_tag != tag(forger));
                let own = openings.iter_mut().find(|own| own.nik_digits == nik).unwrap();
                (own.mask, own.region) = (mask, moved);
                list.push(forger.record(own, HouseholdTag::NONE));
            };
        let wave = drawn(FOLDERS[1], None, &people, &with_commitment);
        assert!(wave.check(SAMPLE_SIZE, &wave.file(&all, |_| ())).ok());
        let denied = people.iter().filter(|own| {
            let opened =
                &wave.openings[&wave.key.entry_tag(&wave.made.writer.policy().ctx, &own.nik)];
            (opened.mask, opened.region) != (own.mask, own.region)
        });
        assert_eq!(denied.map(|own| own.nik).collect::<Vec<_>>(), [nik]);
    }
}

/// Goal: openings are of the wave and under the key that the policy committed to (attacks 3 and 15), and
/// each line has its place; method: another key, another wave, and lines that are swapped, doubled,
/// broken, cut off or of nobody.
#[test]
fn openings_have_one_form() {
    let people = people(FOLDERS[1].0);
    let wave = drawn(FOLDERS[1], None, &people, &honest);
    let all = wave.due(SAMPLE_SIZE);
    let file = wave.file(&all, |_| ());
    let other = check_openings(&wave.list(), &draw_key("another"), 10, &file[..]).unwrap();
    assert_eq!(kinds(&other), [Kind::OtherKey]);
    let head = openings_head(&crate::support::policy(FOLDERS[3].0).ctx);
    let foreign = [&head[..], &file[head.len()..]].concat();
    assert_eq!(kinds(&wave.check(10, &foreign)), [Kind::OtherWave]);
    assert_eq!(kinds(&wave.check(10, b"")), [Kind::OtherWave]);

    let lines: Vec<&[u8]> = file.split_inclusive(|byte| *byte == b'\n').collect();
    let check = |lines: &[&[u8]], expected: &[Kind]| {
        let report = wave.check(SAMPLE_SIZE, &lines.concat());
        let mut found = kinds(&report);
        // Whether a record was selected does not matter here.
        found.iter_mut().filter(|kind| **kind == Kind::SelectedMissing).for_each(|kind| {
            *kind = Kind::SampledMissing;
        });
        found.sort();
        assert_eq!(found, expected);
    };
    let with = |change: &dyn Fn(&mut Vec<&[u8]>), expected: &[Kind]| {
        let mut changed = lines.clone();
        change(&mut changed);
        check(&changed, expected);
    };
    with(&|_| (), &[]);
    with(&|lines| lines.swap(5, 6), &[Kind::Order, Kind::SampledMissing]);
    with(&|lines| lines.insert(5, lines[5]), &[Kind::Order]);
    with(&|lines| lines[5] = b"{}\n", &[Kind::Line, Kind::SampledMissing]);
    with(&|lines| *lines.last_mut().unwrap() = b"{\"e\"", &[Kind::Line, Kind::SampledMissing]);
    let forger = Forger { file: wave.made.writer.policy(), key: &wave.key };
    for region in [1, 65_534] {
        let stranger = forger.opening(&nobody(1), None, region).line();
        let at = if region == 1 { 1 } else { lines.len() };
        let mut changed = lines.clone();
        changed.insert(at, &stranger);
        check(&changed, &[Kind::Unlisted]);
    }
    // What is told of faults names nobody.
    let report = wave.check(SAMPLE_SIZE, &wave.file(&all, |own| own.nik_digits = nobody(3)));
    let told: String = report.faults.iter().map(ToString::to_string).collect();
    assert!(report.faults.len() > 72 && !told.contains("9990") && !told.contains("9998"), "{told}");
}
