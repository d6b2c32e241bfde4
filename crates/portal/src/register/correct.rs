//! `/pendaftaran/perbaiki/…`: stating anew what the population register contradicts.

use app::correct::{CorrectAnswer, Correction, correct_statement};
use axum::extract::State;
use axum::response::Response;
use domain::checks::IdentityField;
use domain::draft::{Draft, DraftField, read_birth_date, read_family_card, read_name};
use http_support::Routes;
use time::Date;
use web::format::date_time;

use super::step::{Step, typed};
use super::{CORRECT_NIK, RESULTS, TASKS};
use crate::fault::Fault;
use crate::form::Form;
use crate::question::Question;
use crate::state::Portal;
use crate::texts::texts;
use crate::visitor::{Member, Visitor};

texts! {
    /// What the pages say.
    CorrectTexts {
        caption: "Perbaiki data", "Correct your data";
        submit: "Simpan dan periksa lagi", "Save and check again";
        lead: "Setelah disimpan, data Anda ditanyakan lagi ke instansi yang berwenang.", "Once saved, your data are checked again with the authorities in charge.";
        often: "Data ini sudah terlalu sering diubah hari ini. Anda dapat mengubahnya lagi pada", "This was changed too often today. You can change it again on";
    }
}

/// The page that states a field anew.
pub(super) const fn path_of(field: IdentityField) -> &'static str {
    match field {
        IdentityField::FamilyCard => "/pendaftaran/perbaiki/kk",
        IdentityField::Name => "/pendaftaran/perbaiki/nama",
        IdentityField::BornOn => BORN_ON,
        IdentityField::Nik => CORRECT_NIK,
    }
}

/// The page that states the birth date anew.
pub(super) const BORN_ON: &str = "/pendaftaran/perbaiki/tanggal-lahir";

/// The fields that are stated anew by nothing but themselves.
const FIELDS: [(IdentityField, DraftField); 3] = [
    (IdentityField::FamilyCard, DraftField::FamilyCard),
    (IdentityField::Name, DraftField::Name),
    (IdentityField::BornOn, DraftField::BornOn),
];

pub(super) fn routes() -> Routes<Portal> {
    FIELDS.into_iter().fold(Routes::new(), |routes, (field, drafted)| {
        let Some(step) = Step::of(drafted) else { return routes };
        let show = async move |State(portal): State<Portal>, visitor: Visitor, member: Member| {
            show(step, &portal, &visitor, &member)
        };
        let submit = async move |State(portal): State<Portal>,
                                 visitor: Visitor,
                                 member: Member,
                                 form: Form| {
            submit((step, field), &portal, &visitor, &member, &form).await
        };
        routes.get(path_of(field), show).post(path_of(field), submit)
    })
}

fn show(
    step: Step,
    portal: &Portal,
    visitor: &Visitor,
    member: &Member,
) -> Result<Response, Fault> {
    if member.person_id.is_none() {
        return Ok(visitor.go(TASKS));
    }
    let today = portal.service.clock.now().wib_date();
    question(step, visitor, &Draft::default(), (today, false)).show(portal, visitor)
}

/// The question of a step, asked once more.
pub(super) fn question(
    step: Step,
    visitor: &Visitor,
    draft: &Draft,
    shown: (Date, bool),
) -> Question {
    let texts = CorrectTexts::of(visitor.language);
    Question {
        caption: texts.caption.to_owned(),
        lead: vec![texts.lead.to_owned()],
        back: Some(visitor.link(RESULTS)),
        submit: texts.submit.to_owned(),
        second: None,
        ..step.question(visitor, draft, shown)
    }
}

async fn submit(
    (step, field): (Step, IdentityField),
    portal: &Portal,
    visitor: &Visitor,
    member: &Member,
    form: &Form,
) -> Result<Response, Fault> {
    let mut draft = Draft::default();
    draft.set(step.field, &typed(form, step.field));
    let today = portal.service.clock.now().wib_date();
    let mut asked = question(step, visitor, &draft, (today, true));
    let Some(correction) = correction(field, &draft, today) else {
        return asked.show(portal, visitor);
    };
    let key = form.key()?;
    let actor = member.account_id.to_string();
    let mut randomness = (portal.service.randomness)();
    let act = &mut portal.service.act(&actor, &visitor.request_id, &mut randomness);
    let refusal = match correct_statement(act, member.account_id, &key, &correction).await? {
        CorrectAnswer::Corrected(_) => return Ok(visitor.go(RESULTS)),
        CorrectAnswer::NoPerson => return Ok(visitor.go(TASKS)),
        CorrectAnswer::KeyReused => return Err(Fault::Forged),
        // Neither region nor NIK is stated here.
        CorrectAnswer::NotARegency | CorrectAnswer::NikDoubtful(_) | CorrectAnswer::NikTaken => {
            return Err(Fault::Internal);
        }
        CorrectAnswer::Refused(refusal) => refusal.sentence(visitor.language.of_sentences()),
        CorrectAnswer::TooOften { until } => {
            let texts = CorrectTexts::of(visitor.language);
            format!("{} {}", texts.often, date_time(until, visitor.language))
        }
    };
    for field in &mut asked.fields {
        field.fault = Some(refusal.clone());
    }
    asked.show(portal, visitor)
}

/// What is stated anew; `None` if it is missing or wrong.
fn correction(field: IdentityField, draft: &Draft, today: Date) -> Option<Correction> {
    let none = Correction::default();
    match field {
        IdentityField::FamilyCard => {
            let card = read_family_card(draft.text(DraftField::FamilyCard)).ok()?;
            Some(Correction { family_card: Some(card), ..none })
        }
        IdentityField::Name => {
            let name = read_name(draft.text(DraftField::Name)).ok()?;
            Some(Correction { name: Some(name), ..none })
        }
        IdentityField::BornOn => {
            let born_on = read_birth_date(draft.text(DraftField::BornOn), today).ok()?;
            Some(Correction { born_on: Some(born_on), ..none })
        }
        IdentityField::Nik => None,
    }
}
