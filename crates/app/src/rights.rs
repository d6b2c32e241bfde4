//! The rights of a person over her data: withdrawing a consent, and being erased after a day in which it can be taken
//! back. A copy of the data is in [`crate::own_data`], correcting them in [`crate::correct`].

use domain::consent::{ConsentKind, Withdrawal};
use domain::ids::{AccountId, PersonId, uuid_at};
use domain::notice::Notice;
use domain::policy::Named as _;
use domain::rights::{
    ErasureRefusal, InvalidRequestEvent, RequestEvent, RequestKind, RequestState, answer_due,
    erased_at, near, refuse_erasure,
};
use domain::schedule::Task;
use domain::time::Timestamp;
use serde_json::{Value, json};
use sqlx::PgConnection;
use storage::accounts::account_lock;
use storage::appeals::{ListedAppeals, appeals_list};
use storage::checks::identity_lock;
use storage::consents::consent_withdraw;
use storage::database::{Database, Tx};
use storage::error::StorageError;
use storage::faces::{FACE_PHOTO, IDENTITY_PHOTO, face_delete};
use storage::notices::tell_accounts;
use storage::persons::identity_erase;
pub use storage::rights::RequestRow;
use storage::rights::{
    account_erase, request_end, request_insert, request_lock, requests_due, requests_list,
};
use storage::secrets::secret_delete;
use storage::statements::{SetsLock, sets_lock, statement_bounds, statement_lock};
use uuid::Builder;

use crate::act::{Act, ActError, Event};
use crate::jobs::enqueue;

/// The requests of an account, the newest first.
///
/// # Errors
/// [`ActError`].
pub async fn requests_of(
    database: &Database,
    account: AccountId,
) -> Result<Vec<RequestRow>, ActError> {
    Ok(requests_list(&mut *database.begin_snapshot().await?, account).await?)
}

/// How many requests wait whose time is near at `now`: somebody must look why.
///
/// # Errors
/// [`StorageError`].
pub async fn requests_near(database: &Database, now: Timestamp) -> Result<u64, StorageError> {
    requests_due(&mut *database.begin_snapshot().await?, near(now)).await
}

/// A request that comes now.
fn request_now(act: &mut Act<'_>, kind: RequestKind) -> RequestRow {
    RequestRow {
        request_id: uuid_at(act.now, act.id_bytes()),
        kind,
        state: RequestState::Received,
        received_at: act.now,
        due_at: answer_due(act.now),
        run_at: None,
        answered_at: None,
        refusal: None,
    }
}

/// Keeps a request that is done with the act it belongs to.
pub(crate) async fn keep_done(
    conn: &mut PgConnection,
    act: &mut Act<'_>,
    account: AccountId,
    kind: RequestKind,
) -> Result<(), ActError> {
    let mut request = request_now(act, kind);
    (request.state, request.answered_at) = (RequestState::Done, Some(act.now));
    request_insert(conn, account, &request).await?;
    Ok(())
}

/// Writes into the trail what became of a request.
async fn record(
    conn: &mut PgConnection,
    act: &mut Act<'_>,
    (name, account): (&str, AccountId),
    [from, to]: [Option<RequestState>; 2],
    detail: Value,
) -> Result<(), ActError> {
    let event = Event {
        act: name,
        subject: format!("account:{account}"),
        from: from.map(RequestState::name),
        to: to.map(RequestState::name),
        reason: "request of the person",
        detail,
    };
    act.record(conn, event).await
}

/// What withdrawing a consent came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WithdrawalAnswer {
    /// It counts no more, and what rested on it has ended.
    Withdrawn,
    /// Nothing of the kind was given, or all of it is withdrawn.
    NothingHeld,
    /// Nothing can go on without it: whoever wants it ended asks for erasure.
    LeadsToErasure,
    /// It rests on a duty or is a declaration.
    Impossible,
}

/// Withdraws a consent, and ends at once what rests on it.
///
/// # Errors
/// [`ActError`]; nothing changes then.
pub async fn withdraw_consent(
    act: &mut Act<'_>,
    account: AccountId,
    kind: ConsentKind,
) -> Result<WithdrawalAnswer, ActError> {
    match kind.withdrawal() {
        Withdrawal::Impossible => return Ok(WithdrawalAnswer::Impossible),
        Withdrawal::LeadsToErasure => return Ok(WithdrawalAnswer::LeadsToErasure),
        Withdrawal::ErasesPhoto | Withdrawal::EndsSms => {}
    }
    let mut tx = act.database.begin().await?;
    account_lock(&mut tx, account).await?;
    if !consent_withdraw(&mut tx, account, kind, act.now).await? {
        return Ok(WithdrawalAnswer::NothingHeld);
    }
    if kind.withdrawal() == Withdrawal::ErasesPhoto {
        for picture in [IDENTITY_PHOTO, FACE_PHOTO] {
            secret_delete(&mut tx, (account, picture)).await?;
        }
        face_delete(&mut tx, account).await?;
    }
    keep_done(&mut tx, act, account, RequestKind::Withdrawal).await?;
    let detail = json!({ "kind": kind.name() });
    record(&mut tx, act, ("consent_withdraw", account), [None; 2], detail).await?;
    tx.commit().await.map_err(StorageError::from)?;
    Ok(WithdrawalAnswer::Withdrawn)
}

/// Where an erasure stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ErasureStanding {
    /// It is done at its `run_at`, unless it is taken back.
    Waits(RequestRow),
    /// It can be asked for.
    Possible,
    /// It cannot be asked for now.
    Refused(ErasureRefusal),
}

/// Where the erasure of an account and its person stands.
///
/// # Errors
/// [`ActError`].
pub async fn read_erasure(
    database: &Database,
    account: AccountId,
    person: Option<PersonId>,
) -> Result<ErasureStanding, ActError> {
    let mut tx = database.begin_snapshot().await?;
    let requests = requests_list(&mut tx, account).await?;
    let waits =
        |one: &RequestRow| one.kind == RequestKind::Erasure && one.state == RequestState::Received;
    if let Some(request) = requests.into_iter().find(waits) {
        return Ok(ErasureStanding::Waits(request));
    }
    Ok(refusal(&mut tx, person).await?.map_or(ErasureStanding::Possible, ErasureStanding::Refused))
}

async fn refusal(
    conn: &mut PgConnection,
    person: Option<PersonId>,
) -> Result<Option<ErasureRefusal>, ActError> {
    let Some(person) = person else { return Ok(None) };
    let bounds = statement_bounds(conn, person).await?;
    let appeals = appeals_list(conn, ListedAppeals::Of(person)).await?;
    let open = appeals.iter().filter(|appeal| appeal.answer.is_none()).count();
    Ok(refuse_erasure(&bounds, open))
}

/// Asks for the erasure of an account and its person. Asking again changes nothing while one waits.
///
/// # Errors
/// [`ActError`]; nothing changes then.
pub async fn ask_erasure(
    act: &mut Act<'_>,
    account: AccountId,
) -> Result<ErasureStanding, ActError> {
    let mut tx = act.database.begin().await?;
    let person = account_lock(&mut tx, account).await?;
    if let Some(request) = request_lock(&mut tx, account, RequestKind::Erasure).await? {
        return Ok(ErasureStanding::Waits(request));
    }
    if let Some(refusal) = refusal(&mut tx, person).await? {
        return Ok(ErasureStanding::Refused(refusal));
    }
    let run_at = erased_at(act.now);
    let mut request = request_now(act, RequestKind::Erasure);
    request.run_at = Some(run_at);
    request_insert(&mut tx, account, &request).await?;
    enqueue(&mut tx, act, Task::EraseAccount(account), run_at).await?;
    let notice = Notice::ErasureAsked { at: run_at };
    tell_accounts(&mut tx, act.telling(), notice, &[account]).await?;
    let states = [None, Some(RequestState::Received)];
    record(&mut tx, act, ("erasure_ask", account), states, json!({})).await?;
    tx.commit().await.map_err(StorageError::from)?;
    Ok(ErasureStanding::Waits(request))
}

/// Takes an erasure back; false if none waits.
///
/// # Errors
/// [`ActError`]; nothing changes then.
pub async fn take_back_erasure(act: &mut Act<'_>, account: AccountId) -> Result<bool, ActError> {
    let mut tx = act.database.begin().await?;
    account_lock(&mut tx, account).await?;
    let Some(request) = request_lock(&mut tx, account, RequestKind::Erasure).await? else {
        return Ok(false);
    };
    end(&mut tx, act, (account, &request), (RequestEvent::TakeBack, None)).await?;
    tx.commit().await.map_err(StorageError::from)?;
    Ok(true)
}

/// Ends a request that waited, and records it.
async fn end(
    tx: &mut Tx,
    act: &mut Act<'_>,
    (account, request): (AccountId, &RequestRow),
    (event, refusal): (RequestEvent, Option<ErasureRefusal>),
) -> Result<(), ActError> {
    let broken = |_: InvalidRequestEvent| StorageError::Inconsistency {
        table: "rights_requests",
        column: "state",
    };
    let state = request.state.apply(event).map_err(broken)?;
    let code = refusal.map(ErasureRefusal::code);
    request_end(tx, request.request_id, (state, code), act.now).await?;
    let name = match event {
        RequestEvent::Fulfil => "account_erase",
        RequestEvent::Refuse => "erasure_refuse",
        RequestEvent::TakeBack => "erasure_take_back",
    };
    let states = [Some(request.state), Some(state)];
    record(tx, act, (name, account), states, json!({ "refusal": code })).await
}

/// Erases an account and its person, if that was asked for and its time has come: the key of the identity goes, with it
/// what was sealed, and every row that only served the account; the index of the NIK, memberships, decisions, money and
/// the trail stay, which name nobody. What becomes of each table is listed in the test `erased_rows::every_table`.
pub(crate) async fn erase_within(
    tx: &mut Tx,
    act: &mut Act<'_>,
    account: AccountId,
) -> Result<(), ActError> {
    let person = account_lock(tx, account).await?;
    let Some(request) = request_lock(tx, account, RequestKind::Erasure).await? else {
        return Ok(());
    };
    if let Some(run_at) = request.run_at.filter(|run_at| act.now < *run_at) {
        // It was taken back and asked for again.
        enqueue(tx, act, Task::EraseAccount(account), run_at).await?;
        return Ok(());
    }
    if let Some(person) = person {
        // Joins, corrections and answers of registers come before or after.
        statement_lock(tx, person).await?;
        identity_lock(tx, person).await?;
        sets_lock(tx, SetsLock::Correcting).await?;
        if let Some(refusal) = refusal(tx, Some(person)).await? {
            let refused = (RequestEvent::Refuse, Some(refusal));
            end(tx, act, (account, &request), refused).await?;
            let notice = Notice::ErasureRefused { at: act.now };
            return Ok(tell_accounts(tx, act.telling(), notice, &[account]).await?);
        }
        identity_erase(tx, person, act.now).await?;
    }
    let mut random = [0; 16];
    act.rng.fill_bytes(&mut random);
    let no_address = Builder::from_random_bytes(random).into_uuid();
    account_erase(tx, account, no_address, act.now).await?;
    end(tx, act, (account, &request), (RequestEvent::Fulfil, None)).await?;
    if let Some(person) = person {
        let event = Event {
            act: "person_erase",
            subject: crate::act::person_subject(person),
            from: None,
            to: None,
            reason: "request of the person",
            detail: json!({}),
        };
        act.record(tx, event).await?;
    }
    Ok(())
}
