//! Coming in: opening an account, signing in, choosing another password, each with a code that is sent.

pub(crate) mod code_page;
mod open;
mod reset;
pub(crate) mod sent;
mod sign_in;
mod step;

use app::entry::Entered;
use axum::http::header::SET_COOKIE;
use axum::response::Response;
use domain::codes::CodePurpose;
use http_support::Routes;

use crate::cookies::Cookie;
use crate::state::Portal;
use crate::visitor::Visitor;

/// Where to go on to, in the query and in the form.
const GO_ON: &str = "lanjut";
/// In the query for whoever was signed in, and is not any more.
pub(crate) const SESSION: &str = "sesi";
const EMAIL: &str = "email";

pub(crate) fn routes() -> Routes<Portal> {
    Routes::new()
        .merge(open::routes())
        .merge(sign_in::routes())
        .merge(reset::routes())
        .merge(step::routes())
}

/// Where the code of a purpose is typed.
pub(crate) const fn place(purpose: CodePurpose) -> &'static str {
    match purpose {
        CodePurpose::ConfirmEmail => "/daftar/kode",
        CodePurpose::SignIn => "/masuk/kode",
        CodePurpose::ResetPassword => "/lupa-sandi/kode",
        CodePurpose::ConfirmPhone => "/pendaftaran/telepon/kode",
        CodePurpose::ChangeEmail => "/akun/kontak/email/kode",
        CodePurpose::ChangePhone => "/akun/kontak/telepon/kode",
    }
}

/// The whole address by which a letter leads to the page that asks for its code.
fn link_to<'a>(
    portal: &'a Portal,
    visitor: &'a Visitor,
) -> impl Fn(&str) -> Option<String> + Sync + 'a {
    move |sealed| {
        let base = portal.public_url.as_deref()?;
        Some(format!("{base}{}", visitor.link(&format!("/langkah?k={sealed}"))))
    }
}

/// Goes on with cookies set; one without a value is taken back.
pub(crate) fn go_with(visitor: &Visitor, path: &str, cookies: &[(Cookie, &str)]) -> Response {
    let mut response = visitor.go(path);
    for (cookie, value) in cookies {
        let header = if value.is_empty() {
            cookie.forget(visitor.is_secure)
        } else {
            cookie.set(value, visitor.is_secure)
        };
        if let Some(header) = header {
            response.headers_mut().append(SET_COOKIE, header);
        }
    }
    response
}

/// Goes on as somebody who has come in.
fn enter(visitor: &Visitor, path: &str, entered: &Entered) -> Response {
    let (session, device) = (entered.session.token.expose(), entered.device.expose());
    let cookies = [
        (Cookie::Session, &*session),
        (Cookie::Device, &*device),
        (Cookie::Step, ""),
        (Cookie::Sent, ""),
    ];
    go_with(visitor, path, &cookies)
}
