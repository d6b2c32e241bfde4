//! Who asks: extractors that a handler cannot forget, because it needs what they give.

use std::net::Ipv4Addr;

use app::accounts::SessionRow;
use app::holder::Holder;
use axum::extract::FromRequestParts;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use domain::account::SessionToken;
use domain::client_key::ClientKey;
use domain::eligibility::Rule;
use domain::ids::{AccountId, PersonId};
use domain::reasons::Language;

use crate::guard::RequestInfo;
use crate::problem::Problem;
use crate::state::{Api, Registering};

impl FromRequestParts<Api> for RequestInfo {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &Api) -> Result<Self, Problem> {
        // The guard stands before every handler.
        let info = parts.extensions.get::<Self>().cloned();
        Ok(info.unwrap_or(Self {
            request_id: "none".into(),
            language: Language::Indonesian,
            network: Ipv4Addr::LOCALHOST.into(),
        }))
    }
}

/// The token shown (RFC 6750 section 2.1).
pub(crate) fn bearer(parts: &Parts) -> Option<&str> {
    let shown = parts.headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = shown.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// Somebody who is signed in.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    /// The token shown.
    pub(crate) token: SessionToken,
    /// The account.
    pub(crate) account_id: AccountId,
    /// Its person, if registered.
    pub(crate) person_id: Option<PersonId>,
}

impl Caller {
    /// The person of the account, or the rule that asks for one.
    pub(crate) fn person(&self) -> Result<PersonId, Problem> {
        self.person_id.ok_or(Problem::Refused(Rule::Registered))
    }

    /// The person with the account, or the rule that asks for one.
    pub(crate) fn holder(&self) -> Result<Holder, Problem> {
        Ok(Holder { person_id: self.person()?, account: Some(self.account_id) })
    }
}

impl FromRequestParts<Api> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Problem> {
        let token = bearer(parts).and_then(SessionToken::parse).ok_or(Problem::NotSignedIn)?;
        api.limits.check_session(token.digest()).map_err(Problem::TooManyRequests)?;
        let session = api.service.session(&token).await?.ok_or(Problem::NotSignedIn)?;
        let SessionRow { account_id, person_id, .. } = session;
        Ok(Self { token, account_id, person_id })
    }
}

/// The key under which a write is sent.
#[derive(Clone, Debug)]
pub(crate) struct WriteKey(pub(crate) ClientKey);

impl FromRequestParts<Api> for WriteKey {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &Api) -> Result<Self, Problem> {
        let header = parts.headers.get("idempotency-key").ok_or(Problem::KeyMissing)?;
        let key = header.to_str().ok().and_then(|text| ClientKey::parse(text).ok());
        key.map(Self).ok_or(Problem::BadKey)
    }
}

/// A place at the desk of joins. Asked for before anything else, so that a rush is turned away for the price
/// of reading the head of a request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DeskHasRoom;

impl FromRequestParts<Api> for DeskHasRoom {
    type Rejection = Problem;

    async fn from_request_parts(_: &mut Parts, api: &Api) -> Result<Self, Problem> {
        if api.service.desk.is_full() { Err(Problem::Busy) } else { Ok(Self) }
    }
}

/// Without it nobody opens an account here or registers, whatever the request says: the website answers alike whether or
/// not an address has an account, and proves who people are.
pub(crate) struct ByProgram;

impl FromRequestParts<Api> for ByProgram {
    type Rejection = Problem;

    async fn from_request_parts(_: &mut Parts, api: &Api) -> Result<Self, Problem> {
        match api.registering {
            Registering::ByPrograms => Ok(Self),
            Registering::InBrowser => Err(Problem::RegisterInBrowser),
        }
    }
}
