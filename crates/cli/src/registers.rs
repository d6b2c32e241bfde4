//! Which registers a process asks, as the command line names them.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use clap::Args;
use integrations::address::Address;
use integrations::http::{HttpClient, HttpSetup};
use integrations::registers::{HttpRegisters, RegisterDesk, Sparing};
use integrations::secret::Secret;

/// Longest time of a question, as docs/REGISTERS.md promises the other side.
const TIMEOUT: Duration = Duration::from_secs(10);
/// Four questions at once and 50 a second to each register: partner ministries go down under more
/// (programme.md section 3.2).
const SPARING: Sparing = Sparing { at_once_max: 4, gap: Duration::from_millis(20) };

/// Where the registers are.
#[derive(Clone, Debug, Args)]
pub(crate) struct RegisterArgs {
    /// Address of the registers as in docs/REGISTERS.md: https, or http on this machine.
    #[arg(long, env = "GELOMBANG_REGISTER_URL", value_name = "URL")]
    register_url: Option<Address>,
    /// File with the token that the registers demand.
    #[arg(long, env = "GELOMBANG_REGISTER_TOKEN", requires = "register_url", value_name = "FILE")]
    register_token: Option<PathBuf>,
}

impl RegisterArgs {
    /// Registers at an address that demand no token.
    pub(crate) const fn at(address: Address) -> Self {
        Self { register_url: Some(address), register_token: None }
    }

    /// The desk that asks them; `None` if none are named.
    pub(crate) fn given(&self) -> anyhow::Result<Option<Arc<RegisterDesk>>> {
        let Some(address) = self.register_url.clone() else { return Ok(None) };
        let token = self.register_token.as_deref().map(Secret::from_file).transpose();
        let token = token.context("the registers cannot be asked without their token")?;
        let setup = HttpSetup { system: HttpRegisters::SYSTEM, address, token, timeout: TIMEOUT };
        let client = HttpClient::new(setup)?;
        Ok(Some(Arc::new(RegisterDesk::new(Arc::new(HttpRegisters::new(client)), SPARING))))
    }
}

/// Says so if a worker asks no registers: nothing else would show it until somebody misses the answers.
#[expect(clippy::print_stderr, reason = "the command line speaks through it")]
pub(crate) fn said(registers: Option<Arc<RegisterDesk>>) -> Option<Arc<RegisterDesk>> {
    if registers.is_none() {
        eprintln!(
            "Nobody asks the registers here, so whoever registers over HTTP waits and is not drawn; name them with \
             --register-url."
        );
    }
    registers
}
