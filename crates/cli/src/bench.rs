//! `gelombang bench`: how fast the heavy acts are, beside what one would do instead.
//!
//! Every bench makes its data in a scratch database or folder of its own, checks the result after each
//! run, and measures the alternative in the same run, turn by turn: a fast wrong run is a failure.

use std::path::PathBuf;

use anyhow::{Context as _, ensure};

mod appoint;
mod copies;
mod cpu;
mod draw;
mod http;
mod http_join;
mod import;
mod join;
mod load;
pub(crate) mod machine;
pub(crate) mod members;
mod memory;
mod published;
pub(crate) mod random;
mod replay;
mod report;
mod sample;
mod series;
mod shuffle;
mod stats;
mod sweep;
mod tree;
mod verify;
mod world;

/// Seed of all sample data.
const SEED: u64 = 2024;

/// What is measured.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Bench {
    /// Draw from file to file, waiting list included; size = people (10,000,000).
    Draw,
    /// Write the public tree over a list; size = records (10,000,000).
    Tree,
    /// Verify a published folder; size = records (10,000,000).
    Verify,
    /// Revoke who bought nothing before the deadline; size = recipients (360,000).
    Sweep,
    /// Sign a decree: cards, household places, money; size = seats (800,000).
    Appoint,
    /// People join one by one; size = joins (51,200).
    Join,
    /// The same at a desk that combines those who wait; size = joins (51,200).
    JoinDesk,
    /// The same over HTTP, clients on the same cores; size = joins (51,200).
    HttpJoin,
    /// The opening minute over HTTP, up to ten times what is served; size = people (20,000).
    Http,
    /// Report on a province; size = joins (3,000,000).
    Stats,
    /// Replay Jambi through all waves; size = joins (3,000,000).
    Replay,
    /// Import a file of persons; size = rows (1,000,000).
    Import,
}

impl Bench {
    const fn default_size(self) -> u64 {
        match self {
            Self::Draw | Self::Tree | Self::Verify => 10_000_000,
            Self::Sweep => 360_000,
            Self::Appoint => 800_000,
            Self::Join | Self::JoinDesk | Self::HttpJoin => 51_200,
            Self::Http => 20_000,
            Self::Stats | Self::Replay => 3_000_000,
            Self::Import => 1_000_000,
        }
    }
}

/// Arguments of `gelombang bench`.
#[derive(Debug, clap::Args)]
pub(crate) struct BenchArgs {
    /// What to measure
    #[arg(value_enum)]
    which: Bench,
    /// Size of the data; the bars hold for the default
    #[arg(long, value_parser = clap::value_parser!(u64).range(1_000..=100_000_000))]
    size: Option<u64>,
    /// Runs of each side
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(3..=100))]
    runs: u32,
    /// Folder for the files of draw, tree and verify, removed afterwards; TMPDIR if not given
    #[arg(long, value_name = "FOLDER")]
    dir: Option<PathBuf>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// How much is measured.
#[derive(Clone, Copy, Debug)]
struct Plan {
    size: u64,
    runs: u32,
    /// The bars hold for the default size only.
    judged: bool,
}

/// Measures, prints, and fails if a bar is missed.
///
/// # Errors
/// The scratch server cannot be made, a result is wrong, or a bar is missed.
pub(crate) async fn run(args: BenchArgs) -> anyhow::Result<()> {
    let size = args.size.unwrap_or(args.which.default_size());
    let plan = Plan { size, runs: args.runs, judged: size == args.which.default_size() };
    let load = machine::load()?;
    let dir = args.dir.unwrap_or_else(std::env::temp_dir);
    let report = match args.which {
        Bench::Draw => draw::measure(plan, &dir).await,
        Bench::Tree => tree::measure(plan, &dir).await,
        Bench::Verify => verify::measure(plan, &dir).await,
        Bench::Sweep => sweep::measure(plan).await,
        Bench::Appoint => appoint::measure(plan).await,
        Bench::Join => join::measure(plan, join::Form::Single).await,
        Bench::JoinDesk => join::measure(plan, join::Form::Desk).await,
        Bench::HttpJoin => http_join::measure(plan).await,
        // It has no other side to compare with, and prints a report of its own.
        Bench::Http => {
            return http::run(plan, load).await.context("could not measure the opening minute");
        }
        Bench::Stats => stats::measure(plan).await,
        Bench::Replay => replay::measure(plan).await,
        Bench::Import => import::measure(plan).await,
    }
    .with_context(|| format!("could not measure {:?}", args.which))?;
    report.print(args.json, load)?;
    ensure!(report.kept(), "a bar was missed; see the lines marked FAIL");
    Ok(())
}
