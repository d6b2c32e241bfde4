//! Reading what officers send: ids in addresses, reasons, and lists asked for in whole.

use axum::extract::Path;
use axum::extract::Query;
use axum::extract::rejection::PathRejection;
use axum::extract::rejection::QueryRejection;
use serde::Deserialize;

use crate::problem::{FieldFault, FieldFaultKind, Problem};

/// Longest reason in bytes.
const REASON_BYTES_MAX: usize = 500;

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

/// A reason: something is said, and not too much of it.
pub(crate) fn reason(text: &str) -> Option<String> {
    let text = text.trim();
    let fits = !text.is_empty() && text.len() <= REASON_BYTES_MAX;
    (fits && !text.chars().any(char::is_control)).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The edges of a reason.
    #[test]
    fn texts() {
        assert_eq!(reason(" flood "), Some("flood".to_owned()));
        for bad in ["", "  ", "a\0b", &"x".repeat(REASON_BYTES_MAX + 1)] {
            assert_eq!(reason(bad), None, "{bad:?}");
        }
    }
}
