//! Jobs: what schedules make due is enqueued, claimed, and done, each once in effect.
//!
//! A job whose effect is in the database is marked done in the transaction of that effect. What fails says
//! whether trying again can help; a job that has become needless counts as done.

use std::path::Path;
use std::str::FromStr as _;
use std::sync::Arc;

use domain::ids::{AccountId, PersonId, SittingId, uuid_at};
use domain::jobs::{ATTEMPTS_MAX, JobState, pause_micros};
use domain::schedule::{Lane, REGISTERS_ASK, Task, WaveOutlook, due};
use domain::time::Timestamp;
use domain::wave::WaveNumber;
use integrations::faces::FaceDesk;
use integrations::registers::RegisterDesk;
use serde_json::{Value, json};
use sqlx::PgConnection;
use storage::beneficiaries::pending_count;
use storage::database::{Database, Tx};
use storage::error::StorageError;
use storage::jobs::{
    JobRow, LeasedJob, NewJob, QueueState, job_fail, job_finish, job_insert, job_retry, jobs_claim,
    jobs_list, oldest_job, queue_read,
};
use storage::reference::WaveRow;
use storage::schedule::{schedule_mark_lock, schedule_mark_set, scheduled_waves};
use time::Date;
use uuid::Uuid;

use crate::ability::run_out_within;
use crate::act::{Act, ActError, Event};
use crate::audit_chain::{BATCH, ChainError, Sealing, seal_some};
use crate::checks::{ask_again_within, ask_registers};
use crate::contributions::{close_reveals_within, reveals_close_at};
use crate::faces::compare_faces;
use crate::folders::{FolderDesk, FolderError, is_any_due, log_registrations, publish_folders};
use crate::lapse::lapse_within;
use crate::remind::remind_within;
use crate::retention::forget;
use crate::rights::erase_within;
use crate::sweep::sweep_within;
use crate::wave::{close_within, open_within, settle_within};

/// How long a worker may hold a job before another one may take it: far above any job whose effect is
/// outside a transaction, and a dead worker's closing waits no longer.
const LEASE: i64 = 120_000_000;
/// Batches that one job seals at most, so that it ends before its lease does; the next one goes on.
const SEAL_BATCHES: u32 = 16;
/// Beyond this age of the oldest job that nobody runs, somebody must look: five minutes in microseconds.
pub const OLDEST_LIMIT: i64 = 300_000_000;

/// Why a job could not be done.
#[derive(Debug, thiserror::Error)]
pub enum JobError {
    /// A use case refused or failed.
    #[error(transparent)]
    Act(#[from] ActError),
    /// The audit chain could not be sealed.
    #[error(transparent)]
    Chain(#[from] ChainError),
    /// What was asked about has changed meanwhile.
    #[error("the statement was corrected while the registers were asked; they are asked again")]
    Changed,
    /// This worker asks no registers.
    #[error("this worker has no registers to ask; name them with --register-url")]
    NoRegisters,
    /// This worker asks nobody who compares faces.
    #[error("this worker has nobody who compares faces; name them with --face-url")]
    NoFaces,
    /// This worker writes no folders.
    #[error("this worker writes no published folders; name the terms with --publication")]
    NoFolders,
    /// A folder could not be brought up to date.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// Another worker has taken the job over.
    #[error("the job was taken over by another worker; nothing was done")]
    Lost,
    /// No program of this version can have enqueued it.
    #[error("the job is of no kind that this version knows; update this worker")]
    Unknown,
}

impl From<StorageError> for JobError {
    fn from(error: StorageError) -> Self {
        Self::Act(error.into())
    }
}

/// Looks at the schedules once, enqueues what is due, and gives how many jobs that made. If another worker
/// is looking at this moment, there is nothing to do.
///
/// # Errors
/// [`ActError`]; nothing was enqueued then.
pub async fn look_at_schedules(act: &mut Act<'_>) -> Result<usize, ActError> {
    let mut tx = act.database.begin().await?;
    let (is_free, looked) = schedule_mark_lock(&mut tx).await?;
    if !is_free {
        return Ok(0);
    }
    let mut outlooks = Vec::new();
    for (wave, signed_on) in scheduled_waves(&mut tx).await? {
        let purchase_due_at = signed_on.and_then(|day| purchase_due(act, &wave, day));
        outlooks.push(WaveOutlook {
            wave: wave.wave,
            state: wave.state,
            opens_at: wave.opens_at,
            closes_at: wave.closes_at,
            reveals_close_at: reveals_close_at(&mut tx, &wave).await?,
            purchase_due_at,
            is_published: wave.public_digest.is_some(),
        });
    }
    let found = due(&outlooks, looked, act.now);
    if found.is_empty() {
        // A dropped transaction ends only some time later, and the next look would find somebody looking.
        tx.rollback().await.map_err(StorageError::from)?;
        return Ok(0);
    }
    let mut made = 0usize;
    for due in found {
        made = made.saturating_add(usize::from(
            enqueue(&mut tx, act, due.task, due.since.max(act.now)).await?,
        ));
    }
    schedule_mark_set(&mut tx, act.now).await?;
    tx.commit().await.map_err(StorageError::from)?;
    Ok(made)
}

/// The deadline of a decree. Without its policy only this wave stands still, and somebody hears of it.
fn purchase_due(act: &Act<'_>, wave: &WaveRow, signed_on: Date) -> Option<Timestamp> {
    match act.policy_of(wave) {
        Ok(policy) => Some(policy.version.deadlines().first_purchase_due(signed_on)),
        Err(error) => {
            let wave = wave.wave.get();
            tracing::error!(wave, %error, "cannot tell the deadline of wave {wave}, so it is not swept");
            None
        }
    }
}

/// Enqueues a task within the transaction that needs it; false if the same task waits already.
///
/// # Errors
/// [`ActError`].
pub(crate) async fn enqueue(
    conn: &mut PgConnection,
    act: &mut Act<'_>,
    task: Task,
    run_at: Timestamp,
) -> Result<bool, ActError> {
    let subject = task.subject().to_string();
    let payload = payload_of(task).to_string();
    let job = NewJob {
        job_id: uuid_at(act.now, act.id_bytes()),
        kind: task.kind(),
        lane: task.lane(),
        subject: &subject,
        payload: &payload,
        run_at,
        request_id: act.request_id,
    };
    Ok(job_insert(conn, &job, act.now).await?)
}

pub(crate) fn payload_of(task: Task) -> Value {
    match task {
        Task::OpenWave(wave)
        | Task::CloseWave(wave)
        | Task::SweepWave(wave)
        | Task::SettleWave(wave)
        | Task::CloseReveals(wave)
        | Task::LogRegistrations(wave) => json!({ "wave": wave.get() }),
        Task::RemindWave(wave, after) => {
            json!({ "wave": wave.get(), "after_micros": after.micros() })
        }
        Task::AskRegisters(person) => json!({ "person": person.uuid().to_string() }),
        Task::EraseAccount(account) | Task::CompareFaces(account) => {
            json!({ "account": account.uuid().to_string() })
        }
        Task::EndSitting(sitting) => json!({ "sitting": sitting.uuid().to_string() }),
        Task::LapseSeats
        | Task::PublishFolders
        | Task::SealAudit
        | Task::Forget
        | Task::AskAgain => json!({}),
    }
}

/// The task of a job; `None` if another version has enqueued it.
fn task_of(job: &LeasedJob) -> Option<Task> {
    let payload = Value::from_str(&job.payload).ok()?;
    let wave = || {
        let number = payload.get("wave")?.as_u64()?;
        WaveNumber::new(u16::try_from(number).ok()?)
    };
    let task = match job.kind.as_str() {
        "wave_open" => Task::OpenWave(wave()?),
        "wave_close" => Task::CloseWave(wave()?),
        "wave_sweep" => Task::SweepWave(wave()?),
        "wave_remind" => {
            let after = payload.get("after_micros")?.as_i64()?;
            Task::RemindWave(wave()?, Timestamp::from_micros(after))
        }
        "wave_settle" => Task::SettleWave(wave()?),
        "reveals_close" => Task::CloseReveals(wave()?),
        "seats_lapse" => Task::LapseSeats,
        "folders_publish" => Task::PublishFolders,
        "registrations_log" => Task::LogRegistrations(wave()?),
        "audit_seal" => Task::SealAudit,
        "jobs_forget" => Task::Forget,
        "checks_ask_again" => Task::AskAgain,
        REGISTERS_ASK => {
            let person = Uuid::parse_str(payload.get("person")?.as_str()?).ok()?;
            Task::AskRegisters(PersonId::from_uuid(person))
        }
        "faces_compare" => {
            let account = Uuid::parse_str(payload.get("account")?.as_str()?).ok()?;
            Task::CompareFaces(AccountId::from_uuid(account))
        }
        "account_erase" => {
            let account = Uuid::parse_str(payload.get("account")?.as_str()?).ok()?;
            Task::EraseAccount(AccountId::from_uuid(account))
        }
        "sitting_end" => {
            let sitting = Uuid::parse_str(payload.get("sitting")?.as_str()?).ok()?;
            Task::EndSitting(SittingId::from_uuid(sitting))
        }
        _ => return None,
    };
    Some(task)
}

/// Takes at most `limit` jobs of a lane that can run now.
///
/// # Errors
/// [`StorageError`].
pub async fn claim_jobs(
    database: &Database,
    worker: Uuid,
    lane: Lane,
    now: Timestamp,
    limit: usize,
) -> Result<Vec<LeasedJob>, StorageError> {
    let mut tx = database.begin().await?;
    let jobs = jobs_claim(&mut tx, worker, lane, now, now.plus_micros(LEASE), limit).await?;
    tx.commit().await?;
    Ok(jobs)
}

/// What jobs need beside the database.
#[derive(Clone, Copy, Debug)]
pub struct Tools<'a> {
    /// Folder of the key files, for the audit chain.
    pub keys_folder: &'a Path,
    /// The registers, if this process asks them.
    pub registers: Option<&'a RegisterDesk>,
    /// Who compares faces, if this process asks.
    pub faces: Option<&'a FaceDesk>,
    /// Where published folders are written, if this process does.
    pub folders: Option<&'a Arc<FolderDesk>>,
}

/// Does a job that the caller holds. Sealing and forgetting have their own transactions and are safe to repeat, and so
/// have the questions to others; every other effect is one transaction with the end of the job.
///
/// # Errors
/// [`JobError`]; no effect is there then, and [`give_back`] decides what becomes of the job.
pub async fn run_job(act: &mut Act<'_>, tools: Tools<'_>, job: &LeasedJob) -> Result<(), JobError> {
    let task = task_of(job).ok_or(JobError::Unknown)?;
    if let Task::AskRegisters(person) = task {
        let desk = tools.registers.ok_or(JobError::NoRegisters)?;
        return ask_registers(act, desk, job, person).await;
    }
    if let Task::CompareFaces(account) = task {
        let desk = tools.faces.ok_or(JobError::NoFaces)?;
        return compare_faces(act, desk, job, account).await;
    }
    if task == Task::PublishFolders {
        let desk = tools.folders.ok_or(JobError::NoFolders)?;
        publish_folders(act.database, desk, act.now).await?;
    }
    if let Task::LogRegistrations(wave) = task {
        let desk = tools.folders.ok_or(JobError::NoFolders)?;
        log_registrations(act.database, desk, wave, act.now).await?;
    }
    if task == Task::SealAudit {
        let (database, now) = (act.database, act.now);
        let keys_folder = tools.keys_folder;
        let mut sealing = Sealing { database, keys_folder, now, batch: BATCH, rng: &mut *act.rng };
        let sealed = seal_some(&mut sealing, SEAL_BATCHES).await?;
        if let Some(path) = sealed.new_key {
            tracing::warn!(
                path = %path.display(),
                "made the key that signs the audit chain; back this file up, apart from the database"
            );
        }
    }
    let mut is_more = false;
    if task == Task::Forget {
        let forgotten = forget(act.database, act.now).await?;
        tracing::info!(rows = forgotten.rows, "forgot what is over and old");
        is_more = forgotten.is_more;
    }
    let mut tx = act.database.begin().await?;
    if !job_finish(&mut tx, job, act.now).await? {
        return Err(JobError::Lost);
    }
    match task {
        Task::OpenWave(wave) => open_within(&mut tx, act, wave).await?,
        Task::CloseWave(wave) => close_within(&mut tx, act, wave).await?,
        Task::SweepWave(wave) => {
            sweep_within(&mut tx, act, wave).await?;
            if pending_count(&mut tx, wave).await? == 0 {
                enqueue(&mut tx, act, Task::SettleWave(wave), act.now).await?;
            }
        }
        Task::RemindWave(wave, after) => remind_within(&mut tx, act, wave, after).await?,
        Task::SettleWave(wave) => settle_within(&mut tx, act, wave).await?,
        Task::CloseReveals(wave) => close_reveals_within(&mut tx, act, wave).await?,
        Task::LapseSeats => lapse_within(&mut tx, act).await?,
        Task::AskAgain => ask_again_within(&mut tx, act).await?,
        Task::EraseAccount(account) => erase_within(&mut tx, act, account).await?,
        Task::EndSitting(sitting) => run_out_within(&mut tx, act, sitting).await?,
        Task::SealAudit
        | Task::AskRegisters(_)
        | Task::CompareFaces(_)
        | Task::LogRegistrations(_) => {}
        Task::PublishFolders => {
            // An act that came while folders were written found this job waiting and enqueued none.
            if is_any_due(&mut tx).await? {
                enqueue(&mut tx, act, Task::PublishFolders, act.now).await?;
            }
        }
        Task::Forget => {
            if is_more {
                enqueue(&mut tx, act, Task::Forget, act.now).await?;
            }
        }
    }
    Ok(tx.commit().await.map_err(StorageError::from)?)
}

/// What becomes of a job that could not be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Somebody has done it, or it cannot be done any more: it counts as done.
    Needless,
    /// Try again, at this instant at the earliest.
    Again(Timestamp),
    /// Somebody must look at it.
    Dead,
}

impl JobError {
    /// A code for the queue's list; never a text from outside.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Act(error) => error.code(),
            Self::Chain(_) => "audit_chain",
            Self::Changed => "changed",
            Self::NoRegisters => "no_registers",
            Self::NoFaces => "no_faces",
            Self::NoFolders => "no_folders",
            Self::Folder(_) => "folder",
            Self::Lost => "lost",
            Self::Unknown => "unknown_kind",
        }
    }

    /// What becomes of the job at `now`, after so many tries. An officer may have opened, closed or
    /// cancelled the wave in the meantime; then there is nothing left to do.
    pub fn verdict(&self, attempt: u16, now: Timestamp) -> Verdict {
        match self {
            Self::Lost
            | Self::Act(
                ActError::WaveState { .. }
                | ActError::DeadlineRuns { .. }
                | ActError::AppealsOpen { .. },
            ) => Verdict::Needless,
            Self::Act(ActError::TooEarly { at, .. }) => Verdict::Again(*at),
            Self::Changed => Verdict::Again(now),
            Self::NoRegisters | Self::NoFaces | Self::NoFolders => {
                Verdict::Again(now.plus_micros(LEASE))
            }
            Self::Unknown => Verdict::Dead,
            Self::Act(_) | Self::Chain(_) | Self::Folder(_) => again(attempt, now),
        }
    }
}

/// Another try after a pause, as long as tries are left.
fn again(attempt: u16, now: Timestamp) -> Verdict {
    if attempt >= ATTEMPTS_MAX {
        return Verdict::Dead;
    }
    Verdict::Again(now.plus_micros(pause_micros(attempt)))
}

/// Gives a job back that could not be done, as the error says; without an error, the worker broke at it.
///
/// # Errors
/// [`StorageError`]; the job runs again once its lease has ended.
pub async fn give_back(
    database: &Database,
    job: &LeasedJob,
    error: Option<&JobError>,
    now: Timestamp,
) -> Result<Verdict, StorageError> {
    let verdict = error.map_or_else(|| again(job.attempt, now), |e| e.verdict(job.attempt, now));
    let code = error.map_or("broke", JobError::code);
    let mut tx = database.begin().await?;
    match verdict {
        Verdict::Needless => {
            job_finish(&mut tx, job, now).await?;
        }
        Verdict::Again(at) => job_fail(&mut tx, job, code, Some(at), now).await?,
        Verdict::Dead => job_fail(&mut tx, job, code, None, now).await?,
    }
    tx.commit().await?;
    Ok(verdict)
}

/// Queues a dead job again, with an audit event; false if there is no dead job of this id.
///
/// # Errors
/// [`ActError`]; nothing changes then.
pub async fn retry_job(act: &mut Act<'_>, job_id: Uuid) -> Result<bool, ActError> {
    let mut tx = act.database.begin().await?;
    let queued = retry_within(&mut tx, act, job_id).await?;
    tx.commit().await.map_err(StorageError::from)?;
    Ok(queued)
}

/// [`retry_job`] within the caller's transaction.
pub(crate) async fn retry_within(
    tx: &mut Tx,
    act: &mut Act<'_>,
    job_id: Uuid,
) -> Result<bool, ActError> {
    if !job_retry(tx, job_id, act.now).await? {
        return Ok(false);
    }
    let event = Event {
        act: "job_retry",
        subject: format!("job:{job_id}"),
        from: Some("dead"),
        to: Some("queued"),
        reason: "its cause is mended",
        detail: json!({}),
    };
    act.record(tx, event).await?;
    Ok(true)
}

/// Jobs in one state, or all that are not done, the oldest first, at most `limit`.
///
/// # Errors
/// [`StorageError`].
pub async fn list_jobs(
    database: &Database,
    state: Option<JobState>,
    limit: u32,
) -> Result<Vec<JobRow>, StorageError> {
    jobs_list(&mut *database.begin_snapshot().await?, state, limit).await
}

/// The state of the queue at `now`.
///
/// # Errors
/// [`StorageError`].
pub async fn queue_state(database: &Database, now: Timestamp) -> Result<QueueState, StorageError> {
    queue_read(&mut *database.begin_snapshot().await?, now).await
}

/// How long the oldest job of the programme's own waits that nobody runs, in microseconds; 0 if there is none.
/// Along an index, however many jobs wait for outside systems.
///
/// # Errors
/// [`StorageError`].
pub async fn oldest_own_micros(database: &Database, now: Timestamp) -> Result<i64, StorageError> {
    let oldest = oldest_job(&mut *database.begin_snapshot().await?, Lane::Own, now).await?;
    Ok(oldest.map_or(0, |oldest| now.micros().saturating_sub(oldest.micros()).max(0)))
}

/// How long the oldest job waits that nobody runs, in microseconds; 0 if there is none.
pub fn oldest_micros(queue: &QueueState, now: Timestamp) -> i64 {
    queue.oldest.map_or(0, |oldest| now.micros().saturating_sub(oldest.micros()).max(0))
}
