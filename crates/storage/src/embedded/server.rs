//! The server process itself: start, readiness, end.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal};
use tokio::process::Child;
use tokio::time::{Instant, timeout};

use super::account::Account;
use super::cluster::last_lines;
use super::error::{EmbeddedError, io_error};
use super::leftovers::{POSTMASTER_FILE, SHUTDOWN_LIMIT, send};
use super::programs::Programs;
use super::runtime::RuntimeFolder;
use super::settings::{WalCompression, required};
use super::space::{disk_full, reports_full_disk};

/// Recovery replays at most about 4 GB of log (`max_wal_size`); at a slow 10 MB/s that is 7 minutes.
pub(super) const START_LIMIT: Duration = Duration::from_mins(15);
/// A start without recovery takes 0.2 s; after this time the person is told why it takes longer.
const PATIENCE: Duration = Duration::from_secs(3);
const POLL_INTERVAL: Duration = Duration::from_millis(10);
/// An aborted server ends at once; this is for a machine under load.
const ABORT_LIMIT: Duration = Duration::from_secs(10);
/// Log lines that an error repeats, and the bytes in which they are looked for.
const TAIL_LINES: usize = 12;
const TAIL_BYTES: u64 = 8192;

/// The postmaster, as our child.
#[derive(Debug)]
pub(super) struct Server {
    child: Child,
    pid: u32,
    log: PathBuf,
    /// Length of the log before this start; older lines explain nothing.
    log_start: u64,
}

impl Server {
    /// Starts the server on a prepared cluster; `more` are settings for this start alone.
    pub(super) fn spawn(
        cluster: &Path,
        log: PathBuf,
        runtime: &RuntimeFolder,
        programs: &Programs,
        account: &Account,
        more: &[String],
    ) -> Result<Self, EmbeddedError> {
        let file = OpenOptions::new()
            .append(true)
            .create(true)
            .mode(0o600)
            .open(&log)
            .map_err(io_error("open", &log))?;
        let log_start = file.metadata().map_err(io_error("look at", &log))?.len();
        let copy = file.try_clone().map_err(io_error("open", &log))?;
        let mut command = programs.command("postgres", account, cluster);
        command.arg("-D").arg(cluster).stdout(Stdio::from(copy)).stderr(Stdio::from(file));
        for setting in required(runtime.path()).iter().chain(more) {
            command.arg("-c").arg(setting);
        }
        // A group of its own: Ctrl-C reaches only us, and we stop the server in order.
        let child = command
            .process_group(0)
            .spawn()
            .map_err(|error| programs.spawn_failed("postgres", &error))?;
        let pid = child.id().unwrap_or_default();
        Ok(Self { child, pid, log, log_start })
    }

    pub(super) const fn pid(&self) -> u32 {
        self.pid
    }

    /// Waits until the server accepts connections, or says why it does not.
    pub(super) async fn wait_until_ready(
        &mut self,
        cluster: &Path,
        limit: Duration,
    ) -> Result<(), EmbeddedError> {
        let begun = Instant::now();
        let mut is_announced = false;
        while begun.elapsed() < limit {
            if is_ready(cluster, self.pid) {
                return Ok(());
            }
            if matches!(self.child.try_wait(), Ok(Some(_))) {
                break;
            }
            if begun.elapsed() > PATIENCE && !is_announced {
                tracing::info!("the private server recovers from a crash; this can take minutes");
                is_announced = true;
            }
            tokio::time::sleep(POLL_INTERVAL).await;
        }
        let tail = self.log_tail();
        if reports_full_disk(&tail) {
            return Err(disk_full(cluster));
        }
        Err(EmbeddedError::NotStarted { log: self.log.clone(), tail })
    }

    /// Waits for an end that nobody asked for.
    pub(super) async fn exited(&mut self) -> EmbeddedError {
        let status = describe(self.child.wait().await);
        EmbeddedError::Died { status, log: self.log.clone(), tail: self.log_tail() }
    }

    /// Stops the server in order; if that takes too long, at once, which the next start recovers from.
    pub(super) async fn stop(&mut self) -> Result<(), EmbeddedError> {
        for (signal, limit) in [(Signal::INT, SHUTDOWN_LIMIT), (Signal::QUIT, ABORT_LIMIT)] {
            self.signal(signal);
            if timeout(limit, self.child.wait()).await.is_ok() {
                return Ok(());
            }
            tracing::warn!(server.pid = self.pid, ?signal, "the private server does not end");
        }
        Err(EmbeddedError::NotStopped { pid: self.pid })
    }

    /// Ends the server at once.
    pub(super) fn abort(&mut self) {
        self.end(Signal::QUIT);
    }

    /// Signals the server and blocks until it is gone or [`ABORT_LIMIT`] has passed.
    fn end(&mut self, signal: Signal) {
        self.signal(signal);
        let deadline = std::time::Instant::now() + ABORT_LIMIT;
        while matches!(self.child.try_wait(), Ok(None)) && std::time::Instant::now() < deadline {
            std::thread::park_timeout(POLL_INTERVAL);
        }
    }

    /// Signals the server while it is our unreaped child, so that the number cannot be another program's.
    fn signal(&self, signal: Signal) {
        let pid = self.child.id().and_then(|id| Pid::from_raw(id.cast_signed()));
        if let Some(pid) = pid {
            send(pid, signal);
        }
    }

    /// The last lines that this server wrote; empty if the log cannot be read.
    fn log_tail(&self) -> String {
        let read = || -> io::Result<String> {
            let mut file = File::open(&self.log)?;
            let length = file.metadata()?.len();
            file.seek(SeekFrom::Start(self.log_start.max(length.saturating_sub(TAIL_BYTES))))?;
            let mut bytes = Vec::new();
            file.take(TAIL_BYTES).read_to_end(&mut bytes)?;
            Ok(last_lines(&String::from_utf8_lossy(&bytes), TAIL_LINES))
        };
        read().unwrap_or_default()
    }
}

impl Drop for Server {
    /// A caller that fails between start and stop still ends its server first. One that takes long to write what
    /// it holds ends by itself; the next start waits for it.
    fn drop(&mut self) {
        self.end(Signal::INT);
    }
}

/// Asks the server's program whether it was built with lz4; it answers without touching the cluster.
pub(super) async fn wal_compression(
    cluster: &Path,
    programs: &Programs,
    account: &Account,
) -> Result<WalCompression, EmbeddedError> {
    let output = programs
        .command("postgres", account, cluster)
        .arg("-D")
        .arg(cluster)
        .args(["-c", "config_file=/dev/null", "-c", "wal_compression=lz4", "-C", "wal_compression"])
        .kill_on_drop(true)
        .output()
        .await
        .map_err(|error| programs.spawn_failed("postgres", &error))?;
    Ok(if output.status.success() { WalCompression::Lz4 } else { WalCompression::Pglz })
}

/// Whether this very server has written that it accepts connections.
///
/// Reading its record, where the 8th line is its state, leaves no trace, while each connection tried too early
/// leaves a line in the log.
fn is_ready(cluster: &Path, pid: u32) -> bool {
    let text = std::fs::read_to_string(cluster.join(POSTMASTER_FILE)).unwrap_or_default();
    let mut lines = text.lines().map(str::trim);
    lines.next() == Some(pid.to_string().as_str()) && lines.nth(6) == Some("ready")
}

fn describe(status: io::Result<ExitStatus>) -> String {
    match status {
        Ok(status) => status.to_string(),
        Err(error) => error.to_string(),
    }
}
