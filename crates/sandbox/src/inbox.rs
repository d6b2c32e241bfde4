//! What mail server and gateway have taken, on a page for whoever tries the programme out, and switches that take
//! simulators away and bring them back.

use std::collections::{BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse as _, Redirect, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

/// The newest letters that are kept.
const KEPT_MAX: usize = 200;

/// A letter or a short text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// `e-mail` or `text`.
    pub kind: &'static str,
    /// Whom it is for.
    pub to: String,
    /// What it is about; empty for a short text.
    pub subject: String,
    /// What it says.
    pub body: String,
}

/// Where letters are collected; cheap to copy.
#[derive(Clone, Debug, Default)]
pub struct Inbox(Arc<Mutex<VecDeque<Letter>>>);

impl Inbox {
    /// Puts a letter on top.
    pub fn put(&self, letter: Letter) {
        let mut letters = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        letters.push_front(letter);
        letters.truncate(KEPT_MAX);
    }

    /// Puts an e-mail on top, as it came over the wire.
    pub fn put_mail(&self, message: &str) {
        let (head, body) = message.split_once("\n\n").unwrap_or((message, ""));
        let field = |name: &str| {
            let found = head.lines().find_map(|line| line.strip_prefix(name));
            found.map_or("", str::trim).to_owned()
        };
        let body = match field("Content-Transfer-Encoding:").as_str() {
            "quoted-printable" => unquote(body),
            "base64" => unbase64(body),
            _ => body.to_owned(),
        };
        self.put(Letter { kind: "e-mail", to: field("To:"), subject: field("Subject:"), body });
    }

    fn letters(&self) -> Vec<Letter> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }
}

/// Takes a simulator away, for everybody or for some, and brings it back; cheap to copy.
#[derive(Clone, Debug, Default)]
pub struct Outage(Arc<Mutex<Away>>);

#[derive(Debug, Default)]
struct Away {
    for_all: bool,
    only_for: BTreeSet<String>,
}

impl Outage {
    /// True while it is away for everybody.
    pub fn is_on(&self) -> bool {
        self.away(|away| away.for_all)
    }

    /// True while it is away when asked about somebody: a NIK, a phone number.
    pub fn concerns(&self, whom: &str) -> bool {
        self.away(|away| away.for_all || away.only_for.contains(whom))
    }

    /// Takes it away, or brings it back, when asked about one alone, or for everybody, each single one among them.
    pub fn set(&self, on: bool, whom: Option<&str>) {
        self.away(|away| match whom {
            None => *away = Away { for_all: on, ..Away::default() },
            Some(whom) if on => _ = away.only_for.insert(whom.to_owned()),
            Some(whom) => _ = away.only_for.remove(whom),
        });
    }

    fn away<T>(&self, of: impl FnOnce(&mut Away) -> T) -> T {
        of(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// What the page shows and switches.
#[derive(Clone, Debug, Default)]
pub struct Board {
    /// The letters.
    pub inbox: Inbox,
    /// Simulators that can be taken away, with their names.
    pub outages: Vec<(&'static str, Outage)>,
}

/// The page as a router, for [`crate::serve`].
pub fn router(board: Board) -> Router {
    Router::new()
        .route("/", get(show))
        .route("/letters.json", get(tell))
        .route("/outages/{name}/{state}", post(switch))
        .with_state(board)
}

async fn show(State(board): State<Board>) -> Html<String> {
    let button = |(name, outage): &(&'static str, Outage)| {
        let (state, words) = if outage.is_on() {
            ("off", "is away: bring it back")
        } else {
            ("on", "answers: take it away")
        };
        format!(
            "<form method=\"post\" action=\"/outages/{name}/{state}\"><button>{name} {words}</button></form>\n"
        )
    };
    let letter = |letter: &Letter| {
        let [to, subject, body] =
            [&letter.to, &letter.subject, &letter.body].map(|text| escape(text));
        format!(
            "<article><h2>{}: {to}</h2><h3>{subject}</h3><pre>{body}</pre></article>\n",
            letter.kind
        )
    };
    let buttons: String = board.outages.iter().map(button).collect();
    let letters = board.inbox.letters();
    let shown: String = letters.iter().map(letter).collect();
    let none = if letters.is_empty() { "<p>Nothing has come yet.</p>" } else { "" };
    Html(format!(
        "<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\"><title>Sandbox: mails and texts</title>\n\
         <meta name=\"viewport\" content=\"width=device-width\"><meta http-equiv=\"refresh\" content=\"4\">\n\
         <style>body{{font:18px system-ui;max-width:44rem;margin:1rem auto;padding:0 1rem}}\
         article{{border:1px solid #999;margin:1rem 0;padding:0 1rem}}pre{{white-space:pre-wrap;font:inherit}}\
         h2,h3{{font-size:1em}}form{{display:inline}}</style>\n\
         <h1>Mails and texts, newest first</h1>\n<p>Everything here is made up; nothing left this machine.</p>\n\
         {buttons}{none}{shown}</html>\n"
    ))
}

async fn tell(State(board): State<Board>) -> Json<Value> {
    let letters = board.inbox.letters();
    let told = letters.iter().map(|Letter { kind, to, subject, body }| {
        json!({ "kind": kind, "to": to, "subject": subject, "body": body })
    });
    Json(told.collect())
}

/// Whom a switch is about.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Whom {
    /// A NIK or a phone number as the simulator is asked about it; everybody, if there is none.
    of: Option<String>,
}

async fn switch(
    State(board): State<Board>,
    Path((name, state)): Path<(String, String)>,
    Query(Whom { of }): Query<Whom>,
) -> Response {
    let known = board.outages.iter().find(|(known, _)| *known == name);
    let (Some((_, outage)), "on" | "off") = (known, state.as_str()) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    outage.set(state == "on", of.as_deref());
    Redirect::to("/").into_response()
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;")
}

/// Takes quoted-printable off (RFC 2045 section 6.7).
fn unquote(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut parts = text.split('=');
    bytes.extend_from_slice(parts.next().unwrap_or_default().as_bytes());
    for part in parts {
        if let Some(rest) = part.strip_prefix('\n') {
            bytes.extend_from_slice(rest.as_bytes());
            continue;
        }
        let code = part.get(..2).and_then(|code| u8::from_str_radix(code, 16).ok());
        match (code, part.get(2..)) {
            (Some(byte), Some(rest)) => {
                bytes.push(byte);
                bytes.extend_from_slice(rest.as_bytes());
            }
            _ => bytes.extend_from_slice(format!("={part}").as_bytes()),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Takes base64 off (RFC 4648 section 4), and passes over anything that is no digit of it.
fn unbase64(text: &str) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let (mut bytes, mut bits, mut held) = (Vec::new(), 0u32, 0u32);
    for digit in text.bytes().filter_map(|byte| DIGITS.iter().position(|digit| *digit == byte)) {
        held = (held << 6) | u32::try_from(digit).unwrap_or(0);
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push(u8::try_from((held >> bits) & 0xff).unwrap_or(0));
            held &= (1 << bits) - 1;
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Mails are shown as they were written, whichever way the sender wrapped them; the newest stands first.
    #[test]
    fn mails_are_read() {
        let inbox = Inbox::default();
        let head = "X-Envelope: x\nTo: <a@contoh.id>\nSubject: Kode\nContent-Transfer-Encoding:";
        for (encoding, body) in [
            ("7bit", "Kode Anda = 123456\n"),
            ("quoted-printable", "Kode =C3=A9 Anda=\n 123=\n456\n"),
            ("base64", "S29kZSDDqSBBbmRh\nIDEyMzQ1Ng==\n"),
        ] {
            inbox.put_mail(&format!("{head} {encoding}\n\n{body}"));
        }
        let letters = inbox.letters();
        let bodies: Vec<&str> = letters.iter().map(|letter| letter.body.trim()).collect();
        assert_eq!(bodies, ["Kode é Anda 123456", "Kode é Anda 123456", "Kode Anda = 123456"]);
        assert!(
            letters.iter().all(|letter| letter.to == "<a@contoh.id>" && letter.subject == "Kode")
        );
    }

    /// What strangers write stays text on the page.
    #[test]
    fn pages_are_safe() {
        assert_eq!(escape("<b a=\"&\">"), "&lt;b a=&quot;&amp;&quot;>");
    }
}
