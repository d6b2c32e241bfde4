//! `/akun/gelombang/N`: one wave as its member sees it.

use app::own_page::read_own_page;
use axum::extract::State;
use axum::response::Response;
use http_support::Routes;

use super::membership_view::MembershipPage;
use super::{NamedWave, wave_path};
use crate::fault::Fault;
use crate::page::page;
use crate::state::Portal;
use crate::visitor::{Member, Visitor};

pub(super) fn routes() -> Routes<Portal> {
    Routes::new().get("/akun/gelombang/{wave}", show)
}

async fn show(
    State(portal): State<Portal>,
    visitor: Visitor,
    member: Member,
    NamedWave(wave): NamedWave,
) -> Result<Response, Fault> {
    let now = portal.service.clock.now();
    let own = read_own_page(&portal.service, member.person_id, now).await?;
    let has_receipts = portal.service.receipt_key.is_some();
    let has_address = portal.public_url.is_some();
    match MembershipPage::new(&own, (wave, now), &visitor, [has_receipts, has_address]) {
        Some(view) => page(&view),
        // Whoever has not joined an open wave is shown how to.
        None if own.open.iter().any(|row| row.wave == wave) => {
            Ok(visitor.go(&format!("{}/ikut", wave_path(wave))))
        }
        None => Err(Fault::NoPage),
    }
}
