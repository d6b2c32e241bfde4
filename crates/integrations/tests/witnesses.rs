//! The client of witnesses against servers that do not answer as a witness does; real witnesses are processes,
//! which the tests of the binary run.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use axum::routing::post;
use integrations::error::CallErrorKind;
use integrations::witnesses::{WitnessAddress, WitnessFault, WitnessSetupError, Witnesses};
use publication::format::LogName;
use publication::key::SecretKey;
use publication::log::{LogStore, Submission, Witness};
use selection::policy::Party;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

fn secret(byte: u8) -> SecretKey {
    SecretKey::from_bytes(&[byte; 32])
}

fn log_name() -> LogName {
    LogName { key: secret(1).public(), origin: "log.example/draw".to_owned() }
}

/// A log of four entries.
fn log(folder: &TempDir) -> LogStore {
    let mut log = LogStore::open(&folder.path().join("log"), &log_name()).expect("a log");
    let entries: Vec<Vec<u8>> = (0..4).map(|entry| vec![entry]).collect();
    log.append(&entries, &secret(1)).expect("appended");
    log
}

fn party(name: &str) -> Party {
    Party { key: secret(2).public(), name: name.to_owned() }
}

/// The fault of a witness whose server answers `respond` to everything.
async fn fault<F>(log: &LogStore, respond: F) -> WitnessFault
where
    F: Fn(Vec<u8>) -> (StatusCode, String) + Clone + Send + Sync + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = format!("w=http://{}", listener.local_addr().expect("an address"));
    let answer = async move |body: axum::body::Bytes| respond(body.to_vec());
    let router = Router::new().route("/add-checkpoint", post(answer));
    let mut tasks = JoinSet::new();
    tasks.spawn(async move { axum::serve(listener, router).await });
    let address: WitnessAddress = address.parse().expect("an address");
    let witnesses = Witnesses::new(&[party("w")], &[address]).expect("a client");
    let mut answers = witnesses.submit(log).await.expect("submitted");
    assert!(answers.lines().is_empty(), "{answers:?}");
    answers.refusals.pop().expect("a refusal").fault
}

/// Goal: nothing but a valid signature by the witness's own key counts, and each failure is told in its words.
/// Method: servers that answer each status, sizes of every kind, and signatures by another key or of another state.
#[tokio::test]
async fn what_does_not_count() {
    use WitnessFault as W;
    let folder = tempfile::tempdir().expect("a folder");
    let log = log(&folder);
    let told = |status: u16, body: &'static str| {
        let status = StatusCode::from_u16(status).expect("a status");
        fault(&log, move |_| (status, body.to_owned()))
    };
    assert!(matches!(told(400, "").await, W::Malformed));
    assert!(matches!(told(403, "").await, W::UnknownKey));
    assert!(matches!(told(404, "").await, W::UnknownLog));
    assert!(matches!(told(422, "").await, W::Inconsistent));
    assert!(matches!(told(503, "").await, W::Call(CallErrorKind::Status(503))));
    assert!(matches!(told(302, "").await, W::Call(CallErrorKind::Unexpected(302))));
    assert!(matches!(told(200, "").await, W::NoCosignature));
    assert!(matches!(told(200, "<html>").await, W::NoCosignature));
    assert!(matches!(told(409, "").await, W::Unreadable));
    assert!(matches!(told(409, "many\n").await, W::Unreadable));
    // It was asked from 0.
    assert!(matches!(told(409, "0\n").await, W::Unreadable));
    assert!(matches!(told(409, "4\n").await, W::Forked { size: 4 }));
    assert!(matches!(told(409, "5\n").await, W::Ahead { seen: 5, size: 4 }));
    let restless = fault(&log, |body| {
        let old = Submission::read(&body).expect("a submission").old;
        (StatusCode::CONFLICT, format!("{}\n", (old + 1) % 4))
    });
    assert!(matches!(restless.await, W::Restless));

    let memory = folder.path().join("signed");
    let foreign = Witness::new("w", secret(3), &log_name(), &memory);
    foreign.begin(1).expect("begun");
    let line = foreign.cosign(&log.checkpoint().expect("a checkpoint"), &[], 5).expect("signed");
    assert!(matches!(fault(&log, move |_| (StatusCode::OK, line.text())).await, W::NoCosignature));
    let small = LogStore::open(&folder.path().join("small"), &log_name()).map(|mut small| {
        small.append(&[vec![0]], &secret(1)).expect("appended");
        small
    });
    let own = Witness::new("w", secret(2), &log_name(), &folder.path().join("own"));
    own.begin(1).expect("begun");
    let stale = own.cosign(&small.expect("a log").checkpoint().expect("a checkpoint"), &[], 5);
    let stale = stale.expect("signed").text();
    assert!(matches!(
        fault(&log, move |_| (StatusCode::OK, stale.clone())).await,
        W::NoCosignature
    ));
}

/// Goal: a witness that hangs costs its time and no other one's signature, and one without an address is named.
/// Method: a server that never answers, a witness that signs among lines of others, and nobody.
#[tokio::test]
async fn each_for_itself() {
    let folder = tempfile::tempdir().expect("a folder");
    let log = log(&folder);
    let signer = Witness::new("b", secret(2), &log_name(), &folder.path().join("signed"));
    signer.begin(1).expect("begun");
    let signer = Arc::new(signer);
    let sign = async move |body: axum::body::Bytes| {
        let submission = Submission::read(&body).expect("a submission");
        let line = signer.answer(&submission, 7).expect("signed").text();
        format!("\u{2014} other.example AAAAAAE=\n{line}")
    };
    let hang = async || std::future::pending::<StatusCode>().await;
    let router =
        Router::new().route("/a/add-checkpoint", post(hang)).route("/b/add-checkpoint", post(sign));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let server = listener.local_addr().expect("an address");
    let mut tasks = JoinSet::new();
    tasks.spawn(async move { axum::serve(listener, router).await });
    let address = |name: &str| -> WitnessAddress {
        format!("{name}=http://{server}/{name}").parse().expect("an address")
    };
    let parties = ["a", "b", "c"].map(party);
    let wait = Duration::from_millis(300);
    let witnesses = Witnesses::with_timeout(&parties, &[address("b"), address("a")], wait);
    let answers = witnesses.expect("clients").submit(&log).await.expect("submitted");
    let signed: Vec<(&str, u64)> =
        answers.cosignatures.iter().map(|own| (own.witness.as_str(), own.time_s)).collect();
    assert_eq!(signed, [("b", 7)]);
    let said: Vec<String> = answers.refusals.iter().map(ToString::to_string).collect();
    assert_eq!(
        said,
        [
            "witness a was not heard: no answer within the allowed time",
            "witness c has no address here; name it"
        ]
    );

    let unknown = Witnesses::new(&parties, &[address("d")]).expect_err("nobody");
    assert_eq!(unknown, WitnessSetupError::Unknown { name: "d".to_owned() });
    let twice = Witnesses::new(&parties, &[address("a"), address("a")]).expect_err("two");
    assert_eq!(twice, WitnessSetupError::Twice { name: "a".to_owned() });
    for wrong in ["a", "=http://127.0.0.1", "a=127.0.0.1", "a=http://witness.example"] {
        assert!(wrong.parse::<WitnessAddress>().is_err(), "{wrong}");
    }
}
