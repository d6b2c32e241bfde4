//! Stopping the archive on purpose.

use std::path::PathBuf;
use std::time::Duration;

use sqlx::{ConnectOptions as _, Connection as _};
use tokio::time::Instant;

use super::super::archive::{self, ArchiveLag, NO_COMMAND};
use super::super::cluster::SUPERUSER;
use super::super::running::RunningServer;
use super::error::BackupError;
use super::take::{reload, server_time};

/// How long a working archive may take for the last segment; one that does not work is not waited for longer.
const LAST_SEGMENT_LIMIT: Duration = Duration::from_secs(10);
const POLL_INTERVAL: Duration = Duration::from_millis(20);

/// An archive that was stopped.
#[derive(Debug)]
pub struct Stopped {
    /// The folder that the log went to.
    pub folder: PathBuf,
    /// What never reached it; `None` if it holds everything up to the stop.
    pub lost: Option<ArchiveLag>,
}

/// Archives what was done until now, and nothing from then on. The backups stay as they are.
///
/// The server goes on serving. An archive that does not work is stopped too.
///
/// # Errors
/// [`BackupError::NotArchiving`] if nothing is archived; others if the server does not answer.
pub async fn stop_archiving(server: &RunningServer) -> Result<Stopped, BackupError> {
    let folder = archive::target(&server.root)?.ok_or(BackupError::NotArchiving)?;
    server.mark_time().await?;
    let mut conn = server.options(SUPERUSER, "postgres").connect().await?;
    sqlx::query("SELECT pg_switch_wal()").execute(&mut conn).await?;
    let deadline = Instant::now() + LAST_SEGMENT_LIMIT;
    let lost = loop {
        let lag = archive::lag(&server.cluster(), server_time(&mut conn).await?);
        if lag.is_none() || Instant::now() >= deadline {
            break lag;
        }
        tokio::time::sleep(POLL_INTERVAL).await;
    };
    archive::stop_target(&server.root)?;
    archive::configure(&server.cluster(), None, &server.account)?;
    reload(&mut conn, NO_COMMAND).await?;
    conn.close().await?;
    Ok(Stopped { folder, lost })
}
