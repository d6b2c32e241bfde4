//! `GET /periksa/{name}`: the page on which a browser checks a receipt against a published draw.
//!
//! It is a folder of static files that works from any server, so that nobody needs to take it from us: the
//! files keep their names and import each other by them.

use axum::extract::Path;
use axum::http::header::CONTENT_SECURITY_POLICY;
use axum::http::{HeaderMap, HeaderValue, Uri};
use axum::response::{IntoResponse, Redirect, Response};

use crate::respond::{HTML, JSON, fresh};
use crate::routes::faults;

pub(super) const PATH: &str = "/periksa/";

/// Besides what other pages may: our own scripts, which ask us alone.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
                      connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; \
                      frame-ancestors 'none'";

const CSS: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";

/// Names and contents of a folder beside the templates.
macro_rules! files {
    ($($kind:ident $name:literal),* $(,)?) => {
        &[$(($name, $kind, include_str!(concat!("../../static/periksa/", $name)))),*]
    };
}

const FILES: &[(&str, &str, &str)] = files![
    HTML "index.html",
    CSS "gelombang.css",
    CSS "periksa.css",
    JSON "keys.json",
    SCRIPT "announced.js",
    SCRIPT "bytes.js",
    SCRIPT "draw.js",
    SCRIPT "entries.js",
    SCRIPT "folder.js",
    SCRIPT "link.js",
    SCRIPT "merkle.js",
    SCRIPT "note.js",
    SCRIPT "page.js",
    SCRIPT "receipt.js",
    SCRIPT "result.js",
    SCRIPT "scan.js",
    SCRIPT "verify.js",
    SCRIPT "words.js",
];

pub(super) async fn index(request: HeaderMap, uri: Uri) -> Response {
    file("index.html", &request, uri).await
}

pub(super) async fn named(Path(name): Path<String>, request: HeaderMap, uri: Uri) -> Response {
    file(&name, &request, uri).await
}

/// The files name each other from the folder, so its address needs the slash.
pub(super) async fn without_slash() -> Response {
    Redirect::permanent(PATH).into_response()
}

async fn file(name: &str, request: &HeaderMap, uri: Uri) -> Response {
    let Some((_, kind, content)) = FILES.iter().find(|(known, ..)| *known == name) else {
        return faults::no_page(uri).await;
    };
    let mut response = fresh(request, kind, (*content).to_owned());
    response.headers_mut().insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    response
}
