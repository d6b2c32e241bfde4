//! Notices: what acts tell is written with them; a worker claims it, puts address and words together, sends it
//! outside any transaction, and writes down what became of it.

use std::collections::BTreeMap;

use domain::beneficiary::BeneficiaryState;
use domain::codes::CodePurpose;
use domain::identity::{Email, Identity, Phone};
use domain::ids::AccountId;
use domain::notice::account_text::fill_text;
use domain::notice::state::{
    NoticeEvent, NoticeFault, NoticeState, Receipt, TRIES_MAX, pause_micros,
};
use domain::notice::text::{Mail, ShortMessage};
use domain::notice::{Channel, Notice, Urgency};
use domain::policy::Named as _;
use domain::time::Timestamp;
use domain::wave::WaveNumber;
use serde_json::json;
use sqlx::PgConnection;
use storage::codes::codes_open;
use storage::database::{Database, Tx};
use storage::error::StorageError;
use storage::notices::Telling;
use storage::notices::delivery::{
    ContactRow, LeasedNotice, SettledNotice, contacts_read, grants_read, notices_claim,
    notices_retry, notices_settle, oldest_waiting, receipts_claim, receipts_settle,
};
pub use storage::notices::delivery::{CountScope, FailedNotice, NoticeCount};
use storage::notices::delivery::{notices_count, notices_failed};
use storage::secrets::{OpenSecrets, SecretKind, secrets_read};
use storage::vault::KeyRing;
use uuid::Uuid;

use crate::act::{Act, ActError, Event};
use crate::codes::{SealedCode, secret_kind};
use crate::contact::{FORMER_EMAIL, FORMER_PHONE, VERIFIED_PHONE};
use crate::entry::{LockLink, RESET_LINK};

/// How long a worker may hold notices, in microseconds; what a dead one held waits no longer. Nobody begins to send
/// later than [`SENDING`] after the claim, nor takes longer than [`SENDING_ONE_S`] for one: together 25 s.
const LEASE: i64 = 30_000_000;
/// How long after a claim a message may be begun, in microseconds.
pub const SENDING: i64 = 10_000_000;
/// How long after it was taken a short text's receipt is asked for, in microseconds: a minute.
const RECEIPT_PAUSE: i64 = 60_000_000;
/// How long one message may take, in seconds.
pub const SENDING_ONE_S: u64 = 15;

impl Act<'_> {
    /// What notices of this act have in common.
    pub(crate) const fn telling(&self) -> Telling<'_> {
        Telling { request_id: self.request_id, now: self.now }
    }
}

/// A message to be sent, with what only its provider may see. `Debug` shows neither address nor number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    /// By e-mail.
    Email(Mail),
    /// By a gateway of short texts.
    Sms(ShortMessage),
}

/// A notice that the worker holds, ready to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outgoing {
    /// Id, the same at every try: by it the other side can drop a double.
    pub notice_id: Uuid,
    /// Number of this try, from 1.
    pub tries: u16,
    /// What is sent.
    pub message: Message,
}

/// What became of an attempt to send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SendResult {
    /// The provider of this name has taken it.
    Accepted(&'static str),
    /// It cannot be sent, now or later.
    Refused(NoticeFault),
    /// It was not taken, and may be later.
    Later(NoticeFault),
    /// Nobody knows whether it was taken.
    Unknown(NoticeFault),
    /// It was not sent, since what it tells is no longer so.
    Void,
    /// Nobody has begun to send it.
    Unbegun,
}

impl SendResult {
    /// What happens to the notice by it. The last try has no later.
    const fn event(self, tries: u16) -> NoticeEvent {
        match self {
            Self::Accepted(_) => NoticeEvent::Accept,
            Self::Refused(_) => NoticeEvent::Refuse,
            Self::Later(_) | Self::Unknown(_) if tries >= TRIES_MAX => NoticeEvent::GiveUp,
            Self::Later(_) => NoticeEvent::Postpone,
            Self::Unknown(_) => NoticeEvent::LoseTrack,
            Self::Void => NoticeEvent::Lapse,
            Self::Unbegun => NoticeEvent::PutBack,
        }
    }

    /// True if the notice has failed by it, so that somebody must look.
    pub fn gives_up(self, tries: u16) -> bool {
        self.event(tries) == NoticeEvent::GiveUp
    }

    fn settle(self, notice_id: Uuid, tries: u16, now: Timestamp) -> Option<SettledNotice> {
        let state = NoticeState::Sending.apply(self.event(tries)).ok()?;
        let (provider, fault) = match self {
            Self::Accepted(provider) => (Some(provider), None),
            Self::Refused(fault) | Self::Later(fault) | Self::Unknown(fault) => (None, Some(fault)),
            Self::Void | Self::Unbegun => (None, None),
        };
        let pause = match state {
            // It keeps its place before those that came later.
            NoticeState::Queued if self == Self::Unbegun => None,
            NoticeState::Queued | NoticeState::Unknown => Some(pause_micros(tries)),
            // When its receipt is asked for.
            NoticeState::Accepted => Some(RECEIPT_PAUSE),
            NoticeState::Sending
            | NoticeState::Delivered
            | NoticeState::Undeliverable
            | NoticeState::Failed
            | NoticeState::Void => None,
        };
        let run_at = pause.map(|pause| now.plus_micros(pause));
        let counted = tries.saturating_sub(u16::from(self == Self::Unbegun));
        Some(SettledNotice { notice_id, tries, counted, state, run_at, provider, fault })
    }
}

/// Takes notices of a channel that can be sent now, the most urgent first beside a share of the others, at most
/// `limit`. Those that nobody can be sent, because their time has passed, what they tell is no longer so, or there is
/// no address, are settled at once.
///
/// # Errors
/// [`StorageError`]; nothing is taken then.
pub async fn claim_notices(
    database: &Database,
    keys: &KeyRing,
    worker: Uuid,
    channel: Channel,
    now: Timestamp,
    limit: usize,
) -> Result<Vec<Outgoing>, StorageError> {
    let mut tx = database.begin().await?;
    let leased = claim_by_urgency(&mut tx, worker, channel, now, limit).await?;
    if leased.is_empty() {
        return Ok(Vec::new());
    }
    let known = Known::read(&mut tx, keys, &leased).await?;
    let (mut outgoing, mut settled) = (Vec::new(), Vec::new());
    for one in leased {
        match prepare(keys, &one, &known, channel, now) {
            Ok(message) => {
                outgoing.push(Outgoing { notice_id: one.notice_id, tries: one.tries, message });
            }
            Err(result) => settled.extend(result.settle(one.notice_id, one.tries, now)),
        }
    }
    if !settled.is_empty() {
        notices_settle(&mut tx, worker, &settled, now).await?;
    }
    tx.commit().await?;
    Ok(outgoing)
}

/// Fills the places once with a share left to the less urgent, and then with what they have left over.
async fn claim_by_urgency(
    tx: &mut Tx,
    worker: Uuid,
    channel: Channel,
    now: Timestamp,
    limit: usize,
) -> Result<Vec<LeasedNotice>, StorageError> {
    let lease = [now, now.plus_micros(LEASE)];
    let shared = Urgency::ALL.iter().map(|urgency| (*urgency, urgency.left_to_others(limit)));
    let left_over = Urgency::ALL.iter().map(|urgency| (*urgency, 0));
    let mut leased = Vec::new();
    for (urgency, kept) in shared.chain(left_over) {
        let free = limit.saturating_sub(leased.len()).saturating_sub(kept);
        if free > 0 {
            leased.extend(notices_claim(tx, worker, (channel, urgency), lease, free).await?);
        }
    }
    Ok(leased)
}

/// What is known of those whom notices are for, when they are to be sent.
struct Known {
    contacts: BTreeMap<AccountId, ContactRow>,
    grants: BTreeMap<(AccountId, WaveNumber), BeneficiaryState>,
    /// What is sealed of accounts: codes, phones, former addresses.
    secrets: OpenSecrets,
    /// When codes end that can still be used.
    codes: BTreeMap<(AccountId, CodePurpose), Timestamp>,
}

impl Known {
    async fn read(
        conn: &mut PgConnection,
        keys: &KeyRing,
        leased: &[LeasedNotice],
    ) -> Result<Self, StorageError> {
        let accounts: Vec<Uuid> = leased.iter().map(|one| one.account_id.uuid()).collect();
        let contacts = contacts_read(conn, &accounts).await?.into_iter();
        let contacts = contacts.map(|contact| (contact.account_id, contact)).collect();
        let asked = leased.iter().filter_map(|one| {
            let wave = Notice::from_parts(&one.parts)?.grant_wave()?;
            Some((one.account_id, wave))
        });
        let grants = grants_read(conn, &asked.collect::<Vec<_>>()).await?;
        let kinds: Vec<SecretKind> = CodePurpose::ALL
            .iter()
            .map(|purpose| secret_kind(*purpose))
            .chain([VERIFIED_PHONE, FORMER_PHONE, FORMER_EMAIL, RESET_LINK])
            .collect();
        let secrets = secrets_read(conn, keys, &accounts, &kinds).await?;
        let codes = codes_open(conn, &accounts).await?.into_iter();
        let codes = codes.map(|(account, purpose, end)| ((account, purpose), end)).collect();
        Ok(Self { contacts, grants, secrets, codes })
    }

    /// What is sealed of an account under a kind.
    fn secret(&self, account: AccountId, kind: SecretKind) -> Option<&[u8]> {
        self.secrets.get(&(account, kind.name().to_owned())).map(|plain| plain.as_slice())
    }

    fn email(&self, account: AccountId, kind: SecretKind) -> Option<Email> {
        Email::parse(std::str::from_utf8(self.secret(account, kind)?).ok()?).ok()
    }

    fn phone(&self, account: AccountId, kind: SecretKind) -> Option<Phone> {
        Phone::parse(std::str::from_utf8(self.secret(account, kind)?).ok()?).ok()
    }

    /// The code that a notice tells of, unless it was used or replaced.
    fn code(&self, account: AccountId, told: (CodePurpose, Timestamp)) -> Option<SealedCode> {
        let (purpose, expires_at) = told;
        self.codes.get(&(account, purpose)).filter(|end| **end == expires_at)?;
        SealedCode::decode(self.secret(account, secret_kind(purpose))?)
    }
}

/// Puts words and address together, or says what becomes of a notice that cannot be sent.
fn prepare(
    keys: &KeyRing,
    leased: &LeasedNotice,
    known: &Known,
    channel: Channel,
    now: Timestamp,
) -> Result<Message, SendResult> {
    if leased.useless_at <= now {
        return Err(SendResult::Refused(NoticeFault::TooLate));
    }
    let notice = Notice::from_parts(&leased.parts);
    let notice = notice.ok_or(SendResult::Refused(NoticeFault::Refused))?.as_of(now);
    let grant = notice.grant_wave().and_then(|wave| known.grants.get(&(leased.account_id, wave)));
    if notice.is_void(grant.copied()) {
        return Err(SendResult::Void);
    }
    let unreachable = SendResult::Refused(NoticeFault::NoContact);
    let contact = known.contacts.get(&leased.account_id).ok_or(unreachable)?;
    if leased.person_id.is_some_and(|person| contact.person_id != Some(person)) {
        // The person was taken from the account meanwhile.
        return Err(SendResult::Void);
    }
    let code = if let Notice::Code { purpose, expires_at, .. } = notice {
        // Used, replaced or ended: nobody needs it any more.
        let told = (purpose, expires_at);
        Some(known.code(leased.account_id, told).ok_or(SendResult::Void)?)
    } else {
        None
    };
    let language = contact.language;
    match channel {
        Channel::Email => {
            let to = email_of(keys, known, contact, (notice, code.as_ref()));
            let letter = notice.letter(language);
            let letter = match (&code, notice) {
                (Some(code), Notice::Code { purpose, .. }) => {
                    let link = Some(code.link.as_str()).filter(|link| !link.is_empty());
                    letter.fill(&code.code, link, (purpose, language))
                }
                (None, Notice::SignInLocked { until }) => {
                    let kept = known.secret(leased.account_id, RESET_LINK);
                    match kept.and_then(|plain| LockLink::link_of(plain, until)) {
                        Some(link) => letter.with_reset_link(link, language),
                        None => letter,
                    }
                }
                _ => letter,
            };
            Ok(Message::Email(Mail { to: to.ok_or(unreachable)?, letter }))
        }
        // Nobody writes to a number any more once that was withdrawn, but for a code that somebody waits for.
        Channel::Sms if contact.refuses_sms && code.is_none() => Err(SendResult::Void),
        Channel::Sms => {
            let to = phone_of(keys, known, contact, (notice, code.as_ref()));
            let text = notice.short_text(language);
            let text = code.map_or(text.clone(), |code| fill_text(&text, &code.code));
            Ok(Message::Sms(ShortMessage { to: to.ok_or(unreachable)?, text }))
        }
    }
}

/// Who the person of an account is, unless erased.
fn identity_of(keys: &KeyRing, contact: &ContactRow) -> Option<Identity> {
    let (person, sealed) = contact.identity.as_ref()?;
    keys.open(*person, &sealed.wrapped_key, &sealed.sealed).ok()
}

/// Where a letter goes: to the address that its code proves, to the former one, or to the account's.
fn email_of(
    keys: &KeyRing,
    known: &Known,
    contact: &ContactRow,
    (notice, code): (Notice, Option<&SealedCode>),
) -> Option<Email> {
    if let Some(code) = code.filter(|code| !code.target.is_empty()) {
        return Email::parse(&code.target).ok();
    }
    if let Notice::EmailChanged { .. } = notice {
        return known.email(contact.account_id, FORMER_EMAIL);
    }
    let own = contact.address.as_ref();
    let own = own.and_then(|address| keys.open_contact(contact.account_id, address).ok());
    // An account from before addresses were sealed is reached where its person is.
    own.or_else(|| identity_of(keys, contact).map(|identity| identity.email))
}

/// Where a short text goes: to the number that its code proves, to the former one, or to the proven one of the account.
fn phone_of(
    keys: &KeyRing,
    known: &Known,
    contact: &ContactRow,
    (notice, code): (Notice, Option<&SealedCode>),
) -> Option<Phone> {
    if let Some(code) = code {
        return Phone::parse(&code.target).ok();
    }
    if let Notice::PhoneChanged { .. } = notice {
        return known.phone(contact.account_id, FORMER_PHONE);
    }
    let own = known.phone(contact.account_id, VERIFIED_PHONE);
    own.or_else(|| identity_of(keys, contact).map(|identity| identity.phone))
}

/// Writes down what became of notices that the worker holds; gives how many were still its own.
///
/// # Errors
/// [`StorageError`]; their leases end then, and they are sent again under the same ids.
pub async fn settle_notices(
    database: &Database,
    worker: Uuid,
    results: &[(Uuid, u16, SendResult)],
    now: Timestamp,
) -> Result<u64, StorageError> {
    let settled: Vec<SettledNotice> = results
        .iter()
        .filter_map(|(notice_id, tries, result)| result.settle(*notice_id, *tries, now))
        .collect();
    let mut tx = database.begin().await?;
    let done = notices_settle(&mut tx, worker, &settled, now).await?;
    tx.commit().await?;
    Ok(done)
}

/// Takes short texts whose receipt should be asked for now, at most `limit`, each with the name of the provider that
/// has taken it. Asking has no effect, so nobody holds them.
///
/// # Errors
/// [`StorageError`].
pub async fn claim_receipts(
    database: &Database,
    now: Timestamp,
    limit: usize,
) -> Result<Vec<(Uuid, String)>, StorageError> {
    let mut tx = database.begin().await?;
    let due = receipts_claim(&mut tx, now, limit).await?;
    tx.commit().await?;
    Ok(due)
}

/// Writes down what providers say of messages that they have taken before.
///
/// # Errors
/// [`StorageError`]; they are asked again later then.
pub async fn settle_receipts(
    database: &Database,
    receipts: &[(Uuid, Receipt)],
    now: Timestamp,
) -> Result<(), StorageError> {
    let settled: Vec<_> = receipts
        .iter()
        .filter_map(|(id, receipt)| {
            let state = NoticeState::Accepted.apply(receipt.event()).ok()?;
            let fault = match receipt {
                Receipt::Delivered => None,
                Receipt::Undeliverable => Some(NoticeFault::UnknownAddress),
            };
            Some((*id, state, fault))
        })
        .collect();
    let mut tx = database.begin().await?;
    receipts_settle(&mut tx, &settled, now).await?;
    Ok(tx.commit().await?)
}

/// Queues the failed notices again whose time has not passed, with an audit event; gives how many.
///
/// # Errors
/// [`ActError`]; nothing changes then.
pub async fn retry_notices(act: &mut Act<'_>) -> Result<u64, ActError> {
    let mut tx = act.database.begin().await?;
    let queued = notices_retry(&mut tx, act.now).await?;
    if queued == 0 {
        return Ok(0);
    }
    let event = Event {
        act: "notices_retry",
        subject: "notices".to_owned(),
        from: Some("failed"),
        to: Some("queued"),
        reason: "asked for at the command line",
        detail: json!({ "queued": queued }),
    };
    act.record(&mut tx, event).await?;
    tx.commit().await.map_err(StorageError::from)?;
    Ok(queued)
}

/// What the outbox looks like from outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outbox {
    /// Notices by channel and state.
    pub counts: Vec<NoticeCount>,
    /// How long the oldest waits that could be sent, in microseconds; 0 if none does.
    pub oldest_micros: i64,
}

/// Counts the outbox at `now`.
///
/// # Errors
/// [`StorageError`].
pub async fn read_outbox(
    database: &Database,
    scope: CountScope,
    now: Timestamp,
) -> Result<Outbox, StorageError> {
    let mut tx = database.begin_snapshot().await?;
    let counts = notices_count(&mut tx, scope).await?;
    let oldest = oldest_waiting(&mut tx, now).await?;
    let waits = oldest.map_or(0, |oldest| now.micros().saturating_sub(oldest.micros()).max(0));
    Ok(Outbox { counts, oldest_micros: waits })
}

/// Failed notices, the oldest first, at most `limit`.
///
/// # Errors
/// [`StorageError`].
pub async fn list_failed(
    database: &Database,
    limit: u32,
) -> Result<Vec<FailedNotice>, StorageError> {
    notices_failed(&mut *database.begin_snapshot().await?, limit).await
}
