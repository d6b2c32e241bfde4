//! `GET /berkas/{path}`: the published folders of waves, file by file.
//!
//! Anybody may fetch them, also from a page on another site that checks receipts. Parts are given by range.

use std::io::{Error, ErrorKind};
use std::path::Path;

use axum::extract::{Request, State};
use axum::http::header::{
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, CACHE_CONTROL, CONTENT_TYPE,
};
use axum::http::{Extensions, HeaderMap, HeaderValue, StatusCode, Uri, Version};
use axum::response::Response;

use crate::language::Language;
use crate::respond::{FRESH, JSON, TEXT};
use crate::routes::faults;
use crate::snapshot::{AppState, SnapshotError};

/// Where the folder stands.
pub(crate) const FOLDER: &str = "/berkas";

/// A published file of this kind never changes; a day is long for a crowd, and short enough for a server that is
/// filled anew under the same address.
const LASTING: &str = "public, max-age=86400, immutable";

/// Files that may have later versions, by correction, or that grow.
const CHANGING: [&str; 3] = ["plan.json", "quota.json", "entries.bin"];

pub(super) async fn handler(State(state): State<AppState>, mut request: Request) -> Response {
    let uri = request.uri().clone();
    let below = uri.path().strip_prefix(FOLDER).and_then(|path| Uri::try_from(path).ok());
    let Some(below) = below else { return faults::no_page(uri).await };
    *request.uri_mut() = below;
    match state.public.serve(request).await {
        Ok(response) if response.status() != StatusCode::NOT_FOUND => dress(response, uri.path()),
        Ok(_) => faults::no_page(uri).await,
        Err(error) if is_absent(&error) => faults::no_page(uri).await,
        Err(error) => {
            tracing::error!(%error, "could not open a published file");
            faults::page_of(SnapshotError::Unavailable, Language::Indonesian)
        }
    }
}

/// Also a name within a file, or one that no file can have.
fn is_absent(error: &Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::NotFound
            | ErrorKind::InvalidInput
            | ErrorKind::NotADirectory
            | ErrorKind::InvalidFilename
            | ErrorKind::PermissionDenied
    )
}

fn dress(mut response: Response, path: &str) -> Response {
    let cached = match response.status() {
        StatusCode::OK | StatusCode::PARTIAL_CONTENT | StatusCode::NOT_MODIFIED if lasts(path) => {
            LASTING
        }
        StatusCode::OK | StatusCode::PARTIAL_CONTENT | StatusCode::NOT_MODIFIED => FRESH,
        _ => "no-store",
    };
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static(cached));
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    let exposed = HeaderValue::from_static("accept-ranges, content-range, etag");
    headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, exposed);
    if headers.contains_key(CONTENT_TYPE) {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type(path)));
    }
    response
}

/// Whether the file at `/berkas/gelombang-N/NAME` is one that never changes.
fn lasts(path: &str) -> bool {
    let name = path.splitn(4, '/').nth(3).unwrap_or_default();
    // Tiles of tree and log, and proofs, lie deeper.
    !name.contains('/') && matches!(ending(name), Some("json" | "bin")) && !CHANGING.contains(&name)
}

/// Tiles have numbers for names, so only the few kinds of text are told by name.
fn content_type(path: &str) -> &'static str {
    match ending(path) {
        Some("json") => JSON,
        Some("tlog-proof") => TEXT,
        None if path.ends_with("/checkpoint") => TEXT,
        _ => "application/octet-stream",
    }
}

fn ending(path: &str) -> Option<&str> {
    Path::new(path).extension()?.to_str()
}

/// Digests and tickets do not get smaller; JSON does.
pub(super) fn is_worth_compressing(
    _: StatusCode,
    _: Version,
    headers: &HeaderMap,
    _: &Extensions,
) -> bool {
    headers.get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes() == JSON.as_bytes())
}
