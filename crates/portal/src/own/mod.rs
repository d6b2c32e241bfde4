//! One's own pages: where one stands, waves, results, what one was told, and complaints.

mod appeal;
mod complaint_new;
mod complaints;
mod confirm;
mod days;
mod join;
mod membership;
mod membership_view;
mod notices;
mod receipt;
mod step;
mod timeline;
mod waves;
mod withdraw;

use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use domain::wave::WaveNumber;
use http_support::Routes;
use web::format::last_minute;

pub(crate) use self::confirm::{explain, refuse};
pub(crate) use self::step::{Panel, panel};
pub(crate) use self::timeline::{Entry, pending_checks, timeline};
use crate::fault::Fault;
use crate::state::Portal;

pub(crate) fn routes() -> Routes<Portal> {
    Routes::new()
        .merge(waves::routes())
        .merge(join::routes())
        .merge(membership::routes())
        .merge(receipt::routes())
        .merge(withdraw::routes())
        .merge(appeal::routes())
        .merge(notices::routes())
        .merge(complaints::routes())
        .merge(complaint_new::routes())
}

/// The wave that an address names.
struct NamedWave(WaveNumber);

impl FromRequestParts<Portal> for NamedWave {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, portal: &Portal) -> Result<Self, Fault> {
        let path = Path::<u16>::from_request_parts(parts, portal).await;
        let number = path.map_err(|_| Fault::NoPage)?.0;
        WaveNumber::new(number).map(Self).ok_or(Fault::NoPage)
    }
}

/// The page of a wave as its member sees it.
fn wave_path(wave: WaveNumber) -> String {
    format!("/akun/gelombang/{wave}")
}
