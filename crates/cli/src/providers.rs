//! Who takes notices: mail servers and gateways, a first and a second of each, and the courier that hands over.

use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, bail};
use app::clock::Clock;
use clap::Args;
use domain::identity::Email;
use integrations::address::Address;
use integrations::gateway::Gateway;
use integrations::relay::Relay;
use integrations::secret::Secret;
use integrations::smtp::{MailServer, Smtp};
use rand_core::Rng as _;
use tokio::task::JoinSet;
use worker::courier::{Courier, CourierSetup};

use crate::clock::DatabaseClock;
use crate::installation::{Installation, SystemRng};

/// Who takes notices.
#[derive(Clone, Debug, Args)]
pub(crate) struct ProviderArgs {
    /// Mail server that letters go out by, encrypted unless it is on this machine; see docs/NOTICES.md.
    #[arg(
        long,
        env = "GELOMBANG_SMTP_URL",
        value_name = "smtp://USER@HOST:PORT",
        requires = "mail_from"
    )]
    smtp_url: Option<MailServer>,
    /// File with the password of the mail server.
    #[arg(long, value_name = "FILE", requires = "smtp_url")]
    smtp_password: Option<PathBuf>,
    /// Second mail server, which takes over when the first is away.
    #[arg(long, env = "GELOMBANG_SMTP_URL_2", value_name = "URL", requires = "smtp_url")]
    smtp_url_2: Option<MailServer>,
    /// File with the password of the second mail server.
    #[arg(long, value_name = "FILE", requires = "smtp_url_2")]
    smtp_password_2: Option<PathBuf>,
    /// Address that letters come from.
    #[arg(long, env = "GELOMBANG_MAIL_FROM", value_name = "ADDRESS", value_parser = parse_email)]
    mail_from: Option<Email>,
    /// Gateway that short texts go out by; see docs/NOTICES.md.
    #[arg(long, env = "GELOMBANG_GATEWAY_URL", value_name = "https://HOST")]
    gateway_url: Option<Address>,
    /// File with the token of the gateway.
    #[arg(long, value_name = "FILE", requires = "gateway_url")]
    gateway_token: Option<PathBuf>,
    /// Second gateway, which takes over when the first is away.
    #[arg(long, env = "GELOMBANG_GATEWAY_URL_2", value_name = "URL", requires = "gateway_url")]
    gateway_url_2: Option<Address>,
    /// File with the token of the second gateway.
    #[arg(long, value_name = "FILE", requires = "gateway_url_2")]
    gateway_token_2: Option<PathBuf>,
    /// Messages a second to providers of each kind, at most.
    #[arg(long, value_name = "N", default_value_t = NOTICE_RATE)]
    notice_rate: NonZeroU32,
}

fn parse_email(text: &str) -> Result<Email, String> {
    Email::parse(text).map_err(|error| error.to_string())
}

fn secret(file: Option<&Path>) -> anyhow::Result<Option<Secret>> {
    Ok(file.map(Secret::from_file).transpose()?)
}

/// Messages a second to providers of each kind.
const NOTICE_RATE: NonZeroU32 = NonZeroU32::new(50).expect("above nought");

impl ProviderArgs {
    /// One of each kind, without secrets.
    pub(crate) fn at(mail: MailServer, from: Email, gateway: Address) -> Self {
        Self {
            smtp_url: Some(mail),
            smtp_password: None,
            smtp_url_2: None,
            smtp_password_2: None,
            mail_from: Some(from),
            gateway_url: Some(gateway),
            gateway_token: None,
            gateway_url_2: None,
            gateway_token_2: None,
            notice_rate: NOTICE_RATE,
        }
    }

    /// Reads secrets and sets up what is named; before a database is opened, so that a mistake costs nothing.
    pub(crate) fn open(&self) -> anyhow::Result<Providers> {
        let mail = match (&self.smtp_url, &self.mail_from) {
            (Some(first), Some(from)) => Some(Relay::new(
                smtp(first, self.smtp_password.as_deref(), from)?,
                self.smtp_url_2
                    .as_ref()
                    .map(|second| smtp(second, self.smtp_password_2.as_deref(), from))
                    .transpose()?,
            )),
            (Some(_), None) => bail!("name the address that letters come from with --mail-from"),
            (None, _) => None,
        };
        let second = self.gateway_url_2.as_ref();
        let sms = match &self.gateway_url {
            Some(first) => Some(Relay::new(
                gateway(first, self.gateway_token.as_deref())?,
                second.map(|url| gateway(url, self.gateway_token_2.as_deref())).transpose()?,
            )),
            None => None,
        };
        let per_second = usize::try_from(self.notice_rate.get()).unwrap_or(usize::MAX);
        Ok(Providers { mail, sms, per_second })
    }
}

fn smtp(server: &MailServer, password: Option<&Path>, from: &Email) -> anyhow::Result<Smtp> {
    let password = secret(password)?;
    if server.has_user() != password.is_some() {
        bail!(
            "the mail server {server} needs a user and a password, or neither: smtp://USER@HOST:PORT, and a file with \
             --smtp-password or --smtp-password-2"
        );
    }
    Smtp::new(server, password.as_ref(), from)
        .with_context(|| format!("cannot use the mail server {server}; look at --mail-from too"))
}

fn gateway(address: &Address, token: Option<&Path>) -> anyhow::Result<Gateway> {
    Gateway::new(address.clone(), secret(token)?)
        .with_context(|| format!("cannot use the gateway {address}"))
}

/// Providers that are set up, and not called yet.
pub(crate) struct Providers {
    mail: Option<Relay<Smtp>>,
    sms: Option<Relay<Gateway>>,
    per_second: usize,
}

impl Providers {
    /// The courier of an installation; says what waits for want of a provider.
    pub(crate) async fn courier(
        self,
        installation: &Installation,
        tasks: &mut JoinSet<()>,
    ) -> anyhow::Result<Courier> {
        match (&self.mail, &self.sms) {
            (Some(_), Some(_)) => {}
            (None, None) => {
                say("No mail server and no gateway is named, so notices wait; see --smtp-url.");
            }
            (None, Some(_)) => say("No mail server is named, so e-mails wait; see --smtp-url."),
            (Some(_), None) => say("No gateway is named, so short texts wait; see --gateway-url."),
        }
        let clock = DatabaseClock::start(&installation.database, tasks).await;
        let clock: Arc<dyn Clock> = clock.context("could not read the database's time")?;
        let mut random = [0; 10];
        SystemRng.fill_bytes(&mut random);
        let Self { mail, sms, per_second } = self;
        let setup = CourierSetup {
            database: installation.database.clone(),
            keys: Arc::new(installation.keys().await?),
            clock,
            mail,
            sms,
            per_second,
        };
        Ok(Courier::new(setup, random))
    }
}

#[expect(clippy::print_stderr, reason = "the command line speaks through it")]
fn say(words: &str) {
    eprintln!("{words}");
}
