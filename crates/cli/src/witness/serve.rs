//! The witness over HTTP: C2SP tlog-witness, `POST /add-checkpoint`. What is signed is decided in `publication`.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use publication::log::{CheckpointError, CosignError, Submission, Witness};
use tokio::net::TcpListener;
use tokio::sync::{Mutex, Semaphore};
use tokio::time::timeout;

use crate::print::causes;

/// Longest time to send a checkpoint, and to wait for the turn to have it signed.
const PATIENCE: Duration = Duration::from_secs(10);
/// Requests at the same time: a log has one sender, so more than a few are no checkpoints.
const REQUESTS_MAX: usize = 32;
/// How long a request may go on after the stop.
const GRACE: Duration = Duration::from_secs(5);
const SIZE: &str = "text/x.tlog.size";

/// A witness, one request at a time, and the clock in Unix seconds.
#[derive(Clone)]
struct Desk {
    witness: Arc<Mutex<Witness>>,
    places: Arc<Semaphore>,
    now_s: fn() -> u64,
}

pub(super) fn router(witness: Witness, now_s: fn() -> u64) -> Router {
    let witness = Arc::new(Mutex::new(witness));
    let desk = Desk { witness, places: Arc::new(Semaphore::new(REQUESTS_MAX)), now_s };
    Router::new().route("/add-checkpoint", post(add)).with_state(desk)
}

/// Serves until `stop` is ready; a checkpoint that is being signed is answered.
pub(super) async fn serve(
    listener: TcpListener,
    router: Router,
    stop: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let (stopping, stopped) = tokio::sync::oneshot::channel::<()>();
    let server = axum::serve(listener, router).with_graceful_shutdown(async move {
        stop.await;
        drop(stopping);
    });
    tokio::select! {
        ended = async { server.await } => ended,
        () = async {
            // Ready with an error once the sender above is dropped, which is the signal.
            stopped.await.ok();
            tokio::time::sleep(GRACE).await;
        } => Ok(()),
    }
}

async fn add(State(desk): State<Desk>, body: Body) -> Response {
    let Ok(_place) = desk.places.try_acquire() else {
        return (StatusCode::SERVICE_UNAVAILABLE, "too many requests at once\n").into_response();
    };
    let bytes = match timeout(PATIENCE, to_bytes(body, Submission::SIZE_BYTES_MAX)).await {
        Ok(Ok(bytes)) => bytes,
        Ok(Err(_)) => {
            return (StatusCode::PAYLOAD_TOO_LARGE, "the text is too long\n").into_response();
        }
        Err(_) => {
            return (StatusCode::REQUEST_TIMEOUT, "the text comes too slowly\n").into_response();
        }
    };
    let submission = match Submission::read(&bytes) {
        Ok(submission) => submission,
        Err(error) => return (StatusCode::BAD_REQUEST, format!("{error}\n")).into_response(),
    };
    let Ok(witness) = timeout(PATIENCE, Arc::clone(&desk.witness).lock_owned()).await else {
        return (StatusCode::SERVICE_UNAVAILABLE, "busy; come again\n").into_response();
    };
    // It waits for the disk, and goes on if the sender goes away meanwhile: what is remembered is what
    // may have been signed.
    let now_s = desk.now_s;
    let sign = move || {
        let signed = witness.answer(&submission, now_s());
        if let Err(CosignError::Forked { size }) = &signed {
            accuse(*size, &submission.checkpoint);
        }
        signed
    };
    match tokio::task::spawn_blocking(sign).await {
        Ok(Ok(line)) => line.text().into_response(),
        Ok(Err(error)) => refuse(&error),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// Keeps the evidence: with the checkpoint in this witness's memory, it proves that the log lied.
fn accuse(size: u64, checkpoint: &[u8]) {
    let text = String::from_utf8_lossy(checkpoint);
    // Origin, size, root, an empty line, and signatures, the log's among them.
    let checkpoint = text.lines().take(12).collect::<Vec<_>>().join("\n");
    tracing::error!(size, checkpoint, "the log has signed two histories; keep this line");
}

/// The status that the protocol has for each refusal.
fn refuse(error: &CosignError) -> Response {
    let status = match error {
        CosignError::Checkpoint(CheckpointError::Origin { .. }) => StatusCode::NOT_FOUND,
        CosignError::Checkpoint(CheckpointError::Unsigned) => StatusCode::FORBIDDEN,
        CosignError::Checkpoint(_) | CosignError::Shrunk { .. } => StatusCode::BAD_REQUEST,
        CosignError::OtherSize { seen: size } | CosignError::Forked { size } => {
            return conflict(*size);
        }
        CosignError::Inconsistent { .. } => {
            tracing::warn!(error = causes(error), "a checkpoint that the log signed is not proven");
            StatusCode::UNPROCESSABLE_ENTITY
        }
        CosignError::Clock { .. }
        | CosignError::Tiles(_)
        | CosignError::Memory { .. }
        | CosignError::ForeignMemory { .. }
        | CosignError::Begun { .. }
        | CosignError::Write { .. } => {
            tracing::error!(error = causes(error), "nothing can be signed");
            // Paths of this machine are nobody else's business.
            return (StatusCode::SERVICE_UNAVAILABLE, "this witness cannot sign now\n")
                .into_response();
        }
    };
    (status, format!("{}\n", causes(error))).into_response()
}

fn conflict(size: u64) -> Response {
    (StatusCode::CONFLICT, [(CONTENT_TYPE, SIZE)], format!("{size}\n")).into_response()
}
