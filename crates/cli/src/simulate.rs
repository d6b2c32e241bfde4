//! `demo` and `simulate`: a whole programme on synthetic people.

use std::io::IsTerminal as _;
use std::time::Duration;

use anyhow::{Context as _, bail};
use app::reference::Reference;
use clap::Args;
use domain::region::RegionCode;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::{Value, json};
use simulator::plan::{Plan, Totals};
use simulator::replay::{Progress, ReplayInput, replay};
use simulator::shapes::wave_shapes;
use storage::officers::{simulation_find, simulation_finish, simulation_insert};
use storage::reference::waves_list;

use crate::clock;
use crate::installation::{DataArgs, Installation, ReferenceArgs};
use crate::serve::{self, ListenArgs};
use crate::stats;

/// The figures reported for Jambi in September 2024 (programme.md section 16.1).
const JAMBI: &str = "15";
pub(crate) const JAMBI_TOTALS: Totals =
    Totals { joins: 3_000_000, people: 794_900, sk: 371_322, effective: 360_690 };
/// Seed of the demo; any other gives the same totals with other people.
const DEMO_SEED: u64 = 2024;

/// Arguments of `demo`.
#[derive(Debug, Args)]
pub(crate) struct DemoArgs {
    #[command(flatten)]
    data: DataArgs,
    #[command(flatten)]
    listen: ListenArgs,
    /// Stop after the figures instead of serving the page.
    #[arg(long)]
    no_serve: bool,
}

/// Arguments of `simulate`.
#[derive(Debug, Args)]
pub(crate) struct SimulateArgs {
    /// Province, such as 15.
    #[arg(long, value_parser = parse_region)]
    region: RegionCode,
    /// Joins of all waves.
    #[arg(long)]
    joins: u64,
    /// Distinct persons who join.
    #[arg(long)]
    people: u64,
    /// Persons named in a decree (SK).
    #[arg(long)]
    sk: u64,
    /// Those among them who buy a first training in time.
    #[arg(long)]
    effective: u64,
    /// Seed of every choice.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Print the funnel as JSON.
    #[arg(long)]
    json: bool,
    /// Also compute the hash over the content of all tables that follow from the seed.
    #[arg(long)]
    content_hash: bool,
    #[command(flatten)]
    data: DataArgs,
    #[command(flatten)]
    reference: ReferenceArgs,
}

/// Reads a region from the command line.
pub(crate) fn parse_region(text: &str) -> Result<RegionCode, String> {
    RegionCode::parse(text).map_err(|error| error.to_string())
}

/// What a replay is asked for.
struct Request {
    province: RegionCode,
    totals: Totals,
    seed: u64,
}

impl Request {
    /// What the database remembers of a replay, to go on with the same one only.
    fn parameters(&self, reference: &Reference) -> Value {
        // Policies are known by their bytes: a changed file is another programme.
        let policies: Vec<_> = reference.policies.iter().map(|policy| policy.digest).collect();
        json!({
            "region": self.province.to_string(),
            "joins": self.totals.joins,
            "people": self.totals.people,
            "sk": self.totals.sk,
            "effective": self.totals.effective,
            "seed": self.seed,
            "regions": reference.regions.table().version(),
            "policies": policies,
        })
    }
}

/// Runs `demo`.
pub(crate) async fn demo(args: DemoArgs) -> anyhow::Result<()> {
    let reference = Reference::builtin()?;
    let province = RegionCode::parse(JAMBI)?;
    let request = Request { province, totals: JAMBI_TOTALS, seed: DEMO_SEED };
    let installation = Installation::open(&args.data).await?;
    fill(&installation, &reference, &request).await?;
    if args.no_serve {
        stats::print_funnel(&installation, province).await?;
        return installation.close().await;
    }
    serve::serve(installation, &args.listen, Some(province)).await
}

/// Runs `simulate`.
pub(crate) async fn run(args: SimulateArgs) -> anyhow::Result<()> {
    let reference = args.reference.load()?;
    let totals =
        Totals { joins: args.joins, people: args.people, sk: args.sk, effective: args.effective };
    let request = Request { province: args.region, totals, seed: args.seed };
    check_province(&reference, args.region)?;
    plan(&reference, &request)?;
    let installation = Installation::open(&args.data).await?;
    fill(&installation, &reference, &request).await?;
    if args.json {
        stats::print_json(&installation, args.region).await?;
    } else {
        stats::print_funnel(&installation, args.region).await?;
    }
    if args.content_hash {
        print_content_hash(&installation).await?;
    }
    installation.close().await
}

#[expect(clippy::print_stdout, reason = "the command line speaks through it")]
async fn print_content_hash(installation: &Installation) -> anyhow::Result<()> {
    let mut tx = installation.database.begin_snapshot().await?;
    println!("content hash {}", storage::content::content_hash(&mut tx).await?);
    Ok(())
}

fn check_province(reference: &Reference, region: RegionCode) -> anyhow::Result<()> {
    match reference.regions.table().get(region) {
        Some(_) if region.is_province() => Ok(()),
        Some(found) => bail!(
            "{} is a kabupaten/kota; replay its province with --region {}",
            found.name,
            region.province()
        ),
        None => bail!(
            "there is no region {region}; `gelombang stats --help` and data/provinces.csv list the codes"
        ),
    }
}

fn plan(reference: &Reference, request: &Request) -> anyhow::Result<Plan> {
    Ok(Plan::new(&request.totals, &wave_shapes(reference)?)?)
}

/// Fills the database with the replay, or goes on with it, unless it is there already.
async fn fill(
    installation: &Installation,
    reference: &Reference,
    request: &Request,
) -> anyhow::Result<()> {
    let parameters = request.parameters(reference);
    let mut tx = installation.database.begin().await?;
    match simulation_find(&mut tx).await? {
        Some(known) => {
            let same = serde_json::from_str::<Value>(&known.parameters)? == parameters;
            if !same {
                bail!(
                    "this data folder holds another replay ({}); name another folder with --data",
                    known.parameters
                );
            }
            if known.finished {
                return Ok(());
            }
        }
        None if waves_list(&mut tx).await?.is_empty() => {
            simulation_insert(&mut tx, &parameters.to_string(), clock::now()).await?;
        }
        None => bail!(
            "this database holds a programme that is no replay; name another folder with --data"
        ),
    }
    tx.commit().await.context("could not record the replay")?;
    let plan = plan(reference, request)?;
    let input =
        ReplayInput { reference, province: request.province, plan: &plan, seed: request.seed };
    let bar = progress_bar(request.totals.joins);
    let report = |progress: Progress| {
        bar.set_position(progress.joins);
        bar.set_message(format!("gelombang {}", progress.wave));
    };
    replay(&input, &installation.database, &installation.keys, &report).await?;
    let mut tx = installation.database.begin().await?;
    simulation_finish(&mut tx).await?;
    tx.commit().await.context("could not record the end of the replay")?;
    bar.finish_and_clear();
    say_done(bar.elapsed(), request);
    Ok(())
}

#[expect(clippy::print_stderr, reason = "the command line speaks through it")]
fn say_done(took: Duration, request: &Request) {
    eprintln!(
        "Replayed {} joins of {} people in {:.1} s.",
        request.totals.joins,
        request.totals.people,
        took.as_secs_f64()
    );
}

fn progress_bar(joins: u64) -> ProgressBar {
    let bar = ProgressBar::new(joins);
    if !std::io::stderr().is_terminal() {
        bar.set_draw_target(ProgressDrawTarget::hidden());
    }
    let style = "{msg:>13} [{bar:40}] {human_pos} of {human_len} joins, {elapsed}";
    if let Ok(style) = ProgressStyle::with_template(style) {
        bar.set_style(style.progress_chars("=> "));
    }
    bar
}
