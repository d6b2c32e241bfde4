//! Ctrl-C, SIGTERM and SIGHUP, from the first moment to the last.

use std::io::Write as _;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// Exit code of a program that a signal ended, as shells have it for Ctrl-C.
const EXIT_INTERRUPTED: i32 = 130;
/// A closing terminal and `make` send a signal twice at the same moment, which is not asking twice.
const ONE_REQUEST: Duration = Duration::from_millis(500);

/// Whether the program was asked to stop. The first signal ends what is interruptible, so that the
/// private server stops in order; a second one, a moment later, ends the program at once.
#[derive(Clone, Debug)]
pub(crate) struct Stop(watch::Receiver<bool>);

impl Stop {
    /// Listens from now on, in a task of its own: a command that is busy computing must not miss the
    /// second signal.
    pub(crate) fn listen(tasks: &mut JoinSet<()>) -> anyhow::Result<Self> {
        let mut kinds = vec![SignalKind::interrupt(), SignalKind::terminate()];
        // A program started by `nohup` is to survive its terminal.
        if !is_hangup_ignored() {
            kinds.push(SignalKind::hangup());
        }
        let mut signals = Vec::new();
        for kind in kinds {
            signals.push(signal(kind).context("cannot listen for signals")?);
        }
        let (asked, stop) = watch::channel(false);
        tasks.spawn(async move {
            first_of(&mut signals).await;
            let first = Instant::now();
            asked.send_replace(true);
            say("stopping; a second signal ends it at once");
            while first.elapsed() < ONE_REQUEST {
                first_of(&mut signals).await;
            }
            say(
                "ended at once; its private server may run until the next start on its folder, and a \
                 benchmark's stays, with its files in the temporary folder",
            );
            exit();
        });
        Ok(Self(stop))
    }

    /// Waits until the program is asked to stop.
    pub(crate) async fn asked(mut self) {
        // The sender lives as long as the listening task.
        let _ = self.0.wait_for(|asked| *asked).await;
    }

    /// Runs `work` unless the program is asked to stop; what was committed stays.
    pub(crate) async fn ends<T>(
        &self,
        work: impl Future<Output = anyhow::Result<T>>,
    ) -> anyhow::Result<T> {
        self.ends_saying("interrupted", work).await
    }

    /// As [`Stop::ends`], with words of its own for the person who stopped it.
    pub(crate) async fn ends_saying<T>(
        &self,
        words: &'static str,
        work: impl Future<Output = anyhow::Result<T>>,
    ) -> anyhow::Result<T> {
        tokio::select! {
            biased;
            () = self.clone().asked() => bail!(words),
            done = work => done,
        }
    }
}

async fn first_of(signals: &mut [Signal]) {
    let received = signals.iter_mut().map(|signal| Box::pin(signal.recv()));
    futures_util::future::select_all(received).await;
}

/// True if whoever started the program wants it to outlive its terminal: bit 0 is SIGHUP, number 1.
fn is_hangup_ignored() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.is_some_and(|mask| mask & 1 == 1)
}

/// Speaks to whoever may still listen; the terminal may be gone.
fn say(words: &str) {
    let _ = writeln!(std::io::stderr(), "gelombang: {words}");
}

#[expect(clippy::exit, reason = "the person has asked twice")]
fn exit() {
    std::process::exit(EXIT_INTERRUPTED);
}
