//! `POST /api/v1/officer/proposals/{id}/rejection`: turns a proposal down, or takes one's own back. No key is asked
//! for: a rejection belongs to the id, and is answered alike when it is sent again.

use app::office::decisions::reject_proposal;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::Response;
use domain::ids::ProposalId;
use domain::policy::Named as _;
use serde_json::json;

use super::caller::OfficerCaller;
use super::reading::{id, only_reason};
use super::refusal::refused;
use crate::fields::Fields;
use crate::guard::RequestInfo;
use crate::problem::Problem;
use crate::respond::found;
use crate::state::Api;

pub(crate) async fn handler(
    State(api): State<Api>,
    info: RequestInfo,
    OfficerCaller(officer): OfficerCaller,
    path: Result<Path<String>, PathRejection>,
    fields: Fields,
) -> Result<Response, Problem> {
    let proposal = id(path, ProposalId::parse)?;
    let said = only_reason(fields)?;
    let actor = officer.id.to_string();
    let mut randomness = (api.service.randomness)();
    let act = &mut api.service.act(&actor, &info.request_id, &mut randomness);
    let state = reject_proposal(act, &officer, proposal, &said).await.map_err(refused)?;
    Ok(found(&json!({ "proposal": proposal.to_string(), "state": state.name() })))
}
