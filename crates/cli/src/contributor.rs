//! `contributor`: what another institution runs so that the seed of a draw hangs on a value that nobody else knows; see
//! docs/PUBLISHING.md.
//!
//! Needs no network, no database and no keys of the programme. Its folder holds `key` and, for each wave that it has
//! committed to, the secret value.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail, ensure};
use app::contributions::RevealTimes;
use clap::{Args, Subcommand};
use domain::time::Timestamp;
use publication::contribution::commit;
use publication::format::{Commitment, ContributionFile, Given, PlanFile, PolicyFile, Reveal};
use publication::key::SecretKey;
use rand_core::Rng as _;
use selection::policy::Party;
use serde_json::json;
use zeroize::Zeroizing;

use crate::clock;
use crate::hex::to_hex;
use crate::installation::SystemRng;
use crate::key_files::write_secret;
use crate::print::say;
use crate::secret_folder::{lock, make_empty, read_secret, sync};

const KEY: &str = "key";

/// Arguments of `contributor`.
#[derive(Debug, Args)]
pub(crate) struct ContributorArgs {
    #[command(subcommand)]
    command: ContributorCommand,
}

#[derive(Debug, Subcommand)]
enum ContributorCommand {
    /// Make a contributor: draw its key and print the public half.
    Init {
        /// Empty or new folder of the contributor.
        folder: PathBuf,
    },
    /// Draw the secret value for a wave, and print the signed commitment to it.
    Commit(WaveFiles),
    /// Print the value, once the list of the wave is fixed.
    Reveal {
        #[command(flatten)]
        files: WaveFiles,
        /// The published plan.json of the wave, to see that it names your commitment.
        #[arg(long, value_name = "FILE")]
        plan: Option<PathBuf>,
    },
}

#[derive(Debug, Args)]
struct WaveFiles {
    /// Folder made by `contributor init`.
    folder: PathBuf,
    /// The published policy.json of the wave.
    #[arg(long, value_name = "FILE")]
    policy: PathBuf,
}

/// Runs `contributor`.
pub(crate) fn run(args: &ContributorArgs) -> anyhow::Result<()> {
    let now = clock::now();
    match &args.command {
        ContributorCommand::Init { folder } => init(folder),
        ContributorCommand::Commit(files) => Seat::take(files)?.commit(now),
        ContributorCommand::Reveal { files, plan } => {
            Seat::take(files)?.reveal(plan.as_deref(), now)
        }
    }
}

fn init(folder: &Path) -> anyhow::Result<()> {
    make_empty(folder, "a contributor begins in an empty folder")?;
    let secret = draw_secret();
    write_secret(&folder.join(KEY), secret.as_slice())?;
    sync(folder)?;
    say(&json!({ "key": to_hex(&SecretKey::from_bytes(&secret).public()) }).to_string())
}

fn draw_secret() -> Zeroizing<[u8; 32]> {
    let mut secret = Zeroizing::new([0; 32]);
    SystemRng.fill_bytes(secret.as_mut_slice());
    secret
}

/// A contributor at one wave.
struct Seat {
    folder: PathBuf,
    key: SecretKey,
    policy: PolicyFile,
    party: Party,
    /// Held to the end: two processes could draw two values.
    _lock: fs::File,
}

impl Seat {
    fn take(files: &WaveFiles) -> anyhow::Result<Self> {
        let folder = &files.folder;
        let lock = lock(folder, "another process is at work")?;
        let secret = read_secret(&folder.join(KEY), "contributor init")?;
        let missing = || format!("there is no key in {}; see `contributor init`", folder.display());
        let key = SecretKey::from_bytes(&*secret.with_context(missing)?);
        let name = files.policy.display();
        let bytes = fs::read(&files.policy).with_context(|| format!("cannot read {name}"))?;
        let policy = PolicyFile::read(&bytes)
            .with_context(|| format!("{name} is not the published policy of a wave"))?;
        let parties = &policy.policy().get().contributors;
        let party = parties.iter().find(|party| party.key == key.public()).cloned();
        let unnamed =
            || format!("{name} names no contributor with the key of {}", folder.display());
        let party = party.with_context(unnamed)?;
        Ok(Self { folder: folder.clone(), key, policy, party, _lock: lock })
    }

    fn commit(&self, now: Timestamp) -> anyhow::Result<()> {
        let by = RevealTimes::of(&self.policy.policy().get().times, 1).committed_by;
        let wave = self.wave();
        ensure!(now < by, "commitments to {wave} were taken before {by}; it is too late");
        let value = match self.value()? {
            Some(value) => value,
            None => self.draw_value()?,
        };
        let commitment = self.commitment(&value);
        note(&format!(
            "The commitment of {} to {wave}. Send it before {by}, and keep {} until it is revealed.",
            self.party.name,
            self.folder.display()
        ));
        self.print(Given::Commitment(commitment))
    }

    fn reveal(&self, plan: Option<&Path>, now: Timestamp) -> anyhow::Result<()> {
        let wave = self.wave();
        let nothing = || {
            format!(
                "{} has committed itself to nothing for {wave} under this policy; see `contributor commit`",
                self.folder.display()
            )
        };
        let value = self.value()?.with_context(nothing)?;
        let plan_number = match plan {
            Some(path) => self.check_plan(path, &value)?,
            None => 1,
        };
        let RevealTimes { from, until, .. } =
            RevealTimes::of(&self.policy.policy().get().times, plan_number);
        ensure!(
            now >= from,
            "the list of {wave} may still be corrected before {from}, and until then the value must be secret; \
             reveal it from then on, and before {until}"
        );
        ensure!(
            now < until,
            "values for {wave} were taken before {until}; it is too late. If the list was corrected since, name its \
             plan by --plan"
        );
        note(&format!("The value of {} for {wave}. Send it before {until}.", self.party.name));
        self.print(Given::Reveal(Reveal { name: self.party.name.clone(), value: *value }))
    }

    /// The number of the wave's plan, which must name our commitment: another one would make the value count for nothing.
    fn check_plan(&self, path: &Path, value: &[u8; 32]) -> anyhow::Result<u8> {
        let name = path.display();
        let bytes = fs::read(path).with_context(|| format!("cannot read {name}"))?;
        let plan = PlanFile::read(&bytes)
            .with_context(|| format!("{name} is not the published plan of a wave"))?;
        ensure!(plan.ctx == *self.policy.ctx.as_bytes(), "{name} is not a plan under this policy");
        if !plan.contributions.contains(&self.commitment(value)) {
            bail!(
                "{name} does not name the commitment of {}; reveal nothing, and say so in public",
                self.party.name
            );
        }
        Ok(plan.plan)
    }

    fn commitment(&self, value: &[u8; 32]) -> Commitment {
        commit(&self.policy.ctx, &self.party.name, value, &self.key)
    }

    /// Where the secret value lies: of this wave under these rules, since others make another commitment.
    fn path(&self) -> PathBuf {
        let ctx = to_hex(self.policy.ctx.as_bytes());
        self.folder.join(format!("wave-{}-{ctx}", self.policy.wave().1))
    }

    fn value(&self) -> anyhow::Result<Option<Zeroizing<[u8; 32]>>> {
        read_secret(&self.path(), "contributor commit")
    }

    /// Draws the value, which has its name once it is on the disk: a call that was killed has committed to nothing.
    fn draw_value(&self) -> anyhow::Result<Zeroizing<[u8; 32]>> {
        let (path, value) = (self.path(), draw_secret());
        let part = path.with_extension("part");
        if part.exists() {
            fs::remove_file(&part)
                .with_context(|| format!("could not remove {}", part.display()))?;
        }
        write_secret(&part, value.as_slice())?;
        fs::rename(&part, &path).with_context(|| format!("could not write {}", path.display()))?;
        sync(&self.folder)?;
        Ok(value)
    }

    fn wave(&self) -> String {
        let (programme, wave) = self.policy.wave();
        format!("wave {wave} of {programme}")
    }

    fn print(&self, given: Given) -> anyhow::Result<()> {
        let file = ContributionFile { ctx: *self.policy.ctx.as_bytes(), given };
        say(&String::from_utf8(file.write())?)
    }
}

#[expect(clippy::print_stderr, reason = "what goes to standard output is sent on")]
fn note(words: &str) {
    eprintln!("{words}");
}
