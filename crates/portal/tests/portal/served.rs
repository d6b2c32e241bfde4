//! A portal on a small world.

use std::num::NonZeroU32;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use app::accounts::{OpenAnswer, open_account};
use app::clock::Clock;
use app::join_desk::{DeskSetup, JoinDesk};
use app::passwords::Passwords;
use app::service::{Randomness, Service};
use domain::account::Password;
use domain::client_key::ClientKey;
use domain::identity::Email;
use domain::ids::AccountId;
use domain::reasons::Language;
use domain::time::Timestamp;
use domain::wave::WaveKind;
use http_support::{Gate, Limits, Rates};
use portal::Portal;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng as _;
use tokio::task::JoinSet;

use crate::browser::Browser;
use crate::support::{HOUR, World};

/// The wave that is open.
pub(crate) const WAVE: u16 = 48;
/// The password of every account.
pub(crate) const PASSWORD: &str = "kata sandi yang benar";

/// A clock that stands until it is set.
#[derive(Debug)]
struct Stopped(AtomicI64);

impl Clock for Stopped {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.0.load(Ordering::Relaxed))
    }
}

/// A portal on an open wave, an hour after its opening.
pub(crate) struct Served {
    pub(crate) world: World,
    pub(crate) portal: Portal,
    clock: Arc<Stopped>,
    /// The clerks of the desk, who end with the test.
    _clerks: JoinSet<()>,
}

impl Served {
    pub(crate) async fn new() -> Self {
        let mut world = World::new(WAVE, &[(WaveKind::Regular, 3)]).await;
        world.open(WAVE).await.unwrap();
        let now = world.calendar(WAVE).opens_at.plus_micros(HOUR);
        Self::of(world, now)
    }

    /// A portal on this world.
    pub(crate) fn of(world: World, now: Timestamp) -> Self {
        let clock = Arc::new(Stopped(AtomicI64::new(now.micros())));
        let setup = DeskSetup {
            database: world.scratch.database().clone(),
            keys: Arc::new(world.keys.clone()),
            policies: Arc::new(world.reference.policies.clone()),
            clock: Arc::clone(&clock) as Arc<dyn Clock>,
            clerks: 1,
            waiting_max: 8,
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
        let rate = NonZeroU32::new(1_000).expect("above nought");
        let rates = Rates { per_address: rate, per_session: rate };
        let limits = Arc::new(Limits::new(rates, None));
        let portal = Portal { service, limits, gate: Gate::default(), public_url: None };
        Self { world, portal, clock, _clerks: tasks }
    }

    /// Sets the clock.
    pub(crate) fn set_now(&self, now: Timestamp) {
        self.clock.0.store(now.micros(), Ordering::Relaxed);
    }

    /// A browser that has not been here.
    pub(crate) fn browser(&self) -> Browser {
        Browser::new(self.portal.clone())
    }

    /// Opens an account for `name`, with [`PASSWORD`].
    pub(crate) async fn open_account(&self, name: &str) -> AccountId {
        let service = &self.portal.service;
        let mut randomness = (service.randomness)();
        let act = &mut service.act("citizen", "test", &mut randomness);
        let email = Email::parse(&format!("{name}@contoh.id")).unwrap();
        let (password, key) = (Password::parse(PASSWORD).unwrap(), ClientKey::parse(name).unwrap());
        let language = Language::Indonesian;
        let opened = open_account(act, &service.passwords, email, password, language, &key).await;
        match opened.unwrap() {
            OpenAnswer::Opened(account) => account,
            refused => panic!("{refused:?}"),
        }
    }
}
