//! The published folders over HTTP: what leaves, under which headers, in which parts.

use std::fs;
use std::os::unix::fs::symlink;
use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::http::header::{
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, CACHE_CONTROL, CONTENT_ENCODING,
    CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG, LAST_MODIFIED, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, Method, Request, StatusCode};
use tempfile::TempDir;
use tower::ServiceExt as _;
use web::{AppState, PublicFolder};

use crate::sample::{self, waves};

const ENTRIES: &str = "/berkas/gelombang-1/entries.bin";

/// A folder of published waves with one wave in it, and a state that serves it.
pub(crate) fn published() -> (TempDir, AppState) {
    let folder = tempfile::tempdir().expect("a folder");
    let wave = folder.path().join("gelombang-1");
    waves::copy(&waves::golden("01-tiny-worked-example"), &wave);
    let public = Arc::new(PublicFolder::new(folder.path().to_owned()));
    (folder, AppState { public, ..sample::state() })
}

/// Status, headers and bytes of an answer; `headers` are those of the request.
async fn fetch(
    state: &AppState,
    method: Method,
    path: &str,
    headers: &[(&str, &str)],
) -> (StatusCode, HeaderMap, Vec<u8>) {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(Body::empty()).expect("a request");
    let response = web::router(state.clone()).oneshot(request).await.expect("infallible");
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, 1 << 20).await.expect("a body below 1 MB");
    (parts.status, parts.headers, body.to_vec())
}

/// Every file of a folder is given as it is, with its kind and how long it may be kept: files that may have a later
/// version for a minute, the others for a day.
#[tokio::test]
async fn all_files() {
    let (folder, state) = published();
    let text = "text/plain; charset=utf-8";
    let (day, minute) = ("public, max-age=86400, immutable", "public, max-age=60");
    for (name, kind, kept) in [
        ("policy.json", "application/json", day),
        ("entries.bin", "application/octet-stream", minute),
        ("quota.json", "application/json", minute),
        ("plan.json", "application/json", minute),
        ("seed.json", "application/json", day),
        ("result.json", "application/json", day),
        ("selected.bin", "application/octet-stream", day),
        ("waitlist.bin", "application/octet-stream", day),
        ("tree/tile/0/000.p/14", "application/octet-stream", minute),
        ("log/checkpoint", text, minute),
        ("log/tile/0/000.p/13", "application/octet-stream", minute),
        ("log/tile/entries/000.p/13", "application/octet-stream", minute),
        ("proofs/policy.json.tlog-proof", text, minute),
    ] {
        let path = format!("/berkas/gelombang-1/{name}");
        let (status, headers, body) = fetch(&state, Method::GET, &path, &[]).await;
        let there = fs::read(folder.path().join("gelombang-1").join(name)).expect(name);
        assert_eq!((status, &body), (StatusCode::OK, &there), "{name}");
        assert_eq!(headers[CONTENT_TYPE], kind, "{name}");
        assert_eq!(headers[CACHE_CONTROL], kept, "{name}");
        assert_eq!(headers[CONTENT_LENGTH], there.len().to_string(), "{name}");
        assert_eq!(headers[ACCESS_CONTROL_ALLOW_ORIGIN], "*", "{name}");
        assert_eq!(headers[X_CONTENT_TYPE_OPTIONS], "nosniff", "{name}");
        assert!(headers.contains_key(LAST_MODIFIED), "{name}");
        // What was fetched once is asked for again without being sent again.
        let tag = headers[ETAG].to_str().expect("text");
        let (status, again, body) =
            fetch(&state, Method::GET, &path, &[("if-none-match", tag)]).await;
        assert_eq!((status, body.len()), (StatusCode::NOT_MODIFIED, 0), "{name}");
        assert_eq!(again[CACHE_CONTROL], kept, "{name}");
    }
}

/// Parts are given by range, whatever encodings the reader takes, and a page elsewhere may read their headers; a
/// range outside the file is refused and not kept.
#[tokio::test]
async fn ranges() {
    let (folder, state) = published();
    let whole = fs::read(folder.path().join("gelombang-1/entries.bin")).expect("the list");
    let asked = [("range", "bytes=64-127"), ("accept-encoding", "gzip")];
    let (status, headers, body) = fetch(&state, Method::GET, ENTRIES, &asked).await;
    assert_eq!(status, StatusCode::PARTIAL_CONTENT);
    assert_eq!(headers[CONTENT_RANGE], "bytes 64-127/896");
    assert_eq!(body, whole[64..128]);
    assert!(!headers.contains_key(CONTENT_ENCODING));
    assert!(
        headers[ACCESS_CONTROL_EXPOSE_HEADERS].to_str().expect("text").contains("content-range")
    );
    let policy = [("range", "bytes=0-9"), ("accept-encoding", "gzip")];
    let (status, _, body) =
        fetch(&state, Method::GET, "/berkas/gelombang-1/policy.json", &policy).await;
    assert_eq!((status, body.len()), (StatusCode::PARTIAL_CONTENT, 10));
    let (status, headers, _) =
        fetch(&state, Method::GET, ENTRIES, &[("range", "bytes=9000-")]).await;
    assert_eq!(status, StatusCode::RANGE_NOT_SATISFIABLE);
    assert_eq!(headers[CACHE_CONTROL], "no-store");
}

/// JSON is sent smaller to whoever takes it so; digests, which do not get smaller, keep their length.
#[tokio::test]
async fn compression() {
    let (_folder, state) = published();
    let takes = [("accept-encoding", "gzip")];
    let (_, headers, _) =
        fetch(&state, Method::GET, "/berkas/gelombang-1/policy.json", &takes).await;
    assert_eq!(headers[CONTENT_ENCODING], "gzip");
    let (_, headers, _) = fetch(&state, Method::GET, ENTRIES, &takes).await;
    assert!(!headers.contains_key(CONTENT_ENCODING));
    assert_eq!(headers[CONTENT_LENGTH], "896");
}

/// Reading is all that is allowed: HEAD tells the length, other methods are refused.
#[tokio::test]
async fn methods() {
    let (_folder, state) = published();
    let (status, headers, body) = fetch(&state, Method::HEAD, ENTRIES, &[]).await;
    assert_eq!((status, body.len()), (StatusCode::OK, 0));
    assert_eq!(headers[CONTENT_LENGTH], "896");
    for method in [Method::POST, Method::PUT, Method::DELETE, Method::OPTIONS] {
        let (status, ..) = fetch(&state, method, ENTRIES, &[]).await;
        assert_eq!(status, StatusCode::METHOD_NOT_ALLOWED);
    }
}

/// Nothing else leaves: hidden files, files that are being written, folders, pipes, what lies outside however it is
/// asked for, and what links outside lead to. Each is the page that says so, which nobody keeps.
#[tokio::test]
async fn nothing_else() {
    let (folder, state) = published();
    let (wave, outside) =
        (folder.path().join("gelombang-1"), tempfile::tempdir().expect("a folder"));
    fs::write(outside.path().join("secret.json"), "{}").expect("written");
    fs::write(wave.join(".hidden.json"), "{}").expect("written");
    fs::write(wave.join("result.json.part"), "{").expect("written");
    fs::create_dir(wave.join(".git")).expect("a folder");
    fs::write(wave.join(".git/config"), "").expect("written");
    symlink(outside.path(), wave.join("link")).expect("a link");
    symlink(outside.path().join("secret.json"), wave.join("linked.json")).expect("a link");
    symlink(wave.join(".hidden.json"), wave.join("shown.json")).expect("a link");
    symlink(wave.join("policy.json"), wave.join("same.json")).expect("a link");
    let made = std::process::Command::new("mkfifo").arg(wave.join("pipe")).status();
    assert!(made.expect("mkfifo runs").success());
    let name = outside.path().file_name().expect("a name").to_str().expect("text");
    for path in [
        "/berkas".to_owned(),
        "/berkas/".to_owned(),
        "/berkas/gelombang-1".to_owned(),
        "/berkas/gelombang-1/".to_owned(),
        "/berkas/gelombang-1/tree".to_owned(),
        "/berkas/gelombang-1/.hidden.json".to_owned(),
        "/berkas/gelombang-1/%2ehidden.json".to_owned(),
        "/berkas/gelombang-1/.git/config".to_owned(),
        "/berkas/gelombang-1/result.json.part".to_owned(),
        "/berkas/gelombang-1/result.json%2Epart".to_owned(),
        "/berkas/gelombang-1/link/secret.json".to_owned(),
        "/berkas/gelombang-1/linked.json".to_owned(),
        "/berkas/gelombang-1/shown.json".to_owned(),
        "/berkas/gelombang-1/pipe".to_owned(),
        "/berkas/gelombang-1/policy.json/".to_owned(),
        "/berkas/gelombang-1/policy.json/x".to_owned(),
        "/berkas/gelombang-1/nothing.json".to_owned(),
        "/berkas/gelombang-1/%00".to_owned(),
        "/berkas/gelombang-1/%FF".to_owned(),
        format!("/berkas/gelombang-1/{}", "x".repeat(300)),
        format!("/berkas/../{name}/secret.json"),
        format!("/berkas/%2e%2e/{name}/secret.json"),
        format!("/berkas/..%2f{name}%2fsecret.json"),
        format!("/berkas/gelombang-1/..%5c..%5c{name}/secret.json"),
        format!("/berkas/{}", outside.path().join("secret.json").display()),
    ] {
        for method in [Method::GET, Method::HEAD] {
            let (status, headers, _) = fetch(&state, method, &path, &[]).await;
            assert_eq!(status, StatusCode::NOT_FOUND, "{path}");
            assert_eq!(headers[CACHE_CONTROL], "no-store", "{path}");
        }
    }
    let (status, ..) = fetch(&state, Method::GET, "/berkas/gelombang-1/same.json", &[]).await;
    assert_eq!(status, StatusCode::OK, "a link within the folder");
    let none = AppState { ..sample::state() };
    let (status, _, body) = fetch(&none, Method::GET, ENTRIES, &[]).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    assert!(String::from_utf8_lossy(&body).contains("Halaman tidak ditemukan"));
}

/// The list of addresses has every file that is served and nothing else: each is fetched.
#[tokio::test]
async fn addresses() {
    let (folder, state) = published();
    fs::write(folder.path().join("gelombang-1/seed.json.part"), "{").expect("written");
    symlink("/etc", folder.path().join("gelombang-1/etc")).expect("a link");
    let list = "/gelombang/1/berkas.txt";
    let (status, headers, body) = fetch(&state, Method::GET, list, &[]).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(headers[CONTENT_TYPE], "text/plain; charset=utf-8");
    let body = String::from_utf8(body).expect("text");
    assert!(body.contains("/berkas/gelombang-1/tree/tile/0/000.p/14\n"), "{body}");
    for path in body.lines() {
        let (status, ..) = fetch(&state, Method::GET, path, &[]).await;
        assert_eq!(status, StatusCode::OK, "{path}");
    }
    for path in ["/gelombang/2/berkas.txt", "/gelombang/70/berkas.txt", "/gelombang/x/berkas.txt"] {
        let (status, ..) = fetch(&state, Method::GET, path, &[]).await;
        assert_eq!(status, StatusCode::NOT_FOUND, "{path}");
    }
}
