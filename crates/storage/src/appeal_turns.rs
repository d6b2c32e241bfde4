//! Which appeals of a region wait beside each other, and by what they are ordered.

use domain::ids::AppealId;
use domain::region::RegionCode;
use domain::wave::WaveNumber;
use sqlx::{PgConnection, Row as _};

use crate::classes::MemberClass;
use crate::convert::{region_key, wave_key};
use crate::error::StorageError;

/// The open appeals of a wave whose persons joined in a region, with the entry tags and weights that their tickets
/// are made of. The caller holds the row of the wave, so that none is filed or answered meanwhile.
///
/// # Errors
/// [`StorageError`].
pub async fn open_appeals_of_region(
    conn: &mut PgConnection,
    wave: WaveNumber,
    region: RegionCode,
) -> Result<Vec<(AppealId, [u8; 16], u8)>, StorageError> {
    let rows = sqlx::query(
        "SELECT a.appeal_id, m.entry_tag, coalesce(c.weight, 1::smallint)
         FROM appeals a JOIN memberships m ON m.wave = a.wave AND m.person_id = a.person_id
         LEFT JOIN member_classes c ON c.wave = a.wave AND c.person_id = a.person_id
         WHERE a.wave = $1 AND m.wave = $1 AND a.answer IS NULL AND m.region = $2
         ORDER BY a.appeal_id",
    )
    .bind(wave_key(wave))
    .bind(region_key(region))
    .fetch_all(conn)
    .await?;
    let broken = || StorageError::Inconsistency { table: "memberships", column: "entry_tag" };
    rows.iter()
        .map(|row| {
            let tag: Vec<u8> = row.try_get(1)?;
            let MemberClass { weight, .. } = MemberClass::read(0, row.try_get(2)?)?;
            let tag = tag.try_into().map_err(|_| broken())?;
            Ok((AppealId::from_uuid(row.try_get(0)?), tag, weight))
        })
        .collect()
}
