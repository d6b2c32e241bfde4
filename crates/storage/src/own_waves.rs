//! When the waves of a person reached their states, and when the checks of a person were answered.

use domain::eligibility::CheckKind;
use domain::ids::PersonId;
use domain::time::Timestamp;
use domain::wave::WaveNumber;
use sqlx::{PgConnection, Row as _};

use crate::convert::{named, wave_number};
use crate::error::StorageError;

/// The instants of a wave that somebody has joined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WaveInstants {
    /// The wave.
    pub wave: WaveNumber,
    /// When it closes by the calendar.
    pub closes_at: Timestamp,
    /// When it was closed.
    pub closed_at: Option<Timestamp>,
    /// When its list was fixed.
    pub frozen_at: Option<Timestamp>,
    /// When it was drawn.
    pub drawn_at: Option<Timestamp>,
    /// When its decree was signed and its results announced.
    pub appointed_at: Option<Timestamp>,
    /// When it was cancelled.
    pub cancelled_at: Option<Timestamp>,
    /// It is published, so that its receipts can be checked.
    pub is_published: bool,
}

/// The instants of all waves that a person has joined, by wave.
///
/// # Errors
/// [`StorageError`].
pub async fn wave_instants_of_person(
    conn: &mut PgConnection,
    person: PersonId,
) -> Result<Vec<WaveInstants>, StorageError> {
    let rows = sqlx::query(
        "SELECT w.wave, w.closes_at, w.closed_at, w.frozen_at, w.drawn_at, w.appointed_at, w.cancelled_at,
                w.public_digest IS NOT NULL
         FROM memberships m JOIN waves w ON w.wave = m.wave
         WHERE m.person_id = $1
         ORDER BY w.wave",
    )
    .bind(person.uuid())
    .fetch_all(conn)
    .await?;
    rows.iter()
        .map(|row| {
            let instant = |place: usize| -> Result<Option<Timestamp>, StorageError> {
                Ok(row.try_get::<Option<_>, _>(place)?.map(Timestamp::from_offset))
            };
            Ok(WaveInstants {
                wave: wave_number(row.try_get(0)?)?,
                closes_at: Timestamp::from_offset(row.try_get(1)?),
                closed_at: instant(2)?,
                frozen_at: instant(3)?,
                drawn_at: instant(4)?,
                appointed_at: instant(5)?,
                cancelled_at: instant(6)?,
                is_published: row.try_get(7)?,
            })
        })
        .collect()
}

/// When each check of a person was last answered, by its kind; those that nobody answered yet are left out.
///
/// # Errors
/// [`StorageError`].
pub async fn check_answers_of_person(
    conn: &mut PgConnection,
    person: PersonId,
) -> Result<Vec<(CheckKind, Timestamp)>, StorageError> {
    let rows = sqlx::query(
        "SELECT kind::text, answered_at FROM registration_checks
         WHERE person_id = $1 AND answered_at IS NOT NULL
         ORDER BY kind",
    )
    .bind(person.uuid())
    .fetch_all(conn)
    .await?;
    rows.iter()
        .map(|row| {
            let kind = named("registration_checks", "kind", row.try_get(0)?)?;
            Ok((kind, Timestamp::from_offset(row.try_get(1)?)))
        })
        .collect()
}
