//! `/masuk`: signing in.

use app::entry::{BeginAnswer, begin_sign_in};
use axum::extract::State;
use axum::response::Response;
use domain::account::Password;
use domain::identity::Email;
use domain::time::Timestamp;
use http_support::Routes;
use web::format::date_time;

use super::code_page::next_minute;
use super::sent::sent_to_email;
use super::{EMAIL, GO_ON, SESSION, go_with, link_to, place};
use crate::cookies::Cookie;
use crate::fault::Fault;
use crate::field::{Control, Field, Line};
use crate::form::{Form, PASSWORD};
use crate::question::Question;
use crate::state::Portal;
use crate::texts::texts;
use crate::visitor::{Visitor, goes_on_to};

texts! {
    /// What the page says.
    SignInTexts {
        title: "Masuk", "Sign in";
        email: "Alamat e-mail", "E-mail address";
        password: "Kata sandi", "Password";
        email_wrong: "Tulis alamat e-mail, misalnya nama@contoh.id", "Write an e-mail address, such as name@example.com";
        password_missing: "Tulis kata sandi Anda", "Write your password";
        wrong: "Alamat e-mail atau kata sandi tidak cocok", "The e-mail address or password is not right";
        open: "Belum punya akun? Buka akun", "No account yet? Open one";
        forgotten: "Lupa kata sandi", "Forgotten password";
        ended: "Halaman kami lama tidak dibuka, jadi demi keamanan Anda perlu masuk lagi. Setelah itu Anda melanjutkan dari tempat tadi.", "Our pages were not used for a while, so for your safety you have to sign in again. Then you go on from where you were.";
        kept: "Isian yang tadi masih ada.", "What you had typed is still there.";
        locked: "Terlalu banyak percobaan. Anda dapat mencoba lagi pada", "Too many tries. You can try again on";
    }
}

pub(super) fn routes() -> Routes<Portal> {
    Routes::new().get("/masuk", show).post("/masuk", submit)
}

async fn show(State(portal): State<Portal>, visitor: Visitor) -> Result<Response, Fault> {
    let go_on = goes_on_to(visitor.asked(GO_ON).as_deref());
    question(&visitor, "", [None, None], go_on).show(&portal, &visitor)
}

fn question(
    visitor: &Visitor,
    email: &str,
    faults: [Option<String>; 2],
    go_on: String,
) -> Question {
    let texts = SignInTexts::of(visitor.language);
    let [email_fault, password_fault] = faults;
    Question {
        fields: vec![
            Field::new(EMAIL, texts.email, Control::Line(Line::EMAIL))
                .value(email)
                .fault(email_fault),
            Field::new(PASSWORD, texts.password, Control::Line(Line::PASSWORD))
                .fault(password_fault),
        ],
        lead: match visitor.asked(SESSION).as_deref() {
            Some("isian") => vec![format!("{} {}", texts.ended, texts.kept)],
            Some(_) => vec![texts.ended.to_owned()],
            None => Vec::new(),
        },
        submit: texts.title.to_owned(),
        hidden: vec![(GO_ON, go_on)],
        links: vec![
            (visitor.link("/daftar"), texts.open.to_owned()),
            (visitor.link("/lupa-sandi"), texts.forgotten.to_owned()),
        ],
        ..Question::new(visitor, texts.title)
    }
}

async fn submit(
    State(portal): State<Portal>,
    visitor: Visitor,
    form: Form,
) -> Result<Response, Fault> {
    let texts = SignInTexts::of(visitor.language);
    let typed = form.text(EMAIL);
    let go_on = goes_on_to(Some(form.text(GO_ON)));
    let refuse = |email: Option<String>, password: Option<String>| {
        question(&visitor, typed, [email, password], go_on.clone()).show(&portal, &visitor)
    };
    let (email, password) = (Email::parse(typed), Password::parse(form.raw(PASSWORD)));
    let (email, password) = match (email, password) {
        (Ok(email), Ok(password)) => (email, password),
        (Ok(_), Err(_)) if !form.raw(PASSWORD).is_empty() => {
            return refuse(Some(texts.wrong.to_owned()), None);
        }
        (email, password) => {
            return refuse(
                email.is_err().then(|| texts.email_wrong.to_owned()),
                password.is_err().then(|| texts.password_missing.to_owned()),
            );
        }
    };
    let mut randomness = (portal.service.randomness)();
    let act = &mut portal.service.act("citizen", &visitor.request_id, &mut randomness);
    let (passwords, link) = (&portal.service.passwords, link_to(&portal, &visitor));
    match begin_sign_in(act, passwords, (&email, password), visitor.device, &link).await? {
        BeginAnswer::SignedIn(session) => {
            Ok(go_with(&visitor, &go_on, &[(Cookie::Session, &session.token.expose())]))
        }
        BeginAnswer::CodeNeeded(step) => {
            let keys = &portal.service.keys;
            let sealed = step.seal(keys, &mut *randomness).ok_or(Fault::Internal)?;
            let go_on: String = form_urlencoded::byte_serialize(go_on.as_bytes()).collect();
            let path = format!("{}?{GO_ON}={go_on}", place(step.purpose()));
            let (cookie, sent) = sent_to_email(step.purpose(), &email);
            Ok(go_with(&visitor, &path, &[(Cookie::Step, &sealed), (cookie, &sent)]))
        }
        BeginAnswer::Wrong => refuse(Some(texts.wrong.to_owned()), None),
        BeginAnswer::Locked { until } => refuse(Some(locked(&visitor, until)), None),
    }
}

fn locked(visitor: &Visitor, until: Timestamp) -> String {
    let texts = SignInTexts::of(visitor.language);
    format!("{} {}", texts.locked, date_time(next_minute(until), visitor.language))
}
