//! `POST /api/v1/waves/{number}/appeals`: the person of an account appeals against the decision of a wave.

use app::appeals::{FilingAnswer, file_appeal};
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::Response;
use domain::appeals::AppealGround;
use domain::eligibility::Rule;
use domain::policy::Named as _;
use serde_json::json;

use crate::caller::{Caller, WriteKey};
use crate::fields::Fields;
use crate::guard::RequestInfo;
use crate::problem::Problem;
use crate::respond::created;
use crate::state::Api;
use crate::waves_read::number;

pub(crate) async fn handler(
    State(api): State<Api>,
    info: RequestInfo,
    caller: Caller,
    WriteKey(key): WriteKey,
    path: Result<Path<u16>, PathRejection>,
    mut fields: Fields,
) -> Result<Response, Problem> {
    let wave = number(path)?;
    let ground = fields.text("ground", AppealGround::from_name);
    let ground = match ground {
        Some(ground) if !fields.is_faulty() => ground,
        _ => return Err(fields.finish()),
    };
    let holder = caller.holder()?;
    let actor = caller.account_id.to_string();
    let mut randomness = (api.service.randomness)();
    let act = &mut api.service.act(&actor, &info.request_id, &mut randomness);
    match file_appeal(act, (wave, holder), ground, &key).await? {
        FilingAnswer::Filed(appeal) => Ok(created(&json!({ "appeal": appeal.to_string() }))),
        FilingAnswer::Refused(refusal) => Err(Problem::AppealRefused(refusal)),
        FilingAnswer::NoPerson => Err(Problem::Refused(Rule::Registered)),
        FilingAnswer::KeyReused => Err(Problem::KeyReused),
    }
}
