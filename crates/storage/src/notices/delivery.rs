//! Notices on their way out: claim under a lease, settle, try again, count.
//!
//! A lease is named by worker and try, so a worker that was taken for dead settles nothing that another one
//! sends now. What a worker claims from under an ended lease may have been sent before.

use std::collections::BTreeMap;

use domain::beneficiary::BeneficiaryState;
use domain::ids::{AccountId, PersonId};
use domain::notice::state::{NoticeFault, NoticeState};
use domain::notice::{Channel, NoticeParts, Urgency};
use domain::policy::Named as _;
use domain::reasons::Language;
use domain::time::Timestamp;
use domain::wave::WaveNumber;
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Row as _};
use uuid::Uuid;

use crate::convert::{count, named, wave_key, wave_number};
use crate::error::StorageError;
use crate::revocations::grant_state;
use crate::vault::{SealedContact, SealedIdentity};

/// A notice in the hands of a worker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeasedNotice {
    /// Id; the same at every try.
    pub notice_id: Uuid,
    /// Whom it is for.
    pub account_id: AccountId,
    /// Whom it is about; `None` if about the account alone, or told before persons were kept.
    pub person_id: Option<PersonId>,
    /// What it says.
    pub parts: NoticeParts,
    /// Number of this try, from 1.
    pub tries: u16,
    /// First instant at which it is sent no more.
    pub useless_at: Timestamp,
}

/// Takes the oldest notices of a channel and urgency that can be sent at `now`, at most `limit`, until `until`. One whose
/// lease has ended can be sent again; one that a transaction holds is passed over.
///
/// # Errors
/// [`StorageError`].
pub async fn notices_claim(
    conn: &mut PgConnection,
    worker: Uuid,
    (channel, urgency): (Channel, Urgency),
    [now, until]: [Timestamp; 2],
    limit: usize,
) -> Result<Vec<LeasedNotice>, StorageError> {
    let rows = sqlx::query(
        "UPDATE notices n
         SET state = 'sending', leased_by = $1, leased_until = $4, tries = least(n.tries, 32766) + 1,
             fault = CASE WHEN n.state = 'sending' THEN 'worker_lost' ELSE n.fault END
         FROM (
             SELECT notice_id FROM notices
             WHERE channel = $2 AND urgency = $6 AND state IN ('queued', 'sending', 'unknown') AND run_at <= $3
               AND (state <> 'sending' OR leased_until <= $3)
             ORDER BY run_at, notice_id
             LIMIT $5
             FOR UPDATE SKIP LOCKED
         ) free
         WHERE n.notice_id = free.notice_id
         RETURNING n.notice_id, n.account_id, n.template, n.wave, n.at, n.code, n.tries, n.useless_at,
                   n.person_id",
    )
    .bind(worker)
    .bind(channel.name())
    .bind(now.to_offset())
    .bind(until.to_offset())
    .bind(i64::try_from(limit).unwrap_or(i64::MAX))
    .bind(urgency.name())
    .fetch_all(conn)
    .await?;
    rows.iter().map(leased_notice).collect()
}

fn leased_notice(row: &PgRow) -> Result<LeasedNotice, StorageError> {
    Ok(LeasedNotice {
        notice_id: row.try_get(0)?,
        account_id: AccountId::from_uuid(row.try_get(1)?),
        person_id: row.try_get::<Option<Uuid>, _>(8)?.map(PersonId::from_uuid),
        parts: NoticeParts {
            template: named("notices", "template", row.try_get(2)?)?,
            wave: row.try_get::<Option<i16>, _>(3)?.map(wave_number).transpose()?,
            at: row.try_get::<Option<_>, _>(4)?.map(Timestamp::from_offset),
            code: row.try_get(5)?,
        },
        tries: tries(row.try_get(6)?),
        useless_at: Timestamp::from_offset(row.try_get(7)?),
    })
}

fn tries(stored: i16) -> u16 {
    u16::try_from(stored).unwrap_or(0)
}

fn tries_key(tries: u16) -> i16 {
    i16::try_from(tries).unwrap_or(i16::MAX)
}

/// Where an account can be reached, still sealed.
#[derive(Clone, Debug)]
pub struct ContactRow {
    /// The account.
    pub account_id: AccountId,
    /// Language of what is sent to it; Indonesian for an account from before languages were kept.
    pub language: Language,
    /// Address of the account.
    pub address: Option<SealedContact>,
    /// Its person, if it has one.
    pub person_id: Option<PersonId>,
    /// Its person's identity, unless erased.
    pub identity: Option<(PersonId, SealedIdentity)>,
    /// Whether it has withdrawn that short texts are sent to it, and not agreed again.
    pub refuses_sms: bool,
}

/// Reads how accounts can be reached.
///
/// # Errors
/// [`StorageError`].
pub async fn contacts_read(
    conn: &mut PgConnection,
    accounts: &[Uuid],
) -> Result<Vec<ContactRow>, StorageError> {
    let rows = sqlx::query(
        "SELECT a.account_id, c.language, c.wrapped_key, c.sealed, i.person_id, i.wrapped_key, i.sealed,
                a.person_id,
                (SELECT bool_and(k.withdrawn_at IS NOT NULL) FROM consents k
                 WHERE k.account_id = a.account_id AND k.kind = 'sms_contact') IS TRUE
         FROM accounts a
         LEFT JOIN account_contacts c ON c.account_id = a.account_id
         LEFT JOIN person_identities i ON i.person_id = a.person_id AND i.erased_at IS NULL
         WHERE a.account_id = ANY($1)
         ORDER BY a.account_id",
    )
    .bind(accounts)
    .fetch_all(conn)
    .await?;
    rows.iter().map(contact_row).collect()
}

fn contact_row(row: &PgRow) -> Result<ContactRow, StorageError> {
    let inconsistent =
        StorageError::Inconsistency { table: "account_contacts", column: "language" };
    let language = match row.try_get::<Option<&str>, _>(1)? {
        Some(tag) => Language::from_tag(tag).ok_or(inconsistent)?,
        None => Language::Indonesian,
    };
    let address = match (row.try_get::<Option<Vec<u8>>, _>(2)?, row.try_get(3)?) {
        (Some(wrapped_key), Some(sealed)) => Some(SealedContact { wrapped_key, sealed }),
        _ => None,
    };
    let identity = match row.try_get::<Option<Uuid>, _>(4)? {
        Some(person) => {
            let sealed = SealedIdentity { wrapped_key: row.try_get(5)?, sealed: row.try_get(6)? };
            Some((PersonId::from_uuid(person), sealed))
        }
        None => None,
    };
    let account_id = AccountId::from_uuid(row.try_get(0)?);
    let person_id = row.try_get::<Option<Uuid>, _>(7)?.map(PersonId::from_uuid);
    let refuses_sms = row.try_get(8)?;
    Ok(ContactRow { account_id, language, address, person_id, identity, refuses_sms })
}

/// Reads how the grants of accounts' persons in waves stand; whoever has none there is left out.
///
/// # Errors
/// [`StorageError`].
pub async fn grants_read(
    conn: &mut PgConnection,
    asked: &[(AccountId, WaveNumber)],
) -> Result<BTreeMap<(AccountId, WaveNumber), BeneficiaryState>, StorageError> {
    let rows = sqlx::query(
        "SELECT a.account_id, b.wave, b.purchase_due_at, b.activated_at, b.revoked_at, b.revocation::text
         FROM unnest($1::uuid[], $2::smallint[]) AS q (account_id, wave)
         JOIN accounts a ON a.account_id = q.account_id
         JOIN beneficiaries b ON b.person_id = a.person_id AND b.wave = q.wave",
    )
    .bind(asked.iter().map(|(account, _)| account.uuid()).collect::<Vec<Uuid>>())
    .bind(asked.iter().map(|(_, wave)| wave_key(*wave)).collect::<Vec<i16>>())
    .fetch_all(conn)
    .await?;
    let grant = |row: &PgRow| {
        let account = AccountId::from_uuid(row.try_get(0)?);
        Ok(((account, wave_number(row.try_get(1)?)?), grant_state(row, 2)?))
    };
    rows.iter().map(grant).collect()
}

/// What became of a notice that a worker holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SettledNotice {
    /// Id.
    pub notice_id: Uuid,
    /// Number of the try.
    pub tries: u16,
    /// Tries that count from now on: one less if it was never begun, which changes nothing else about it.
    pub counted: u16,
    /// The state it moves to.
    pub state: NoticeState,
    /// When it may be tried again, if it may.
    pub run_at: Option<Timestamp>,
    /// Which provider answered.
    pub provider: Option<&'static str>,
    /// Why, unless it was taken.
    pub fault: Option<NoticeFault>,
}

/// Writes down what became of notices; gives how many were still the worker's.
///
/// # Errors
/// [`StorageError`]; their leases end then, and they are sent again.
pub async fn notices_settle(
    conn: &mut PgConnection,
    worker: Uuid,
    settled: &[SettledNotice],
    now: Timestamp,
) -> Result<u64, StorageError> {
    let done = sqlx::query(
        "UPDATE notices n
         SET state = s.state, run_at = coalesce(s.run_at, n.run_at), leased_by = NULL, leased_until = NULL,
             provider = coalesce(s.provider, n.provider), tries = s.counted,
             fault = CASE WHEN s.counted < s.tries THEN n.fault ELSE s.fault END,
             ended_at = CASE WHEN s.state IN ('queued', 'unknown') THEN NULL ELSE $8::timestamptz END
         FROM unnest($2::uuid[], $3::smallint[], $4::text[], $5::timestamptz[], $6::text[], $7::text[], $9::smallint[])
             AS s (notice_id, tries, state, run_at, provider, fault, counted)
         WHERE n.notice_id = s.notice_id AND n.state = 'sending' AND n.leased_by = $1 AND n.tries = s.tries",
    )
    .bind(worker)
    .bind(settled.iter().map(|one| one.notice_id).collect::<Vec<Uuid>>())
    .bind(settled.iter().map(|one| tries_key(one.tries)).collect::<Vec<_>>())
    .bind(settled.iter().map(|one| one.state.name()).collect::<Vec<&str>>())
    .bind(settled.iter().map(|one| one.run_at.map(Timestamp::to_offset)).collect::<Vec<_>>())
    .bind(settled.iter().map(|one| one.provider).collect::<Vec<_>>())
    .bind(settled.iter().map(|one| one.fault.map(NoticeFault::name)).collect::<Vec<_>>())
    .bind(now.to_offset())
    .bind(settled.iter().map(|one| tries_key(one.counted)).collect::<Vec<_>>())
    .execute(conn)
    .await?;
    Ok(done.rows_affected())
}

/// Takes short texts whose receipt should be asked for at `now`, at most `limit`, with the provider that has taken
/// each. The next time is as far away as they are old, at least a minute, and never once they are older than three
/// days.
///
/// # Errors
/// [`StorageError`].
pub async fn receipts_claim(
    conn: &mut PgConnection,
    now: Timestamp,
    limit: usize,
) -> Result<Vec<(Uuid, String)>, StorageError> {
    let rows = sqlx::query_as(
        "UPDATE notices n
         SET run_at = CASE WHEN $1 - n.ended_at > interval '3 days' THEN 'infinity'
                           ELSE $1 + greatest($1 - n.ended_at, interval '1 minute') END
         FROM (
             SELECT notice_id FROM notices
             WHERE state = 'accepted' AND channel = 'sms' AND run_at <= $1
             ORDER BY run_at, notice_id
             LIMIT $2
             FOR UPDATE SKIP LOCKED
         ) due
         WHERE n.notice_id = due.notice_id
         RETURNING n.notice_id, coalesce(n.provider, '')",
    )
    .bind(now.to_offset())
    .bind(i64::try_from(limit).unwrap_or(i64::MAX))
    .fetch_all(conn)
    .await?;
    Ok(rows)
}

/// Writes down what receipts say of notices that are accepted; others are passed over.
///
/// # Errors
/// [`StorageError`].
pub async fn receipts_settle(
    conn: &mut PgConnection,
    receipts: &[(Uuid, NoticeState, Option<NoticeFault>)],
    now: Timestamp,
) -> Result<(), StorageError> {
    sqlx::query(
        "UPDATE notices n
         SET state = r.state, fault = r.fault, ended_at = $4
         FROM unnest($1::uuid[], $2::text[], $3::text[]) AS r (notice_id, state, fault)
         WHERE n.notice_id = r.notice_id AND n.state = 'accepted'",
    )
    .bind(receipts.iter().map(|(id, ..)| *id).collect::<Vec<Uuid>>())
    .bind(receipts.iter().map(|(_, state, _)| state.name()).collect::<Vec<&str>>())
    .bind(receipts.iter().map(|(.., fault)| fault.map(NoticeFault::name)).collect::<Vec<_>>())
    .bind(now.to_offset())
    .execute(conn)
    .await?;
    Ok(())
}

/// Queues failed notices again, with all their tries, unless their time has passed; gives how many.
///
/// # Errors
/// [`StorageError`].
pub async fn notices_retry(conn: &mut PgConnection, now: Timestamp) -> Result<u64, StorageError> {
    let done = sqlx::query(
        "UPDATE notices SET state = 'queued', run_at = $1, tries = 0, ended_at = NULL
         WHERE state = 'failed' AND useless_at > $1",
    )
    .bind(now.to_offset())
    .execute(conn)
    .await?;
    Ok(done.rows_affected())
}

/// How many notices of a channel are in a state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoticeCount {
    /// The channel.
    pub channel: Channel,
    /// The state.
    pub state: NoticeState,
    /// How many.
    pub notices: u64,
}

/// Counts notices by channel and state; with `open_only`, those that wait or have failed, which an index has.
///
/// # Errors
/// [`StorageError`].
pub async fn notices_count(
    conn: &mut PgConnection,
    scope: CountScope,
) -> Result<Vec<NoticeCount>, StorageError> {
    let statement = match scope {
        CountScope::All => {
            "SELECT channel, state, count(*) FROM notices GROUP BY channel, state ORDER BY channel, state"
        }
        CountScope::Open => {
            "SELECT channel, state, count(*) FROM notices WHERE state IN ('queued', 'sending', 'unknown')
             GROUP BY channel, state
             UNION ALL
             SELECT channel, state, count(*) FROM notices WHERE state = 'failed' GROUP BY channel, state
             ORDER BY channel, state"
        }
    };
    let rows = sqlx::query(statement).fetch_all(conn).await?;
    rows.iter()
        .map(|row| {
            Ok(NoticeCount {
                channel: named("notices", "channel", row.try_get(0)?)?,
                state: named("notices", "state", row.try_get(1)?)?,
                notices: count(row.try_get(2)?),
            })
        })
        .collect()
}

/// Which notices are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CountScope {
    /// All that ever were, by a look at every row.
    All,
    /// Those that wait, are being sent, or have failed.
    Open,
}

/// Since when the oldest notice waits that could be sent and is not; `None` if there is none.
///
/// # Errors
/// [`StorageError`].
pub async fn oldest_waiting(
    conn: &mut PgConnection,
    now: Timestamp,
) -> Result<Option<Timestamp>, StorageError> {
    let oldest = sqlx::query_scalar(
        "SELECT min(greatest(run_at, leased_until)) FROM notices
         WHERE state IN ('queued', 'sending', 'unknown') AND greatest(run_at, leased_until) <= $1",
    )
    .bind(now.to_offset())
    .fetch_one(conn)
    .await?;
    Ok(Option::map(oldest, Timestamp::from_offset))
}

/// A notice that has failed, as listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailedNotice {
    /// Id.
    pub notice_id: Uuid,
    /// Kind.
    pub template: String,
    /// The act it tells of.
    pub subject: String,
    /// The way it should take.
    pub channel: Channel,
    /// Tries.
    pub tries: u16,
    /// Why.
    pub fault: Option<String>,
    /// When it was given up.
    pub ended_at: Timestamp,
}

/// Failed notices, the oldest first, at most `limit`.
///
/// # Errors
/// [`StorageError`].
pub async fn notices_failed(
    conn: &mut PgConnection,
    limit: u32,
) -> Result<Vec<FailedNotice>, StorageError> {
    let rows = sqlx::query(
        "SELECT notice_id, template, subject, channel, tries, fault, ended_at
         FROM notices WHERE state = 'failed'
         ORDER BY ended_at, notice_id
         LIMIT $1",
    )
    .bind(i64::from(limit))
    .fetch_all(conn)
    .await?;
    rows.iter()
        .map(|row| {
            Ok(FailedNotice {
                notice_id: row.try_get(0)?,
                template: row.try_get(1)?,
                subject: row.try_get(2)?,
                channel: named("notices", "channel", row.try_get(3)?)?,
                tries: tries(row.try_get(4)?),
                fault: row.try_get(5)?,
                ended_at: Timestamp::from_offset(row.try_get(6)?),
            })
        })
        .collect()
}
