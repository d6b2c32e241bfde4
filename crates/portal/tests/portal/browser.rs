//! A browser without scripts: it keeps cookies, follows redirects, and sends the form of the page it shows.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::future::{pending, ready};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::header::{ACCEPT, CONTENT_TYPE, COOKIE, LOCATION, SET_COOKIE};
use axum::http::{HeaderMap, Request, StatusCode};
use domain::ids::AccountId;
use futures_util::{StreamExt as _, stream};
use portal::Portal;
use storage::secrets::{SecretKind, secret_find};
use tokio::sync::oneshot;
use tower::ServiceExt as _;

/// Redirects in a row that no page needs.
const REDIRECTS_MAX: u8 = 5;

/// A browser and the page it shows.
#[derive(Clone, Debug)]
pub(crate) struct Browser {
    router: Router,
    /// What it is, for what comes to people outside the browser.
    portal: Portal,
    /// Values by the path they go to, and their names.
    cookies: BTreeMap<(String, String), String>,
    /// What it says about who sends a form, if it does.
    pub(crate) site: Option<&'static str>,
    /// Where the page stands, with its query.
    pub(crate) path: String,
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) html: String,
    /// The same as it came.
    pub(crate) bytes: Vec<u8>,
}

impl Browser {
    pub(crate) fn new(portal: Portal) -> Self {
        Self::of(portal::router(portal.clone()), portal)
    }

    /// A browser before other addresses than those of the portal alone.
    pub(crate) fn of(router: Router, portal: Portal) -> Self {
        let (path, html) = (String::new(), String::new());
        let (cookies, headers) = (BTreeMap::new(), HeaderMap::new());
        let bytes = Vec::new();
        Self {
            router,
            portal,
            cookies,
            site: None,
            path,
            status: StatusCode::OK,
            headers,
            html,
            bytes,
        }
    }

    /// Has a cookie, from wherever.
    pub(crate) fn set_cookie(&mut self, name: &str, value: &str) {
        self.cookies.insert(("/".to_owned(), name.to_owned()), value.to_owned());
    }

    /// Shows a page, and follows where it leads.
    pub(crate) async fn open(&mut self, path: &str) {
        self.ask(Request::get(path), path, Body::empty()).await;
    }

    /// Sends the first form that is sent to `action`, with its hidden fields and these.
    pub(crate) async fn send(&mut self, action: &str, fields: &[(&str, &str)]) {
        let form = self.form(action);
        self.send_form(action, &form, fields).await;
    }

    async fn send_form(&mut self, to: &str, form: &str, fields: &[(&str, &str)]) {
        let mut body = form_urlencoded::Serializer::new(String::new());
        body.extend_pairs(hidden(form)).extend_pairs(fields);
        let body = Body::from(body.finish());
        let mut request =
            Request::post(to).header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        if let Some(site) = self.site {
            request = request.header("sec-fetch-site", site);
        }
        self.ask(request, to, body).await;
    }

    /// Fills in and sends the form that the page sends to itself.
    pub(crate) async fn answer(&mut self, fields: &[(&str, &str)]) {
        let path = self.path.clone();
        self.send(&path, fields).await;
    }

    /// Sends the form of the page, with its hidden fields and these, to another address, as a button may.
    pub(crate) async fn answer_at(&mut self, to: &str, fields: &[(&str, &str)]) {
        let form = self.form(&self.path);
        self.send_form(to, &form, fields).await;
    }

    /// Fills in the form that the page sends to itself, with a file, which stands last in it.
    pub(crate) async fn answer_with_file(&mut self, fields: &[(&str, &str)], file: &[u8]) {
        let path = self.path.clone();
        let fields: Vec<(String, String)> = hidden(&self.form(&path))
            .into_iter()
            .chain(fields.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())))
            .collect();
        self.send_parts(&path, &fields, file).await;
    }

    /// Begins to send the form with a file, and stops amid the file, which it tells.
    pub(crate) async fn stop_amid_file(&mut self, stopped: oneshot::Sender<()>) {
        let path = self.path.clone();
        let begun = parts(&hidden(&self.form(&path)), b"half");
        let rest = stream::once(async {
            stopped.send(()).expect("the test waits for it");
            pending().await
        });
        let sent = stream::once(ready(Ok::<_, Infallible>(begun)));
        self.send_body(&path, Body::from_stream(sent.chain(rest))).await;
    }

    /// Sends these fields and a file.
    pub(crate) async fn send_parts(&mut self, to: &str, fields: &[(String, String)], file: &[u8]) {
        let mut body = parts(fields, file);
        body.extend(b"\r\n--batas--\r\n");
        self.send_body(to, Body::from(body)).await;
    }

    async fn send_body(&mut self, to: &str, body: Body) {
        let request = Request::post(to).header(CONTENT_TYPE, "multipart/form-data; boundary=batas");
        self.ask(request, to, body).await;
    }

    /// As the script of the page sends its form, which stays where it is and is told where to go on.
    pub(crate) async fn answer_by_script(&mut self, fields: &[(&str, &str)]) -> String {
        let form = self.form(&self.path.clone());
        let mut body = form_urlencoded::Serializer::new(String::new());
        for (name, value) in hidden(&form) {
            body.append_pair(&name, &value);
        }
        body.extend_pairs(fields);
        let request = Request::post(&self.path)
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(ACCEPT, "text/plain");
        let page = self.html.clone();
        self.once(request, Body::from(body.finish())).await;
        std::mem::replace(&mut self.html, page)
    }

    /// As [`Self::answer`], and types the code if one is asked for to sign in.
    pub(crate) async fn sign_in(&mut self, fields: &[(&str, &str)]) {
        self.answer(fields).await;
        if self.path.contains("/masuk/kode") {
            let code = self.newest_code("code_sign_in").await;
            self.answer(&[("kode", &code)]).await;
        }
    }

    /// The newest code of a kind, as it is sealed for the courier.
    pub(crate) async fn newest_code(&self, kind: &'static str) -> String {
        let service = &self.portal.service;
        let mut tx = service.database.begin().await.expect("a transaction");
        let newest =
            "SELECT account_id FROM account_secrets WHERE kind = $1 ORDER BY kept_at DESC LIMIT 1";
        let account =
            sqlx::query_scalar(newest).bind(kind).fetch_one(&mut *tx).await.expect("a code");
        let kept = (AccountId::from_uuid(account), SecretKind::new(kind));
        let sealed = secret_find(&mut tx, &service.keys, kept).await.expect("opens").expect("kept");
        String::from_utf8_lossy(&sealed).lines().next().expect("a code").to_owned()
    }

    /// Fails unless the page says so.
    pub(crate) fn says(&self, words: &str) {
        assert!(self.html.contains(words), "{} does not say {words:?}:\n{}", self.path, self.html);
    }

    /// The form of the page that is sent to `action`.
    fn form(&self, action: &str) -> String {
        let own = self.path == action;
        let mut forms = self.html.split("<form ").skip(1);
        let form = forms.find(|form| {
            let head = form.split('>').next().unwrap_or_default();
            head.contains("method=\"post\"")
                && (head.contains(&format!("action=\"{action}\""))
                    || (own && !head.contains("action=")))
        });
        let form =
            form.unwrap_or_else(|| panic!("no form to {action} in {}:\n{}", self.path, self.html));
        form.split("</form>").next().unwrap_or_default().to_owned()
    }

    async fn ask(&mut self, request: axum::http::request::Builder, path: &str, body: Body) {
        path.clone_into(&mut self.path);
        let answered = self.once(request, body).await;
        for _ in 0..REDIRECTS_MAX {
            if !self.status.is_redirection() {
                return;
            }
            self.path = answered_location(&self.headers).unwrap_or_else(|| panic!("{answered:?}"));
            self.once(Request::get(self.path.clone()), Body::empty()).await;
        }
        panic!("{} leads on and on", self.path);
    }

    async fn once(&mut self, request: axum::http::request::Builder, body: Body) -> StatusCode {
        let asked = request.uri_ref().expect("an address").path().to_owned();
        let goes_to = |path: &str| {
            let rest = asked.strip_prefix(path.trim_end_matches('/'));
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        let own = self.cookies.iter().filter(|((path, _), _)| goes_to(path));
        let cookies: Vec<String> =
            own.map(|((_, name), value)| format!("{name}={value}")).collect();
        let request = request.header(COOKIE, cookies.join("; ")).body(body).expect("a request");
        let response = self.router.clone().oneshot(request).await.expect("infallible");
        let (parts, body) = response.into_parts();
        for set in parts.headers.get_all(SET_COOKIE) {
            let set = set.to_str().expect("plain text");
            let (name, value) =
                set.split(';').next().and_then(|pair| pair.split_once('=')).expect("a cookie");
            let path = set.split("Path=").nth(1).and_then(|rest| rest.split(';').next());
            let kept = (path.expect("a path").to_owned(), name.to_owned());
            if set.contains("Max-Age=0") {
                self.cookies.remove(&kept);
            } else {
                self.cookies.insert(kept, value.to_owned());
            }
        }
        self.bytes = to_bytes(body, 1 << 20).await.expect("a body below 1 MB").to_vec();
        (self.status, self.headers) = (parts.status, parts.headers);
        self.html = String::from_utf8_lossy(&self.bytes).into_owned();
        self.status
    }
}

/// A form with a file, without its end.
fn parts(fields: &[(String, String)], file: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, value) in fields {
        body.extend(part(&format!("name=\"{name}\"")).into_bytes());
        body.extend(value.as_bytes());
        body.extend(b"\r\n");
    }
    body.extend(part("name=\"foto\"; filename=\"foto.jpg\"").into_bytes());
    body.extend(file);
    body
}

/// The head of a part of a form.
fn part(disposition: &str) -> String {
    format!("--batas\r\nContent-Disposition: form-data; {disposition}\r\n\r\n")
}

fn answered_location(headers: &HeaderMap) -> Option<String> {
    headers.get(LOCATION)?.to_str().ok().map(str::to_owned)
}

/// Names and values of the hidden fields.
fn hidden(form: &str) -> Vec<(String, String)> {
    let inputs = form.split("<input type=\"hidden\" ").skip(1);
    let attribute = |input: &str, name: &str| {
        let (_, rest) = input.split_once(&format!("{name}=\""))?;
        Some(rest.split('"').next()?.to_owned())
    };
    inputs
        .filter_map(|input| Some((attribute(input, "name")?, attribute(input, "value")?)))
        .collect()
}
