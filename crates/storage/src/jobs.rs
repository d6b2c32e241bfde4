//! The queue of jobs: enqueue, claim under a lease, end, fail, and what it looks like from outside.
//!
//! All instants come from the caller. A lease is named by worker and attempt, so a worker that was taken
//! for dead cannot end what another one does now.

use domain::jobs::JobState;
use domain::policy::Named as _;
use domain::schedule::Lane;
use domain::time::Timestamp;
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Row as _};
use uuid::Uuid;

use crate::convert::{count, named};
use crate::error::StorageError;

/// A job to be enqueued.
#[derive(Clone, Debug)]
pub struct NewJob<'a> {
    /// Id, made by the caller.
    pub job_id: Uuid,
    /// Kind.
    pub kind: &'a str,
    /// What it is done to.
    pub subject: &'a str,
    /// The hands it is for.
    pub lane: Lane,
    /// Ids it needs, as a JSON object; never personal data.
    pub payload: &'a str,
    /// Not before this instant.
    pub run_at: Timestamp,
    /// The request or run that causes it.
    pub request_id: &'a str,
}

/// Enqueues a job within the caller's transaction; false if an unfinished one of this kind and subject is
/// there already. It does not wait for the transaction that is finishing that one.
///
/// # Errors
/// [`StorageError`].
pub async fn job_insert(
    conn: &mut PgConnection,
    job: &NewJob<'_>,
    now: Timestamp,
) -> Result<bool, StorageError> {
    let done = sqlx::query(
        "INSERT INTO jobs (job_id, kind, subject, payload, run_at, request_id, created_at, lane)
         SELECT $1, $2, $3, $4::jsonb, $5, $6, $7, $8
         WHERE NOT EXISTS (SELECT FROM jobs WHERE kind = $2 AND subject = $3 AND state <> 'done')
         ON CONFLICT (kind, subject) WHERE state <> 'done' DO NOTHING",
    )
    .bind(job.job_id)
    .bind(job.kind)
    .bind(job.subject)
    .bind(job.payload)
    .bind(job.run_at.to_offset())
    .bind(job.request_id)
    .bind(now.to_offset())
    .bind(job.lane.name())
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Enqueues a job of one kind for each of these subjects that has none yet, and gives how many that made.
/// Payloads are JSON objects with ids only.
///
/// # Errors
/// [`StorageError`].
pub async fn jobs_insert(
    conn: &mut PgConnection,
    kind: &str,
    lane: Lane,
    jobs: &[(Uuid, String, String)],
    request_id: &str,
    now: Timestamp,
) -> Result<u64, StorageError> {
    let done = sqlx::query(
        "INSERT INTO jobs (job_id, kind, subject, payload, run_at, request_id, created_at, lane)
         SELECT job_id, $1, subject, payload::jsonb, $3, $4, $3, $2
         FROM unnest($5::uuid[], $6::text[], $7::text[]) AS j (job_id, subject, payload)
         ON CONFLICT (kind, subject) WHERE state <> 'done' DO NOTHING",
    )
    .bind(kind)
    .bind(lane.name())
    .bind(now.to_offset())
    .bind(request_id)
    .bind(jobs.iter().map(|(id, _, _)| *id).collect::<Vec<Uuid>>())
    .bind(jobs.iter().map(|(_, subject, _)| subject.as_str()).collect::<Vec<&str>>())
    .bind(jobs.iter().map(|(_, _, payload)| payload.as_str()).collect::<Vec<&str>>())
    .execute(conn)
    .await?;
    Ok(done.rows_affected())
}

/// A job in the hands of a worker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeasedJob {
    /// Id.
    pub job_id: Uuid,
    /// Kind.
    pub kind: String,
    /// The hands it is for.
    pub lane: Lane,
    /// What it is done to.
    pub subject: String,
    /// Ids it needs, as JSON text.
    pub payload: String,
    /// Number of this try, from 1.
    pub attempt: u16,
    /// The request or run that caused it.
    pub request_id: String,
    /// The worker.
    pub leased_by: Uuid,
}

/// Takes the oldest jobs of a lane that can run at `now`, at most `limit`, until `until`. A job whose lease has ended
/// can run again; one that a transaction holds is passed over.
///
/// # Errors
/// [`StorageError`].
pub async fn jobs_claim(
    conn: &mut PgConnection,
    worker: Uuid,
    lane: Lane,
    now: Timestamp,
    until: Timestamp,
    limit: usize,
) -> Result<Vec<LeasedJob>, StorageError> {
    let rows = sqlx::query(
        "UPDATE jobs j
         SET state = 'leased', leased_by = $1, leased_until = $3, attempts = j.attempts + 1
         FROM (
             SELECT job_id FROM jobs
             WHERE state IN ('queued', 'leased') AND lane = $5 AND run_at <= $2
               AND (state = 'queued' OR leased_until <= $2)
             ORDER BY run_at, job_id
             LIMIT $4
             FOR UPDATE SKIP LOCKED
         ) free
         WHERE j.job_id = free.job_id
         RETURNING j.job_id, j.kind, j.subject, j.payload::text, j.attempts, j.request_id",
    )
    .bind(worker)
    .bind(now.to_offset())
    .bind(until.to_offset())
    .bind(i64::try_from(limit).unwrap_or(i64::MAX))
    .bind(lane.name())
    .fetch_all(conn)
    .await?;
    rows.iter()
        .map(|row| {
            Ok(LeasedJob {
                job_id: row.try_get(0)?,
                kind: row.try_get(1)?,
                lane,
                subject: row.try_get(2)?,
                payload: row.try_get(3)?,
                attempt: attempts(row.try_get(4)?),
                request_id: row.try_get(5)?,
                leased_by: worker,
            })
        })
        .collect()
}

fn attempts(stored: i16) -> u16 {
    u16::try_from(stored).unwrap_or(0)
}

/// Marks a job done within the transaction of its effect, and holds its row until that ends; false if the
/// lease is no longer the caller's, who must leave no effect then.
///
/// # Errors
/// [`StorageError`].
pub async fn job_finish(
    conn: &mut PgConnection,
    job: &LeasedJob,
    now: Timestamp,
) -> Result<bool, StorageError> {
    let done = sqlx::query(
        "UPDATE jobs
         SET state = 'done', finished_at = $4, leased_by = NULL, leased_until = NULL, last_error = NULL
         WHERE job_id = $1 AND state = 'leased' AND leased_by = $2 AND attempts = $3",
    )
    .bind(job.job_id)
    .bind(job.leased_by)
    .bind(i16::try_from(job.attempt).unwrap_or(i16::MAX))
    .bind(now.to_offset())
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Hands a failed job back, to run again at `again_at`, or makes it dead if there is no such instant.
/// Nothing happens if the lease is no longer the caller's.
///
/// # Errors
/// [`StorageError`].
pub async fn job_fail(
    conn: &mut PgConnection,
    job: &LeasedJob,
    code: &str,
    again_at: Option<Timestamp>,
    now: Timestamp,
) -> Result<(), StorageError> {
    sqlx::query(
        "UPDATE jobs
         SET state = CASE WHEN $5::timestamptz IS NULL THEN 'dead' ELSE 'queued' END,
             run_at = coalesce($5, run_at),
             finished_at = CASE WHEN $5::timestamptz IS NULL THEN $6::timestamptz END,
             last_error = $4, leased_by = NULL, leased_until = NULL
         WHERE job_id = $1 AND state = 'leased' AND leased_by = $2 AND attempts = $3",
    )
    .bind(job.job_id)
    .bind(job.leased_by)
    .bind(i16::try_from(job.attempt).unwrap_or(i16::MAX))
    .bind(code)
    .bind(again_at.map(Timestamp::to_offset))
    .bind(now.to_offset())
    .execute(conn)
    .await?;
    Ok(())
}

/// Queues a dead job again, with all its tries; false if there is no dead job of this id.
///
/// # Errors
/// [`StorageError`].
pub async fn job_retry(
    conn: &mut PgConnection,
    job_id: Uuid,
    now: Timestamp,
) -> Result<bool, StorageError> {
    let done = sqlx::query(
        "UPDATE jobs SET state = 'queued', run_at = $2, attempts = 0, finished_at = NULL
         WHERE job_id = $1 AND state = 'dead'",
    )
    .bind(job_id)
    .bind(now.to_offset())
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// A job as listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobRow {
    /// Id.
    pub job_id: Uuid,
    /// Kind.
    pub kind: String,
    /// What it is done to.
    pub subject: String,
    /// State.
    pub state: JobState,
    /// When it may run, or might have.
    pub run_at: Timestamp,
    /// Tries so far.
    pub attempts: u16,
    /// Code of the last failure.
    pub last_error: Option<String>,
    /// When it was done or given up.
    pub finished_at: Option<Timestamp>,
}

/// Jobs in one state, or all that are not done, the oldest first, at most `limit`.
///
/// # Errors
/// [`StorageError`].
pub async fn jobs_list(
    conn: &mut PgConnection,
    state: Option<JobState>,
    limit: u32,
) -> Result<Vec<JobRow>, StorageError> {
    let rows = sqlx::query(
        "SELECT job_id, kind, subject, state, run_at, attempts, last_error, finished_at
         FROM jobs
         WHERE CASE WHEN $1::text IS NULL THEN state <> 'done' ELSE state = $1 END
         ORDER BY run_at, job_id
         LIMIT $2",
    )
    .bind(state.map(JobState::name))
    .bind(i64::from(limit))
    .fetch_all(conn)
    .await?;
    rows.iter().map(job_row).collect()
}

fn job_row(row: &PgRow) -> Result<JobRow, StorageError> {
    Ok(JobRow {
        job_id: row.try_get(0)?,
        kind: row.try_get(1)?,
        subject: row.try_get(2)?,
        state: named("jobs", "state", row.try_get(3)?)?,
        run_at: Timestamp::from_offset(row.try_get(4)?),
        attempts: attempts(row.try_get(5)?),
        last_error: row.try_get(6)?,
        finished_at: row.try_get::<Option<_>, _>(7)?.map(Timestamp::from_offset),
    })
}

/// Jobs of one state counted at most: beyond this it is the trouble that matters, not the number.
pub const JOBS_COUNTED_MAX: u64 = 10_000;

/// A number of jobs in words.
pub fn jobs_in_words(jobs: u64) -> String {
    if jobs > JOBS_COUNTED_MAX { format!("over {JOBS_COUNTED_MAX}") } else { jobs.to_string() }
}

/// The queue at one instant. Jobs of a state are counted up to one more than [`JOBS_COUNTED_MAX`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct QueueState {
    /// Jobs that wait, their time come or not.
    pub queued: u64,
    /// Jobs that a worker has.
    pub leased: u64,
    /// Jobs that failed for good.
    pub dead: u64,
    /// Since when the oldest job of the own lane could have run that nobody runs. Jobs that wait for outside
    /// systems may wait as long as those take.
    pub oldest: Option<Timestamp>,
    /// When a job was last done.
    pub last_done: Option<Timestamp>,
}

/// How many jobs of a kind wait or are at hand, counted up to `max`. Dead ones are not: nobody works at them, so
/// they must not take the room of others.
///
/// # Errors
/// [`StorageError`].
pub async fn jobs_open_count(
    conn: &mut PgConnection,
    kind: &str,
    max: u32,
) -> Result<u32, StorageError> {
    let open: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM (
             SELECT FROM jobs WHERE kind = $1 AND state IN ('queued', 'leased') LIMIT $2
         ) AS open",
    )
    .bind(kind)
    .bind(i64::from(max))
    .fetch_one(conn)
    .await?;
    Ok(u32::try_from(open).unwrap_or(u32::MAX))
}

/// Since when the oldest job of a lane waits that could run and that nobody runs; `None` if there is none.
///
/// # Errors
/// [`StorageError`].
pub async fn oldest_job(
    conn: &mut PgConnection,
    lane: Lane,
    now: Timestamp,
) -> Result<Option<Timestamp>, StorageError> {
    // The queued one along its index; leased ones are few.
    let oldest = sqlx::query_scalar(
        "SELECT least(
             (SELECT run_at FROM jobs
              WHERE state = 'queued' AND lane = $2 AND run_at <= $1
              ORDER BY run_at LIMIT 1),
             (SELECT min(greatest(run_at, leased_until)) FROM jobs
              WHERE state = 'leased' AND lane = $2 AND greatest(run_at, leased_until) <= $1)
         )",
    )
    .bind(now.to_offset())
    .bind(lane.name())
    .fetch_one(conn)
    .await?;
    Ok(Option::map(oldest, Timestamp::from_offset))
}

/// Reads the state of the queue; cheap, however many jobs wait.
///
/// # Errors
/// [`StorageError`].
pub async fn queue_read(
    conn: &mut PgConnection,
    now: Timestamp,
) -> Result<QueueState, StorageError> {
    let oldest = oldest_job(conn, Lane::Own, now).await?;
    let row = sqlx::query(
        "SELECT queued, leased, dead,
                (SELECT finished_at FROM jobs
                 WHERE state = 'done' ORDER BY finished_at DESC LIMIT 1)
         FROM queue_counts($1)",
    )
    .bind(i32::try_from(JOBS_COUNTED_MAX.saturating_add(1)).unwrap_or(i32::MAX))
    .fetch_one(conn)
    .await?;
    Ok(QueueState {
        queued: count(row.try_get(0)?),
        leased: count(row.try_get(1)?),
        dead: count(row.try_get(2)?),
        oldest,
        last_done: row.try_get::<Option<_>, _>(3)?.map(Timestamp::from_offset),
    })
}
