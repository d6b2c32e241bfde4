//! Where an account is reached: its address, and its phone once a code that was sent there has come back. Another address
//! or phone is proven by a code before it takes the place of the one before, which is told.

use domain::account::SessionToken;
use domain::codes::{Code, CodePurpose};
use domain::identity::{Email, Phone};
use domain::ids::AccountId;
use domain::notice::{Channel, Notice};
use domain::time::Timestamp;
use serde_json::json;
use sqlx::PgConnection;
use storage::accounts::{
    EMAIL_TAKEN, account_confirm, account_email_set, account_is_confirmed, account_lock_by_email,
};
use storage::contacts::{NewContact, contact_replace};
use storage::database::Database;
pub use storage::devices::DeviceRow;
use storage::devices::{devices_list, sign_out_elsewhere, sign_out_everywhere};
use storage::error::StorageError;
use storage::notices::delivery::contacts_read;
use storage::notices::tell_accounts;
use storage::secrets::{SecretKind, secret_find};
use storage::vault::{KeyRing, SealRandom};

use crate::accounts::{AccountError, account_event};
use crate::act::{Act, ActError, Event};
use crate::codes::{
    CodeRefusal, CodeView, Proof, SendAnswer, Sending, Target, check_code, put_secret, resend_code,
    send_code, view_code,
};
use crate::device::DeviceToken;
use crate::entry::address_of;
use crate::password_again::{PasswordAgain, PasswordAnswer, confirm_password};
use crate::passwords::Passwords;
use crate::service::Service;

/// The number that a code has come back from.
pub(crate) const VERIFIED_PHONE: SecretKind = SecretKind::new("verified_phone");
/// The number before it, which is told of the change.
pub(crate) const FORMER_PHONE: SecretKind = SecretKind::new("former_phone");
/// The address before the present one, which is told of the change.
pub(crate) const FORMER_EMAIL: SecretKind = SecretKind::new("former_email");

/// The phone of an account that is proven to be its holder's; `None` until a code sent there has come back.
///
/// # Errors
/// [`StorageError`].
pub async fn verified_phone(
    conn: &mut PgConnection,
    keys: &KeyRing,
    account: AccountId,
) -> Result<Option<Phone>, StorageError> {
    let kept = secret_find(conn, keys, (account, VERIFIED_PHONE)).await?;
    Ok(kept.and_then(|plain| Phone::parse(std::str::from_utf8(&plain).ok()?).ok()))
}

/// What asking for another contact came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangeAnswer {
    /// A code was asked for.
    Asked(SendAnswer),
    /// The password is another one.
    WrongPassword,
    /// Too many wrong passwords.
    Locked {
        /// First instant at which a try is taken again.
        until: Timestamp,
    },
}

/// Sends a code to the first phone of an account, which is its own once the code has come back. `None` if it has one
/// already: another one needs the password ([`change_phone`]).
///
/// # Errors
/// [`ActError`].
pub async fn begin_phone(
    act: &mut Act<'_>,
    account: AccountId,
    phone: Phone,
) -> Result<Option<SendAnswer>, ActError> {
    let mut tx = act.database.begin().await?;
    let has_phone = verified_phone(&mut tx, act.keys, account).await?.is_some();
    drop(tx);
    if has_phone {
        return Ok(None);
    }
    send_to_phone(act, (account, CodePurpose::ConfirmPhone), phone).await.map(Some)
}

async fn send_to_phone(
    act: &mut Act<'_>,
    (account, purpose): (AccountId, CodePurpose),
    phone: Phone,
) -> Result<SendAnswer, ActError> {
    let mut tx = act.database.begin().await?;
    let sending = Sending {
        account: Some(account),
        channel: Channel::Sms,
        target: Target::Phone(phone),
        link: None,
    };
    let answer = send_code(act, &mut tx, (account.uuid(), purpose), &sending).await?;
    tx.commit().await.map_err(StorageError::from)?;
    Ok(answer)
}

/// Looks at the password of an account; `None` if it is right.
async fn refuse_password(
    act: &mut Act<'_>,
    passwords: &Passwords,
    again: PasswordAgain,
) -> Result<Option<ChangeAnswer>, AccountError> {
    Ok(match confirm_password(act, passwords, again).await? {
        PasswordAnswer::Right => None,
        PasswordAnswer::Wrong => Some(ChangeAnswer::WrongPassword),
        PasswordAnswer::Locked { until } => Some(ChangeAnswer::Locked { until }),
    })
}

/// Sends a code to another phone, after a look at the password: a session that was left open changes nothing.
///
/// # Errors
/// [`AccountError`].
pub async fn change_phone(
    act: &mut Act<'_>,
    passwords: &Passwords,
    again: PasswordAgain,
    phone: Phone,
) -> Result<ChangeAnswer, AccountError> {
    let account = again.account;
    if let Some(refused) = refuse_password(act, passwords, again).await? {
        return Ok(refused);
    }
    let answer = send_to_phone(act, (account, CodePurpose::ChangePhone), phone).await?;
    Ok(ChangeAnswer::Asked(answer))
}

/// Sends a code to another address, after a look at the password. If another account has the address, its owner is
/// told, and whoever asks sees the same.
///
/// # Errors
/// [`AccountError`].
pub async fn change_email(
    act: &mut Act<'_>,
    passwords: &Passwords,
    again: PasswordAgain,
    email: Email,
) -> Result<ChangeAnswer, AccountError> {
    let account = again.account;
    if let Some(refused) = refuse_password(act, passwords, again).await? {
        return Ok(refused);
    }
    let mut tx = act.database.begin().await?;
    let email_index = act.keys.email_index(&email);
    let other = account_lock_by_email(&mut tx, email_index).await?.map(|row| row.account_id);
    let target = match other.filter(|other| *other != account) {
        Some(other) => {
            let notice = Notice::AccountKnown { at: act.now };
            tell_accounts(&mut tx, act.telling(), notice, &[other]).await?;
            Target::Taken(email)
        }
        None => Target::Email(email),
    };
    let sending = Sending { account: Some(account), channel: Channel::Email, target, link: None };
    let owner = (account.uuid(), CodePurpose::ChangeEmail);
    let answer = send_code(act, &mut tx, owner, &sending).await?;
    tx.commit().await.map_err(StorageError::from)?;
    Ok(ChangeAnswer::Asked(answer))
}

/// Sends a code to the address of an account that none has come back from yet: it was opened by a program. `None` if
/// there is nothing to confirm.
///
/// # Errors
/// [`ActError`].
pub async fn begin_confirmation(
    act: &mut Act<'_>,
    account: AccountId,
) -> Result<Option<SendAnswer>, ActError> {
    let mut tx = act.database.begin().await?;
    if account_is_confirmed(&mut tx, account).await? {
        return Ok(None);
    }
    let Some(email) = address_of(&mut tx, act.keys, account).await? else { return Ok(None) };
    let target = Target::Email(email);
    let sending = Sending { account: Some(account), channel: Channel::Email, target, link: None };
    let owner = (account.uuid(), CodePurpose::ChangeEmail);
    let answer = send_code(act, &mut tx, owner, &sending).await?;
    tx.commit().await.map_err(StorageError::from)?;
    Ok(Some(answer))
}

/// Notes that a code has come back from the address of an account. The first time, everybody else is signed out: until
/// then the password was enough, whoever had chosen it.
pub(crate) async fn confirm_address(
    act: &mut Act<'_>,
    conn: &mut PgConnection,
    (account, kept): (AccountId, Option<&SessionToken>),
) -> Result<(), ActError> {
    if !account_confirm(conn, account, act.now).await? {
        return Ok(());
    }
    let kept = kept.map(SessionToken::digest);
    let [devices, sessions] = sign_out_elsewhere(conn, account, kept, act.now).await?;
    let event = account_event("email_confirm", account, "a code came back");
    let detail = json!({ "sessions": sessions, "devices": devices });
    act.record(conn, Event { detail, ..event }).await
}

/// Sends the code of a member anew, to where it went before.
///
/// # Errors
/// [`ActError`].
pub async fn send_member_again(
    act: &mut Act<'_>,
    account: AccountId,
    purpose: CodePurpose,
) -> Result<SendAnswer, ActError> {
    let channel = match purpose {
        CodePurpose::ConfirmPhone | CodePurpose::ChangePhone => Channel::Sms,
        CodePurpose::ChangeEmail
        | CodePurpose::ConfirmEmail
        | CodePurpose::SignIn
        | CodePurpose::ResetPassword => Channel::Email,
    };
    let mut tx = act.database.begin().await?;
    let answer = resend_code(act, &mut tx, (account.uuid(), purpose), (channel, None)).await?;
    tx.commit().await.map_err(StorageError::from)?;
    Ok(answer)
}

/// Takes the code that a member gives in this session, which has come back from another phone or address. That is the
/// account's from then on.
///
/// # Errors
/// [`ActError`].
pub async fn prove_contact(
    act: &mut Act<'_>,
    (account, session): (AccountId, &SessionToken),
    purpose: CodePurpose,
    code: &Code,
) -> Result<Result<(), CodeRefusal>, ActError> {
    let mut tx = act.database.begin().await?;
    let proof = match check_code(act, &mut tx, (account.uuid(), purpose), code).await? {
        Ok(proof) => proof,
        Err(refusal) => {
            tx.commit().await.map_err(StorageError::from)?;
            return Ok(Err(refusal));
        }
    };
    let kept = match purpose {
        CodePurpose::ConfirmPhone | CodePurpose::ChangePhone => {
            keep_phone(act, &mut tx, &proof).await
        }
        CodePurpose::ChangeEmail
        | CodePurpose::ConfirmEmail
        | CodePurpose::SignIn
        | CodePurpose::ResetPassword => keep_email(act, &mut tx, &proof, session).await,
    };
    match kept {
        Ok(()) => {}
        // Somebody else has opened an account with the address meanwhile.
        Err(ActError::Storage(StorageError::Conflict { constraint }))
            if constraint == EMAIL_TAKEN =>
        {
            return Ok(Err(CodeRefusal::NoCode));
        }
        Err(error) => return Err(error),
    }
    tx.commit().await.map_err(StorageError::from)?;
    Ok(Ok(()))
}

async fn keep_phone(
    act: &mut Act<'_>,
    conn: &mut PgConnection,
    proof: &Proof,
) -> Result<(), ActError> {
    let (account, phone) = (proof.account, &proof.sealed.target);
    let former = verified_phone(conn, act.keys, account).await?;
    if let Some(former) = former.filter(|former| former.expose() != phone) {
        put_secret(act, conn, (account, FORMER_PHONE), former.expose().as_bytes()).await?;
        let notice = Notice::PhoneChanged { at: act.now };
        tell_accounts(conn, act.telling(), notice, &[account]).await?;
    }
    put_secret(act, conn, (account, VERIFIED_PHONE), phone.as_bytes()).await?;
    let event = account_event("phone_prove", account, "a code came back");
    act.record(conn, event).await
}

async fn keep_email(
    act: &mut Act<'_>,
    conn: &mut PgConnection,
    proof: &Proof,
    session: &SessionToken,
) -> Result<(), ActError> {
    let account = proof.account;
    let Ok(email) = Email::parse(&proof.sealed.target) else { return Ok(()) };
    confirm_address(act, conn, (account, Some(session))).await?;
    let former = address_of(conn, act.keys, account).await?;
    if former.as_ref() == Some(&email) {
        return Ok(());
    }
    if let Some(former) = former {
        put_secret(act, conn, (account, FORMER_EMAIL), former.expose().as_bytes()).await?;
        let notice = Notice::EmailChanged { at: act.now };
        tell_accounts(conn, act.telling(), notice, &[account]).await?;
    }
    account_email_set(conn, account, act.keys.email_index(&email), act.now).await?;
    let contacts = contacts_read(conn, &[account.uuid()]).await?;
    if let Some(language) = contacts.first().map(|contact| contact.language) {
        let random = SealRandom::draw(act.rng);
        let address = act.keys.seal_contact(account, &email, &random)?;
        contact_replace(conn, &NewContact { account_id: account, language, address }).await?;
    }
    let event = account_event("email_change", account, "a code came back");
    act.record(conn, event).await
}

/// Ends all sessions of an account and forgets its devices.
///
/// # Errors
/// [`ActError`].
pub async fn leave_everywhere(act: &mut Act<'_>, account: AccountId) -> Result<(), ActError> {
    let mut tx = act.database.begin().await?;
    let [devices, sessions] = sign_out_everywhere(&mut tx, account, act.now).await?;
    let event = account_event("sessions_close", account, "signed out everywhere");
    let detail = json!({ "sessions": sessions, "devices": devices });
    act.record(&mut tx, Event { detail, ..event }).await?;
    tx.commit().await.map_err(StorageError::from)?;
    Ok(())
}

/// How an account is reached, and from which devices it is used.
#[derive(Clone, Debug)]
pub struct ContactView {
    /// Its address; `None` for an account from before addresses were sealed.
    pub email: Option<Email>,
    /// Its proven phone.
    pub phone: Option<Phone>,
    /// Its devices, the last used first; whether each is the one that asks.
    pub devices: Vec<(DeviceRow, bool)>,
}

/// Reads how an account is reached.
async fn read_contact(
    database: &Database,
    keys: &KeyRing,
    account: AccountId,
    device: Option<DeviceToken>,
    now: Timestamp,
) -> Result<ContactView, ActError> {
    let mut tx = database.begin_snapshot().await?;
    let contact = contacts_read(&mut tx, &[account.uuid()]).await?.into_iter().next();
    let address = contact.and_then(|contact| contact.address);
    let email = address.map(|sealed| keys.open_contact(account, &sealed)).transpose()?;
    let phone = verified_phone(&mut tx, keys, account).await?;
    let own = device.map(|device| device.index(keys));
    let devices = devices_list(&mut tx, account, now).await?;
    let devices = devices.into_iter().map(|row| (row, Some(row.device_index) == own)).collect();
    Ok(ContactView { email, phone, devices })
}

impl Service {
    /// How an account is reached now.
    ///
    /// # Errors
    /// [`ActError`].
    pub async fn contact(
        &self,
        account: AccountId,
        device: Option<DeviceToken>,
    ) -> Result<ContactView, ActError> {
        read_contact(&self.database, &self.keys, account, device, self.clock.now()).await
    }

    /// How the codes of a member stand now.
    ///
    /// # Errors
    /// [`ActError`].
    pub async fn member_code(
        &self,
        account: AccountId,
        purpose: CodePurpose,
    ) -> Result<CodeView, ActError> {
        let owner = (account.uuid(), purpose);
        view_code(&self.database, &self.keys, owner, self.clock.now()).await
    }
}
