//! Digests of the receipts that were handed out, and their places in the registration log.

use domain::time::Timestamp;
use domain::wave::WaveNumber;
use sqlx::PgConnection;

use crate::convert::{count, wave_key};
use crate::error::StorageError;

/// Keeps the digest of a receipt for the log. Keeping it again changes nothing.
///
/// # Errors
/// [`StorageError`].
pub async fn registration_receipt_insert(
    conn: &mut PgConnection,
    wave: WaveNumber,
    digest: &[u8; 32],
    now: Timestamp,
) -> Result<(), StorageError> {
    sqlx::query(
        "INSERT INTO registration_receipts (wave, digest, given_at) VALUES ($1, $2, $3)
         ON CONFLICT (wave, digest) DO NOTHING",
    )
    .bind(wave_key(wave))
    .bind(digest.as_slice())
    .bind(now.to_offset())
    .execute(conn)
    .await?;
    Ok(())
}

/// Gives every receipt that has none the next places in the log, in the order of the digests, which tells nothing of who
/// asked first. The caller holds the lock of the folders.
///
/// # Errors
/// [`StorageError`].
pub async fn registration_receipts_place(
    conn: &mut PgConnection,
    wave: WaveNumber,
) -> Result<(), StorageError> {
    sqlx::query(
        "WITH pending AS (
             SELECT digest, row_number() OVER (ORDER BY digest) - 1 AS number
             FROM registration_receipts WHERE wave = $1 AND position IS NULL
         ), next AS (
             SELECT coalesce(max(position) + 1, 0) AS position FROM registration_receipts WHERE wave = $1
         )
         UPDATE registration_receipts r
         SET position = next.position + pending.number
         FROM pending, next
         WHERE r.wave = $1 AND r.digest = pending.digest",
    )
    .bind(wave_key(wave))
    .execute(conn)
    .await?;
    Ok(())
}

/// Takes digests over from the log, from a place on: a database that was restored may have forgotten receipts that the
/// public has seen logged. The caller holds the lock of the folders.
///
/// # Errors
/// [`StorageError`], also if one of them has another place.
pub async fn registration_receipts_recall(
    conn: &mut PgConnection,
    wave: WaveNumber,
    (first, digests): (u64, &[[u8; 32]]),
    now: Timestamp,
) -> Result<(), StorageError> {
    sqlx::query(
        "INSERT INTO registration_receipts (wave, digest, given_at, position)
         SELECT $1, digest, $2, $3 + number - 1
         FROM unnest($4::bytea[]) WITH ORDINALITY AS logged (digest, number)
         ON CONFLICT (wave, digest) DO UPDATE SET position = excluded.position",
    )
    .bind(wave_key(wave))
    .bind(now.to_offset())
    .bind(i64::try_from(first).unwrap_or(i64::MAX))
    .bind(digests.iter().map(<[u8; 32]>::as_slice).collect::<Vec<&[u8]>>())
    .execute(conn)
    .await?;
    Ok(())
}

/// How many receipts of a wave have a place: the next one's place.
///
/// # Errors
/// [`StorageError`].
pub async fn registration_receipts_placed(
    conn: &mut PgConnection,
    wave: WaveNumber,
) -> Result<u64, StorageError> {
    let next: i64 = sqlx::query_scalar(
        "SELECT coalesce(max(position) + 1, 0) FROM registration_receipts WHERE wave = $1",
    )
    .bind(wave_key(wave))
    .fetch_one(conn)
    .await?;
    Ok(count(next))
}

/// The digests from a place on, in the order of the log, at most `limit`.
///
/// # Errors
/// [`StorageError`].
pub async fn registration_receipts_list(
    conn: &mut PgConnection,
    wave: WaveNumber,
    first: u64,
    limit: u32,
) -> Result<Vec<[u8; 32]>, StorageError> {
    let digests: Vec<Vec<u8>> = sqlx::query_scalar(
        "SELECT digest FROM registration_receipts WHERE wave = $1 AND position >= $2 ORDER BY position LIMIT $3",
    )
    .bind(wave_key(wave))
    .bind(i64::try_from(first).unwrap_or(i64::MAX))
    .bind(i64::from(limit))
    .fetch_all(conn)
    .await?;
    let broken =
        |_| StorageError::Inconsistency { table: "registration_receipts", column: "digest" };
    digests.into_iter().map(|digest| digest.try_into().map_err(broken)).collect()
}

/// The place of a receipt; `None` if it has none yet, or was never handed out before the list.
///
/// # Errors
/// [`StorageError`].
pub async fn registration_receipt_position(
    conn: &mut PgConnection,
    wave: WaveNumber,
    digest: &[u8; 32],
) -> Result<Option<u64>, StorageError> {
    let position: Option<Option<i64>> = sqlx::query_scalar(
        "SELECT position FROM registration_receipts WHERE wave = $1 AND digest = $2",
    )
    .bind(wave_key(wave))
    .bind(digest.as_slice())
    .fetch_optional(conn)
    .await?;
    Ok(position.flatten().map(count))
}
