//! The client against real servers on this machine.

use std::net::SocketAddr;
use std::time::Duration;

use axum::http::header::LOCATION;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use axum::{Json, Router};
use integrations::address::Address;
use integrations::error::CallErrorKind;
use integrations::http::{HttpClient, HttpSetup};
use integrations::secret::Secret;
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

const TOKEN: &str = "s3cret-token";

fn client(address: SocketAddr, timeout_ms: u64) -> HttpClient {
    let address: Address = format!("http://{address}/api/").parse().expect("an address");
    let timeout = Duration::from_millis(timeout_ms);
    let token = Secret::parse(TOKEN);
    HttpClient::new(HttpSetup { system: "test", address, token, timeout }).expect("a client")
}

async fn kind(client: &HttpClient, path: &str) -> Option<CallErrorKind> {
    client.post::<_, Value>(path, &json!({ "nik": "1571" })).await.err().map(|error| error.kind)
}

/// Goal: every answer of a server comes to its kind, and a good one is read. Method: a server with one
/// path for each; the path that a redirect points to would answer well, were it followed.
#[tokio::test]
async fn answers() {
    let echo = async |headers: HeaderMap, Json(body): Json<Value>| {
        let token = headers.get("authorization").and_then(|value| value.to_str().ok());
        Json(json!({ "asked": body, "authorized": token == Some("Bearer s3cret-token") }))
    };
    let router = Router::new()
        .route("/api/echo", post(echo))
        .route("/api/busy", post(async || StatusCode::SERVICE_UNAVAILABLE))
        .route("/api/moved", post(async || (StatusCode::FOUND, [(LOCATION, "/api/echo")])))
        .route("/api/text", post(async || "neither JSON nor s3cret-token"))
        .route("/api/long", post(async || Json("x".repeat(65 * 1024))))
        .route("/api/never", post(async || std::future::pending::<StatusCode>().await));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let mut tasks = JoinSet::new();
    tasks.spawn(async move { axum::serve(listener, router).await });

    let patient = client(address, 10_000);
    let answer: Value = patient.post("echo", &json!({ "nik": "1571" })).await.expect("an answer");
    assert_eq!(answer, json!({ "asked": { "nik": "1571" }, "authorized": true }));
    for (path, expected) in [
        ("busy", CallErrorKind::Status(503)),
        ("none", CallErrorKind::Status(404)),
        ("moved", CallErrorKind::Unexpected(302)),
        ("text", CallErrorKind::Unreadable),
        ("long", CallErrorKind::TooLong),
    ] {
        assert_eq!(kind(&patient, path).await, Some(expected), "{path}");
    }
    assert_eq!(kind(&client(address, 50), "never").await, Some(CallErrorKind::Late));
}

/// Goal: a server that is away, and one that hangs up in the middle of its answer, are told apart, and
/// neither an error nor the client prints the token. Method: a closed port, and a listener that sends half
/// an answer.
#[tokio::test]
async fn failures() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let client = client(address, 10_000);
    let mut tasks = JoinSet::new();
    tasks.spawn(async move {
        let (mut connection, _) = listener.accept().await.expect("a connection");
        let half = b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{";
        connection.write_all(half).await.expect("sent");
    });
    assert_eq!(kind(&client, "x").await, Some(CallErrorKind::Broken));
    tasks.join_next().await;
    let away = client.post::<_, Value>("x", &json!({})).await.expect_err("nobody listens");
    assert_eq!(away.kind, CallErrorKind::Unreachable);
    assert_eq!(away.to_string(), "test: could not connect");
    assert!(!format!("{client:?}{away:?}").contains(TOKEN));
}
