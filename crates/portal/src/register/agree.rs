//! `/pendaftaran/persetujuan`: what is agreed to and declared, each in the words of its version.

use axum::extract::State;
use axum::response::Response;
use domain::consent::ConsentKind;
use domain::draft::{Draft, DraftField};
use http_support::Routes;

use super::step::{LATER, Step, frame};
use super::{CHECK, TASKS, applicant, comes_from_check, save};
use crate::fault::Fault;
use crate::field::{Control, Field};
use crate::form::Form;
use crate::question::Question;
use crate::state::Portal;
use crate::texts::texts;
use crate::visitor::{Member, Visitor};

texts! {
    /// What the page says beside the texts of the consents.
    AgreeTexts {
        title: "Pernyataan dan persetujuan", "Declaration and consent";
        for_information: "Untuk Anda ketahui:", "For your information:";
        asked: "Yang Anda setujui atau nyatakan sendiri hanya yang ada kotaknya di bawah ini. Tiga kotak pertama diperlukan untuk mendaftar; yang terakhir boleh dikosongkan.", "What you agree to or declare yourself is only what has a box below. The first three boxes are needed to register; the last one may stay empty.";
        needed: "Beri tanda agar dapat mendaftar:", "Tick to be able to register:";
        optional: "Boleh tidak dipilih.", "You may leave this out.";
    }
}

/// The boxes of the page and their names.
const BOXES: [(DraftField, &str); 4] = [
    (DraftField::Terms, "syarat"),
    (DraftField::Privacy, "data"),
    (DraftField::Truth, "benar"),
    (DraftField::SmsContact, "pesan"),
];

pub(super) fn routes() -> Routes<Portal> {
    match Step::of(DraftField::Terms) {
        Some(step) => Routes::new().get(step.path, show).post(step.path, submit),
        None => Routes::new(),
    }
}

async fn show(
    State(portal): State<Portal>,
    visitor: Visitor,
    member: Member,
) -> Result<Response, Fault> {
    match applicant(&portal, &visitor, &member).await? {
        Ok(application) => question(&visitor, &application.draft, false).show(&portal, &visitor),
        Err(elsewhere) => Ok(elsewhere),
    }
}

fn question(visitor: &Visitor, draft: &Draft, shows_missing: bool) -> Question {
    let texts = AgreeTexts::of(visitor.language);
    let language = visitor.language.of_sentences();
    let fields = BOXES.map(|(field, name)| {
        let (title, words) = field
            .consent()
            .map_or(("", ""), |kind| (kind.text().title(language), kind.text().words(language)));
        let agrees = draft.agrees_to(field);
        let is_missing = shows_missing && !agrees && !field.is_optional();
        Field::new(name, words, Control::Tick)
            .hint(if field.is_optional() { texts.optional } else { "" })
            .value(if agrees { "ya" } else { "" })
            .fault(is_missing.then(|| format!("{} {title}", texts.needed)))
    });
    // A duty needs no consent, so it is told apart from what has a box.
    let duty = ConsentKind::RegistryChecks.text().words(language);
    let around = Step::of(DraftField::Terms).map(|step| frame(visitor, step, texts.title));
    Question {
        lead: vec![format!("{} {duty}", texts.for_information), texts.asked.to_owned()],
        fields: fields.to_vec(),
        ..around.unwrap_or_else(|| Question::new(visitor, texts.title))
    }
}

async fn submit(
    State(portal): State<Portal>,
    visitor: Visitor,
    member: Member,
    form: Form,
) -> Result<Response, Fault> {
    let versions = BOXES.map(|(field, name)| {
        let version = field.consent().map(|kind| kind.text().version.to_string());
        (field, version.filter(|_| form.has(name)).unwrap_or_default())
    });
    let answers: Vec<(DraftField, &str)> =
        versions.iter().map(|(field, version)| (*field, version.as_str())).collect();
    let draft = match save(&portal, &visitor, &member, &answers).await? {
        Ok(draft) => draft,
        Err(elsewhere) => return Ok(elsewhere),
    };
    if form.has(LATER) {
        return Ok(visitor.go(TASKS));
    }
    if BOXES.iter().any(|(field, _)| !field.is_optional() && !draft.agrees_to(*field)) {
        return question(&visitor, &draft, true).show(&portal, &visitor);
    }
    Ok(visitor.go(if comes_from_check(&visitor) { CHECK } else { TASKS }))
}
