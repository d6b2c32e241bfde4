//! `GET /statistik/{region}` and `GET /en/statistics/{region}`: the figures of a region as a page.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::Response;
use domain::region::RegionCode;

use crate::language::Language;
use crate::respond::{HTML, fresh};
use crate::routes::{faults, load};
use crate::snapshot::AppState;
use crate::statistics_view::render_statistics;

/// The last part of the address, which may be no text at all.
type RegionPath = Result<Path<String>, PathRejection>;

pub(super) async fn indonesian(
    state: State<AppState>,
    region: RegionPath,
    headers: HeaderMap,
) -> Response {
    page(state, region, headers, Language::Indonesian).await
}

pub(super) async fn english(
    state: State<AppState>,
    region: RegionPath,
    headers: HeaderMap,
) -> Response {
    page(state, region, headers, Language::English).await
}

async fn page(
    State(state): State<AppState>,
    region: RegionPath,
    headers: HeaderMap,
    language: Language,
) -> Response {
    let Some(region) = region.ok().and_then(|Path(region)| RegionCode::parse(&region).ok()) else {
        return faults::bad_code(language);
    };
    match load(&state, region, None).await {
        Ok(snapshot) => {
            let rendered = render_statistics(&snapshot, &state.site, language);
            faults::or_unavailable(rendered, language, |html| fresh(&headers, HTML, html))
        }
        Err(error) => faults::page_of(error, language),
    }
}
