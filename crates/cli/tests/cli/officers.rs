//! Officers at the command line: founding, two-person acts, and what is refused.

use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use crate::canary::ask;
use crate::serve::{serve, stop};
use crate::support::{Folder, add_officer, gelombang, run_well};

/// A wave whose joining is open now and for long.
pub(crate) const CALENDAR: &str = "wave,kind,opens_at,opens_mark,closes_at,closes_mark,results_at,results_mark,quota_national,\
quota_mark,joined_national,joined_mark,source,note
71,regular,2024-08-02T12:00+07:00,synthetic,2099-08-06T00:00+07:00,synthetic,2099-08-09T12:00+07:00,synthetic,\
100,synthetic,1000,synthetic,test,
";

struct Office {
    folder: Folder,
    calendar: String,
}

impl Office {
    fn file(&self, name: &str) -> String {
        self.folder.path().join(name).to_str().expect("text").to_owned()
    }

    fn command(&self, officer: &str, line: &str) -> Command {
        let mut words: Vec<&str> = line.split(' ').collect();
        if line.contains("publish") {
            words.extend(["--calendar", &self.calendar]);
        }
        let credential = self.file(officer);
        let mut command = gelombang(&self.folder, &words);
        command.env("GELOMBANG_AS", credential);
        command
    }

    fn well(&self, officer: &str, line: &str) -> String {
        let output = self.command(officer, line).output().expect("the binary runs");
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{line} failed:\n{error}");
        String::from_utf8(output.stdout).expect("text")
    }

    fn refused(&self, officer: &str, line: &str, said: &str) {
        let output = self.command(officer, line).output().expect("the binary runs");
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && error.contains(said), "{line}: {error}");
        assert!(!error.contains("panicked"), "{error}");
    }
}

/// The fingerprint in what a proposal told.
fn fingerprint(said: &str) -> &str {
    let (_, rest) = said.split_once("--fingerprint ").expect("it names one");
    rest.split_whitespace().next().expect("it is there")
}

/// Melati loses her credential, and comes back by her code and Kenanga's approval.
fn recover(office: &Office) {
    office.refused("mawar", "admin officer recovery-code", "mawar is no administrator");
    let said = office.well("melati", "admin officer recovery-code");
    let code = office.file("code");
    std::fs::write(&code, said.lines().next().expect("a line")).expect("a file");
    std::fs::remove_file(office.file("melati")).expect("a file");
    let new = office.file("melati");
    let line = |name: &str, code: &str| {
        format!("admin officer recover {name} --code {code} --credential {new} --reason lost")
    };
    office.refused("kenanga", &line("kenanga", &code), "is not the recovery code of that officer");
    office.refused("kenanga", &line("melati", &new), "cannot read the recovery code");
    assert!(!std::path::Path::new(&new).exists(), "a refused credential stays");
    let said = office.well("mawar", &line("melati", &code));
    office.refused("melati", "wave open 71", "not in force");
    let approve = "admin officer approve melati";
    office.refused("kenanga", approve, "name its fingerprint");
    let another = format!("{approve} --fingerprint 0123-4567-89ab-cdef");
    office.refused("kenanga", &another, "no credential of this fingerprint");
    office.well("kenanga", &format!("{approve} --fingerprint {}", fingerprint(&said)));
}

/// Goal: two officers found an installation, publish a wave, open it, and cancel it, each act refused to one alone;
/// also beside a process that serves the folder. Method: the commands as officers give them.
#[test]
fn officers_run_a_wave() {
    let folder = Folder::new();
    let calendar = folder.path().join("calendar.csv");
    std::fs::write(&calendar, CALENDAR).expect("a file");
    let calendar = calendar.to_str().expect("text").to_owned();
    let office = Office { folder, calendar };
    add_officer(&office.folder, "melati", "administrator,policy,operator");
    add_officer(&office.folder, "kenanga", "administrator,approver");
    let mode = std::fs::metadata(office.file("melati")).expect("a file").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);

    let third =
        format!("admin officer add mawar --role operator --credential {}", office.file("mawar"));
    let mut alone = gelombang(&office.folder, &third.split(' ').collect::<Vec<_>>());
    let alone = alone.env_remove("GELOMBANG_AS").output().expect("the binary runs");
    assert!(String::from_utf8_lossy(&alone.stderr).contains("has its first 2 officers"));
    assert!(!std::path::Path::new(&office.file("mawar")).exists(), "a refused credential stays");
    let said = office.well("melati", &format!("{third} --reason more-hands"));
    let print = fingerprint(&said);
    office.refused("mawar", "wave open 71", "not in force");
    let approve = format!("admin officer approve mawar --fingerprint {print} --role");
    office.refused("melati", &format!("{approve} operator"), "ask a second officer");
    office.refused("kenanga", &format!("{approve} policy"), "roles differs");
    office.well("kenanga", &format!("{approve} operator"));
    office.refused("melati", &format!("{third} --reason again"), "never overwritten");
    let renewed = office.file("mawar-renewed");
    office.well("mawar", &format!("admin officer credential mawar --credential {renewed}"));
    office.refused("mawar", "wave open 71", "not in force");
    std::fs::rename(renewed, office.file("mawar")).expect("a file");
    let listed = office.well("melati", "admin officer list --json");
    let listed: serde_json::Value = serde_json::from_str(&listed).expect("JSON");
    let names: Vec<_> =
        listed["officers"].as_array().expect("a list").iter().map(|one| &one["name"]).collect();
    assert_eq!(names, ["kenanga", "mawar", "melati"]);

    recover(&office);
    let publish = "wave publish propose 71 --seats 40 --province 15 --reason plan-2024";
    office.refused("mawar", publish, "is no policy");
    let shown = office.well("melati", publish);
    assert!(
        shown.contains("base_seats             40") && shown.contains("policy_sha256"),
        "{shown}"
    );
    let approve = "wave publish approve 71 --province 15 --seats";
    office.refused("kenanga", &format!("{approve} 41"), "base_seats differs");
    office.well("kenanga", &format!("{approve} 40"));
    office.refused("kenanga", &format!("{approve} 40"), "is approved by now");
    office.refused("kenanga", "wave open 71", "kenanga is no operator");
    let again = "wave publish propose 71 --seats 41 --province 15 --reason again";
    office.refused("melati", again, "published already");
    office.refused("melati", "wave freeze propose 72 --reason none", "there is no");
    office.well("mawar", "wave open 71");
    office.refused("mawar", "wave open 71", "cannot Open a wave that is open");
    office.refused("mawar", "wave close 71", "cannot Close before 2099-08-05T17:00:00Z");

    let id = "0190b0c000007000800000000000000a";
    let revoke = format!("revoke propose per_{id} --reason found --cause");
    office.refused("mawar", &format!("{revoke} proxy"), "is no beneficiary");
    office.refused("mawar", &format!("{revoke} joki"), "is no cause; write one of ineligible");
    assert!(office.well("mawar", "appeals").contains("No appeal waits"));
    assert!(office.well("mawar", "complaints list").contains("No complaint waits"));
    let shown = format!("complaints show cpl_{id}");
    office.refused("mawar", &shown, "there is no complaint");
    office.refused("kenanga", &shown, "kenanga is no operator");
    let answer = format!("appeals propose apl_{id} --reason looked --answer");
    office.refused("mawar", &format!("{answer} granted"), "there is no appeal");
    office.refused("mawar", &format!("{answer} yes"), "is no answer; write one of granted");
    office.refused("mawar", &format!("release propose per_{id} --reason shown"), "no account has");

    let (mut server, address) = serve(&office.folder, &["--no-worker", "--programs-register"]);
    release(&office, &address);
    office.well("melati", "wave freeze propose 71 --reason too-early");
    office.refused("kenanga", "wave freeze approve 71", "cannot Freeze a wave that is open");
    office.refused("kenanga", "wave quota 71", "cannot Freeze a wave that is open");
    assert!(office.well("kenanga", "proposals").contains("publish_quota"), "it waits still");
    office.well("kenanga", "wave freeze reject 71 --reason too-early");
    let all = office.well("kenanga", "proposals --all --json");
    let all: serde_json::Value = serde_json::from_str(&all).expect("JSON");
    let states: Vec<_> =
        all["proposals"].as_array().expect("a list").iter().map(|one| &one["state"]).collect();
    assert_eq!(states, ["approved", "approved", "approved", "withdrawn", "approved", "rejected"]);
    office.well("melati", "wave cancel propose 71 --reason flood");
    office.well("kenanga", "wave cancel approve 71");
    assert!(office.well("kenanga", "wave show 71 --json").contains("\"state\":\"cancelled\""));
    stop(&mut server);
    office.well("melati", "admin officer retire mawar --reason left");
    office.refused("mawar", "sweep 71", "not in force");
    run_well(&office.folder, &["audit"]);
}

/// Two officers take a person from the account that registered it over HTTP; its session ends.
fn release(office: &Office, address: &str) {
    let account = r#"{"email": "budi@contoh.id", "password": "kata sandi yang benar"}"#;
    ask(address, "POST /api/v1/accounts", "account", "", account);
    let sign_in = || {
        let session = body(&ask(address, "POST /api/v1/sessions", "", "", account));
        session["token"].as_str().expect("a token").to_owned()
    };
    let is_signed_in =
        |token: &str| !ask(address, "GET /api/v1/me", "", token, "").starts_with("HTTP/1.1 401");
    let token = &sign_in();
    let person = r#"{"nik": "1571014101900001", "family_card": "1571019999900001", "name": "Siti Aminah",
        "born_on": "1990-01-01", "phone": "+6281255512345", "email": "siti@contoh.id", "sex": "woman",
        "education": "senior_high", "employment": "job_seeker", "region": "15.71", "disability": false}"#;
    let registered = body(&ask(address, "POST /api/v1/registrations", "register", token, person));
    let id = registered["person"].as_str().expect("a person");
    let end = format!("sessions end {id} --reason phone-stolen");
    office.refused("kenanga", &end, "is no operator");
    office.refused("mawar", "sessions end --everybody --reason leak", "is no administrator");
    office.refused("mawar", "sessions end --reason leak", "--everybody");
    assert!(is_signed_in(token));
    assert!(office.well("mawar", &end).contains("1 sessions have ended"));
    assert!(!is_signed_in(token));
    let token = &sign_in();
    assert!(office.well("melati", "sessions end --everybody --reason leak").contains("1 sessions"));
    assert!(!is_signed_in(token));
    let token = &sign_in();
    let propose = format!("release propose {id} --reason shown");
    office.refused("kenanga", &propose, "is no operator");
    assert!(office.well("mawar", &propose).contains("approver approves it"));
    office.refused("mawar", &format!("release approve {id}"), "is no approver");
    let withdrawn = office.well("mawar", &format!("release reject {id} --reason mistake"));
    assert!(withdrawn.contains("withdrawn"), "{withdrawn}");
    office.well("mawar", &propose);
    let released = office.well("kenanga", &format!("release approve {id}"));
    assert!(released.contains("The next account that registers the NIK has it"), "{released}");
    office.refused("kenanga", &format!("release approve {id}"), "is approved by now");
    office.refused("mawar", &propose, "no account has");
    assert!(!is_signed_in(token), "the session of the account has ended");
}

fn body(answer: &str) -> serde_json::Value {
    let (_, body) = answer.split_once("\r\n\r\n").expect("a body");
    serde_json::from_str(body).expect("JSON")
}
