//! The report, its reader and the audit on a small world with a real database.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail the test")]

use std::time::Duration;

use app::audit::audit;
use app::reference::Reference;
use app::statistics::{
    PastReports, Statistics, StatisticsError, count_country, funnel_report, provinces,
};
use domain::funnel::{AgeBand, Education, Funnel, FunnelReport, Origin};
use domain::region::RegionCode;
use domain::time::Timestamp;
use sqlx::{ConnectOptions as _, PgConnection};
use storage::scratch::Scratch;
use tokio::time::timeout;

fn region(code: u16) -> RegionCode {
    RegionCode::new(code).unwrap()
}

async fn fill(scratch: &Scratch) -> PgConnection {
    let mut conn = scratch.embedded().superuser_options().connect().await.unwrap();
    let world = include_str!("../../storage/tests/world.sql");
    sqlx::raw_sql(world).execute(&mut conn).await.unwrap();
    conn
}

/// The whole report on the small world, counted by hand from `world.sql`; person 5 moved from 15.01 to
/// 15.71 and counts there, while the join of 15.01 stays one of 15.01.
#[tokio::test]
async fn report_of_a_small_world() {
    let scratch = Scratch::start().await.unwrap();
    let _conn = fill(&scratch).await;
    let statistics = funnel_report(scratch.database(), region(15), None).await.unwrap();
    assert_eq!(statistics.origin, Origin::Programme);
    let report = statistics.report;
    assert_eq!((report.as_of, report.region), (statistics.data_as_of, region(15)));
    let kerinci = Funnel {
        joins: 11,
        unique_applicants: 7,
        sk_recipients: 4,
        effective: 2,
        pending: 1,
        revoked: 1,
        reallocated: 1,
        men: 4,
        women: 3,
    };
    let jambi = Funnel {
        joins: 13,
        unique_applicants: 12,
        sk_recipients: 7,
        effective: 3,
        pending: 2,
        revoked: 2,
        reallocated: 3,
        men: 5,
        women: 7,
    };
    let mut total = kerinci;
    total.add(&jambi);
    assert_eq!(report.total, total);
    assert_eq!(
        report.by_regency,
        [(region(1501), kerinci), (region(1571), jambi), (region(1572), Funnel::default())]
    );
    let waves: Vec<(u16, u64, u64, u64)> = report
        .by_wave
        .iter()
        .map(|(wave, row)| (wave.get(), row.joins, row.unique_applicants, row.reallocated))
        .collect();
    assert_eq!(waves, [(1, 10, 10, 0), (2, 6, 6, 4), (3, 5, 5, 0), (4, 3, 3, 0)]);
    assert_eq!(report.by_attempts, [(1, 15), (2, 3), (3, 1)]);
    let ages: Vec<(AgeBand, u64)> =
        report.by_age.iter().map(|(band, row)| (*band, row.unique_applicants)).collect();
    assert_eq!(
        ages[..3],
        [(AgeBand::From18To25, 8), (AgeBand::From26To35, 9), (AgeBand::From36To45, 2)]
    );
    assert_eq!(ages.len(), AgeBand::ALL.len());
    let taught = report.by_education.iter().find(|(level, _)| *level == Education::SeniorHigh);
    assert_eq!(taught.unwrap().1, Funnel { reallocated: 0, ..total });
}

/// A question that has no answer is refused with what to do.
#[tokio::test]
async fn questions_without_an_answer() {
    let scratch = Scratch::start().await.unwrap();
    let database = scratch.database();
    let error = funnel_report(database, region(15), None).await.unwrap_err();
    assert!(matches!(error, StatisticsError::Empty), "{error}");

    let _conn = fill(&scratch).await;
    for (code, as_of, text) in [
        (16, None, "no province or kabupaten/kota has the code 16;"),
        (1509, None, "no province or kabupaten/kota has the code 15.09;"),
        (52, None, "no closed wave has joins of region 52 as of 2021-04-11T00:00:00Z;"),
        (15, Some(0), "no closed wave has joins of region 15 as of 1970-01-01T00:00:00Z;"),
    ] {
        let as_of = as_of.map(Timestamp::from_micros);
        let error = funnel_report(database, region(code), as_of).await.unwrap_err();
        assert!(error.to_string().starts_with(text), "{error}");
    }
}

/// Two more provinces beside Jambi: somebody joined twice in one, somebody once in the other, and person 5 of Jambi joined
/// last in the first.
const NEIGHBOURS: &str = "
    INSERT INTO regions (version, region, province, name, quota_weight, quota_weight_source) VALUES
        ('test', 11, 11, 'Aceh', NULL, NULL), ('test', 1101, 11, 'Kabupaten Aceh Selatan', 1, 'test'),
        ('test', 5201, 52, 'Kabupaten Lombok Barat', 1, 'test');
    INSERT INTO memberships
    SELECT '2020-06-11Z', pg_temp.person(person), pg_temp.person(person), 'woman', 'senior_high', wave, region, 30,
           decode(lpad(person::text, 32, '0'), 'hex'), '\\x0000000000000000'
    FROM (VALUES (30, 1, 1101), (30, 3, 1101), (31, 1, 5201), (5, 4, 1101)) v (person, wave, region);";

/// The country is counted once for all: every region that has figures has the report it would have by itself, and every
/// other is known to have none.
#[tokio::test]
async fn country_at_once() {
    let scratch = Scratch::start().await.unwrap();
    let database = scratch.database();
    assert!(matches!(count_country(database).await, Err(StatisticsError::Empty)));
    assert_eq!(provinces(database).await.unwrap(), []);
    let mut conn = fill(&scratch).await;
    sqlx::raw_sql(NEIGHBOURS).execute(&mut conn).await.unwrap();
    let country = count_country(database).await.unwrap();
    let counted: Vec<(u16, u64, u64)> = country
        .of
        .iter()
        .map(|(region, Statistics { report: FunnelReport { total, .. }, .. })| {
            (region.get(), total.joins, total.unique_applicants)
        })
        .collect();
    let jambi = [(15, 24, 18), (1501, 11, 7), (1571, 13, 11)];
    let expected =
        [&[(11, 3, 2)], &jambi[..1], &[(52, 1, 1), (1101, 3, 2)], &jambi[1..], &[(5201, 1, 1)]];
    assert_eq!(counted, expected.concat());
    assert_eq!(country.without, [region(1572)].into());
    for (region, of_all) in country.of {
        let own = funnel_report(database, region, None).await.unwrap();
        assert_eq!((own.report, own.data_as_of), (of_all.report, of_all.data_as_of));
    }
    assert_eq!(provinces(database).await.unwrap(), [region(15)]);
}

/// Statements that wait for a lock.
async fn waiting(conn: &mut PgConnection) -> i64 {
    let statement = "SELECT count(*) FROM pg_locks WHERE NOT granted";
    sqlx::query_scalar(statement).fetch_one(conn).await.unwrap()
}

/// A report of the past counts what was then. Whoever asks for one waits while another is counted, even if that one's
/// reader has gone.
#[tokio::test]
async fn past_reports_one_at_a_time() {
    let scratch = Scratch::start().await.unwrap();
    let mut conn = fill(&scratch).await;
    let reports = PastReports::new(scratch.database().clone());
    let past = Timestamp::from_micros(1_600_000_000_000_000);
    let then = reports.report(region(15), past).await.unwrap();
    assert_eq!((then.report.as_of, then.report.total.joins), (past, 16));
    // A lock keeps the first at its statement.
    sqlx::raw_sql("BEGIN; LOCK TABLE memberships").execute(&mut conn).await.unwrap();
    let mut first = Box::pin(reports.report(region(15), past));
    while waiting(&mut conn).await == 0 {
        assert!(timeout(Duration::from_millis(1), &mut first).await.is_err());
    }
    drop(first);
    let limit = Duration::from_millis(300);
    assert!(timeout(limit, reports.report(region(15), past)).await.is_err());
    assert!(waiting(&mut conn).await <= 1, "the second has begun beside the first");
    sqlx::raw_sql("COMMIT").execute(&mut conn).await.unwrap();
    assert_eq!(reports.report(region(15), past).await.unwrap().report, then.report);
}

/// The audit runs as the serving role over policies as loaded: the world breaks exactly what its own
/// terms differ in from the real policies, and its figures add up.
#[tokio::test]
async fn audit_reports_every_check() {
    let scratch = Scratch::start().await.unwrap();
    let _conn = fill(&scratch).await;
    let reference = Reference::builtin().unwrap();
    let report = audit(scratch.database(), &reference.policies).await.unwrap();
    let broken: Vec<&str> =
        report.checks.iter().filter(|c| c.violations > 0).map(|c| c.name).collect();
    assert_eq!(broken, ["household_place_numbers", "policies_as_published"]);
    assert!(!report.is_clean());
    let figures = report.checks.last().unwrap();
    assert_eq!((figures.name, figures.violations), ("figures_add_up", 0));
    assert_eq!(figures.counted, 1 + 3 + 4 + 2 + 6 + 8);
}
