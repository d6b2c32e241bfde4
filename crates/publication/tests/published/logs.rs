//! Logs, proofs and witnesses.

use std::fs;

use publication::format::LogName;
use publication::log::{
    Checkpoint, CheckpointError, CosignError, LogCopy, LogProof, LogProofError, LogStore,
    Submission, Trust, TrustError, Witness, WitnessedCheckpoint,
};
use selection::announce::file_entry;
use selection::policy::Party;
use selection::tree::TileId;

use crate::support::{FOLDERS, files_under, golden, policy, read, secret, sha, trust};

fn names_with_proofs(folder: &str) -> Vec<String> {
    let proofs = files_under(&golden(folder).join("proofs"));
    proofs.iter().map(|name| name.strip_suffix(".tlog-proof").unwrap().to_owned()).collect()
}

fn entry(folder: &str, name: &str) -> Vec<u8> {
    let file = policy(folder);
    let (programme, wave) = file.wave();
    file_entry(programme, wave, name, &sha(read(folder, name))).unwrap()
}

/// Goal: all golden proofs, cosignatures and log copies hold; method: read each, write it back, and
/// hold the checkpoint against the copy.
#[test]
fn golden_proofs_hold() {
    for (folder, _) in FOLDERS {
        let trust = trust(folder);
        let copy = LogCopy::read(&golden(folder).join("log"), &trust).unwrap();
        for name in names_with_proofs(folder) {
            let bytes = read(folder, &format!("proofs/{name}.tlog-proof"));
            let proof = LogProof::read(&bytes).unwrap();
            assert_eq!(proof.write(), bytes);
            let witnessed = proof.verify(&entry(folder, &name), &trust).unwrap();
            assert_eq!(witnessed.times.len(), 4);
            assert!(copy.continues(&witnessed.checkpoint));
            assert_eq!(witnessed.quorum_time(3), Some(witnessed.times[2]));
            assert_eq!([0, 5].map(|quorum| witnessed.quorum_time(quorum)), [None, None]);
            let file = policy(folder);
            let (programme, wave) = file.wave();
            let announced = copy.announced(programme, wave);
            assert_eq!(announced[name.as_str()], [(proof.index, sha(read(folder, &name)))]);
        }
    }
}

/// Goal: no bit of a proof can change, also where the quorum would still hold; method: flip every bit
/// of one proof, whose five signatures each must hold.
#[test]
fn no_bit_of_a_proof_can_change() {
    let folder = FOLDERS[0].0;
    let (trust, entry) = (trust(folder), entry(folder, "plan.json"));
    let bytes = read(folder, "proofs/plan.json.tlog-proof");
    for bit in 0..bytes.len() * 8 {
        let mut flipped = bytes.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        let held = LogProof::read(&flipped).and_then(|proof| proof.verify(&entry, &trust));
        assert!(held.is_err(), "bit {bit} of {:?}", bytes[bit / 8] as char);
    }
}

fn signed(lines: &[&str], folder: &str) -> Result<WitnessedCheckpoint, CheckpointError> {
    let note = String::from_utf8(read(folder, "log/checkpoint")).unwrap();
    let (body, _) = note.split_once("\n\n").unwrap();
    let text = format!("{body}\n\n{}\n", lines.join("\n"));
    WitnessedCheckpoint::read(text.as_bytes(), &trust(folder))
}

/// Goal: who signs counts once and must be known; method: cut, double, swap and borrow lines.
#[test]
fn signers_are_known_and_count_once() {
    let folder = FOLDERS[0].0;
    let note = String::from_utf8(read(folder, "log/checkpoint")).unwrap();
    let lines: Vec<&str> = note.trim_end().split('\n').skip(4).collect();
    assert_eq!(signed(&lines, folder).unwrap().times.len(), 4);
    assert_eq!(signed(&lines[..1], folder).unwrap().times.len(), 0);
    assert_eq!(signed(&lines[1..], folder), Err(CheckpointError::Unsigned));
    let name = "witness1.example".to_owned();
    let twice = [lines.as_slice(), &lines[1..2]].concat();
    assert_eq!(signed(&twice, folder), Err(CheckpointError::Twice { name: name.clone() }));
    let unknown = lines[1].replace("witness1.example", "witness9.example");
    let with = [&lines[..1], &[unknown.as_str()]].concat();
    let refused = |name: &str| Err(CheckpointError::Signature { name: name.to_owned() });
    assert_eq!(signed(&with, folder), refused("witness9.example"));
    // Stale: signed by a true witness, for another checkpoint of the same log.
    let other = String::from_utf8(read(folder, "proofs/policy.json.tlog-proof")).unwrap();
    let stale = other.lines().find(|line| line.contains("witness1.example")).unwrap();
    let with = [&lines[..1], &[stale], &lines[2..]].concat();
    assert_eq!(signed(&with, folder), refused(&name));
    let foreign = signed(&lines, FOLDERS[1].0);
    assert_eq!(foreign, refused("log.example/draw"));
}

/// Goal: keys that cannot count are refused; method: a table.
#[test]
fn trust_is_checked() {
    let log = || LogName { key: [1; 32], origin: "log".to_owned() };
    let party = |name: &str, key| Party { key: [key; 32], name: name.to_owned() };
    let twice = |name: &str| Err(TrustError::Twice { name: name.to_owned() });
    let check = |parties: &[Party], quorum| Trust::new(log(), parties.to_vec(), quorum).map(|_| ());
    assert_eq!(check(&[party("a", 2), party("b", 3)], 2), Ok(()));
    assert_eq!(check(&[party("a", 2), party("a", 3)], 1), twice("a"));
    assert_eq!(check(&[party("a", 2), party("b", 2)], 1), twice("b"));
    assert_eq!(check(&[party("log", 2)], 1), twice("log"));
    let quorum = |quorum| Err(TrustError::Quorum { quorum, witnesses: 1 });
    assert_eq!(check(&[party("a", 2)], 0), quorum(0));
    assert_eq!(check(&[party("a", 2)], 2), quorum(2));
    assert!(matches!(check(&[party("a b", 2)], 1), Err(TrustError::Name { .. })));
    let trust = trust(FOLDERS[0].0);
    let pinned = Trust::read("keys.json", &trust.write()).unwrap();
    assert_eq!((pinned.witnesses(), pinned.quorum()), (trust.witnesses(), 3));
    assert!(pinned.is_pinned() && !trust.is_pinned());
}

fn own_log() -> LogName {
    LogName { key: secret("log").public(), origin: "log.example/own".to_owned() }
}

/// Goal: a log that grows in any steps is the same log; method: 600 entries at once and in odd steps,
/// all files compared, copied in between, and every proof verified.
#[test]
fn logs_grow_in_any_steps() {
    let scratch = tempfile::tempdir().unwrap();
    let (at_once, in_steps, copied) =
        (scratch.path().join("a"), scratch.path().join("b"), scratch.path().join("c"));
    let entries: Vec<Vec<u8>> = (0..600u32).map(|n| vec![b'x'; n as usize % 40]).collect();
    let log = own_log();
    let key = secret("log");
    LogStore::open(&at_once, &log).unwrap().append(&entries, &key).unwrap();
    let mut done = 0;
    for step in [1, 1, 254, 1, 100, 155, 44, 44] {
        let mut store = LogStore::open(&in_steps, &log).unwrap();
        store.append(&entries[done..done + step], &key).unwrap();
        done += step;
        store.copy_to(&copied).unwrap();
    }
    assert_eq!(done, 600);
    assert_eq!(files_under(&at_once).len(), 3 + 3 + 1 + 1);
    for other in [&in_steps, &copied] {
        assert_eq!(files_under(&at_once), files_under(other));
        for name in files_under(&at_once) {
            assert_eq!(
                fs::read(at_once.join(&name)).unwrap(),
                fs::read(other.join(&name)).unwrap()
            );
        }
    }
    let store = LogStore::open(&copied, &log).unwrap();
    let trust = Trust::new(log, vec![Party { key: [9; 32], name: "w".into() }], 1).unwrap();
    for index in [0, 255, 256, 511, 512, 599] {
        let entry = store.entry(index).unwrap().unwrap();
        assert_eq!(entry, entries[index as usize]);
        store.prove(index).unwrap().verify(&entry, &trust).unwrap();
        let other = store.prove(index).unwrap().verify(b"other", &trust);
        assert!(matches!(other, Err(LogProofError::Path(_))));
    }
    assert!(store.prove(600).is_err() && store.entry(600).unwrap().is_none());
}

/// Goal: a witness signs only what continues the last log it saw; method: a log that grows, one that
/// forks, an older one, a clock that goes back, and a lost or foreign memory.
#[test]
fn witnesses_see_one_history() {
    let scratch = tempfile::tempdir().unwrap();
    let (honest, forked) = (scratch.path().join("honest"), scratch.path().join("forked"));
    let memory = scratch.path().join("seen");
    let (log, key) = (own_log(), secret("log"));
    let witness = || Witness::new("w", secret("w"), &log, &memory);
    let entries = |text: &str, count: u32| -> Vec<Vec<u8>> {
        (0..count).map(|n| format!("{text} {n}").into_bytes()).collect()
    };
    let mut store = LogStore::open(&honest, &log).unwrap();
    store.append(&entries("first", 300), &key).unwrap();
    store.copy_to(&forked).unwrap();
    let mut fork = LogStore::open(&forked, &log).unwrap();

    let lost = witness().cosign_folder(&honest, 10).unwrap_err();
    assert!(matches!(lost, CosignError::Memory { .. }), "{lost}");
    witness().begin(1).unwrap();
    assert!(matches!(witness().begin(1), Err(CosignError::Begun { .. })));
    let line = witness().cosign_folder(&honest, 10).unwrap();
    let trust = Trust::new(log.clone(), vec![witness().party()], 1).unwrap();
    assert_eq!(store.add_cosignatures(&[line], &trust).unwrap().times, [10]);
    // The same checkpoint again, later: the line is replaced.
    let line = witness().cosign_folder(&honest, 11).unwrap();
    assert_eq!(store.add_cosignatures(&[line], &trust).unwrap().times, [11]);
    let back = witness().cosign_folder(&honest, 9).unwrap_err();
    assert!(matches!(back, CosignError::Clock { now_s: 9, last_s: 11 }), "{back}");

    store.append(&entries("second", 300), &key).unwrap();
    fork.append(&entries("third", 300), &key).unwrap();
    witness().cosign_folder(&honest, 12).unwrap();
    let refused = witness().cosign_folder(&forked, 13).unwrap_err();
    assert!(matches!(refused, CosignError::Forked { size: 600 }), "{refused}");
    fork.append(&entries("third", 1), &key).unwrap();
    let refused = witness().cosign_folder(&forked, 13).unwrap_err();
    assert!(matches!(refused, CosignError::Inconsistent { seen: 600, .. }), "{refused}");
    let older = scratch.path().join("older");
    let mut short = LogStore::open(&older, &log).unwrap();
    short.append(&entries("first", 300), &key).unwrap();
    let refused = witness().cosign_folder(&older, 13).unwrap_err();
    assert!(matches!(refused, CosignError::Inconsistent { seen: 600, .. }), "{refused}");

    let foreign = Witness::new("w", secret("v"), &log, &memory);
    let refused = foreign.cosign_folder(&honest, 14).unwrap_err();
    assert!(matches!(refused, CosignError::ForeignMemory { .. }), "{refused}");
    fs::write(&memory, "nothing").unwrap();
    assert!(matches!(witness().cosign_folder(&honest, 14), Err(CosignError::ForeignMemory { .. })));
}

/// Goal: what somebody sends is signed only from the size signed last, with its proof; method: a log
/// that grows, the memory read after each answer.
#[test]
fn submissions_start_where_the_witness_is() {
    let scratch = tempfile::tempdir().unwrap();
    let (log, key) = (own_log(), secret("log"));
    let witness = Witness::new("w", secret("w"), &log, &scratch.path().join("seen"));
    witness.begin(1).unwrap();
    let mut store = LogStore::open(&scratch.path().join("log"), &log).unwrap();
    let sent = |store: &LogStore, old, from| Submission {
        old,
        proof: store.prove_from(from).unwrap(),
        checkpoint: store.checkpoint().unwrap(),
    };
    store.append(&[b"a".to_vec(), b"b".to_vec(), b"c".to_vec()], &key).unwrap();
    let line = witness.answer(&sent(&store, 0, 0), 10).unwrap();
    let checkpoint = Checkpoint { origin: log.origin.clone(), head: store.head() };
    assert_eq!(checkpoint.cosigned_at(&line, &witness.party()), Some(10));
    let other = Party { name: "v".to_owned(), ..witness.party() };
    assert_eq!(checkpoint.cosigned_at(&line, &other), None);
    store.append(&vec![b"d".to_vec(); 300], &key).unwrap();
    let refused = |submission: &Submission, said: &str| {
        let error = witness.answer(submission, 11).unwrap_err().to_string();
        assert!(error.contains(said), "{error}");
        assert_eq!(witness.signed_size().unwrap(), 3);
    };
    refused(&sent(&store, 0, 0), "signed a log of 3 entries last");
    refused(&sent(&store, 304, 303), "cannot follow one of 304");
    refused(&sent(&store, 3, 2), "does not continue the one of 3");
    refused(&sent(&store, 3, 303), "does not continue the one of 3");
    let whole = sent(&store, 3, 3);
    let read = Submission::read(&whole.write()).unwrap();
    assert_eq!(read, whole);
    witness.answer(&read, 11).unwrap();
    assert_eq!(witness.signed_size().unwrap(), 303);
    assert!(store.prove_from(304).is_err());
}

/// Goal: a log whose tiles were touched is not continued; method: change one hash of the right edge.
#[test]
fn damaged_logs_are_not_continued() {
    let scratch = tempfile::tempdir().unwrap();
    let mut store = LogStore::open(scratch.path(), &own_log()).unwrap();
    store.append(&[b"a".to_vec(), b"b".to_vec()], &secret("log")).unwrap();
    assert!(store.append(&[vec![0; 65_536]], &secret("log")).is_err());
    let other = LogStore::open(scratch.path(), &own_log()).unwrap().append(&[], &secret("other"));
    assert!(other.unwrap_err().to_string().contains("not that of log"));
    let tile = scratch.path().join(TileId { level: 0, index: 0, width: 2 }.to_string());
    let mut bytes = fs::read(&tile).unwrap();
    bytes[40] ^= 1;
    fs::write(&tile, bytes).unwrap();
    assert!(LogStore::open(scratch.path(), &own_log()).unwrap_err().to_string().contains("root"));
}
