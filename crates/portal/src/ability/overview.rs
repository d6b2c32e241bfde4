//! `/tes/ringkasan` and `/tes/serahkan`: what is answered and what is open, and handing the test in.

use app::ability::submit_test;
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use domain::ability_test::{Sitting, SittingRefusal};
use http_support::Routes;
use web::Frame;

use super::{first_open, item_path, running, standing};
use crate::fault::Fault;
use crate::form::Form;
use crate::own::explain;
use crate::page::page;
use crate::question::Question;
use crate::state::Portal;
use crate::texts::texts;
use crate::visitor::{Member, Visitor};

texts! {
    /// What the pages say; `{n}` is a number, `{m}` of how many, of which `{k}` are needed and `{left}` still open.
    OverviewTexts {
        title: "Semua soal", "All questions";
        count: "{n} dari {m} soal sudah dijawab. Anda masih dapat mengubah jawaban.", "{n} of {m} questions are answered. You can still change answers.";
        item: "Soal {n}", "Question {n}";
        answered: "Dijawab", "Answered";
        open: "Belum dijawab", "Open";
        hand_in: "Serahkan tes", "Hand in the test";
        sure: "Serahkan tes sekarang?", "Hand in the test now?";
        sure_what: "Setelah diserahkan, jawaban tidak dapat diubah lagi.", "Once it is handed in, answers cannot be changed.";
        not_yet: "Tes belum dapat diserahkan", "The test cannot be handed in yet";
        few: "Baru {n} dari {m} soal dijawab, dan sedikitnya {k} perlu dijawab. Jawab {left} soal lagi, lalu serahkan.", "{n} of {m} questions are answered, and at least {k} have to be. Answer {left} more, then hand it in.";
        go_on: "Jawab soal berikutnya", "Answer the next question";
        see: "Kembali ke semua soal", "Back to all questions";
    }
}

#[derive(Debug, Template)]
#[template(path = "test_overview.html")]
struct OverviewPage {
    frame: Frame,
    texts: &'static OverviewTexts,
    count: String,
    /// Address, words, and whether it is answered.
    items: Vec<(String, String, bool)>,
    hand_in: String,
}

pub(super) fn routes() -> Routes<Portal> {
    const HAND_IN: &str = "/tes/serahkan";
    Routes::new().get("/tes/ringkasan", show).get(HAND_IN, ask).post(HAND_IN, submit)
}

fn counted(text: &str, sitting: &Sitting) -> String {
    let text = text.replace("{n}", &sitting.answered().to_string());
    let text = text.replace("{m}", &sitting.places.len().to_string());
    let left = sitting.answers_needed().saturating_sub(sitting.answered());
    text.replace("{k}", &sitting.answers_needed().to_string()).replace("{left}", &left.to_string())
}

async fn show(
    State(portal): State<Portal>,
    visitor: Visitor,
    member: Member,
) -> Result<Response, Fault> {
    let texts = OverviewTexts::of(visitor.language);
    let Some(sitting) = running(&portal, standing(&portal, &member).await?) else {
        return Ok(visitor.go("/tes/selesai"));
    };
    let items = (1..).zip(&sitting.places).map(|(number, place)| {
        let words = texts.item.replace("{n}", &number.to_string());
        (visitor.link(&item_path(number)), words, place.answer.is_some())
    });
    page(&OverviewPage {
        frame: visitor.frame(texts.title),
        texts,
        count: counted(texts.count, &sitting),
        items: items.collect(),
        hand_in: visitor.link("/tes/serahkan"),
    })
}

async fn ask(
    State(portal): State<Portal>,
    visitor: Visitor,
    member: Member,
) -> Result<Response, Fault> {
    let texts = OverviewTexts::of(visitor.language);
    let Some(sitting) = running(&portal, standing(&portal, &member).await?) else {
        return Ok(visitor.go("/tes/selesai"));
    };
    if !sitting.is_enough() {
        let open = first_open(&sitting);
        let links = [(open.as_str(), texts.go_on), ("/tes/ringkasan", texts.see)];
        return explain(&visitor, texts.not_yet, counted(texts.few, &sitting), &links);
    }
    Question {
        lead: vec![counted(texts.count, &sitting), texts.sure_what.to_owned()],
        submit: texts.hand_in.to_owned(),
        links: vec![(visitor.link("/tes/ringkasan"), texts.see.to_owned())],
        ..Question::new(&visitor, texts.sure)
    }
    .show(&portal, &visitor)
}

async fn submit(
    State(portal): State<Portal>,
    visitor: Visitor,
    member: Member,
    _: Form,
) -> Result<Response, Fault> {
    let person = member.holder()?.person_id;
    let actor = member.account_id.to_string();
    let mut randomness = (portal.service.randomness)();
    let act = &mut portal.service.act(&actor, &visitor.request_id, &mut randomness);
    match submit_test(act, person).await? {
        // The page that asks says why.
        Err(SittingRefusal::TooFew) => Ok(visitor.go("/tes/serahkan")),
        Ok(_) | Err(SittingRefusal::Over | SittingRefusal::NoItem | SittingRefusal::Runs) => {
            Ok(visitor.go("/tes/selesai"))
        }
    }
}
