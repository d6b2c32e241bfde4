//! Witnesses as processes of their own, asked by the client that asks them when a wave is published.

use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use integrations::witnesses::{Answers, WitnessAddress, WitnessFault, Witnesses};
use publication::format::LogName;
use publication::key::SecretKey;
use publication::log::{LogStore, Submission, Trust};
use selection::policy::Party;
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::sandbox::send;
use crate::serve::stop;

const ORIGIN: &str = "log.example/draw";

fn log_key() -> SecretKey {
    SecretKey::from_bytes(&[7; 32])
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
}

fn witness(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gelombang"));
    command.arg("witness").args(arguments).env_clear();
    command
}

fn init(folder: &Path, name: &str) -> Output {
    init_of_log(folder, name, (ORIGIN, &hex(&log_key().public())))
}

fn init_of_log(folder: &Path, name: &str, (origin, key): (&str, &str)) -> Output {
    let folder = folder.to_str().expect("text");
    let log = ["--log-origin", origin, "--log-key", key];
    witness(&["init", folder, "--name", name]).args(log).output().expect("the binary runs")
}

/// A running witness; dropped, it is killed.
pub(crate) struct Running {
    child: Child,
    folder: PathBuf,
    party: Party,
    address: String,
}

impl Running {
    /// Makes a witness and starts it.
    fn new(scratch: &TempDir, name: &str) -> Self {
        Self::of_log(scratch, name, (ORIGIN, &hex(&log_key().public())))
    }

    /// As [`Running::new`], of a log with this origin and key.
    pub(crate) fn of_log(scratch: &TempDir, name: &str, log: (&str, &str)) -> Self {
        let folder = scratch.path().join(name);
        let made = init_of_log(&folder, name, log);
        let public: serde_json::Value = serde_json::from_slice(&made.stdout).expect("JSON");
        let trust = std::fs::read(folder.join("witness.json")).expect("settings");
        let trust = Trust::read("witness.json", &trust).expect("settings");
        let party = trust.witnesses()[0].clone();
        assert_eq!(public, serde_json::json!({ "key": hex(&party.key), "name": name }));
        let (child, address) = start(&folder);
        Self { child, folder, party, address }
    }

    pub(crate) fn name(&self) -> &str {
        &self.party.name
    }

    pub(crate) fn key(&self) -> String {
        hex(&self.party.key)
    }

    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    pub(crate) fn kill(&mut self) {
        self.child.kill().expect("killed");
        self.child.wait().expect("our child");
    }

    fn start_again(&mut self) {
        (self.child, self.address) = start(&self.folder);
    }

    /// What it keeps of its last signature.
    fn signed(&self) -> String {
        std::fs::read_to_string(self.folder.join("signed")).expect("a memory")
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn start(folder: &Path) -> (Child, String) {
    let folder = folder.to_str().expect("text");
    let mut child = witness(&["run", folder, "--listen", "127.0.0.1:0"])
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary starts");
    let lines = BufReader::new(child.stderr.take().expect("piped")).lines();
    let address = lines.map_while(Result::ok).find_map(|line| {
        let (_, rest) = line.split_once(" on http://")?;
        Some(rest.split_once('/')?.0.to_owned())
    });
    (child, address.expect("it says where it serves"))
}

fn open_log(path: &Path) -> LogStore {
    let log = LogName { key: log_key().public(), origin: ORIGIN.to_owned() };
    LogStore::open(path, &log).expect("a log")
}

fn grow(log: &mut LogStore, text: &str, entries: u32) {
    let entries: Vec<Vec<u8>> =
        (0..entries).map(|entry| format!("{text} {entry}").into_bytes()).collect();
    log.append(&entries, &log_key()).expect("appended");
}

/// A client that knows nothing of earlier submissions.
fn client(witnesses: &[Running]) -> Witnesses {
    let parties: Vec<Party> = witnesses.iter().map(|own| own.party.clone()).collect();
    let address = |own: &Running| -> WitnessAddress {
        format!("{}=http://{}", own.party.name, own.address).parse().expect("an address")
    };
    let addresses: Vec<WitnessAddress> = witnesses.iter().map(address).collect();
    Witnesses::new(&parties, &addresses).expect("a client")
}

fn submit(client: &Witnesses, log: &LogStore) -> Answers {
    Runtime::new().expect("a runtime").block_on(client.submit(log)).expect("submitted")
}

/// Demands that all sign and that the log takes their lines as a quorum.
fn all_sign(client: &Witnesses, witnesses: &[Running], log: &mut LogStore) {
    let answers = submit(client, log);
    assert!(answers.refusals.is_empty(), "{:?}", answers.refusals);
    let parties: Vec<Party> = witnesses.iter().map(|own| own.party.clone()).collect();
    let trust = Trust::new(log.log().clone(), parties, witnesses.len()).expect("trust");
    let witnessed = log.add_cosignatures(&answers.lines(), &trust).expect("they hold");
    assert!(witnessed.quorum_time(witnesses.len()).is_some());
}

/// Goal: a key is made once, for its owner alone, and told as a policy wants it; what cannot be run says why.
/// Method: make, make again, and run with a key that is open, of another form, or in use.
#[test]
fn begins_once() {
    let scratch = tempfile::tempdir().expect("a folder");
    let mut running = Running::new(&scratch, "one.example/w");
    let key = running.folder.join("key");
    let before = std::fs::read(&key).expect("a key");
    assert_eq!(std::fs::metadata(&key).expect("a key").permissions().mode() & 0o777, 0o600);
    let refused = |output: Output, said: &str| {
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && error.contains(said), "{error}");
    };
    refused(init(&running.folder, "two"), "is not empty");
    assert_eq!(std::fs::read(&key).expect("a key"), before);
    refused(init(&scratch.path().join("bad"), "two words"), "cannot sign notes");
    let run = || {
        let folder = running.folder.to_str().expect("text");
        witness(&["run", folder, "--listen", "127.0.0.1:0"]).output().expect("the binary runs")
    };
    refused(run(), "another process runs the witness");
    running.child.kill().expect("killed");
    running.child.wait().expect("our child");
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o640)).expect("ours");
    refused(run(), "chmod 600");
    std::fs::remove_file(&key).expect("ours");
    refused(run(), "witness init");
    std::fs::write(&key, "00\n").expect("ours");
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o600)).expect("ours");
    refused(run(), "does not hold a key");
    std::fs::write(&key, format!("{}\n", "01".repeat(32))).expect("ours");
    refused(run(), "another key");
    std::fs::write(&key, before).expect("ours");
    std::fs::remove_file(running.folder.join("signed")).expect("ours");
    refused(run(), "make a new witness");
}

/// Goal: three witnesses sign a log as it grows, also for a client that knows nothing of what they signed, and stop
/// in order. Method: grow, submit, and submit again by a new client, which must ask twice.
#[test]
fn sign_a_log_that_grows() {
    let scratch = tempfile::tempdir().expect("a folder");
    let mut witnesses = ["a", "b", "c"].map(|name| Running::new(&scratch, name));
    let mut log = open_log(&scratch.path().join("log"));
    let client = client(&witnesses);
    for entries in [1, 2, 300] {
        grow(&mut log, "file", entries);
        all_sign(&client, &witnesses, &mut log);
    }
    grow(&mut log, "file", 1);
    let fresh = self::client(&witnesses);
    all_sign(&fresh, &witnesses, &mut log);
    all_sign(&fresh, &witnesses, &mut log);
    for own in &mut witnesses {
        stop(&mut own.child);
    }
}

/// Goal: a killed witness remembers what it signed, a fork and an old state are refused by it ever after, and while
/// it is away the others are a quorum. Method: kill -9 between checkpoints; a log that forked before the last one.
#[test]
fn never_sign_two_histories() {
    let scratch = tempfile::tempdir().expect("a folder");
    let mut witnesses = ["a", "b", "c"].map(|name| Running::new(&scratch, name));
    let mut log = open_log(&scratch.path().join("log"));
    grow(&mut log, "file", 5);
    let asked = client(&witnesses);
    all_sign(&asked, &witnesses, &mut log);
    for fork in ["fork", "longer", "old"] {
        log.copy_to(&scratch.path().join(fork)).expect("copied");
    }

    witnesses[0].kill();
    grow(&mut log, "file", 3);
    let answers = submit(&asked, &log);
    assert_eq!((answers.cosignatures.len(), answers.refusals.len()), (2, 1));
    assert_eq!(answers.refusals[0].to_string(), "witness a was not heard: could not connect");
    witnesses[0].start_again();
    let asked = client(&witnesses);
    all_sign(&asked, &witnesses, &mut log);
    witnesses.iter_mut().for_each(Running::kill);
    witnesses.iter_mut().for_each(Running::start_again);
    let asked = client(&witnesses);

    let signed = witnesses.iter().map(Running::signed).collect::<Vec<_>>();
    let refused = |fork: &str, entries, is: fn(&WitnessFault) -> bool| {
        let mut fork = open_log(&scratch.path().join(fork));
        if entries > 0 {
            grow(&mut fork, "other", entries);
        }
        let answers = submit(&asked, &fork);
        assert!(answers.cosignatures.is_empty() && answers.refusals.len() == 3, "{answers:?}");
        let is = |fault: &WitnessFault| is(fault) && fault.accuses_log();
        assert!(answers.refusals.iter().all(|own| is(&own.fault)), "{:?}", answers.refusals);
        assert_eq!(witnesses.iter().map(Running::signed).collect::<Vec<_>>(), signed);
    };
    refused("fork", 3, |fault| matches!(fault, WitnessFault::Forked { size: 8 }));
    refused("longer", 9, |fault| matches!(fault, WitnessFault::Inconsistent));
    refused("old", 0, |fault| matches!(fault, WitnessFault::Ahead { seen: 8, size: 5 }));
    all_sign(&asked, &witnesses, &mut log);
}

/// Goal: a kill at any moment never leaves signatures on two histories. Method: two forks are brought at the same
/// time, the witness is killed later each round, at last after its answers, and both are brought again.
#[test]
fn killed_at_any_moment() {
    let scratch = tempfile::tempdir().expect("a folder");
    let runtime = Runtime::new().expect("a runtime");
    let mut forks = ["left", "right"].map(|side| {
        let mut log = open_log(&scratch.path().join(side));
        grow(&mut log, "file", 5);
        log
    });
    let (mut in_time, mut afterwards) = (0, 0);
    for round in 0..12 {
        let mut running = [Running::new(&scratch, &format!("w{round}"))];
        let asked = client(&running);
        let mut base = open_log(&scratch.path().join(format!("base{round}")));
        grow(&mut base, "file", 5);
        all_sign(&asked, &running, &mut base);
        if round == 0 {
            forks.iter_mut().zip(["left", "right"]).for_each(|(log, side)| grow(log, side, 1));
        }
        let [left, right] = &forks;
        let both =
            || runtime.block_on(async { tokio::join!(asked.submit(left), asked.submit(right)) });
        let first = std::thread::scope(|scope| {
            let brought = scope.spawn(both);
            let patience =
                Duration::from_micros(if round == 11 { 10_000_000 } else { 50 << round });
            let deadline = Instant::now() + patience;
            while Instant::now() < deadline && !brought.is_finished() {
                std::thread::park_timeout(Duration::from_micros(50));
            }
            running[0].kill();
            let (left, right) = brought.join().expect("no panic");
            [left, right].map(|own| own.expect("submitted").cosignatures.len())
        });
        running[0].start_again();
        let asked = client(&running);
        let again = forks.each_ref().map(|log| submit(&asked, log).cosignatures.len());
        let signed = [0, 1].map(|side| first[side] + again[side] > 0);
        assert_eq!(signed.iter().filter(|signed| **signed).count(), 1, "{first:?} {again:?}");
        in_time += first[0] + first[1];
        afterwards += again[0] + again[1];
    }
    assert!(in_time > 0 && afterwards == 12, "{in_time} {afterwards}");
}

/// Goal: the answers are those of the protocol. Method: requests over a socket, each with its status, and the size
/// with its type.
#[test]
fn speak_the_protocol() {
    let scratch = tempfile::tempdir().expect("a folder");
    let mut running = Running::new(&scratch, "w");
    let address = running.address.clone();
    let mut log = open_log(&scratch.path().join("log"));
    grow(&mut log, "file", 3);
    let submission = |old| {
        let checkpoint = log.checkpoint().expect("a checkpoint");
        String::from_utf8(Submission { old, proof: Vec::new(), checkpoint }.write()).expect("text")
    };
    let check = |body: &str, status: &str| {
        let answer = send(&address, "POST /add-checkpoint", "", body);
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{body}\n{answer}");
        answer
    };
    let good = submission(0);
    check("", "400");
    check(&good.replace("old 0", "new 0"), "400");
    check(&submission(4), "400");
    check(&good.replace(ORIGIN, "other.example"), "404");
    check(&good.replace("\n3\n", "\n2\n"), "403");
    check(&"x".repeat(100_000), "413");
    check(&good, "200");
    let conflict = check(&good, "409");
    assert!(conflict.contains("content-type: text/x.tlog.size\r\n"), "{conflict}");
    assert!(conflict.ends_with("\r\n\r\n3\n"), "{conflict}");
    check(&submission(3), "200");
    check(&submission(3).replace("\n\n", &format!("\n{}=\n\n", "A".repeat(43))), "400");
    let proof = format!("old 3\n{}=\n\n", "A".repeat(43));
    check(&submission(3).replacen("old 3\n\n", &proof, 1), "422");
    assert!(send(&address, "GET /add-checkpoint", "", "").starts_with("HTTP/1.1 405"));
    stop(&mut running.child);
}
