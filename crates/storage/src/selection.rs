//! Rolls, freed seats, draws and decisions.

use std::collections::BTreeMap;

use domain::ids::PersonId;
use domain::region::RegionCode;
use domain::time::Timestamp;
use domain::wave::WaveNumber;
use sqlx::{PgConnection, Row as _};
use uuid::Uuid;

use crate::convert::{count, region_code, region_key, wave_key, wave_number};
use crate::copy::CopyRows;
use crate::error::StorageError;

/// Decisions of one wave on their way into the table.
#[derive(Debug)]
pub struct DecisionRows {
    rows: CopyRows,
    wave: i16,
    decided_at: Timestamp,
}

impl DecisionRows {
    /// An empty batch for a wave, decided at one instant.
    pub fn new(wave: WaveNumber, decided_at: Timestamp) -> Self {
        Self { rows: CopyRows::new(8), wave: wave_key(wave), decided_at }
    }

    fn push(&mut self, person: PersonId, outcome: &str) -> &mut CopyRows {
        self.rows.row().timestamp(self.decided_at).uuid(person.uuid()).i16(self.wave).text(outcome)
    }

    /// Ineligible by the rule of this code.
    pub fn ineligible(&mut self, person: PersonId, reason: &str) {
        self.push(person, "ineligible").null().text(reason).null().null();
    }

    /// Beyond the cap of the household.
    pub fn household_cap(&mut self, person: PersonId) {
        self.push(person, "household_cap").null().null().null().null();
    }

    /// Selected, with the place of the pool in its order, and whether the seat was a guaranteed one.
    pub fn selected(&mut self, person: PersonId, pool: u8, guaranteed: bool) {
        self.push(person, "selected").null().null().i16(i16::from(pool)).bool(guaranteed);
    }

    /// Not selected, with the place by ticket among those of the region, from 1, and the code of the reason where
    /// people differ by class.
    pub fn not_selected(&mut self, person: PersonId, rank: u32, reason: Option<&str>) {
        let rank = i32::try_from(rank).unwrap_or(i32::MAX);
        let row = self.push(person, "not_selected").i32(rank);
        match reason {
            Some(reason) => row.text(reason),
            None => row.null(),
        };
        row.null().null();
    }

    /// Appends another batch of the same wave.
    pub fn append(&mut self, other: &Self) {
        self.rows.append(&other.rows);
    }

    /// Writes them all.
    ///
    /// # Errors
    /// [`StorageError::Conflict`] if a member has a decision already.
    pub async fn insert(self, conn: &mut PgConnection) -> Result<(), StorageError> {
        self.rows
            .send(
                conn,
                "COPY decisions (decided_at, person_id, wave, outcome, rank, reason, pool, guaranteed)
                 FROM STDIN (FORMAT binary)",
            )
            .await
    }
}

fn seats_key(seats: u32) -> i32 {
    i32::try_from(seats).unwrap_or(i32::MAX)
}

fn seats(table: &'static str, stored: i32) -> Result<u32, StorageError> {
    u32::try_from(stored).map_err(|_| StorageError::Inconsistency { table, column: "seats" })
}

/// Why a seat came free.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FreedCause {
    /// Its recipient lost the place.
    Revoked,
    /// Nobody could take it.
    Unfilled,
}

/// Seats of each wave that nobody has been given: its own until its roll is fixed, then those of its quota table, after
/// the draw those that nobody was drawn for. None are left of a wave with a decree, whose seats are granted or in the
/// pool, nor of a cancelled one; waves that have not opened or are settled are left out. A few hundred rows are read,
/// however many people there are.
///
/// # Errors
/// [`StorageError`].
pub async fn seats_left_list(
    conn: &mut PgConnection,
) -> Result<Vec<(WaveNumber, u64)>, StorageError> {
    let rows = sqlx::query(
        "SELECT w.wave,
                CASE
                    WHEN w.state IN ('open', 'closed') THEN w.base_seats
                    WHEN w.state IN ('frozen', 'drawn') THEN
                        (SELECT coalesce(sum(q.seats), 0) FROM quotas q WHERE q.wave = w.wave)
                        - coalesce((SELECT d.selected FROM draws d WHERE d.wave = w.wave), 0)
                    ELSE 0
                END::bigint
         FROM waves w
         WHERE w.state NOT IN ('draft', 'settled')
         ORDER BY w.wave",
    )
    .fetch_all(conn)
    .await?;
    rows.iter().map(|row| Ok((wave_number(row.try_get(0)?)?, count(row.try_get(1)?)))).collect()
}

/// Puts freed seats of a wave into the pool. Seats freed at one instant get instants that follow each other,
/// since the instant tells them apart; the caller holds the row of the wave.
///
/// # Errors
/// [`StorageError`].
pub async fn seat_pool_insert(
    conn: &mut PgConnection,
    wave: WaveNumber,
    cause: FreedCause,
    freed: &BTreeMap<RegionCode, u32>,
    now: Timestamp,
) -> Result<(), StorageError> {
    for (region, count) in freed {
        sqlx::query(
            "INSERT INTO seat_pool (wave, region, cause, seats, freed_at)
             SELECT $1, $2, $3, $4, greatest($5, max(freed_at) + interval '1 microsecond')
             FROM seat_pool WHERE wave = $1 AND region = $2 AND cause = $3",
        )
        .bind(wave_key(wave))
        .bind(region_key(*region))
        .bind(match cause {
            FreedCause::Revoked => "revoked",
            FreedCause::Unfilled => "unfilled",
        })
        .bind(seats_key(*count))
        .bind(now.to_offset())
        .execute(&mut *conn)
        .await?;
    }
    Ok(())
}

/// Hands all waiting seats of earlier waves to a wave, but those that corrections have taken; gives them by the
/// region they come from. The caller holds off corrections.
///
/// # Errors
/// [`StorageError`].
pub async fn seat_pool_reuse(
    conn: &mut PgConnection,
    wave: WaveNumber,
) -> Result<BTreeMap<RegionCode, u32>, StorageError> {
    let rows = sqlx::query(
        "UPDATE seat_pool SET reused_by = $1
         WHERE reused_by IS NULL AND returned_at IS NULL AND wave < $1
           AND wave NOT IN (SELECT wave FROM waves WHERE state = 'cancelled')
         RETURNING region,
                   seats - (SELECT count(*) FROM corrections c
                            WHERE c.seat_wave = seat_pool.wave AND c.region = seat_pool.region
                              AND c.seat_cause = seat_pool.cause
                              AND c.seat_freed_at = seat_pool.freed_at)::integer",
    )
    .bind(wave_key(wave))
    .fetch_all(conn)
    .await?;
    let mut reused = BTreeMap::new();
    for row in &rows {
        let sum: &mut u32 = reused.entry(region_code(row.try_get(0)?)?).or_default();
        *sum = sum.saturating_add(seats("seat_pool", row.try_get(1)?)?);
    }
    Ok(reused)
}

/// Puts the freed seats that a wave has taken back into the pool, because it will not give them out.
///
/// # Errors
/// [`StorageError`].
pub async fn seat_pool_give_back(
    conn: &mut PgConnection,
    wave: WaveNumber,
) -> Result<(), StorageError> {
    sqlx::query("UPDATE seat_pool SET reused_by = NULL WHERE reused_by = $1")
        .bind(wave_key(wave))
        .execute(conn)
        .await?;
    Ok(())
}

/// The settled waves of which freed seats wait.
///
/// # Errors
/// [`StorageError`].
pub async fn settled_with_waiting_seats(
    conn: &mut PgConnection,
) -> Result<Vec<WaveNumber>, StorageError> {
    let waves: Vec<i16> = sqlx::query_scalar(
        "SELECT w.wave FROM waves w
         WHERE w.state = 'settled'
           AND EXISTS (SELECT FROM pool_seats p
                       WHERE p.wave = w.wave AND p.reused_by IS NULL AND p.returned_at IS NULL
                         AND p.seats > p.corrected)
         ORDER BY w.wave",
    )
    .fetch_all(conn)
    .await?;
    waves.into_iter().map(wave_number).collect()
}

/// Returns for good the waiting seats of a wave that were freed before an instant, but those that corrections have
/// taken; gives their number. The caller holds off freezes and corrections.
///
/// # Errors
/// [`StorageError`].
pub async fn seat_pool_return(
    conn: &mut PgConnection,
    wave: WaveNumber,
    freed_before: Timestamp,
    now: Timestamp,
) -> Result<u64, StorageError> {
    let returned: i64 = sqlx::query_scalar(
        "WITH waiting AS (
             SELECT wave, region, cause, freed_at, seats - corrected AS seats FROM pool_seats
             WHERE wave = $1 AND freed_at < $2 AND reused_by IS NULL AND returned_at IS NULL AND seats > corrected
         ), returned AS (
             UPDATE seat_pool p SET returned_at = $3 FROM waiting w
             WHERE (p.wave, p.region, p.cause, p.freed_at) = (w.wave, w.region, w.cause, w.freed_at)
             RETURNING w.seats
         )
         SELECT coalesce(sum(seats), 0)::bigint FROM returned",
    )
    .bind(wave_key(wave))
    .bind(freed_before.to_offset())
    .bind(now.to_offset())
    .fetch_one(conn)
    .await?;
    Ok(count(returned))
}

/// Adds the frozen roll of a wave: entries, digest, and family cards that have fewer places left than
/// the cap.
///
/// # Errors
/// [`StorageError`].
pub async fn roll_insert(
    conn: &mut PgConnection,
    wave: WaveNumber,
    entries: usize,
    digest: [u8; 32],
    places: &BTreeMap<Uuid, u8>,
) -> Result<(), StorageError> {
    sqlx::query("INSERT INTO rolls (wave, entries, digest) VALUES ($1, $2, $3)")
        .bind(wave_key(wave))
        .bind(i32::try_from(entries).unwrap_or(i32::MAX))
        .bind(digest.as_slice())
        .execute(&mut *conn)
        .await?;
    let mut rows = CopyRows::new(3);
    for (kk_index, left) in places {
        rows.row().i16(wave_key(wave)).uuid(*kk_index).i16(i16::from(*left));
    }
    rows.send(conn, "COPY roll_places (wave, kk_index, places) FROM STDIN (FORMAT binary)").await
}

/// A frozen roll as stored.
#[derive(Clone, Debug)]
pub struct RollRow {
    /// Entries.
    pub entries: usize,
    /// Digest of their records.
    pub digest: [u8; 32],
    /// Places left of family cards that earlier grants have used.
    pub places: BTreeMap<Uuid, u8>,
}

/// The frozen roll of a wave.
///
/// # Errors
/// [`StorageError`]; a missing roll is an inconsistency, since a frozen wave has one.
pub async fn roll_get(conn: &mut PgConnection, wave: WaveNumber) -> Result<RollRow, StorageError> {
    let missing = StorageError::Inconsistency { table: "rolls", column: "digest" };
    let roll = sqlx::query("SELECT entries, digest FROM rolls WHERE wave = $1")
        .bind(wave_key(wave))
        .fetch_optional(&mut *conn)
        .await?
        .ok_or(missing)?;
    let places = sqlx::query("SELECT kk_index, places FROM roll_places WHERE wave = $1")
        .bind(wave_key(wave))
        .fetch_all(conn)
        .await?;
    let digest: Vec<u8> = roll.try_get(1)?;
    Ok(RollRow {
        entries: usize::try_from(roll.try_get::<i32, _>(0)?).unwrap_or(0),
        digest: digest
            .try_into()
            .map_err(|_| StorageError::Inconsistency { table: "rolls", column: "digest" })?,
        places: places
            .iter()
            .map(|row| Ok((row.try_get(0)?, u8::try_from(row.try_get::<i16, _>(1)?).unwrap_or(0))))
            .collect::<Result<_, sqlx::Error>>()?,
    })
}

/// A draw as stored: enough to recompute it together with the roll.
#[derive(Clone, Debug)]
pub struct DrawRow {
    /// Description of the beacon chain.
    pub chain: String,
    /// True if the chain is the local test chain.
    pub test_beacon: bool,
    /// Round of the beacon.
    pub round: u64,
    /// Its value.
    pub randomness: [u8; 32],
    /// Seed of the draw.
    pub seed: [u8; 32],
    /// Digest of the roll drawn from.
    pub roll_digest: [u8; 32],
    /// Digest of the outcomes in roll order.
    pub result_digest: [u8; 32],
    /// Members selected.
    pub selected: u32,
    /// The beacon's signature, of a wave that is published as a folder.
    pub signature: Option<[u8; 48]>,
}

/// Adds the draw of a wave.
///
/// # Errors
/// [`StorageError::Conflict`] on `draws_pkey` if the wave was drawn before: a draw is never repeated.
pub async fn draw_insert(
    conn: &mut PgConnection,
    wave: WaveNumber,
    draw: &DrawRow,
    now: Timestamp,
) -> Result<(), StorageError> {
    sqlx::query(
        "INSERT INTO draws (wave, chain, test_beacon, round, randomness, seed, roll_digest, result_digest,
                            selected, drawn_at, signature)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
    )
    .bind(wave_key(wave))
    .bind(&draw.chain)
    .bind(draw.test_beacon)
    .bind(i64::try_from(draw.round).unwrap_or(i64::MAX))
    .bind(draw.randomness.as_slice())
    .bind(draw.seed.as_slice())
    .bind(draw.roll_digest.as_slice())
    .bind(draw.result_digest.as_slice())
    .bind(seats_key(draw.selected))
    .bind(now.to_offset())
    .bind(draw.signature.as_ref().map(<[u8; 48]>::as_slice))
    .execute(conn)
    .await?;
    Ok(())
}

/// What is public of a wave's roll and draw.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DrawFigures {
    /// The wave.
    pub wave: WaveNumber,
    /// Seats of its quota table; `None` before that is fixed.
    pub seats: Option<u64>,
    /// Entries of its roll; `None` before the freeze.
    pub entries: Option<u64>,
    /// Members selected; `None` before the draw.
    pub selected: Option<u64>,
    /// True if it was drawn with the local test chain.
    pub test_beacon: bool,
}

/// What is public of the rolls and draws of all waves, by number. A few hundred rows a wave are read, however many
/// people there are.
///
/// # Errors
/// [`StorageError`].
pub async fn draw_figures_list(conn: &mut PgConnection) -> Result<Vec<DrawFigures>, StorageError> {
    let rows = sqlx::query(
        "SELECT w.wave, q.seats, r.entries::bigint, d.selected::bigint, coalesce(d.test_beacon, false)
         FROM waves w
         LEFT JOIN (SELECT wave, sum(seats)::bigint AS seats FROM quotas GROUP BY wave) q ON q.wave = w.wave
         LEFT JOIN rolls r ON r.wave = w.wave
         LEFT JOIN draws d ON d.wave = w.wave
         ORDER BY w.wave",
    )
    .fetch_all(conn)
    .await?;
    rows.iter()
        .map(|row| {
            Ok(DrawFigures {
                wave: wave_number(row.try_get(0)?)?,
                seats: row.try_get::<Option<i64>, _>(1)?.map(count),
                entries: row.try_get::<Option<i64>, _>(2)?.map(count),
                selected: row.try_get::<Option<i64>, _>(3)?.map(count),
                test_beacon: row.try_get(4)?,
            })
        })
        .collect()
}

/// A selected member as the decree needs one.
#[derive(Clone, Copy, Debug)]
pub struct SelectedMember {
    /// Who.
    pub person_id: PersonId,
    /// Blind index of the family card.
    pub kk_index: Uuid,
    /// Regency.
    pub region: RegionCode,
}

/// The selected members of a wave by person, and the digest of the result they come from.
///
/// # Errors
/// [`StorageError`].
pub async fn selected_list(
    conn: &mut PgConnection,
    wave: WaveNumber,
) -> Result<(Vec<SelectedMember>, Vec<u8>), StorageError> {
    let digest: Vec<u8> = sqlx::query_scalar("SELECT result_digest FROM draws WHERE wave = $1")
        .bind(wave_key(wave))
        .fetch_one(&mut *conn)
        .await?;
    let statement = format!(
        "COPY (
            SELECT m.person_id, m.kk_index, m.region
            FROM decisions d JOIN memberships m ON m.wave = d.wave AND m.person_id = d.person_id
            WHERE d.wave = {wave} AND m.wave = {wave} AND d.outcome = 'selected'
            ORDER BY m.person_id
        ) TO STDOUT (FORMAT binary)",
        wave = wave_key(wave)
    );
    let mut selected = Vec::new();
    crate::copy::copy_out(conn, &statement, |fields| {
        selected.push(SelectedMember {
            person_id: PersonId::from_uuid(fields.uuid()?),
            kk_index: fields.uuid()?,
            region: region_code(fields.i16()?)?,
        });
        Ok(())
    })
    .await?;
    Ok((selected, digest))
}
