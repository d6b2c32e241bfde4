//! `/tes/N`: an item of the running sitting, and its answer.

use app::ability::{answer_test, shown_item};
use askama::Template;
use axum::extract::{FromRequestParts, Path, State};
use axum::http::HeaderMap;
use axum::http::header::ACCEPT;
use axum::http::request::Parts;
use axum::response::{IntoResponse as _, Response};
use domain::ability_test::{Sitting, SittingRefusal};
use domain::time::Timestamp;
use http_support::Routes;
use web::Frame;
use web::format::date_time;

use super::{item_path, running, standing};
use crate::assets::{ANSWER, COUNTDOWN};
use crate::fault::Fault;
use crate::form::Form;
use crate::page::{Hidden, page};
use crate::state::Portal;
use crate::texts::texts;
use crate::visitor::{Member, Visitor};

texts! {
    /// What the page says; `{n}` of `{m}` items, `{t}` an instant.
    ItemTexts {
        caption: "Soal {n} dari {m}", "Question {n} of {m}";
        left: "Sisa waktu:", "Time left:";
        until: "Tes berakhir {t}.", "The test ends on {t}.";
        save: "Simpan dan lanjut", "Save and go on";
        overview: "Lihat semua soal", "See all questions";
        dropped: "Sambungan terputus. Jawaban Anda disimpan di ponsel ini dan dikirim begitu tersambung.", "The line is gone. Your answer is kept on this phone and sent as soon as the line is back.";
    }
}

const ANSWER_FIELD: &str = "jawaban";
/// Where an answer leads that came after the end.
const LATE: &str = "/tes/selesai?terlambat=ya";

#[derive(Debug, Template)]
#[template(path = "test_item.html")]
struct ItemPage {
    frame: Frame,
    texts: &'static ItemTexts,
    hidden: Hidden,
    caption: String,
    until: String,
    /// Instants in seconds since 1970: the end, and now.
    seconds: (i64, i64),
    /// Minutes and seconds left when the page was made.
    left: String,
    question: String,
    /// Words, and whether it is the answer.
    choices: Vec<(String, bool)>,
    overview: String,
    scripts: [&'static str; 2],
}

pub(super) fn routes() -> Routes<Portal> {
    Routes::new().get("/tes/{number}", show).post("/tes/{number}", answer)
}

/// The item that an address names.
struct Numbered(usize);

impl FromRequestParts<Portal> for Numbered {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, portal: &Portal) -> Result<Self, Fault> {
        let path = Path::<usize>::from_request_parts(parts, portal).await;
        Ok(Self(path.map_err(|_| Fault::NoPage)?.0))
    }
}

/// Where it goes on after an item.
fn next_path(sitting: &Sitting, number: usize) -> String {
    if number < sitting.places.len() {
        item_path(number.saturating_add(1))
    } else {
        "/tes/ringkasan".to_owned()
    }
}

/// What is left, as `39:05`.
fn left(sitting: &Sitting, now: Timestamp) -> String {
    let seconds = sitting.ends_at.unix_seconds().saturating_sub(now.unix_seconds()).max(0);
    format!("{:02}:{:02}", seconds / 60, seconds % 60)
}

async fn show(
    State(portal): State<Portal>,
    visitor: Visitor,
    member: Member,
    Numbered(number): Numbered,
) -> Result<Response, Fault> {
    let texts = ItemTexts::of(visitor.language);
    let Some(sitting) = running(&portal, standing(&portal, &member).await?) else {
        return Ok(visitor.go("/tes/selesai"));
    };
    let language = visitor.language;
    let item = shown_item(&sitting, number, language.of_sentences())?.ok_or(Fault::NoPage)?;
    let caption = texts.caption.replace("{n}", &number.to_string());
    let caption = caption.replace("{m}", &sitting.places.len().to_string());
    let choices = (1..).zip(item.choices).map(|(at, words)| (words, item.answer == Some(at)));
    let choices = choices.collect();
    let now = portal.service.clock.now();
    page(&ItemPage {
        frame: visitor.frame(&caption),
        texts,
        hidden: Hidden::new(&portal, &visitor),
        caption,
        until: texts.until.replace("{t}", &date_time(sitting.ends_at, language)),
        seconds: (sitting.ends_at.unix_seconds(), now.unix_seconds()),
        left: left(&sitting, now),
        question: item.text,
        choices,
        overview: visitor.link("/tes/ringkasan"),
        scripts: [&COUNTDOWN.path, &ANSWER.path],
    })
}

async fn answer(
    State(portal): State<Portal>,
    visitor: Visitor,
    member: Member,
    Numbered(number): Numbered,
    headers: HeaderMap,
    form: Form,
) -> Result<Response, Fault> {
    let path = answered(&portal, &visitor, &member, number, &form).await?;
    // A script cannot see where a redirect leads.
    if headers.get(ACCEPT).is_some_and(|accepted| accepted == "text/plain") {
        return Ok(visitor.link(&path).into_response());
    }
    Ok(visitor.go(&path))
}

/// Keeps an answer, and gives where to go on.
async fn answered(
    portal: &Portal,
    visitor: &Visitor,
    member: &Member,
    number: usize,
    form: &Form,
) -> Result<String, Fault> {
    let Some(sitting) = running(portal, standing(portal, member).await?) else {
        return Ok(LATE.to_owned());
    };
    // An item can be left open.
    if form.has(ANSWER_FIELD) {
        let shown: usize = form.text(ANSWER_FIELD).parse().map_err(|_| Fault::NoPage)?;
        let person = member.holder()?.person_id;
        let actor = member.account_id.to_string();
        let mut randomness = (portal.service.randomness)();
        let act = &mut portal.service.act(&actor, &visitor.request_id, &mut randomness);
        match answer_test(act, person, (number, shown)).await? {
            Ok(()) => {}
            Err(SittingRefusal::NoItem) => return Err(Fault::NoPage),
            Err(SittingRefusal::Over | SittingRefusal::TooFew | SittingRefusal::Runs) => {
                return Ok(LATE.to_owned());
            }
        }
    }
    Ok(next_path(&sitting, number))
}
