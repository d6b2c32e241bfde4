//! Looking over a whole backup folder, before it is needed.

use std::path::Path;

use domain::time::Timestamp;

use super::error::BackupError;
use super::progress::{Progress, Report, Stage};
use super::reach::reach;
use super::restore::Source;
use super::take::CLUSTER_FOLDER;
use super::verify::{State, faults_of_base, state_of};

/// What a backup folder holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inspected {
    /// Finished base backups.
    pub bases: usize,
    /// Segments of the log.
    pub segments: usize,
    /// Segments that an earlier version archived without a checksum.
    pub unchecked: usize,
    /// Everything that is not as it was put there, each in a line for people.
    pub faults: Vec<String>,
    /// Without faults, every instant from the end of the oldest base backup...
    pub from: Timestamp,
    /// ...to the last transaction in the log can be restored.
    pub until: Timestamp,
}

/// Reads every file of every base backup and every segment, and holds them against their checksums; changes nothing.
///
/// # Errors
/// [`BackupError`] if the folder is no backup, has no base backup, or cannot be read. What is damaged is no error:
/// it stands among [`Inspected::faults`].
pub async fn verify_backups(folder: &Path, report: Report<'_>) -> Result<Inspected, BackupError> {
    let source = Source::open(folder)?;
    let Source { folder, archive, programs, account } = &source;
    let backups = source.backups()?;
    let (Some(oldest), Some(newest)) = (backups.first(), backups.last()) else {
        return Err(BackupError::NoBase(folder.root().to_path_buf()));
    };
    let mut faults = Vec::new();
    for backup in &backups {
        let cluster = folder.base().join(&backup.name).join(CLUSTER_FOLDER);
        if let Some(said) = faults_of_base(programs, account, &cluster, report).await? {
            faults.push(format!("base backup {} is damaged: {said}", backup.name));
        }
    }
    let (wal, mut unchecked) = (folder.wal(), 0);
    let total = archive.segments.len() as u64;
    for (done, segment) in (0..).zip(&archive.segments) {
        report(Progress { stage: Stage::Log, done, total });
        match state_of(&wal, *segment).await? {
            State::Good => {}
            State::Unknown => unchecked += 1,
            State::Damaged => faults.push(format!("segment {segment} is damaged")),
            // What was listed and is gone was removed meanwhile; what no base backup needs may go.
            State::Elsewhere if segment.number < oldest.first.number => {}
            State::Elsewhere => faults.push(format!(
                "segment {segment} was there and is gone: it was removed while this looked"
            )),
        }
    }
    if let Some(segment) = archive.chain(oldest.first, oldest.last).missing {
        faults.push(format!("segment {segment} is missing although later ones are there"));
    }
    let chain = archive.chain(newest.first, newest.last);
    let reach = reach(programs, account, &wal, &chain.segments).await?;
    Ok(Inspected {
        bases: backups.len(),
        segments: archive.segments.len(),
        unchecked,
        faults,
        from: oldest.ended_at,
        until: reach.last.map_or(newest.ended_at, |last| last.max(newest.ended_at)),
    })
}
