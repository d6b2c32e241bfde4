//! The citizens' pages: signing in, registering, joining, and one's own account, as forms that work without scripts.
//!
//! Purpose: a person with a cheap phone on a slow line does everything the programme asks of her here, in Indonesian
//! or English, and is told why. Every page stands at its Indonesian address and, in English, at the same one
//! below `/en`.
//!
//! Invariants:
//! - No SQL and no rule: a handler authorises, parses, makes one call of `app`, and shows what comes back.
//! - No outside system is asked within a request: what is to be asked is stored, and the page says so.
//! - What a form sends is taken only with the token that the form was given ([`csrf`]), and answered by a redirect.
//! - Nothing personal is in an address, a log or a cookie; no page is kept by anybody.
//! - What is typed is shown again when it is refused, but never a password or a code.
#![deny(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod account;
mod assets;
mod cookies;
mod csrf;
mod fault;
mod field;
mod form;
mod guard;
mod own;
mod page;
mod question;
mod rights;
mod sign_in;
mod sign_out;
mod state;
mod texts;
mod visitor;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn_with_state;
use http_support::{Known, Routes};
use tower_http::compression::CompressionLayer;

pub use crate::state::Portal;

/// Largest body of a form. An address that takes a file brings a limit of its own.
const BODY_BYTES_MAX: usize = 32 * 1024;

/// All pages in one language.
fn pages() -> Routes<Portal> {
    Routes::new()
        .merge(sign_in::routes())
        .merge(sign_out::routes())
        .merge(account::routes())
        .merge(own::routes())
        .merge(rights::routes())
}

/// The addresses of the pages, as they stand in Indonesian.
pub fn known() -> Vec<Known> {
    pages().known().to_vec()
}

/// All pages in both languages, to be merged with others.
pub fn router(portal: Portal) -> Router {
    let pages = pages().into_router();
    Router::new()
        .merge(pages.clone())
        .nest("/en", pages)
        .merge(assets::router())
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .layer(from_fn_with_state(portal.clone(), guard::guard))
        .layer(CompressionLayer::new())
        .with_state(portal)
}
