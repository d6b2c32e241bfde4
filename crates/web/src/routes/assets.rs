//! `GET /aset/{name}`: files that never change under their name.

use std::sync::LazyLock;

use axum::http::Uri;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};

use crate::respond::{IMMUTABLE, content_hash};
use crate::routes::faults;

/// The style sheet and its address.
#[derive(Debug)]
pub(crate) struct Style {
    pub(crate) path: String,
    css: &'static str,
}

/// The address carries the hash of the content, so a new style sheet has a new address.
pub(crate) static STYLE: LazyLock<Style> = LazyLock::new(|| {
    let css = include_str!("../../assets/gelombang.css");
    let hash: String = content_hash(css.as_bytes()).chars().take(12).collect();
    Style { path: format!("/aset/gelombang-{hash}.css"), css }
});

pub(super) async fn handler(uri: Uri) -> Response {
    if uri.path() != STYLE.path {
        return faults::no_page(uri).await;
    }
    let headers = [(CACHE_CONTROL, IMMUTABLE), (CONTENT_TYPE, "text/css; charset=utf-8")];
    (headers, STYLE.css).into_response()
}
