//! Checks of a registration: what is to be asked, what came back, who is to be asked about again.

use domain::eligibility::{CheckKind, CheckState};
use domain::ids::PersonId;
use domain::policy::Named as _;
use domain::time::Timestamp;
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Row as _};
use uuid::Uuid;

use crate::convert::named;
use crate::error::StorageError;
use crate::vault::SealedIdentity;

/// Writes down that these checks of a person are to be asked at `now`. Whatever was answered before counts
/// no more.
///
/// # Errors
/// [`StorageError`].
pub async fn checks_reset(
    conn: &mut PgConnection,
    person: PersonId,
    kinds: &[CheckKind],
    now: Timestamp,
) -> Result<(), StorageError> {
    let kinds: Vec<&str> = kinds.iter().map(|kind| kind.name()).collect();
    sqlx::query(
        "INSERT INTO registration_checks (person_id, kind, state, ask_at)
         SELECT $1, kind::check_kind, 'not_asked', $3 FROM unnest($2::text[]) AS k (kind)
         ORDER BY kind::check_kind
         ON CONFLICT (person_id, kind) DO UPDATE
         SET state = 'not_asked', detail = NULL, answered_at = NULL, ask_at = $3, tries = 0",
    )
    .bind(person.uuid())
    .bind(kinds)
    .bind(now.to_offset())
    .execute(conn)
    .await?;
    Ok(())
}

/// A check as written down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenCheck {
    /// What is asked.
    pub kind: CheckKind,
    /// Where it stands.
    pub state: CheckState,
    /// What contradicts, if anything.
    pub detail: Option<String>,
    /// When the answer came; `None` before there is one.
    pub answered_at: Option<Timestamp>,
    /// When its register is asked next; `None` if it is not.
    pub ask_at: Option<Timestamp>,
    /// Times it was asked in vain or contradicted.
    pub tries: u16,
}

/// Takes the checks of a person that are not confirmed, for the rest of the transaction.
///
/// # Errors
/// [`StorageError`].
pub async fn checks_lock(
    conn: &mut PgConnection,
    person: PersonId,
) -> Result<Vec<OpenCheck>, StorageError> {
    let rows = sqlx::query(
        "SELECT kind::text, state::text, detail, answered_at, ask_at, tries FROM registration_checks
         WHERE person_id = $1 AND state <> 'confirmed' ORDER BY kind FOR UPDATE",
    )
    .bind(person.uuid())
    .fetch_all(conn)
    .await?;
    let check = |row: &PgRow| {
        Ok(OpenCheck {
            kind: named("registration_checks", "kind", row.try_get(0)?)?,
            state: named("registration_checks", "state", row.try_get(1)?)?,
            detail: row.try_get(2)?,
            answered_at: row.try_get::<Option<_>, _>(3)?.map(Timestamp::from_offset),
            ask_at: row.try_get::<Option<_>, _>(4)?.map(Timestamp::from_offset),
            tries: u16::try_from(row.try_get::<i16, _>(5)?).unwrap_or(0),
        })
    };
    rows.iter().map(check).collect()
}

/// Moves a check on from the state it is in to what `next` says.
///
/// # Errors
/// [`StorageError::RowsAffected`] if it is not in the state it should be in.
pub async fn check_update(
    conn: &mut PgConnection,
    person: PersonId,
    from: CheckState,
    next: &OpenCheck,
) -> Result<(), StorageError> {
    let done = sqlx::query(
        "UPDATE registration_checks
         SET state = $4::check_state, detail = $5, answered_at = $6, ask_at = $7, tries = $8
         WHERE person_id = $1 AND kind = $2::check_kind AND state = $3::check_state",
    )
    .bind(person.uuid())
    .bind(next.kind.name())
    .bind(from.name())
    .bind(next.state.name())
    .bind(next.detail.as_deref())
    .bind(next.answered_at.map(Timestamp::to_offset))
    .bind(next.ask_at.map(Timestamp::to_offset))
    .bind(i16::try_from(next.tries).unwrap_or(i16::MAX))
    .execute(conn)
    .await?;
    StorageError::check_rows(1, done.rows_affected())
}

/// Persons whose registers are to be asked by `now` and whom no job of this kind is about yet, those who wait
/// longest first, at most `limit`. Nobody whose identity was erased is among them.
///
/// # Errors
/// [`StorageError`].
pub async fn persons_to_ask(
    conn: &mut PgConnection,
    job_kind: &str,
    now: Timestamp,
    limit: u32,
) -> Result<Vec<PersonId>, StorageError> {
    let persons: Vec<Uuid> = sqlx::query_scalar(
        "SELECT c.person_id FROM registration_checks c
         WHERE c.ask_at <= $2
           AND NOT EXISTS (
               SELECT FROM jobs j
               WHERE j.kind = $1 AND j.subject = 'person:' || c.person_id AND j.state <> 'done'
           )
           AND EXISTS (
               SELECT FROM person_identities i
               WHERE i.person_id = c.person_id AND i.erased_at IS NULL
           )
         GROUP BY c.person_id
         ORDER BY min(c.ask_at), c.person_id
         LIMIT $3",
    )
    .bind(job_kind)
    .bind(now.to_offset())
    .bind(i64::from(limit))
    .fetch_all(conn)
    .await?;
    Ok(persons.into_iter().map(PersonId::from_uuid).collect())
}

/// Takes a person's identity for the rest of the transaction, so that nobody corrects it meanwhile; `None` if
/// unknown or erased.
///
/// # Errors
/// [`StorageError`].
pub async fn identity_lock(
    conn: &mut PgConnection,
    person: PersonId,
) -> Result<Option<SealedIdentity>, StorageError> {
    let row = sqlx::query(
        "SELECT wrapped_key, sealed FROM person_identities
         WHERE person_id = $1 AND erased_at IS NULL FOR UPDATE",
    )
    .bind(person.uuid())
    .fetch_optional(conn)
    .await?;
    row.map(|row| Ok(SealedIdentity { wrapped_key: row.try_get(0)?, sealed: row.try_get(1)? }))
        .transpose()
}
