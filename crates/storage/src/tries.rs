//! Tries at passwords: of accounts, of addresses that have none, and on known devices.

use domain::account::SignInTries;
use domain::ids::AccountId;
use domain::time::Timestamp;
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Row as _};
use uuid::Uuid;

use crate::error::StorageError;

/// Among which tries one is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TriesOf {
    /// Those of an account, wherever they are made.
    Account(AccountId),
    /// Those on a device that the account knows, by its keyed index.
    Device(AccountId, Uuid),
    /// Those of an address that has no account, by its keyed index.
    Address(Uuid),
}

/// Tries that a row begins with: taken, the last one, the end of the lock.
pub(crate) fn tries_row(row: &PgRow) -> Result<SignInTries, StorageError> {
    let at = |column| -> Result<Option<Timestamp>, StorageError> {
        Ok(row.try_get::<Option<_>, _>(column)?.map(Timestamp::from_offset))
    };
    Ok(SignInTries {
        taken: u8::try_from(row.try_get::<i16, _>(0)?).unwrap_or(u8::MAX),
        tried_at: at(1)?,
        locked_until: at(2)?,
    })
}

/// Takes the tries at an address without an account for the rest of the transaction.
///
/// # Errors
/// [`StorageError`].
pub async fn unknown_tries_lock(
    conn: &mut PgConnection,
    email_index: Uuid,
    now: Timestamp,
) -> Result<SignInTries, StorageError> {
    sqlx::query(
        "INSERT INTO unknown_tries (email_index, tried_at) VALUES ($1, $2) ON CONFLICT DO NOTHING",
    )
    .bind(email_index)
    .bind(now.to_offset())
    .execute(&mut *conn)
    .await?;
    let row = sqlx::query(
        "SELECT tries, tried_at, locked_until FROM unknown_tries WHERE email_index = $1 FOR UPDATE",
    )
    .bind(email_index)
    .fetch_one(conn)
    .await?;
    tries_row(&row)
}

/// Takes the tries on a device for the rest of the transaction; `None` if the account does not know it at `now`.
///
/// # Errors
/// [`StorageError`].
pub async fn device_tries_lock(
    conn: &mut PgConnection,
    (account, device_index): (AccountId, Uuid),
    now: Timestamp,
) -> Result<Option<SignInTries>, StorageError> {
    let row = sqlx::query(
        "SELECT tries, tried_at, locked_until FROM known_devices
         WHERE account_id = $1 AND device_index = $2 AND ends_at > $3
         FOR UPDATE",
    )
    .bind(account.uuid())
    .bind(device_index)
    .bind(now.to_offset())
    .fetch_optional(conn)
    .await?;
    row.as_ref().map(tries_row).transpose()
}

/// Writes down tries.
///
/// # Errors
/// [`StorageError::RowsAffected`] if there is no such account or address. A device may be known no more meanwhile.
pub async fn tries_set(
    conn: &mut PgConnection,
    of: TriesOf,
    tries: SignInTries,
) -> Result<(), StorageError> {
    let (statement, owner, device) = match of {
        TriesOf::Account(account) => (
            "UPDATE accounts SET tries = $2, tried_at = $3, locked_until = $4 WHERE account_id = $1",
            account.uuid(),
            None,
        ),
        TriesOf::Device(account, device) => (
            "UPDATE known_devices SET tries = $2, tried_at = $3, locked_until = $4
             WHERE account_id = $1 AND device_index = $5",
            account.uuid(),
            Some(device),
        ),
        TriesOf::Address(index) => (
            "UPDATE unknown_tries SET tries = $2, tried_at = $3, locked_until = $4 WHERE email_index = $1",
            index,
            None,
        ),
    };
    let query = sqlx::query(statement)
        .bind(owner)
        .bind(i16::from(tries.taken))
        .bind(tries.tried_at.map(Timestamp::to_offset))
        .bind(tries.locked_until.map(Timestamp::to_offset));
    match device {
        Some(device) => {
            query.bind(device).execute(conn).await?;
            Ok(())
        }
        None => StorageError::check_rows(1, query.execute(conn).await?.rows_affected()),
    }
}
