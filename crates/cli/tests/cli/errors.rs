//! Wrong input gets a message that says what and how to mend, and leaves nothing behind.

use crate::support::{Folder, run};

fn check(arguments: &[&str], words: &[&str]) {
    let folder = Folder::new();
    let output = run(&folder, arguments);
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success(), "{arguments:?} succeeded");
    for word in words {
        assert!(error.contains(word), "{arguments:?} does not say `{word}`:\n{error}");
    }
    assert!(!error.contains("panicked"), "{arguments:?}:\n{error}");
    assert!(!folder.data().join("pg").exists(), "{arguments:?} made a database before refusing");
}

fn simulate(region: &str, joins: &str, people: &str, sk: &str, effective: &str, words: &[&str]) {
    let arguments = [
        "simulate",
        "--region",
        region,
        "--joins",
        joins,
        "--people",
        people,
        "--sk",
        sk,
        "--effective",
        effective,
    ];
    check(&arguments, words);
}

/// Regions and totals that cannot be: each refused by name, with the numbers and the remedy.
#[test]
fn replays_that_cannot_be() {
    simulate("99", "100", "50", "10", "10", &["no region 99", "provinces.csv"]);
    simulate("15.71", "100", "50", "10", "10", &["Kota Jambi", "--region 15"]);
    simulate("jambi", "100", "50", "10", "10", &["`jambi`", "15.71"]);
    simulate("15", "100", "200", "10", "10", &["200", "100", "joins"]);
    simulate("15", "100", "50", "60", "10", &["60", "50"]);
    simulate("15", "100", "50", "10", "11", &["11", "10"]);
    simulate("15", "99999999", "1000", "900", "900", &["99999999", "at most"]);
    simulate("15", "many", "50", "10", "10", &["invalid value", "many"]);
    check(&["simulate", "--region", "15"], &["--joins"]);
}

/// Reference files with faults: all of them reported with file, line and remedy.
#[test]
fn reference_files_with_faults() {
    let files = Folder::new();
    let write = |name: &str, text: &str| {
        let path = files.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        std::fs::write(&path, text).expect("a file");
        path.to_str().expect("text").to_owned()
    };
    let totals = ["--joins", "100", "--people", "50", "--sk", "10", "--effective", "10"];
    let with = |option: &str, path: &str, words: &[&str]| {
        let arguments = [&["simulate", "--region", "15"], &totals[..], &[option, path]].concat();
        check(&arguments, words);
    };
    let builtin = |name: &str| {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data").join(name);
        std::fs::read_to_string(path).expect("built-in data")
    };
    let future = (2020..=2024).fold(builtin("waves.csv"), |text, year| {
        text.replace(&format!("{year}-"), &format!("{}-", year + 100))
    });
    with("--calendar", &write("future.csv", &future), &["future"]);
    let partly = builtin("waves.csv").replace("2024-08-07", "2124-08-07");
    with("--calendar", &write("partly.csv", &partly), &["partly in the future", "wave 71"]);
    with("--calendar", &write("broken.csv", "wave,kind\n1,regular\n"), &["broken.csv", "opens_at"]);
    with("--calendar", "/nonexistent.csv", &["/nonexistent.csv"]);
    for name in ["provinces.csv", "districts.csv", "population-2020.csv"] {
        write(&format!("regions/{name}"), &builtin(name));
    }
    let twice = builtin("regencies.csv").replace("15.02,15,", "15.01,15,");
    write("regions/regencies.csv", &twice);
    let folder = files.path().join("regions");
    with(
        "--regions-dir",
        folder.to_str().expect("text"),
        &["regencies.csv", "line", "15.01", "twice"],
    );
    let policies = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data/policies");
    for entry in std::fs::read_dir(policies).expect("built-in policies").flatten() {
        let text = std::fs::read_to_string(entry.path()).expect("a policy");
        let name = entry.file_name().into_string().expect("text");
        write(&format!("policies/{name}"), &text.replace("min_age", "min_aeg"));
    }
    let folder = files.path().join("policies");
    with("--policies-dir", folder.to_str().expect("text"), &["min_aeg", "min_age", ".toml"]);
}

/// A busy address is found out before anything else is done.
#[test]
fn busy_address() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = taken.local_addr().expect("bound").to_string();
    for command in ["demo", "serve"] {
        let words = ["cannot listen on", address.as_str(), "--listen", "GELOMBANG_LISTEN"];
        check(&[command, "--listen", &address], &words);
    }
    check(&["serve", "--listen", "localhost"], &["invalid value 'localhost'", "127.0.0.1:8080"]);
}

/// Commands that read refuse a folder without data, name it, and make nothing; wrong addresses of a
/// database are named too.
#[test]
fn nothing_to_read() {
    check(&["stats", "--region", "15"], &["there is no data in", "--data", "simulate"]);
    check(&["audit"], &["there is no data in"]);
    check(&["serve", "--listen", "127.0.0.1:0"], &["there is no data in"]);
    for url in ["mysql://localhost/x", "nonsense"] {
        check(&["audit", "--database-url", url], &["DATABASE_URL", "postgres://"]);
    }
    let unreachable = "postgres://nobody@127.0.0.1:1/none";
    check(&["audit", "--database-url", unreachable], &["DATABASE_URL", "be reachable"]);
}
