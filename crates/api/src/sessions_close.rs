//! `DELETE /api/v1/sessions/current`: signs out. Nothing is left to do for a token that is no longer valid.

use app::accounts::sign_out;
use axum::extract::State;
use axum::http::StatusCode;

use crate::caller::Caller;
use crate::guard::RequestInfo;
use crate::problem::Problem;
use crate::state::Api;

pub(crate) async fn handler(
    State(api): State<Api>,
    info: RequestInfo,
    caller: Caller,
) -> Result<StatusCode, Problem> {
    let actor = caller.account_id.to_string();
    let mut randomness = (api.service.randomness)();
    let act = &mut api.service.act(&actor, &info.request_id, &mut randomness);
    sign_out(act, &caller.token).await?;
    Ok(StatusCode::NO_CONTENT)
}
