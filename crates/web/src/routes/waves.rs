//! `GET /gelombang`, `/gelombang/{number}`, `/gelombang/{number}/{region}` and their English counterparts; and
//! the addresses and seats of a wave as data.

use std::sync::Arc;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::Response;
use domain::region::RegionCode;
use domain::wave::WaveNumber;

use crate::language::Language;
use crate::published::PublishedWaves;
use crate::respond::{CSV, HTML, TEXT, fresh};
use crate::routes::{FOLDER, faults, within_limit};
use crate::snapshot::{AppState, SnapshotError};
use crate::wave_csv::to_csv;
use crate::wave_region_view::render_wave_region;
use crate::wave_view::{KnownWave, render_wave};
use crate::waves::{SeatTable, WaveList};
use crate::waves_view::render_waves;

type NumberPath = Result<Path<String>, PathRejection>;
type RegionPath = Result<Path<(String, String)>, PathRejection>;

pub(super) async fn indonesian(State(state): State<AppState>, headers: HeaderMap) -> Response {
    all(&state, &headers, Language::Indonesian).await
}

pub(super) async fn english(State(state): State<AppState>, headers: HeaderMap) -> Response {
    all(&state, &headers, Language::English).await
}

async fn all(state: &AppState, headers: &HeaderMap, language: Language) -> Response {
    match within_limit(listed(state)).await {
        Ok((list, published)) => {
            let rendered = render_waves(&list, &published, &state.site, language);
            faults::or_unavailable(rendered, language, |html| fresh(headers, HTML, html))
        }
        Err(error) => faults::page_of(error, language),
    }
}

pub(super) async fn one_indonesian(
    State(state): State<AppState>,
    number: NumberPath,
    headers: HeaderMap,
) -> Response {
    one(&state, number, &headers, Language::Indonesian).await
}

pub(super) async fn one_english(
    State(state): State<AppState>,
    number: NumberPath,
    headers: HeaderMap,
) -> Response {
    one(&state, number, &headers, Language::English).await
}

async fn one(
    state: &AppState,
    number: NumberPath,
    headers: &HeaderMap,
    language: Language,
) -> Response {
    let number = number.ok().and_then(|Path(number)| parse(&number));
    with_wave(state, number, language, |wave| {
        faults::or_unavailable(render_wave(wave, language), language, |html| {
            fresh(headers, HTML, html)
        })
    })
    .await
}

pub(super) async fn region_indonesian(
    State(state): State<AppState>,
    path: RegionPath,
    headers: HeaderMap,
) -> Response {
    region(&state, path, &headers, Language::Indonesian).await
}

pub(super) async fn region_english(
    State(state): State<AppState>,
    path: RegionPath,
    headers: HeaderMap,
) -> Response {
    region(&state, path, &headers, Language::English).await
}

async fn region(
    state: &AppState,
    path: RegionPath,
    headers: &HeaderMap,
    language: Language,
) -> Response {
    let Ok(Path((number, region))) = path else { return faults::bad_code(language) };
    let Ok(region) = RegionCode::parse(&region) else { return faults::bad_code(language) };
    with_wave(state, parse(&number), language, |wave| {
        let rendered =
            wave.seats.and_then(|seats| render_wave_region(wave, seats, region, language));
        match rendered {
            Some(rendered) => {
                faults::or_unavailable(rendered, language, |html| fresh(headers, HTML, html))
            }
            None => faults::page_of(SnapshotError::NoData(region), language),
        }
    })
    .await
}

/// `GET /gelombang/{number}/wilayah.csv`.
pub(super) async fn csv(
    State(state): State<AppState>,
    number: NumberPath,
    headers: HeaderMap,
) -> Response {
    let language = Language::Indonesian;
    let number = number.ok().and_then(|Path(number)| parse(&number));
    with_wave(&state, number, language, |wave| match to_csv(wave) {
        Ok(body) => fresh(&headers, CSV, body),
        Err(error) => {
            tracing::error!(%error, "cannot write the seats of a wave");
            faults::page_of(SnapshotError::Unavailable, language)
        }
    })
    .await
}

/// `GET /gelombang/{number}/berkas.txt`: the address of every file of the wave's folder, for programs that fetch
/// it whole.
pub(super) async fn addresses(
    State(state): State<AppState>,
    number: NumberPath,
    headers: HeaderMap,
) -> Response {
    let published = state.public.waves().await;
    let number = number.ok().and_then(|Path(number)| parse(&number));
    let Some(number) = number.filter(|number| published.contains_key(number)) else {
        return faults::no_wave(Language::Indonesian);
    };
    match state.public.list(number).await {
        Ok(files) => {
            let lines = files.iter().map(|file| format!("{FOLDER}/{file}\n"));
            fresh(&headers, TEXT, lines.collect())
        }
        Err(error) => {
            tracing::error!(%error, "could not list a published folder");
            faults::page_of(SnapshotError::Unavailable, Language::Indonesian)
        }
    }
}

/// A number as it is written: no sign and no zero before it, so that a wave has one address.
fn parse(text: &str) -> Option<WaveNumber> {
    let number = text.parse().ok().and_then(WaveNumber::new)?;
    (number.to_string() == text).then_some(number)
}

async fn listed(state: &AppState) -> Result<(Arc<WaveList>, Arc<PublishedWaves>), SnapshotError> {
    Ok(((state.waves)().await?, state.public.waves().await))
}

/// Finds all that is known of a wave and answers with it, or says that there is none.
async fn with_wave(
    state: &AppState,
    number: Option<WaveNumber>,
    language: Language,
    answer: impl FnOnce(KnownWave<'_>) -> Response,
) -> Response {
    let Some(number) = number else { return faults::no_wave(language) };
    let found = async {
        let (list, published) = listed(state).await?;
        let of_folder = published.get(&number).is_some_and(|own| own.seats.is_some());
        // The published table is the one that counts.
        let stored: Option<Arc<SeatTable>> = if of_folder || list.find(number).is_none() {
            None
        } else {
            (state.wave_seats)(number).await?
        };
        Ok((list, published, stored))
    };
    let (list, all_published, stored) = match within_limit(found).await {
        Ok(found) => found,
        Err(error) => return faults::page_of(error, language),
    };
    let published = all_published.get(&number).map(|own| &**own);
    let facts = list.find(number);
    if published.is_none() && facts.is_none() {
        return faults::no_wave(language);
    }
    let seats = published.and_then(|own| own.seats.as_ref()).or(stored.as_deref());
    let all_published = &*all_published;
    let site = &*state.site;
    answer(KnownWave { number, site, list: &list, all_published, facts, published, seats })
}
