//! The audit chain: what the sealer reads and appends, and all of it for verification.

mod reading;

use domain::chain::checkpoint::SignedCheckpoint;
use domain::chain::verify::{Entry, Tail};
use domain::chain::{COLUMNS, Digest, event_digest};
use futures_util::StreamExt as _;
use sqlx::postgres::PgRow;
use sqlx::{AssertSqlSafe, PgConnection, Row as _};
use uuid::Uuid;

use crate::error::StorageError;

use reading::{CHECKPOINT, EVENT, number, read_checkpoint, read_event};
pub use reading::{Unsealed, chain_read, unsealed_read};

/// Advisory lock of the one who seals.
const SEAL_LOCK: i64 = 0x6765_6c6f_6d73_6561;

/// Waits until this transaction is the only one that seals; it stays so until it ends. Nobody who writes
/// audit events takes this lock.
///
/// # Errors
/// [`StorageError::Driver`].
pub async fn seal_lock(conn: &mut PgConnection) -> Result<(), StorageError> {
    // Each statement must see what the one who sealed before has committed.
    sqlx::query("SET TRANSACTION ISOLATION LEVEL READ COMMITTED").execute(&mut *conn).await?;
    sqlx::query("SELECT pg_advisory_xact_lock($1)").bind(SEAL_LOCK).execute(conn).await?;
    Ok(())
}

/// Why the end of the chain could not be read.
#[derive(Debug, thiserror::Error)]
pub enum TailError {
    /// The database failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The newest checkpoint has values that none can have, or links are there without any.
    #[error(
        "the newest row of audit_chain or audit_checkpoints was not written by the product; run `gelombang audit --chain`"
    )]
    Unreadable,
}

/// The end of the chain; `None` if nothing was sealed yet.
///
/// # Errors
/// [`TailError`].
pub async fn tail_find(conn: &mut PgConnection) -> Result<Option<Tail>, TailError> {
    let statement =
        format!("SELECT {CHECKPOINT} FROM audit_checkpoints k ORDER BY k.number DESC LIMIT 1");
    let last = sqlx::query(AssertSqlSafe(statement))
        .fetch_optional(&mut *conn)
        .await
        .map_err(StorageError::from)?;
    let link = sqlx::query(
        "SELECT position, chain_digest FROM audit_chain ORDER BY position DESC LIMIT 1",
    )
    .fetch_optional(conn)
    .await
    .map_err(StorageError::from)?;
    let link = link.map(|row| read_link(&row).ok_or(TailError::Unreadable)).transpose()?;
    match (last, link) {
        (None, None) => Ok(None),
        (None, Some(_)) => Err(TailError::Unreadable),
        (Some(last), link) => {
            let last = read_checkpoint(&last, 0)?.ok_or(TailError::Unreadable)?;
            Ok(Some(Tail { last, link }))
        }
    }
}

fn read_link(row: &PgRow) -> Option<(i64, Digest)> {
    let digest: Vec<u8> = row.try_get(1).ok()?;
    Some((row.try_get(0).ok()?, Digest::from_slice(&digest)?))
}

/// Events to be sealed, in their order.
#[derive(Debug)]
pub struct SealableEvents {
    /// Ids and digests.
    pub events: Vec<(Uuid, Digest)>,
    /// One more than the newest transaction among them; the horizon once they are sealed.
    pub horizon: u64,
}

/// The events of the transactions from `horizon` on that no open transaction can precede any more, by
/// transaction and id: those of the first `limit` events, each transaction whole. `None` if there are
/// none.
///
/// # Errors
/// [`StorageError`].
pub async fn sealable_read(
    conn: &mut PgConnection,
    horizon: u64,
    limit: u32,
) -> Result<Option<SealableEvents>, StorageError> {
    // Whatever is below the oldest open transaction of this statement's snapshot has ended: its rows are
    // in the snapshot, and no more will come.
    let statement = format!(
        "WITH last AS (
             SELECT transaction_id FROM (
                 SELECT transaction_id, event_id FROM audit_events
                 WHERE transaction_id >= $1::text::xid8
                   AND transaction_id < pg_snapshot_xmin(pg_current_snapshot())
                 ORDER BY transaction_id, event_id
                 LIMIT $2
             ) first
             ORDER BY transaction_id DESC, event_id DESC
             LIMIT 1
         )
         SELECT {EVENT}, e.event_id
         FROM audit_events e
         WHERE e.transaction_id >= $1::text::xid8 AND e.transaction_id <= (SELECT transaction_id FROM last)
         ORDER BY e.transaction_id, e.event_id"
    );
    let mut rows = sqlx::query(AssertSqlSafe(statement))
        .bind(horizon.to_string())
        .bind(i64::from(limit))
        .fetch(conn);
    let (mut events, mut newest) = (Vec::new(), horizon);
    while let Some(row) = rows.next().await {
        let row = row?;
        let columns = read_event(&row, 0)?;
        newest = columns.last().and_then(Option::as_deref).and_then(number).unwrap_or(newest);
        events.push((row.try_get(COLUMNS.len())?, event_digest(&columns)));
    }
    let horizon = newest.saturating_add(1);
    Ok((!events.is_empty()).then_some(SealableEvents { events, horizon }))
}

/// Number that the next transaction of this server will get at the earliest. Lower than a horizon after a
/// restore that did not bring the counter along.
///
/// # Errors
/// [`StorageError`].
pub async fn next_transaction(conn: &mut PgConnection) -> Result<u64, StorageError> {
    let next: Vec<u8> =
        sqlx::query_scalar("SELECT xid8send(pg_snapshot_xmax(pg_current_snapshot()))")
            .fetch_one(conn)
            .await?;
    Ok(number(&next).unwrap_or(0))
}

/// Appends links that end at the checkpoint's position, and the checkpoint.
///
/// # Errors
/// [`StorageError::Conflict`] if one of them is there already.
pub async fn chain_append(
    conn: &mut PgConnection,
    entries: &[Entry],
    signed: &SignedCheckpoint,
) -> Result<(), StorageError> {
    let SignedCheckpoint { checkpoint, public_key, signature } = signed;
    let ids: Vec<Uuid> = entries.iter().map(|entry| entry.event_id).collect();
    let bytes = |of: fn(&Entry) -> &Digest| -> Vec<Vec<u8>> {
        entries.iter().map(|entry| of(entry).bytes().to_vec()).collect()
    };
    let done = sqlx::query(
        "INSERT INTO audit_chain (position, event_id, event_digest, chain_digest)
         SELECT $1 - cardinality($2::uuid[]) + at, event_id, event_digest, chain_digest
         FROM unnest($2::uuid[], $3::bytea[], $4::bytea[]) WITH ORDINALITY
             AS t (event_id, event_digest, chain_digest, at)",
    )
    .bind(checkpoint.position)
    .bind(&ids)
    .bind(bytes(|entry| &entry.event_digest))
    .bind(bytes(|entry| &entry.chain_digest))
    .execute(&mut *conn)
    .await?;
    StorageError::check_rows(u64::try_from(ids.len()).unwrap_or(u64::MAX), done.rows_affected())?;
    sqlx::query(
        "INSERT INTO audit_checkpoints (number, position, chain, head, horizon, sealed_at, public_key,
                                        signature)
         VALUES ($1, $2, $3, $4, $5::text::xid8, $6, $7, $8)",
    )
    .bind(checkpoint.number)
    .bind(checkpoint.position)
    .bind(checkpoint.chain.bytes().as_slice())
    .bind(checkpoint.head.bytes().as_slice())
    .bind(checkpoint.horizon.to_string())
    .bind(checkpoint.sealed_at.to_offset())
    .bind(public_key.bytes().as_slice())
    .bind(signature.as_slice())
    .execute(conn)
    .await?;
    Ok(())
}
