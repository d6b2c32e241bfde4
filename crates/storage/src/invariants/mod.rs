//! The invariants of the programme as queries: each looks at its rows and counts those that break it.
//!
//! Sources: design.md section 4 (`SeatPool`, `HouseholdSlot`, two persons) and section 5. A check that
//! the database also enforces by a constraint stands here too, because a constraint can be dropped and
//! a dump restored without it.

mod grants;
mod ledger;
mod seats;
mod selection;
mod waves;

use domain::rupiah::Rupiah;
use domain::wave::WaveNumber;
use sqlx::{AssertSqlSafe, PgConnection, Row as _};

use crate::convert::{count, wave_key};
use crate::error::StorageError;
use crate::statistics::allow_large_scans;

pub use seats::seat_balances_read;

/// How many offending ids a check names.
const EXAMPLES: usize = 5;

/// What one check found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// Stable name, `snake_case`.
    pub name: &'static str,
    /// The rule in one sentence.
    pub what: &'static str,
    /// Rows looked at.
    pub counted: u64,
    /// Rows that break the rule.
    pub violations: u64,
    /// Up to five of them: ids, codes and numbers, never a personal value.
    pub examples: Vec<String>,
}

/// What the policy of a wave says, as far as stored rows can be held against it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WaveTerms {
    /// The wave.
    pub wave: WaveNumber,
    /// Training balance of each grant.
    pub training: Rupiah,
    /// Incentives of each grant.
    pub incentives: Rupiah,
    /// Survey payments of each grant.
    pub surveys: Rupiah,
    /// Grants a family card may hold; `None` without a limit.
    pub household_cap: Option<u8>,
    /// Whether a revoked grant keeps its place on the family card.
    pub revoked_keeps_place: bool,
    /// Youngest age.
    pub min_age: u8,
    /// Oldest age; `None` without a limit.
    pub max_age: Option<u8>,
}

/// One invariant. `rows` is a query that yields `ok` and `id` for each row it looks at and may read the
/// terms as the table `terms`; an `ok` that is NULL counts as broken.
struct Invariant {
    name: &'static str,
    what: &'static str,
    rows: &'static str,
}

/// The terms as a table, for every statement alike.
const TERMS: &str = "WITH terms AS (
    SELECT * FROM unnest($1::smallint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::smallint[],
                         $6::boolean[], $7::smallint[], $8::smallint[])
        AS t (wave, training, incentives, surveys, household_cap, revoked_keeps_place, min_age, max_age)
)";

/// Runs every check in the caller's transaction, which must see one state throughout
/// ([`crate::database::Database::begin_snapshot`]). A wave without terms breaks the checks that need
/// them.
///
/// # Errors
/// [`StorageError`].
pub async fn invariants_check(
    conn: &mut PgConnection,
    terms: &[WaveTerms],
) -> Result<Vec<Check>, StorageError> {
    allow_large_scans(conn).await?;
    let columns = TermColumns::new(terms);
    let mut checks = Vec::new();
    for invariant in [waves::ALL, selection::ALL, grants::ALL, ledger::ALL, seats::ALL].concat() {
        checks.push(run(conn, &columns, invariant).await?);
    }
    checks.push(seats::conservation_check(conn).await?);
    Ok(checks)
}

async fn run(
    conn: &mut PgConnection,
    terms: &TermColumns,
    invariant: &Invariant,
) -> Result<Check, StorageError> {
    let Invariant { name, what, rows } = *invariant;
    let counting = format!(
        "{TERMS} SELECT count(*), count(*) FILTER (WHERE ok IS NOT TRUE) FROM ({rows}) looked_at"
    );
    let row = terms.bind(&counting).fetch_one(&mut *conn).await?;
    let (counted, violations) = (count(row.try_get(0)?), count(row.try_get(1)?));
    let mut examples = Vec::new();
    if violations > 0 {
        // Only now: naming every row would cost more than counting them.
        let naming = format!(
            "{TERMS} SELECT id FROM ({rows}) looked_at WHERE ok IS NOT TRUE ORDER BY id LIMIT {EXAMPLES}"
        );
        for row in terms.bind(&naming).fetch_all(conn).await? {
            examples.push(row.try_get(0)?);
        }
    }
    Ok(Check { name, what, counted, violations, examples })
}

/// The terms by column, as a statement takes them.
#[derive(Default)]
struct TermColumns {
    waves: Vec<i16>,
    amounts: [Vec<i64>; 3],
    caps: Vec<Option<i16>>,
    kept: Vec<bool>,
    min_ages: Vec<i16>,
    max_ages: Vec<Option<i16>>,
}

impl TermColumns {
    fn new(terms: &[WaveTerms]) -> Self {
        let amount = |of: fn(&WaveTerms) -> Rupiah| terms.iter().map(|t| of(t).get()).collect();
        Self {
            waves: terms.iter().map(|t| wave_key(t.wave)).collect(),
            amounts: [amount(|t| t.training), amount(|t| t.incentives), amount(|t| t.surveys)],
            caps: terms.iter().map(|t| t.household_cap.map(i16::from)).collect(),
            kept: terms.iter().map(|t| t.revoked_keeps_place).collect(),
            min_ages: terms.iter().map(|t| i16::from(t.min_age)).collect(),
            max_ages: terms.iter().map(|t| t.max_age.map(i16::from)).collect(),
        }
    }

    fn bind(
        &self,
        statement: &str,
    ) -> sqlx::query::Query<'static, sqlx::Postgres, sqlx::postgres::PgArguments> {
        let [training, incentives, surveys] = self.amounts.clone();
        sqlx::query(AssertSqlSafe(statement.to_owned()))
            .persistent(false)
            .bind(self.waves.clone())
            .bind(training)
            .bind(incentives)
            .bind(surveys)
            .bind(self.caps.clone())
            .bind(self.kept.clone())
            .bind(self.min_ages.clone())
            .bind(self.max_ages.clone())
    }
}
