//! Reading the chain for verification.
//!
//! Values come as the bytes the server sends, and NULL or odd forms are answers like others: whoever
//! tampers with rows may have dropped the constraints first.

use domain::chain::checkpoint::{Checkpoint, PublicKey, SignedCheckpoint};
use domain::chain::verify::{Entry, Row, Stored};
use domain::chain::{COLUMNS, Digest, EventColumns};
use domain::ids::AuditEventId;
use domain::time::Timestamp;
use futures_util::{Stream, StreamExt as _};
use sqlx::postgres::PgRow;
use sqlx::{AssertSqlSafe, PgConnection, Row as _};
use uuid::Uuid;

use crate::convert::count;
use crate::error::StorageError;
use crate::statistics::allow_large_scans;

/// 2000-01-01T00:00:00Z, from which PostgreSQL counts, in microseconds since 1970: 10,957 days.
const POSTGRESQL_EPOCH: i64 = 10_957 * 86_400 * 1_000_000;

/// The columns of an event in the order of the encoding, as bytes.
pub(super) const EVENT: &str =
    "uuid_send(e.event_id), timestamptz_send(e.occurred_at), convert_to(e.actor, 'UTF8'),
    convert_to(e.act, 'UTF8'), convert_to(e.subject, 'UTF8'), convert_to(e.from_state, 'UTF8'),
    convert_to(e.to_state, 'UTF8'), convert_to(e.reason, 'UTF8'), convert_to(e.request_id, 'UTF8'),
    convert_to(e.detail::text, 'UTF8'), xid8send(e.transaction_id)";
/// The columns of a checkpoint, as bytes where they may be odd.
pub(super) const CHECKPOINT: &str = "k.number, k.chain, k.position, k.head, xid8send(k.horizon),
    timestamptz_send(k.sealed_at), k.public_key, k.signature";
/// How many [`CHECKPOINT`] has.
const CHECKPOINT_WIDTH: usize = 8;

/// Everything about each position, in their order, for verification. Run it in one snapshot
/// ([`crate::database::Database::begin_snapshot`]).
///
/// # Errors
/// [`StorageError`].
pub async fn chain_read(
    conn: &mut PgConnection,
) -> Result<impl Stream<Item = Result<Row, StorageError>>, StorageError> {
    allow_large_scans(conn).await?;
    let statement = format!(
        "SELECT {CHECKPOINT}, {EVENT}, COALESCE(c.position, k.position), c.position IS NOT NULL,
                k.position IS NOT NULL, e.event_id IS NOT NULL, c.event_id, c.event_digest, c.chain_digest
         FROM audit_chain c
         FULL JOIN audit_checkpoints k ON k.position = c.position
         LEFT JOIN audit_events e ON e.event_id = c.event_id
         ORDER BY COALESCE(c.position, k.position), e.transaction_id, k.number"
    );
    let rows = sqlx::query(AssertSqlSafe(statement)).persistent(false).fetch(conn);
    Ok(rows.map(|row| read_row(&row?)))
}

fn read_row(row: &PgRow) -> Result<Row, StorageError> {
    let at = CHECKPOINT_WIDTH + COLUMNS.len();
    let [has_entry, has_checkpoint, has_event] =
        [row.try_get(at + 1)?, row.try_get(at + 2)?, row.try_get(at + 3)?];
    Ok(Row {
        position: row.try_get::<Option<i64>, _>(at)?.unwrap_or(i64::MAX),
        entry: stored(has_entry, read_entry(row, at + 4)?),
        event: if has_event { Some(read_event(row, CHECKPOINT_WIDTH)?) } else { None },
        checkpoint: stored(has_checkpoint, read_checkpoint(row, 0)?),
    })
}

fn stored<T>(is_there: bool, value: Option<T>) -> Stored<T> {
    match value {
        _ if !is_there => Stored::Absent,
        None => Stored::Unreadable,
        Some(value) => Stored::Present(value),
    }
}

pub(super) fn read_event(row: &PgRow, first: usize) -> Result<EventColumns, StorageError> {
    let mut columns = EventColumns::default();
    for (column, at) in columns.iter_mut().zip(first..) {
        *column = row.try_get(at)?;
    }
    Ok(columns)
}

fn read_entry(row: &PgRow, first: usize) -> Result<Option<Entry>, StorageError> {
    let event_id: Option<Uuid> = row.try_get(first)?;
    let [event_digest, chain_digest] = [bytes(row, first + 1)?, bytes(row, first + 2)?];
    let entry = || {
        Some(Entry {
            event_id: event_id?,
            event_digest: Digest::from_slice(&event_digest)?,
            chain_digest: Digest::from_slice(&chain_digest)?,
        })
    };
    Ok(entry())
}

pub(super) fn read_checkpoint(
    row: &PgRow,
    first: usize,
) -> Result<Option<SignedCheckpoint>, StorageError> {
    let [stated_number, position]: [Option<i64>; 2] =
        [row.try_get(first)?, row.try_get(first + 2)?];
    let [chain, head, horizon] =
        [bytes(row, first + 1)?, bytes(row, first + 3)?, bytes(row, first + 4)?];
    let [sealed_at, public_key, signature] =
        [bytes(row, first + 5)?, bytes(row, first + 6)?, bytes(row, first + 7)?];
    let signed = || {
        Some(SignedCheckpoint {
            checkpoint: Checkpoint {
                number: stated_number?,
                chain: Digest::from_slice(&chain)?,
                position: position?,
                head: Digest::from_slice(&head)?,
                horizon: number(&horizon)?,
                sealed_at: instant(&sealed_at)?,
            },
            public_key: PublicKey::from_slice(&public_key)?,
            signature: signature.as_slice().try_into().ok()?,
        })
    };
    Ok(signed())
}

/// A column's bytes; none for NULL, which no digest is.
fn bytes(row: &PgRow, at: usize) -> Result<Vec<u8>, StorageError> {
    Ok(row.try_get::<Option<_>, _>(at)?.unwrap_or_default())
}

pub(super) fn number(sent: &[u8]) -> Option<u64> {
    Some(u64::from_be_bytes(sent.try_into().ok()?))
}

fn instant(sent: &[u8]) -> Option<Timestamp> {
    let micros = i64::from_be_bytes(sent.try_into().ok()?);
    Some(Timestamp::from_micros(micros.saturating_add(POSTGRESQL_EPOCH)))
}

/// What is not in the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unsealed {
    /// Events that wait for the sealer.
    pub waiting: u64,
    /// When the oldest of them occurred.
    pub oldest: Option<Timestamp>,
    /// The first event that the chain has gone past without it, and the position from which it is missed.
    pub inserted: Option<(AuditEventId, i64)>,
}

/// Reads what is not in the chain, whose newest horizon is given. Run it in one snapshot.
///
/// # Errors
/// [`StorageError`].
pub async fn unsealed_read(
    conn: &mut PgConnection,
    horizon: u64,
) -> Result<Unsealed, StorageError> {
    let row = sqlx::query(
        "SELECT count(*), timestamptz_send(min(e.occurred_at))
         FROM audit_events e
         WHERE e.transaction_id >= $1::text::xid8",
    )
    .bind(horizon.to_string())
    .fetch_one(&mut *conn)
    .await?;
    let oldest = bytes(&row, 1)?;
    let inserted = sqlx::query(
        "SELECT e.event_id, COALESCE(
                    (SELECT min(k.position) FROM audit_checkpoints k WHERE k.horizon > e.transaction_id), 1)
         FROM audit_events e
         WHERE (e.transaction_id >= $1::text::xid8) IS NOT TRUE
           AND NOT EXISTS (SELECT FROM audit_chain c WHERE c.event_id = e.event_id)
         ORDER BY e.transaction_id, e.event_id
         LIMIT 1",
    )
    .bind(horizon.to_string())
    .fetch_optional(conn)
    .await?;
    let inserted = inserted.map(|row| {
        let event_id = row.try_get::<Option<Uuid>, _>(0)?.unwrap_or_default();
        Ok::<_, StorageError>((AuditEventId::from_uuid(event_id), row.try_get(1)?))
    });
    Ok(Unsealed {
        waiting: count(row.try_get(0)?),
        oldest: instant(&oldest),
        inserted: inserted.transpose()?,
    })
}
