//! Fetching rounds against the simulator, which is written without the product's code.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use integrations::address::Address;
use integrations::beacon::{BeaconSources, NoRound, RoundFault, read_round};
use integrations::error::CallErrorKind;
use publication::beacon::BeaconFault;
use sandbox::beacon::{BeaconBehaviour, BeaconClock, router};
use selection::beacon::{BeaconSchedule, TestBeacon};
use selection::policy::BeaconFacts;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

const GENESIS_S: u64 = 1000;
const PERIOD_S: u32 = 3;
/// Round 5 appears at 1000 + 4 * 3.
const ROUND: u64 = 5;
const DUE_S: u64 = 1012;

fn chain() -> BeaconFacts {
    BeaconFacts {
        chain_hash: [7; 32],
        public_key: None,
        scheme: TestBeacon::SCHEME.to_owned(),
        genesis_s: GENESIS_S,
        period_s: PERIOD_S,
        test: true,
    }
}

/// A beacon on time, by a clock that the test sets.
fn on_time(now_s: &Arc<AtomicU64>) -> BeaconBehaviour {
    let now_s = Arc::clone(now_s);
    BeaconBehaviour {
        chain_hash: [7; 32],
        genesis_s: GENESIS_S,
        period_s: PERIOD_S,
        clock: BeaconClock::new(move || now_s.load(Ordering::SeqCst)),
        late_s: 0,
        is_wrong: false,
        is_away: false,
        latency: Duration::ZERO,
    }
}

/// Serves a simulator until the set is dropped.
async fn simulate(behaviour: BeaconBehaviour, tasks: &mut JoinSet<()>) -> Address {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tasks.spawn(async move {
        let served = sandbox::serve(listener, router(behaviour), std::future::pending()).await;
        served.expect("served");
    });
    at(address)
}

fn at(address: SocketAddr) -> Address {
    format!("http://{address}").parse().expect("an address")
}

fn sources(addresses: &[&Address]) -> BeaconSources {
    let addresses: Vec<Address> = addresses.iter().map(|&address| address.clone()).collect();
    BeaconSources::with_timeout(&addresses, Duration::from_secs(2)).expect("clients")
}

async fn refusal(addresses: &[&Address], chain: &BeaconFacts) -> NoRound {
    sources(addresses).fetch(chain, ROUND).await.expect_err("no round")
}

/// Goal: a round is there from its time on, as the chain itself has it, and before, or while it is late, it is
/// said to be early. Method: a clock that is set around the edges, and a chain that the server does not have.
#[tokio::test]
async fn rounds_come_at_their_time() {
    let mut tasks = JoinSet::new();
    let now_s = Arc::new(AtomicU64::new(DUE_S - 1));
    let prompt = simulate(on_time(&now_s), &mut tasks).await;
    let late = simulate(BeaconBehaviour { late_s: 60, ..on_time(&now_s) }, &mut tasks).await;
    let early = refusal(&[&prompt, &late], &chain()).await;
    assert!(early.is_early() && early.faults.len() == 2, "{early}");
    assert!(early.to_string().starts_with("round 5 of the beacon is not there yet; "), "{early}");

    now_s.store(DUE_S, Ordering::SeqCst);
    let found = sources(&[&prompt]).fetch(&chain(), ROUND).await.expect("a round");
    let own = TestBeacon::new([7; 32], BeaconSchedule::new(GENESIS_S, PERIOD_S).expect("a chain"));
    assert_eq!((found.signature, found.randomness), (own.signature(5), own.randomness(5)));
    assert!(refusal(&[&late], &chain()).await.is_early());
    now_s.store(DUE_S + 60, Ordering::SeqCst);
    assert_eq!(sources(&[&late]).fetch(&chain(), ROUND).await.expect("a round"), found);
    let other = BeaconFacts { chain_hash: [8; 32], ..chain() };
    let unknown = refusal(&[&late], &other).await;
    assert!(unknown.to_string().contains("check the address"), "{unknown}");
}

/// Goal: the next server is asked when one is away, hangs, or lies, and a lie is never taken for an early round.
/// Method: servers of each kind alone and before a good one, each fault looked at.
#[tokio::test]
async fn servers_stand_in_for_each_other() {
    let mut tasks = JoinSet::new();
    let now_s = Arc::new(AtomicU64::new(DUE_S));
    let good = simulate(on_time(&now_s), &mut tasks).await;
    let wrong = simulate(BeaconBehaviour { is_wrong: true, ..on_time(&now_s) }, &mut tasks).await;
    let away = simulate(BeaconBehaviour { is_away: true, ..on_time(&now_s) }, &mut tasks).await;
    let hanging = BeaconBehaviour { latency: Duration::from_mins(1), ..on_time(&now_s) };
    let hanging = simulate(hanging, &mut tasks).await;
    let late = simulate(BeaconBehaviour { late_s: 60, ..on_time(&now_s) }, &mut tasks).await;
    let port = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let closed = at(port.local_addr().expect("an address"));
    drop(port);

    let bad = [&closed, &hanging, &away, &wrong];
    let said = refusal(&bad, &chain()).await;
    let faults: Vec<&RoundFault> = said.faults.iter().map(|(_, fault)| fault).collect();
    assert!(
        matches!(
            faults.as_slice(),
            [
                RoundFault::Call(CallErrorKind::Unreachable),
                RoundFault::Call(CallErrorKind::Late),
                RoundFault::Call(CallErrorKind::Status(503)),
                RoundFault::Wrong(BeaconFault::Signature { round: ROUND }),
            ]
        ),
        "{said}"
    );
    assert!(!said.is_early() && !refusal(&[&late, &wrong], &chain()).await.is_early());
    assert!(refusal(&[&away, &late], &chain()).await.is_early());
    assert!(!refusal(&[&away], &chain()).await.is_early());
    assert!(refusal(&[], &chain()).await.to_string().starts_with("name a server"));
    for first in bad {
        sources(&[first, &good]).fetch(&chain(), ROUND).await.expect("a round");
    }
}

/// Goal: a round comes from a file too, and is checked alike. Method: round 123 of the real chain as drand gives
/// it, asked for by its own and another number; a file of something else, and none.
#[test]
fn files() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("123.json");
    let answer = r#"{"round":123,"randomness":"fb8f7bc29bf24db51871ec8c79f3a1e4bd0557bc0dfcee9ed1d924e69d1c60dc",
        "signature":"b75c69d0b72a5d906e854e808ba7e2accb1542ac355ae486d591aa9d43765482e26cd02df835d3546d23c4b13e0dfc92"}"#;
    std::fs::write(&path, answer).expect("written");
    let real = BeaconFacts::quicknet();
    let found = read_round(&path, &real, 123).expect("a round");
    assert_eq!((found.round, found.randomness[0]), (123, 0xfb));
    let other = read_round(&path, &real, 124);
    assert!(matches!(other, Err(RoundFault::Wrong(BeaconFault::OtherRound { .. }))), "{other:?}");
    let foreign = read_round(&path, &chain(), 123);
    assert!(matches!(foreign, Err(RoundFault::Wrong(BeaconFault::Signature { .. }))));
    std::fs::write(&path, "<html>").expect("written");
    assert!(matches!(read_round(&path, &real, 123), Err(RoundFault::Wrong(BeaconFault::Form))));
    let none = read_round(&folder.path().join("none"), &real, 123);
    assert!(matches!(none, Err(RoundFault::File(_))));
}
