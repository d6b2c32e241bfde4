//! The outbox of notices: written with the act that causes them; claimed, settled and counted in [`delivery`], read by their account in [`told`].
//!
//! Only accounts are told, since only they have an address. Telling twice of one act changes nothing.

pub mod delivery;
pub mod told;

use domain::appeals::refuse_outcome;
use domain::decision::DecisionOutcome;
use domain::ids::{AccountId, PersonId};
use domain::notice::{Channel, NoSeat, Notice, NoticeParts, Template, Urgency};
use domain::policy::Named as _;
use domain::time::Timestamp;
use domain::wave::WaveNumber;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::convert::wave_key;
use crate::error::StorageError;

/// What the notices of one act have in common.
#[derive(Clone, Copy, Debug)]
pub struct Telling<'a> {
    /// The request or run that causes them.
    pub request_id: &'a str,
    /// The instant of the act.
    pub now: Timestamp,
}

/// A notice as the statements take it.
pub(crate) struct Bound {
    pub(crate) parts: NoticeParts,
    pub(crate) subject: String,
    pub(crate) channels: Vec<&'static str>,
    pub(crate) useless_at: Timestamp,
    pub(crate) urgency: Urgency,
}

impl Bound {
    pub(crate) fn of(notice: Notice, now: Timestamp) -> Self {
        let parts = notice.parts();
        let channels = channels(parts.template);
        Self {
            parts,
            subject: notice.subject(),
            channels,
            useless_at: notice.useless_at(now),
            urgency: notice.urgency(),
        }
    }
}

fn channels(template: Template) -> Vec<&'static str> {
    template.channels().iter().copied().map(Channel::name).collect()
}

/// The columns and the values that every statement has; accounts come as `a`, channels as `c`. A short text
/// about a person goes to that person's number, so an account without one gets none. What is about a person has the person in its
/// subject too, since an account may have one after another.
macro_rules! insert_notice {
    ($from:literal) => {
        insert_notice!("$5", "$6", $from)
    };
    ($at:literal, $code:literal, $from:literal) => {
        concat!(
            "INSERT INTO notices (account_id, template, subject, channel, wave, at, code, run_at, useless_at,
                                  request_id, created_at, urgency, person_id)
             SELECT a.account_id, $1, concat_ws(':', $2, CASE WHEN $11 THEN replace(a.person_id::text, '-', '') END),
                    c.channel, $4, ",
            $at,
            ", ",
            $code,
            ", $7, $8, $9, $7, $10, CASE WHEN $11 THEN a.person_id END FROM unnest($3::text[]) AS c (channel) CROSS JOIN ",
            $from,
            " AND (c.channel <> 'sms' OR a.person_id IS NOT NULL OR NOT $11) ON CONFLICT DO NOTHING"
        )
    };
}

macro_rules! bind_notice {
    ($statement:expr, $bound:expr, $telling:expr) => {
        sqlx::query($statement)
            .bind($bound.parts.template.name())
            .bind(&$bound.subject)
            .bind(&$bound.channels)
            .bind($bound.parts.wave.map(wave_key))
            .bind($bound.parts.at.map(Timestamp::to_offset))
            .bind(&$bound.parts.code)
            .bind($telling.now.to_offset())
            .bind($bound.useless_at.to_offset())
            .bind($telling.request_id)
            .bind($bound.urgency.name())
            .bind($bound.parts.template.is_about_person())
    };
}

/// Tells accounts.
///
/// # Errors
/// [`StorageError`].
pub async fn tell_accounts(
    conn: &mut PgConnection,
    telling: Telling<'_>,
    notice: Notice,
    accounts: &[AccountId],
) -> Result<(), StorageError> {
    const TELL: &str =
        insert_notice!("accounts a WHERE a.account_id IN (SELECT unnest($12::uuid[]))");
    let bound = Bound::of(notice, telling.now);
    bind_notice!(TELL, bound, telling)
        .bind(accounts.iter().map(|account| account.uuid()).collect::<Vec<Uuid>>())
        .execute(conn)
        .await?;
    Ok(())
}

/// Tells the accounts of persons; whoever has none is not told.
///
/// # Errors
/// [`StorageError`].
pub async fn tell_persons(
    conn: &mut PgConnection,
    telling: Telling<'_>,
    notice: Notice,
    persons: &[PersonId],
) -> Result<(), StorageError> {
    const TELL: &str =
        insert_notice!("accounts a WHERE a.person_id IN (SELECT unnest($12::uuid[]))");
    let bound = Bound::of(notice, telling.now);
    bind_notice!(TELL, bound, telling)
        .bind(persons.iter().map(|person| person.uuid()).collect::<Vec<Uuid>>())
        .execute(conn)
        .await?;
    Ok(())
}

/// Tells every decided member of a wave what was decided, at the instant of its decree: the selected with the
/// exclusive deadline of their first purchase, the others with the code of their rule or outcome, and with the end of
/// appeals where one is taken.
///
/// # Errors
/// [`StorageError`].
pub async fn tell_decisions(
    conn: &mut PgConnection,
    telling: Telling<'_>,
    wave: WaveNumber,
    due_at: Timestamp,
) -> Result<(), StorageError> {
    const SELECTED: &str = insert_notice!(
        "decisions d JOIN accounts a ON a.person_id = d.person_id
         WHERE d.wave = $12 AND d.outcome = 'selected'"
    );
    const OTHERS: &str = insert_notice!(
        "CASE WHEN d.outcome::text = ANY($13::text[]) THEN $5::timestamptz END",
        "coalesce(CASE d.outcome WHEN 'ineligible' THEN d.reason END, d.outcome::text, $6)",
        "decisions d JOIN accounts a ON a.person_id = d.person_id
         WHERE d.wave = $12 AND d.outcome <> 'selected'"
    );
    // Without accounts, as in a replay, a wave's decisions need not be gone through.
    let has_accounts: bool =
        sqlx::query_scalar("SELECT EXISTS (SELECT FROM accounts)").fetch_one(&mut *conn).await?;
    if !has_accounts {
        return Ok(());
    }
    let selected = Bound::of(Notice::Selected { wave, due_at }, telling.now);
    bind_notice!(SELECTED, selected, telling).bind(wave_key(wave)).execute(&mut *conn).await?;
    // Code and right to appeal of each member follow from its decision; kept out by a rule stands for both here.
    let appealed = DecisionOutcome::ALL.iter().filter(|one| refuse_outcome(**one).is_none());
    let reason = NoSeat::Outcome(DecisionOutcome::Ineligible);
    let others = Bound::of(Notice::not_selected(wave, reason, telling.now), telling.now);
    bind_notice!(OTHERS, others, telling)
        .bind(wave_key(wave))
        .bind(appealed.map(|one| one.name()).collect::<Vec<&str>>())
        .execute(conn)
        .await?;
    Ok(())
}

/// The exclusive deadlines of a wave's first purchases that have not passed at `now`, the decree's and those of
/// granted appeals, in order.
///
/// # Errors
/// [`StorageError`].
pub async fn deadlines_of_wave(
    conn: &mut PgConnection,
    wave: WaveNumber,
    now: Timestamp,
) -> Result<Vec<Timestamp>, StorageError> {
    let due = sqlx::query_scalar(
        "SELECT DISTINCT purchase_due_at FROM beneficiaries WHERE wave = $1 AND purchase_due_at > $2 ORDER BY 1",
    )
    .bind(wave_key(wave))
    .bind(now.to_offset())
    .fetch_all(conn)
    .await?;
    Ok(due.into_iter().map(Timestamp::from_offset).collect())
}

/// Tells the beneficiaries of a wave who have bought nothing yet, have the deadline that `notice` names, and were
/// appointed before `appointed_before`; gives how many notices that made.
///
/// # Errors
/// [`StorageError`].
pub async fn tell_pending(
    conn: &mut PgConnection,
    telling: Telling<'_>,
    wave: WaveNumber,
    notice: Notice,
    appointed_before: Timestamp,
) -> Result<u64, StorageError> {
    const TELL: &str = insert_notice!(
        "beneficiaries b JOIN accounts a ON a.person_id = b.person_id
         WHERE b.wave = $12 AND b.state = 'appointed' AND b.purchase_due_at = $5 AND b.appointed_at < $13"
    );
    let bound = Bound::of(notice, telling.now);
    let done = bind_notice!(TELL, bound, telling)
        .bind(wave_key(wave))
        .bind(appointed_before.to_offset())
        .execute(conn)
        .await?;
    Ok(done.rows_affected())
}

/// Tells whoever of a wave was revoked at the instant of the act.
///
/// # Errors
/// [`StorageError`].
pub async fn tell_revoked(
    conn: &mut PgConnection,
    telling: Telling<'_>,
    wave: WaveNumber,
) -> Result<(), StorageError> {
    const TELL: &str = insert_notice!(
        "beneficiaries b JOIN accounts a ON a.person_id = b.person_id
         WHERE b.wave = $12 AND b.revocation = 'purchase_deadline_missed' AND b.revoked_at = $7"
    );
    let bound = Bound::of(Notice::Revoked(wave), telling.now);
    bind_notice!(TELL, bound, telling).bind(wave_key(wave)).execute(conn).await?;
    Ok(())
}
