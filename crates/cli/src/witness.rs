//! `witness`: what another institution runs so that a log cannot show two histories; see docs/WITNESS.md.
//!
//! Needs no database and no keys of the programme. Its folder holds `key`, `witness.json` (whom it serves, in the
//! form of pinned keys) and `signed` (the checkpoint that it signed last); none holds personal data.

mod serve;

use std::fs::{self, File};
use std::net::SocketAddr;
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
use crate::key_files::write_secret;
use crate::print::say;
use crate::secret_folder::{lock, make_empty, read_secret, sync, write_new};

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

    make_empty(folder, "a witness begins in an empty folder, and never twice with one key")?;
    write_new(&folder.join(SETTINGS), &trust.write(), 0o644)?;
    let public = json!({ "key": to_hex(&key.public()), "name": args.name }).to_string();
    let witness = Witness::new(&args.name, key, trust.log(), &folder.join(SIGNED));
    witness.begin(unix_now_s()).context("could not begin")?;
    write_secret(&folder.join(KEY), secret.as_slice())?;
    sync(folder)?;
    say(&public)
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
    let secret = read_secret(&path, "witness init").context("cannot sign without the key")?;
    let missing = || format!("there is no key in {}; see `witness init`", folder.display());
    let secret = secret.with_context(missing)?;
    let key = SecretKey::from_bytes(&secret);
    let path = folder.join(SETTINGS);
    let name = path.display().to_string();
    let bytes = fs::read(&path).with_context(|| format!("could not read {name}"))?;
    let trust = Trust::read(&name, &bytes).with_context(|| format!("{name} cannot be used"))?;
    let [party] = trust.witnesses() else { bail!("{name} must name this witness alone") };
    ensure!(party.key == key.public(), "{name} names another key than that of this folder");
    let lock = lock(folder, "another process runs the witness")?;
    Ok((Witness::new(&party.name, key, trust.log(), &folder.join(SIGNED)), lock))
}

#[expect(clippy::print_stderr, reason = "the command line speaks through it")]
fn announce(words: &str) {
    eprintln!("{words}");
}
