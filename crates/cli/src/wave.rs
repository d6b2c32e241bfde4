//! `wave`, `sweep` and `proposals`: acts of officers on waves.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::bail;
use app::act::{Act, ActError, subject};
use app::appoint::appoint_wave;
use app::citizen::{read_wave, read_waves};
use app::draw::draw_wave;
use app::folders::PublicSetup;
use app::freeze::freeze_wave;
use app::proposals::{Listed, ProposalRow, Request, list_proposals, parameters_of};
use app::publish::{Publication, publish_wave, require_place};
use app::reference::{Reference, load_weights};
use app::sweep::sweep_wave;
use app::wave::{cancel_wave, close_wave, open_wave};
use clap::{Args, Subcommand};
use domain::officers::{Approval, SoleAct, TwoPersonAct};
use domain::policy::Named as _;
use domain::region::RegionCode;
use domain::wave::WaveNumber;
use serde_json::{Value, json};
use storage::database::Database;
use storage::reference::WaveRow;

use crate::correct_roll::{CorrectArgs, WhichArgs};
use crate::desk::{OfficeArgs, as_officer};
use crate::installation::{DataArgs, Installation, Purpose};
use crate::interrupt::Stop;
use crate::openings::{AskedArgs, ExportArgs};
use crate::print::say;
use crate::publishing::{BeaconArgs, ContributionArgs, PublicArgs, fetch_round, keep_file};
use crate::quota::QuotaArgs;
use crate::steps::{Step, run_approve, run_propose, run_reject};

/// Arguments of `wave`.
#[derive(Debug, Args)]
pub(crate) struct WaveArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// List the waves.
    List(ListArgs),
    /// Show one wave.
    Show(ShowArgs),
    /// Publish a wave of the calendar, with its policy, regions and seats.
    Publish {
        #[command(subcommand)]
        step: Step<PublishArgs, SoleArgs>,
    },
    /// Open a wave once its calendar says so.
    Open(SoleArgs),
    /// Close a wave once its calendar says so.
    Close(SoleArgs),
    /// Show the quota table that a freeze of a closed wave would publish; changes nothing.
    Quota(QuotaArgs),
    /// Fetch the round of the beacon that decides a published wave.
    Beacon(BeaconArgs),
    /// Keep what a contributor to the seed of a published wave has signed or revealed.
    Contribution(ContributionArgs),
    /// Decide who is eligible, fix the roll and publish the quota table.
    Freeze {
        #[command(subcommand)]
        step: Step<SoleArgs, SoleArgs>,
    },
    /// Judge members again while everybody looks at the list of a published wave; its draw moves.
    Correct {
        #[command(subcommand)]
        step: Step<CorrectArgs, WhichArgs>,
    },
    /// Draw.
    Draw {
        #[command(subcommand)]
        step: Step<SoleArgs, SoleArgs>,
    },
    /// Open the records of all who were selected, and of the sample that the seed picks, to auditors.
    Openings {
        #[command(subcommand)]
        step: Step<AskedArgs, AskedArgs, ExportArgs>,
    },
    /// Sign the decree.
    Appoint {
        #[command(subcommand)]
        step: Step<SoleArgs, SoleArgs>,
    },
    /// End a wave without a draw.
    Cancel {
        #[command(subcommand)]
        step: Step<SoleArgs, SoleArgs>,
    },
}

/// Arguments of `sweep` and of what one officer does alone.
#[derive(Debug, Args)]
pub(crate) struct SoleArgs {
    /// Number of the wave.
    #[arg(value_parser = parse_wave)]
    wave: WaveNumber,
    #[command(flatten)]
    office: OfficeArgs,
}

/// Arguments of `proposals`.
#[derive(Debug, Args)]
pub(crate) struct ProposalsArgs {
    /// Decided ones too.
    #[arg(long)]
    all: bool,
    /// Print JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    data: DataArgs,
}

#[derive(Debug, Args)]
struct ListArgs {
    /// Print JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    data: DataArgs,
}

#[derive(Debug, Args)]
struct ShowArgs {
    /// Number of the wave.
    #[arg(value_parser = parse_wave)]
    wave: WaveNumber,
    #[command(flatten)]
    list: ListArgs,
}

#[derive(Debug, Args)]
struct PublishArgs {
    /// Own seats of the wave.
    #[arg(long, value_name = "NUMBER")]
    seats: u32,
    /// Weights of the regencies that share the seats: a CSV file with the columns region and weight.
    #[arg(long, value_name = "FILE", required_unless_present = "province")]
    weights: Option<PathBuf>,
    /// Share the seats over this province by its residents.
    #[arg(long, value_name = "REGION", conflicts_with = "weights", value_parser = RegionCode::parse)]
    province: Option<RegionCode>,
    #[command(flatten)]
    public: PublicArgs,
    #[command(flatten)]
    act: SoleArgs,
}

/// Reads the number of a wave from the command line.
pub(crate) fn parse_wave(text: &str) -> Result<WaveNumber, String> {
    let number = text.parse().ok().and_then(WaveNumber::new);
    number.ok_or_else(|| format!("`{text}` is no number of a wave; write 1 to 9999"))
}

/// Runs `wave`.
pub(crate) async fn run(args: WaveArgs, stop: &Stop) -> anyhow::Result<()> {
    match args.what {
        What::List(args) => look(args, None, stop).await,
        What::Show(args) => look(args.list, Some(args.wave), stop).await,
        What::Open(args) => alone(args, SoleAct::OpenWave, stop).await,
        What::Close(args) => alone(args, SoleAct::CloseWave, stop).await,
        What::Quota(args) => crate::quota::run(args, stop).await,
        What::Beacon(args) => fetch_round(args, stop).await,
        What::Contribution(args) => keep_file(args, stop).await,
        What::Freeze { step } => two_persons(step, TwoPersonAct::PublishQuota, stop).await,
        What::Correct { step } => crate::correct_roll::run(step, stop).await,
        What::Draw { step } => two_persons(step, TwoPersonAct::Draw, stop).await,
        What::Openings { step } => crate::openings::run(step, stop).await,
        What::Appoint { step } => two_persons(step, TwoPersonAct::Appoint, stop).await,
        What::Cancel { step } => two_persons(step, TwoPersonAct::Cancel, stop).await,
        What::Publish { step } => publish(step, stop).await,
    }
}

/// Runs `sweep`.
pub(crate) async fn run_sweep(args: SoleArgs, stop: &Stop) -> anyhow::Result<()> {
    alone(args, SoleAct::Sweep, stop).await
}

/// Runs `proposals`.
pub(crate) async fn run_proposals(args: ProposalsArgs, stop: &Stop) -> anyhow::Result<()> {
    let listed = if args.all { Listed::All } else { Listed::Open };
    let installation = Installation::open(&args.data, Purpose::Beside, stop).await?;
    let rows = installation
        .close_after(async |installation| {
            stop.ends(async { Ok(list_proposals(&installation.database, listed).await?) }).await
        })
        .await?;
    say(&if args.json { proposals_json(&rows)? } else { proposals_table(&rows)? })
}

async fn alone(args: SoleArgs, what: SoleAct, stop: &Stop) -> anyhow::Result<()> {
    let (reference, wave) = (args.office.reference.load_ahead()?, args.wave);
    as_officer(&args.office, &reference.policies, stop, async |scene| {
        scene.officer.require(what.role())?;
        let act = &mut scene.desk.act();
        Ok(match what {
            SoleAct::OpenWave => {
                open_wave(act, wave).await?;
                format!("Wave {wave} is open.")
            }
            SoleAct::CloseWave => {
                close_wave(act, wave).await?;
                format!("Wave {wave} is closed.")
            }
            SoleAct::Sweep => {
                let revoked = sweep_wave(act, wave).await?;
                format!("{revoked} beneficiaries of wave {wave} were revoked.")
            }
            SoleAct::Import
            | SoleAct::KeepContribution
            | SoleAct::RecordPurchase
            | SoleAct::RetryJob
            | SoleAct::RetryNotices
            | SoleAct::AnswerComplaint
            | SoleAct::EndSessions
            | SoleAct::EndAllSessions
            | SoleAct::Retire => bail!("no act on a wave"),
        })
    })
    .await
}

fn plain_request(act: TwoPersonAct, wave: WaveNumber) -> Request {
    Request { act, subject: subject(wave), parameters: json!({}) }
}

async fn two_persons(
    step: Step<SoleArgs, SoleArgs>,
    what: TwoPersonAct,
    stop: &Stop,
) -> anyhow::Result<()> {
    match step {
        Step::Propose { terms: SoleArgs { wave, office }, reason } => {
            run_propose(&office, stop, &reason, async |database| {
                read_wave(database, wave).await?.ok_or(ActError::UnknownWave(wave))?;
                Ok(plain_request(what, wave))
            })
            .await
        }
        Step::Approve(SoleArgs { wave, office }) => {
            let request = async |_: &Database| Ok(plain_request(what, wave));
            run_approve(&office, stop, request, async |act, approval| {
                carry_out(act, what, wave, approval).await
            })
            .await
        }
        Step::Reject { which, reason } => turn_down(which, &reason, what, stop).await,
    }
}

/// What is said of a draw that decides nothing.
const TEST_BEACON: &str = "TEST BEACON: the random value comes from the local test chain, which anybody can compute ahead; no real wave may \
     be drawn with it.";

/// Does what was approved, and says what came out.
async fn carry_out(
    act: &mut Act<'_>,
    what: TwoPersonAct,
    wave: WaveNumber,
    approval: &Approval,
) -> Result<String, ActError> {
    Ok(match what {
        TwoPersonAct::PublishQuota => {
            let frozen = freeze_wave(act, wave, approval).await?;
            format!(
                "Wave {wave} is frozen: {} in the draw, {} ineligible, {} seats, of them {} freed earlier and {} \
                 that nobody can take.",
                frozen.entries, frozen.ineligible, frozen.seats, frozen.reused, frozen.unfilled
            )
        }
        TwoPersonAct::Draw => {
            let drawn = draw_wave(act, wave, approval).await?;
            let counts = format!(
                "Wave {wave} is drawn: {} selected, {} not selected, {} beyond the cap of their family card.",
                drawn.selected, drawn.not_selected, drawn.household_cap
            );
            if drawn.test_beacon { format!("{counts}\n{TEST_BEACON}") } else { counts }
        }
        TwoPersonAct::Appoint => {
            let appointed = appoint_wave(act, wave, approval).await?;
            format!(
                "Decree {} names {} beneficiaries; first purchases are due before {}.",
                appointed.decree_number, appointed.appointments, appointed.purchase_due_at
            )
        }
        TwoPersonAct::Cancel => {
            cancel_wave(act, wave, approval).await?;
            format!("Wave {wave} is cancelled.")
        }
        TwoPersonAct::PublishCalendar
        | TwoPersonAct::CorrectRoll
        | TwoPersonAct::Revoke
        | TwoPersonAct::AnswerAppeal
        | TwoPersonAct::ReleaseAccount
        | TwoPersonAct::OpenToAuditors
        | TwoPersonAct::Empower => {
            return Err(ActError::UnknownWave(wave));
        }
    })
}

async fn turn_down(
    which: SoleArgs,
    reason: &str,
    what: TwoPersonAct,
    stop: &Stop,
) -> anyhow::Result<()> {
    let about = async |_: &Database| Ok(subject(which.wave));
    run_reject(&which.office, stop, reason, (what, about)).await
}

/// The documents of a publication.
struct Documents {
    reference: Reference,
    base_seats: BTreeMap<WaveNumber, u32>,
    weights: Vec<(RegionCode, u64)>,
    weights_source: String,
    province: Option<RegionCode>,
    public: Option<PublicSetup>,
    wave: WaveNumber,
}

impl Documents {
    fn load(args: &PublishArgs) -> anyhow::Result<Self> {
        let reference = args.act.office.reference.load_ahead()?;
        let province = args.province;
        let (weights, weights_source) = match (&args.weights, province) {
            (Some(path), _) => {
                let weights = load_weights(path, reference.regions.table())?;
                (weights, "file of the operator".to_owned())
            }
            (None, Some(province)) => match reference.regions.regency_weights(province) {
                Some(weights) => (weights.weights, weights.basis.label().to_owned()),
                None => return Err(ActError::UnknownProvince(province).into()),
            },
            (None, None) => bail!("name --weights or --province"),
        };
        let base_seats = [(args.act.wave, args.seats)].into();
        let (wave, public) =
            (args.act.wave, args.public.setup(&args.act.office.data.keys_folder())?);
        Ok(Self { reference, base_seats, weights, weights_source, province, public, wave })
    }

    fn publication(&self) -> Publication<'_> {
        Publication {
            regions: &self.reference.regions,
            policies: &self.reference.policies,
            calendar: &self.reference.calendar,
            base_seats: &self.base_seats,
            weights: &self.weights,
            weights_source: &self.weights_source,
            province: self.province,
            public: self.public.as_ref().map(|setup| (setup, self.wave)),
        }
    }

    fn request(&self, wave: WaveNumber) -> anyhow::Result<Request> {
        let parameters = self.publication().terms(wave)?;
        Ok(Request { act: TwoPersonAct::PublishCalendar, subject: subject(wave), parameters })
    }
}

async fn publish(step: Step<PublishArgs, SoleArgs>, stop: &Stop) -> anyhow::Result<()> {
    match step {
        Step::Propose { terms: args, reason } => {
            let documents = Documents::load(&args)?;
            let request = documents.request(args.act.wave)?;
            say(&terms_text(&request.parameters))?;
            run_propose(&args.act.office, stop, &reason, async |database| {
                require_place(database, &documents.publication(), args.act.wave).await?;
                Ok(request)
            })
            .await
        }
        Step::Approve(args) => {
            let (documents, wave) = (Documents::load(&args)?, args.act.wave);
            let request = documents.request(wave)?;
            let request = async |_: &Database| Ok(request);
            run_approve(&args.act.office, stop, request, async |act, approval| {
                publish_wave(act, &documents.publication(), wave, approval).await?;
                Ok(format!("Wave {wave} is published."))
            })
            .await
        }
        Step::Reject { which, reason } => {
            turn_down(which, &reason, TwoPersonAct::PublishCalendar, stop).await
        }
    }
}

/// The terms of a publication, one a line.
fn terms_text(terms: &Value) -> String {
    let Some(terms) = terms.as_object() else { return String::new() };
    let lines = terms.iter().map(|(name, value)| {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        format!("{name:<22} {text}")
    });
    lines.collect::<Vec<_>>().join("\n")
}

async fn look(args: ListArgs, only: Option<WaveNumber>, stop: &Stop) -> anyhow::Result<()> {
    let installation = Installation::open(&args.data, Purpose::Beside, stop).await?;
    let mut rows = installation
        .close_after(async |installation| {
            stop.ends(async { Ok(read_waves(&installation.database).await?) }).await
        })
        .await?;
    if let Some(only) = only {
        rows.retain(|row| row.wave == only);
        if rows.is_empty() {
            return Err(ActError::UnknownWave(only).into());
        }
    }
    say(&if args.json { waves_json(&rows) } else { waves_table(&rows) })
}

fn waves_table(rows: &[WaveRow]) -> String {
    if rows.is_empty() {
        return "No wave is published.".to_owned();
    }
    let mut lines = vec![format!(
        "{:>4}  {:<9}  {:>9}  {:<20}  {:<20}  {:<20}  {}",
        "wave", "state", "own seats", "opens", "closes", "announced", "policy"
    )];
    lines.extend(rows.iter().map(|row| {
        format!(
            "{:>4}  {:<9}  {:>9}  {:<20}  {:<20}  {:<20}  {}",
            row.wave.get(),
            row.state.name(),
            row.base_seats,
            row.opens_at.to_string(),
            row.closes_at.to_string(),
            row.results_at.to_string(),
            row.policy_id
        )
    }));
    lines.join("\n")
}

fn waves_json(rows: &[WaveRow]) -> String {
    let waves: Vec<Value> = rows
        .iter()
        .map(|row| {
            json!({
                "wave": row.wave.get(),
                "state": row.state.name(),
                "base_seats": row.base_seats,
                "opens_at": row.opens_at.to_string(),
                "closes_at": row.closes_at.to_string(),
                "draw_at": row.calendar().draw_at().to_string(),
                "results_at": row.results_at.to_string(),
                "corrections": row.corrections,
                "policy": row.policy_id,
            })
        })
        .collect();
    json!({ "waves": waves }).to_string()
}

fn proposals_table(rows: &[ProposalRow]) -> anyhow::Result<String> {
    if rows.is_empty() {
        return Ok("No proposal waits.".to_owned());
    }
    let mut lines = Vec::new();
    for row in rows {
        lines.push(format!(
            "{:<9}  {:<16}  {}  by {} at {}: {}",
            row.state.name(),
            row.act.name(),
            row.subject,
            row.proposed_by,
            row.proposed_at,
            row.reason
        ));
        if let (Some(at), Some(reason)) = (row.decided_at, &row.decision_reason) {
            let by = row.decided_by.map_or_else(String::new, |by| format!(" by {by}"));
            lines.push(format!("           decided{by} at {at}: {reason}"));
        }
        let terms = terms_text(&parameters_of(row)?);
        lines.extend(terms.lines().map(|line| format!("           {line}")));
    }
    Ok(lines.join("\n"))
}

fn proposals_json(rows: &[ProposalRow]) -> anyhow::Result<String> {
    let mut proposals = Vec::new();
    for row in rows {
        proposals.push(json!({
            "id": row.proposal_id.to_string(),
            "act": row.act.name(),
            "subject": row.subject,
            "parameters": parameters_of(row)?,
            "reason": row.reason,
            "proposed_by": row.proposed_by.to_string(),
            "proposed_at": row.proposed_at.to_string(),
            "state": row.state.name(),
            "decided_by": row.decided_by.map(|by| by.to_string()),
            "decided_at": row.decided_at.map(|at| at.to_string()),
            "decision_reason": row.decision_reason,
        }));
    }
    Ok(json!({ "proposals": proposals }).to_string())
}
