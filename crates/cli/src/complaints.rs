//! `complaints`: what people have written to the programme, and its answers.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use app::complaints::{
    ComplaintRow, ListedComplaints, ReadComplaint, answer_complaint, close_complaint,
    list_complaints, take_complaint,
};
use clap::{Args, Subcommand};
use domain::complaints::ComplaintText;
use domain::ids::ComplaintId;
use domain::officers::SoleAct;
use domain::policy::Named as _;
use domain::time::Timestamp;
use serde_json::{Value, json};

use crate::desk::{OfficeArgs, Scene, as_officer};
use crate::installation::{DataArgs, Installation, Purpose};
use crate::interrupt::Stop;
use crate::print::say;

/// Complaints listed at most; more than that are no list for a person.
const LISTED_MAX: u32 = 1_000;

/// Arguments of `complaints`.
#[derive(Debug, Args)]
pub(crate) struct ComplaintsArgs {
    #[command(subcommand)]
    act: ComplaintsAct,
}

#[derive(Debug, Subcommand)]
enum ComplaintsAct {
    /// List the complaints that wait, those that are due first, without their words.
    List(ListArgs),
    /// Read one with its words, which is put on record and makes it one that is worked on.
    Show(ShowArgs),
    /// Answer one; its account is told that there is an answer.
    Answer(AnswerArgs),
    /// Close one that is answered.
    Close(WhichArgs),
}

#[derive(Debug, Args)]
struct ListArgs {
    /// Answered and closed ones too.
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
    /// Id of the complaint, as `gelombang complaints list` prints it.
    #[arg(value_parser = parse_complaint)]
    complaint: ComplaintId,
    #[command(flatten)]
    office: OfficeArgs,
}

#[derive(Debug, Args)]
struct ShowArgs {
    #[command(flatten)]
    which: WhichArgs,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
struct AnswerArgs {
    #[command(flatten)]
    which: WhichArgs,
    /// File with the answer, 10 to 2000 characters, in the language of the complaint.
    #[arg(long, value_name = "FILE")]
    text: PathBuf,
}

fn parse_complaint(text: &str) -> Result<ComplaintId, String> {
    ComplaintId::parse(text).ok_or_else(|| {
        format!("`{text}` is no id of a complaint; `gelombang complaints list` prints them")
    })
}

/// Runs `complaints`.
pub(crate) async fn run(args: ComplaintsArgs, stop: &Stop) -> anyhow::Result<()> {
    match args.act {
        ComplaintsAct::List(list) => look(list, stop).await,
        ComplaintsAct::Show(ShowArgs { which, json }) => {
            let id = which.complaint;
            as_answerer(&which.office, stop, async |scene| {
                let read = take_complaint(&mut scene.desk.act(), id).await?;
                Ok(if json { shown_json(&read) } else { shown(&read) })
            })
            .await
        }
        ComplaintsAct::Answer(AnswerArgs { which, text }) => {
            let answer = read_answer(&text)?;
            let id = which.complaint;
            as_answerer(&which.office, stop, async |scene| {
                answer_complaint(&mut scene.desk.act(), id, &answer).await?;
                Ok(format!("Complaint {id} is answered, and its account is told so."))
            })
            .await
        }
        ComplaintsAct::Close(WhichArgs { complaint, office }) => {
            as_answerer(&office, stop, async |scene| {
                close_complaint(&mut scene.desk.act(), complaint).await?;
                Ok(format!("Complaint {complaint} is closed."))
            })
            .await
        }
    }
}

/// Runs the body for an officer who may answer complaints.
async fn as_answerer(
    office: &OfficeArgs,
    stop: &Stop,
    body: impl AsyncFnOnce(&mut Scene<'_>) -> anyhow::Result<String>,
) -> anyhow::Result<()> {
    let policies = office.reference.load_ahead()?.policies;
    as_officer(office, &policies, stop, async |scene| {
        scene.officer.require(SoleAct::AnswerComplaint.role())?;
        body(scene).await
    })
    .await
}

fn read_answer(path: &Path) -> anyhow::Result<ComplaintText> {
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("cannot read the answer in {}", path.display()))?;
    ComplaintText::parse(&text).with_context(|| format!("{} is no answer", path.display()))
}

async fn look(args: ListArgs, stop: &Stop) -> anyhow::Result<()> {
    let listed = if args.all { ListedComplaints::All } else { ListedComplaints::Waiting };
    let installation = Installation::open(&args.data, Purpose::Beside, stop).await?;
    let (rows, now) = installation
        .close_after(async |installation| {
            stop.ends(async {
                let now = installation.database.server_time().await?;
                Ok((list_complaints(&installation.database, listed, LISTED_MAX).await?, now))
            })
            .await
        })
        .await?;
    say(&if args.json { as_json(&rows, now) } else { as_table(&rows, now) })
}

/// True if an answer is owed and late.
fn is_late(row: &ComplaintRow, now: Timestamp) -> bool {
    row.state.waits() && row.due_at <= now
}

fn as_table(rows: &[ComplaintRow], now: Timestamp) -> String {
    if rows.is_empty() {
        return "No complaint waits.".to_owned();
    }
    let lines = rows.iter().map(|row| {
        let late = if is_late(row, now) { "  LATE" } else { "" };
        format!(
            "{}  {:<9}  filed {}  due {}  {}{late}",
            row.complaint_id,
            row.topic.name(),
            row.filed_at,
            row.due_at,
            row.state.name()
        )
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn row_json(row: &ComplaintRow) -> Value {
    json!({
        "id": row.complaint_id.to_string(),
        "topic": row.topic.name(),
        "state": row.state.name(),
        "filed_at": row.filed_at.to_string(),
        "due_at": row.due_at.to_string(),
        "answered_at": row.answered_at.map(|at| at.to_string()),
        "closed_at": row.closed_at.map(|at| at.to_string()),
    })
}

fn as_json(rows: &[ComplaintRow], now: Timestamp) -> String {
    let complaints: Vec<Value> = rows
        .iter()
        .map(|row| {
            let mut value = row_json(row);
            value["late"] = is_late(row, now).into();
            value
        })
        .collect();
    json!({ "complaints": complaints }).to_string()
}

fn words(text: Option<&ComplaintText>) -> &str {
    text.map_or("(forgotten)", ComplaintText::expose)
}

fn shown(read: &ReadComplaint) -> String {
    let row = &read.row;
    let head = format!(
        "{}  {}  {}\nfiled {}\ndue   {}",
        row.complaint_id,
        row.topic.name(),
        row.state.name(),
        row.filed_at,
        row.due_at
    );
    let answer = match row.answered_at {
        Some(at) => format!("\n\nanswered {at}\n\n{}", words(read.answer.as_ref())),
        None => String::new(),
    };
    format!("{head}\n\n{}{answer}", words(read.text.as_ref()))
}

fn shown_json(read: &ReadComplaint) -> String {
    let mut value = row_json(&read.row);
    value["text"] = json!(read.text.as_ref().map(ComplaintText::expose));
    value["answer"] = json!(read.answer.as_ref().map(ComplaintText::expose));
    value.to_string()
}
