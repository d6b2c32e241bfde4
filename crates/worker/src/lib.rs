//! The worker: looks at the schedules, takes jobs, does them, and gives back what failed.
//!
//! Purpose: a bounded number of jobs at the same moment, beside any number of other workers. Invariants:
//! it holds no rule and no SQL; what one job does wrong, even a panic, stops no other; asked to stop, it
//! takes nothing more and ends what it has begun. Killed, it loses nothing: its leases end.
#![deny(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

pub mod courier;

use std::collections::HashMap;
use std::path::PathBuf;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use app::act::{Act, ActError};
use app::clock::Clock;
use app::folders::FolderDesk;
use app::jobs::{
    JobError, OLDEST_LIMIT, Tools, Verdict, claim_jobs, give_back, look_at_schedules,
    oldest_own_micros, run_job,
};
use app::reference::Policies;
use domain::ids::uuid_at;
use domain::jobs::ATTEMPTS_MAX;
use domain::policy::Named as _;
use domain::schedule::Lane;
use domain::time::Timestamp;
use integrations::faces::FaceDesk;
use integrations::registers::RegisterDesk;
use rand_core::Rng;
use storage::database::Database;
use storage::jobs::LeasedJob;
use storage::vault::KeyRing;
use tokio::task::{Id, JoinError, JoinSet};
use tokio::time::MissedTickBehavior;
use uuid::Uuid;

/// Actor and request of what a schedule causes.
const SCHEDULE: &str = "schedule";
/// Pause between two looks: calendars are written in minutes.
const PAUSE: Duration = Duration::from_secs(1);
/// Microseconds between two alarms about the same old job.
const ALARM_PAUSE: i64 = 60_000_000;

/// Jobs at the same moment that have faces compared; each holds two pictures.
const FACES_MAX: usize = 4;

/// What a worker works with.
#[derive(Clone, Debug)]
pub struct WorkerSetup {
    /// The database.
    pub database: Database,
    /// Keys of identities and draws.
    pub keys: Arc<KeyRing>,
    /// Folder of the key files, for the audit chain.
    pub keys_folder: PathBuf,
    /// The policies of the waves.
    pub policies: Arc<Policies>,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// Jobs at the same moment that act on the database alone.
    pub jobs_max: usize,
    /// Where the registers are asked; without it, jobs that ask them are left to other workers.
    pub registers: Option<Arc<RegisterDesk>>,
    /// Where faces are compared; without it, jobs that need it are left to other workers.
    pub faces: Option<Arc<FaceDesk>>,
    /// Where published folders are written; without it, that is left to other workers.
    pub folders: Option<Arc<FolderDesk>>,
    /// Jobs at the same moment that wait for outside systems; they hold no connection while they wait.
    pub outside_max: usize,
}

/// A worker; runs once [`Worker::run`] is called.
pub struct Worker<F> {
    setup: WorkerSetup,
    worker_id: Uuid,
    randomness: F,
    running: JoinSet<Result<(), JobError>>,
    held: HashMap<Id, LeasedJob>,
    alarmed_at: Option<Timestamp>,
    /// Whether the last look failed, so that an outage is said once.
    is_away: bool,
}

impl<F> std::fmt::Debug for Worker<F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Worker({}, {} jobs at hand)", self.worker_id, self.held.len())
    }
}

impl<R: Rng + Send + 'static, F: FnMut() -> R> Worker<F> {
    /// A worker with randomness for ids and keys.
    pub fn new(setup: WorkerSetup, mut randomness: F) -> Self {
        let mut bytes = [0; 10];
        randomness().fill_bytes(&mut bytes);
        let worker_id = uuid_at(setup.clock.now(), bytes);
        Self {
            setup,
            worker_id,
            randomness,
            running: JoinSet::new(),
            held: HashMap::new(),
            alarmed_at: None,
            is_away: false,
        }
    }

    /// Works until `stop` is ready, then ends what it has begun.
    pub async fn run(mut self, stop: impl Future<Output = ()>) {
        let mut stop = pin!(stop);
        let mut looks = tokio::time::interval(PAUSE);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                biased;
                () = &mut stop => break,
                Some(ended) = self.running.join_next_with_id() => self.take_back(ended).await,
                _ = looks.tick() => self.look().await,
            }
            self.fill_hands().await;
        }
        self.end_all().await;
    }

    /// Does everything that can be done at this instant, and what follows from it; for a clock that
    /// somebody sets.
    pub async fn run_due(&mut self) {
        loop {
            self.look().await;
            self.fill_hands().await;
            if self.running.is_empty() {
                return;
            }
            self.end_all().await;
        }
    }

    async fn end_all(&mut self) {
        while let Some(ended) = self.running.join_next_with_id().await {
            self.take_back(ended).await;
        }
    }

    /// Enqueues what schedules make due, and raises an alarm if a job waits that nobody runs.
    async fn look(&mut self) {
        let looked = self.try_look().await;
        if let Err(error) = &looked
            && !self.is_away
        {
            let error = causes(error);
            tracing::warn!(error, "the worker could not look at its schedules; it goes on trying");
        } else if looked.is_ok() && self.is_away {
            tracing::info!("the worker looks at its schedules again");
        }
        self.is_away = looked.is_err();
    }

    async fn try_look(&mut self) -> Result<(), ActError> {
        let now = self.setup.clock.now();
        let mut random = (self.randomness)();
        look_at_schedules(&mut act(&self.setup, SCHEDULE, now, &mut random)).await?;
        let age = oldest_own_micros(&self.setup.database, now).await?;
        let is_due = self.alarmed_at.is_none_or(|last| last.plus_micros(ALARM_PAUSE) <= now);
        if age > OLDEST_LIMIT && is_due {
            self.alarmed_at = Some(now);
            let seconds = age / 1_000_000;
            tracing::error!(
                age_s = seconds,
                "a job waits for {seconds} s and nobody runs it; look at `gelombang jobs`"
            );
        }
        Ok(())
    }

    /// Takes as many jobs as there are hands free, those of the programme's own acts first.
    async fn fill_hands(&mut self) {
        for lane in Lane::ALL {
            self.fill_lane(*lane).await;
        }
    }

    async fn fill_lane(&mut self, lane: Lane) {
        let hands = match lane {
            Lane::Own => self.setup.jobs_max,
            Lane::Outside if self.setup.registers.is_none() => 0,
            Lane::Outside => self.setup.outside_max,
            Lane::Faces if self.setup.faces.is_none() => 0,
            Lane::Faces => FACES_MAX,
            // One writes; a second one would only wait for it.
            Lane::Folders => usize::from(self.setup.folders.is_some()),
        };
        let busy = self.held.values().filter(|job| job.lane == lane).count();
        let free = hands.saturating_sub(busy);
        if free == 0 || self.is_away {
            return;
        }
        let now = self.setup.clock.now();
        match claim_jobs(&self.setup.database, self.worker_id, lane, now, free).await {
            Ok(jobs) => {
                for job in jobs {
                    self.begin(job, now);
                }
            }
            Err(error) => tracing::warn!(error = causes(&error), "could not take jobs"),
        }
    }

    fn begin(&mut self, job: LeasedJob, now: Timestamp) {
        let (setup, held, mut random) = (self.setup.clone(), job.clone(), (self.randomness)());
        let task = self.running.spawn(async move {
            // Whoever held it last may have died of it, every time.
            assert!(job.attempt <= ATTEMPTS_MAX, "the job was begun too often");
            let mut act = act(&setup, &job.request_id, now, &mut random);
            let tools = Tools {
                keys_folder: &setup.keys_folder,
                registers: setup.registers.as_deref(),
                faces: setup.faces.as_deref(),
                folders: setup.folders.as_ref(),
            };
            run_job(&mut act, tools, &job).await
        });
        self.held.insert(task.id(), held);
    }

    async fn take_back(&mut self, ended: Result<(Id, Result<(), JobError>), JoinError>) {
        let (id, error) = match ended {
            Ok((id, Ok(()))) => {
                if let Some(job) = self.held.remove(&id) {
                    tracing::info!(kind = job.kind, subject = job.subject, "job done");
                }
                return;
            }
            Ok((id, Err(error))) => (id, Some(error)),
            Err(broke) => (broke.id(), None),
        };
        let Some(job) = self.held.remove(&id) else { return };
        let now = self.setup.clock.now();
        let verdict = give_back(&self.setup.database, &job, error.as_ref(), now).await;
        let why = error.as_ref().map_or_else(|| "it broke".to_owned(), |error| causes(error));
        let (kind, subject) = (&job.kind, &job.subject);
        match verdict {
            Ok(Verdict::Needless) => tracing::info!(kind, subject, why, "job needless"),
            Ok(Verdict::Again(at)) => {
                tracing::warn!(kind, subject, why, again_at = %at, "job failed; it is tried again");
            }
            Ok(Verdict::Dead) => tracing::error!(
                kind,
                subject,
                why,
                "job dead; mend the cause, then `gelombang jobs retry {}`",
                job.job_id
            ),
            // Its lease ends, and then it is tried again.
            Err(error) => {
                let error = causes(&error);
                tracing::warn!(
                    kind,
                    subject,
                    why,
                    error,
                    "job failed, and could not be given back"
                );
            }
        }
    }
}

fn act<'a>(
    setup: &'a WorkerSetup,
    request_id: &'a str,
    now: Timestamp,
    rng: &'a mut (dyn Rng + Send),
) -> Act<'a> {
    Act {
        database: &setup.database,
        keys: &setup.keys,
        policies: &setup.policies,
        now,
        actor: SCHEDULE,
        request_id,
        rng,
    }
}

/// An error with its causes on one line.
fn causes(error: &dyn std::error::Error) -> String {
    let chain = std::iter::successors(Some(error), |error| error.source());
    let mut said: Vec<String> = chain.map(ToString::to_string).collect();
    said.dedup();
    said.join(": ")
}
