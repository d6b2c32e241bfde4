//! `DELETE /api/v1/waves/{number}/joins`: the person of an account takes the join of an open wave back.

use app::withdraw::{WithdrawAnswer, withdraw};
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::Response;
use domain::eligibility::Rule;
use serde_json::json;

use crate::caller::{Caller, WriteKey};
use crate::guard::RequestInfo;
use crate::problem::Problem;
use crate::respond::found;
use crate::state::Api;
use crate::waves_read::number;

pub(crate) async fn handler(
    State(api): State<Api>,
    info: RequestInfo,
    caller: Caller,
    WriteKey(key): WriteKey,
    path: Result<Path<u16>, PathRejection>,
) -> Result<Response, Problem> {
    let wave = number(path)?;
    let holder = caller.holder()?;
    let actor = caller.account_id.to_string();
    let mut randomness = (api.service.randomness)();
    let act = &mut api.service.act(&actor, &info.request_id, &mut randomness);
    match withdraw(act, wave, holder, &key).await? {
        WithdrawAnswer::Withdrawn => {
            Ok(found(&json!({ "wave": wave.get(), "answer": "withdrawn" })))
        }
        WithdrawAnswer::NoMember => Err(Problem::NoMember),
        WithdrawAnswer::NotOpen => Err(Problem::Refused(Rule::WaveOpen)),
        WithdrawAnswer::NoPerson => Err(Problem::Refused(Rule::Registered)),
        WithdrawAnswer::KeyReused => Err(Problem::KeyReused),
    }
}
