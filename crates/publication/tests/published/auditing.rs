//! What only auditors can see: invented people, a friend entered twice, changed traits and regions. Each
//! is tried on a wave that everybody's `verify` passes.

use std::collections::{BTreeMap, BTreeSet};

use publication::audit::{
    AuditedList, CountFault, OpenedEntry, OpenedGrant, OpenedReport, OpeningFault,
    OpeningFaultKind as Kind, RegistryCounts, SAMPLE_SIZE, check_counts, check_openings,
    openings_head, sample,
};
use publication::format::{CorrectionsFile, Granted, PolicyFile, RevealsFile, SeedFile};
use publication::verify::{Options, verify};
use publication::write::OpenedRecord;
use selection::audit::audit_number;
use selection::digest::DrawKey;
use selection::record::{EntryTag, HouseholdTag, RECORD_SIZE_BYTES, Record, RecordParts, Weight};
use selection::registry::RegistryCount;
use selection::ticket::Ticketer;

use crate::faults::test_signature;
use crate::maker::{Made, Someone, blinding, crowd, draw_key, earlier, people, records};
use crate::support::{FOLDERS, read, secret, sha};
use crate::verifying::options;

/// A drawn wave, and what its operator can open of each record.
struct Wave {
    made: Made,
    key: DrawKey,
    openings: BTreeMap<EntryTag, OpenedEntry>,
}

/// What the operator adds or changes before the list is fixed.
type Attack<'a> = &'a dyn Fn(&Forger<'_>, &mut Vec<OpenedRecord>, &mut Vec<OpenedEntry>);

/// Makes records as the operator can.
struct Forger<'a> {
    file: &'a PolicyFile,
    key: &'a DrawKey,
}

impl Forger<'_> {
    /// A record with a commitment that opens, for whatever entry.
    fn record(&self, own: &OpenedEntry, household: HouseholdTag) -> OpenedRecord {
        let parts = RecordParts {
            entry_tag: own.entry_tag,
            commitment: commitment(self.file, own),
            region: own.region,
            mask: own.mask,
            weight: own.weight,
            flags: own.flags,
            household,
        };
        OpenedRecord { record: Record::new(parts).unwrap(), true_mask: None }
    }

    /// An opening of somebody under an entry that is not theirs, or under the true one.
    fn opening(&self, nik: &[u8; 16], entry_tag: Option<EntryTag>, region: u16) -> OpenedEntry {
        OpenedEntry {
            entry_tag: entry_tag.unwrap_or_else(|| self.key.entry_tag(&self.file.ctx, nik)),
            region,
            mask: 0,
            weight: Weight::ONE,
            flags: 0,
            blinding: sha(nik),
            nik_digits: *nik,
        }
    }
}

fn commitment(file: &PolicyFile, own: &OpenedEntry) -> [u8; 32] {
    file.ctx.commitment(&selection::digest::Opening {
        blinding: &own.blinding,
        entry_tag: own.entry_tag,
        region: own.region,
        mask: own.mask,
        weight: own.weight,
        flags: own.flags,
        nik_digits: &own.nik_digits,
    })
}

fn invented(number: u32) -> EntryTag {
    EntryTag(*sha(format!("ghost {number}")).first_chunk().unwrap())
}

fn nobody(number: u32) -> [u8; 16] {
    format!("9990{number:012}").as_bytes().try_into().unwrap()
}

/// What the operator can honestly open.
fn openings(
    file: &PolicyFile,
    key: &DrawKey,
    list: &[OpenedRecord],
    people: &[Someone],
) -> Vec<OpenedEntry> {
    let records: BTreeMap<EntryTag, &OpenedRecord> =
        list.iter().map(|own| (own.record.parts().entry_tag, own)).collect();
    let open = |own: &Someone| {
        let entry_tag = key.entry_tag(&file.ctx, &own.nik);
        let parts = records[&entry_tag].record.parts();
        OpenedEntry {
            entry_tag,
            region: own.region,
            mask: own.mask,
            weight: parts.weight,
            flags: parts.flags,
            blinding: blinding(&file.ctx, &own.nik),
            nik_digits: own.nik,
        }
    };
    people.iter().map(open).collect()
}

/// Draws and announces a wave whose list the operator changed in time; the public sees nothing wrong.
fn drawn(folder: (&str, &str), base: Option<u32>, people: &[Someone], attack: Attack<'_>) -> Wave {
    let (folder, label) = folder;
    let mut made = Made::begin(folder, |parts| {
        parts.policy.rules.base = base.unwrap_or(parts.policy.rules.base);
    });
    let key = draw_key(label);
    let mut list = records(made.writer.policy(), &key, people);
    let mut openings = openings(made.writer.policy(), &key, &list, people);
    attack(&Forger { file: made.writer.policy(), key: &key }, &mut list, &mut openings);
    list.sort_by_key(|own| own.record.sort_key());
    let (_, plan) = made.commit(1, &list, earlier(folder));
    if made.writer.policy().policy().get().contributors.is_empty() {
        made.draw(&test_signature(&made, plan.round));
    } else {
        let reveals = RevealsFile::read(&read(folder, "reveals.json")).unwrap();
        made.writer.reveals(reveals.contributions).unwrap();
        made.draw(&SeedFile::read(&read(folder, "seed.json")).unwrap().signature);
    }
    made.announce_everything(1);
    let report = verify(&made.path, &Options { previous: Vec::new(), ..options(folder) });
    assert!(report.ok(), "the public cannot see it\n{report}");
    let openings = openings.into_iter().map(|own| (own.entry_tag, own)).collect();
    Wave { made, key, openings }
}

fn honest(_: &Forger<'_>, _: &mut Vec<OpenedRecord>, _: &mut Vec<OpenedEntry>) {}

impl Wave {
    fn list(&self) -> AuditedList {
        AuditedList::open(&self.made.path).unwrap()
    }

    /// Entries of all who were selected and of the sample.
    fn due(&self, size: usize) -> BTreeSet<EntryTag> {
        let list = self.list();
        let entries = self.made.read("entries.bin");
        let entries = entries.as_chunks::<RECORD_SIZE_BYTES>().0;
        let selected = self.made.read("selected.bin");
        let tags = entries.iter().map(|bytes| EntryTag(*bytes.first_chunk().unwrap()));
        let chosen = tags.enumerate().filter(|(at, _)| selected[at / 8] & (0x80 >> (at % 8)) != 0);
        let seed = list.seed().unwrap();
        let sampled = sample(&list, &seed, size).unwrap();
        chosen.map(|(_, tag)| tag).chain(sampled.iter().map(|own| own.entry_tag)).collect()
    }

    /// Openings of these entries, as the operator hands them out.
    fn file(&self, due: &BTreeSet<EntryTag>, change: impl Fn(&mut OpenedEntry)) -> Vec<u8> {
        let mut opened: Vec<OpenedEntry> =
            due.iter().filter_map(|tag| self.openings.get(tag)).cloned().collect();
        opened.iter_mut().for_each(change);
        opened.sort_by_key(|own| (own.region, own.entry_tag));
        let mut file = openings_head(&self.made.writer.policy().ctx);
        file.extend(opened.iter().flat_map(OpenedEntry::line));
        file
    }

    fn check(&self, size: usize, file: &[u8]) -> OpenedReport {
        check_openings(&self.list(), &self.key, size, file).unwrap()
    }
}

fn kinds(report: &OpenedReport) -> Vec<Kind> {
    report.faults.iter().map(|own| own.kind).collect()
}

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

/// One of many entries with a ticket that wins in any region.
fn winning<T>(wave: &Wave, tags: impl Iterator<Item = (T, EntryTag)>) -> (T, EntryTag) {
    let ticketer = Ticketer::new(&wave.list().seed().unwrap());
    tags.min_by_key(|(_, tag)| ticketer.ticket(tag, Weight::ONE)).unwrap()
}

/// Goal (attacks 1 and 2): who knows the seed can invent an entry that wins, and grant it a seat of the reserve that everybody's
/// `verify` passes; openings of granted appeals tell, for strangers and for a friend of the list. Method: an honest grant, a
/// ghost's and a friend's, opened in every way that the operator could.
#[test]
fn ghosts_are_granted_no_appeal() {
    let folder = FOLDERS[1];
    let people = people(folder.0);
    let wave = drawn(folder, None, &people, &honest);
    let ctx = wave.made.writer.policy().ctx;
    let left_out =
        (0..1_000).map(|number| (nobody(number), wave.key.entry_tag(&ctx, &nobody(number))));
    let (nik, own) = winning(&wave, left_out);
    let ((), ghost) = winning(&wave, (0..500).map(|number| ((), invented(number))));
    let ((), second) = winning(&wave, (500..1_000).map(|number| ((), invented(number))));
    // A region with seats that nothing but the ticket decides.
    let (friend, region) = (people[5].nik, 3171);
    let mut granted = [own, ghost, second].map(|entry_tag| {
        let reason = "register_wrong".to_owned();
        Granted { entry_tag, region, mask: 0, weight: Weight::ONE, reason }
    });
    granted.sort_by_key(Granted::place);
    let publish = |granted: &[Granted]| {
        let file = CorrectionsFile { ctx: *ctx.as_bytes(), granted: granted.to_vec() };
        wave.made.write("corrections.json", &file.write());
        wave.made.announce_anew();
        let report =
            verify(&wave.made.path, &Options { previous: Vec::new(), ..options(folder.0) });
        assert!(report.ok(), "the public cannot see it\n{report}");
    };
    let records = wave.file(&wave.due(20), |_| ());
    let open = |entry_tag, nik_digits| OpenedGrant { entry_tag, region, nik_digits }.line();
    // Kinds of faults, and the entries that are blamed beside records of the list.
    let check = |lines: &[Vec<u8>]| {
        let report = wave.check(20, &[&records[..], &lines.concat()].concat());
        let blamed = report.faults.iter().filter(|own| own.index.is_none());
        let blamed = blamed.map(|own| own.entry.unwrap().1).collect::<Vec<EntryTag>>();
        (kinds(&report), blamed, report.granted)
    };

    // Nothing is granted: an appeal that is opened is none.
    assert_eq!(check(&[open(own, nik)]), (vec![Kind::Ungranted], vec![own], 0));
    let honest = granted.iter().find(|granted| granted.entry_tag == own).unwrap().clone();
    publish(&[honest]);
    assert_eq!(check(&[open(own, nik)]), (vec![], vec![], 1));
    assert_eq!(check(&[]), (vec![Kind::GrantedMissing], vec![own], 1));
    assert_eq!(check(&[open(own, nobody(5_000))]), (vec![Kind::Entry], vec![own], 1));
    let elsewhere = OpenedGrant { entry_tag: own, region: region + 1, nik_digits: nik }.line();
    let (found, ..) = check(&[elsewhere]);
    assert_eq!(found, [Kind::GrantedMissing, Kind::Ungranted]);
    // It stands after the records, once, and is no record.
    assert_eq!(check(&[open(own, nik), open(own, nik)]).0, [Kind::Order]);
    let lines: Vec<&[u8]> = records.split_inclusive(|byte| *byte == b'\n').collect();
    let before = [lines[0], &open(own, nik), &lines[1..].concat()].concat();
    assert!(kinds(&wave.check(20, &before)).contains(&Kind::Order));

    publish(&granted);
    let opened = |ghost_nik: [u8; 16], friend_nik: [u8; 16]| {
        let nik_of = |granted: &Granted| match granted.entry_tag {
            tag if tag == own => nik,
            tag if tag == ghost => ghost_nik,
            _ => friend_nik,
        };
        let lines: Vec<Vec<u8>> =
            granted.iter().map(|granted| open(granted.entry_tag, nik_of(granted))).collect();
        check(&lines)
    };
    let invented: Vec<EntryTag> =
        granted.iter().map(|granted| granted.entry_tag).filter(|tag| *tag != own).collect();
    // Numbers of nobody do not give these entries, and leaving them out is seen.
    let strangers = opened(nobody(6_000), nobody(6_001));
    assert_eq!(strangers, (vec![Kind::Entry, Kind::Entry], invented.clone(), 3));
    assert_eq!(
        check(&[open(own, nik)]),
        (vec![Kind::GrantedMissing, Kind::GrantedMissing], invented.clone(), 3)
    );
    // Nor does the number of the one who was rightly granted, who is then there twice.
    let (found, blamed, _) = opened(nik, nobody(6_001));
    assert_eq!(found, [Kind::Entry, Kind::Entry, Kind::Twice, Kind::Twice]);
    assert_eq!(blamed[2..].iter().collect::<BTreeSet<_>>(), [&own, &ghost].into());
    // A friend who is in the list already.
    let all = wave.file(&wave.due(SAMPLE_SIZE), |_| ());
    let lines = granted.iter().map(|granted| {
        open(granted.entry_tag, if granted.entry_tag == own { nik } else { friend })
    });
    let file = [all, lines.collect::<Vec<_>>().concat()].concat();
    let found = kinds(&wave.check(SAMPLE_SIZE, &file));
    assert_eq!(found, [Kind::Entry, Kind::Entry, Kind::Twice, Kind::Twice, Kind::Twice]);
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
