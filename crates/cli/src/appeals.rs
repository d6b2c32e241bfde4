//! `appeals`: what people hold against decisions, and the answers of two officers.

use app::appeal_answer::answer_appeal;
use app::appeals::{
    AppealRow, ListedAppeals, appeal_request, appeal_subject, list_appeals, require_open,
};
use clap::Args;
use domain::appeals::AppealAnswer;
use domain::ids::AppealId;
use domain::officers::TwoPersonAct;
use domain::policy::Named as _;
use serde_json::{Value, json};
use storage::database::Database;

use crate::desk::OfficeArgs;
use crate::installation::{DataArgs, Installation, Purpose};
use crate::interrupt::Stop;
use crate::print::say;
use crate::steps::{Step, run_approve, run_propose, run_reject};

/// Arguments of `appeals`.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct AppealsArgs {
    #[command(subcommand)]
    step: Option<Step<AnswerArgs, WhichArgs>>,
    /// Answered ones too.
    #[arg(long)]
    all: bool,
    /// Print JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    data: DataArgs,
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
        Step::Propose {
            terms: AnswerArgs { which: WhichArgs { appeal, office }, answer },
            reason,
        } => {
            run_propose(&office, stop, &reason, async |database| {
                require_open(database, appeal).await?;
                Ok(appeal_request(appeal, answer))
            })
            .await
        }
        Step::Approve(AnswerArgs { which: WhichArgs { appeal, office }, answer }) => {
            let request = async |_: &Database| Ok(appeal_request(appeal, answer));
            run_approve(&office, stop, request, async |act, approval| {
                answer_appeal(act, appeal, answer, approval).await?;
                Ok(format!("Appeal {appeal} is answered: {}.", answer.name()))
            })
            .await
        }
        Step::Reject { which: WhichArgs { appeal, office }, reason } => {
            let subject = async |_: &Database| Ok(appeal_subject(appeal));
            run_reject(&office, stop, &reason, (TwoPersonAct::AnswerAppeal, subject)).await
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
