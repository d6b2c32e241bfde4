//! Who visits a page: extractors that a handler cannot forget, because it needs what they give.

use std::net::IpAddr;
use std::sync::Arc;

use app::accounts::SessionRow;
use app::device::DeviceToken;
use app::holder::Holder;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::response::{IntoResponse as _, Redirect, Response};
use domain::account::SessionToken;
use domain::ids::{AccountId, PersonId};
use web::{Frame, Language};

use crate::csrf::FormSecret;
use crate::fault::Fault;
use crate::kept::Kept;
use crate::sign_out::SIGN_OUT;
use crate::state::Portal;

/// Anybody, signed in or not.
#[derive(Clone, Debug)]
pub(crate) struct Visitor {
    /// Our id of the request, which goes into its audit events.
    pub(crate) request_id: Arc<str>,
    /// Language of the page.
    pub(crate) language: Language,
    /// Address of the page as it stands in Indonesian, without its query.
    pub(crate) path: Arc<str>,
    /// True if there is a page to be read at the address.
    pub(crate) has_page: bool,
    /// The query, without the question mark.
    pub(crate) query: Arc<str>,
    /// The network that asks; never logged.
    pub(crate) network: IpAddr,
    /// The session that the cookie names, whether or not there is one.
    pub(crate) session: Option<SessionToken>,
    /// The random value of the visit, which says nothing about who it is.
    pub(crate) visit: Arc<str>,
    /// Where somebody stands who waits for a code, sealed as the cookie holds it.
    pub(crate) step: Option<Arc<str>>,
    /// Where the last code went, masked, as the cookie holds it.
    pub(crate) sent: Option<Arc<str>>,
    /// What the cookie says that the device is known by.
    pub(crate) device: Option<DeviceToken>,
    /// What tokens of forms are made of.
    pub(crate) form_secret: FormSecret,
    /// What was typed here before.
    pub(crate) kept: Option<Arc<Kept>>,
    /// Whether cookies go by HTTPS alone.
    pub(crate) is_secure: bool,
}

impl Visitor {
    /// An address of ours in the language of the page.
    pub(crate) fn link(&self, path: &str) -> String {
        in_language(self.language, path)
    }

    /// Address of the page itself, with its query.
    pub(crate) fn own_address(&self) -> String {
        let query = if self.query.is_empty() { String::new() } else { format!("?{}", self.query) };
        self.link(&self.path) + &query
    }

    /// The page with the form that is sent here: this address, or the one above for an address that is only sent to.
    pub(crate) fn page(&self) -> &str {
        match self.path.rsplit_once('/') {
            Some((above, _)) if !self.has_page => above,
            _ => &self.path,
        }
    }

    /// A redirect that makes the browser read another page.
    pub(crate) fn go(&self, path: &str) -> Response {
        Redirect::to(&self.link(path)).into_response()
    }

    /// The frame of the page that is visited.
    pub(crate) fn frame(&self, title: &str) -> Frame {
        let query = if self.query.is_empty() { String::new() } else { format!("?{}", self.query) };
        let frame = Frame::new(self.language, title.to_owned(), |language| {
            in_language(language, &self.path) + &query
        });
        Frame { way_out: self.session.is_some().then(|| self.link(SIGN_OUT)), ..frame }
    }

    /// A value of the query.
    pub(crate) fn asked(&self, name: &str) -> Option<String> {
        let mut pairs = form_urlencoded::parse(self.query.as_bytes());
        pairs.find_map(|(known, value)| (known == name).then(|| value.into_owned()))
    }
}

/// Where to go on to after signing in: an address of ours, or the account. Browsers drop tabs and line ends from an
/// address and take `\` for `/`, so it has none but the bytes of our own addresses.
pub(crate) fn goes_on_to(wished: Option<&str>) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-_.~?=&%+".contains(&byte);
    let is_own = |path: &&str| {
        path.starts_with('/') && !path.starts_with("//") && path.bytes().all(is_plain)
    };
    wished.filter(is_own).unwrap_or("/akun").to_owned()
}

pub(crate) fn in_language(language: Language, path: &str) -> String {
    match language {
        Language::Indonesian => path.to_owned(),
        Language::English => format!("/en{path}"),
    }
}

impl FromRequestParts<Portal> for Visitor {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, _: &Portal) -> Result<Self, Fault> {
        // The guard stands before every page.
        parts.extensions.get::<Self>().cloned().ok_or(Fault::Internal)
    }
}

/// Somebody who is signed in.
#[derive(Clone, Debug)]
pub(crate) struct Member {
    /// The token of the session.
    pub(crate) token: SessionToken,
    /// The account.
    pub(crate) account_id: AccountId,
    /// Its person, if registered.
    pub(crate) person_id: Option<PersonId>,
}

impl Member {
    /// The person with the account, or the page that leads to registering.
    pub(crate) fn holder(&self) -> Result<Holder, Fault> {
        let person_id = self.person_id.ok_or(Fault::NotRegistered)?;
        Ok(Holder { person_id, account: Some(self.account_id) })
    }
}

impl FromRequestParts<Portal> for Member {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, portal: &Portal) -> Result<Self, Fault> {
        let visitor = Visitor::from_request_parts(parts, portal).await?;
        let token = visitor.session.ok_or(Fault::NotSignedIn)?;
        portal.limits.check_session(token.digest()).map_err(Fault::TooManyRequests)?;
        let session = portal.service.session(&token).await?.ok_or(Fault::NotSignedIn)?;
        let SessionRow { account_id, person_id, .. } = session;
        Ok(Self { token, account_id, person_id })
    }
}
