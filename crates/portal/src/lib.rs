//! The citizens' pages: signing in, registering, joining, and one's own account, as forms that work without scripts.
//!
//! Purpose: a person with a cheap phone on a slow line does everything the programme asks of her here, in Indonesian
//! or English, and is told why. Every page stands at its Indonesian address and, in English, at the same one
//! below `/en`.
//!
//! Invariants:
//! - No SQL and no rule: a handler authorises, parses, makes one call of `app`, and shows what comes back.
//! - No outside system is asked within a request: what is to be asked is stored, and the page says so.
//! - What a form sends is taken only with the token that the form was given (`csrf`), and answered by a redirect.
//! - Nothing personal is in an address, a log or a cookie; no page is kept by anybody.
//! - What is typed is shown again when it is refused, but never a password or a code.
#![deny(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod ability;
mod account;
mod assets;
mod contact;
mod cookies;
mod csrf;
mod entry;
mod face_check;
mod fault;
mod field;
mod form;
mod guard;
mod identity_photo;
mod kept;
mod own;
mod page;
mod picture;
mod question;
mod register;
mod rights;
mod sign_out;
mod state;
mod texts;
mod upload;
mod visitor;
mod waiting;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn_with_state;
use http_support::{Known, Routes};
use tower_http::compression::CompressionLayer;

pub use crate::state::Portal;
pub use crate::waiting::WaitingRoom;

/// Largest body of a form. An address that takes a file brings a limit of its own.
const BODY_BYTES_MAX: usize = http_support::FORM_BYTES_MAX;

/// Where a file is sent to, as it stands in Indonesian.
pub const UPLOADS: [&str; 2] = [face_check::PATH, identity_photo::PATH];

/// All pages in one language.
fn pages() -> Routes<Portal> {
    Routes::new()
        .merge(entry::routes())
        .merge(sign_out::routes())
        .merge(account::routes())
        .merge(identity_photo::routes())
        .merge(face_check::routes())
        .merge(ability::routes())
        .merge(own::routes())
        .merge(waiting::routes())
        .merge(register::routes())
        .merge(contact::routes())
        .merge(rights::routes())
}

/// The addresses of the pages, as they stand in Indonesian.
pub fn known() -> Vec<Known> {
    pages().known().to_vec()
}

/// All pages in both languages, to be merged with others.
pub fn router(portal: Portal) -> Router {
    guarded(portal, |pages| pages)
}

/// The same with a waiting room before pages that begin an act.
pub fn router_with_room(portal: Portal, room: WaitingRoom) -> Router {
    guarded(portal, |pages| pages.layer(from_fn_with_state(room, waiting::queue)))
}

fn guarded(portal: Portal, inside: impl FnOnce(Router<Portal>) -> Router<Portal>) -> Router {
    let pages = pages().into_router();
    let pages = Router::new().merge(pages.clone()).nest("/en", pages);
    inside(pages)
        .merge(assets::router())
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .layer(from_fn_with_state(portal.clone(), guard::guard))
        .layer(CompressionLayer::new())
        .with_state(portal)
}
