//! `/pendaftaran/usia`: told at once to whoever is too young or too old for the waves to come, by the birth date that was
//! just written. Nobody is kept from registering by it.

use app::outlook::age_outlook;
use axum::extract::State;
use axum::response::Response;
use domain::draft::{Draft, DraftField, read_birth_date};
use domain::eligibility::{AgeBar, AgeBound};
use http_support::Routes;

use super::step::Step;
use super::{TASKS, applicant, goes_on};
use crate::fault::Fault;
use crate::own::explain;
use crate::state::Portal;
use crate::texts::texts;
use crate::visitor::{Member, Visitor};

texts! {
    /// What the page says.
    AgeTexts {
        young: "Anda belum cukup umur untuk ikut gelombang", "You are not old enough yet to join a wave";
        old: "Anda melewati batas usia program ini", "You are above the age limit of this programme";
        born: "Perbaiki tanggal lahir", "Correct the date of birth";
        go_on: "Lanjutkan pendaftaran", "Continue registering";
    }
}

/// Where it is told.
pub(super) const AGE: &str = "/pendaftaran/usia";

pub(super) fn routes() -> Routes<Portal> {
    Routes::new().get(AGE, show)
}

/// What the age by the draft is to the waves to come.
pub(super) async fn outlook(portal: &Portal, draft: &Draft) -> Result<Option<AgeBar>, Fault> {
    let today = portal.service.clock.now().wib_date();
    match read_birth_date(draft.text(DraftField::BornOn), today) {
        Ok(born_on) => Ok(age_outlook(&portal.service, born_on).await?),
        Err(_) => Ok(None),
    }
}

async fn show(
    State(portal): State<Portal>,
    visitor: Visitor,
    member: Member,
) -> Result<Response, Fault> {
    let draft = match applicant(&portal, &visitor, &member).await? {
        Ok(application) => application.draft,
        Err(elsewhere) => return Ok(elsewhere),
    };
    let Some(bar) = outlook(&portal, &draft).await? else { return Ok(visitor.go(TASKS)) };
    let texts = AgeTexts::of(visitor.language);
    let title = match bar.bound {
        AgeBound::Youngest { .. } => texts.young,
        AgeBound::Oldest { .. } => texts.old,
    };
    let Some(step) = Step::of(DraftField::BornOn) else { return Err(Fault::Internal) };
    let next = goes_on(&visitor, step, &draft, portal.service.clock.now().wib_date());
    let links = [(step.path, texts.born), (next, texts.go_on)];
    explain(&visitor, title, bar.sentence(visitor.language.of_sentences()), &links)
}
