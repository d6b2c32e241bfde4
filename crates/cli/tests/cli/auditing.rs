//! Auditing as auditors, the programme and the civil registry do it, each with the binary on files on disk.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

use crate::support::{Folder, add_officer, borrowed, run, run_well, simulate};

/// Records of the sample.
const SAMPLE: &str = "20";

fn text(path: &Path) -> &str {
    path.to_str().expect("text")
}

/// Runs the binary where there is nothing else; gives exit code and output.
fn plain(arguments: &[&str]) -> (Option<i32>, String, String) {
    let nowhere = tempfile::tempdir().expect("a folder");
    let mut command = Command::new(env!("CARGO_BIN_EXE_gelombang"));
    command.args(arguments).current_dir(nowhere.path()).env_clear();
    let Output { status, stdout, stderr } = command.output().expect("the binary runs");
    let words = |bytes| String::from_utf8(bytes).expect("text");
    (status.code(), words(stdout), words(stderr))
}

fn json(arguments: &[&str], code: i32) -> Value {
    let (found, out, error) = plain(&[arguments, &["--json"]].concat());
    assert_eq!(found, Some(code), "{arguments:?}\n{out}\n{error}");
    serde_json::from_str(&out).expect("JSON")
}

/// A replay whose last waves are published, with two officers who may open records together.
struct Programme {
    folder: Folder,
    wave: PathBuf,
}

impl Programme {
    fn new() -> Self {
        let folder = Folder::new();
        let mut arguments = simulate("93", [7_000, 2_500, 1_100, 1_000], 5);
        arguments.extend(["--publish-from".to_owned(), "71".to_owned()]);
        run_well(&folder, &borrowed(&arguments));
        add_officer(&folder, "melati", "administrator,operator");
        add_officer(&folder, "kenanga", "administrator,approver");
        let wave = folder.data().join("public/gelombang-71");
        Self { folder, wave }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn openings(&self, officer: &str, step: &str, arguments: &[&str]) -> Output {
        let credential = self.path(officer);
        let start = ["wave", "openings", step, "71", "--as", text(&credential)];
        run(&self.folder, &[&start[..], arguments].concat())
    }

    /// Proposes to open records for auditors.
    fn propose(&self, officer: &str) -> Output {
        self.openings(officer, "propose", &["--size", SAMPLE, "--reason", "yearly audit"])
    }

    /// Opens what was proposed.
    fn approve(&self, officer: &str, size: &str, out: &Path, key: &Path) -> Output {
        let arguments = ["--out", text(out), "--draw-key", text(key), "--size", size];
        self.openings(officer, "approve", &arguments)
    }
}

/// Goal: whoever audits finds what is opened in order, and every fault by exit code, record and kind; the files are for
/// the auditors alone, and it takes two officers to get them. Method: a replay, its openings with nothing changed, a number
/// changed, a line left out, a larger sample, and a foreign key.
#[test]
fn openings_are_audited() {
    let programme = Programme::new();
    let wave = text(&programme.wave);
    let (out, key) = (programme.path("openings.jsonl"), programme.path("draw-key"));
    let refused = |output: Output, why: &str| {
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && error.contains(why), "{error}");
        assert!(!out.exists() && !key.exists(), "nothing is left");
    };
    refused(programme.propose("kenanga"), "is no operator");
    refused(programme.approve("kenanga", SAMPLE, &out, &key), "propose it first");
    let everybody = ["--size", "10001", "--reason", "yearly audit"];
    refused(programme.openings("melati", "propose", &everybody), "at most 10000");
    assert!(programme.propose("melati").status.success());
    refused(programme.approve("melati", SAMPLE, &out, &key), "is no approver");
    refused(programme.approve("kenanga", "3000", &out, &key), "propose it first");
    let done = programme.approve("kenanga", SAMPLE, &out, &key);
    let said = String::from_utf8_lossy(&done.stdout).into_owned();
    assert!(done.status.success() && said.contains("PERSONAL DATA"), "{said}");
    for path in [&out, &key] {
        let mode = fs::metadata(path).expect("a file").permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{}", path.display());
    }
    let again = programme.approve("kenanga", SAMPLE, &out, &key);
    let error = String::from_utf8_lossy(&again.stderr).into_owned();
    assert!(!again.status.success() && error.contains("is there already"), "{error}");
    assert!(programme.propose("melati").status.success());
    let reason = ["--size", SAMPLE, "--reason", "once is enough"];
    assert!(programme.openings("kenanga", "reject", &reason).status.success());
    run_well(&programme.folder, &["audit"]);

    assert_eq!(plain(&["verify", wave]).0, Some(0));
    let sample = json(&["verify", "sample", wave, "--size", SAMPLE], 0);
    let sampled = sample["sample"].as_array().expect("a list");
    assert_eq!(sampled.len(), 20);
    let openings = fs::read_to_string(&out).expect("text");
    let lines: Vec<&str> = openings.split_inclusive('\n').collect();
    for own in sampled {
        let tag = own["e"].as_str().expect("text");
        assert_eq!(lines.iter().filter(|line| line.contains(tag)).count(), 1, "{tag}");
    }
    let (code, words, _) = plain(&["verify", "sample", wave, "--size", "3"]);
    let first = sampled[0]["e"].as_str().expect("text");
    assert!(code == Some(0) && words.contains(first) && words.contains("TEST BEACON"), "{words}");

    let key = text(&key);
    let opened = |file: &str, key: &str, size: &str, code: i32| {
        json(&["verify", "opened", wave, file, "--draw-key", key, "--size", size], code)
    };
    let report = opened(text(&out), key, SAMPLE, 0);
    let count = |report: &Value, name: &str| report[name].as_u64().expect("a number");
    assert_eq!((count(&report, "sampled"), &report["ok"]), (20, &true.into()), "{report}");
    assert_eq!(count(&report, "granted"), 0, "rehearsals keep no seats");
    assert_eq!(count(&report, "opened"), lines.len() as u64 - 1);
    assert!(count(&report, "selected") > 5 && count(&report, "records") > 40, "{report}");

    let kinds = |report: &Value| -> Vec<String> {
        let faults = report["faults"].as_array().expect("a list");
        faults.iter().map(|own| own["kind"].as_str().expect("text").to_owned()).collect()
    };
    let changed = |name: &str, content: &str| {
        let path = programme.path(name);
        fs::write(&path, content).expect("a file");
        text(&path).to_owned()
    };
    let at = lines[1].find("\"nik\":\"").expect("a number") + 7;
    let nik = &lines[1][at..at + 16];
    let other = format!("{}8{}", &lines[1][..at], &lines[1][at + 1..]);
    assert_ne!(other, lines[1]);
    let forged = changed("forged", &openings.replace(lines[1], &other));
    assert_eq!(kinds(&opened(&forged, key, SAMPLE, 1)), ["commitment", "entry"]);
    let (code, words, error) =
        plain(&["verify", "opened", wave, &forged, "--draw-key", key, "--size", SAMPLE]);
    assert!(
        code == Some(1) && words.contains("it was invented") && words.contains("FAIL"),
        "{words}"
    );
    assert!(![words, error].concat().contains(nik), "numbers are not told");
    let fewer = changed("fewer", &openings.replace(lines[1], ""));
    let [missing] = &kinds(&opened(&fewer, key, SAMPLE, 1))[..] else { panic!("one fault") };
    assert!(missing.ends_with("_missing"), "{missing}");
    let larger = kinds(&opened(text(&out), key, "60", 1));
    assert!(
        !larger.is_empty() && larger.iter().all(|kind| kind == "sampled_missing"),
        "{larger:?}"
    );
    let foreign = changed("foreign", &"ab".repeat(32));
    let arguments = ["verify", "opened", wave, text(&out), "--draw-key", &foreign];
    let (code, _, error) = plain(&arguments);
    assert!(code == Some(2) && error.contains("others can read it"), "{error}");
    fs::set_permissions(&foreign, fs::Permissions::from_mode(0o600)).expect("ours");
    assert_eq!(kinds(&opened(text(&out), &foreign, SAMPLE, 1)), ["other_key"]);
    registry_is_heard(&programme);
}

/// The registry signs its own books with the same binary, and whoever has its key compares.
fn registry_is_heard(programme: &Programme) {
    let wave = text(&programme.wave);
    let quota = fs::read(programme.wave.join("quota.json")).expect("published");
    let quota: Value = serde_json::from_slice(&quota).expect("JSON");
    let mut table = "region,records,n\n".to_owned();
    for own in quota["regions"].as_array().expect("a list") {
        if own["records"] != 0 {
            table += &format!("{},{},{}\n", own["code"], own["records"], own["n"]);
        }
    }
    let file = |name: &str, content: &str| {
        let path = programme.path(name);
        fs::write(&path, content).expect("a file");
        text(&path).to_owned()
    };
    let secret = file("registry-key", &format!("{}\n", "5a".repeat(32)));
    fs::set_permissions(&secret, fs::Permissions::from_mode(0o600)).expect("ours");
    let well = |arguments: &[&str]| {
        let (code, out, error) = plain(arguments);
        assert_eq!(code, Some(0), "{error}");
        out
    };
    let key = well(&["registry-counts", "key", "--key", &secret]);
    let sign = |name: &str, table: &str| {
        let table = file("table.csv", table);
        file(name, &well(&["registry-counts", "sign", wave, &table, "--key", &secret]))
    };
    let counts = sign("counts.json", &table);
    let compare = |counts: &str, key: &str, code: i32| {
        json(&["verify", "counts", wave, counts, "--key", key], code)
    };
    let report = compare(&counts, key.trim(), 0);
    assert_eq!(report["ok"], true, "{report}");
    let report = compare(&counts, &"77".repeat(32), 1);
    assert_eq!(report["faults"][0]["kind"], "signature", "{report}");
    let without_last = table.trim_end().rsplit_once('\n').expect("lines").0;
    let report = compare(&sign("fewer.json", without_last), key.trim(), 1);
    assert_eq!(report["faults"][0]["signed"]["records"], 0, "{report}");
    let arguments = ["verify", "counts", wave, &file("none", "{}"), "--key", key.trim()];
    let (code, _, error) = plain(&arguments);
    assert!(code == Some(2) && error.contains("cannot be used"), "{error}");
    let wrong = file("wrong.csv", "region;n\n");
    let (code, _, error) = plain(&["registry-counts", "sign", wave, &wrong, "--key", &secret]);
    assert!(code == Some(2) && error.contains("region,records,n"), "{error}");
    let folder = text(programme.wave.parent().expect("public"));
    let (code, _, error) = plain(&["verify", "sample", folder]);
    assert!(code == Some(2) && error.contains("policy.json is missing"), "{error}");
}
