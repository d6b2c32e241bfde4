//! `bench stats`: the reports on all regions, beside one plain query for each table of the page of the province that has
//! figures.

use std::collections::BTreeMap;
use std::time::Instant;

use anyhow::{Context as _, Result, ensure};
use app::statistics::count_country;
use domain::funnel::{AgeBand, Funnel, FunnelReport};
use domain::policy::Named as _;
use sqlx::{AssertSqlSafe, PgConnection};
use storage::scratch::Scratch;

use super::Plan;
use super::copies::{connect, copy_database, seal};
use super::machine::{Machine, flush_rate};
use super::memory::MemorySampler;
use super::replay::{PROVINCE, Province};
use super::report::{Extras, Report, grouped, progress};
use super::series::Series;

/// Joins, unique applicants, recipients, effective and revoked ones.
type Counts = [i64; 5];
/// The rows of one table of the page by their key.
type Table = BTreeMap<String, Counts>;

/// Ages in the bands of the page, as numbers in the order of `AgeBand::ALL`.
const BAND: &str = "CASE WHEN age < 26 THEN 0 WHEN age < 36 THEN 1 WHEN age < 46 THEN 2
                         WHEN age < 56 THEN 3 WHEN age < 65 THEN 4 ELSE 5 END";

/// Measures the report.
///
/// # Errors
/// The server fails, or the two sides differ.
pub(super) async fn measure(plan: Plan) -> Result<Report> {
    let scratch = Scratch::start().await?;
    progress(&format!("replaying {} joins", grouped(plan.size)));
    Province::new(plan.size)?.fill(scratch.database()).await?;
    seal(&scratch).await?;
    let flush_per_s = flush_rate(scratch.folder())?;
    let database = copy_database(&scratch, "bench_stats").await?;
    let mut conn = connect(&scratch, "bench_stats").await?;

    let mut ours = Series::new(plan.size);
    let mut theirs = Series::new(plan.size);
    let mut peak_bytes = 0;
    for run in 1..=plan.runs {
        progress(&format!("run {run} of {}", plan.runs));
        let sampler = MemorySampler::start(Some(scratch.embedded().server_pid()));
        let started = Instant::now();
        let country = count_country(&database).await?;
        ours.seconds.push(started.elapsed().as_secs_f64());
        peak_bytes = peak_bytes.max(sampler.finish()?);

        let started = Instant::now();
        let tables = plain_tables(&mut conn).await?;
        theirs.seconds.push(started.elapsed().as_secs_f64());
        let province = country.of.get(&PROVINCE).context("the province has figures")?;
        for ((name, ours), theirs) in report_tables(&province.report).into_iter().zip(tables) {
            ensure!(ours == theirs, "the sides differ by {name}: {ours:?} and {theirs:?}");
        }
    }
    database.close().await;
    Ok(Report {
        bench: "stats",
        unit: "joins",
        data: format!(
            "the reports on all regions counted from {} joins of province {PROVINCE}",
            grouped(plan.size)
        ),
        ours,
        peak_of: "this process and PostgreSQL",
        peak_bytes,
        alternative: "seven plain SQL queries, one for each table of the page",
        theirs,
        extras: Extras::default(),
        flush_per_s,
        machine: Machine::read(Some(scratch.embedded().version()))?,
        limits: Vec::new(),
    })
}

/// The report as the tables of its page, without the rows of nobody.
fn report_tables(report: &FunnelReport) -> [(&'static str, Table); 7] {
    let bands = report.by_age.iter().map(|(band, funnel)| {
        let place = AgeBand::ALL.iter().position(|other| other == band);
        (place.map_or_else(String::new, |place| place.to_string()), counts(funnel))
    });
    let attempts = report.by_attempts.iter();
    let attempts = attempts.map(|(joins, persons)| (joins.to_string(), [0, *persons, 0, 0, 0]));
    [
        ("all", table([("all".to_owned(), counts(&report.total))])),
        (
            "region",
            table(report.by_regency.iter().map(|(code, f)| (code.get().to_string(), counts(f)))),
        ),
        ("wave", table(report.by_wave.iter().map(|(wave, f)| (wave.to_string(), counts(f))))),
        ("sex", table(report.by_sex.iter().map(|(sex, f)| (sex.name().to_owned(), counts(f))))),
        ("age", table(bands)),
        (
            "education",
            table(
                report.by_education.iter().map(|(level, f)| (level.name().to_owned(), counts(f))),
            ),
        ),
        ("attempts", table(attempts)),
    ]
}

fn counts(funnel: &Funnel) -> [u64; 5] {
    let Funnel { joins, unique_applicants, sk_recipients, effective, revoked, .. } = *funnel;
    [joins, unique_applicants, sk_recipients, effective, revoked]
}

fn table(rows: impl IntoIterator<Item = (String, [u64; 5])>) -> Table {
    let rows = rows.into_iter().filter(|(_, counts)| *counts != [0; 5]);
    rows.map(|(key, counts)| (key, counts.map(|count| count as i64))).collect()
}

/// The alternative: the same tables by one query each, in the order of [`report_tables`].
async fn plain_tables(conn: &mut PgConnection) -> Result<[Table; 7]> {
    let last = "(SELECT DISTINCT ON (person_id) * FROM memberships ORDER BY person_id, wave DESC)";
    Ok([
        plain_table(conn, "'all'", last).await?,
        plain_table(conn, "region", last).await?,
        // Within one wave every join is another person.
        plain_table(conn, "wave", "memberships").await?,
        plain_table(conn, "sex", last).await?,
        plain_table(conn, BAND, last).await?,
        plain_table(conn, "education", last).await?,
        read_table(
            conn,
            "SELECT joins::text, 0::bigint, count(*), 0::bigint, 0::bigint, 0::bigint
             FROM (SELECT count(*) AS joins FROM memberships GROUP BY person_id) persons
             GROUP BY joins"
                .to_owned(),
        )
        .await?,
    ])
}

/// One table with its groups by `key`; applicants are the rows of `applicants`.
async fn plain_table(conn: &mut PgConnection, key: &str, applicants: &str) -> Result<Table> {
    let inside = format!("region / 100 = {PROVINCE}");
    let statement = format!(
        "WITH joined AS (
             SELECT {key} AS key, count(*) AS joins FROM memberships WHERE {inside} GROUP BY 1
         ), applied AS (
             SELECT {key} AS key, count(*) AS persons FROM {applicants} a WHERE {inside} GROUP BY 1
         ), named AS (
             SELECT {key} AS key, count(*) AS recipients,
                    count(*) FILTER (WHERE state = 'active') AS effective,
                    count(*) FILTER (WHERE state = 'revoked') AS revoked
             FROM (
                 SELECT m.*, b.state
                 FROM beneficiaries b
                 JOIN memberships m ON m.wave = b.wave AND m.person_id = b.person_id
             ) r
             WHERE {inside}
             GROUP BY 1
         )
         SELECT key::text, coalesce(joins, 0), coalesce(persons, 0), coalesce(recipients, 0),
                coalesce(effective, 0), coalesce(revoked, 0)
         FROM joined FULL JOIN applied USING (key) FULL JOIN named USING (key)"
    );
    read_table(conn, statement).await
}

async fn read_table(conn: &mut PgConnection, statement: String) -> Result<Table> {
    let rows: Vec<(String, i64, i64, i64, i64, i64)> =
        sqlx::query_as(AssertSqlSafe(statement)).fetch_all(conn).await?;
    Ok(rows.into_iter().map(|(key, a, b, c, d, e)| (key, [a, b, c, d, e])).collect())
}
