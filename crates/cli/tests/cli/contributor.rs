//! Contributors as other institutions run them: a folder, the published policy, and what is sent to the operator.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use publication::contribution::{check_commitments, open_commitments};
use publication::format::{Commitment, ContributionFile, Given, PlanFile, PolicyFile, Reveal};
use serde_json::{Value, json};
use tempfile::TempDir;

/// Instants before and after every run of these tests, in Unix seconds: 2001 and 2096.
const PAST_S: u64 = 1_000_000_000;
const FUTURE_S: u64 = 4_000_000_000;
const NAME: &str = "university.example/c1";

fn contributor(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gelombang"));
    command.arg("contributor").args(arguments).env_clear().output().expect("the binary runs")
}

fn well(output: &Output) -> Vec<u8> {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output.stdout.clone()
}

fn refused(output: &Output, said: &str) {
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && error.contains(said), "{said}: {error}");
    assert_eq!(output.stdout, b"", "nothing is given away");
}

/// A contributor's folder, and policies that name it.
pub(crate) struct Institution {
    folder: PathBuf,
    key: String,
}

impl Institution {
    pub(crate) fn new(scratch: &Path) -> Self {
        let folder = scratch.join("contributor");
        let said: Value =
            serde_json::from_slice(&well(&contributor(&["init", folder.to_str().expect("text")])))
                .expect("JSON");
        let key = said["key"].as_str().expect("a key").to_owned();
        assert_eq!(said, json!({ "key": key }));
        Self { folder, key }
    }

    pub(crate) fn key(&self) -> &str {
        &self.key
    }

    pub(crate) fn run(&self, command: &str, policy: &Path, more: &[&str]) -> Output {
        let [folder, policy] = [&self.folder, policy].map(|path| path.to_str().expect("text"));
        contributor(&[&[command, folder, "--policy", policy], more].concat())
    }

    /// A policy under which the list is fixed at T2 and values are revealed by T3.
    fn policy(&self, scratch: &TempDir, name: &str, (t2, t3): (u64, u64)) -> Published {
        let golden = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../publication/tests/golden/02-pools-guarantees/policy.json");
        let text = std::fs::read(golden).expect("a golden policy");
        let mut policy: Value = serde_json::from_slice(&text).expect("JSON");
        policy["contributors"] = json!([{ "key": self.key, "name": NAME }]);
        policy["beacon"]["genesis"] = json!(PAST_S - 3);
        let times =
            json!({ "t0": PAST_S - 2, "t1": PAST_S - 1, "t2": t2, "t3": t3, "t4": t3 + 7_200 });
        policy["times"] = times;
        let path = scratch.path().join(name);
        std::fs::write(&path, policy.to_string()).expect("a file");
        let file = PolicyFile::read(policy.to_string().as_bytes()).expect("a policy");
        Published { path, file }
    }

    /// Where the value of a wave lies.
    fn value(&self, policy: &Published) -> PathBuf {
        self.folder.join(format!(
            "wave-2-{}",
            policy
                .file
                .ctx
                .as_bytes()
                .iter()
                .fold(String::new(), |text, byte| format!("{text}{byte:02x}"),)
        ))
    }
}

struct Published {
    path: PathBuf,
    file: PolicyFile,
}

fn commitment(printed: &[u8]) -> Commitment {
    let file = ContributionFile::read("printed", printed).expect("a file");
    match file.given {
        Given::Commitment(own) => own,
        Given::Reveal(own) => panic!("{own:?}"),
    }
}

/// Goal: a value is drawn once for a wave, kept for its owner alone, committed to before the list and given away after it
/// alone. Method: the same commands again, under policies whose instants have passed or not.
#[test]
fn commits_once_and_reveals_in_time() {
    let scratch = TempDir::new().expect("a folder");
    let own = Institution::new(scratch.path());
    let before = own.policy(&scratch, "before.json", (FUTURE_S, FUTURE_S + 90_000));
    let printed = well(&own.run("commit", &before.path, &[]));
    assert_eq!(well(&own.run("commit", &before.path, &[])), printed, "the same again");
    let parties = &before.file.policy().get().contributors;
    let given = [commitment(&printed)];
    assert_eq!(check_commitments(&before.file.ctx, parties, &given), Ok(()));
    let value = own.value(&before);
    let mode = |path: &Path| std::fs::metadata(path).expect("kept").permissions().mode() & 0o777;
    assert_eq!((mode(&value), mode(&own.folder.join("key"))), (0o600, 0o600));
    refused(&own.run("reveal", &before.path, &[]), "until then the value must be secret");

    let early = own.policy(&scratch, "early.json", (PAST_S, FUTURE_S));
    std::fs::copy(&value, own.value(&early)).expect("copied");
    refused(&own.run("reveal", &early.path, &[]), "may still be corrected");
    // Half way is 2023.
    let now = own.policy(&scratch, "now.json", (PAST_S, 2_400_000_000));
    refused(&own.run("reveal", &now.path, &[]), "has committed itself to nothing");
    refused(&own.run("commit", &now.path, &[]), "it is too late");
    assert!(!own.value(&now).exists());
    // As if it had been committed to before.
    std::fs::copy(&value, own.value(&now)).expect("copied");
    let printed = well(&own.run("reveal", &now.path, &[]));
    let file = ContributionFile::read("printed", &printed).expect("a file");
    assert_eq!(file.ctx, *now.file.ctx.as_bytes());
    let Given::Reveal(reveal) = file.given else { panic!("{file:?}") };
    assert_eq!(reveal.name, NAME);
    assert_eq!(
        open_commitments(&given, std::slice::from_ref(&reveal)),
        Ok(vec![Some(reveal.value)])
    );

    let late = own.policy(&scratch, "late.json", (PAST_S, PAST_S + 90_000));
    std::fs::copy(&value, own.value(&late)).expect("copied");
    refused(&own.run("reveal", &late.path, &[]), "it is too late");
    check_plans(&own, &scratch, &now, &reveal);
}

/// A value is given only for a plan that names its commitment.
fn check_plans(own: &Institution, scratch: &TempDir, policy: &Published, reveal: &Reveal) {
    let key = std::fs::read_to_string(own.folder.join("key")).expect("a key");
    let secret: Vec<u8> = (0..64)
        .step_by(2)
        .map(|at| u8::from_str_radix(&key[at..at + 2], 16).expect("digits"))
        .collect();
    let key = publication::key::SecretKey::from_bytes(&secret.try_into().expect("32 bytes"));
    let ctx = policy.file.ctx;
    let named = publication::contribution::commit(&ctx, NAME, &reveal.value, &key);
    let other = publication::contribution::commit(&ctx, NAME, &[9; 32], &key);
    let path = scratch.path().join("plan.json");
    let plan = |ctx: [u8; 32], contributions: &[Commitment]| {
        let plan = PlanFile {
            ctx,
            plan: 1,
            policy: [0; 32],
            n: 0,
            root: [0; 32],
            entries: [0; 32],
            quota: [0; 32],
            round: 1,
            t4: 1,
            contributions: contributions.to_vec(),
        };
        std::fs::write(&path, plan.write()).expect("a file");
        own.run("reveal", &policy.path, &["--plan", path.to_str().expect("text")])
    };
    well(&plan(*ctx.as_bytes(), std::slice::from_ref(&named)));
    refused(&plan(*ctx.as_bytes(), &[other]), "does not name the commitment");
    refused(&plan(*ctx.as_bytes(), &[]), "does not name the commitment");
    refused(&plan([1; 32], &[named]), "is not a plan under this policy");
    std::fs::write(&path, "{}").expect("a file");
    refused(
        &own.run("reveal", &policy.path, &["--plan", path.to_str().expect("text")]),
        "is not the published plan",
    );
}

/// Goal: whoever names the wrong policy or a folder that cannot be used is told so, and nothing is drawn or given away.
/// Method: one fault after the other.
#[test]
fn faults_are_told() {
    let scratch = TempDir::new().expect("a folder");
    let own = Institution::new(scratch.path());
    let folder = own.folder.to_str().expect("text");
    refused(&contributor(&["init", folder]), "is not empty");
    let policy = own.policy(&scratch, "policy.json", (FUTURE_S, FUTURE_S + 90_000));
    let text = std::fs::read_to_string(&policy.path).expect("written");
    let other = scratch.path().join("other.json");
    for (content, said) in [
        ("{}".to_owned(), "is not the published policy"),
        (format!("{text}\n"), "is not the published policy"),
        (text.replace(&own.key, &"9b".repeat(32)), "names no contributor with the key"),
    ] {
        std::fs::write(&other, content).expect("a file");
        refused(&own.run("commit", &other, &[]), said);
    }
    refused(&own.run("commit", &scratch.path().join("none.json"), &[]), "none.json");
    let nowhere = Institution { folder: scratch.path().join("nowhere"), key: own.key.clone() };
    refused(&nowhere.run("commit", &policy.path, &[]), "could not open");

    let (key, value) = (own.folder.join("key"), own.value(&policy));
    let mode = |path: &Path, mode| {
        std::fs::set_permissions(path, Permissions::from_mode(mode)).expect("ours");
    };
    mode(&key, 0o644);
    refused(&own.run("commit", &policy.path, &[]), "chmod 600");
    mode(&key, 0o600);
    assert!(!value.exists());
    // Killed while it drew its value, it has committed to nothing and draws another one.
    std::fs::write(value.with_extension("part"), "half").expect("a file");
    well(&own.run("commit", &policy.path, &[]));
    assert!(value.exists() && !value.with_extension("part").exists());
    mode(&value, 0o640);
    refused(&own.run("commit", &policy.path, &[]), "chmod 600");
    mode(&value, 0o600);
    std::fs::write(&value, "half").expect("ours");
    refused(&own.run("commit", &policy.path, &[]), "which `contributor commit` writes");
    std::fs::write(&key, "half").expect("ours");
    refused(&own.run("commit", &policy.path, &[]), "which `contributor init` writes");
    std::fs::remove_file(&key).expect("ours");
    refused(&own.run("commit", &policy.path, &[]), "contributor init");
}
