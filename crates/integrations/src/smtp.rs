//! A mail server that takes our e-mails: SMTP by lettre, connections reused.

use std::error::Error as _;
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
            Err(error) => Err(error.status().map_or(SendError::Lost, |code| {
                // What the server says stands in the error's cause. It may name the address, so it is never repeated.
                let said = error.source().map(ToString::to_string).unwrap_or_default();
                refusal(code.into(), &said)
            })),
        }
    }
}

/// What a mail server's refusal means, by its code and by what it says. Only what is said of the recipient's address or
/// mailbox is final; anything else, such as a block of our address or of what we write, may be otherwise at another
/// server, or later. Source: RFC 5321 section 4.2.3, where 550, 551 and 553 also stand for reasons of policy; RFC 3463
/// section 3, whose subjects 1 and 2 are address and mailbox.
fn refusal(code: u16, said: &str) -> SendError {
    match (code, enhanced(said)) {
        (421 | 530 | 534 | 535 | 538, _) => SendError::Away,
        (..=499, _) => SendError::Later,
        // The sender's address, which is ours: RFC 3463 section 3.2.
        (_, Some([5, 1, 7 | 8])) => SendError::Barred,
        // A mailbox that is full, or takes no message of this length: RFC 3463 section 3.3.
        (_, Some([5, 2, 2 | 3])) => SendError::Refused,
        (_, Some([5, 1 | 2, _])) => SendError::UnknownAddress,
        (550 | 551 | 553, None) if !speaks_of_us(said) => SendError::UnknownAddress,
        _ => SendError::Barred,
    }
}

/// The enhanced status code that an answer begins with. Some servers write `#` before it. Source: RFC 2034 section 4.
fn enhanced(said: &str) -> Option<[u16; 3]> {
    let word = said.split_whitespace().next()?.trim_start_matches('#');
    let mut parts = word.split('.').map(|part| part.parse().ok());
    let code = [parts.next()??, parts.next()??, parts.next()??];
    parts.next().is_none().then_some(code)
}

/// Words by which a refusal without an enhanced code shows that it is not about the recipient. In doubt a letter is
/// tried again, which costs less than one that never comes.
const ABOUT_US: [&str; 13] = [
    "policy",
    "spam",
    "block",
    "black",
    "reputation",
    "denied",
    "relay",
    "sender",
    "authent",
    "spf",
    "dkim",
    "dmarc",
    "helo",
];

fn speaks_of_us(said: &str) -> bool {
    let said = said.to_ascii_lowercase();
    ABOUT_US.iter().any(|word| said.contains(word))
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

    /// Goal: only what is said of the recipient ends a notice. Method: refusals as servers write them.
    #[test]
    fn refusals() {
        use SendError as E;
        for (code, said, expected) in [
            (550, "5.1.1 no such mailbox", E::UnknownAddress),
            (550, "5.1.10 the domain takes no mail", E::UnknownAddress),
            (553, "5.1.3 bad syntax of the address", E::UnknownAddress),
            (550, "5.2.1 the mailbox is disabled", E::UnknownAddress),
            (550, "#5.1.0 Address rejected.", E::UnknownAddress),
            (554, "5.1.1 no such mailbox", E::UnknownAddress),
            (552, "5.2.2 the mailbox is full", E::Refused),
            (552, "5.2.3 too long for this mailbox", E::Refused),
            (550, "No such user here", E::UnknownAddress),
            (551, "User not local", E::UnknownAddress),
            (553, "", E::UnknownAddress),
            (550, "5.7.1 blocked by policy", E::Barred),
            (550, "#5.7.1 Your access has been rejected.", E::Barred),
            (550, "5.1.8 the sender's domain is not known", E::Barred),
            (553, "5.1.7 bad address of the sender", E::Barred),
            (550, "5.4.1 access denied", E::Barred),
            (550, "4.2.2 a code that contradicts itself", E::Barred),
            (550, "Message looks like SPAM", E::Barred),
            (551, "we do not relay", E::Barred),
            (550, "sender verify failed", E::Barred),
            (552, "exceeded storage allocation", E::Barred),
            (552, "5.3.4 too long for this server", E::Barred),
            (554, "5.7.26 not authenticated", E::Barred),
            (554, "", E::Barred),
            (535, "5.7.8 wrong password", E::Away),
            (530, "5.7.0 sign in first", E::Away),
            (421, "4.7.0 too many of you", E::Away),
            (451, "4.7.1 come back later", E::Later),
            (452, "4.2.2 the mailbox is full", E::Later),
            (450, "4.1.1 no such mailbox yet", E::Later),
        ] {
            assert_eq!(refusal(code, said), expected, "{code} {said}");
        }
    }

    /// Enhanced codes and what is none.
    #[test]
    fn enhanced_codes() {
        assert_eq!(enhanced("5.7.26 no"), Some([5, 7, 26]));
        for none in ["", "no", "5.1 no", "5.1.1.1 no", "no 5.1.1", "5.a.1 no", "10.2.3.4.5"] {
            assert_eq!(enhanced(none), None, "{none}");
        }
    }
}
