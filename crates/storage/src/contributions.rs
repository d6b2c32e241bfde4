//! What outside parties give to the seed of a published wave: commitments, and the values that open them.

use domain::time::Timestamp;
use domain::wave::WaveNumber;
use sqlx::{PgConnection, Row as _};

use crate::convert::wave_key;
use crate::error::StorageError;
use crate::public_folders::bytes;

/// What a party has committed itself to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContributionRow {
    /// Name of the party in the rules.
    pub name: String,
    /// The commitment.
    pub commitment: [u8; 32],
    /// The party's signature over it.
    pub signature: [u8; 64],
    /// The value, once it is revealed.
    pub value: Option<[u8; 32]>,
}

/// Keeps a commitment; the value of the row is not looked at.
///
/// # Errors
/// [`StorageError`], also if the party has committed itself before.
pub async fn contribution_insert(
    conn: &mut PgConnection,
    wave: WaveNumber,
    row: &ContributionRow,
    now: Timestamp,
) -> Result<(), StorageError> {
    sqlx::query(
        "INSERT INTO contributions (wave, name, commitment, signature, committed_at) VALUES ($1, $2, $3, $4, $5)",
    )
    .bind(wave_key(wave))
    .bind(&row.name)
    .bind(row.commitment.as_slice())
    .bind(row.signature.as_slice())
    .bind(now.to_offset())
    .execute(conn)
    .await?;
    Ok(())
}

/// Keeps the value that opens a party's commitment.
///
/// # Errors
/// [`StorageError`], also if it does not, or if one is there.
pub async fn reveal_insert(
    conn: &mut PgConnection,
    wave: WaveNumber,
    (name, commitment): (&str, &[u8; 32]),
    value: &[u8; 32],
    now: Timestamp,
) -> Result<(), StorageError> {
    sqlx::query(
        "INSERT INTO contribution_reveals (wave, name, commitment, value, revealed_at) VALUES ($1, $2, $3, $4, $5)",
    )
    .bind(wave_key(wave))
    .bind(name)
    .bind(commitment.as_slice())
    .bind(value.as_slice())
    .bind(now.to_offset())
    .execute(conn)
    .await?;
    Ok(())
}

/// What parties have given to a wave, by name.
///
/// # Errors
/// [`StorageError`].
pub async fn contributions_list(
    conn: &mut PgConnection,
    wave: WaveNumber,
) -> Result<Vec<ContributionRow>, StorageError> {
    let rows = sqlx::query(
        "SELECT c.name, c.commitment, c.signature, r.value
         FROM contributions c
         LEFT JOIN contribution_reveals r ON r.wave = c.wave AND r.name = c.name
         WHERE c.wave = $1 ORDER BY c.name",
    )
    .bind(wave_key(wave))
    .fetch_all(conn)
    .await?;
    rows.iter()
        .map(|row| {
            let value: Option<Vec<u8>> = row.try_get(3)?;
            Ok(ContributionRow {
                name: row.try_get(0)?,
                commitment: bytes(row.try_get(1)?, "contributions", "commitment")?,
                signature: bytes(row.try_get(2)?, "contributions", "signature")?,
                value: value.map(|own| bytes(own, "contribution_reveals", "value")).transpose()?,
            })
        })
        .collect()
}

/// Lets no more be revealed of a wave.
///
/// # Errors
/// [`StorageError`], also if that is so already.
pub async fn reveals_close(
    conn: &mut PgConnection,
    wave: WaveNumber,
    now: Timestamp,
) -> Result<(), StorageError> {
    sqlx::query("INSERT INTO reveals_closed (wave, closed_at) VALUES ($1, $2)")
        .bind(wave_key(wave))
        .bind(now.to_offset())
        .execute(conn)
        .await?;
    Ok(())
}

/// True once no more is revealed of a wave.
///
/// # Errors
/// [`StorageError`].
pub async fn are_reveals_closed(
    conn: &mut PgConnection,
    wave: WaveNumber,
) -> Result<bool, StorageError> {
    Ok(sqlx::query_scalar("SELECT EXISTS (SELECT FROM reveals_closed WHERE wave = $1)")
        .bind(wave_key(wave))
        .fetch_one(conn)
        .await?)
}
