//! `POST /api/v1/sessions`: signs in. No key is asked for: a repeated sign-in opens another session.

use app::accounts::{SignInAnswer, sign_in};
use axum::extract::State;
use axum::response::Response;
use serde_json::json;

use crate::accounts_open::credentials;
use crate::fields::Fields;
use crate::guard::RequestInfo;
use crate::problem::Problem;
use crate::respond::{created, instant, wait_until};
use crate::state::Api;

pub(crate) async fn handler(
    State(api): State<Api>,
    info: RequestInfo,
    fields: Fields,
) -> Result<Response, Problem> {
    let (email, password) = credentials(fields)?;
    let mut randomness = (api.service.randomness)();
    let act = &mut api.service.act("citizen", &info.request_id, &mut randomness);
    let now = act.now;
    match sign_in(act, &api.service.passwords, &email, password).await? {
        SignInAnswer::SignedIn(session) => Ok(created(&json!({
            "token": session.token.expose(),
            "expires_at": instant(session.expires_at),
        }))),
        SignInAnswer::CodeNeeded => Err(Problem::CodeNeeded),
        SignInAnswer::Wrong => Err(Problem::WrongCredentials),
        SignInAnswer::Locked { until } => Err(Problem::SignInLocked(wait_until(now, until))),
    }
}
