//! Taking a base backup of a running server, and switching its archive on.

use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::time::Duration;

use domain::time::Timestamp;
use sqlx::{ConnectOptions as _, Connection as _, PgConnection};
use time::OffsetDateTime;
use tokio::process::Command;
use tokio::time::Instant;

use super::super::archive::{self, ARCHIVE_COMMAND, ArchiveLag, sync_folder};
use super::super::cluster::{SUPERUSER, last_lines};
use super::super::error::io_error;
use super::super::folder::make_private_folder;
use super::super::programs::Programs;
use super::super::running::RunningServer;
use super::super::runtime::PORT;
use super::super::space::{disk_full, reports_full_disk, require_room};
use super::error::BackupError;
use super::place::{BackupFolder, Mark};
use super::progress::{Progress, Report, Stage};
use super::prune::prune;
use super::record::{BaseBackup, Manifest};
use super::wal::Archive;

/// Name of the cluster's folder in a base backup.
pub(super) const CLUSTER_FOLDER: &str = "pg";
/// A reload takes milliseconds; this is for a machine under load.
const RELOAD_LIMIT: Duration = Duration::from_secs(20);
/// The server tries a failing archive again after 60 s at most.
const ARCHIVE_LIMIT: Duration = Duration::from_secs(65);
const POLL_INTERVAL: Duration = Duration::from_millis(20);
/// Between two looks at how far the copy is.
const WATCH_INTERVAL: Duration = Duration::from_millis(300);
/// Lines of a program that an error repeats.
const OUTPUT_LINES: usize = 12;

/// What to back up to.
#[derive(Debug, Clone)]
pub struct BackupRequest {
    /// The backup folder; made if it is missing.
    pub to: PathBuf,
    /// Base backups to keep, this one included; at least 1.
    pub keep: usize,
}

/// A base backup that was taken.
#[derive(Debug)]
pub struct Taken {
    /// The backup.
    pub backup: BaseBackup,
    /// Its folder, without symbolic links.
    pub folder: PathBuf,
    /// Where the server archived before, if that was another folder.
    pub archived_before: Option<PathBuf>,
    /// Names of older base backups that were removed.
    pub removed: Vec<String>,
    /// Segments that were removed because no kept base backup needs them.
    pub removed_segments: usize,
    /// What waits for the archive although the server had time to write it; `None` if the archive is complete.
    pub lag: Option<ArchiveLag>,
}

/// Switches the archive to the folder, takes a checked base backup, and removes old ones.
///
/// The server goes on serving. If the archive does not work, the base backup is kept, nothing old is removed, and
/// [`Taken::lag`] says how much waits.
///
/// # Errors
/// One variant of [`BackupError`] for each cause that the person at the machine can mend; the folder then holds
/// the backups that it held.
pub async fn take_backup(
    server: &RunningServer,
    request: &BackupRequest,
    report: Report<'_>,
) -> Result<Taken, BackupError> {
    refuse_inside_data(&request.to, &server.root)?;
    let mut conn = server.options(SUPERUSER, "postgres").connect().await?;
    let mark = read_mark(&mut conn).await?;
    let folder = BackupFolder::make(&request.to, &mark, &server.account)?;
    refuse_other_copy(&folder, &mut conn).await?;
    folder.clear_half_made().await?;
    let bytes: i64 =
        sqlx::query_scalar("SELECT sum(pg_database_size(oid))::bigint FROM pg_database")
            .fetch_one(&mut conn)
            .await?;
    require_room(folder.root(), u64::try_from(bytes).unwrap_or(0))?;
    let before = archive::target(&server.root)?.filter(|before| before != folder.root());
    switch_archive(server, &folder, &mut conn).await?;
    let backup = take_base(server, &folder, &mut conn, report).await?;
    let is_archived = wait_for_archive(&folder, &backup).await;
    let lag = if is_archived {
        None
    } else {
        let now = server_time(&mut conn).await?;
        let unknown = ArchiveLag { segments: 1, oldest: ARCHIVE_LIMIT };
        Some(archive::lag(&server.cluster(), now).unwrap_or(unknown))
    };
    conn.close().await?;
    let (removed, removed_segments) =
        if is_archived { prune(&folder, request.keep.max(1))? } else { (Vec::new(), 0) };
    let at = folder.base().join(&backup.name);
    Ok(Taken { backup, folder: at, archived_before: before, removed, removed_segments, lag })
}

/// A backup beside its original would be lost with it.
fn refuse_inside_data(to: &Path, data_root: &Path) -> Result<(), BackupError> {
    let wanted = std::path::absolute(to).map_err(io_error("look up", to))?;
    let existing = wanted.ancestors().find_map(|folder| folder.canonicalize().ok());
    if wanted.starts_with(data_root) || existing.is_some_and(|path| path.starts_with(data_root)) {
        return Err(BackupError::InsideData(wanted));
    }
    Ok(())
}

/// A restored copy has the system identifier of its original, but is on a later timeline, which a restore follows.
async fn refuse_other_copy(
    folder: &BackupFolder,
    conn: &mut PgConnection,
) -> Result<(), BackupError> {
    let ours: i32 = sqlx::query_scalar("SELECT timeline_id FROM pg_control_checkpoint()")
        .fetch_one(conn)
        .await?;
    let (theirs, ours) = (Archive::read(&folder.wal())?.lineage.latest, ours.unsigned_abs());
    if theirs > ours {
        let folder = folder.root().to_path_buf();
        return Err(BackupError::OvertakenByCopy { folder, theirs, ours });
    }
    Ok(())
}

async fn read_mark(conn: &mut PgConnection) -> Result<Mark, BackupError> {
    let (system, version, archive_mode): (String, i32, String) = sqlx::query_as(
        "SELECT system_identifier::text, current_setting('server_version_num')::integer, \
         current_setting('archive_mode') FROM pg_control_system()",
    )
    .fetch_one(conn)
    .await?;
    if archive_mode != "on" {
        return Err(BackupError::ArchivingOff);
    }
    Ok(Mark { system, major: (version / 10_000).unsigned_abs() })
}

pub(super) async fn server_time(conn: &mut PgConnection) -> Result<Timestamp, BackupError> {
    let now: OffsetDateTime =
        sqlx::query_scalar("SELECT clock_timestamp()").fetch_one(conn).await?;
    Ok(Timestamp::from_offset(now))
}

/// Makes the running server, and every later one, archive into the folder.
async fn switch_archive(
    server: &RunningServer,
    folder: &BackupFolder,
    conn: &mut PgConnection,
) -> Result<(), BackupError> {
    archive::set_target(&server.root, folder.root())?;
    archive::configure(&server.cluster(), Some(folder.root()), &server.account)?;
    reload(conn, ARCHIVE_COMMAND).await
}

/// Has the server read its settings again, until its archive command is this one.
pub(super) async fn reload(conn: &mut PgConnection, expected: &str) -> Result<(), BackupError> {
    sqlx::query("SELECT pg_reload_conf()").execute(&mut *conn).await?;
    let deadline = Instant::now() + RELOAD_LIMIT;
    while Instant::now() < deadline {
        let command: String = sqlx::query_scalar("SELECT current_setting('archive_command')")
            .fetch_one(&mut *conn)
            .await?;
        if command == expected {
            return Ok(());
        }
        tokio::time::sleep(POLL_INTERVAL).await;
    }
    Err(BackupError::NotReloaded)
}

/// Copies the cluster, checks every file of the copy, and gives it its name.
async fn take_base(
    server: &RunningServer,
    folder: &BackupFolder,
    conn: &mut PgConnection,
    report: Report<'_>,
) -> Result<BaseBackup, BackupError> {
    let unfinished = folder.unfinished();
    let done = fill_base(server, folder, &unfinished, conn, report).await;
    if done.is_err() {
        // The next backup removes what cannot be removed now.
        let _ = std::fs::remove_dir_all(&unfinished);
    }
    done
}

async fn fill_base(
    server: &RunningServer,
    folder: &BackupFolder,
    unfinished: &Path,
    conn: &mut PgConnection,
    report: Report<'_>,
) -> Result<BaseBackup, BackupError> {
    let RunningServer { account, programs, .. } = server;
    let mode = if account.is_switched { 0o711 } else { 0o700 };
    DirBuilder::new().mode(mode).create(unfinished).map_err(io_error("make folder", unfinished))?;
    let cluster = unfinished.join(CLUSTER_FOLDER);
    make_private_folder(&cluster, account)?;
    let mut copy = programs.command("pg_basebackup", account, unfinished);
    copy.arg("--pgdata").arg(&cluster).arg("--host").arg(&server.socket_folder);
    copy.arg("--port").arg(PORT.to_string()).args(["--username", SUPERUSER, "--no-password"]);
    // With the log of its own duration the copy is usable even if the archive is lost.
    copy.args(["--wal-method=stream", "--checkpoint=fast", "--manifest-checksums=SHA256"]);
    let mut copying = pin!(run("pg_basebackup", copy, programs, unfinished));
    loop {
        tokio::select! {
            copied = &mut copying => break copied?,
            () = tokio::time::sleep(WATCH_INTERVAL) => report(copied_by_now(conn).await?),
        }
    }
    report(Progress { stage: Stage::Files, done: 0, total: 0 });
    let ended_at = server_time(conn).await?;
    let mut check = programs.command("pg_verifybackup", account, unfinished);
    check.arg("--quiet").arg(&cluster);
    run("pg_verifybackup", check, programs, unfinished).await?;
    let manifest = Manifest::read(&cluster).ok_or_else(|| BackupError::Program {
        program: "pg_basebackup",
        output: "its manifest is not in the known form".to_owned(),
    })?;
    let backup = BaseBackup::new(&manifest, ended_at);
    backup.write(unfinished)?;
    let named = folder.base().join(&backup.name);
    std::fs::rename(unfinished, &named).map_err(io_error("name", &named))?;
    sync_folder(&folder.base())?;
    Ok(backup)
}

/// What the server has sent of a base backup.
async fn copied_by_now(conn: &mut PgConnection) -> Result<Progress, BackupError> {
    let sent: Option<(i64, Option<i64>)> = sqlx::query_as(
        "SELECT backup_streamed, backup_total FROM pg_stat_progress_basebackup LIMIT 1",
    )
    .fetch_optional(conn)
    .await?;
    let (done, total) = sent.unwrap_or_default();
    let bytes = |count: i64| u64::try_from(count).unwrap_or(0);
    Ok(Progress { stage: Stage::Copy, done: bytes(done), total: bytes(total.unwrap_or(0)) })
}

/// Runs a program to its end; its last lines if it fails.
async fn run(
    program: &'static str,
    mut command: Command,
    programs: &Programs,
    folder: &Path,
) -> Result<(), BackupError> {
    let output = command
        .kill_on_drop(true)
        .output()
        .await
        .map_err(|error| programs.spawn_failed(program, &error))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    if reports_full_disk(&said) {
        return Err(disk_full(folder).into());
    }
    Err(BackupError::Program { program, output: last_lines(&said, OUTPUT_LINES) })
}

/// Waits until the archive holds every segment that the backup wrote into; false if the server does not manage.
async fn wait_for_archive(folder: &BackupFolder, backup: &BaseBackup) -> bool {
    let deadline = Instant::now() + ARCHIVE_LIMIT;
    let last = folder.wal().join(backup.last.to_string());
    while !last.exists() {
        if Instant::now() >= deadline {
            return false;
        }
        tokio::time::sleep(POLL_INTERVAL).await;
    }
    true
}
