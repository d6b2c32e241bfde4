//! Regions, policies and the calendar of waves.

use domain::calendar::CalendarWave;
use domain::policy::Named as _;
use domain::region::RegionCode;
use domain::time::Timestamp;
use domain::wave::{WaveEvent, WaveKind, WaveNumber, WaveState};
use sqlx::{PgConnection, Row as _};

use crate::convert::{named, region_code, region_key, wave_key, wave_number};
use crate::error::StorageError;

/// Advisory lock of whoever publishes waves.
const CALENDAR_LOCK: i64 = 0x6765_6c6f_6d63_616c;

/// Waits until nobody else publishes waves, so that what is read of the calendar stays.
///
/// # Errors
/// [`StorageError`].
pub async fn calendar_lock(conn: &mut PgConnection) -> Result<(), StorageError> {
    sqlx::query("SELECT pg_advisory_xact_lock($1)").bind(CALENDAR_LOCK).execute(conn).await?;
    Ok(())
}

/// A region with the weight it has when quotas are split.
#[derive(Clone, Debug)]
pub struct RegionRow {
    /// Code.
    pub region: RegionCode,
    /// Name.
    pub name: String,
    /// Weight and its source; `None` for provinces and for regencies outside the programme's area.
    pub weight: Option<(u64, String)>,
}

/// Adds a version of the region list.
///
/// # Errors
/// [`StorageError`]; a version that is known already is a conflict.
pub async fn regions_insert(
    conn: &mut PgConnection,
    version: &str,
    rows: &[RegionRow],
    now: Timestamp,
) -> Result<(), StorageError> {
    sqlx::query("INSERT INTO region_versions (version, loaded_at) VALUES ($1, $2)")
        .bind(version)
        .bind(now.to_offset())
        .execute(&mut *conn)
        .await?;
    for row in rows {
        let (weight, source) = row.weight.clone().unzip();
        sqlx::query(
            "INSERT INTO regions (version, region, province, name, quota_weight, quota_weight_source)
             VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .bind(version)
        .bind(region_key(row.region))
        .bind(region_key(row.region.province()))
        .bind(&row.name)
        .bind(weight.map(|weight| i64::try_from(weight).unwrap_or(i64::MAX)))
        .bind(source)
        .execute(&mut *conn)
        .await?;
    }
    Ok(())
}

/// The regions of a version with their weights, by code; none if it is not known.
///
/// # Errors
/// [`StorageError`].
pub async fn region_version_list(
    conn: &mut PgConnection,
    version: &str,
) -> Result<Vec<RegionRow>, StorageError> {
    let rows = sqlx::query(
        "SELECT region, name, quota_weight, quota_weight_source
         FROM regions
         WHERE version = $1
         ORDER BY region",
    )
    .bind(version)
    .fetch_all(conn)
    .await?;
    rows.iter()
        .map(|row| {
            let weight: Option<i64> = row.try_get(2)?;
            let source: Option<String> = row.try_get(3)?;
            Ok(RegionRow {
                region: region_code(row.try_get(0)?)?,
                name: row.try_get(1)?,
                weight: weight.map(|weight| u64::try_from(weight).unwrap_or(0)).zip(source),
            })
        })
        .collect()
}

/// The regencies that take part in quotas, with their weights, by code.
///
/// # Errors
/// [`StorageError`].
pub async fn quota_weights_list(
    conn: &mut PgConnection,
    wave: WaveNumber,
) -> Result<Vec<(RegionCode, u64)>, StorageError> {
    let rows = sqlx::query(
        "SELECT r.region, r.quota_weight
         FROM regions r JOIN waves w ON w.region_version = r.version
         WHERE w.wave = $1 AND r.quota_weight IS NOT NULL
         ORDER BY r.region",
    )
    .bind(wave_key(wave))
    .fetch_all(conn)
    .await?;
    rows.iter()
        .map(|row| {
            let weight: i64 = row.try_get(1)?;
            Ok((region_code(row.try_get(0)?)?, u64::try_from(weight).unwrap_or(0)))
        })
        .collect()
}

/// All regions of the version in use, by code: provinces and regencies with their names.
///
/// # Errors
/// [`StorageError`].
pub async fn regions_list(
    conn: &mut PgConnection,
) -> Result<Vec<(RegionCode, String)>, StorageError> {
    let rows = sqlx::query(
        "SELECT region, name FROM regions
         WHERE version = (SELECT max(version) FROM region_versions)
         ORDER BY region",
    )
    .fetch_all(conn)
    .await?;
    rows.iter().map(|row| Ok((region_code(row.try_get(0)?)?, row.try_get(1)?))).collect()
}

/// Adds a policy version as the bytes that were loaded.
///
/// # Errors
/// [`StorageError`].
pub async fn policy_insert(
    conn: &mut PgConnection,
    policy_id: &str,
    document: &str,
    digest: [u8; 32],
    now: Timestamp,
) -> Result<(), StorageError> {
    sqlx::query(
        "INSERT INTO policy_versions (policy_id, document, digest, loaded_at) VALUES ($1, $2, $3, $4)",
    )
    .bind(policy_id)
    .bind(document)
    .bind(digest.as_slice())
    .bind(now.to_offset())
    .execute(conn)
    .await?;
    Ok(())
}

/// The digest of the policy of this name, if it was loaded.
///
/// # Errors
/// [`StorageError`].
pub async fn policy_digest_find(
    conn: &mut PgConnection,
    policy_id: &str,
) -> Result<Option<[u8; 32]>, StorageError> {
    let digest: Option<Vec<u8>> =
        sqlx::query_scalar("SELECT digest FROM policy_versions WHERE policy_id = $1")
            .bind(policy_id)
            .fetch_optional(conn)
            .await?;
    let broken = |_| StorageError::Inconsistency { table: "policy_versions", column: "digest" };
    digest.map(|digest| digest.try_into().map_err(broken)).transpose()
}

/// A wave to be published.
#[derive(Clone, Debug)]
pub struct NewWave {
    /// Number.
    pub wave: WaveNumber,
    /// Kind.
    pub kind: WaveKind,
    /// Policy in force.
    pub policy_id: String,
    /// Region list in force.
    pub region_version: String,
    /// First instant of joining.
    pub opens_at: Timestamp,
    /// First instant after joining.
    pub closes_at: Timestamp,
    /// Announcement.
    pub results_at: Timestamp,
    /// Own seats.
    pub base_seats: u32,
    /// Key of the draw, sealed.
    pub draw_key: Vec<u8>,
    /// Digest of the rules as everybody can read them, if the wave is published as a folder.
    pub public_digest: Option<[u8; 32]>,
}

/// Adds a wave and its partitions.
///
/// # Errors
/// [`StorageError`]; a number that is known already is a conflict.
pub async fn wave_insert(conn: &mut PgConnection, wave: &NewWave) -> Result<(), StorageError> {
    sqlx::query(
        "INSERT INTO waves (wave, kind, policy_id, region_version, opens_at, closes_at, results_at,
                            base_seats, draw_key, public_digest)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    )
    .bind(wave_key(wave.wave))
    .bind(wave.kind.name())
    .bind(&wave.policy_id)
    .bind(&wave.region_version)
    .bind(wave.opens_at.to_offset())
    .bind(wave.closes_at.to_offset())
    .bind(wave.results_at.to_offset())
    .bind(i32::try_from(wave.base_seats).unwrap_or(i32::MAX))
    .bind(&wave.draw_key)
    .bind(wave.public_digest.as_ref().map(<[u8; 32]>::as_slice))
    .execute(&mut *conn)
    .await?;
    sqlx::query("SELECT create_wave_partitions($1)")
        .bind(wave_key(wave.wave))
        .execute(conn)
        .await?;
    Ok(())
}

/// A wave as stored.
#[derive(Clone, Debug)]
pub struct WaveRow {
    /// Number.
    pub wave: WaveNumber,
    /// Kind.
    pub kind: WaveKind,
    /// Policy in force.
    pub policy_id: String,
    /// First instant of joining.
    pub opens_at: Timestamp,
    /// First instant after joining.
    pub closes_at: Timestamp,
    /// Announcement.
    pub results_at: Timestamp,
    /// How often the list was corrected.
    pub corrections: u8,
    /// Seconds by which that has moved draw and announcement.
    pub moved_s: u32,
    /// Own seats.
    pub base_seats: u32,
    /// Key of the draw, sealed.
    pub draw_key: Vec<u8>,
    /// Digest of the policy.
    pub policy_digest: [u8; 32],
    /// Digest of the rules as everybody can read them, if the wave is published as a folder.
    pub public_digest: Option<[u8; 32]>,
    /// State with its instant.
    pub state: WaveState,
}

impl WaveRow {
    /// The wave's row of the calendar.
    pub const fn calendar(&self) -> CalendarWave {
        CalendarWave {
            number: self.wave,
            kind: self.kind,
            opens_at: self.opens_at,
            closes_at: self.closes_at,
            results_at: self.results_at,
            moved_s: self.moved_s,
        }
    }

    /// Number of the plan by which the wave is drawn: 1, and one more for each correction of its list.
    pub const fn plan(&self) -> u8 {
        self.corrections.saturating_add(1)
    }
}

/// The columns [`wave_row`] reads. None has the name of a column of a person.
macro_rules! select_waves {
    () => {
        "SELECT w.wave, w.kind, w.policy_id, w.opens_at, w.closes_at, w.results_at, w.base_seats,
                w.corrections, w.moved_s, w.draw_key, w.state, p.digest AS policy_digest, w.public_digest,
                coalesce(w.cancelled_at, w.settled_at, w.appointed_at, w.drawn_at, w.frozen_at,
                         w.closed_at, w.opened_at, w.opens_at) AS state_at
         FROM waves w JOIN policy_versions p ON p.policy_id = w.policy_id"
    };
}
pub(crate) use select_waves;

pub(crate) fn wave_row(row: &sqlx::postgres::PgRow) -> Result<WaveRow, StorageError> {
    let broken = |column| StorageError::Inconsistency { table: "waves", column };
    let instant = |column: &str| -> Result<Timestamp, StorageError> {
        Ok(Timestamp::from_offset(row.try_get(column)?))
    };
    let state: &str = row.try_get("state")?;
    let digest: Vec<u8> = row.try_get("policy_digest")?;
    let public: Option<Vec<u8>> = row.try_get("public_digest")?;
    Ok(WaveRow {
        wave: wave_number(row.try_get("wave")?)?,
        kind: named("waves", "kind", row.try_get("kind")?)?,
        policy_id: row.try_get("policy_id")?,
        opens_at: instant("opens_at")?,
        closes_at: instant("closes_at")?,
        results_at: instant("results_at")?,
        corrections: u8::try_from(row.try_get::<i16, _>("corrections")?)
            .map_err(|_| broken("corrections"))?,
        moved_s: u32::try_from(row.try_get::<i32, _>("moved_s")?).map_err(|_| broken("moved_s"))?,
        base_seats: u32::try_from(row.try_get::<i32, _>("base_seats")?)
            .map_err(|_| broken("base_seats"))?,
        draw_key: row.try_get("draw_key")?,
        policy_digest: digest.try_into().map_err(|_| broken("policy_id"))?,
        public_digest: public.map(TryInto::try_into).transpose().map_err(|_| broken("wave"))?,
        state: WaveState::from_name(state, instant("state_at")?).ok_or_else(|| broken("state"))?,
    })
}

/// Takes the row of a wave for the rest of the transaction.
///
/// # Errors
/// [`StorageError`]; `None` if there is no such wave.
pub async fn wave_lock(
    conn: &mut PgConnection,
    wave: WaveNumber,
) -> Result<Option<WaveRow>, StorageError> {
    let row = sqlx::query(concat!(select_waves!(), " WHERE w.wave = $1 FOR UPDATE OF w"))
        .bind(wave_key(wave))
        .fetch_optional(conn)
        .await?;
    row.as_ref().map(wave_row).transpose()
}

/// A wave as it stands, without taking its row.
///
/// # Errors
/// [`StorageError`]; `None` if there is no such wave.
pub async fn wave_find(
    conn: &mut PgConnection,
    wave: WaveNumber,
) -> Result<Option<WaveRow>, StorageError> {
    let row = sqlx::query(concat!(select_waves!(), " WHERE w.wave = $1"))
        .bind(wave_key(wave))
        .fetch_optional(conn)
        .await?;
    row.as_ref().map(wave_row).transpose()
}

/// All waves in order.
///
/// # Errors
/// [`StorageError`].
pub async fn waves_list(conn: &mut PgConnection) -> Result<Vec<WaveRow>, StorageError> {
    let rows = sqlx::query(concat!(select_waves!(), " ORDER BY w.wave")).fetch_all(conn).await?;
    rows.iter().map(wave_row).collect()
}

/// Writes a transition whose row the caller holds.
///
/// # Errors
/// [`StorageError::RowsAffected`] if the wave was not in `from`.
pub async fn wave_transition(
    conn: &mut PgConnection,
    wave: WaveNumber,
    from: &WaveState,
    event: WaveEvent,
    to: &WaveState,
    now: Timestamp,
) -> Result<(), StorageError> {
    let statement = match event {
        WaveEvent::Open => {
            "UPDATE waves SET state = $3, opened_at = $4 WHERE wave = $1 AND state = $2"
        }
        WaveEvent::Close => {
            "UPDATE waves SET state = $3, closed_at = $4 WHERE wave = $1 AND state = $2"
        }
        WaveEvent::Freeze => {
            "UPDATE waves SET state = $3, frozen_at = $4 WHERE wave = $1 AND state = $2"
        }
        WaveEvent::Draw => {
            "UPDATE waves SET state = $3, drawn_at = $4 WHERE wave = $1 AND state = $2"
        }
        WaveEvent::Appoint => {
            "UPDATE waves SET state = $3, appointed_at = $4 WHERE wave = $1 AND state = $2"
        }
        WaveEvent::Settle => {
            "UPDATE waves SET state = $3, settled_at = $4 WHERE wave = $1 AND state = $2"
        }
        WaveEvent::Cancel => {
            "UPDATE waves SET state = $3, cancelled_at = $4 WHERE wave = $1 AND state = $2"
        }
    };
    let done = sqlx::query(statement)
        .bind(wave_key(wave))
        .bind(from.name())
        .bind(to.name())
        .bind(now.to_offset())
        .execute(conn)
        .await?;
    StorageError::check_rows(1, done.rows_affected())
}

/// How a transaction stands to the joins of a wave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JoinLock {
    /// It joins: many at once.
    Joining,
    /// It ends joining: alone, after every join under way.
    Closing,
}

/// The wave whose roll is fixed and whose decree is not signed yet, other than `wave`. Until the decree
/// its seats hold no places of family cards, so a second roll would give the same places again. Holds
/// off every other freeze until the transaction ends.
///
/// # Errors
/// [`StorageError`].
pub async fn wave_with_open_roll(
    conn: &mut PgConnection,
    wave: WaveNumber,
) -> Result<Option<WaveNumber>, StorageError> {
    roll_lock(conn).await?;
    let open: Option<i16> = sqlx::query_scalar(
        "SELECT wave FROM waves WHERE state IN ('frozen', 'drawn') AND wave <> $1 ORDER BY wave LIMIT 1",
    )
    .bind(wave_key(wave))
    .fetch_optional(conn)
    .await?;
    open.map(wave_number).transpose()
}

/// Waits until nobody else fixes a roll or gives out freed seats, and holds both off until the transaction ends.
///
/// # Errors
/// [`StorageError`].
pub async fn roll_lock(conn: &mut PgConnection) -> Result<(), StorageError> {
    sqlx::query("SELECT pg_advisory_xact_lock($1, $2)")
        .bind(WAVE_LOCK_CLASS)
        .bind(ANY_ROLL)
        .execute(conn)
        .await?;
    Ok(())
}

/// First key of the advisory locks of waves; the second is the wave.
pub(crate) const WAVE_LOCK_CLASS: i32 = 0x6765_6c6f;
/// Second key of the lock that lets one roll be fixed at a time; no wave has this number.
const ANY_ROLL: i32 = 0;

/// Takes the wave's advisory lock until the transaction ends, so that no join lands after the close.
///
/// # Errors
/// [`StorageError::Driver`].
pub async fn wave_lock_joins(
    conn: &mut PgConnection,
    wave: WaveNumber,
    lock: JoinLock,
) -> Result<(), StorageError> {
    let statement = match lock {
        JoinLock::Joining => "SELECT pg_advisory_xact_lock_shared($1, $2)",
        JoinLock::Closing => "SELECT pg_advisory_xact_lock($1, $2)",
    };
    sqlx::query(statement).bind(WAVE_LOCK_CLASS).bind(i32::from(wave.get())).execute(conn).await?;
    Ok(())
}
