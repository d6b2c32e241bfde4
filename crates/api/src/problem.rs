//! What goes wrong, mapped to a status and a stable code in one place (RFC 9457).

use std::time::Duration;

use app::accounts::AccountError;
use app::act::ActError;
use app::folders::FolderError;
use app::join_desk::JoinDeskError;
use app::passwords::HashError;
use app::purchase::PurchaseRefusal;
use app::register::RegistrationRefusal;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_LANGUAGE, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE,
};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use domain::appeals::FilingRefusal;
use domain::eligibility::Rule;
use domain::reasons::Language;
use domain::statement::CorrectionRefusal;
use serde::Serialize;

use crate::officer::OfficeRefusal;

/// When to come back after a rush, a failure of the database, in seconds.
const BUSY_SECONDS: u64 = 2;
const AWAY_SECONDS: u64 = 3;

/// Why a request was not done. The words are in `problem_texts`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Problem {
    /// The body is no JSON object.
    BadJson,
    /// The body has another type than JSON.
    NotJson,
    /// The body is larger than any request.
    BodyTooLarge,
    /// Fields that are missing, unknown or wrong, all of them.
    BadFields(Vec<FieldFault>),
    /// A write without a key.
    KeyMissing,
    /// A key of another shape.
    BadKey,
    /// The key was used for another request.
    KeyReused,
    /// No token, or none that is valid.
    NotSignedIn,
    /// No such address with this password.
    WrongCredentials,
    /// The account is signed in to at the portal, with a code.
    CodeNeeded,
    /// People register in a browser, with every proof that is asked for there.
    RegisterInBrowser,
    /// Too many wrong passwords.
    SignInLocked(Duration),
    /// The address has an account.
    EmailTaken,
    /// The account has registered a person.
    AccountHasPerson,
    /// A rule of registration refuses.
    RegistrationRefused(RegistrationRefusal),
    /// A field of the own statement stays as it is.
    CorrectionRefused(CorrectionRefusal),
    /// Data that are compared were stated too often within a day.
    TooManyTries(Duration),
    /// A rule of joining refuses.
    Refused(Rule),
    /// An appeal is not taken.
    AppealRefused(FilingRefusal),
    /// A first purchase is not recorded.
    PurchaseRefused(PurchaseRefusal),
    /// No credential of an officer, or none in force.
    NoOfficer,
    /// No dead job of this id.
    UnknownJob,
    /// An act of an officer was refused.
    Office(OfficeRefusal),
    /// No join that could be taken back.
    NoMember,
    /// No receipt of a join: the wave is not published, or the person is not in it.
    NoReceipt,
    /// Nobody has said where people reach this installation, so no code can lead there.
    NoPublicAddress,
    /// The registration log has no such receipt, or not yet.
    NotLogged,
    /// No such wave.
    UnknownWave,
    /// No such address of the API.
    NoSuchAddress,
    /// The address knows other methods.
    MethodNotAllowed,
    /// The session or address asks too often.
    TooManyRequests(Duration),
    /// More wait than can be served soon; nothing was done.
    Busy,
    /// The database is away or slow; what was asked may or may not be done.
    Unavailable,
    /// A fault of ours.
    Internal,
}

/// A field that is not as it must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FieldFault {
    /// Its name.
    pub(crate) field: String,
    /// How it is wrong.
    pub(crate) kind: FieldFaultKind,
}

/// How a field can be wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FieldFaultKind {
    /// Not there.
    Missing,
    /// Nothing of this name is asked for.
    Unknown,
    /// There, and not what is asked for.
    Invalid,
    /// A password that others would guess.
    Guessable,
}

impl FieldFaultKind {
    const fn code(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Unknown => "unknown",
            Self::Invalid => "invalid",
            Self::Guessable => "guessable",
        }
    }
}

impl Problem {
    pub(crate) const fn status(&self) -> StatusCode {
        match self {
            Self::BadJson | Self::KeyMissing | Self::BadKey => StatusCode::BAD_REQUEST,
            Self::NotJson => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::BodyTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::NotSignedIn | Self::NoOfficer | Self::WrongCredentials => {
                StatusCode::UNAUTHORIZED
            }
            Self::CodeNeeded | Self::RegisterInBrowser => StatusCode::FORBIDDEN,
            Self::Office(refusal) => refusal.status,
            Self::BadFields(_)
            | Self::KeyReused
            | Self::EmailTaken
            | Self::AccountHasPerson
            | Self::AppealRefused(_)
            | Self::PurchaseRefused(_)
            | Self::NoMember
            | Self::RegistrationRefused(_)
            | Self::CorrectionRefused(_)
            | Self::Refused(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::NoReceipt
            | Self::NoPublicAddress
            | Self::NotLogged
            | Self::UnknownWave
            | Self::UnknownJob
            | Self::NoSuchAddress => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::SignInLocked(_) | Self::TooManyTries(_) | Self::TooManyRequests(_) => {
                StatusCode::TOO_MANY_REQUESTS
            }
            Self::Busy | Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// The stable code, which never changes its meaning.
    pub(crate) fn code(&self) -> String {
        let code = match self {
            Self::BadJson => "bad_json",
            Self::NotJson => "not_json",
            Self::BodyTooLarge => "body_too_large",
            Self::BadFields(_) => "bad_fields",
            Self::KeyMissing => "idempotency_key_missing",
            Self::BadKey => "bad_idempotency_key",
            Self::KeyReused => "idempotency_key_reused",
            Self::NotSignedIn => "not_signed_in",
            Self::WrongCredentials => "wrong_credentials",
            Self::CodeNeeded => "code_needed",
            Self::RegisterInBrowser => "register_in_browser",
            Self::SignInLocked(_) => "sign_in_locked",
            Self::EmailTaken => "email_taken",
            Self::AccountHasPerson => "account_has_person",
            Self::RegistrationRefused(refusal) => refusal.code(),
            Self::CorrectionRefused(refusal) => refusal.code(),
            Self::TooManyTries(_) => "too_many_tries",
            Self::Refused(rule) => return rule.code(),
            Self::AppealRefused(refusal) => refusal.code(),
            Self::PurchaseRefused(refusal) => refusal.code(),
            Self::NoOfficer => "no_officer",
            Self::UnknownJob => "unknown_job",
            Self::Office(refusal) => refusal.code,
            Self::NoMember => "no_member",
            Self::NoReceipt => "no_receipt",
            Self::NoPublicAddress => "no_public_address",
            Self::NotLogged => "not_logged",
            Self::UnknownWave => "unknown_wave",
            Self::NoSuchAddress => "no_such_address",
            Self::MethodNotAllowed => "method_not_allowed",
            Self::TooManyRequests(_) => "too_many_requests",
            Self::Busy => "busy",
            Self::Unavailable => "unavailable",
            Self::Internal => "internal",
        };
        code.to_owned()
    }

    /// Seconds after which asking again makes sense.
    fn retry_after(&self) -> Option<u64> {
        match self {
            Self::SignInLocked(wait) | Self::TooManyTries(wait) | Self::TooManyRequests(wait) => {
                Some(wait.as_secs().saturating_add(1))
            }
            Self::Busy => Some(BUSY_SECONDS),
            Self::Unavailable => Some(AWAY_SECONDS),
            _ => None,
        }
    }
}

/// The document of a problem.
#[derive(Debug, Serialize)]
struct Document<'a> {
    r#type: String,
    title: &'a str,
    status: u16,
    detail: String,
    code: String,
    request_id: &'a str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<DocumentField<'a>>,
}

#[derive(Debug, Serialize)]
struct DocumentField<'a> {
    field: &'a str,
    code: &'static str,
    detail: &'static str,
}

/// Leaves the problem for the guard, who knows the language and the id of the request.
impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// Writes a problem out.
pub(crate) fn render(problem: &Problem, language: Language, request_id: &str) -> Response {
    let fields = match problem {
        Problem::BadFields(fields) => fields.as_slice(),
        _ => &[],
    };
    let errors = fields
        .iter()
        .map(|fault| DocumentField {
            field: &fault.field,
            code: fault.kind.code(),
            detail: fault.detail(language),
        })
        .collect();
    let (status, code) = (problem.status(), problem.code());
    let document = Document {
        r#type: format!("urn:gelombang:problem:{code}"),
        title: status.canonical_reason().unwrap_or("Error"),
        status: status.as_u16(),
        detail: problem.detail(language),
        code,
        request_id,
        errors,
    };
    // Texts and a number always become JSON.
    let body = serde_json::to_string(&document).unwrap_or_default();
    let mut response = (
        status,
        [
            (CONTENT_TYPE, "application/problem+json"),
            (CONTENT_LANGUAGE, language.tag()),
            (CACHE_CONTROL, "no-store"),
        ],
        body,
    )
        .into_response();
    if let Some(seconds) = problem.retry_after() {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    if status == StatusCode::UNAUTHORIZED {
        response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    response
}

impl From<ActError> for Problem {
    /// The chain of causes is logged here, once; the caller learns the kind alone.
    fn from(error: ActError) -> Self {
        if matches!(error, ActError::UnknownWave(_)) {
            return Self::UnknownWave;
        }
        let is_away = error.is_database_away();
        let causes = causes(&error);
        if is_away {
            tracing::warn!(error = causes, "the database is away");
            Self::Unavailable
        } else {
            tracing::error!(error = causes, "an act failed");
            Self::Internal
        }
    }
}

impl From<FolderError> for Problem {
    fn from(error: FolderError) -> Self {
        match error {
            FolderError::Act(error) => error.into(),
            FolderError::Storage(error) => ActError::from(error).into(),
            // Most likely the log is being written at this moment.
            error => {
                tracing::warn!(error = causes(&error), "could not read a published log");
                Self::Unavailable
            }
        }
    }
}

fn causes(error: &dyn std::error::Error) -> String {
    let first = std::iter::successors(Some(error), |error| error.source());
    first.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

impl From<JoinDeskError> for Problem {
    fn from(error: JoinDeskError) -> Self {
        match error {
            JoinDeskError::Busy => Self::Busy,
            JoinDeskError::Closed => Self::Unavailable,
            JoinDeskError::Act(error) => error.into(),
        }
    }
}

impl From<AccountError> for Problem {
    fn from(error: AccountError) -> Self {
        match error {
            AccountError::Hash(HashError::Busy) => Self::Busy,
            AccountError::Hash(HashError::Failed) => Self::Internal,
            AccountError::Act(error) => error.into(),
        }
    }
}
