//! `GET /api/v1/waves/{number}/receipt.svg`: one's own receipt as a QR code. A phone's camera opens the page that checks it,
//! with the receipt behind the `#`, which no browser sends to a server.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse as _, Response};
use http_support::{qr_picture, receipt_link};

use crate::caller::Caller;
use crate::problem::Problem;
use crate::receipts_read::receipt;
use crate::state::Api;
use crate::waves_read::number;

pub(crate) async fn handler(
    State(api): State<Api>,
    caller: Caller,
    path: Result<Path<u16>, PathRejection>,
) -> Result<Response, Problem> {
    let wave = number(path)?;
    let public_url = api.public_url.as_deref().ok_or(Problem::NoPublicAddress)?;
    let link = receipt_link(public_url, wave, &receipt(&api, &caller, wave).await?);
    let picture = qr_picture(&link).map_err(|error| {
        tracing::error!(%error, bytes = link.len(), "a receipt does not fit a QR code");
        Problem::Internal
    })?;
    Ok(([(CONTENT_TYPE, "image/svg+xml")], picture).into_response())
}
