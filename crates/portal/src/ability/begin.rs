//! `/tes`: what the test is, and the button that begins it or goes on with it.

use app::ability::begin_test;
use axum::extract::State;
use axum::response::Response;
use domain::ability_test::BeginRefusal;
use http_support::Routes;

use super::{first_open, running, standing};
use crate::fault::Fault;
use crate::form::Form;
use crate::question::Question;
use crate::state::Portal;
use crate::texts::texts;
use crate::visitor::{Member, Visitor};

texts! {
    /// What the page says; `{n}` is a number of items, `{m}` of minutes.
    BeginTexts {
        title: "Tes kemampuan dasar", "Basic ability test";
        what: "Tes ini berisi {n} soal pilihan: separuh tentang kata dan penalaran, separuh tentang hitungan. Waktunya {m} menit sejak Anda menekan tombol mulai.", "The test has {n} questions with choices: half about words and reasoning, half about numbers. You have {m} minutes from the moment you press the button.";
        needs: "Siapkan kertas dan alat tulis. Kalkulator tidak diperlukan.", "Have paper and a pen ready. You need no calculator.";
        saved: "Setiap jawaban langsung disimpan. Bila sambungan terputus, masuk lagi dari perangkat mana pun dan lanjutkan; waktu tetap berjalan.", "Every answer is saved at once. If the line drops, sign in again on any device and go on; the time keeps running.";
        enough: "Sedikitnya {k} dari {n} soal perlu dijawab, benar atau salah. Bila kurang, tes tidak dapat diserahkan dan tidak dihitung selesai.", "At least {k} of the {n} questions have to be answered, right or wrong. With fewer, the test cannot be handed in and does not count as done.";
        no_effect: "Tes wajib selesai. Nilainya tidak memengaruhi undian.", "The test has to be done. The score does not change the draw.";
        mark: "Tes wajib selesai, dan sedikitnya separuh jawaban harus benar.", "The test has to be done, and at least half of the answers have to be right.";
        begin: "Mulai tes", "Begin the test";
        running: "Tes Anda sedang berjalan", "Your test is running";
        running_what: "Jawaban yang sudah disimpan tetap ada. Waktu terus berjalan.", "The answers you have saved are there. The time is running.";
        go_on: "Lanjutkan tes", "Go on with the test";
    }
}

pub(super) fn routes() -> Routes<Portal> {
    Routes::new().get("/tes", show).post("/tes", begin)
}

async fn show(
    State(portal): State<Portal>,
    visitor: Visitor,
    member: Member,
) -> Result<Response, Fault> {
    let texts = BeginTexts::of(visitor.language);
    let standing = standing(&portal, &member).await?;
    let rules = standing.rules;
    let (title, lead, submit) = match standing.may_begin {
        Ok(()) => {
            let what = texts.what.replace("{n}", &rules.items.to_string());
            let what = what.replace("{m}", &rules.minutes.to_string());
            let effect = if rules.pass_mark.is_some() { texts.mark } else { texts.no_effect };
            let enough = texts.enough.replace("{k}", &rules.answers_needed().to_string());
            let enough = enough.replace("{n}", &rules.items.to_string());
            let lead = vec![what, enough, texts.needs.into(), texts.saved.into(), effect.into()];
            (texts.title, lead, texts.begin)
        }
        Err(BeginRefusal::Runs) if running(&portal, standing).is_some() => {
            (texts.running, vec![texts.running_what.to_owned()], texts.go_on)
        }
        Err(
            BeginRefusal::Runs
            | BeginRefusal::Done
            | BeginRefusal::Wait(_)
            | BeginRefusal::NoneLeft,
        ) => return Ok(visitor.go("/tes/selesai")),
    };
    Question {
        lead,
        submit: submit.to_owned(),
        back: Some(visitor.link("/akun")),
        ..Question::new(&visitor, title)
    }
    .show(&portal, &visitor)
}

async fn begin(
    State(portal): State<Portal>,
    visitor: Visitor,
    member: Member,
    _: Form,
) -> Result<Response, Fault> {
    let person = member.holder()?.person_id;
    let actor = member.account_id.to_string();
    let mut randomness = (portal.service.randomness)();
    let act = &mut portal.service.act(&actor, &visitor.request_id, &mut randomness);
    match begin_test(act, person).await? {
        Ok(()) => {
            let sitting = running(&portal, standing(&portal, &member).await?);
            let path = sitting.map_or_else(|| "/tes/selesai".to_owned(), |one| first_open(&one));
            Ok(visitor.go(&path))
        }
        Err(_) => Ok(visitor.go("/tes/selesai")),
    }
}
