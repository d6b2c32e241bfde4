//! A mail server that keeps what it is given: RFC 5321 as far as a sender needs it, without encryption.

use std::collections::BTreeSet;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use crate::inbox::Inbox;

/// Longest line with its end; RFC 5321 section 4.5.3.1.6 has 1,000 octets.
const LINE_BYTES_MAX: u64 = 4_096;
/// Longest message.
const MESSAGE_BYTES_MAX: usize = 1024 * 1024;

/// What the server does apart from keeping messages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MailMode {
    /// Takes everything.
    #[default]
    Accept,
    /// Knows no mailbox: 550.
    Refuse,
    /// Takes nothing from this sender, by its policy: 550 with an enhanced code that says so.
    Policy,
    /// Asks each recipient's first message to come back later: 451.
    Greylist,
    /// Keeps a message the first time it comes and then drops the connection instead of an answer.
    Drop,
}

/// How the server behaves.
#[derive(Clone, Debug, Default)]
pub struct MailBehaviour {
    /// What it does apart from keeping messages.
    pub mode: MailMode,
    /// Time before each answer.
    pub latency: Duration,
    /// Where messages are kept, one a file; nowhere if none is named.
    pub folder: Option<PathBuf>,
    /// Is told each message that comes.
    pub seen: Option<fn(&str)>,
    /// Shows each message that comes.
    pub inbox: Option<Inbox>,
}

/// What the sessions share.
struct Sink {
    behaviour: MailBehaviour,
    /// Recipients and messages that have come before.
    before: Mutex<BTreeSet<String>>,
    kept: Mutex<u32>,
}

impl Sink {
    /// True the first time.
    fn is_first(&self, what: &str) -> bool {
        self.before.lock().unwrap_or_else(PoisonError::into_inner).insert(what.to_owned())
    }

    /// Keeps a message under the next free number; whoever looks into the folder sees whole files only.
    fn keep(&self, message: &str) -> io::Result<()> {
        if let Some(seen) = self.behaviour.seen {
            seen(message);
        }
        if let Some(inbox) = &self.behaviour.inbox {
            inbox.put_mail(message);
        }
        let Some(folder) = &self.behaviour.folder else { return Ok(()) };
        let mut number = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            *number = number.saturating_add(1);
            let path = folder.join(format!("{:06}.eml", *number));
            if path.exists() {
                continue;
            }
            let unfinished = path.with_extension("part");
            std::fs::write(&unfinished, message)?;
            return std::fs::rename(unfinished, path);
        }
    }
}

/// Takes messages until `stop` is ready; sessions under way end with it.
///
/// # Errors
/// Those of accepting connections on `listener`.
pub async fn serve(
    listener: TcpListener,
    behaviour: MailBehaviour,
    stop: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let sink = Arc::new(Sink { behaviour, before: Mutex::default(), kept: Mutex::default() });
    let mut sessions = JoinSet::new();
    let mut stop = std::pin::pin!(stop);
    loop {
        tokio::select! {
            () = &mut stop => return Ok(()),
            taken = listener.accept() => {
                let (stream, _) = taken?;
                let sink = Arc::clone(&sink);
                // A session that breaks is the other side's affair.
                sessions.spawn(async move { Session { sink, stream: BufReader::new(stream) }.run().await });
            }
            Some(_) = sessions.join_next() => {}
        }
    }
}

struct Session {
    sink: Arc<Sink>,
    stream: BufReader<TcpStream>,
}

/// Sender and recipients of the message that is being handed over.
#[derive(Default)]
struct Envelope {
    from: Option<String>,
    to: Vec<String>,
}

impl Session {
    async fn run(mut self) -> io::Result<()> {
        self.answer("220 sandbox").await?;
        let mut envelope = Envelope::default();
        while let Some(line) = self.line().await? {
            let verb = line.get(..4).unwrap_or_default().to_ascii_uppercase();
            match verb.as_str() {
                "EHLO" => self.answer("250-sandbox\r\n250-8BITMIME\r\n250 SIZE 1048576").await?,
                "HELO" | "NOOP" => self.answer("250 ok").await?,
                "RSET" => {
                    envelope = Envelope::default();
                    self.answer("250 ok").await?;
                }
                "MAIL" => {
                    envelope = Envelope { from: Some(line), to: Vec::new() };
                    self.answer("250 ok").await?;
                }
                "RCPT" => self.recipient(&mut envelope, line).await?,
                "DATA" if envelope.to.is_empty() || envelope.from.is_none() => {
                    self.answer("503 say MAIL and RCPT first").await?;
                }
                "DATA" => {
                    if !self.message(&mut envelope).await? {
                        return Ok(());
                    }
                }
                "QUIT" => return self.answer("221 bye").await,
                _ => self.answer("502 not known here").await?,
            }
        }
        Ok(())
    }

    async fn recipient(&mut self, envelope: &mut Envelope, line: String) -> io::Result<()> {
        let mode = self.sink.behaviour.mode;
        if envelope.from.is_none() {
            self.answer("503 say MAIL first").await
        } else if mode == MailMode::Refuse {
            self.answer("550 5.1.1 no such mailbox").await
        } else if mode == MailMode::Policy {
            self.answer("550 5.7.1 blocked by policy").await
        } else if mode == MailMode::Greylist && self.sink.is_first(&line) {
            self.answer("451 4.7.1 come back later").await
        } else {
            envelope.to.push(line);
            self.answer("250 ok").await
        }
    }

    /// Reads and keeps a message; false if the connection is to be dropped.
    async fn message(&mut self, envelope: &mut Envelope) -> io::Result<bool> {
        self.answer("354 end with a dot").await?;
        let mut message = String::new();
        loop {
            let Some(line) = self.line().await? else { return Ok(false) };
            if line == "." {
                break;
            }
            // A dot before a line that begins with one is not part of it (RFC 5321 section 4.5.2).
            message.push_str(line.strip_prefix('.').unwrap_or(&line));
            message.push('\n');
            if message.len() > MESSAGE_BYTES_MAX {
                self.answer("552 too long").await?;
                return Ok(false);
            }
        }
        let from = envelope.from.take().unwrap_or_default();
        let envelope = std::mem::take(envelope);
        let head = format!("X-Envelope: {from}\nX-Envelope: {}\n", envelope.to.join(" "));
        self.sink.keep(&format!("{head}{message}"))?;
        let id = message.lines().find(|line| line.starts_with("Message-ID:")).unwrap_or_default();
        if self.sink.behaviour.mode == MailMode::Drop && self.sink.is_first(id) {
            return Ok(false);
        }
        self.answer("250 kept").await?;
        Ok(true)
    }

    /// The next line without its end; `None` at the end of the stream.
    async fn line(&mut self) -> io::Result<Option<String>> {
        let mut bytes = Vec::new();
        let read = (&mut self.stream).take(LINE_BYTES_MAX).read_until(b'\n', &mut bytes).await?;
        if read == 0 || bytes.pop() != Some(b'\n') {
            return Ok(None);
        }
        if bytes.last() == Some(&b'\r') {
            bytes.pop();
        }
        Ok(Some(String::from_utf8_lossy(&bytes).into_owned()))
    }

    async fn answer(&mut self, text: &str) -> io::Result<()> {
        tokio::time::sleep(self.sink.behaviour.latency).await;
        self.stream.get_mut().write_all(format!("{text}\r\n").as_bytes()).await
    }
}
