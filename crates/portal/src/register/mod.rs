//! `/pendaftaran`: registering, one question a page. Every answer is saved at once, so that nothing typed is lost and it
//! goes on on another device.

mod age;
mod agree;
mod check;
mod correct;
mod correct_nik;
mod doubt;
mod place;
mod results;
mod step;
mod words;

use app::draft::save_answers;
use app::registration::{Application, read_application};
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use domain::draft::{Draft, DraftFault, DraftField, RegistrationTask};
use http_support::Routes;
use time::Date;
use web::Frame;

pub(crate) use self::correct_nik::CORRECT_NIK;
pub(crate) use self::place::place_name;
use self::step::{STEPS, Step};
pub(crate) use self::words::{StepTexts, fault_words};
use self::words::{state_words, task_words};
use crate::contact::CONFIRM;
use crate::fault::Fault;
use crate::page::{Hidden, page};
use crate::state::Portal;
use crate::texts::texts;
use crate::visitor::{Member, Visitor};
use crate::{face_check, identity_photo};

/// The list of tasks.
pub(super) const TASKS: &str = "/pendaftaran";
/// The page that shows all answers.
pub(super) const CHECK: &str = "/pendaftaran/periksa";
/// The page that asks for the family card.
const CARD: &str = "/pendaftaran/kk";
/// The page that asks whether number and birth date are right.
pub(super) const DOUBT: &str = "/pendaftaran/cocokkan";
/// The page that proves a mobile number.
pub(super) const PHONE: &str = "/pendaftaran/telepon";
/// What the registers say.
pub(super) const RESULTS: &str = "/pendaftaran/pemeriksaan";
/// Query of a page that leads back to all answers.
pub(super) const FROM_CHECK: &str = "dari=periksa";

texts! {
    /// What the list of tasks says.
    TaskTexts {
        title: "Pendaftaran", "Registration";
        lead: "Jawaban Anda disimpan setiap kali Anda melanjutkan. Anda boleh berhenti kapan saja dan meneruskan di ponsel lain.", "Your answers are saved each time you continue. You can stop at any time and go on with another phone.";
        of: "dari", "of";
        done: "bagian selesai", "parts done";
        check: "Periksa jawaban dan kirim", "Check your answers and send";
        open: "Setelah semua bagian selesai, Anda dapat memeriksa jawaban dan mengirimnya.", "Once all parts are done you can check your answers and send them.";
        test: "Setelah dikirim, masih ada satu bagian: tes kemampuan dasar. Anda dapat mengerjakannya kapan saja sebelum gelombang ditutup.", "After you have sent it, one part is left: the basic ability test. You can take it at any time before the wave closes.";
        unconfirmed: "Sebelum pendaftaran dikirim, pastikan alamat e-mail Anda dengan kode. Setelah itu, buka pendaftaran lagi; jawaban Anda tetap ada.", "Before you send your registration, confirm your e-mail address by a code. Then open the registration again; your answers are kept.";
        confirm: "Kirim kode ke e-mail saya", "Send a code to my e-mail";
        optional: "boleh dilewati", "optional";
        account: "Akun saya", "My account";
    }
}

struct TaskView {
    name: &'static str,
    link: String,
    state: &'static str,
    class: &'static str,
    is_needed: bool,
}

#[derive(Template)]
#[template(path = "register_tasks.html")]
struct TasksPage {
    frame: Frame,
    texts: &'static TaskTexts,
    tasks: Vec<TaskView>,
    done: usize,
    /// What the age of whoever registers keeps her from.
    age: Option<String>,
    /// Where to go on once everything is answered.
    check: Option<String>,
    /// Where a code for the address is asked for, with the fields of its form, until one has come back.
    confirm: Option<(String, Hidden)>,
    account: String,
}

pub(crate) fn routes() -> Routes<Portal> {
    Routes::new()
        .get(TASKS, tasks)
        .merge(step::routes())
        .merge(doubt::routes())
        .merge(age::routes())
        .merge(place::routes())
        .merge(agree::routes())
        .merge(check::routes())
        .merge(results::routes())
        .merge(correct::routes())
        .merge(correct_nik::routes())
}

async fn tasks(
    State(portal): State<Portal>,
    visitor: Visitor,
    member: Member,
) -> Result<Response, Fault> {
    let application = match applicant(&portal, &visitor, &member).await? {
        Ok(application) => application,
        Err(elsewhere) => return Ok(elsewhere),
    };
    let texts = TaskTexts::of(visitor.language);
    let words = StepTexts::of(visitor.language);
    let today = portal.service.clock.now().wib_date();
    let tasks: Vec<TaskView> = application
        .tasks
        .iter()
        .map(|row| {
            let (state, class) = state_words(row.state, words);
            let link = visitor.link(begins_at(row.task, &application.draft, today));
            let name = task_words(row.task, words);
            TaskView { name, link, state, class, is_needed: row.is_needed }
        })
        .collect();
    let age = age::outlook(&portal, &application.draft).await?;
    page(&TasksPage {
        frame: visitor.frame(texts.title),
        texts,
        done: application.tasks.iter().filter(|row| !row.state.is_open()).count(),
        tasks,
        age: age.map(|bar| bar.sentence(visitor.language.of_sentences())),
        check: application.can_be_sent().then(|| visitor.link(CHECK)),
        confirm: (!application.has_confirmed_email)
            .then(|| (visitor.link(CONFIRM), Hidden::new(&portal, &visitor))),
        account: visitor.link("/akun"),
    })
}

/// The page a task goes on at: the first that has something to do, or its first.
fn begins_at(task: RegistrationTask, draft: &Draft, today: Date) -> &'static str {
    match task {
        RegistrationTask::Photo => return identity_photo::PATH,
        RegistrationTask::Face => return face_check::PATH,
        RegistrationTask::Phone => return PHONE,
        RegistrationTask::Identity
        | RegistrationTask::Home
        | RegistrationTask::Situation
        | RegistrationTask::Declaration => {}
    }
    let steps = || STEPS.iter().filter(|step| step.task == task);
    let open = steps().find(|step| draft.fault(step.field, today).is_some());
    match open.or_else(|| steps().next()) {
        None => TASKS,
        Some(_) if open.is_none() && is_doubtful(task, draft, today) => DOUBT,
        Some(step) => step.path,
    }
}

fn is_doubtful(task: RegistrationTask, draft: &Draft, today: Date) -> bool {
    task == RegistrationTask::Identity && draft.nik_doubt(today).is_some()
}

/// True if a page was opened to change one answer.
fn comes_from_check(visitor: &Visitor) -> bool {
    visitor.asked("dari").as_deref() == Some("periksa")
}

/// Where a step goes on once its answer is right.
fn goes_on(visitor: &Visitor, step: Step, draft: &Draft, today: Date) -> &'static str {
    // Asked at once, while both are in mind.
    let is_number = matches!(step.field, DraftField::Nik | DraftField::BornOn);
    if is_number && draft.nik_doubt(today).is_some() {
        DOUBT
    } else if is_number && draft.fault(DraftField::FamilyCard, today) == Some(DraftFault::SameAsNik)
    {
        CARD
    } else if comes_from_check(visitor) {
        CHECK
    } else {
        step.next()
    }
}

/// The registration of whoever is signed in, or the way to what the registers say if it was sent.
async fn applicant(
    portal: &Portal,
    visitor: &Visitor,
    member: &Member,
) -> Result<Result<Application, Response>, Fault> {
    if member.person_id.is_some() {
        return Ok(Err(visitor.go(RESULTS)));
    }
    let service = &portal.service;
    let today = service.clock.now().wib_date();
    let read = read_application(&service.database, &service.keys, member.account_id, today);
    Ok(Ok(read.await?))
}

/// Saves answers, or leads to what the registers say if the registration was sent meanwhile.
async fn save(
    portal: &Portal,
    visitor: &Visitor,
    member: &Member,
    answers: &[(DraftField, &str)],
) -> Result<Result<Draft, Response>, Fault> {
    let actor = member.account_id.to_string();
    let mut randomness = (portal.service.randomness)();
    let act = &mut portal.service.act(&actor, &visitor.request_id, &mut randomness);
    let saved = save_answers(act, member.account_id, answers).await?;
    Ok(saved.ok_or_else(|| visitor.go(RESULTS)))
}
