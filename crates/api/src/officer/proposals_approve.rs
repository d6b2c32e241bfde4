//! `POST /api/v1/officer/proposals/{id}/approval`: approves a proposal, which does the act. No key is asked for: an
//! approval belongs to the id, and is answered alike when it is sent again.

use app::office::decisions::approve_proposal;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::Response;
use domain::ids::ProposalId;
use serde_json::json;

use super::caller::OfficerCaller;
use super::reading::id;
use super::refusal::refused;
use crate::guard::RequestInfo;
use crate::problem::Problem;
use crate::respond::found;
use crate::state::Api;

pub(crate) async fn handler(
    State(api): State<Api>,
    info: RequestInfo,
    OfficerCaller(officer): OfficerCaller,
    path: Result<Path<String>, PathRejection>,
) -> Result<Response, Problem> {
    let proposal = id(path, ProposalId::parse)?;
    let actor = officer.id.to_string();
    let mut randomness = (api.service.randomness)();
    let act = &mut api.service.act(&actor, &info.request_id, &mut randomness);
    let result =
        approve_proposal(act, &officer, proposal, &api.service.regions).await.map_err(refused)?;
    Ok(found(&json!({
        "proposal": proposal.to_string(),
        "state": "approved",
        "result": result,
    })))
}
