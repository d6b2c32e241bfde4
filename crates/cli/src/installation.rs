//! Opening an installation: the private server or a given one, the keys, the reference data.

use std::path::{Path, PathBuf};
use std::str::FromStr as _;
use std::time::Duration;

use anyhow::{Context as _, bail};
use app::reference::{Reference, ReferenceOverrides};
use clap::Args;
use sqlx::PgConnection;
use sqlx::postgres::{PgConnectOptions, PgSslMode};
use storage::database::{
    AppliedMigration, Database, connect_alone, connect_to_look, has_schema, migrate_if_alone,
};
use storage::embedded::{ArchiveLag, Embedded, EmbeddedError, EmbeddedSettings, RunningServer};
use storage::keys::open_keys;
use storage::vault::KeyRing;
use tokio::time::timeout;

use crate::clock;
use crate::interrupt::Stop;

/// How long closing waits for what still uses the database.
const CLOSING_MAX: Duration = Duration::from_secs(5);

/// Where an installation keeps its data.
#[derive(Clone, Debug, Args)]
pub(crate) struct DataArgs {
    /// Folder of the private server and its keys.
    #[arg(long, value_name = "DIR", default_value = "./data", env = "GELOMBANG_DATA")]
    pub(crate) data: PathBuf,
    /// A PostgreSQL 15 or newer to use instead of the private server.
    #[arg(long, value_name = "URL", env = "DATABASE_URL", hide_env_values = true)]
    database_url: Option<String>,
    /// Folder of the key files; `keys` in the data folder by default.
    #[arg(long, value_name = "DIR", env = "GELOMBANG_KEYS")]
    keys: Option<PathBuf>,
}

/// What a command opens an installation for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// To put data into it: the first start makes everything.
    Fill,
    /// To name its first officers: as for filling, and beside a process that serves the folder.
    Found,
    /// To act on what is there or look at it, beside a process that serves the folder too.
    Beside,
    /// To read what is there: a folder without data is a mistake, not a new installation.
    Read,
}

impl Purpose {
    const fn only_reads(self) -> bool {
        match self {
            Self::Fill | Self::Found => false,
            Self::Beside | Self::Read => true,
        }
    }

    /// True if the command may share a private server that another process runs.
    const fn goes_beside(self) -> bool {
        match self {
            Self::Fill | Self::Read => false,
            Self::Found | Self::Beside => true,
        }
    }
}

impl DataArgs {
    /// A private server in this folder, its keys in their usual place.
    pub(crate) const fn private(data: PathBuf) -> Self {
        Self { data, database_url: None, keys: None }
    }

    /// The folder of the private server, with data in it; `otherwise` is the advice for a given server.
    pub(crate) fn private_folder(&self, otherwise: &str) -> anyhow::Result<&Path> {
        if self.url().is_some() {
            bail!("DATABASE_URL names a server that gelombang does not run; {otherwise}");
        }
        if !self.data.join("pg").is_dir() {
            bail!("there is no data in {}; name the folder with --data", self.data.display());
        }
        Ok(&self.data)
    }

    /// Where the keys are.
    pub(crate) fn keys_folder(&self) -> PathBuf {
        self.keys.clone().unwrap_or_else(|| self.data.join("keys"))
    }

    /// What everybody may fetch over HTTP.
    pub(crate) fn public_folder(&self) -> PathBuf {
        self.data.join("public")
    }

    /// True if a server is given, so that there is no private one.
    pub(crate) fn is_given(&self) -> bool {
        self.url().is_some()
    }

    /// The given server; an empty setting is none.
    fn url(&self) -> Option<&str> {
        self.database_url.as_deref().filter(|url| !url.is_empty())
    }
}

/// Files to use in place of the built-in reference data.
#[derive(Clone, Debug, Args)]
pub(crate) struct ReferenceArgs {
    /// Folder with provinces.csv, regencies.csv, districts.csv and population-2020.csv.
    #[arg(long, value_name = "DIR")]
    regions_dir: Option<PathBuf>,
    /// Folder whose .toml files are the policies.
    #[arg(long, value_name = "DIR")]
    policies_dir: Option<PathBuf>,
    /// Calendar of the waves (CSV).
    #[arg(long, value_name = "FILE")]
    calendar: Option<PathBuf>,
}

impl ReferenceArgs {
    /// Loads the reference data and refuses a calendar that has not begun, since nothing could be replayed.
    pub(crate) fn load(&self) -> anyhow::Result<Reference> {
        let reference = self.load_ahead()?;
        reference.calendar.require_begun(clock::now())?;
        Ok(reference)
    }

    /// Loads the reference data, whose calendar may lie ahead.
    pub(crate) fn load_ahead(&self) -> anyhow::Result<Reference> {
        let overrides = ReferenceOverrides {
            regions_dir: self.regions_dir.clone(),
            policies_dir: self.policies_dir.clone(),
            calendar_file: self.calendar.clone(),
        };
        Ok(Reference::load(&overrides)?)
    }
}

/// An open installation. The private server stops with [`Installation::close`].
#[derive(Debug)]
pub(crate) struct Installation {
    pub(crate) database: Database,
    pub(crate) embedded: Option<Embedded>,
    /// How the private server is started again; `None` for a given one.
    pub(crate) embedded_settings: Option<EmbeddedSettings>,
    pub(crate) keys_folder: PathBuf,
    /// The folder of published waves; it may not be there.
    pub(crate) public_folder: PathBuf,
}

impl Installation {
    /// Opens the database; makes it at the first start of a command that fills it.
    pub(crate) async fn open(
        args: &DataArgs,
        purpose: Purpose,
        stop: &Stop,
    ) -> anyhow::Result<Self> {
        if purpose.only_reads() && args.url().is_none() && !args.data.join("pg").is_dir() {
            bail!(
                "there is no data in {}; name the folder with --data, or fill it with `gelombang simulate`",
                args.data.display()
            );
        }
        stop.ends(Self::open_or_make(args, purpose)).await
    }

    async fn open_or_make(args: &DataArgs, purpose: Purpose) -> anyhow::Result<Self> {
        let (database, embedded, embedded_settings) = if let Some(url) = args.url() {
            (open_url(url, purpose).await?, None, None)
        } else {
            let settings = EmbeddedSettings { data_dir: args.data.clone(), bin_dir: None };
            match Embedded::start(&settings).await {
                Err(EmbeddedError::InUse { .. }) if purpose.goes_beside() => {
                    (RunningServer::attach(&args.data)?.open_database().await?, None, None)
                }
                started => {
                    let embedded = started?;
                    warn_about_archive(&embedded);
                    (embedded.open_database().await?, Some(embedded), Some(settings))
                }
            }
        };
        Ok(Self {
            database,
            embedded,
            embedded_settings,
            keys_folder: args.keys_folder(),
            public_folder: args.public_folder(),
        })
    }

    /// The keys of this database; makes them at its first use. Only what seals or reads identities
    /// asks for them.
    pub(crate) async fn keys(&self) -> anyhow::Result<KeyRing> {
        let mut tx = self.database.begin().await?;
        let opened = open_keys(&self.keys_folder, &mut tx, clock::now(), &mut SystemRng).await?;
        tx.commit().await.context("could not record the keys")?;
        self.database.holds_key(opened.ring.key_id());
        if opened.is_first_use {
            warn_about_keys(&opened.path);
        }
        Ok(opened.ring)
    }

    /// Runs the body of a command, then closes whatever came out of it.
    pub(crate) async fn close_after<T>(
        mut self,
        body: impl AsyncFnOnce(&mut Self) -> anyhow::Result<T>,
    ) -> anyhow::Result<T> {
        let done = body(&mut self).await;
        let closed = self.close().await;
        let done = done?;
        closed?;
        Ok(done)
    }

    /// Closes connections and stops the private server. A statement whose asker has gone, as a count for the pages, is not
    /// waited for: the private server ends it, and another one such a count once it finds the program gone.
    async fn close(self) -> anyhow::Result<()> {
        let _ = timeout(CLOSING_MAX, self.database.close()).await;
        if let Some(embedded) = self.embedded {
            embedded.stop().await?;
        }
        Ok(())
    }
}

/// A connection with the owner's rights that has the database to itself, and the private server to stop
/// afterwards.
pub(crate) async fn open_alone(
    args: &DataArgs,
) -> anyhow::Result<(PgConnection, Option<Embedded>)> {
    if let Some(url) = args.url() {
        let conn = connect_alone(url_options(url)?).await?;
        let conn = conn.context(
            "the database is in use; stop every serve, worker and other command on it first",
        )?;
        return Ok((conn, None));
    }
    args.private_folder("")?;
    let settings = EmbeddedSettings { data_dir: args.data.clone(), bin_dir: None };
    let embedded = Embedded::start(&settings).await?;
    let conn = connect_alone(embedded.superuser_options()).await?;
    Ok((conn.context("the database is in use")?, Some(embedded)))
}

/// Brings the schema of a database to this version while nothing else uses it; gives what was applied.
pub(crate) async fn migrate_alone(args: &DataArgs) -> anyhow::Result<Vec<AppliedMigration>> {
    let in_use = "the database is in use; stop every serve, worker and other command on it first";
    if let Some(url) = args.url() {
        return migrate_if_alone(url_options(url)?).await?.context(in_use);
    }
    args.private_folder("")?;
    let settings = EmbeddedSettings { data_dir: args.data.clone(), bin_dir: None };
    let embedded = Embedded::start(&settings).await?;
    let applied = migrate_if_alone(embedded.superuser_options()).await;
    // Also after a failure the server has to stop in order; the failure is what is told.
    let stopped = embedded.stop().await;
    let applied = applied?.context(in_use)?;
    stopped?;
    Ok(applied)
}

/// A database to be looked at as it is, and the private server it is on.
pub(crate) struct Patient {
    pub(crate) conn: PgConnection,
    /// The private server, whoever runs it; `None` for a given one.
    pub(crate) server: Option<RunningServer>,
    /// The private server, if it was started for this look.
    pub(crate) started: Option<Embedded>,
}

/// Opens a database to look at it. A private server that does not run is started and must be stopped afterwards.
pub(crate) async fn open_patient(args: &DataArgs) -> anyhow::Result<Patient> {
    if let Some(url) = args.url() {
        let conn = connect_to_look(url_options(url)?).await?;
        return Ok(Patient { conn, server: None, started: None });
    }
    let settings = EmbeddedSettings { data_dir: args.data.clone(), bin_dir: None };
    let (server, started) = match Embedded::start(&settings).await {
        Err(EmbeddedError::InUse { .. }) => (RunningServer::attach(&args.data)?, None),
        started => {
            let embedded = started?;
            (embedded.running(), Some(embedded))
        }
    };
    let conn = connect_to_look(server.superuser_options()).await?;
    Ok(Patient { conn, server: Some(server), started })
}

/// Reads the address of a given server.
fn url_options(url: &str) -> anyhow::Result<PgConnectOptions> {
    const EXAMPLE: &str =
        "DATABASE_URL is no PostgreSQL address such as postgres://user@localhost/gelombang";
    if !["postgres://", "postgresql://"].iter().any(|scheme| url.starts_with(scheme)) {
        bail!(EXAMPLE);
    }
    let options = PgConnectOptions::from_str(url).map_err(|_| anyhow::anyhow!(EXAMPLE))?;
    require_private(&options)?;
    Ok(options)
}

async fn open_url(url: &str, purpose: Purpose) -> anyhow::Result<Database> {
    let options = url_options(url)?;
    let cannot = "cannot use the database of DATABASE_URL: it must exist, be reachable, and its login must \
                  be allowed to create roles and a schema";
    if purpose.only_reads() && !has_schema(options.clone()).await.context(cannot)? {
        bail!(
            "there is no data in the database of DATABASE_URL; name another one, or fill it with `gelombang \
             simulate`"
        );
    }
    Database::open(options.clone(), options).await.context(cannot)
}

/// Without TLS built in, the driver would speak in clear to a server elsewhere and say nothing.
fn require_private(options: &PgConnectOptions) -> anyhow::Result<()> {
    let is_near = options.get_socket().is_some()
        || ["localhost", "127.0.0.1", "::1"].contains(&options.get_host())
        || options.get_host().starts_with('/');
    if cfg!(feature = "tls") || is_near || matches!(options.get_ssl_mode(), PgSslMode::Disable) {
        return Ok(());
    }
    bail!(
        "this build has no TLS and DATABASE_URL names another machine; build with `cargo build --release \
         --locked`, or say `sslmode=disable` if the network is trusted"
    )
}

/// The archive is written within a minute; what has waited longer waits for somebody to mend it.
pub(crate) const ARCHIVE_PATIENCE: Duration = Duration::from_mins(2);

#[expect(clippy::print_stderr, reason = "the person at the machine must see it")]
fn warn_about_archive(embedded: &Embedded) {
    let lag = embedded.archive_lag(clock::now()).filter(|lag| lag.oldest > ARCHIVE_PATIENCE);
    if let Some(lag) = lag {
        eprintln!(
            "Warning: the archive of the backup is behind: {}. They are kept and tried again; if this stays, \
             postgres.log in the data folder says why.",
            lag_in_words(lag)
        );
    }
}

/// How far the archive is behind.
pub(crate) fn lag_in_words(lag: ArchiveLag) -> String {
    let minutes = lag.oldest.as_secs() / 60;
    format!("{} log segments wait, the oldest for {minutes} minutes", lag.segments)
}

#[expect(clippy::print_stderr, reason = "the person at the machine must see it")]
fn warn_about_keys(path: &Path) {
    eprintln!(
        "The keys of this database are in {}.\nBack this file up, apart from the database: without it no identity can be read again.",
        path.display()
    );
}

/// Randomness of the operating system.
pub(crate) struct SystemRng;

impl rand_core::TryRng for SystemRng {
    type Error = std::convert::Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
        let mut bytes = [0; 4];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u32::from_ne_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
        let mut bytes = [0; 8];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u64::from_ne_bytes(bytes))
    }

    /// A system without randomness cannot make keys; nothing sensible can go on then.
    #[expect(clippy::expect_used, reason = "see above")]
    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Self::Error> {
        getrandom::fill(bytes).expect("the system gives randomness");
        Ok(())
    }
}
