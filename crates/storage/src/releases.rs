//! Persons taken from accounts by two officers, until somebody claims them.

use std::collections::BTreeSet;

use domain::ids::{AccountId, PersonId};
use domain::time::Timestamp;
use sqlx::{PgConnection, Row as _};
use uuid::Uuid;

use crate::error::StorageError;

/// What is known of the releases of a person.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Releases {
    /// Nobody has claimed the person since the newest one.
    pub is_open: bool,
    /// The accounts that the person was taken from.
    pub accounts: BTreeSet<AccountId>,
}

/// The releases of a person.
///
/// # Errors
/// [`StorageError`].
pub async fn releases_of_person(
    conn: &mut PgConnection,
    person: PersonId,
) -> Result<Releases, StorageError> {
    let rows = sqlx::query(
        "SELECT account_id, claimed_at IS NULL FROM account_releases WHERE person_id = $1",
    )
    .bind(person.uuid())
    .fetch_all(conn)
    .await?;
    let mut releases = Releases::default();
    for row in &rows {
        releases.accounts.insert(AccountId::from_uuid(row.try_get(0)?));
        releases.is_open |= row.try_get::<bool, _>(1)?;
    }
    Ok(releases)
}

/// Takes a person from an account: the link and the sessions of the account end.
///
/// # Errors
/// [`StorageError::RowsAffected`] if the account has another person or none.
pub async fn release_insert(
    conn: &mut PgConnection,
    (person, account): (PersonId, AccountId),
    now: Timestamp,
) -> Result<(), StorageError> {
    let done = sqlx::query(
        "UPDATE accounts SET person_id = NULL WHERE account_id = $1 AND person_id = $2",
    )
    .bind(account.uuid())
    .bind(person.uuid())
    .execute(&mut *conn)
    .await?;
    StorageError::check_rows(1, done.rows_affected())?;
    sqlx::query("UPDATE sessions SET revoked_at = $2 WHERE account_id = $1 AND revoked_at IS NULL")
        .bind(account.uuid())
        .bind(now.to_offset())
        .execute(&mut *conn)
        .await?;
    sqlx::query(
        "INSERT INTO account_releases (person_id, account_id, released_at) VALUES ($1, $2, $3)",
    )
    .bind(person.uuid())
    .bind(account.uuid())
    .bind(now.to_offset())
    .execute(conn)
    .await?;
    Ok(())
}

/// Writes down that somebody has claimed a person.
///
/// # Errors
/// [`StorageError`].
pub async fn release_close(
    conn: &mut PgConnection,
    person: PersonId,
    now: Timestamp,
) -> Result<(), StorageError> {
    let person: Uuid = person.uuid();
    sqlx::query(
        "UPDATE account_releases SET claimed_at = greatest($2, released_at)
         WHERE person_id = $1 AND claimed_at IS NULL",
    )
    .bind(person)
    .bind(now.to_offset())
    .execute(conn)
    .await?;
    Ok(())
}
