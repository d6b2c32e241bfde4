//! Bytes that come in tiles, bundles, records, checkpoints and what auditors get: none panics, and one
//! changed byte is never taken for the original.

use std::fs;

use proptest::collection::vec;
use proptest::prelude::*;
use publication::audit::{AuditedList, RegistryCounts, check_openings};
use publication::log::{
    Checkpoint, LogCopy, LogProof, LogStore, Submission, Trust, WitnessedCheckpoint,
};
use publication::receipt::SignedReceipt;
use selection::digest::WaveContext;
use selection::record::{RECORD_SIZE_BYTES, Record};
use selection::registry::RegistryCount;
use tempfile::TempDir;

use crate::maker::draw_key;
use crate::support::{FOLDERS, golden, read, secret, trust};

const TILE: &str = "tile/0/000.p/14";
const BUNDLE: &str = "tile/entries/000.p/14";

/// A log of its own with 14 entries, as a log and as a copy of one that a witness has signed.
struct Log {
    folder: TempDir,
    trust: Trust,
}

impl Log {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let from = golden(FOLDERS[3].0).join("log");
        let trust = trust(FOLDERS[3].0);
        LogStore::open(&from, trust.log()).unwrap().copy_to(folder.path()).unwrap();
        Self { folder, trust }
    }

    /// Whether log and copy are taken with these bytes in a file.
    fn takes(&self, name: &str, bytes: &[u8]) -> bool {
        let path = self.folder.path().join(name);
        let original = fs::read(&path).unwrap();
        fs::write(&path, bytes).unwrap();
        let copy = LogCopy::read(self.folder.path(), &self.trust).is_ok();
        // The log itself may read its entries later.
        let _ = LogStore::open(self.folder.path(), self.trust.log())
            .and_then(|mut log| log.append(&[b"next".to_vec()], &secret("stranger")));
        fs::write(&path, original).unwrap();
        copy
    }
}

/// Files whose every byte is signed or hashed.
fn sealed() -> Vec<(&'static str, Vec<u8>)> {
    let registry = RegistryCounts::sign(
        &WaveContext::new("golden-house", 7, &[3; 32]).unwrap(),
        (1..30).map(|region| RegistryCount { region, records: 40, n: 39 }).collect(),
        &secret("registry"),
    );
    let submission =
        Submission { old: 3, proof: Vec::new(), checkpoint: read(FOLDERS[3].0, "log/checkpoint") };
    vec![
        ("tile", read(FOLDERS[3].0, &format!("log/{TILE}"))),
        ("bundle", read(FOLDERS[3].0, &format!("log/{BUNDLE}"))),
        ("checkpoint", read(FOLDERS[3].0, "log/checkpoint")),
        ("proof", read(FOLDERS[3].0, "proofs/plan.json.tlog-proof")),
        ("receipt", read(FOLDERS[3].0, "receipts/9998000000000000.json")),
        ("registry", registry.unwrap().write()),
        ("submission", submission.write()),
    ]
}

/// Whether the bytes are taken as the file of this kind that they were made from.
fn is_taken(kind: &str, bytes: &[u8], log: &Log) -> bool {
    let trust = &log.trust;
    match kind {
        "tile" => log.takes(TILE, bytes),
        "bundle" => log.takes(BUNDLE, bytes),
        "checkpoint" => {
            let whole = WitnessedCheckpoint::read(bytes, trust).is_ok();
            // Without the witnesses' lines it is the log's own.
            assert!(!whole || Checkpoint::read_signed(bytes, trust.log()).is_ok());
            whole
        }
        "proof" => {
            let wave = crate::support::policy(FOLDERS[3].0);
            let (programme, number) = wave.wave();
            let digest = crate::support::sha(read(FOLDERS[3].0, "plan.json"));
            let entry =
                selection::announce::file_entry(programme, number, "plan.json", &digest).unwrap();
            LogProof::read(bytes).is_ok_and(|proof| proof.verify(&entry, trust).is_ok())
        }
        "receipt" => {
            let wave = crate::support::policy(FOLDERS[3].0);
            SignedReceipt::read(bytes).is_ok_and(|own| own.is_genuine(&wave.ctx, &wave.receipt_key))
        }
        "registry" => {
            let ctx = WaveContext::new("golden-house", 7, &[3; 32]).unwrap();
            let key = secret("registry").public();
            RegistryCounts::read(bytes).is_ok_and(|own| own.is_genuine(&ctx, &key))
        }
        "submission" => Submission::read(bytes).is_ok_and(|own| {
            own.old == 3 && WitnessedCheckpoint::read(&own.checkpoint, trust).is_ok()
        }),
        other => panic!("{other}"),
    }
}

/// Goal: what is changed below is taken as it is; method: read each sealed file.
#[test]
fn sealed_files_are_taken() {
    let log = Log::new();
    for (kind, bytes) in sealed() {
        assert!(is_taken(kind, &bytes, &log), "{kind}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    /// Goal: noise is no tile, bundle, checkpoint, proof, receipt or count, and nothing panics; method:
    /// random bytes for each.
    #[test]
    fn noise_is_not_taken(bytes in vec(any::<u8>(), 0..1_000)) {
        let log = Log::new();
        for (kind, _) in sealed() {
            prop_assert!(!is_taken(kind, &bytes, &log), "{}", kind);
        }
    }

    /// Goal: a file with one other byte, one more or one less is not the original; method: replace,
    /// insert or remove a byte anywhere in each kind of file.
    #[test]
    fn one_byte_is_noticed(at in any::<prop::sample::Index>(), byte in any::<u8>(), how in 0..3u8) {
        let log = Log::new();
        for (kind, original) in sealed() {
            let mut bytes = original.clone();
            let at = at.index(bytes.len());
            match how {
                0 => bytes[at] = byte,
                1 => bytes.insert(at, byte),
                _ => drop(bytes.remove(at)),
            }
            prop_assert_eq!(is_taken(kind, &bytes, &log), bytes == original, "{}", kind);
        }
    }

    /// Goal: any 64 bytes are one record, or none; method: random ones, and those of a list with one
    /// byte replaced, written back.
    #[test]
    fn records_are_read_as_they_stand(
        noise in vec(any::<u8>(), RECORD_SIZE_BYTES),
        at in 0..RECORD_SIZE_BYTES,
        byte in any::<u8>(),
        index in 0..290usize,
    ) {
        let entries = read(FOLDERS[3].0, "entries.bin");
        let original = entries.as_chunks::<RECORD_SIZE_BYTES>().0[index];
        let mut mutated = original;
        mutated[at] = byte;
        let noise: [u8; RECORD_SIZE_BYTES] = noise.try_into().unwrap();
        for bytes in [noise, mutated, original] {
            if let Ok(record) = Record::from_bytes(&bytes) {
                prop_assert_eq!(record.to_bytes(), bytes);
            } else {
                prop_assert_ne!(bytes, original);
            }
        }
    }

    /// Goal: whatever lines auditors get end in faults and not in a panic, and repeat nothing of them;
    /// method: random text between true heads.
    #[test]
    fn openings_are_answered(lines in vec("[ -~]{0,80}", 0..20)) {
        let list = AuditedList::open(&golden(FOLDERS[3].0)).unwrap();
        let head = publication::audit::openings_head(list.ctx());
        let text = lines.join("\n") + if lines.is_empty() { "" } else { "\n" };
        let report = check_openings(&list, &draw_key("3"), 5, &[&head[..], text.as_bytes()].concat()[..]);
        let report = report.unwrap();
        prop_assert_eq!(report.opened, 0);
        let broken = publication::audit::OpeningFaultKind::Line;
        let found = report.faults.iter().filter(|own| own.kind == broken).count();
        prop_assert_eq!(found, lines.len());
    }
}
