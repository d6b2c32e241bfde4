//! `/lupa-sandi`: choosing another password by a code.

use app::entry::{EntryAnswer, begin_reset, reset_password, send_again};
use app::step::Step;
use axum::extract::State;
use axum::response::Response;
use domain::account::Password;
use domain::codes::{Code, CodePurpose};
use domain::identity::Email;
use http_support::Routes;

use super::code_page::{CodeQuestion, asks_again, code_fault, is_early, shape_fault};
use super::sent::sent_to_email;
use super::step::step_here;
use super::{EMAIL, enter, go_with, link_to, place};
use crate::cookies::Cookie;
use crate::fault::Fault;
use crate::field::{Control, Field, Line};
use crate::form::{CODE, Form, PASSWORD};
use crate::question::Question;
use crate::state::Portal;
use crate::texts::texts;
use crate::visitor::Visitor;

texts! {
    /// What the pages say; `{to}` is a masked address.
    ResetTexts {
        title: "Lupa kata sandi", "Forgotten password";
        lead: "Tulis alamat e-mail akun Anda. Kami mengirim kode untuk memilih kata sandi baru.", "Write the e-mail address of your account. We send a code to choose a new password.";
        email: "Alamat e-mail", "E-mail address";
        email_wrong: "Tulis alamat e-mail, misalnya nama@contoh.id", "Write an e-mail address, such as name@example.com";
        send: "Kirim kode", "Send a code";
        code_title: "Pilih kata sandi baru", "Choose a new password";
        by_email: "Bila alamat itu punya akun, kami sudah mengirim kode ke sana. Semua perangkat akan dikeluarkan dari akun Anda.", "If that address has an account, we have sent a code there. All devices will be signed out of your account.";
        by_sms: "Bila akun itu punya nomor telepon yang sudah dipastikan, kami sudah mengirim kode ke sana. Semua perangkat akan dikeluarkan dari akun Anda.", "If that account has a confirmed phone number, we have sent a code there. All devices will be signed out of your account.";
        password: "Kata sandi baru", "New password";
        password_hint: "12 sampai 128 karakter, bebas memakai huruf, angka, atau spasi", "12 to 128 characters of any kind: letters, digits, spaces";
        password_wrong: "Tulis kata sandi dengan 12 sampai 128 karakter", "Write a password of 12 to 128 characters";
        guessable: "Kata sandi ini mudah ditebak. Pilih yang lain, lalu tulis kodenya lagi", "Others would guess this password. Choose another one and write the code again";
        guessable_letter: "Kata sandi ini mudah ditebak. Pilih yang lain", "Others would guess this password. Choose another one";
        by_letter: "Ini untuk akun dengan alamat {to}. Bila itu bukan alamat Anda, tutup halaman ini. Anda membuka tautan dari e-mail kami, jadi tidak perlu kode. Semua perangkat akan dikeluarkan dari akun Anda.", "This is for the account with the address {to}. If that is not your address, close this page. You came by the link of our e-mail, so no code is needed. All devices will be signed out of your account.";
        letter_over: "Tautan itu sudah dipakai atau sudah tidak berlaku. Tulis alamat e-mail Anda untuk mendapat yang baru.", "That link was used, or is no longer valid. Write your e-mail address to get a new one.";
        submit: "Simpan kata sandi baru", "Save the new password";
    }
}

pub(super) fn routes() -> Routes<Portal> {
    const CODE_PATH: &str = "/lupa-sandi/kode";
    Routes::new()
        .get("/lupa-sandi", ask)
        .post("/lupa-sandi", send)
        .get(CODE_PATH, show)
        .post(CODE_PATH, submit)
}

/// Where whoever came by a letter that is of no use any more gets another one.
pub(super) const LETTER_OVER: &str = "/lupa-sandi?tautan=lama";

fn question(visitor: &Visitor, email: &str, fault: Option<String>) -> Question {
    let texts = ResetTexts::of(visitor.language);
    let field = Field::new(EMAIL, texts.email, Control::Line(Line::EMAIL));
    let over = visitor.asked("tautan").map(|_| texts.letter_over);
    Question {
        lead: vec![over.unwrap_or(texts.lead).to_owned()],
        fields: vec![field.value(email).fault(fault)],
        submit: texts.send.to_owned(),
        back: Some(visitor.link("/masuk")),
        ..Question::new(visitor, texts.title)
    }
}

async fn ask(State(portal): State<Portal>, visitor: Visitor) -> Result<Response, Fault> {
    question(&visitor, "", None).show(&portal, &visitor)
}

async fn send(
    State(portal): State<Portal>,
    visitor: Visitor,
    form: Form,
) -> Result<Response, Fault> {
    let Ok(email) = Email::parse(form.text(EMAIL)) else {
        let fault = ResetTexts::of(visitor.language).email_wrong.to_owned();
        return question(&visitor, form.text(EMAIL), Some(fault)).show(&portal, &visitor);
    };
    let mut randomness = (portal.service.randomness)();
    let act = &mut portal.service.act("citizen", &visitor.request_id, &mut randomness);
    let step = begin_reset(act, &email, &link_to(&portal, &visitor)).await?;
    let sealed = step.seal(&portal.service.keys, &mut *randomness).ok_or(Fault::Internal)?;
    let (cookie, sent) = sent_to_email(CodePurpose::ResetPassword, &email);
    Ok(go_with(&visitor, place(step.purpose()), &[(Cookie::Step, &sealed), (cookie, &sent)]))
}

async fn page(
    portal: &Portal,
    visitor: &Visitor,
    step: Step,
    (faults, is_early): ([Option<String>; 2], bool),
) -> Result<Response, Fault> {
    let texts = ResetTexts::of(visitor.language);
    let [code_fault, password_fault] = faults;
    let password = Field::new(PASSWORD, texts.password, Control::Line(Line::NEW_PASSWORD));
    let password = password.hint(texts.password_hint).fault(password_fault);
    if !step.needs_code() {
        // A letter that somebody else had sent on names another account than one's own.
        let Some(address) = portal.service.letter_address(step).await? else {
            return Ok(go_with(visitor, LETTER_OVER, &[(Cookie::Step, "")]));
        };
        let question = Question {
            lead: vec![texts.by_letter.replace("{to}", &address.masked())],
            fields: vec![password],
            submit: texts.submit.to_owned(),
            back: Some(visitor.link("/masuk")),
            ..Question::new(visitor, texts.code_title)
        };
        return question.show(portal, visitor);
    }
    let question = CodeQuestion {
        purpose: step.purpose(),
        title: texts.code_title,
        lead: [texts.by_email, texts.by_sms],
        fields: vec![password],
        submit: texts.submit,
        back: "/lupa-sandi",
    };
    let view = portal.service.step_code(step).await?;
    question.show((portal, visitor), &view, (code_fault, is_early))
}

async fn show(State(portal): State<Portal>, visitor: Visitor) -> Result<Response, Fault> {
    match step_here(&portal, &visitor) {
        Ok(step) => page(&portal, &visitor, step, ([None, None], false)).await,
        Err(elsewhere) => Ok(visitor.go(elsewhere)),
    }
}

async fn submit(
    State(portal): State<Portal>,
    visitor: Visitor,
    form: Form,
) -> Result<Response, Fault> {
    let texts = ResetTexts::of(visitor.language);
    let step = match step_here(&portal, &visitor) {
        Ok(step) => step,
        Err(elsewhere) => return Ok(visitor.go(elsewhere)),
    };
    let mut randomness = (portal.service.randomness)();
    let act = &mut portal.service.act("citizen", &visitor.request_id, &mut randomness);
    if let Some(channel) = asks_again(&form).filter(|_| step.needs_code()) {
        let sent = send_again(act, step, channel, &link_to(&portal, &visitor)).await?;
        if is_early(sent) {
            return page(&portal, &visitor, step, ([None, None], true)).await;
        }
        return Ok(visitor.go(&visitor.path));
    }
    let (code, password) = (Code::parse(form.text(CODE)), Password::parse(form.raw(PASSWORD)));
    let lacks_code = code.is_none() && step.needs_code();
    let password = match password {
        Ok(password) if !lacks_code => password,
        password => {
            let faults = [
                lacks_code.then(|| shape_fault(visitor.language)),
                password.is_err().then(|| texts.password_wrong.to_owned()),
            ];
            return page(&portal, &visitor, step, (faults, false)).await;
        }
    };
    let passwords = &portal.service.passwords;
    let link = link_to(&portal, &visitor);
    match reset_password(act, passwords, (step, code.as_ref()), password, &link).await? {
        EntryAnswer::Entered(entered) => Ok(enter(&visitor, "/akun", &entered)),
        EntryAnswer::Refused(_) if !step.needs_code() => {
            Ok(go_with(&visitor, LETTER_OVER, &[(Cookie::Step, "")]))
        }
        EntryAnswer::Refused(refusal) => {
            let faults = [Some(code_fault(refusal, visitor.language)), None];
            page(&portal, &visitor, step, (faults, false)).await
        }
        EntryAnswer::Guessable => {
            let guessable =
                if step.needs_code() { texts.guessable } else { texts.guessable_letter };
            page(&portal, &visitor, step, ([None, Some(guessable.to_owned())], false)).await
        }
    }
}
