//! Responses that can be asked for again: entity tags, cache lifetimes, and the security headers.

use axum::body::Body;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, IF_NONE_MATCH, REFERRER_POLICY,
    RETRY_AFTER, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};

use crate::format::hex;

pub(crate) const HTML: &str = "text/html; charset=utf-8";
pub(crate) const JSON: &str = "application/json";
pub(crate) const PROBLEM: &str = "application/problem+json";
pub(crate) const TEXT: &str = "text/plain; charset=utf-8";
pub(crate) const CSV: &str = "text/csv; charset=utf-8; header=present";

/// Figures change with waves, which take days; a minute spares the database at a rush.
pub(crate) const FRESH: &str = "public, max-age=60";
/// Names of assets change with their content, so a copy never grows old (a year, the usual maximum).
pub(crate) const IMMUTABLE: &str = "public, max-age=31536000, immutable";

/// When to come back if the figures cannot be read: a crashed database is back within seconds.
const RETRY_SECONDS: &str = "5";

/// Nothing but our own style sheet and pictures written into the page; framed by nobody.
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; \
                      form-action 'none'; frame-ancestors 'none'";

/// Half of the SHA-256 of the content in hexadecimal: 128 bits, far beyond chance.
pub(crate) fn content_hash(content: &[u8]) -> String {
    let digest = Sha256::digest(content);
    hex(digest.first_chunk::<16>().unwrap_or(&[0; 16]))
}

/// A page or file that may be kept for a minute, or `304` if the reader has it already.
pub(crate) fn fresh(request: &HeaderMap, content_type: &'static str, body: String) -> Response {
    // Weak, since the compressed and the plain form carry the same tag.
    let tag = format!("W/\"{}\"", content_hash(body.as_bytes()));
    let known = request
        .get_all(IF_NONE_MATCH)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|known| known.trim() == "*" || known.trim() == tag);
    let (status, body) = if known {
        (StatusCode::NOT_MODIFIED, Body::empty())
    } else {
        (StatusCode::OK, Body::from(body))
    };
    let headers = [(CACHE_CONTROL, FRESH), (CONTENT_TYPE, content_type)];
    (status, headers, [(ETAG, tag)], body).into_response()
}

/// An answer that says what went wrong and is not kept.
pub(crate) fn fault(status: StatusCode, content_type: &'static str, body: String) -> Response {
    let headers = [(CACHE_CONTROL, "no-store"), (CONTENT_TYPE, content_type)];
    let mut response = (status, headers, body).into_response();
    if status == StatusCode::SERVICE_UNAVAILABLE {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static(RETRY_SECONDS));
    }
    response
}

/// Headers of every response. A page that needs more than the others brings a policy of its own.
pub(crate) async fn secure(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.entry(CONTENT_SECURITY_POLICY).or_insert(HeaderValue::from_static(POLICY));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    // No page that opened this one, or that it opens, holds on to its window.
    headers.insert("cross-origin-opener-policy", HeaderValue::from_static("same-origin"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}
