//! Ctrl-C during a replay.

use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use crate::support::{Folder, borrowed, gelombang, run, run_well, simulate};

/// Starts the program and signals it once its server is up.
fn interrupt(mut program: Command, is_ready: impl Fn() -> bool, signals: &[&str]) -> Output {
    let child =
        program.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("the binary starts");
    wait("the server starts", is_ready);
    let pid = child.id().to_string();
    for signal in signals {
        assert!(Command::new("kill").args([*signal, &pid]).status().expect("kill").success());
    }
    child.wait_with_output().expect("its output")
}

/// Interrupts a replay once its server is up: the program says how to go on and the server stops
/// with it; who asks again ends it at once; the same command finishes, one with another calendar is refused,
/// and a reader that takes one line only is no failure.
#[test]
fn replay_is_interrupted() {
    let folder = Folder::new();
    let arguments = simulate("15", [60_000, 16_000, 7_400, 7_200], 2);
    let cluster = folder.data().join("pg");
    for signal in ["-INT", "-HUP"] {
        let program = gelombang(&folder, &borrowed(&arguments));
        let output = interrupt(program, || is_ready(&cluster), &[signal]);
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && error.contains("interrupted"), "{error}");
        assert!(!cluster.join("postmaster.pid").exists(), "the program ended before its server");
    }
    impatience(&folder, &arguments, &cluster);

    run_well(&folder, &borrowed(&arguments));
    let calendar = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data/waves.csv");
    let later = std::fs::read_to_string(calendar)
        .expect("built-in data")
        .replace("2024-08-07", "2024-08-08");
    let path = folder.path().join("later.csv");
    std::fs::write(&path, later).expect("a file");
    let mut other = arguments;
    other.extend(["--calendar".to_owned(), path.to_str().expect("text").to_owned()]);
    let refused = run(&folder, &borrowed(&other));
    let error = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(
        !refused.status.success() && error.contains("same options and another calendar"),
        "{error}"
    );

    let mut reader = gelombang(&folder, &["stats", "--region", "15", "--by", "wave"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary starts");
    drop(reader.stdout.take());
    let output = reader.wait_with_output().expect("its end");
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success() && error.is_empty(), "{error}");
}

/// Asks again and again while the server cannot end: the program ends at once and says what it leaves.
fn impatience(folder: &Folder, arguments: &[String], cluster: &Path) {
    let mut child = gelombang(folder, &borrowed(arguments))
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary starts");
    wait("the server starts", || is_ready(cluster));
    let record = std::fs::read_to_string(cluster.join("postmaster.pid")).expect("a record");
    let server = record.lines().next().expect("a number").to_owned();
    let send = |signal: &str, pid: &str| {
        assert!(Command::new("kill").args([signal, pid]).status().expect("kill").success());
    };
    send("-STOP", &server);
    let pid = child.id().to_string();
    let deadline = Instant::now() + Duration::from_secs(30);
    while child.try_wait().expect("our child").is_none() {
        assert!(Instant::now() < deadline, "a second signal does not end it");
        send("-INT", &pid);
        std::thread::park_timeout(Duration::from_millis(200));
    }
    send("-CONT", &server);
    let output = child.wait_with_output().expect("its output");
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(130), "{error}");
    assert!(error.contains("a second signal") && error.contains("ended at once"), "{error}");
}

/// A program started by `nohup` outlives its terminal, and still stops in order when asked.
#[test]
fn hangup_under_nohup() {
    let folder = Folder::new();
    run_well(&folder, &borrowed(&simulate("15", [300, 100, 30, 29], 2)));
    let plain = gelombang(&folder, &["serve", "--listen", "127.0.0.1:0"]);
    let mut program = Command::new("nohup");
    program.arg(plain.get_program()).args(plain.get_args());
    let cluster = folder.data().join("pg");
    let output = interrupt(program, || is_ready(&cluster), &["-HUP", "-HUP", "-TERM"]);
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(error.contains("stopping") && !error.contains("at once;"), "{error}");
    assert_eq!(error.matches("stopping").count(), 1, "{error}");
    assert!(!cluster.join("postmaster.pid").exists());
}

/// Interrupts a benchmark at work: its server ends and its files go.
#[test]
fn benchmark_is_interrupted() {
    let folder = Folder::new();
    let mut program = Command::new(env!("CARGO_BIN_EXE_gelombang"));
    program.args(["bench", "stats", "--size", "300000"]).env("TMPDIR", folder.path());
    let entries = || std::fs::read_dir(folder.path()).expect("a folder").flatten();
    let is_ready = || entries().any(|entry| is_ready(&entry.path().join("data/pg")));
    let output = interrupt(program, is_ready, &["-INT"]);
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && error.contains("interrupted"), "{error}");
    assert_eq!(entries().count(), 0, "the scratch database stays");
}

/// True once the server of a cluster takes connections.
fn is_ready(cluster: &Path) -> bool {
    std::fs::read_to_string(cluster.join("postmaster.pid")).is_ok_and(|text| text.contains("ready"))
}

fn wait(what: &str, holds: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while !holds() {
        assert!(Instant::now() < deadline, "{what}: not within 30 s");
        std::thread::park_timeout(Duration::from_millis(10));
    }
}
