//! `/keluar`: asks whether to end the session, which is a link away from each page of whoever is signed in, and ends it.

use app::accounts::sign_out;
use axum::extract::State;
use axum::http::HeaderValue;
use axum::http::header::SET_COOKIE;
use axum::response::Response;
use http_support::Routes;

use crate::cookies::Cookie;
use crate::fault::Fault;
use crate::form::Form;
use crate::question::Question;
use crate::state::Portal;
use crate::texts::texts;
use crate::visitor::{Member, Visitor};

/// Where one signs out.
pub(crate) const SIGN_OUT: &str = "/keluar";

texts! {
    /// What the page says.
    SignOutTexts {
        title: "Keluar dari akun Anda?", "Sign out of your account?";
        kept: "Jawaban yang sudah disimpan tetap ada. Masuk kembali kapan saja untuk meneruskan.", "What you have saved stays. Sign in again at any time to go on.";
        submit: "Keluar", "Sign out";
        everywhere: "Keluar dari semua perangkat", "Sign out of all devices";
    }
}

pub(crate) fn routes() -> Routes<Portal> {
    Routes::new().get(SIGN_OUT, ask).post(SIGN_OUT, handler)
}

async fn ask(State(portal): State<Portal>, visitor: Visitor, _: Member) -> Result<Response, Fault> {
    let texts = SignOutTexts::of(visitor.language);
    let question = Question {
        lead: vec![texts.kept.to_owned()],
        submit: texts.submit.to_owned(),
        back: Some(visitor.link("/akun")),
        links: vec![(visitor.link("/akun/kontak"), texts.everywhere.to_owned())],
        ..Question::new(&visitor, texts.title)
    };
    question.show(&portal, &visitor)
}

async fn handler(
    State(portal): State<Portal>,
    visitor: Visitor,
    member: Member,
    _: Form,
) -> Result<Response, Fault> {
    let mut randomness = (portal.service.randomness)();
    let act = &mut portal.service.act("citizen", &visitor.request_id, &mut randomness);
    sign_out(act, &member.token).await?;
    let mut response = visitor.go("/masuk");
    // With the visit goes what was kept of its forms.
    for cookie in [Cookie::Session, Cookie::Visit] {
        response
            .headers_mut()
            .extend(cookie.forget(visitor.is_secure).map(|gone| (SET_COOKIE, gone)));
    }
    // What this browser still has of the pages goes too.
    let forget = HeaderValue::from_static(r#""cache", "storage""#);
    response.headers_mut().insert("clear-site-data", forget);
    Ok(response)
}
