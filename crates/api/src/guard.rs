//! Around every request: who asks, in which language, how often; and how its answer leaves.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::HeaderValue;
use axum::http::header::CACHE_CONTROL;
use axum::middleware::Next;
use axum::response::Response;
use domain::reasons::Language;
use http_support::network;
use tokio::time::timeout;
use tower_http::request_id::RequestId;

use crate::language;
use crate::problem::{Problem, render};
use crate::state::Api;

/// How long a request may take. The longest wait is for a turn to hash a password, about a second.
const REQUEST_LIMIT: Duration = Duration::from_secs(5);

/// How long an officer's may: freezing or drawing a national wave takes minutes. Who is no officer is turned away
/// before anything is read.
const OFFICER_LIMIT: Duration = Duration::from_mins(10);

/// How long a request to this address may take.
fn limit(path: &str) -> Duration {
    if path.starts_with("/api/v1/officer/") { OFFICER_LIMIT } else { REQUEST_LIMIT }
}

/// What handlers know of the request beside its content.
#[derive(Clone, Debug)]
pub(crate) struct RequestInfo {
    /// Our id of it, which goes into its audit events.
    pub(crate) request_id: Arc<str>,
    /// Language of the answer.
    pub(crate) language: Language,
    /// The network that asks; never logged.
    pub(crate) network: IpAddr,
}

/// Lets a request through to its handler, or not; writes problems out.
pub(crate) async fn guard(State(api): State<Api>, mut request: Request, next: Next) -> Response {
    let client = api.limits.client(request.extensions(), request.headers());
    let info = RequestInfo {
        request_id: request_id(&api, &request),
        language: language::preferred(request.headers()),
        network: network(client),
    };
    let (admitted, limit) = (admit(&api, &request, client), limit(request.uri().path()));
    request.extensions_mut().insert(info.clone());
    let answered = match admitted {
        Ok(()) => timeout(limit, next.run(request)).await.map_err(|_| {
            tracing::warn!(limit_s = limit.as_secs(), "a request took too long");
            Problem::Unavailable
        }),
        Err(problem) => Err(problem),
    };
    let mut response = match answered {
        Ok(response) => finish(response, &info),
        Err(problem) => render(&problem, info.language, &info.request_id),
    };
    if let Ok(id) = HeaderValue::from_str(&info.request_id) {
        response.headers_mut().insert("x-request-id", id);
    }
    response
}

/// Turns away before anything is read. An answer at once costs less than a wait for what is not there.
fn admit(api: &Api, request: &Request, client: IpAddr) -> Result<(), Problem> {
    let checked = api.limits.check_request(request.extensions(), client);
    checked.map_err(Problem::TooManyRequests)?;
    if api.gate.is_open() { Ok(()) } else { Err(Problem::Unavailable) }
}

/// A handler's problem is written out; any other answer is not to be kept by anybody.
fn finish(mut response: Response, info: &RequestInfo) -> Response {
    let Some(problem) = response.extensions_mut().remove::<Problem>() else {
        response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        return response;
    };
    let mut written = render(&problem, info.language, &info.request_id);
    // Which methods an address knows, where axum has said so.
    if let Some(allow) = response.headers_mut().remove(axum::http::header::ALLOW) {
        written.headers_mut().insert(axum::http::header::ALLOW, allow);
    }
    written
}

/// The id that the outermost layer made, so that log, audit and answer name the same; one of our own where
/// nobody has.
fn request_id(api: &Api, request: &Request) -> Arc<str> {
    let made = request.extensions().get::<RequestId>();
    if let Some(made) = made.and_then(|id| id.header_value().to_str().ok()) {
        return made.into();
    }
    let mut bytes = [0; 16];
    (api.service.randomness)().fill_bytes(&mut bytes);
    uuid::Builder::from_random_bytes(bytes).into_uuid().to_string().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Officers have long, everybody else has not.
    #[test]
    fn limits() {
        assert_eq!(limit("/api/v1/officer/proposals/prp_1/approval"), OFFICER_LIMIT);
        for path in ["/api/v1/me", "/api/v1/officers", "/api/v1/waves/71/joins"] {
            assert_eq!(limit(path), REQUEST_LIMIT);
        }
    }
}
