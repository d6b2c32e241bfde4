//! `GET /program` and `GET /en/programme`: the programme explained.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;

use crate::language::Language;
use crate::programme_view::render_programme;
use crate::respond::{HTML, fresh};
use crate::routes::faults;
use crate::snapshot::AppState;

pub(super) async fn indonesian(state: State<AppState>, headers: HeaderMap) -> Response {
    page(&state, &headers, Language::Indonesian)
}

pub(super) async fn english(state: State<AppState>, headers: HeaderMap) -> Response {
    page(&state, &headers, Language::English)
}

fn page(state: &AppState, headers: &HeaderMap, language: Language) -> Response {
    let rendered = render_programme(&state.site, language);
    faults::or_unavailable(rendered, language, |html| fresh(headers, HTML, html))
}
