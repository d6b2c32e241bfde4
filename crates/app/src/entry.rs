//! How people come in through the portal: opening an account, signing in, choosing another password, each with a code that
//! is sent to the address.
//!
//! Nobody learns here whether an address has an account: the answers are the same, and what differs is told to the
//! address alone. A device that a code was given on is known for 90 days and needs no other.

use domain::account::{Password, SignInTries};
use domain::client_key::ClientKey;
use domain::codes::{Code, CodePurpose};
use domain::consent::ConsentKind;
use domain::identity::Email;
use domain::ids::AccountId;
use domain::notice::{Channel, Notice};
use domain::reasons::Language;
use domain::time::Timestamp;
use serde_json::json;
use sha2::{Digest as _, Sha256};
use sqlx::PgConnection;
use storage::accounts::{AccountRow, account_lock_by_email, account_password_set};
use storage::codes::code_find;
use storage::devices::{device_put, device_use, sign_out_everywhere};
use storage::error::StorageError;
use storage::notices::delivery::contacts_read;
use storage::notices::tell_accounts;
use storage::secrets::{SecretKind, secret_delete};
use storage::tries::tries_set;
use storage::vault::KeyRing;
use uuid::Uuid;

use crate::accounts::{
    AccountError, Begun, Checked, OpenAnswer, OpenedSession, account_event, begin_account,
    check_password, open_session_within,
};
use crate::act::{Act, ActError, Event};
use crate::codes::{
    CodeRefusal, CodeView, Proof, SendAnswer, Sending, Target, check_code, forget_code, put_secret,
    resend_code, send_code, view_code,
};
use crate::consents::consents_give;
use crate::contact::confirm_address;
use crate::device::{DEVICE_MICROS, DeviceToken};
use crate::passwords::{Passwords, SALT_BYTES};
use crate::service::Service;
use crate::step::{LetterMark, Step};

/// Makes the address of the page that asks for a code, from a sealed step.
pub type LinkTo<'a> = &'a (dyn Fn(&str) -> Option<String> + Sync);

/// Whoever opens an account has read these, or it is not opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Accepted(());

impl Accepted {
    /// Both boxes were ticked: the terms and the notice on privacy.
    pub const fn both(terms: bool, privacy: bool) -> Option<Self> {
        if terms && privacy { Some(Self(())) } else { None }
    }
}

/// An account that somebody wants to open.
#[derive(Debug)]
pub struct Opening<'a> {
    /// The address.
    pub email: Email,
    /// The password.
    pub password: Password,
    /// Language of what is sent to it.
    pub language: Language,
    /// What was accepted.
    pub accepted: Accepted,
    /// Key of the form.
    pub key: &'a ClientKey,
}

/// Opens an account, keeps what was accepted, and sends a code to its address, all or nothing. If the address has one already, its owner is told, and whoever
/// asks sees the same.
///
/// # Errors
/// [`AccountError`].
pub async fn open_by_code(
    act: &mut Act<'_>,
    passwords: &Passwords,
    opening: Opening<'_>,
    link: LinkTo<'_>,
) -> Result<Step, AccountError> {
    let Opening { email, password, language, accepted: Accepted(()), key } = opening;
    let owner = (act.keys.email_index(&email), CodePurpose::ConfirmEmail);
    let (mut tx, opened) =
        match begin_account(act, passwords, email, password, language, key).await? {
            Begun::New(tx, account) => (tx, OpenAnswer::Opened(account)),
            Begun::Before(answer) => (act.database.begin().await?, answer),
        };
    let step = Step::new(owner, act.now);
    let link = link_of(act, step, link);
    match opened {
        OpenAnswer::Opened(account) => {
            let sending = Sending {
                account: Some(account),
                channel: Channel::Email,
                target: Target::Account,
                link,
            };
            if !matches!(send_code(act, &mut tx, owner, &sending).await?, SendAnswer::Sent) {
                // No code may go there yet; one letter goes all the same.
                let notice = Notice::AccountOpened;
                tell_accounts(&mut tx, act.telling(), notice, &[account]).await?;
            }
            let read = [ConsentKind::Terms, ConsentKind::Privacy];
            consents_give(&mut tx, act, account, &read).await?;
        }
        OpenAnswer::EmailTaken | OpenAnswer::KeyReused => {
            send_decoy(act, &mut tx, owner).await?;
            if let Some(row) = account_lock_by_email(&mut tx, owner.0).await? {
                let notice = Notice::AccountKnown { at: act.now };
                tell_accounts(&mut tx, act.telling(), notice, &[row.account_id]).await?;
            }
        }
    }
    tx.commit().await.map_err(StorageError::from)?;
    Ok(step)
}

/// As if a code were sent, unless one is on its way to somebody who opened the account a moment ago.
async fn send_decoy(
    act: &mut Act<'_>,
    conn: &mut PgConnection,
    owner: (Uuid, CodePurpose),
) -> Result<(), ActError> {
    let row = code_find(conn, owner).await?;
    let is_waited_for = row.is_some_and(|row| {
        row.account_id.is_some() && row.round.expires_at.is_some_and(|end| act.now < end)
    });
    if !is_waited_for {
        let sending =
            Sending { account: None, channel: Channel::Email, target: Target::Nowhere, link: None };
        send_code(act, conn, owner, &sending).await?;
    }
    Ok(())
}

/// The address of the page that asks for the code of a step.
fn link_of(act: &mut Act<'_>, step: Step, link: LinkTo<'_>) -> Option<String> {
    let sealed = step.seal(act.keys, act.rng)?;
    link(&sealed)
}

/// What a password at the portal came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BeginAnswer {
    /// The device is known, so a session is open.
    SignedIn(OpenedSession),
    /// It is right; a code is to be typed.
    CodeNeeded(Step),
    /// No account has this address, or the password is another one; which, is not said.
    Wrong,
    /// Too many wrong passwords.
    Locked {
        /// First instant at which a try is taken again.
        until: Timestamp,
    },
}

/// Looks at a password, and opens a session for a known device or sends a code.
///
/// # Errors
/// [`AccountError`].
pub async fn begin_sign_in(
    act: &mut Act<'_>,
    passwords: &Passwords,
    (email, password): (&Email, Password),
    device: Option<DeviceToken>,
    link: LinkTo<'_>,
) -> Result<BeginAnswer, AccountError> {
    let email_index = act.keys.email_index(email);
    let claimed = (email_index, device);
    let (account, tries) = match check_password(act, passwords, claimed, password).await? {
        Checked::Right(account, tries) => (account, tries),
        Checked::Wrong => return Ok(BeginAnswer::Wrong),
        Checked::Locked { until } => return Ok(BeginAnswer::Locked { until }),
    };
    let owner = (email_index, CodePurpose::SignIn);
    let step = Step::new(owner, act.now);
    let link = link_of(act, step, link);
    let mut tx = act.database.begin().await?;
    tries_set(&mut tx, tries, SignInTries::NONE).await?;
    let is_known = match device {
        Some(device) => device_use(&mut tx, account, device.index(act.keys), act.now).await?,
        None => false,
    };
    let answer = if is_known {
        BeginAnswer::SignedIn(open_session_within(act, &mut tx, account).await?)
    } else {
        let sending = Sending {
            account: Some(account),
            channel: Channel::Email,
            target: Target::Account,
            link,
        };
        send_code(act, &mut tx, owner, &sending).await?;
        BeginAnswer::CodeNeeded(step)
    };
    tx.commit().await.map_err(StorageError::from)?;
    Ok(answer)
}

/// Sends a code by which the owner of an address can choose another password.
///
/// # Errors
/// [`ActError`].
pub async fn begin_reset(
    act: &mut Act<'_>,
    email: &Email,
    link: LinkTo<'_>,
) -> Result<Step, ActError> {
    let owner = (act.keys.email_index(email), CodePurpose::ResetPassword);
    let step = Step::new(owner, act.now);
    let mut tx = act.database.begin().await?;
    let row = account_lock_by_email(&mut tx, owner.0).await?;
    let link = link_of(act, in_letter(act, step, row.as_ref()), link);
    let account = row.map(|row| row.account_id);
    let sending = Sending { account, channel: Channel::Email, target: Target::Account, link };
    send_code(act, &mut tx, owner, &sending).await?;
    tx.commit().await.map_err(StorageError::from)?;
    Ok(step)
}

/// Sends the code of a step anew.
///
/// # Errors
/// [`ActError`].
pub async fn send_again(
    act: &mut Act<'_>,
    step: Step,
    channel: Channel,
    link: LinkTo<'_>,
) -> Result<SendAnswer, ActError> {
    let mut tx = act.database.begin().await?;
    let row = match step.purpose() {
        CodePurpose::ResetPassword => account_lock_by_email(&mut tx, step.code_owner().0).await?,
        CodePurpose::ConfirmEmail
        | CodePurpose::SignIn
        | CodePurpose::ConfirmPhone
        | CodePurpose::ChangeEmail
        | CodePurpose::ChangePhone => None,
    };
    let link = link_of(act, in_letter(act, step, row.as_ref()), link);
    let answer = resend_code(act, &mut tx, step.code_owner(), (channel, link)).await?;
    tx.commit().await.map_err(StorageError::from)?;
    Ok(answer)
}

/// The step for the letter to an account: about a forgotten password it needs no code.
/// It lasts from now on, whenever its page was opened.
fn in_letter(act: &Act<'_>, step: Step, row: Option<&AccountRow>) -> Step {
    match (step.purpose(), row) {
        (CodePurpose::ResetPassword, Some(row)) => {
            Step::new(step.code_owner(), act.now).in_letter(letter_mark(row))
        }
        _ => step,
    }
}

/// Changes with the password.
fn letter_mark(row: &AccountRow) -> LetterMark {
    let digest = Sha256::digest([b"letter\0", row.password_hash.as_bytes()].concat());
    digest.first_chunk().copied().unwrap_or_default()
}

/// Somebody who has come in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entered {
    /// The session.
    pub session: OpenedSession,
    /// What the device is known by.
    pub device: DeviceToken,
}

/// What a code came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryAnswer {
    /// It is right.
    Entered(Entered),
    /// It is not taken.
    Refused(CodeRefusal),
    /// It is right and stays so, but the new password would be guessed soon.
    Guessable,
}

/// Opens a session by the code of a step; the device is known from then on.
///
/// # Errors
/// [`ActError`].
pub async fn enter_by_code(
    act: &mut Act<'_>,
    step: Step,
    code: &Code,
    device: Option<DeviceToken>,
) -> Result<EntryAnswer, ActError> {
    let mut tx = act.database.begin().await?;
    let answer = match check_code(act, &mut tx, step.code_owner(), code).await? {
        Ok(Proof { account, channel, .. }) => {
            EntryAnswer::Entered(let_in(act, &mut tx, (account, channel), device).await?)
        }
        Err(refusal) => EntryAnswer::Refused(refusal),
    };
    tx.commit().await.map_err(StorageError::from)?;
    Ok(answer)
}

async fn let_in(
    act: &mut Act<'_>,
    conn: &mut PgConnection,
    (account, channel): (AccountId, Channel),
    device: Option<DeviceToken>,
) -> Result<Entered, ActError> {
    match channel {
        Channel::Email => confirm_address(act, conn, (account, None)).await?,
        Channel::Sms => {}
    }
    let device = device.unwrap_or_else(|| DeviceToken::draw(act.rng));
    let known = [act.now, act.now.plus_micros(DEVICE_MICROS)];
    device_put(conn, account, device.index(act.keys), known).await?;
    let session = open_session_within(act, conn, account).await?;
    Ok(Entered { session, device })
}

/// Gives an account another password by the code of a step, or by the letter that it was opened from; everybody else is
/// signed out and no device is known any more but this one.
///
/// # Errors
/// [`AccountError`].
pub async fn reset_password(
    act: &mut Act<'_>,
    passwords: &Passwords,
    (step, code): (Step, Option<&Code>),
    password: Password,
    link: LinkTo<'_>,
) -> Result<EntryAnswer, AccountError> {
    let mut salt = [0; SALT_BYTES];
    act.rng.fill_bytes(&mut salt);
    let password_hash = passwords.hash(password.clone(), salt).await?;
    let mut tx = act.database.begin().await?;
    // Before the code, as whoever asks for one takes both.
    let row = account_lock_by_email(&mut tx, step.code_owner().0).await?;
    let (account, channel) = match prove(act, &mut tx, (step, code), row.as_ref()).await? {
        Ok(proven) => proven,
        Err(refusal) => {
            if let (CodeRefusal::Locked { until }, Some(row)) = (refusal, &row) {
                tell_locked(act, &mut tx, (step, row, until), link).await?;
            }
            tx.commit().await.map_err(StorageError::from)?;
            return Ok(EntryAnswer::Refused(refusal));
        }
    };
    let address = address_of(&mut tx, act.keys, account).await?;
    if address.is_some_and(|address| password.is_guessable(&address)) {
        // Nothing is kept, so the code can be given again with another password.
        return Ok(EntryAnswer::Guessable);
    }
    account_password_set(&mut tx, account, &password_hash).await?;
    secret_delete(&mut tx, (account, RESET_LINK)).await?;
    let [devices, sessions] = sign_out_everywhere(&mut tx, account, act.now).await?;
    let notice = Notice::PasswordChanged { at: act.now };
    tell_accounts(&mut tx, act.telling(), notice, &[account]).await?;
    let reason = if step.needs_code() { "a code came back" } else { "a letter was opened" };
    let event = account_event("password_reset", account, reason);
    let detail = json!({ "sessions": sessions, "devices": devices });
    act.record(&mut tx, Event { detail, ..event }).await?;
    let entered = let_in(act, &mut tx, (account, channel), None).await?;
    tx.commit().await.map_err(StorageError::from)?;
    Ok(EntryAnswer::Entered(entered))
}

/// Whose password may be replaced, and on which way that was proven. A letter holds no tries that others could use up;
/// its code is of no use any more once its link was.
async fn prove(
    act: &mut Act<'_>,
    conn: &mut PgConnection,
    (step, code): (Step, Option<&Code>),
    row: Option<&AccountRow>,
) -> Result<Result<(AccountId, Channel), CodeRefusal>, ActError> {
    let owner = step.code_owner();
    if let Some(letter) = step.letter() {
        let Some(row) = row.filter(|row| letter_mark(row) == letter) else {
            return Ok(Err(CodeRefusal::NoCode));
        };
        forget_code(conn, (row.account_id, owner)).await?;
        return Ok(Ok((row.account_id, Channel::Email)));
    }
    let Some(code) = code else { return Ok(Err(CodeRefusal::NoCode)) };
    let checked = check_code(act, conn, owner, code).await?;
    Ok(checked.map(|proof| (proof.account, proof.channel)))
}

/// Tells an account that no code is tried any more, with a link that outlives the lock: whoever locks it again and again
/// keeps nobody out.
async fn tell_locked(
    act: &mut Act<'_>,
    conn: &mut PgConnection,
    (step, row, until): (Step, &AccountRow, Timestamp),
    link: LinkTo<'_>,
) -> Result<(), ActError> {
    if let Some(link) = link_of(act, in_letter(act, step, Some(row)), link) {
        let kept = (row.account_id, RESET_LINK);
        put_secret(act, conn, kept, &LockLink { until, link }.encode()).await?;
    }
    let notice = Notice::SignInLocked { until };
    Ok(tell_accounts(conn, act.telling(), notice, &[row.account_id]).await?)
}

/// Where the owner of an account chooses another password although codes are locked, for the letter that tells so.
pub(crate) struct LockLink {
    /// The lock that the letter tells of.
    pub(crate) until: Timestamp,
    /// The address of the page.
    pub(crate) link: String,
}

/// Under which kind it is sealed.
pub(crate) const RESET_LINK: SecretKind = SecretKind::new("reset_link");

impl LockLink {
    fn encode(&self) -> Vec<u8> {
        format!("{}\n{}", self.until.unix_seconds(), self.link).into_bytes()
    }

    /// Reads what [`Self::encode`] wrote of this lock.
    pub(crate) fn link_of(plain: &[u8], until: Timestamp) -> Option<&str> {
        let (seconds, link) = std::str::from_utf8(plain).ok()?.split_once('\n')?;
        (seconds == until.unix_seconds().to_string()).then_some(link)
    }
}

/// The address of an account, opened.
pub(crate) async fn address_of(
    conn: &mut PgConnection,
    keys: &KeyRing,
    account: AccountId,
) -> Result<Option<Email>, ActError> {
    let contacts = contacts_read(conn, &[account.uuid()]).await?;
    let sealed = contacts.into_iter().next().and_then(|contact| contact.address);
    Ok(sealed.map(|sealed| keys.open_contact(account, &sealed)).transpose()?)
}

impl Service {
    /// The address of the account whose letter was opened, while the letter is good.
    ///
    /// # Errors
    /// [`ActError`].
    pub async fn letter_address(&self, step: Step) -> Result<Option<Email>, ActError> {
        let mut tx = self.database.begin().await?;
        let row = account_lock_by_email(&mut tx, step.code_owner().0).await?;
        match row.filter(|row| Some(letter_mark(row)) == step.letter()) {
            Some(row) => address_of(&mut tx, &self.keys, row.account_id).await,
            None => Ok(None),
        }
    }

    /// How the codes of a step stand now.
    ///
    /// # Errors
    /// [`ActError`].
    pub async fn step_code(&self, step: Step) -> Result<CodeView, ActError> {
        view_code(&self.database, &self.keys, step.code_owner(), self.clock.now()).await
    }
}
