//! Backing up and restoring as the README says it, and backups that are killed.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::serve::{serve, stop};
use crate::support::{Folder, borrowed, gelombang, run, run_well, simulate};

const TOTALS: [u64; 4] = [3_000, 800, 371, 360];

fn path(folder: &Folder, name: &str) -> String {
    folder.path().join(name).to_str().expect("text").to_owned()
}

/// A `restore` from the folder's backup into `name`; the data folder of the tests is not meant.
fn restore(folder: &Folder, name: &str, more: &[&str]) -> Result<String, String> {
    let output = Command::new(env!("CARGO_BIN_EXE_gelombang"))
        .args(["restore", "--from", &path(folder, "backup"), "--data", &path(folder, name)])
        .args(more)
        .env_remove("RUST_BACKTRACE")
        .output()
        .expect("the binary runs");
    let text = |bytes| String::from_utf8(bytes).expect("text");
    if output.status.success() { Ok(text(output.stdout)) } else { Err(text(output.stderr)) }
}

fn figures(data: &str) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_gelombang"))
        .args(["stats", "--region", "15", "--by", "wave", "--json", "--data", data])
        .env_remove("DATABASE_URL")
        .output()
        .expect("the binary runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text")
}

/// The words of the README on a clean folder: back up while another process serves and again when it has
/// stopped, copy the keys, restore, and use what came back. Every figure and the audit must be the same.
#[test]
fn backs_up_and_restores() {
    let folder = Folder::new();
    run_well(&folder, &borrowed(&simulate("15", TOTALS, 5)));
    let backup = path(&folder, "backup");
    let (mut child, _) = serve(&folder, &[]);
    let said = run_well(&folder, &["backup", "--to", &backup]);
    assert!(said.contains("every checksum verified"), "{said}");
    assert!(said.contains("keys in") && said.contains("another place"), "{said}");
    stop(&mut child);
    let said = run_well(&folder, &["backup", "--to", &backup, "--keep", "1"]);
    assert!(said.contains("Removed 1 older base backups"), "{said}");
    let keys = Command::new("cp")
        .args(["-a", &path(&folder, "data/keys"), &path(&folder, "safe")])
        .status()
        .expect("cp runs");
    assert!(keys.success());

    let said = restore(&folder, "restored", &[]).expect("restored");
    assert!(said.contains("ok     figures_add_up"), "no audit: {said}");
    assert!(said.contains("put your copy into"), "{said}");
    let expected = figures(&path(&folder, "data"));
    assert_eq!(figures(&path(&folder, "restored")), expected);
    std::fs::rename(path(&folder, "safe"), path(&folder, "restored/keys")).expect("the keys");
    // The same replay goes on only with the keys that fit, and finds everything done.
    let mut again = Command::new(env!("CARGO_BIN_EXE_gelombang"));
    again.args(simulate("15", TOTALS, 5)).args(["--data", &path(&folder, "restored")]);
    let output = again.env_remove("DATABASE_URL").output().expect("the binary runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// Goal: a backup is seen at work, looked over, and its archive stopped; method: back up at a terminal, which
/// `script` gives it, verify, stop and look at what the doctor says, then damage a segment and verify again.
#[test]
fn looks_over_and_stops() {
    let folder = Folder::new();
    run_well(&folder, &borrowed(&simulate("15", TOTALS, 5)));
    let backup = path(&folder, "backup");
    let plain = gelombang(&folder, &["backup", "--to", &backup]);
    let words: Vec<_> = std::iter::once(plain.get_program())
        .chain(plain.get_args())
        .map(|word| word.to_str().expect("text"))
        .collect();
    let output = Command::new("script")
        .args(["-qec", &words.join(" "), "/dev/null"])
        .env("TERM", "xterm")
        .env_remove("DATABASE_URL")
        .output()
        .expect("script runs");
    let shown = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && shown.contains("verifying the base"), "{shown}");
    let output = run(&folder, &["backup", "--to", &backup]);
    assert!(output.status.success() && output.stderr.is_empty(), "a bar without a terminal");

    let said = run_well(&folder, &["backup", "--to", &backup, "--verify"]);
    assert!(said.contains("2 base backups and") && said.contains("as they were put"), "{said}");
    let said = run_well(&folder, &["backup", "--stop-archiving"]);
    assert!(said.contains("What was done until now is in"), "{said}");
    let said = run_well(&folder, &["doctor"]);
    assert!(said.contains("stopped on purpose"), "{said}");
    let output = run(&folder, &["backup", "--stop-archiving"]);
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && error.contains("nothing to stop"), "{error}");

    let wal = PathBuf::from(&backup).join("wal");
    let mut segments: Vec<_> = std::fs::read_dir(&wal)
        .expect("an archive")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_none())
        .collect();
    segments.sort();
    let last = segments.last().expect("a segment");
    let mut bytes = std::fs::read(last).expect("read");
    *bytes.last_mut().expect("a byte") ^= 1;
    std::fs::write(last, bytes).expect("written");
    let output = run(&folder, &["backup", "--to", &backup, "--verify"]);
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    let name = last.file_name().expect("a name").to_str().expect("text");
    assert!(error.contains(&format!("segment {name} is damaged")), "{error}");
}

/// Wrong input is refused in words, and restores never go over data.
#[test]
fn wrong_words_are_refused() {
    let folder = Folder::new();
    let error = restore(&folder, "restored", &[]).expect_err("there is no backup");
    assert!(error.contains("there is no folder"), "{error}");
    let nowhere = path(&folder, "nowhere");
    let verified = run(&folder, &["backup", "--to", &nowhere, "--verify"]);
    let said = String::from_utf8_lossy(&verified.stderr).into_owned();
    assert!(said.contains(&nowhere) && !said.contains("--from"), "{said}");
    let error = restore(&folder, "restored", &["--to", "yesterday"]).expect_err("no instant");
    assert!(error.contains("2026-03-01T08:15:00+07:00"), "{error}");
    assert!(!PathBuf::from(path(&folder, "restored")).exists());
    for (arguments, words) in [
        (vec!["backup", "--to", "x"], "there is no data in"),
        (vec!["backup", "--to", "x", "--keep", "0"], "invalid value '0'"),
        (vec!["backup"], "--to <FOLDER>"),
        (vec!["backup", "--to", "x", "--stop-archiving"], "cannot be used with"),
        (vec!["backup", "--to", "x", "--database-url", "postgres://x@y/z"], "DATABASE_URL names"),
    ] {
        let output = run(&folder, &arguments);
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && error.contains(words), "{arguments:?}: {error}");
    }
}

/// `kill -9` at twelve moments of a backup of a running folder, and at six of a restore: the next one clears what
/// is half made, nothing half made is restored from, and the last of each is whole.
#[test]
fn killed_backups_and_restores() {
    let folder = Folder::new();
    run_well(&folder, &borrowed(&simulate("15", TOTALS, 5)));
    let backup = path(&folder, "backup");
    let (mut server, _) = serve(&folder, &[]);
    run_well(&folder, &["backup", "--to", &backup]);
    let mut killed = 0;
    for moment in 0..12 {
        let mut child = gelombang(&folder, &["backup", "--to", &backup])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the binary starts");
        killed += u32::from(kill_after(&mut child, Duration::from_millis(20 + 45 * moment)));
    }
    assert!(killed >= 4, "only {killed} backups were still at work");
    run_well(&folder, &["backup", "--to", &backup, "--keep", "1"]);
    let left: Vec<_> = std::fs::read_dir(PathBuf::from(&backup).join("base"))
        .expect("base backups")
        .map(|entry| entry.expect("an entry").file_name())
        .collect();
    assert_eq!(left.len(), 1, "{left:?}");
    stop(&mut server);

    let mut killed = 0;
    for moment in 0..6 {
        let mut child = Command::new(env!("CARGO_BIN_EXE_gelombang"))
            .args(["restore", "--from", &backup, "--data", &path(&folder, "restored")])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the binary starts");
        killed += u32::from(kill_after(&mut child, Duration::from_millis(10 + 60 * moment)));
        if PathBuf::from(path(&folder, "restored/pg")).exists() {
            break;
        }
    }
    assert!(killed >= 2, "only {killed} restores were still at work");
    if !PathBuf::from(path(&folder, "restored/pg")).exists() {
        restore(&folder, "restored", &[]).expect("restored");
    }
    assert_eq!(figures(&path(&folder, "restored")), figures(&path(&folder, "data")));
}

/// Kills a child after so long; false if it had ended by itself.
fn kill_after(child: &mut std::process::Child, limit: Duration) -> bool {
    let deadline = Instant::now() + limit;
    while Instant::now() < deadline {
        if child.try_wait().expect("our child").is_some() {
            return false;
        }
        std::thread::park_timeout(Duration::from_millis(2));
    }
    child.kill().expect("our child");
    child.wait().expect("our child");
    true
}
