//! The comparison of faces.
//!
//! The last two digits of the width of the face picture, in pixels, decide the verdict, so that a partner can provoke
//! each case with any picture:
//!
//! | width ends in | answer |
//! | --- | --- |
//! | 90 | another face |
//! | 91 | cannot be seen well enough |
//! | 92 | no face |
//! | 98 | answers 503 |
//! | anything else | the same face |

use std::time::Duration;

use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::StatusCode;
use axum::http::header::AUTHORIZATION;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::json;

/// Two pictures of the agreed size in base64.
const BODY_BYTES_MAX: usize = 8 * 1024 * 1024;

/// How the simulated comparison behaves, apart from what a picture provokes.
#[derive(Clone, Debug, Default)]
pub struct FaceBehaviour {
    /// Time before each verdict.
    pub latency: Duration,
    /// Every comparison is answered with 503.
    pub is_away: bool,
    /// No face is that of its card.
    pub has_mismatch: bool,
    /// The token that a caller must bring; without one, anybody may ask.
    pub token: Option<String>,
}

/// The simulator as a router, for [`crate::serve`].
pub fn router(behaviour: FaceBehaviour) -> Router {
    Router::new()
        .route("/faces/compare", post(compare))
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .layer(from_fn_with_state(behaviour.clone(), behave))
        .with_state(behaviour)
}

/// Delay, outage and token come before any verdict.
async fn behave(State(behaviour): State<FaceBehaviour>, request: Request, next: Next) -> Response {
    tokio::time::sleep(behaviour.latency).await;
    if behaviour.is_away {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    if let Some(token) = &behaviour.token {
        let brought = request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        if brought != Some(&format!("Bearer {token}")) {
            return StatusCode::UNAUTHORIZED.into_response();
        }
    }
    next.run(request).await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Question {
    card: String,
    face: String,
}

async fn compare(
    State(behaviour): State<FaceBehaviour>,
    Json(question): Json<Question>,
) -> Response {
    let width = |text: &str| width(&STANDARD.decode(text).ok()?);
    let (Some(_), Some(width)) = (width(&question.card), width(&question.face)) else {
        return StatusCode::UNPROCESSABLE_ENTITY.into_response();
    };
    let verdict = match width % 100 {
        98 => return StatusCode::SERVICE_UNAVAILABLE.into_response(),
        90 => "mismatch",
        91 => "unclear",
        92 => "no_face",
        _ if behaviour.has_mismatch => "mismatch",
        _ => "match",
    };
    Json(json!({ "verdict": verdict })).into_response()
}

/// The width that the frame header of a JPEG states (T.81 section B.2.2); `None` for anything else.
fn width(jpeg: &[u8]) -> Option<u16> {
    let mut rest = jpeg.strip_prefix(&[0xff, 0xd8])?;
    loop {
        let [0xff, marker, high, low, ..] = rest else { return None };
        if matches!(marker, 0xc0..=0xc2) {
            let [_, _, _, _, _, _, _, high, low, ..] = rest else { return None };
            return Some(u16::from_be_bytes([*high, *low]));
        }
        let length = usize::from(u16::from_be_bytes([*high, *low]));
        rest = rest.get(length.checked_add(2)?..)?;
    }
}
