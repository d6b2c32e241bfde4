//! `backup`: a base backup of the private server and its archive switched on, looked over, or switched off.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::Args;
use storage::embedded::backup::{
    BackupError, BackupRequest, Inspected, Stopped, Taken, stop_archiving, take_backup,
    verify_backups,
};
use storage::embedded::{Embedded, EmbeddedError, EmbeddedSettings, RunningServer};

use crate::installation::{DataArgs, lag_in_words};
use crate::interrupt::Stop;
use crate::print::say;
use crate::progress::Bar;

/// Arguments of `backup`.
#[derive(Debug, Args)]
pub(crate) struct BackupArgs {
    /// Folder of the backups, best on another disk; made at the first call. The server archives there from then on.
    #[arg(long, value_name = "FOLDER", required_unless_present = "stop_archiving")]
    to: Option<PathBuf>,
    /// Base backups to keep, the new one included; older ones go, with the log that only they need.
    #[arg(long, default_value_t = 7, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    keep: u16,
    /// Back up nothing: read all that is in the folder, and hold it against its checksums.
    #[arg(long, conflicts_with = "keep")]
    verify: bool,
    /// Back up nothing: archive what was done until now, and nothing from then on.
    #[arg(long, conflicts_with_all = ["to", "keep", "verify"])]
    stop_archiving: bool,
    #[command(flatten)]
    data: DataArgs,
}

/// Runs `backup`. An archive that does not work is a failure, though the base backup is kept.
pub(crate) async fn run(args: BackupArgs, stop: &Stop) -> anyhow::Result<()> {
    if args.stop_archiving {
        return run_stop(&args.data, stop).await;
    }
    let to = args.to.context("name the folder of the backups with --to")?;
    if args.verify {
        return run_verify(&to, stop).await;
    }
    let data = args.data.private_folder("back it up with the tools of its server")?;
    let request = BackupRequest { to, keep: usize::from(args.keep) };
    let words = "interrupted; the next backup removes what is half made";
    let bar = Bar::new();
    let report = |progress| bar.show(progress);
    let taking = with_server(data, async |server| take_backup(server, &request, &report).await);
    let taken = stop.ends_saying(words, async { Ok(taking.await?) }).await;
    drop(bar);
    let taken = taken?;
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

/// Works with the server of the process that serves the folder, or starts one for as long as it takes.
async fn with_server<T>(
    data: &Path,
    work: impl AsyncFnOnce(&RunningServer) -> Result<T, BackupError>,
) -> Result<T, BackupError> {
    let settings = EmbeddedSettings { data_dir: data.to_path_buf(), bin_dir: None };
    match Embedded::start(&settings).await {
        Ok(embedded) => {
            let done = work(&embedded.running()).await;
            let stopped = embedded.stop().await;
            let done = done?;
            stopped?;
            Ok(done)
        }
        Err(EmbeddedError::InUse { .. }) => work(&RunningServer::attach(data)?).await,
        Err(error) => Err(error.into()),
    }
}

/// Looks a backup folder over; anything that is damaged is a failure.
async fn run_verify(folder: &Path, stop: &Stop) -> anyhow::Result<()> {
    let bar = Bar::new();
    let report = |progress| bar.show(progress);
    let looking = async { Ok(verify_backups(folder, &report).await?) };
    let seen = stop.ends(looking).await;
    drop(bar);
    let Inspected { bases, segments, unchecked, faults, from, until } = seen?;
    if !faults.is_empty() {
        bail!(
            "the backup is not whole:\n{}\nPut good copies back, or back up anew: instants that need what is \
             damaged cannot be restored",
            faults.join("\n")
        );
    }
    let mut lines = vec![format!(
        "{bases} base backups and {segments} log segments are as they were put there.\n\
         Every instant from {from} to {until} can be restored."
    )];
    if unchecked > 0 {
        lines.push(format!(
            "Of the segments {unchecked} have no checksum; only a restore checks them."
        ));
    }
    say(&lines.join("\n"))
}

/// Stops the archive; that it has long not worked is told and no failure.
async fn run_stop(args: &DataArgs, stop: &Stop) -> anyhow::Result<()> {
    let data = args.private_folder("its own tools archive it")?;
    let stopping = with_server(data, async |server| stop_archiving(server).await);
    let Stopped { folder, lost } = stop.ends(async { Ok(stopping.await?) }).await?;
    let folder = folder.display();
    let reached = lost.map_or_else(
        || format!("What was done until now is in {folder}."),
        |lag| {
            format!(
                "The archive in {folder} did not work: {}, and never will get there.",
                lag_in_words(lag)
            )
        },
    );
    say(&format!(
        "The log is not archived any more. {reached}\n\
         What is done from now on is in no backup; `gelombang backup --to FOLDER` starts again."
    ))
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
