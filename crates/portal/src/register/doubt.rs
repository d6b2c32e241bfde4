//! `/pendaftaran/cocokkan`: a NIK whose digits name another birth date. It may be right all the same, so it is asked, and
//! never refused.

use axum::extract::State;
use axum::response::Response;
use domain::draft::{Draft, DraftField};
use http_support::Routes;

use super::step::{LATER, Step, frame};
use super::{CHECK, DOUBT, TASKS, applicant, comes_from_check, save};
use crate::fault::Fault;
use crate::field::{Choice, Control, Field};
use crate::form::Form;
use crate::question::Question;
use crate::state::Portal;
use crate::texts::texts;
use crate::visitor::{Member, Visitor};

texts! {
    /// What the page says.
    DoubtTexts {
        title: "Apakah NIK dan tanggal lahir Anda sudah benar?", "Are your NIK and date of birth right?";
        why: "Angka ketujuh sampai kedua belas pada NIK biasanya berisi tanggal lahir. Pada NIK Anda angka itu berbeda dari tanggal lahir yang Anda tulis. Ada KTP yang memang begitu.", "Digits seven to twelve of a NIK usually hold the date of birth. On yours they differ from the date you wrote. Some cards are like that.";
        right: "Ya, keduanya seperti di KTP saya", "Yes, both are as on my KTP";
        nik: "Perbaiki NIK", "Correct the NIK";
        born: "Perbaiki tanggal lahir", "Correct the date of birth";
        choose: "Pilih salah satu jawaban", "Choose one answer";
    }
}

const CHOICE: &str = "pilihan";

pub(super) fn routes() -> Routes<Portal> {
    Routes::new().get(DOUBT, show).post(DOUBT, submit)
}

async fn show(
    State(portal): State<Portal>,
    visitor: Visitor,
    member: Member,
) -> Result<Response, Fault> {
    match applicant(&portal, &visitor, &member).await? {
        Ok(_) => question(&visitor, None).show(&portal, &visitor),
        Err(elsewhere) => Ok(elsewhere),
    }
}

fn question(visitor: &Visitor, fault: Option<String>) -> Question {
    let texts = DoubtTexts::of(visitor.language);
    let choices = [("benar", texts.right), ("nik", texts.nik), ("lahir", texts.born)];
    let choices = choices.map(|(value, words)| Choice::new(value, words));
    let field = Field::new(CHOICE, texts.title, Control::Choice(choices.to_vec()));
    let around = Step::of(DraftField::BornOn).map(|step| frame(visitor, step, texts.title));
    Question {
        fields: vec![field.hint(texts.why).fault(fault)],
        ..around.unwrap_or_else(|| Question::new(visitor, texts.title))
    }
}

async fn submit(
    State(portal): State<Portal>,
    visitor: Visitor,
    member: Member,
    form: Form,
) -> Result<Response, Fault> {
    let texts = DoubtTexts::of(visitor.language);
    let to = |field| Step::of(field).map_or(TASKS, |step| step.path);
    match form.text(CHOICE) {
        _ if form.has(LATER) => Ok(visitor.go(TASKS)),
        "nik" => Ok(visitor.go(to(DraftField::Nik))),
        "lahir" => Ok(visitor.go(to(DraftField::BornOn))),
        "benar" => {
            let checked = [(DraftField::NikChecked, "yes")];
            match save(&portal, &visitor, &member, &checked).await? {
                Ok(draft) => Ok(visitor.go(onwards(&visitor, &draft))),
                Err(elsewhere) => Ok(elsewhere),
            }
        }
        _ => question(&visitor, Some(texts.choose.to_owned())).show(&portal, &visitor),
    }
}

/// The next page of the task that has no answer yet, or where all answers are.
fn onwards(visitor: &Visitor, draft: &Draft) -> &'static str {
    if comes_from_check(visitor) {
        return CHECK;
    }
    let open = [DraftField::FamilyCard, DraftField::BornOn, DraftField::Name, DraftField::Sex]
        .into_iter()
        .find(|field| draft.text(*field).is_empty());
    open.and_then(Step::of).map_or(TASKS, |step| step.path)
}
