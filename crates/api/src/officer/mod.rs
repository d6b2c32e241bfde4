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

use axum::http::Method;
use axum::routing::put;
use http_support::Routes;

pub(crate) use refusal::OfficeRefusal;

use crate::state::Api;

/// The addresses of officers.
pub(crate) fn routes() -> Routes<Api> {
    Routes::new()
        .get("/api/v1/officer/waves", waves_list::handler)
        .post("/api/v1/officer/waves/{number}/opening", waves_open::handler)
        .post("/api/v1/officer/waves/{number}/closing", waves_close::handler)
        .post("/api/v1/officer/waves/{number}/sweeps", waves_sweep::handler)
        .post("/api/v1/officer/waves/{number}/purchases", purchases_create::handler)
        .get("/api/v1/officer/proposals", proposals_list::handler)
        .post("/api/v1/officer/proposals", proposals_create::handler)
        .post("/api/v1/officer/proposals/{id}/approval", proposals_approve::handler)
        .post("/api/v1/officer/proposals/{id}/rejection", proposals_reject::handler)
        .get("/api/v1/officer/appeals", appeals_list::handler)
        .get("/api/v1/officer/jobs", jobs_list::handler)
        .post("/api/v1/officer/jobs/{id}/retry", jobs_retry::handler)
        .get("/api/v1/officer/officers", officers_list::handler)
        .post("/api/v1/officer/officers/{id}/retirement", officers_retire::handler)
        .with(Method::PUT, "/api/v1/officer/credential", put(credential_renew::handler))
}
