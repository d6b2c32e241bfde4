//! `worker`: schedules and jobs in a process of their own, or beside `serve`.

use std::sync::Arc;

use anyhow::bail;
use app::clock::Clock;
use clap::Args;
use domain::time::Timestamp;
use worker::{Worker, WorkerSetup};

use crate::clock;
use crate::installation::{DataArgs, Installation, Purpose, ReferenceArgs, SystemRng};
use crate::interrupt::Stop;
use crate::metrics::{self, MetricsArgs};

/// Jobs at the same moment; each takes a connection, of which a process has sixteen.
const JOBS_MAX: usize = 4;

/// Arguments of `worker`.
#[derive(Debug, Args)]
pub(crate) struct WorkerArgs {
    #[command(flatten)]
    data: DataArgs,
    #[command(flatten)]
    reference: ReferenceArgs,
    #[command(flatten)]
    metrics: MetricsArgs,
}

/// The machine's clock.
#[derive(Debug)]
struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        clock::now()
    }
}

/// Runs `worker` until the program is asked to stop.
pub(crate) async fn run(args: WorkerArgs, stop: &Stop) -> anyhow::Result<()> {
    let listener = args.metrics.bind().await?;
    let installation = Installation::open(&args.data, Purpose::Read, stop).await?;
    installation
        .close_after(async |installation| {
            let worker = prepare(installation, &args.reference).await?;
            announce();
            let died = async {
                match &mut installation.embedded {
                    Some(embedded) => bail!(embedded.exited().await),
                    None => std::future::pending().await,
                }
            };
            let figures = metrics::serve(listener, installation.database.clone(), stop.clone());
            let working = async {
                let ((), figures) = tokio::join!(worker.run(stop.clone().asked()), figures);
                figures
            };
            tokio::select! {
                done = working => done,
                died = died => died,
            }
        })
        .await
}

/// A worker of this installation.
pub(crate) async fn prepare(
    installation: &Installation,
    reference: &ReferenceArgs,
) -> anyhow::Result<Worker<fn() -> SystemRng>> {
    let setup = WorkerSetup {
        database: installation.database.clone(),
        keys: Arc::new(installation.keys().await?),
        keys_folder: installation.keys_folder.clone(),
        policies: Arc::new(reference.load_ahead()?.policies),
        clock: Arc::new(SystemClock),
        jobs_max: JOBS_MAX,
    };
    Ok(Worker::new(setup, || SystemRng))
}

#[expect(clippy::print_stderr, reason = "the command line speaks through it")]
fn announce() {
    eprintln!("Working: waves open and close by their calendar, deadlines run.\nStop with Ctrl-C.");
}
