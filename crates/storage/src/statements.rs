//! Statements of persons: who reads or changes one at a moment, what binds it, and changing it.
//!
//! A join reads a statement and writes it into a membership; a correction reads memberships and writes the
//! statement. Neither sees what the other has not committed, so they hold each other off: a join that comes one by
//! one shares the lock of its person, a set of joins shares one lock of all sets, and a correction takes both alone.

use domain::funnel::Education;
use domain::identity::Employment;
use domain::ids::PersonId;
use domain::nik::Sex;
use domain::policy::Named as _;
use domain::region::RegionCode;
use domain::statement::{StatementBounds, StatementTries};
use domain::time::Timestamp;
use sqlx::{PgConnection, Row as _};
use uuid::Uuid;

use crate::convert::{region_key, wave_number};
use crate::error::StorageError;
use crate::vault::SealedIdentity;

/// Advisory lock that sets of joins share.
const SETS_LOCK: i64 = 0x6765_6c6f_6d73_6574;

/// Key of the advisory lock of a person's statement: the random end of the id. Two persons with the same key would
/// only wait for each other.
pub(crate) fn statement_key(person: PersonId) -> i64 {
    let (_, end) = person.uuid().as_u64_pair();
    end.cast_signed()
}

/// Takes a person's statement alone until the transaction ends: joins that have read it are over, and those that
/// come one by one wait.
///
/// # Errors
/// [`StorageError::Driver`].
pub async fn statement_lock(conn: &mut PgConnection, person: PersonId) -> Result<(), StorageError> {
    sqlx::query("SELECT pg_advisory_xact_lock($1)")
        .bind(statement_key(person))
        .execute(conn)
        .await?;
    Ok(())
}

/// Takes a person's statement beside others until the transaction ends: a correction or release of the person waits.
///
/// # Errors
/// [`StorageError::Driver`].
pub async fn statement_share(
    conn: &mut PgConnection,
    person: PersonId,
) -> Result<(), StorageError> {
    sqlx::query("SELECT pg_advisory_xact_lock_shared($1)")
        .bind(statement_key(person))
        .execute(conn)
        .await?;
    Ok(())
}

/// How statements are held as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SetsLock {
    /// By a set of joins, beside others.
    Joining,
    /// By a correction of what a draw goes by, alone.
    Correcting,
}

/// Takes the lock of all sets until the transaction ends.
///
/// # Errors
/// [`StorageError::Driver`].
pub async fn sets_lock(conn: &mut PgConnection, lock: SetsLock) -> Result<(), StorageError> {
    let statement = match lock {
        SetsLock::Joining => "SELECT pg_advisory_xact_lock_shared($1)",
        SetsLock::Correcting => "SELECT pg_advisory_xact_lock($1)",
    };
    sqlx::query(statement).bind(SETS_LOCK).execute(conn).await?;
    Ok(())
}

/// What a statement is bound by. One statement, so that a wave that is decreed shows its places too.
///
/// # Errors
/// [`StorageError`].
pub async fn statement_bounds(
    conn: &mut PgConnection,
    person: PersonId,
) -> Result<StatementBounds, StorageError> {
    let row = sqlx::query(
        "SELECT r.wave, r.results_at,
                EXISTS (SELECT FROM household_slots s WHERE s.person_id = $1)
         FROM (SELECT) one
         LEFT JOIN (
             SELECT w.wave, w.results_at
             FROM waves w JOIN memberships m ON m.wave = w.wave AND m.person_id = $1
             WHERE w.state IN ('open', 'closed', 'frozen', 'drawn')
               AND NOT EXISTS (SELECT FROM withdrawals x WHERE x.wave = w.wave AND x.person_id = $1)
             ORDER BY w.results_at DESC, w.wave DESC
             LIMIT 1
         ) r ON true",
    )
    .bind(person.uuid())
    // Planned each time: a plan kept from when the memberships were few reads every partition.
    .persistent(false)
    .fetch_one(conn)
    .await?;
    let running = match row.try_get::<Option<i16>, _>(0)? {
        Some(wave) => Some((wave_number(wave)?, Timestamp::from_offset(row.try_get(1)?))),
        None => None,
    };
    Ok(StatementBounds { running, holds_place: row.try_get(2)? })
}

/// What a person states of herself that is not sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StatedFacts {
    /// Sex.
    pub sex: Sex,
    /// Last education completed.
    pub education: Education,
    /// Work situation.
    pub employment: Employment,
    /// Regency of the family card.
    pub region: RegionCode,
    /// Year of birth.
    pub birth_year: i16,
    /// States a disability.
    pub disability: bool,
}

/// Writes the facts of a person anew.
///
/// # Errors
/// [`StorageError::RowsAffected`] if nobody of this id is registered.
pub async fn facts_update(
    conn: &mut PgConnection,
    person: PersonId,
    facts: StatedFacts,
) -> Result<(), StorageError> {
    let done = sqlx::query(
        "UPDATE persons
         SET sex = $2::person_sex, education = $3::education_level, employment = $4::employment_status,
             region = $5, birth_year = $6, disability = $7,
             district = CASE WHEN region = $5 THEN district END
         WHERE person_id = $1",
    )
    .bind(person.uuid())
    .bind(facts.sex.name())
    .bind(facts.education.name())
    .bind(facts.employment.name())
    .bind(region_key(facts.region))
    .bind(facts.birth_year)
    .bind(facts.disability)
    .execute(conn)
    .await?;
    StorageError::check_rows(1, done.rows_affected())
}

/// Keeps the kecamatan of a person, six digits, if it lies in her regency.
///
/// # Errors
/// [`StorageError`].
pub async fn district_set(
    conn: &mut PgConnection,
    person: PersonId,
    district: u32,
) -> Result<(), StorageError> {
    sqlx::query("UPDATE persons SET district = $2 WHERE person_id = $1 AND region = $2 / 100")
        .bind(person.uuid())
        .bind(i32::try_from(district).unwrap_or(i32::MAX))
        .execute(conn)
        .await?;
    Ok(())
}

/// Puts an identity that was sealed anew in the place of the one before.
///
/// # Errors
/// [`StorageError::RowsAffected`] if the person is unknown or erased.
pub async fn identity_update(
    conn: &mut PgConnection,
    person: PersonId,
    kk_index: Uuid,
    identity: &SealedIdentity,
) -> Result<(), StorageError> {
    let done = sqlx::query(
        "UPDATE person_identities SET kk_index = $2, wrapped_key = $3, sealed = $4
         WHERE person_id = $1 AND erased_at IS NULL",
    )
    .bind(person.uuid())
    .bind(kk_index)
    .bind(&identity.wrapped_key)
    .bind(&identity.sealed)
    .execute(conn)
    .await?;
    StorageError::check_rows(1, done.rows_affected())
}

/// Writes down that what a draw goes by was changed at `now`, or at the newest decree if that is later: whoever waited
/// for a lock over a decree changes it after that decree, though the act began before.
///
/// # Errors
/// [`StorageError::RowsAffected`] if the person is unknown.
pub async fn draw_change_record(
    conn: &mut PgConnection,
    person: PersonId,
    now: Timestamp,
) -> Result<(), StorageError> {
    let done = sqlx::query(
        "UPDATE person_identities
         SET draw_changed_at = greatest($2, (SELECT max(appointed_at) FROM waves))
         WHERE person_id = $1",
    )
    .bind(person.uuid())
    .bind(now.to_offset())
    .execute(conn)
    .await?;
    StorageError::check_rows(1, done.rows_affected())
}

/// The tries of a holder, if any was ever taken: an account, a person, or a digest of whoever tries at one.
///
/// # Errors
/// [`StorageError`].
pub async fn tries_find(
    conn: &mut PgConnection,
    holder: Uuid,
) -> Result<Option<StatementTries>, StorageError> {
    let row = sqlx::query("SELECT taken, since FROM statement_tries WHERE holder_id = $1")
        .bind(holder)
        .fetch_optional(conn)
        .await?;
    row.map(|row| {
        Ok(StatementTries {
            taken: u8::try_from(row.try_get::<i16, _>(0)?).unwrap_or(u8::MAX),
            since: Timestamp::from_offset(row.try_get(1)?),
        })
    })
    .transpose()
}

/// Writes down the tries of a holder. The caller holds the account or person that they are at.
///
/// # Errors
/// [`StorageError`].
pub async fn tries_set(
    conn: &mut PgConnection,
    holder: Uuid,
    tries: StatementTries,
) -> Result<(), StorageError> {
    sqlx::query(
        "INSERT INTO statement_tries (holder_id, taken, since) VALUES ($1, $2, $3)
         ON CONFLICT (holder_id) DO UPDATE SET taken = excluded.taken, since = excluded.since",
    )
    .bind(holder)
    .bind(i16::from(tries.taken))
    .bind(tries.since.to_offset())
    .execute(conn)
    .await?;
    Ok(())
}
