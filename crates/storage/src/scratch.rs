//! A database for one test or one benchmark: its own private server in a folder that goes away.

use std::path::Path;

use sqlx::{ConnectOptions as _, Connection as _};
use tempfile::TempDir;

use crate::database::Database;
use crate::embedded::{Embedded, EmbeddedError, EmbeddedSettings};
use crate::error::StorageError;

/// A private server with a migrated, empty database. Dropping it ends the server, waits
/// for that, and removes the files.
#[derive(Debug)]
pub struct Scratch {
    // Fields drop in this order: connections, then the server, then its files.
    database: Database,
    embedded: Embedded,
    folder: TempDir,
}

/// Why a scratch database could not be made.
#[derive(Debug, thiserror::Error)]
pub enum ScratchError {
    /// No folder.
    #[error("could not make a temporary folder")]
    Folder(#[from] std::io::Error),
    /// No server.
    #[error(transparent)]
    Embedded(#[from] EmbeddedError),
    /// No database.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl Scratch {
    /// Starts a server in a new folder below the system's temporary folder.
    ///
    /// # Errors
    /// [`ScratchError`] names what failed.
    pub async fn start() -> Result<Self, ScratchError> {
        let folder = tempfile::Builder::new().prefix("gelombang-").tempdir()?;
        let settings = EmbeddedSettings { data_dir: folder.path().join("data"), bin_dir: None };
        make_searchable(folder.path())?;
        let embedded = Embedded::start(&settings).await?;
        limit_lock_waits(&embedded).await?;
        let database = embedded.open_database().await?;
        Ok(Self { database, embedded, folder })
    }

    /// The database.
    pub const fn database(&self) -> &Database {
        &self.database
    }

    /// The server, for connections with more rights than the product has.
    pub const fn embedded(&self) -> &Embedded {
        &self.embedded
    }

    /// The folder that holds everything.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }
}

impl Drop for Scratch {
    /// The files can go only when nobody writes them any more.
    fn drop(&mut self) {
        self.embedded.abort();
    }
}

/// Connections of one test that wait for each other must fail with an error, not hang.
async fn limit_lock_waits(embedded: &Embedded) -> Result<(), StorageError> {
    let mut conn = embedded.superuser_options().connect().await?;
    sqlx::query("ALTER SYSTEM SET lock_timeout = '60s'").execute(&mut conn).await?;
    sqlx::query("SELECT pg_reload_conf()").execute(&mut conn).await?;
    conn.close().await?;
    Ok(())
}

/// A temporary folder is closed to others, but the server may run as another user.
fn make_searchable(folder: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o711))
}
