//! `bench http`: the opening minute through the real server. Finds what it serves, then sends up to ten times as
//! many, and counts what is still of use.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::Write as _;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use domain::ids::PersonId;
use http_support::{Admission, Shedding};
use sqlx::Connection as _;
use storage::database::Database;
use storage::scratch::Scratch;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use web::PublicFolder;

use super::Plan;
use super::copies::{connect, copy_database, seal};
use super::cpu::CpuTime;
use super::http_join::{open, sign_in};
use super::join::Hall;
use super::load::{Arrivals, Kind, Outcome, Requests, Tally, USEFUL, send};
use super::machine::{Machine, flush_rate};
use super::memory::own_pss;
use super::report::{grouped, progress};
use super::world::{PRESENT, World};
use crate::http_client::join_request;
use crate::regions::region_table;
use crate::serve::{front, newest, router};
use crate::traffic::shedding;

/// Where the product joins people, and where the alternative joins the same ones.
const DATABASE: &str = "bench_http";
const BESIDE: &str = "bench_http_beside";
/// How long a rate is tried to find what is served, and how long each multiple of it lasts.
const TRIAL: Duration = Duration::from_secs(3);
const STEP: Duration = Duration::from_secs(10);
/// The first rate tried; each next one is half as much again.
const FIRST_RATE: u64 = 200;
/// How often a rate is tried before it counts as not served: a server that has just begun stumbles.
const TRIES: usize = 2;
/// Multiples of the served rate.
const MULTIPLES: [u64; 4] = [1, 2, 5, 10];
/// Processor time that turning one away may take.
const SHED_MICROS_MAX: f64 = 100.0;
/// Share of the best goodput that must be left at ten times the rate.
const KEPT_MIN: f64 = 0.9;

/// A rate and what came of it.
struct Step {
    per_s: u64,
    outcome: Outcome,
    memory_mib: f64,
}

impl Step {
    /// Answers of use in a second, of one kind or of all.
    fn goodput(&self, tally: &Tally, lasts: Duration) -> f64 {
        // What came after the last arrival counts as well, within the time it took.
        tally.good as f64 / self.outcome.elapsed.max(lasts).as_secs_f64()
    }
}

/// Measures and prints; `load` is how many processes ran when the bench began.
///
/// # Errors
/// The server fails, an acknowledged join is lost, or a bar is missed.
pub(super) async fn run(plan: Plan, load: f64) -> Result<()> {
    let mut world = World::joinable(plan.size).await?;
    let people = world.register(plan.size).await?;
    let tokens = sign_in(&mut world, &people).await?;
    seal(world.scratch()).await?;
    let flush_per_s = flush_rate(world.scratch().folder())?;
    let hall = Hall::of(&world, people.clone())?;
    let database = copy_database(world.scratch(), DATABASE).await?;

    let (steps, joined) = opening(&hall, &database, &tokens).await?;
    let rate = steps.last().map_or(FIRST_RATE, |step| step.per_s);
    let beside = copy_database(world.scratch(), BESIDE).await?;
    let unguarded = taking_everybody(&hall, &beside, &tokens, rate).await?;
    beside.close().await;
    let shed_micros = turning_away(&hall, &database, &tokens).await?;
    database.close().await;
    check((world.scratch(), DATABASE), &people, &joined).await?;
    check((world.scratch(), BESIDE), &people, &unguarded.outcome.joined).await?;

    let machine = Machine::read(Some(world.scratch().embedded().version()))?;
    let (text, kept) = report(&steps, &unguarded, shed_micros, joined.len());
    let head = format!(
        "gelombang bench http\n  machine      {machine}\n  load         {load:.2} processes over the minute \
         before\n  flush rate   {} durable overwrites of 8 KiB per second, one by one\n  data         {} people; \
         arrivals by schedule on one thread of this process, which shares the cores with server and database\n",
        grouped(flush_per_s as u64),
        grouped(plan.size)
    );
    std::io::stdout().write_all((head + &text).as_bytes())?;
    ensure!(kept || !plan.judged, "a bar was missed; see the lines marked FAIL");
    Ok(())
}

/// Finds the served rate, then sends its multiples to the same server.
async fn opening(
    hall: &Hall,
    database: &Database,
    tokens: &[String],
) -> Result<(Vec<Step>, BTreeSet<usize>)> {
    let server = Server::start(hall, database, tokens, shedding(Admission::default())).await?;
    let (mut first_person, mut joined) = (0, BTreeSet::new());
    let mut served = 0.0_f64;
    let (mut rate, mut missed) = (FIRST_RATE, 0);
    while missed < TRIES {
        progress(&format!("trying {rate} requests a second"));
        let mut step = server.step(rate, TRIAL, &mut first_person).await?;
        joined.append(&mut step.outcome.joined);
        let goodput = step.goodput(&step.outcome.total(), TRIAL);
        served = served.max(goodput);
        if goodput < rate as f64 * 0.9 {
            missed += 1;
        } else {
            (rate, missed) = (rate * 3 / 2, 0);
        }
    }
    let mut steps = Vec::new();
    for multiple in MULTIPLES {
        let rate = (served as u64).max(1) * multiple;
        progress(&format!("{multiple} times what is served: {rate} requests a second"));
        let mut step = server.step(rate, STEP, &mut first_person).await?;
        joined.append(&mut step.outcome.joined);
        steps.push(step);
    }
    server.stop().await?;
    Ok((steps, joined))
}

/// The alternative: the same server without leave to be asked for, under as many as ten times what is served.
async fn taking_everybody(
    hall: &Hall,
    database: &Database,
    tokens: &[String],
    rate: u64,
) -> Result<Step> {
    progress("as many again, with nobody turned away");
    let open = Shedding { classify: |_, _| None, ..shedding(Admission::default()) };
    let server = Server::start(hall, database, tokens, open).await?;
    let step = server.step(rate, STEP, &mut 0).await?;
    server.stop().await?;
    Ok(step)
}

/// Microseconds of processor time that turning one away takes: everybody is.
async fn turning_away(hall: &Hall, database: &Database, tokens: &[String]) -> Result<f64> {
    progress("turning everybody away");
    let closed = shedding(Admission::closed());
    let server = Server::start(hall, database, tokens, closed).await?;
    let before = CpuTime::of_this_process()?;
    let step = server.step(2_000, TRIAL, &mut 0).await?;
    let used = CpuTime::of_this_process()?.since(before);
    server.stop().await?;
    let total = step.outcome.total();
    ensure!(total.shed > 0 && total.good == 0, "somebody was let in: {total:?}");
    let own = used.user_s + used.system_s - step.outcome.own_cpu.as_secs_f64();
    Ok(own * 1e6 / total.shed as f64)
}

/// A server on a socket.
struct Server {
    address: std::net::SocketAddr,
    requests: Arc<Requests>,
    stop: oneshot::Sender<()>,
    serving: JoinSet<std::io::Result<()>>,
    /// The desk's clerks, who end with it.
    _clerks: JoinSet<()>,
}

impl Server {
    async fn start(
        hall: &Hall,
        database: &Database,
        tokens: &[String],
        shedding: Shedding,
    ) -> Result<Self> {
        let mut clerks = JoinSet::new();
        let api = open(hall, database, &mut clerks)?;
        let regions = Arc::new(region_table(database).await?);
        let gate = api.gate.clone();
        let pages = (newest(&api.service.policies)?, PublicFolder::new("/nowhere".into()));
        let front = front(&regions, &gate, Some(&api), database, pages);
        let router = router(&front, Some(api), shedding);
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let (stop, stopped) = oneshot::channel::<()>();
        let mut serving = JoinSet::new();
        serving.spawn(web::serve(listener, router, async { stopped.await.unwrap_or_default() }));
        let get = |path: &str, cookie: &str| {
            format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nCookie: {cookie}\r\n\r\n")
        };
        let joins = tokens.iter().enumerate();
        let requests = Requests {
            joins: joins
                .map(|(place, token)| {
                    join_request(address, PRESENT.get(), token, &place.to_string())
                })
                .collect(),
            accounts: tokens
                .iter()
                .map(|token| get("/akun", &format!("{SESSION}={token}")))
                .collect(),
            queue: get(QUEUE_PAGE, ""),
        };
        Ok(Self { address, requests: Arc::new(requests), stop, serving, _clerks: clerks })
    }

    async fn step(&self, per_s: u64, lasts: Duration, first_person: &mut usize) -> Result<Step> {
        let arrivals = Arrivals { per_s, lasts, first_person: *first_person };
        let outcome = send(self.address, Arc::clone(&self.requests), arrivals).await?;
        *first_person += usize::try_from(per_s * lasts.as_secs() / 5)?;
        Ok(Step { per_s, outcome, memory_mib: own_pss()? as f64 / f64::from(1 << 20) })
    }

    async fn stop(mut self) -> Result<()> {
        // It may have ended by itself, which it then says.
        let _ = self.stop.send(());
        while let Some(ended) = self.serving.join_next().await {
            ended.context("the server panicked")??;
        }
        Ok(())
    }
}

/// The cookie of a session where pages are not reached by HTTPS.
const SESSION: &str = "sesi";
/// What everybody looks at while waiting.
const QUEUE_PAGE: &str = "/antre";

/// Every acknowledged join is in the database.
async fn check(
    (scratch, database): (&Scratch, &str),
    people: &[PersonId],
    joined: &BTreeSet<usize>,
) -> Result<()> {
    let ids: Vec<uuid::Uuid> =
        joined.iter().filter_map(|place| people.get(*place)).map(|person| person.uuid()).collect();
    let mut conn = connect(scratch, database).await?;
    let kept: i64 =
        sqlx::query_scalar("SELECT count(*) FROM memberships WHERE person_id = ANY($1)")
            .bind(&ids)
            .fetch_one(&mut conn)
            .await?;
    conn.close().await?;
    ensure!(
        usize::try_from(kept)? == joined.len(),
        "{} joins were acknowledged and {kept} are kept",
        joined.len()
    );
    Ok(())
}

/// The figures in words, and whether every bar is kept.
fn report(steps: &[Step], unguarded: &Step, shed_micros: f64, joined: usize) -> (String, bool) {
    let mut text = String::new();
    let mut line = |label: &str, value: &str| {
        let _ = writeln!(text, "  {label:<12} {value}");
    };
    let goodput = |step: &Step| step.goodput(&step.outcome.total(), STEP);
    for (step, multiple) in steps.iter().zip(MULTIPLES) {
        let total = step.outcome.total();
        line(
            &format!("{multiple} x"),
            &format!(
                "{} asked a second, {:.0} sent, {:.0} of use, {:.0} turned away, {} late, {} failed, {:.0} MiB",
                grouped(step.per_s),
                total.sent as f64 / STEP.as_secs_f64(),
                goodput(step),
                total.shed as f64 / STEP.as_secs_f64(),
                total.late,
                total.failed,
                step.memory_mib
            ),
        );
        for (kind, tally) in Kind::ALL.into_iter().zip(&step.outcome.kinds) {
            line(
                "",
                &format!(
                    "{}: {} sent, {} within {} ms, {} turned away; 99 of 100 served within {:.0} ms",
                    kind.name(),
                    grouped(tally.sent),
                    grouped(tally.good),
                    USEFUL.as_millis(),
                    grouped(tally.shed),
                    tally.p99().as_secs_f64() * 1e3
                ),
            );
        }
    }
    let best = steps.iter().map(goodput).fold(0.0, f64::max);
    let last = steps.last().map_or(0.0, goodput);
    let memory = |step: Option<&Step>| step.map_or(0.0, |step| step.memory_mib);
    let (before, after) = (memory(steps.first()), memory(steps.last()));
    let total = unguarded.outcome.total();
    let slowest = format!("99 of 100 served within {:.0} ms", total.p99().as_secs_f64() * 1e3);
    line(
        "alternative",
        &format!(
            "nobody is turned away: {} asked a second, {:.0} sent, {:.0} of use, {} late, {} failed, {:.0} MiB; {slowest}",
            grouped(unguarded.per_s),
            total.sent as f64 / STEP.as_secs_f64(),
            goodput(unguarded),
            grouped(total.late),
            grouped(total.failed),
            unguarded.memory_mib
        ),
    );
    line("joins", &format!("{} acknowledged, all of them in the database", grouped(joined as u64)));
    let slowest = steps.first().map_or(Duration::MAX, |step| {
        // Of a kind that was never served nothing is known.
        let p99 = |tally: &Tally| if tally.took.is_empty() { Duration::MAX } else { tally.p99() };
        step.outcome.kinds.iter().map(p99).max().unwrap_or(Duration::MAX)
    });
    let bars = [
        (
            format!(
                "at the served rate, 99 of 100 of each kind within {} ms: {:.0} ms",
                USEFUL.as_millis(),
                slowest.as_secs_f64() * 1e3
            ),
            slowest <= USEFUL,
        ),
        (
            format!(
                "turning one away takes at most {SHED_MICROS_MAX:.0} us of processor: {shed_micros:.0} us"
            ),
            shed_micros <= SHED_MICROS_MAX,
        ),
        (
            format!(
                "at ten times, at least {KEPT_MIN} of the best goodput of {best:.0}: {:.2}",
                last / best.max(1.0)
            ),
            last >= best * KEPT_MIN,
        ),
        (
            format!(
                "memory at ten times at most 1.25 of that at once: {before:.0} to {after:.0} MiB"
            ),
            after <= before * 1.25,
        ),
    ];
    for (bar, kept) in &bars {
        line("bar", &format!("{bar} {}", if *kept { "PASS" } else { "FAIL" }));
    }
    (text, bars.iter().all(|(_, kept)| *kept))
}
