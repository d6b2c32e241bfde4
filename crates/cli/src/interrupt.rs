//! Ctrl-C and SIGTERM.

use anyhow::{Context as _, bail};
use tokio::signal::unix::{SignalKind, signal};

/// Ends with the first of SIGINT and SIGTERM.
pub(crate) fn stop_signal() -> anyhow::Result<impl Future<Output = ()> + Send + 'static> {
    let mut interrupt = signal(SignalKind::interrupt()).context("cannot listen for Ctrl-C")?;
    let mut terminate = signal(SignalKind::terminate()).context("cannot listen for SIGTERM")?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// Runs `work` unless a stop signal comes first; what was committed stays.
pub(crate) async fn interruptible<T>(
    work: impl Future<Output = anyhow::Result<T>>,
) -> anyhow::Result<T> {
    tokio::select! {
        done = work => done,
        () = stop_signal()? => bail!("interrupted; the same command goes on from what was done"),
    }
}
