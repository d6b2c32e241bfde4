//! Verifying published folders as anybody would: no data folder, exit codes, keys in a file.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

const ONE: &str = "01-tiny-worked-example";
const TWO: &str = "02-pools-guarantees";

fn golden(folder: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../publication/tests/golden").join(folder)
}

fn text(path: &Path) -> &str {
    path.to_str().expect("text")
}

/// Runs `verify` where there is nothing else; gives exit code, output and errors.
fn verify(arguments: &[&str]) -> (Option<i32>, String, String) {
    let nowhere = tempfile::tempdir().expect("a folder");
    let mut command = Command::new(env!("CARGO_BIN_EXE_gelombang"));
    command.arg("verify").args(arguments).current_dir(nowhere.path()).env_clear();
    let Output { status, stdout, stderr } = command.output().expect("the binary runs");
    let words = |bytes| String::from_utf8(bytes).expect("text");
    (status.code(), words(stdout), words(stderr))
}

fn file(folder: &TempDir, name: &str, content: &str) -> String {
    let path = folder.path().join(name);
    std::fs::write(&path, content).expect("a file");
    text(&path).to_owned()
}

/// Keys of a golden policy as somebody would write them down, with `receipt_key`.
fn keys(folder: &str) -> serde_json::Value {
    let policy = std::fs::read(golden(folder).join("policy.json")).expect("a policy");
    let policy: serde_json::Value = serde_json::from_slice(&policy).expect("JSON");
    let kept = ["log", "witnesses", "quorum", "receipt_key"];
    serde_json::Value::Object(
        kept.map(|name| (name.to_owned(), policy[name].clone())).into_iter().collect(),
    )
}

/// Goal: a folder that holds says so for each step, in words and for machines; method: run on the
/// golden folders, with the wave before and pinned keys.
#[test]
fn folders_that_hold() {
    let (code, out, _) = verify(&[text(&golden(ONE))]);
    assert_eq!(code, Some(0), "{out}");
    for step in ["1 log", "2 entries", "3 quota", "4 seed", "5 draw", "6 conservation"] {
        assert!(out.lines().any(|line| line.starts_with(step) && line.contains(" PASS ")), "{out}");
    }
    assert!(out.ends_with("14 records: PASS\n") && out.contains("none pinned"), "{out}");

    let folder = tempfile::tempdir().expect("a folder");
    let pretty = serde_json::to_string_pretty(&keys(TWO)).expect("JSON");
    let keys = file(&folder, "keys.json", &pretty);
    let (two, before) = (golden(TWO), golden(TWO).join("previous"));
    let (code, out, _) =
        verify(&[text(&two), "--previous", text(&before), "--keys", &keys, "--json"]);
    let report: serde_json::Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!((code, &report["ok"], &report["records"]), (Some(0), &true.into(), &130.into()));
    let detail = report["steps"][0]["detail"].as_str().expect("text");
    assert!(detail.contains("pinned keys"), "{detail}");
}

/// Goal: a folder that does not hold is told by exit code, step and file; method: one changed bit, and
/// foreign keys.
#[test]
fn folders_that_do_not_hold() {
    let folder = tempfile::tempdir().expect("a folder");
    let copy = folder.path().join("copy");
    copy_folder(&golden(ONE), &copy);
    let path = copy.join("waitlist.bin");
    let mut bytes = std::fs::read(&path).expect("a file");
    bytes[15] ^= 1;
    std::fs::write(&path, bytes).expect("a file");
    let (code, out, error) = verify(&[text(&copy)]);
    assert_eq!((code, error.as_str()), (Some(1), ""), "{out}");
    for (step, said) in [("1 log", "waitlist.bin"), ("5 draw", "waitlist.bin")] {
        let failed = |line: &str| line.contains(" FAIL ") && line.contains(said);
        assert!(out.lines().any(|line| line.starts_with(step) && failed(line)), "{out}");
    }
    assert!(out.ends_with("14 records: FAIL\n"), "{out}");

    let mut other = keys(ONE);
    other["quorum"] = 5.into();
    let (code, out, _) =
        verify(&[text(&golden(ONE)), "--keys", &file(&folder, "five.json", &other.to_string())]);
    assert_eq!(code, Some(1), "{out}");
    assert!(out.contains("4 witnesses") && out.contains("5 are needed"), "{out}");
}

/// Goal: what cannot be asked has its own exit code and a remedy; method: a table.
#[test]
fn wrong_usage() {
    let folder = tempfile::tempdir().expect("a folder");
    let one = golden(ONE);
    let check = |arguments: &[&str], said: &str| {
        let (code, out, error) = verify(arguments);
        assert!(code == Some(2) && error.contains(said), "{arguments:?} {code:?}\n{out}\n{error}");
    };
    check(&[], "FOLDER");
    check(&["/nonexistent"], "there is no folder /nonexistent");
    check(&[text(&one), "--previous", "/nonexistent"], "there is no folder /nonexistent");
    check(&["me", text(&one.join("plan.json")), "/nonexistent"], "there is no folder /nonexistent");
    check(&[text(&one), "--sample", "100"], "use 1 to 99");
    check(&[text(&one), "--keys", "/nonexistent.json"], "/nonexistent.json");
    check(&[text(&one), "--keys", &file(&folder, "a.json", "{}")], "missing field");
    let mut none = keys(ONE);
    none["quorum"] = 0.into();
    check(&[text(&one), "--keys", &file(&folder, "b.json", &none.to_string())], "quorum 0");
    let receipt = one.join("receipts/9999000000000003.json");
    check(&["me", text(&receipt)], "FOLDER");
    check(&["me", "/nonexistent.json", text(&one)], "/nonexistent.json");
    let nik = file(&folder, "nik", "99990000");
    check(&["me", text(&receipt), text(&one), "--nik-file", &nik], "16 digits");
}

/// Goal: the holder of a receipt is told in both languages; method: golden receipts, with the right and
/// a wrong NIK, and one of another wave.
#[test]
fn receipts() {
    let folder = tempfile::tempdir().expect("a folder");
    let one = golden(ONE);
    let receipt = one.join("receipts/9999000000000003.json");
    let nik = file(&folder, "nik", "9999000000000003\n");
    let (code, out, _) = verify(&["me", text(&receipt), text(&one), "--nik-file", &nik]);
    assert_eq!(code, Some(0), "{out}");
    assert!(out.contains("daftar tunggu Anda 4 dari 6") && out.contains("is 4 of 6"), "{out}");
    assert!(out.ends_with("\nwaitlist\n") && out.contains("--keys"), "{out}");

    let (code, out, _) = verify(&["me", text(&receipt), text(&one), "--json"]);
    let answer: serde_json::Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!(
        (code, &answer["ending"], &answer["record"]),
        (Some(0), &"waitlist".into(), &12.into())
    );

    let wrong = file(&folder, "wrong", "9999000000000004");
    let (code, out, _) = verify(&["me", text(&receipt), text(&one), "--nik-file", &wrong]);
    assert!(code == Some(1) && out.ends_with("\nerror\n"), "{out}");
    assert!(!out.contains("9999000000000004"), "{out}");
    let (code, out, _) = verify(&["me", text(&receipt), text(&golden(TWO))]);
    assert!(code == Some(1) && out.contains("not of this wave"), "{out}");
}

fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder");
    for entry in std::fs::read_dir(from).expect("a folder").flatten() {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).expect("a file");
        }
    }
}
