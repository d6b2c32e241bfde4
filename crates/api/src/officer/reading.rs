//! Reading what officers send: ids in addresses, reasons, and lists asked for in whole.

use axum::extract::Path;
use axum::extract::Query;
use axum::extract::rejection::PathRejection;
use axum::extract::rejection::QueryRejection;
use domain::officers::read_reason;
use serde::Deserialize;

use crate::fields::Fields;
use crate::problem::{FieldFault, FieldFaultKind, Problem};

/// What a list is asked for with.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Listing {
    /// `?all=true`.
    #[serde(default)]
    all: bool,
}

/// Whether those that are decided are listed too.
pub(super) fn lists_all(query: Result<Query<Listing>, QueryRejection>) -> Result<bool, Problem> {
    let fault = FieldFault { field: "all".to_owned(), kind: FieldFaultKind::Invalid };
    query.map(|Query(listing)| listing.all).map_err(|_| Problem::BadFields(vec![fault]))
}

/// An id in an address.
pub(crate) fn id<T>(
    path: Result<Path<String>, PathRejection>,
    parse: impl FnOnce(&str) -> Option<T>,
) -> Result<T, Problem> {
    path.ok().and_then(|Path(text)| parse(&text)).ok_or(Problem::NoSuchAddress)
}

/// The reason of an act, where nothing else is asked for.
pub(super) fn only_reason(mut fields: Fields) -> Result<String, Problem> {
    match fields.text("reason", reason) {
        Some(said) if !fields.is_faulty() => Ok(said),
        _ => Err(fields.finish()),
    }
}

/// The reason of an act.
pub(crate) fn reason(text: &str) -> Option<String> {
    read_reason(text).ok().map(str::to_owned)
}
