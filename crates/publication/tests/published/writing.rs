//! The golden folders made anew from their people.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::fs;

use publication::format::{CorrectionsFile, RevokedFile, SeedFile};
use publication::log::{Announcement, LogProof, LogStore, Trust, WitnessedCheckpoint};
use publication::write::{FolderWriter, FromEarlier, OpenedRecord, WriteError};

use crate::maker::{Made, draw_key, earlier, people, records};
use crate::support::{FOLDERS, files_under, golden, read, read_if_there, secret};

/// Announces and proves in the batches of the golden log, with the witnesses signing when they did.
fn announce_as_published(made: &Made, folder: &str) {
    let trust = Trust::of_policy(made.writer.policy()).unwrap();
    let original = LogStore::open(&golden(folder).join("log"), trust.log()).unwrap();
    let mut batches: BTreeMap<u64, (Vec<u64>, Vec<String>)> = BTreeMap::new();
    for file in files_under(&golden(folder).join("proofs")) {
        let proof = LogProof::read(&read(folder, &format!("proofs/{file}"))).unwrap();
        let witnessed = WitnessedCheckpoint::read(&proof.checkpoint, &trust).unwrap();
        let batch = batches.entry(witnessed.checkpoint.head.size).or_default();
        batch.0 = witnessed.times;
        batch.1.push(file.strip_suffix(".tlog-proof").unwrap().to_owned());
    }
    let mut log = LogStore::open(&made.log(), trust.log()).unwrap();
    for (size, (times_s, names)) in batches {
        while log.head().size < size {
            let entry = original.entry(log.head().size).unwrap().unwrap();
            let own = Announcement::read(&entry).filter(|own| names.contains(&own.name));
            match own {
                Some(own) => {
                    made.writer.announce(&mut log, &[&own.name], &secret("log")).unwrap();
                }
                None => log.append(&[entry], &secret("log")).unwrap(),
            }
        }
        made.cosign(&mut log, &times_s);
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        made.writer.prove(&log, &names).unwrap();
    }
}

/// Goal: every published file of every golden wave is made byte for byte, also log, cosignatures and
/// proofs; method: make each from its people, the sources of its seats, the beacon signature and the
/// public test keys, and compare.
#[test]
fn golden_folders_are_reproduced() {
    let mut files = 0;
    for (folder, label) in FOLDERS {
        let made = Made::golden(folder, label);
        for (number, name) in [(1, "revoked.json"), (2, "revoked.2.json")] {
            if let Some(bytes) = read_if_there(folder, name) {
                let file = RevokedFile::read(name, &bytes).unwrap();
                assert_eq!(made.writer.revoked(number, &file).unwrap(), name);
            }
        }
        if let Some(bytes) = read_if_there(folder, "corrections.json") {
            made.writer.corrections(&CorrectionsFile::read(&bytes).unwrap()).unwrap();
        }
        announce_as_published(&made, folder);
        let original = golden(folder);
        let published = |name: &String| {
            let others = ["receipts/", "previous/", "people", "expected"];
            !others.iter().any(|other| name.starts_with(other))
        };
        let expected: Vec<String> = files_under(&original).into_iter().filter(published).collect();
        assert_eq!(files_under(&made.path), expected);
        for name in expected {
            let same = fs::read(original.join(&name)).unwrap() == made.read(&name);
            assert!(same, "{folder}/{name}");
            files += 1;
        }
    }
    assert!(files > 80, "{files}");
}

/// Goal: seats of earlier waves are taken over as published; method: those of the second wave.
#[test]
fn earlier_waves_hand_on() {
    let before = golden(FOLDERS[1].0);
    let taken = FromEarlier::take(&before, &[(&before, "revoked.json")]).unwrap();
    assert_eq!(taken, earlier(FOLDERS[2].0));
    let none = FromEarlier::take(&before, &[]).unwrap();
    assert_eq!((none.carry_in, none.returned.len()), (2, 0));
    let refused = FromEarlier::take(&before, &[(&before, "revoked.2.json")]).unwrap_err();
    assert_eq!(refused.to_string(), "revoked.2.json is missing");
}

/// Goal: published files never change; method: write each step again, the same and another.
#[test]
fn published_files_never_change() {
    let (folder, label) = FOLDERS[0];
    let mut made = Made::golden(folder, label);
    let list = records(made.writer.policy(), &draw_key(label), &people(folder));
    made.commit(1, &list, FromEarlier::default());
    assert_eq!(made.read("plan.json"), read(folder, "plan.json"));
    let rows = list[1..].iter().map(|own| Ok::<_, Infallible>(*own));
    let refused = made.writer.entries(1, rows).unwrap_err();
    assert!(matches!(refused, WriteError::Io { .. }), "{refused}");
    assert_eq!(made.read("entries.bin"), read(folder, "entries.bin"));
    made.write("seed.json", b"{}");
    let signature = SeedFile::read(&read(folder, "seed.json")).unwrap().signature;
    assert!(matches!(made.writer.seed(&signature), Err(WriteError::Io { .. })));
    let again = FolderWriter::open(&made.path).unwrap();
    assert_eq!(again.policy(), made.writer.policy());
    let mut other = signature;
    other[47] ^= 1;
    assert!(matches!(made.writer.seed(&other), Err(WriteError::Beacon(_))));
    let batch = RevokedFile::new(*made.writer.policy().ctx.as_bytes(), Vec::new());
    assert!(matches!(made.writer.revoked(2, &batch), Err(WriteError::BatchGap { number: 2 })));
}

/// Goal: what is not in order is not published; method: swap, double and hide records.
#[test]
fn lists_are_checked() {
    let (folder, label) = FOLDERS[3];
    let made = Made::begin(folder, |_| ());
    let list = records(made.writer.policy(), &draw_key(label), &people(folder));
    let write = |change: &dyn Fn(&mut Vec<OpenedRecord>)| {
        let mut changed = list.clone();
        change(&mut changed);
        let rows = changed.into_iter().map(Ok::<_, Infallible>);
        made.writer.entries(1, rows).unwrap_err()
    };
    assert!(matches!(write(&|list| list.swap(3, 4)), WriteError::Roll(_)));
    assert!(matches!(write(&|list| list.insert(3, list[3])), WriteError::Roll(_)));
    let hidden = list.iter().position(|own| own.true_mask.is_some()).unwrap();
    assert!(matches!(write(&|list| list[hidden].true_mask = None), WriteError::TrueMask { .. }));
    assert!(matches!(write(&|list| list[hidden].true_mask = Some(0x40)), WriteError::Tally(_)));
    assert!(!made.path.join("entries.bin").exists() && !made.path.join("tree").exists());
}
