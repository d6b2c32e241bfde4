//! `stats`: the funnel of a region, for people and for machines.

use std::sync::Arc;

use anyhow::Context as _;
use app::statistics::{Statistics, funnel_report};
use clap::Args;
use domain::funnel::{Funnel, Origin};
use domain::region::RegionCode;
use domain::rupiah::group_thousands;
use domain::time::Timestamp;
use web::Snapshot;
use web::figures::{Breakdown, NamedRow, named_rows, parse_as_of, to_csv, to_json};

use crate::installation::{DataArgs, Installation, Purpose};
use crate::interrupt::Stop;
use crate::print::say;
use crate::regions::region_table;
use crate::simulate::parse_region;

/// Arguments of `stats`.
#[derive(Debug, Args)]
pub(crate) struct StatsArgs {
    /// Province such as 15, or kabupaten/kota such as 15.71.
    #[arg(long, value_parser = parse_region)]
    region: RegionCode,
    /// One row for each regency, wave, sex, age or education.
    #[arg(long, value_parser = parse_breakdown, value_name = "GROUP")]
    by: Option<Breakdown>,
    /// States as of an instant (2024-09-18T10:00:00Z) or the end of a day (2024-09-18, WIB).
    #[arg(long, value_parser = parse_instant, value_name = "TIME")]
    as_of: Option<Timestamp>,
    /// Print JSON.
    #[arg(long, conflicts_with = "csv")]
    json: bool,
    /// Print CSV.
    #[arg(long)]
    csv: bool,
    #[command(flatten)]
    data: DataArgs,
}

fn parse_breakdown(text: &str) -> Result<Breakdown, String> {
    Breakdown::parse(text).map_err(|error| error.to_string())
}

fn parse_instant(text: &str) -> Result<Timestamp, String> {
    parse_as_of(text).map_err(|error| error.to_string())
}

/// Runs `stats`.
pub(crate) async fn run(args: StatsArgs, stop: &Stop) -> anyhow::Result<()> {
    let installation = Installation::open(&args.data, Purpose::Beside, stop).await?;
    installation.close_after(async |installation| stop.ends(print(installation, &args)).await).await
}

async fn print(installation: &Installation, args: &StatsArgs) -> anyhow::Result<()> {
    let snapshot = read(installation, args.region, args.as_of).await?;
    if args.json {
        say(&to_json(&snapshot, args.by)?)
    } else if args.csv {
        say(to_csv(&snapshot, args.by).context("could not write CSV")?.trim_end())
    } else if let Some(by) = args.by {
        say(&[heading(&snapshot), table(&named_rows(&snapshot, by)).join("\n")].join("\n"))
    } else {
        print_snapshot(&snapshot)
    }
}

async fn read(
    installation: &Installation,
    region: RegionCode,
    as_of: Option<Timestamp>,
) -> anyhow::Result<Snapshot> {
    let Statistics { report, data_as_of, origin } =
        funnel_report(&installation.database, region, as_of).await?;
    let regions = Arc::new(region_table(&installation.database).await?);
    Ok(Snapshot { report, regions, data_as_of, origin })
}

/// Prints the funnel of a province as a table.
pub(crate) async fn print_funnel(
    installation: &Installation,
    region: RegionCode,
) -> anyhow::Result<()> {
    print_snapshot(&read(installation, region, None).await?)
}

/// Prints figures that were read already.
pub(crate) fn print_snapshot(snapshot: &Snapshot) -> anyhow::Result<()> {
    say(&[heading(snapshot), totals(&snapshot.report.total).join("\n")].join("\n"))
}

/// Prints the funnel of a province as JSON.
pub(crate) async fn print_json(
    installation: &Installation,
    region: RegionCode,
) -> anyhow::Result<()> {
    say(&to_json(&read(installation, region, None).await?, None)?)
}

/// A printed line: heading and count.
type Line = (&'static str, fn(&Funnel) -> u64);

/// Every printed line.
const LINES: [Line; 9] = [
    ("joins", |row| row.joins),
    ("unique applicants", |row| row.unique_applicants),
    ("SK recipients", |row| row.sk_recipients),
    ("effective", |row| row.effective),
    ("pending", |row| row.pending),
    ("revoked", |row| row.revoked),
    ("reallocated", |row| row.reallocated),
    ("men", |row| row.men),
    ("women", |row| row.women),
];

fn heading(snapshot: &Snapshot) -> String {
    let note = match snapshot.origin {
        Origin::Programme => "",
        Origin::Replay { finished: true } => ", a simulation: no row stands for a real person",
        Origin::Replay { finished: false } => ", a simulation that has not run to its end",
    };
    let report = &snapshot.report;
    format!("{} as of {}{note}", snapshot.region_name(report.region), report.as_of)
}

fn totals(total: &Funnel) -> Vec<String> {
    let mut lines: Vec<String> = LINES
        .iter()
        .map(|(heading, count)| format!("  {heading:<18} {:>12}", thousands(count(total))))
        .collect();
    let whole = total.unique_applicants;
    // Rounded half up, as on the page.
    let per_mille = |part: u64| (part * 1000 + whole / 2).checked_div(whole);
    if let (Some(men), Some(women)) = (per_mille(total.men), per_mille(total.women)) {
        let shares = format!("{}.{} : {}.{}", men / 10, men % 10, women / 10, women % 10);
        lines.push(format!("  {:<18} {shares:>12}", "men : women, %"));
    }
    lines
}

fn thousands(count: u64) -> String {
    group_thousands(i64::try_from(count).unwrap_or(i64::MAX))
}

/// Aligns the rows of a breakdown below their headings: names to the left, counts to the right.
fn table(rows: &[NamedRow]) -> Vec<String> {
    let headings = ["key", "name"].into_iter().chain(LINES.map(|(heading, _)| heading));
    let mut cells: Vec<Vec<String>> = vec![headings.map(str::to_owned).collect()];
    cells.extend(rows.iter().map(|row| {
        let counts = LINES.iter().map(|(_, count)| thousands(count(&row.funnel)));
        [row.key.clone(), row.name.clone()].into_iter().chain(counts).collect()
    }));
    let width = |column: usize| {
        let cells = cells.iter().filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..LINES.len() + 2).map(width).collect();
    let line = |row: &Vec<String>| {
        let padded = row.iter().zip(&widths).enumerate().map(|(column, (cell, width))| {
            if column < 2 { format!("{cell:<width$}") } else { format!("{cell:>width$}") }
        });
        padded.collect::<Vec<_>>().join("  ")
    };
    cells.iter().map(line).collect()
}
