//! `witness`: what another institution runs so that a log cannot show two histories; see docs/WITNESS.md.
//!
//! Needs no database and no keys of the programme. Its folder holds `key`, `witness.json` (whom it serves, in the
//! form of pinned keys) and `signed` (the checkpoint that it signed last); none holds personal data.

mod serve;

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::Write as _;
use std::net::SocketAddr;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail, ensure};
use clap::{Args, Subcommand};
use publication::format::LogName;
use publication::key::SecretKey;
use publication::log::{Trust, Witness};
use rand_core::Rng as _;
use selection::policy::Party;
use serde_json::json;
use tokio::net::TcpListener;
use zeroize::Zeroizing;

use crate::clock::unix_now_s;
use crate::hex::{parse_bytes, to_hex};
use crate::installation::SystemRng;
use crate::interrupt::Stop;
use crate::key_files::read_secret;
use crate::print::say;

const KEY: &str = "key";
const SETTINGS: &str = "witness.json";
const SIGNED: &str = "signed";

/// Arguments of `witness`.
#[derive(Debug, Args)]
pub(crate) struct WitnessArgs {
    #[command(subcommand)]
    command: WitnessCommand,
}

#[derive(Debug, Subcommand)]
enum WitnessCommand {
    /// Make a witness: draw its key and say whose log it signs.
    Init(InitArgs),
    /// Sign checkpoints of the log for whoever brings them, as far as each continues the last.
    Run(RunArgs),
}

#[derive(Debug, Args)]
struct InitArgs {
    /// Empty or new folder of the witness.
    folder: PathBuf,
    /// Name of the witness in policies and signatures, such as witness.example/w1.
    #[arg(long)]
    name: String,
    /// First line of the log's checkpoints.
    #[arg(long, value_name = "ORIGIN")]
    log_origin: String,
    /// Ed25519 public key of the log, 64 hexadecimal digits.
    #[arg(long, value_name = "HEX", value_parser = parse_bytes)]
    log_key: [u8; 32],
}

#[derive(Debug, Args)]
struct RunArgs {
    /// Folder made by `witness init`.
    folder: PathBuf,
    /// Where to listen; port 0 takes any free one. Beyond this machine, put a server with TLS before it.
    #[arg(long, default_value = "127.0.0.1:8093", value_name = "ADDRESS:PORT")]
    listen: SocketAddr,
}

/// Runs `witness`.
pub(crate) async fn run(args: WitnessArgs, stop: &Stop) -> anyhow::Result<()> {
    match args.command {
        WitnessCommand::Init(args) => init(&args),
        WitnessCommand::Run(args) => watch(&args, stop).await,
    }
}

/// The key comes last, so what an interrupted call leaves behind has signed nothing and signs nothing.
fn init(args: &InitArgs) -> anyhow::Result<()> {
    let folder = &args.folder;
    let mut secret = Zeroizing::new([0; 32]);
    SystemRng.fill_bytes(secret.as_mut_slice());
    let key = SecretKey::from_bytes(&secret);
    let party = Party { key: key.public(), name: args.name.clone() };
    let log = LogName { key: args.log_key, origin: args.log_origin.clone() };
    let trust = Trust::new(log, vec![party], 1).context("the witness cannot be set up so")?;

    let name = folder.display();
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .with_context(|| format!("could not make the folder {name}"))?;
    let mut content =
        fs::read_dir(folder).with_context(|| format!("could not look into {name}"))?;
    ensure!(
        content.next().is_none(),
        "{name} is not empty; a witness begins in an empty folder, and never twice with one key"
    );
    write_new(&folder.join(SETTINGS), &trust.write(), 0o644)?;
    let public = json!({ "key": to_hex(&key.public()), "name": args.name }).to_string();
    let witness = Witness::new(&args.name, key, trust.log(), &folder.join(SIGNED));
    witness.begin(unix_now_s()).context("could not begin")?;
    let text = Zeroizing::new(format!("{}\n", *Zeroizing::new(to_hex(secret.as_slice()))));
    write_new(&folder.join(KEY), text.as_bytes(), 0o600)?;
    let whole = fs::canonicalize(folder).with_context(|| format!("could not find {name}"))?;
    sync(&whole)?;
    whole.parent().map_or(Ok(()), sync)?;
    say(&public)
}

/// Writes a file that is not there yet, onto the disk.
fn write_new(path: &Path, bytes: &[u8], mode: u32) -> anyhow::Result<()> {
    let file = OpenOptions::new().write(true).create_new(true).mode(mode).open(path);
    file.and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()))
        .with_context(|| format!("could not write {}", path.display()))
}

fn sync(folder: &Path) -> anyhow::Result<()> {
    File::open(folder)
        .and_then(|folder| folder.sync_all())
        .with_context(|| format!("could not bring {} onto the disk", folder.display()))
}

async fn watch(args: &RunArgs, stop: &Stop) -> anyhow::Result<()> {
    // Held to the end: two processes with one memory could sign two histories.
    let (witness, _lock) = open(&args.folder)?;
    let size = witness.signed_size().context("cannot sign without knowing what was signed last")?;
    let listener = TcpListener::bind(args.listen).await.with_context(|| {
        format!("cannot listen on {}; choose another address with --listen", args.listen)
    })?;
    let address = listener.local_addr().context("the listener has an address")?;
    announce(&format!(
        "Witness {} on http://{address}/, last signed {size} entries. Stop with Ctrl-C.",
        witness.party().name
    ));
    serve::serve(listener, serve::router(witness, unix_now_s), stop.clone().asked())
        .await
        .context("the witness cannot serve any more")
}

/// The witness in a folder, and the lock by which this process alone has it.
fn open(folder: &Path) -> anyhow::Result<(Witness, File)> {
    let path = folder.join(KEY);
    let secret = read_secret(&path)
        .with_context(|| format!("cannot use the key in {}; see `witness init`", path.display()))?;
    let key = SecretKey::from_bytes(&secret);
    let path = folder.join(SETTINGS);
    let name = path.display().to_string();
    let bytes = fs::read(&path).with_context(|| format!("could not read {name}"))?;
    let trust = Trust::read(&name, &bytes).with_context(|| format!("{name} cannot be used"))?;
    let [party] = trust.witnesses() else { bail!("{name} must name this witness alone") };
    ensure!(party.key == key.public(), "{name} names another key than that of this folder");
    let lock =
        File::open(folder).with_context(|| format!("could not open {}", folder.display()))?;
    match lock.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            bail!("another process runs the witness in {}", folder.display())
        }
        Err(TryLockError::Error(error)) => {
            return Err(error).with_context(|| format!("could not lock {}", folder.display()));
        }
    }
    Ok((Witness::new(&party.name, key, trust.log(), &folder.join(SIGNED)), lock))
}

#[expect(clippy::print_stderr, reason = "the command line speaks through it")]
fn announce(words: &str) {
    eprintln!("{words}");
}
