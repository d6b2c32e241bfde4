//! `GET /api/v1/waves/{number}`: one wave, open to everybody.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::Response;
use domain::wave::WaveNumber;

use crate::problem::Problem;
use crate::respond::found;
use crate::state::Api;
use crate::wave_view::WaveView;

/// A wave's number in an address.
pub(crate) fn number(path: Result<Path<u16>, PathRejection>) -> Result<WaveNumber, Problem> {
    let number = path.ok().and_then(|Path(number)| WaveNumber::new(number));
    number.ok_or(Problem::UnknownWave)
}

pub(crate) async fn handler(
    State(api): State<Api>,
    path: Result<Path<u16>, PathRejection>,
) -> Result<Response, Problem> {
    let wave = api.service.wave(number(path)?).await?.ok_or(Problem::UnknownWave)?;
    Ok(found(&WaveView::from(&wave)))
}
