//! `GET /` and `GET /en`: what this is, and the regions that have figures.

use askama::Template;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;

use crate::frame::Frame;
use crate::language::Language;
use crate::respond::{HTML, fresh};
use crate::routes::{faults, within_limit};
use crate::snapshot::AppState;
use crate::texts::Texts;

#[derive(Debug, Template)]
#[template(path = "landing.html")]
struct LandingPage {
    frame: Frame,
    texts: &'static Texts,
    /// Address and name.
    regions: Vec<(String, String)>,
}

pub(super) async fn indonesian(state: State<AppState>, headers: HeaderMap) -> Response {
    page(state, headers, Language::Indonesian).await
}

pub(super) async fn english(state: State<AppState>, headers: HeaderMap) -> Response {
    page(state, headers, Language::English).await
}

async fn page(State(state): State<AppState>, headers: HeaderMap, language: Language) -> Response {
    let regions = match within_limit((state.regions)()).await {
        Ok(regions) => regions,
        Err(error) => return faults::page_of(error, language),
    };
    let texts = Texts::of(language);
    let page = LandingPage {
        frame: Frame::new(language, texts.landing.title.to_owned(), |language| {
            language.landing_path().to_owned()
        }),
        texts,
        regions: regions
            .into_iter()
            .map(|region| (language.statistics_path(region.code), region.name))
            .collect(),
    };
    faults::or_unavailable(page.render(), language, |html| fresh(&headers, HTML, html))
}
