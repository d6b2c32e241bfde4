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
use axum::routing::{any, delete, get, post};

pub use http_support::{Gate, Limits, Rates};

pub use crate::state::Api;

/// Largest body: a registration has less than 2 KB.
const BODY_BYTES_MAX: usize = 16 * 1024;

/// All addresses of the API, to be merged with others.
pub fn router(api: Api) -> Router {
    Router::new()
        .route("/api/v1/accounts", post(accounts_open::handler))
        .route("/api/v1/sessions", post(sessions_open::handler))
        .route("/api/v1/sessions/current", delete(sessions_close::handler))
        .route("/api/v1/registrations", post(registrations_create::handler))
        .route("/api/v1/me", get(me_read::handler).patch(me_correct::handler))
        .route("/api/v1/waves", get(waves_list::handler))
        .route("/api/v1/waves/{number}", get(waves_read::handler))
        .route(
            "/api/v1/waves/{number}/joins",
            post(joins_create::handler).delete(joins_withdraw::handler),
        )
        .route("/api/v1/waves/{number}/receipt", get(receipts_read::handler))
        .route("/api/v1/waves/{number}/receipt.svg", get(receipts_show::handler))
        .route(
            "/api/v1/waves/{number}/registrations/{digest}",
            get(registration_proofs_read::handler),
        )
        .route("/api/v1/waves/{number}/appeals", post(appeals_create::handler))
        .merge(officer::routes())
        .route("/api/v1/{*other}", any(async || problem::Problem::NoSuchAddress))
        .method_not_allowed_fallback(async || problem::Problem::MethodNotAllowed)
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .layer(from_fn_with_state(api.clone(), guard::guard))
        .with_state(api)
}
