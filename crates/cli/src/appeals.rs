//! `appeals`: what people hold against decisions, and the answers of two officers.

use app::act::Act;
use app::appeal_answer::answer_appeal;
use app::appeals::{
    AppealRow, ListedAppeals, appeal_request, appeal_subject, list_appeals, require_answerable,
};
use app::proposals::{approve, propose};
use clap::{Args, Subcommand};
use domain::appeals::AppealAnswer;
use domain::ids::AppealId;
use domain::officers::{Approval, TwoPersonAct};
use domain::policy::Named as _;
use serde_json::{Value, json};

use crate::desk::{OfficeArgs, as_officer, proposed};
use crate::installation::{DataArgs, Installation, Purpose};
use crate::interrupt::Stop;
use crate::print::say;

/// Arguments of `appeals`.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct AppealsArgs {
    #[command(subcommand)]
    step: Option<Step>,
    /// Answered ones too.
    #[arg(long)]
    all: bool,
    /// Print JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    data: DataArgs,
}

#[derive(Debug, Subcommand)]
enum Step {
    /// Propose an answer to a second officer.
    Propose {
        #[command(flatten)]
        answer: AnswerArgs,
        /// Why: what was looked at, in words without personal data.
        #[arg(long)]
        reason: String,
    },
    /// Approve the answer that another officer has proposed, naming the same one, which gives it.
    Approve(AnswerArgs),
    /// Turn the proposal down, or take one's own back. The appeal stays open.
    Reject {
        #[command(flatten)]
        which: WhichArgs,
        /// Why.
        #[arg(long)]
        reason: String,
    },
}

#[derive(Debug, Args)]
struct WhichArgs {
    /// Id of the appeal, as `gelombang appeals` prints it.
    #[arg(value_parser = parse_appeal)]
    appeal: AppealId,
    #[command(flatten)]
    office: OfficeArgs,
}

#[derive(Debug, Args)]
struct AnswerArgs {
    #[command(flatten)]
    which: WhichArgs,
    /// The answer: `granted`, `decision_stands`, `ticket_behind` or `no_seat`.
    #[arg(long, value_parser = parse_answer)]
    answer: AppealAnswer,
}

fn parse_appeal(text: &str) -> Result<AppealId, String> {
    AppealId::parse(text)
        .ok_or_else(|| format!("`{text}` is no id of an appeal; `gelombang appeals` prints them"))
}

fn parse_answer(text: &str) -> Result<AppealAnswer, String> {
    AppealAnswer::from_name(text).ok_or_else(|| {
        let known: Vec<&str> = AppealAnswer::ALL.iter().map(|answer| answer.name()).collect();
        format!("`{text}` is no answer; write one of {}", known.join(", "))
    })
}

/// Runs `appeals`.
pub(crate) async fn run(args: AppealsArgs, stop: &Stop) -> anyhow::Result<()> {
    let Some(step) = args.step else { return look(args, stop).await };
    match step {
        Step::Propose { answer, reason } => {
            let AnswerArgs { which: WhichArgs { appeal, office }, answer } = answer;
            let reference = office.reference.load_ahead()?;
            as_officer(&office, &reference.policies, stop, async |scene| {
                let act = scene.desk.act();
                require_answerable(act.database, (appeal, answer), act.now).await?;
                let request = appeal_request(appeal, answer);
                propose(&mut scene.desk.act(), &scene.officer, &request, &reason).await?;
                Ok(proposed(&request))
            })
            .await
        }
        Step::Approve(AnswerArgs { which: WhichArgs { appeal, office }, answer }) => {
            let reference = office.reference.load_ahead()?;
            as_officer(&office, &reference.policies, stop, async |scene| {
                let body = async |act: &mut Act<'_>, approval: &Approval| {
                    answer_appeal(act, appeal, answer, approval).await
                };
                let request = appeal_request(appeal, answer);
                approve(&mut scene.desk.act(), &scene.officer, &request, body).await?;
                Ok(format!("Appeal {appeal} is answered: {}.", answer.name()))
            })
            .await
        }
        Step::Reject { which: WhichArgs { appeal, office }, reason } => {
            let reference = office.reference.load_ahead()?;
            as_officer(&office, &reference.policies, stop, async |scene| {
                let subject = appeal_subject(appeal);
                scene.turn_down((TwoPersonAct::AnswerAppeal, &subject), &reason).await
            })
            .await
        }
    }
}

async fn look(args: AppealsArgs, stop: &Stop) -> anyhow::Result<()> {
    let listed = if args.all { ListedAppeals::All } else { ListedAppeals::Open };
    let installation = Installation::open(&args.data, Purpose::Beside, stop).await?;
    let rows = installation
        .close_after(async |installation| {
            stop.ends(async { Ok(list_appeals(&installation.database, listed).await?) }).await
        })
        .await?;
    say(&if args.json { as_json(&rows) } else { as_table(&rows) })
}

fn as_table(rows: &[AppealRow]) -> String {
    if rows.is_empty() {
        return "No appeal waits.".to_owned();
    }
    let lines = rows.iter().map(|row| {
        let state = row.answer.map_or("open", |(answer, _)| answer.name());
        format!(
            "{}  wave {:>4}  {}  {:<17}  due {}  {state}",
            row.appeal_id,
            row.wave.get(),
            row.person_id,
            row.ground.name(),
            row.due_at
        )
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn as_json(rows: &[AppealRow]) -> String {
    let appeals: Vec<Value> = rows
        .iter()
        .map(|row| {
            json!({
                "id": row.appeal_id.to_string(),
                "wave": row.wave.get(),
                "person": row.person_id.to_string(),
                "ground": row.ground.name(),
                "filed_at": row.filed_at.to_string(),
                "due_at": row.due_at.to_string(),
                "answer": row.answer.map(|(answer, _)| answer.name()),
                "answered_at": row.answer.map(|(_, at)| at.to_string()),
            })
        })
        .collect();
    json!({ "appeals": appeals }).to_string()
}
