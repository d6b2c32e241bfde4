//! Base backups, the archive of the write-ahead log, and restoring from both.
//!
//! A backup folder belongs to one installation: `gelombang-backup.json` (the mark, written last when the folder is
//! made), `wal` (the archive, written by the server), and `base` with a folder for each base backup: its cluster
//! `pg` and `backup.json`. Invariants: what has its final name is whole and on disk; half-made folders have names
//! of their own and are cleared by the next backup under the folder's lock; no segment that a kept base backup
//! needs is removed. Keys of sealed identities never come here. See `docs/adr/0005-backup-and-restore.md`.

mod error;
mod inspect;
mod place;
mod progress;
mod prune;
mod reach;
mod record;
mod recover;
mod restore;
mod stop;
mod take;
mod verify;
mod wal;

pub use error::BackupError;
pub use inspect::{Inspected, verify_backups};
pub use progress::{Progress, Report, Stage};
pub use record::BaseBackup;
pub use restore::{RestoreRequest, Restored, restore};
pub use stop::{Stopped, stop_archiving};
pub use take::{BackupRequest, Taken, take_backup};

use std::path::PathBuf;

use domain::time::Timestamp;

use super::archive;
use super::error::EmbeddedError;
use super::running::RunningServer;

/// Where the backups of a server are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackupState {
    /// Their folder.
    pub folder: PathBuf,
    /// End of the newest base backup; none if the folder has none or cannot be read.
    pub newest: Option<Timestamp>,
    /// True if the log goes there; false if that was stopped on purpose.
    pub is_archived: bool,
}

impl RunningServer {
    /// Where this server is backed up; `None` if it never was.
    ///
    /// # Errors
    /// [`EmbeddedError`] if the data folder cannot be read.
    pub fn backup_state(&self) -> Result<Option<BackupState>, EmbeddedError> {
        let target = archive::target(&self.root)?;
        let is_archived = target.is_some();
        let Some(folder) = target.or(archive::stopped_target(&self.root)?) else {
            return Ok(None);
        };
        let newest = match place::finished_of(&folder) {
            Ok(backups) => backups.last().map(|backup| backup.ended_at),
            Err(error) => {
                tracing::warn!(%error, "the backup folder cannot be read");
                None
            }
        };
        Ok(Some(BackupState { folder, newest, is_archived }))
    }
}
