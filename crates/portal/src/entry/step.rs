//! `/daftar/kode`, `/masuk/kode`: typing the code that was sent; `/langkah`: the way there from a letter.

use app::entry::{EntryAnswer, enter_by_code, send_again};
use app::step::Step;
use axum::extract::State;
use axum::response::Response;
use domain::codes::{Code, CodePurpose};
use http_support::Routes;

use super::code_page::{CodeQuestion, asks_again, code_fault, is_early, shape_fault};
use super::reset::LETTER_OVER;
use super::{GO_ON, enter, go_with, link_to, place};
use crate::cookies::Cookie;
use crate::fault::Fault;
use crate::form::{CODE, Form};
use crate::state::Portal;
use crate::texts::texts;
use crate::visitor::{Visitor, goes_on_to};

texts! {
    /// What the pages say.
    StepTexts {
        confirm_title: "Pastikan alamat e-mail Anda", "Confirm your e-mail address";
        confirm_lead: "Kami mengirim kode ke alamat e-mail yang Anda tulis. Pesan itu juga berisi tautan untuk melanjutkan di perangkat lain.", "We have sent a code to the e-mail address that you wrote. The message also has a link to go on from another device.";
        sign_in_title: "Masukkan kode untuk masuk", "Enter the code to sign in";
        sign_in_lead: "Kata sandi cocok. Kami mengirim kode ke alamat e-mail akun Anda, karena perangkat ini belum dikenal. Setelah itu perangkat ini dikenal selama 90 hari.", "The password is right. We have sent a code to the e-mail address of your account, because this device is not known yet. It is known for 90 days after that.";
        sms_lead: "Kami mengirim kode lewat SMS ke nomor telepon akun Anda.", "We have sent a code by text message to the phone number of your account.";
        submit: "Lanjutkan", "Continue";
    }
}

pub(super) fn routes() -> Routes<Portal> {
    Routes::new()
        .get("/langkah", arrive)
        .get("/daftar/kode", show)
        .post("/daftar/kode", submit)
        .get("/masuk/kode", show)
        .post("/masuk/kode", submit)
}

/// Takes the step of a letter's link into this browser.
async fn arrive(State(portal): State<Portal>, visitor: Visitor) -> Result<Response, Fault> {
    let sealed = visitor.asked("k").unwrap_or_default();
    match Step::open(&portal.service.keys, &sealed, portal.service.clock.now()) {
        Some(step) => Ok(go_with(&visitor, place(step.purpose()), &[(Cookie::Step, &sealed)])),
        None => Ok(visitor.go(match Step::read(&portal.service.keys, &sealed) {
            Some(step) if !step.needs_code() => LETTER_OVER,
            _ => "/masuk",
        })),
    }
}

/// The step of this browser; an error is the page where it stands.
pub(super) fn step_here(portal: &Portal, visitor: &Visitor) -> Result<Step, &'static str> {
    let sealed = visitor.step.as_deref().unwrap_or_default();
    let step = Step::open(&portal.service.keys, sealed, portal.service.clock.now());
    let step = step.ok_or("/masuk")?;
    let own = place(step.purpose());
    if *visitor.path == *own { Ok(step) } else { Err(own) }
}

async fn page(
    portal: &Portal,
    visitor: &Visitor,
    step: Step,
    shown: (Option<String>, bool),
) -> Result<Response, Fault> {
    let texts = StepTexts::of(visitor.language);
    let (title, lead, back) = match step.purpose() {
        CodePurpose::ConfirmEmail => (texts.confirm_title, texts.confirm_lead, "/daftar"),
        CodePurpose::SignIn
        | CodePurpose::ResetPassword
        | CodePurpose::ConfirmPhone
        | CodePurpose::ChangeEmail
        | CodePurpose::ChangePhone => (texts.sign_in_title, texts.sign_in_lead, "/masuk"),
    };
    let lead = [lead, texts.sms_lead];
    let question = CodeQuestion {
        purpose: step.purpose(),
        title,
        lead,
        fields: Vec::new(),
        submit: texts.submit,
        back,
    };
    let view = portal.service.step_code(step).await?;
    question.show((portal, visitor), &view, shown)
}

async fn show(State(portal): State<Portal>, visitor: Visitor) -> Result<Response, Fault> {
    match step_here(&portal, &visitor) {
        Ok(step) => page(&portal, &visitor, step, (None, false)).await,
        Err(elsewhere) => Ok(visitor.go(elsewhere)),
    }
}

async fn submit(
    State(portal): State<Portal>,
    visitor: Visitor,
    form: Form,
) -> Result<Response, Fault> {
    let step = match step_here(&portal, &visitor) {
        Ok(step) => step,
        Err(elsewhere) => return Ok(visitor.go(elsewhere)),
    };
    let mut randomness = (portal.service.randomness)();
    let act = &mut portal.service.act("citizen", &visitor.request_id, &mut randomness);
    if let Some(channel) = asks_again(&form) {
        let sent = send_again(act, step, channel, &link_to(&portal, &visitor)).await?;
        if is_early(sent) {
            return page(&portal, &visitor, step, (None, true)).await;
        }
        return Ok(visitor.go(&here(&visitor)));
    }
    let Some(code) = Code::parse(form.text(CODE)) else {
        let fault = Some(shape_fault(visitor.language));
        return page(&portal, &visitor, step, (fault, false)).await;
    };
    match enter_by_code(act, step, &code, visitor.device).await? {
        EntryAnswer::Entered(entered) => {
            let wished = match step.purpose() {
                CodePurpose::ConfirmEmail => Some("/pendaftaran".to_owned()),
                CodePurpose::SignIn
                | CodePurpose::ResetPassword
                | CodePurpose::ConfirmPhone
                | CodePurpose::ChangeEmail
                | CodePurpose::ChangePhone => visitor.asked(GO_ON),
            };
            Ok(enter(&visitor, &goes_on_to(wished.as_deref()), &entered))
        }
        EntryAnswer::Refused(refusal) => {
            let fault = Some(code_fault(refusal, visitor.language));
            page(&portal, &visitor, step, (fault, false)).await
        }
        EntryAnswer::Guessable => Err(Fault::Internal),
    }
}

/// This page with its query, which says where to go on to.
fn here(visitor: &Visitor) -> String {
    if visitor.query.is_empty() {
        visitor.path.to_string()
    } else {
        format!("{}?{}", visitor.path, visitor.query)
    }
}
