//! `admin officer recovery-code` and `recover`: the way back of an administrator who has lost the credential.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use app::credential::Credential;
use app::officers::find_in_office;
use app::recovery::{RecoveryCode, keep_recovery_code, propose_recovery};
use app::reference::Policies;
use clap::Args;
use zeroize::Zeroizing;

use super::keep_if;
use crate::desk::{AsArgs, Desk, officer_of};
use crate::installation::{DataArgs, Installation, SystemRng};

/// More than a code ever has, in bytes.
const CODE_BYTES_MAX: u64 = 1_024;

/// Arguments of `recovery-code`.
#[derive(Debug, Args)]
pub(super) struct CodeArgs {
    #[command(flatten)]
    officer: AsArgs,
    #[command(flatten)]
    pub(super) data: DataArgs,
}

/// Arguments of `recover`.
#[derive(Debug, Args)]
pub(super) struct RecoverArgs {
    /// Name of the officer, who asks.
    name: String,
    /// File with the recovery code; `-` reads it from standard input. Never the code itself: a command line can be read
    /// by others.
    #[arg(long, value_name = "FILE")]
    code: PathBuf,
    /// New file for the credential.
    #[arg(long, value_name = "FILE")]
    credential: PathBuf,
    /// Why.
    #[arg(long)]
    reason: String,
    #[command(flatten)]
    pub(super) data: DataArgs,
}

/// Makes a code, keeps its digest, and says it once.
pub(super) async fn make(
    args: &CodeArgs,
    installation: &Installation,
    policies: &Policies,
) -> anyhow::Result<String> {
    let credential = args.officer.read()?;
    let officer = officer_of(installation, &credential).await?;
    let mut desk = Desk::of(installation, policies, &officer).await?;
    let code = RecoveryCode::make(&mut SystemRng);
    keep_recovery_code(&mut desk.act(), &credential, code.sha256()).await?;
    Ok(format!(
        "{}\nThis is the recovery code of {}, shown once; the one before is void. Write it on paper, seal it, and keep \
         it apart from the credential. It ends with the credential.",
        *code.text(),
        officer.name
    ))
}

/// Proposes a new credential to another administrator.
pub(super) async fn recover(
    args: &RecoverArgs,
    installation: &Installation,
    policies: &Policies,
) -> anyhow::Result<String> {
    let code = read_code(&args.code)?;
    let id = find_in_office(&installation.database, &args.name).await?;
    let mut desk = Desk::named(installation, policies, id.to_string()).await?;
    let credential = Credential::make(id, &mut SystemRng);
    credential.write_new(&args.credential)?;
    let act = &mut desk.act();
    let proposed = propose_recovery(act, id, (&code, credential.sha256()), &args.reason).await;
    keep_if(proposed, Some(&args.credential))?;
    Ok(format!(
        "Proposed. Another administrator, who sees that it is {0}, approves it: gelombang admin officer approve '{0}' \
         --as FILE\nThe credential in {1} is in force from then on. Make a new recovery code then.",
        args.name,
        args.credential.display()
    ))
}

fn read_code(path: &Path) -> anyhow::Result<RecoveryCode> {
    let mut text = Zeroizing::new(String::new());
    let read = if path == Path::new("-") {
        std::io::stdin().take(CODE_BYTES_MAX).read_to_string(&mut text)
    } else {
        std::fs::File::open(path)
            .and_then(|file| file.take(CODE_BYTES_MAX).read_to_string(&mut text))
    };
    read.with_context(|| format!("cannot read the recovery code from {}", path.display()))?;
    RecoveryCode::parse(&text)
        .context("this is no recovery code; it has 32 hexadecimal digits in groups of four")
}
