//! `bench draw`: a national draw from file to file, beside the database ordering the same people.

use std::fs::{self, File};
use std::io::{BufReader, Read as _};
use std::path::Path;
use std::time::Instant;

use anyhow::{Context as _, Result, ensure};
use selection::digest::Seed;
use selection::draw::WAITLIST_CAPPED;
use selection::record::{RECORD_SIZE_BYTES, Record};
use sqlx::PgConnection;
use storage::copy::CopyRows;
use storage::embedded::DATABASE;
use storage::scratch::Scratch;

use super::copies::connect_superuser;
use super::draw_file::{DrawFileSummary, draw_file, sample_regions, write_sample_entries};
use super::machine::{Machine, cores, flush_rate};
use super::memory::MemorySampler;
use super::report::{Limit, Report, Series, grouped, progress};
use super::{Plan, SEED};

/// Regencies of the country.
const REGIONS: u16 = 514;
/// One person in five gets a seat.
const PEOPLE_PER_SEAT: u64 = 5;
/// Beneficiaries a family card may have.
const HOUSEHOLD_CAP: u8 = 2;
/// Seed of the draw.
const DRAW_SEED: [u8; 32] = [7; 32];
/// Rows sent to the database at once.
const CHUNK_ROWS: u64 = 100_000;

/// The same people as rows of the database.
const MAKE_ROWS: &str =
    "CREATE TABLE bench_entries (region smallint NOT NULL, entry_tag bytea NOT NULL)";
const COPY_ROWS: &str = "COPY bench_entries (region, entry_tag) FROM STDIN (FORMAT binary)";
/// Every person's place within the region by a hash that anyone can recompute. Adding the places up
/// keeps the database from leaving them out.
const ORDER_ROWS: &str = "
    SELECT count(*), sum(place)::bigint
    FROM (
        SELECT row_number() OVER (PARTITION BY region ORDER BY sha256($1 || entry_tag)) AS place
        FROM bench_entries
    ) ordered";

/// Measures the draw.
///
/// # Errors
/// Files or server fail, or a result is wrong.
pub(super) async fn measure(plan: Plan) -> Result<Report> {
    let scratch = Scratch::start().await?;
    let flush_per_s = flush_rate(scratch.folder())?;
    let entries = scratch.folder().join("entries.bin");
    let waitlist = scratch.folder().join("waitlist.bin");
    let regions = sample_regions(plan.size, REGIONS);
    progress(&format!("writing {} records of 64 bytes", grouped(plan.size)));
    write_sample_entries(&entries, &regions, SEED)?;
    progress("loading the same people into the database");
    let mut conn = connect_superuser(&scratch, DATABASE).await?;
    load_rows(&mut conn, &entries, plan.size).await?;

    let seats: Vec<(u16, u32)> = regions
        .iter()
        .map(|&(region, people)| Ok((region, u32::try_from(people / PEOPLE_PER_SEAT)?)))
        .collect::<Result<_>>()?;
    let places = regions.iter().map(|&(_, people)| people * (people + 1) / 2).sum();
    let mut ours = Series::new(plan.size);
    let mut theirs = Series::new(plan.size);
    let mut peak_bytes = 0;
    for run in 1..=plan.runs {
        progress(&format!("run {run} of {}", plan.runs));
        if waitlist.exists() {
            fs::remove_file(&waitlist)?;
        }
        let sampler = MemorySampler::start(None);
        let started = Instant::now();
        let summary = draw_file(
            &entries,
            &waitlist,
            &seats,
            &Seed::from_bytes(DRAW_SEED),
            HOUSEHOLD_CAP,
            cores(),
        )?;
        ours.seconds.push(started.elapsed().as_secs_f64());
        peak_bytes = peak_bytes.max(sampler.finish()?);
        check_draw(&summary, &waitlist, &seats, plan.size)?;

        let started = Instant::now();
        let ordered = order_rows(&mut conn).await?;
        theirs.seconds.push(started.elapsed().as_secs_f64());
        ensure!(ordered == (plan.size, places), "the database ordered {ordered:?}");
    }
    let limits = vec![Limit::Seconds(2.5), Limit::PeakMib(128.0)];
    Ok(Report {
        bench: "draw",
        unit: "people",
        data: format!(
            "{REGIONS} regions, {} seats, entries.bin of {} MiB in, waitlist.bin out",
            grouped(seats.iter().map(|&(_, seats)| u64::from(seats)).sum()),
            grouped((plan.size * RECORD_SIZE_BYTES as u64) >> 20),
        ),
        ours,
        peak_of: "this process during the draw",
        peak_bytes,
        alternative: "PostgreSQL row_number() by region over sha256(seed || entry tag), result not stored",
        theirs,
        flush_per_s,
        machine: Machine::read(scratch.embedded().version())?,
        limits: if plan.judged { limits } else { Vec::new() },
    })
}

async fn load_rows(conn: &mut PgConnection, entries: &Path, records: u64) -> Result<()> {
    sqlx::query(MAKE_ROWS).execute(&mut *conn).await?;
    let mut input = BufReader::with_capacity(1 << 20, File::open(entries)?);
    let mut left = records;
    while left > 0 {
        let mut rows = CopyRows::new(2);
        for _ in 0..left.min(CHUNK_ROWS) {
            let mut bytes = [0; RECORD_SIZE_BYTES];
            input.read_exact(&mut bytes)?;
            let record = Record::from_bytes(&bytes)?;
            rows.row().i16(record.parts().region as i16).bytes(&record.parts().entry_tag.0);
        }
        left -= rows.len();
        rows.send(conn, COPY_ROWS).await?;
    }
    sqlx::query("VACUUM ANALYZE bench_entries").execute(&mut *conn).await?;
    // Large enough that each sort takes few passes, small enough for the machine.
    sqlx::query("SET work_mem = '512MB'").execute(conn).await?;
    Ok(())
}

async fn order_rows(conn: &mut PgConnection) -> Result<(u64, u64)> {
    let (people, places): (i64, i64) =
        sqlx::query_as(ORDER_ROWS).bind(DRAW_SEED.as_slice()).fetch_one(conn).await?;
    Ok((u64::try_from(people)?, u64::try_from(places)?))
}

/// Counts the written waiting list again and compares it with the totals and the seats.
fn check_draw(
    summary: &DrawFileSummary,
    waitlist: &Path,
    seats: &[(u16, u32)],
    people: u64,
) -> Result<()> {
    let bytes = fs::read(waitlist).context("the waiting list is missing")?;
    let (codes, rest) = bytes.as_chunks::<4>();
    let count = |code: u32| codes.iter().filter(|c| u32::from_be_bytes(**c) == code).count() as u64;
    let seats: u64 = seats.iter().map(|&(_, seats)| u64::from(seats)).sum();
    ensure!(rest.is_empty() && codes.len() as u64 == people, "the waiting list is incomplete");
    ensure!(summary.selected == seats, "{} selected for {seats} seats", summary.selected);
    ensure!(count(0) == seats, "the waiting list names {} selected", count(0));
    ensure!(count(WAITLIST_CAPPED) == summary.capped, "the waiting list differs in capped people");
    ensure!(
        summary.selected + summary.waiting + summary.capped == people,
        "{summary:?} do not add up to {people}"
    );
    Ok(())
}
