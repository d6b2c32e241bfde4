//! What is published of a wave for everybody to recompute: its policy, what witnesses have seen, the beacon's rounds, and
//! the seats that pass from one published wave to the next.

use std::collections::BTreeMap;

use domain::region::RegionCode;
use domain::time::Timestamp;
use domain::wave::WaveNumber;
use sqlx::{PgConnection, Row as _};

use crate::classes::MemberClass;
use crate::convert::{count, named, region_code, wave_key, wave_number};
use crate::copy::copy_out;
use crate::error::StorageError;
use crate::memberships::{Member, member_of};

/// Advisory lock of whoever writes folders and the announcement log.
const FOLDERS_LOCK: i64 = 0x6765_6c6f_6d70_7562;

/// Waits until nobody else writes folders or the log, and holds them off until the transaction ends.
///
/// # Errors
/// [`StorageError`].
pub async fn folders_lock(conn: &mut PgConnection) -> Result<(), StorageError> {
    sqlx::query("SELECT pg_advisory_xact_lock($1)").bind(FOLDERS_LOCK).execute(conn).await?;
    Ok(())
}

/// Adds the published rules of a wave.
///
/// # Errors
/// [`StorageError`].
pub async fn public_policy_insert(
    conn: &mut PgConnection,
    wave: WaveNumber,
    document: &[u8],
    digest: &[u8; 32],
) -> Result<(), StorageError> {
    sqlx::query("INSERT INTO public_policies (wave, document, digest) VALUES ($1, $2, $3)")
        .bind(wave_key(wave))
        .bind(document)
        .bind(digest.as_slice())
        .execute(conn)
        .await?;
    Ok(())
}

/// The published rules of a wave; `None` if it is not published.
///
/// # Errors
/// [`StorageError`].
pub async fn public_policy_get(
    conn: &mut PgConnection,
    wave: WaveNumber,
) -> Result<Option<Vec<u8>>, StorageError> {
    Ok(sqlx::query_scalar("SELECT document FROM public_policies WHERE wave = $1")
        .bind(wave_key(wave))
        .fetch_optional(conn)
        .await?)
}

/// The published waves, ascending.
///
/// # Errors
/// [`StorageError`].
pub async fn public_waves_list(conn: &mut PgConnection) -> Result<Vec<WaveNumber>, StorageError> {
    let waves: Vec<i16> = sqlx::query_scalar("SELECT wave FROM public_policies ORDER BY wave")
        .fetch_all(conn)
        .await?;
    waves.into_iter().map(wave_number).collect()
}

/// The last published wave before this one that was drawn.
///
/// # Errors
/// [`StorageError`].
pub async fn public_wave_before(
    conn: &mut PgConnection,
    wave: WaveNumber,
) -> Result<Option<WaveNumber>, StorageError> {
    let before: Option<i16> = sqlx::query_scalar(
        "SELECT max(d.wave) FROM draws d JOIN public_policies p ON p.wave = d.wave WHERE d.wave < $1",
    )
    .bind(wave_key(wave))
    .fetch_one(conn)
    .await?;
    before.map(wave_number).transpose()
}

/// A file that enough witnesses have seen announced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicFile {
    /// Name within the folder.
    pub name: String,
    /// The plan that a version of list, seats or plan belongs to; 1 of every other file.
    pub plan: u8,
    /// SHA-256.
    pub digest: [u8; 32],
    /// When the last witness signed who made them enough.
    pub witnessed_at: Timestamp,
}

/// Notes that witnesses have seen a file. Noting it again changes nothing.
///
/// # Errors
/// [`StorageError`].
pub async fn public_file_insert(
    conn: &mut PgConnection,
    wave: WaveNumber,
    file: &PublicFile,
) -> Result<(), StorageError> {
    sqlx::query(
        "INSERT INTO public_files (wave, name, plan, digest, witnessed_at) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT DO NOTHING",
    )
    .bind(wave_key(wave))
    .bind(&file.name)
    .bind(i16::from(file.plan))
    .bind(file.digest.as_slice())
    .bind(file.witnessed_at.to_offset())
    .execute(conn)
    .await?;
    Ok(())
}

/// The witnessed files of a wave.
///
/// # Errors
/// [`StorageError`].
pub async fn public_files_list(
    conn: &mut PgConnection,
    wave: WaveNumber,
) -> Result<Vec<PublicFile>, StorageError> {
    let rows = sqlx::query(
        "SELECT name, plan, digest, witnessed_at FROM public_files
         WHERE wave = $1 ORDER BY name, plan, witnessed_at, digest",
    )
    .bind(wave_key(wave))
    .fetch_all(conn)
    .await?;
    rows.iter()
        .map(|row| {
            Ok(PublicFile {
                name: row.try_get(0)?,
                plan: u8::try_from(row.try_get::<i16, _>(1)?).map_err(|_| {
                    StorageError::Inconsistency { table: "public_files", column: "plan" }
                })?,
                digest: bytes(row.try_get(2)?, "public_files", "digest")?,
                witnessed_at: Timestamp::from_offset(row.try_get(3)?),
            })
        })
        .collect()
}

pub(crate) fn bytes<const N: usize>(
    stored: Vec<u8>,
    table: &'static str,
    column: &'static str,
) -> Result<[u8; N], StorageError> {
    stored.try_into().map_err(|_| StorageError::Inconsistency { table, column })
}

/// Keeps the signature of a beacon's round; false if it is there already.
///
/// # Errors
/// [`StorageError`].
pub async fn beacon_round_insert(
    conn: &mut PgConnection,
    (chain_hash, round): (&[u8; 32], u64),
    signature: &[u8; 48],
    now: Timestamp,
) -> Result<bool, StorageError> {
    let done = sqlx::query(
        "INSERT INTO beacon_rounds (chain_hash, round, signature, fetched_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT DO NOTHING",
    )
    .bind(chain_hash.as_slice())
    .bind(i64::try_from(round).unwrap_or(i64::MAX))
    .bind(signature.as_slice())
    .bind(now.to_offset())
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// The signature of a beacon's round, if it was fetched.
///
/// # Errors
/// [`StorageError`].
pub async fn beacon_round_get(
    conn: &mut PgConnection,
    (chain_hash, round): (&[u8; 32], u64),
) -> Result<Option<[u8; 48]>, StorageError> {
    let signature: Option<Vec<u8>> = sqlx::query_scalar(
        "SELECT signature FROM beacon_rounds WHERE chain_hash = $1 AND round = $2",
    )
    .bind(chain_hash.as_slice())
    .bind(i64::try_from(round).unwrap_or(i64::MAX))
    .fetch_optional(conn)
    .await?;
    signature.map(|found| bytes(found, "beacon_rounds", "signature")).transpose()
}

/// What is published of a draw beside its decisions: the beacon's signature, and the digest of the outcomes in the order
/// of the roll. `None` before the draw.
///
/// # Errors
/// [`StorageError`].
pub async fn public_draw_get(
    conn: &mut PgConnection,
    wave: WaveNumber,
) -> Result<Option<([u8; 48], [u8; 32])>, StorageError> {
    let row = sqlx::query(
        "SELECT signature, result_digest FROM draws WHERE wave = $1 AND signature IS NOT NULL",
    )
    .bind(wave_key(wave))
    .fetch_optional(conn)
    .await?;
    row.map(|row| {
        Ok((
            bytes(row.try_get(0)?, "draws", "signature")?,
            bytes(row.try_get(1)?, "draws", "result_digest")?,
        ))
    })
    .transpose()
}

/// The members of a wave's frozen roll, in no stated order: who was kept out or has withdrawn is not in it.
///
/// # Errors
/// [`StorageError`].
pub async fn members_of_roll(
    conn: &mut PgConnection,
    wave: WaveNumber,
) -> Result<Vec<Member>, StorageError> {
    let wave = wave_key(wave);
    let statement = format!(
        "COPY (
            SELECT m.person_id, m.kk_index, m.region, m.entry_tag, m.household_tag
            FROM memberships m
            WHERE m.wave = {wave}
              AND NOT EXISTS (
                  SELECT FROM decisions d
                  WHERE d.wave = {wave} AND d.person_id = m.person_id AND d.outcome = 'ineligible'
              )
              AND NOT EXISTS (
                  SELECT FROM withdrawals x WHERE x.wave = {wave} AND x.person_id = m.person_id
              )
        ) TO STDOUT (FORMAT binary)"
    );
    let mut members = Vec::new();
    copy_out(conn, &statement, |fields| {
        members.push(member_of(fields)?);
        Ok(())
    })
    .await?;
    Ok(members)
}

/// Freed seats that a published wave takes over.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TakenSeats {
    /// Seats of revoked places, by the region they return to.
    pub returned: BTreeMap<RegionCode, u32>,
    /// Seats by region that the published waves before left over. They carry over to the whole country.
    pub carried: BTreeMap<RegionCode, u32>,
}

/// Hands to a published wave the waiting seats of earlier ones: those of revoked places, which their waves publish in
/// batches, and those that published waves left over. Seats that a correction has taken from an unpublished wave leave
/// their whole row waiting, and so do those that unpublished waves left over, since nobody could check them. The caller
/// holds off corrections and every other freeze.
///
/// # Errors
/// [`StorageError`].
pub async fn seat_pool_take_public(
    conn: &mut PgConnection,
    wave: WaveNumber,
) -> Result<TakenSeats, StorageError> {
    let rows = sqlx::query(
        "WITH next AS (
             SELECT wave, 1 + coalesce(max(batch), 0) AS batch FROM seat_pool WHERE wave < $1 GROUP BY wave
         )
         UPDATE seat_pool p
         SET reused_by = $1, batch = CASE p.cause WHEN 'revoked' THEN coalesce(p.batch, n.batch) END
         FROM next n, pool_seats s
         WHERE n.wave = p.wave AND p.reused_by IS NULL AND p.returned_at IS NULL
           AND (s.wave, s.region, s.cause, s.freed_at) = (p.wave, p.region, p.cause, p.freed_at)
           AND CASE p.cause
                   WHEN 'revoked' THEN s.corrected = 0
                   ELSE EXISTS (SELECT FROM public_policies u WHERE u.wave = p.wave)
               END
           AND p.wave NOT IN (SELECT wave FROM waves WHERE state = 'cancelled')
         RETURNING p.region, p.cause, p.seats - s.corrected",
    )
    .bind(wave_key(wave))
    .fetch_all(conn)
    .await?;
    taken_seats(&rows)
}

/// The seats that a published wave has taken over.
///
/// # Errors
/// [`StorageError`].
pub async fn seats_taken_by(
    conn: &mut PgConnection,
    wave: WaveNumber,
) -> Result<TakenSeats, StorageError> {
    let rows =
        sqlx::query("SELECT region, cause, seats - corrected FROM pool_seats WHERE reused_by = $1")
            .bind(wave_key(wave))
            .fetch_all(conn)
            .await?;
    taken_seats(&rows)
}

fn taken_seats(rows: &[sqlx::postgres::PgRow]) -> Result<TakenSeats, StorageError> {
    let mut taken = TakenSeats::default();
    for row in rows {
        let cause: String = row.try_get(1)?;
        let seats = u32::try_from(row.try_get::<i32, _>(2)?)
            .map_err(|_| StorageError::Inconsistency { table: "seat_pool", column: "seats" })?;
        let into = if cause == "revoked" { &mut taken.returned } else { &mut taken.carried };
        let sum = into.entry(region_code(row.try_get(0)?)?).or_default();
        *sum = sum.saturating_add(seats);
    }
    taken.carried.retain(|_, seats| *seats > 0);
    Ok(taken)
}

/// The batches of revoked seats that a wave has taken over: wave and number, ascending.
///
/// # Errors
/// [`StorageError`].
pub async fn batches_taken_by(
    conn: &mut PgConnection,
    wave: WaveNumber,
) -> Result<Vec<(WaveNumber, u32)>, StorageError> {
    let rows: Vec<(i16, i16)> = sqlx::query_as(
        "SELECT DISTINCT wave, batch FROM seat_pool
         WHERE reused_by = $1 AND batch IS NOT NULL ORDER BY wave, batch",
    )
    .bind(wave_key(wave))
    .fetch_all(conn)
    .await?;
    let batch = |(wave, batch): (i16, i16)| {
        Ok((wave_number(wave)?, count(i64::from(batch)).try_into().unwrap_or(u32::MAX)))
    };
    rows.into_iter().map(batch).collect()
}

/// How many batches a wave has published.
///
/// # Errors
/// [`StorageError`].
pub async fn batches_count(conn: &mut PgConnection, wave: WaveNumber) -> Result<u32, StorageError> {
    let last: i16 = sqlx::query_scalar(
        "SELECT coalesce(max(batch), 0::smallint) FROM seat_pool WHERE wave = $1",
    )
    .bind(wave_key(wave))
    .fetch_one(conn)
    .await?;
    Ok(count(i64::from(last)).try_into().unwrap_or(u32::MAX))
}

/// A revoked place as published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RevokedPlace {
    /// When.
    pub at: Timestamp,
    /// Regency.
    pub region: RegionCode,
    /// Tag of the entry.
    pub entry_tag: [u8; 16],
    /// Why, as stored.
    pub reason: String,
}

/// The revoked places of a batch: as many of each region as its rows of the pool have seats, in the order in which they
/// were revoked.
///
/// # Errors
/// [`StorageError`].
pub async fn batch_read(
    conn: &mut PgConnection,
    wave: WaveNumber,
    batch: u32,
) -> Result<Vec<RevokedPlace>, StorageError> {
    let rows = sqlx::query(
        "WITH freed AS (
             SELECT region, batch, seats,
                    sum(seats) OVER (PARTITION BY region ORDER BY freed_at) AS last
             FROM seat_pool WHERE wave = $1 AND cause = 'revoked'
         ), lost AS (
             SELECT person_id, region, revoked_at, revocation::text AS reason,
                    row_number() OVER (PARTITION BY region ORDER BY revoked_at, person_id) AS number
             FROM beneficiaries WHERE wave = $1 AND state = 'revoked'
         )
         SELECT l.revoked_at, l.region, m.entry_tag, l.reason
         FROM lost l
         JOIN freed f ON f.region = l.region AND l.number > f.last - f.seats AND l.number <= f.last
         JOIN memberships m ON m.wave = $1 AND m.person_id = l.person_id
         WHERE f.batch = $2",
    )
    .bind(wave_key(wave))
    .bind(i16::try_from(batch).unwrap_or(i16::MAX))
    .fetch_all(conn)
    .await?;
    rows.iter()
        .map(|row| {
            Ok(RevokedPlace {
                at: Timestamp::from_offset(row.try_get(0)?),
                region: region_code(row.try_get(1)?)?,
                entry_tag: bytes(row.try_get(2)?, "memberships", "entry_tag")?,
                reason: row.try_get(3)?,
            })
        })
        .collect()
}

/// A granted appeal as published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GrantedAppeal {
    /// Regency.
    pub region: RegionCode,
    /// Tag of the entry.
    pub entry_tag: [u8; 16],
    /// What the person counts as.
    pub class: MemberClass,
    /// Ground of the appeal.
    pub ground: domain::appeals::AppealGround,
}

/// The appeals of a wave that were granted.
///
/// # Errors
/// [`StorageError`].
pub async fn granted_appeals_list(
    conn: &mut PgConnection,
    wave: WaveNumber,
) -> Result<Vec<GrantedAppeal>, StorageError> {
    let rows = sqlx::query(
        "SELECT c.region, m.entry_tag, coalesce(k.mask, 0::smallint), coalesce(k.weight, 1::smallint), a.ground
         FROM corrections c
         JOIN appeals a ON a.appeal_id = c.appeal_id
         JOIN memberships m ON m.wave = c.wave AND m.person_id = c.person_id
         LEFT JOIN member_classes k ON k.wave = c.wave AND k.person_id = c.person_id
         WHERE c.wave = $1",
    )
    .bind(wave_key(wave))
    .fetch_all(conn)
    .await?;
    rows.iter()
        .map(|row| {
            Ok(GrantedAppeal {
                region: region_code(row.try_get(0)?)?,
                entry_tag: bytes(row.try_get(1)?, "memberships", "entry_tag")?,
                class: MemberClass::read(row.try_get(2)?, row.try_get(3)?)?,
                ground: named("appeals", "ground", row.try_get(4)?)?,
            })
        })
        .collect()
}

/// True once a later published wave was frozen, which has taken over what this one left: its corrections are final then.
///
/// # Errors
/// [`StorageError`].
pub async fn is_followed(conn: &mut PgConnection, wave: WaveNumber) -> Result<bool, StorageError> {
    Ok(sqlx::query_scalar(
        "SELECT EXISTS (SELECT FROM waves w JOIN public_policies p ON p.wave = w.wave
                        WHERE w.wave > $1 AND w.state IN ('frozen', 'drawn', 'appointed', 'settled'))",
    )
    .bind(wave_key(wave))
    .fetch_one(conn)
    .await?)
}
