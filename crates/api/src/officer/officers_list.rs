//! `GET /api/v1/officer/officers`: who is or was in office, with roles.

use app::officers::{OfficerRow, list_officers};
use axum::extract::State;
use axum::response::Response;
use domain::policy::Named as _;
use serde_json::{Value, json};

use super::caller::OfficerCaller;
use crate::problem::Problem;
use crate::respond::{found, instant};
use crate::state::Api;

pub(crate) async fn handler(State(api): State<Api>, _: OfficerCaller) -> Result<Response, Problem> {
    let rows = list_officers(&api.service.database).await?;
    let officers: Vec<Value> = rows.iter().map(view).collect();
    Ok(found(&json!({ "officers": officers })))
}

fn view(row: &OfficerRow) -> Value {
    json!({
        "officer": row.officer.id.to_string(),
        "name": row.officer.name,
        "roles": row.officer.roles.iter().map(|role| role.name()).collect::<Vec<_>>(),
        "created_at": instant(row.created_at),
        "credential_at": row.credential_at.map(instant),
        "retired_at": row.retired_at.map(instant),
    })
}
