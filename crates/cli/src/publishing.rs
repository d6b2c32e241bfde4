//! Publishing waves as folders: the terms, the keys that sign, and the round of the beacon that decides a draw.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, bail};
use app::contributions::{Kept, keep_contribution};
use app::folders::{FolderDesk, PublicSetup, PublicTerms, Witnesses, keep_round, needed_round};
use app::receipt::ReceiptKey;
use clap::Args;
use domain::officers::SoleAct;
use domain::wave::WaveNumber;
use integrations::address::Address;
use integrations::beacon::{BeaconSources, read_round};
use integrations::witnesses::Witnesses as Stations;
use publication::format::ContributionFile;
use publication::key::SecretKey;
use storage::secret_files::{OpenedSecret, SecretFile};

use crate::clock;
use crate::desk::{OfficeArgs, as_officer};
use crate::hex::to_hex;
use crate::installation::{DataArgs, Installation, Purpose, SystemRng};
use crate::interrupt::Stop;
use crate::print::say;
use crate::wave::parse_wave;

/// Under which terms waves are published.
#[derive(Clone, Debug, Args)]
pub(crate) struct PublicArgs {
    /// Terms of publication: the log, its witnesses and the beacon (TOML; docs/PUBLISHING.md).
    #[arg(long, env = "GELOMBANG_PUBLIC", value_name = "FILE")]
    public: Option<PathBuf>,
}

impl PublicArgs {
    fn terms(&self) -> anyhow::Result<Option<PublicTerms>> {
        let Some(path) = &self.public else { return Ok(None) };
        let text = fs::read_to_string(path).with_context(|| {
            format!("cannot read the terms of publication in {}", path.display())
        })?;
        Ok(Some(PublicTerms::read(&text).with_context(|| path.display().to_string())?))
    }

    /// Terms and public keys, for whoever publishes a wave.
    pub(crate) fn setup(&self, keys_folder: &Path) -> anyhow::Result<Option<PublicSetup>> {
        let Some(terms) = self.terms()? else { return Ok(None) };
        let [log_key, receipt_key] = public_keys(keys_folder)?;
        Ok(Some(PublicSetup { terms, log_key, receipt_key }))
    }

    /// Who writes folders and asks witnesses; `None` without terms.
    pub(crate) fn desk(&self, data: &DataArgs) -> anyhow::Result<Option<Arc<FolderDesk>>> {
        let Some(terms) = self.terms()? else { return Ok(None) };
        let stations = Stations::new(&terms.witnesses, &terms.addresses)?;
        let log_key = SecretKey::from_bytes(&open(SecretFile::LOG, &data.keys_folder())?.secret);
        let (root, witnesses) = (data.public_folder(), Witnesses::Stations(stations));
        Ok(Some(Arc::new(FolderDesk { root, log_key, witnesses })))
    }
}

/// Public halves of the keys of log and receipts, made at their first use.
pub(crate) fn public_keys(keys_folder: &Path) -> anyhow::Result<[[u8; 32]; 2]> {
    let mut keys = [[0; 32]; 2];
    for (key, file) in keys.iter_mut().zip([SecretFile::LOG, SecretFile::RECEIPTS]) {
        *key = SecretKey::from_bytes(&open(file, keys_folder)?.secret).public();
    }
    Ok(keys)
}

/// The key that signs receipts, if there is one.
pub(crate) fn receipt_key(keys_folder: &Path) -> anyhow::Result<Option<ReceiptKey>> {
    let secret = SecretFile::RECEIPTS.find(keys_folder)?;
    Ok(secret.map(|secret| Arc::new(SecretKey::from_bytes(&secret))))
}

fn open(file: SecretFile, keys_folder: &Path) -> anyhow::Result<OpenedSecret> {
    let opened = file.open(keys_folder, &mut SystemRng)?;
    if opened.is_new {
        warn_about(&opened.path);
    }
    Ok(opened)
}

#[expect(clippy::print_stderr, reason = "the person at the machine must see it")]
fn warn_about(path: &Path) {
    eprintln!(
        "Made {}. Back this file up apart from the database: without it no wave can be published any more under \
         the same log.",
        path.display()
    );
}

/// Arguments of `wave beacon`.
#[derive(Debug, Args)]
pub(crate) struct BeaconArgs {
    /// Number of the wave.
    #[arg(value_parser = parse_wave)]
    wave: WaveNumber,
    /// Server of the beacon with drand's HTTP API; several are asked one after the other.
    #[arg(long, value_name = "URL", required_unless_present = "file")]
    url: Vec<Address>,
    /// File with what such a server says of the round.
    #[arg(long, value_name = "FILE", conflicts_with = "url")]
    file: Option<PathBuf>,
    #[command(flatten)]
    data: DataArgs,
}

/// Fetches the round that decides a published wave, and keeps it. Where it comes from does not matter: its signature is
/// checked against the chain that the wave's rules name.
pub(crate) async fn fetch_round(args: BeaconArgs, stop: &Stop) -> anyhow::Result<()> {
    let wave = args.wave;
    let installation = Installation::open(&args.data, Purpose::Beside, stop).await?;
    installation
        .close_after(async |installation| {
            let database = &installation.database;
            let Some((chain, round)) = needed_round(database, wave).await? else {
                bail!("wave {wave} is not published as a folder, so no round decides it");
            };
            let fetched = match &args.file {
                Some(file) => read_round(file, &chain, round)
                    .with_context(|| format!("no round {round} in {}", file.display()))?,
                None => {
                    stop.ends(async {
                        Ok(BeaconSources::new(&args.url)?.fetch(&chain, round).await?)
                    })
                    .await?
                }
            };
            keep_round(database, (&chain, round), &fetched.signature, clock::now()).await?;
            let label = if chain.test { "TEST BEACON: round" } else { "Round" };
            say(&format!("{label} {round} decides wave {wave}: {}.", to_hex(&fetched.randomness)))
        })
        .await
}

/// Arguments of `wave contribution`.
#[derive(Debug, Args)]
pub(crate) struct ContributionArgs {
    /// Number of the wave.
    #[arg(value_parser = parse_wave)]
    wave: WaveNumber,
    /// What the contributor sent: the output of `contributor commit` or `contributor reveal`.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    #[command(flatten)]
    office: OfficeArgs,
}

/// Keeps a commitment or a revealed value.
pub(crate) async fn keep_file(args: ContributionArgs, stop: &Stop) -> anyhow::Result<()> {
    let (reference, wave) = (args.office.reference.load_ahead()?, args.wave);
    let name = args.file.display().to_string();
    let bytes = fs::read(&args.file).with_context(|| format!("cannot read {name}"))?;
    let file = ContributionFile::read(&name, &bytes)?;
    as_officer(&args.office, &reference.policies, stop, async |scene| {
        scene.officer.require(SoleAct::KeepContribution.role())?;
        let kept = keep_contribution(&mut scene.desk.act(), wave, &file).await?;
        Ok(told(&kept, file.name(), wave))
    })
    .await
}

fn told(kept: &Kept, name: &str, wave: WaveNumber) -> String {
    let Kept { is_reveal, is_new, given, parties } = *kept;
    let (what, have) =
        if is_reveal { ("value", "have revealed") } else { ("commitment", "have committed") };
    let done = if is_new { "is kept" } else { "was here already" };
    format!(
        "The {what} of {name} for wave {wave} {done}; {given} of {parties} contributors {have}."
    )
}
