//! Whatever bytes come, parsers give an answer.

use proptest::collection::vec;
use proptest::prelude::*;
use publication::format::{
    CorrectionsFile, PlanFile, PolicyFile, QuotaFile, ResultFile, RevealsFile, RevokedFile,
    SeedFile,
};
use publication::log::{Announcement, LogProof, SignatureLine, Trust, WitnessedCheckpoint};
use publication::receipt::SignedReceipt;
use publication::verify::{Options, verify};

use crate::support::{FOLDERS, copy_golden, files_under, golden, read, trust};

/// Gives the bytes to every parser; true if one of them took them.
fn parse(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes);
    let trust = trust(FOLDERS[0].0);
    let proof = LogProof::read(bytes);
    let taken = [
        PolicyFile::read(bytes).is_ok(),
        QuotaFile::read(bytes).is_ok(),
        PlanFile::read(bytes).is_ok(),
        RevealsFile::read(bytes).is_ok(),
        SeedFile::read(bytes).is_ok(),
        ResultFile::read(bytes).is_ok(),
        CorrectionsFile::read(bytes).is_ok(),
        RevokedFile::read("revoked.json", bytes).is_ok(),
        SignedReceipt::read(bytes).is_ok(),
        Trust::read("keys.json", bytes).is_ok(),
        Announcement::read(bytes).is_some(),
        WitnessedCheckpoint::read(bytes, &trust).is_ok(),
        SignatureLine::read(&text).is_some(),
        proof.is_ok_and(|proof| proof.verify(b"entry", &trust).is_ok()),
    ];
    taken.contains(&true)
}

fn samples() -> Vec<Vec<u8>> {
    let mut samples = Vec::new();
    for (folder, _) in FOLDERS {
        for name in files_under(&golden(folder)) {
            let text = ["json", "tlog-proof", "checkpoint"].iter().any(|end| name.ends_with(end));
            if text && !name.starts_with("previous/") {
                samples.push(read(folder, &name));
            }
        }
    }
    samples
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, ..ProptestConfig::default() })]

    /// Goal: noise is refused; method: random bytes.
    #[test]
    fn noise_is_refused(bytes in vec(any::<u8>(), 0..400)) {
        prop_assert!(!parse(&bytes));
    }

    /// Goal: near misses end in an answer too; method: cut, repeat, and overwrite golden files.
    #[test]
    fn mangled_files_are_answered(
        sample in 0..1000usize,
        cut in any::<prop::sample::Index>(),
        place in any::<prop::sample::Index>(),
        patch in vec(any::<u8>(), 0..8),
        repeat in 0..3usize,
    ) {
        let samples = samples();
        let mut bytes = samples[sample % samples.len()].clone();
        let (from, until) = (place.index(bytes.len()), cut.index(bytes.len()));
        let piece = bytes[from.min(until)..until].to_vec();
        for _ in 0..repeat {
            bytes.splice(from..from, piece.iter().copied());
        }
        let from = from.min(bytes.len());
        let end = (from + patch.len()).min(bytes.len());
        bytes.splice(from..end, patch);
        parse(&bytes);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    /// Goal: a folder with any file replaced by rubbish fails without a panic; method: replace one.
    #[test]
    fn rubbish_in_a_folder_fails(
        which in any::<prop::sample::Index>(),
        keep in any::<prop::sample::Index>(),
        tail in vec(any::<u8>(), 0..200),
    ) {
        let folder = FOLDERS[0].0;
        let copy = copy_golden(folder);
        let names = files_under(copy.path());
        let name = &names[which.index(names.len())];
        let original = read(folder, name);
        let mut bytes = original[..keep.index(original.len())].to_vec();
        bytes.extend(tail);
        std::fs::write(copy.path().join(name), &bytes).unwrap();
        let report = verify(copy.path(), &Options::default());
        prop_assert_eq!(report.ok(), bytes == original, "{}", name);
    }
}

/// Goal: deep nesting and long lists end quickly; method: a file of brackets, and one of digits.
#[test]
fn depth_and_length_are_bounded() {
    assert!(!parse(&vec![b'['; 1 << 20]));
    assert!(!parse(&vec![b'1'; 1 << 20]));
    assert!(!parse("{\"a\":".repeat(100_000).as_bytes()));
}
