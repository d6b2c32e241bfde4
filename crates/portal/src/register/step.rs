//! The questions with one field each, in order: where each stands, what it asks, where it goes on.

use domain::draft::{Draft, DraftField, RegistrationTask};
use http_support::Routes;
use time::Date;

use super::age::{AGE, outlook};
use super::words::{StepTexts, choices, fault_words, task_words};
use super::{CHECK, FROM_CHECK, TASKS, applicant, comes_from_check, save};
use crate::fault::Fault;
use crate::field::{Choice, Control, Field, Line};
use crate::form::Form;
use crate::question::Question;
use crate::state::Portal;
use crate::visitor::{Member, Visitor};
use axum::extract::State;
use axum::response::Response;

/// Name of the button that saves without going on.
pub(super) const LATER: &str = "nanti";

/// A page of the journey.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Step {
    /// Where it stands.
    pub(super) path: &'static str,
    /// What it asks.
    pub(super) field: DraftField,
    /// The task it belongs to.
    pub(super) task: RegistrationTask,
}

const fn step(path: &'static str, field: DraftField, task: RegistrationTask) -> Step {
    Step { path, field, task }
}

/// All pages in order. Some are more than a question with one field, and stand in files of their own.
pub(super) const STEPS: &[Step] = &[
    step("/pendaftaran/nik", DraftField::Nik, RegistrationTask::Identity),
    step("/pendaftaran/kk", DraftField::FamilyCard, RegistrationTask::Identity),
    step("/pendaftaran/tanggal-lahir", DraftField::BornOn, RegistrationTask::Identity),
    step("/pendaftaran/nama", DraftField::Name, RegistrationTask::Identity),
    step("/pendaftaran/jenis-kelamin", DraftField::Sex, RegistrationTask::Identity),
    step("/pendaftaran/kabupaten", DraftField::Region, RegistrationTask::Home),
    step("/pendaftaran/kecamatan", DraftField::District, RegistrationTask::Home),
    step("/pendaftaran/pendidikan", DraftField::Education, RegistrationTask::Situation),
    step("/pendaftaran/pekerjaan", DraftField::Employment, RegistrationTask::Situation),
    step("/pendaftaran/disabilitas", DraftField::Disability, RegistrationTask::Situation),
    step("/pendaftaran/pelatihan", DraftField::Topic, RegistrationTask::Situation),
    step("/pendaftaran/sekolah", DraftField::Student, RegistrationTask::Declaration),
    step("/pendaftaran/jabatan", DraftField::Office, RegistrationTask::Declaration),
    step("/pendaftaran/bantuan", DraftField::Aid, RegistrationTask::Declaration),
    step("/pendaftaran/persetujuan", DraftField::Terms, RegistrationTask::Declaration),
];

impl Step {
    /// The page that asks for a field.
    pub(super) fn of(field: DraftField) -> Option<Self> {
        STEPS.iter().copied().find(|step| step.field == field)
    }

    /// Where it goes on: the next page of the same task, or the list of tasks.
    pub(super) fn next(self) -> &'static str {
        self.beside(1).unwrap_or(TASKS)
    }

    /// The page before it.
    pub(super) fn back(self) -> &'static str {
        self.beside(-1).unwrap_or(TASKS)
    }

    fn beside(self, offset: isize) -> Option<&'static str> {
        let at = STEPS.iter().position(|step| *step == self)?;
        let other = STEPS.get(at.checked_add_signed(offset)?)?;
        (other.task == self.task).then_some(other.path)
    }

    /// True for a page with a file of its own.
    const fn is_own_page(self) -> bool {
        matches!(self.field, DraftField::Region | DraftField::District | DraftField::Terms)
    }

    /// The field as the page shows it, with what was typed.
    pub(super) fn question(
        self,
        visitor: &Visitor,
        draft: &Draft,
        (today, shows_missing): (Date, bool),
    ) -> Question {
        let texts = StepTexts::of(visitor.language);
        let (title, hint) = words(self.field, texts);
        let fault = draft.fault(self.field, today);
        let is_shown = shows_missing || !draft.text(self.field).is_empty();
        let fault = fault.filter(|_| is_shown).map(|fault| fault_words(self.field, fault, texts));
        let field = Field::new(name(self.field), title, control(self.field, texts));
        let field = field.hint(hint).value(draft.text(self.field)).fault(fault);
        Question { fields: vec![field], ..frame(visitor, self, title) }
    }
}

/// What all pages of the journey have around their fields.
pub(super) fn frame(visitor: &Visitor, step: Step, title: &str) -> Question {
    let texts = StepTexts::of(visitor.language);
    let back = if comes_from_check(visitor) { CHECK } else { step.back() };
    Question {
        caption: task_words(step.task, texts).to_owned(),
        back: Some(visitor.link(back)),
        second: Some((LATER, texts.later.to_owned())),
        ..Question::new(visitor, title)
    }
}

/// The name of the input.
const fn name(field: DraftField) -> &'static str {
    match field {
        DraftField::BornOn => "lahir",
        DraftField::Name => "nama",
        DraftField::Nik => "nik",
        DraftField::FamilyCard => "kk",
        DraftField::Sex
        | DraftField::NikChecked
        | DraftField::Region
        | DraftField::District
        | DraftField::Education
        | DraftField::Employment
        | DraftField::Disability
        | DraftField::Topic
        | DraftField::Student
        | DraftField::Office
        | DraftField::Aid
        | DraftField::Terms
        | DraftField::Privacy
        | DraftField::Truth
        | DraftField::SmsContact => "pilihan",
    }
}

/// Question and hint.
pub(super) const fn words(
    field: DraftField,
    texts: &'static StepTexts,
) -> (&'static str, &'static str) {
    match field {
        DraftField::Nik | DraftField::NikChecked => (texts.nik, texts.nik_hint),
        DraftField::FamilyCard => (texts.card, texts.card_hint),
        DraftField::BornOn => (texts.born, texts.born_hint),
        DraftField::Name => (texts.name, texts.name_hint),
        DraftField::Sex => (texts.sex, texts.sex_hint),
        DraftField::Region => (texts.region, texts.region_hint),
        DraftField::District => (texts.district, texts.district_hint),
        DraftField::Education => (texts.education, ""),
        DraftField::Employment => (texts.employment, ""),
        DraftField::Disability => (texts.disability, texts.disability_hint),
        DraftField::Topic => (texts.topic, texts.topic_hint),
        DraftField::Student => (texts.student, texts.student_hint),
        DraftField::Office => (texts.office, texts.office_hint),
        DraftField::Aid => (texts.aid, texts.aid_hint),
        DraftField::Terms | DraftField::Privacy | DraftField::Truth | DraftField::SmsContact => {
            (texts.task_declaration, "")
        }
    }
}

fn control(field: DraftField, texts: &'static StepTexts) -> Control {
    match field {
        // Room for the spaces that people leave between groups.
        DraftField::Nik | DraftField::FamilyCard => Control::Line(Line::digits(16)),
        DraftField::BornOn => Control::Date { parts: [texts.day, texts.month, texts.year] },
        DraftField::Name => Control::Line(Line { autocomplete: "name", ..Line::TEXT }),
        DraftField::Sex
        | DraftField::NikChecked
        | DraftField::Region
        | DraftField::District
        | DraftField::Education
        | DraftField::Employment
        | DraftField::Disability
        | DraftField::Topic
        | DraftField::Student
        | DraftField::Office
        | DraftField::Aid
        | DraftField::Terms
        | DraftField::Privacy
        | DraftField::Truth
        | DraftField::SmsContact => Control::Choice(
            choices(field, texts)
                .into_iter()
                .map(|(value, words)| Choice::new(value, words))
                .collect(),
        ),
    }
}

/// A field as the form sends it; the three parts of a date joined.
pub(super) fn typed(form: &Form, field: DraftField) -> String {
    let name = name(field);
    if field != DraftField::BornOn {
        return form.text(name).to_owned();
    }
    let parts = ["hari", "bulan", "tahun"].map(|part| form.text(&format!("{name}_{part}")));
    if parts.iter().all(|part| part.is_empty()) { String::new() } else { parts.join("-") }
}

pub(super) fn routes() -> Routes<Portal> {
    STEPS.iter().filter(|step| !step.is_own_page()).fold(Routes::new(), |routes, step| {
        let step = *step;
        let show = async move |State(portal): State<Portal>, visitor: Visitor, member: Member| {
            show(step, &portal, &visitor, &member).await
        };
        let submit = async move |State(portal): State<Portal>,
                                 visitor: Visitor,
                                 member: Member,
                                 form: Form| {
            submit(step, &portal, &visitor, &member, &form).await
        };
        routes.get(step.path, show).post(step.path, submit)
    })
}

async fn show(
    step: Step,
    portal: &Portal,
    visitor: &Visitor,
    member: &Member,
) -> Result<Response, Fault> {
    let application = match applicant(portal, visitor, member).await? {
        Ok(application) => application,
        Err(elsewhere) => return Ok(elsewhere),
    };
    let today = portal.service.clock.now().wib_date();
    step.question(visitor, &application.draft, (today, false)).show(portal, visitor)
}

async fn submit(
    step: Step,
    portal: &Portal,
    visitor: &Visitor,
    member: &Member,
    form: &Form,
) -> Result<Response, Fault> {
    let answer = typed(form, step.field);
    let draft = match save(portal, visitor, member, &[(step.field, &answer)]).await? {
        Ok(draft) => draft,
        Err(elsewhere) => return Ok(elsewhere),
    };
    let today = portal.service.clock.now().wib_date();
    if form.has(LATER) {
        return Ok(visitor.go(TASKS));
    }
    if draft.fault(step.field, today).is_some() {
        return step.question(visitor, &draft, (today, true)).show(portal, visitor);
    }
    if step.field == DraftField::BornOn && outlook(portal, &draft).await?.is_some() {
        let from = if comes_from_check(visitor) { format!("?{FROM_CHECK}") } else { String::new() };
        return Ok(visitor.go(&format!("{AGE}{from}")));
    }
    Ok(visitor.go(super::goes_on(visitor, step, &draft, today)))
}
