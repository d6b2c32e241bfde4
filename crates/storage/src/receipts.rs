//! What a receipt of a join tells.

use domain::ids::PersonId;
use domain::policy::ClassFacts;
use domain::time::Timestamp;
use domain::wave::WaveNumber;
use sqlx::{PgConnection, Row as _};

use crate::classes::{CommitmentRow, MemberClass};
use crate::convert::{named, region_code, wave_key};
use crate::error::StorageError;

/// A member as far as receipts are concerned.
#[derive(Clone, Debug)]
pub struct ReceiptFacts {
    /// Tag of the entry.
    pub entry_tag: [u8; 16],
    /// When the person joined.
    pub joined_at: Timestamp,
    /// The person's key, wrapped.
    pub wrapped_key: Vec<u8>,
    /// The identity under it.
    pub sealed: Vec<u8>,
    /// What classes are told by, with the region of the join.
    pub class_facts: ClassFacts,
    /// What the person counted as when the list was fixed, where that is written down.
    pub class: Option<MemberClass>,
    /// What the entry commits to, once the list is fixed and the person is in it.
    pub commitment: Option<CommitmentRow>,
    /// Places that the family card had left in the wave, if earlier grants had used some; 0 otherwise.
    pub places_left: u8,
}

/// The join of a person who has not withdrawn and was not erased.
///
/// # Errors
/// [`StorageError`].
pub async fn receipt_facts_find(
    conn: &mut PgConnection,
    wave: WaveNumber,
    person: PersonId,
) -> Result<Option<ReceiptFacts>, StorageError> {
    let row = sqlx::query(
        "SELECT m.entry_tag, m.joined_at, i.wrapped_key, i.sealed, m.sex::text, p.disability, p.employment::text,
                m.region, k.mask, k.weight, c.commitment, c.random, coalesce(r.places, 0::smallint)::smallint
         FROM memberships m
         JOIN persons p ON p.person_id = m.person_id
         JOIN person_identities i ON i.person_id = m.person_id AND i.erased_at IS NULL
         LEFT JOIN member_classes k ON k.wave = $1 AND k.person_id = m.person_id
         LEFT JOIN roll_commitments c ON c.wave = $1 AND c.person_id = m.person_id
         LEFT JOIN roll_places r ON r.wave = $1 AND r.kk_index = m.kk_index
         WHERE m.wave = $1 AND m.person_id = $2
           AND NOT EXISTS (SELECT FROM withdrawals x WHERE x.wave = $1 AND x.person_id = $2)",
    )
    .bind(wave_key(wave))
    .bind(person.uuid())
    .fetch_optional(conn)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let broken = |table, column| StorageError::Inconsistency { table, column };
    let class = match (row.try_get(8)?, row.try_get(9)?) {
        (Some(mask), Some(weight)) => Some(MemberClass::read(mask, weight)?),
        _ => None,
    };
    let bytes =
        |stored: Vec<u8>| stored.try_into().map_err(|_| broken("roll_commitments", "random"));
    let commitment = match (row.try_get(10)?, row.try_get(11)?) {
        (Some(commitment), Some(random)) => {
            Some(CommitmentRow { commitment: bytes(commitment)?, random: bytes(random)? })
        }
        _ => None,
    };
    let tag: Vec<u8> = row.try_get(0)?;
    Ok(Some(ReceiptFacts {
        entry_tag: tag.try_into().map_err(|_| broken("memberships", "entry_tag"))?,
        joined_at: Timestamp::from_offset(row.try_get(1)?),
        wrapped_key: row.try_get(2)?,
        sealed: row.try_get(3)?,
        class_facts: ClassFacts {
            sex: named("memberships", "sex", row.try_get(4)?)?,
            disability: row.try_get(5)?,
            employment: named("persons", "employment", row.try_get(6)?)?,
            region: region_code(row.try_get(7)?)?,
        },
        class,
        commitment,
        places_left: u8::try_from(row.try_get::<i16, _>(12)?)
            .map_err(|_| broken("roll_places", "places"))?,
    }))
}
