//! The waiting room of the opening day: who comes to register or to join waits for a place when more come than can be
//! served. Off as long as nothing demands it.
//!
//! Only reading waits: a form that somebody sends passes always, so that nothing typed is lost. Whoever is in the middle
//! of something goes on; a form that anybody can send lets nobody in. Places are kept in cookies, and the room itself
//! keeps two numbers for each ten seconds.

mod crowd;
mod page;
mod ticket;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use app::service::Service;
use axum::extract::{Request, State};
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderMap, Method};
use axum::middleware::Next;
use axum::response::Response;
use http_support::{Admission, Routes};

use self::crowd::Crowd;
use self::ticket::{Place, Ticket, Tickets};
use crate::cookies::Cookie;
use crate::fault::Fault;
use crate::state::Portal;
use crate::visitor::Visitor;

/// Where one waits.
pub(crate) const PATH: &str = "/antre";

/// How long whoever was let in stays so: as long as registering takes with pauses.
const PASS_SECONDS: i64 = 30 * 60;
/// How long a place is kept for somebody who does not come back for it.
const PLACE_SECONDS: i64 = 3 * 60 * 60;

/// The room; cheap to copy.
#[derive(Clone)]
pub struct WaitingRoom(Arc<Inner>);

struct Inner {
    service: Service,
    admission: Admission,
    tickets: Tickets,
    crowd: Mutex<Crowd>,
}

impl WaitingRoom {
    /// A room that opens when what `admission` lets in is not enough, or the desk of the joins is full.
    pub fn new(service: Service, admission: Admission) -> Self {
        let tickets = Tickets::new(service.keys.waiting_room_key());
        Self(Arc::new(Inner { service, admission, tickets, crowd: Mutex::default() }))
    }

    /// The crowd as it is now.
    fn crowd(&self) -> MutexGuard<'_, Crowd> {
        let (load, now_s) = (self.0.admission.load(), self.now_s());
        let is_tight = load.waiting > 0
            || load.in_flight * 10 >= load.limit * 9
            || self.0.service.desk.is_full();
        let mut crowd = self.0.crowd.lock().unwrap_or_else(PoisonError::into_inner);
        crowd.tick(now_s, is_tight);
        crowd
    }

    fn now_s(&self) -> i64 {
        self.0.service.clock.now().unix_seconds()
    }

    /// The ticket of whoever visits, if it is ours, this visit's, and not too old.
    fn ticket(&self, headers: &HeaderMap, visitor: &Visitor) -> Option<Ticket> {
        let lasts_s = |ticket: &Ticket| ticket.place.map_or(PASS_SECONDS, |_| PLACE_SECONDS);
        self.younger(headers, visitor, lasts_s)
    }

    /// True for who was let in and has been busy longer than that lasts, as with a long form.
    fn was_in(&self, headers: &HeaderMap, visitor: &Visitor) -> bool {
        let ticket = self.younger(headers, visitor, |_| PLACE_SECONDS);
        ticket.is_some_and(|own| own.place.is_none())
    }

    fn younger(
        &self,
        headers: &HeaderMap,
        visitor: &Visitor,
        lasts_s: impl FnOnce(&Ticket) -> i64,
    ) -> Option<Ticket> {
        let value = Cookie::Place.read(headers, visitor.is_secure)?;
        let ticket = self.0.tickets.read(value, &visitor.visit)?;
        let age_s = self.now_s() - ticket.issued_s;
        (0..=lasts_s(&ticket)).contains(&age_s).then_some(ticket)
    }

    /// True for who has a session; a cookie alone says nothing.
    async fn is_signed_in(&self, visitor: &Visitor) -> bool {
        let Some(token) = &visitor.session else { return false };
        matches!(self.0.service.session(token).await, Ok(Some(_)))
    }

    /// Puts a place, or the leave to go on, into the visitor's cookie.
    fn give(&self, response: &mut Response, visitor: &Visitor, place: Option<Place>) {
        let ticket = Ticket { issued_s: self.now_s(), place };
        let value = self.0.tickets.write(&ticket, &visitor.visit);
        if let Some(cookie) = Cookie::Place.set(&value, visitor.is_secure) {
            response.headers_mut().append(SET_COOKIE, cookie);
        }
    }

    fn random(&self) -> u32 {
        (self.0.service.randomness)().next_u32()
    }
}

impl fmt::Debug for WaitingRoom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WaitingRoom").field("crowd", &self.0.crowd).finish_non_exhaustive()
    }
}

/// The page on which one waits.
pub(crate) fn routes() -> Routes<Portal> {
    Routes::new().get(PATH, page::show)
}

/// Around every page: sends whoever has to wait to the waiting room. Stands within the guard, which knows the visit.
pub(crate) async fn queue(
    State(room): State<WaitingRoom>,
    mut request: Request,
    next: Next,
) -> Response {
    let Some(visitor) = request.extensions().get::<Visitor>().cloned() else {
        return next.run(request).await;
    };
    request.extensions_mut().insert(room.clone());
    let is_open = room.crowd().is_open();
    let is_in =
        !is_open || room.ticket(request.headers(), &visitor).is_some_and(|own| own.place.is_none());
    if is_in {
        return next.run(request).await;
    }
    if request.method() == Method::GET && is_act(&visitor.path) {
        let wished: String = form_urlencoded::byte_serialize(visitor.path.as_bytes()).collect();
        return visitor.go(&format!("{PATH}?ke={wished}"));
    }
    let is_sent = request.method() == Method::POST;
    let was_in = room.was_in(request.headers(), &visitor);
    let mut response = next.run(request).await;
    // A fault may lead elsewhere too.
    let is_taken = is_sent
        && response.status().is_redirection()
        && response.extensions().get::<Fault>().is_none();
    // Whoever is in the middle of something goes on, once what they sent was taken.
    if is_taken
        && (was_in
            || Cookie::Session.is_given(response.headers(), visitor.is_secure)
            || room.is_signed_in(&visitor).await)
    {
        room.give(&mut response, &visitor, None);
    }
    response
}

/// Pages that begin an act. One's own pages are read at any time, and so is a page that asks for a code: whoever comes to
/// it has begun, and the code does not wait.
fn is_act(path: &str) -> bool {
    let begins = |parent: &str| {
        path.strip_prefix(parent).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    let asks_code = path.ends_with("/kode");
    ["/daftar", "/masuk", "/lupa-sandi"].into_iter().any(begins) && !asks_code
        || path.ends_with("/ikut")
}
