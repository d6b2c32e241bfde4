//! The cookies: one that a form's token hangs on, one of the session, two of whoever waits for a code, one by which a
//! device is known, and one with a form that could not be taken. All go to this host alone, to no script, and with no
//! form of another site.

use app::device::DEVICE_MICROS;
use app::kept_form::KEPT_MICROS;
use app::step::STEP_MICROS;
use axum::http::header::{COOKIE, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue};
use domain::account::SESSION_MICROS;

/// What a cookie is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cookie {
    /// The visit: a random value that says nothing about who it is.
    Visit,
    /// The session of whoever is signed in.
    Session,
    /// The place in the waiting room, or the leave to go on.
    Place,
    /// Where somebody stands who waits for a code, sealed.
    Step,
    /// Where the last code went, masked.
    Sent,
    /// What the device is known by.
    Device,
    /// A form that could not be taken, sealed, for its own page.
    Kept,
}

impl Cookie {
    /// Its name. Browsers take a name of these prefixes by HTTPS only, and with the first from the host itself only
    /// (RFC 6265bis section 4.1.3), for all its pages.
    const fn name(self, is_secure: bool) -> &'static str {
        match (self, is_secure) {
            (Self::Visit, true) => "__Host-kunjungan",
            (Self::Visit, false) => "kunjungan",
            (Self::Session, true) => "__Host-sesi",
            (Self::Session, false) => "sesi",
            (Self::Place, true) => "__Host-antre",
            (Self::Place, false) => "antre",
            (Self::Step, true) => "__Host-langkah",
            (Self::Step, false) => "langkah",
            (Self::Sent, true) => "__Host-tujuan",
            (Self::Sent, false) => "tujuan",
            (Self::Device, true) => "__Host-perangkat",
            (Self::Device, false) => "perangkat",
            (Self::Kept, true) => "__Secure-isian",
            (Self::Kept, false) => "isian",
        }
    }

    /// Its value in a request.
    pub(crate) fn read(self, headers: &HeaderMap, is_secure: bool) -> Option<&str> {
        let name = self.name(is_secure);
        let sent = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
        let mut pairs = sent.flat_map(|value| value.split(';'));
        pairs.find_map(|pair| pair.trim().strip_prefix(name)?.strip_prefix('='))
    }

    /// The header that sets it to a value of visible ASCII.
    pub(crate) fn set(self, value: &str, is_secure: bool) -> Option<HeaderValue> {
        let micros = match self {
            Self::Visit | Self::Session | Self::Place => SESSION_MICROS,
            Self::Step | Self::Sent => STEP_MICROS,
            Self::Device => DEVICE_MICROS,
            Self::Kept => KEPT_MICROS,
        };
        self.header("/", value, micros / 1_000_000, is_secure)
    }

    /// The same for one page, or to take it back there if the value is empty.
    pub(crate) fn set_below(self, path: &str, value: &str, is_secure: bool) -> Option<HeaderValue> {
        let age_s = if value.is_empty() { 0 } else { KEPT_MICROS / 1_000_000 };
        self.header(path, value, age_s, is_secure)
    }

    /// True if an answer with these headers gives it a value.
    pub(crate) fn is_given(self, headers: &HeaderMap, is_secure: bool) -> bool {
        let sets = headers.get_all(SET_COOKIE).iter().filter_map(|set| set.to_str().ok());
        let mut values =
            sets.filter_map(|set| set.strip_prefix(self.name(is_secure))?.strip_prefix('='));
        values.any(|value| !value.starts_with(';'))
    }

    /// The header that takes it back.
    pub(crate) fn forget(self, is_secure: bool) -> Option<HeaderValue> {
        self.header("/", "", 0, is_secure)
    }

    fn header(self, path: &str, value: &str, age_s: i64, is_secure: bool) -> Option<HeaderValue> {
        let name = self.name(is_secure);
        let secure = if is_secure { "; Secure" } else { "" };
        let written =
            format!("{name}={value}; Path={path}; Max-Age={age_s}; HttpOnly; SameSite=Lax{secure}");
        HeaderValue::from_str(&written).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A cookie is found among others, never by the end of another's name, and set for this host alone.
    #[test]
    fn cookies() {
        let mut headers = HeaderMap::new();
        headers.insert(COOKIE, HeaderValue::from_static("xsesi=1; sesi=gls_2;kunjungan=3"));
        assert_eq!(Cookie::Session.read(&headers, false), Some("gls_2"));
        assert_eq!(Cookie::Visit.read(&headers, false), Some("3"));
        assert_eq!(Cookie::Session.read(&headers, true), None);
        let set = Cookie::Session.set("gls_2", true).expect("a header");
        assert_eq!(set, "__Host-sesi=gls_2; Path=/; Max-Age=43200; HttpOnly; SameSite=Lax; Secure");
        let mut answer = HeaderMap::new();
        for (cookie, value, is_given) in [
            (Cookie::Visit, Cookie::Visit.set("3", false), false),
            (Cookie::Session, Cookie::Session.forget(false), false),
            (Cookie::Session, Cookie::Session.set("gls_2", false), true),
        ] {
            answer.append(SET_COOKIE, value.expect("a header"));
            assert_eq!(Cookie::Session.is_given(&answer, false), is_given, "{cookie:?}");
        }
        let forgotten = Cookie::Visit.forget(false).expect("a header");
        assert_eq!(forgotten, "kunjungan=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax");
    }
}
