//! `bench join`, `bench join-desk`: people joining one by one from many connections, beside `pgbench`
//! inserting the same rows without asking whether anybody may.

use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use anyhow::{Context as _, Result, bail, ensure};
use app::act::Act;
use app::clock::Clock;
use app::join::JoinRequest;
use app::join_desk::{DeskSetup, JoinDesk};
use app::live_join::{JoinAnswer, KeyedJoin, join_few};
use domain::client_key::ClientKey;
use domain::ids::PersonId;
use domain::time::Timestamp;
use sqlx::Connection as _;
use storage::database::{Database, SERVING_ROLE};
use storage::scratch::Scratch;
use tokio::task::JoinSet;

use super::copies::{connect, copy_database, seal};
use super::machine::{Machine, flush_rate};
use super::memory::MemorySampler;
use super::random::SplitMix;
use super::report::{Extras, Limit, Report, progress};
use super::series::Series;
use super::world::{PRESENT, World};
use super::{Plan, SEED};

/// Callers at the same moment, as the bar has it.
pub(super) const CALLERS: usize = 64;
/// Transactions of the desk at the same moment: one is computed while another is flushed.
const CLERKS: usize = 2;

/// How joins are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// Each caller has a transaction of its own.
    Single,
    /// Callers hand in at a desk that combines those who wait.
    Desk,
}

impl Form {
    const fn name(self) -> &'static str {
        match self {
            Self::Single => "join",
            Self::Desk => "join-desk",
        }
    }

    /// What part of the alternative's rate is asked for. Of a transaction of its own not more: pgbench calling the
    /// functions that a join calls, and deciding nothing, reached 0.69 of itself inserting.
    const fn ratio(self) -> f64 {
        match self {
            Self::Single => 0.6,
            Self::Desk => 1.0,
        }
    }
}

/// Measures joining.
///
/// # Errors
/// The server or `pgbench` fails, a join is refused, or a result is wrong.
pub(super) async fn measure(plan: Plan, form: Form) -> Result<Report> {
    // Each pgbench client runs as many transactions, so the size is a multiple of their number.
    let size = plan.size / CALLERS as u64 * CALLERS as u64;
    let mut world = World::joinable(size).await?;
    let people = world.register(size).await?;
    seal(world.scratch()).await?;
    let flush_per_s = flush_rate(world.scratch().folder())?;
    let hall = Hall::of(&world, people)?;
    let mut ours = Series::new(size);
    let mut theirs = Series::new(size);
    let mut peak_bytes = 0;
    for run in 1..=plan.runs {
        progress(&format!("run {run} of {}", plan.runs));
        let database = copy_database(world.scratch(), "bench_join").await?;
        let sampler = MemorySampler::start(Some(world.scratch().embedded().server_pid()));
        let seconds = match form {
            Form::Single => hall.join_alone(&database).await?,
            Form::Desk => hall.join_at_desk(&database).await?,
        };
        ours.seconds.push(seconds);
        peak_bytes = peak_bytes.max(sampler.finish()?);
        database.close().await;
        check(world.scratch(), "bench_join", size).await?;

        copy_database(world.scratch(), "bench_pgbench").await?.close().await;
        theirs.seconds.push(pgbench(world.scratch(), "bench_pgbench", size, hall.now)?);
        check(world.scratch(), "bench_pgbench", size).await?;
    }
    Ok(Report {
        bench: form.name(),
        unit: "joins",
        data: format!("{CALLERS} callers, an open wave, each join with audit event and client key"),
        ours,
        peak_of: "this process and PostgreSQL",
        peak_bytes,
        alternative: "pgbench -M prepared, 64 clients: BEGIN, three INSERTs of the same rows, COMMIT; no checks",
        theirs,
        extras: Extras::default(),
        flush_per_s,
        machine: Machine::read(Some(world.scratch().embedded().version()))?,
        limits: if plan.judged { vec![Limit::Ratio(form.ratio())] } else { Vec::new() },
    })
}

#[derive(Debug)]
struct Stopped(Timestamp);

impl Clock for Stopped {
    fn now(&self) -> Timestamp {
        self.0
    }
}

/// Everything the callers share.
pub(super) struct Hall {
    pub(super) setup: DeskSetup,
    people: Arc<Vec<PersonId>>,
    pub(super) now: Timestamp,
}

impl Hall {
    pub(super) fn of(world: &World, people: Vec<PersonId>) -> Result<Self> {
        let now = world.wave(PRESENT)?.opens_at.plus_days(1);
        let setup = DeskSetup {
            database: world.database().clone(),
            keys: Arc::new(world.keys().clone()),
            policies: Arc::new(world.policies().clone()),
            clock: Arc::new(Stopped(now)),
            clerks: CLERKS,
            waiting_max: CALLERS,
        };
        Ok(Self { setup, people: Arc::new(people), now })
    }

    fn wish(person_id: PersonId, joined_at: Timestamp) -> Result<KeyedJoin> {
        let client_key = ClientKey::parse(&person_id.uuid().to_string())?;
        let request = JoinRequest { person_id, joined_at };
        Ok(KeyedJoin { request, account: None, client_key, request_id: "bench".to_owned() })
    }

    /// Seconds until everybody has joined in a transaction of the own.
    async fn join_alone(&self, database: &Database) -> Result<f64> {
        let (setup, now) = (self.setup.clone(), self.now);
        let database = database.clone();
        self.call(move |caller, next| {
            let (setup, database) = (setup.clone(), database.clone());
            async move {
                let mut random = SplitMix::new(SEED + caller as u64);
                while let Some(person) = next() {
                    let mut act = Act {
                        database: &database,
                        keys: &setup.keys,
                        policies: &setup.policies,
                        now,
                        actor: "bench",
                        request_id: "bench",
                        rng: &mut random,
                    };
                    let answers = join_few(&mut act, PRESENT, &[Self::wish(person, now)?]).await?;
                    ensure!(answers == [JoinAnswer::Joined], "{answers:?}");
                }
                Ok(())
            }
        })
        .await
    }

    /// Seconds until everybody has joined at a desk.
    pub(super) async fn join_at_desk(&self, database: &Database) -> Result<f64> {
        let setup = DeskSetup { database: database.clone(), ..self.setup.clone() };
        let (mut clerks, mut seed) = (JoinSet::new(), SEED);
        let desk = JoinDesk::open(&setup, &mut clerks, || {
            seed += 1;
            SplitMix::new(seed)
        });
        let now = self.now;
        self.call(move |_, next| {
            let desk = desk.clone();
            async move {
                while let Some(person) = next() {
                    let answer = desk.join(PRESENT, Self::wish(person, now)?).await?;
                    ensure!(answer == JoinAnswer::Joined, "{answer:?}");
                }
                Ok(())
            }
        })
        .await
    }

    /// Runs all callers, each of whom takes the next person until none is left.
    async fn call<F>(
        &self,
        caller: impl Fn(usize, Box<dyn Fn() -> Option<PersonId> + Send>) -> F,
    ) -> Result<f64>
    where
        F: Future<Output = Result<()>> + Send + 'static,
    {
        let taken = Arc::new(AtomicUsize::new(0));
        let started = Instant::now();
        let mut callers = JoinSet::new();
        for number in 0..CALLERS {
            let (people, taken) = (Arc::clone(&self.people), Arc::clone(&taken));
            let next = move || people.get(taken.fetch_add(1, Ordering::Relaxed)).copied();
            callers.spawn(caller(number, Box::new(next)));
        }
        while let Some(ended) = callers.join_next().await {
            ended.context("a caller panicked")??;
        }
        Ok(started.elapsed().as_secs_f64())
    }
}

/// Counts what was written.
pub(super) async fn check(scratch: &Scratch, database: &str, joins: u64) -> Result<()> {
    let mut conn = connect(scratch, database).await?;
    let counts: (i64, i64, i64) = sqlx::query_as(
        "SELECT (SELECT count(*) FROM memberships), (SELECT count(*) FROM client_keys),
                (SELECT count(*) FROM audit_events WHERE act = 'wave_join')",
    )
    .fetch_one(&mut conn)
    .await?;
    conn.close().await?;
    let joins = i64::try_from(joins)?;
    ensure!(counts == (joins, joins, joins), "{joins} joins left the rows {counts:?}");
    Ok(())
}

/// The same rows, each join one transaction of three prepared inserts. Tags are as wide as ours; persons and
/// events are numbered by client, which is kinder to the indexes than ours.
fn script(now: Timestamp) -> String {
    let wave = PRESENT.get();
    format!(
        "\\set n :n + 1
\\set person :client_id * 10000000 + :n
BEGIN;
INSERT INTO memberships (joined_at, person_id, kk_index, sex, education, wave, region, age, entry_tag, household_tag) VALUES (timestamptz '{now}', ('01911111-0000-7000-8000-' || lpad(:person::text, 12, '0'))::uuid, md5(:person::text)::uuid, 'man', 'senior_high', {wave}, 1571, 33, decode(md5(:person::text), 'hex'), decode(left(md5(:person::text), 16), 'hex'));
INSERT INTO audit_events (event_id, occurred_at, actor, act, subject, reason, request_id, detail) VALUES (('01911111-1111-7000-8000-' || lpad(:person::text, 12, '0'))::uuid, timestamptz '{now}', 'per_01911111000070008000' || lpad(:person::text, 12, '0'), 'wave_join', 'wave:' || {wave}, 'request of the person', 'bench', '{{}}');
INSERT INTO client_keys (actor_id, client_key, act, request_index, answer, recorded_at) VALUES (('01911111-0000-7000-8000-' || lpad(:person::text, 12, '0'))::uuid, '01911111-0000-7000-8000-' || lpad(:person::text, 12, '0'), 'wave_join', md5('wave')::uuid, 'joined', timestamptz '{now}');
COMMIT;
"
    )
}

/// Where pgbench is: in the folder that was set, in Debian's, or wherever the shell finds it.
fn pgbench_program(scratch: &Scratch) -> PathBuf {
    let debian = format!("/usr/lib/postgresql/{}/bin", scratch.embedded().version().major());
    let folders = std::env::var_os("GELOMBANG_PG_BIN").map(PathBuf::from).into_iter();
    let programs = folders.chain([PathBuf::from(debian)]).map(|folder| folder.join("pgbench"));
    programs.into_iter().find(|program| program.is_file()).unwrap_or_else(|| "pgbench".into())
}

/// Seconds that pgbench takes, without connecting.
fn pgbench(scratch: &Scratch, database: &str, joins: u64, now: Timestamp) -> Result<f64> {
    let script = scratch.folder().join("join.sql");
    std::fs::write(&script, self::script(now))?;
    let options = scratch.embedded().options(SERVING_ROLE, database);
    let socket = options.get_socket().context("the scratch server has a socket")?;
    let output = Command::new(pgbench_program(scratch))
        .args(["-n", "-M", "prepared", "-j", "2", "-c", &CALLERS.to_string()])
        .args(["-t", &(joins / CALLERS as u64).to_string()])
        .args(["-D", "n=0"])
        .arg("-f")
        .arg(&script)
        .arg("-h")
        .arg(socket)
        .args(["-p", &options.get_port().to_string(), "-U", SERVING_ROLE, database])
        .env("PGOPTIONS", "-c search_path=gelombang")
        .output()
        .context("cannot run pgbench, which comes with Debian's package postgresql")?;
    let said = String::from_utf8_lossy(&output.stdout);
    if !output.status.success() {
        let error = String::from_utf8_lossy(&output.stderr);
        bail!("pgbench failed: {}", error.lines().next().unwrap_or_default());
    }
    let line = said.lines().find_map(|line| line.strip_prefix("tps = "));
    let tps = line.and_then(|line| line.split(' ').next()?.parse::<f64>().ok());
    Ok(joins as f64 / tps.context("pgbench printed no rate")?)
}
