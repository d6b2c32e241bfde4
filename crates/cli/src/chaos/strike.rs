//! What is killed, and how the server comes back.

use std::fs::{File, read_dir, read_link, read_to_string};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use rustix::process::{Pid, Signal, kill_process};
use tokio::process::{Child, Command};

use crate::http_client::{Client, ready_request};

/// How long anything may take to come back before the run gives up; the bar is far below.
const GIVE_UP: Duration = Duration::from_mins(1);
const POLL: Duration = Duration::from_millis(10);

/// What a kill hits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Victim {
    /// The process `gelombang serve`.
    Server,
    /// Every process of its PostgreSQL.
    Database,
    /// Both.
    Both,
}

/// A running `gelombang serve` on a folder.
#[derive(Debug)]
pub(super) struct Served {
    data: PathBuf,
    log: PathBuf,
    pub(super) address: SocketAddr,
    child: Child,
}

impl Served {
    /// Starts it and waits until it is ready.
    pub(super) async fn start(data: &Path, log: &Path) -> Result<Self> {
        // A port that is free now; whoever takes it meanwhile makes the start fail loudly.
        let free = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let child = spawn(data, log, free)?;
        let mut served = Self { data: data.to_owned(), log: log.to_owned(), address: free, child };
        served.wait_until_ready().await?;
        Ok(served)
    }

    /// Kills with SIGKILL, brings back what does not come back by itself, and gives the time from the kill to
    /// the first answer that says ready.
    pub(super) async fn strike(&mut self, victim: Victim) -> Result<Duration> {
        let postmaster = postmaster(&self.data).context("the private server has no process")?;
        let database = with_children(postmaster);
        let struck_at = Instant::now();
        if victim != Victim::Database {
            self.child.start_kill()?;
        }
        if victim != Victim::Server {
            kill_all(&database);
        }
        if victim != Victim::Database {
            self.child.wait().await?;
            self.child = spawn(&self.data, &self.log, self.address)?;
        }
        while self::postmaster(&self.data).is_none_or(|pid| pid == postmaster) {
            self.still_hopes(struck_at)?;
            tokio::time::sleep(POLL).await;
        }
        self.wait_until_ready().await?;
        Ok(struck_at.elapsed())
    }

    async fn wait_until_ready(&mut self) -> Result<()> {
        let (started, request) = (Instant::now(), ready_request(self.address));
        let mut client = Client::new(self.address);
        while client.ask(&request).await.map_or(true, |answer| answer.status != 200) {
            self.still_hopes(started)?;
            tokio::time::sleep(POLL).await;
        }
        Ok(())
    }

    fn still_hopes(&mut self, since: Instant) -> Result<()> {
        let ended = self.child.try_wait()?;
        if let Some(status) = ended {
            bail!("the server ended by itself with {status}; see {}", self.log.display());
        }
        ensure!(since.elapsed() < GIVE_UP, "the server is not ready after {GIVE_UP:?}");
        Ok(())
    }

    /// Stops it in order.
    pub(super) async fn stop(mut self) -> Result<()> {
        let pid = self.child.id().and_then(|id| Pid::from_raw(id.cast_signed()));
        kill_process(pid.context("the server is gone")?, Signal::TERM)?;
        let ended = tokio::time::timeout(GIVE_UP, self.child.wait()).await;
        let status = ended.context("the server does not stop")??;
        ensure!(status.success(), "the server stopped with {status}; see {}", self.log.display());
        Ok(())
    }
}

fn spawn(data: &Path, log: &Path, address: SocketAddr) -> Result<Child> {
    let log = File::options().append(true).create(true).open(log)?;
    let mut command = Command::new(std::env::current_exe()?);
    command
        .args(["serve", "--address-rate", "1000000", "--session-rate", "1000000", "--data"])
        .arg(data)
        .args(["--listen", &address.to_string()])
        .env_remove("DATABASE_URL")
        .env_remove("GELOMBANG_KEYS")
        .stdin(std::process::Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log)
        .kill_on_drop(true);
    command.spawn().context("cannot start the server")
}

/// Kills every process of the private server of a folder, if it runs.
pub(super) fn kill_database(data: &Path) {
    if let Some(postmaster) = postmaster(data) {
        kill_all(&with_children(postmaster));
    }
}

fn kill_all(processes: &[Pid]) {
    for pid in processes {
        // Whoever has ended by then needs no kill.
        let _ = kill_process(*pid, Signal::KILL);
    }
}

/// The first process of the private server of a folder. Its record may be a leftover, so only a process that
/// works in this folder counts.
fn postmaster(data: &Path) -> Option<Pid> {
    let record = read_to_string(data.join("pg/postmaster.pid")).ok()?;
    let pid = record.lines().next()?.trim().parse().ok()?;
    let works_in = read_link(format!("/proc/{pid}/cwd")).ok()?;
    works_in.starts_with(data.canonicalize().ok()?).then_some(())?;
    Pid::from_raw(pid)
}

/// The first process before its children, whom it would start anew.
fn with_children(first: Pid) -> Vec<Pid> {
    let parent = first.as_raw_pid().to_string();
    let processes = read_dir("/proc").into_iter().flatten().flatten();
    let pids = processes.filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
    let children = pids.filter(|pid| {
        let stat = read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        // The name in brackets may hold spaces; after it come the state and the parent.
        let after_name = stat.rsplit(')').next().unwrap_or_default();
        after_name.split_whitespace().nth(1) == Some(&parent)
    });
    std::iter::once(first).chain(children.filter_map(Pid::from_raw)).collect()
}
