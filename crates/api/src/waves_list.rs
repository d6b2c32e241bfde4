//! `GET /api/v1/waves`: the calendar, open to everybody.

use axum::extract::State;
use axum::response::Response;
use serde_json::json;

use crate::problem::Problem;
use crate::respond::found;
use crate::state::Api;
use crate::wave_view::WaveView;

pub(crate) async fn handler(State(api): State<Api>) -> Result<Response, Problem> {
    let waves = api.service.waves().await?;
    let waves: Vec<WaveView> = waves.iter().map(WaveView::from).collect();
    Ok(found(&json!({ "waves": waves })))
}
