//! `backup`: a base backup of the private server, and its archive switched on.

use std::path::Path;

use anyhow::bail;
use clap::Args;
use storage::embedded::backup::{BackupError, BackupRequest, Taken, take_backup};
use storage::embedded::{Embedded, EmbeddedError, EmbeddedSettings, RunningServer};

use crate::installation::{DataArgs, lag_in_words};
use crate::interrupt::Stop;
use crate::print::say;

/// Arguments of `backup`.
#[derive(Debug, Args)]
pub(crate) struct BackupArgs {
    /// Folder of the backups, best on another disk; made at the first call. The server archives there from then on.
    #[arg(long, value_name = "FOLDER")]
    to: std::path::PathBuf,
    /// Base backups to keep, the new one included; older ones go, with the log that only they need.
    #[arg(long, default_value_t = 7, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    keep: u16,
    #[command(flatten)]
    data: DataArgs,
}

/// Runs `backup`. An archive that does not work is a failure, though the base backup is kept.
pub(crate) async fn run(args: BackupArgs, stop: &Stop) -> anyhow::Result<()> {
    let data = args.data.private_folder("back it up with the tools of its server")?;
    let request = BackupRequest { to: args.to, keep: usize::from(args.keep) };
    let words = "interrupted; the next backup removes what is half made";
    let taken = stop.ends_saying(words, async { Ok(take(data, &request).await?) }).await?;
    say(&in_words(&taken, &args.data.keys_folder()))?;
    if let Some(lag) = taken.lag {
        bail!(
            "the base backup is whole, but the archive does not work: {}; nothing old was removed; \
             postgres.log in the data folder says why",
            lag_in_words(lag)
        );
    }
    Ok(())
}

/// Backs up through the process that serves the folder, or starts the server for as long as it takes.
async fn take(data: &Path, request: &BackupRequest) -> Result<Taken, BackupError> {
    let settings = EmbeddedSettings { data_dir: data.to_path_buf(), bin_dir: None };
    match Embedded::start(&settings).await {
        Ok(embedded) => {
            let taken = take_backup(&embedded.running(), request).await;
            let stopped = embedded.stop().await;
            let taken = taken?;
            stopped?;
            Ok(taken)
        }
        Err(EmbeddedError::InUse { .. }) => {
            take_backup(&RunningServer::attach(data)?, request).await
        }
        Err(error) => Err(error.into()),
    }
}

fn in_words(taken: &Taken, keys: &Path) -> String {
    let megabytes = taken.backup.bytes >> 20;
    let mut lines = vec![format!(
        "Base backup {} ({megabytes} MB, every checksum verified)",
        taken.folder.display()
    )];
    if let Some(before) = &taken.archived_before {
        lines.push(format!(
            "The log was archived to {} before and goes to this folder now.",
            before.display()
        ));
    }
    if !taken.removed.is_empty() {
        let count = taken.removed.len();
        let segments = taken.removed_segments;
        lines.push(format!("Removed {count} older base backups and {segments} log segments."));
    }
    lines.push(format!(
        "Every instant from {} on can be restored; at most the last 60 seconds before a crash are not archived yet.",
        taken.backup.ended_at
    ));
    lines.push(format!(
        "Not in it are the keys in {}: copy that folder to another place, apart from the backup. \
         Without it no identity can be read again.",
        keys.display()
    ));
    lines.join("\n")
}
