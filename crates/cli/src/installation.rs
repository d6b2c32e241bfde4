//! Opening an installation: the private server or a given one, the keys, the reference data.

use std::path::PathBuf;
use std::str::FromStr as _;

use anyhow::Context as _;
use app::reference::{Reference, ReferenceOverrides};
use clap::Args;
use sqlx::postgres::PgConnectOptions;
use storage::database::Database;
use storage::embedded::{Embedded, EmbeddedSettings};
use storage::keys::open_keys;
use storage::vault::KeyRing;

use crate::clock;

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
    /// Loads the reference data and refuses a calendar that has not begun.
    pub(crate) fn load(&self) -> anyhow::Result<Reference> {
        let overrides = ReferenceOverrides {
            regions_dir: self.regions_dir.clone(),
            policies_dir: self.policies_dir.clone(),
            calendar_file: self.calendar.clone(),
        };
        let reference = Reference::load(&overrides)?;
        reference.calendar.require_begun(clock::now())?;
        Ok(reference)
    }
}

/// An open installation. The private server stops with [`Installation::close`].
#[derive(Debug)]
pub(crate) struct Installation {
    pub(crate) database: Database,
    pub(crate) keys: KeyRing,
    pub(crate) embedded: Option<Embedded>,
}

impl Installation {
    /// Opens the database and the keys, making both at the first start.
    pub(crate) async fn open(args: &DataArgs) -> anyhow::Result<Self> {
        let (database, embedded) = if let Some(url) = &args.database_url {
            (open_url(url).await?, None)
        } else {
            let settings = EmbeddedSettings { data_dir: args.data.clone(), bin_dir: None };
            let embedded = Embedded::start(&settings).await?;
            (embedded.open_database().await?, Some(embedded))
        };
        let folder = args.keys.clone().unwrap_or_else(|| args.data.join("keys"));
        let mut tx = database.begin().await?;
        let opened = open_keys(&folder, &mut tx, clock::now(), &mut SystemRng).await?;
        tx.commit().await.context("could not record the keys")?;
        if opened.made_now {
            warn_about_keys(&opened.path);
        }
        Ok(Self { database, keys: opened.ring, embedded })
    }

    /// Closes connections and stops the private server.
    pub(crate) async fn close(self) -> anyhow::Result<()> {
        self.database.close().await;
        if let Some(embedded) = self.embedded {
            embedded.stop().await?;
        }
        Ok(())
    }
}

async fn open_url(url: &str) -> anyhow::Result<Database> {
    let options = PgConnectOptions::from_str(url).map_err(|_| {
        anyhow::anyhow!("DATABASE_URL is no PostgreSQL address such as postgres://user@host/name")
    })?;
    Ok(Database::open(options.clone(), options).await?)
}

#[expect(clippy::print_stderr, reason = "the person at the machine must see it")]
fn warn_about_keys(path: &std::path::Path) {
    eprintln!(
        "New keys are in {}.\nBack this file up, apart from the database: without it no identity can be read again.",
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
