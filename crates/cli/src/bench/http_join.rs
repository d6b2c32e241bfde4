//! `bench http-join`: people joining over HTTP on connections that stay, beside the same desk without HTTP.
//!
//! Clients and server share the process and its cores; everything between them is real: sockets, sessions, keys,
//! limits, the join and its flush.

use std::num::NonZeroU32;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use api::{Api, Gate, Limits, Rates, Registering};
use app::accounts::{AccountOpening, open_accounts, open_sessions};
use app::join_desk::{DeskSetup, JoinDesk};
use app::passwords::{Passwords, SALT_BYTES};
use app::reference::Reference;
use app::service::{Randomness, Service};
use domain::account::Password;
use domain::identity::Email;
use domain::ids::PersonId;
use domain::reasons::Language;
use http_support::Admission;
use storage::database::Database;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use web::PublicFolder;

use super::Plan;
use super::copies::{copy_database, seal};
use super::join::{CALLERS, Hall, check};
use super::machine::{Machine, flush_rate};
use super::memory::MemorySampler;
use super::report::{Extras, Limit, Report, progress};
use super::series::Series;
use super::world::{PRESENT, World};
use crate::api_setup::WAITING_MAX;
use crate::http_client::{Client, join_request};
use crate::installation::SystemRng;
use crate::regions::region_table;
use crate::serve::{front, newest, router};
use crate::traffic::shedding;

/// Accounts written at once.
const AT_ONCE: usize = 10_000;
/// Nobody is to be slowed down here.
const NO_LIMIT: NonZeroU32 = NonZeroU32::MAX;

/// Measures joining over HTTP.
///
/// # Errors
/// The server fails, a join is not answered by 201, or a result is wrong.
pub(super) async fn measure(plan: Plan) -> Result<Report> {
    let size = plan.size / CALLERS as u64 * CALLERS as u64;
    let mut world = World::joinable(size).await?;
    let people = world.register(size).await?;
    let tokens = Arc::new(sign_in(&mut world, &people).await?);
    seal(world.scratch()).await?;
    let flush_per_s = flush_rate(world.scratch().folder())?;
    let hall = Hall::of(&world, people)?;
    let [mut ours, mut theirs] = [Series::new(size), Series::new(size)];
    let (mut latencies, mut peak_bytes) = (Vec::new(), 0);
    for run in 1..=plan.runs {
        progress(&format!("run {run} of {}", plan.runs));
        let database = copy_database(world.scratch(), "bench_http").await?;
        let sampler = MemorySampler::start(Some(world.scratch().embedded().server_pid()));
        let (seconds, mut took) = over_http(&hall, &database, &tokens).await?;
        ours.seconds.push(seconds);
        latencies.append(&mut took);
        peak_bytes = peak_bytes.max(sampler.finish()?);
        database.close().await;
        check(world.scratch(), "bench_http", size).await?;

        let database = copy_database(world.scratch(), "bench_desk").await?;
        theirs.seconds.push(hall.join_at_desk(&database).await?);
        database.close().await;
        check(world.scratch(), "bench_desk", size).await?;
    }
    let found_ms = slowest_of_hundred(&mut latencies);
    let limits = [Limit::Ratio(0.5), Limit::SlowestOfHundred { most_ms: 250.0, found_ms }];
    Ok(Report {
        bench: "http-join",
        unit: "joins",
        data: format!("{CALLERS} clients, each on a connection that stays, with session and key"),
        ours,
        peak_of: "clients, server and PostgreSQL",
        peak_bytes,
        alternative: "bench join-desk: the same callers at the same desk without HTTP and sessions",
        theirs,
        extras: Extras::default(),
        flush_per_s,
        machine: Machine::read(Some(world.scratch().embedded().version()))?,
        limits: if plan.judged { limits.to_vec() } else { Vec::new() },
    })
}

/// Opens an account for each person and signs in; gives the tokens in the order of the people.
pub(super) async fn sign_in(world: &mut World, people: &[PersonId]) -> Result<Vec<String>> {
    progress("signing them in");
    // All have the same password, so one costly hash serves them all.
    let password = Password::parse("everybody in a bench")?;
    let password_hash = Passwords::new(1)?.hash(password, [7; SALT_BYTES]).await?;
    // A session does not last until the instant of the hall if it begins with the wave.
    let now = world.wave(PRESENT)?.opens_at.plus_days(1);
    let database = world.database().clone();
    let mut tokens = Vec::with_capacity(people.len());
    for part in people.chunks(AT_ONCE) {
        let openings: Vec<AccountOpening> = part
            .iter()
            .map(|person| {
                let address = format!("{}@contoh.id", person.uuid().simple());
                Ok(AccountOpening {
                    email: Email::parse(&address).context("an address")?,
                    password_hash: password_hash.clone(),
                    person_id: Some(*person),
                    language: Language::Indonesian,
                })
            })
            .collect::<Result<_>>()?;
        let mut act = world.act(&database, now);
        let accounts = open_accounts(&mut act, &openings).await?;
        let sessions = open_sessions(&mut act, &accounts).await?;
        tokens.extend(sessions.into_iter().map(|session| session.token.expose()));
    }
    Ok(tokens)
}

/// Seconds until everybody has joined, and how long each answer took.
async fn over_http(
    hall: &Hall,
    database: &Database,
    tokens: &Arc<Vec<String>>,
) -> Result<(f64, Vec<Duration>)> {
    let mut clerks = JoinSet::new();
    let api = open(hall, database, &mut clerks)?;
    let regions = Arc::new(region_table(database).await?);
    let gate = api.gate.clone();
    let pages = (newest(&api.service.policies)?, PublicFolder::new("/nowhere".into()));
    let front = front(&regions, &gate, Some(&api), database, pages);
    let router = router(&front, Some(api), shedding(Admission::default()));
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let server = listener.local_addr()?;
    let (stop, stopped) = oneshot::channel::<()>();
    let mut serving = JoinSet::new();
    serving.spawn(web::serve(listener, router, async { stopped.await.unwrap_or_default() }));
    let (next, took) = (Arc::new(AtomicUsize::new(0)), Arc::new(Mutex::new(Vec::new())));
    let started = Instant::now();
    let mut clients = JoinSet::new();
    for _ in 0..CALLERS {
        let (next, took, tokens) = (Arc::clone(&next), Arc::clone(&took), Arc::clone(tokens));
        clients.spawn(async move {
            let (mut client, mut own) = (Client::new(server), Vec::new());
            loop {
                let place = next.fetch_add(1, Ordering::Relaxed);
                let Some(token) = tokens.get(place) else { break };
                let request = join_request(server, PRESENT.get(), token, &place.to_string());
                let asked = Instant::now();
                let answer = client.ask(&request).await?;
                own.push(asked.elapsed());
                ensure!(answer.status == 201, "a join was answered by {}", answer.status);
            }
            took.lock().unwrap_or_else(PoisonError::into_inner).append(&mut own);
            Ok(())
        });
    }
    while let Some(ended) = clients.join_next().await {
        ended.context("a client panicked")??;
    }
    let seconds = started.elapsed().as_secs_f64();
    // It may have ended by itself, which it then says.
    let _ = stop.send(());
    while let Some(ended) = serving.join_next().await {
        ended.context("the server panicked")??;
    }
    let took = std::mem::take(&mut *took.lock().unwrap_or_else(PoisonError::into_inner));
    Ok((seconds, took))
}

/// The API as `serve` has it, at the instant of the hall.
pub(super) fn open(hall: &Hall, database: &Database, clerks: &mut JoinSet<()>) -> Result<Api> {
    let setup =
        DeskSetup { database: database.clone(), waiting_max: WAITING_MAX, ..hall.setup.clone() };
    let desk = JoinDesk::open(&setup, clerks, || SystemRng);
    let DeskSetup { database, keys, policies, clock, .. } = setup;
    let service = Service {
        database,
        keys,
        policies,
        regions: Arc::new(Reference::builtin()?.regions),
        clock,
        passwords: Passwords::new(1)?,
        desk,
        receipt_key: None,
        public_folder: PathBuf::new(),
        randomness: Arc::new(|| Box::new(SystemRng) as Randomness),
    };
    let rates = Rates { per_address: NO_LIMIT, per_session: NO_LIMIT };
    let limits = Arc::new(Limits::new(rates, None));
    let (gate, registering) = (Gate::default(), Registering::InBrowser);
    Ok(Api { service, limits, gate, public_url: None, registering })
}

/// Milliseconds within which 99 of 100 answers came.
fn slowest_of_hundred(latencies: &mut [Duration]) -> f64 {
    latencies.sort_unstable();
    let place = latencies.len().saturating_mul(99).div_ceil(100).saturating_sub(1);
    latencies.get(place).map_or(0.0, |took| took.as_secs_f64() * 1e3)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Goal: one in a hundred may be slower, no more; method: a hundred answers of 1 to 100 ms, and one.
    #[test]
    fn one_of_hundred_is_left_out() {
        let mut hundred: Vec<Duration> = (1..=100).rev().map(Duration::from_millis).collect();
        assert!((slowest_of_hundred(&mut hundred) - 99.0).abs() < 1e-9);
        assert!((slowest_of_hundred(&mut [Duration::from_millis(7)]) - 7.0).abs() < 1e-9);
        assert!(slowest_of_hundred(&mut []).abs() < 1e-9);
    }
}
