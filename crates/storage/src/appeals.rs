//! Appeals against decisions, and the corrections that granted ones make beside the draw.

use domain::appeals::{AppealAnswer, AppealGround};
use domain::decision::DecisionOutcome;
use domain::eligibility::Finding;
use domain::ids::{AppealId, PersonId};
use domain::policy::Named as _;
use domain::region::RegionCode;
use domain::rupiah::Rupiah;
use domain::time::Timestamp;
use domain::wave::WaveNumber;
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Row as _};
use uuid::Uuid;

use crate::classes::MemberClass;
use crate::convert::{count, named, region_code, region_key, wave_key, wave_number};
use crate::error::StorageError;
use crate::seats::{PoolRow, quotas_get};

/// An appeal as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppealRow {
    /// Id.
    pub appeal_id: AppealId,
    /// The wave whose decision it is against.
    pub wave: WaveNumber,
    /// Whose decision.
    pub person_id: PersonId,
    /// What is held against it.
    pub ground: AppealGround,
    /// When it was filed.
    pub filed_at: Timestamp,
    /// When it is to be answered.
    pub due_at: Timestamp,
    /// What it came to, and when; `None` while it is open.
    pub answer: Option<(AppealAnswer, Timestamp)>,
}

macro_rules! select_appeals {
    () => {
        "SELECT appeal_id, wave, person_id, ground, filed_at, due_at, answer, answered_at FROM appeals"
    };
}

fn appeal_row(row: &PgRow) -> Result<AppealRow, StorageError> {
    let answer: Option<&str> = row.try_get(6)?;
    let answered_at: Option<_> = row.try_get(7)?;
    let answer = match answer.zip(answered_at) {
        Some((answer, at)) => {
            Some((named("appeals", "answer", answer)?, Timestamp::from_offset(at)))
        }
        None => None,
    };
    Ok(AppealRow {
        appeal_id: AppealId::from_uuid(row.try_get(0)?),
        wave: wave_number(row.try_get(1)?)?,
        person_id: PersonId::from_uuid(row.try_get(2)?),
        ground: named("appeals", "ground", row.try_get(3)?)?,
        filed_at: Timestamp::from_offset(row.try_get(4)?),
        due_at: Timestamp::from_offset(row.try_get(5)?),
        answer,
    })
}

/// A person's decision in a wave, and whether an appeal against it is open or was granted.
///
/// # Errors
/// [`StorageError`].
pub async fn decision_to_appeal(
    conn: &mut PgConnection,
    wave: WaveNumber,
    person: PersonId,
) -> Result<(Option<DecisionOutcome>, bool), StorageError> {
    let row = sqlx::query(
        "SELECT (SELECT outcome::text FROM decisions WHERE wave = $1 AND person_id = $2),
                EXISTS (
                    SELECT FROM appeals
                    WHERE wave = $1 AND person_id = $2 AND (answer IS NULL OR answer = 'granted')
                )",
    )
    .bind(wave_key(wave))
    .bind(person.uuid())
    .fetch_one(conn)
    .await?;
    let outcome = match row.try_get::<Option<&str>, _>(0)? {
        Some(outcome) => Some(named("decisions", "outcome", outcome)?),
        None => None,
    };
    Ok((outcome, row.try_get(1)?))
}

/// Adds an open appeal.
///
/// # Errors
/// [`StorageError::Conflict`] on `appeals_wave_person_id_open_key` if one is open.
pub async fn appeal_insert(
    conn: &mut PgConnection,
    appeal: &AppealRow,
) -> Result<(), StorageError> {
    sqlx::query(
        "INSERT INTO appeals (appeal_id, wave, person_id, ground, filed_at, due_at)
         VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(appeal.appeal_id.uuid())
    .bind(wave_key(appeal.wave))
    .bind(appeal.person_id.uuid())
    .bind(appeal.ground.name())
    .bind(appeal.filed_at.to_offset())
    .bind(appeal.due_at.to_offset())
    .execute(conn)
    .await?;
    Ok(())
}

/// An appeal.
///
/// # Errors
/// [`StorageError`].
pub async fn appeal_find(
    conn: &mut PgConnection,
    appeal: AppealId,
) -> Result<Option<AppealRow>, StorageError> {
    let row = sqlx::query(concat!(select_appeals!(), " WHERE appeal_id = $1"))
        .bind(appeal.uuid())
        .fetch_optional(conn)
        .await?;
    row.as_ref().map(appeal_row).transpose()
}

/// Which appeals to list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListedAppeals {
    /// Those that wait.
    Open,
    /// All of them.
    All,
    /// Those of one person.
    Of(PersonId),
}

/// Appeals, those that are due first.
///
/// # Errors
/// [`StorageError`].
pub async fn appeals_list(
    conn: &mut PgConnection,
    listed: ListedAppeals,
) -> Result<Vec<AppealRow>, StorageError> {
    let query = match listed {
        ListedAppeals::Open => sqlx::query(concat!(
            select_appeals!(),
            " WHERE answer IS NULL ORDER BY due_at, appeal_id"
        )),
        ListedAppeals::All => {
            sqlx::query(concat!(select_appeals!(), " ORDER BY due_at, appeal_id"))
        }
        ListedAppeals::Of(person) => sqlx::query(concat!(
            select_appeals!(),
            " WHERE person_id = $1 ORDER BY due_at, appeal_id"
        ))
        .bind(person.uuid()),
    };
    query.fetch_all(conn).await?.iter().map(appeal_row).collect()
}

/// How many appeals of a wave wait for an answer.
///
/// # Errors
/// [`StorageError`].
pub async fn open_appeals_count(
    conn: &mut PgConnection,
    wave: WaveNumber,
) -> Result<u64, StorageError> {
    let open: i64 =
        sqlx::query_scalar("SELECT count(*) FROM appeals WHERE wave = $1 AND answer IS NULL")
            .bind(wave_key(wave))
            .fetch_one(conn)
            .await?;
    Ok(count(open))
}

/// Answers an open appeal; false if it is answered already.
///
/// # Errors
/// [`StorageError`].
pub async fn appeal_answer(
    conn: &mut PgConnection,
    appeal: AppealId,
    answer: AppealAnswer,
    now: Timestamp,
) -> Result<bool, StorageError> {
    let done = sqlx::query(
        "UPDATE appeals SET answer = $2, answered_at = $3 WHERE appeal_id = $1 AND answer IS NULL",
    )
    .bind(appeal.uuid())
    .bind(answer.name())
    .bind(now.to_offset())
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// A member of a wave as far as a grant beside the draw is concerned.
#[derive(Clone, Debug)]
pub struct Appellant {
    /// Blind index of the family card at the join.
    pub kk_index: Uuid,
    /// Regency at the join.
    pub region: RegionCode,
    /// Entry tag of the draw.
    pub entry_tag: [u8; 16],
    /// What the person counted as when the wave was frozen.
    pub class: MemberClass,
    /// Grants that stand.
    pub grants: u8,
    /// A grant was revoked.
    pub revoked: bool,
    /// Taken places of the family card.
    pub places: Vec<u8>,
    /// Kept out for stating another region than the family card's home, which another member who was in the
    /// draw, and has not lost the place, still states.
    pub apart: bool,
    /// Has corrected what a draw goes by since the decree.
    pub restated: bool,
    /// The registers' answers by now that are no plain confirmation.
    pub findings: Vec<Finding>,
}

/// What a member is judged by now. The caller holds off every freeze, so that places do not move.
///
/// # Errors
/// [`StorageError`]; a decision without its membership is an inconsistency.
pub async fn appellant_get(
    conn: &mut PgConnection,
    wave: WaveNumber,
    person: PersonId,
) -> Result<Appellant, StorageError> {
    let row = sqlx::query(
        "SELECT m.kk_index, m.region, m.entry_tag,
                (SELECT count(*) FROM beneficiaries b
                 WHERE b.person_id = m.person_id AND b.revoked_at IS NULL)::smallint,
                EXISTS (SELECT FROM beneficiaries b
                        WHERE b.person_id = m.person_id AND b.revoked_at IS NOT NULL),
                ARRAY(SELECT s.slot FROM household_slots s WHERE s.kk_index = m.kk_index ORDER BY s.slot),
                d.reason IS NOT DISTINCT FROM 'household_region' AND EXISTS (
                    SELECT FROM memberships o
                    JOIN decisions e ON e.wave = o.wave AND e.person_id = o.person_id
                    LEFT JOIN beneficiaries b ON b.wave = o.wave AND b.person_id = o.person_id
                    WHERE o.wave = $1 AND e.wave = $1 AND o.kk_index = m.kk_index AND o.region <> m.region
                      AND e.outcome <> 'ineligible' AND b.revoked_at IS NULL
                ),
                EXISTS (SELECT FROM person_identities i JOIN waves w ON w.wave = m.wave
                        WHERE i.person_id = m.person_id AND i.draw_changed_at >= w.appointed_at),
                coalesce(c.mask, 0::smallint), coalesce(c.weight, 1::smallint)
         FROM memberships m JOIN decisions d ON d.wave = m.wave AND d.person_id = m.person_id
         LEFT JOIN member_classes c ON c.wave = m.wave AND c.person_id = m.person_id
         WHERE m.wave = $1 AND d.wave = $1 AND m.person_id = $2",
    )
    .bind(wave_key(wave))
    .bind(person.uuid())
    .fetch_optional(&mut *conn)
    .await?;
    let missing = StorageError::Inconsistency { table: "memberships", column: "person_id" };
    let row = row.ok_or(missing)?;
    let tag: Vec<u8> = row.try_get(2)?;
    let broken = StorageError::Inconsistency { table: "memberships", column: "entry_tag" };
    let small = |stored: i16| u8::try_from(stored).unwrap_or(u8::MAX);
    Ok(Appellant {
        kk_index: row.try_get(0)?,
        region: region_code(row.try_get(1)?)?,
        entry_tag: tag.try_into().map_err(|_| broken)?,
        class: MemberClass::read(row.try_get(8)?, row.try_get(9)?)?,
        grants: small(row.try_get(3)?),
        revoked: row.try_get(4)?,
        places: row.try_get::<Vec<i16>, _>(5)?.into_iter().map(small).collect(),
        apart: row.try_get(6)?,
        restated: row.try_get(7)?,
        findings: findings_of_person(conn, person).await?,
    })
}

async fn findings_of_person(
    conn: &mut PgConnection,
    person: PersonId,
) -> Result<Vec<Finding>, StorageError> {
    let rows = sqlx::query(
        "SELECT kind::text, state::text, detail FROM registration_checks
         WHERE person_id = $1 AND state <> 'confirmed'",
    )
    .bind(person.uuid())
    .fetch_all(conn)
    .await?;
    let broken = || StorageError::Inconsistency { table: "registration_checks", column: "detail" };
    rows.iter()
        .map(|row| {
            let kind = named("registration_checks", "kind", row.try_get(0)?)?;
            let state = named("registration_checks", "state", row.try_get(1)?)?;
            Finding::from_answer(kind, state, row.try_get(2)?).ok_or_else(broken)
        })
        .collect()
}

/// What decides a draw of one region with everybody in it who is known to belong there: the seed, the seats it
/// had, and those appointed, by the draw or beside it.
#[derive(Clone, Debug)]
pub struct RegionResult {
    /// Seed of the draw.
    pub seed: [u8; 32],
    /// Seats of the draw that nobody could take.
    pub unfilled: u32,
    /// The other seats, by pool.
    pub pools: Vec<PoolRow>,
    /// The appointed, by entry tag.
    pub appointed: Vec<([u8; 16], MemberClass)>,
}

impl RegionResult {
    /// The seats as the draw gave them: a published wave tells everybody the largest tickets that had one, and whoever is
    /// appointed beside it must be within these.
    #[must_use]
    pub fn as_published(&self) -> Self {
        let mut own = self.clone();
        own.unfilled = 0;
        for guarantee in own.pools.iter_mut().flat_map(|pool| &mut pool.guarantees) {
            guarantee.asked = guarantee.seats;
        }
        own
    }
}

/// The result of an appointed wave in one region. Its beneficiaries are few beside its members, so the appointed
/// are found by them.
///
/// # Errors
/// [`StorageError`].
pub async fn region_result_get(
    conn: &mut PgConnection,
    wave: WaveNumber,
    region: RegionCode,
) -> Result<RegionResult, StorageError> {
    let seed: Vec<u8> = sqlx::query_scalar("SELECT seed FROM draws WHERE wave = $1")
        .bind(wave_key(wave))
        .fetch_one(&mut *conn)
        .await?;
    let broken = |table, column| StorageError::Inconsistency { table, column };
    let rows = sqlx::query(
        "SELECT m.entry_tag, coalesce(c.mask, 0::smallint), coalesce(c.weight, 1::smallint)
         FROM beneficiaries b
         JOIN memberships m ON m.wave = b.wave AND m.person_id = b.person_id
         LEFT JOIN member_classes c ON c.wave = b.wave AND c.person_id = b.person_id
         WHERE b.wave = $1 AND m.wave = $1 AND b.region = $2
         ORDER BY m.entry_tag",
    )
    .bind(wave_key(wave))
    .bind(region_key(region))
    .fetch_all(&mut *conn)
    .await?;
    let appointed = rows.iter().map(|row| {
        let tag: Vec<u8> = row.try_get(0)?;
        let tag = tag.try_into().map_err(|_| broken("memberships", "entry_tag"))?;
        Ok((tag, MemberClass::read(row.try_get(1)?, row.try_get(2)?)?))
    });
    let appointed = appointed.collect::<Result<_, StorageError>>()?;
    let quotas = quotas_get(conn, wave).await?;
    let quota = quotas.regions.into_iter().find(|quota| quota.region == region);
    let (unfilled, pools) = quota.map_or((0, Vec::new()), |quota| (quota.unfilled, quota.pools));
    Ok(RegionResult {
        seed: seed.try_into().map_err(|_| broken("draws", "seed"))?,
        unfilled,
        pools,
        appointed,
    })
}

/// Where a seat of the pool comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PoolSeat {
    wave: i16,
    cause: String,
    freed_at: Timestamp,
}

/// The seat of a region that has waited longest, if one waits for appeals against a wave. A published wave has only the
/// seats that it kept, `reserve` in all regions, and what published waves have freed is for nobody else, or their folders
/// would not add up. The caller holds off every freeze and every other correction, so that nobody else takes it.
///
/// # Errors
/// [`StorageError`].
pub async fn waiting_seat_find(
    conn: &mut PgConnection,
    (wave, reserve): (WaveNumber, Option<u64>),
    region: RegionCode,
) -> Result<Option<PoolSeat>, StorageError> {
    let row = sqlx::query(
        "SELECT wave, cause, freed_at FROM pool_seats p
         WHERE region = $1 AND reused_by IS NULL AND returned_at IS NULL AND seats > corrected
           AND wave NOT IN (SELECT wave FROM waves WHERE state = 'cancelled')
           AND CASE
                   WHEN $3::bigint IS NULL THEN NOT EXISTS (SELECT FROM public_policies u WHERE u.wave = p.wave)
                   ELSE wave = $2 AND cause = 'unfilled'
                        AND (SELECT count(*) FROM corrections c WHERE c.wave = $2) < $3
               END
         ORDER BY freed_at, wave, cause LIMIT 1",
    )
    .bind(region_key(region))
    .bind(wave_key(wave))
    .bind(reserve.map(|seats| i64::try_from(seats).unwrap_or(i64::MAX)))
    .fetch_optional(conn)
    .await?;
    row.map(|row| {
        Ok(PoolSeat {
            wave: row.try_get(0)?,
            cause: row.try_get(1)?,
            freed_at: Timestamp::from_offset(row.try_get(2)?),
        })
    })
    .transpose()
}

/// A correction to be added.
#[derive(Clone, Debug)]
pub struct NewCorrection<'a> {
    /// The wave it corrects.
    pub wave: WaveNumber,
    /// Who is appointed.
    pub person_id: PersonId,
    /// The appeal that was granted.
    pub appeal_id: AppealId,
    /// Regency.
    pub region: RegionCode,
    /// The seat.
    pub seat: &'a PoolSeat,
    /// Amount committed.
    pub amount: Rupiah,
    /// Number of the decree that it supplements.
    pub decree: &'a str,
    /// When.
    pub corrected_at: Timestamp,
}

/// Adds a correction; gives its number, such as `SK-PKP/0048/2023/K1`. The caller holds the row of the wave.
///
/// # Errors
/// [`StorageError::Conflict`] if the person has one in this wave.
pub async fn correction_insert(
    conn: &mut PgConnection,
    new: &NewCorrection<'_>,
) -> Result<String, StorageError> {
    Ok(sqlx::query_scalar(
        "INSERT INTO corrections (wave, person_id, appeal_id, region, number, amount_rupiah, corrected_at,
                                  seat_wave, seat_cause, seat_freed_at)
         SELECT $1, $2, $3, $4, concat($5::text, '/K', 1 + count(*)), $6, $7, $8, $9, $10
         FROM corrections WHERE wave = $1
         RETURNING number",
    )
    .bind(wave_key(new.wave))
    .bind(new.person_id.uuid())
    .bind(new.appeal_id.uuid())
    .bind(region_key(new.region))
    .bind(new.decree)
    .bind(new.amount.get())
    .bind(new.corrected_at.to_offset())
    .bind(new.seat.wave)
    .bind(&new.seat.cause)
    .bind(new.seat.freed_at.to_offset())
    .fetch_one(conn)
    .await?)
}

/// Number of the decree of a wave.
///
/// # Errors
/// [`StorageError`].
pub async fn decree_number_get(
    conn: &mut PgConnection,
    wave: WaveNumber,
) -> Result<String, StorageError> {
    Ok(sqlx::query_scalar("SELECT number FROM decrees WHERE wave = $1")
        .bind(wave_key(wave))
        .fetch_one(conn)
        .await?)
}
