//! What goes wrong, as a page in the reader's language or as a problem document (RFC 9457).

use askama::Template;
use axum::http::header::ALLOW;
use axum::http::{HeaderValue, StatusCode, Uri};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Serialize;

use crate::frame::Frame;
use crate::language::Language;
use crate::respond::{HTML, PROBLEM, fault};
use crate::routes::language_of;
use crate::snapshot::SnapshotError;
use crate::texts::{Fault, Texts};

#[derive(Debug, Template)]
#[template(path = "fault.html")]
struct FaultPage {
    frame: Frame,
    fault: &'static Fault,
}

/// A fault for programs: `code` is stable, `detail` is for people.
#[derive(Debug)]
pub(super) struct Problem {
    status: StatusCode,
    code: &'static str,
    detail: String,
}

/// The document of a problem.
#[derive(Debug, Serialize)]
struct ProblemBody<'a> {
    r#type: String,
    title: &'a str,
    status: u16,
    detail: &'a str,
    code: &'a str,
}

impl Problem {
    pub(super) fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        Self { status, code, detail: detail.into() }
    }
}

impl From<SnapshotError> for Problem {
    fn from(error: SnapshotError) -> Self {
        let (status, code) = kind(error);
        Self::new(status, code, error.to_string())
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = ProblemBody {
            r#type: format!("urn:gelombang:problem:{}", self.code),
            title: self.status.canonical_reason().unwrap_or("Error"),
            status: self.status.as_u16(),
            detail: &self.detail,
            code: self.code,
        };
        // Strings and a number always become JSON.
        fault(self.status, PROBLEM, serde_json::to_string(&body).unwrap_or_default())
    }
}

const METHODS: &str = "GET, HEAD";

fn page(status: StatusCode, fault_texts: &'static Fault, language: Language) -> Response {
    let title = fault_texts.title.to_owned();
    let frame = Frame::new(language, title, |language| language.landing_path().to_owned());
    let html = FaultPage { frame, fault: fault_texts }.render().unwrap_or_else(|error| {
        tracing::error!(%error, "cannot render the page of a fault");
        fault_texts.title.to_owned()
    });
    fault(status, HTML, html)
}

/// Status and stable code of each error of reading the figures.
const fn kind(error: SnapshotError) -> (StatusCode, &'static str) {
    match error {
        SnapshotError::UnknownRegion(_) => (StatusCode::NOT_FOUND, "unknown-region"),
        SnapshotError::NoData(_) => (StatusCode::NOT_FOUND, "no-data"),
        SnapshotError::Unavailable => (StatusCode::SERVICE_UNAVAILABLE, "unavailable"),
    }
}

/// The page of an error.
pub(super) fn page_of(error: SnapshotError, language: Language) -> Response {
    let faults = &Texts::of(language).faults;
    let texts = match error {
        SnapshotError::UnknownRegion(_) => &faults.unknown_region,
        SnapshotError::NoData(_) => &faults.no_data,
        SnapshotError::Unavailable => &faults.unavailable,
    };
    page(kind(error).0, texts, language)
}

/// The page for an address whose region is no code.
pub(super) fn bad_code(language: Language) -> Response {
    page(StatusCode::NOT_FOUND, &Texts::of(language).faults.bad_code, language)
}

/// The page for a wave that nobody knows.
pub(super) fn no_wave(language: Language) -> Response {
    page(StatusCode::NOT_FOUND, &Texts::of(language).faults.no_wave, language)
}

/// The page made of what was rendered, or the page that asks to come back.
pub(super) fn or_unavailable(
    rendered: askama::Result<String>,
    language: Language,
    respond: impl FnOnce(String) -> Response,
) -> Response {
    match rendered {
        Ok(html) => respond(html),
        Err(error) => {
            tracing::error!(%error, "cannot render a page");
            page_of(SnapshotError::Unavailable, language)
        }
    }
}

/// Any address that is none of ours; one with a stroke too many at its end leads to the one without.
pub(super) async fn no_page(uri: Uri) -> Response {
    if let Some(path) = uri.path().strip_suffix('/').filter(|path| is_plain(path)) {
        return Redirect::permanent(path).into_response();
    }
    if uri.path().starts_with("/api/") {
        let detail = "no such address: figures are at /api/statistik/{region}, such as \
                      /api/statistik/15";
        return Problem::new(StatusCode::NOT_FOUND, "no-such-address", detail).into_response();
    }
    let language = language_of(uri.path());
    page(StatusCode::NOT_FOUND, &Texts::of(language).faults.no_page, language)
}

/// True for a path that leads to no other site and to no further stroke, and names no file, which has one name only.
fn is_plain(path: &str) -> bool {
    let is_known = |byte: u8| byte.is_ascii_alphanumeric() || b"/-_.".contains(&byte);
    !path.is_empty()
        && !path.starts_with("//")
        && !path.ends_with('/')
        && !path.starts_with("/berkas")
        && path.bytes().all(is_known)
}

/// Any method but reading.
pub(super) async fn method_not_allowed() -> Response {
    let detail = "this address is for reading only: use GET or HEAD";
    let problem = Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method-not-allowed", detail);
    let mut response = problem.into_response();
    response.headers_mut().insert(ALLOW, HeaderValue::from_static(METHODS));
    response
}
