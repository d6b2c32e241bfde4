//! What was typed into a form that could not be taken: the session was over, the page too old, or its language was
//! switched. It goes back with the browser, sealed in a cookie of that page alone, and the page shows it again.

use app::kept_form::{KeptAt, KeptForm};
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::HeaderMap;
use axum::http::header::SET_COOKIE;
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Redirect, Response};
use web::Language;

use crate::BODY_BYTES_MAX;
use crate::cookies::Cookie;
use crate::entry::go_with;
use crate::fault::Fault;
use crate::form::{Form, MADE_IN, TOKEN};
use crate::state::Portal;
use crate::visitor::{Visitor, in_language};

/// What was typed before.
#[derive(Clone, Debug)]
pub(crate) struct Kept {
    /// The fields, without what is secret.
    pub(crate) form: Form,
    /// True if whoever typed it may think that it was taken.
    pub(crate) is_late: bool,
}

/// What was kept for this page, unless somebody else typed it.
pub(crate) async fn kept_here(
    portal: &Portal,
    visitor: &Visitor,
    headers: &HeaderMap,
) -> Option<Kept> {
    let KeptForm { account, is_late, fields } = opened(portal, visitor, headers)?;
    let signed_in = match &visitor.session {
        Some(token) => Some(portal.service.session(token).await.ok()??.account_id),
        None => None,
    };
    (account == signed_in).then(|| Kept { form: Form::of(fields), is_late })
}

/// Answers a form, and leads back to it with what was typed if it could not be taken.
pub(crate) async fn answer(
    portal: &Portal,
    visitor: &Visitor,
    request: Request,
    next: Next,
) -> Result<Response, Fault> {
    let (parts, body) = request.into_parts();
    let is_ours = is_ours(&parts.headers);
    let had_kept = opened(portal, visitor, &parts.headers).is_some();
    let sent = to_bytes(body, BODY_BYTES_MAX).await.map_err(|_| Fault::TooLarge)?;
    let mut response = next.run(Request::from_parts(parts, Body::from(sent.clone()))).await;
    let form = Form::parse(&sent);
    let is_known = is_ours || visitor.form_secret.has_made(form.text(TOKEN));
    let fault = response.extensions().get::<Fault>().filter(|_| visitor.has_page);
    let (is_late, is_over) = match fault {
        Some(Fault::Switched) => (false, false),
        Some(Fault::Forged) if is_ours => (true, false),
        Some(Fault::NotSignedIn) if is_known => (true, true),
        None if had_kept && response.status().is_redirection() => {
            give(&mut response, visitor, "");
            return Ok(response);
        }
        _ => return Ok(response),
    };
    let sealed = seal(portal, visitor, &form, is_late).await;
    let mut back = if is_over {
        sign_in_again(portal, visitor, sealed.is_some()).await
    } else {
        Redirect::to(&visitor.own_address()).into_response()
    };
    if let Some(sealed) = sealed {
        give(&mut back, visitor, &sealed);
    }
    Ok(back)
}

/// The way to signing in, which leads back here; whoever was signed in is told why that is over.
pub(crate) async fn sign_in_again(portal: &Portal, visitor: &Visitor, is_kept: bool) -> Response {
    let was_unused = match &visitor.session {
        Some(token) => matches!(portal.service.session_owner(token.digest()).await, Ok(Some(_))),
        None => false,
    };
    let why = match (was_unused, is_kept) {
        (true, true) => "&sesi=isian",
        (true, false) => "&sesi=berakhir",
        (false, _) => "",
    };
    let from: String = form_urlencoded::byte_serialize(visitor.page().as_bytes()).collect();
    // Nobody is shown a way out of a session that has ended.
    go_with(visitor, &format!("/masuk?lanjut={from}{why}"), &[(Cookie::Session, "")])
}

fn opened(portal: &Portal, visitor: &Visitor, headers: &HeaderMap) -> Option<KeptForm> {
    let sealed = Cookie::Kept.read(headers, visitor.is_secure)?;
    KeptForm::open(&portal.service.keys, sealed, at(visitor), portal.service.clock.now())
}

fn at(visitor: &Visitor) -> KeptAt<'_> {
    KeptAt { visit: &visitor.visit, path: &visitor.path }
}

/// True if a page of ours sent the form: every browser says so, and no other site can (Fetch Metadata, section 2.4).
/// Without that it is not kept, since another site could have filled it in.
fn is_ours(headers: &HeaderMap) -> bool {
    headers.get("sec-fetch-site").is_some_and(|site| site == "same-origin")
}

/// The form for its own page; `None` if it is too long for a cookie, or nobody knows whose it is.
async fn seal(portal: &Portal, visitor: &Visitor, form: &Form, is_late: bool) -> Option<String> {
    let service = &portal.service;
    // Of whoever the page was made for, who may not be whoever is signed in by now.
    let account = match form.text(MADE_IN) {
        "" => None,
        digits => Some(service.session_owner(digest(digits)?).await.ok()??),
    };
    let kept = KeptForm { account, is_late, fields: form.typed() };
    let mut randomness = (service.randomness)();
    kept.seal(&service.keys, at(visitor), service.clock.now(), &mut *randomness)
}

/// A digest in hexadecimal digits.
fn digest(digits: &str) -> Option<[u8; 32]> {
    let digits = digits.as_bytes().as_chunks::<2>().0.iter();
    let byte = |pair: &[u8; 2]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    digits.map(byte).collect::<Option<Vec<u8>>>()?.try_into().ok()
}

/// Sets the cookie of this page, or takes it back if the value is empty; the one of the page in the other language goes.
fn give(response: &mut Response, visitor: &Visitor, sealed: &str) {
    for language in Language::ALL {
        let value = if language == visitor.language { sealed } else { "" };
        let path = in_language(language, &visitor.path);
        let cookie = Cookie::Kept.set_below(&path, value, visitor.is_secure);
        response.headers_mut().extend(cookie.map(|cookie| (SET_COOKIE, cookie)));
    }
}
