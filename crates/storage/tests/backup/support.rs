//! A place with a data folder, a backup folder and folders to restore into.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use domain::time::Timestamp;
use sqlx::{ConnectOptions as _, PgConnection};
use storage::content::content_hash;
use storage::embedded::backup::{
    BackupError, BackupRequest, RestoreRequest, Restored, Taken, restore, take_backup,
};
use storage::embedded::{Embedded, EmbeddedSettings};
use tempfile::TempDir;

/// Folders below /tmp that the service user may pass through.
pub(crate) struct Place {
    outer: TempDir,
}

impl Place {
    pub(crate) fn new() -> Self {
        let outer = tempfile::tempdir_in("/tmp").unwrap();
        fs::set_permissions(outer.path(), Permissions::from_mode(0o711)).unwrap();
        Self { outer }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.outer.path().join(name)
    }

    pub(crate) fn backups(&self) -> PathBuf {
        self.path("it's a backup")
    }

    /// Archived segments by name, in order.
    pub(crate) fn segments(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.backups().join("wal")).unwrap();
        let mut found: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
        found.retain(|path| path.extension().is_none());
        found.sort();
        found
    }

    pub(crate) async fn start(&self, name: &str) -> Embedded {
        let settings = EmbeddedSettings { data_dir: self.path(name), bin_dir: None };
        Embedded::start(&settings).await.unwrap()
    }

    pub(crate) async fn try_backup(
        &self,
        embedded: &Embedded,
        keep: usize,
    ) -> Result<Taken, BackupError> {
        take_backup(&embedded.running(), &BackupRequest { to: self.backups(), keep }, &|_| {}).await
    }

    /// Takes a backup and demands that the archive works.
    pub(crate) async fn back_up(&self, embedded: &Embedded, keep: usize) -> Taken {
        let taken = self.try_backup(embedded, keep).await.unwrap();
        assert_eq!(taken.lag, None, "the archive does not work");
        taken
    }

    pub(crate) async fn restore(
        &self,
        name: &str,
        to: Option<Timestamp>,
    ) -> Result<Restored, BackupError> {
        let request = RestoreRequest { from: self.backups(), data: self.path(name), to };
        restore(&request, &|_| {}).await
    }

    /// The message of a restore that must be refused, which leaves no cluster behind.
    pub(crate) async fn refusal(&self, to: Option<Timestamp>) -> String {
        let error = self.restore("refused", to).await.unwrap_err();
        let left: Vec<_> = fs::read_dir(self.path("refused"))
            .map(|entries| entries.map(|entry| entry.unwrap().file_name()).collect())
            .unwrap_or_default();
        let is_harmless =
            |name: &std::ffi::OsString| name == "gelombang.lock" || name == "postgres.log";
        assert!(left.iter().all(is_harmless), "{left:?} after: {error}");
        error.to_string()
    }
}

pub(crate) async fn connect(embedded: &Embedded) -> PgConnection {
    embedded.superuser_options().connect().await.unwrap()
}

pub(crate) async fn make_marks(embedded: &Embedded) {
    let mut conn = connect(embedded).await;
    let make = "CREATE TABLE IF NOT EXISTS marks (mark bigint PRIMARY KEY)";
    sqlx::query(make).execute(&mut conn).await.unwrap();
}

/// Adds a mark in a transaction of its own and ends the segment it lies in.
pub(crate) async fn add_mark_in_segment(embedded: &Embedded, mark: i64) {
    let mut conn = connect(embedded).await;
    add_mark(&mut conn, mark).await;
    sqlx::query("SELECT pg_switch_wal()").execute(&mut conn).await.unwrap();
}

pub(crate) async fn add_mark(conn: &mut PgConnection, mark: i64) {
    sqlx::query("INSERT INTO marks (mark) VALUES ($1)").bind(mark).execute(conn).await.unwrap();
}

pub(crate) async fn marks(embedded: &Embedded) -> Vec<i64> {
    let mut conn = connect(embedded).await;
    sqlx::query_scalar("SELECT mark FROM marks ORDER BY mark").fetch_all(&mut conn).await.unwrap()
}

/// The server's clock.
pub(crate) async fn server_time(conn: &mut PgConnection) -> Timestamp {
    let now = sqlx::query_scalar("SELECT clock_timestamp()").fetch_one(conn).await.unwrap();
    Timestamp::from_offset(now)
}

/// Marks of a restored folder, whose server is started for it.
pub(crate) async fn marks_in(place: &Place, name: &str) -> Vec<i64> {
    let embedded = place.start(name).await;
    let found = marks(&embedded).await;
    embedded.stop().await.unwrap();
    found
}

/// Hash over everything that the product stores.
pub(crate) async fn hash(embedded: &Embedded) -> String {
    let database = embedded.open_database().await.unwrap();
    let mut tx = database.begin_snapshot().await.unwrap();
    let found = content_hash(&mut tx).await.unwrap();
    drop(tx);
    database.close().await;
    found
}
