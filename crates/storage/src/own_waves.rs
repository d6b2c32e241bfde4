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

/// What a ticket of a draw is made of, and the limits that it was held against.
#[derive(Clone, PartialEq, Eq)]
pub struct LotRow {
    /// The wave.
    pub wave: WaveNumber,
    /// Seed of the draw.
    pub seed: [u8; 32],
    /// Entry tag.
    pub entry_tag: [u8; 16],
    /// Weight of the class.
    pub weight: u8,
    /// Largest ticket of the region with a seat by ticket in the pool that takes everybody, where that is kept.
    pub general: Option<[u8; 32]>,
    /// Largest ticket with a seat that is set apart for people of exactly the same class.
    pub own: Option<[u8; 32]>,
}

/// An entry tag leads to a person in published lists.
impl std::fmt::Debug for LotRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "LotRow({:?})", self.wave)
    }
}

/// The lots of a person in every draw that she was in.
///
/// # Errors
/// [`StorageError`].
pub async fn lots_of_person(
    conn: &mut PgConnection,
    person: PersonId,
) -> Result<Vec<LotRow>, StorageError> {
    let rows = sqlx::query(
        "SELECT m.wave, w.seed, m.entry_tag, coalesce(c.weight, 1::smallint),
                (SELECT p.cutoff
                 FROM draw_pools p
                 JOIN quota_pools q ON q.wave = p.wave AND q.region = p.region AND q.pool = p.pool
                 WHERE p.wave = m.wave AND p.region = m.region AND q.name = 'open'),
                (SELECT k.close
                 FROM draw_classes k
                 WHERE k.wave = m.wave AND k.region = m.region AND k.mask = coalesce(c.mask, 0)
                   AND k.close IS NOT NULL
                 ORDER BY k.close DESC, k.pool LIMIT 1)
         FROM memberships m
         JOIN decisions d ON d.wave = m.wave AND d.person_id = m.person_id
         JOIN draws w ON w.wave = m.wave
         LEFT JOIN member_classes c ON c.wave = m.wave AND c.person_id = m.person_id
         WHERE m.person_id = $1 AND d.outcome <> 'ineligible'
         ORDER BY m.wave",
    )
    .bind(person.uuid())
    .fetch_all(conn)
    .await?;
    let limit = |bytes: Option<Vec<u8>>| bytes.and_then(|bytes| bytes.try_into().ok());
    rows.iter()
        .map(|row| {
            let broken = |table, column| StorageError::Inconsistency { table, column };
            let seed: Vec<u8> = row.try_get(1)?;
            let entry_tag: Vec<u8> = row.try_get(2)?;
            let weight: i16 = row.try_get(3)?;
            Ok(LotRow {
                wave: wave_number(row.try_get(0)?)?,
                seed: seed.try_into().map_err(|_| broken("draws", "seed"))?,
                entry_tag: entry_tag.try_into().map_err(|_| broken("memberships", "entry_tag"))?,
                weight: u8::try_from(weight).map_err(|_| broken("member_classes", "weight"))?,
                general: limit(row.try_get(4)?),
                own: limit(row.try_get(5)?),
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
