//! Around every page: who visits, in which language, how often; and how the page leaves.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use app::device::DeviceToken;
use axum::extract::{MatchedPath, Request, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, LOCATION, SET_COOKIE, STRICT_TRANSPORT_SECURITY,
};
use axum::http::{HeaderValue, Method};
use axum::middleware::Next;
use axum::response::Response;
use domain::account::SessionToken;
use http_support::network;
use tokio::time::timeout;
use tower_http::request_id::RequestId;
use web::Language;

use crate::UPLOADS;
use crate::cookies::Cookie;
use crate::csrf::FormSecret;
use crate::fault::{Fault, render};
use crate::kept::{answer, kept_here, sign_in_again};
use crate::state::Portal;
use crate::visitor::Visitor;

/// How long a page may take once its form is there. The longest wait is for a turn to hash a password, about a second.
const LIMIT: Duration = Duration::from_secs(5);

/// How long a page may take that takes a file: 6 MB at 400 kbit/s.
const UPLOAD_LIMIT: Duration = Duration::from_mins(3);

/// Our own files and pictures written into the page; forms for us alone; framed by nobody.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data: blob:; \
                      connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/// Two years, as lists of such hosts ask for (hstspreload.org).
const ONLY_HTTPS: &str = "max-age=63072000; includeSubDomains";

/// Lets a request through to its page, or not; writes faults out.
pub(crate) async fn guard(State(portal): State<Portal>, request: Request, next: Next) -> Response {
    let client = portal.limits.client(request.extensions(), request.headers());
    let (visitor, new_visit) = visitor(&portal, &request, client);
    let limit = if is_upload(&request, &visitor.path) { UPLOAD_LIMIT } else { LIMIT };
    let answered = match admit(&portal, &request, client) {
        Ok(()) => {
            let page = page(&portal, visitor.clone(), request, next);
            timeout(limit, page).await.unwrap_or_else(|_| {
                tracing::warn!(limit_s = limit.as_secs(), "a page took too long");
                Err(Fault::Unavailable)
            })
        }
        Err(fault) => Err(fault),
    };
    let response = match answered {
        Ok(mut response) => match response.extensions_mut().remove::<Fault>() {
            Some(fault) => render(&fault, &visitor),
            None => response,
        },
        Err(fault) => render(&fault, &visitor),
    };
    dress(response, &portal, new_visit.as_deref())
}

/// The page itself, with what was typed there before.
async fn page(
    portal: &Portal,
    mut visitor: Visitor,
    mut request: Request,
    next: Next,
) -> Result<Response, Fault> {
    if request.method() == Method::GET {
        visitor.kept = kept_here(portal, &visitor, request.headers()).await.map(Arc::new);
    }
    request.extensions_mut().insert(visitor.clone());
    let response = if request.method() == Method::POST && !is_upload(&request, &visitor.path) {
        answer(portal, &visitor, request, next).await?
    } else {
        next.run(request).await
    };
    match response.extensions().get::<Fault>() {
        Some(Fault::NotSignedIn) => Ok(sign_in_again(portal, &visitor, false).await),
        _ => Ok(response),
    }
}

/// Patterns of the addresses that are read.
static PAGES: LazyLock<BTreeSet<&'static str>> = LazyLock::new(|| {
    let all = crate::known().into_iter();
    all.filter(|known| known.method == Method::GET).map(|known| known.path).collect()
});

/// True if there is a page at the address of the request, and the address can go into a cookie as it is.
fn has_page(request: &Request, path: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-_.".contains(&byte);
    let matched = request.extensions().get::<MatchedPath>().map_or("", MatchedPath::as_str);
    let pattern = matched.strip_prefix("/en").unwrap_or(matched);
    PAGES.contains(pattern) && path.bytes().all(is_plain)
}

/// True for the addresses that take a file, which may be long on its way.
fn is_upload(request: &Request, path: &str) -> bool {
    request.method() == Method::POST && UPLOADS.contains(&path)
}

/// Turns away before anything is read.
fn admit(portal: &Portal, request: &Request, client: IpAddr) -> Result<(), Fault> {
    let checked = portal.limits.check_request(request.extensions(), client);
    checked.map_err(Fault::TooManyRequests)?;
    if portal.gate.is_open() { Ok(()) } else { Err(Fault::Unavailable) }
}

/// Who visits, and the value of a cookie of the visit where there was none.
fn visitor(portal: &Portal, request: &Request, client: IpAddr) -> (Visitor, Option<String>) {
    let (headers, is_secure) = (request.headers(), portal.is_secure());
    let session = Cookie::Session.read(headers, is_secure).and_then(SessionToken::parse);
    let known = Cookie::Visit.read(headers, is_secure).filter(|value| is_visit(value));
    let new_visit = known.is_none().then(|| random_hex(portal));
    let visit = known.or(new_visit.as_deref()).unwrap_or_default();
    let token = session.map(|token| token.expose()).unwrap_or_default();
    let form_secret = FormSecret::of(visit, &token);
    // Of the whole address: below `/en` the router has taken that part away.
    let original = request.extensions().get::<axum::extract::OriginalUri>();
    let uri = original.map_or_else(|| request.uri().clone(), |original| original.0.clone());
    let (language, path) = match uri.path().strip_prefix("/en") {
        Some(rest) if rest.is_empty() || rest.starts_with('/') => (Language::English, rest),
        _ => (Language::Indonesian, uri.path()),
    };
    let visitor = Visitor {
        request_id: request_id(request),
        language,
        path: path.into(),
        has_page: has_page(request, path),
        query: uri.query().unwrap_or_default().into(),
        network: network(client),
        session,
        visit: visit.into(),
        step: Cookie::Step.read(headers, is_secure).map(Into::into),
        sent: Cookie::Sent.read(headers, is_secure).map(Into::into),
        device: Cookie::Device.read(headers, is_secure).and_then(DeviceToken::parse),
        form_secret,
        kept: None,
        is_secure,
    };
    (visitor, new_visit)
}

/// As [`random_hex`] writes it; anything else is not ours.
fn is_visit(value: &str) -> bool {
    value.len() == 64 && value.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn random_hex(portal: &Portal) -> String {
    let mut random = [0; 32];
    (portal.service.randomness)().fill_bytes(&mut random);
    web::format::hex(&random)
}

/// The id that the outermost layer made, so that log and audit name the same.
fn request_id(request: &Request) -> Arc<str> {
    let made = request.extensions().get::<RequestId>();
    let made = made.and_then(|id| id.header_value().to_str().ok());
    made.unwrap_or("none").into()
}

/// Nobody keeps a page, and only a page of ours is given a cookie.
fn dress(mut response: Response, portal: &Portal, new_visit: Option<&str>) -> Response {
    let is_asset = response.headers().contains_key(CACHE_CONTROL);
    let headers = response.headers_mut();
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    if !headers.contains_key(LOCATION) {
        headers.entry(CONTENT_SECURITY_POLICY).or_insert(HeaderValue::from_static(POLICY));
    }
    if portal.is_secure() {
        headers.insert(STRICT_TRANSPORT_SECURITY, HeaderValue::from_static(ONLY_HTTPS));
    }
    let cookie = new_visit
        .filter(|_| !is_asset)
        .and_then(|visit| Cookie::Visit.set(visit, portal.is_secure()));
    if let Some(cookie) = cookie {
        headers.append(SET_COOKIE, cookie);
    }
    response
}
