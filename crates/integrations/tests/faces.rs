//! The adapter of whoever compares faces against the simulator, which is written without it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use domain::face::{FaceFault, FaceVerdict};
use domain::time::Timestamp;
use integrations::error::{CallError, CallErrorKind};
use integrations::faces::{CompareError, FaceDesk, FacePair, Faces as _, HttpFaces};
use integrations::http::{HttpClient, HttpSetup};
use integrations::secret::Secret;
use sandbox::face::{FaceBehaviour, router};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

/// Serves the simulator until the set is dropped.
async fn simulate(behaviour: FaceBehaviour, tasks: &mut JoinSet<()>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tasks.spawn(async move {
        let served = sandbox::serve(listener, router(behaviour), std::future::pending()).await;
        served.expect("served");
    });
    address
}

fn faces(address: SocketAddr, token: Option<&str>, timeout: Duration) -> HttpFaces {
    let setup = HttpSetup {
        system: HttpFaces::SYSTEM,
        address: format!("http://{address}").parse().expect("an address"),
        token: token.and_then(Secret::parse),
        timeout,
    };
    HttpFaces::new(HttpClient::new(setup).expect("a client"))
}

/// The head of a JPEG of this width, behind a segment of another kind.
fn picture(width: u16) -> Vec<u8> {
    let [high, low] = width.to_be_bytes();
    [
        &[0xff, 0xd8, 0xff, 0xe0, 0, 4, 1, 2],
        &[0xff, 0xc0, 0, 11, 8, 0, 9, high, low, 1, 1, 17, 0][..],
    ]
    .concat()
}

async fn compare(faces: &HttpFaces, width: u16) -> Result<FaceVerdict, CallErrorKind> {
    let (card, face) = (picture(800), picture(width));
    let pair = FacePair { card: &card, face: &face };
    faces.compare(pair).await.map_err(|error| error.kind)
}

const LONG: Duration = Duration::from_secs(10);

/// Goal: every case of docs/FACES.md comes through the adapter as what it means. Method: each width that provokes
/// something, and pictures that the other side cannot read.
#[tokio::test]
async fn every_case_of_the_agreement() {
    let mut tasks = JoinSet::new();
    let faces = faces(simulate(FaceBehaviour::default(), &mut tasks).await, None, LONG);
    for (width, expected) in [
        (1600, Ok(FaceVerdict::Match)),
        (1289, Ok(FaceVerdict::Match)),
        (1290, Ok(FaceVerdict::Fault(FaceFault::Mismatch))),
        (791, Ok(FaceVerdict::Fault(FaceFault::Unclear))),
        (1592, Ok(FaceVerdict::Fault(FaceFault::NoFace))),
        (1198, Err(CallErrorKind::Status(503))),
    ] {
        assert_eq!(compare(&faces, width).await, expected, "{width}");
    }
    let unreadable = FacePair { card: b"GIF89a", face: &picture(800) };
    let refused = faces.compare(unreadable).await;
    assert_eq!(refused, Ok(FaceVerdict::Fault(FaceFault::Unclear)));
    assert_eq!(format!("{unreadable:?}"), "FacePair(***)");
}

/// Each behaviour by what comes of it; what is late has an unknown outcome and may be asked again.
#[tokio::test]
async fn behaviours() {
    let mut tasks = JoinSet::new();
    let wrong = FaceBehaviour { has_mismatch: true, ..FaceBehaviour::default() };
    let wrong = faces(simulate(wrong, &mut tasks).await, None, LONG);
    assert_eq!(compare(&wrong, 1600).await, Ok(FaceVerdict::Fault(FaceFault::Mismatch)));
    let slow = FaceBehaviour { latency: LONG, ..FaceBehaviour::default() };
    let slow = faces(simulate(slow, &mut tasks).await, None, Duration::from_millis(50));
    assert_eq!(compare(&slow, 1600).await, Err(CallErrorKind::Late));
    let guarded = FaceBehaviour { token: Some("kunci".to_owned()), ..FaceBehaviour::default() };
    let guarded = simulate(guarded, &mut tasks).await;
    for (token, expected) in [
        (Some("kunci"), Ok(FaceVerdict::Match)),
        (Some("salah"), Err(CallErrorKind::Status(401))),
        (None, Err(CallErrorKind::Status(401))),
    ] {
        assert_eq!(compare(&faces(guarded, token, LONG), 1600).await, expected);
    }
}

/// Goal: whoever is away is left alone after three failures and probed later. Method: an outage, under a clock of the
/// test; nobody listens any more when nothing is to be asked.
#[tokio::test]
async fn an_outage_is_spared() {
    let mut tasks = JoinSet::new();
    let away = FaceBehaviour { is_away: true, ..FaceBehaviour::default() };
    let address = simulate(away, &mut tasks).await;
    let desk = FaceDesk::new(Arc::new(faces(address, None, LONG)));
    let pair = FacePair { card: &picture(800), face: &picture(800) };
    let now = Timestamp::from_micros(1_000_000);
    let call = CallError { system: HttpFaces::SYSTEM, kind: CallErrorKind::Status(503) };
    for _ in 0..3 {
        assert!(!desk.rests(now));
        assert_eq!(desk.compare(pair, now).await, Err(CompareError::Call(call)));
    }
    assert!(desk.rests(now));
    assert_eq!(desk.compare(pair, now).await, Err(CompareError::Resting));
    let later = now.plus_micros(30_000_000);
    assert!(!desk.rests(later));
    assert_eq!(desk.compare(pair, later).await, Err(CompareError::Call(call)));
    assert_eq!(desk.compare(pair, later).await, Err(CompareError::Resting));
}
