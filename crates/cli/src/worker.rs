//! `worker`: schedules and jobs in a process of their own, or beside `serve`.

use std::sync::Arc;

use anyhow::{Context as _, bail};
use app::folders::FolderDesk;
use app::reference::Policies;
use app::wave::require_policies;
use clap::Args;
use integrations::faces::FaceDesk;
use integrations::registers::RegisterDesk;
use storage::embedded::Embedded;
use tokio::task::JoinSet;
use worker::{Worker, WorkerSetup};

use crate::clock::DatabaseClock;
use crate::faces::{self, FaceArgs};
use crate::installation::{DataArgs, Installation, Purpose, ReferenceArgs, SystemRng};
use crate::interrupt::Stop;
use crate::metrics::{self, MetricsArgs};
use crate::providers::ProviderArgs;
use crate::publishing::PublicArgs;
use crate::registers::{self, RegisterArgs};

/// Jobs at the same moment; each takes a connection, of which a process has sixteen.
const JOBS_MAX: usize = 4;
/// Persons about whom the registers are asked at the same moment; a connection is needed only to begin and end.
const OUTSIDE_MAX: usize = 8;

/// Arguments of `worker`.
#[derive(Debug, Args)]
pub(crate) struct WorkerArgs {
    #[command(flatten)]
    data: DataArgs,
    #[command(flatten)]
    reference: ReferenceArgs,
    #[command(flatten)]
    metrics: MetricsArgs,
    #[command(flatten)]
    providers: ProviderArgs,
    #[command(flatten)]
    registers: RegisterArgs,
    #[command(flatten)]
    faces: FaceArgs,
    #[command(flatten)]
    public: PublicArgs,
}

/// Runs `worker` until the program is asked to stop.
pub(crate) async fn run(args: WorkerArgs, stop: &Stop) -> anyhow::Result<()> {
    let registers = registers::said(args.registers.given()?);
    let faces = faces::said(args.faces.given()?);
    let listener = args.metrics.bind().await?;
    let policies = Arc::new(args.reference.load_ahead()?.policies);
    let providers = args.providers.open()?;
    let folders = args.public.desk(&args.data)?;
    let installation = Installation::open(&args.data, Purpose::Read, stop).await?;
    installation
        .close_after(async |installation| {
            let mut tasks = JoinSet::new();
            require_policies_of_waves(installation, &policies).await?;
            let beside = Beside { registers, faces, folders };
            let worker = prepare(installation, policies, beside, &mut tasks).await?;
            let courier = providers.courier(installation, &mut tasks).await?;
            announce();
            let server = installation.embedded.as_ref().map(Embedded::running);
            let died = async {
                match &mut installation.embedded {
                    Some(embedded) => bail!(embedded.exited().await),
                    None => std::future::pending().await,
                }
            };
            let figures =
                metrics::serve(listener, installation.database.clone(), server, stop.clone());
            let working = async {
                let worker = worker.run(stop.clone().asked());
                let ((), (), figures) =
                    tokio::join!(worker, courier.run(stop.clone().asked()), figures);
                figures
            };
            tokio::select! {
                done = working => done,
                died = died => died,
            }
        })
        .await
}

/// Refuses to begin under policies that the running waves are not published under.
pub(crate) async fn require_policies_of_waves(
    installation: &Installation,
    policies: &Policies,
) -> anyhow::Result<()> {
    require_policies(&installation.database, policies).await.context(
        "a wave that is not settled runs under a policy that is not at hand; name the folder it was published from \
         with --policies-dir",
    )
}

/// What a worker does beside acts on the database.
#[derive(Debug)]
pub(crate) struct Beside {
    /// The registers it asks, if any.
    pub(crate) registers: Option<Arc<RegisterDesk>>,
    /// Who compares faces, if anybody is asked.
    pub(crate) faces: Option<Arc<FaceDesk>>,
    /// Where it writes published folders, if it does.
    pub(crate) folders: Option<Arc<FolderDesk>>,
}

/// A worker of this installation.
pub(crate) async fn prepare(
    installation: &Installation,
    policies: Arc<Policies>,
    Beside { registers, faces, folders }: Beside,
    tasks: &mut JoinSet<()>,
) -> anyhow::Result<Worker<fn() -> SystemRng>> {
    let clock = DatabaseClock::start(&installation.database, tasks).await;
    let setup = WorkerSetup {
        database: installation.database.clone(),
        keys: Arc::new(installation.keys().await?),
        keys_folder: installation.keys_folder.clone(),
        policies,
        clock: clock.context("could not read the database's time")?,
        jobs_max: JOBS_MAX,
        registers,
        faces,
        folders,
        outside_max: OUTSIDE_MAX,
    };
    Ok(Worker::new(setup, || SystemRng))
}

#[expect(clippy::print_stderr, reason = "the command line speaks through it")]
fn announce() {
    eprintln!("Working: waves open and close by their calendar, deadlines run.\nStop with Ctrl-C.");
}
