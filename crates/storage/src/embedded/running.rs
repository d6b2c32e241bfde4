//! A private server that runs, whichever process started it.

use std::path::{Path, PathBuf};

use domain::time::Timestamp;
use sqlx::postgres::{PgConnectOptions, PgSslMode};
use sqlx::{ConnectOptions as _, Connection as _};

use super::DATABASE;
use super::account::Account;
use super::archive::{self, ArchiveLag};
use super::cluster::SUPERUSER;
use super::error::{EmbeddedError, io_error};
use super::folder::DataFolder;
use super::leftovers::POSTMASTER_FILE;
use super::programs::Programs;
use super::runtime;

/// What a second process needs to work with the running server of a data folder.
#[derive(Debug, Clone)]
pub struct RunningServer {
    /// The data folder, without symbolic links.
    pub(super) root: PathBuf,
    pub(super) socket_folder: PathBuf,
    pub(super) account: Account,
    pub(super) programs: Programs,
}

impl RunningServer {
    /// Finds the server that another process runs in this data folder.
    ///
    /// # Errors
    /// [`EmbeddedError::NotReady`] if none takes connections; others if the folder is not ours or programs are missing.
    pub fn attach(data_dir: &Path) -> Result<Self, EmbeddedError> {
        let account = Account::find()?;
        let root = data_dir.canonicalize().map_err(io_error("look up", data_dir))?;
        let major = DataFolder::major_of(&DataFolder::cluster_of(&root), &account)?;
        let programs = Programs::find(None, major)?;
        let record = DataFolder::cluster_of(&root).join(POSTMASTER_FILE);
        let record = std::fs::read_to_string(record).unwrap_or_default();
        let lines: Vec<&str> = record.lines().map(str::trim).collect();
        // The 5th line is the folder of the socket, which may depend on who started the server; the 8th its state.
        match (lines.get(4), lines.get(7)) {
            (Some(socket_folder), Some(&"ready")) => {
                Ok(Self { root, socket_folder: PathBuf::from(socket_folder), account, programs })
            }
            _ => Err(EmbeddedError::NotReady { folder: root }),
        }
    }

    /// Finished log segments that wait for the archive; `None` if none waits or nothing is archived.
    pub fn archive_lag(&self, now: Timestamp) -> Option<ArchiveLag> {
        archive::lag(&self.cluster(), now)
    }

    /// Writes the present time into the log by an empty transaction, so that whoever restores can tell that the
    /// archive reaches it. Does nothing if nothing is archived.
    ///
    /// # Errors
    /// [`EmbeddedError`] if the data folder cannot be read or the server does not answer.
    pub async fn mark_time(&self) -> Result<(), EmbeddedError> {
        if archive::target(&self.root)?.is_none() {
            return Ok(());
        }
        let options = self.options(SUPERUSER, "postgres");
        let mark = async {
            let mut conn = options.connect().await?;
            // A transaction that has a number leaves the time of its end in the log, whatever it did.
            sqlx::query("SELECT pg_current_xact_id()").execute(&mut conn).await?;
            conn.close().await
        };
        mark.await.map_err(EmbeddedError::Unmarked)
    }

    /// The cluster's folder.
    pub(super) fn cluster(&self) -> PathBuf {
        DataFolder::cluster_of(&self.root)
    }

    /// Connects as the superuser to the database of the product; for migrations and maintenance only.
    pub fn superuser_options(&self) -> PgConnectOptions {
        self.options(SUPERUSER, DATABASE)
    }

    /// Connects as a role to a database.
    pub fn options(&self, role: &str, database: &str) -> PgConnectOptions {
        options(&self.socket_folder, role, database)
    }
}

/// Connects through the socket in this folder.
pub(super) fn options(socket_folder: &Path, role: &str, database: &str) -> PgConnectOptions {
    PgConnectOptions::new_without_pgpass()
        .socket(socket_folder)
        .port(runtime::PORT)
        .ssl_mode(PgSslMode::Disable)
        .application_name("gelombang")
        .username(role)
        .database(database)
}
