//! `GET /api/statistik/{region}`: the figures of a region as JSON or CSV, open to any site.

use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::header::{ACCESS_CONTROL_ALLOW_ORIGIN, CONTENT_DISPOSITION};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use domain::region::RegionCode;
use serde::Deserialize;

use crate::figures::{Breakdown, parse_as_of, to_csv, to_json};
use crate::respond::{CSV, JSON, fresh};
use crate::routes::faults::Problem;
use crate::routes::load;
use crate::snapshot::{AppState, Snapshot, SnapshotError};

/// What may follow the question mark.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Options {
    by: Option<String>,
    as_of: Option<String>,
    format: Option<Format>,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Format {
    #[default]
    Json,
    Csv,
}

pub(super) async fn handler(
    State(state): State<AppState>,
    region: Result<Path<String>, PathRejection>,
    options: Result<Query<Options>, QueryRejection>,
    headers: HeaderMap,
) -> Response {
    let answer = answer(&state, region, options, &headers).await;
    let mut response = answer.unwrap_or_else(IntoResponse::into_response);
    // The figures are public and carry no cookie, so any site may read them in a browser.
    response.headers_mut().insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    response
}

async fn answer(
    state: &AppState,
    region: Result<Path<String>, PathRejection>,
    options: Result<Query<Options>, QueryRejection>,
    headers: &HeaderMap,
) -> Result<Response, Problem> {
    let bad = |code, detail| Problem::new(StatusCode::BAD_REQUEST, code, detail);
    // An address that is no text is no code either; it cannot be shown.
    let region = region.map_or_else(|_| "?".to_owned(), |Path(region)| region);
    let region = RegionCode::parse(&region).map_err(|error| {
        Problem::new(StatusCode::NOT_FOUND, "bad-region-code", error.to_string())
    })?;
    let Query(options) = options.map_err(|rejected| {
        let offer = "use by, as_of and format=json or csv";
        bad("bad-option", format!("{}; {offer}", rejected.body_text()))
    })?;
    let by = options.by.as_deref().map(Breakdown::parse).transpose();
    let by = by.map_err(|error| bad("bad-breakdown", error.to_string()))?;
    let as_of = options.as_of.as_deref().map(parse_as_of).transpose();
    let as_of = as_of.map_err(|error| bad("bad-time", error.to_string()))?;
    let snapshot = load(state, region, as_of).await?;
    write(&snapshot, by, options.format.unwrap_or_default(), headers)
}

fn write(
    snapshot: &Snapshot,
    by: Option<Breakdown>,
    format: Format,
    headers: &HeaderMap,
) -> Result<Response, Problem> {
    let failed = |error: &dyn std::error::Error| {
        tracing::error!(%error, "cannot write the figures");
        Problem::from(SnapshotError::Unavailable)
    };
    match format {
        Format::Json => {
            let body = to_json(snapshot, by).map_err(|error| failed(&error))?;
            Ok(fresh(headers, JSON, body))
        }
        Format::Csv => {
            let body = to_csv(snapshot, by).map_err(|error| failed(&error))?;
            let mut response = fresh(headers, CSV, body);
            let (region, cut) = (snapshot.report.region, by.map_or("total", Breakdown::name));
            let file = format!("attachment; filename=\"statistik-{region}-{cut}.csv\"");
            // Always taken: a code is digits and a dot, and a breakdown's name is one word.
            if let Ok(value) = HeaderValue::try_from(file) {
                response.headers_mut().insert(CONTENT_DISPOSITION, value);
            }
            Ok(response)
        }
    }
}
