//! What a person is told about herself: facts, checks, every membership with its decision, grants.

use std::collections::BTreeMap;

use domain::beneficiary::RevocationReason;
use domain::decision::{ClassOdds, DecisionOutcome, Odds};
use domain::eligibility::{CheckKind, CheckState};
use domain::funnel::Education;
use domain::identity::Employment;
use domain::ids::PersonId;
use domain::nik::Sex;
use domain::region::RegionCode;
use domain::rupiah::Rupiah;
use domain::time::Timestamp;
use domain::wave::{WaveNumber, WaveState};
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Row as _};

use crate::convert::{count, named, region_code, wave_number};
use crate::error::StorageError;

/// A person's facts, nothing of the sealed identity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersonFacts {
    /// When the registration was complete.
    pub registered_at: Timestamp,
    /// Sex.
    pub sex: Sex,
    /// Last education completed.
    pub education: Education,
    /// Work situation.
    pub employment: Employment,
    /// Regency of the family card.
    pub region: RegionCode,
    /// Kecamatan of the family card, six digits, where one is kept.
    pub district: Option<i32>,
    /// Year of birth.
    pub birth_year: i16,
    /// States a disability.
    pub disability: bool,
}

/// The facts of a person.
///
/// # Errors
/// [`StorageError`]; `None` if nobody of this id is registered.
pub async fn person_facts_find(
    conn: &mut PgConnection,
    person: PersonId,
) -> Result<Option<PersonFacts>, StorageError> {
    let row = sqlx::query(
        "SELECT registered_at, sex::text, education::text, employment::text, region, birth_year,
                disability, district
         FROM persons WHERE person_id = $1",
    )
    .bind(person.uuid())
    .fetch_optional(conn)
    .await?;
    row.map(|row| {
        Ok(PersonFacts {
            registered_at: Timestamp::from_offset(row.try_get(0)?),
            sex: named("persons", "sex", row.try_get(1)?)?,
            education: named("persons", "education", row.try_get(2)?)?,
            employment: named("persons", "employment", row.try_get(3)?)?,
            region: region_code(row.try_get(4)?)?,
            district: row.try_get(7)?,
            birth_year: row.try_get(5)?,
            disability: row.try_get(6)?,
        })
    })
    .transpose()
}

/// Where a check stands, with what contradicts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckStanding {
    /// What was asked.
    pub kind: CheckKind,
    /// Where it stands.
    pub state: CheckState,
    /// Fields of the identity separated by commas, or the name of an office or aid.
    pub detail: Option<String>,
    /// Since when it stands there, where that is known.
    pub since: Option<Timestamp>,
}

/// Checks of a person that are written down. One that is not was confirmed before the person was imported.
///
/// # Errors
/// [`StorageError`].
pub async fn checks_of_person(
    conn: &mut PgConnection,
    person: PersonId,
) -> Result<Vec<CheckStanding>, StorageError> {
    let rows = sqlx::query(
        "SELECT kind::text, state::text, detail,
                CASE state WHEN 'not_asked' THEN ask_at ELSE answered_at END
         FROM registration_checks
         WHERE person_id = $1 ORDER BY kind",
    )
    .bind(person.uuid())
    .fetch_all(conn)
    .await?;
    let standing = |row: &PgRow| {
        Ok(CheckStanding {
            kind: named("registration_checks", "kind", row.try_get(0)?)?,
            state: named("registration_checks", "state", row.try_get(1)?)?,
            detail: row.try_get(2)?,
            since: row.try_get::<Option<_>, _>(3)?.map(Timestamp::from_offset),
        })
    };
    rows.iter().map(standing).collect()
}

/// One join of one wave, as its person may know it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MembershipStanding {
    /// The wave.
    pub wave: WaveNumber,
    /// State of the wave.
    pub wave_state: WaveState,
    /// When the results are announced.
    pub results_at: Timestamp,
    /// When the person joined.
    pub joined_at: Timestamp,
    /// When the person took the join back.
    pub withdrawn_at: Option<Timestamp>,
    /// What was decided, if anything was yet.
    pub decision: Option<StandingDecision>,
    /// How many were drawn, for whoever was in the draw, where that is kept.
    pub odds: Option<Odds>,
}

/// A decision as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StandingDecision {
    /// Outcome.
    pub outcome: DecisionOutcome,
    /// Place in line, for those without a seat.
    pub rank: Option<u32>,
    /// Code of the rule that kept the person out, or of why the draw did where people differ by class.
    pub reason: Option<String>,
}

/// All memberships of a person, by wave.
///
/// # Errors
/// [`StorageError`].
pub async fn memberships_of_person(
    conn: &mut PgConnection,
    person: PersonId,
) -> Result<Vec<MembershipStanding>, StorageError> {
    let rows = sqlx::query(
        "SELECT m.wave, w.state, w.results_at, m.joined_at, d.outcome::text, d.rank, d.reason,
                b.withdrawn_at,
                coalesce(w.cancelled_at, w.settled_at, w.appointed_at, w.drawn_at, w.frozen_at, w.closed_at,
                         w.opened_at, w.opens_at)
         FROM memberships m
         JOIN waves w ON w.wave = m.wave
         LEFT JOIN withdrawals b ON b.wave = m.wave AND b.person_id = m.person_id
         LEFT JOIN decisions d ON d.wave = m.wave AND d.person_id = m.person_id
         WHERE m.person_id = $1
         ORDER BY m.wave",
    )
    .bind(person.uuid())
    .fetch_all(&mut *conn)
    .await?;
    let mut memberships: Vec<MembershipStanding> =
        rows.iter().map(membership_standing).collect::<Result<_, _>>()?;
    let mut odds = odds_of_person(conn, person).await?;
    for membership in &mut memberships {
        membership.odds = odds.remove(&membership.wave);
    }
    Ok(memberships)
}

/// How many were drawn in each wave in whose draw a person was, in her region and among people of the same mask.
async fn odds_of_person(
    conn: &mut PgConnection,
    person: PersonId,
) -> Result<BTreeMap<WaveNumber, Odds>, StorageError> {
    let rows = sqlx::query(
        "SELECT m.wave, q.in_play, q.seats - q.unfilled, k.people, k.selected,
                ARRAY(
                    SELECT n.name FROM quota_classes n
                    WHERE n.wave = m.wave AND (coalesce(c.mask, 0) >> n.bit) & 1 = 1
                    ORDER BY n.bit
                )
         FROM memberships m
         JOIN decisions d ON d.wave = m.wave AND d.person_id = m.person_id
         JOIN draws w ON w.wave = m.wave
         JOIN quotas q ON q.wave = m.wave AND q.region = m.region
         LEFT JOIN member_classes c ON c.wave = m.wave AND c.person_id = m.person_id
         LEFT JOIN LATERAL (
             SELECT max(r.people) AS people, sum(r.selected) AS selected
             FROM draw_classes r
             WHERE r.wave = m.wave AND r.region = m.region AND r.mask = coalesce(c.mask, 0)
               AND EXISTS (SELECT FROM quota_classes n WHERE n.wave = m.wave)
         ) k ON true
         WHERE m.person_id = $1 AND q.in_play IS NOT NULL AND d.outcome IN ('selected', 'not_selected')",
    )
    .bind(person.uuid())
    .fetch_all(conn)
    .await?;
    let mut odds = BTreeMap::new();
    for row in &rows {
        let people: Option<i32> = row.try_get(3)?;
        let selected: Option<i64> = row.try_get(4)?;
        let class = match people.zip(selected) {
            Some((people, selected)) => {
                let names: Vec<String> = row.try_get(5)?;
                let groups = names.iter().map(|name| named("quota_classes", "name", name));
                Some(ClassOdds {
                    groups: groups.collect::<Result<_, _>>()?,
                    people: count(people.into()),
                    selected: count(selected),
                })
            }
            None => None,
        };
        let people = count(row.try_get::<i32, _>(1)?.into());
        let seats = count(row.try_get::<i32, _>(2)?.into());
        odds.insert(wave_number(row.try_get(0)?)?, Odds { people, seats, class });
    }
    Ok(odds)
}

fn membership_standing(row: &PgRow) -> Result<MembershipStanding, StorageError> {
    let (state, reached_at): (&str, _) = (row.try_get(1)?, row.try_get(8)?);
    let wave_state = WaveState::from_name(state, Timestamp::from_offset(reached_at));
    let broken = StorageError::Inconsistency { table: "waves", column: "state" };
    let decision = match row.try_get::<Option<&str>, _>(4)? {
        Some(outcome) => Some(StandingDecision {
            outcome: named("decisions", "outcome", outcome)?,
            rank: row.try_get::<Option<i32>, _>(5)?.and_then(|rank| u32::try_from(rank).ok()),
            reason: row.try_get(6)?,
        }),
        None => None,
    };
    Ok(MembershipStanding {
        wave: wave_number(row.try_get(0)?)?,
        wave_state: wave_state.ok_or(broken)?,
        results_at: Timestamp::from_offset(row.try_get(2)?),
        joined_at: Timestamp::from_offset(row.try_get(3)?),
        withdrawn_at: row.try_get::<Option<_>, _>(7)?.map(Timestamp::from_offset),
        decision,
        odds: None,
    })
}

/// A grant of a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GrantStanding {
    /// The wave of the draw.
    pub wave: WaveNumber,
    /// `appointed`, `active` or `revoked`.
    pub state: String,
    /// When the decree was signed.
    pub appointed_at: Timestamp,
    /// First instant at which a first purchase is too late.
    pub purchase_due_at: Timestamp,
    /// When the first purchase was made.
    pub activated_at: Option<Timestamp>,
    /// When the place was lost.
    pub revoked_at: Option<Timestamp>,
    /// Why it was lost.
    pub revocation: Option<RevocationReason>,
}

/// All grants of a person, by wave.
///
/// # Errors
/// [`StorageError`].
pub async fn grants_of_person(
    conn: &mut PgConnection,
    person: PersonId,
) -> Result<Vec<GrantStanding>, StorageError> {
    let rows = sqlx::query(
        "SELECT wave, state::text, appointed_at, purchase_due_at, activated_at, revoked_at,
                revocation::text
         FROM beneficiaries WHERE person_id = $1 ORDER BY wave",
    )
    .bind(person.uuid())
    .fetch_all(conn)
    .await?;
    let instant = |row: &PgRow, place: usize| -> Result<Option<Timestamp>, StorageError> {
        Ok(row.try_get::<Option<_>, _>(place)?.map(Timestamp::from_offset))
    };
    let grant = |row: &PgRow| {
        Ok(GrantStanding {
            wave: wave_number(row.try_get(0)?)?,
            state: row.try_get(1)?,
            appointed_at: Timestamp::from_offset(row.try_get(2)?),
            purchase_due_at: Timestamp::from_offset(row.try_get(3)?),
            activated_at: instant(row, 4)?,
            revoked_at: instant(row, 5)?,
            revocation: row.try_get::<Option<&str>, _>(6)?.and_then(RevocationReason::from_code),
        })
    };
    rows.iter().map(grant).collect()
}

/// A training that was bought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OrderRow {
    /// The wave of the grant.
    pub wave: WaveNumber,
    /// The first, second and so on of the grant.
    pub number: i16,
    /// Price.
    pub price: Rupiah,
    /// When it was paid.
    pub paid_at: Timestamp,
}

/// What a person has bought, by wave and number.
///
/// # Errors
/// [`StorageError`].
pub async fn orders_of_person(
    conn: &mut PgConnection,
    person: PersonId,
) -> Result<Vec<OrderRow>, StorageError> {
    let rows = sqlx::query(
        "SELECT wave, order_no, price_rupiah, paid_at
         FROM training_orders WHERE person_id = $1 ORDER BY wave, order_no",
    )
    .bind(person.uuid())
    .fetch_all(conn)
    .await?;
    let broken =
        |_| StorageError::Inconsistency { table: "training_orders", column: "price_rupiah" };
    let order = |row: &PgRow| {
        Ok(OrderRow {
            wave: wave_number(row.try_get(0)?)?,
            number: row.try_get(1)?,
            price: Rupiah::new(row.try_get(2)?).map_err(broken)?,
            paid_at: Timestamp::from_offset(row.try_get(3)?),
        })
    };
    rows.iter().map(order).collect()
}
