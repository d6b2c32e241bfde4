//! A router on a small world, and a client of it.

use std::num::NonZeroU32;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use api::{Api, Gate, Limits, Rates, Registering};
use app::clock::Clock;
use app::join_desk::{DeskSetup, JoinDesk};
use app::passwords::Passwords;
use app::service::{Randomness, Service};
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode};
use domain::time::Timestamp;
use domain::wave::WaveKind;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng as _;
use serde_json::Value;
use tokio::task::JoinSet;
use tower::ServiceExt as _;

use crate::support::{HOUR, World};

/// The wave that is open.
pub(crate) const WAVE: u16 = 48;

/// A clock that stands until it is set.
#[derive(Debug)]
struct Stopped(AtomicI64);

impl Clock for Stopped {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.0.load(Ordering::Relaxed))
    }
}

/// An API on an open wave, an hour after its opening.
pub(crate) struct Served {
    pub(crate) world: World,
    pub(crate) api: Api,
    clock: Arc<Stopped>,
    /// The clerks of the desk, who end with the test.
    _clerks: JoinSet<()>,
}

/// An answer with its whole body, also as JSON if it is that.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
    pub(crate) bytes: Vec<u8>,
}

impl Answer {
    /// A header as text, empty if absent.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("plain text"))
    }

    /// A member of the body as text, empty if absent.
    pub(crate) fn text(&self, member: &str) -> &str {
        self.body[member].as_str().unwrap_or_default()
    }
}

impl Served {
    pub(crate) async fn new(clerks: usize, waiting_max: usize) -> Self {
        let mut world = World::new(WAVE, &[(WaveKind::Regular, 3)]).await;
        world.open(WAVE).await.unwrap();
        let now = world.calendar(WAVE).opens_at.plus_micros(HOUR);
        Self::of(world, now, clerks, waiting_max)
    }

    /// An API on this world.
    pub(crate) fn of(world: World, now: Timestamp, clerks: usize, waiting_max: usize) -> Self {
        let clock = Arc::new(Stopped(AtomicI64::new(now.micros())));
        let setup = DeskSetup {
            database: world.scratch.database().clone(),
            keys: Arc::new(world.keys.clone()),
            policies: Arc::new(world.reference.policies.clone()),
            clock: Arc::clone(&clock) as Arc<dyn Clock>,
            clerks,
            waiting_max,
        };
        let mut tasks = JoinSet::new();
        let desk = JoinDesk::open(&setup, &mut tasks, || ChaCha8Rng::seed_from_u64(1));
        let randomness = Arc::new(std::sync::Mutex::new(ChaCha8Rng::seed_from_u64(2)));
        let service = Service {
            database: setup.database,
            keys: setup.keys,
            policies: setup.policies,
            regions: Arc::new(world.reference.regions.clone()),
            clock: setup.clock,
            passwords: Passwords::new(2).unwrap(),
            desk,
            receipt_key: None,
            public_folder: PathBuf::new(),
            randomness: Arc::new(move || {
                let mut source = randomness.lock().expect("no panic");
                Box::new(ChaCha8Rng::from_rng(&mut *source)) as Randomness
            }),
        };
        let limits = Arc::new(limits(1_000));
        let (gate, registering) = (Gate::default(), Registering::ByPrograms);
        let api = Api { service, limits, gate, public_url: None, registering };
        Self { world, api, clock, _clerks: tasks }
    }

    /// Sets the clock.
    pub(crate) fn set_now(&self, now: Timestamp) {
        self.clock.0.store(now.micros(), Ordering::Relaxed);
    }

    /// Asks with headers `name: value` and a JSON body, empty for none.
    pub(crate) async fn ask(&self, head: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let (method, path) = head.split_once(' ').expect("a method and a path");
        let mut request = Request::builder().method(method).uri(path);
        if !body.is_empty() {
            request = request.header("content-type", "application/json");
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Body::from(body.to_owned())).expect("a request");
        let response = api::router(self.api.clone()).oneshot(request).await.expect("infallible");
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, 1 << 20).await.expect("a body below 1 MB");
        let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        Answer { status: parts.status, headers: parts.headers, body, bytes: bytes.to_vec() }
    }

    /// Opens an account for `name` and signs in; gives the header that acts for it.
    pub(crate) async fn sign_in(&self, name: &str) -> String {
        let body = credentials(name);
        let opened = self.ask("POST /api/v1/accounts", &[("idempotency-key", "a")], &body).await;
        assert_eq!(opened.status, StatusCode::CREATED, "{}", opened.body);
        let session = self.ask("POST /api/v1/sessions", &[], &body).await;
        assert_eq!(session.status, StatusCode::CREATED, "{}", session.body);
        format!("Bearer {}", session.text("token"))
    }
}

/// Counters of these rates for address and session.
pub(crate) fn limits(rate: u32) -> Limits {
    let rate = NonZeroU32::new(rate).expect("above nought");
    Limits::new(Rates { per_address: rate, per_session: rate }, None)
}

pub(crate) fn credentials(name: &str) -> String {
    format!(r#"{{"email": "{name}@contoh.id", "password": "kata sandi yang benar"}}"#)
}

/// A registration of somebody with this NIK.
pub(crate) fn registration(nik: &str) -> String {
    format!(
        r#"{{"nik": "{nik}", "family_card": "1571019999900001", "name": "Siti Aminah",
            "born_on": "1990-01-01", "phone": "+6281255512345", "email": "siti@contoh.id",
            "sex": "woman", "education": "senior_high", "employment": "job_seeker",
            "region": "15.71", "disability": false}}"#
    )
}
