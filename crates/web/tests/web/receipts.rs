//! The page that checks a receipt, as this server serves it. What it does is tested in a browser (`e2e/`).

use std::collections::BTreeMap;
use std::fs::{read_dir, read_to_string};

use axum::http::StatusCode;
use axum::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE, LOCATION};

use crate::get;
use crate::pages::{ALL_BYTES_MAX, FIRST_HTML_BYTES_MAX, compressed};

/// All files of the folder, as they lie there.
fn files() -> BTreeMap<String, String> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/static/periksa");
    let entries = read_dir(folder).expect("the folder").map(|entry| entry.expect("an entry"));
    let read = |path: std::path::PathBuf| read_to_string(path).expect("text");
    entries
        .map(|entry| (entry.file_name().into_string().expect("a name"), read(entry.path())))
        .collect()
}

/// Every file of the folder is served as it is, under a type that browsers run or show.
#[tokio::test]
async fn all_files() {
    let files = files();
    assert!(files.len() > 10, "{}", files.len());
    for (name, content) in &files {
        let answer = get(&format!("/periksa/{name}")).await;
        assert_eq!((answer.status, &answer.body), (StatusCode::OK, content), "{name}");
        let kind = match name.rsplit_once('.').expect("an ending").1 {
            "html" => "text/html; charset=utf-8",
            "css" => "text/css; charset=utf-8",
            "js" => "text/javascript; charset=utf-8",
            "json" => "application/json",
            ending => panic!("{ending}"),
        };
        assert_eq!(answer.header(CONTENT_TYPE), kind, "{name}");
    }
    assert_eq!(get("/periksa/").await.body, files["index.html"]);
    assert_eq!(get("/periksa").await.header(LOCATION), "/periksa/");
    assert_eq!(get("/periksa/nothing.js").await.status, StatusCode::NOT_FOUND);
}

/// Scripts run on this page alone, from this server alone, and nothing is written into the page itself.
#[tokio::test]
async fn policy() {
    let page = get("/periksa/").await;
    let policy = page.header(CONTENT_SECURITY_POLICY);
    for rule in
        ["default-src 'none'", "script-src 'self'", "connect-src 'self'", "frame-ancestors 'none'"]
    {
        assert!(policy.contains(rule), "{policy}");
    }
    assert!(!policy.contains("unsafe") && !policy.contains("http"), "{policy}");
    assert!(!get("/").await.header(CONTENT_SECURITY_POLICY).contains("script"));
    for (name, content) in files() {
        let content = content.replace("http://www.w3.org/2000/svg", "");
        for forbidden in [" style=", "javascript:", "://", "onclick=", "eval(", "innerHTML"] {
            assert!(!content.contains(forbidden), "{name} has {forbidden}");
        }
    }
}

/// All that a phone loads before it checks stays within the budget of other pages.
#[test]
fn size() {
    let files = files();
    assert!(compressed(&files["index.html"]) <= FIRST_HTML_BYTES_MAX);
    let all: usize = files.values().map(|content| compressed(content)).sum();
    assert!(all <= ALL_BYTES_MAX, "{all} bytes");
}
