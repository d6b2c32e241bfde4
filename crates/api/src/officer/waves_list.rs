//! `GET /api/v1/officer/waves`: the calendar with what officers need beside it.

use axum::extract::State;
use axum::response::Response;
use serde_json::{Value, json};

use super::caller::OfficerCaller;
use crate::problem::Problem;
use crate::respond::{found, instant};
use crate::state::Api;
use crate::wave_view::WaveView;

pub(crate) async fn handler(State(api): State<Api>, _: OfficerCaller) -> Result<Response, Problem> {
    let waves = api.service.waves().await?;
    let waves: Vec<Value> = waves
        .iter()
        .map(|wave| {
            json!({
                "wave": WaveView::from(wave),
                "draw_at": instant(wave.calendar().draw_at()),
                "policy": wave.policy_id,
            })
        })
        .collect();
    Ok(found(&json!({ "waves": waves })))
}
