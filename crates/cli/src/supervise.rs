//! Watching over the private server: when it dies under `serve`, it is started again.

use std::convert::Infallible;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use api::Gate;
use storage::embedded::{Embedded, EmbeddedSettings, RunningServer};

use crate::installation::Installation;

/// A server that lives longer than this has not died of its start.
const EARLY: Duration = Duration::from_secs(2);
/// Between two marks of the time: the server ends a segment of its log as often.
const MARK_PAUSE: Duration = Duration::from_mins(1);
/// Deaths in a row right after a start that say that starting again does not help.
const EARLY_DEATHS_MAX: u32 = 5;

/// Starts the private server again whenever it dies; ends only with an error. The gate is shut meanwhile, so
/// that requests are told to come back. A given server is watched by whoever runs it.
pub(crate) async fn keep_alive(installation: &mut Installation, gate: &Gate) -> anyhow::Result<()> {
    let Some(settings) = installation.embedded_settings.clone() else {
        return std::future::pending().await;
    };
    let mut early_deaths = 0;
    loop {
        let Some(embedded) = &mut installation.embedded else {
            bail!("the private server is not running");
        };
        let started = Instant::now();
        let server = embedded.running();
        let died = tokio::select! {
            died = embedded.exited() => died,
            never = mark_times(server) => match never {},
        };
        gate.set_open(false);
        tracing::error!(error = %died, "the private server died; starting it again");
        early_deaths = if started.elapsed() < EARLY { early_deaths + 1 } else { 0 };
        if early_deaths == EARLY_DEATHS_MAX {
            return Err(died).context("the private server dies again and again after its start");
        }
        // The folder's lock goes with the dead server and is taken anew.
        installation.embedded = None;
        installation.embedded = Some(restart(&settings).await?);
        gate.set_open(true);
        tracing::warn!("the private server runs again");
    }
}

/// Leaves the time in the archived log again and again, so that a restore can tell an idle server from a log that
/// never reached the archive.
async fn mark_times(server: RunningServer) -> Infallible {
    loop {
        tokio::time::sleep(MARK_PAUSE).await;
        if let Err(error) = server.mark_time().await {
            tracing::debug!(%error, "the time could not be marked");
        }
    }
}

async fn restart(settings: &EmbeddedSettings) -> anyhow::Result<Embedded> {
    Embedded::start(settings)
        .await
        .context("the private server died and could not be started again")
}
