//! `GET /` and `GET /en`: what this is, the wave that is open or the next, and the programme in figures.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use domain::wave::WaveState;

use crate::format::{date_time, last_minute, number};
use crate::frame::Frame;
use crate::front::{Front, Totals};
use crate::language::Language;
use crate::respond::{HTML, fault, fresh};
use crate::routes::{faults, within_limit};
use crate::texts::{LandingTexts, Texts};
use crate::waves::{WaveFacts, WaveList};

/// Waves shown that are not open yet; more is for the list of all.
const NEXT_MAX: usize = 2;

#[derive(Debug, Template)]
#[template(path = "landing.html")]
struct LandingPage {
    frame: Frame,
    texts: &'static LandingTexts,
    common: &'static Texts,
    waves: Waves,
    numbers: Vec<Number>,
    /// What stands in place of numbers.
    no_numbers: &'static str,
    as_of: Option<String>,
    simulated: bool,
}

/// What can be joined, now or next.
#[derive(Debug)]
struct Waves {
    open: Vec<WaveCard>,
    next: Vec<WaveCard>,
    /// What stands in place of waves.
    nothing: Option<&'static str>,
}

/// A wave with its dates.
#[derive(Debug)]
struct WaveCard {
    title: String,
    path: String,
    /// Heading and value.
    lines: Vec<(&'static str, String)>,
    join: String,
}

/// A figure and what it means.
#[derive(Debug)]
struct Number {
    figure: String,
    label: &'static str,
    meaning: &'static str,
}

pub(super) async fn indonesian(front: State<Arc<Front>>, headers: HeaderMap) -> Response {
    page(front, headers, Language::Indonesian).await
}

pub(super) async fn english(front: State<Arc<Front>>, headers: HeaderMap) -> Response {
    page(front, headers, Language::English).await
}

async fn page(State(front): State<Arc<Front>>, headers: HeaderMap, language: Language) -> Response {
    let (list, totals) = tokio::join!(within_limit((front.state.waves)()), front.totals());
    // Whatever cannot be read, the page says what this is and where to go.
    let (list, totals) = (list.ok(), totals.ok());
    let is_whole = list.is_some() && totals.is_some();
    let common = Texts::of(language);
    let texts = &common.front.landing;
    let of = totals.as_ref().and_then(|totals| totals.of);
    let no_numbers = if totals.is_some() { texts.numbers_none } else { texts.numbers_later };
    let page = LandingPage {
        frame: Frame::new(language, texts.title.to_owned(), |language| {
            language.landing_path().to_owned()
        })
        .shared(&front.state.site, texts.summary),
        texts,
        common,
        waves: waves(list.as_deref(), texts, language),
        numbers: totals.map_or_else(Vec::new, |totals| numbers(&totals, texts, language)),
        no_numbers,
        as_of: of.map(|(at, _)| (common.statistics.as_of)(&date_time(at, language))),
        simulated: of.is_some_and(|(_, origin)| origin.is_simulated()),
    };
    faults::or_unavailable(page.render(), language, |html| {
        if is_whole { fresh(&headers, HTML, html) } else { fault(StatusCode::OK, HTML, html) }
    })
}

fn waves(list: Option<&WaveList>, texts: &LandingTexts, language: Language) -> Waves {
    let Some(list) = list else {
        return Waves { open: Vec::new(), next: Vec::new(), nothing: Some(texts.unreadable) };
    };
    let card = |wave: &WaveFacts| card(wave, texts, language);
    let open = list.waves.iter().filter(|wave| matches!(wave.state, WaveState::Open { .. }));
    let open: Vec<WaveCard> = open.map(card).collect();
    let next = list.waves.iter().filter(|wave| wave.state == WaveState::Draft);
    let next_max = if open.is_empty() { NEXT_MAX } else { 0 };
    let next: Vec<WaveCard> = next.take(next_max).map(card).collect();
    let nothing = (open.is_empty() && next.is_empty()).then_some(texts.none_now);
    Waves { open, next, nothing }
}

fn card(wave: &WaveFacts, texts: &LandingTexts, language: Language) -> WaveCard {
    let name = wave.number.to_string();
    let is_open = wave.state != WaveState::Draft;
    let opens = (!is_open).then(|| (texts.opens, date_time(wave.opens_at, language)));
    let lines = [
        (texts.closes, last_minute(wave.closes_at, language)),
        (texts.results, date_time(wave.results_at, language)),
        (texts.places, number(wave.seats, language)),
    ];
    WaveCard {
        title: if is_open { (texts.open)(&name) } else { (texts.next)(&name) },
        path: language.wave_path(&name),
        lines: opens.into_iter().chain(lines).collect(),
        join: (texts.join)(&name),
    }
}

fn numbers(totals: &Totals, texts: &LandingTexts, language: Language) -> Vec<Number> {
    let funnel = &totals.funnel;
    if totals.of.is_none() {
        return Vec::new();
    }
    let counts = [funnel.joins, funnel.unique_applicants, funnel.sk_recipients, funnel.effective];
    let told = counts.into_iter().zip(texts.meanings);
    told.map(|(count, (label, meaning))| Number { figure: number(count, language), label, meaning })
        .collect()
}
