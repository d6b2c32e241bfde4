//! Every benchmark runs to its end on small sizes. How long it takes is nobody's business here.

use std::process::Command;

/// Each prints one object with the keys that machines read, after having checked its own results.
#[test]
fn benchmarks_run() {
    for (bench, size) in [
        ("draw", "20000"),
        ("tree", "70000"),
        ("verify", "3000"),
        ("sweep", "5000"),
        ("appoint", "5000"),
        ("join", "1280"),
        ("join-desk", "1280"),
        ("http-join", "1280"),
        ("stats", "3000"),
        ("replay", "3000"),
        ("import", "20000"),
    ] {
        let output = Command::new(env!("CARGO_BIN_EXE_gelombang"))
            .args(["bench", bench, "--size", size, "--json"])
            .output()
            .expect("the binary runs");
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{bench}:\n{error}");
        let printed: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
        assert_eq!(printed["bench"], bench);
        for key in [
            "size",
            "median_s",
            "rate_per_s",
            "peak_mb",
            "alternative_rate_per_s",
            "ratio",
            "flush_per_s",
        ] {
            assert!(
                printed[key].as_f64().is_some_and(|value| value > 0.0),
                "{bench}: {key}: {printed}"
            );
        }
        for list in ["others", "parts"] {
            let size = |value: &serde_json::Value| value.as_array().map(Vec::len);
            let expected = match (bench, list) {
                ("draw", "others") => Some(1),
                ("verify", "parts") => Some(4),
                _ => None,
            };
            assert_eq!(size(&printed[list]), expected, "{bench}: {list}: {printed}");
        }
    }
}

/// Goal: no bench leaves its folders behind; method: those with many files, in a folder of the test.
#[test]
fn folders_are_removed() {
    let dir = tempfile::tempdir().expect("a folder");
    for bench in ["draw", "tree", "verify"] {
        let output = Command::new(env!("CARGO_BIN_EXE_gelombang"))
            .args(["bench", bench, "--size", "1000", "--json", "--dir"])
            .arg(dir.path())
            .output()
            .expect("the binary runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        assert_eq!(std::fs::read_dir(dir.path()).expect("the folder").count(), 0, "{bench}");
    }
}
