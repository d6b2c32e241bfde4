//! `bench draw`: a national draw as the product publishes it, beside the database ordering the same
//! people and beside the shuffle of housing lotteries.

use std::fs::{self, File};
use std::io::{BufReader, Read as _};
use std::path::Path;
use std::time::Instant;

use anyhow::{Context as _, Result, ensure};
use publication::format::{QuotaFile, ResultFile};
use selection::draw::WAITLIST_CAPPED;
use selection::record::{RECORD_SIZE_BYTES, Record};
use sqlx::PgConnection;
use storage::copy::CopyRows;
use storage::embedded::DATABASE;
use storage::scratch::Scratch;

use super::copies::connect_superuser;
use super::machine::{Machine, flush_rate};
use super::memory::MemorySampler;
use super::published::SampleWave;
use super::report::{Extras, Limit, Report, grouped, progress};
use super::series::Series;
use super::shuffle::shuffle_draw;
use super::{Plan, SEED};

/// Files that a draw publishes.
const OUTCOME: [&str; 3] = ["selected.bin", "waitlist.bin", "result.json"];
/// Rows that the database can order within a minute; of a larger list it gets as large a part.
const ROWS_MAX: u64 = 10_000_000;
/// Rows sent to the database at once.
const CHUNK_ROWS: u64 = 100_000;
/// Seed of the database's hash.
const ROW_SEED: [u8; 32] = [7; 32];

/// The same people as rows of the database, with the seats of their regions.
const MAKE_ROWS: [&str; 2] = [
    "CREATE TABLE bench_entries (region smallint NOT NULL, entry_tag bytea NOT NULL)",
    "CREATE TABLE bench_seats (region smallint PRIMARY KEY, seats integer NOT NULL)",
];
const COPY_ROWS: &str = "COPY bench_entries (region, entry_tag) FROM STDIN (FORMAT binary)";
const INSERT_SEATS: &str =
    "INSERT INTO bench_seats SELECT * FROM unnest($1::smallint[], $2::integer[])";
/// The people within the seats of their region by a hash that anyone can recompute. Adding up all places
/// keeps the database from leaving the others out.
const ORDER_ROWS: &str = "
    SELECT count(*), count(*) FILTER (WHERE place <= seats), sum(place)::bigint
    FROM (
        SELECT region, row_number() OVER (PARTITION BY region ORDER BY sha256($1 || entry_tag)) AS place
        FROM bench_entries
    ) ordered
    JOIN bench_seats USING (region)";

/// Measures the draw.
///
/// # Errors
/// Files or server fail, or a result is wrong.
pub(super) async fn measure(plan: Plan, dir: &Path) -> Result<Report> {
    let scratch = Scratch::start().await?;
    let flush_per_s = flush_rate(dir)?;
    progress(&format!("publishing {} records, their tree and seats", grouped(plan.size)));
    let wave = SampleWave::commit(dir, plan.size)?;
    let (folder, quota) = (wave.folder(), wave.quota()?);
    let entries = folder.join("entries.bin");
    progress("loading the same people into the database");
    let mut conn = connect_superuser(&scratch, DATABASE).await?;
    let rows = load_rows(&mut conn, &entries, plan.size, &quota).await?;

    let seats = quota.table.regions.iter().map(|own| u64::from(own.seats)).sum();
    let mut ours = Series::new(plan.size);
    let mut shuffled = Series::new(plan.size);
    let mut theirs = Series::new(rows.people);
    let mut peak_bytes = 0;
    for run in 1..=plan.runs {
        progress(&format!("run {run} of {}", plan.runs));
        for name in OUTCOME.iter().filter(|_| run > 1) {
            fs::remove_file(folder.join(name))?;
        }
        let sampler = MemorySampler::start(None);
        let result = ours.time(|| wave.draw())?;
        peak_bytes = peak_bytes.max(sampler.finish()?);
        check_draw(&result, &folder, seats, plan.size)?;

        let started = Instant::now();
        let ordered = order_rows(&mut conn).await?;
        theirs.seconds.push(started.elapsed().as_secs_f64());
        ensure!(ordered == rows, "the database ordered {ordered:?}, not {rows:?}");

        let list = folder.join("shuffled.bin");
        let selected =
            shuffled.time(|| shuffle_draw(&entries, &list, &quota.table.regions, SEED))?;
        ensure!(selected == seats, "the shuffle selects {selected} for {seats} seats");
        fs::remove_file(list)?;
    }
    let limits = vec![Limit::Seconds(2.5), Limit::PeakMib(128.0)];
    let shuffle = "housing-lottery shuffle: one seeded order of all, then by preference; without family \
                   cards, matching or a check by one person; waiting list written";
    Ok(Report {
        bench: "draw",
        unit: "people",
        data: format!(
            "{} regions, {} seats, 4 overlapping guarantees, cap of 2 a family card; entries.bin of {} MiB \
             in, selected.bin, waitlist.bin and result.json out, on the disk",
            quota.table.regions.len(),
            grouped(seats),
            grouped((plan.size * RECORD_SIZE_BYTES as u64) >> 20),
        ),
        ours,
        peak_of: "this process during the draw",
        peak_bytes,
        alternative: "PostgreSQL: row_number() by region over sha256(seed || entry tag) within the seats; \
                      without guarantees, family cards or a stored result",
        theirs,
        extras: Extras { others: vec![(shuffle, shuffled)], parts: Vec::new() },
        flush_per_s,
        machine: Machine::read(Some(scratch.embedded().version()))?,
        limits: if plan.judged { limits } else { Vec::new() },
    })
}

/// What the database must find.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Rows {
    people: u64,
    selected: u64,
    /// Sum of all places within the regions.
    places: u64,
}

async fn load_rows(
    conn: &mut PgConnection,
    entries: &Path,
    records: u64,
    quota: &QuotaFile,
) -> Result<Rows> {
    for statement in MAKE_ROWS {
        sqlx::query(statement).execute(&mut *conn).await?;
    }
    let mut input = BufReader::with_capacity(1 << 20, File::open(entries)?);
    let step = records.div_ceil(ROWS_MAX);
    let mut people = vec![0; usize::from(u16::MAX) + 1];
    let mut rows = CopyRows::new(2);
    for number in 0..records {
        let mut bytes = [0; RECORD_SIZE_BYTES];
        input.read_exact(&mut bytes)?;
        if number % step != 0 {
            continue;
        }
        let parts = *Record::from_bytes(&bytes)?.parts();
        people[usize::from(parts.region)] += 1;
        rows.row().i16(parts.region as i16).bytes(&parts.entry_tag.0);
        if rows.len() == CHUNK_ROWS {
            std::mem::replace(&mut rows, CopyRows::new(2)).send(conn, COPY_ROWS).await?;
        }
    }
    rows.send(conn, COPY_ROWS).await?;
    let (mut codes, mut seats) = (Vec::new(), Vec::new());
    let mut expected = Rows::default();
    for own in &quota.table.regions {
        let people: u64 = people[usize::from(own.code)];
        let within = u64::from(own.seats) / step;
        codes.push(own.code as i16);
        seats.push(within as i32);
        expected.people += people;
        expected.selected += within.min(people);
        expected.places += people * (people + 1) / 2;
    }
    sqlx::query(INSERT_SEATS).bind(codes).bind(seats).execute(&mut *conn).await?;
    sqlx::query("VACUUM ANALYZE bench_entries, bench_seats").execute(&mut *conn).await?;
    // Large enough that each sort takes few passes, small enough for the machine.
    sqlx::query("SET work_mem = '512MB'").execute(conn).await?;
    Ok(expected)
}

async fn order_rows(conn: &mut PgConnection) -> Result<Rows> {
    let (people, selected, places): (i64, i64, i64) =
        sqlx::query_as(ORDER_ROWS).bind(ROW_SEED.as_slice()).fetch_one(conn).await?;
    let (people, selected) = (u64::try_from(people)?, u64::try_from(selected)?);
    Ok(Rows { people, selected, places: u64::try_from(places)? })
}

/// Counts the written lists again and compares them with the totals and the seats.
fn check_draw(result: &ResultFile, folder: &Path, seats: u64, people: u64) -> Result<()> {
    let read =
        |name: &str| fs::read(folder.join(name)).with_context(|| format!("{name} is missing"));
    let totals = &result.totals;
    let selected: u64 = read("selected.bin")?.iter().map(|byte| u64::from(byte.count_ones())).sum();
    ensure!(totals.selected == seats, "{} selected for {seats} seats", totals.selected);
    ensure!(selected == seats, "the bits name {selected} selected for {seats} seats");
    let bytes = read("waitlist.bin")?;
    let (codes, rest) = bytes.as_chunks::<4>();
    let count = |code: u32| codes.iter().filter(|c| u32::from_be_bytes(**c) == code).count() as u64;
    ensure!(rest.is_empty() && codes.len() as u64 == people, "the waiting list is incomplete");
    ensure!(count(0) == seats, "the waiting list names {} selected", count(0));
    ensure!(count(WAITLIST_CAPPED) == totals.capped, "the waiting list differs in capped people");
    ensure!(totals.n + totals.capped == people, "{totals:?} do not add up to {people}");
    Ok(())
}
