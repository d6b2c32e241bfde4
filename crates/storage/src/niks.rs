//! Stating a NIK anew: what rests on it, and the index by which it is found.

use domain::ids::PersonId;
use domain::statement::nik::{NikBounds, RunningJoin};
use domain::time::Timestamp;
use sqlx::{PgConnection, Row as _};
use uuid::Uuid;

use crate::convert::wave_number;
use crate::error::StorageError;

/// What rests on the NIK of a person. Of several joins the one that cannot be taken back comes first, then the one whose
/// results come last.
///
/// # Errors
/// [`StorageError`].
pub async fn nik_bounds(
    conn: &mut PgConnection,
    person: PersonId,
) -> Result<NikBounds, StorageError> {
    let row = sqlx::query(
        "SELECT EXISTS (SELECT FROM beneficiaries b WHERE b.person_id = $1),
                EXISTS (SELECT FROM person_identities i WHERE i.person_id = $1 AND i.nik_confirmed)
                OR NOT EXISTS (
                    SELECT FROM registration_checks c
                    WHERE c.person_id = $1 AND c.kind = 'population_register' AND c.state <> 'confirmed'
                ),
                l.wave, r.wave, r.open_until, r.results_at
         FROM (SELECT) one
         LEFT JOIN (
             SELECT j.wave FROM nik_joins($1) j
             WHERE j.state NOT IN ('open', 'closed', 'frozen', 'drawn')
             ORDER BY j.wave LIMIT 1
         ) l ON true
         LEFT JOIN (
             SELECT j.wave, j.results_at, CASE WHEN j.state = 'open' THEN j.closes_at END AS open_until
             FROM nik_joins($1) j
             WHERE j.state IN ('open', 'closed', 'frozen', 'drawn')
             ORDER BY j.state = 'open', j.results_at DESC, j.wave DESC LIMIT 1
         ) r ON true",
    )
    .bind(person.uuid())
    // Planned each time: a plan kept from when the memberships were few reads every partition.
    .persistent(false)
    .fetch_one(conn)
    .await?;
    let listed = row.try_get::<Option<i16>, _>(2)?.map(wave_number).transpose()?;
    let running = match row.try_get::<Option<i16>, _>(3)? {
        Some(wave) => Some(RunningJoin {
            wave: wave_number(wave)?,
            open_until: row.try_get::<Option<_>, _>(4)?.map(Timestamp::from_offset),
            results_at: Timestamp::from_offset(row.try_get(5)?),
        }),
        None => None,
    };
    Ok(NikBounds { granted: row.try_get(0)?, confirmed: row.try_get(1)?, listed, running })
}

/// Keeps that the population register has confirmed the NIK of a person, if it has, before it is asked again about
/// something else.
///
/// # Errors
/// [`StorageError`].
pub async fn nik_confirmation_keep(
    conn: &mut PgConnection,
    person: PersonId,
) -> Result<(), StorageError> {
    sqlx::query(
        "UPDATE person_identities SET nik_confirmed = true
         WHERE person_id = $1 AND NOT nik_confirmed
           AND NOT EXISTS (
               SELECT FROM registration_checks c
               WHERE c.person_id = $1 AND c.kind = 'population_register' AND c.state <> 'confirmed'
           )",
    )
    .bind(person.uuid())
    .execute(conn)
    .await?;
    Ok(())
}

/// Puts the index of another NIK in the place of a person's; the one before is free from then on.
///
/// # Errors
/// [`StorageError::Conflict`] on `person_niks_pkey` if somebody has the number, on `person_niks_bound_check` if something
/// rests on the one before; [`StorageError::RowsAffected`] if that is not the person's.
pub async fn nik_update(
    conn: &mut PgConnection,
    person: PersonId,
    (before, after): (Uuid, Uuid),
) -> Result<(), StorageError> {
    let done = sqlx::query(
        "UPDATE person_niks SET nik_index = $3 WHERE nik_index = $2 AND person_id = $1",
    )
    .bind(person.uuid())
    .bind(before)
    .bind(after)
    .execute(conn)
    .await?;
    StorageError::check_rows(1, done.rows_affected())
}
