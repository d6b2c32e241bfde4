//! `GET /status` and `GET /en/status`: whether the services run, in words.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use crate::format::{date_time, last_minute};
use crate::frame::Frame;
use crate::language::Language;
use crate::respond::{HTML, fault};
use crate::routes::faults;
use crate::snapshot::{AppState, ServiceStatus, WorkStatus};
use crate::texts::{StatusTexts, Texts};

#[derive(Debug, Template)]
#[template(path = "status.html")]
struct StatusPage {
    frame: Frame,
    texts: &'static Texts,
    as_of: String,
    summary: &'static str,
    services: Vec<Service>,
}

/// One service: its name, whether it runs, and a sentence.
#[derive(Debug, PartialEq, Eq)]
struct Service {
    name: &'static str,
    runs: bool,
    sentence: String,
}

pub(super) async fn indonesian(state: State<AppState>) -> Response {
    page(state, Language::Indonesian).await
}

pub(super) async fn english(state: State<AppState>) -> Response {
    page(state, Language::English).await
}

async fn page(State(state): State<AppState>, language: Language) -> Response {
    let status = (state.status)().await;
    let texts = Texts::of(language);
    let services = services(&status, &texts.status, language);
    let all_run = services.iter().all(|service| service.runs);
    let page = StatusPage {
        frame: Frame::new(language, texts.status.title.to_owned(), |language| {
            language.status_path().to_owned()
        })
        .shared(&state.site, texts.status.page_summary),
        texts,
        as_of: (texts.statistics.as_of)(&date_time(status.at, language)),
        summary: if all_run { texts.status.all_run } else { texts.status.some_fail },
        services,
    };
    // The page itself works, whatever it has to tell; it is true for this moment alone.
    faults::or_unavailable(page.render(), language, |html| fault(StatusCode::OK, HTML, html))
}

fn services(status: &ServiceStatus, texts: &StatusTexts, language: Language) -> Vec<Service> {
    let mut services = Vec::new();
    let mut tell = |name, runs, sentence: String| services.push(Service { name, runs, sentence });
    if let Some(accepts) = status.accepts {
        let sentence = if accepts { texts.accepts } else { texts.accepts_not };
        tell(texts.joining, accepts, sentence.to_owned());
    }
    let Some(work) = &status.work else {
        tell(texts.data, false, texts.data_not.to_owned());
        return services;
    };
    tell(texts.data, true, texts.data_runs.to_owned());
    tell(texts.waves, true, waves_sentence(work, texts, language));
    let sentence = if work.is_on_schedule { texts.on_schedule } else { texts.behind_schedule };
    tell(texts.schedule, work.is_on_schedule, sentence.to_owned());
    // Waiting is no failure; how long is for the reader to judge.
    let sentence = work.unsealed_since.map_or_else(
        || texts.sealed.to_owned(),
        |since| (texts.sealed_until)(&date_time(since, language)),
    );
    tell(texts.audit, true, sentence);
    services
}

fn waves_sentence(work: &WorkStatus, texts: &StatusTexts, language: Language) -> String {
    let open = work.open_waves.iter().map(|(wave, closes_at)| {
        (texts.wave_open)(&wave.to_string(), &last_minute(*closes_at, language))
    });
    let next = work.next_wave.iter().map(|(wave, opens_at)| {
        (texts.wave_next)(&wave.to_string(), &date_time(*opens_at, language))
    });
    let sentences: Vec<String> = open.chain(next).collect();
    if sentences.is_empty() { texts.no_wave.to_owned() } else { sentences.join(" ") }
}
