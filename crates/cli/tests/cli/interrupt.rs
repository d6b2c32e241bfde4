//! Ctrl-C during a replay.

use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::support::{Folder, borrowed, gelombang, run, run_well, simulate};

/// Interrupts a replay once its server is up: the program says how to go on and the server stops
/// with it; the same command finishes, one with another calendar is refused, and a reader that takes one
/// line only is no failure.
#[test]
fn replay_is_interrupted() {
    let folder = Folder::new();
    let arguments = simulate("15", [60_000, 16_000, 7_400, 7_200], 2);
    let child = gelombang(&folder, &borrowed(&arguments))
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary starts");
    let pid_file = folder.data().join("pg/postmaster.pid");
    wait("the server starts", || {
        std::fs::read_to_string(&pid_file).is_ok_and(|text| text.contains("ready"))
    });
    let pid = child.id().to_string();
    assert!(
        std::process::Command::new("kill").args(["-INT", &pid]).status().expect("kill").success()
    );
    let output = child.wait_with_output().expect("its output");
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && error.contains("interrupted"), "{error}");
    wait("the server stops", || !pid_file.exists());

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
    assert!(!refused.status.success() && error.contains("another replay: --region 15"), "{error}");

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

fn wait(what: &str, holds: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while !holds() {
        assert!(Instant::now() < deadline, "{what}: not within 30 s");
        std::thread::park_timeout(Duration::from_millis(10));
    }
}
