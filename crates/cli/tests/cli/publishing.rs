//! Publishing as an operator does it: officers at the command line, the worker beside `serve`, witnesses as processes of
//! other institutions.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use publication::log::{LogProof, Trust};
use selection::announce::file_entry;
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;

use crate::contributor::Institution;
use crate::serve::{get, serve, stop};
use crate::support::{Folder, add_officer, gelombang, run_well};
use crate::witness::Running;

const ORIGIN: &str = "log.gelombang.example/draw";
/// A wave that opens in some decades, so that its rules can be seen before.
const CALENDAR: &str = "wave,kind,opens_at,opens_mark,closes_at,closes_mark,results_at,results_mark,quota_national,\
quota_mark,joined_national,joined_mark,source,note
71,regular,2099-08-02T12:00+07:00,synthetic,2099-08-06T00:00+07:00,synthetic,2099-08-09T12:00+07:00,synthetic,\
100,synthetic,1000,synthetic,test,
";

/// What `admin keys public` says of a key.
fn key_of(said: &str, name: &str) -> String {
    let line = said.lines().find_map(|line| line.strip_prefix(name));
    line.expect("a key of this name").trim().to_owned()
}

fn terms(witnesses: &[Running], contributor: &Institution) -> String {
    let each = witnesses.iter().map(|one| {
        format!(
            "[[witnesses]]\nname = \"{}\"\nkey = \"{}\"\nurl = \"http://{}\"\n",
            one.name(),
            one.key(),
            one.address()
        )
    });
    let head = format!(
        "origin = \"{ORIGIN}\"\nquorum = 2\nbeacon = \"quicknet\"\nappeal_reserve = {{ num = 1, den = 20 }}\n"
    );
    let contributor =
        format!("[[contributors]]\nname = \"c1.example\"\nkey = \"{}\"\n", contributor.key());
    head + &each.collect::<String>() + &contributor
}

struct Office<'a> {
    folder: &'a Folder,
    calendar: String,
    public: String,
}

impl Office<'_> {
    fn command(&self, officer: &str, line: &str, public: bool) -> Command {
        let mut command = gelombang(self.folder, &line.split(' ').collect::<Vec<_>>());
        command
            .args(["--calendar", &self.calendar])
            .env("GELOMBANG_AS", self.folder.path().join(officer));
        if public {
            command.args(["--public", &self.public]);
        }
        command
    }
}

/// Goal: what two officers have agreed on is public minutes later, signed by the witnesses that answer, without anybody
/// doing more; one of three may be away, and two officers who bring different terms do not agree. Method: real processes,
/// and the proof in the folder held against the keys.
#[test]
fn rules_are_published_by_themselves() {
    let (folder, scratch) = (Folder::new(), TempDir::new().expect("a folder"));
    add_officer(&folder, "melati", "administrator,policy,operator");
    add_officer(&folder, "kenanga", "administrator,approver");
    let keys = run_well(&folder, &["admin", "keys", "public"]);
    assert_eq!(keys, run_well(&folder, &["admin", "keys", "public"]), "made once");
    let log = key_of(&keys, "log");
    let mut witnesses = ["w1.example", "w2.example", "w3.example"]
        .map(|name| Running::of_log(&scratch, name, (ORIGIN, &log)));
    let contributor = Institution::new(scratch.path());
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).expect("a file");
        path.to_str().expect("text").to_owned()
    };
    let office = Office {
        folder: &folder,
        calendar: write("calendar.csv", CALENDAR),
        public: write("publication.toml", &terms(&witnesses, &contributor)),
    };
    let well = |officer: &str, line: &str, public: bool| {
        let output = office.command(officer, line, public).output().expect("the binary runs");
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{line}: {error}");
        String::from_utf8(output.stdout).expect("text")
    };
    let said =
        well("melati", "wave publish propose 71 --seats 40 --province 15 --reason plan", true);
    assert!(said.contains(&log) && said.contains("w3.example"), "{said}");
    assert!(said.contains("c1.example") && said.contains(contributor.key()), "{said}");
    let approve = "wave publish approve 71 --seats 40 --province 15";
    let other = office.command("kenanga", approve, false).output().expect("the binary runs");
    let error = String::from_utf8_lossy(&other.stderr);
    assert!(!other.status.success() && error.contains("public differs"), "{error}");
    well("kenanga", approve, true);

    witnesses[2].kill();
    let (mut server, address) = serve(&folder, &["--public", &office.public]);
    let wave = folder.data().join("public/gelombang-71");
    let proof = wave.join("proofs/policy.json.tlog-proof");
    let deadline = Instant::now() + Duration::from_mins(1);
    while !proof.exists() {
        assert!(Instant::now() < deadline, "nothing was published");
        // Asking takes its time, and the server answers while its worker writes.
        get(&address, "/gelombang/71");
    }
    stop(&mut server);
    check_proof(&wave, &proof);

    let made = contributor.run("commit", &wave.join("policy.json"), &[]);
    assert!(made.status.success(), "{made:?}");
    let file = write("commitment.json", std::str::from_utf8(&made.stdout).expect("text"));
    let line = format!("wave contribution 71 {file}");
    for said in ["is kept; 1 of 1 contributors have committed", "was here already"] {
        let told = well("melati", &line, false);
        assert!(told.contains(said), "{told}");
    }
    let approver = office.command("kenanga", &line, false).output().expect("the binary runs");
    assert!(!approver.status.success(), "an operator does it");
    let half = write("half.json", r#"{"name":"c1.example"}"#);
    let line = format!("wave contribution 71 {half}");
    let half = office.command("melati", &line, false).output().expect("the binary runs");
    let error = String::from_utf8_lossy(&half.stderr);
    assert!(!half.status.success() && error.contains("missing field"), "{error}");
    assert!(run_well(&folder, &["jobs"]).contains(" 0 dead;"), "no job died");
}

/// Two witnesses have signed for the rules, which are those of the wave.
fn check_proof(wave: &Path, proof: &Path) {
    let policy = std::fs::read(wave.join("policy.json")).expect("published");
    let file = publication::format::PolicyFile::read(&policy).expect("a policy");
    assert_eq!(file.wave(), ("gelombang", 71));
    let trust = Trust::of_policy(&file).expect("keys");
    let proof = LogProof::read(&std::fs::read(proof).expect("a proof")).expect("a proof");
    let digest: [u8; 32] = Sha256::digest(&policy).into();
    let entry = file_entry("gelombang", 71, "policy.json", &digest).expect("an entry");
    let witnessed = proof.verify(&entry, &trust).expect("it holds");
    assert_eq!(witnessed.times.len(), 2, "two of three have signed");
}

/// Goal: terms that cannot be are refused with what is wrong. Method: one file for each.
#[test]
fn bad_terms_are_told() {
    let folder = Folder::new();
    add_officer(&folder, "melati", "administrator,policy,operator");
    let key = "ab".repeat(32);
    let witness = format!("[[witnesses]]\nname = \"w1\"\nkey = \"{key}\"\n");
    let contributor = format!("[[contributors]]\nname = \"c1\"\nkey = \"{key}\"\n");
    let head = "origin = \"log.example\"\nquorum = 1\nbeacon = \"test\"\n";
    let calendar = folder.path().join("calendar.csv");
    std::fs::write(&calendar, CALENDAR).expect("a file");
    for (text, said) in [
        (String::new(), "missing field"),
        (format!("{head}{witness}{witness}"), "a name of its own"),
        (
            format!("{}{witness}", head.replace("quorum = 1", "quorum = 2")),
            "1 to the number of witnesses",
        ),
        (format!("{head}{}", witness.replace(&key, "xyz")), "64 digits"),
        (format!("{}{witness}", head.replace("\"test\"", "\"drand\"")), "quicknet"),
        (format!("{head}url = 3\n{witness}"), "unknown field"),
        (format!("{head}{witness}{}", contributor.replace(&key, "xyz")), "contributor init"),
        (format!("{head}{witness}{}", contributor.replace("c1", "w1")), "neither the log nor"),
        (format!("{head}{witness}{}", contributor.replace("c1", "log.example")), "neither the log"),
        (format!("{head}{witness}{contributor}{contributor}"), "a name of its own"),
        (
            format!("{head}{witness}{contributor}{}", contributor.replace("c1", "c2")),
            "a key of its own",
        ),
        (format!("{head}{witness}{}", contributor.replace("c1", "\u{e9}")), "ASCII"),
        (format!("{head}{witness}{contributor}url = \"x\"\n"), "unknown field"),
    ] {
        let public = folder.path().join("public.toml");
        std::fs::write(&public, text).expect("a file");
        let line = "wave publish propose 71 --seats 40 --province 15 --reason plan";
        let output = gelombang(&folder, &line.split(' ').collect::<Vec<_>>())
            .args([Path::new("--calendar"), &calendar, Path::new("--public"), &public])
            .env("GELOMBANG_AS", folder.path().join("melati"))
            .output()
            .expect("the binary runs");
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && error.contains(said), "{said}: {error}");
    }
}
