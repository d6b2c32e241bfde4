//! Counts for the funnel: small cubes read in one snapshot, folded by the caller.
//!
//! What is counted stands in `domain::funnel`. Three passes over the large tables: joins, recipients
//! with the facts of the membership that won, and persons by their last join. The last one packs wave
//! and facts of a join into one integer whose largest value is the last join, so that one hash
//! aggregate finds both it and the number of joins; ordering the joins by person costs a third more and
//! leaves their number to be counted by another pass.

use domain::funnel::{AgeBand, Education, Origin};
use domain::nik::Sex;
use domain::policy::Named as _;
use domain::region::RegionCode;
use domain::time::Timestamp;
use domain::wave::WaveNumber;
use sqlx::postgres::PgRow;
use sqlx::{AssertSqlSafe, PgConnection, Row as _};

use crate::convert::{count, named, region_code, wave_number};
use crate::error::StorageError;

/// What a count is split by, besides region and sex.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// The wave joined or won.
    Wave(WaveNumber),
    /// Age at the join.
    Age(AgeBand),
    /// Education at the join.
    Education(Education),
}

/// Counts of one sex of one region in one group. Every join and every recipient stands in three cells, one of each
/// kind of [`Group`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cell {
    /// The kabupaten/kota.
    pub region: RegionCode,
    /// Sex.
    pub sex: Sex,
    /// Group.
    pub group: Group,
    /// Joins of closed waves.
    pub joins: u64,
    /// Persons named in a decree.
    pub recipients: u64,
    /// Those among them who bought and were not revoked.
    pub effective: u64,
    /// Those among them who lost the place.
    pub revoked: u64,
}

/// What persons are split by, besides region and sex.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PersonGroup {
    /// Age at the last join.
    Age(AgeBand),
    /// Education at the last join.
    Education(Education),
    /// Waves joined, in any region.
    Attempts(u32),
}

/// Persons of one sex by the region of their last join, in one group. Every person stands in three cells, one of each
/// kind of [`PersonGroup`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PersonCell {
    /// Regency at the last join.
    pub region: RegionCode,
    /// Sex.
    pub sex: Sex,
    /// Group.
    pub group: PersonGroup,
    /// How many persons.
    pub persons: u64,
}

/// Freed seats that a wave took, by its quota table or by corrections of its decisions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReusedSeats {
    /// The wave that took them.
    pub wave: WaveNumber,
    /// The regency they come from.
    pub region: RegionCode,
    /// How many.
    pub seats: u64,
}

/// Everything that reports are made from.
#[derive(Clone, Debug, Default)]
pub struct Cubes {
    /// Waves that had closed and were not cancelled, ascending, each with the regencies of the scope that share its seats.
    pub waves: Vec<(WaveNumber, Vec<RegionCode>)>,
    /// Joins and recipients.
    pub cells: Vec<Cell>,
    /// Persons.
    pub persons: Vec<PersonCell>,
    /// Seats.
    pub reused: Vec<ReusedSeats>,
}

/// Lets the statements of this transaction aggregate each wave by itself, in parallel, with 128 MB a
/// hash table: 800,000 persons need about 110.
///
/// # Errors
/// [`StorageError::Driver`].
pub(crate) async fn allow_large_scans(conn: &mut PgConnection) -> Result<(), StorageError> {
    sqlx::raw_sql(
        "SET LOCAL work_mem = '128MB';
         SET LOCAL enable_partitionwise_aggregate = on;
         SET LOCAL enable_partitionwise_join = on;",
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Reads the cubes of a province or a regency, or of the whole country, as of an instant. The caller gives a transaction
/// that sees one state throughout ([`crate::database::Database::begin_snapshot`]).
///
/// # Errors
/// [`StorageError`].
pub async fn cubes_read(
    conn: &mut PgConnection,
    region: Option<RegionCode>,
    as_of: Timestamp,
) -> Result<Cubes, StorageError> {
    allow_large_scans(conn).await?;
    let scope = Scope::read(conn, region, as_of).await?;
    let mut cells = joins_read(conn, &scope).await?;
    cells.extend(recipients_read(conn, &scope).await?);
    let persons = persons_read(conn, &scope).await?;
    let reused = reused_read(conn, &scope).await?;
    let waves = shares_read(conn, &scope).await?;
    Ok(Cubes { waves, cells, persons, reused })
}

/// Who shares the seats of the waves of the scope. A region has no row of another wave unless somebody of it joined one.
async fn shares_read(
    conn: &mut PgConnection,
    scope: &Scope,
) -> Result<Vec<(WaveNumber, Vec<RegionCode>)>, StorageError> {
    let waves: Vec<(i16, Vec<i16>)> = sqlx::query_as(
        "SELECT w.wave, array_agg(r.region ORDER BY r.region)
         FROM waves w
         JOIN regions r ON r.version = w.region_version AND r.quota_weight IS NOT NULL
         WHERE w.wave = ANY($1) AND r.region BETWEEN $2 AND $3
         GROUP BY w.wave
         ORDER BY w.wave",
    )
    .bind(&scope.closed)
    .bind(scope.regions.0)
    .bind(scope.regions.1)
    .fetch_all(conn)
    .await?;
    let share = |(wave, regions): (i16, Vec<i16>)| {
        let regions = regions.into_iter().map(region_code).collect::<Result<_, _>>()?;
        Ok((wave_number(wave)?, regions))
    };
    waves.into_iter().map(share).collect()
}

/// First and last code that a kabupaten/kota may have.
const COUNTRY: (i16, i16) = (1101, 9999);

/// The rows a report counts.
struct Scope {
    /// First and last code of the regencies.
    regions: (i16, i16),
    as_of: Timestamp,
    /// Waves closed and not cancelled at `as_of`.
    closed: Vec<i16>,
    /// Waves whose decree was signed at `as_of`.
    decreed: Vec<i16>,
    /// True if a join was ever taken back.
    withdrawals: bool,
}

impl Scope {
    async fn read(
        conn: &mut PgConnection,
        region: Option<RegionCode>,
        as_of: Timestamp,
    ) -> Result<Self, StorageError> {
        let row = sqlx::query(
            "SELECT coalesce(array_agg(w.wave ORDER BY w.wave) FILTER (
                        WHERE w.closed_at <= $1 AND (w.cancelled_at > $1) IS NOT FALSE), '{}'),
                    coalesce(array_agg(w.wave) FILTER (WHERE d.signed_at <= $1), '{}'),
                    EXISTS (SELECT FROM withdrawals)
             FROM waves w LEFT JOIN decrees d ON d.wave = w.wave",
        )
        .bind(as_of.to_offset())
        .fetch_one(conn)
        .await?;
        let regions = region.map_or(COUNTRY, |region| {
            let code = crate::convert::region_key(region);
            if region.is_province() {
                (code.saturating_mul(100), code.saturating_mul(100).saturating_add(99))
            } else {
                (code, code)
            }
        });
        Ok(Self {
            regions,
            as_of,
            closed: row.try_get(0)?,
            decreed: row.try_get(1)?,
            withdrawals: row.try_get(2)?,
        })
    }

    /// Leaves out joins that were taken back. Where there are none, as in a replay, every row is spared the look.
    const fn kept(&self) -> &'static str {
        if self.withdrawals {
            "AND NOT EXISTS (
                 SELECT FROM withdrawals x WHERE x.wave = memberships.wave AND x.person_id = memberships.person_id
             )"
        } else {
            ""
        }
    }
}

/// An age as the number of its band, the order of [`AgeBand::ALL`].
const BAND: &str = "CASE WHEN age < 26 THEN 0 WHEN age < 36 THEN 1 WHEN age < 46 THEN 2
     WHEN age < 56 THEN 3 WHEN age < 65 THEN 4 ELSE 5 END";

async fn joins_read(conn: &mut PgConnection, scope: &Scope) -> Result<Vec<Cell>, StorageError> {
    let statement = format!(
        "SELECT region, sex::text, wave, band, education::text, sum(joins)::bigint, 0::bigint, 0::bigint,
                0::bigint
         FROM (
             SELECT wave, region, sex, education, {BAND} AS band, count(*) AS joins
             FROM memberships
             WHERE wave = ANY($1) AND region BETWEEN $2 AND $3 {kept}
             GROUP BY 1, 2, 3, 4, 5
         ) cube
         GROUP BY region, sex, GROUPING SETS ((wave), (band), (education))",
        kept = scope.kept()
    );
    let rows = sqlx::query(AssertSqlSafe(statement))
        .persistent(false)
        .bind(&scope.closed)
        .bind(scope.regions.0)
        .bind(scope.regions.1)
        .fetch_all(conn)
        .await?;
    rows.iter().map(cell).collect()
}

/// Recipients appointed by then, with the decree or by a later correction; sex, age and education are those of the membership that won, the region is that of the
/// grant. A grant without its membership, which the audit reports, would be missing here.
async fn recipients_read(
    conn: &mut PgConnection,
    scope: &Scope,
) -> Result<Vec<Cell>, StorageError> {
    let statement = format!(
        "SELECT region, sex::text, wave, band, education::text, 0::bigint, sum(recipients)::bigint,
                sum(effective)::bigint, sum(revoked)::bigint
         FROM (
             SELECT b.wave, b.region, m.sex, m.education, {BAND} AS band, count(*) AS recipients,
                    count(*) FILTER (
                        WHERE b.activated_at <= $4 AND (b.revoked_at <= $4) IS NOT TRUE) AS effective,
                    count(*) FILTER (WHERE b.revoked_at <= $4) AS revoked
             FROM beneficiaries b JOIN memberships m ON m.wave = b.wave AND m.person_id = b.person_id
             WHERE b.wave = ANY($1) AND m.wave = ANY($1) AND b.region BETWEEN $2 AND $3
               AND b.appointed_at <= $4
             GROUP BY 1, 2, 3, 4, 5
         ) cube
         GROUP BY region, sex, GROUPING SETS ((wave), (band), (education))"
    );
    let rows = sqlx::query(AssertSqlSafe(statement))
        .persistent(false)
        .bind(&scope.decreed)
        .bind(scope.regions.0)
        .bind(scope.regions.1)
        .bind(scope.as_of.to_offset())
        .fetch_all(conn)
        .await?;
    rows.iter().map(cell).collect()
}

/// A row of [`joins_read`] or [`recipients_read`]; exactly one of the three groups is given.
fn cell(row: &PgRow) -> Result<Cell, StorageError> {
    let group = if let Some(wave) = row.try_get(2)? {
        Group::Wave(wave_number(wave)?)
    } else if let Some(band) = row.try_get::<Option<i32>, _>(3)? {
        Group::Age(nth("age", &AgeBand::ALL, band)?)
    } else {
        Group::Education(named("memberships", "education", row.try_get(4)?)?)
    };
    Ok(Cell {
        region: region_code(row.try_get(0)?)?,
        sex: named("memberships", "sex", row.try_get(1)?)?,
        group,
        joins: count(row.try_get(5)?),
        recipients: count(row.try_get(6)?),
        effective: count(row.try_get(7)?),
        revoked: count(row.try_get(8)?),
    })
}

fn nth<T: Copy>(column: &'static str, all: &[T], place: i32) -> Result<T, StorageError> {
    let place = usize::try_from(place).ok();
    let found = place.and_then(|place| all.get(place).copied());
    found.ok_or(StorageError::Inconsistency { table: "memberships", column })
}

/// A join as one integer: 14 bits of wave, 16 of region, 8 each of age band and education, 8 of sex.
/// The wave stands highest and is unique for a person, so the largest is the last join.
fn packed_join() -> String {
    let place = |values: Vec<&'static str>| {
        let cases: Vec<String> = values
            .iter()
            .enumerate()
            .map(|(place, name)| format!("WHEN '{name}' THEN {place}"))
            .collect();
        cases.join(" ")
    };
    let sexes = place(Sex::ALL.iter().map(|sex| sex.name()).collect());
    let educations = place(Education::ALL.iter().map(|education| education.name()).collect());
    format!(
        "(wave::bigint << 40) + (region::bigint << 24) + (({BAND}) << 16)
         + ((CASE education {educations} END) << 8) + (CASE sex {sexes} END)"
    )
}

/// Persons of the whole country have to be aggregated before the region is known, because only the
/// last join counts, wherever it was. By one process alone: workers would each find most persons, and
/// merging their tables saves a tenth of the time on idle cores and doubles it on busy ones. In one hash
/// table: the planner, which takes the persons of different waves for different ones, would aggregate
/// each wave and sort what is left, in twice the time.
async fn persons_read(
    conn: &mut PgConnection,
    scope: &Scope,
) -> Result<Vec<PersonCell>, StorageError> {
    let packed = packed_join();
    let statement = format!(
        "SELECT region, sex, band, education, attempts, sum(persons)::bigint
         FROM (
             SELECT (last >> 24 & 65535)::int AS region, (last & 255)::int AS sex, (last >> 16 & 255)::int AS band,
                    (last >> 8 & 255)::int AS education, attempts, count(*) AS persons
             FROM (
                 SELECT max({packed}) AS last, count(*)::int AS attempts
                 FROM memberships
                 WHERE wave = ANY($1) {kept}
                 GROUP BY person_id
             ) persons
             GROUP BY 1, 2, 3, 4, 5
         ) cube
         WHERE region BETWEEN $2 AND $3
         GROUP BY region, sex, GROUPING SETS ((band), (education), (attempts))",
        kept = scope.kept()
    );
    sqlx::raw_sql(
        "SET LOCAL max_parallel_workers_per_gather = 0;
         SET LOCAL enable_partitionwise_aggregate = off;
         SET LOCAL enable_sort = off;",
    )
    .execute(&mut *conn)
    .await?;
    let rows = sqlx::query(AssertSqlSafe(statement))
        .persistent(false)
        .bind(&scope.closed)
        .bind(scope.regions.0)
        .bind(scope.regions.1)
        .fetch_all(&mut *conn)
        .await?;
    sqlx::raw_sql(
        "SET LOCAL max_parallel_workers_per_gather TO DEFAULT;
         SET LOCAL enable_sort TO DEFAULT;",
    )
    .execute(conn)
    .await?;
    rows.iter().map(person_cell).collect()
}

/// A row of [`persons_read`]; exactly one of the three groups is given.
fn person_cell(row: &PgRow) -> Result<PersonCell, StorageError> {
    let group = if let Some(band) = row.try_get(2)? {
        PersonGroup::Age(nth("age", &AgeBand::ALL, band)?)
    } else if let Some(education) = row.try_get(3)? {
        PersonGroup::Education(nth("education", Education::ALL, education)?)
    } else {
        let attempts: i32 = row.try_get(4)?;
        PersonGroup::Attempts(u32::try_from(attempts).unwrap_or(u32::MAX))
    };
    let region: i32 = row.try_get(0)?;
    Ok(PersonCell {
        region: region_code(i16::try_from(region).unwrap_or(i16::MAX))?,
        sex: nth("sex", Sex::ALL, row.try_get(1)?)?,
        group,
        persons: count(row.try_get(5)?),
    })
}

async fn reused_read(
    conn: &mut PgConnection,
    scope: &Scope,
) -> Result<Vec<ReusedSeats>, StorageError> {
    let rows = sqlx::query(
        "SELECT wave, region, sum(seats)::bigint
         FROM (
             SELECT p.reused_by AS wave, p.region, p.seats - p.corrected AS seats
             FROM pool_seats p JOIN waves w ON w.wave = p.reused_by
             WHERE w.frozen_at <= $1 AND p.region BETWEEN $2 AND $3
             UNION ALL
             SELECT wave, region, 1 FROM corrections
             WHERE corrected_at <= $1 AND region BETWEEN $2 AND $3
         ) reused
         GROUP BY wave, region
         ORDER BY wave, region",
    )
    .bind(scope.as_of.to_offset())
    .bind(scope.regions.0)
    .bind(scope.regions.1)
    .fetch_all(conn)
    .await?;
    rows.iter()
        .map(|row| {
            Ok(ReusedSeats {
                wave: wave_number(row.try_get(0)?)?,
                region: region_code(row.try_get(1)?)?,
                seats: count(row.try_get(2)?),
            })
        })
        .collect()
}

/// How fresh the data is.
#[derive(Clone, Copy, Debug)]
pub struct Freshness {
    /// The newest act; `None` before the first.
    pub data_as_of: Option<Timestamp>,
    /// What filled the database.
    pub origin: Origin,
}

/// Reads how fresh the data is from the acts of the newest millisecond, with which their ids begin.
///
/// # Errors
/// [`StorageError`].
pub async fn freshness_read(conn: &mut PgConnection) -> Result<Freshness, StorageError> {
    let row = sqlx::query(
        "SELECT max(occurred_at), (SELECT finished FROM simulations)
         FROM audit_events
         WHERE event_id >= (SELECT (left(event_id::text, 13) || '-0000-0000-000000000000')::uuid
                            FROM audit_events ORDER BY event_id DESC LIMIT 1)",
    )
    .fetch_one(conn)
    .await?;
    Ok(Freshness {
        data_as_of: row.try_get::<Option<_>, _>(0)?.map(Timestamp::from_offset),
        origin: row
            .try_get::<Option<bool>, _>(1)?
            .map_or(Origin::Programme, |finished| Origin::Replay { finished }),
    })
}

/// What filled the database.
///
/// # Errors
/// [`StorageError`].
pub async fn origin_read(conn: &mut PgConnection) -> Result<Origin, StorageError> {
    let finished: Option<bool> =
        sqlx::query_scalar("SELECT finished FROM simulations").fetch_optional(conn).await?;
    Ok(finished.map_or(Origin::Programme, |finished| Origin::Replay { finished }))
}

/// Provinces that have figures: those with a region in the quota table of a frozen wave, by code.
///
/// # Errors
/// [`StorageError`].
pub async fn provinces_list(conn: &mut PgConnection) -> Result<Vec<RegionCode>, StorageError> {
    let codes: Vec<i16> =
        sqlx::query_scalar("SELECT DISTINCT region / 100::smallint FROM quotas ORDER BY 1")
            .fetch_all(conn)
            .await?;
    codes.into_iter().map(region_code).collect()
}
