//! Codes: sent, tried and used up under the lock of their row, so that a thousand guesses at once are no more than five.
//!
//! The code is sealed among the account's secrets with where it goes; the courier opens it when it sends. An address
//! without an account has a row like any other and no code, so every guess at it is wrong.

use domain::codes::NotTried;
pub use domain::codes::{Code, CodePurpose, CodeRound, NotSent};
use domain::identity::{Email, Phone};
use domain::ids::{AccountId, uuid_at};
pub use domain::notice::Channel;
use domain::notice::Notice;
use domain::policy::Named as _;
use domain::time::Timestamp;
use serde_json::json;
use sqlx::PgConnection;
pub(crate) use storage::codes::CodeOwner;
use storage::codes::{CodeRow, code_find, code_lock, code_set};
use storage::database::Database;
use storage::notices::tell_accounts;
use storage::secrets::{SecretKind, secret_delete, secret_find, secret_put};
use storage::vault::{KeyRing, SealRandom};
use uuid::Uuid;

use crate::act::{Act, ActError, Event};
use crate::contact::verified_phone;

/// Where a code goes.
#[derive(Clone, Debug)]
pub(crate) enum Target {
    /// To the address of the account.
    Account,
    /// To another address.
    Email(Email),
    /// To a number.
    Phone(Phone),
    /// Nowhere, since another account has this address, which is not to be seen.
    Taken(Email),
    /// Nowhere: there is no such account or number, which is not to be seen.
    Nowhere,
}

/// How a code is sent.
#[derive(Clone, Debug)]
pub(crate) struct Sending {
    /// The account; `None` for an address that has none.
    pub(crate) account: Option<AccountId>,
    /// The way.
    pub(crate) channel: Channel,
    /// To whom.
    pub(crate) target: Target,
    /// Address of the page that asks for it, in a letter.
    pub(crate) link: Option<String>,
}

/// What asking for a code came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SendAnswer {
    /// It is on its way, if there is anybody to send it to.
    Sent,
    /// None goes to this number or address yet, since one went to another a moment ago, or somebody else asked for one.
    Elsewhere {
        /// When one can be sent here.
        at: Timestamp,
    },
    /// Not yet, or not for long.
    Not(NotSent),
}

/// Why a code was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodeRefusal {
    /// It is another one.
    Wrong {
        /// Tries that are left.
        left: u8,
    },
    /// There is none any more.
    NoCode,
    /// Too many wrong ones.
    Locked {
        /// When the next can be asked for.
        until: Timestamp,
    },
}

/// What is sealed: the code, where it goes, and the link of its letter.
pub(crate) struct SealedCode {
    pub(crate) code: Code,
    /// An address or number; empty for the address of the account.
    pub(crate) target: String,
    /// Empty if there is none.
    pub(crate) link: String,
}

impl SealedCode {
    fn encode(&self) -> Vec<u8> {
        [self.code.expose(), &self.target, &self.link].join("\n").into_bytes()
    }

    /// Reads what [`Self::encode`] wrote. None of the parts can hold a line break.
    pub(crate) fn decode(plain: &[u8]) -> Option<Self> {
        let mut parts = std::str::from_utf8(plain).ok()?.split('\n');
        let code = Code::parse(parts.next()?)?;
        Some(Self { code, target: parts.next()?.to_owned(), link: parts.next()?.to_owned() })
    }
}

/// Under which kind a code is sealed.
pub(crate) const fn secret_kind(purpose: CodePurpose) -> SecretKind {
    SecretKind::new(match purpose {
        CodePurpose::ConfirmEmail => "code_confirm_email",
        CodePurpose::SignIn => "code_sign_in",
        CodePurpose::ResetPassword => "code_reset_password",
        CodePurpose::ConfirmPhone => "code_confirm_phone",
        CodePurpose::ChangeEmail => "code_change_email",
        CodePurpose::ChangePhone => "code_change_phone",
    })
}

/// Keyed index of another contact than the account's own.
fn target_index(keys: &KeyRing, target: &Target) -> Option<Uuid> {
    match target {
        Target::Email(email) | Target::Taken(email) => Some(keys.email_index(email)),
        Target::Phone(phone) => Some(keys.request_index("phone", phone.expose().as_bytes())),
        Target::Account | Target::Nowhere => None,
    }
}

/// Under whom codes to a contact are counted together, since any account can ask for them; `None` for those that go to
/// the account's own.
fn shared_owner(purpose: CodePurpose, target: Option<Uuid>) -> Option<CodeOwner> {
    let counted = match purpose {
        CodePurpose::ConfirmPhone | CodePurpose::ChangePhone => CodePurpose::ConfirmPhone,
        CodePurpose::ChangeEmail => CodePurpose::ChangeEmail,
        CodePurpose::ConfirmEmail | CodePurpose::SignIn | CodePurpose::ResetPassword => {
            return None;
        }
    };
    target.map(|target| (target, counted))
}

/// Sends a code, which takes the place of the one before.
pub(crate) async fn send_code(
    act: &mut Act<'_>,
    conn: &mut PgConnection,
    owner: CodeOwner,
    sending: &Sending,
) -> Result<SendAnswer, ActError> {
    let row = code_lock(conn, owner).await?;
    // Sent anew, a code goes to where the one before was asked for.
    let target = target_index(act.keys, &sending.target).or(row.target);
    let not = |not: NotSent| match not {
        NotSent::TooSoon { at } if row.target != target => SendAnswer::Elsewhere { at },
        NotSent::TooSoon { .. } | NotSent::Waits { .. } => SendAnswer::Not(not),
    };
    let round = match row.round.send(act.now) {
        Ok(round) => round,
        Err(why) => return Ok(not(why)),
    };
    if let Some(shared) = shared_owner(owner.1, target) {
        let all = code_lock(conn, shared).await?;
        match all.round.send(act.now) {
            Ok(round) => code_set(conn, shared, &CodeRow { round, ..all }).await?,
            Err(why) => return Ok(not(why)),
        }
    }
    let Sending { account, channel, .. } = *sending;
    code_set(conn, owner, &CodeRow { account_id: account, channel, round, target }).await?;
    if let Some(account) = account {
        seal_code(act, conn, (account, owner.1), sending).await?;
        let goes = !matches!(sending.target, Target::Nowhere | Target::Taken(_));
        if let (true, Some(expires_at)) = (goes, round.expires_at) {
            let notice = Notice::Code { purpose: owner.1, channel, expires_at };
            tell_accounts(conn, act.telling(), notice, &[account]).await?;
        }
    }
    let detail = json!({
        "purpose": owner.1.name(), "channel": channel.name(), "code": round.sent,
    });
    record(act, conn, ("code_send", "asked for"), account, detail).await?;
    Ok(SendAnswer::Sent)
}

/// Puts a fresh code in the place of the one before; where it goes nowhere, there is none.
async fn seal_code(
    act: &mut Act<'_>,
    conn: &mut PgConnection,
    (account, purpose): (AccountId, CodePurpose),
    sending: &Sending,
) -> Result<(), ActError> {
    let kept = (account, secret_kind(purpose));
    let target = match &sending.target {
        Target::Account => String::new(),
        Target::Email(email) => email.expose().to_owned(),
        Target::Phone(phone) => phone.expose().to_owned(),
        Target::Nowhere | Target::Taken(_) => {
            secret_delete(conn, kept).await?;
            return Ok(());
        }
    };
    let code = Code::of_random(act.rng.next_u64());
    let sealed = SealedCode { code, target, link: sending.link.clone().unwrap_or_default() };
    put_secret(act, conn, kept, &sealed.encode()).await
}

/// Keeps a secret of an account in the place of the one before.
pub(crate) async fn put_secret(
    act: &mut Act<'_>,
    conn: &mut PgConnection,
    kept: (AccountId, SecretKind),
    plain: &[u8],
) -> Result<(), ActError> {
    let id = uuid_at(act.now, act.id_bytes());
    let random = SealRandom::draw(act.rng);
    Ok(secret_put(conn, act.keys, kept, plain, (id, &random), act.now).await?)
}

/// A code that has come back: whose it is, on which way it went, and where.
pub(crate) struct Proof {
    pub(crate) account: AccountId,
    pub(crate) channel: Channel,
    pub(crate) sealed: SealedCode,
}

/// Takes a try and then looks at a code; the right one is used up. A refusal must be committed too, or the try would
/// not count.
pub(crate) async fn check_code(
    act: &mut Act<'_>,
    conn: &mut PgConnection,
    owner: CodeOwner,
    typed: &Code,
) -> Result<Result<Proof, CodeRefusal>, ActError> {
    let row = code_lock(conn, owner).await?;
    let round = match row.round.take_try(act.now) {
        Ok(round) => round,
        Err(NotTried::NoCode) => return Ok(Err(CodeRefusal::NoCode)),
        Err(NotTried::Locked { until }) => return Ok(Err(CodeRefusal::Locked { until })),
    };
    let detail = json!({ "purpose": owner.1.name(), "try": round.tries });
    record(act, conn, ("code_try", "somebody gave a code"), row.account_id, detail).await?;
    let proof = match row.account_id {
        Some(account) => {
            let sealed = secret_find(conn, act.keys, (account, secret_kind(owner.1))).await?;
            let sealed = sealed.and_then(|plain| SealedCode::decode(&plain));
            let sealed = sealed.filter(|sealed| sealed.code.is(typed));
            sealed.map(|sealed| Proof { account, channel: row.channel, sealed })
        }
        None => None,
    };
    if let Some(proof) = proof {
        forget_code(conn, (proof.account, owner)).await?;
        return Ok(Ok(proof));
    }
    code_set(conn, owner, &CodeRow { round, ..row }).await?;
    Ok(Err(match round.locked_until {
        Some(until) => CodeRefusal::Locked { until },
        None => CodeRefusal::Wrong { left: round.tries_left() },
    }))
}

/// No code of this owner is taken any more, and none is waited for.
pub(crate) async fn forget_code(
    conn: &mut PgConnection,
    (account, owner): (AccountId, CodeOwner),
) -> Result<(), ActError> {
    let row = code_lock(conn, owner).await?;
    code_set(conn, owner, &CodeRow { round: CodeRound::NONE, ..row }).await?;
    Ok(secret_delete(conn, (account, secret_kind(owner.1))).await.map(drop)?)
}

/// Sends a code anew, on a way that may be another.
pub(crate) async fn resend_code(
    act: &mut Act<'_>,
    conn: &mut PgConnection,
    owner: CodeOwner,
    (channel, link): (Channel, Option<String>),
) -> Result<SendAnswer, ActError> {
    let account = code_lock(conn, owner).await?.account_id;
    let target = match account {
        Some(account) => target_again(conn, act.keys, (account, owner.1), channel).await?,
        None => Target::Nowhere,
    };
    send_code(act, conn, owner, &Sending { account, channel, target, link }).await
}

async fn target_again(
    conn: &mut PgConnection,
    keys: &KeyRing,
    (account, purpose): (AccountId, CodePurpose),
    channel: Channel,
) -> Result<Target, ActError> {
    if purpose.is_of_member() {
        // It proves one address or number, so it goes there again.
        let sealed = secret_find(conn, keys, (account, secret_kind(purpose))).await?;
        let target = sealed.and_then(|plain| SealedCode::decode(&plain)).map(|one| one.target);
        let target = target.unwrap_or_default();
        return Ok(match (Email::parse(&target), Phone::parse(&target)) {
            (Ok(email), _) => Target::Email(email),
            (Err(_), Ok(phone)) => Target::Phone(phone),
            (Err(_), Err(_)) => Target::Nowhere,
        });
    }
    Ok(match channel {
        Channel::Email => Target::Account,
        Channel::Sms => {
            let phone = verified_phone(conn, keys, account).await?;
            phone.map_or(Target::Nowhere, Target::Phone)
        }
    })
}

/// How the codes of an owner stand, for a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CodeView {
    /// The way the last one took.
    pub channel: Channel,
    /// When the next can be sent; `None` if at once.
    pub next_at: Option<Timestamp>,
    /// Until when nothing is tried.
    pub locked_until: Option<Timestamp>,
    /// The other way that can be offered, if there is one.
    pub other: Option<Channel>,
}

/// Reads how the codes of an owner stand.
pub(crate) async fn view_code(
    database: &Database,
    keys: &KeyRing,
    owner: CodeOwner,
    now: Timestamp,
) -> Result<CodeView, ActError> {
    let mut tx = database.begin_snapshot().await?;
    let row = code_find(&mut tx, owner).await?;
    let channel = row.map_or(Channel::Email, |row| row.channel);
    let round = row.map_or(CodeRound::NONE, |row| row.round.as_of(now));
    let shared = match shared_owner(owner.1, row.and_then(|row| row.target)) {
        Some(shared) => code_find(&mut tx, shared).await?,
        None => None,
    };
    let next_at = round.next_at(now).max(shared.and_then(|all| all.round.next_at(now)));
    let has_phone = match (owner.1, row.and_then(|row| row.account_id)) {
        (CodePurpose::SignIn, Some(account)) => {
            verified_phone(&mut tx, keys, account).await?.is_some()
        }
        // Offered to everybody, or it would tell who has an account.
        (CodePurpose::ResetPassword, _) => true,
        (CodePurpose::SignIn, None)
        | (
            CodePurpose::ConfirmEmail
            | CodePurpose::ConfirmPhone
            | CodePurpose::ChangeEmail
            | CodePurpose::ChangePhone,
            _,
        ) => false,
    };
    let other = match channel {
        Channel::Email => has_phone.then_some(Channel::Sms),
        Channel::Sms => has_phone.then_some(Channel::Email),
    };
    Ok(CodeView { channel, next_at, locked_until: round.locked_until, other })
}

async fn record(
    act: &mut Act<'_>,
    conn: &mut PgConnection,
    (name, reason): (&'static str, &'static str),
    account: Option<AccountId>,
    detail: serde_json::Value,
) -> Result<(), ActError> {
    let subject = account.map_or("nobody".to_owned(), |account| format!("account:{account}"));
    act.record(conn, Event { act: name, subject, from: None, to: None, reason, detail }).await
}
