//! `bench replay`: a province through all waves, beside a plain COPY of the very same rows.

use std::fs::{self, File, Permissions};
use std::io::Read as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::Instant;

use anyhow::{Context as _, Result, ensure};
use app::reference::Reference;
use domain::region::RegionCode;
use simulator::plan::{Plan as SimulatorPlan, Totals};
use simulator::replay::{ReplayInput, replay};
use simulator::shapes::wave_shapes;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
use storage::database::Database;
use storage::scratch::Scratch;
use storage::vault::KeyRing;

use crate::simulate::JAMBI_TOTALS;

use super::copies::{connect_superuser, copy_database, seal};
use super::machine::{Machine, flush_rate};
use super::memory::MemorySampler;
use super::random::SplitMix;
use super::report::{Extras, Limit, Report, grouped, progress};
use super::series::Series;
use super::{Plan, SEED};

/// Jambi, whose figures the press reported in September 2024.
pub(super) const PROVINCE: RegionCode = RegionCode::new(15).expect("a province");

/// The tables whose rows are compared and copied.
const TABLES: [&str; 10] = [
    "persons",
    "person_niks",
    "person_identities",
    "registration_checks",
    "memberships",
    "decisions",
    "beneficiaries",
    "household_slots",
    "training_orders",
    "transfers",
];
/// Bytes sent to the server at once.
const SEND_BYTES: usize = 256 * 1024;

/// Measures the replay.
///
/// # Errors
/// The server fails, the replay stops, or a result is wrong.
pub(super) async fn measure(plan: Plan) -> Result<Report> {
    let scratch = Scratch::start().await?;
    seal(&scratch).await?;
    let flush_per_s = flush_rate(scratch.folder())?;
    let files = scratch.folder().join("rows");
    fs::create_dir(&files)?;
    // The server writes the files, and may run as another user.
    fs::set_permissions(&files, Permissions::from_mode(0o777))?;

    let province = Province::new(plan.size)?;
    let mut ours = Series::new(0);
    let mut theirs = Series::new(0);
    let mut peak_bytes = 0;
    for run in 1..=plan.runs {
        progress(&format!("run {run} of {}: replay", plan.runs));
        let database = copy_database(&scratch, "bench_replay").await?;
        let sampler = MemorySampler::start(Some(scratch.embedded().server_pid()));
        let started = Instant::now();
        province.fill(&database).await?;
        ours.seconds.push(started.elapsed().as_secs_f64());
        peak_bytes = peak_bytes.max(sampler.finish()?);
        database.close().await;
        let mut conn = connect_superuser(&scratch, "bench_replay").await?;
        province.check(&mut conn).await?;
        let rows = count_rows(&mut conn).await?;
        dump(&mut conn, &files).await?;
        conn.close().await?;

        progress(&format!("run {run} of {}: copy", plan.runs));
        copy_database(&scratch, "bench_copy").await?.close().await;
        let mut conn = connect_superuser(&scratch, "bench_copy").await?;
        province.make_partitions(&mut conn).await?;
        let started = Instant::now();
        load(&mut conn, &files).await?;
        theirs.seconds.push(started.elapsed().as_secs_f64());
        ensure!(count_rows(&mut conn).await? == rows, "the copy has other numbers of rows");
        conn.close().await?;
        ours.size = rows.iter().sum();
        theirs.size = ours.size;
    }
    Ok(Report {
        bench: "replay",
        unit: "rows",
        data: format!(
            "{} joins of {} people over {} waves",
            grouped(province.plan.totals().joins),
            grouped(province.plan.totals().people),
            province.plan.waves().len(),
        ),
        ours,
        peak_of: "this process and PostgreSQL during the replay",
        peak_bytes,
        alternative: "plain binary COPY of the same rows into the same tables, indexes and constraints",
        theirs,
        extras: Extras::default(),
        flush_per_s,
        machine: Machine::read(Some(scratch.embedded().version()))?,
        limits: if plan.judged {
            vec![Limit::Seconds(120.0), Limit::PeakMib(2048.0), Limit::Ratio(0.25)]
        } else {
            Vec::new()
        },
    })
}

/// A province with a plan for so many joins.
pub(super) struct Province {
    reference: Reference,
    plan: SimulatorPlan,
    keys: KeyRing,
}

impl Province {
    /// Plans it.
    ///
    /// # Errors
    /// So many joins cannot be planned.
    pub(super) fn new(joins: u64) -> Result<Self> {
        let reference = Reference::builtin()?;
        let share = |total: u64| total * joins / JAMBI_TOTALS.joins;
        let totals = Totals {
            joins,
            people: share(JAMBI_TOTALS.people),
            sk: share(JAMBI_TOTALS.sk),
            effective: share(JAMBI_TOTALS.effective),
        };
        let plan = SimulatorPlan::new(&totals, &wave_shapes(&reference)?)?;
        Ok(Self { reference, plan, keys: KeyRing::generate(&mut SplitMix::new(SEED)) })
    }

    /// Replays it into an empty database.
    ///
    /// # Errors
    /// The replay stops.
    pub(super) async fn fill(&self, database: &Database) -> Result<()> {
        let input = ReplayInput {
            reference: &self.reference,
            province: PROVINCE,
            plan: &self.plan,
            seed: SEED,
            public: None,
        };
        Ok(replay(&input, database, &self.keys, &|_| {}).await?)
    }

    /// Counts the funnel in the rows and compares it with the totals asked for.
    async fn check(&self, conn: &mut PgConnection) -> Result<()> {
        let counted: (i64, i64, i64, i64, i64) = sqlx::query_as(
            "SELECT (SELECT count(*) FROM memberships),
                    (SELECT count(DISTINCT person_id) FROM memberships),
                    (SELECT count(*) FROM decisions WHERE outcome = 'selected'),
                    (SELECT count(*) FROM beneficiaries WHERE state = 'active'),
                    (SELECT sum(amount_rupiah)::bigint FROM entries)",
        )
        .fetch_one(conn)
        .await?;
        let Totals { joins, people, sk, effective } = *self.plan.totals();
        let [joins, people, sk, effective] = [joins, people, sk, effective].map(|n| n as i64);
        ensure!(counted == (joins, people, sk, effective, 0), "the replay ended at {counted:?}");
        Ok(())
    }

    /// The partitions that the calendar makes in a replayed database.
    async fn make_partitions(&self, conn: &mut PgConnection) -> Result<()> {
        for wave in self.reference.calendar.iter() {
            sqlx::query("SELECT create_wave_partitions($1)")
                .bind(wave.number.get() as i16)
                .execute(&mut *conn)
                .await?;
        }
        Ok(())
    }
}

/// Rows of each table.
///
/// # Errors
/// The database fails.
pub(super) async fn count_rows(conn: &mut PgConnection) -> Result<Vec<u64>> {
    let mut counts = Vec::new();
    for table in TABLES {
        let statement = AssertSqlSafe(format!("SELECT count(*) FROM {table}"));
        let count: i64 = sqlx::query_scalar(statement).fetch_one(&mut *conn).await?;
        counts.push(u64::try_from(count)?);
    }
    Ok(counts)
}

/// Writes each table to a file, in the order its rows lie in.
///
/// # Errors
/// The server cannot write there.
pub(super) async fn dump(conn: &mut PgConnection, files: &Path) -> Result<()> {
    for table in TABLES {
        let file = files.join(table);
        let file = file.to_str().context("the temporary folder's name is no text")?;
        let statement = format!("COPY (TABLE {table}) TO '{file}' (FORMAT binary)");
        sqlx::query(AssertSqlSafe(statement)).execute(&mut *conn).await?;
    }
    Ok(())
}

/// Loads each table from its file, one after the other, as any client would.
///
/// # Errors
/// The database fails.
pub(super) async fn load(conn: &mut PgConnection, files: &Path) -> Result<()> {
    let mut buffer = vec![0; SEND_BYTES];
    for table in TABLES {
        let mut file = File::open(files.join(table))?;
        let mut copy =
            conn.copy_in_raw(&format!("COPY {table} FROM STDIN (FORMAT binary)")).await?;
        loop {
            let read = file.read(&mut buffer)?;
            if read == 0 {
                break;
            }
            copy.send(&buffer[..read]).await?;
        }
        copy.finish().await?;
    }
    Ok(())
}
