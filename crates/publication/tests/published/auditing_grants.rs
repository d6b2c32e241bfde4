//! Granted appeals that nobody filed, which everybody's `verify` passes.

use std::collections::BTreeSet;

use publication::audit::{OpenedGrant, OpeningFaultKind as Kind, SAMPLE_SIZE};
use publication::format::{CorrectionsFile, Granted};
use publication::verify::{Options, verify};
use selection::record::{EntryTag, Weight};
use selection::ticket::Ticketer;

use crate::forged::{Wave, drawn, honest, invented, kinds, nobody};
use crate::maker::people;
use crate::support::FOLDERS;
use crate::verifying::options;

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
