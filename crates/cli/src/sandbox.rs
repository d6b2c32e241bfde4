//! `sandbox`: simulators of outside systems, each on an address of its own.

use std::io::Write as _;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, bail};
use axum::Router;
use clap::Args;
use integrations::secret::Secret;
use sandbox::register::{self, Behaviour};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::interrupt::Stop;

/// Arguments of `sandbox`.
#[derive(Debug, Args)]
pub(crate) struct SandboxArgs {
    #[command(flatten)]
    register: RegisterArgs,
}

/// The simulated registers.
#[derive(Debug, Args)]
struct RegisterArgs {
    /// Serve the registers here; port 0 takes any free one. The last two digits of a NIK decide the
    /// answers, see docs/REGISTERS.md.
    #[arg(long, value_name = "ADDRESS:PORT")]
    register: Option<SocketAddr>,
    /// Milliseconds before each answer of the registers.
    #[arg(long, default_value_t = 0, requires = "register", value_name = "MS")]
    register_latency: u64,
    /// The registers answer every question with 503.
    #[arg(long, requires = "register")]
    register_outage: bool,
    /// No name agrees with the population register.
    #[arg(long, requires = "register")]
    register_mismatch: bool,
    /// File with the token that callers of the registers must bring.
    #[arg(long, requires = "register", value_name = "FILE")]
    register_token: Option<PathBuf>,
}

/// A simulator with its name and its place.
type Simulator = (&'static str, SocketAddr, Router);

impl RegisterArgs {
    fn simulator(&self) -> anyhow::Result<Option<Simulator>> {
        let Some(address) = self.register else { return Ok(None) };
        let token = self.register_token.as_deref().map(Secret::from_file).transpose()?;
        let behaviour = Behaviour {
            latency: Duration::from_millis(self.register_latency),
            is_away: self.register_outage,
            has_mismatch: self.register_mismatch,
            token: token.map(|token| token.expose().to_owned()),
        };
        Ok(Some(("register", address, register::router(behaviour))))
    }
}

/// Serves the chosen simulators until the program is asked to stop.
pub(crate) async fn run(args: SandboxArgs, stop: &Stop) -> anyhow::Result<()> {
    let chosen: Vec<Simulator> = [args.register.simulator()?].into_iter().flatten().collect();
    if chosen.is_empty() {
        bail!("choose what to simulate, such as --register 127.0.0.1:8090");
    }
    let mut serving = JoinSet::new();
    for (name, address, router) in chosen {
        let listener = TcpListener::bind(address).await;
        let listener = listener.with_context(|| {
            format!("cannot listen on {address}; choose another address with --{name}")
        })?;
        announce(name, listener.local_addr().context("the listener has an address")?);
        serving.spawn(sandbox::serve(listener, router, stop.clone().asked()));
    }
    say("Everything here is made up. Stop with Ctrl-C.");
    while let Some(ended) = serving.join_next().await {
        ended.context("a simulator broke")?.context("a simulator cannot serve any more")?;
    }
    Ok(())
}

fn announce(name: &str, address: SocketAddr) {
    say(&format!("Simulating {name} on http://{address}"));
}

/// Speaks to whoever still listens: nobody needs to, once the addresses are known.
fn say(words: &str) {
    let _ = writeln!(std::io::stderr(), "{words}");
}
