//! Serving over a socket and stopping.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::time::timeout;

use crate::sample;

/// A connection that never finishes its request does not hold up the stop for good: one is left half
/// asked, a page is fetched over another, then the server must end by itself.
#[tokio::test]
async fn stops_with_an_unfinished_request() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let (stop, stopping) = oneshot::channel::<()>();
    let server = web::serve(listener, web::router(sample::state()), async {
        stopping.await.ok();
    });
    let reader = async {
        let mut unfinished = TcpStream::connect(address).await.expect("connected");
        unfinished.write_all(b"GET / HTTP/1.1\r\nHost").await.expect("sent");
        let mut asking = TcpStream::connect(address).await.expect("connected");
        let request = b"GET /kesehatan/hidup HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
        asking.write_all(request).await.expect("sent");
        let mut answer = String::new();
        asking.read_to_string(&mut answer).await.expect("an answer");
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
        stop.send(()).expect("the server waits for it");
        unfinished
    };
    let both = async { tokio::join!(server, reader) };
    let (ended, _unfinished) = timeout(Duration::from_secs(10), both).await.expect("it stops");
    ended.expect("without an error");
}
