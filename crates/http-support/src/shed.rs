//! Around everything: whoever cannot be served is told so before any work is done for them.

use std::fmt;
use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, RETRY_AFTER,
    X_CONTENT_TYPE_OPTIONS,
};
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::Response;
use metrics::counter;
use tokio::sync::OwnedSemaphorePermit;

use crate::admission::{Admission, Turn};
use crate::bodies::Bodies;
use crate::class::{Sends, Work};
use crate::limits::{Counted, Limits};

/// Answers to requests by class, `served` or `shed`.
pub const REQUESTS: &str = "gelombang_requests_total";

/// When to come back: the queues are shorter than a second, and so is what the limit needs to follow.
const RETRY_SECONDS: &str = "3";

/// Only our own style sheet.
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; \
                      form-action 'none'; frame-ancestors 'none'";

/// What a request asks for, by its method and path; `None` for what costs nothing and is never turned away.
pub type Classify = fn(&Method, &str) -> Option<Work>;

/// What is said to those who are turned away, written once.
#[derive(Clone, Debug)]
pub struct Refusal {
    /// Type of the content.
    pub content_type: &'static str,
    /// The page or document.
    pub body: Bytes,
}

/// Which refusal a request gets, by its method and path.
pub type Refuse = Arc<dyn Fn(&Method, &str) -> Refusal + Send + Sync>;

/// What the layer works with; cheap to copy.
#[derive(Clone)]
pub struct Shedding {
    /// Who may go ahead.
    pub admission: Admission,
    /// What is on its way.
    pub bodies: Bodies,
    /// How often an address may ask; `None` where nobody sends anything.
    pub limits: Option<Arc<Limits>>,
    /// What a request is.
    pub classify: Classify,
    /// What it is told when it may not.
    pub refuse: Refuse,
}

impl fmt::Debug for Shedding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shedding").field("admission", &self.admission).finish_non_exhaustive()
    }
}

/// What a request holds while it is worked on.
enum Place {
    Turn { _turn: Turn },
    Picture { _place: OwnedSemaphorePermit },
}

impl Shedding {
    /// What came with a request, and its place; `None` if it cannot be served now.
    async fn let_in(&self, work: Work, parts: &mut Parts, body: Body) -> Option<(Body, Place)> {
        match work.sends {
            Sends::Nothing => self.take_turn(work, body).await,
            Sends::Form => {
                // Whoever asks too often is told so behind, without being listened to.
                let body = if self.is_within_rate(parts) { body } else { Body::empty() };
                let (body, _until_taken) = self.bodies.form(body).await?;
                self.take_turn(work, body).await
            }
            Sends::Picture => {
                self.bodies.picture().map(|place| (body, Place::Picture { _place: place }))
            }
        }
    }

    async fn take_turn(&self, work: Work, body: Body) -> Option<(Body, Place)> {
        let turn = self.admission.turn(work).await?;
        Some((body, Place::Turn { _turn: turn }))
    }

    /// Counts the request for its address. The guards behind go by what was found.
    fn is_within_rate(&self, parts: &mut Parts) -> bool {
        let Some(limits) = &self.limits else { return true };
        let client = limits.client(&parts.extensions, &parts.headers);
        let counted = limits.check_address(client);
        parts.extensions.insert(Counted(counted));
        counted.is_ok()
    }
}

/// Lets a request through, or turns it away.
pub async fn shed(State(shedding): State<Shedding>, request: Request, next: Next) -> Response {
    let Some(work) = (shedding.classify)(request.method(), request.uri().path()) else {
        return next.run(request).await;
    };
    let class = work.class.name();
    let (mut parts, body) = request.into_parts();
    if let Some((body, place)) = shedding.let_in(work, &mut parts, body).await {
        counter!(REQUESTS, "class" => class, "outcome" => "served").increment(1);
        let response = next.run(Request::from_parts(parts, body)).await;
        drop(place);
        response
    } else {
        counter!(REQUESTS, "class" => class, "outcome" => "shed").increment(1);
        refusal((shedding.refuse)(&parts.method, parts.uri.path()))
    }
}

fn refusal(told: Refusal) -> Response {
    let mut response = Response::new(Body::from(told.body));
    *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    let headers = response.headers_mut();
    for (name, value) in [
        (CONTENT_TYPE, told.content_type),
        (RETRY_AFTER, RETRY_SECONDS),
        (CACHE_CONTROL, "no-store"),
        (CONTENT_SECURITY_POLICY, POLICY),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (REFERRER_POLICY, "no-referrer"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}
