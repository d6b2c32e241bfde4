//! Reading a body: a JSON object of which every fault is told at once.

use axum::extract::rejection::BytesRejection;
use axum::extract::{FromRequest, Request};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use bytes::Bytes;
use serde_json::{Map, Value};

use crate::problem::{FieldFault, FieldFaultKind, Problem};
use crate::state::Api;

/// The fields of a body that are not taken yet, and the faults found so far.
#[derive(Debug)]
pub(crate) struct Fields {
    left: Map<String, Value>,
    faults: Vec<FieldFault>,
    /// Fields that may be left out elsewhere must be there too.
    are_all_asked_for: bool,
}

impl FromRequest<Api> for Fields {
    type Rejection = Problem;

    async fn from_request(request: Request, api: &Api) -> Result<Self, Problem> {
        let content_type = request.headers().get(CONTENT_TYPE).cloned();
        let body = Bytes::from_request(request, api).await.map_err(|error| refused(&error))?;
        if body.is_empty() {
            return Ok(Self::of(Map::new()));
        }
        let named = content_type.as_ref().and_then(|value| value.to_str().ok()).unwrap_or_default();
        let essence = named.split(';').next().unwrap_or_default().trim();
        if !essence.eq_ignore_ascii_case("application/json") {
            return Err(Problem::NotJson);
        }
        match serde_json::from_slice(&body) {
            Ok(Value::Object(left)) => Ok(Self::of(left)),
            Ok(_) | Err(_) => Err(Problem::BadJson),
        }
    }
}

fn refused(error: &BytesRejection) -> Problem {
    if error.status() == StatusCode::PAYLOAD_TOO_LARGE {
        Problem::BodyTooLarge
    } else {
        Problem::BadJson
    }
}

impl Fields {
    const fn of(left: Map<String, Value>) -> Self {
        Self { left, faults: Vec::new(), are_all_asked_for: false }
    }

    /// Demands every field from here on, those too that may be left out elsewhere.
    pub(crate) const fn ask_for_all(&mut self) {
        self.are_all_asked_for = true;
    }

    /// Takes a field that must be there and be read; what is wrong with it is remembered.
    pub(crate) fn take<T>(
        &mut self,
        field: &'static str,
        read: impl FnOnce(&Value) -> Option<T>,
    ) -> Option<T> {
        let kind = match self.left.remove(field) {
            None | Some(Value::Null) => FieldFaultKind::Missing,
            Some(value) => match read(&value) {
                Some(value) => return Some(value),
                None => FieldFaultKind::Invalid,
            },
        };
        self.faults.push(FieldFault { field: field.to_owned(), kind });
        None
    }

    /// As [`Fields::take`], of a text.
    pub(crate) fn text<T>(
        &mut self,
        field: &'static str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        self.take(field, |value| read(value.as_str()?))
    }

    /// As [`Fields::text`], of a field that may be left out.
    pub(crate) fn text_given<T>(
        &mut self,
        field: &'static str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        self.given(field, |value| read(value.as_str()?))
    }

    /// As [`Fields::take`], of a field that may be left out.
    pub(crate) fn given<T>(
        &mut self,
        field: &'static str,
        read: impl FnOnce(&Value) -> Option<T>,
    ) -> Option<T> {
        let is_due = self.are_all_asked_for || self.left.contains_key(field);
        if is_due { self.take(field, read) } else { None }
    }

    /// All faults, those of fields that nobody asked for included.
    pub(crate) fn finish(mut self) -> Problem {
        let unknown = self.left.into_iter().map(|(field, _)| FieldFault {
            field: repeatable(&field),
            kind: FieldFaultKind::Unknown,
        });
        self.faults.extend(unknown);
        Problem::BadFields(self.faults)
    }

    /// True if a fault was found or a field is left that nobody asked for.
    pub(crate) fn is_faulty(&self) -> bool {
        !self.faults.is_empty() || !self.left.is_empty()
    }
}

/// A name as ours are; anything else may be somebody's number or name in the wrong place, and is not repeated.
fn repeatable(field: &str) -> String {
    let is_name = |c: char| c.is_ascii_lowercase() || c == '_';
    if field.len() <= 40 && field.chars().all(is_name) { field.to_owned() } else { "?".to_owned() }
}
