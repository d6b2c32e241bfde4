//! A beacon as drand's HTTP API shows it, on a made-up chain of scheme `test-sha256`: everybody can compute its
//! rounds in advance, so it is for tests alone.
//!
//! `GET /CHAIN/public/ROUND` answers a round from its time on, and 425 before. A round's signature is the first 48
//! bytes of `H(m || 00) || H(m || 01)`, `m` = `selection/v1/test-beacon`, a zero byte, the chain's hash and the round
//! as 8 bytes; `H` is SHA-256.

use std::fmt::{self, Write as _};
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::json;
use sha2::{Digest as _, Sha256};

/// Tells the present in Unix seconds.
#[derive(Clone)]
pub struct BeaconClock(Arc<dyn Fn() -> u64 + Send + Sync>);

impl BeaconClock {
    /// A clock that is read by the function.
    pub fn new(now_s: impl Fn() -> u64 + Send + Sync + 'static) -> Self {
        Self(Arc::new(now_s))
    }
}

impl fmt::Debug for BeaconClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BeaconClock")
    }
}

/// How the simulated beacon behaves.
#[derive(Clone, Debug)]
pub struct BeaconBehaviour {
    /// Hash that names the chain.
    pub chain_hash: [u8; 32],
    /// Unix time of round 1, seconds.
    pub genesis_s: u64,
    /// Seconds between rounds; 0 counts as 1.
    pub period_s: u32,
    /// The present.
    pub clock: BeaconClock,
    /// Seconds by which each round comes late.
    pub late_s: u64,
    /// Every signature is another one than the round's.
    pub is_wrong: bool,
    /// Every question is answered with 503.
    pub is_away: bool,
    /// Time before each answer.
    pub latency: Duration,
}

/// The simulator as a router, for [`crate::serve`].
pub fn router(behaviour: BeaconBehaviour) -> Router {
    Router::new()
        .route("/{chain}/public/{round}", get(tell))
        .layer(from_fn_with_state(behaviour.clone(), behave))
        .with_state(behaviour)
}

/// Delay and outage come before any answer.
async fn behave(
    State(behaviour): State<BeaconBehaviour>,
    request: Request,
    next: Next,
) -> Response {
    tokio::time::sleep(behaviour.latency).await;
    if behaviour.is_away {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    next.run(request).await
}

async fn tell(
    State(behaviour): State<BeaconBehaviour>,
    Path((chain, round)): Path<(String, u64)>,
) -> Response {
    if chain != hex(&behaviour.chain_hash) {
        return StatusCode::NOT_FOUND.into_response();
    }
    let Some(due_s) = behaviour.due_s(round) else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    if (behaviour.clock.0)() < due_s.saturating_add(behaviour.late_s) {
        return StatusCode::TOO_EARLY.into_response();
    }
    let mut signature = signature(&behaviour.chain_hash, round);
    if behaviour.is_wrong {
        signature = signature.map(|byte| !byte);
    }
    Json(json!({
        "round": round,
        "randomness": hex(&Sha256::digest(signature)),
        "signature": hex(&signature),
    }))
    .into_response()
}

impl BeaconBehaviour {
    /// When a round appears; `None` for none that there is.
    fn due_s(&self, round: u64) -> Option<u64> {
        let period_s = u64::from(self.period_s.max(1));
        round.checked_sub(1)?.checked_mul(period_s)?.checked_add(self.genesis_s)
    }
}

fn signature(chain_hash: &[u8; 32], round: u64) -> [u8; 48] {
    let half = |last: u8| {
        Sha256::new()
            .chain_update(b"selection/v1/test-beacon\0")
            .chain_update(chain_hash)
            .chain_update(round.to_be_bytes())
            .chain_update([last])
            .finalize()
    };
    let mut signature = [0; 48];
    signature.iter_mut().zip(half(0).into_iter().chain(half(1))).for_each(|(to, from)| *to = from);
    signature
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
