//! `restore`: a data folder as of an instant, from a backup, and the audit of what came back.

use std::path::PathBuf;

use app::audit::{AuditError, audit};
use clap::Args;
use domain::time::Timestamp;
use storage::embedded::backup::{RestoreRequest, Restored, restore};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::audit::conclude;
use crate::installation::{DataArgs, Installation, Purpose, ReferenceArgs};
use crate::interrupt::Stop;
use crate::print::say;
use crate::progress::Bar;

/// Arguments of `restore`.
#[derive(Debug, Args)]
pub(crate) struct RestoreArgs {
    /// Folder that `gelombang backup --to` was given.
    #[arg(long, value_name = "FOLDER")]
    from: PathBuf,
    /// Data folder to be made; it must be new or empty.
    #[arg(long, value_name = "NEWDIR")]
    data: PathBuf,
    /// Restore everything committed at or before this instant and nothing after, such as
    /// 2026-03-01T08:15:00+07:00; without it all there is.
    #[arg(long, value_name = "TIME", value_parser = parse_instant)]
    to: Option<Timestamp>,
    #[command(flatten)]
    reference: ReferenceArgs,
}

fn parse_instant(text: &str) -> Result<Timestamp, String> {
    OffsetDateTime::parse(text, &Rfc3339).map(Timestamp::from_offset).map_err(|_| {
        "write date, time and zone as in 2026-03-01T08:15:00+07:00 or 2026-03-01T01:15:00Z"
            .to_owned()
    })
}

/// Runs `restore`; a broken invariant in the restored data is a failure.
pub(crate) async fn run(args: RestoreArgs, stop: &Stop) -> anyhow::Result<()> {
    let reference = args.reference.load()?;
    let data = DataArgs::private(args.data.clone());
    let request = RestoreRequest { from: args.from, data: args.data, to: args.to };
    let words = "interrupted; the next restore into this folder begins anew";
    let bar = Bar::new();
    let report = |progress| bar.show(progress);
    let restored = stop.ends_saying(words, async { Ok(restore(&request, &report).await?) }).await;
    drop(bar);
    let restored = restored?;
    say(&in_words(&restored, &request, &data))?;
    let installation = Installation::open(&data, Purpose::Read, stop).await?;
    let report = installation
        .close_after(async |installation| {
            let audited = async { Ok(audit(&installation.database, &reference.policies).await) };
            stop.ends(audited).await
        })
        .await?;
    match report {
        Ok(report) => conclude(&report, false),
        Err(AuditError::Empty) => say("There is nothing to audit: no wave is published in it."),
        Err(error) => Err(error.into()),
    }
}

fn in_words(restored: &Restored, request: &RestoreRequest, data: &DataArgs) -> String {
    let last = restored.last_transaction.map_or_else(
        || format!("its end at {}", restored.backup.ended_at),
        |last| format!("the last transaction at {last}"),
    );
    let asked = request.to.map_or_else(
        || "all there is".to_owned(),
        |to| format!("what was committed up to {to}, that instant included"),
    );
    let mut lines = vec![format!(
        "Restored into {}: {asked}.\nBase backup {} and {} log segments, to {last}.",
        request.data.display(),
        restored.backup.name,
        restored.segments,
    )];
    if !restored.passed_over.is_empty() {
        lines.push(format!(
            "Damaged base backups were passed over: {}. Make a new one soon, and find out why.",
            restored.passed_over.join(", ")
        ));
    }
    if restored.unchecked > 0 {
        lines.push(format!(
            "Of the segments {} have no checksum of their own; the replay read them without a fault.",
            restored.unchecked
        ));
    }
    lines.push(format!(
        "Keys are never in a backup: put your copy into {} before anything that seals or reads identities.",
        data.keys_folder().display()
    ));
    lines.join("\n")
}
