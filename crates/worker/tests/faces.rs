//! Faces that are compared, not compared, or compared too late: the worker on a real server, asking a real simulator
//! over sockets, under a clock that the test sets.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail the test")]

#[expect(dead_code, reason = "the world serves other tests too")]
#[path = "../../app/tests/support/mod.rs"]
mod support;

use std::io::Cursor;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use app::accounts::{OpenAnswer, open_account};
use app::clock::Clock;
use app::faces::{FaceAnswer, send_face};
use app::passwords::Passwords;
use app::photos::{PhotoAnswer, delete_photo, keep_photo, read_photo};
use domain::account::Password;
use domain::client_key::ClientKey;
use domain::identity::Email;
use domain::ids::AccountId;
use domain::reasons::Language;
use domain::time::Timestamp;
use domain::wave::{WaveEvent, WaveKind};
use image::{GrayImage, ImageFormat, Luma};
use integrations::faces::{FaceDesk, HttpFaces};
use integrations::http::{HttpClient, HttpSetup};
use pictures::{Picture, read_picture};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng as _;
use sandbox::face::{FaceBehaviour, router};
use support::World;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use worker::{Worker, WorkerSetup};

/// One second in microseconds.
const SECOND: i64 = 1_000_000;

#[derive(Debug)]
struct SetClock(AtomicI64);

impl Clock for SetClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.0.load(Ordering::SeqCst))
    }
}

/// A picture of this width, which decides the verdict.
fn picture(width: u32) -> Picture {
    let drawn = GrayImage::from_fn(width, 40, |x, y| Luma([(x * 3 + y * 5) as u8]));
    let mut bytes = Cursor::new(Vec::new());
    drawn.write_to(&mut bytes, ImageFormat::Png).unwrap();
    read_picture(bytes.get_ref()).unwrap()
}

struct Office {
    world: World,
    clock: Arc<SetClock>,
    address: SocketAddr,
    account: AccountId,
    stop: Option<oneshot::Sender<()>>,
}

async fn simulate(
    address: SocketAddr,
    behaviour: FaceBehaviour,
    tasks: &mut JoinSet<()>,
) -> (SocketAddr, oneshot::Sender<()>) {
    let listener = TcpListener::bind(address).await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel();
    let stopped = async { stopped.await.unwrap_or_default() };
    tasks.spawn(async move {
        sandbox::serve(listener, router(behaviour), stopped).await.unwrap();
    });
    (address, stop)
}

impl Office {
    /// An account with a picture of its card, and a simulator of this behaviour.
    async fn new(behaviour: FaceBehaviour, tasks: &mut JoinSet<()>) -> Self {
        let mut world = World::new(50, &[(WaveKind::Regular, 9)]).await;
        let now = world.instant(50, WaveEvent::Open);
        let (address, stop) = simulate("127.0.0.1:0".parse().unwrap(), behaviour, tasks).await;
        let passwords = Passwords::new(1).unwrap();
        let email = Email::parse("siti@contoh.id").unwrap();
        let password = Password::parse("kata sandi yang benar").unwrap();
        let key = ClientKey::parse("key").unwrap();
        let act = &mut world.act(now);
        let opened = open_account(act, &passwords, email, password, Language::English, &key).await;
        let OpenAnswer::Opened(account) = opened.unwrap() else { panic!("opened twice") };
        assert_eq!(keep_photo(act, account, &picture(800)).await.unwrap(), PhotoAnswer::Done);
        let clock = Arc::new(SetClock(AtomicI64::new(now.micros())));
        Self { world, clock, address, account, stop: Some(stop) }
    }

    fn pass(&self, seconds: i64) {
        self.clock.0.fetch_add(seconds * SECOND, Ordering::SeqCst);
    }

    fn worker(&self, seed: u64) -> Worker<impl FnMut() -> ChaCha8Rng + use<>> {
        let http = HttpSetup {
            system: HttpFaces::SYSTEM,
            address: format!("http://{}", self.address).parse().unwrap(),
            token: None,
            timeout: Duration::from_secs(10),
        };
        let faces = Arc::new(HttpFaces::new(HttpClient::new(http).unwrap()));
        let setup = WorkerSetup {
            database: self.world.scratch.database().clone(),
            keys: Arc::new(self.world.keys.clone()),
            keys_folder: self.world.scratch.folder().join("keys"),
            policies: Arc::new(self.world.reference.policies.clone()),
            clock: Arc::clone(&self.clock) as Arc<dyn Clock>,
            jobs_max: 4,
            registers: None,
            faces: Some(Arc::new(FaceDesk::new(faces))),
            folders: None,
            outside_max: 8,
        };
        let seeds = Mutex::new(ChaCha8Rng::seed_from_u64(seed));
        Worker::new(setup, move || ChaCha8Rng::from_rng(&mut *seeds.lock().unwrap()))
    }

    async fn send(&mut self, width: u32) -> FaceAnswer {
        let now = self.clock.now();
        send_face(&mut self.world.act(now), self.account, &picture(width)).await.unwrap()
    }

    /// State and fault of the check.
    async fn check(&self) -> String {
        self.world.rows("SELECT state, fault FROM face_checks").await.concat()
    }

    /// The pictures there are.
    async fn kept(&self) -> String {
        self.world.rows("SELECT kind FROM account_secrets ORDER BY kind").await.concat()
    }

    /// Jobs that are not done.
    async fn waiting(&self) -> i64 {
        let query = "SELECT count(*) FROM jobs WHERE kind = 'faces_compare' AND state <> 'done'";
        self.world.number(query).await
    }
}

/// Goal: each verdict is written down, the picture of the face is gone with it, and a face that was not recognised may be
/// sent again so many times a day. Method: pictures of the widths that provoke each verdict.
#[tokio::test]
async fn verdicts() {
    let mut tasks = JoinSet::new();
    let mut office = Office::new(FaceBehaviour::default(), &mut tasks).await;
    let mut worker = office.worker(1);
    for (width, expected) in [
        (90, "(refuted,mismatch)"),
        (91, "(refuted,unclear)"),
        (92, "(refuted,no_face)"),
        (90, "(refuted,mismatch)"),
        (90, "(refuted,mismatch)"),
    ] {
        assert_eq!(office.send(width).await, FaceAnswer::Sent);
        assert_eq!(office.send(width).await, FaceAnswer::Needless, "one at a time");
        assert_eq!(office.kept().await, "(face_photo)(identity_photo)");
        worker.run_due().await;
        assert_eq!(office.check().await, expected);
        assert_eq!((office.kept().await.as_str(), office.waiting().await), ("(identity_photo)", 0));
    }
    assert_eq!(office.send(80).await, FaceAnswer::NoneLeft);
    office.pass(24 * 3600);
    assert_eq!(office.send(80).await, FaceAnswer::Sent);
    worker.run_due().await;
    assert_eq!(office.check().await, "(confirmed,)");
    assert_eq!(office.kept().await, "(identity_photo)");
    assert_eq!(office.send(80).await, FaceAnswer::Needless);
    let acts = "SELECT act, count(*) FROM audit_events WHERE act LIKE 'face%' OR act LIKE 'identity_photo%'
                GROUP BY act ORDER BY act";
    assert_eq!(
        office.world.rows(acts).await,
        ["(face_send,6)", "(faces_answer,6)", "(faces_compare,6)", "(identity_photo_keep,1)"]
    );
    office.world.assert_audit_clean().await;
}

/// Goal: another picture of the card begins the check anew, also once it was confirmed, and its deletion leaves nothing;
/// an erased account has nobody compared. Method: after a confirmation, replace, send and delete.
#[tokio::test]
async fn another_card() {
    let mut tasks = JoinSet::new();
    let mut office = Office::new(FaceBehaviour::default(), &mut tasks).await;
    let (now, account, mut worker) = (office.clock.now(), office.account, office.worker(1));
    office.send(80).await;
    worker.run_due().await;
    assert_eq!(office.check().await, "(confirmed,)");
    keep_photo(&mut office.world.act(now), account, &picture(700)).await.unwrap();
    assert_eq!(office.check().await, "(not_asked,)");
    let kept = read_photo(&mut office.world.act(now), account).await.unwrap().unwrap();
    assert_eq!(kept.jpeg, picture(700).jpeg());
    assert_eq!(office.send(80).await, FaceAnswer::Sent);
    delete_photo(&mut office.world.act(now), account).await.unwrap();
    assert_eq!(office.kept().await, "");
    worker.run_due().await;
    assert_eq!((office.check().await.as_str(), office.waiting().await), ("(not_asked,)", 0));
    assert_eq!(office.send(80).await, FaceAnswer::NoPhoto);
}

/// Goal: an outage loses nobody: it is asked again by itself after growing pauses, never before, and far more often than
/// a job may fail. Method: nobody answers, thirty times; then the same address answers.
#[tokio::test]
async fn an_outage_only_delays() {
    let mut tasks = JoinSet::new();
    let away = FaceBehaviour { is_away: true, ..FaceBehaviour::default() };
    let mut office = Office::new(away, &mut tasks).await;
    let mut worker = office.worker(1);
    office.send(80).await;
    worker.run_due().await;
    let asked = "SELECT count(*) FROM audit_events WHERE act = 'faces_compare'";
    assert_eq!(
        (office.check().await.as_str(), office.world.number(asked).await),
        ("(unavailable,)", 1)
    );
    office.pass(14);
    worker.run_due().await;
    assert_eq!(office.world.number(asked).await, 1, "too early");
    office.pass(1);
    worker.run_due().await;
    assert_eq!(office.world.number(asked).await, 2);
    for _ in 0..30 {
        office.pass(600);
        worker.run_due().await;
        assert_eq!((office.check().await.as_str(), office.waiting().await), ("(unavailable,)", 1));
    }
    assert_eq!(office.kept().await, "(face_photo)(identity_photo)");
    office.stop.take().unwrap().send(()).unwrap();
    tasks.join_next().await.unwrap().unwrap();
    let _stop = simulate(office.address, FaceBehaviour::default(), &mut tasks).await;
    office.pass(600);
    worker.run_due().await;
    assert_eq!((office.check().await.as_str(), office.waiting().await), ("(confirmed,)", 0));
}

/// Goal: a verdict about pictures that were replaced meanwhile is not written down, and the new ones are compared.
/// Method: somebody who takes half a second; once the question is out, both pictures change.
#[tokio::test]
async fn a_late_verdict_about_other_pictures_does_not_count() {
    let mut tasks = JoinSet::new();
    let slow = FaceBehaviour { latency: Duration::from_millis(500), ..FaceBehaviour::default() };
    let mut office = Office::new(slow, &mut tasks).await;
    let (now, account) = (office.clock.now(), office.account);
    office.send(80).await;
    let mut worker = office.worker(1);
    let mut rng = ChaCha8Rng::seed_from_u64(9);
    tokio::join!(worker.run_due(), async {
        while office.check().await != "(asked,)" {
            tokio::task::yield_now().await;
        }
        let act = &mut office.world.act_beside(now, &mut rng);
        keep_photo(act, account, &picture(700)).await.unwrap();
        assert_eq!(send_face(act, account, &picture(91)).await.unwrap(), FaceAnswer::Sent);
    });
    assert_eq!(office.check().await, "(refuted,unclear)", "the later picture decides");
    assert_eq!((office.kept().await.as_str(), office.waiting().await), ("(identity_photo)", 0));
    let answers = "SELECT count(*) FROM audit_events WHERE act = 'faces_answer'";
    assert_eq!(office.world.number(answers).await, 1, "the first verdict was dropped");
}
