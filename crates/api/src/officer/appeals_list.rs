//! `GET /api/v1/officer/appeals`: appeals that wait, those due first; with `?all=true` answered ones too.

use app::appeals::{AppealRow, ListedAppeals, list_appeals};
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
    let listed = if lists_all(query)? { ListedAppeals::All } else { ListedAppeals::Open };
    let rows = list_appeals(&api.service.database, listed).await?;
    let appeals: Vec<Value> = rows.iter().map(view).collect();
    Ok(found(&json!({ "appeals": appeals })))
}

fn view(row: &AppealRow) -> Value {
    json!({
        "appeal": row.appeal_id.to_string(),
        "wave": row.wave.get(),
        "person": row.person_id.to_string(),
        "ground": row.ground.name(),
        "filed_at": instant(row.filed_at),
        "due_at": instant(row.due_at),
        "answer": row.answer.map(|(answer, _)| answer.name()),
        "answered_at": row.answer.map(|(_, at)| instant(at)),
    })
}
