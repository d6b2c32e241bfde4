//! `jobs`: what the queue holds, and dead jobs run again.

use anyhow::bail;
use app::jobs::{list_jobs, oldest_micros, queue_state, retry_job};
use clap::{Args, Subcommand};
use domain::jobs::JobState;
use domain::officers::SoleAct;
use domain::policy::Named as _;
use domain::time::Timestamp;
use serde_json::{Value, json};
use storage::jobs::{JOBS_COUNTED_MAX, JobRow, QueueState, jobs_in_words};
use uuid::Uuid;

use crate::desk::{OfficeArgs, as_officer};
use crate::installation::{DataArgs, Installation, Purpose};
use crate::interrupt::Stop;
use crate::print::say;

/// Jobs listed at most; more than that are no list for a person.
const LISTED_MAX: u32 = 1_000;

/// Arguments of `jobs`.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct JobsArgs {
    #[command(subcommand)]
    act: Option<JobsAct>,
    /// Only jobs that failed for good.
    #[arg(long)]
    dead: bool,
    /// Print JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    data: DataArgs,
}

#[derive(Debug, Subcommand)]
enum JobsAct {
    /// Queue a dead job again; first mend what stopped it.
    Retry(RetryArgs),
}

#[derive(Debug, Args)]
struct RetryArgs {
    /// Id of the job, as `gelombang jobs --dead` prints it.
    #[arg(value_parser = parse_job)]
    id: Uuid,
    #[command(flatten)]
    office: OfficeArgs,
}

fn parse_job(text: &str) -> Result<Uuid, String> {
    let job = Uuid::parse_str(text);
    job.map_err(|_| format!("`{text}` is no id of a job; `gelombang jobs --dead` prints them"))
}

/// Runs `jobs`.
pub(crate) async fn run(args: JobsArgs, stop: &Stop) -> anyhow::Result<()> {
    match args.act {
        Some(JobsAct::Retry(retry)) => run_retry(retry, stop).await,
        None => run_list(args, stop).await,
    }
}

async fn run_list(args: JobsArgs, stop: &Stop) -> anyhow::Result<()> {
    let installation = Installation::open(&args.data, Purpose::Beside, stop).await?;
    installation
        .close_after(async |installation| {
            let now = installation.database.server_time().await?;
            let state = args.dead.then_some(JobState::Dead);
            let jobs = list_jobs(&installation.database, state, LISTED_MAX).await?;
            let queue = queue_state(&installation.database, now).await?;
            say(&if args.json {
                list_json(&jobs, &queue, now)
            } else {
                list_table(&jobs, &queue, now)
            })
        })
        .await
}

async fn run_retry(args: RetryArgs, stop: &Stop) -> anyhow::Result<()> {
    let policies = args.office.reference.load_ahead()?.policies;
    as_officer(&args.office, &policies, stop, async |scene| {
        scene.officer.require(SoleAct::RetryJob.role())?;
        if !retry_job(&mut scene.desk.act(), args.id).await? {
            bail!("there is no dead job {}; `gelombang jobs --dead` lists them", args.id);
        }
        Ok(format!("job {} is queued again", args.id))
    })
    .await
}

fn list_table(jobs: &[JobRow], queue: &QueueState, now: Timestamp) -> String {
    let mut lines: Vec<String> = jobs
        .iter()
        .map(|job| {
            format!(
                "{}  {:<6}  {:<12}  {:<10}  {:>2} tries  {}  {}",
                job.job_id,
                job.state.name(),
                job.kind,
                job.subject,
                job.attempts,
                job.run_at,
                job.last_error.as_deref().unwrap_or("-")
            )
        })
        .collect();
    lines.push(format!(
        "{} queued, {} at work, {} dead; the oldest that nobody runs waits for {} s; last done: {}",
        jobs_in_words(queue.queued),
        jobs_in_words(queue.leased),
        jobs_in_words(queue.dead),
        oldest_micros(queue, now) / 1_000_000,
        queue.last_done.map_or_else(|| "never".to_owned(), |at| at.to_string())
    ));
    lines.join("\n")
}

fn list_json(jobs: &[JobRow], queue: &QueueState, now: Timestamp) -> String {
    let text = |at: Option<Timestamp>| at.map(|at| at.to_string());
    let rows: Vec<Value> = jobs
        .iter()
        .map(|job| {
            json!({
                "id": job.job_id.to_string(),
                "kind": job.kind,
                "subject": job.subject,
                "state": job.state.name(),
                "run_at": job.run_at.to_string(),
                "attempts": job.attempts,
                "last_error": job.last_error,
                "finished_at": text(job.finished_at),
            })
        })
        .collect();
    json!({
        // One more stands for any number beyond.
        "counted_max": JOBS_COUNTED_MAX,
        "queued": queue.queued,
        "leased": queue.leased,
        "dead": queue.dead,
        "oldest_s": oldest_micros(queue, now) / 1_000_000,
        "last_done_at": text(queue.last_done),
        "jobs": rows,
    })
    .to_string()
}
