//! `audit --seal` and `audit --chain`: the audit trail sealed into its chain, and all of it verified.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use app::audit_chain::{BATCH, ChainReport, Sealed, Sealing, seal, verify_chain};
use clap::Args;
use domain::chain::checkpoint::SignedCheckpoint;
use domain::chain::verify::Kept;
use domain::rupiah::group_thousands;
use domain::time::Timestamp;
use serde_json::{Value, json};

use crate::audit::AuditArgs;
use crate::clock;
use crate::installation::{Installation, Purpose, SystemRng};
use crate::interrupt::Stop;
use crate::print::say;

/// Arguments of `audit` that concern the chain.
#[derive(Debug, Args)]
pub(crate) struct ChainArgs {
    /// Seal the audit events that are there into the audit chain, and sign a checkpoint.
    #[arg(long, conflicts_with = "chain")]
    seal: bool,
    /// Verify the audit chain: every event, link and checkpoint.
    #[arg(long)]
    chain: bool,
    /// Write the newest checkpoint to a new file, to be kept elsewhere.
    #[arg(long, value_name = "FILE", requires = "seal", conflicts_with = "chain")]
    export: Option<PathBuf>,
    /// Hold the chain against a checkpoint that was exported earlier.
    #[arg(long, value_name = "FILE", requires = "chain", conflicts_with = "seal")]
    checkpoint: Option<PathBuf>,
}

impl ChainArgs {
    /// True if the chain is meant and not the invariants.
    pub(crate) const fn is_asked_for(&self) -> bool {
        self.seal || self.chain
    }
}

/// Runs `audit --seal` or `audit --chain`; a broken chain is a failure.
pub(crate) async fn run(args: AuditArgs, stop: &Stop) -> anyhow::Result<()> {
    let given = args.chain.checkpoint.as_deref().map(read_kept).transpose()?;
    let installation = Installation::open(&args.data, Purpose::Beside, stop).await?;
    installation
        .close_after(async |installation| {
            stop.ends(async {
                if args.chain.seal {
                    run_seal(installation, &args).await
                } else {
                    run_chain(installation, &args, given).await
                }
            })
            .await
        })
        .await
}

/// Seals what is there, and says where the key is if it needs a backup.
pub(crate) async fn seal_now(installation: &Installation) -> anyhow::Result<Sealed> {
    let mut sealing = Sealing {
        database: &installation.database,
        keys_folder: &installation.keys_folder,
        now: clock::now(),
        batch: BATCH,
        rng: &mut SystemRng,
    };
    let sealed = seal(&mut sealing).await?;
    if let Some(path) = &sealed.new_key {
        warn_about_key(path);
    }
    Ok(sealed)
}

#[expect(clippy::print_stderr, reason = "the person at the machine must see it")]
fn warn_about_key(path: &Path) {
    eprintln!(
        "The key that signs the audit chain is in {}.\nBack this file up, apart from the database: without it \
         the chain can be neither continued nor verified.",
        path.display()
    );
}

async fn run_seal(installation: &Installation, args: &AuditArgs) -> anyhow::Result<()> {
    let sealed = seal_now(installation).await?;
    if let Some(path) = &args.chain.export {
        let Some(last) = &sealed.last else {
            bail!("there is no checkpoint to export: no audit event was ever recorded");
        };
        export(path, last)?;
    }
    if args.json {
        let last = sealed.last.as_ref().map(checkpoint_json);
        return say(&json!({ "sealed": sealed.events, "checkpoint": last }).to_string());
    }
    say(&format!(
        "sealed {} events\n{}",
        thousands(sealed.events),
        checkpoint_lines(sealed.last.as_ref())
    ))
}

/// An exported checkpoint is worth something because nobody replaces it: only new files are written.
fn export(path: &Path, last: &SignedCheckpoint) -> anyhow::Result<()> {
    let write = || {
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o644).open(path)?;
        file.write_all(last.text().as_bytes())?;
        file.sync_all()
    };
    write().with_context(|| {
        format!(
            "cannot write the checkpoint to {}; name a file that does not exist",
            path.display()
        )
    })
}

fn read_kept(path: &Path) -> anyhow::Result<Kept> {
    let place = path.display().to_string();
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("cannot read the checkpoint in {place}"))?;
    let Some(checkpoint) = SignedCheckpoint::parse(&text) else {
        bail!("{place} is no checkpoint; give a file that `gelombang audit --seal --export` wrote");
    };
    Ok(Kept { place, checkpoint })
}

async fn run_chain(
    installation: &Installation,
    args: &AuditArgs,
    given: Option<Kept>,
) -> anyhow::Result<()> {
    let now = clock::now();
    let report = verify_chain(&installation.database, &installation.keys_folder, given).await?;
    say(&if args.json { report_json(&report) } else { report_table(&report, now) })?;
    match report.broken {
        None => Ok(()),
        Some(broken) => bail!(
            "the audit chain is broken at {broken}.\nStop the program, keep the data folder and the keys as they \
             are, find out who had superuser rights since the last clean verification, and compare with a backup \
             and with exported checkpoints. If a backup was restored on purpose, move the checkpoint file that is \
             named out of the keys folder, and seal again"
        ),
    }
}

fn report_table(report: &ChainReport, now: Timestamp) -> String {
    let ChainReport { broken, verified, unsealed } = report;
    let verdict = if broken.is_none() { "ok" } else { "BROKEN" };
    let number = |count: i64| group_thousands(count);
    let mut lines = vec![
        format!("{verdict:<6} {:>12}  events as they were sealed", number(verified.links)),
        format!(
            "{verdict:<6} {:>12}  checkpoints signed by this installation",
            number(verified.checkpoints)
        ),
    ];
    if let Some(unsealed) = unsealed {
        let age = unsealed.oldest.map_or(String::new(), |oldest| {
            let seconds = now.unix_seconds().saturating_sub(oldest.unix_seconds());
            format!("; the oldest occurred at {oldest}, {} seconds ago", number(seconds))
        });
        lines.push(format!(
            "       {:>12}  events not sealed yet{age}",
            thousands(unsealed.waiting)
        ));
    }
    lines.push(checkpoint_lines(verified.last.as_ref()));
    lines.join("\n")
}

fn checkpoint_lines(last: Option<&SignedCheckpoint>) -> String {
    last.map_or("no checkpoint yet".to_owned(), |last| {
        let stated = &last.checkpoint;
        format!(
            "checkpoint {} of {}\nposition {}\nhead {}\nsigned by {}",
            stated.number, stated.sealed_at, stated.position, stated.head, last.public_key
        )
    })
}

fn report_json(report: &ChainReport) -> String {
    let broken = report
        .broken
        .as_ref()
        .map(|broken| json!({ "position": broken.position, "fault": broken.fault.to_string() }));
    let unsealed = report.unsealed.as_ref().map(|unsealed| {
        let oldest = unsealed.oldest.map(|oldest| oldest.to_string());
        json!({ "events": unsealed.waiting, "oldest": oldest })
    });
    json!({
        "clean": broken.is_none(),
        "broken": broken,
        "events": report.verified.links,
        "checkpoints": report.verified.checkpoints,
        "unsealed": unsealed,
        "checkpoint": report.verified.last.as_ref().map(checkpoint_json),
    })
    .to_string()
}

fn checkpoint_json(last: &SignedCheckpoint) -> Value {
    let stated = &last.checkpoint;
    json!({
        "number": stated.number,
        "position": stated.position,
        "head": stated.head.to_string(),
        "chain": stated.chain.to_string(),
        "sealed_at": stated.sealed_at.to_string(),
        "public_key": last.public_key.to_string(),
    })
}

fn thousands(count: u64) -> String {
    group_thousands(i64::try_from(count).unwrap_or(i64::MAX))
}
