//! The desk at which joins arrive: bounded, so that a rush is turned away early, and combining.
//!
//! A few clerks take whoever waits, up to a limit, and join them in one transaction; while it is flushed to
//! disk the next ones gather. Nobody is made to wait for company, and each is answered after the commit.

use std::collections::BTreeSet;
use std::sync::Arc;

use domain::wave::WaveNumber;
use rand_core::Rng;
use storage::database::Database;
use storage::vault::KeyRing;
use tokio::sync::{Mutex, mpsc, oneshot};
use tokio::task::JoinSet;

use crate::act::{Act, ActError};
use crate::clock::Clock;
use crate::live_join::{JoinAnswer, KeyedJoin, join_few};
use crate::reference::Policies;

/// Joins in one transaction at most: far more gain little, and all of them wait for the slowest.
const BATCH_MAX: usize = 128;

/// Why a join has no answer. Asking again under the same key is safe.
#[derive(Debug, thiserror::Error)]
pub enum JoinDeskError {
    /// Too many wait already; nothing was done.
    #[error("too many joins are waiting; try again in a few seconds")]
    Busy,
    /// The desk is closing; the join may or may not be done.
    #[error("the service is stopping; try again under the same key")]
    Closed,
    /// The act failed.
    #[error(transparent)]
    Act(#[from] ActError),
}

/// What a desk works with.
#[derive(Clone, Debug)]
pub struct DeskSetup {
    /// The database.
    pub database: Database,
    /// Keys of identities and draws.
    pub keys: Arc<KeyRing>,
    /// The policies of the waves.
    pub policies: Arc<Policies>,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// Transactions at the same moment.
    pub clerks: usize,
    /// Joins that may wait; more are turned away.
    pub waiting_max: usize,
}

/// One who waits.
#[derive(Debug)]
struct Waiting {
    wave: WaveNumber,
    join: KeyedJoin,
    answer: oneshot::Sender<Result<JoinAnswer, JoinDeskError>>,
}

/// Where joins are handed in.
#[derive(Clone, Debug)]
pub struct JoinDesk {
    queue: mpsc::Sender<Waiting>,
}

impl JoinDesk {
    /// Opens a desk whose clerks run among `tasks`, each with randomness of its own for ids. They end once
    /// the last copy of the desk is dropped and nobody waits any more.
    pub fn open<R: Rng + Send + 'static>(
        setup: &DeskSetup,
        tasks: &mut JoinSet<()>,
        mut randomness: impl FnMut() -> R,
    ) -> Self {
        let (queue, waiting) = mpsc::channel(setup.waiting_max);
        let waiting = Arc::new(Mutex::new(waiting));
        for _ in 0..setup.clerks {
            let clerk = Clerk { setup: setup.clone(), kept: None };
            tasks.spawn(clerk.work(Arc::clone(&waiting), randomness()));
        }
        Self { queue }
    }

    /// True if a join handed in now would be turned away.
    pub fn is_full(&self) -> bool {
        self.queue.capacity() == 0
    }

    /// Joins, and answers once the join is durable.
    ///
    /// # Errors
    /// [`JoinDeskError`]; at once if too many wait.
    pub async fn join(
        &self,
        wave: WaveNumber,
        join: KeyedJoin,
    ) -> Result<JoinAnswer, JoinDeskError> {
        let (answer, answered) = oneshot::channel();
        self.queue.try_send(Waiting { wave, join, answer }).map_err(|refused| match refused {
            mpsc::error::TrySendError::Full(_) => JoinDeskError::Busy,
            mpsc::error::TrySendError::Closed(_) => JoinDeskError::Closed,
        })?;
        answered.await.unwrap_or(Err(JoinDeskError::Closed))
    }
}

/// Takes batches from the queue until it is closed.
struct Clerk {
    setup: DeskSetup,
    /// The first who did not fit into the last batch.
    kept: Option<Waiting>,
}

impl Clerk {
    async fn work<R: Rng + Send>(
        mut self,
        waiting: Arc<Mutex<mpsc::Receiver<Waiting>>>,
        mut random: R,
    ) {
        while let Some(first) = self.next(&waiting).await {
            // Those who were answered a moment ago and ask again are about to hand in.
            tokio::task::yield_now().await;
            let batch = self.gather(first, &waiting);
            self.join_all(batch, &mut random).await;
        }
    }

    /// The next one to serve; `None` once the queue is closed.
    async fn next(&mut self, waiting: &Mutex<mpsc::Receiver<Waiting>>) -> Option<Waiting> {
        match self.kept.take() {
            Some(kept) => Some(kept),
            None => waiting.lock().await.recv().await,
        }
    }

    /// Adds those who wait for the same wave, nobody twice, up to the limit. If another clerk holds the
    /// queue, it waits there for the next one, so nobody else does.
    fn gather(&mut self, first: Waiting, waiting: &Mutex<mpsc::Receiver<Waiting>>) -> Vec<Waiting> {
        let mut persons = BTreeSet::from([first.join.request.person_id]);
        let wave = first.wave;
        let mut batch = vec![first];
        let Ok(mut waiting) = waiting.try_lock() else { return batch };
        while batch.len() < BATCH_MAX
            && let Ok(next) = waiting.try_recv()
        {
            if next.wave != wave || !persons.insert(next.join.request.person_id) {
                self.kept = Some(next);
                break;
            }
            batch.push(next);
        }
        batch
    }

    async fn join_all<R: Rng + Send>(&self, batch: Vec<Waiting>, random: &mut R) {
        let Some(wave) = batch.first().map(|waiting| waiting.wave) else { return };
        let joins: Vec<KeyedJoin> = batch.iter().map(|waiting| waiting.join.clone()).collect();
        match self.join(wave, &joins, random).await {
            Ok(answers) => {
                for (waiting, answer) in batch.into_iter().zip(answers) {
                    // Who has gone away learns the answer by asking again under the same key.
                    let _ = waiting.answer.send(Ok(answer));
                }
            }
            Err(error) => self.join_apart(batch, error, random).await,
        }
    }

    /// What fails for one must not fail for the others of a batch.
    async fn join_apart<R: Rng + Send>(
        &self,
        batch: Vec<Waiting>,
        error: ActError,
        random: &mut R,
    ) {
        let mut error = (batch.len() == 1).then_some(error);
        for waiting in batch {
            let answer = match error.take() {
                Some(error) => Err(error),
                None => self.join(waiting.wave, std::slice::from_ref(&waiting.join), random).await,
            };
            let answer = answer.map(|answers| answers.into_iter().next());
            let answer = match answer {
                Ok(answer) => answer.ok_or(JoinDeskError::Closed),
                Err(error) => Err(error.into()),
            };
            let _ = waiting.answer.send(answer);
        }
    }

    async fn join<R: Rng + Send>(
        &self,
        wave: WaveNumber,
        joins: &[KeyedJoin],
        random: &mut R,
    ) -> Result<Vec<JoinAnswer>, ActError> {
        let mut act = Act {
            database: &self.setup.database,
            keys: &self.setup.keys,
            policies: &self.setup.policies,
            now: self.setup.clock.now(),
            actor: "citizen",
            request_id: "join-desk",
            rng: random,
        };
        join_few(&mut act, wave, joins).await
    }
}
