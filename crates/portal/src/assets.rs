//! `GET /aset/…`: the scripts that help with forms. Their addresses carry the hash of their content.

use std::sync::LazyLock;

use axum::Router;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::IntoResponse as _;
use axum::routing::get;
use sha2::{Digest as _, Sha256};

use crate::state::Portal;

/// A script and its address.
#[derive(Debug)]
pub(crate) struct Script {
    /// The address.
    pub(crate) path: String,
    content: &'static str,
}

impl Script {
    fn new(name: &str, content: &'static str) -> Self {
        let digest = web::format::hex(&Sha256::digest(content.as_bytes()));
        let path = format!("/aset/{name}-{}.js", digest.get(..12).unwrap_or_default());
        Self { path, content }
    }
}

/// Counts down to an instant, and says when the line is gone.
pub(crate) static COUNTDOWN: LazyLock<Script> =
    LazyLock::new(|| Script::new("hitung", include_str!("../static/countdown.js")));

/// Keeps an answer of the ability test until the line is back.
pub(crate) static ANSWER: LazyLock<Script> =
    LazyLock::new(|| Script::new("jawaban", include_str!("../static/answer.js")));

/// Tells of an answer that came to nobody before the test was over.
pub(crate) static LATE: LazyLock<Script> =
    LazyLock::new(|| Script::new("terlambat", include_str!("../static/late.js")));

/// Keeps a form on its page while there is no line.
pub(crate) static LINE: LazyLock<Script> =
    LazyLock::new(|| Script::new("sambungan", include_str!("../static/line.js")));

/// Makes a picture smaller before it is sent, and says what makes it hard to recognise.
pub(crate) static PHOTO: LazyLock<Script> =
    LazyLock::new(|| Script::new("foto", include_str!("../static/photo.js")));

/// Lets Back return to a page that refused a form.
pub(crate) static REFUSED: LazyLock<Script> =
    LazyLock::new(|| Script::new("kembali", include_str!("../static/refused.js")));

/// Looks again at what a page waits for.
pub(crate) static WAIT: LazyLock<Script> =
    LazyLock::new(|| Script::new("tunggu", include_str!("../static/wait.js")));

pub(crate) fn router() -> Router<Portal> {
    [&COUNTDOWN, &ANSWER, &LATE, &LINE, &PHOTO, &REFUSED, &WAIT].into_iter().fold(
        Router::new(),
        |router, script| {
            let headers = [
                (CACHE_CONTROL, "public, max-age=31536000, immutable"),
                (CONTENT_TYPE, "text/javascript; charset=utf-8"),
            ];
            let content = script.content;
            router.route(&script.path, get(async move || (headers, content).into_response()))
        },
    )
}
