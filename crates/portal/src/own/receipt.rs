//! One's own receipt of a join: as a file, as a QR code, and on the page that checks it.

use axum::extract::State;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse as _, Redirect, Response};
use domain::wave::WaveNumber;
use http_support::{Routes, qr_picture, receipt_link};
use web::Language;

use super::NamedWave;
use crate::fault::Fault;
use crate::state::Portal;
use crate::visitor::{Member, Visitor};

pub(super) fn routes() -> Routes<Portal> {
    Routes::new()
        .get("/akun/gelombang/{wave}/bukti.json", file)
        .get("/akun/gelombang/{wave}/bukti.svg", picture)
        .get("/akun/gelombang/{wave}/bukti", check)
}

async fn receipt(portal: &Portal, member: &Member, wave: WaveNumber) -> Result<Vec<u8>, Fault> {
    let person = member.person_id.ok_or(Fault::NoPage)?;
    portal.service.receipt(wave, person).await?.ok_or(Fault::NoPage)
}

async fn file(
    State(portal): State<Portal>,
    member: Member,
    NamedWave(wave): NamedWave,
) -> Result<Response, Fault> {
    let receipt = receipt(&portal, &member, wave).await?;
    let name = format!("attachment; filename=\"gelombang-{wave}-bukti.json\"");
    let headers = [(CONTENT_TYPE, "application/json".to_owned()), (CONTENT_DISPOSITION, name)];
    Ok((headers, receipt).into_response())
}

/// The picture names the public address, so that another phone's camera can open it.
async fn picture(
    State(portal): State<Portal>,
    member: Member,
    NamedWave(wave): NamedWave,
) -> Result<Response, Fault> {
    let public_url = portal.public_url.as_deref().ok_or(Fault::NoPage)?;
    let link = receipt_link(public_url, wave, &receipt(&portal, &member, wave).await?);
    let picture = qr_picture(&link).map_err(|error| {
        tracing::error!(%error, bytes = link.len(), "a receipt does not fit a QR code");
        Fault::Internal
    })?;
    Ok(([(CONTENT_TYPE, "image/svg+xml")], picture).into_response())
}

/// Leads to the page that checks receipts, with this one behind the `#`, which no server is sent.
async fn check(
    State(portal): State<Portal>,
    visitor: Visitor,
    member: Member,
    NamedWave(wave): NamedWave,
) -> Result<Response, Fault> {
    let link = receipt_link("", wave, &receipt(&portal, &member, wave).await?);
    let link = match visitor.language {
        Language::Indonesian => link,
        Language::English => link.replacen('?', "?lang=en&", 1),
    };
    Ok(Redirect::to(&link).into_response())
}
