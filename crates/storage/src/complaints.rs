//! Complaints and their words, each of which is sealed under a key of its own.

use domain::complaints::{ComplaintState, ComplaintText, ComplaintTopic};
use domain::ids::{AccountId, ComplaintId};
use domain::policy::Named as _;
use domain::time::Timestamp;
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Row as _};
use uuid::Uuid;

use crate::convert::{count, named};
use crate::error::StorageError;
use crate::vault::{KeyRing, SealRandom};

/// A complaint without its words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ComplaintRow {
    /// Id.
    pub complaint_id: ComplaintId,
    /// Who complains.
    pub account_id: AccountId,
    /// What about.
    pub topic: ComplaintTopic,
    /// State.
    pub state: ComplaintState,
    /// When it was filed.
    pub filed_at: Timestamp,
    /// First instant at which an answer is late.
    pub due_at: Timestamp,
    /// When an officer first read it; `None` before, or if it was answered at once.
    pub taken_at: Option<Timestamp>,
    /// When it was answered.
    pub answered_at: Option<Timestamp>,
    /// When it was closed.
    pub closed_at: Option<Timestamp>,
}

macro_rules! select_complaints {
    () => {
        "SELECT complaint_id, account_id, topic, state, filed_at, due_at, taken_at, answered_at, closed_at FROM complaints"
    };
}

fn complaint_row(row: &PgRow) -> Result<ComplaintRow, StorageError> {
    let instant = |place: usize| -> Result<Option<Timestamp>, StorageError> {
        Ok(row.try_get::<Option<_>, _>(place)?.map(Timestamp::from_offset))
    };
    Ok(ComplaintRow {
        complaint_id: ComplaintId::from_uuid(row.try_get(0)?),
        account_id: AccountId::from_uuid(row.try_get(1)?),
        topic: named("complaints", "topic", row.try_get(2)?)?,
        state: named("complaints", "state", row.try_get(3)?)?,
        filed_at: Timestamp::from_offset(row.try_get(4)?),
        due_at: Timestamp::from_offset(row.try_get(5)?),
        taken_at: instant(6)?,
        answered_at: instant(7)?,
        closed_at: instant(8)?,
    })
}

/// Adds a complaint that nobody has read yet.
///
/// # Errors
/// [`StorageError`].
pub async fn complaint_insert(
    conn: &mut PgConnection,
    complaint: &ComplaintRow,
) -> Result<(), StorageError> {
    sqlx::query(
        "INSERT INTO complaints (complaint_id, account_id, topic, state, filed_at, due_at)
         VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(complaint.complaint_id.uuid())
    .bind(complaint.account_id.uuid())
    .bind(complaint.topic.name())
    .bind(complaint.state.name())
    .bind(complaint.filed_at.to_offset())
    .bind(complaint.due_at.to_offset())
    .execute(conn)
    .await?;
    Ok(())
}

/// Takes a complaint for the rest of the transaction, if there is one of this id.
///
/// # Errors
/// [`StorageError`].
pub async fn complaint_lock(
    conn: &mut PgConnection,
    complaint: ComplaintId,
) -> Result<Option<ComplaintRow>, StorageError> {
    let row = sqlx::query(concat!(select_complaints!(), " WHERE complaint_id = $1 FOR UPDATE"))
        .bind(complaint.uuid())
        .fetch_optional(conn)
        .await?;
    row.as_ref().map(complaint_row).transpose()
}

/// A complaint of an account; `None` too if it is another's.
///
/// # Errors
/// [`StorageError`].
pub async fn complaint_find(
    conn: &mut PgConnection,
    account: AccountId,
    complaint: ComplaintId,
) -> Result<Option<ComplaintRow>, StorageError> {
    let row =
        sqlx::query(concat!(select_complaints!(), " WHERE complaint_id = $1 AND account_id = $2"))
            .bind(complaint.uuid())
            .bind(account.uuid())
            .fetch_optional(conn)
            .await?;
    row.as_ref().map(complaint_row).transpose()
}

/// Which complaints to list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListedComplaints {
    /// Those that wait for an answer, those that are due first.
    Waiting,
    /// All of them, those that are due first.
    All,
    /// Those of one account, the newest first.
    Of(AccountId),
}

/// Complaints, at most `limit`.
///
/// # Errors
/// [`StorageError`].
pub async fn complaints_list(
    conn: &mut PgConnection,
    listed: ListedComplaints,
    limit: u32,
) -> Result<Vec<ComplaintRow>, StorageError> {
    let query = match listed {
        ListedComplaints::Waiting => sqlx::query(concat!(
            select_complaints!(),
            " WHERE state IN ('filed', 'in_progress') ORDER BY due_at, complaint_id LIMIT $1"
        )),
        ListedComplaints::All => {
            sqlx::query(concat!(select_complaints!(), " ORDER BY due_at, complaint_id LIMIT $1"))
        }
        ListedComplaints::Of(_) => sqlx::query(concat!(
            select_complaints!(),
            " WHERE account_id = $2 ORDER BY filed_at DESC, complaint_id LIMIT $1"
        )),
    };
    let query = query.bind(i64::from(limit));
    let query = match listed {
        ListedComplaints::Waiting | ListedComplaints::All => query,
        ListedComplaints::Of(account) => query.bind(account.uuid()),
    };
    query.fetch_all(conn).await?.iter().map(complaint_row).collect()
}

/// How many complaints of an account wait for an answer.
///
/// # Errors
/// [`StorageError`].
pub async fn complaints_waiting_of(
    conn: &mut PgConnection,
    account: AccountId,
) -> Result<u64, StorageError> {
    let waiting: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM complaints WHERE account_id = $1 AND state IN ('filed', 'in_progress')",
    )
    .bind(account.uuid())
    .fetch_one(conn)
    .await?;
    Ok(count(waiting))
}

/// How many complaints wait for an answer, and how many of them are late.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WaitingComplaints {
    /// All that wait.
    pub waiting: u64,
    /// Those whose answer is late.
    pub late: u64,
}

/// Counts what waits at `now`.
///
/// # Errors
/// [`StorageError`].
pub async fn complaints_waiting(
    conn: &mut PgConnection,
    now: Timestamp,
) -> Result<WaitingComplaints, StorageError> {
    let (waiting, late): (i64, i64) = sqlx::query_as(
        "SELECT count(*), count(*) FILTER (WHERE due_at <= $1) FROM complaints
         WHERE state IN ('filed', 'in_progress')",
    )
    .bind(now.to_offset())
    .fetch_one(conn)
    .await?;
    Ok(WaitingComplaints { waiting: count(waiting), late: count(late) })
}

/// Moves a complaint that was locked as `before` on to what `after` says.
///
/// # Errors
/// [`StorageError::RowsAffected`] if it is not in that state any more.
pub async fn complaint_move(
    conn: &mut PgConnection,
    before: ComplaintState,
    after: &ComplaintRow,
) -> Result<(), StorageError> {
    let done = sqlx::query(
        "UPDATE complaints SET state = $3, taken_at = $4, answered_at = $5, closed_at = $6
         WHERE complaint_id = $1 AND state = $2",
    )
    .bind(after.complaint_id.uuid())
    .bind(before.name())
    .bind(after.state.name())
    .bind(after.taken_at.map(Timestamp::to_offset))
    .bind(after.answered_at.map(Timestamp::to_offset))
    .bind(after.closed_at.map(Timestamp::to_offset))
    .execute(conn)
    .await?;
    StorageError::check_rows(1, done.rows_affected())
}

/// Whose words they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ComplaintPart {
    /// Those of whoever complains.
    Complaint,
    /// Those of the programme.
    Answer,
}

impl ComplaintPart {
    const fn name(self) -> &'static str {
        match self {
            Self::Complaint => "complaint",
            Self::Answer => "answer",
        }
    }
}

/// To whom the key of a text belongs in its sealed form.
pub fn complaint_text_owner(text_id: Uuid) -> Vec<u8> {
    [b"complaint".as_slice(), text_id.as_bytes()].concat()
}

/// Keeps words of a complaint, sealed.
///
/// # Errors
/// [`StorageError`].
pub async fn complaint_text_insert(
    conn: &mut PgConnection,
    keys: &KeyRing,
    (complaint, part): (ComplaintId, ComplaintPart),
    text: &ComplaintText,
    (text_id, random): (Uuid, &SealRandom),
) -> Result<(), StorageError> {
    let owner = complaint_text_owner(text_id);
    let (wrapped_key, sealed) = keys.seal_bytes(&owner, text.expose().as_bytes(), random)?;
    sqlx::query(
        "INSERT INTO complaint_texts (text_id, complaint_id, part, wrapped_key, sealed)
         VALUES ($1, $2, $3, $4, $5)",
    )
    .bind(text_id)
    .bind(complaint.uuid())
    .bind(part.name())
    .bind(wrapped_key)
    .bind(sealed)
    .execute(conn)
    .await?;
    Ok(())
}

/// Opens words of a complaint; `None` if there are none, or they were forgotten.
///
/// # Errors
/// [`StorageError::Unsealable`] for a wrong key or changed bytes.
pub async fn complaint_text_find(
    conn: &mut PgConnection,
    keys: &KeyRing,
    (complaint, part): (ComplaintId, ComplaintPart),
) -> Result<Option<ComplaintText>, StorageError> {
    let row: Option<(Uuid, Vec<u8>, Vec<u8>)> = sqlx::query_as(
        "SELECT text_id, wrapped_key, sealed FROM complaint_texts
         WHERE complaint_id = $1 AND part = $2",
    )
    .bind(complaint.uuid())
    .bind(part.name())
    .fetch_optional(conn)
    .await?;
    let Some((id, wrapped_key, sealed)) = row else { return Ok(None) };
    let plain = keys.open_bytes(&complaint_text_owner(id), &wrapped_key, &sealed)?;
    let text = std::str::from_utf8(&plain).ok().and_then(|text| ComplaintText::parse(text).ok());
    text.map(Some).ok_or(StorageError::Unsealable)
}

/// Forgets the words of all complaints of an account and of their answers; gives how many texts there were.
///
/// # Errors
/// [`StorageError`].
pub async fn complaint_texts_delete(
    conn: &mut PgConnection,
    account: AccountId,
) -> Result<u64, StorageError> {
    let done = sqlx::query(
        "DELETE FROM complaint_texts t USING complaints c
         WHERE c.complaint_id = t.complaint_id AND c.account_id = $1",
    )
    .bind(account.uuid())
    .execute(conn)
    .await?;
    Ok(done.rows_affected())
}
