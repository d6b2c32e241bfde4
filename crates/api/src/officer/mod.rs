//! What officers do over HTTP, under `/api/v1/officer`: the same use cases and codes as at the command line.
//!
//! Every handler takes the [`caller::OfficerCaller`], and the use case checks its role before anything else.
//! The first two officers, and whoever has lost a credential, are nobody whom a request could show, so naming and
//! recovering them stays at the command line.

mod appeals_list;
mod caller;
mod credential_renew;
mod jobs_list;
mod jobs_retry;
mod officers_list;
mod officers_retire;
mod orders;
mod proposals_approve;
mod proposals_create;
mod proposals_list;
mod proposals_reject;
mod purchases_create;
mod reading;
mod refusal;
mod waves_close;
mod waves_list;
mod waves_open;
mod waves_sweep;

use axum::Router;
use axum::routing::{get, post, put};

pub(crate) use refusal::OfficeRefusal;

use crate::state::Api;

/// The addresses of officers.
pub(crate) fn routes() -> Router<Api> {
    Router::new()
        .route("/api/v1/officer/waves", get(waves_list::handler))
        .route("/api/v1/officer/waves/{number}/opening", post(waves_open::handler))
        .route("/api/v1/officer/waves/{number}/closing", post(waves_close::handler))
        .route("/api/v1/officer/waves/{number}/sweeps", post(waves_sweep::handler))
        .route("/api/v1/officer/waves/{number}/purchases", post(purchases_create::handler))
        .route(
            "/api/v1/officer/proposals",
            get(proposals_list::handler).post(proposals_create::handler),
        )
        .route("/api/v1/officer/proposals/{id}/approval", post(proposals_approve::handler))
        .route("/api/v1/officer/proposals/{id}/rejection", post(proposals_reject::handler))
        .route("/api/v1/officer/appeals", get(appeals_list::handler))
        .route("/api/v1/officer/jobs", get(jobs_list::handler))
        .route("/api/v1/officer/jobs/{id}/retry", post(jobs_retry::handler))
        .route("/api/v1/officer/officers", get(officers_list::handler))
        .route("/api/v1/officer/officers/{id}/retirement", post(officers_retire::handler))
        .route("/api/v1/officer/credential", put(credential_renew::handler))
}
