//! Accounts by which people sign in, and their sessions.

use domain::account::SignInTries;
use domain::ids::{AccountId, PersonId};
use domain::time::Timestamp;
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Row as _};
use uuid::Uuid;

use crate::database::Database;
use crate::error::StorageError;
use crate::tries::tries_row;

/// Constraint that refuses a second account of an address.
pub const EMAIL_TAKEN: &str = "accounts_email_index_key";

/// An account to be opened.
#[derive(Clone, Debug)]
pub struct NewAccount {
    /// Id, made by the caller.
    pub account_id: AccountId,
    /// Blind index of the address.
    pub email_index: Uuid,
    /// The person it belongs to, if that person is registered already.
    pub person_id: Option<PersonId>,
    /// The password as a PHC string of argon2id.
    pub password_hash: String,
}

/// Opens accounts.
///
/// # Errors
/// [`StorageError::Conflict`] on [`EMAIL_TAKEN`] or `accounts_person_id_key`.
pub async fn accounts_insert(
    conn: &mut PgConnection,
    accounts: &[NewAccount],
    now: Timestamp,
) -> Result<(), StorageError> {
    let done = sqlx::query(
        "INSERT INTO accounts (account_id, email_index, person_id, password_hash, opened_at)
         SELECT account_id, email_index, person_id, password_hash, $5
         FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[])
             AS a (account_id, email_index, person_id, password_hash)",
    )
    .bind(accounts.iter().map(|one| one.account_id.uuid()).collect::<Vec<Uuid>>())
    .bind(accounts.iter().map(|one| one.email_index).collect::<Vec<Uuid>>())
    .bind(accounts.iter().map(|one| one.person_id.map(PersonId::uuid)).collect::<Vec<_>>())
    .bind(accounts.iter().map(|one| one.password_hash.as_str()).collect::<Vec<&str>>())
    .bind(now.to_offset())
    .execute(conn)
    .await?;
    StorageError::check_rows(accounts.len() as u64, done.rows_affected())
}

/// What a sign-in is decided on.
#[derive(Clone, Debug)]
pub struct AccountRow {
    /// Id.
    pub account_id: AccountId,
    /// The password as a PHC string.
    pub password_hash: String,
    /// Tries since the last right password.
    pub tries: SignInTries,
}

/// Takes the account of an address for the rest of the transaction.
///
/// # Errors
/// [`StorageError`]; `None` if there is none.
pub async fn account_lock_by_email(
    conn: &mut PgConnection,
    email_index: Uuid,
) -> Result<Option<AccountRow>, StorageError> {
    let row = sqlx::query(
        "SELECT tries, tried_at, locked_until, account_id, password_hash FROM accounts
         WHERE email_index = $1 FOR UPDATE",
    )
    .bind(email_index)
    .fetch_optional(conn)
    .await?;
    row.map(|row| {
        Ok(AccountRow {
            account_id: AccountId::from_uuid(row.try_get(3)?),
            password_hash: row.try_get(4)?,
            tries: tries_row(&row)?,
        })
    })
    .transpose()
}

/// Takes an account for the rest of the transaction and gives its person, if it has one.
///
/// # Errors
/// [`StorageError::Driver`] if there is no such account: a session always has one.
pub async fn account_lock(
    conn: &mut PgConnection,
    account: AccountId,
) -> Result<Option<PersonId>, StorageError> {
    let person: Option<Uuid> =
        sqlx::query_scalar("SELECT person_id FROM accounts WHERE account_id = $1 FOR UPDATE")
            .bind(account.uuid())
            .fetch_one(conn)
            .await?;
    Ok(person.map(PersonId::from_uuid))
}

/// The account of a person, if one has it.
///
/// # Errors
/// [`StorageError`].
pub async fn account_of_person(
    conn: &mut PgConnection,
    person: PersonId,
) -> Result<Option<AccountId>, StorageError> {
    let account: Option<Uuid> =
        sqlx::query_scalar("SELECT account_id FROM accounts WHERE person_id = $1")
            .bind(person.uuid())
            .fetch_optional(conn)
            .await?;
    Ok(account.map(AccountId::from_uuid))
}

/// Gives an account without a person its person.
///
/// # Errors
/// [`StorageError::RowsAffected`] if it has one already.
pub async fn account_link(
    conn: &mut PgConnection,
    account: AccountId,
    person: PersonId,
) -> Result<(), StorageError> {
    let done = sqlx::query(
        "UPDATE accounts SET person_id = $2 WHERE account_id = $1 AND person_id IS NULL",
    )
    .bind(account.uuid())
    .bind(person.uuid())
    .execute(conn)
    .await?;
    StorageError::check_rows(1, done.rows_affected())
}

/// A session to be opened.
#[derive(Clone, Copy, Debug)]
pub struct NewSession {
    /// SHA-256 of the token.
    pub token_digest: [u8; 32],
    /// Whose it is.
    pub account_id: AccountId,
}

/// Opens sessions that end at the same instant.
///
/// # Errors
/// [`StorageError`].
pub async fn sessions_insert(
    conn: &mut PgConnection,
    sessions: &[NewSession],
    now: Timestamp,
    expires_at: Timestamp,
) -> Result<(), StorageError> {
    sqlx::query(
        "INSERT INTO sessions (token_digest, account_id, opened_at, expires_at)
         SELECT token_digest, account_id, $3, $4
         FROM unnest($1::bytea[], $2::uuid[]) AS s (token_digest, account_id)",
    )
    .bind(sessions.iter().map(|one| one.token_digest.to_vec()).collect::<Vec<_>>())
    .bind(sessions.iter().map(|one| one.account_id.uuid()).collect::<Vec<Uuid>>())
    .bind(now.to_offset())
    .bind(expires_at.to_offset())
    .execute(conn)
    .await?;
    Ok(())
}

/// Who acts in a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionRow {
    /// The account.
    pub account_id: AccountId,
    /// Its person, if registered.
    pub person_id: Option<PersonId>,
    /// When it was last used, as far as is written down.
    pub used_at: Timestamp,
}

/// The session of a token that is neither revoked nor over, and was used after `unused_since`. Reads alone, outside a transaction, because
/// every request begins with it.
///
/// # Errors
/// [`StorageError`].
pub async fn session_find(
    database: &Database,
    token_digest: [u8; 32],
    (now, unused_since): (Timestamp, Timestamp),
) -> Result<Option<SessionRow>, StorageError> {
    let query = || {
        sqlx::query(
            "SELECT a.account_id, a.person_id, coalesce(s.used_at, s.opened_at)
             FROM sessions s JOIN accounts a ON a.account_id = s.account_id
             WHERE s.token_digest = $1 AND s.expires_at > $2 AND s.revoked_at IS NULL
               AND coalesce(s.used_at, s.opened_at) > $3
               AND a.erased_at IS NULL",
        )
        .bind(token_digest.to_vec())
        .bind(now.to_offset())
        .bind(unused_since.to_offset())
    };
    let row: Option<PgRow> = database.read_optional(query).await?;
    row.map(|row| {
        Ok(SessionRow {
            account_id: AccountId::from_uuid(row.try_get(0)?),
            person_id: row.try_get::<Option<Uuid>, _>(1)?.map(PersonId::from_uuid),
            used_at: Timestamp::from_offset(row.try_get(2)?),
        })
    })
    .transpose()
}

/// Ends every session; gives how many were not over.
///
/// # Errors
/// [`StorageError`].
pub async fn sessions_revoke_all(
    conn: &mut PgConnection,
    now: Timestamp,
) -> Result<u64, StorageError> {
    let ended = sqlx::query(
        "UPDATE sessions SET revoked_at = $1 WHERE revoked_at IS NULL AND expires_at > $1",
    )
    .bind(now.to_offset())
    .execute(conn)
    .await?;
    Ok(ended.rows_affected())
}

/// Whose session a token is or was, unless it was ended on purpose.
///
/// # Errors
/// [`StorageError`].
pub async fn session_owner(
    database: &Database,
    token_digest: [u8; 32],
) -> Result<Option<AccountId>, StorageError> {
    let query = || {
        sqlx::query(
            "SELECT a.account_id FROM sessions s JOIN accounts a ON a.account_id = s.account_id
             WHERE s.token_digest = $1 AND s.revoked_at IS NULL AND a.erased_at IS NULL",
        )
        .bind(token_digest.to_vec())
    };
    let row: Option<PgRow> = database.read_optional(query).await?;
    row.map(|row| Ok(AccountId::from_uuid(row.try_get(0)?))).transpose()
}

/// Writes down that a session is used. Nobody waits until it is on the disk: if it is lost, the session ends earlier.
///
/// # Errors
/// [`StorageError`].
pub async fn session_use(
    conn: &mut PgConnection,
    token_digest: [u8; 32],
    now: Timestamp,
) -> Result<(), StorageError> {
    sqlx::query(
        "UPDATE sessions SET used_at = $2
         FROM (SELECT set_config('synchronous_commit', 'off', true)) quick
         WHERE token_digest = $1 AND coalesce(used_at, opened_at) < $2 AND expires_at > $2",
    )
    .bind(token_digest.to_vec())
    .bind(now.to_offset())
    .execute(conn)
    .await?;
    Ok(())
}

/// Ends a session; gives its account unless it was ended before.
///
/// # Errors
/// [`StorageError`].
pub async fn session_revoke(
    conn: &mut PgConnection,
    token_digest: [u8; 32],
    now: Timestamp,
) -> Result<Option<AccountId>, StorageError> {
    let account: Option<Uuid> = sqlx::query_scalar(
        "UPDATE sessions SET revoked_at = $2 WHERE token_digest = $1 AND revoked_at IS NULL
         RETURNING account_id",
    )
    .bind(token_digest.to_vec())
    .bind(now.to_offset())
    .fetch_optional(conn)
    .await?;
    Ok(account.map(AccountId::from_uuid))
}

/// Keyed index of an account's address.
///
/// # Errors
/// [`StorageError::Driver`] if there is no such account.
pub async fn account_email_index(
    conn: &mut PgConnection,
    account: AccountId,
) -> Result<Uuid, StorageError> {
    let query = sqlx::query_scalar("SELECT email_index FROM accounts WHERE account_id = $1");
    Ok(query.bind(account.uuid()).fetch_one(conn).await?)
}

/// Whether a code has come back from an account's address.
///
/// # Errors
/// [`StorageError::Driver`] if there is no such account.
pub async fn account_is_confirmed(
    conn: &mut PgConnection,
    account: AccountId,
) -> Result<bool, StorageError> {
    let query = sqlx::query_scalar(
        "SELECT email_confirmed_at IS NOT NULL FROM accounts WHERE account_id = $1",
    );
    Ok(query.bind(account.uuid()).fetch_one(conn).await?)
}

/// Notes that a code has come back from an account's address; false if one had before.
///
/// # Errors
/// [`StorageError`].
pub async fn account_confirm(
    conn: &mut PgConnection,
    account: AccountId,
    now: Timestamp,
) -> Result<bool, StorageError> {
    let done = sqlx::query(
        "UPDATE accounts SET email_confirmed_at = $2
         WHERE account_id = $1 AND email_confirmed_at IS NULL",
    )
    .bind(account.uuid())
    .bind(now.to_offset())
    .execute(conn)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Gives an account another password, and lifts a lock of wrong ones.
///
/// # Errors
/// [`StorageError::RowsAffected`] if there is no such account.
pub async fn account_password_set(
    conn: &mut PgConnection,
    account: AccountId,
    password_hash: &str,
) -> Result<(), StorageError> {
    let done = sqlx::query(
        "UPDATE accounts SET password_hash = $2, tries = 0, tried_at = NULL, locked_until = NULL
         WHERE account_id = $1",
    )
    .bind(account.uuid())
    .bind(password_hash)
    .execute(conn)
    .await?;
    StorageError::check_rows(1, done.rows_affected())
}

/// Gives an account another address, from which a code has come back at `now`.
///
/// # Errors
/// [`StorageError::Conflict`] on [`EMAIL_TAKEN`]; [`StorageError::RowsAffected`] if there is no such account.
pub async fn account_email_set(
    conn: &mut PgConnection,
    account: AccountId,
    email_index: Uuid,
    now: Timestamp,
) -> Result<(), StorageError> {
    let done = sqlx::query(
        "UPDATE accounts SET email_index = $2, email_confirmed_at = $3 WHERE account_id = $1",
    )
    .bind(account.uuid())
    .bind(email_index)
    .bind(now.to_offset())
    .execute(conn)
    .await?;
    StorageError::check_rows(1, done.rows_affected())
}
