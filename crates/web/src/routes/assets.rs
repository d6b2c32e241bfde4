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

/// The picture of share cards: the mark on the brand's ground.
const CARD: &[u8] = include_bytes!("../../assets/kartu.png");

/// Its address.
pub(crate) static CARD_PATH: LazyLock<String> = LazyLock::new(|| {
    let hash: String = content_hash(CARD).chars().take(12).collect();
    format!("/aset/kartu-{hash}.png")
});

pub(super) async fn handler(uri: Uri) -> Response {
    let headers = |kind: &'static str| [(CACHE_CONTROL, IMMUTABLE), (CONTENT_TYPE, kind)];
    if uri.path() == STYLE.path {
        (headers("text/css; charset=utf-8"), STYLE.css).into_response()
    } else if uri.path() == CARD_PATH.as_str() {
        (headers("image/png"), CARD).into_response()
    } else {
        faults::no_page(uri).await
    }
}
