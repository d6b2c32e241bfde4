//! Writing a page out.

use askama::Template;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse as _, Response};
use web::format::hex;

use crate::fault::Fault;
use crate::form::{KEY, MADE_IN, TOKEN};
use crate::state::Portal;
use crate::visitor::Visitor;

/// The hidden fields of a form: its token, and the key of the act that it sends.
#[derive(Clone, Debug)]
pub(crate) struct Hidden {
    /// Names and values.
    pub(crate) fields: Vec<(&'static str, String)>,
}

impl Hidden {
    /// Those of a new form.
    pub(crate) fn new(portal: &Portal, visitor: &Visitor) -> Self {
        let mut randomness = (portal.service.randomness)();
        let token = visitor.form_secret.token(&mut randomness);
        let mut key = [0; 16];
        randomness.fill_bytes(&mut key);
        let key = uuid::Builder::from_random_bytes(key).into_uuid().to_string();
        let made_in = visitor.session.map(|session| (MADE_IN, hex(&session.digest())));
        Self { fields: [(TOKEN, token), (KEY, key)].into_iter().chain(made_in).collect() }
    }

    /// With one more.
    pub(crate) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.fields.push((name, value.into()));
        self
    }
}

/// A page with its status.
pub(crate) fn page_with(status: StatusCode, page: &impl Template) -> Result<Response, Fault> {
    match page.render() {
        Ok(html) => {
            Ok((status, [(CONTENT_TYPE, "text/html; charset=utf-8")], html).into_response())
        }
        Err(error) => {
            tracing::error!(%error, "cannot render a page");
            Err(Fault::Internal)
        }
    }
}

/// A page.
pub(crate) fn page(page: &impl Template) -> Result<Response, Fault> {
    page_with(StatusCode::OK, page)
}
