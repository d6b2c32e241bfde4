//! Files on their way in: sealed chunks of checked rows, what is wrong with the others, and how far it is.

use std::collections::BTreeSet;

use domain::time::Timestamp;
use domain::wave::WaveNumber;
use sqlx::{PgConnection, Row as _};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::convert::{count, wave_key};
use crate::copy::{CopyRows, copy_out};
use crate::error::StorageError;

/// How far an import is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImportState {
    /// Its rows are being checked and staged; nothing of it counts yet.
    Staging,
    /// Every row was checked; chunks are being applied.
    Applying,
    /// Nothing is left to do.
    Finished {
        /// When.
        finished_at: Timestamp,
    },
}

/// What became of the rows of a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ImportCounts {
    /// Rows below the header.
    pub read: u64,
    /// Rows that changed something.
    pub done: u64,
    /// Rows that say what is known already.
    pub known: u64,
    /// Bad or refused rows.
    pub bad: u64,
}

/// The record of an import.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ImportRow {
    /// Id.
    pub import_id: Uuid,
    /// How far it is.
    pub state: ImportState,
    /// When it was begun.
    pub started_at: Timestamp,
    /// Counts; zero before the end.
    pub counts: ImportCounts,
}

/// What makes two imports the same one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ImportKey {
    /// SHA-256 of the file.
    pub sha256: [u8; 32],
    /// `persons`, `joins` or `purchases`.
    pub kind: &'static str,
    /// The wave; none for persons.
    pub wave: Option<WaveNumber>,
}

/// First part of the advisory locks of imports; the second comes from the file.
const IMPORT_LOCK_CLASS: i32 = 0x696d_706f;

/// Makes this transaction the one that may import this file, until it ends. Waits a few seconds, since the
/// server may not have noticed yet that a killed process is gone; false if another one is at it.
///
/// # Errors
/// [`StorageError::Driver`].
pub async fn import_lock(conn: &mut PgConnection, key: &ImportKey) -> Result<bool, StorageError> {
    const LOCK_NOT_AVAILABLE: &str = "55P03";
    sqlx::raw_sql(
        "SET LOCAL lock_timeout = '5s'; SET LOCAL idle_in_transaction_session_timeout = 0",
    )
    .execute(&mut *conn)
    .await?;
    let [a, b, c, d, ..] = key.sha256;
    let locked = sqlx::query("SELECT pg_advisory_xact_lock($1, $2)")
        .bind(IMPORT_LOCK_CLASS)
        .bind(i32::from_be_bytes([a, b, c, d]))
        .execute(conn)
        .await;
    match locked {
        Ok(_) => Ok(true),
        Err(sqlx::Error::Database(error))
            if error.code().as_deref() == Some(LOCK_NOT_AVAILABLE) =>
        {
            Ok(false)
        }
        Err(error) => Err(error.into()),
    }
}

/// The import of this file, if it was begun.
///
/// # Errors
/// [`StorageError`].
pub async fn import_find(
    conn: &mut PgConnection,
    key: &ImportKey,
) -> Result<Option<ImportRow>, StorageError> {
    let row = sqlx::query(
        "SELECT import_id, state, started_at, finished_at, rows_read, rows_done, rows_known, rows_bad
         FROM imports
         WHERE file_sha256 = $1 AND kind = $2 AND wave IS NOT DISTINCT FROM $3",
    )
    .bind(key.sha256.as_slice())
    .bind(key.kind)
    .bind(key.wave.map(wave_key))
    .fetch_optional(conn)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let finished_at: Option<OffsetDateTime> = row.try_get(3)?;
    let state = match (row.try_get::<&str, _>(1)?, finished_at) {
        ("staging", None) => ImportState::Staging,
        ("applying", None) => ImportState::Applying,
        ("finished", Some(at)) => ImportState::Finished { finished_at: Timestamp::from_offset(at) },
        _ => return Err(StorageError::Inconsistency { table: "imports", column: "state" }),
    };
    Ok(Some(ImportRow {
        import_id: row.try_get(0)?,
        state,
        started_at: Timestamp::from_offset(row.try_get(2)?),
        counts: ImportCounts {
            read: count(row.try_get(4)?),
            done: count(row.try_get(5)?),
            known: count(row.try_get(6)?),
            bad: count(row.try_get(7)?),
        },
    }))
}

/// Records that an import begins.
///
/// # Errors
/// [`StorageError::Conflict`] on `imports_file_key` if it was begun before.
pub async fn import_insert(
    conn: &mut PgConnection,
    import_id: Uuid,
    key: &ImportKey,
    now: Timestamp,
) -> Result<(), StorageError> {
    sqlx::query(
        "INSERT INTO imports (import_id, file_sha256, kind, wave, started_at) VALUES ($1, $2, $3, $4, $5)",
    )
    .bind(import_id)
    .bind(key.sha256.as_slice())
    .bind(key.kind)
    .bind(key.wave.map(wave_key))
    .bind(now.to_offset())
    .execute(conn)
    .await?;
    Ok(())
}

/// Records that every row was checked.
///
/// # Errors
/// [`StorageError::RowsAffected`] unless it was being staged.
pub async fn import_begin_applying(
    conn: &mut PgConnection,
    import_id: Uuid,
) -> Result<(), StorageError> {
    let done = sqlx::query(
        "UPDATE imports SET state = 'applying' WHERE import_id = $1 AND state = 'staging'",
    )
    .bind(import_id)
    .execute(conn)
    .await?;
    StorageError::check_rows(1, done.rows_affected())
}

/// Records the end of an import and removes what was staged.
///
/// # Errors
/// [`StorageError::RowsAffected`] unless it was being applied.
pub async fn import_finish(
    conn: &mut PgConnection,
    import_id: Uuid,
    counts: &ImportCounts,
    now: Timestamp,
) -> Result<(), StorageError> {
    let stored = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    let done = sqlx::query(
        "UPDATE imports
         SET state = 'finished', finished_at = $2, rows_read = $3, rows_done = $4, rows_known = $5,
             rows_bad = $6
         WHERE import_id = $1 AND state = 'applying'",
    )
    .bind(import_id)
    .bind(now.to_offset())
    .bind(stored(counts.read))
    .bind(stored(counts.done))
    .bind(stored(counts.known))
    .bind(stored(counts.bad))
    .execute(&mut *conn)
    .await?;
    StorageError::check_rows(1, done.rows_affected())?;
    staged_delete(conn, import_id).await
}

/// Removes an import of which nothing counts, with all that was staged.
///
/// # Errors
/// [`StorageError::RowsAffected`] unless it was being staged.
pub async fn import_discard(conn: &mut PgConnection, import_id: Uuid) -> Result<(), StorageError> {
    staged_delete(conn, import_id).await?;
    let done = sqlx::query("DELETE FROM imports WHERE import_id = $1 AND state = 'staging'")
        .bind(import_id)
        .execute(conn)
        .await?;
    StorageError::check_rows(1, done.rows_affected())
}

async fn staged_delete(conn: &mut PgConnection, import_id: Uuid) -> Result<(), StorageError> {
    for statement in [
        "DELETE FROM import_chunks WHERE import_id = $1",
        "DELETE FROM import_faults WHERE import_id = $1",
    ] {
        sqlx::query(statement).bind(import_id).execute(&mut *conn).await?;
    }
    Ok(())
}

/// Rows to be staged.
#[derive(Clone, Debug)]
pub struct NewChunk<'a> {
    /// Number of the chunk, from 0.
    pub chunk: u32,
    /// Number of its first row, from 1.
    pub first_row: u64,
    /// Where it ends.
    pub end: ChunkEnd,
    /// What may stand once only, for each row; none for a bad row.
    pub keys: &'a [Option<Uuid>],
    /// The client's id of each row that has one, or nothing at all.
    pub client_ids: &'a [Option<Uuid>],
    /// The line of each row.
    pub lines: &'a [i64],
    /// The good rows, sealed.
    pub sealed: &'a [u8],
    /// Good rows that change something, as far as can be foreseen.
    pub done: u64,
    /// Good rows that say what is known already.
    pub known: u64,
}

/// Where a chunk ends in its file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ChunkEnd {
    /// Number of the first row behind it, from 1.
    pub row: u64,
    /// Its line, from 1.
    pub line: u64,
    /// Its byte, from 0.
    pub offset: u64,
}

/// Stages rows.
///
/// # Errors
/// [`StorageError::Conflict`] if the chunk is there.
pub async fn chunk_insert(
    conn: &mut PgConnection,
    import_id: Uuid,
    chunk: &NewChunk<'_>,
) -> Result<(), StorageError> {
    let stored = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    sqlx::query(
        "INSERT INTO import_chunks (import_id, chunk, first_row, end_row, end_line, end_offset, keys,
                                    client_ids, lines, sealed, rows_done, rows_known)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
    )
    .bind(import_id)
    .bind(i32::try_from(chunk.chunk).unwrap_or(i32::MAX))
    .bind(stored(chunk.first_row))
    .bind(stored(chunk.end.row))
    .bind(stored(chunk.end.line))
    .bind(stored(chunk.end.offset))
    .bind(chunk.keys)
    .bind(chunk.client_ids)
    .bind(chunk.lines)
    .bind(chunk.sealed)
    .bind(stored(chunk.done))
    .bind(stored(chunk.known))
    .execute(conn)
    .await?;
    Ok(())
}

/// The number of chunks staged, and where the last one ends.
///
/// # Errors
/// [`StorageError`].
pub async fn chunks_staged(
    conn: &mut PgConnection,
    import_id: Uuid,
) -> Result<Option<(u32, ChunkEnd)>, StorageError> {
    let row = sqlx::query(
        "SELECT chunk, end_row, end_line, end_offset FROM import_chunks WHERE import_id = $1
         ORDER BY chunk DESC LIMIT 1",
    )
    .bind(import_id)
    .fetch_optional(conn)
    .await?;
    row.map(|row| {
        let chunk = u32::try_from(row.try_get::<i32, _>(0)?).unwrap_or(0);
        let end = ChunkEnd {
            row: count(row.try_get(1)?),
            line: count(row.try_get(2)?),
            offset: count(row.try_get(3)?),
        };
        Ok((chunk.saturating_add(1), end))
    })
    .transpose()
}

/// The chunks that are not applied yet, in order.
///
/// # Errors
/// [`StorageError`].
pub async fn chunks_pending(
    conn: &mut PgConnection,
    import_id: Uuid,
) -> Result<Vec<u32>, StorageError> {
    let chunks: Vec<i32> = sqlx::query_scalar(
        "SELECT chunk FROM import_chunks WHERE import_id = $1 AND NOT applied ORDER BY chunk",
    )
    .bind(import_id)
    .fetch_all(conn)
    .await?;
    Ok(chunks.into_iter().filter_map(|chunk| u32::try_from(chunk).ok()).collect())
}

/// The sealed rows of a chunk and the numbers of those rows that must not be applied.
///
/// # Errors
/// [`StorageError::RowsAffected`] if there is no such chunk, or it was applied.
pub async fn chunk_get(
    conn: &mut PgConnection,
    import_id: Uuid,
    chunk: u32,
) -> Result<(Vec<u8>, BTreeSet<u64>), StorageError> {
    let row = sqlx::query(
        "SELECT sealed, first_row, end_row FROM import_chunks
         WHERE import_id = $1 AND chunk = $2 AND NOT applied FOR UPDATE",
    )
    .bind(import_id)
    .bind(i32::try_from(chunk).unwrap_or(i32::MAX))
    .fetch_optional(&mut *conn)
    .await?;
    let row = row.ok_or(StorageError::RowsAffected { expected: 1, actual: 0 })?;
    let bad: Vec<i64> = sqlx::query_scalar(
        "SELECT DISTINCT row_number FROM import_faults
         WHERE import_id = $1 AND row_number >= $2 AND row_number < $3",
    )
    .bind(import_id)
    .bind(row.try_get::<i64, _>(1)?)
    .bind(row.try_get::<i64, _>(2)?)
    .fetch_all(conn)
    .await?;
    Ok((row.try_get(0)?, bad.into_iter().map(count).collect()))
}

/// Marks a chunk as applied, in the transaction that applies it.
///
/// # Errors
/// [`StorageError::RowsAffected`] if it was applied before.
pub async fn chunk_finish(
    conn: &mut PgConnection,
    import_id: Uuid,
    chunk: u32,
    done: u64,
    known: u64,
) -> Result<(), StorageError> {
    let marked = sqlx::query(
        "UPDATE import_chunks SET applied = true, rows_done = $3, rows_known = $4
         WHERE import_id = $1 AND chunk = $2 AND NOT applied",
    )
    .bind(import_id)
    .bind(i32::try_from(chunk).unwrap_or(i32::MAX))
    .bind(i64::try_from(done).unwrap_or(i64::MAX))
    .bind(i64::try_from(known).unwrap_or(i64::MAX))
    .execute(conn)
    .await?;
    StorageError::check_rows(1, marked.rows_affected())
}

/// What is wrong with a row or one of its cells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportFault {
    /// Number of the row, from 1 for the first below the header.
    pub row: u64,
    /// Line on which the row begins, from 1.
    pub line: u64,
    /// Column; empty for the row as a whole.
    pub column: &'static str,
    /// Code of the rule.
    pub rule: String,
    /// What is wrong and what to do; never what the cell says.
    pub text: String,
}

/// Adds faults.
///
/// # Errors
/// [`StorageError::Conflict`] if a cell has one already.
pub async fn faults_insert(
    conn: &mut PgConnection,
    import_id: Uuid,
    faults: &[ImportFault],
) -> Result<(), StorageError> {
    let mut rows = CopyRows::new(6);
    for fault in faults {
        rows.row()
            .uuid(import_id)
            .i64(i64::try_from(fault.row).unwrap_or(i64::MAX))
            .i64(i64::try_from(fault.line).unwrap_or(i64::MAX))
            .text(fault.column)
            .text(&fault.rule)
            .text(&fault.text);
    }
    rows.send(
        conn,
        "COPY import_faults (import_id, row_number, line_number, column_name, rule, message)
         FROM STDIN (FORMAT binary)",
    )
    .await
}

/// A column of the staged rows whose values may stand once only in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnceOnly {
    /// Blind index of the NIK, or the person.
    Key,
    /// The client's id.
    ClientId,
}

/// Adds a fault for every row that repeats what an earlier row of the file says.
///
/// # Errors
/// [`StorageError`].
pub async fn faults_insert_repeated(
    conn: &mut PgConnection,
    import_id: Uuid,
    which: OnceOnly,
    column: &'static str,
    rule: &'static str,
) -> Result<u64, StorageError> {
    macro_rules! statement {
        ($values:literal) => {
            concat!(
                "WITH repeated AS MATERIALIZED (
                     SELECT key FROM import_chunks, unnest(",
                $values,
                ") AS key
                     WHERE import_id = $1 AND key IS NOT NULL
                     GROUP BY key HAVING count(*) > 1
                 ), placed AS (
                     SELECT first_row + place - 1 AS row, line, key,
                            min(first_row + place - 1) OVER (PARTITION BY key) AS first
                     FROM import_chunks,
                          unnest(",
                $values,
                ", lines) WITH ORDINALITY AS one (key, line, place)
                     JOIN repeated USING (key)
                     WHERE import_id = $1
                 )
                 INSERT INTO import_faults
                     (import_id, row_number, line_number, column_name, rule, message)
                 SELECT $1, row, line, $2, $3,
                        'says the same as row ' || first || '; keep one of the two'
                 FROM placed WHERE row > first
                 ON CONFLICT DO NOTHING"
            )
        };
    }
    let statement = match which {
        OnceOnly::Key => statement!("keys"),
        OnceOnly::ClientId => statement!("client_ids"),
    };
    let added =
        sqlx::query(statement).bind(import_id).bind(column).bind(rule).execute(conn).await?;
    Ok(added.rows_affected())
}

/// Bad cells, and the rows that have any.
///
/// # Errors
/// [`StorageError`].
pub async fn faults_count(
    conn: &mut PgConnection,
    import_id: Uuid,
) -> Result<(u64, u64), StorageError> {
    let (cells, rows): (i64, i64) = sqlx::query_as(
        "SELECT count(*), count(DISTINCT row_number) FROM import_faults WHERE import_id = $1",
    )
    .bind(import_id)
    .fetch_one(conn)
    .await?;
    Ok((count(cells), count(rows)))
}

/// Rows done and rows known: as foreseen of a chunk that is staged, as happened of one that was applied.
///
/// # Errors
/// [`StorageError`].
pub async fn chunks_count(
    conn: &mut PgConnection,
    import_id: Uuid,
) -> Result<(u64, u64), StorageError> {
    let (done, known): (i64, i64) = sqlx::query_as(
        "SELECT coalesce(sum(rows_done), 0)::bigint, coalesce(sum(rows_known), 0)::bigint
         FROM import_chunks WHERE import_id = $1",
    )
    .bind(import_id)
    .fetch_one(conn)
    .await?;
    Ok((count(done), count(known)))
}

/// Hands over every fault in the order of the file: row, line, column, rule, text.
///
/// # Errors
/// [`StorageError`], also from `each`.
pub async fn faults_read(
    conn: &mut PgConnection,
    import_id: Uuid,
    mut each: impl FnMut(u64, u64, &str, &str, &str) -> Result<(), StorageError>,
) -> Result<(), StorageError> {
    // A statement of COPY takes no parameters; the id is the product's own.
    let statement = format!(
        "COPY (
            SELECT row_number, line_number, column_name, rule, message FROM import_faults
            WHERE import_id = '{import_id}' ORDER BY row_number, column_name
        ) TO STDOUT (FORMAT binary)"
    );
    copy_out(conn, &statement, |fields| {
        let (row, line) = (count(fields.i64()?), count(fields.i64()?));
        each(row, line, fields.text()?, fields.text()?, fields.text()?)
    })
    .await
}
