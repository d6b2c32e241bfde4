//! What can go wrong around backups, each with the line that helps.

use std::path::PathBuf;

use domain::time::Timestamp;

use super::super::error::EmbeddedError;

/// Failure to take a backup or to restore one.
///
/// Messages hold paths, instants, names of segments and lines of the server's programs, never data of persons.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The private server or its files.
    #[error(transparent)]
    Embedded(#[from] EmbeddedError),
    /// A question to the running server.
    #[error("the server did not answer; look into postgres.log in the data folder")]
    Query(#[from] sqlx::Error),
    /// The folder is not there.
    #[error("there is no folder {0}; name the folder that `gelombang backup --to` was given")]
    NoFolder(PathBuf),
    /// The folder was not made by `gelombang backup`.
    #[error(
        "{folder} is not a backup: {found}; name the folder that `gelombang backup --to` was given, or a new one \
         for a new backup"
    )]
    NotBackup {
        /// The folder.
        folder: PathBuf,
        /// What speaks against it.
        found: String,
    },
    /// The folder cannot be written into a shell command or a setting.
    #[error(
        "the path {0} is not plain text; choose a folder whose path is UTF-8 without control characters"
    )]
    OddPath(PathBuf),
    /// The backup would go with what it is a backup of.
    #[error(
        "{0} lies in the data folder, so both would be lost together; choose a folder on another disk"
    )]
    InsideData(PathBuf),
    /// Another installation writes there.
    #[error(
        "{folder} holds the backups of another installation (system {theirs}, this one is {ours}); \
         choose a folder of its own for each"
    )]
    OtherInstallation {
        /// The backup folder.
        folder: PathBuf,
        /// System identifier in the folder.
        theirs: String,
        /// System identifier of the server.
        ours: String,
    },
    /// A restored copy of this installation has gone on in the same folder.
    #[error(
        "a restored copy of this installation archives into {folder} (timeline {theirs}, this one is on {ours}), and \
         a restore from there would follow the copy; give this installation a folder of its own"
    )]
    OvertakenByCopy {
        /// The backup folder.
        folder: PathBuf,
        /// Latest timeline in the archive.
        theirs: u32,
        /// Timeline of the server.
        ours: u32,
    },
    /// The backup folder is locked.
    #[error("another backup or restore uses {0}; try again when it is done")]
    InUse(PathBuf),
    /// The running server cannot archive until it is started anew.
    #[error(
        "the running server was started by an older gelombang, which cannot archive; stop that process, start it \
         with this version, and back up again"
    )]
    ArchivingOff,
    /// There is no archive to be stopped.
    #[error("nothing is archived, so there is nothing to stop")]
    NotArchiving,
    /// The server did not take over the archive's settings.
    #[error(
        "the server did not take over the archive's settings; look into postgres.log in the data folder"
    )]
    NotReloaded,
    /// The backup was made by another major version.
    #[error(
        "the backup in {folder} was made by PostgreSQL {backup}, but the programs found are version {programs}; \
         install postgresql-{backup}, or name its programs in GELOMBANG_PG_BIN"
    )]
    OtherMajor {
        /// The backup folder.
        folder: PathBuf,
        /// Major version of the backup.
        backup: u32,
        /// Major version of the programs.
        programs: u32,
    },
    /// A program of the server failed.
    #[error("{program} failed; it said:\n{output}")]
    Program {
        /// Its name.
        program: &'static str,
        /// Its last lines.
        output: String,
    },
    /// Files of a base backup are not those that were taken.
    #[error(
        "base backup {backup} is damaged, and the log does not lead from an older one to the instant; put a good \
         copy of its folder in its place, or restore with --to an instant before it. pg_verifybackup said:\n{output}"
    )]
    DamagedBase {
        /// Name of the base backup.
        backup: String,
        /// Last lines of the check.
        output: String,
    },
    /// No base backup is whole.
    #[error("{0} has no finished base backup; make one with `gelombang backup --to`")]
    NoBase(PathBuf),
    /// The instant lies before what can be restored.
    #[error(
        "{wanted} is before {from}, when the oldest base backup was done, and only what came after that can be \
         chosen; possible is from {from} to {until}"
    )]
    TooEarly {
        /// The instant asked for.
        wanted: Timestamp,
        /// End of the first base backup.
        from: Timestamp,
        /// Last transaction in the archive.
        until: Timestamp,
    },
    /// The instant lies after what can be restored.
    #[error(
        "{wanted} is after the last entry in the archive, and nothing there tells what was done between the two; \
         possible is from {from} to {until}; without --to all of it is restored. A server that still runs archives \
         more within two minutes; one that was killed does so when its folder is served and stopped once more"
    )]
    TooLate {
        /// The instant asked for.
        wanted: Timestamp,
        /// End of the first base backup.
        from: Timestamp,
        /// Last transaction in the archive, be it a mark of the time.
        until: Timestamp,
    },
    /// A segment between others is not in the archive.
    #[error(
        "segment {segment} is missing from {folder} although later ones are there; put it back, or restore what \
         comes before it with --to {until}"
    )]
    MissingSegment {
        /// Name of the segment.
        segment: String,
        /// Folder of the archive.
        folder: PathBuf,
        /// Last transaction before the gap.
        until: Timestamp,
    },
    /// A segment does not hold what the server wrote.
    #[error(
        "segment {segment} in {folder} is damaged; put a good copy in its place, or restore what comes before the \
         damage with --to {until}"
    )]
    DamagedSegment {
        /// Name of the segment.
        segment: String,
        /// Folder of the archive.
        folder: PathBuf,
        /// Last transaction before the damage, as far as is known.
        until: Timestamp,
    },
    /// The server could not replay the archive.
    #[error("the archive could not be replayed; the server's last lines are:\n{0}")]
    Recovery(String),
    /// The place for the restored data is taken.
    #[error("{0} is not empty; give a new folder with --data, nothing is ever restored over data")]
    NotEmpty(PathBuf),
    /// Too little room.
    #[error(
        "disk full: {folder} has {free_mb} MB free and {needed_mb} MB are needed; free some room or choose another folder"
    )]
    NoRoom {
        /// Where.
        folder: PathBuf,
        /// Free room in units of 2^20 bytes.
        free_mb: u64,
        /// Needed room in units of 2^20 bytes.
        needed_mb: u64,
    },
}
