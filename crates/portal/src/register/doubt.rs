//! `/pendaftaran/cocokkan`: a NIK whose digits are worth a second look. It may be right all the same, so it is asked, and
//! never refused.

use axum::extract::State;
use axum::response::Response;
use domain::draft::{Draft, DraftField};
use domain::nik::NikDoubt;
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
        alone: "Apakah NIK Anda sudah benar?", "Is your NIK right?";
        no_province: "Dua angka pertama NIK biasanya nomor provinsi. Dua angka pertama pada NIK yang Anda tulis bukan nomor provinsi yang kami kenal, juga bukan yang dahulu. Sering kali satu angka keliru ketik; ada pula KTP yang memang begitu.", "The first two digits of a NIK usually are the number of a province. Those of the NIK you wrote are no province we know, of today or of before. Usually one digit is mistyped; some cards are like that.";
        no_date: "Angka ketujuh sampai kedua belas pada NIK biasanya berisi tanggal lahir; bagi perempuan, harinya ditambah 40. Pada NIK yang Anda tulis, angka itu bukan tanggal. Sering kali satu angka keliru ketik; ada pula KTP yang memang begitu.", "Digits seven to twelve of a NIK usually hold the date of birth; for women, 40 is added to the day. On the NIK you wrote they are no date. Usually one digit is mistyped; some cards are like that.";
        as_on_card: "Ya, NIK itu seperti di KTP saya", "Yes, it is as on my KTP";
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
        Ok(application) => {
            let today = portal.service.clock.now().wib_date();
            match application.draft.nik_doubt(today) {
                Some(doubt) => question(&visitor, doubt, None).show(&portal, &visitor),
                None => Ok(visitor.go(onwards(&visitor, &application.draft))),
            }
        }
        Err(elsewhere) => Ok(elsewhere),
    }
}

/// What the page asks, why, and the words of whoever says that it is right.
pub(super) const fn words(
    doubt: NikDoubt,
    texts: &'static DoubtTexts,
) -> (&'static str, &'static str, &'static str) {
    match doubt {
        NikDoubt::UnknownProvince => (texts.alone, texts.no_province, texts.as_on_card),
        NikDoubt::NoDate => (texts.alone, texts.no_date, texts.as_on_card),
        NikDoubt::OtherDay => (texts.title, texts.why, texts.right),
    }
}

fn question(visitor: &Visitor, doubt: NikDoubt, fault: Option<String>) -> Question {
    let texts = DoubtTexts::of(visitor.language);
    let (title, why, right) = words(doubt, texts);
    let born = (doubt == NikDoubt::OtherDay).then_some(("lahir", texts.born));
    let choices = [("benar", right), ("nik", texts.nik)].into_iter().chain(born);
    let choices = choices.map(|(value, words)| Choice::new(value, words)).collect();
    let field = Field::new(CHOICE, title, Control::Choice(choices));
    let around = Step::of(DraftField::BornOn).map(|step| frame(visitor, step, title));
    Question {
        fields: vec![field.hint(why).fault(fault)],
        ..around.unwrap_or_else(|| Question::new(visitor, title))
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
        _ => {
            let application = match applicant(&portal, &visitor, &member).await? {
                Ok(application) => application,
                Err(elsewhere) => return Ok(elsewhere),
            };
            let today = portal.service.clock.now().wib_date();
            // Another device may have answered meanwhile.
            let Some(doubt) = application.draft.nik_doubt(today) else {
                return Ok(visitor.go(TASKS));
            };
            question(&visitor, doubt, Some(texts.choose.to_owned())).show(&portal, &visitor)
        }
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
