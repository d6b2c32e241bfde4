//! `bench import`: a file of persons with all its checks, beside a plain COPY of the very same rows.

use std::fs::{self, File, Permissions};
use std::io::{BufWriter, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::Instant;

use anyhow::{Context as _, Result, ensure};
use app::import::{ImportJob, ImportOutcome, Kind, Mode, import_file, survey_file};
use domain::region::RegionCode;
use sqlx::Connection as _;
use storage::database::Database;

use crate::clock;
use crate::installation::SystemRng;

use super::Plan;
use super::copies::{connect_superuser, copy_database, seal};
use super::machine::{Machine, flush_rate};
use super::memory::MemorySampler;
use super::random::mix;
use super::replay::{count_rows, dump, load};
use super::report::{Extras, Limit, Report, grouped, progress};
use super::series::Series;
use super::world::World;

/// Seconds for the default size at the bar of 60,000 rows a second.
const SECONDS_MAX: f64 = 1_000_000.0 / 60_000.0;

/// Measures the import.
///
/// # Errors
/// The server fails, a row is refused, or a result is wrong.
pub(super) async fn measure(plan: Plan) -> Result<Report> {
    let world = World::start(&[]).await?;
    seal(world.scratch()).await?;
    let folder = world.scratch().folder();
    let flush_per_s = flush_rate(folder)?;
    let files = folder.join("rows");
    fs::create_dir(&files)?;
    // The server writes the files, and may run as another user.
    fs::set_permissions(&files, Permissions::from_mode(0o777))?;
    let file = folder.join("persons.csv");
    progress(&format!("writing {} persons", grouped(plan.size)));
    write_persons(&file, plan.size, &world.regencies())?;

    let mut ours = Series::new(plan.size);
    let mut theirs = Series::new(plan.size);
    let mut peak_bytes = 0;
    for run in 1..=plan.runs {
        progress(&format!("run {run} of {}: import", plan.runs));
        let database = copy_database(world.scratch(), "bench_import").await?;
        let sampler = MemorySampler::start(Some(world.scratch().embedded().server_pid()));
        let started = Instant::now();
        let imported = import(&world, &database, &file).await?;
        ours.seconds.push(started.elapsed().as_secs_f64());
        peak_bytes = peak_bytes.max(sampler.finish()?);
        ensure!(
            matches!(&imported, ImportOutcome::Imported(result) if result.counts.done == plan.size),
            "{imported:?}"
        );
        let again = import(&world, &database, &file).await?;
        ensure!(matches!(again, ImportOutcome::Before { .. }), "a second import: {again:?}");
        database.close().await;
        let mut conn = connect_superuser(world.scratch(), "bench_import").await?;
        let rows = count_rows(&mut conn).await?;
        ensure!(rows.iter().sum::<u64>() == 3 * plan.size, "{rows:?} for {} persons", plan.size);
        dump(&mut conn, &files).await?;
        conn.close().await?;

        progress(&format!("run {run} of {}: copy", plan.runs));
        copy_database(world.scratch(), "bench_copy").await?.close().await;
        let mut conn = connect_superuser(world.scratch(), "bench_copy").await?;
        let started = Instant::now();
        load(&mut conn, &files).await?;
        theirs.seconds.push(started.elapsed().as_secs_f64());
        ensure!(count_rows(&mut conn).await? == rows, "the copy has other numbers of rows");
        conn.close().await?;
    }
    Ok(Report {
        bench: "import",
        unit: "persons",
        data: format!(
            "a file of {} persons in {} MiB, every one new",
            grouped(plan.size),
            fs::metadata(&file)?.len() >> 20
        ),
        ours,
        peak_of: "this process and PostgreSQL during the import",
        peak_bytes,
        alternative: "plain binary COPY of the same rows, sealed already, into the same tables, indexes and \
                      constraints",
        theirs,
        extras: Extras::default(),
        flush_per_s,
        machine: Machine::read(Some(world.scratch().embedded().version()))?,
        limits: if plan.judged { vec![Limit::Seconds(SECONDS_MAX)] } else { Vec::new() },
    })
}

async fn import(world: &World, database: &Database, file: &Path) -> Result<ImportOutcome> {
    let survey = survey_file(file, Kind::Persons)?;
    let job = ImportJob {
        database,
        keys: world.keys(),
        policies: world.policies(),
        now: clock::now(),
        actor: "bench",
        rng: &|| Box::new(SystemRng),
        survey: &survey,
        kind: Kind::Persons,
        mode: Mode::AllOrNothing,
        report: &file.with_extension("errors"),
        progress: &|_| {},
    };
    Ok(import_file(&job).await?)
}

/// A number as a name that no other has: names have no digits.
fn in_letters(number: u64) -> String {
    let letter =
        |digit: char| digit.to_digit(10).and_then(|digit| char::from_digit(digit + 10, 20));
    number.to_string().chars().filter_map(letter).collect()
}

/// Writes made-up persons; two of three share a family card with the one before.
fn write_persons(path: &Path, count: u64, regencies: &[RegionCode]) -> Result<()> {
    const SEXES: [&str; 2] = ["man", "woman"];
    const LEVELS: [&str; 4] = ["junior_high", "senior_high", "vocational", "bachelor"];
    const WORK: [&str; 3] = ["job_seeker", "laid_off", "worker"];
    let mut out = BufWriter::new(File::create(path)?);
    writeln!(
        out,
        "nik,family_card,name,born_on,phone,email,sex,education,employment,region,disability"
    )?;
    for number in 0..count {
        let random = mix(number + 1);
        let pick = |from: u64| (random >> from) as usize;
        let region = regencies.get(pick(32) % regencies.len()).context("regencies")?;
        writeln!(
            out,
            "{:04}01{number:010},{:04}{:012},Warga {},{}-{:02}-{:02},+62812{:08},\
             warga{number}@contoh.id,{},{},{},{region},{}",
            region.get(),
            region.get(),
            900_000_000_000 + number / 3,
            in_letters(number),
            1960 + random % 45,
            1 + pick(8) % 12,
            1 + pick(16) % 28,
            random % 100_000_000,
            SEXES[pick(20) % SEXES.len()],
            LEVELS[pick(24) % LEVELS.len()],
            WORK[pick(28) % WORK.len()],
            random.is_multiple_of(50),
        )?;
    }
    Ok(out.into_inner()?.sync_all()?)
}
