//! `doctor`: what the health of an installation is, and what to do.
//!
//! Changes nothing, also no migration: whoever asks does not know yet what is wrong. It looks on as far as it
//! can, so that one trouble does not hide another.

mod judge;

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use anyhow::bail;
use app::jobs::{OLDEST_LIMIT, oldest_micros};
use clap::Args;
use domain::notice::state::NoticeState;
use domain::officers::Role;
use domain::schedule::Lane;
use domain::time::Timestamp;
use serde_json::{Value, json};
use sqlx::{Connection as _, PgConnection};
use storage::credentials::{officers_of_role_count, recovery_codes_count};
use storage::embedded::RunningServer;
use storage::error::StorageError;
use storage::health::{SchemaHealth, role_faults, schema_read, server_read, unsealed_window};
use storage::jobs::{oldest_job, queue_read};
use storage::keys::keys_check;
use storage::notices::delivery::{CountScope, notices_count, oldest_waiting};
use storage::selection::seats_left_list;

use crate::bench::machine::flush_rate;
use crate::clock;
use crate::installation::{DataArgs, Patient, open_patient};
use crate::interrupt::Stop;
use crate::print::{causes, say};
use judge::{
    Finding, Verdict, judge_backups, judge_clock, judge_flush, judge_outside, judge_queue,
    judge_roles, judge_room, judge_schema, judge_server, judge_unsealed,
};

/// Arguments of `doctor`.
#[derive(Debug, Args)]
pub(crate) struct DoctorArgs {
    /// Print JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    data: DataArgs,
}

/// Runs `doctor`; fails if anything is wrong, not if something only wants attention.
pub(crate) async fn run(args: DoctorArgs, stop: &Stop) -> anyhow::Result<()> {
    if !args.data.is_given() {
        args.data.private_folder("")?;
    }
    let findings = stop.ends(async { Ok::<_, anyhow::Error>(examine(&args.data).await) }).await?;
    say(&if args.json { in_json(&findings) } else { in_table(&findings) })?;
    match findings.iter().filter(|finding| finding.verdict == Verdict::Wrong).count() {
        0 => Ok(()),
        wrong => bail!("{wrong} of {} things that were looked at are wrong", findings.len()),
    }
}

async fn examine(args: &DataArgs) -> Vec<Finding> {
    let mut findings = vec![Finding::fine("gelombang", env!("CARGO_PKG_VERSION"))];
    if !args.is_given() {
        findings.extend(examine_disk(&args.data));
    }
    match open_patient(args).await {
        Ok(patient) => findings.append(&mut examine_patient(args, patient).await),
        Err(error) => findings.push(Finding::wrong(
            "server",
            causes(error.as_ref()),
            "mend this first; whatever needs the database was not looked at",
        )),
    }
    findings
}

fn examine_disk(folder: &Path) -> Vec<Finding> {
    let flush = match flush_rate(folder) {
        Ok(per_second) => judge_flush(per_second),
        Err(error) => Finding::wrong(
            "flush rate",
            format!("{} cannot be written: {error}", folder.display()),
            "run the doctor as the user who runs `gelombang serve`",
        ),
    };
    vec![examine_room("disk", folder), flush]
}

fn examine_room(subject: &'static str, folder: &Path) -> Finding {
    let name = folder.display().to_string();
    match rustix::fs::statvfs(folder) {
        Ok(stat) => judge_room(subject, &name, stat.f_bavail.saturating_mul(stat.f_frsize)),
        Err(error) => Finding::wrong(
            subject,
            format!("{name} cannot be looked at: {error}"),
            "see that its disk is mounted",
        ),
    }
}

async fn examine_patient(args: &DataArgs, patient: Patient) -> Vec<Finding> {
    let Patient { mut conn, server, started } = patient;
    let mut findings = Vec::new();
    match examine_database(&mut conn, &mut findings).await {
        Ok(schema @ (SchemaHealth::Current { .. } | SchemaHealth::Behind { .. })) => {
            findings.push(examine_keys(&args.keys_folder(), &mut conn).await);
            if matches!(schema, SchemaHealth::Current { .. })
                && let Err(error) = examine_work(&mut conn, &mut findings).await
            {
                findings.push(failed(&error));
            }
        }
        Ok(SchemaHealth::Missing | SchemaHealth::Foreign { .. }) => {}
        Err(error) => findings.push(failed(&error)),
    }
    if let Some(server) = server {
        findings.append(&mut examine_backups(&server));
    }
    let closed = conn.close().await.map_err(StorageError::from);
    if let Err(error) = closed {
        findings.push(failed(&error));
    }
    if let Some(embedded) = started
        && let Err(error) = embedded.stop().await
    {
        findings.push(Finding::wrong("server", causes(&error), "postgres.log says why"));
    }
    findings
}

fn failed(error: &StorageError) -> Finding {
    let advice = "postgres.log in the data folder may say more; call the doctor again";
    Finding::wrong("database", causes(error), advice)
}

/// The server, its clock, its schema and roles.
async fn examine_database(
    conn: &mut PgConnection,
    findings: &mut Vec<Finding>,
) -> Result<SchemaHealth, StorageError> {
    let before = clock::now();
    let server = server_read(conn).await?;
    findings.append(&mut judge_server(&server));
    findings.push(judge_clock(server.now, before, clock::now()));
    let schema = schema_read(conn).await?;
    findings.push(judge_schema(&schema));
    if schema != SchemaHealth::Missing {
        findings.append(&mut judge_roles(role_faults(conn).await?));
    }
    Ok(schema)
}

async fn examine_keys(folder: &Path, conn: &mut PgConnection) -> Finding {
    let advice = "put the backed-up key file back, or name its folder with --keys";
    match keys_check(folder, conn).await {
        Err(error) => Finding::wrong("keys", causes(&error), advice),
        Ok(None) => Finding::fine("keys", "nothing is sealed yet"),
        Ok(Some(path)) => {
            let found = format!("{} fits the database", path.display());
            match path.metadata().map(|metadata| metadata.permissions().mode() & 0o077) {
                Ok(0) => Finding::fine("keys", found),
                Ok(_) => Finding::wrong(
                    "keys",
                    format!("{found}, and others than its owner may read it"),
                    format!("chmod 600 {}", path.display()),
                ),
                Err(error) => Finding::wrong("keys", error.to_string(), advice),
            }
        }
    }
}

/// The audit trail, the queue, what outside systems have to do, the officers.
async fn examine_work(
    conn: &mut PgConnection,
    findings: &mut Vec<Finding>,
) -> Result<(), StorageError> {
    let now = clock::now();
    findings.push(judge_unsealed(&unsealed_window(conn).await?, now));
    let queue = queue_read(conn, now).await?;
    findings.push(judge_queue(&queue, oldest_micros(&queue, now), OLDEST_LIMIT));
    let counts = notices_count(conn, CountScope::Open).await?;
    let failed = counts.iter().filter(|count| count.state == NoticeState::Failed);
    let failed = failed.map(|count| count.notices).sum();
    let notices = oldest_waiting(conn, now).await?;
    let faces = oldest_job(conn, Lane::Faces, now).await?;
    let questions = oldest_job(conn, Lane::Outside, now).await?.into_iter().chain(faces).min();
    findings.append(&mut judge_outside(notices, failed, questions, now));
    findings.push(judge::tell_seats(&seats_left_list(conn).await?));
    let administrators = officers_of_role_count(conn, Role::Administrator).await?;
    let approvers = officers_of_role_count(conn, Role::Approver).await?;
    let codes = recovery_codes_count(conn).await?;
    findings.push(judge::judge_officers(administrators, approvers, codes));
    Ok(())
}

fn examine_backups(server: &RunningServer) -> Vec<Finding> {
    let now: Timestamp = clock::now();
    match server.backup_state() {
        Ok(None) => judge_backups(None, None, now),
        Ok(Some(state)) => {
            let mut findings = judge_backups(Some(&state), server.archive_lag(now), now);
            findings.push(examine_room("backup disk", &state.folder));
            findings
        }
        Err(error) => vec![Finding::wrong("backups", causes(&error), "mend this, then call again")],
    }
}

fn in_table(findings: &[Finding]) -> String {
    let width = findings.iter().map(|finding| finding.subject.len()).max().unwrap_or(0);
    let mut lines = Vec::new();
    for finding in findings {
        let Finding { subject, verdict, found, advice } = finding;
        lines.push(format!("{:<9}  {subject:<width$}  {found}", verdict.word()));
        if let Some(advice) = advice {
            lines.push(format!("{:<9}  {:<width$}  -> {advice}", "", ""));
        }
    }
    lines.join("\n")
}

fn in_json(findings: &[Finding]) -> String {
    let rows: Vec<Value> = findings
        .iter()
        .map(|finding| {
            json!({
                "subject": finding.subject,
                "verdict": finding.verdict.word(),
                "found": finding.found,
                "advice": finding.advice,
            })
        })
        .collect();
    let worst = findings.iter().map(|finding| finding.verdict).max().unwrap_or(Verdict::Fine);
    json!({ "verdict": worst.word(), "findings": rows }).to_string()
}
