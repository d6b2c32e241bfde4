//! Tests of the public pages and their data, through the router and without a socket.

#[path = "../sample/mod.rs"]
mod sample;

mod data;
mod files;
mod front;
mod pages;
mod receipts;
mod stop;
mod style;
mod waves;

use axum::body::{Body, to_bytes};
use axum::http::header::HeaderName;
use axum::http::{HeaderMap, Request, StatusCode};
use tower::ServiceExt as _;
use web::AppState;

/// An answer with its whole body.
struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: String,
}

impl Answer {
    /// A header as text, empty if absent.
    fn header(&self, name: impl Into<HeaderName>) -> &str {
        let value = self.headers.get(name.into());
        value.map_or("", |value| value.to_str().expect("a header of plain text"))
    }
}

/// Asks the router of the sample figures.
async fn ask(request: Request<Body>) -> Answer {
    ask_of(sample::state(), request).await
}

/// Asks the router of other figures.
async fn ask_of(state: AppState, request: Request<Body>) -> Answer {
    let response = web::router(state).oneshot(request).await.expect("infallible");
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, 1 << 20).await.expect("a body below 1 MB");
    let body = String::from_utf8(body.to_vec()).expect("UTF-8");
    Answer { status: parts.status, headers: parts.headers, body }
}

/// Asks for an address.
async fn get(path: &str) -> Answer {
    get_of(&sample::state(), path).await
}

/// Asks for an address of other figures.
async fn get_of(state: &AppState, path: &str) -> Answer {
    ask_of(state.clone(), Request::get(path).body(Body::empty()).expect("a request")).await
}
