//! Copying a base backup into a new data folder and replaying the archive there.

use std::convert::Infallible;
use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::Duration;

use domain::time::Timestamp;
use sqlx::ConnectOptions as _;
use time::OffsetDateTime;

use super::super::account::Account;
use super::super::archive::{self, shell_quoted, sync_folder};
use super::super::cluster::{self, SUPERUSER};
use super::super::error::{EmbeddedError, io_error};
use super::super::folder::{DataFolder, make_private_folder, write_private};
use super::super::leftovers::{self, remove_half_made};
use super::super::programs::Programs;
use super::super::running;
use super::super::runtime::RuntimeFolder;
use super::super::server::{self, Server};
use super::super::settings;
use super::super::space::require_room;
use super::error::BackupError;
use super::place::BackupFolder;
use super::progress::{Progress, Report, Stage};
use super::reach::{parse_time, read_segment};
use super::restore::{Plan, Restored, Source};
use super::take::CLUSTER_FOLDER;
use super::verify::faults_of_base;
use super::wal::{SEGMENT_BYTES, Segment, parse_lsn};

/// Replaying a long archive takes as long as it takes; a server that fails ends by itself, and Ctrl-C ends it.
const REPLAY_LIMIT: Duration = Duration::from_hours(24 * 30);

/// Between two looks at how far the replay is.
const WATCH_INTERVAL: Duration = Duration::from_millis(300);

/// Everything a recovery works with.
struct Recovery<'a> {
    backup_folder: &'a BackupFolder,
    plan: &'a Plan,
    data: DataFolder,
    programs: &'a Programs,
    account: &'a Account,
    report: Report<'a>,
}

/// What the server said after the replay.
struct Replayed {
    last_transaction: Option<Timestamp>,
    /// Position after the last record.
    end: u64,
}

/// Carries out a plan; the cluster gets its name only when all is done.
pub(super) async fn recover(
    source: &Source,
    plan: &Plan,
    data: &Path,
    report: Report<'_>,
) -> Result<Restored, BackupError> {
    let Source { folder: backup_folder, programs, account, .. } = source;
    let data = DataFolder::open(data, account)?;
    leftovers::clear(&data).await?;
    require_room(data.root(), plan.backup.bytes)?;
    let recovery = Recovery { backup_folder, plan, data, programs, account, report };
    let unfinished = recovery.data.unfinished();
    let replayed = match recovery.replay_in(&unfinished).await {
        Ok(replayed) => replayed,
        Err(error) => {
            // The next restore removes what cannot be removed now.
            let _ = remove_half_made(&unfinished).await;
            return Err(error);
        }
    };
    let cluster = recovery.data.cluster();
    std::fs::rename(&unfinished, &cluster).map_err(io_error("move the cluster to", &cluster))?;
    sync_folder(recovery.data.root())?;
    Ok(Restored {
        backup: plan.backup.clone(),
        segments: plan.segments.len(),
        last_transaction: replayed.last_transaction,
        unchecked: plan.unchecked,
        passed_over: Vec::new(),
    })
}

impl Recovery<'_> {
    async fn replay_in(&self, unfinished: &Path) -> Result<Replayed, BackupError> {
        self.copy_base(unfinished).await?;
        cluster::configure(unfinished, &self.tuning(unfinished).await?, self.account)?;
        archive::configure(unfinished, None, self.account)?;
        write_private(&unfinished.join("recovery.signal"), "", self.account)?;
        let runtime = RuntimeFolder::prepare(self.data.root(), self.account)?;
        let log_start = self.data.log().metadata().map_or(0, |found| found.len());
        let mut server = Server::spawn(
            unfinished,
            self.data.log(),
            &runtime,
            self.programs,
            self.account,
            &self.settings(),
        )?;
        let ready = tokio::select! {
            ready = server.wait_until_ready(unfinished, REPLAY_LIMIT) => ready,
            never = self.watch_replay(log_start) => match never {},
        };
        if let Err(error) = ready {
            return Err(self.explain(error).await);
        }
        let replayed = ask(&runtime).await?;
        server.stop().await?;
        self.require_read_to_the_end(&replayed).await?;
        Ok(replayed)
    }

    /// Tells how many segments the server has fetched, by what it writes into its log.
    async fn watch_replay(&self, log_start: u64) -> Infallible {
        let total = self.plan.segments.len() as u64;
        let read = || -> io::Result<u64> {
            let mut log = File::open(self.data.log())?;
            log.seek(SeekFrom::Start(log_start))?;
            let fetched = BufReader::new(log).lines().map_while(Result::ok);
            Ok(fetched.filter(|line| line.contains("restored log file \"")).count() as u64)
        };
        loop {
            // A log that cannot be read for once is read the next time.
            let done = read().unwrap_or(0).min(total);
            (self.report)(Progress { stage: Stage::Replay, done, total });
            tokio::time::sleep(WATCH_INTERVAL).await;
        }
    }

    async fn tuning(&self, cluster: &Path) -> Result<String, BackupError> {
        let compression = server::wal_compression(cluster, self.programs, self.account).await?;
        Ok(settings::tuning(settings::memory_bytes(), compression))
    }

    /// Copies the base backup and checks every byte of the copy against the manifest.
    async fn copy_base(&self, unfinished: &Path) -> Result<(), BackupError> {
        let base = self.backup_folder.base().join(&self.plan.backup.name).join(CLUSTER_FOLDER);
        make_private_folder(unfinished, self.account)?;
        self.copy_tree(&base, unfinished).await?;
        match faults_of_base(self.programs, self.account, unfinished, self.report).await? {
            None => Ok(()),
            Some(output) => {
                Err(BackupError::DamagedBase { backup: self.plan.backup.name.clone(), output })
            }
        }
    }

    /// Copies a folder's content, each file to the account. Our clusters hold files and folders only, so a link is
    /// refused rather than followed.
    async fn copy_tree(&self, from: &Path, to: &Path) -> Result<(), BackupError> {
        let (account, total) = (self.account, self.plan.backup.bytes);
        let mut done = 0;
        let mut folders = vec![PathBuf::new()];
        while let Some(relative) = folders.pop() {
            let source = from.join(&relative);
            let entries = std::fs::read_dir(&source).map_err(io_error("list", &source))?;
            for entry in entries {
                let entry = entry.map_err(io_error("list", &source))?;
                let name = relative.join(entry.file_name());
                let (source, target) = (from.join(&name), to.join(&name));
                let kind = entry.file_type().map_err(io_error("look at", &source))?;
                if kind.is_dir() {
                    make_private_folder(&target, account)?;
                    folders.push(name);
                } else if kind.is_file() {
                    let copied = tokio::fs::copy(&source, &target).await;
                    done += copied.map_err(io_error("copy", &source))?;
                    // The log of the backup's own duration is not among the files that it counts.
                    (self.report)(Progress { stage: Stage::Copy, done: done.min(total), total });
                    if account.is_switched {
                        std::os::unix::fs::lchown(&target, Some(account.uid), Some(account.gid))
                            .map_err(io_error("hand over", &target))?;
                    }
                } else {
                    let found = "it is neither file nor folder, which no backup of ours holds";
                    return Err(EmbeddedError::NotOurs { folder: source, found }.into());
                }
            }
        }
        Ok(())
    }

    /// Settings of this one start; given on the command line, they leave no trace in the restored cluster.
    fn settings(&self) -> Vec<String> {
        let wal = shell_quoted(&self.backup_folder.wal()).replace('%', "%%");
        // Without its damaged segment the archive ends before it, also where that begins with good records.
        let damaged = self.plan.damaged.map_or_else(String::new, |segment| segment.to_string());
        let mut settings = vec![
            format!(
                "restore_command=test %f != '{damaged}' && test -f {wal}/%f && cp {wal}/%f \"%p\""
            ),
            "recovery_target_timeline=latest".to_owned(),
            "hot_standby=off".to_owned(),
        ];
        if let Some(stop_at) = self.plan.stop_at {
            // The server reads this before it knows the names of zones, `Z` included.
            let stop_at = stop_at.to_string().replace('Z', "+00");
            settings.push(format!("recovery_target_time={stop_at}"));
            settings.push("recovery_target_inclusive=on".to_owned());
            settings.push("recovery_target_action=promote".to_owned());
        }
        settings
    }

    /// A replay without a stop ends silently at the first record that cannot be read: that must be the last one.
    async fn require_read_to_the_end(&self, replayed: &Replayed) -> Result<(), BackupError> {
        let last = self.plan.segments.last().copied().unwrap_or(self.plan.backup.last);
        let is_complete = replayed.end.saturating_sub(1) / SEGMENT_BYTES >= last.number;
        if self.plan.stop_at.is_some() || !self.plan.is_whole || is_complete {
            return Ok(());
        }
        let until = replayed.last_transaction.unwrap_or(self.plan.backup.ended_at);
        Err(self.damage_at(replayed.end, until).await)
    }

    /// Says which segment ended a replay too early, from the server's last lines.
    async fn explain(&self, error: EmbeddedError) -> BackupError {
        let EmbeddedError::NotStarted { tail, .. } = error else {
            return error.into();
        };
        let after = |words: &str| tail.split_once(words).map(|(_, rest)| rest);
        let end = after("redo done at ").and_then(|rest| parse_lsn(rest.split(' ').next()?));
        let ended_early = tail.contains("recovery ended before configured recovery target");
        let (Some(end), true) = (end, ended_early) else {
            return BackupError::Recovery(tail);
        };
        let until = after("last completed transaction was at log time ").and_then(parse_time);
        self.damage_at(end, until.unwrap_or(self.plan.backup.ended_at)).await
    }

    /// The segment with this position is damaged, or else the one after it.
    async fn damage_at(&self, position: u64, until: Timestamp) -> BackupError {
        let number = position / SEGMENT_BYTES;
        let at = |wanted| self.plan.segments.iter().find(|s: &&Segment| s.number == wanted);
        let wal = self.backup_folder.wal();
        let mut segment = at(number).copied().unwrap_or(self.plan.backup.last);
        let found = read_segment(self.programs, self.account, &wal, segment).await;
        if found.is_ok_and(|found| !found.is_damaged) {
            segment = at(number + 1).copied().unwrap_or(segment);
        }
        BackupError::DamagedSegment { segment: segment.to_string(), folder: wal, until }
    }
}

/// Asks the recovered server how far it came.
async fn ask(runtime: &RuntimeFolder) -> Result<Replayed, BackupError> {
    let mut conn = running::options(runtime.path(), SUPERUSER, "postgres").connect().await?;
    let (at, end): (Option<OffsetDateTime>, Option<String>) =
        sqlx::query_as("SELECT pg_last_xact_replay_timestamp(), pg_last_wal_replay_lsn()::text")
            .fetch_one(&mut conn)
            .await?;
    let end = end.as_deref().and_then(parse_lsn).unwrap_or(0);
    Ok(Replayed { last_transaction: at.map(Timestamp::from_offset), end })
}
