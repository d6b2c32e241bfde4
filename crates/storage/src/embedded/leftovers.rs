//! Server processes and half-made clusters that a killed process left behind.

use std::io;
use std::path::Path;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tokio::time::Instant;

use super::error::{EmbeddedError, io_error};
use super::folder::DataFolder;

/// File in a cluster in which its running server writes its process number and its state.
pub(super) const POSTMASTER_FILE: &str = "postmaster.pid";
/// Room for the checkpoint of a shutdown, which writes up to 768 MB of shared buffers.
pub(super) const SHUTDOWN_LIMIT: Duration = Duration::from_mins(2);
/// Processes told to end at once need no more than a moment.
const ABORT_LIMIT: Duration = Duration::from_secs(10);
/// Programs that work in a folder of ours, as the system names them.
const PROGRAMS: [&str; 4] = ["postgres", "initdb", "pg_basebackup", "pg_verifybackup"];
const POLL_INTERVAL: Duration = Duration::from_millis(10);

/// Ends what earlier starts left running in this data folder and removes what they left half made.
///
/// Must be called under the folder's lock, so that nothing of a living gelombang is met.
pub(super) async fn clear(folder: &DataFolder) -> Result<(), EmbeddedError> {
    for unfinished in folder.left_unfinished()? {
        tracing::warn!(folder = %unfinished.display(), "removing a half-made cluster");
        remove_half_made(&unfinished).await?;
    }
    let cluster = folder.cluster();
    let found = servers_in(&cluster);
    let recorded = recorded_postmaster(&cluster);
    if let Some(postmaster) = recorded.filter(|pid| found.contains(pid)) {
        tracing::warn!(
            server.pid = postmaster.as_raw_pid(),
            "stopping the server of a killed gelombang"
        );
        send(postmaster, Signal::INT);
        is_gone(&cluster, SHUTDOWN_LIMIT).await;
    }
    // Without a postmaster its children end by themselves, but one in a long statement does so late.
    end_all(&cluster, &[(Signal::QUIT, ABORT_LIMIT), (Signal::KILL, ABORT_LIMIT)]).await?;
    if recorded.is_some_and(is_alive) {
        remove_record(&cluster)?;
    }
    Ok(())
}

/// Ends what works in a half-made folder and removes it.
pub(super) async fn remove_half_made(folder: &Path) -> Result<(), EmbeddedError> {
    end_all(folder, &[(Signal::KILL, ABORT_LIMIT)]).await?;
    std::fs::remove_dir_all(folder).map_err(io_error("remove", folder))
}

/// Removes the record of a server that has ended while its number is in use: by a program that has nothing to do
/// with this folder, or by the dead server itself until its parent collects it.
///
/// The new server would take either for a server and refuse to start. In every other case it judges the record itself.
fn remove_record(cluster: &Path) -> Result<(), EmbeddedError> {
    let path = cluster.join(POSTMASTER_FILE);
    match std::fs::remove_file(&path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(io_error("remove", &path)(error))
        }
        Ok(()) | Err(_) => Ok(()),
    }
}

fn recorded_postmaster(cluster: &Path) -> Option<Pid> {
    let text = std::fs::read_to_string(cluster.join(POSTMASTER_FILE)).ok()?;
    Pid::from_raw(text.lines().next()?.trim().parse().ok()?)
}

fn is_alive(pid: Pid) -> bool {
    Path::new("/proc").join(pid.as_raw_pid().to_string()).exists()
}

/// Server processes, and programs that make or check clusters, that work in exactly this folder; each of them enters it before anything else.
///
/// A number alone proves nothing, since numbers are used again; neither does a person's shell in that folder count.
fn servers_in(folder: &Path) -> Vec<Pid> {
    // An operator may have moved the cluster to another disk and left a link in its place.
    let (Ok(folder), Ok(processes)) = (folder.canonicalize(), std::fs::read_dir("/proc")) else {
        return Vec::new();
    };
    processes
        .flatten()
        .filter(|process| {
            std::fs::read_link(process.path().join("cwd"))
                .is_ok_and(|work_folder| work_folder == folder)
                && std::fs::read_to_string(process.path().join("comm"))
                    .is_ok_and(|name| PROGRAMS.contains(&name.trim_end()))
        })
        .filter_map(|process| Pid::from_raw(process.file_name().to_str()?.parse().ok()?))
        .collect()
}

async fn is_gone(folder: &Path, limit: Duration) -> bool {
    let deadline = Instant::now() + limit;
    while !servers_in(folder).is_empty() {
        if Instant::now() >= deadline {
            return false;
        }
        tokio::time::sleep(POLL_INTERVAL).await;
    }
    true
}

/// Sends each signal in turn to all that still run there, until none does.
async fn end_all(folder: &Path, steps: &[(Signal, Duration)]) -> Result<(), EmbeddedError> {
    for (signal, limit) in steps {
        for pid in servers_in(folder) {
            tracing::warn!(
                server.pid = pid.as_raw_pid(),
                ?signal,
                "ending a leftover server process"
            );
            send(pid, *signal);
        }
        if is_gone(folder, *limit).await {
            return Ok(());
        }
    }
    match servers_in(folder).first() {
        Some(pid) => Err(EmbeddedError::NotStopped { pid: pid.as_raw_pid().unsigned_abs() }),
        None => Ok(()),
    }
}

/// Sends a signal; a process that ended in between needs none.
pub(super) fn send(pid: Pid, signal: Signal) {
    if let Err(error) = kill_process(pid, signal) {
        tracing::debug!(server.pid = pid.as_raw_pid(), %error, "signal not delivered");
    }
}
