//! Forms whose bodies are withheld, over a real socket: they keep nobody else from being served.
#![expect(clippy::unwrap_used, reason = "helpers of tests fail the test")]

use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::http::{Method, StatusCode};
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use http_support::{Admission, Bodies, Class, Limits, Rates, Refusal, Sends, Shedding, Work, shed};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// More than may be in flight.
const WITHHELD: usize = 400;

struct Server {
    address: SocketAddr,
    shedding: Shedding,
    _serving: JoinSet<std::io::Result<()>>,
}

fn work(method: &Method, path: &str) -> Work {
    let (class, sends) = match (method, path) {
        (&Method::GET, _) => (Class::Public, Sends::Nothing),
        (_, "/foto") => (Class::Submit, Sends::Picture),
        _ => (Class::Submit, Sends::Form),
    };
    Work { class, tells_load: true, sends }
}

/// As the guards of the pages do it.
async fn take(State(limits): State<Arc<Limits>>, request: Request) -> Response {
    let client = limits.client(request.extensions(), request.headers());
    if limits.check_request(request.extensions(), client).is_err() {
        return StatusCode::TOO_MANY_REQUESTS.into_response();
    }
    axum::body::to_bytes(request.into_body(), 64).await.unwrap().into_response()
}

async fn serve(per_address: u32) -> Server {
    let rate = NonZeroU32::new(per_address).unwrap();
    let limits = Arc::new(Limits::new(Rates { per_address: rate, per_session: rate }, None));
    let refuse =
        |_: &Method, _: &str| Refusal { content_type: "text/plain", body: Bytes::from("busy") };
    let shedding = Shedding {
        admission: Admission::default(),
        bodies: Bodies::default(),
        limits: Some(Arc::clone(&limits)),
        classify: |method, path| Some(work(method, path)),
        refuse: Arc::new(refuse),
    };
    let router = Router::new()
        .route("/", get(async || "read").post(take))
        .route("/foto", get(async || "read").post(take))
        .with_state(limits)
        .layer(from_fn_with_state(shedding.clone(), shed));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let mut serving = JoinSet::new();
    serving.spawn(async move { axum::serve(listener, router).await });
    Server { address, shedding, _serving: serving }
}

/// A connection that announces a body of nine bytes, once the server has begun to wait for it.
async fn withhold(address: SocketAddr, path: &str) -> TcpStream {
    let mut line = TcpStream::connect(address).await.unwrap();
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 9\r\nExpect: 100-continue\r\n\r\n"
    );
    line.write_all(head.as_bytes()).await.unwrap();
    let mut said = [0; 25];
    line.read_exact(&mut said).await.unwrap();
    assert_eq!(String::from_utf8_lossy(&said), "HTTP/1.1 100 Continue\r\n\r\n");
    line
}

async fn ask(address: SocketAddr, head: &str, body: &str) -> String {
    let mut line = TcpStream::connect(address).await.unwrap();
    let length = body.len();
    let request = format!(
        "{head} HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}"
    );
    line.write_all(request.as_bytes()).await.unwrap();
    answer(line).await
}

async fn answer(mut line: TcpStream) -> String {
    let mut answered = String::new();
    line.read_to_string(&mut answered).await.unwrap();
    answered
}

/// More forms and pictures than there are places are withheld: none of them holds one, others read and send meanwhile,
/// and what is sent at last is taken.
#[tokio::test]
async fn withheld_bodies() {
    let server = serve(10_000).await;
    let mut lines = Vec::new();
    for _ in 0..WITHHELD {
        lines.push(withhold(server.address, "/").await);
    }
    let mut pictures = Vec::new();
    for _ in 0..100 {
        pictures.push(withhold(server.address, "/foto").await);
    }
    let before = server.shedding.admission.load();
    assert_eq!((before.in_flight, before.waiting), (0, 0));
    let read = ask(server.address, "GET /", "").await;
    assert!(read.starts_with("HTTP/1.1 200") && read.ends_with("read"), "{read}");
    let sent = ask(server.address, "POST /", "isian=dua").await;
    assert!(sent.starts_with("HTTP/1.1 200") && sent.ends_with("isian=dua"), "{sent}");
    for mut line in [lines.pop().unwrap(), pictures.pop().unwrap()] {
        line.write_all(b"isian=lama").await.unwrap();
        let sent = answer(line).await;
        assert!(sent.starts_with("HTTP/1.1 200") && sent.ends_with("isian=lam"), "{sent}");
    }
    assert_eq!(server.shedding.admission.load().limit, before.limit);
}

/// Whoever asks too often is told so without being waited for, and is counted once.
#[tokio::test]
async fn rate_first() {
    let server = serve(1).await;
    for _ in 0..2 {
        let sent = ask(server.address, "POST /", "isian=dua").await;
        assert!(sent.starts_with("HTTP/1.1 200"), "{sent}");
    }
    let mut answers = JoinSet::new();
    for _ in 0..20 {
        let mut line = TcpStream::connect(server.address).await.unwrap();
        let head = b"POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 9\r\n\r\n";
        line.write_all(head).await.unwrap();
        answers.spawn(answer(line));
    }
    let told = answers.join_next().await.unwrap().unwrap();
    assert!(told.starts_with("HTTP/1.1 429"), "{told}");
}
