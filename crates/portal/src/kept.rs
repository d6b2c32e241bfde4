//! What was typed into a form that could not be taken: the session was over, the page too old, or its language was
//! switched. It goes back with the browser, sealed in a cookie of that page alone, and the page shows it again.

use std::sync::LazyLock;

use app::kept_form::{KeptAt, KeptForm};
use axum::body::{Body, to_bytes};
use axum::extract::{MatchedPath, Request};
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderMap, Method};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Redirect, Response};

use crate::BODY_BYTES_MAX;
use crate::cookies::Cookie;
use crate::fault::{Fault, render};
use crate::form::Form;
use crate::state::Portal;
use crate::visitor::Visitor;

/// What was typed before.
#[derive(Clone, Debug)]
pub(crate) struct Kept {
    /// The fields, without what is secret.
    pub(crate) form: Form,
    /// True if whoever typed it may think that it was taken.
    pub(crate) is_late: bool,
}

/// Patterns of the pages that are read.
static PAGES: LazyLock<Vec<&'static str>> = LazyLock::new(|| {
    let all = crate::known().into_iter();
    all.filter(|known| known.method == Method::GET).map(|known| known.path).collect()
});

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
    let (is_ours, may_lead_back) = (is_ours(&parts.headers), has_page(&parts.extensions, visitor));
    let had_kept = opened(portal, visitor, &parts.headers).is_some();
    let sent = to_bytes(body, BODY_BYTES_MAX).await.map_err(|_| Fault::TooLarge)?;
    let mut response = next.run(Request::from_parts(parts, Body::from(sent.clone()))).await;
    let (is_late, mut back) = match response.extensions().get::<Fault>() {
        Some(Fault::Switched) if may_lead_back => (false, to_itself(visitor)),
        Some(fault @ Fault::NotSignedIn) if may_lead_back => (true, render(fault, visitor)),
        // There is nothing to come back to.
        Some(fault @ Fault::NotSignedIn) => {
            return Ok(render(fault, &Visitor { path: "/akun".into(), ..visitor.clone() }));
        }
        Some(Fault::Forged) if is_ours && may_lead_back => (true, to_itself(visitor)),
        None if had_kept && response.status().is_redirection() => {
            give(&mut response, visitor, "");
            return Ok(response);
        }
        _ => return Ok(response),
    };
    if let Some(sealed) = seal(portal, visitor, &Form::parse(&sent), is_late).await {
        give(&mut back, visitor, &sealed);
    }
    Ok(back)
}

fn opened(portal: &Portal, visitor: &Visitor, headers: &HeaderMap) -> Option<KeptForm> {
    let sealed = Cookie::Kept.read(headers, visitor.is_secure)?;
    KeptForm::open(&portal.service.keys, sealed, at(visitor), portal.service.clock.now())
}

fn at(visitor: &Visitor) -> KeptAt<'_> {
    KeptAt { visit: &visitor.visit, path: &visitor.path }
}

fn to_itself(visitor: &Visitor) -> Response {
    Redirect::to(&visitor.own_address()).into_response()
}

/// True if a page of ours sent the form: every browser says so, and no other site can (Fetch Metadata, section 2.4).
/// Without that it is not kept, since another site could have filled it in.
fn is_ours(headers: &HeaderMap) -> bool {
    headers.get("sec-fetch-site").is_some_and(|site| site == "same-origin")
}

/// True if there is a page at the address of the form, which can go into a cookie as it is.
fn has_page(extensions: &axum::http::Extensions, visitor: &Visitor) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-_.".contains(&byte);
    let Some(matched) = extensions.get::<MatchedPath>() else { return false };
    let pattern = matched.as_str();
    let pattern = pattern.strip_prefix("/en").unwrap_or(pattern);
    PAGES.contains(&pattern) && visitor.path.bytes().all(is_plain)
}

/// The form for its own page; `None` if it is too long for a cookie, or nobody knows whose it is.
async fn seal(portal: &Portal, visitor: &Visitor, form: &Form, is_late: bool) -> Option<String> {
    let service = &portal.service;
    let account = match &visitor.session {
        Some(token) => Some(service.session_owner(token).await.ok()??),
        None => None,
    };
    let kept = KeptForm { account, is_late, fields: form.typed() };
    let mut randomness = (service.randomness)();
    kept.seal(&service.keys, at(visitor), service.clock.now(), &mut *randomness)
}

/// Sets the cookie of this page, or takes it back if the value is empty.
fn give(response: &mut Response, visitor: &Visitor, sealed: &str) {
    let path = visitor.link(&visitor.path);
    let cookie = Cookie::Kept.set_below(&path, sealed, visitor.is_secure);
    response.headers_mut().extend(cookie.map(|cookie| (SET_COOKIE, cookie)));
}
