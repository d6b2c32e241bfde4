//! A small HTTP client for one outside system: JSON out, JSON in, bounded in time and size.

use std::time::Duration;

use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use reqwest::redirect::Policy;
use reqwest::{Client, RequestBuilder, Response};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::address::Address;
use crate::error::{CallError, CallErrorKind};
use crate::secret::Secret;

/// Longest answer that is read: agreed answers are far below.
const ANSWER_BYTES_MAX: usize = 64 * 1024;
/// Idle connections kept to one system.
const IDLE_MAX: usize = 8;

/// What a client needs.
#[derive(Clone, Debug)]
pub struct HttpSetup {
    /// Name of the system for errors and logs.
    pub system: &'static str,
    /// Where it is.
    pub address: Address,
    /// Sent as a bearer token, if the system demands one.
    pub token: Option<Secret>,
    /// Longest time of a call, from the first attempt to connect to the end of the answer.
    pub timeout: Duration,
}

/// The client could not be made; the operating system lacks what TLS needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("could not set up the client of outside systems")]
pub struct SetupError;

/// A client of one system. Cloning shares its connections.
#[derive(Clone)]
pub struct HttpClient {
    system: &'static str,
    address: Address,
    authorization: Option<HeaderValue>,
    client: Client,
}

impl std::fmt::Debug for HttpClient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "HttpClient({} at {})", self.system, self.address)
    }
}

impl HttpClient {
    /// A client that connects at its first call. No proxy of the environment is used: personal data goes
    /// to the stated address alone.
    ///
    /// # Errors
    /// [`SetupError`].
    pub fn new(setup: HttpSetup) -> Result<Self, SetupError> {
        let builder = Client::builder()
            .redirect(Policy::none())
            .no_proxy()
            .referer(false)
            .timeout(setup.timeout)
            .pool_max_idle_per_host(IDLE_MAX)
            .user_agent(concat!("gelombang/", env!("CARGO_PKG_VERSION")));
        #[cfg(feature = "tls")]
        let builder = crate::tls::with_tls(builder)?;
        let authorization = setup.token.as_ref().map(bearer).transpose()?;
        Ok(Self {
            system: setup.system,
            address: setup.address,
            authorization,
            client: builder.build().map_err(|_| SetupError)?,
        })
    }

    /// Posts a JSON body to a path below the address and reads a JSON answer of status 200 to 299.
    ///
    /// # Errors
    /// [`CallError`] says whether the call may be made again.
    pub async fn post<Q: Serialize + Sync, A: DeserializeOwned>(
        &self,
        path: &str,
        question: &Q,
    ) -> Result<A, CallError> {
        let request = self.client.post(self.address.join(path)).json(question);
        let answer = self.send(request.header(ACCEPT, "application/json")).await?;
        let body = self.read_success(answer).await?;
        serde_json::from_slice(&body).map_err(|_| self.failed(CallErrorKind::Unreadable))
    }

    /// Posts a text to a path below the address, and gives status and body, since both are the answer.
    pub(crate) async fn post_text(
        &self,
        path: &str,
        text: Vec<u8>,
    ) -> Result<(u16, Vec<u8>), CallError> {
        let request = self.client.post(self.address.join(path)).body(text);
        let answer = self.send(request.header(CONTENT_TYPE, "text/plain; charset=utf-8")).await?;
        let status = answer.status().as_u16();
        let body = match status {
            200..=299 | 409 => read_body(answer).await.map_err(|kind| self.failed(kind))?,
            // Words for people, or a page of something that stands between.
            _ => Vec::new(),
        };
        Ok((status, body))
    }

    /// Reads what is at a path below the address, with status 200 to 299.
    pub(crate) async fn get(&self, path: &str) -> Result<Vec<u8>, CallError> {
        let answer = self.send(self.client.get(self.address.join(path))).await?;
        self.read_success(answer).await
    }

    /// Where the system is.
    pub(crate) const fn address(&self) -> &Address {
        &self.address
    }

    const fn failed(&self, kind: CallErrorKind) -> CallError {
        CallError { system: self.system, kind }
    }

    async fn send(&self, mut request: RequestBuilder) -> Result<Response, CallError> {
        if let Some(authorization) = &self.authorization {
            request = request.header(AUTHORIZATION, authorization.clone());
        }
        request.send().await.map_err(|error| self.failed(kind_of(&error)))
    }

    async fn read_success(&self, answer: Response) -> Result<Vec<u8>, CallError> {
        match answer.status().as_u16() {
            200..=299 => read_body(answer).await.map_err(|kind| self.failed(kind)),
            status => Err(self.failed(CallErrorKind::of_status(status))),
        }
    }
}

fn bearer(token: &Secret) -> Result<HeaderValue, SetupError> {
    let mut value =
        HeaderValue::from_str(&format!("Bearer {}", token.expose())).map_err(|_| SetupError)?;
    value.set_sensitive(true);
    Ok(value)
}

/// Reads at most [`ANSWER_BYTES_MAX`], whatever length the system states.
async fn read_body(mut answer: Response) -> Result<Vec<u8>, CallErrorKind> {
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(|error| kind_of(&error))? {
        if body.len().saturating_add(chunk.len()) > ANSWER_BYTES_MAX {
            return Err(CallErrorKind::TooLong);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// The kind of a failure; the library's text is dropped, since it names address and cause at length.
fn kind_of(error: &reqwest::Error) -> CallErrorKind {
    if error.is_connect() {
        CallErrorKind::Unreachable
    } else if error.is_timeout() {
        CallErrorKind::Late
    } else {
        CallErrorKind::Broken
    }
}
