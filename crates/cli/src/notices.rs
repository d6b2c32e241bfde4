//! `notices`: what the outbox holds, and failed notices queued again.

use app::notices::{CountScope, FailedNotice, Outbox, list_failed, read_outbox, retry_notices};
use clap::{Args, Subcommand};
use domain::officers::SoleAct;
use domain::policy::Named as _;
use serde_json::{Value, json};

use crate::desk::{OfficeArgs, as_officer};
use crate::installation::{DataArgs, Installation, Purpose};
use crate::interrupt::Stop;
use crate::print::say;

/// Notices listed at most; more than that are no list for a person.
const LISTED_MAX: u32 = 1_000;

/// Arguments of `notices`.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct NoticesArgs {
    #[command(subcommand)]
    act: Option<NoticesAct>,
    /// List those that have failed, too.
    #[arg(long)]
    failed: bool,
    /// Print JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    data: DataArgs,
}

#[derive(Debug, Subcommand)]
enum NoticesAct {
    /// Queue the failed ones again whose time has not passed; first mend what stopped them.
    Retry(OfficeArgs),
}

/// Runs `notices`.
pub(crate) async fn run(args: NoticesArgs, stop: &Stop) -> anyhow::Result<()> {
    match args.act {
        Some(NoticesAct::Retry(retry)) => run_retry(retry, stop).await,
        None => run_count(args, stop).await,
    }
}

async fn run_count(args: NoticesArgs, stop: &Stop) -> anyhow::Result<()> {
    let installation = Installation::open(&args.data, Purpose::Beside, stop).await?;
    installation
        .close_after(async |installation| {
            let now = installation.database.server_time().await?;
            let outbox = read_outbox(&installation.database, CountScope::All, now).await?;
            let failed = if args.failed {
                list_failed(&installation.database, LISTED_MAX).await?
            } else {
                Vec::new()
            };
            say(&if args.json { to_json(&outbox, &failed) } else { to_table(&outbox, &failed) })
        })
        .await
}

async fn run_retry(office: OfficeArgs, stop: &Stop) -> anyhow::Result<()> {
    let policies = office.reference.load_ahead()?.policies;
    as_officer(&office, &policies, stop, async |scene| {
        scene.officer.require(SoleAct::RetryNotices.role())?;
        let queued = retry_notices(&mut scene.desk.act()).await?;
        Ok(format!("{queued} notices are queued again"))
    })
    .await
}

fn to_table(outbox: &Outbox, failed: &[FailedNotice]) -> String {
    let mut lines: Vec<String> = failed
        .iter()
        .map(|one| {
            format!(
                "{}  {:<5}  {:<17}  {:<20}  {:>2} tries  {}  {}",
                one.notice_id,
                one.channel.name(),
                one.template,
                one.subject,
                one.tries,
                one.ended_at,
                one.fault.as_deref().unwrap_or("-")
            )
        })
        .collect();
    lines.extend(outbox.counts.iter().map(|count| {
        format!("{:<5}  {:<13}  {:>9}", count.channel.name(), count.state.name(), count.notices)
    }));
    let seconds = outbox.oldest_micros / 1_000_000;
    lines.push(format!("the oldest that could be sent waits for {seconds} s"));
    lines.join("\n")
}

fn to_json(outbox: &Outbox, failed: &[FailedNotice]) -> String {
    let counts: Vec<Value> = outbox
        .counts
        .iter()
        .map(|count| {
            json!({
                "channel": count.channel.name(),
                "state": count.state.name(),
                "notices": count.notices,
            })
        })
        .collect();
    let failed: Vec<Value> = failed
        .iter()
        .map(|one| {
            json!({
                "id": one.notice_id.to_string(),
                "channel": one.channel.name(),
                "template": one.template,
                "subject": one.subject,
                "tries": one.tries,
                "fault": one.fault,
                "ended_at": one.ended_at.to_string(),
            })
        })
        .collect();
    let oldest_s = outbox.oldest_micros / 1_000_000;
    json!({ "counts": counts, "oldest_s": oldest_s, "failed": failed }).to_string()
}
