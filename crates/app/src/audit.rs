//! The audit: every invariant held against the rows, and the public figures against each other.

use domain::funnel::{Funnel, FunnelReport};
use domain::policy::PolicyVersion;
use domain::wave::WaveNumber;
use storage::database::Database;
use storage::error::StorageError;
use storage::invariants::invariants_check;
pub use storage::invariants::{Check, WaveTerms};
use storage::reference::waves_list;
use storage::statistics::provinces_list;

use crate::reference::{NoPolicy, Policies};
use crate::statistics::{StatisticsError, read_country};

/// How many faults of a check are named.
const EXAMPLES: usize = 5;

/// What the audit found.
#[derive(Clone, Debug)]
pub struct AuditReport {
    /// Every check, in a stable order.
    pub checks: Vec<Check>,
}

impl AuditReport {
    /// True if no check found a violation.
    pub fn is_clean(&self) -> bool {
        self.checks.iter().all(|check| check.violations == 0)
    }
}

/// Why there is no report. A broken invariant is no error: it stands in the report.
#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    /// The database failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The figures could not be counted.
    #[error(transparent)]
    Statistics(#[from] StatisticsError),
    /// Nothing was published, so nothing was held against anything.
    #[error("there is nothing to audit: no wave is published in this database")]
    Empty,
    /// A published wave has no policy.
    #[error(transparent)]
    Policy(#[from] NoPolicy),
}

/// Runs every check. Changes nothing; takes about 20 seconds for 3 million joins.
///
/// # Errors
/// [`AuditError`] if a check could not be made.
pub async fn audit(database: &Database, policies: &Policies) -> Result<AuditReport, AuditError> {
    let mut tx = database.begin_snapshot().await?;
    let waves = waves_list(&mut tx).await?;
    if waves.is_empty() {
        return Err(AuditError::Empty);
    }
    let (mut terms, mut strange) = (Vec::with_capacity(waves.len()), Vec::new());
    for wave in &waves {
        let policy = policies.for_wave(wave.wave)?;
        terms.push(wave_terms(wave.wave, &policy.version));
        if policy.digest != wave.policy_digest {
            strange.push(format!("wave {} policy {}", wave.wave, policy.id));
        }
    }
    let mut checks = invariants_check(&mut tx, &terms).await?;
    checks.push(check(
        "policies_as_published",
        "the policy a wave is held against is, byte for byte, the one it was published with",
        waves.len(),
        strange,
    ));
    let (mut counted, mut faults) = (0usize, Vec::new());
    let country = read_country(&mut tx).await?;
    for province in provinces_list(&mut tx).await? {
        let Some(statistics) = country.of.get(&province) else {
            // Else its regencies share a quota that nobody has joined for.
            if !country.without.contains(&province) {
                return Err(StatisticsError::UnknownRegion(province).into());
            }
            continue;
        };
        let (rows, found) = report_faults(&statistics.report);
        counted = counted.saturating_add(rows);
        faults.extend(found);
    }
    checks.push(check(
        "figures_add_up",
        "every row of the public figures obeys the funnel, and the rows of each table add up to its total",
        counted,
        faults,
    ));
    Ok(AuditReport { checks })
}

fn check(name: &'static str, what: &'static str, counted: usize, mut faults: Vec<String>) -> Check {
    let number = |count| u64::try_from(count).unwrap_or(u64::MAX);
    let violations = number(faults.len());
    faults.truncate(EXAMPLES);
    Check { name, what, counted: number(counted), violations, examples: faults }
}

/// The terms of a policy that rows are held against.
pub fn wave_terms(wave: WaveNumber, policy: &PolicyVersion) -> WaveTerms {
    let (grant, rules) = (policy.grant(), policy.eligibility());
    WaveTerms {
        wave,
        training: grant.training,
        incentives: grant.incentives,
        surveys: grant.surveys,
        household_cap: rules.max_beneficiaries_per_kk,
        revoked_keeps_place: rules.kk_counts_revoked,
        min_age: rules.min_age,
        max_age: rules.max_age,
    }
}

/// How many rows a report has, and where they break the rules of the funnel or do not add up.
fn report_faults(report: &FunnelReport) -> (usize, Vec<String>) {
    let tables: [(&str, Vec<(String, &Funnel)>); 5] = [
        ("regency", named(&report.by_regency, ToString::to_string)),
        ("wave", named(&report.by_wave, ToString::to_string)),
        ("sex", named(&report.by_sex, |sex| format!("{sex:?}"))),
        ("age", named(&report.by_age, |band| band.label().to_owned())),
        ("education", named(&report.by_education, |level| format!("{level:?}"))),
    ];
    let total = &report.total;
    let mut rows = 1usize;
    let mut faults = row_faults(report, "total", "", total);
    for (table, entries) in &tables {
        let mut sum = Funnel::default();
        for (name, funnel) in entries {
            rows = rows.saturating_add(1);
            sum.add(funnel);
            faults.extend(row_faults(report, table, name, funnel));
        }
        // A person joins several waves, and a freed seat has neither sex nor age.
        let expected = match *table {
            "wave" => Funnel {
                unique_applicants: sum.unique_applicants,
                men: sum.men,
                women: sum.women,
                ..*total
            },
            "regency" => *total,
            _ => Funnel { reallocated: 0, ..*total },
        };
        if sum != expected {
            faults.push(format!("region {}: rows by {table} do not add up", report.region));
        }
    }
    let persons =
        report.by_attempts.iter().fold(0u64, |sum, (_, persons)| sum.saturating_add(*persons));
    if persons != total.unique_applicants {
        faults.push(format!("region {}: rows by attempts do not add up", report.region));
    }
    (rows, faults)
}

fn named<K>(rows: &[(K, Funnel)], name: impl Fn(&K) -> String) -> Vec<(String, &Funnel)> {
    rows.iter().map(|(key, funnel)| (name(key), funnel)).collect()
}

fn row_faults(report: &FunnelReport, table: &str, name: &str, funnel: &Funnel) -> Vec<String> {
    let place = format!("region {} {table} {name}", report.region);
    funnel.faults().iter().map(|fault| format!("{}: {fault}", place.trim_end())).collect()
}

#[cfg(test)]
mod tests {
    use domain::funnel::{AgeBand, Education};
    use domain::nik::Sex;
    use domain::region::RegionCode;
    use domain::time::Timestamp;

    use super::*;

    fn report() -> FunnelReport {
        let code = |code| RegionCode::new(code).expect("code");
        let men = Funnel {
            joins: 3,
            unique_applicants: 2,
            sk_recipients: 2,
            effective: 1,
            revoked: 1,
            men: 2,
            ..Funnel::default()
        };
        let women = Funnel {
            joins: 2,
            unique_applicants: 2,
            sk_recipients: 1,
            pending: 1,
            women: 2,
            ..Funnel::default()
        };
        let mut total = men;
        total.add(&women);
        let all = total;
        total.reallocated = 1;
        FunnelReport {
            region: code(15),
            as_of: Timestamp::from_micros(0),
            total,
            by_regency: vec![(code(1501), total)],
            by_wave: vec![(
                WaveNumber::new(1).expect("wave"),
                Funnel { unique_applicants: 5, men: 3, women: 2, ..total },
            )],
            by_sex: vec![(Sex::Man, men), (Sex::Woman, women)],
            by_age: vec![(AgeBand::From18To25, all)],
            by_education: vec![(Education::Bachelor, all)],
            by_attempts: vec![(1, 3), (2, 1)],
        }
    }

    /// A consistent report has no fault; moving one count of any table shows, by table and row.
    #[test]
    fn figures_that_do_not_add_up() {
        assert_eq!(report_faults(&report()), (7, Vec::new()));
        let faults = |change: fn(&mut FunnelReport)| {
            let mut report = report();
            change(&mut report);
            report_faults(&report).1
        };
        let sums = |table: &str| format!("region 15: rows by {table} do not add up");
        assert_eq!(faults(|r| r.by_regency[0].1.joins += 1), [sums("regency")]);
        assert_eq!(faults(|r| r.by_regency[0].1.reallocated = 0), [sums("regency")]);
        assert_eq!(faults(|r| r.by_wave[0].1.joins += 1), [sums("wave")]);
        assert_eq!(
            faults(|r| r.by_wave[0].1.men += 1),
            ["region 15 wave 1: men and women do not add up to the unique applicants"]
        );
        assert_eq!(
            faults(|r| r.by_sex[0].1.effective += 1),
            [
                "region 15 sex Man: effective, pending and revoked do not add up to the SK recipients"
                    .to_owned(),
                sums("sex")
            ]
        );
        assert_eq!(faults(|r| r.by_age[0].1.joins += 1), [sums("age")]);
        assert_eq!(
            faults(|r| r.by_education[0].1.joins = 3),
            [
                "region 15 education Bachelor: more unique applicants than joins".to_owned(),
                sums("education")
            ]
        );
        assert_eq!(faults(|r| r.by_attempts[0].1 = 2), [sums("attempts")]);
    }
}
