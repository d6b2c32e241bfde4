//! `POST /api/v1/accounts`: opens an account.

use app::accounts::{OpenAnswer, open_account};
use axum::extract::State;
use axum::response::Response;
use domain::account::Password;
use domain::identity::Email;
use serde_json::json;

use crate::caller::{ByProgram, WriteKey};
use crate::fields::Fields;
use crate::guard::RequestInfo;
use crate::problem::{FieldFault, FieldFaultKind, Problem};
use crate::respond::created;
use crate::state::Api;

/// An address and a password, as sign-in takes them too.
pub(crate) fn credentials(mut fields: Fields) -> Result<(Email, Password), Problem> {
    let email = fields.text("email", |text| Email::parse(text).ok());
    let password = fields.text("password", |text| Password::parse(text).ok());
    match (email, password) {
        (Some(email), Some(password)) if !fields.is_faulty() => Ok((email, password)),
        _ => Err(fields.finish()),
    }
}

pub(crate) async fn handler(
    State(api): State<Api>,
    info: RequestInfo,
    _: ByProgram,
    WriteKey(key): WriteKey,
    fields: Fields,
) -> Result<Response, Problem> {
    let (email, password) = credentials(fields)?;
    if password.is_guessable(&email) {
        let fault = FieldFault { field: "password".to_owned(), kind: FieldFaultKind::Guessable };
        return Err(Problem::BadFields(vec![fault]));
    }
    let mut randomness = (api.service.randomness)();
    let act = &mut api.service.act("citizen", &info.request_id, &mut randomness);
    let passwords = &api.service.passwords;
    match open_account(act, passwords, email, password, info.language, &key).await? {
        OpenAnswer::Opened(account) => Ok(created(&json!({ "account": account.to_string() }))),
        OpenAnswer::EmailTaken => Err(Problem::EmailTaken),
        OpenAnswer::KeyReused => Err(Problem::KeyReused),
    }
}
