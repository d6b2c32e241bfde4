//! `POST /api/v1/officer/officers/{id}/retirement`: ends an office with its credential, at once.

use app::office::Order;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::Response;
use domain::ids::OfficerId;

use super::caller::OfficerCaller;
use super::orders::carry_out;
use super::reading::{id, only_reason};
use crate::caller::WriteKey;
use crate::fields::Fields;
use crate::guard::RequestInfo;
use crate::problem::Problem;
use crate::state::Api;

pub(crate) async fn handler(
    State(api): State<Api>,
    info: RequestInfo,
    caller: OfficerCaller,
    key: WriteKey,
    path: Result<Path<String>, PathRejection>,
    fields: Fields,
) -> Result<Response, Problem> {
    let retired = id(path, OfficerId::parse)?;
    let said = only_reason(fields)?;
    carry_out(&api, &info, (caller, key), Order::Retire(retired, &said)).await
}
