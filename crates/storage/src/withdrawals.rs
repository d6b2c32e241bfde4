//! Joins taken back before the close.

use domain::ids::PersonId;
use domain::time::Timestamp;
use domain::wave::WaveNumber;
use sqlx::PgConnection;

use crate::convert::wave_key;
use crate::error::StorageError;

/// Takes a join back, of whoever has joined before `now`; false if there is none, or it was taken back before.
///
/// # Errors
/// [`StorageError`].
pub async fn withdrawal_insert(
    conn: &mut PgConnection,
    wave: WaveNumber,
    person: PersonId,
    now: Timestamp,
) -> Result<bool, StorageError> {
    let done = sqlx::query(
        "INSERT INTO withdrawals (wave, person_id, withdrawn_at)
         SELECT wave, person_id, $3 FROM memberships WHERE wave = $1 AND person_id = $2 AND joined_at <= $3
         ON CONFLICT DO NOTHING",
    )
    .bind(wave_key(wave))
    .bind(person.uuid())
    .bind(now.to_offset())
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}
