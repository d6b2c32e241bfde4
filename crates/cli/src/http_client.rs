//! A small HTTP/1.1 client that keeps its connection, for load and for tests of a running server: one
//! request at a time, answers with a length.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// Longer than the server lets any request take.
const PATIENCE: Duration = Duration::from_secs(10);
/// Our answers are far below.
const ANSWER_BYTES_MAX: usize = 1 << 20;

/// A client of one server.
#[derive(Debug)]
pub(crate) struct Client {
    server: SocketAddr,
    connection: Option<TcpStream>,
}

/// An answer.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    /// Status code.
    pub(crate) status: u16,
    /// Whether the header `Retry-After` was there.
    pub(crate) says_when: bool,
    /// The body.
    pub(crate) body: Vec<u8>,
}

impl Client {
    /// A client that connects at its first request.
    pub(crate) const fn new(server: SocketAddr) -> Self {
        Self { server, connection: None }
    }

    /// Asks and waits for the answer. After an error nobody knows whether the request was done.
    ///
    /// # Errors
    /// The connection failed, or the answer is none.
    pub(crate) async fn ask(&mut self, request: &str) -> Result<Answer> {
        let asked = timeout(PATIENCE, self.exchange(request)).await;
        let answered = asked.context("the server does not answer").flatten();
        if answered.is_err() {
            self.connection = None;
        }
        answered
    }

    async fn exchange(&mut self, request: &str) -> Result<Answer> {
        let mut connection = if let Some(connection) = self.connection.take() {
            connection
        } else {
            let connection = TcpStream::connect(self.server).await?;
            connection.set_nodelay(true)?;
            connection
        };
        connection.write_all(request.as_bytes()).await?;
        let mut bytes = Vec::with_capacity(1024);
        let head_end = loop {
            if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
                break end + 4;
            }
            read_more(&mut connection, &mut bytes).await?;
        };
        let head = String::from_utf8_lossy(&bytes[..head_end]).to_ascii_lowercase();
        let status = head.split(' ').nth(1).and_then(|code| code.parse().ok());
        let status = status.context("the answer has no status")?;
        let header = |name: &str| {
            head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).map(str::trim)
        };
        let length: usize = header("content-length").map_or(Ok(0), str::parse)?;
        while bytes.len() < head_end + length {
            read_more(&mut connection, &mut bytes).await?;
        }
        if header("connection") != Some("close") {
            self.connection = Some(connection);
        }
        let says_when = header("retry-after").is_some();
        Ok(Answer { status, says_when, body: bytes.split_off(head_end) })
    }
}

async fn read_more(connection: &mut TcpStream, bytes: &mut Vec<u8>) -> Result<()> {
    if connection.read_buf(bytes).await? == 0 {
        bail!("the server closed the connection");
    }
    if bytes.len() > ANSWER_BYTES_MAX {
        bail!("the answer is too long");
    }
    Ok(())
}

/// A join as it goes over the wire.
pub(crate) fn join_request(server: SocketAddr, wave: u16, token: &str, key: &str) -> String {
    format!(
        "POST /api/v1/waves/{wave}/joins HTTP/1.1\r\nHost: {server}\r\nAuthorization: Bearer {token}\r\n\
         Idempotency-Key: {key}\r\nContent-Length: 0\r\n\r\n"
    )
}

/// Asking whether the server is ready.
pub(crate) fn ready_request(server: SocketAddr) -> String {
    format!("GET /kesehatan/siap HTTP/1.1\r\nHost: {server}\r\n\r\n")
}
