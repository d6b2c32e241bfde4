//! Opening accounts, signing in and out.
//!
//! The single forms are built from the set forms [`open_accounts`] and [`open_sessions`], which serve
//! institutions that bring many people at once. Passwords are hashed between transactions.

use domain::account::{
    Password, SESSION_MICROS, SESSION_UNUSED_MICROS, SessionToken, SignInTries, is_use_due,
};
use domain::client_key::ClientKey;
use domain::identity::Email;
use domain::ids::{AccountId, PersonId};
use domain::notice::Notice;
use domain::reasons::Language;
use domain::time::Timestamp;
use serde_json::json;
use sqlx::PgConnection;
pub use storage::accounts::SessionRow;
use storage::accounts::{
    AccountRow, EMAIL_TAKEN, NewAccount, NewSession, account_is_confirmed, account_lock_by_email,
    accounts_insert, session_find, session_revoke, session_use, sessions_insert,
};
use storage::client_keys::{KEY_TAKEN, NewAnswer, client_key_find, client_key_insert};
use storage::contacts::{NewContact, contacts_insert};
use storage::database::{Database, Tx};
use storage::error::StorageError;
use storage::notices::tell_accounts;
use storage::tries::{TriesOf, device_tries_lock, tries_set, unknown_tries_lock};
use storage::vault::SealRandom;
use uuid::Uuid;

use crate::act::{Act, ActError, Event};
use crate::device::DeviceToken;
use crate::passwords::{HashError, Passwords, SALT_BYTES};

/// Why an act of an account did nothing.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    /// The pool of hashers refused.
    #[error(transparent)]
    Hash(#[from] HashError),
    /// The act failed.
    #[error(transparent)]
    Act(#[from] ActError),
}

impl From<StorageError> for AccountError {
    fn from(error: StorageError) -> Self {
        Self::Act(error.into())
    }
}

/// An account to be opened in a set.
#[derive(Clone, Debug)]
pub struct AccountOpening {
    /// The address.
    pub email: Email,
    /// The password as [`Passwords::hash`] gives it.
    pub password_hash: String,
    /// The person it belongs to, if registered already.
    pub person_id: Option<PersonId>,
    /// Language of what is sent to it.
    pub language: Language,
}

/// Opens many accounts in one transaction, and gives their ids in order.
///
/// # Errors
/// [`ActError`]; a conflict if an address or a person has an account. Nothing is kept then.
pub async fn open_accounts(
    act: &mut Act<'_>,
    openings: &[AccountOpening],
) -> Result<Vec<AccountId>, ActError> {
    let mut tx = act.database.begin().await?;
    let accounts: Vec<(AccountId, &AccountOpening)> =
        openings.iter().map(|one| (AccountId::at(act.now, act.id_bytes()), one)).collect();
    open_within(act, &mut tx, &accounts).await?;
    let ids: Vec<AccountId> = accounts.iter().map(|(account, _)| *account).collect();
    tell_accounts(&mut tx, act.telling(), Notice::AccountOpened, &ids).await?;
    tx.commit().await.map_err(StorageError::from)?;
    Ok(ids)
}

async fn open_within(
    act: &mut Act<'_>,
    tx: &mut PgConnection,
    openings: &[(AccountId, &AccountOpening)],
) -> Result<(), ActError> {
    let rows: Vec<NewAccount> = openings
        .iter()
        .map(|(account_id, one)| NewAccount {
            account_id: *account_id,
            email_index: act.keys.email_index(&one.email),
            person_id: one.person_id,
            password_hash: one.password_hash.clone(),
        })
        .collect();
    accounts_insert(tx, &rows, act.now).await?;
    let mut contacts = Vec::with_capacity(openings.len());
    for (account_id, one) in openings {
        let random = SealRandom::draw(act.rng);
        let address = act.keys.seal_contact(*account_id, &one.email, &random)?;
        contacts.push(NewContact { account_id: *account_id, language: one.language, address });
    }
    contacts_insert(tx, &contacts).await?;
    let ids: Vec<AccountId> = rows.iter().map(|row| row.account_id).collect();
    let event = event("accounts_open", set_subject("account", &ids), "request of the person");
    act.record(tx, Event { detail: json!({ "opened": ids.len() }), ..event }).await
}

/// One account by its id, several by their kind.
fn set_subject(kind: &str, ids: &[AccountId]) -> String {
    match ids {
        [one] => format!("{kind}:{one}"),
        _ => format!("{kind}s"),
    }
}

fn event(act: &'static str, subject: String, reason: &'static str) -> Event<'static> {
    Event { act, subject, from: None, to: None, reason, detail: json!({}) }
}

/// What opening an account came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OpenAnswer {
    /// It is open; also the answer to the same key again.
    Opened(AccountId),
    /// The address has an account.
    EmailTaken,
    /// The key opened the account with another password.
    KeyReused,
}

/// Opens an account under a client's key; it is written to in `language`. The keyed index of the address stands for the actor, since
/// nobody has signed in yet. The password is kept nowhere but as its costly hash, so a repeated request is
/// held against that.
///
/// # Errors
/// [`AccountError`]; nothing is kept then.
pub async fn open_account(
    act: &mut Act<'_>,
    passwords: &Passwords,
    email: Email,
    password: Password,
    language: Language,
    key: &ClientKey,
) -> Result<OpenAnswer, AccountError> {
    match begin_account(act, passwords, email, password, language, key).await? {
        Begun::New(mut tx, account) => {
            tell_accounts(&mut tx, act.telling(), Notice::AccountOpened, &[account]).await?;
            tx.commit().await.map_err(StorageError::from)?;
            Ok(OpenAnswer::Opened(account))
        }
        Begun::Before(answer) => Ok(answer),
    }
}

/// An account that is being opened.
pub(crate) enum Begun {
    /// It is open once this transaction is committed.
    New(Tx, AccountId),
    /// Something was there already.
    Before(OpenAnswer),
}

/// [`open_account`] up to the commit and without telling of it, for whoever does more in the same transaction: where a code
/// is sent, its letter tells of the account.
pub(crate) async fn begin_account(
    act: &mut Act<'_>,
    passwords: &Passwords,
    email: Email,
    password: Password,
    language: Language,
    key: &ClientKey,
) -> Result<Begun, AccountError> {
    let mut salt = [0; SALT_BYTES];
    act.rng.fill_bytes(&mut salt);
    let password_hash = passwords.hash(password.clone(), salt).await?;
    let actor = act.keys.email_index(&email);
    let opening = AccountOpening { email, password_hash, person_id: None, language };
    match open_once(act, actor, &opening, key).await {
        Ok((tx, account)) => Ok(Begun::New(tx, account)),
        // Whoever was first has committed, so it can be told now whether that was this very request.
        Err(ActError::Storage(StorageError::Conflict { constraint }))
            if constraint == KEY_TAKEN || constraint == EMAIL_TAKEN =>
        {
            let mut tx = act.database.begin().await?;
            let used = client_key_find(&mut tx, actor, key).await?.is_some();
            let row = account_lock_by_email(&mut tx, actor).await?;
            drop(tx);
            let Some(row) = row.filter(|_| used) else {
                return Ok(Begun::Before(OpenAnswer::EmailTaken));
            };
            let turn = passwords.turn()?;
            let is_same = passwords.verify(turn, password, Some(row.password_hash)).await?;
            Ok(Begun::Before(if is_same {
                OpenAnswer::Opened(row.account_id)
            } else {
                OpenAnswer::KeyReused
            }))
        }
        Err(error) => Err(error.into()),
    }
}

const OPEN_ACT: &str = "account_open";

/// Opens the account and keeps its key, up to the commit; what is there already is a conflict.
async fn open_once(
    act: &mut Act<'_>,
    actor: Uuid,
    opening: &AccountOpening,
    key: &ClientKey,
) -> Result<(Tx, AccountId), ActError> {
    let mut tx = act.database.begin().await?;
    let account = AccountId::at(act.now, act.id_bytes());
    open_within(act, &mut tx, &[(account, opening)]).await?;
    let answer = account.uuid().to_string();
    let request_index = act.keys.request_index(OPEN_ACT, actor.as_bytes());
    let new = NewAnswer { actor, key, act: OPEN_ACT, request_index, answer: &answer };
    client_key_insert(&mut tx, new, act.now).await?;
    Ok((tx, account))
}

/// A session as its owner gets it, once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenedSession {
    /// The token; it is kept nowhere.
    pub token: SessionToken,
    /// When it ends by itself.
    pub expires_at: Timestamp,
}

/// Opens a session for each account in one transaction, in order.
///
/// # Errors
/// [`ActError`]; none is opened then.
pub async fn open_sessions(
    act: &mut Act<'_>,
    accounts: &[AccountId],
) -> Result<Vec<OpenedSession>, ActError> {
    let mut tx = act.database.begin().await?;
    let sessions = sessions_within(act, &mut tx, accounts).await?;
    tx.commit().await.map_err(StorageError::from)?;
    Ok(sessions)
}

async fn sessions_within(
    act: &mut Act<'_>,
    tx: &mut PgConnection,
    accounts: &[AccountId],
) -> Result<Vec<OpenedSession>, ActError> {
    let expires_at = act.now.plus_micros(SESSION_MICROS);
    let opened: Vec<OpenedSession> = accounts
        .iter()
        .map(|_| {
            let mut random = [0; 32];
            act.rng.fill_bytes(&mut random);
            OpenedSession { token: SessionToken::new(random), expires_at }
        })
        .collect();
    let rows: Vec<NewSession> = accounts
        .iter()
        .zip(&opened)
        .map(|(account_id, session)| NewSession {
            token_digest: session.token.digest(),
            account_id: *account_id,
        })
        .collect();
    sessions_insert(tx, &rows, act.now, expires_at).await?;
    let event = event("sessions_open", set_subject("account", accounts), "signed in");
    act.record(tx, Event { detail: json!({ "opened": opened.len() }), ..event }).await?;
    Ok(opened)
}

/// What a sign-in came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignInAnswer {
    /// A session is open.
    SignedIn(OpenedSession),
    /// The password is right, but the account is signed in to at the portal, with a code.
    CodeNeeded,
    /// No account has this address, or the password is another one; which, is not said.
    Wrong,
    /// Too many wrong passwords; a right one is not looked at either.
    Locked {
        /// First instant at which a try is taken again.
        until: Timestamp,
    },
}

/// What a look at a password came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Checked {
    /// It is the one of this account; the caller takes these tries back.
    Right(AccountId, TriesOf),
    /// No account has this address, or the password is another one.
    Wrong,
    /// Too many wrong ones.
    Locked {
        /// First instant at which a try is taken again.
        until: Timestamp,
    },
}

/// Whom somebody wants to be: the keyed index of an address, and what the device is known by.
pub(crate) type Claimed = (Uuid, Option<DeviceToken>);

/// Takes a try and looks at the password between two transactions. The try is taken before the look, so that a
/// thousand guesses at once are not more than five, and after a place among the hashers is sure, so that a rush costs
/// nobody a try.
pub(crate) async fn check_password(
    act: &mut Act<'_>,
    passwords: &Passwords,
    claimed: Claimed,
    password: Password,
) -> Result<Checked, AccountError> {
    let turn = passwords.turn()?;
    let (tries, row) = match take_try(act, claimed).await? {
        Try::Locked { until } => return Ok(Checked::Locked { until }),
        Try::Taken(tries, row) => (tries, row),
    };
    let hash = row.as_ref().map(|row| row.password_hash.clone());
    let is_right = passwords.verify(turn, password, hash).await?;
    let right = row.filter(|_| is_right);
    Ok(right.map_or(Checked::Wrong, |row| Checked::Right(row.account_id, tries)))
}

/// Signs in by a password alone, as programs do. Once a code has come back from the account's address, the account is
/// one of the portal, which asks for a code, and this is no way around it.
///
/// # Errors
/// [`AccountError`].
pub async fn sign_in(
    act: &mut Act<'_>,
    passwords: &Passwords,
    email: &Email,
    password: Password,
) -> Result<SignInAnswer, AccountError> {
    let index = act.keys.email_index(email);
    let (account, tries) = match check_password(act, passwords, (index, None), password).await? {
        Checked::Right(account, tries) => (account, tries),
        Checked::Wrong => return Ok(SignInAnswer::Wrong),
        Checked::Locked { until } => return Ok(SignInAnswer::Locked { until }),
    };
    let mut tx = act.database.begin().await?;
    tries_set(&mut tx, tries, SignInTries::NONE).await?;
    let answer = if account_is_confirmed(&mut tx, account).await? {
        SignInAnswer::CodeNeeded
    } else {
        SignInAnswer::SignedIn(open_session_within(act, &mut tx, account).await?)
    };
    tx.commit().await.map_err(StorageError::from)?;
    Ok(answer)
}

/// Opens one session.
pub(crate) async fn open_session_within(
    act: &mut Act<'_>,
    tx: &mut PgConnection,
    account: AccountId,
) -> Result<OpenedSession, ActError> {
    let mut random = [0; 32];
    act.rng.fill_bytes(&mut random);
    let expires_at = act.now.plus_micros(SESSION_MICROS);
    let session = OpenedSession { token: SessionToken::new(random), expires_at };
    let row = NewSession { token_digest: session.token.digest(), account_id: account };
    sessions_insert(tx, &[row], act.now, expires_at).await?;
    let event = account_event("sessions_open", account, "signed in");
    act.record(tx, Event { detail: json!({ "opened": 1 }), ..event }).await?;
    Ok(session)
}

/// An event of one account.
pub(crate) fn account_event(
    act: &'static str,
    account: AccountId,
    reason: &'static str,
) -> Event<'static> {
    event(act, set_subject("account", &[account]), reason)
}

enum Try {
    Locked { until: Timestamp },
    Taken(TriesOf, Option<AccountRow>),
}

/// Takes a try. One at an address without an account is counted as well, or only an account would ever be locked.
async fn take_try(act: &mut Act<'_>, (email_index, device): Claimed) -> Result<Try, ActError> {
    let mut tx = act.database.begin().await?;
    let row = account_lock_by_email(&mut tx, email_index).await?;
    let (of, before) = if let Some(row) = &row {
        tries_of(&mut tx, row, device.map(|one| one.index(act.keys)), act.now).await?
    } else {
        let before = unknown_tries_lock(&mut tx, email_index, act.now).await?;
        (TriesOf::Address(email_index), before)
    };
    let tries = match before.take(act.now) {
        Ok(tries) => tries,
        Err(locked) => return Ok(Try::Locked { until: locked.until }),
    };
    tries_set(&mut tx, of, tries).await?;
    let account = row.as_ref().map(|row| row.account_id);
    if let (Some(until), Some(account)) = (tries.locked_until, account) {
        let notice = Notice::SignInLocked { until };
        tell_accounts(&mut tx, act.telling(), notice, &[account]).await?;
    }
    let subject = account.map_or("nobody".to_owned(), |one| set_subject("account", &[one]));
    let event = event("session_try", subject, "somebody gave a password");
    act.record(&mut tx, Event { detail: json!({ "try": tries.taken }), ..event }).await?;
    tx.commit().await.map_err(StorageError::from)?;
    Ok(Try::Taken(of, row))
}

/// A device that the account knows has tries of its own, so that whoever holds none of them cannot lock it out.
async fn tries_of(
    tx: &mut PgConnection,
    row: &AccountRow,
    device: Option<Uuid>,
    now: Timestamp,
) -> Result<(TriesOf, SignInTries), ActError> {
    let account = row.account_id;
    if let Some(device) = device
        && let Some(tries) = device_tries_lock(tx, (account, device), now).await?
    {
        return Ok((TriesOf::Device(account, device), tries));
    }
    Ok((TriesOf::Account(account), row.tries))
}

/// Ends a session. Ending it twice changes nothing.
///
/// # Errors
/// [`ActError`].
pub async fn sign_out(act: &mut Act<'_>, token: &SessionToken) -> Result<(), ActError> {
    let mut tx = act.database.begin().await?;
    let Some(account) = session_revoke(&mut tx, token.digest(), act.now).await? else {
        return Ok(());
    };
    let subject = set_subject("account", &[account]);
    act.record(&mut tx, event("session_close", subject, "signed out")).await?;
    Ok(tx.commit().await.map_err(StorageError::from)?)
}

/// Who shows this token; `None` if it is unknown, revoked, over, or was not used for too long. That it is used now is
/// written down now and then.
///
/// # Errors
/// [`ActError`].
pub async fn session_of(
    database: &Database,
    token: &SessionToken,
    now: Timestamp,
) -> Result<Option<SessionRow>, ActError> {
    let digest = token.digest();
    let until = (now, now.minus_micros(SESSION_UNUSED_MICROS));
    let Some(session) = session_find(database, digest, until).await? else { return Ok(None) };
    if is_use_due(session.used_at, now) {
        let mut tx = database.begin().await?;
        session_use(&mut tx, digest, now).await?;
        tx.commit().await.map_err(StorageError::from)?;
    }
    Ok(Some(session))
}
