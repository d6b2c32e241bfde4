//! `GET /api/v1/waves/{number}/receipt`: the receipt of one's own join of a published wave, to be kept.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse as _, Response};

use domain::wave::WaveNumber;

use crate::caller::Caller;
use crate::problem::Problem;
use crate::state::Api;
use crate::waves_read::number;

pub(crate) async fn handler(
    State(api): State<Api>,
    caller: Caller,
    path: Result<Path<u16>, PathRejection>,
) -> Result<Response, Problem> {
    let wave = number(path)?;
    let receipt = receipt(&api, &caller, wave).await?;
    let name = format!("attachment; filename=\"gelombang-{wave}-receipt.json\"");
    let headers = [
        (CONTENT_TYPE, "application/json".to_owned()),
        (CONTENT_DISPOSITION, name),
        (CACHE_CONTROL, "no-store".to_owned()),
    ];
    Ok((headers, receipt).into_response())
}

/// The caller's own receipt of a wave.
pub(crate) async fn receipt(
    api: &Api,
    caller: &Caller,
    wave: WaveNumber,
) -> Result<Vec<u8>, Problem> {
    let person = caller.person_id.ok_or(Problem::NoReceipt)?;
    api.service.receipt(wave, person).await?.ok_or(Problem::NoReceipt)
}
