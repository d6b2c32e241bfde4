//! `POST /api/v1/officer/jobs/{id}/retry`: queues a job again that failed for good.

use app::office::Order;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::Response;
use uuid::Uuid;

use super::caller::OfficerCaller;
use super::orders::carry_out;
use super::reading::id;
use crate::caller::WriteKey;
use crate::guard::RequestInfo;
use crate::problem::Problem;
use crate::state::Api;

pub(crate) async fn handler(
    State(api): State<Api>,
    info: RequestInfo,
    caller: OfficerCaller,
    key: WriteKey,
    path: Result<Path<String>, PathRejection>,
) -> Result<Response, Problem> {
    let order = Order::RetryJob(id(path, |text| Uuid::try_parse(text).ok())?);
    carry_out(&api, &info, (caller, key), order).await
}
