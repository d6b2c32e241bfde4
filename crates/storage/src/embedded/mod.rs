//! The private database server: makes, starts, watches and stops a server of its own in the data folder.
//!
//! Purpose: the product runs from one folder with nothing to set up, on the same server and the same SQL as a
//! large installation. Invariants: one process per folder, by a lock that ends with its holder; the server is
//! reached through a socket that only its own user and the caller can open; acknowledged commits are on disk.
//! This module never listens on the network, never runs the server as root, never gives up durability for speed,
//! and never changes a cluster that it did not make.
//!
//! A `kill -9` of this process or of the server at any moment is mended by the next start. See
//! `docs/adr/0002-private-postgresql.md`.

mod account;
mod archive;
pub mod backup;
mod cluster;
mod error;
mod folder;
mod leftovers;
mod programs;
mod running;
mod runtime;
mod server;
mod settings;
mod space;

use std::path::{Path, PathBuf};
use std::time::Duration;

use domain::time::Timestamp;
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, Connection};

pub use archive::ArchiveLag;
pub use error::{EmbeddedError, INSTALL_LINE};
pub use programs::PgVersion;
pub use running::RunningServer;

use account::Account;
use cluster::SUPERUSER;
use folder::DataFolder;
use programs::Programs;
use runtime::RuntimeFolder;
use server::Server;

/// Database of the product; made at the first start.
pub const DATABASE: &str = "gelombang";

/// Where the private server keeps its data and where its programs are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EmbeddedSettings {
    /// Folder for the cluster (`pg`), the server's log and the lock; made if missing. Other files may lie beside them.
    pub data_dir: PathBuf,
    /// Folder of the programs `postgres` and `initdb`. `None`: the environment variable `GELOMBANG_PG_BIN`, then
    /// Debian's folders, then `pg_config --bindir`, then `PATH`.
    pub bin_dir: Option<PathBuf>,
}

/// How often, and after which pause, a folder is tried again whose lock this process seems to hold itself.
const OWN_LOCK_TRIES: u32 = 20;
const OWN_LOCK_PAUSE: Duration = Duration::from_millis(25);

/// A mark of the time takes milliseconds; a server that hangs must not hold up its stop.
const MARK_LIMIT: Duration = Duration::from_secs(3);

/// Opens and locks the data folder. A child that this process has just forked keeps copies of its descriptors until
/// it becomes another program, among them the lock of a server that has ended meanwhile.
async fn open_folder(data_dir: &Path, account: &Account) -> Result<DataFolder, EmbeddedError> {
    let ours = format!("process {},", std::process::id());
    for _ in 0..OWN_LOCK_TRIES {
        match DataFolder::open(data_dir, account) {
            Err(EmbeddedError::InUse { holder, .. }) if holder.starts_with(&ours) => {
                tokio::time::sleep(OWN_LOCK_PAUSE).await;
            }
            opened => return opened,
        }
    }
    DataFolder::open(data_dir, account)
}

/// A running private server. Dropping it tells the server to stop and blocks for some seconds at most;
/// [`Embedded::stop`] waits for as long as it takes.
#[derive(Debug)]
pub struct Embedded {
    // Fields drop in this order: the server is told to stop before the lock is released.
    server: Server,
    runtime: RuntimeFolder,
    programs: Programs,
    account: Account,
    folder: DataFolder,
}

impl Embedded {
    /// Starts the server, making the cluster and the database `gelombang` first if they are missing.
    ///
    /// Returns when the server accepts connections, also after the recovery that follows a crash.
    ///
    /// # Errors
    /// One variant of [`EmbeddedError`] for each cause that the person at the machine can mend.
    pub async fn start(settings: &EmbeddedSettings) -> Result<Self, EmbeddedError> {
        let account = Account::find()?;
        let folder = open_folder(&settings.data_dir, &account).await?;
        leftovers::clear(&folder).await?;
        space::require_space(folder.root())?;
        let programs = prepare_cluster(&folder, settings, &account).await?;
        let runtime = RuntimeFolder::prepare(folder.root(), &account)?;
        let cluster = folder.cluster();
        let server = Server::spawn(&cluster, folder.log(), &runtime, &programs, &account, &[])?;
        let mut embedded = Self { server, runtime, programs, account, folder };
        embedded.server.wait_until_ready(&cluster, server::START_LIMIT).await?;
        make_database(&embedded.options(SUPERUSER, "postgres"))
            .await
            .map_err(EmbeddedError::Refused)?;
        tracing::info!(server.pid = embedded.server_pid(), server.version = %embedded.version(), "private server is ready");
        Ok(embedded)
    }

    /// Connects as the superuser to the database of the product; for migrations and maintenance only.
    pub fn superuser_options(&self) -> PgConnectOptions {
        self.options(SUPERUSER, DATABASE)
    }

    /// Connects as a role; the server accepts `postgres` and, once the migrations made it, `gelombang_app`.
    pub fn options(&self, role: &str, database: &str) -> PgConnectOptions {
        running::options(self.runtime.path(), role, database)
    }

    /// The server as another process sees it too, for backups.
    pub fn running(&self) -> RunningServer {
        RunningServer {
            root: self.folder.root().to_path_buf(),
            socket_folder: self.runtime.path().to_path_buf(),
            account: self.account.clone(),
            programs: self.programs.clone(),
        }
    }

    /// Finished log segments that wait for the archive; `None` if none waits or nothing is archived.
    pub fn archive_lag(&self, now: Timestamp) -> Option<ArchiveLag> {
        self.running().archive_lag(now)
    }

    /// Version of the running server.
    pub const fn version(&self) -> PgVersion {
        self.programs.version
    }

    /// Process number of the server.
    pub const fn server_pid(&self) -> u32 {
        self.server.pid()
    }

    /// Waits until the server ends without having been told to, and says what its log says.
    ///
    /// May be dropped and called again. Afterwards drop this value and call [`Embedded::start`] again.
    pub async fn exited(&mut self) -> EmbeddedError {
        self.server.exited().await
    }

    /// Stops the server: open transactions are rolled back, everything committed is written, and the lock is released.
    /// If the log is archived, its last entry is the time of the stop.
    ///
    /// # Errors
    /// [`EmbeddedError::NotStopped`] if it still runs after every means short of `kill -9`; a server that was
    /// already gone is no error.
    pub async fn stop(mut self) -> Result<(), EmbeddedError> {
        // A server that died meanwhile takes no mark, and one that hangs is stopped all the same.
        match tokio::time::timeout(MARK_LIMIT, self.running().mark_time()).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::debug!(%error, "stopping without a mark of the time"),
            Err(_) => tracing::debug!("stopping without a mark of the time"),
        }
        self.server.stop().await
    }
}

impl Embedded {
    /// Ends the server at once and waits until it is gone, for a folder that goes away with it.
    pub(crate) fn abort(&mut self) {
        self.server.abort();
    }
}

/// Finds programs that fit the cluster, makes it if there is none, and writes its settings.
async fn prepare_cluster(
    folder: &DataFolder,
    settings: &EmbeddedSettings,
    account: &Account,
) -> Result<Programs, EmbeddedError> {
    let cluster_major = folder.cluster_major(account)?;
    let programs = Programs::find(settings.bin_dir.as_deref(), cluster_major)?;
    match cluster_major {
        None => cluster::make(folder, &programs, account).await?,
        Some(major) if major == programs.version.major() => {}
        Some(major) => {
            return Err(EmbeddedError::OtherMajor {
                folder: folder.cluster(),
                cluster: major,
                programs: programs.version.major(),
            });
        }
    }
    let wal_compression = server::wal_compression(&folder.cluster(), &programs, account).await?;
    let tuning = settings::tuning(settings::memory_bytes(), wal_compression);
    cluster::configure(&folder.cluster(), &tuning, account)?;
    let target = archive::target(folder.root())?;
    archive::configure(&folder.cluster(), target.as_deref(), account)?;
    Ok(programs)
}

/// Makes the product's database unless it exists.
async fn make_database(options: &PgConnectOptions) -> Result<(), sqlx::Error> {
    let mut connection = options.connect().await?;
    let found = sqlx::query("SELECT 1 FROM pg_database WHERE datname = $1")
        .bind(DATABASE)
        .fetch_optional(&mut connection)
        .await?;
    if found.is_none() {
        sqlx::query("CREATE DATABASE gelombang").execute(&mut connection).await?;
    }
    connection.close().await
}
