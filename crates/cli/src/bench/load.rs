//! Arrivals by schedule over real sockets: whoever comes does not wait for those before, and the time counts from
//! when they meant to come.
//!
//! It runs on a thread of its own with its own runtime, so that its share of the processor can be told apart.

use std::collections::BTreeSet;
use std::fs;
use std::net::SocketAddr;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use tokio::sync::oneshot;
use tokio::task::JoinSet;

use crate::http_client::Client;

/// An answer that comes later is of no use to anybody.
pub(super) const USEFUL: Duration = Duration::from_millis(500);
/// Connections that stay. Answers come within milliseconds, so these carry far more than the machine can serve.
const CONNECTIONS: usize = 1024;

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Joining the wave.
    Join,
    /// One's own page.
    Account,
    /// The page that everybody looks at while waiting.
    Queue,
}

impl Kind {
    pub(super) const ALL: [Self; 3] = [Self::Join, Self::Account, Self::Queue];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Join => "join",
            Self::Account => "status page",
            Self::Queue => "queue page",
        }
    }

    /// Of ten who come, two join, three look after themselves and five wait.
    const fn of_arrival(number: u64) -> Self {
        match number % 10 {
            0 | 5 => Self::Join,
            1 | 4 | 8 => Self::Account,
            _ => Self::Queue,
        }
    }

    const fn place(self) -> usize {
        match self {
            Self::Join => 0,
            Self::Account => 1,
            Self::Queue => 2,
        }
    }
}

/// What to send: whole requests, written beforehand.
#[derive(Debug)]
pub(super) struct Requests {
    /// A join of each person.
    pub(super) joins: Vec<String>,
    /// Everybody's own page.
    pub(super) accounts: Vec<String>,
    /// The page for all.
    pub(super) queue: String,
}

/// How many come, and for how long.
#[derive(Clone, Copy, Debug)]
pub(super) struct Arrivals {
    pub(super) per_s: u64,
    pub(super) lasts: Duration,
    /// The first person who joins; later runs join others.
    pub(super) first_person: usize,
}

/// What came of one kind.
#[derive(Clone, Debug, Default)]
pub(super) struct Tally {
    /// Meant to come.
    pub(super) meant: u64,
    /// Really sent; the machine was too busy to send the others in time.
    pub(super) sent: u64,
    /// Served in time.
    pub(super) good: u64,
    /// Turned away with 503 or 429.
    pub(super) shed: u64,
    /// Served too late.
    pub(super) late: u64,
    /// Anything else: another status, a broken connection.
    pub(super) failed: u64,
    /// How long the served ones took from when they meant to come.
    pub(super) took: Vec<Duration>,
}

/// What came of a run.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    pub(super) kinds: [Tally; Kind::ALL.len()],
    /// People whose join was acknowledged, by their place.
    pub(super) joined: BTreeSet<usize>,
    /// Processor time of the arrivals' own thread.
    pub(super) own_cpu: Duration,
    /// How long it took until the last answer.
    pub(super) elapsed: Duration,
}

impl Tally {
    fn add(&mut self, other: Self) {
        self.meant += other.meant;
        self.sent += other.sent;
        self.good += other.good;
        self.shed += other.shed;
        self.late += other.late;
        self.failed += other.failed;
        self.took.extend(other.took);
    }

    /// Within which time 99 of 100 served ones were.
    pub(super) fn p99(&self) -> Duration {
        let mut took = self.took.clone();
        took.sort_unstable();
        let place = (took.len() * 99).div_ceil(100).saturating_sub(1);
        took.get(place).copied().unwrap_or_default()
    }
}

impl Outcome {
    /// All kinds together.
    pub(super) fn total(&self) -> Tally {
        let mut total = Tally::default();
        self.kinds.iter().for_each(|own| total.add(own.clone()));
        total
    }
}

/// Sends them all and waits for the answers.
///
/// # Errors
/// The thread cannot be made or its processor time cannot be read.
pub(super) async fn send(
    server: SocketAddr,
    requests: Arc<Requests>,
    arrivals: Arrivals,
) -> Result<Outcome> {
    let (done, outcome) = oneshot::channel();
    thread::Builder::new().name("arrivals".to_owned()).spawn(move || {
        // Nobody waits any more if the bench has failed elsewhere.
        let _ = done.send(run(server, &requests, arrivals));
    })?;
    outcome.await.context("the thread of the arrivals panicked")?
}

fn run(server: SocketAddr, requests: &Arc<Requests>, arrivals: Arrivals) -> Result<Outcome> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let before = own_cpu()?;
    let mut outcome = runtime.block_on(async {
        let began = Instant::now();
        let mut callers = JoinSet::new();
        let turns = std::rc::Rc::new(std::cell::Cell::new(0));
        let local = tokio::task::LocalSet::new();
        local
            .run_until(async {
                for _ in 0..CONNECTIONS {
                    let caller = Caller { requests: Arc::clone(requests), arrivals, began };
                    callers.spawn_local(caller.work(server, std::rc::Rc::clone(&turns)));
                }
                let mut outcome = Outcome::default();
                while let Some(ended) = callers.join_next().await {
                    let ended: Outcome = ended.context("a caller panicked")?;
                    for (sum, own) in outcome.kinds.iter_mut().zip(ended.kinds) {
                        sum.add(own);
                    }
                    outcome.joined.extend(ended.joined);
                }
                outcome.elapsed = began.elapsed();
                Ok::<_, anyhow::Error>(outcome)
            })
            .await
    })?;
    outcome.own_cpu = own_cpu()?.saturating_sub(before);
    Ok(outcome)
}

/// One connection, which takes the next arrival whenever it is free.
struct Caller {
    requests: Arc<Requests>,
    arrivals: Arrivals,
    began: Instant,
}

impl Caller {
    async fn work(self, server: SocketAddr, turns: std::rc::Rc<std::cell::Cell<u64>>) -> Outcome {
        let (mut client, mut outcome) = (Client::new(server), Outcome::default());
        let total = self.arrivals.per_s * self.arrivals.lasts.as_secs();
        loop {
            let number = turns.get();
            if number >= total {
                return outcome;
            }
            turns.set(number + 1);
            let meant = self.began
                + Duration::from_secs(number)
                    / u32::try_from(self.arrivals.per_s).unwrap_or(u32::MAX);
            tokio::time::sleep_until(meant.into()).await;
            let kind = Kind::of_arrival(number);
            let mut tally = Tally { meant: 1, ..Tally::default() };
            // Who could not even be sent in time says nothing about the server.
            if meant.elapsed() < USEFUL {
                self.ask(&mut client, kind, number, meant, &mut tally, &mut outcome.joined).await;
            }
            if let Some(own) = outcome.kinds.get_mut(kind.place()) {
                own.add(tally);
            }
        }
    }

    async fn ask(
        &self,
        client: &mut Client,
        kind: Kind,
        number: u64,
        meant: Instant,
        tally: &mut Tally,
        joined: &mut BTreeSet<usize>,
    ) {
        let people = self.requests.joins.len().max(1);
        // Two of ten join, one after the other; who has joined already is told so again.
        let turn = usize::try_from(number / 5).unwrap_or_default();
        let person = (self.arrivals.first_person + turn) % people;
        let request = match kind {
            Kind::Join => self.requests.joins.get(person),
            Kind::Account => self.requests.accounts.get(person),
            Kind::Queue => Some(&self.requests.queue),
        };
        let Some(request) = request else { return };
        tally.sent = 1;
        match client.ask(request).await {
            // Whoever need not wait is led on from the queue page.
            Ok(answer) if answer.status < 300 || (kind == Kind::Queue && answer.status == 303) => {
                let took = meant.elapsed();
                if took <= USEFUL {
                    tally.good = 1;
                } else {
                    tally.late = 1;
                }
                tally.took.push(took);
                if kind == Kind::Join {
                    joined.insert(person);
                }
            }
            Ok(answer) if answer.status == 503 || answer.status == 429 => tally.shed = 1,
            Ok(_) | Err(_) => tally.failed = 1,
        }
    }
}

/// Time this thread has run, in nanoseconds by the scheduler's own account.
fn own_cpu() -> Result<Duration> {
    let text = fs::read_to_string("/proc/thread-self/schedstat")?;
    let run = text.split_whitespace().next().and_then(|field| field.parse().ok());
    Ok(Duration::from_nanos(run.context("/proc/thread-self/schedstat has no time")?))
}
