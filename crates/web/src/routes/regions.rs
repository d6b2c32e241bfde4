//! `GET /statistik` and `GET /en/statistics`: the regions that have figures.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;

use crate::frame::Frame;
use crate::front::Front;
use crate::language::Language;
use crate::respond::{HTML, fresh};
use crate::routes::faults;
use crate::texts::{RegionsTexts, Texts};

#[derive(Debug, Template)]
#[template(path = "regions.html")]
struct RegionsPage {
    frame: Frame,
    texts: &'static RegionsTexts,
    /// Address and name.
    regions: Vec<(String, String)>,
}

pub(super) async fn indonesian(front: State<Arc<Front>>, headers: HeaderMap) -> Response {
    page(front, headers, Language::Indonesian).await
}

pub(super) async fn english(front: State<Arc<Front>>, headers: HeaderMap) -> Response {
    page(front, headers, Language::English).await
}

async fn page(State(front): State<Arc<Front>>, headers: HeaderMap, language: Language) -> Response {
    let regions = match front.provinces().await {
        Ok(regions) => regions,
        Err(error) => return faults::page_of(error, language),
    };
    let texts = &Texts::of(language).front.regions;
    let page = RegionsPage {
        frame: Frame::new(language, texts.title.to_owned(), |language| {
            language.regions_path().to_owned()
        })
        .shared(&front.state.site, texts.lead),
        texts,
        regions: regions
            .iter()
            .map(|region| (language.statistics_path(region.code), region.name.clone()))
            .collect(),
    };
    faults::or_unavailable(page.render(), language, |html| fresh(&headers, HTML, html))
}
