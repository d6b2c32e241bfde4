//! `demo`: the replay of Jambi, waves and logins around today, and everything served beside simulators of outside systems.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::Context as _;
use app::reference::Reference;
use clap::Args;
use domain::region::RegionCode;
use domain::wave::WaveNumber;
use http_support::Admission;
use simulator::plan::Totals;
use tokio::net::TcpSocket;
use tokio::task::JoinSet;

use crate::api_setup::ApiArgs;
use crate::faces::FaceArgs;
use crate::installation::{DataArgs, Installation, Purpose};
use crate::interrupt::Stop;
use crate::present::Present;
use crate::providers::ProviderArgs;
use crate::registers::RegisterArgs;
use crate::rehearsal::{receipt_key, rehearse};
use crate::sandbox::{Stage, set_up};
use crate::serve::{ListenArgs, Whole, serve_whole};
use crate::simulate::{JAMBI, JAMBI_TOTALS, OtherData, Request, fill};
use crate::{clock, present, stats};

/// Seed of the demo; any other gives the same totals with other people.
const SEED: u64 = 2024;
/// The demo publishes its waves from this one on: every wave would take its disk and time for the same sight.
const PUBLIC_FROM: u16 = 70;
/// About the proportions of Jambi, in seconds instead of minutes.
const SMALL_TOTALS: Totals = Totals { joins: 2_000, people: 700, sk: 300, effective: 280 };
/// Who writes the letters.
const MAIL_FROM: &str = "gelombang@contoh.id";

/// Arguments of `demo`.
#[derive(Debug, Args)]
pub(crate) struct DemoArgs {
    #[command(flatten)]
    data: DataArgs,
    #[command(flatten)]
    listen: ListenArgs,
    /// Stop after the figures instead of serving the page.
    #[arg(long)]
    no_serve: bool,
    /// Replay 2,000 joins instead of all, for a look at the pages or a test.
    #[arg(long)]
    small: bool,
    /// Show here what mail server and gateway were given; any free port of this machine by default.
    #[arg(long, default_value = "127.0.0.1:0", value_name = "ADDRESS:PORT")]
    inbox: SocketAddr,
}

impl DemoArgs {
    fn request(&self) -> anyhow::Result<Request> {
        Ok(Request {
            province: RegionCode::parse(JAMBI)?,
            totals: if self.small { SMALL_TOTALS } else { JAMBI_TOTALS },
            seed: SEED,
            public: WaveNumber::new(PUBLIC_FROM),
            of_other_data: OtherData::Shown,
        })
    }
}

/// Runs `demo`.
pub(crate) async fn run(args: DemoArgs, stop: &Stop) -> anyhow::Result<()> {
    let reference = Reference::builtin()?;
    let request = args.request()?;
    // A busy port is found out before the replay, not after it.
    let socket = if args.no_serve { None } else { Some(args.listen.bind()?) };
    let installation = Installation::open(&args.data, Purpose::Fill, stop).await?;
    installation
        .close_after(async |installation| {
            fill(installation, &reference, &request, stop).await?;
            let public = |first| rehearse(&installation.public_folder, SEED, first);
            let present = stop.ends(present::add(installation, &reference, public)).await?;
            let Some(socket) = socket else {
                say(&present.words("", clock::now()));
                return stop.ends(stats::print_funnel(installation, request.province)).await;
            };
            serve_beside(installation, &args, reference, (socket, &present), stop).await
        })
        .await
}

/// Serves beside simulators, until the program is asked to stop.
async fn serve_beside(
    installation: &mut Installation,
    args: &DemoArgs,
    reference: Reference,
    (socket, present): (TcpSocket, &Present),
    stop: &Stop,
) -> anyhow::Result<()> {
    let mut simulating = JoinSet::new();
    let stage = set_up(args.inbox, &mut simulating, stop).await?;
    let at = socket.local_addr().context("the socket has an address")?;
    let api = ApiArgs::at(format!("http://{at}").parse()?);
    let first = WaveNumber::new(PUBLIC_FROM).context("above nought")?;
    let whole = Whole {
        socket,
        figures: None,
        policies: Arc::new(reference.policies),
        regions: Arc::new(reference.regions),
        providers: providers(&stage)?.open()?,
        registers: RegisterArgs::at(format!("http://{}", stage.registers).parse()?).given()?,
        faces: FaceArgs::at(format!("http://{}", stage.faces).parse()?).given()?,
        folders: Some(rehearse(&installation.public_folder, SEED, first)?.desk),
        receipt_key: Some(receipt_key(SEED)),
        api: Some(&api),
        worker: true,
        page: Some(RegionCode::parse(JAMBI)?),
        admission: Admission::default(),
    };
    say(&present.words(&format!("http://{at}"), clock::now()));
    say(&format!("What is sent, codes too, is shown on http://{}/", stage.inbox));
    serve_whole(installation, whole, stop).await
}

fn providers(stage: &Stage) -> anyhow::Result<ProviderArgs> {
    let mail = format!("smtp://{}", stage.mail).parse()?;
    let gateway = format!("http://{}", stage.gateway).parse()?;
    let from = domain::identity::Email::parse(MAIL_FROM)?;
    Ok(ProviderArgs::at(mail, from, gateway))
}

#[expect(clippy::print_stderr, reason = "the command line speaks through it")]
fn say(words: &str) {
    eprintln!("{words}");
}
