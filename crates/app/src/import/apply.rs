//! The second phase: staged rows are applied by the use cases, a chunk a transaction.

use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use rayon::prelude::*;
use storage::error::StorageError;
use storage::imports::{ImportRow, chunk_finish, chunk_get, chunks_pending, faults_insert};
use storage::rewrap::chunk_owner;

use super::refusal::ImportRefusal;
use super::rows::{Placed, Rows, split_chunk};
use super::{CHUNK_ROWS, ImportJob, Phase, Progress, request_id};
use crate::act::ActError;

/// Chunks under way at once, each on a connection and so on a process of the server of its own.
const AT_ONCE: usize = 2;
/// Tries of a chunk: somebody may register between its look and its write, and the next look sees them.
const TRIES: u32 = 3;

/// Applies every chunk that is not applied yet.
pub(super) async fn apply<R: Rows>(
    job: &ImportJob<'_>,
    import: &ImportRow,
    rows: R,
) -> Result<(), ImportRefusal> {
    let mut tx = job.database.begin().await?;
    let pending = chunks_pending(&mut tx, import.import_id).await?;
    drop(tx);
    let left = (pending.len() as u64).saturating_mul(CHUNK_ROWS as u64);
    let mut behind = job.survey.rows.saturating_sub(left);
    let mut chunks = stream::iter(pending)
        .map(|chunk| apply_chunk(job, import, rows, chunk))
        .buffer_unordered(AT_ONCE);
    while let Some(()) = chunks.try_next().await? {
        behind = behind.saturating_add(CHUNK_ROWS as u64).min(job.survey.rows);
        (job.progress)(Progress { phase: Phase::Applying, rows: behind });
    }
    Ok(())
}

async fn apply_chunk<R: Rows>(
    job: &ImportJob<'_>,
    import: &ImportRow,
    rows: R,
    chunk: u32,
) -> Result<(), ImportRefusal> {
    let mut tries = 1;
    loop {
        match try_chunk(job, import, rows, chunk).await {
            Err(ImportRefusal::Act(ActError::Storage(StorageError::Conflict { .. })))
                if tries < TRIES =>
            {
                tries += 1;
            }
            done => return done,
        }
    }
}

/// One transaction: the rows, their audit event, what was refused, and the mark.
async fn try_chunk<R: Rows>(
    job: &ImportJob<'_>,
    import: &ImportRow,
    rows: R,
    chunk: u32,
) -> Result<(), ImportRefusal> {
    let mut tx = job.database.begin().await?;
    let (sealed, bad) = chunk_get(&mut tx, import.import_id, chunk).await?;
    let damaged = |_| ImportRefusal::Damaged(import.started_at);
    let plain = job.keys.unwrap(&chunk_owner(import.import_id, chunk), &sealed).map_err(damaged)?;
    let mut staged = split_chunk(&plain).map_err(damaged)?;
    staged.retain(|row| !bad.contains(&row.row));
    let good: Option<Vec<Placed<R::Row>>> = staged
        .par_iter()
        .map(|one| {
            let value = rows.decode(one.value)?;
            Some(Placed { row: one.row, line: one.line, value })
        })
        .collect();
    let good = good.ok_or(ImportRefusal::Damaged(import.started_at))?;
    let mut rng = (job.rng)();
    let request_id = request_id(import);
    let mut act = job.act(&mut *rng, &request_id);
    let applied = rows.apply(&mut act, &mut tx, good).await?;
    faults_insert(&mut tx, import.import_id, &applied.faults).await?;
    chunk_finish(&mut tx, import.import_id, chunk, applied.done, applied.known).await?;
    tx.commit().await.map_err(StorageError::from)?;
    Ok(())
}
