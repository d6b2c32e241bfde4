//! Answers that went well.

use std::time::Duration;

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use domain::time::Timestamp;
use serde::Serialize;

/// Something new, written down durably.
pub(crate) fn created(body: &impl Serialize) -> Response {
    (StatusCode::CREATED, Json(body)).into_response()
}

/// Something that is there.
pub(crate) fn found(body: &impl Serialize) -> Response {
    Json(body).into_response()
}

/// An instant as RFC 3339 in UTC.
pub(crate) fn instant(at: Timestamp) -> String {
    at.to_string()
}

/// How long it is from one instant to a later one.
pub(crate) fn wait_until(now: Timestamp, until: Timestamp) -> Duration {
    let micros = until.micros().saturating_sub(now.micros());
    Duration::from_micros(u64::try_from(micros).unwrap_or(0))
}
