//! `POST /api/v1/waves/{number}/joins`: the person of an account joins a wave.

use app::join::JoinRequest;
use app::live_join::{JoinAnswer, KeyedJoin};
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::Response;
use serde_json::json;

use crate::caller::{Caller, DeskHasRoom, WriteKey};
use crate::fields::Fields;
use crate::guard::RequestInfo;
use crate::problem::Problem;
use crate::respond::{created, found};
use crate::state::Api;
use crate::waves_read::number;

pub(crate) async fn handler(
    State(api): State<Api>,
    _: DeskHasRoom,
    info: RequestInfo,
    caller: Caller,
    WriteKey(client_key): WriteKey,
    path: Result<Path<u16>, PathRejection>,
    fields: Fields,
) -> Result<Response, Problem> {
    let wave = number(path)?;
    if fields.is_faulty() {
        return Err(fields.finish());
    }
    let request = JoinRequest { person_id: caller.person()?, joined_at: api.service.clock.now() };
    let join = KeyedJoin {
        request,
        account: Some(caller.account_id),
        client_key,
        request_id: info.request_id.to_string(),
    };
    match api.service.desk.join(wave, join).await? {
        JoinAnswer::Joined => Ok(created(&json!({ "wave": wave.get(), "answer": "joined" }))),
        JoinAnswer::Member => Ok(found(&json!({ "wave": wave.get(), "answer": "member" }))),
        JoinAnswer::Refused(rule) => Err(Problem::Refused(rule)),
        JoinAnswer::KeyReused => Err(Problem::KeyReused),
    }
}
