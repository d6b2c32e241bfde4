//! `sandbox`: simulators of outside systems, each on an address of its own.

use std::io::{self, Write as _};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context as _;
use axum::Router;
use clap::{Args, ValueEnum};
use integrations::secret::Secret;
use sandbox::beacon::{self, BeaconBehaviour, BeaconClock};
use sandbox::face::{self, FaceBehaviour};
use sandbox::gateway::{self, GatewayBehaviour};
use sandbox::inbox::{self, Board, Inbox, Outage};
use sandbox::mail::{self, MailBehaviour, MailMode};
use sandbox::register::{self, Behaviour};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::clock::unix_now_s;
use crate::hex::parse_bytes;
use crate::interrupt::Stop;

/// Arguments of `sandbox`.
#[derive(Debug, Args)]
pub(crate) struct SandboxArgs {
    #[command(flatten)]
    register: RegisterArgs,
    #[command(flatten)]
    mail: MailArgs,
    #[command(flatten)]
    gateway: GatewayArgs,
    #[command(flatten)]
    beacon: BeaconArgs,
    /// Show what mail server and gateway have taken here, and take simulators away and back; port 0 takes any free one.
    #[arg(long, value_name = "ADDRESS:PORT")]
    inbox: Option<SocketAddr>,
    #[command(flatten)]
    face: FaceArgs,
}

/// The simulated comparison of faces.
#[derive(Debug, Args)]
struct FaceArgs {
    /// Compare faces here; port 0 takes any free one. The last two digits of the width of the face picture decide the
    /// answers, see docs/FACES.md.
    #[arg(long, value_name = "ADDRESS:PORT")]
    face: Option<SocketAddr>,
    /// Milliseconds before each verdict.
    #[arg(long, default_value_t = 0, requires = "face", value_name = "MS")]
    face_latency: u64,
    /// Every comparison is answered with 503.
    #[arg(long, requires = "face")]
    face_outage: bool,
    /// No face is that of its card.
    #[arg(long, requires = "face")]
    face_mismatch: bool,
    /// File with the token that callers must bring.
    #[arg(long, requires = "face", value_name = "FILE")]
    face_token: Option<PathBuf>,
}

impl FaceArgs {
    fn simulator(&self) -> anyhow::Result<Option<Simulator>> {
        let Some(address) = self.face else { return Ok(None) };
        let token = self.face_token.as_deref().map(Secret::from_file).transpose()?;
        let behaviour = FaceBehaviour {
            latency: Duration::from_millis(self.face_latency),
            is_away: self.face_outage,
            has_mismatch: self.face_mismatch,
            token: token.map(|token| token.expose().to_owned()),
        };
        Ok(Some(("face", address, face::router(behaviour))))
    }
}

impl SandboxArgs {
    /// All simulators on these ports of this machine if nothing is chosen: mail, registers, gateway, beacon, faces,
    /// inbox.
    fn or_all(mut self) -> Self {
        const PORTS: [u16; 6] = [8025, 8090, 8091, 8092, 8094, 8093];
        let chosen = [
            &mut self.mail.mail,
            &mut self.register.register,
            &mut self.gateway.gateway,
            &mut self.beacon.beacon,
            &mut self.face.face,
            &mut self.inbox,
        ];
        if chosen.iter().all(|address| address.is_none()) {
            for (address, port) in chosen.into_iter().zip(PORTS) {
                *address = Some(SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
            }
        }
        self
    }
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

/// The simulated mail server.
#[derive(Debug, Args)]
struct MailArgs {
    /// Take e-mails here by SMTP; port 0 takes any free one.
    #[arg(long, value_name = "ADDRESS:PORT")]
    mail: Option<SocketAddr>,
    /// How the mail server behaves: `drop` keeps each message the first time and drops the connection unanswered.
    #[arg(long, default_value = "accept", requires = "mail", value_name = "MODE")]
    mail_mode: MailModeArg,
    /// Milliseconds before each answer of the mail server.
    #[arg(long, default_value_t = 0, requires = "mail", value_name = "MS")]
    mail_latency: u64,
    /// Folder in which messages are kept, one a file.
    #[arg(long, requires = "mail", value_name = "FOLDER")]
    mail_folder: Option<PathBuf>,
    /// Print each message.
    #[arg(long, requires = "mail")]
    print: bool,
}

/// How the simulated mail server behaves.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum MailModeArg {
    Accept,
    Refuse,
    Policy,
    Greylist,
    Drop,
}

impl MailArgs {
    fn behaviour(&self, inbox: Inbox) -> MailBehaviour {
        MailBehaviour {
            inbox: Some(inbox),
            mode: match self.mail_mode {
                MailModeArg::Accept => MailMode::Accept,
                MailModeArg::Refuse => MailMode::Refuse,
                MailModeArg::Policy => MailMode::Policy,
                MailModeArg::Greylist => MailMode::Greylist,
                MailModeArg::Drop => MailMode::Drop,
            },
            latency: Duration::from_millis(self.mail_latency),
            folder: self.mail_folder.clone(),
            seen: self.print.then_some(say),
        }
    }
}

/// The simulated gateway of short texts.
#[derive(Debug, Args)]
struct GatewayArgs {
    /// Take short texts here; port 0 takes any free one. No number that ends in 00 is known.
    #[arg(long, value_name = "ADDRESS:PORT")]
    gateway: Option<SocketAddr>,
    /// Milliseconds before each answer of the gateway.
    #[arg(long, default_value_t = 0, requires = "gateway", value_name = "MS")]
    gateway_latency: u64,
    /// The gateway answers every call with 503.
    #[arg(long, requires = "gateway")]
    gateway_outage: bool,
    /// File with the token that callers of the gateway must bring.
    #[arg(long, requires = "gateway", value_name = "FILE")]
    gateway_token: Option<PathBuf>,
    /// Folder in which texts are kept, one a file.
    #[arg(long, requires = "gateway", value_name = "FOLDER")]
    gateway_folder: Option<PathBuf>,
}

impl GatewayArgs {
    fn simulator(&self, inbox: Inbox, outage: Outage) -> anyhow::Result<Option<Simulator>> {
        let Some(address) = self.gateway else { return Ok(None) };
        let token = self.gateway_token.as_deref().map(Secret::from_file).transpose()?;
        let behaviour = GatewayBehaviour {
            latency: Duration::from_millis(self.gateway_latency),
            is_away: self.gateway_outage,
            token: token.map(|token| token.expose().to_owned()),
            folder: self.gateway_folder.clone(),
            inbox: Some(inbox),
            outage,
        };
        Ok(Some(("gateway", address, gateway::router(behaviour))))
    }
}

/// The simulated beacon.
#[derive(Debug, Args)]
struct BeaconArgs {
    /// Serve a test beacon here, as drand does; port 0 takes any free one. Everybody can compute its rounds
    /// in advance.
    #[arg(long, value_name = "ADDRESS:PORT")]
    beacon: Option<SocketAddr>,
    /// Hash that names its chain, as in the policy; chain, genesis and period are by default those that draws use.
    #[arg(
        long,
        default_value = "26b4860661c4ea65ce2f2a3dead2dc0fc6c9a72f45f2abaa783b51fa0b821a05",
        requires = "beacon",
        value_name = "HEX",
        value_parser = parse_bytes
    )]
    beacon_chain: [u8; 32],
    /// Unix time of its round 1, seconds, as in the policy.
    #[arg(long, default_value_t = 1_577_836_800, requires = "beacon", value_name = "SECONDS")]
    beacon_genesis: u64,
    /// Seconds between its rounds, as in the policy.
    #[arg(
        long,
        default_value_t = 3,
        requires = "beacon",
        value_name = "SECONDS",
        value_parser = clap::value_parser!(u32).range(1..)
    )]
    beacon_period: u32,
    /// Seconds by which each round comes late.
    #[arg(long, default_value_t = 0, requires = "beacon", value_name = "SECONDS")]
    beacon_late: u64,
    /// Every signature is wrong.
    #[arg(long, requires = "beacon")]
    beacon_wrong: bool,
    /// The beacon answers every question with 503.
    #[arg(long, requires = "beacon")]
    beacon_outage: bool,
    /// Milliseconds before each answer of the beacon.
    #[arg(long, default_value_t = 0, requires = "beacon", value_name = "MS")]
    beacon_latency: u64,
}

impl BeaconArgs {
    fn simulator(&self) -> Option<Simulator> {
        let behaviour = BeaconBehaviour {
            chain_hash: self.beacon_chain,
            genesis_s: self.beacon_genesis,
            period_s: self.beacon_period,
            clock: BeaconClock::new(unix_now_s),
            late_s: self.beacon_late,
            is_wrong: self.beacon_wrong,
            is_away: self.beacon_outage,
            latency: Duration::from_millis(self.beacon_latency),
        };
        self.beacon.map(|address| ("beacon", address, beacon::router(behaviour)))
    }
}

/// A simulator with its name and its place.
type Simulator = (&'static str, SocketAddr, Router);

impl RegisterArgs {
    fn simulator(&self, outage: Outage) -> anyhow::Result<Option<Simulator>> {
        let Some(address) = self.register else { return Ok(None) };
        let token = self.register_token.as_deref().map(Secret::from_file).transpose()?;
        let behaviour = Behaviour {
            latency: Duration::from_millis(self.register_latency),
            is_away: self.register_outage,
            has_mismatch: self.register_mismatch,
            token: token.map(|token| token.expose().to_owned()),
            outage,
        };
        Ok(Some(("register", address, register::router(behaviour))))
    }
}

/// Serves the chosen simulators until the program is asked to stop.
pub(crate) async fn run(args: SandboxArgs, stop: &Stop) -> anyhow::Result<()> {
    let args = args.or_all();
    let board = board();
    let outage = |name| outage_of(&board, name);
    let page = |address| ("inbox", address, inbox::router(board.clone()));
    let simulators = [
        args.register.simulator(outage("register"))?,
        args.gateway.simulator(board.inbox.clone(), outage("gateway"))?,
        args.beacon.simulator(),
        args.face.simulator()?,
        args.inbox.map(page),
    ];
    // Before the addresses: whoever has read those may listen no longer.
    say("Everything here is made up. Stop with Ctrl-C.");
    let mut serving = JoinSet::new();
    if let Some(address) = args.mail.mail {
        let listener = bind("mail", "smtp", address).await?;
        serving.spawn(mail::serve(
            listener,
            args.mail.behaviour(board.inbox.clone()),
            stop.clone().asked(),
        ));
    }
    for (name, address, router) in simulators.into_iter().flatten() {
        let listener = bind(name, "http", address).await?;
        serving.spawn(sandbox::serve(listener, router, stop.clone().asked()));
    }
    while let Some(ended) = serving.join_next().await {
        ended.context("a simulator broke")?.context("a simulator cannot serve any more")?;
    }
    Ok(())
}

/// Registers and gateway can be taken away while they run.
fn board() -> Board {
    let outages = ["register", "gateway"].map(|name| (name, Outage::default()));
    Board { inbox: Inbox::default(), outages: outages.into() }
}

fn outage_of(board: &Board, name: &str) -> Outage {
    let found = board.outages.iter().find(|(known, _)| *known == name);
    found.map_or_else(Outage::default, |(_, outage)| outage.clone())
}

/// Outside systems beside a demonstration, each on a free port of this machine.
#[derive(Debug)]
pub(crate) struct Stage {
    /// Where what was sent can be read.
    pub(crate) inbox: SocketAddr,
    /// Registers, mail server and gateway.
    pub(crate) registers: SocketAddr,
    pub(crate) mail: SocketAddr,
    pub(crate) gateway: SocketAddr,
    /// Whoever compares faces.
    pub(crate) faces: SocketAddr,
}

/// Serves all that a demonstration needs, among `tasks`.
pub(crate) async fn set_up(
    inbox: SocketAddr,
    tasks: &mut JoinSet<io::Result<()>>,
    stop: &Stop,
) -> anyhow::Result<Stage> {
    let board = board();
    let behaviour = MailBehaviour { inbox: Some(board.inbox.clone()), ..MailBehaviour::default() };
    let (listener, mail) = listen(free()).await?;
    tasks.spawn(mail::serve(listener, behaviour, stop.clone().asked()));
    let behaviour = Behaviour { outage: outage_of(&board, "register"), ..Behaviour::default() };
    let registers = serve(free(), register::router(behaviour), tasks, stop).await?;
    let behaviour = GatewayBehaviour {
        inbox: Some(board.inbox.clone()),
        outage: outage_of(&board, "gateway"),
        ..GatewayBehaviour::default()
    };
    let gateway = serve(free(), gateway::router(behaviour), tasks, stop).await?;
    let faces = serve(free(), face::router(FaceBehaviour::default()), tasks, stop).await?;
    let inbox = serve(inbox, inbox::router(board), tasks, stop).await?;
    Ok(Stage { inbox, registers, mail, gateway, faces })
}

fn free() -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, 0))
}

async fn listen(address: SocketAddr) -> anyhow::Result<(TcpListener, SocketAddr)> {
    let listener = TcpListener::bind(address).await;
    let listener = listener.with_context(|| format!("cannot listen on {address}"))?;
    let address = listener.local_addr().context("the listener has an address")?;
    Ok((listener, address))
}

async fn serve(
    address: SocketAddr,
    router: Router,
    tasks: &mut JoinSet<io::Result<()>>,
    stop: &Stop,
) -> anyhow::Result<SocketAddr> {
    let (listener, address) = listen(address).await?;
    tasks.spawn(sandbox::serve(listener, router, stop.clone().asked()));
    Ok(address)
}

/// Listens for a simulator and says where.
async fn bind(name: &str, scheme: &str, address: SocketAddr) -> anyhow::Result<TcpListener> {
    let listener = TcpListener::bind(address).await;
    let listener = listener.with_context(|| {
        format!("cannot listen on {address}; choose another address with --{name}")
    })?;
    let address = listener.local_addr().context("the listener has an address")?;
    say(&format!("Simulating {name} on {scheme}://{address}"));
    Ok(listener)
}

/// Speaks to whoever still listens: nobody needs to, once the addresses are known.
fn say(words: &str) {
    let _ = writeln!(std::io::stderr(), "{words}");
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        args: SandboxArgs,
    }

    /// Without a choice everything is simulated; one choice is just that.
    #[test]
    fn all_or_chosen() {
        let addresses = |words: &[&str]| {
            let SandboxArgs { register, mail, gateway, beacon, face, inbox } =
                Line::parse_from(words).args.or_all();
            [mail.mail, register.register, gateway.gateway, beacon.beacon, face.face, inbox]
        };
        let all = addresses(&["sandbox"]);
        assert!(all.iter().all(|address| address.is_some_and(|at| at.ip().is_loopback())));
        let one = addresses(&["sandbox", "--mail", "127.0.0.1:0"]);
        assert_eq!(one.iter().flatten().count(), 1);
    }
}
