//! The registers: population, education, offices and social aid, asked by person number.
//!
//! The last two digits of the NIK decide the answers, so that a partner can provoke each case:
//!
//! | NIK ends in | answer |
//! | --- | --- |
//! | 90 | the family card does not agree |
//! | 91 | the name does not agree |
//! | 92 | the birth date does not agree |
//! | 93 | the number is not known |
//! | 94 | no citizen |
//! | 95 | pupil or student |
//! | 96 | police |
//! | 97 | receives the wage subsidy (BSU) |
//! | 98 | every register answers 503 |
//! | 99 | the education register does not know |
//! | 00 to 89 | everything agrees, nothing is held or received |

use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::header::AUTHORIZATION;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::inbox::Outage;

/// How a simulated register behaves, apart from what the number provokes.
#[derive(Clone, Debug, Default)]
pub struct Behaviour {
    /// Time before each answer.
    pub latency: Duration,
    /// Every question is answered with 503.
    pub is_away: bool,
    /// No name agrees.
    pub has_mismatch: bool,
    /// The token that a caller must bring; without one, anybody may ask.
    pub token: Option<String>,
    /// While it is on, questions about everybody or about a NIK are answered with 503.
    pub outage: Outage,
}

/// The simulator as a router, for [`crate::serve`].
pub fn router(behaviour: Behaviour) -> Router {
    Router::new()
        .route("/population/check", post(population))
        .route("/education/check", post(education))
        .route("/offices/check", post(offices))
        .route("/aid/check", post(aid))
        .layer(from_fn_with_state(behaviour.clone(), behave))
        .with_state(behaviour)
}

/// Delay, outage and token come before any answer.
async fn behave(State(behaviour): State<Behaviour>, request: Request, next: Next) -> Response {
    tokio::time::sleep(behaviour.latency).await;
    if behaviour.is_away || behaviour.outage.is_on() {
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
struct PopulationQuestion {
    nik: String,
    family_card: String,
    name: String,
    born_on: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NumberQuestion {
    nik: String,
}

/// The last two digits of a number; `None` if it is no NIK.
fn ending(nik: &str) -> Option<&str> {
    let has_shape = nik.len() == 16 && nik.bytes().all(|byte| byte.is_ascii_digit());
    nik.get(14..).filter(|_| has_shape)
}

/// Answers by the ending of the number, or says that the question is wrong or the register away.
fn answer(
    State(behaviour): &State<Behaviour>,
    nik: &str,
    of_ending: impl FnOnce(&str) -> Value,
) -> Response {
    match ending(nik) {
        None => StatusCode::UNPROCESSABLE_ENTITY.into_response(),
        Some("98") => StatusCode::SERVICE_UNAVAILABLE.into_response(),
        Some(_) if behaviour.outage.concerns(nik) => {
            StatusCode::SERVICE_UNAVAILABLE.into_response()
        }
        Some(ending) => Json(of_ending(ending)).into_response(),
    }
}

async fn population(
    behaviour: State<Behaviour>,
    Json(question): Json<PopulationQuestion>,
) -> Response {
    let is_whole = ending(&question.family_card).is_some()
        && !question.name.is_empty()
        && question.born_on.len() == "2000-01-31".len();
    if !is_whole {
        return StatusCode::UNPROCESSABLE_ENTITY.into_response();
    }
    answer(&behaviour, &question.nik, |ending| {
        if ending == "93" {
            let unknown = "unknown";
            return json!({
                "nik": "mismatch", "family_card": unknown, "name": unknown, "born_on": unknown,
                "citizen": unknown,
            });
        }
        let agrees = |differs: bool| if differs { "mismatch" } else { "match" };
        json!({
            "nik": "match",
            "family_card": agrees(ending == "90"),
            "name": agrees(ending == "91" || behaviour.has_mismatch),
            "born_on": agrees(ending == "92"),
            "citizen": if ending == "94" { "no" } else { "yes" },
        })
    })
}

async fn education(behaviour: State<Behaviour>, Json(question): Json<NumberQuestion>) -> Response {
    answer(&behaviour, &question.nik, |ending| {
        let enrolled = match ending {
            "95" => "yes",
            "99" => "unknown",
            _ => "no",
        };
        json!({ "enrolled": enrolled })
    })
}

async fn offices(behaviour: State<Behaviour>, Json(question): Json<NumberQuestion>) -> Response {
    answer(&behaviour, &question.nik, |ending| {
        let held: &[&str] = if ending == "96" { &["police"] } else { &[] };
        json!({ "offices": held })
    })
}

async fn aid(behaviour: State<Behaviour>, Json(question): Json<NumberQuestion>) -> Response {
    answer(&behaviour, &question.nik, |ending| {
        let received: &[&str] = if ending == "97" { &["bsu"] } else { &[] };
        json!({ "programmes": received })
    })
}
