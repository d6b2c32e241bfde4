//! Ctrl-C, SIGTERM and SIGHUP, from the first moment to the last.

use anyhow::{Context as _, bail};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// Exit code of a program that a signal ended, as shells have it for Ctrl-C.
const EXIT_INTERRUPTED: i32 = 130;

/// Whether the program was asked to stop. The first signal ends what is interruptible, so that the
/// private server stops in order; a second one ends the program at once.
#[derive(Clone, Debug)]
pub(crate) struct Stop(watch::Receiver<bool>);

impl Stop {
    /// Listens from now on, in a task of its own: a command that is busy computing must not miss the
    /// second signal.
    pub(crate) fn listen(tasks: &mut JoinSet<()>) -> anyhow::Result<Self> {
        let kinds = [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()];
        let mut signals = Vec::new();
        for kind in kinds {
            signals.push(signal(kind).context("cannot listen for signals")?);
        }
        let (asked, stop) = watch::channel(false);
        tasks.spawn(async move {
            first_of(&mut signals).await;
            asked.send_replace(true);
            first_of(&mut signals).await;
            give_up();
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

#[expect(clippy::print_stderr, clippy::exit, reason = "the person has asked twice")]
fn give_up() {
    eprintln!("gelombang: stopped at once; the next start recovers the database");
    std::process::exit(EXIT_INTERRUPTED);
}
