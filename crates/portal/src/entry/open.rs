//! `/daftar`: opening an account.

use app::entry::{Accepted, Opening, open_by_code};
use axum::extract::State;
use axum::response::Response;
use domain::account::Password;
use domain::codes::CodePurpose;
use domain::consent::ConsentKind;
use domain::identity::Email;
use http_support::Routes;

use super::sent::sent_to_email;
use super::{EMAIL, go_with, link_to, place};
use crate::cookies::Cookie;
use crate::fault::Fault;
use crate::field::{Control, Field, Line};
use crate::form::{Form, PASSWORD};
use crate::question::Question;
use crate::state::Portal;
use crate::texts::texts;
use crate::visitor::Visitor;

texts! {
    /// What the page says.
    OpenTexts {
        title: "Buka akun", "Open an account";
        lead: "Satu akun untuk satu orang. Setelah ini Anda dapat mengisi pendaftaran sedikit demi sedikit, juga di perangkat lain. Waktu mendaftar tidak memengaruhi peluang.", "One account for one person. After this you can fill in your registration bit by bit, on another device too. When you register does not change your chances.";
        email: "Alamat e-mail", "E-mail address";
        email_hint: "Kami mengirim kode ke alamat ini", "We send a code to this address";
        email_wrong: "Tulis alamat e-mail, misalnya nama@contoh.id", "Write an e-mail address, such as name@example.com";
        password: "Kata sandi", "Password";
        password_hint: "12 sampai 128 karakter, bebas memakai huruf, angka, atau spasi. Misalnya beberapa kata yang mudah Anda ingat", "12 to 128 characters of any kind: letters, digits, spaces. A few words that you remember, for example";
        password_wrong: "Tulis kata sandi dengan 12 sampai 128 karakter", "Write a password of 12 to 128 characters";
        guessable: "Kata sandi ini mudah ditebak. Pilih yang lain", "Others would guess this password. Choose another one";
        terms: "Centang persetujuan atas syarat program", "Tick that you agree to the terms of the programme";
        privacy: "Centang persetujuan atas penggunaan data pribadi", "Tick that you agree to the use of your personal data";
        submit: "Buka akun", "Open the account";
        sign_in: "Sudah punya akun? Masuk", "You have an account? Sign in";
    }
}

const TERMS: &str = "syarat";
const PRIVACY: &str = "privasi";

pub(super) fn routes() -> Routes<Portal> {
    Routes::new().get("/daftar", show).post("/daftar", submit)
}

async fn show(State(portal): State<Portal>, visitor: Visitor) -> Result<Response, Fault> {
    question(&visitor, "", [false; 2], [None, None, None, None]).show(&portal, &visitor)
}

fn question(
    visitor: &Visitor,
    email: &str,
    [terms, privacy]: [bool; 2],
    faults: [Option<String>; 4],
) -> Question {
    let texts = OpenTexts::of(visitor.language);
    let [email_fault, password_fault, terms_fault, privacy_fault] = faults;
    let tick = |name, kind: ConsentKind, is_ticked: bool, fault: Option<String>| {
        let words = kind.text().words(visitor.language.of_sentences());
        let value = if is_ticked { "ya" } else { "" };
        Field::new(name, words, Control::Tick).value(value).fault(fault)
    };
    Question {
        lead: vec![texts.lead.to_owned()],
        fields: vec![
            Field::new(EMAIL, texts.email, Control::Line(Line::EMAIL))
                .hint(texts.email_hint)
                .value(email)
                .fault(email_fault),
            Field::new(PASSWORD, texts.password, Control::Line(Line::NEW_PASSWORD))
                .hint(texts.password_hint)
                .fault(password_fault),
            tick(TERMS, ConsentKind::Terms, terms, terms_fault),
            tick(PRIVACY, ConsentKind::Privacy, privacy, privacy_fault),
        ],
        submit: texts.submit.to_owned(),
        links: vec![(visitor.link("/masuk"), texts.sign_in.to_owned())],
        ..Question::new(visitor, texts.title)
    }
}

async fn submit(
    State(portal): State<Portal>,
    visitor: Visitor,
    form: Form,
) -> Result<Response, Fault> {
    let texts = OpenTexts::of(visitor.language);
    let typed = form.text(EMAIL);
    let ticked = [form.has(TERMS), form.has(PRIVACY)];
    let (email, password) = (Email::parse(typed), Password::parse(form.raw(PASSWORD)));
    let password_fault = match (&email, &password) {
        (_, Err(_)) => Some(texts.password_wrong),
        (Ok(email), Ok(password)) if password.is_guessable(email) => Some(texts.guessable),
        (_, Ok(_)) => None,
    };
    let [terms, privacy] = ticked;
    let (email, password, accepted) = match (email, password, Accepted::both(terms, privacy)) {
        (Ok(email), Ok(password), Some(accepted)) if password_fault.is_none() => {
            (email, password, accepted)
        }
        (email, _, _) => {
            let faults = [
                email.is_err().then_some(texts.email_wrong),
                password_fault,
                (!terms).then_some(texts.terms),
                (!privacy).then_some(texts.privacy),
            ];
            let faults = faults.map(|fault| fault.map(str::to_owned));
            return question(&visitor, typed, ticked, faults).show(&portal, &visitor);
        }
    };
    let (key, language) = (form.key()?, visitor.language.of_sentences());
    let (cookie, sent) = sent_to_email(CodePurpose::ConfirmEmail, &email);
    let opening = Opening { email, password, language, accepted, key: &key };
    let mut randomness = (portal.service.randomness)();
    let act = &mut portal.service.act("citizen", &visitor.request_id, &mut randomness);
    let link = link_to(&portal, &visitor);
    let step = open_by_code(act, &portal.service.passwords, opening, &link).await?;
    let sealed = step.seal(&portal.service.keys, &mut *randomness).ok_or(Fault::Internal)?;
    Ok(go_with(&visitor, place(step.purpose()), &[(Cookie::Step, &sealed), (cookie, &sent)]))
}
