//! A mail server that takes our e-mails: SMTP by lettre, connections reused.

use std::fmt;
use std::str::FromStr;
use std::time::{Duration, UNIX_EPOCH};

use domain::identity::Email;
use domain::notice::text::Mail;
use domain::time::Timestamp;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Mailbox, Message};
use lettre::transport::smtp::PoolConfig;
use lettre::transport::smtp::authentication::Credentials;
#[cfg(feature = "tls")]
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::{AsyncSmtpTransport, AsyncTransport as _, Tokio1Executor};
use reqwest::Url;
use uuid::Uuid;

use crate::address::is_here;
use crate::http::SetupError;
use crate::relay::{Provider, SendError};
use crate::secret::Secret;

/// Longest time of one command; the sender has a limit of its own for all of them together.
const TIMEOUT: Duration = Duration::from_secs(10);
/// Connections to one server: more than that at once is taken for a flood.
const CONNECTIONS_MAX: u32 = 4;

/// Where a mail server is: `smtp://host:port`, encrypted by STARTTLS unless it is on this machine, or
/// `smtps://host:port`, encrypted from the first byte; with `user@` before the host where it wants one.
#[derive(Clone, PartialEq, Eq)]
pub struct MailServer {
    host: String,
    port: u16,
    user: Option<String>,
    security: Security,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Security {
    /// On this machine only.
    None,
    /// STARTTLS before anything is said.
    #[cfg(feature = "tls")]
    Upgraded,
    /// TLS from the first byte.
    #[cfg(feature = "tls")]
    Wrapped,
}

/// Why the address of a mail server is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MailServerError {
    /// No such address.
    #[error(
        "write an address such as smtp://user@mail.example.id:587 or smtps://mail.example.id:465"
    )]
    Shape,
    /// Carries a password, a path or a query.
    #[error("write user, host and port alone; a password belongs in a file")]
    Extra,
    /// This build has no TLS.
    #[error(
        "this build has no TLS, so it speaks to a mail server on this machine only; build it with the feature `tls`"
    )]
    NoTls,
}

impl FromStr for MailServer {
    type Err = MailServerError;

    fn from_str(text: &str) -> Result<Self, MailServerError> {
        let url = Url::parse(text).map_err(|_| MailServerError::Shape)?;
        let host = url.host_str().filter(|host| !host.is_empty()).ok_or(MailServerError::Shape)?;
        let is_wrapped = match url.scheme() {
            "smtp" => false,
            "smtps" => true,
            _ => return Err(MailServerError::Shape),
        };
        let is_bare =
            matches!(url.path(), "" | "/") && url.query().is_none() && url.fragment().is_none();
        if url.password().is_some() || !is_bare {
            return Err(MailServerError::Extra);
        }
        let security = match (is_wrapped, is_here(host)) {
            (false, true) => Security::None,
            #[cfg(feature = "tls")]
            (true, _) => Security::Wrapped,
            #[cfg(feature = "tls")]
            (false, false) => Security::Upgraded,
            #[cfg(not(feature = "tls"))]
            (true, _) | (false, false) => return Err(MailServerError::NoTls),
        };
        let port = url.port().unwrap_or(if is_wrapped { 465 } else { 587 });
        // An at sign within a user is written as %40.
        let user = url.username().replace("%40", "@");
        let user = (!user.is_empty()).then_some(user);
        let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        Ok(Self { host, port, user, security })
    }
}

impl MailServer {
    /// Whether a user is named, who has a password then.
    pub const fn has_user(&self) -> bool {
        self.user.is_some()
    }
}

impl fmt::Display for MailServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

impl fmt::Debug for MailServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MailServer({self})")
    }
}

/// A mail server with the address that our letters come from.
pub struct Smtp {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
    domain: String,
}

impl fmt::Debug for Smtp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Smtp")
    }
}

impl Smtp {
    /// A server to send by; it is connected to when the first letter is sent.
    ///
    /// # Errors
    /// [`SetupError`] if `from` is no address of a mailbox, or TLS cannot be set up.
    pub fn new(
        server: &MailServer,
        password: Option<&Secret>,
        from: &Email,
    ) -> Result<Self, SetupError> {
        let from: Mailbox =
            format!("Gelombang <{}>", from.expose()).parse().map_err(|_| SetupError)?;
        let domain = from.email.domain().to_owned();
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&server.host)
            .port(server.port)
            .timeout(Some(TIMEOUT))
            .hello_name(ClientId::Domain(domain.clone()))
            .pool_config(PoolConfig::new().max_size(CONNECTIONS_MAX));
        if let Some(password) = password {
            let user = server.user.clone().unwrap_or_default();
            builder = builder.credentials(Credentials::new(user, password.expose().to_owned()));
        }
        builder = match server.security {
            // The builder is unencrypted by itself.
            Security::None => builder,
            #[cfg(feature = "tls")]
            Security::Upgraded => builder.tls(Tls::Required(tls_of(server)?)),
            #[cfg(feature = "tls")]
            Security::Wrapped => builder.tls(Tls::Wrapper(tls_of(server)?)),
        };
        Ok(Self { transport: builder.build(), from, domain })
    }

    fn message(&self, id: Uuid, mail: &Mail, now: Timestamp) -> Option<Message> {
        let micros = u64::try_from(now.micros()).ok()?;
        Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, mail.to.expose().parse().ok()?))
            .subject(&mail.letter.subject)
            .date(UNIX_EPOCH.checked_add(Duration::from_micros(micros))?)
            .message_id(Some(format!("<{id}@{}>", self.domain)))
            // RFC 3834: nobody's absence note answers us.
            .raw_header(HeaderValue::new(
                HeaderName::new_from_ascii_str("Auto-Submitted"),
                "auto-generated".to_owned(),
            ))
            .header(ContentType::TEXT_PLAIN)
            .body(mail.letter.body.clone())
            .ok()
    }
}

/// The server's name must stand in its certificate, by the system's list of those who sign.
#[cfg(feature = "tls")]
fn tls_of(server: &MailServer) -> Result<TlsParameters, SetupError> {
    TlsParameters::new(server.host.clone()).map_err(|_| SetupError)
}

impl Provider for Smtp {
    type Message = Mail;

    /// The id becomes the Message-ID, by which mail systems drop doubles.
    async fn send(&self, id: Uuid, mail: &Mail, now: Timestamp) -> Result<(), SendError> {
        let message = self.message(id, mail, now).ok_or(SendError::UnknownAddress)?;
        // Whoever cannot be greeted has been given nothing. Afterwards a lost connection leaves that open.
        match self.transport.test_connection().await {
            Ok(true) => {}
            Ok(false) | Err(_) => return Err(SendError::Away),
        }
        match self.transport.send(message).await {
            Ok(_) => Ok(()),
            Err(error) => Err(error.status().map_or(SendError::Lost, |code| refusal(code.into()))),
        }
    }
}

/// What a mail server's refusal means. Only what is said of the mailbox or the size is final: anything else, such
/// as a block of our address, is mended by somebody and the letter sent then. Source: RFC 5321 section 4.2.3.
const fn refusal(code: u16) -> SendError {
    match code {
        550 | 551 | 553 => SendError::UnknownAddress,
        552 => SendError::Refused,
        421 | 530 | 534 | 535 | 538 => SendError::Away,
        _ => SendError::Later,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Addresses that are taken and refused, each with its reason.
    #[test]
    fn servers() {
        let tls = if cfg!(feature = "tls") { None } else { Some(MailServerError::NoTls) };
        for (text, refusal) in [
            ("smtp://127.0.0.1:2525", None),
            ("smtp://localhost", None),
            ("smtp://[::1]:25/", None),
            ("smtp://surat@mail.example.id:587", tls),
            ("smtps://mail.example.id", tls),
            ("mail.example.id:587", Some(MailServerError::Shape)),
            ("http://127.0.0.1", Some(MailServerError::Shape)),
            ("smtp://surat:kunci@127.0.0.1", Some(MailServerError::Extra)),
            ("smtp://127.0.0.1/kotak", Some(MailServerError::Extra)),
            ("smtp://127.0.0.1?tls=none", Some(MailServerError::Extra)),
        ] {
            assert_eq!(text.parse::<MailServer>().err(), refusal, "{text}");
        }
    }

    /// Goal: the letter that goes out has the id of its notice, the date it is given, and the words of both
    /// alphabets. Method: the formatted text. The connections of the server want a runtime.
    #[tokio::test]
    async fn letters() {
        let server: MailServer = "smtp://127.0.0.1:1".parse().expect("an address");
        let from = Email::parse("kabar@contoh.id").expect("an address");
        let smtp = Smtp::new(&server, None, &from).expect("a server");
        let letter = domain::notice::text::Letter {
            subject: "Anda ikut Gelombang 72".to_owned(),
            body: "Kami memberi kabar.\n.\ncafé\n".to_owned(),
        };
        let mail = Mail { to: Email::parse("siti@contoh.id").expect("an address"), letter };
        let now = Timestamp::from_micros(1_727_197_140_000_000);
        let message = smtp.message(Uuid::from_u128(7), &mail, now).expect("a letter");
        let text = String::from_utf8(message.formatted()).expect("text");
        for line in [
            "Message-ID: <00000000-0000-0000-0000-000000000007@contoh.id>\r\n",
            "From: Gelombang <kabar@contoh.id>\r\n",
            "To: siti@contoh.id\r\n",
            "Date: Tue, 24 Sep 2024 16:59:00 +0000\r\n",
            "Auto-Submitted: auto-generated\r\n",
            "caf=C3=A9",
        ] {
            assert!(text.contains(line), "no {line} in {text}");
        }
    }

    /// Refusals by their code.
    #[test]
    fn refusals() {
        for (code, expected) in [
            (550, SendError::UnknownAddress),
            (552, SendError::Refused),
            (535, SendError::Away),
            (421, SendError::Away),
            (451, SendError::Later),
            (554, SendError::Later),
        ] {
            assert_eq!(refusal(code), expected, "{code}");
        }
    }
}
