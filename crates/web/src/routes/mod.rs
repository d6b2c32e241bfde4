//! All addresses, and the layers around them.

mod api;
mod assets;
mod engines;
mod faults;
mod files;
mod health;
mod help;
mod landing;
mod programme;
mod receipts;
mod regions;
mod statistics;
mod status;
mod waves;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{MatchedPath, Request};
use axum::http::StatusCode;
use axum::middleware::{map_request, map_response};
use domain::region::RegionCode;
use domain::time::Timestamp;
use http_support::{Known, Routes};
use tower_http::compression::CompressionLayer;
use tower_http::limit::RequestBodyLimitLayer;
use tower_http::request_id::{
    MakeRequestUuid, PropagateRequestIdLayer, RequestId, SetRequestIdLayer,
};
use tower_http::timeout::TimeoutLayer;
use tower_http::trace::TraceLayer;
use tracing::Span;

use crate::front::Front;
use crate::language::Language;
use crate::respond::secure;
use crate::snapshot::{AppState, Snapshot, SnapshotError};

pub(crate) use assets::{CARD_PATH, STYLE};
pub(crate) use files::FOLDER;

/// No address takes a body; this leaves room for a stray one without keeping it.
const BODY_BYTES_MAX: usize = 16 * 1024;
/// How long anybody waits for what a page shows before being told to come back.
pub(crate) const LOAD_MAX: Duration = Duration::from_secs(5);
/// How long anything may take; above the limit of loading, so that its page is seen first.
const REQUEST_SECONDS_MAX: u64 = 10;

/// Pages that are written ahead and kept.
fn kept_pages() -> Routes<Arc<Front>> {
    Routes::new()
        .get("/", landing::indonesian)
        .get("/en", landing::english)
        .get("/statistik", regions::indonesian)
        .get("/en/statistics", regions::english)
        .get("/robots.txt", engines::robots)
        .get("/sitemap.xml", engines::sitemap)
}

/// Published files.
fn files() -> Routes<AppState> {
    Routes::new().get("/berkas/{*path}", files::handler)
}

/// Everything else that anybody may read.
fn pages() -> Routes<AppState> {
    Routes::new()
        .get("/program", programme::indonesian)
        .get("/en/programme", programme::english)
        .get("/bantuan", help::indonesian)
        .get("/en/help", help::english)
        .get("/statistik/{region}", statistics::indonesian)
        .get("/en/statistics/{region}", statistics::english)
        .get("/api/statistik/{region}", api::handler)
        .get("/gelombang", waves::indonesian)
        .get("/gelombang/{number}", waves::one_indonesian)
        .get("/gelombang/{number}/{region}", waves::region_indonesian)
        .get("/en/waves", waves::english)
        .get("/en/waves/{number}", waves::one_english)
        .get("/en/waves/{number}/{region}", waves::region_english)
        .get("/gelombang/{number}/wilayah.csv", waves::csv)
        .get("/gelombang/{number}/berkas.txt", waves::addresses)
        .get("/aset/{name}", assets::handler)
        .get("/periksa", receipts::without_slash)
        .get(receipts::PATH, receipts::index)
        .get("/periksa/{name}", receipts::named)
        .get("/status", status::indonesian)
        .get("/en/status", status::english)
        .get("/kesehatan/hidup", health::live)
        .get("/kesehatan/siap", health::ready)
}

/// The addresses of the public pages.
pub fn known() -> Vec<Known> {
    [kept_pages().known(), files().known(), pages().known()].concat()
}

/// The public pages and their data.
pub fn router(state: AppState) -> Router {
    router_with(Arc::new(Front::new(state)), Router::new())
}

/// The public pages beside other addresses, which bring limits of their own; request ids, the trace and the
/// security headers are around all of them.
pub fn router_with(front: Arc<Front>, others: Router) -> Router {
    let state = front.state.clone();
    let kept = kept_pages()
        .into_router()
        .method_not_allowed_fallback(faults::method_not_allowed)
        .layer(CompressionLayer::new())
        .with_state(front);
    let files = files()
        .into_router()
        .method_not_allowed_fallback(faults::method_not_allowed)
        .layer(CompressionLayer::new().compress_when(files::is_worth_compressing));
    pages()
        .into_router()
        .fallback(faults::no_page)
        .method_not_allowed_fallback(faults::method_not_allowed)
        .layer(CompressionLayer::new())
        .merge(files)
        .with_state(state)
        .merge(kept)
        .layer(TimeoutLayer::with_status_code(
            StatusCode::SERVICE_UNAVAILABLE,
            Duration::from_secs(REQUEST_SECONDS_MAX),
        ))
        .layer(RequestBodyLimitLayer::new(BODY_BYTES_MAX))
        .merge(others)
        .layer(PropagateRequestIdLayer::x_request_id())
        .layer(TraceLayer::new_for_http().make_span_with(span).on_failure(()))
        .layer(SetRequestIdLayer::x_request_id(MakeRequestUuid))
        .layer(map_request(forget_request_id))
        .layer(map_response(secure))
}

/// Drops a request id that came from outside: it goes into the log, and nobody but us writes there.
async fn forget_request_id(mut request: Request) -> Request {
    request.headers_mut().remove("x-request-id");
    request
}

/// Method, route and request id; never the address asked for, the query, a header or who asked.
fn span(request: &Request) -> Span {
    let route = request.extensions().get::<MatchedPath>().map_or("none", MatchedPath::as_str);
    let id = request.extensions().get::<RequestId>();
    let id = id.and_then(|id| id.header_value().to_str().ok()).unwrap_or_default();
    tracing::info_span!("http.request", method = %request.method(), route, request_id = id)
}

/// Reads the figures of a region, the newest or those of an instant, with a limit on how long the reader waits.
async fn load(
    state: &AppState,
    region: RegionCode,
    as_of: Option<Timestamp>,
) -> Result<Arc<Snapshot>, SnapshotError> {
    match as_of {
        None => (state.figures)().await?.find(region),
        Some(as_of) => within_limit((state.past)(region, as_of)).await,
    }
}

/// What is read, or that it cannot be read now if that takes too long.
pub(crate) async fn within_limit<T>(
    reading: impl Future<Output = Result<T, SnapshotError>>,
) -> Result<T, SnapshotError> {
    tokio::time::timeout(LOAD_MAX, reading).await.unwrap_or_else(|_| {
        tracing::error!(limit_s = LOAD_MAX.as_secs(), "reading what a page shows took too long");
        Err(SnapshotError::Unavailable)
    })
}

/// The language an address belongs to.
fn language_of(path: &str) -> Language {
    if path == "/en" || path.starts_with("/en/") { Language::English } else { Language::Indonesian }
}
