//! Which requests go first when not all can be served, and what those are told who cannot.

use std::sync::Arc;

use axum::body::Bytes;
use axum::http::Method;
use http_support::{Admission, Bodies, Class, Refusal, Sends, Shedding, Work};
use portal::UPLOADS;
use web::{Language, busy_page};

/// Told to programs; the code is stable.
const PROBLEM: &str = r#"{"type":"urn:gelombang:problem:busy","title":"Service Unavailable","status":503,"code":"busy","detail":"so many come at this moment that this request was turned away before anything was done; ask again in a few seconds, under the same key"}"#;

/// Written into the program, kept under a name for ever, or asked by whoever watches over the program.
const NEVER_SHED: [&str; 3] = ["/aset/", "/periksa", "/kesehatan/"];

/// The parts of an address below which people read what is their own.
const OWN: [&str; 8] =
    ["/akun", "/antre", "/daftar", "/langkah", "/lupa-sandi", "/masuk", "/pendaftaran", "/tes"];

/// Where passwords are hashed, in a queue of their own.
const SLOW_ANYWAY: [&str; 3] = ["/daftar", "/lupa-sandi", "/masuk"];

/// The layer for `serve`.
pub(crate) fn shedding(admission: Admission) -> Shedding {
    let page = |language, is_sent| Refusal {
        content_type: "text/html; charset=utf-8",
        body: Bytes::from(busy_page(language, is_sent)),
    };
    let pages = Language::ALL.map(|language| [false, true].map(|is_sent| page(language, is_sent)));
    let problem = Refusal {
        content_type: "application/problem+json",
        body: Bytes::from_static(PROBLEM.as_bytes()),
    };
    let [[read_id, sent_id], [read_en, sent_en]] = pages;
    let refuse = move |method: &Method, path: &str| {
        let told = match (path.starts_with("/api/"), english(path), reads(method)) {
            (true, ..) => &problem,
            (false, None, true) => &read_id,
            (false, None, false) => &sent_id,
            (false, Some(_), true) => &read_en,
            (false, Some(_), false) => &sent_en,
        };
        told.clone()
    };
    Shedding {
        admission,
        bodies: Bodies::default(),
        limits: None,
        classify,
        refuse: Arc::new(refuse),
    }
}

/// What a request is; `None` if it costs nothing.
pub(crate) fn classify(method: &Method, path: &str) -> Option<Work> {
    if NEVER_SHED.iter().any(|prefix| path.starts_with(prefix)) {
        return None;
    }
    let page = english(path).unwrap_or(path);
    let class = if !reads(method) {
        Class::Submit
    } else if path.starts_with("/api/v1/") || OWN.iter().any(|own| is_below(page, own)) {
        Class::Read
    } else if path.starts_with("/api/v2/") {
        Class::Partner
    } else if path.starts_with("/api/")
        || path.rsplit('.').next() == Some("csv")
        || path.starts_with("/berkas/")
    {
        Class::Export
    } else {
        Class::Public
    };
    let is_slow_anyway = !reads(method)
        && (SLOW_ANYWAY.iter().any(|own| is_below(page, own))
            || ["/api/v1/accounts", "/api/v1/sessions"].contains(&path));
    let tells_load =
        !is_slow_anyway && page != "/antre" && matches!(class, Class::Submit | Class::Read);
    let sends = match *method {
        Method::GET | Method::HEAD => Sends::Nothing,
        Method::POST if UPLOADS.contains(&page) => Sends::Picture,
        _ => Sends::Form,
    };
    Some(Work { class, tells_load, sends })
}

fn reads(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD)
}

/// The rest of an English address.
fn english(path: &str) -> Option<&str> {
    path.strip_prefix("/en").filter(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn is_below(path: &str, parent: &str) -> bool {
    path.strip_prefix(parent).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each kind of address falls into its class; what is written into the program is never turned away.
    #[test]
    fn classes() {
        let class = |method: Method, path: &str| classify(&method, path).map(|work| work.class);
        for (path, expected) in [
            ("/aset/gelombang-0.css", None),
            ("/kesehatan/siap", None),
            ("/periksa/", None),
            ("/akun", Some(Class::Read)),
            ("/en/akun/pengaduan", Some(Class::Read)),
            ("/en/antre", Some(Class::Read)),
            ("/pendaftaran/nik", Some(Class::Read)),
            ("/akunting", Some(Class::Public)),
            ("/api/v1/me", Some(Class::Read)),
            ("/api/v2/orders", Some(Class::Partner)),
            ("/api/statistik/15", Some(Class::Export)),
            ("/gelombang/70/wilayah.csv", Some(Class::Export)),
            ("/", Some(Class::Public)),
            ("/en/statistics/15", Some(Class::Public)),
        ] {
            assert_eq!(class(Method::GET, path), expected, "{path}");
        }
        for path in ["/masuk", "/api/v1/waves/70/joins", "/akun/gabung"] {
            assert_eq!(class(Method::POST, path), Some(Class::Submit), "{path}");
        }
        let tells = |path: &str| classify(&Method::POST, path).map(|work| work.tells_load);
        assert_eq!(tells("/en/masuk"), Some(false));
        assert_eq!(tells("/api/v1/waves/70/joins"), Some(true));
        let sends = |method, path: &str| classify(&method, path).map(|work| work.sends);
        for (method, path, expected) in [
            (Method::POST, "/pendaftaran/foto-ktp", Sends::Picture),
            (Method::POST, "/en/pendaftaran/wajah", Sends::Picture),
            (Method::POST, "/pendaftaran/foto-ktp/hapus", Sends::Form),
            (Method::PUT, "/pendaftaran/wajah", Sends::Form),
            (Method::POST, "/", Sends::Form),
            (Method::DELETE, "/api/v1/waves/70/joins", Sends::Form),
            (Method::GET, "/pendaftaran/wajah", Sends::Nothing),
        ] {
            assert_eq!(sends(method, path), Some(expected), "{path}");
        }
    }

    /// Who is turned away hears it in the language of the address, a program in its own form, and only who reads is
    /// led back by itself.
    #[test]
    fn refusals() {
        let shedding = shedding(Admission::default());
        let told = |method: Method, path: &str| (shedding.refuse)(&method, path);
        let text = |refusal: &Refusal| String::from_utf8_lossy(&refusal.body).into_owned();
        for (method, path, has) in [
            (Method::GET, "/akun", "Sedang sangat ramai"),
            (Method::POST, "/akun", "isian Anda masih ada"),
            (Method::GET, "/en/akun", "It is very busy"),
            (Method::POST, "/en/akun", "what you typed"),
            (Method::POST, "/api/v1/waves/1/joins", "under the same key"),
        ] {
            let refusal = told(method.clone(), path);
            let said = text(&refusal);
            assert!(said.contains(has) && refusal.body.len() < 1500, "{path}: {said}");
            assert_eq!(said.contains("refresh"), method == Method::GET, "{path}");
        }
        let problem: serde_json::Value =
            serde_json::from_slice(&told(Method::GET, "/api/v1/me").body).expect("JSON");
        assert_eq!(problem["code"], "busy");
    }
}
