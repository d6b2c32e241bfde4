//! Devices that an account was signed in from with a code.

use domain::ids::AccountId;
use domain::time::Timestamp;
use sqlx::{PgConnection, Row as _};
use uuid::Uuid;

use crate::error::StorageError;

/// A device as its account sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeviceRow {
    /// The keyed index of its cookie.
    pub device_index: Uuid,
    /// Since when it is known.
    pub known_at: Timestamp,
    /// When somebody last signed in from it.
    pub used_at: Timestamp,
    /// Until when it is known.
    pub ends_at: Timestamp,
}

/// Knows a device of an account from now on, or further.
///
/// # Errors
/// [`StorageError`].
pub async fn device_put(
    conn: &mut PgConnection,
    account: AccountId,
    device_index: Uuid,
    [now, ends_at]: [Timestamp; 2],
) -> Result<(), StorageError> {
    sqlx::query("DELETE FROM known_devices WHERE account_id = $1 AND ends_at <= $2")
        .bind(account.uuid())
        .bind(now.to_offset())
        .execute(&mut *conn)
        .await?;
    sqlx::query(
        "INSERT INTO known_devices (device_index, account_id, known_at, used_at, ends_at)
         VALUES ($1, $2, $3, $3, $4)
         ON CONFLICT (account_id, device_index) DO UPDATE
         SET used_at = greatest(known_devices.used_at, excluded.used_at), ends_at = excluded.ends_at",
    )
    .bind(device_index)
    .bind(account.uuid())
    .bind(now.to_offset())
    .bind(ends_at.to_offset())
    .execute(conn)
    .await?;
    Ok(())
}

/// Notes that somebody signs in from a device of an account; false if it is not known.
///
/// # Errors
/// [`StorageError`].
pub async fn device_use(
    conn: &mut PgConnection,
    account: AccountId,
    device_index: Uuid,
    now: Timestamp,
) -> Result<bool, StorageError> {
    let done = sqlx::query(
        "UPDATE known_devices SET used_at = greatest(used_at, $3)
         WHERE account_id = $1 AND device_index = $2 AND ends_at > $3",
    )
    .bind(account.uuid())
    .bind(device_index)
    .bind(now.to_offset())
    .execute(conn)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// The devices of an account that are known at `now`, the last used first.
///
/// # Errors
/// [`StorageError`].
pub async fn devices_list(
    conn: &mut PgConnection,
    account: AccountId,
    now: Timestamp,
) -> Result<Vec<DeviceRow>, StorageError> {
    let rows = sqlx::query(
        "SELECT device_index, known_at, used_at, ends_at FROM known_devices
         WHERE account_id = $1 AND ends_at > $2
         ORDER BY used_at DESC, device_index
         LIMIT 50",
    )
    .bind(account.uuid())
    .bind(now.to_offset())
    .fetch_all(conn)
    .await?;
    rows.iter()
        .map(|row| {
            Ok(DeviceRow {
                device_index: row.try_get(0)?,
                known_at: Timestamp::from_offset(row.try_get(1)?),
                used_at: Timestamp::from_offset(row.try_get(2)?),
                ends_at: Timestamp::from_offset(row.try_get(3)?),
            })
        })
        .collect()
}

/// Forgets all devices of an account and ends all its sessions; gives how many of each.
///
/// # Errors
/// [`StorageError`].
pub async fn sign_out_everywhere(
    conn: &mut PgConnection,
    account: AccountId,
    now: Timestamp,
) -> Result<[u64; 2], StorageError> {
    sign_out_elsewhere(conn, account, None, now).await
}

/// As [`sign_out_everywhere`], but for the session whose token has this digest.
///
/// # Errors
/// [`StorageError`].
pub async fn sign_out_elsewhere(
    conn: &mut PgConnection,
    account: AccountId,
    kept: Option<[u8; 32]>,
    now: Timestamp,
) -> Result<[u64; 2], StorageError> {
    let devices = sqlx::query("DELETE FROM known_devices WHERE account_id = $1")
        .bind(account.uuid())
        .execute(&mut *conn)
        .await?;
    let sessions = sqlx::query(
        "UPDATE sessions SET revoked_at = $2
         WHERE account_id = $1 AND revoked_at IS NULL AND token_digest IS DISTINCT FROM $3",
    )
    .bind(account.uuid())
    .bind(now.to_offset())
    .bind(kept.map(|digest| digest.to_vec()))
    .execute(conn)
    .await?;
    Ok([devices.rows_affected(), sessions.rows_affected()])
}
