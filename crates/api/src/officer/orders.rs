//! What the endpoints of acts by one officer have in common.

use app::office::{Order, OrderAnswer};
use axum::response::Response;
use serde_json::json;

use super::caller::OfficerCaller;
use super::refusal::refused;
use crate::caller::WriteKey;
use crate::guard::RequestInfo;
use crate::problem::Problem;
use crate::respond::found;
use crate::state::Api;

/// Carries an order out; answers how many it concerned.
pub(super) async fn carry_out(
    api: &Api,
    info: &RequestInfo,
    (OfficerCaller(officer), WriteKey(key)): (OfficerCaller, WriteKey),
    order: Order<'_>,
) -> Result<Response, Problem> {
    let actor = officer.id.to_string();
    let mut randomness = (api.service.randomness)();
    let act = &mut api.service.act(&actor, &info.request_id, &mut randomness);
    match app::office::carry_out(act, &officer, order, &key).await.map_err(refused)? {
        OrderAnswer::Done(concerned) => Ok(found(&json!({ "concerned": concerned }))),
        OrderAnswer::NoDeadJob => Err(Problem::UnknownJob),
        OrderAnswer::KeyReused => Err(Problem::KeyReused),
    }
}
