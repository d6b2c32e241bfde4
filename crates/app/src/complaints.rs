//! Complaints: written by an account, read, answered and closed by officers, with a notice once answered.
//!
//! The words are sealed and go into no event, notice or list.

use domain::client_key::ClientKey;
use domain::complaints::{
    ComplaintEvent, ComplaintState, ComplaintText, ComplaintTopic, InvalidComplaintEvent, OPEN_MAX,
    answer_due,
};
use domain::ids::{AccountId, ComplaintId};
use domain::notice::Notice;
use domain::policy::Named as _;
use serde_json::json;
use sqlx::PgConnection;
use storage::accounts::account_lock;
use storage::complaints::{
    ComplaintPart, complaint_find, complaint_insert, complaint_lock, complaint_move,
    complaint_text_find, complaint_text_insert, complaints_list, complaints_waiting_of,
};
pub use storage::complaints::{ComplaintRow, ListedComplaints};
use storage::database::Database;
use storage::error::StorageError;
use storage::notices::tell_accounts;
use storage::vault::{KeyRing, SealRandom};
use uuid::{Builder, Uuid};

use crate::act::{Act, ActError, Event};
use crate::keyed::{Keyed, Known, was_taken};

/// What writing a complaint came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ComplaintAnswer {
    /// Filed; also the answer to the same key again.
    Filed(ComplaintId),
    /// So many wait already that no further one is taken.
    TooManyWait,
    /// The key was used for another request.
    KeyReused,
}

/// Why an officer's act did nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ComplaintRefusal {
    /// No such complaint.
    #[error("there is no complaint {0}; see `gelombang complaints list`")]
    Unknown(ComplaintId),
    /// Its state does not allow it.
    #[error(transparent)]
    State(#[from] InvalidComplaintEvent),
}

/// Why an officer's act failed.
#[derive(Debug, thiserror::Error)]
pub enum ComplaintError {
    /// It is refused; nothing was done.
    #[error(transparent)]
    Refused(#[from] ComplaintRefusal),
    /// The act failed.
    #[error(transparent)]
    Act(#[from] ActError),
}

impl From<StorageError> for ComplaintError {
    fn from(error: StorageError) -> Self {
        Self::Act(error.into())
    }
}

/// A complaint with its words, for the two sides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadComplaint {
    /// State and instants.
    pub row: ComplaintRow,
    /// What was written; `None` once it is forgotten.
    pub text: Option<ComplaintText>,
    /// What was answered; `None` before, and once it is forgotten.
    pub answer: Option<ComplaintText>,
}

const FILE: &str = "complaint_file";

fn subject(complaint: ComplaintId) -> String {
    format!("complaint:{}", complaint.uuid())
}

/// A random id, which tells nothing of its time to whoever sees an address.
fn random_id(act: &mut Act<'_>) -> Uuid {
    let mut bytes = [0; 16];
    act.rng.fill_bytes(&mut bytes);
    Builder::from_random_bytes(bytes).into_uuid()
}

/// Files the complaint of an account, in one transaction under its key.
///
/// # Errors
/// [`ActError`]; nothing was kept then, and the same call may be made again.
pub async fn file_complaint(
    act: &mut Act<'_>,
    account: AccountId,
    (topic, text): (ComplaintTopic, &ComplaintText),
    key: &ClientKey,
) -> Result<ComplaintAnswer, ActError> {
    let request = [topic.name().as_bytes(), b"\0", text.expose().as_bytes()].concat();
    let keyed = Keyed::new(act.keys, (account.uuid(), key), FILE, &request);
    let done = file_once(act, account, (topic, text), &keyed).await;
    if was_taken(&done) { file_once(act, account, (topic, text), &keyed).await } else { done }
}

async fn file_once(
    act: &mut Act<'_>,
    account: AccountId,
    (topic, text): (ComplaintTopic, &ComplaintText),
    keyed: &Keyed<'_>,
) -> Result<ComplaintAnswer, ActError> {
    let mut tx = act.database.begin().await?;
    // Whoever files holds the account, so that nobody gets past the limit by filing twice at once.
    account_lock(&mut tx, account).await?;
    match keyed.known(&mut tx).await? {
        Known::New => {}
        Known::Answered(answer) => return filed_before(&answer),
        Known::Reused => return Ok(ComplaintAnswer::KeyReused),
    }
    if complaints_waiting_of(&mut tx, account).await? >= OPEN_MAX {
        return Ok(ComplaintAnswer::TooManyWait);
    }
    let complaint = ComplaintRow {
        complaint_id: ComplaintId::from_uuid(random_id(act)),
        account_id: account,
        topic,
        state: ComplaintState::Filed,
        filed_at: act.now,
        due_at: answer_due(act.now),
        taken_at: None,
        answered_at: None,
        closed_at: None,
    };
    let id = complaint.complaint_id;
    complaint_insert(&mut tx, &complaint).await?;
    keep_text(act, &mut tx, (id, ComplaintPart::Complaint), text).await?;
    keyed.keep(&mut tx, &id.uuid().to_string(), act.now).await?;
    let event = Event {
        act: FILE,
        subject: subject(id),
        from: None,
        to: Some(complaint.state.name()),
        reason: "request of the person",
        detail: json!({ "topic": topic.name() }),
    };
    act.record(&mut tx, event).await?;
    tx.commit().await.map_err(StorageError::from)?;
    Ok(ComplaintAnswer::Filed(id))
}

fn filed_before(answer: &str) -> Result<ComplaintAnswer, ActError> {
    let broken = StorageError::Inconsistency { table: "client_keys", column: "answer" };
    let complaint = Uuid::parse_str(answer).map_err(|_| broken)?;
    Ok(ComplaintAnswer::Filed(ComplaintId::from_uuid(complaint)))
}

async fn keep_text(
    act: &mut Act<'_>,
    conn: &mut PgConnection,
    whose: (ComplaintId, ComplaintPart),
    text: &ComplaintText,
) -> Result<(), ActError> {
    let text_id = random_id(act);
    let random = SealRandom::draw(act.rng);
    Ok(complaint_text_insert(conn, act.keys, whose, text, (text_id, &random)).await?)
}

/// Complaints without their words, at most `limit`.
///
/// # Errors
/// [`ActError`].
pub async fn list_complaints(
    database: &Database,
    listed: ListedComplaints,
    limit: u32,
) -> Result<Vec<ComplaintRow>, ActError> {
    Ok(complaints_list(&mut *database.begin().await?, listed, limit).await?)
}

/// An account's own complaint; `None` if there is none of this id, or it is another's.
///
/// # Errors
/// [`ActError`].
pub async fn read_own_complaint(
    database: &Database,
    keys: &KeyRing,
    (account, complaint): (AccountId, ComplaintId),
) -> Result<Option<ReadComplaint>, ActError> {
    let mut tx = database.begin().await?;
    let Some(row) = complaint_find(&mut tx, account, complaint).await? else { return Ok(None) };
    Ok(Some(with_words(&mut tx, keys, row).await?))
}

async fn with_words(
    conn: &mut PgConnection,
    keys: &KeyRing,
    row: ComplaintRow,
) -> Result<ReadComplaint, ActError> {
    let id = row.complaint_id;
    let text = complaint_text_find(conn, keys, (id, ComplaintPart::Complaint)).await?;
    let answer = complaint_text_find(conn, keys, (id, ComplaintPart::Answer)).await?;
    Ok(ReadComplaint { row, text, answer })
}

/// An officer reads a complaint, which is on record and makes it one that is worked on.
///
/// # Errors
/// [`ComplaintError`]; nothing was done then.
pub async fn take_complaint(
    act: &mut Act<'_>,
    complaint: ComplaintId,
) -> Result<ReadComplaint, ComplaintError> {
    let mut tx = act.database.begin().await?;
    let row = step(act, &mut tx, complaint, ComplaintEvent::Take).await?;
    let read = with_words(&mut tx, act.keys, row).await?;
    tx.commit().await.map_err(StorageError::from)?;
    Ok(read)
}

/// An officer answers a complaint that waits, and its account is told that there is an answer.
///
/// # Errors
/// [`ComplaintError`]; nothing was done then.
pub async fn answer_complaint(
    act: &mut Act<'_>,
    complaint: ComplaintId,
    answer: &ComplaintText,
) -> Result<(), ComplaintError> {
    let mut tx = act.database.begin().await?;
    let row = step(act, &mut tx, complaint, ComplaintEvent::Answer).await?;
    keep_text(act, &mut tx, (complaint, ComplaintPart::Answer), answer).await?;
    let notice = Notice::ComplaintAnswered { answered_at: act.now };
    tell_accounts(&mut tx, act.telling(), notice, &[row.account_id]).await?;
    Ok(tx.commit().await.map_err(StorageError::from)?)
}

/// An officer closes a complaint that is answered.
///
/// # Errors
/// [`ComplaintError`]; nothing was done then.
pub async fn close_complaint(
    act: &mut Act<'_>,
    complaint: ComplaintId,
) -> Result<(), ComplaintError> {
    let mut tx = act.database.begin().await?;
    step(act, &mut tx, complaint, ComplaintEvent::Close).await?;
    Ok(tx.commit().await.map_err(StorageError::from)?)
}

/// Moves a complaint on, with the event of that.
async fn step(
    act: &mut Act<'_>,
    conn: &mut PgConnection,
    complaint: ComplaintId,
    event: ComplaintEvent,
) -> Result<ComplaintRow, ComplaintError> {
    let found = complaint_lock(conn, complaint).await?;
    let mut row = found.ok_or(ComplaintRefusal::Unknown(complaint))?;
    let before = row.state;
    row.state = before.apply(event).map_err(ComplaintRefusal::State)?;
    let act_name = match event {
        ComplaintEvent::Take => {
            row.taken_at = match before {
                ComplaintState::Filed => Some(act.now),
                ComplaintState::InProgress | ComplaintState::Answered | ComplaintState::Closed => {
                    row.taken_at
                }
            };
            "complaint_read"
        }
        ComplaintEvent::Answer => {
            row.answered_at = Some(act.now);
            "complaint_answer"
        }
        ComplaintEvent::Close => {
            row.closed_at = Some(act.now);
            "complaint_close"
        }
    };
    complaint_move(conn, before, &row).await?;
    let event = Event {
        act: act_name,
        subject: subject(complaint),
        from: Some(before.name()),
        to: Some(row.state.name()),
        reason: "duty of the office",
        detail: json!({}),
    };
    act.record(conn, event).await?;
    Ok(row)
}
