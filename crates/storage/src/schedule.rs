//! What schedules are derived from: how far was looked, and the waves that something can be due of.

use domain::time::Timestamp;
use sqlx::{PgConnection, Row as _};
use time::Date;

use crate::error::StorageError;
use crate::reference::{WaveRow, select_waves, wave_row};

/// Advisory lock of the one who looks at the schedules.
const SCHEDULE_LOCK: i64 = 0x6765_6c6f_7363_6864;

/// Makes this transaction the only one that looks at the schedules, and gives how far was looked; `None`
/// if nobody ever has. False as the first value if another one is looking right now.
///
/// # Errors
/// [`StorageError`].
pub async fn schedule_mark_lock(
    conn: &mut PgConnection,
) -> Result<(bool, Option<Timestamp>), StorageError> {
    let is_free: bool = sqlx::query_scalar("SELECT pg_try_advisory_xact_lock($1)")
        .bind(SCHEDULE_LOCK)
        .fetch_one(&mut *conn)
        .await?;
    let mark =
        sqlx::query_scalar("SELECT looked_at FROM schedule_marks").fetch_optional(conn).await?;
    Ok((is_free, mark.map(Timestamp::from_offset)))
}

/// Notes how far was looked; never goes back.
///
/// # Errors
/// [`StorageError`].
pub async fn schedule_mark_set(
    conn: &mut PgConnection,
    looked_at: Timestamp,
) -> Result<(), StorageError> {
    sqlx::query(
        "INSERT INTO schedule_marks (looked_at) VALUES ($1)
         ON CONFLICT (only_one) DO UPDATE SET looked_at = greatest(schedule_marks.looked_at, $1)",
    )
    .bind(looked_at.to_offset())
    .execute(conn)
    .await?;
    Ok(())
}

/// The waves that a schedule can concern, in order, each with the Jakarta day of its decree. While a replay is
/// under way there are none: its calendar lies in the past and is the replay's to run. A finished one has settled
/// all of its waves.
///
/// # Errors
/// [`StorageError`].
pub async fn scheduled_waves(
    conn: &mut PgConnection,
) -> Result<Vec<(WaveRow, Option<Date>)>, StorageError> {
    let rows = sqlx::query(concat!(
        "SELECT d.signed_on, w.* FROM (",
        select_waves!(),
        ") w LEFT JOIN decrees d ON d.wave = w.wave
         WHERE w.state IN ('draft', 'open', 'closed', 'frozen', 'appointed') AND NOT EXISTS (SELECT FROM simulations WHERE NOT finished)
         ORDER BY w.wave"
    ))
    .fetch_all(conn)
    .await?;
    rows.iter().map(|row| Ok((wave_row(row)?, row.try_get("signed_on")?))).collect()
}
