//! `GET /api/v1/waves/{number}/receipt.svg`: one's own receipt as a QR code. A phone's camera opens the page that checks it,
//! with the receipt behind the `#`, which no browser sends to a server.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use domain::wave::WaveNumber;
use qrcode::render::svg::Color;
use qrcode::{EcLevel, QrCode};

use crate::caller::Caller;
use crate::problem::Problem;
use crate::receipts_read::receipt;
use crate::state::Api;
use crate::waves_read::number;

/// Pixels a module is wide at least; the picture scales.
const MODULE_PIXELS: u32 = 4;

pub(crate) async fn handler(
    State(api): State<Api>,
    caller: Caller,
    path: Result<Path<u16>, PathRejection>,
) -> Result<Response, Problem> {
    let wave = number(path)?;
    let public_url = api.public_url.as_deref().ok_or(Problem::NoPublicAddress)?;
    let link = link(public_url, wave, &receipt(&api, &caller, wave).await?);
    // With the least correction: the code is large, and shown on a screen or printed clean.
    let code = QrCode::with_error_correction_level(&link, EcLevel::L).map_err(|error| {
        tracing::error!(%error, bytes = link.len(), "a receipt does not fit a QR code");
        Problem::Internal
    })?;
    let mut picture = code.render::<Color<'_>>();
    let picture = picture.module_dimensions(MODULE_PIXELS, MODULE_PIXELS).build();
    Ok(([(CONTENT_TYPE, "image/svg+xml")], picture).into_response())
}

/// Where the page checks this receipt.
fn link(public_url: &str, wave: WaveNumber, receipt: &[u8]) -> String {
    let receipt = BASE64_URL_SAFE_NO_PAD.encode(receipt);
    format!("{public_url}/periksa/?folder=/berkas/gelombang-{wave}/#{receipt}")
}
