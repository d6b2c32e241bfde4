//! Requests of people about their data, and erasing an account.

use domain::ids::{AccountId, PersonId};
use domain::policy::Named as _;
use domain::rights::{RequestKind, RequestState};
use domain::time::Timestamp;
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Row as _};
use uuid::Uuid;

use crate::complaints::complaint_texts_delete;
use crate::convert::{count, named};
use crate::error::StorageError;
use crate::faces::face_delete;
use crate::secrets::secrets_delete;

/// A request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestRow {
    /// Id.
    pub request_id: Uuid,
    /// What is asked for.
    pub kind: RequestKind,
    /// Where it stands.
    pub state: RequestState,
    /// When it came.
    pub received_at: Timestamp,
    /// First instant at which the answer is late.
    pub due_at: Timestamp,
    /// When an erasure is done.
    pub run_at: Option<Timestamp>,
    /// When it was over.
    pub answered_at: Option<Timestamp>,
    /// Why it was refused, as a code.
    pub refusal: Option<String>,
}

macro_rules! select_requests {
    () => {
        "SELECT request_id, kind, state, received_at, due_at, run_at, answered_at, refusal
         FROM rights_requests WHERE account_id = $1"
    };
}

fn request(row: &PgRow) -> Result<RequestRow, StorageError> {
    let instant = |stored: Option<_>| stored.map(Timestamp::from_offset);
    Ok(RequestRow {
        request_id: row.try_get(0)?,
        kind: named("rights_requests", "kind", row.try_get(1)?)?,
        state: named("rights_requests", "state", row.try_get(2)?)?,
        received_at: Timestamp::from_offset(row.try_get(3)?),
        due_at: Timestamp::from_offset(row.try_get(4)?),
        run_at: instant(row.try_get(5)?),
        answered_at: instant(row.try_get(6)?),
        refusal: row.try_get(7)?,
    })
}

/// Keeps a request of an account; false if one of its kind waits already.
///
/// # Errors
/// [`StorageError`].
pub async fn request_insert(
    conn: &mut PgConnection,
    account: AccountId,
    one: &RequestRow,
) -> Result<bool, StorageError> {
    let done = sqlx::query(
        "INSERT INTO rights_requests
             (request_id, account_id, kind, state, received_at, due_at, run_at, answered_at, refusal)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
         ON CONFLICT DO NOTHING",
    )
    .bind(one.request_id)
    .bind(account.uuid())
    .bind(one.kind.name())
    .bind(one.state.name())
    .bind(one.received_at.to_offset())
    .bind(one.due_at.to_offset())
    .bind(one.run_at.map(Timestamp::to_offset))
    .bind(one.answered_at.map(Timestamp::to_offset))
    .bind(&one.refusal)
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Takes the request of an account that waits, until the transaction ends.
///
/// # Errors
/// [`StorageError`].
pub async fn request_lock(
    conn: &mut PgConnection,
    account: AccountId,
    kind: RequestKind,
) -> Result<Option<RequestRow>, StorageError> {
    let row = sqlx::query(concat!(
        select_requests!(),
        " AND kind = $2 AND state = 'received' FOR UPDATE"
    ))
    .bind(account.uuid())
    .bind(kind.name())
    .fetch_optional(conn)
    .await?;
    row.as_ref().map(request).transpose()
}

/// Writes down how a request that waited ended.
///
/// # Errors
/// [`StorageError::RowsAffected`] if it is over already.
pub async fn request_end(
    conn: &mut PgConnection,
    request_id: Uuid,
    (state, refusal): (RequestState, Option<&str>),
    now: Timestamp,
) -> Result<(), StorageError> {
    let done = sqlx::query(
        "UPDATE rights_requests SET state = $2, refusal = $3, answered_at = $4
         WHERE request_id = $1 AND state = 'received'",
    )
    .bind(request_id)
    .bind(state.name())
    .bind(refusal)
    .bind(now.to_offset())
    .execute(conn)
    .await?;
    StorageError::check_rows(1, done.rows_affected())
}

/// The requests of an account, the newest first, at most a hundred.
///
/// # Errors
/// [`StorageError`].
pub async fn requests_list(
    conn: &mut PgConnection,
    account: AccountId,
) -> Result<Vec<RequestRow>, StorageError> {
    let rows = sqlx::query(concat!(
        select_requests!(),
        " ORDER BY received_at DESC, request_id DESC LIMIT 100"
    ))
    .bind(account.uuid())
    .fetch_all(conn)
    .await?;
    rows.iter().map(request).collect()
}

/// How many requests wait that are due before an instant.
///
/// # Errors
/// [`StorageError`].
pub async fn requests_due(conn: &mut PgConnection, before: Timestamp) -> Result<u64, StorageError> {
    let due: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM rights_requests WHERE state = 'received' AND due_at < $1",
    )
    .bind(before.to_offset())
    .fetch_one(conn)
    .await?;
    Ok(count(due))
}

/// Empties an account: its link, sessions, address, secrets, codes, devices, words, notices and kept answers go, what it
/// complained about waits no more, and its address index becomes one that no address has, so that whoever has the
/// address can open another account. Nobody signs in to it any more, and nothing can be kept for it.
///
/// # Errors
/// [`StorageError::RowsAffected`] if it was erased before.
pub async fn account_erase(
    conn: &mut PgConnection,
    account: AccountId,
    email_index: Uuid,
    now: Timestamp,
) -> Result<(), StorageError> {
    // Nobody can answer what nobody can read, nor be told. First, so that no answer under way leaves its words behind.
    sqlx::query(
        "UPDATE complaints SET state = 'closed', answered_at = coalesce(answered_at, $2), closed_at = $2
         WHERE account_id = $1 AND state <> 'closed'",
    )
    .bind(account.uuid())
    .bind(now.to_offset())
    .execute(&mut *conn)
    .await?;
    complaint_texts_delete(conn, account).await?;
    secrets_delete(conn, account).await?;
    face_delete(conn, account).await?;
    for statement in [
        "DELETE FROM account_contacts WHERE account_id = $1",
        "DELETE FROM known_devices WHERE account_id = $1",
        // Those of the address are kept by its index, with or without the account.
        "DELETE FROM codes WHERE account_id = $1 OR owner = $1
            OR owner = (SELECT email_index FROM accounts WHERE account_id = $1)",
    ] {
        sqlx::query(statement).bind(account.uuid()).execute(&mut *conn).await?;
    }
    let done = sqlx::query(
        "UPDATE accounts
         SET person_id = NULL, email_index = $2, password_hash = '$argon2id$', email_confirmed_at = NULL,
             tries = 0, tried_at = NULL, locked_until = NULL, erased_at = $3
         WHERE account_id = $1 AND erased_at IS NULL",
    )
    .bind(account.uuid())
    .bind(email_index)
    .bind(now.to_offset())
    .execute(&mut *conn)
    .await?;
    StorageError::check_rows(1, done.rows_affected())?;
    // What the serving role may not delete itself goes by a function that empties erased accounts alone.
    sqlx::query("SELECT erase_rows_of_account($1)").bind(account.uuid()).execute(conn).await?;
    Ok(())
}

/// Something that was done with somebody's data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProcessedRow {
    /// When.
    pub at: Timestamp,
    /// What, by its name in the trail.
    pub act: String,
}

/// What was done with the data of an account and its person, and about their complaints, grants and appeals, in the order
/// of time. Nobody who did it is named.
///
/// # Errors
/// [`StorageError`].
pub async fn processing_list(
    conn: &mut PgConnection,
    account: AccountId,
    person: Option<PersonId>,
) -> Result<Vec<ProcessedRow>, StorageError> {
    let rows = sqlx::query(
        "SELECT occurred_at, act FROM audit_events
         WHERE subject = ANY (ARRAY(
                   SELECT $3
                   UNION ALL SELECT 'person:' || $2::uuid
                   UNION ALL SELECT concat('grant:', wave, ':', person_id) FROM beneficiaries WHERE person_id = $2
                   UNION ALL SELECT 'appeal:' || appeal_id FROM appeals WHERE person_id = $2
                   UNION ALL SELECT 'complaint:' || complaint_id FROM complaints WHERE account_id = $1
               ))
           AND subject ~ '^(account|person|grant|appeal|complaint):'
         ORDER BY occurred_at, event_id",
    )
    .bind(account.uuid())
    .bind(person.map(PersonId::uuid))
    .bind(format!("account:{account}"))
    .fetch_all(conn)
    .await?;
    rows.iter()
        .map(|row| {
            Ok(ProcessedRow { at: Timestamp::from_offset(row.try_get(0)?), act: row.try_get(1)? })
        })
        .collect()
}
