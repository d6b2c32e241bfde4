//! The public pages of statistics and waves with their open data, the published folders of waves, and the page
//! that checks a receipt, over HTTP.
//!
//! Purpose: anyone can read what the programme did in a region or a wave, in Indonesian or English, on a slow
//! phone, with scripts off; and can take the same figures away as JSON or CSV, and a draw as it is published.
//!
//! Invariants:
//! - No SQL and no storage: what is published is read from its folder, and other figures arrive as [`Figures`] through
//!   the function values of [`AppState`], which the binary fills in.
//! - No cookie, no request to another host, and no script but on the page that checks a receipt, where the
//!   browser itself must compute; the content security policy says so too.
//! - Nothing personal: pages hold counts, and the trace holds method, route, status and time alone.
//! - A page's first HTML stays within 14 KB compressed and everything it needs within 60 KB.
//!
//! Styles are written by hand in `assets/gelombang.css` and not taken from govuk-frontend: this page
//! has no form, so of that kit's 16 KB only the skip link, the details and the table would be used,
//! and each is a handful of rules. Texts are Rust constants, see `texts.rs`.
#![deny(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod busy;
mod chart;
pub mod figures;
pub mod format;
mod frame;
mod front;
mod help;
mod kept;
mod language;
mod programme_view;
mod published;
mod respond;
mod routes;
mod sections;
mod site;
mod snapshot;
mod statistics_view;
mod texts;
mod tiles;
mod wave_csv;
mod wave_region_view;
mod wave_seats_view;
mod wave_view;
mod waves;
mod waves_view;

use std::future::Future;
use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::serve::ListenerExt as _;
use tokio::net::TcpListener;

pub use crate::busy::busy_page;
pub use crate::frame::{Frame, Shared};
pub use crate::front::Front;
pub use crate::language::Language;
pub use crate::published::PublicFolder;
pub use crate::routes::{known, router, router_with};
pub use crate::site::{Programme, Site};
pub use crate::snapshot::{
    AppState, Figures, FiguresFuture, ReadyFuture, RegionsFuture, ReportFuture, SeatsFuture,
    ServiceStatus, Snapshot, SnapshotError, StatusFuture, WavesFuture, WorkStatus,
};
pub use crate::statistics_view::render_statistics;
pub use crate::texts::FrameTexts;
pub use crate::waves::{
    GuaranteeSeats, MaskDrawn, PoolDrawn, PoolSeats, RegionSeats, SeatTable, WaveFacts, WaveList,
};

/// How long open connections may finish after the stop signal: longer than any request may take, and a
/// request that is sent half and never finished must not hold up the stop.
const GRACE: Duration = Duration::from_secs(6);

/// Serves a router until `stop` is ready, then lets running requests finish for a few seconds. Handlers find
/// the other end of the connection as `ConnectInfo<SocketAddr>`.
///
/// # Errors
/// Those of accepting connections on `listener`.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    stop: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let (stopping, stopped) = tokio::sync::oneshot::channel::<()>();
    let listener = listener.tap_io(|connection| {
        // A small answer must not wait for the packet before it; where that cannot be set, it does.
        let _ = connection.set_nodelay(true);
    });
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    let server = axum::serve(listener, service).with_graceful_shutdown(async move {
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
