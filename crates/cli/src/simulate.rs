//! `simulate`: a whole programme on synthetic people.

use std::io::IsTerminal as _;
use std::time::Duration;

use anyhow::{Context as _, bail};
use app::reference::Reference;
use clap::Args;
use domain::region::RegionCode;
use domain::time::Timestamp;
use domain::wave::{WaveKind, WaveNumber};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use simulator::plan::{Plan, Totals};
use simulator::replay::{Progress, ReplayInput, replay};
use simulator::shapes::wave_shapes;
use storage::officers::{simulation_find, simulation_finish, simulation_insert, simulation_lock};
use storage::reference::waves_list;

use crate::chaos::{self, ChaosArgs};
use crate::installation::{DataArgs, Installation, Purpose, ReferenceArgs};
use crate::interrupt::Stop;
use crate::print::say;
use crate::rehearsal::rehearse;
use crate::stats;
use crate::wave::parse_wave;
use crate::{audit_chain, clock};

/// The figures reported for Jambi in September 2024 (programme.md section 16.1).
pub(crate) const JAMBI: &str = "15";
pub(crate) const JAMBI_TOTALS: Totals =
    Totals { joins: 3_000_000, people: 794_900, sk: 371_322, effective: 360_690 };
/// Arguments of `simulate`.
#[derive(Debug, Args)]
pub(crate) struct SimulateArgs {
    /// Province, such as 15.
    #[arg(long, value_parser = parse_region, required_unless_present = "chaos")]
    region: Option<RegionCode>,
    /// Joins of all waves.
    #[arg(long, required_unless_present = "chaos")]
    joins: Option<u64>,
    /// Distinct persons who join.
    #[arg(long, required_unless_present = "chaos")]
    people: Option<u64>,
    /// Persons named in a decree (SK).
    #[arg(long, required_unless_present = "chaos")]
    sk: Option<u64>,
    /// Those among them who buy a first training in time.
    #[arg(long, required_unless_present = "chaos")]
    effective: Option<u64>,
    /// Seed of every choice.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Publish the waves from this one on as folders, as a rehearsal with keys that everybody can compute.
    #[arg(long, value_name = "WAVE", value_parser = parse_wave)]
    publish_from: Option<WaveNumber>,
    /// Print the funnel as JSON.
    #[arg(long)]
    json: bool,
    /// Also compute the hash over the content of all tables that follow from the seed.
    #[arg(long)]
    content_hash: bool,
    #[command(flatten)]
    chaos: ChaosArgs,
    #[command(flatten)]
    data: DataArgs,
    #[command(flatten)]
    reference: ReferenceArgs,
}

impl SimulateArgs {
    /// The province and the totals of a replay.
    fn asked(&self) -> anyhow::Result<(RegionCode, Totals)> {
        let asked = (self.region, self.joins, self.people, self.sk, self.effective);
        let (Some(region), Some(joins), Some(people), Some(sk), Some(effective)) = asked else {
            bail!("name --region, --joins, --people, --sk and --effective");
        };
        Ok((region, Totals { joins, people, sk, effective }))
    }
}

/// Reads a region from the command line.
pub(crate) fn parse_region(text: &str) -> Result<RegionCode, String> {
    RegionCode::parse(text).map_err(|error| error.to_string())
}

/// What a replay is asked for.
pub(crate) struct Request {
    pub(crate) province: RegionCode,
    pub(crate) totals: Totals,
    pub(crate) seed: u64,
    /// The first wave that is published as a folder.
    pub(crate) public: Option<WaveNumber>,
    /// What to do with a finished replay of other reference data.
    pub(crate) of_other_data: OtherData,
}

/// A finished replay with the same options, of another calendar, other policies or regions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OtherData {
    /// Shown as it is: nobody chose the data, and an earlier version of the program had others.
    Shown,
    /// Refused: these data were named.
    Refused,
}

impl Request {
    /// What the database remembers of a replay, to go on with the same one only.
    fn parameters(&self, reference: &Reference) -> Value {
        json!({
            "region": self.province.to_string(),
            "joins": self.totals.joins,
            "people": self.totals.people,
            "sk": self.totals.sk,
            "effective": self.totals.effective,
            "seed": self.seed,
            "publish_from": self.public.map(WaveNumber::get),
            "reference": fingerprint(reference, self.province),
        })
    }
}

/// Digest of everything in the reference data that a replay of the province depends on. As JSON, whose
/// form is fixed, with every list in an order of its own.
fn fingerprint(reference: &Reference, province: RegionCode) -> String {
    let policies: Vec<_> =
        reference.policies.iter().map(|policy| (&policy.id, policy.digest)).collect();
    let waves = reference.calendar.iter().map(|wave| {
        let facts = reference.wave_facts.get(&wave.number);
        let instants = [wave.opens_at, wave.closes_at, wave.results_at].map(Timestamp::micros);
        json!({
            "wave": wave.number.get(),
            "is_recovery": wave.kind == WaveKind::Recovery,
            "instants": instants,
            "quota": facts.map(|facts| facts.quota_national),
            "joined": facts.map(|facts| facts.joined_national),
        })
    });
    let waves: Vec<Value> = waves.collect();
    let data = &reference.regions;
    let inside = data.table().iter().filter(|region| province.contains(region.code));
    let regions: Vec<_> = inside
        .map(|region| (region.code.get(), &region.name, data.districts_of(region.code)))
        .collect();
    let weights = data.regency_weights(province).map(|known| {
        let weights = known.weights.iter().map(|(code, weight)| (code.get(), *weight));
        (known.basis.label(), weights.collect::<Vec<_>>())
    });
    let all =
        json!({ "policies": policies, "waves": waves, "regions": regions, "weights": weights });
    let digest = Sha256::digest(all.to_string());
    digest.iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"))
}

/// Runs `simulate`.
pub(crate) async fn run(args: SimulateArgs, stop: &Stop) -> anyhow::Result<()> {
    if args.chaos.chaos {
        return chaos::run(&args.chaos, args.seed, stop).await;
    }
    let reference = args.reference.load()?;
    let (province, totals) = args.asked()?;
    let (seed, public) = (args.seed, args.publish_from);
    let of_other_data = OtherData::Refused;
    let request = Request { province, totals, seed, public, of_other_data };
    check_province(&reference, province)?;
    plan(&reference, &request)?;
    let installation = Installation::open(&args.data, Purpose::Fill, stop).await?;
    installation
        .close_after(async |installation| {
            fill(installation, &reference, &request, stop).await?;
            stop.ends(print(installation, province, &args)).await
        })
        .await
}

async fn print(
    installation: &Installation,
    province: RegionCode,
    args: &SimulateArgs,
) -> anyhow::Result<()> {
    if args.json {
        stats::print_json(installation, province).await?;
    } else {
        stats::print_funnel(installation, province).await?;
    }
    if args.content_hash {
        let mut tx = installation.database.begin_snapshot().await?;
        say(&format!("content hash {}", storage::content::content_hash(&mut tx).await?))?;
    }
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
            "there is no region {region}; a province is written as 11 to 96, data/provinces.csv lists them all"
        ),
    }
}

/// Plans the replay, of waves that are all over: what has not happened cannot be replayed.
fn plan(reference: &Reference, request: &Request) -> anyhow::Result<Plan> {
    let (shapes, now) = (wave_shapes(reference)?, clock::now());
    if let Some(shape) = shapes.iter().find(|shape| shape.sweep_at > now) {
        bail!(
            "the calendar lies partly in the future: the deadline of {:?} ends at {}, but now is {now}; \
             correct its dates, or replay it after that instant",
            shape.wave,
            shape.sweep_at
        );
    }
    Ok(Plan::new(&request.totals, &shapes)?)
}

/// Fills the database with the replay, or goes on with it, unless it is there already.
pub(crate) async fn fill(
    installation: &Installation,
    reference: &Reference,
    request: &Request,
    stop: &Stop,
) -> anyhow::Result<()> {
    let words = "interrupted; the same command goes on from what was done";
    stop.ends_saying(words, fill_or_go_on(installation, reference, request)).await
}

async fn fill_or_go_on(
    installation: &Installation,
    reference: &Reference,
    request: &Request,
) -> anyhow::Result<()> {
    let mut turn = installation.database.begin().await?;
    if !simulation_lock(&mut turn).await? {
        bail!("another process is filling this database; wait for its end, or name another one");
    }
    let parameters = request.parameters(reference);
    let found = find_replay(installation, &parameters, request.of_other_data).await?;
    if found == Found::Finished {
        return Ok(());
    }
    let plan = plan(reference, request)?;
    // Before anything is recorded: a database that cannot be filled stays as it was.
    let keys = installation.keys().await?;
    if found == Found::Nothing {
        let mut tx = installation.database.begin().await?;
        simulation_insert(&mut tx, &parameters.to_string(), clock::now()).await?;
        tx.commit().await.context("could not record the replay")?;
    }
    let rehearsed = |first| rehearse(&installation.public_folder, request.seed, first);
    let public = request.public.map(rehearsed).transpose()?;
    let input = ReplayInput {
        reference,
        province: request.province,
        plan: &plan,
        seed: request.seed,
        public: public.as_ref(),
    };
    let bar = progress_bar(request.totals.joins);
    let report = |progress: Progress| {
        bar.set_position(progress.joins);
        bar.set_message(format!("gelombang {}", progress.wave));
    };
    replay(&input, &installation.database, &keys, &report).await?;
    simulation_finish(&mut turn).await?;
    turn.commit().await.context("could not record the end of the replay")?;
    audit_chain::seal_now(installation).await?;
    bar.finish_and_clear();
    say_done(bar.elapsed(), request);
    Ok(())
}

/// What a database holds of a replay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Found {
    Nothing,
    Begun,
    Finished,
}

/// Looks for the replay of these parameters, and refuses a database that holds anything else.
async fn find_replay(
    installation: &Installation,
    parameters: &Value,
    of_other_data: OtherData,
) -> anyhow::Result<Found> {
    let mut tx = installation.database.begin().await?;
    let Some(known) = simulation_find(&mut tx).await? else {
        if waves_list(&mut tx).await?.is_empty() {
            return Ok(Found::Nothing);
        }
        bail!("this database holds a programme that is no replay; {ELSEWHERE}");
    };
    let there = serde_json::from_str::<Value>(&known.parameters)?;
    if describe(&there) != describe(parameters) {
        bail!("the data there are of another replay: {}; {ELSEWHERE}", describe(&there));
    }
    let is_shown = known.finished && of_other_data == OtherData::Shown;
    if there != *parameters && !is_shown {
        bail!(
            "the data there are of a replay with the same options and another calendar, other policies or \
             regions, or by another version of this program; name the files it was begun with, or {ELSEWHERE}"
        );
    }
    Ok(if known.finished { Found::Finished } else { Found::Begun })
}

/// What to do about a database that holds something else.
const ELSEWHERE: &str = "name another folder with --data, or another database";

/// A replay's parameters as the options that ask for it.
fn describe(parameters: &Value) -> String {
    ["region", "joins", "people", "sk", "effective", "seed"]
        .map(|name| format!("--{name} {}", parameters[name].to_string().replace('"', "")))
        .join(" ")
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
