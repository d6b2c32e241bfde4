//! `POST /keluar`: ends the session.

use app::accounts::sign_out;
use axum::extract::State;
use axum::http::HeaderValue;
use axum::http::header::SET_COOKIE;
use axum::response::Response;
use http_support::Routes;

use crate::cookies::Cookie;
use crate::fault::Fault;
use crate::form::Form;
use crate::state::Portal;
use crate::visitor::{Member, Visitor};

pub(crate) fn routes() -> Routes<Portal> {
    Routes::new().post("/keluar", handler)
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
    if let Some(cookie) = Cookie::Session.forget(visitor.is_secure) {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    // What this browser still has of the pages goes too.
    let forget = HeaderValue::from_static(r#""cache", "storage""#);
    response.headers_mut().insert("clear-site-data", forget);
    Ok(response)
}
