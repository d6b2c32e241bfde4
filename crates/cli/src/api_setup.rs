//! What `serve` puts together for the API: clock, desk, hashers, limits, and what keeps them fresh.

use std::net::IpAddr;
use std::num::{NonZeroU32, NonZeroUsize};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use api::{Api, Gate, Limits, Rates, Registering};
use app::join_desk::{DeskSetup, JoinDesk};
use app::passwords::Passwords;
use app::receipt::ReceiptKey;
use app::reference::{Policies, RegionData};
use app::service::{Randomness, Service};
use clap::Args;
use integrations::address::Address;
use storage::database::Database;
use storage::vault::KeyRing;
use tokio::task::JoinSet;

use crate::clock::DatabaseClock;
use crate::installation::SystemRng;

/// Transactions of the desk at the same moment: one is computed while another is flushed.
pub(crate) const CLERKS: usize = 2;
/// Joins that may wait: a fraction of a second's worth, so that who waits is answered in time.
pub(crate) const WAITING_MAX: usize = 4096;
/// How often counters of those who have left are forgotten.
const FORGET: Duration = Duration::from_mins(1);

/// Requests a second from one address.
const ADDRESS_RATE: NonZeroU32 = NonZeroU32::new(50).expect("above nought");
/// Requests a second in one session.
const SESSION_RATE: NonZeroU32 = NonZeroU32::new(10).expect("above nought");

/// Settings of the API.
#[derive(Clone, Debug, Args)]
pub(crate) struct ApiArgs {
    /// Requests a second from one address; phone networks put many people behind one.
    #[arg(long, value_name = "N", default_value_t = ADDRESS_RATE)]
    address_rate: NonZeroU32,
    /// Requests a second in one session.
    #[arg(long, value_name = "N", default_value_t = SESSION_RATE)]
    session_rate: NonZeroU32,
    /// Address of the reverse proxy in front, whose X-Forwarded-For is believed; of nobody by default.
    #[arg(long, value_name = "ADDRESS")]
    trusted_proxy: Option<IpAddr>,
    /// Web address where people reach the public pages; without it no QR codes of receipts are made.
    #[arg(long, env = "GELOMBANG_PUBLIC_URL", value_name = "URL")]
    public_url: Option<Address>,
    /// Let programs open accounts and register people over the API, which asks for no code, picture or declaration and
    /// tells whether an address has an account: for trusted programs that have proven who people are. Without it people
    /// do both in a browser alone.
    #[arg(long, env = "GELOMBANG_PROGRAMS_REGISTER")]
    programs_register: bool,
}

impl ApiArgs {
    /// Those of a process that people reach at this address and no proxy stands before.
    pub(crate) fn at(public_url: Address) -> Self {
        let [address_rate, session_rate] = [ADDRESS_RATE, SESSION_RATE];
        let (trusted_proxy, public_url) = (None, Some(public_url));
        Self { address_rate, session_rate, trusted_proxy, public_url, programs_register: false }
    }

    const fn registering(&self) -> Registering {
        if self.programs_register { Registering::ByPrograms } else { Registering::InBrowser }
    }

    /// The counters.
    fn limits(&self) -> Limits {
        let rates = Rates { per_address: self.address_rate, per_session: self.session_rate };
        Limits::new(rates, self.trusted_proxy)
    }
}

/// What receipts are handed out with.
#[derive(Debug)]
pub(crate) struct Receipts {
    /// Signs them; `None` if this installation publishes no waves.
    pub(crate) key: Option<ReceiptKey>,
    /// Where published folders lie.
    pub(crate) public_folder: PathBuf,
}

/// Opens the API on a database. What runs beside it runs among `tasks`.
pub(crate) async fn open(
    database: &Database,
    keys: KeyRing,
    (policies, regions): (Arc<Policies>, Arc<RegionData>),
    receipts: Receipts,
    args: &ApiArgs,
    tasks: &mut JoinSet<()>,
) -> anyhow::Result<Api> {
    let clock = DatabaseClock::start(database, tasks).await;
    let clock = clock.context("could not read the database's time")?;
    let setup = DeskSetup {
        database: database.clone(),
        keys: Arc::new(keys),
        policies,
        clock,
        clerks: CLERKS,
        waiting_max: WAITING_MAX,
    };
    let desk = JoinDesk::open(&setup, tasks, || SystemRng);
    let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let DeskSetup { database, keys, policies, clock, .. } = setup;
    let service = Service {
        database,
        keys,
        policies,
        regions,
        clock,
        passwords: Passwords::new(cores)?,
        desk,
        receipt_key: receipts.key,
        public_folder: receipts.public_folder,
        randomness: Arc::new(|| Box::new(SystemRng) as Randomness),
    };
    let limits = Arc::new(args.limits());
    let counters = Arc::clone(&limits);
    tasks.spawn(async move {
        loop {
            tokio::time::sleep(FORGET).await;
            counters.forget_idle();
        }
    });
    let public_url = args.public_url.as_ref().map(ToString::to_string);
    let public_url = public_url.map(|url| Arc::from(url.trim_end_matches('/')));
    let (gate, registering) = (Gate::default(), args.registering());
    Ok(Api { service, limits, gate, public_url, registering })
}
