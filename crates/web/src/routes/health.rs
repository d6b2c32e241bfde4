//! `GET /kesehatan/hidup` (the process answers) and `GET /kesehatan/siap` (it can read the figures, and what is
//! served beside them can write).

use axum::extract::State;
use axum::http::header::CACHE_CONTROL;
use axum::response::{IntoResponse, Response};

use crate::routes::faults::Problem;
use crate::routes::within_limit;
use crate::snapshot::AppState;

pub(super) async fn live() -> Response {
    ([(CACHE_CONTROL, "no-store")], "hidup\n").into_response()
}

pub(super) async fn ready(State(state): State<AppState>) -> Response {
    let ready = async {
        (state.ready)().await?;
        (state.regions)().await
    };
    match within_limit(ready).await {
        Ok(_) => ([(CACHE_CONTROL, "no-store")], "siap\n").into_response(),
        Err(error) => Problem::from(error).into_response(),
    }
}
