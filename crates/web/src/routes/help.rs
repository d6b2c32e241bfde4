//! `GET /bantuan` and `GET /en/help`: questions and answers, and the search in them.

use askama::Template;
use axum::extract::{Query, RawQuery, State};
use axum::http::header::CONTENT_SECURITY_POLICY;
use axum::http::{HeaderMap, HeaderValue};
use axum::response::Response;
use serde::Deserialize;

use crate::format::number;
use crate::frame::Frame;
use crate::help::{Question, SEARCH_CHARACTERS_MAX, Topic, questions, search};
use crate::language::Language;
use crate::respond::{HTML, fresh};
use crate::routes::faults;
use crate::snapshot::AppState;
use crate::texts::{HelpTexts, Texts};

/// As other pages, with a form that asks this page again.
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; \
                      form-action 'self'; frame-ancestors 'none'";

#[derive(Debug, Template)]
#[template(path = "help.html")]
struct HelpPage {
    frame: Frame,
    texts: &'static HelpTexts,
    /// What was searched for; empty if nothing was.
    typed: String,
    /// The heading over what was found, or over why nothing was.
    found_heading: Option<String>,
    found: Vec<Answer>,
    topics: Vec<TopicAnswers>,
}

#[derive(Debug)]
struct TopicAnswers {
    anchor: &'static str,
    name: &'static str,
    answers: Vec<Answer>,
}

#[derive(Debug)]
struct Answer {
    anchor: &'static str,
    question: &'static str,
    answer: &'static str,
}

/// The query of a search.
#[derive(Debug, Deserialize)]
struct Asked {
    #[serde(default)]
    q: String,
}

pub(super) async fn indonesian(
    state: State<AppState>,
    query: RawQuery,
    headers: HeaderMap,
) -> Response {
    page(&state, &query, &headers, Language::Indonesian)
}

pub(super) async fn english(
    state: State<AppState>,
    query: RawQuery,
    headers: HeaderMap,
) -> Response {
    page(&state, &query, &headers, Language::English)
}

fn page(
    state: &AppState,
    RawQuery(query): &RawQuery,
    headers: &HeaderMap,
    language: Language,
) -> Response {
    let typed = typed(query.as_deref());
    let texts = &Texts::of(language).front.help;
    let asked = query.as_ref().filter(|_| !typed.is_empty());
    let asked = asked.map_or_else(String::new, |query| format!("?{query}"));
    let address = |language: Language| language.help_path().to_owned() + &asked;
    let frame = Frame::new(language, texts.title.to_owned(), address);
    let found = search(&typed, language);
    let found_heading = (!typed.is_empty()).then(|| {
        if found.is_empty() {
            (texts.nothing)(&typed)
        } else {
            (texts.found)(&number(found.len() as u64, language), &typed)
        }
    });
    let page = HelpPage {
        // What somebody searched for is no page of its own.
        frame: if typed.is_empty() { frame.shared(&state.site, texts.summary) } else { frame },
        texts,
        found_heading,
        // Those found stand above, and an anchor is for one place alone.
        topics: if found.is_empty() { all(language) } else { Vec::new() },
        found: found.into_iter().map(|question| answer(question, language)).collect(),
        typed,
    };
    faults::or_unavailable(page.render(), language, |html| {
        let mut response = fresh(headers, HTML, html);
        let policy = HeaderValue::from_static(POLICY);
        response.headers_mut().insert(CONTENT_SECURITY_POLICY, policy);
        response
    })
}

/// What was typed, without what surrounds it, cut to what is looked at.
fn typed(query: Option<&str>) -> String {
    let uri = format!("/?{}", query.unwrap_or_default());
    let asked = uri.parse().ok().and_then(|uri| Query::<Asked>::try_from_uri(&uri).ok());
    let typed = asked.map(|Query(asked)| asked.q).unwrap_or_default();
    typed.trim().chars().take(SEARCH_CHARACTERS_MAX).collect()
}

fn all(language: Language) -> Vec<TopicAnswers> {
    let of = |topic: Topic| {
        let own = questions().filter(move |question| question.topic == topic);
        own.map(|question| answer(question, language)).collect()
    };
    let topics = Topic::ALL.into_iter();
    topics
        .map(|topic| TopicAnswers {
            anchor: topic.anchor(),
            name: topic.name(language),
            answers: of(topic),
        })
        .collect()
}

fn answer(question: &Question, language: Language) -> Answer {
    Answer {
        anchor: question.anchor,
        question: question.question.in_language(language),
        answer: question.answer.in_language(language),
    }
}
