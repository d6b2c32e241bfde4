//! Clients who join over HTTP and ask again under the same key until they are answered.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use domain::ids::PersonId;
use domain::time::Timestamp;
use serde_json::Value;
use tokio::task::JoinSet;

use super::ground::{Citizen, WAVE};
use crate::bench::random::mix;
use crate::clock;
use crate::http_client::{Answer, Client, join_request};

/// Clients at the same moment.
pub(super) const CLIENTS: usize = 16;
/// Wait before asking again, and between two requests, so that a round has people enough.
const PAUSE: Duration = Duration::from_millis(8);
/// One in so many requests repeats an acknowledged one.
const REPEATS: u64 = 4;

/// What clients have seen.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// Answers that say joined or member, repeats included.
    pub(super) acknowledged: AtomicU64,
    /// Connections lost while an answer was due: the join may or may not be done.
    pub(super) unknown: AtomicU64,
    /// Answers that ask to come back.
    pub(super) turned_away: AtomicU64,
    /// What must never be seen.
    violations: Mutex<Vec<String>>,
    joined: Mutex<Vec<Join>>,
}

/// A first join that was acknowledged, by the clock of the client, which is that of the database's machine.
#[derive(Clone, Copy, Debug)]
pub(super) struct Join {
    /// Place among the citizens.
    pub(super) place: usize,
    /// Right before it was asked for the first time.
    pub(super) asked_at: Timestamp,
    /// Right after the answer was received.
    pub(super) answered_at: Timestamp,
}

impl Seen {
    fn violate(&self, what: String) {
        self.violations.lock().unwrap_or_else(PoisonError::into_inner).push(what);
    }

    /// Everything that must never be seen and was.
    pub(super) fn violations(&self) -> Vec<String> {
        self.violations.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn joined(&self) -> std::sync::MutexGuard<'_, Vec<Join>> {
        self.joined.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The running clients.
#[derive(Debug)]
pub(super) struct Load {
    shared: Arc<Shared>,
    clients: JoinSet<()>,
}

#[derive(Debug)]
struct Shared {
    citizens: Vec<Citizen>,
    server: SocketAddr,
    seed: u64,
    /// Next citizen who has not asked yet, and how many may ask by now.
    next: AtomicUsize,
    released: AtomicUsize,
    stopping: AtomicBool,
    seen: Seen,
}

impl Load {
    /// Starts the clients; nobody joins before [`Load::release`].
    pub(super) fn start(citizens: Vec<Citizen>, server: SocketAddr, seed: u64) -> Self {
        let shared = Arc::new(Shared {
            citizens,
            server,
            seed,
            next: AtomicUsize::new(0),
            released: AtomicUsize::new(0),
            stopping: AtomicBool::new(false),
            seen: Seen::default(),
        });
        let mut clients = JoinSet::new();
        for number in 0..CLIENTS as u64 {
            clients.spawn(Arc::clone(&shared).work(number));
        }
        Self { shared, clients }
    }

    /// Lets so many more people join.
    pub(super) fn release(&self, people: usize) {
        self.shared.released.fetch_add(people, Ordering::Relaxed);
    }

    /// What was seen until now.
    pub(super) fn seen(&self) -> &Seen {
        &self.shared.seen
    }

    /// Lets every client finish what it began.
    pub(super) async fn finish(self) -> Finished {
        self.shared.stopping.store(true, Ordering::Relaxed);
        self.clients.join_all().await;
        Finished(self.shared)
    }
}

/// What is known when every client has ended.
#[derive(Debug)]
pub(super) struct Finished(Arc<Shared>);

impl Finished {
    /// What was seen.
    pub(super) fn seen(&self) -> &Seen {
        &self.0.seen
    }

    /// Every acknowledged first join.
    pub(super) fn joins(&self) -> Vec<Join> {
        self.0.seen.joined().clone()
    }

    /// The persons whose join was acknowledged.
    pub(super) fn acknowledged(&self) -> BTreeSet<PersonId> {
        self.0.seen.joined().iter().filter_map(|join| self.person(join.place)).collect()
    }

    /// The persons who asked at all.
    pub(super) fn asked(&self) -> BTreeSet<PersonId> {
        let asked = self.0.next.load(Ordering::Relaxed).min(self.0.citizens.len());
        (0..asked).filter_map(|place| self.person(place)).collect()
    }

    fn person(&self, place: usize) -> Option<PersonId> {
        self.0.citizens.get(place).map(|citizen| citizen.person_id)
    }
}

impl Shared {
    async fn work(self: Arc<Self>, number: u64) {
        let mut client = Client::new(self.server);
        let mut turn = mix(self.seed ^ (number << 32));
        while !self.stopping.load(Ordering::Relaxed) {
            turn = mix(turn.wrapping_add(1));
            let fresh = if turn.is_multiple_of(REPEATS) { None } else { self.next_fresh() };
            match fresh {
                Some(place) => {
                    let asked_at = clock::now();
                    if self.join(&mut client, place).await {
                        let answered_at = clock::now();
                        self.seen.joined().push(Join { place, asked_at, answered_at });
                    }
                }
                None => {
                    if let Some(place) = self.earlier(turn) {
                        self.join(&mut client, place).await;
                    }
                }
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Somebody who has not asked yet, if somebody may.
    fn next_fresh(&self) -> Option<usize> {
        let limit = self.released.load(Ordering::Relaxed).min(self.citizens.len());
        let taken = self.next.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |next| {
            (next < limit).then_some(next + 1)
        });
        taken.ok()
    }

    /// Somebody whose join was acknowledged, to ask again.
    fn earlier(&self, turn: u64) -> Option<usize> {
        let joined = self.seen.joined();
        let count = joined.len() as u64;
        (count > 0).then(|| Some(joined.get((mix(turn) % count) as usize)?.place)).flatten()
    }

    /// Asks until there is an answer; true if it says that the person has joined by this key.
    async fn join(&self, client: &mut Client, place: usize) -> bool {
        let Some(citizen) = self.citizens.get(place) else { return false };
        let key = citizen.person_id.uuid().to_string();
        let request = join_request(self.server, WAVE.get(), &citizen.token, &key);
        loop {
            match client.ask(&request).await {
                Ok(answer) if answer.status == 503 => {
                    self.seen.turned_away.fetch_add(1, Ordering::Relaxed);
                    if !answer.says_when {
                        self.seen
                            .violate("an answer 503 does not say when to come back".to_owned());
                    }
                }
                Ok(answer) => return self.judge(&answer),
                Err(_) => {
                    self.seen.unknown.fetch_add(1, Ordering::Relaxed);
                }
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Under its own key everybody is answered `joined`, however often it was asked.
    fn judge(&self, answer: &Answer) -> bool {
        let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        let is_joined = answer.status == 201 && body["answer"] == "joined";
        if is_joined {
            self.seen.acknowledged.fetch_add(1, Ordering::Relaxed);
        } else {
            let said = body.get("code").or_else(|| body.get("answer")).cloned();
            self.seen.violate(format!("a join was answered {} {:?}", answer.status, said));
        }
        is_joined
    }
}
