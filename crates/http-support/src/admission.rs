//! How much may be in flight at once, by class: a limit that follows how long requests take, and short queues.

use std::collections::VecDeque;
use std::fmt;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::{Instant, timeout};

use crate::class::{Class, Work};

/// Never fewer at once than this: less keeps neither processors nor disk busy.
const LIMIT_MIN: usize = 32;
/// Never more: each holds memory, and a place in some later queue.
const LIMIT_MAX: usize = 2048;
/// Where a server begins, before it knows itself.
const LIMIT_FIRST: usize = 256;
/// A request that tells of load and takes longer is slow. Half of what people are promised at most.
const SLOW: Duration = Duration::from_millis(250);
/// How many requests make a judgement.
const SAMPLES: u32 = 64;
/// Whoever waits longer for a place is turned away: the answer would come too late to be of use.
const WAIT_MAX: Duration = Duration::from_millis(150);

/// Says who may go ahead; cheap to copy.
#[derive(Clone)]
pub struct Admission(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    limit: usize,
    limit_max: usize,
    in_flight: usize,
    /// Whether the limit was reached since the last judgement: only then does a higher one help anybody.
    was_full: bool,
    samples: u32,
    slow: u32,
    queues: [VecDeque<oneshot::Sender<Turn>>; Class::ALL.len()],
}

/// How the service is doing, for the figures and for the waiting room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Load {
    /// Requests that may be in flight.
    pub limit: usize,
    /// Requests in flight.
    pub in_flight: usize,
    /// Requests that wait for a place.
    pub waiting: usize,
}

/// Leave to work. It ends when dropped, also if whoever asked has gone.
pub struct Turn {
    admission: Admission,
    began: Instant,
    tells_load: bool,
}

impl Default for Admission {
    fn default() -> Self {
        Self::with_limit(LIMIT_FIRST)
    }
}

impl Admission {
    /// Never lets in more at once than this, whatever requests take.
    pub fn at_most(limit_max: NonZeroUsize) -> Self {
        Self::within(LIMIT_FIRST.min(limit_max.get()), limit_max.get())
    }

    /// Lets nobody in, which tells what turning away costs.
    pub fn closed() -> Self {
        Self::with_limit(0)
    }

    fn with_limit(limit: usize) -> Self {
        Self::within(limit, LIMIT_MAX)
    }

    fn within(limit: usize, limit_max: usize) -> Self {
        Self(Arc::new(Mutex::new(State {
            limit,
            limit_max,
            in_flight: 0,
            was_full: false,
            samples: 0,
            slow: 0,
            queues: std::array::from_fn(|_| VecDeque::new()),
        })))
    }

    /// Leave to do this work, at once or after a short wait; `None` if there is none.
    pub async fn turn(&self, work: Work) -> Option<Turn> {
        let waits = {
            let mut state = self.state();
            if state.has_place(work.class) {
                state.in_flight += 1;
                drop(state);
                return Some(self.begin(work.tells_load));
            }
            state.was_full = true;
            state.queue_up(work.class)?
        };
        let mut turn = timeout(WAIT_MAX, waits).await.ok()?.ok()?;
        turn.tells_load = work.tells_load;
        Some(turn)
    }

    /// How it is going.
    pub fn load(&self) -> Load {
        let state = self.state();
        let waiting = state.queues.iter().map(VecDeque::len).sum();
        Load { limit: state.limit, in_flight: state.in_flight, waiting }
    }

    fn begin(&self, tells_load: bool) -> Turn {
        Turn { admission: self.clone(), began: Instant::now(), tells_load }
    }

    fn end(&self, took: Duration, tells_load: bool) {
        let mut state = self.state();
        state.in_flight = state.in_flight.saturating_sub(1);
        if tells_load {
            state.judge(took);
        }
        let next = state.next();
        drop(state);
        for waits in next {
            // A turn that nobody takes any more comes back and ends, which calls the next one.
            drop(waits.send(self.begin(false)));
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Whether somebody of this class may go ahead; nobody overtakes those of its own class or of one before.
    fn has_place(&mut self, class: Class) -> bool {
        let mut before = self.queues.iter_mut().take(class.place() + 1);
        let is_first = before.all(|queue| {
            // All wait equally long, so those who have given up stand in front.
            while queue.front().is_some_and(oneshot::Sender::is_closed) {
                queue.pop_front();
            }
            queue.is_empty()
        });
        is_first && self.has_room(class)
    }

    const fn has_room(&self, class: Class) -> bool {
        self.in_flight * 100 < self.limit * class.share()
    }

    fn queue_up(&mut self, class: Class) -> Option<oneshot::Receiver<Turn>> {
        let waiting_max = self.limit * class.waiting_share() / 100;
        let queue = self.queues.get_mut(class.place())?;
        (queue.len() < waiting_max).then(|| {
            let (turn, waits) = oneshot::channel();
            queue.push_back(turn);
            waits
        })
    }

    /// Those who may go ahead now, the most important first; their places are taken.
    fn next(&mut self) -> Vec<oneshot::Sender<Turn>> {
        let mut next = Vec::new();
        for class in Class::ALL {
            while self.has_room(class) {
                let queue = self.queues.get_mut(class.place());
                let Some(waits) = queue.and_then(VecDeque::pop_front) else { break };
                if !waits.is_closed() {
                    self.in_flight += 1;
                    next.push(waits);
                }
            }
        }
        next
    }

    /// Lowers the limit by a fifth when one request in eight is slow, and raises it by a sixteenth when it was
    /// reached and few are.
    fn judge(&mut self, took: Duration) {
        self.samples += 1;
        self.slow += u32::from(took > SLOW);
        if self.samples < SAMPLES {
            return;
        }
        if self.slow * 8 >= self.samples {
            self.limit = (self.limit * 4 / 5).max(LIMIT_MIN).min(self.limit_max);
        } else if self.was_full && self.slow * 64 <= self.samples {
            self.limit = (self.limit + self.limit.div_ceil(16)).min(self.limit_max);
        }
        (self.samples, self.slow, self.was_full) = (0, 0, false);
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.admission.end(self.began.elapsed(), self.tells_load);
    }
}

impl fmt::Debug for Admission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Admission").field(&self.load()).finish()
    }
}

impl fmt::Debug for Turn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Turn").field("began", &self.began).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::class::Sends;

    const fn work(class: Class) -> Work {
        Work { class, tells_load: true, sends: Sends::Nothing }
    }

    async fn take(admission: &Admission, class: Class, count: usize) -> Vec<Turn> {
        let mut turns = Vec::new();
        for _ in 0..count {
            turns.push(admission.turn(work(class)).await.expect("a place"));
        }
        turns
    }

    /// Each class fills its share of a hundred places and no more; a submit goes ahead when all others are turned
    /// away.
    #[tokio::test(start_paused = true)]
    async fn shares() {
        let admission = Admission::with_limit(100);
        let mut turns = Vec::new();
        for (class, filled) in [
            (Class::Public, 35),
            (Class::Export, 50),
            (Class::Partner, 65),
            (Class::Read, 80),
            (Class::Submit, 100),
        ] {
            turns.append(&mut take(&admission, class, filled - turns.len()).await);
            assert!(admission.turn(work(class)).await.is_none(), "{class:?}");
            assert_eq!(admission.load().in_flight, filled, "{class:?}");
        }
        turns.clear();
        assert_eq!(admission.load().in_flight, 0);
    }

    /// Who waits is called by importance and not by time, and whoever has waited too long is turned away.
    #[tokio::test(start_paused = true)]
    async fn queues() {
        let admission = Admission::with_limit(2);
        let mut turns = take(&admission, Class::Submit, 2).await;
        let began = Instant::now();
        assert!(admission.turn(work(Class::Submit)).await.is_none());
        assert_eq!(began.elapsed(), WAIT_MAX);
        let called = Mutex::new(Vec::new());
        let wait = async |class: Class| {
            let turn = admission.turn(work(class)).await;
            called.lock().expect("nobody panicked").push(class);
            turn
        };
        let (read, submit, ()) = tokio::join!(wait(Class::Read), wait(Class::Submit), async {
            tokio::time::sleep(WAIT_MAX / 2).await;
            drop(turns.pop());
        });
        // The one place is the submit's, though the other came first; the other waited as long as anybody may.
        assert!(submit.is_some() && read.is_none());
        assert_eq!(called.into_inner().expect("nobody panicked"), [Class::Submit, Class::Read]);
    }

    /// The queue is bounded: with as many waiting as may, the next one is turned away without waiting.
    #[tokio::test(start_paused = true)]
    async fn full_queue() {
        let admission = Admission::with_limit(2);
        let _turns = take(&admission, Class::Submit, 2).await;
        let began = Instant::now();
        let third = async {
            assert!(admission.turn(work(Class::Submit)).await.is_none());
            began.elapsed()
        };
        let (first, second, third) = tokio::join!(
            admission.turn(work(Class::Submit)),
            admission.turn(work(Class::Submit)),
            third
        );
        assert!(first.is_none() && second.is_none());
        assert_eq!(third, Duration::ZERO);
    }

    /// A place given to somebody who has just gone goes to the next: a waiting future is dropped.
    #[tokio::test(start_paused = true)]
    async fn gone() {
        let admission = Admission::with_limit(2);
        let turns = take(&admission, Class::Submit, 2).await;
        let mut gone = Box::pin(admission.turn(work(Class::Submit)));
        assert!(timeout(Duration::ZERO, &mut gone).await.is_err());
        drop(turns);
        // It was called and never came.
        assert_eq!(admission.load().in_flight, 1);
        drop(gone);
        assert_eq!(admission.load().in_flight, 0);
    }

    /// Slow requests lower the limit to its floor and no further; quick ones raise it only when it is reached; and
    /// what always takes long says nothing.
    #[tokio::test(start_paused = true)]
    async fn limit_follows_time() {
        let admission = Admission::with_limit(100);
        let run = async |took: Duration, tells_load: bool, at_once: usize| {
            for _ in 0..SAMPLES * 30 / at_once as u32 {
                let mut turns = Vec::new();
                for _ in 0..at_once {
                    let work = Work { tells_load, ..work(Class::Submit) };
                    turns.extend(admission.turn(work).await);
                }
                tokio::time::advance(took).await;
            }
            admission.load().limit
        };
        assert_eq!(run(Duration::from_millis(10), true, 1).await, 100);
        assert_eq!(run(SLOW * 4, false, 8).await, 100);
        assert_eq!(run(SLOW * 2, true, 8).await, LIMIT_MIN);
        let _held = take(&admission, Class::Submit, LIMIT_MIN - 1).await;
        assert!(run(Duration::from_millis(10), true, 2).await > LIMIT_MIN);
    }

    /// A limit that was set is never passed: one place stays one place, for slow requests and for quick ones.
    #[tokio::test(start_paused = true)]
    async fn limit_that_was_set() {
        let admission = Admission::at_most(NonZeroUsize::MIN);
        for took in [SLOW * 2, Duration::from_millis(10)] {
            for _ in 0..SAMPLES * 2 {
                let turn = admission.turn(work(Class::Public)).await.expect("the place is free");
                assert!(admission.turn(work(Class::Submit)).await.is_none());
                tokio::time::advance(took).await;
                drop(turn);
            }
            assert_eq!(admission.load(), Load { limit: 1, in_flight: 0, waiting: 0 });
        }
    }
}
