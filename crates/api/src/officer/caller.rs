//! The officer who asks.

use app::act::ActError;
use app::credential::Credential;
use app::officers::OfficerRefusal;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use domain::officers::Officer;

use crate::caller::bearer;
use crate::problem::Problem;
use crate::state::Api;

/// The credential that is shown, in force or not.
#[derive(Debug)]
pub(crate) struct ShownCredential(pub(crate) Credential);

impl FromRequestParts<Api> for ShownCredential {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &Api) -> Result<Self, Problem> {
        let credential = bearer(parts).and_then(Credential::from_token);
        credential.map(Self).ok_or(Problem::NoOfficer)
    }
}

/// An officer in office, by the credential shown.
#[derive(Clone, Debug)]
pub(crate) struct OfficerCaller(pub(crate) Officer);

impl FromRequestParts<Api> for OfficerCaller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Problem> {
        let ShownCredential(credential) = ShownCredential::from_request_parts(parts, api).await?;
        api.limits.check_session(credential.sha256()).map_err(Problem::TooManyRequests)?;
        match api.service.officer(&credential).await {
            Ok(officer) => Ok(Self(officer)),
            Err(ActError::Officer(OfficerRefusal::UnknownCredential)) => Err(Problem::NoOfficer),
            Err(error) => Err(error.into()),
        }
    }
}
