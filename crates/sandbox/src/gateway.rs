//! A gateway of short texts: takes each key once, knows no number that ends in 00, and cannot reach one that ends in
//! 01.

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
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

use crate::inbox::{Inbox, Letter, Outage};

/// How the simulated gateway behaves.
#[derive(Clone, Debug, Default)]
pub struct GatewayBehaviour {
    /// Time before each answer.
    pub latency: Duration,
    /// Every call is answered with 503.
    pub is_away: bool,
    /// The token that a caller must bring; without one, anybody may send.
    pub token: Option<String>,
    /// Where texts are kept, one a file named by its key; nowhere if none is named.
    pub folder: Option<PathBuf>,
    /// Shows each text that comes.
    pub inbox: Option<Inbox>,
    /// While it is on, every call is answered with 503, or every text to one number.
    pub outage: Outage,
}

/// What the calls share: the texts by key.
#[derive(Clone)]
struct Desk {
    behaviour: GatewayBehaviour,
    texts: Arc<Mutex<BTreeMap<String, (String, String)>>>,
}

/// The simulator as a router, for [`crate::serve`].
pub fn router(behaviour: GatewayBehaviour) -> Router {
    let desk = Desk { behaviour, texts: Arc::default() };
    Router::new()
        .route("/messages", post(take))
        .route("/receipts", post(tell))
        .layer(from_fn_with_state(desk.clone(), behave))
        .with_state(desk)
}

/// Delay, outage and token come before any answer.
async fn behave(State(desk): State<Desk>, request: Request, next: Next) -> Response {
    tokio::time::sleep(desk.behaviour.latency).await;
    if desk.behaviour.is_away || desk.behaviour.outage.is_on() {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    if let Some(token) = &desk.behaviour.token {
        let brought = request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        if brought != Some(&format!("Bearer {token}")) {
            return StatusCode::UNAUTHORIZED.into_response();
        }
    }
    next.run(request).await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Message {
    key: String,
    to: String,
    text: String,
}

async fn take(State(desk): State<Desk>, Json(message): Json<Message>) -> Response {
    let is_key = (1..=64).contains(&message.key.len())
        && message.key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if !is_key || message.text.is_empty() {
        return StatusCode::BAD_REQUEST.into_response();
    }
    if !message.to.starts_with("+62") || message.to.ends_with("00") {
        return StatusCode::UNPROCESSABLE_ENTITY.into_response();
    }
    if desk.behaviour.outage.concerns(&message.to) {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    let content = (message.to.clone(), message.text.clone());
    let mut texts = desk.texts.lock().unwrap_or_else(PoisonError::into_inner);
    match texts.get(&message.key) {
        // A key that comes again for the same is answered as before, and nothing is sent.
        Some(known) if *known == content => {}
        Some(_) => return StatusCode::CONFLICT.into_response(),
        None => {
            if keep(&desk.behaviour, &message).is_err() {
                return StatusCode::SERVICE_UNAVAILABLE.into_response();
            }
            if let Some(inbox) = &desk.behaviour.inbox {
                let (to, body) = content.clone();
                inbox.put(Letter { kind: "text", to, subject: String::new(), body });
            }
            texts.insert(message.key, content);
        }
    }
    Json(json!({ "state": "accepted" })).into_response()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Keys {
    keys: Vec<String>,
}

/// What has become of texts; of a key that never came nothing is said.
async fn tell(State(desk): State<Desk>, Json(asked): Json<Keys>) -> Json<Value> {
    let texts = desk.texts.lock().unwrap_or_else(PoisonError::into_inner);
    let receipt = |key: &String| {
        let (to, _) = texts.get(key)?;
        let state = if to.ends_with("01") { "undeliverable" } else { "delivered" };
        Some(json!({ "key": key, "state": state }))
    };
    Json(json!({ "receipts": asked.keys.iter().filter_map(receipt).collect::<Vec<Value>>() }))
}

fn keep(behaviour: &GatewayBehaviour, message: &Message) -> io::Result<()> {
    let Some(folder) = &behaviour.folder else { return Ok(()) };
    let path = folder.join(format!("{}.txt", message.key));
    let unfinished = path.with_extension("part");
    std::fs::write(&unfinished, format!("{}\n{}\n", message.to, message.text))?;
    std::fs::rename(unfinished, path)
}
