//! Restoring: which base backup, up to which instant, and every refusal before anything is written.

use std::path::{Path, PathBuf};

use domain::time::Timestamp;

use super::super::account::Account;
use super::super::folder::DataFolder;
use super::super::programs::Programs;
use super::error::BackupError;
use super::place::BackupFolder;
use super::progress::Report;
use super::reach::reach;
use super::record::BaseBackup;
use super::recover::recover;
use super::verify;
use super::wal::{Archive, Segment};

/// What to restore and where.
#[derive(Debug, Clone)]
pub struct RestoreRequest {
    /// The backup folder.
    pub from: PathBuf,
    /// Data folder to be made: missing, or empty.
    pub data: PathBuf,
    /// The instant to restore: everything committed at or before it, nothing after. `None`: all there is.
    pub to: Option<Timestamp>,
}

/// What was restored.
#[derive(Debug)]
pub struct Restored {
    /// The base backup that was used.
    pub backup: BaseBackup,
    /// Segments of the archive from the base backup's first on.
    pub segments: usize,
    /// Time of the last transaction that is in the restored data, where the log told one.
    pub last_transaction: Option<Timestamp>,
    /// Segments among them that an earlier version archived without a checksum, which only the replay checks.
    pub unchecked: usize,
    /// Names of newer base backups that would have done and are damaged.
    pub passed_over: Vec<String>,
}

/// What a restore is going to do.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) backup: BaseBackup,
    pub(super) segments: Vec<Segment>,
    /// Where replay stops; `None` at the end of the chain.
    pub(super) stop_at: Option<Timestamp>,
    /// The chain is to be read to its very end: nothing behind it is known to be missing.
    pub(super) is_whole: bool,
    /// The segment after the chain, if it is there and its checksum is wrong; none of it may be replayed.
    pub(super) damaged: Option<Segment>,
    /// Segments of the chain that have no checksum.
    pub(super) unchecked: usize,
}

/// Makes a data folder from a base backup and the archive, as of an instant.
///
/// The folder appears whole or not at all; what an interrupted restore left in it is cleared by the next.
///
/// # Errors
/// One variant of [`BackupError`] for each cause that the person at the machine can mend.
pub async fn restore(
    request: &RestoreRequest,
    report: Report<'_>,
) -> Result<Restored, BackupError> {
    let source = Source::open(&request.from)?;
    if !DataFolder::is_unused(&request.data)? {
        return Err(BackupError::NotEmpty(request.data.clone()));
    }
    let (mut passed_over, mut first) = (Vec::new(), None);
    loop {
        match source.restore_without(&passed_over, request, report).await {
            Ok(restored) => return Ok(Restored { passed_over, ..restored }),
            // The log from an older base backup leads to the same instant, if it is all there.
            Err(BackupError::DamagedBase { backup, output }) => {
                tracing::warn!(backup, "a base backup is damaged; trying the one before");
                passed_over.push(backup.clone());
                first.get_or_insert(BackupError::DamagedBase { backup, output });
            }
            // That an older one does not serve is no news: the damage is.
            Err(error) => return Err(first.unwrap_or(error)),
        }
    }
}

/// What a restore reads from, and with what.
pub(super) struct Source {
    pub(super) folder: BackupFolder,
    pub(super) archive: Archive,
    pub(super) programs: Programs,
    pub(super) account: Account,
}

impl Source {
    /// Opens a backup folder, beside no backup, and finds programs of its version.
    pub(super) fn open(from: &Path) -> Result<Self, BackupError> {
        let account = Account::find()?;
        let (folder, mark) = BackupFolder::open(from, &account)?;
        let programs = Programs::find(None, Some(mark.major))?;
        if programs.version.major() != mark.major {
            return Err(BackupError::OtherMajor {
                folder: folder.root().to_path_buf(),
                backup: mark.major,
                programs: programs.version.major(),
            });
        }
        let archive = Archive::read(&folder.wal())?;
        Ok(Self { folder, archive, programs, account })
    }

    /// Finished base backups, oldest first. One of a timeline that was left before it leads nowhere.
    pub(super) fn backups(&self) -> Result<Vec<BaseBackup>, BackupError> {
        let mut backups = self.folder.backups()?;
        backups.retain(|backup| self.archive.lineage.segment(backup.last.number) == backup.last);
        Ok(backups)
    }

    /// Restores from the best base backup that is not among the damaged ones.
    async fn restore_without(
        &self,
        damaged: &[String],
        request: &RestoreRequest,
        report: Report<'_>,
    ) -> Result<Restored, BackupError> {
        let mut plan = self.plan(damaged, request.to, report).await?;
        match recover(self, &plan, &request.data, report).await {
            // The instant is that of the last transaction before a damage, as the message proposes: the server, which
            // stops at the first transaction after the instant, met none. Everything before the damage is what is wanted.
            Err(BackupError::DamagedSegment { until, .. }) if request.to == Some(until) => {
                plan.stop_at = None;
                plan.is_whole = false;
                recover(self, &plan, &request.data, report).await
            }
            done => done,
        }
    }

    /// Chooses the newest base backup before the instant and holds the instant against what the archive reaches.
    async fn plan(
        &self,
        damaged: &[String],
        to: Option<Timestamp>,
        report: Report<'_>,
    ) -> Result<Plan, BackupError> {
        let Self { folder, archive, programs, account } = self;
        let mut backups = self.backups()?;
        let is_damaged = |backup: &&BaseBackup| damaged.contains(&backup.name);
        let held = backups.iter().filter(is_damaged).map(|backup| backup.last.number).max();
        backups.retain(|backup| !is_damaged(&backup));
        let (Some(oldest), Some(newest)) = (backups.first(), backups.last()) else {
            return Err(BackupError::NoBase(folder.root().to_path_buf()));
        };
        let fitting = backups.iter().rfind(|backup| to.is_none_or(|to| backup.ended_at <= to));
        let backup = fitting.unwrap_or(newest).clone();
        let mut chain = archive.chain(backup.first, backup.last);
        if to.is_none() && chain.segments.last().map(|last| last.number) < held {
            // All there is would then be less than the damaged one holds.
            return Err(BackupError::NoBase(folder.root().to_path_buf()));
        }
        let wal = folder.wal();
        let checked = verify::check(&wal, &mut chain, report).await?;
        let reach = reach(programs, account, &wal, &chain.segments).await?;
        let until = reach.last.map_or(backup.ended_at, |last| last.max(backup.ended_at));
        let from = oldest.ended_at;
        if let Some(wanted) = to
            && fitting.is_none()
        {
            return Err(BackupError::TooEarly { wanted, from, until });
        }
        if to.is_none_or(|to| to > until) {
            if let Some(segment) = reach.damaged.or(checked.damaged) {
                return Err(BackupError::DamagedSegment {
                    segment: segment.to_string(),
                    folder: wal,
                    until,
                });
            }
            if let Some(segment) = chain.missing {
                return Err(BackupError::MissingSegment {
                    segment: segment.to_string(),
                    folder: wal,
                    until,
                });
            }
        }
        if let Some(wanted) = to
            && wanted > until
        {
            return Err(BackupError::TooLate { wanted, from, until });
        }
        Ok(Plan {
            backup,
            segments: chain.segments,
            // The server stops at the first transaction after the instant, so there must be one.
            stop_at: to.filter(|to| *to < until),
            is_whole: reach.damaged.or(checked.damaged).or(chain.missing).is_none(),
            damaged: checked.damaged,
            unchecked: checked.unknown,
        })
    }
}
