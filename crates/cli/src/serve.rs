//! `serve`: the public pages and the API over HTTP.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::sync::Arc;

use anyhow::Context as _;
use api::{Api, Gate};
use app::folders::FolderDesk;
use app::receipt::ReceiptKey;
use app::reference::{Policies, Reference, RegionData};
use app::service::Service;
use app::statistics::{
    Country, PastReports, Statistics, StatisticsError, count_country, funnel_report, provinces,
};
use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state};
use clap::Args;
use domain::region::{Region, RegionCode, RegionTable};
use futures_util::FutureExt as _;
use http_support::{Admission, Shedding, shed};
use integrations::faces::FaceDesk;
use integrations::registers::RegisterDesk;
use portal::{Portal, WaitingRoom};
use storage::database::Database;
use storage::embedded::Embedded;
use tokio::net::{TcpListener, TcpSocket};
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use web::{AppState, Figures, Front, Programme, PublicFolder, Site, Snapshot, SnapshotError};

use crate::api_setup::{self, ApiArgs, Receipts};
use crate::faces::{self, FaceArgs};
use crate::installation::{DataArgs, Installation, Purpose, ReferenceArgs};
use crate::interrupt::Stop;
use crate::metrics::{self, MetricsArgs};
use crate::print::causes;
use crate::providers::{ProviderArgs, Providers};
use crate::publishing::{self, PublicArgs};
use crate::regions::region_table;
use crate::registers::{self, RegisterArgs};
use crate::stats;
use crate::status::status_of;
use crate::supervise::keep_alive;
use crate::traffic::shedding;
use crate::waves::WaveReader;
use crate::worker::{self, Beside};

/// Where to listen.
#[derive(Clone, Debug, Args)]
pub(crate) struct ListenArgs {
    /// Address and port of pages and API; port 0 takes any free one.
    #[arg(
        long,
        default_value = "127.0.0.1:8080",
        env = "GELOMBANG_LISTEN",
        value_name = "ADDRESS:PORT",
        value_parser = parse_address
    )]
    listen: SocketAddr,
}

/// Arguments of `serve`.
#[derive(Debug, Args)]
pub(crate) struct ServeArgs {
    #[command(flatten)]
    data: DataArgs,
    #[command(flatten)]
    listen: ListenArgs,
    #[command(flatten)]
    reference: ReferenceArgs,
    /// Run no schedules and jobs beside the pages; a given server never has them here, see `worker`.
    #[arg(long)]
    no_worker: bool,
    #[command(flatten)]
    metrics: MetricsArgs,
    #[command(flatten)]
    providers: ProviderArgs,
    #[command(flatten)]
    api: ApiArgs,
    #[command(flatten)]
    registers: RegisterArgs,
    #[command(flatten)]
    faces: FaceArgs,
    #[command(flatten)]
    public: PublicArgs,
    /// Serve the public pages alone, without the API; with --no-worker no keys are needed.
    #[arg(long)]
    pages_only: bool,
    /// Never work on more requests at once; whoever begins something waits in the waiting room, others are asked to come
    /// back. By default as many as are answered in time.
    #[arg(long, value_name = "N")]
    at_once_max: Option<NonZeroUsize>,
}

impl ListenArgs {
    /// Takes the address. Who calls is refused until the pages are there.
    pub(crate) fn bind(&self) -> anyhow::Result<TcpSocket> {
        let bound = match self.listen {
            SocketAddr::V4(_) => TcpSocket::new_v4(),
            SocketAddr::V6(_) => TcpSocket::new_v6(),
        }
        .and_then(|socket| {
            // As a listener has it: connections of an earlier process may still linger.
            socket.set_reuseaddr(true)?;
            socket.bind(self.listen)?;
            Ok(socket)
        });
        bound.with_context(|| {
            format!(
                "cannot listen on {}; choose another address with --listen or GELOMBANG_LISTEN, such as \
                 127.0.0.1:0 for any free port",
                self.listen
            )
        })
    }
}

fn parse_address(text: &str) -> Result<SocketAddr, String> {
    text.parse()
        .map_err(|_| "write a numeric address and a port, such as 127.0.0.1:8080".to_owned())
}

/// Runs `serve`.
pub(crate) async fn run(args: ServeArgs, stop: &Stop) -> anyhow::Result<()> {
    let socket = args.listen.bind()?;
    let registers = args.registers.given()?;
    let faces = args.faces.given()?;
    let figures = args.metrics.bind().await?;
    let Reference { policies, regions, .. } = args.reference.load_ahead()?;
    let (policies, regions) = (Arc::new(policies), Arc::new(regions));
    let providers = args.providers.open()?;
    let folders = args.public.desk(&args.data)?;
    let installation = Installation::open(&args.data, Purpose::Read, stop).await?;
    installation
        .close_after(async |installation| {
            let has_worker = !args.no_worker && installation.embedded.is_some();
            let (registers, faces) = if has_worker {
                (registers::said(registers), faces::said(faces))
            } else {
                (registers, faces)
            };
            let whole = Whole {
                socket,
                figures,
                policies,
                regions,
                providers,
                registers,
                faces,
                folders,
                receipt_key: publishing::receipt_key(&installation.keys_folder)?,
                api: (!args.pages_only).then_some(&args.api),
                worker: has_worker,
                page: None,
                admission: args.at_once_max.map_or_else(Admission::default, Admission::at_most),
            };
            serve_whole(installation, whole, stop).await
        })
        .await
}

/// All that one process serves and does beside.
pub(crate) struct Whole<'a> {
    /// Where it listens.
    pub(crate) socket: TcpSocket,
    /// Where its figures are.
    pub(crate) figures: Option<TcpListener>,
    pub(crate) policies: Arc<Policies>,
    pub(crate) regions: Arc<RegionData>,
    pub(crate) providers: Providers,
    pub(crate) registers: Option<Arc<RegisterDesk>>,
    pub(crate) faces: Option<Arc<FaceDesk>>,
    pub(crate) folders: Option<Arc<FolderDesk>>,
    pub(crate) receipt_key: Option<ReceiptKey>,
    /// Settings of API and portal; `None` for the public pages alone.
    pub(crate) api: Option<&'a ApiArgs>,
    /// Whether schedules and jobs run beside the pages.
    pub(crate) worker: bool,
    /// The region whose figures are printed.
    pub(crate) page: Option<RegionCode>,
    /// How much is worked on at once.
    pub(crate) admission: Admission,
}

/// Serves, and works beside, until the program is asked to stop.
pub(crate) async fn serve_whole(
    installation: &mut Installation,
    whole: Whole<'_>,
    stop: &Stop,
) -> anyhow::Result<()> {
    let Whole { socket, figures, policies, regions, page, .. } = whole;
    let newest = newest(&policies)?;
    let mut tasks = JoinSet::new();
    if whole.api.is_some() || whole.worker {
        worker::require_policies_of_waves(installation, &policies).await?;
    }
    let api = if let Some(args) = whole.api {
        let keys = installation.keys().await.context(NO_KEYS)?;
        let database = &installation.database;
        let documents = (Arc::clone(&policies), regions);
        let (key, public_folder) = (whole.receipt_key, installation.public_folder.clone());
        let receipts = Receipts { key, public_folder };
        Some(api_setup::open(database, keys, documents, receipts, args, &mut tasks).await?)
    } else {
        None
    };
    let worker = if whole.worker {
        let beside =
            Beside { registers: whole.registers, faces: whole.faces, folders: whole.folders };
        let worker = worker::prepare(installation, policies, beside, &mut tasks).await?;
        Some((worker, whole.providers.courier(installation, &mut tasks).await?))
    } else {
        None
    };
    let server = installation.embedded.as_ref().map(Embedded::running);
    let figures = metrics::serve(figures, installation.database.clone(), server, stop.clone());
    let (serving, served) = oneshot::channel::<()>();
    let working = async {
        let Some((worker, courier)) = worker else { return };
        let until_served = async {
            tokio::select! {
                () = stop.clone().asked() => {},
                // Ready with an error once the sender is dropped.
                _ = served => {},
            }
        };
        let until_served = until_served.shared();
        tokio::join!(worker.run(until_served.clone()), courier.run(until_served));
    };
    let pages = async {
        let _until_then = serving;
        serve(installation, socket, api, newest, (page, whole.admission), stop).await
    };
    let beside = async {
        let (served, ()) = tokio::join!(pages, working);
        served
    };
    // The figures end with a failure, or with the stop that ends the pages.
    tokio::try_join!(beside, figures).map(|_| ())
}

const NO_KEYS: &str =
    "the API needs the keys of this database; `--pages-only --no-worker` serves without";

/// Serves until the program is asked to stop. The figures of `page` are printed once they are counted,
/// which does not hold up the first visitor; not being able to count them is a failure.
async fn serve(
    installation: &mut Installation,
    socket: TcpSocket,
    api: Option<Api>,
    programme: Programme,
    (page, admission): (Option<RegionCode>, Admission),
    stop: &Stop,
) -> anyhow::Result<()> {
    let regions = Arc::new(region_table(&installation.database).await?);
    let gate = api.as_ref().map_or_else(Gate::default, |api| api.gate.clone());
    let public = PublicFolder::new(installation.public_folder.clone());
    let database = installation.database.clone();
    let front = front(&regions, &gate, api.as_ref(), &database, (programme, public));
    let router = router(&front, api, shedding(admission));
    let listener = socket.listen(BACKLOG).context("cannot listen on the address any more")?;
    announce(listener.local_addr().context("the listener has an address")?, page);
    let served = async {
        web::serve(listener, router, stop.clone().asked()).await.context("the web server failed")
    };
    let printed = async {
        // Counted now, so that the first visitor finds them.
        let figures = front.figures().await;
        if let Some(region) = page {
            if let Ok(snapshot) = figures.and_then(|figures| figures.find(region)) {
                stats::print_snapshot(&snapshot)?;
            } else {
                // Counted alone, it says what is wrong and what to do.
                let alone = funnel_report(&database, region, None).await?;
                stats::print_snapshot(&snapshot(alone, regions))?;
            }
        }
        std::future::pending().await
    };
    let died = keep_alive(installation, &gate);
    tokio::select! {
        served = served => served,
        failed = printed => failed,
        died = died => died,
    }
}

/// The rules of the newest waves, which the pages tell.
pub(crate) fn newest(policies: &Policies) -> anyhow::Result<Programme> {
    let newest = policies.iter().last().context("there is no policy")?;
    Ok(Programme::from(&newest.version))
}

#[expect(clippy::print_stderr, reason = "the command line speaks through it")]
fn announce(address: SocketAddr, page: Option<RegionCode>) {
    let path = page.map_or_else(String::new, |region| format!("statistik/{region}"));
    eprintln!("Serving on http://{address}/{path}\nStop with Ctrl-C.");
}

/// Connections that may wait to be taken, the usual maximum of a listener.
const BACKLOG: u32 = 1024;

/// The pages, and the addresses of the API beside them.
pub(crate) fn router(front: &Arc<Front>, api: Option<Api>, shedding: Shedding) -> Router {
    let limits = api.as_ref().map(|api| Arc::clone(&api.limits));
    let shedding = Shedding { limits, ..shedding };
    let acts = api.map_or_else(Router::new, |api| acts(api, shedding.admission.clone()));
    web::router_with(Arc::clone(front), acts)
        .layer(from_fn(metrics::measure))
        .layer(from_fn_with_state(shedding, shed))
}

/// What people and officers do: the API for their programs, the portal for their browsers.
fn acts(api: Api, admission: Admission) -> Router {
    let Api { service, limits, gate, public_url, registering: _ } = api.clone();
    let room = WaitingRoom::new(service.clone(), admission);
    let portal = Portal { service, limits, gate, public_url };
    api::router(api).merge(portal::router_with_room(portal, room))
}

/// What the pages stand on.
pub(crate) fn front(
    regions: &Arc<RegionTable>,
    gate: &Gate,
    api: Option<&Api>,
    database: &Database,
    (programme, public): (Programme, PublicFolder),
) -> Arc<Front> {
    let public_url = api.and_then(|api| api.public_url.clone());
    let site = Site { public_url, programme };
    let of_waves = Arc::new(WaveReader::new(database.clone(), gate.clone(), Arc::clone(regions)));
    let of_seats = Arc::clone(&of_waves);
    let (of_figures, names_of_figures) = (database.clone(), Arc::clone(regions));
    let (of_past, names_of_past) =
        (Arc::new(PastReports::new(database.clone())), Arc::clone(regions));
    let (of_list, names_of_list) = (database.clone(), Arc::clone(regions));
    let (gate, service) = (gate.clone(), api.map(|api| api.service.clone()));
    let [gate_of_figures, gate_of_past] = [gate.clone(), gate.clone()];
    let status = status_of(database.clone(), gate.clone(), service.clone());
    Arc::new(Front::new(AppState {
        figures: Arc::new(move || {
            let (database, regions) = (of_figures.clone(), Arc::clone(&names_of_figures));
            let is_open = gate_of_figures.is_open();
            Box::pin(async move {
                if !is_open {
                    return Err(SnapshotError::Unavailable);
                }
                let country = match count_country(&database).await {
                    // Nothing has happened yet.
                    Err(StatisticsError::Empty) => nobody(&regions),
                    country => country.map_err(|error| unavailable(&error))?,
                };
                Ok(Arc::new(figures(country, &regions)))
            })
        }),
        past: Arc::new(move |region, as_of| {
            let (reports, regions) = (Arc::clone(&of_past), Arc::clone(&names_of_past));
            let is_open = gate_of_past.is_open();
            Box::pin(async move {
                if !is_open {
                    return Err(SnapshotError::Unavailable);
                }
                match reports.report(region, as_of).await {
                    Ok(statistics) => Ok(Arc::new(snapshot(statistics, regions))),
                    Err(error) => Err(unavailable(&error)),
                }
            })
        }),
        regions: Arc::new(move || {
            let (database, regions) = (of_list.clone(), Arc::clone(&names_of_list));
            Box::pin(async move { provinces_with_data(&database, &regions).await })
        }),
        ready: Arc::new(move || {
            let (is_open, service) = (gate.is_open(), service.clone());
            Box::pin(async move {
                match service {
                    _ if !is_open => Err(SnapshotError::Unavailable),
                    Some(service) => can_write(&service).await,
                    None => Ok(()),
                }
            })
        }),
        status,
        waves: Arc::new(move || {
            let reader = Arc::clone(&of_waves);
            Box::pin(async move { reader.list().await })
        }),
        wave_seats: Arc::new(move |wave| {
            let reader = Arc::clone(&of_seats);
            Box::pin(async move { reader.seats(wave).await })
        }),
        site: Arc::new(site),
        public: Arc::new(public),
    }))
}

pub(crate) async fn can_write(service: &Service) -> Result<(), SnapshotError> {
    match service.can_write().await {
        Ok(true) => Ok(()),
        Ok(false) => {
            tracing::error!("the database takes no writes");
            Err(SnapshotError::Unavailable)
        }
        Err(error) => {
            tracing::error!(error = causes(&error), "could not ask the database");
            Err(SnapshotError::Unavailable)
        }
    }
}

fn snapshot(statistics: Statistics, regions: Arc<RegionTable>) -> Snapshot {
    let Statistics { report, data_as_of, origin } = statistics;
    Snapshot { report, regions, data_as_of, origin }
}

/// A country without figures.
fn nobody(regions: &RegionTable) -> Country {
    let without = regions.iter().map(|region| region.code).collect();
    Country { of: BTreeMap::new(), without }
}

fn figures(country: Country, regions: &Arc<RegionTable>) -> Figures {
    let of = country
        .of
        .into_iter()
        .map(|(region, statistics)| (region, Arc::new(snapshot(statistics, Arc::clone(regions)))));
    Figures { of: of.collect(), without: country.without }
}

fn unavailable(error: &StatisticsError) -> SnapshotError {
    match error {
        StatisticsError::UnknownRegion(region) => SnapshotError::UnknownRegion(*region),
        StatisticsError::NoJoins { region, .. } => SnapshotError::NoData(*region),
        StatisticsError::Empty | StatisticsError::Broken | StatisticsError::Storage(_) => {
            tracing::error!(error = causes(error), "could not read figures");
            SnapshotError::Unavailable
        }
    }
}

async fn provinces_with_data(
    database: &Database,
    regions: &RegionTable,
) -> Result<Vec<Region>, SnapshotError> {
    let codes = provinces(database).await.map_err(|error| unavailable(&error.into()))?;
    Ok(codes.into_iter().filter_map(|code| regions.get(code).cloned()).collect())
}
