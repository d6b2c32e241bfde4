//! `/akun/kontak/telepon` and `/akun/kontak/email`: another phone or address, proven by a code before it counts.

use app::contact::{ChangeAnswer, change_email, change_phone};
use app::password_again::PasswordAgain;
use axum::extract::State;
use axum::response::Response;
use domain::account::Password;
use domain::codes::CodePurpose;
use domain::identity::{Email, Phone};
use http_support::Routes;
use web::format::date_time;

use super::phone::{PHONE, not_sent, phone_field, phone_wrong};
use crate::entry::code_page::next_minute;
use crate::entry::sent::{sent_to_email, sent_to_phone};
use crate::entry::{go_with, place};
use crate::fault::Fault;
use crate::field::{Control, Field, Line};
use crate::form::{Form, PASSWORD};
use crate::question::Question;
use crate::state::Portal;
use crate::texts::texts;
use crate::visitor::{Member, Visitor};

texts! {
    /// What the pages say; `{at}` is an instant.
    ChangeTexts {
        phone_title: "Ganti nomor telepon", "Change the phone number";
        phone: "Nomor ponsel baru", "New mobile number";
        email_title: "Ganti alamat e-mail", "Change the e-mail address";
        email: "Alamat e-mail baru", "New e-mail address";
        email_wrong: "Tulis alamat e-mail, misalnya nama@contoh.id", "Write an e-mail address, such as name@example.com";
        lead: "Kami mengirim kode ke kontak yang baru, dan pemberitahuan ke yang lama. Sampai kodenya Anda masukkan, yang lama tetap dipakai.", "We send a code to the new contact and tell the former one. Until you enter the code, the former one stays in use.";
        password: "Kata sandi Anda sekarang", "Your present password";
        password_hint: "Agar orang lain yang memegang perangkat ini tidak dapat menggantinya", "So that nobody else who holds this device can change it";
        password_missing: "Tulis kata sandi Anda", "Write your password";
        password_wrong: "Kata sandi tidak cocok", "The password is not right";
        locked: "Terlalu banyak percobaan. Anda dapat mencoba lagi pada {at}", "Too many tries. You can try again on {at}";
        send: "Kirim kode", "Send a code";
    }
}

const EMAIL: &str = "email";

pub(super) fn routes() -> Routes<Portal> {
    Routes::new()
        .get("/akun/kontak/telepon", ask_phone)
        .post("/akun/kontak/telepon", send_phone)
        .get("/akun/kontak/email", ask_email)
        .post("/akun/kontak/email", send_email)
}

fn question(visitor: &Visitor, title: &str, field: Field, wrong: Option<String>) -> Question {
    let texts = ChangeTexts::of(visitor.language);
    let password = Field::new(PASSWORD, texts.password, Control::Line(Line::PASSWORD));
    Question {
        lead: vec![texts.lead.to_owned()],
        fields: vec![field, password.hint(texts.password_hint).fault(wrong)],
        submit: texts.send.to_owned(),
        back: Some(visitor.link("/akun/kontak")),
        ..Question::new(visitor, title)
    }
}

fn phone_question(visitor: &Visitor, typed: &str, [phone, wrong]: [Option<String>; 2]) -> Question {
    let texts = ChangeTexts::of(visitor.language);
    let field = phone_field(visitor, texts.phone, typed, phone);
    question(visitor, texts.phone_title, field, wrong)
}

fn email_question(visitor: &Visitor, typed: &str, [email, wrong]: [Option<String>; 2]) -> Question {
    let texts = ChangeTexts::of(visitor.language);
    let field = Field::new(EMAIL, texts.email, Control::Line(Line::EMAIL)).value(typed);
    question(visitor, texts.email_title, field.fault(email), wrong)
}

async fn ask_phone(
    State(portal): State<Portal>,
    visitor: Visitor,
    _: Member,
) -> Result<Response, Fault> {
    phone_question(&visitor, "", [None, None]).show(&portal, &visitor)
}

async fn ask_email(
    State(portal): State<Portal>,
    visitor: Visitor,
    _: Member,
) -> Result<Response, Fault> {
    email_question(&visitor, "", [None, None]).show(&portal, &visitor)
}

/// Faults of contact and password; none if a code is to be typed now.
fn faults(visitor: &Visitor, answer: ChangeAnswer) -> Option<[Option<String>; 2]> {
    let texts = ChangeTexts::of(visitor.language);
    match answer {
        ChangeAnswer::Asked(sent) => not_sent(visitor, sent).map(|why| [Some(why), None]),
        ChangeAnswer::WrongPassword => Some([None, Some(texts.password_wrong.to_owned())]),
        ChangeAnswer::Locked { until } => {
            let until = date_time(next_minute(until), visitor.language);
            Some([None, Some(texts.locked.replace("{at}", &until))])
        }
    }
}

const fn again(visitor: &Visitor, member: &Member, password: Password) -> PasswordAgain {
    PasswordAgain { account: member.account_id, device: visitor.device, password }
}

/// What is wrong with a password that is none.
fn password_fault(visitor: &Visitor, form: &Form) -> String {
    let texts = ChangeTexts::of(visitor.language);
    let is_missing = form.raw(PASSWORD).is_empty();
    if is_missing { texts.password_missing } else { texts.password_wrong }.to_owned()
}

async fn send_phone(
    State(portal): State<Portal>,
    visitor: Visitor,
    member: Member,
    form: Form,
) -> Result<Response, Fault> {
    let typed = form.text(PHONE);
    let refuse = |faults| phone_question(&visitor, typed, faults).show(&portal, &visitor);
    let (phone, password) = match (Phone::parse_typed(typed), Password::parse(form.raw(PASSWORD))) {
        (Ok(phone), Ok(password)) => (phone, password),
        (phone, password) => {
            let wrong = password.is_err().then(|| password_fault(&visitor, &form));
            return refuse([phone.is_err().then(|| phone_wrong(&visitor)), wrong]);
        }
    };
    let actor = member.account_id.to_string();
    let mut randomness = (portal.service.randomness)();
    let act = &mut portal.service.act(&actor, &visitor.request_id, &mut randomness);
    let again = again(&visitor, &member, password);
    let (cookie, sent) = sent_to_phone(CodePurpose::ChangePhone, &phone);
    let answer = change_phone(act, &portal.service.passwords, again, phone).await?;
    match faults(&visitor, answer) {
        None => Ok(go_with(&visitor, place(CodePurpose::ChangePhone), &[(cookie, &sent)])),
        Some(faults) => refuse(faults),
    }
}

async fn send_email(
    State(portal): State<Portal>,
    visitor: Visitor,
    member: Member,
    form: Form,
) -> Result<Response, Fault> {
    let texts = ChangeTexts::of(visitor.language);
    let typed = form.text(EMAIL);
    let refuse = |faults| email_question(&visitor, typed, faults).show(&portal, &visitor);
    let (email, password) = match (Email::parse(typed), Password::parse(form.raw(PASSWORD))) {
        (Ok(email), Ok(password)) => (email, password),
        (email, password) => {
            let wrong = password.is_err().then(|| password_fault(&visitor, &form));
            return refuse([email.is_err().then(|| texts.email_wrong.to_owned()), wrong]);
        }
    };
    let actor = member.account_id.to_string();
    let mut randomness = (portal.service.randomness)();
    let act = &mut portal.service.act(&actor, &visitor.request_id, &mut randomness);
    let again = again(&visitor, &member, password);
    let (cookie, sent) = sent_to_email(CodePurpose::ChangeEmail, &email);
    let answer = change_email(act, &portal.service.passwords, again, email).await?;
    match faults(&visitor, answer) {
        None => Ok(go_with(&visitor, place(CodePurpose::ChangeEmail), &[(cookie, &sent)])),
        Some(faults) => refuse(faults),
    }
}
