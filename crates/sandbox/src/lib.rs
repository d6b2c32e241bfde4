//! Simulators of outside systems, for development, tests, and partners who build against them.
//!
//! Purpose: a real process with a real address for each outside system, whose answers a caller can provoke.
//! Invariants: an answer follows from the question, the chosen behaviour and what came before; nothing is sent
//! on, and nothing is kept or printed unless the caller asks for it. It never uses the product's own code, so that the two sides of an agreement are written twice.
#![deny(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

pub mod beacon;
pub mod face;
pub mod gateway;
pub mod inbox;
pub mod mail;
pub mod register;

use std::future::Future;
use std::time::Duration;

use axum::Router;
use tokio::net::TcpListener;

/// How long connections may finish after the stop: nobody relies on a simulator's last answer.
const GRACE: Duration = Duration::from_millis(500);

/// Serves a simulator until `stop` is ready.
///
/// # Errors
/// Those of accepting connections on `listener`.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    stop: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let (stopping, stopped) = tokio::sync::oneshot::channel::<()>();
    let server = axum::serve(listener, router).with_graceful_shutdown(async move {
        stop.await;
        drop(stopping);
    });
    tokio::select! {
        ended = async { server.await } => ended,
        () = async {
            // Ready with an error once the sender above is dropped, which is the signal.
            stopped.await.ok();
            tokio::time::sleep(GRACE).await;
        } => Ok(()),
    }
}
