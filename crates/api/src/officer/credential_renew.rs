//! `PUT /api/v1/officer/credential`: puts a new credential in force in place of the one shown. No key is asked for: sent
//! again with the new one, it is answered alike.

use app::credential::read_digest;
use app::officers::renew_credential;
use axum::extract::State;
use axum::response::Response;
use serde_json::json;

use super::caller::{OfficerCaller, ShownCredential};
use super::refusal::refused;
use crate::fields::Fields;
use crate::guard::RequestInfo;
use crate::problem::Problem;
use crate::respond::found;
use crate::state::Api;

pub(crate) async fn handler(
    State(api): State<Api>,
    info: RequestInfo,
    OfficerCaller(officer): OfficerCaller,
    ShownCredential(old): ShownCredential,
    mut fields: Fields,
) -> Result<Response, Problem> {
    let digest = match fields.text("credential_sha256", read_digest) {
        Some(digest) if !fields.is_faulty() => digest,
        _ => return Err(fields.finish()),
    };
    let actor = officer.id.to_string();
    let mut randomness = (api.service.randomness)();
    let act = &mut api.service.act(&actor, &info.request_id, &mut randomness);
    renew_credential(act, &old, digest).await.map_err(refused)?;
    Ok(found(&json!({ "officer": actor })))
}
