//! What can go wrong around the private server, each with the line that helps.

use std::io;
use std::path::{Path, PathBuf};

/// The one line that installs the server on Debian or Ubuntu without leaving a cluster of the package running.
pub const INSTALL_LINE: &str = "mkdir -p /etc/postgresql-common/createcluster.d && \
     echo 'create_main_cluster = false' > /etc/postgresql-common/createcluster.d/gelombang.conf && \
     apt-get install -y postgresql";

/// Failure to make, start, watch or stop the private database server.
///
/// Messages name the place and the remedy; they hold paths, user names and server log lines, never data of persons.
#[derive(Debug, thiserror::Error)]
pub enum EmbeddedError {
    /// No folder with the programs `postgres` and `initdb` was found.
    #[error(
        "PostgreSQL was not found (looked in {looked_in}); install it with: {INSTALL_LINE}; \
         or name the folder of its programs in GELOMBANG_PG_BIN"
    )]
    NotInstalled {
        /// The places that were searched, as text for people.
        looked_in: String,
    },
    /// The programs are older than the oldest version supported.
    #[error(
        "the PostgreSQL in {folder} is version {found}, but 15 or newer is needed; \
         install a newer one or name its folder in GELOMBANG_PG_BIN"
    )]
    TooOld {
        /// Folder of the programs.
        folder: PathBuf,
        /// Its major version.
        found: u32,
    },
    /// `postgres --version` did not run, or its answer was not understood.
    #[error(
        "cannot learn the version of {program}: {detail}; reinstall PostgreSQL or name another in GELOMBANG_PG_BIN"
    )]
    BadProgram {
        /// The program that was called.
        program: PathBuf,
        /// What it answered, or why it did not run.
        detail: String,
    },
    /// The cluster was made by another major version than the programs.
    #[error(
        "{folder} was made by PostgreSQL {cluster}, but the programs found are version {programs}; \
         to go on with the old version install postgresql-{cluster}; to move to the new one, as the user who owns the \
         folder: initdb -U postgres -E UTF8 --locale=C --data-checksums -D {folder}.upgraded && \
         pg_upgrade -U postgres -b /usr/lib/postgresql/{cluster}/bin -B /usr/lib/postgresql/{programs}/bin \
         -d {folder} -D {folder}.upgraded, and then put the new folder in the place of the old"
    )]
    OtherMajor {
        /// The cluster's folder.
        folder: PathBuf,
        /// Major version that made it.
        cluster: u32,
        /// Major version of the programs.
        programs: u32,
    },
    /// Another running process holds the data folder.
    #[error(
        "{folder} is in use by {holder}; stop that process, or give another folder with --data"
    )]
    InUse {
        /// The data folder.
        folder: PathBuf,
        /// Process number and time of start, read from the lock file.
        holder: String,
    },
    /// Too little room to make or start the server.
    #[error(
        "disk full: {folder} has {free_mb} MB free and the server needs at least {needed_mb} MB \
         (df -h and df -i show what is left); free some room, or give another folder with --data"
    )]
    DiskFull {
        /// Folder on the full disk.
        folder: PathBuf,
        /// Free room there, in units of 2^20 bytes.
        free_mb: u64,
        /// Room that is needed, in units of 2^20 bytes.
        needed_mb: u64,
    },
    /// The system user that runs the server may not enter a folder above the data.
    #[error(
        "the data folder cannot be reached by the system user {user}, who runs the server: {blocked_by} is closed to it; \
         give a folder it can reach (--data /var/lib/gelombang), or open the way with: chmod o+x {blocked_by}"
    )]
    Unreachable {
        /// First folder on the way that stops the user.
        blocked_by: PathBuf,
        /// Name of the system user.
        user: String,
    },
    /// The operating system allows 107 bytes for the path of a Unix socket.
    #[error(
        "the socket path {path} has {length} bytes and at most 107 are possible; \
         set XDG_RUNTIME_DIR to a shorter folder, or unset it"
    )]
    SocketPathTooLong {
        /// The path that was wanted.
        path: PathBuf,
        /// Its length in bytes.
        length: usize,
    },
    /// `initdb` failed.
    #[error("could not make a database cluster in {folder}; initdb said:\n{output}")]
    InitFailed {
        /// The temporary folder; it has been removed.
        folder: PathBuf,
        /// Last lines of its output.
        output: String,
    },
    /// The server ended, or did not accept connections, before it was ready.
    #[error("the server did not start; the last lines of {log} are:\n{tail}")]
    NotStarted {
        /// The server's log file.
        log: PathBuf,
        /// Its last lines.
        tail: String,
    },
    /// The server ended while it was in use.
    #[error("the server ended unexpectedly ({status}); the last lines of {log} are:\n{tail}")]
    Died {
        /// Exit status as the operating system reports it.
        status: String,
        /// The server's log file.
        log: PathBuf,
        /// Its last lines.
        tail: String,
    },
    /// The folder holds something that this program did not make.
    #[error("{folder} is not ours: {found}; give an empty or new folder with --data")]
    NotOurs {
        /// The folder that was refused.
        folder: PathBuf,
        /// What was found there.
        found: &'static str,
    },
    /// The folder belongs to another user than the one who runs the server.
    #[error(
        "{path} belongs to user id {owner}, but the server runs as {user}; start gelombang as the user who made it, \
         or hand it over with: chown -R {user} {path}"
    )]
    ForeignOwner {
        /// The folder.
        path: PathBuf,
        /// Numeric id of its owner.
        owner: u32,
        /// Name of the system user who runs the server.
        user: String,
    },
    /// The operating system refused.
    #[error(
        "permission denied: could not {attempted} {path}; check its owner and mode, or give another folder with --data"
    )]
    Denied {
        /// What was attempted, as a verb phrase.
        attempted: &'static str,
        /// Where.
        path: PathBuf,
    },
    /// A user id has no name; the server needs one to know who connects.
    #[error(
        "user id {uid} has no name on this machine; start gelombang as a user listed in /etc/passwd"
    )]
    UnknownUser {
        /// The numeric id.
        uid: u32,
    },
    /// A server process did not end when told to.
    #[error(
        "server process {pid} does not end; look at it with ps, end it with kill -9 {pid}, and start again"
    )]
    NotStopped {
        /// Its process number.
        pid: u32,
    },
    /// Another process holds the folder, but its server takes no connections.
    #[error("the server of {folder} is just starting or stopping; try again in a moment")]
    NotReady {
        /// The data folder.
        folder: PathBuf,
    },
    /// The server runs but refused a connection or a statement of the start-up.
    #[error("the server refused the first connection; look into postgres.log in the data folder")]
    Refused(#[source] sqlx::Error),
    /// The server did not take the mark of the time.
    #[error(
        "the time could not be written into the server's log; look into postgres.log in the data folder"
    )]
    Unmarked(#[source] sqlx::Error),
    /// Any other failure of the file system.
    #[error("could not {attempted} {path}")]
    Io {
        /// What was attempted, as a verb phrase.
        attempted: &'static str,
        /// Where.
        path: PathBuf,
        /// The answer of the operating system.
        source: io::Error,
    },
}

/// Gives `map_err` a closure that keeps what was attempted and where.
pub(super) fn io_error(
    attempted: &'static str,
    path: &Path,
) -> impl FnOnce(io::Error) -> EmbeddedError {
    let path = path.to_path_buf();
    move |source| match source.kind() {
        io::ErrorKind::PermissionDenied => EmbeddedError::Denied { attempted, path },
        io::ErrorKind::StorageFull => super::space::disk_full(&path),
        _ => EmbeddedError::Io { attempted, path, source },
    }
}
