//! `POST /api/v1/officer/waves/{number}/sweeps`: revokes whoever has bought nothing by the deadline.

use app::office::Order;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::Response;

use super::caller::OfficerCaller;
use super::orders::carry_out;
use crate::caller::WriteKey;
use crate::guard::RequestInfo;
use crate::problem::Problem;
use crate::state::Api;
use crate::waves_read::number;

pub(crate) async fn handler(
    State(api): State<Api>,
    info: RequestInfo,
    caller: OfficerCaller,
    key: WriteKey,
    path: Result<Path<u16>, PathRejection>,
) -> Result<Response, Problem> {
    let order = Order::Sweep(number(path)?);
    carry_out(&api, &info, (caller, key), order).await
}
