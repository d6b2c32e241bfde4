//! `registry-counts`: what the civil registry signs of a list. Needs the published policy and the registry's own numbers.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, bail, ensure};
use clap::{Args, Subcommand};
use publication::audit::RegistryCounts;
use publication::format::PolicyFile;
use publication::key::SecretKey;
use selection::registry::RegistryCount;

use crate::hex::to_hex;
use crate::key_files::read_secret;
use crate::print::say;
use crate::verify::exit;

/// Arguments of `registry-counts`.
#[derive(Debug, Args)]
pub(crate) struct RegistryCountsArgs {
    #[command(subcommand)]
    command: RegistryCountsCommand,
}

#[derive(Debug, Subcommand)]
enum RegistryCountsCommand {
    /// Print the signed counts, a file for `gelombang verify counts`.
    Sign(SignArgs),
    /// Print the public half of the key, for whoever verifies.
    Key(KeyArgs),
}

#[derive(Debug, Args)]
struct SignArgs {
    /// Published folder of the wave, or a copy of its policy.json alone in one.
    folder: PathBuf,
    /// CSV file with the columns region, records and n: of each region with people, how many of the list the registry
    /// knows, and how many of them are in play after the household cap.
    table: PathBuf,
    #[command(flatten)]
    key: KeyArgs,
}

#[derive(Debug, Args)]
struct KeyArgs {
    /// File with the registry's secret key, 64 hexadecimal digits, such as `openssl rand -hex 32` draws.
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
}

impl KeyArgs {
    fn read(&self) -> anyhow::Result<SecretKey> {
        let secret = read_secret(&self.key);
        let secret =
            secret.with_context(|| format!("cannot use the key in {}", self.key.display()))?;
        Ok(SecretKey::from_bytes(&secret))
    }
}

/// Runs `registry-counts`; exit codes as those of `verify`.
pub(crate) fn run(args: RegistryCountsArgs) -> ExitCode {
    let said = match args.command {
        RegistryCountsCommand::Sign(args) => sign(&args),
        RegistryCountsCommand::Key(args) => args.read().map(|key| to_hex(&key.public())),
    };
    exit(said.and_then(|said| say(&said)).map(|()| true))
}

fn sign(args: &SignArgs) -> anyhow::Result<String> {
    let path = args.folder.join("policy.json");
    let bytes =
        std::fs::read(&path).with_context(|| format!("could not read {}", path.display()))?;
    let policy = PolicyFile::read(&bytes)?;
    let name = args.table.display().to_string();
    let table =
        std::fs::read_to_string(&args.table).with_context(|| format!("could not read {name}"))?;
    let counts = read_table(&table).with_context(|| format!("{name} cannot be used"))?;
    let signed = RegistryCounts::sign(&policy.ctx, counts, &args.key.read()?)?;
    Ok(String::from_utf8(signed.write())?)
}

fn read_table(table: &str) -> anyhow::Result<Vec<RegistryCount>> {
    let mut lines = table.lines();
    ensure!(lines.next() == Some("region,records,n"), "its first line is not region,records,n");
    let mut counts = Vec::new();
    for (line, number) in lines.zip(2..) {
        let cells: Vec<&str> = line.split(',').collect();
        let [region, records, n] = cells[..] else { bail!("line {number} has not three cells") };
        let number = |cell: &str| {
            cell.parse().with_context(|| format!("line {number}: `{cell}` is no whole number"))
        };
        counts.push(RegistryCount {
            region: u16::try_from(number(region)?).context("a region has four digits")?,
            records: number(records)?,
            n: number(n)?,
        });
    }
    counts.sort_unstable_by_key(|own| own.region);
    Ok(counts)
}
