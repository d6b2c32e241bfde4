//! Reading a form: fields by their names, every fault told at once, what was typed kept to be shown again.

use axum::extract::{FromRequest, FromRequestParts as _, Request};
use bytes::Bytes;
use domain::client_key::ClientKey;

use crate::fault::Fault;
use crate::state::Portal;
use crate::visitor::Visitor;

/// Name of the hidden field with the form's token.
pub(crate) const TOKEN: &str = "token";
/// Name of the hidden field with the key under which the act is done once.
pub(crate) const KEY: &str = "kunci";

/// Name of the hidden field with the digest of the session that the page was made in, so that what was typed is nobody
/// else's when another session sends it.
pub(crate) const MADE_IN: &str = "sesi";
/// Name of a password.
pub(crate) const PASSWORD: &str = "sandi";
/// Name of a code that was sent.
pub(crate) const CODE: &str = "kode";
/// Name of the button that reads the page in the other language, with what was typed so far.
pub(crate) const SWITCH: &str = "bahasa";

/// What a form sends, after its token was looked at.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Form {
    pairs: Vec<(String, String)>,
}

/// People type anything into a form, so it is not shown.
impl std::fmt::Debug for Form {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Form({} fields)", self.pairs.len())
    }
}

impl Form {
    /// A field as typed, with the spaces around it taken off; empty if it was not sent.
    pub(crate) fn text(&self, name: &str) -> &str {
        self.raw(name).trim()
    }

    /// A field to the letter, as a password is taken.
    pub(crate) fn raw(&self, name: &str) -> &str {
        let found = self.pairs.iter().find(|(known, _)| known == name);
        found.map_or("", |(_, value)| value)
    }

    /// True if a box was ticked or a button of this name was pressed.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.pairs.iter().any(|(known, _)| known == name)
    }

    /// The key that the page was given for this act, so that sending it twice does it once.
    pub(crate) fn key(&self) -> Result<ClientKey, Fault> {
        ClientKey::parse(self.text(KEY)).map_err(|_| Fault::Forged)
    }

    /// Fields that were read already.
    pub(crate) fn of(pairs: Vec<(String, String)>) -> Self {
        // PostgreSQL takes no zero byte in a text, and nobody types one.
        let clean = |(name, value): (String, String)| (name, value.replace('\0', ""));
        Self { pairs: pairs.into_iter().map(clean).collect() }
    }

    /// What may be shown again: everything that was typed but passwords and codes.
    pub(crate) fn typed(&self) -> Vec<(String, String)> {
        let is_typed = |name: &str| ![TOKEN, KEY, MADE_IN, PASSWORD, CODE, SWITCH].contains(&name);
        self.pairs.iter().filter(|(name, _)| is_typed(name)).cloned().collect()
    }

    /// Reads the fields of a body.
    pub(crate) fn parse(body: &[u8]) -> Self {
        Self::of(form_urlencoded::parse(body).into_owned().collect())
    }
}

impl FromRequest<Portal> for Form {
    type Rejection = Fault;

    async fn from_request(request: Request, portal: &Portal) -> Result<Self, Fault> {
        let (mut parts, body) = request.into_parts();
        let visitor = Visitor::from_request_parts(&mut parts, portal).await?;
        let request = Request::from_parts(parts, body);
        let body = Bytes::from_request(request, portal).await.map_err(|_| Fault::TooLarge)?;
        let form = Self::parse(&body);
        if !visitor.form_secret.has_made(form.text(TOKEN)) {
            return Err(Fault::Forged);
        }
        if form.has(SWITCH) { Err(Fault::Switched) } else { Ok(form) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Fields are found by name; what was not sent is empty and not ticked.
    #[test]
    fn fields() {
        let form = Form::parse(b"nama=+Siti+%C3%A9+&sandi=+a+&setuju=&kunci=k1");
        assert_eq!(form.text("nama"), "Siti é");
        assert_eq!(form.raw("sandi"), " a ");
        assert_eq!(form.text("lain"), "");
        assert_eq!([form.has("setuju"), form.has("lain")], [true, false]);
        assert_eq!(form.key().expect("a key").as_str(), "k1");
        assert!(Form::parse(b"").key().is_err());
        let typed =
            Form::parse(b"token=1&sandi=2&kode=3&bahasa=en&kunci=4&sesi=5&nama=Siti").typed();
        assert_eq!(typed, [("nama".to_owned(), "Siti".to_owned())]);
    }
}
