//! `audit`: every invariant over all rows, with what was counted; or the audit chain, if asked for.

use anyhow::bail;
use app::audit::{AuditReport, audit};
use clap::Args;
use domain::rupiah::group_thousands;
use serde_json::json;

use crate::audit_chain::{self, ChainArgs};
use crate::installation::{DataArgs, Installation, Purpose, ReferenceArgs};
use crate::interrupt::Stop;
use crate::print::say;

/// Arguments of `audit`.
#[derive(Debug, Args)]
pub(crate) struct AuditArgs {
    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) chain: ChainArgs,
    #[command(flatten)]
    pub(crate) data: DataArgs,
    #[command(flatten)]
    reference: ReferenceArgs,
}

/// Runs `audit`; a broken invariant is a failure.
pub(crate) async fn run(args: AuditArgs, stop: &Stop) -> anyhow::Result<()> {
    if args.chain.is_asked_for() {
        return audit_chain::run(args, stop).await;
    }
    let reference = args.reference.load_ahead()?;
    let installation = Installation::open(&args.data, Purpose::Beside, stop).await?;
    let report = installation
        .close_after(async |installation| {
            stop.ends(async { Ok(audit(&installation.database, &reference.policies).await?) }).await
        })
        .await?;
    conclude(&report, args.json)
}

/// Prints a report; a broken invariant is a failure.
pub(crate) fn conclude(report: &AuditReport, is_json: bool) -> anyhow::Result<()> {
    say(&if is_json { as_json(report) } else { as_table(report) })?;
    if report.is_clean() {
        return Ok(());
    }
    let broken = report.checks.iter().filter(|check| check.violations > 0).count();
    bail!("{broken} invariants are broken; keep the data folder as it is and find out why")
}

fn as_table(report: &AuditReport) -> String {
    let thousands = |count: u64| group_thousands(i64::try_from(count).unwrap_or(i64::MAX));
    let width = report.checks.iter().map(|check| check.name.len()).max().unwrap_or(0);
    let mut lines = Vec::new();
    for check in &report.checks {
        let verdict = if check.violations == 0 { "ok" } else { "BROKEN" };
        lines.push(format!(
            "{verdict:<6} {:<width$} {:>12}  {}",
            check.name,
            thousands(check.counted),
            check.what
        ));
        if check.violations > 0 {
            lines.push(format!(
                "       {} violations, such as {}",
                thousands(check.violations),
                check.examples.join(", ")
            ));
        }
    }
    lines.push(format!("{} checks", report.checks.len()));
    lines.join("\n")
}

fn as_json(report: &AuditReport) -> String {
    let checks: Vec<_> = report
        .checks
        .iter()
        .map(|check| {
            json!({
                "name": check.name,
                "what": check.what,
                "counted": check.counted,
                "violations": check.violations,
                "examples": check.examples,
            })
        })
        .collect();
    json!({ "clean": report.is_clean(), "checks": checks }).to_string()
}
