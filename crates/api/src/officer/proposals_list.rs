//! `GET /api/v1/officer/proposals`: what waits for a second officer; with `?all=true` what was decided too.

use app::proposals::{Listed, ProposalRow, list_proposals, parameters_of};
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::response::Response;
use domain::policy::Named as _;
use serde_json::{Value, json};

use super::caller::OfficerCaller;
use super::reading::{Listing, lists_all};
use crate::problem::Problem;
use crate::respond::{found, instant};
use crate::state::Api;

pub(crate) async fn handler(
    State(api): State<Api>,
    _: OfficerCaller,
    query: Result<Query<Listing>, QueryRejection>,
) -> Result<Response, Problem> {
    let listed = if lists_all(query)? { Listed::All } else { Listed::Open };
    let rows = list_proposals(&api.service.database, listed).await?;
    let proposals: Vec<Value> = rows.iter().map(view).collect::<Result<_, _>>()?;
    Ok(found(&json!({ "proposals": proposals })))
}

fn view(row: &ProposalRow) -> Result<Value, Problem> {
    Ok(json!({
        "proposal": row.proposal_id.to_string(),
        "act": row.act.name(),
        "subject": row.subject,
        "parameters": parameters_of(row)?,
        "reason": row.reason,
        "proposed_by": row.proposed_by.to_string(),
        "proposed_at": instant(row.proposed_at),
        "state": row.state.name(),
        "decided_by": row.decided_by.map(|by| by.to_string()),
        "decided_at": row.decided_at.map(instant),
        "decision_reason": row.decision_reason,
    }))
}
