//! The HTTP API of people's clients under `/api/v1`, described in `docs/API.md`.
//!
//! Purpose: accounts, sessions, registering, joining and reading one's own standing, as JSON. An answer with
//! 2xx is given only after the act is durable. A write by a person carries an `Idempotency-Key`, and the
//! same request under the same key is answered as before.
//!
//! Invariants:
//! - No SQL and no rule: a handler authorises, parses, makes one call of `app`, and maps what comes back.
//! - Every refusal is a problem document (RFC 9457) with a stable code, the id of the request, and words in the
//!   caller's language. Nothing personal, no SQL and no path is in it, nor in the log.
//! - What is too much is turned away before it costs: an address or session over its rate, a desk that is full,
//!   a body that is too large, a database that is away.
#![deny(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod accounts_open;
mod appeals_create;
mod caller;
mod fields;
mod guard;
mod joins_create;
mod joins_withdraw;
mod language;
mod me_correct;
mod me_read;
mod officer;
mod problem;
mod problem_texts;
mod receipts_read;
mod receipts_show;
mod registration_proofs_read;
mod registrations_create;
mod respond;
mod sessions_close;
mod sessions_open;
mod state;
mod wave_view;
mod waves_list;
mod waves_read;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn_with_state;
use axum::routing::any;
use http_support::{Known, Routes};

pub use http_support::{Gate, Limits, Rates};

pub use crate::state::{Api, Registering};

/// Largest body: a registration has less than 2 KB.
const BODY_BYTES_MAX: usize = 16 * 1024;

/// All addresses with their handlers.
fn routes() -> Routes<Api> {
    Routes::new()
        .post("/api/v1/accounts", accounts_open::handler)
        .post("/api/v1/sessions", sessions_open::handler)
        .delete("/api/v1/sessions/current", sessions_close::handler)
        .post("/api/v1/registrations", registrations_create::handler)
        .get("/api/v1/me", me_read::handler)
        .patch("/api/v1/me", me_correct::handler)
        .get("/api/v1/waves", waves_list::handler)
        .get("/api/v1/waves/{number}", waves_read::handler)
        .post("/api/v1/waves/{number}/joins", joins_create::handler)
        .delete("/api/v1/waves/{number}/joins", joins_withdraw::handler)
        .get("/api/v1/waves/{number}/receipt", receipts_read::handler)
        .get("/api/v1/waves/{number}/receipt.svg", receipts_show::handler)
        .get("/api/v1/waves/{number}/registrations/{digest}", registration_proofs_read::handler)
        .post("/api/v1/waves/{number}/appeals", appeals_create::handler)
        .merge(officer::routes())
}

/// The addresses of the API.
pub fn known() -> Vec<Known> {
    routes().known().to_vec()
}

/// All addresses of the API, to be merged with others.
pub fn router(api: Api) -> Router {
    routes()
        .into_router()
        .route("/api/v1/{*other}", any(async || problem::Problem::NoSuchAddress))
        .method_not_allowed_fallback(async || problem::Problem::MethodNotAllowed)
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .layer(from_fn_with_state(api.clone(), guard::guard))
        .with_state(api)
}
