//! What the programme opens to auditors: the people behind records of a drawn wave.

use domain::ids::PersonId;
use domain::region::RegionCode;
use domain::wave::WaveNumber;
use sqlx::{PgConnection, Row as _};

use crate::convert::{region_code, wave_key};
use crate::error::StorageError;
use crate::public_folders::bytes;
use crate::vault::SealedIdentity;

/// The seed of a wave's draw; `None` before it.
///
/// # Errors
/// [`StorageError`].
pub async fn draw_seed_find(
    conn: &mut PgConnection,
    wave: WaveNumber,
) -> Result<Option<[u8; 32]>, StorageError> {
    let seed: Option<Vec<u8>> = sqlx::query_scalar("SELECT seed FROM draws WHERE wave = $1")
        .bind(wave_key(wave))
        .fetch_optional(conn)
        .await?;
    let broken = |_| StorageError::Inconsistency { table: "draws", column: "seed" };
    seed.map(|seed| seed.try_into().map_err(broken)).transpose()
}

/// What opens a record: who, and the random bytes of the blinding.
#[derive(Debug)]
pub struct OpeningRow {
    /// Whose record it is.
    pub person_id: PersonId,
    /// The identity.
    pub sealed: SealedIdentity,
    /// What the record commits to.
    pub commitment: [u8; 32],
    /// Random bytes; with the wave's draw key they open the commitment.
    pub random: OpeningRandom,
}

/// Random bytes of a blinding.
#[derive(Clone, Copy)]
pub struct OpeningRandom(pub [u8; 32]);

impl std::fmt::Debug for OpeningRandom {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("OpeningRandom(***)")
    }
}

/// What opens the records of these people, by person. Who was erased since the draw has none.
///
/// # Errors
/// [`StorageError`].
pub async fn openings_list(
    conn: &mut PgConnection,
    wave: WaveNumber,
    persons: &[PersonId],
) -> Result<Vec<OpeningRow>, StorageError> {
    let persons: Vec<uuid::Uuid> = persons.iter().map(|person| person.uuid()).collect();
    let rows = sqlx::query(
        "SELECT c.person_id, i.wrapped_key, i.sealed, c.random, c.commitment
         FROM unnest($2::uuid[]) AS asked (person_id)
         JOIN roll_commitments c ON c.wave = $1 AND c.person_id = asked.person_id
         JOIN person_identities i ON i.person_id = asked.person_id AND i.erased_at IS NULL
         ORDER BY c.person_id",
    )
    .bind(wave_key(wave))
    .bind(persons)
    .fetch_all(conn)
    .await?;
    let broken = |_| StorageError::Inconsistency { table: "roll_commitments", column: "random" };
    let row = |row: &sqlx::postgres::PgRow| {
        Ok(OpeningRow {
            person_id: PersonId::from_uuid(row.try_get(0)?),
            sealed: SealedIdentity { wrapped_key: row.try_get(1)?, sealed: row.try_get(2)? },
            random: OpeningRandom(row.try_get::<Vec<u8>, _>(3)?.try_into().map_err(broken)?),
            commitment: bytes(row.try_get(4)?, "roll_commitments", "commitment")?,
        })
    };
    rows.iter().map(row).collect()
}

/// True if what opens the record of any of these people is gone although her identity is not: it was forgotten with the
/// wave.
///
/// # Errors
/// [`StorageError`].
pub async fn are_openings_forgotten(
    conn: &mut PgConnection,
    wave: WaveNumber,
    persons: &[PersonId],
) -> Result<bool, StorageError> {
    let persons: Vec<uuid::Uuid> = persons.iter().map(|person| person.uuid()).collect();
    Ok(sqlx::query_scalar(
        "SELECT EXISTS (
             SELECT FROM unnest($2::uuid[]) AS asked (person_id)
             JOIN person_identities i ON i.person_id = asked.person_id AND i.erased_at IS NULL
             WHERE NOT EXISTS (
                 SELECT FROM roll_commitments c WHERE c.wave = $1 AND c.person_id = asked.person_id
             )
         )",
    )
    .bind(wave_key(wave))
    .bind(persons)
    .fetch_one(conn)
    .await?)
}

/// A granted appeal that is to be opened.
#[derive(Debug)]
pub struct GrantRow {
    /// Whose it is.
    pub person_id: PersonId,
    /// Regency.
    pub region: RegionCode,
    /// Tag of the entry.
    pub entry_tag: [u8; 16],
    /// The identity, unless it was erased.
    pub sealed: Option<SealedIdentity>,
}

/// The granted appeals of a wave, with who is behind them.
///
/// # Errors
/// [`StorageError`].
pub async fn grants_to_open(
    conn: &mut PgConnection,
    wave: WaveNumber,
) -> Result<Vec<GrantRow>, StorageError> {
    let rows = sqlx::query(
        "SELECT c.person_id, c.region, m.entry_tag, i.wrapped_key, i.sealed
         FROM corrections c
         JOIN memberships m ON m.wave = c.wave AND m.person_id = c.person_id
         LEFT JOIN person_identities i ON i.person_id = c.person_id AND i.erased_at IS NULL
         WHERE c.wave = $1",
    )
    .bind(wave_key(wave))
    .fetch_all(conn)
    .await?;
    let row = |row: &sqlx::postgres::PgRow| {
        let (wrapped_key, sealed): (Option<Vec<u8>>, Option<Vec<u8>>) =
            (row.try_get(3)?, row.try_get(4)?);
        let sealed = wrapped_key.zip(sealed);
        Ok(GrantRow {
            person_id: PersonId::from_uuid(row.try_get(0)?),
            region: region_code(row.try_get(1)?)?,
            entry_tag: bytes(row.try_get(2)?, "memberships", "entry_tag")?,
            sealed: sealed.map(|(wrapped_key, sealed)| SealedIdentity { wrapped_key, sealed }),
        })
    };
    rows.iter().map(row).collect()
}
