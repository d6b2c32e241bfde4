//! Asking with a receipt and its proof whether the registration log has it, and whether the list does.

use std::path::{Path, PathBuf};
use std::process::Command;

use publication::format::PolicyFile;
use publication::key::SecretKey;
use publication::log::{LogStore, Trust, Witness};
use publication::receipt::SignedReceipt;
use publication::registration::RegistrationLog;
use publication::write::FolderWriter;
use selection::receipt::ReceiptKind;
use selection::record::EntryTag;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;

/// The secret half of a golden key.
fn secret(name: &str) -> SecretKey {
    SecretKey::from_bytes(&Sha256::digest(format!("public test key: {name}")).into())
}

fn golden() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../publication/tests/golden/01-tiny-worked-example")
}

/// A golden wave whose registration log has a receipt of somebody in its list, and one of a stranger.
struct Wave {
    folder: TempDir,
    policy: PolicyFile,
    receipts: [PathBuf; 2],
    proofs: [PathBuf; 2],
}

impl Wave {
    /// The whole wave, or its rules alone as before there is a list.
    fn new(is_whole: bool) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let (wave, log) = (folder.path().join("wave"), folder.path().join("log"));
        let policy = std::fs::read(golden().join("policy.json")).expect("a policy");
        let policy = PolicyFile::read(&policy).expect("a policy");
        let trust = Trust::of_policy(&policy).expect("keys");
        let witnesses = Self::witnesses(folder.path(), &policy);
        if is_whole {
            copy(&golden(), &wave);
            copy(&golden().join("log"), &log);
        } else {
            let writer = FolderWriter::create(&wave, &policy.parts()).expect("a folder");
            let mut store = LogStore::open(&log, trust.log()).expect("a log");
            writer.announce(&mut store, &["policy.json"], &secret("log")).expect("announced");
            cosign(&witnesses, &mut store, &log, &trust, policy.policy().get().times.t0);
            writer.prove(&store, &["policy.json"]).expect("proven");
        }
        let own = std::fs::read(golden().join("receipts/9999000000000003.json")).expect("a file");
        let mut known = SignedReceipt::read(&own).expect("a receipt").receipt;
        known.kind = ReceiptKind::Registered;
        let mut stranger = known.clone();
        stranger.entry_tag = EntryTag([1; 16]);
        let receipts = [known, stranger]
            .map(|receipt| SignedReceipt::sign(&policy.ctx, receipt, &secret("receipts")));
        let mut registrations = RegistrationLog::open(&wave, &policy).expect("a log");
        let digests: Vec<[u8; 32]> = receipts.iter().map(SignedReceipt::digest).collect();
        registrations.append(&digests, &secret("log")).expect("logged");
        let mut store = LogStore::open(&log, trust.log()).expect("a log");
        registrations.announce(&mut store, &secret("log")).expect("announced");
        let seen_at_s = policy.policy().get().times.t4 + 3_600;
        cosign(&witnesses, &mut store, &log, &trust, seen_at_s);
        registrations.prove(&store).expect("proven");
        let write = |name: &str, bytes: Vec<u8>| {
            let path = folder.path().join(name);
            std::fs::write(&path, bytes).expect("a file");
            path
        };
        let names = ["known", "stranger"];
        let receipts = [0, 1].map(|at| write(&format!("{}.json", names[at]), receipts[at].write()));
        let proofs = [0, 1].map(|at| {
            let proof = registrations.prove_receipt(at as u64).expect("a proof");
            write(&format!("{}.tlog-proof", names[at]), proof.write())
        });
        Self { folder, policy, receipts, proofs }
    }

    fn witnesses(folder: &Path, policy: &PolicyFile) -> Vec<Witness> {
        let parties = &policy.policy().get().witnesses;
        let begin = |name: &String| {
            let memory = folder.join(name);
            let witness = Witness::new(name, secret(name), &policy.log, &memory);
            witness.begin(0).expect("a new witness");
            witness
        };
        parties.iter().map(|party| begin(&party.name)).collect()
    }

    /// Runs `verify me`; gives exit code, output and errors.
    fn ask(&self, receipt: &Path, proof: &Path, more: &[&str]) -> (Option<i32>, String, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_gelombang"));
        command.args(["verify", "me"]).arg(receipt).arg(self.folder.path().join("wave"));
        command.arg("--registration").arg(proof).args(more).env_clear();
        let output = command.output().expect("the binary runs");
        let words = |bytes| String::from_utf8(bytes).expect("text");
        (output.status.code(), words(output.stdout), words(output.stderr))
    }
}

fn cosign(witnesses: &[Witness], store: &mut LogStore, log: &Path, trust: &Trust, now_s: u64) {
    let lines: Vec<_> =
        witnesses.iter().map(|own| own.cosign_folder(log, now_s).expect("signed")).collect();
    store.add_cosignatures(&lines, trust).expect("good signatures");
}

fn copy(from: &Path, to: &Path) {
    let done = Command::new("cp").arg("-rL").arg(from).arg(to).status().expect("cp runs");
    assert!(done.success());
}

/// Goal: who is logged and in the list is told both, and who is logged and left out is told how to show it. Method: a
/// golden wave with both in its log; the list is older than the log here, which is told too.
#[test]
fn logged_and_listed_or_left_out() {
    let wave = Wave::new(true);
    let (code, out, error) = wave.ask(&wave.receipts[0], &wave.proofs[0], &[]);
    assert_eq!(code, Some(0), "{out}{error}");
    assert!(out.contains("number 1 of 2 in the registration log"), "{out}");
    assert!(out.contains("at 23:15 WIB") && out.contains("pukul 23.15 WIB"), "{out}");
    assert!(
        out.contains("had been announced before that") && out.ends_with("\nwaitlist\n"),
        "{out}"
    );

    let (code, out, _) = wave.ask(&wave.receipts[1], &wave.proofs[1], &[]);
    assert_eq!(code, Some(1), "{out}");
    assert!(out.contains("the list leaves you out") && out.contains("tidak dimuat"), "{out}");
    assert!(out.ends_with("\nmissing\n"), "{out}");
    let (_, out, _) = wave.ask(&wave.receipts[1], &wave.proofs[1], &["--json"]);
    let told: Value = serde_json::from_str(&out).expect("JSON");
    let logged = &told["registration"];
    let seen_at_s = wave.policy.policy().get().times.t4 + 3_600;
    assert_eq!((&logged["index"], &logged["size"]), (&1.into(), &2.into()), "{out}");
    assert_eq!((&logged["seen_at"], &logged["list"]), (&seen_at_s.into(), &"before".into()));
    assert_eq!(told["ending"], "missing");
}

/// Goal: before there is a list, a logged receipt is no fault. Method: a folder with the rules alone.
#[test]
fn before_the_list() {
    let wave = Wave::new(false);
    let (code, out, error) = wave.ask(&wave.receipts[1], &wave.proofs[1], &[]);
    assert_eq!(code, Some(0), "{out}{error}");
    assert!(out.contains("has not been announced yet") && out.ends_with("\nlogged\n"), "{out}");
    let (code, out, _) = wave.ask(&wave.receipts[1], &wave.proofs[1], &["--json"]);
    let told: Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!((code, &told["ending"]), (Some(0), &"logged".into()));
    assert_eq!(told["registration"]["list"], "not_yet");
}

/// Goal: whatever does not belong together is told, and no proof counts that the public was not shown. Method: other
/// receipts and proofs, no file, half a file, and a folder whose log does not know the state.
#[test]
fn what_does_not_fit() {
    let wave = Wave::new(true);
    let check = |receipt: &Path, proof: &Path, said: &str| {
        let (code, out, _) = wave.ask(receipt, proof, &[]);
        assert!(code == Some(1) && out.contains(said), "{code:?} {out}");
        assert!(out.contains("Galat: ") && out.ends_with("\nerror\n"), "{out}");
    };
    check(&wave.receipts[0], &wave.proofs[1], "does not show this receipt");
    check(&wave.receipts[0], &wave.receipts[0], "not a format line");
    let entered = golden().join("receipts/9999000000000003.json");
    check(&entered, &wave.proofs[0], "is of the entry in the list");
    check(&wave.proofs[0], &wave.proofs[0], "not a valid receipt");
    let nothing = Path::new("/nonexistent.tlog-proof");
    let (code, out, error) = wave.ask(&wave.receipts[0], nothing, &[]);
    assert!(code == Some(2) && error.contains("could not read the proof"), "{out}{error}");

    let seen = wave.folder.path().join("wave/registration/checkpoints/2.tlog-proof");
    let kept = std::fs::read(&seen).expect("a proof");
    std::fs::write(&seen, &kept[..kept.len() / 2]).expect("a file");
    check(&wave.receipts[0], &wave.proofs[0], "2.tlog-proof");
    std::fs::remove_file(&seen).expect("gone");
    let (code, out, _) = wave.ask(&wave.receipts[0], &wave.proofs[0], &[]);
    assert!(code == Some(0) && out.contains("at 23:15 WIB"), "the log says it too: {out}");
    let log = wave.folder.path().join("wave/log");
    std::fs::remove_dir_all(&log).expect("gone");
    copy(&golden().join("log"), &log);
    check(&wave.receipts[0], &wave.proofs[0], "is not announced in this folder");
}
