//! A copy that is kept, so that a crowd reads its source no more often than one visitor, and nobody's patience decides
//! whether a long reading ends.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};

use crate::snapshot::SnapshotError;

/// How long nobody tries again after a failure, while there is a copy, or after a reading that broke.
const PAUSE: Duration = Duration::from_secs(5);
/// How long nobody tries again at most after a long reading has failed, with a copy and without, which pages say too.
const PAUSE_MAX: Duration = Duration::from_mins(5);
const PAUSE_WITHOUT_MAX: Duration = Duration::from_mins(1);
/// How long whoever finds the copy old waits for a newer one.
const PATIENCE: Duration = Duration::from_secs(1);

/// What was read last, and when it is to be read again.
#[derive(Debug)]
pub(crate) struct Kept<T> {
    fresh: Duration,
    times: u32,
    held: watch::Sender<Held<T>>,
    /// The reading under way; it ends with the copy it is for.
    readings: Mutex<JoinSet<()>>,
}

#[derive(Debug)]
struct Held<T> {
    copy: Option<Arc<T>>,
    due: Instant,
    /// When the last reading began.
    began: Instant,
    is_reading: bool,
    /// The log says that the last reading lasts.
    is_told: bool,
    /// Why the last reading gave nothing.
    fault: SnapshotError,
}

impl<T: Send + Sync + 'static> Kept<T> {
    /// Nothing yet; a copy is read again when it is older than this.
    pub(crate) fn new(fresh: Duration) -> Self {
        Self::dear(fresh, 0)
    }

    /// Nothing yet, of what is dear to read: a copy also serves so many times as long as reading it took, and as long a
    /// failure is left alone.
    pub(crate) fn dear(fresh: Duration, times: u32) -> Self {
        let (now, fault) = (Instant::now(), SnapshotError::Unavailable);
        let held =
            Held { copy: None, due: now, began: now, is_reading: false, is_told: false, fault };
        Self { fresh, times, held: watch::Sender::new(held), readings: Mutex::default() }
    }

    /// The copy. Whoever finds it old has it read anew, and waits a moment for that while all others take the old one; if
    /// that fails, everybody has the old one. Where there is none, all wait for the first. The reading goes on when nobody
    /// waits for it any more.
    ///
    /// # Errors
    /// There is no copy and it cannot be read.
    pub(crate) async fn get(
        &self,
        read: impl Future<Output = Result<T, SnapshotError>> + Send + 'static,
    ) -> Result<Arc<T>, SnapshotError> {
        self.get_within(Duration::MAX, read).await
    }

    /// [`Kept::get`], where nobody waits for the first copy when so much time has passed since reading it began.
    ///
    /// # Errors
    /// There is no copy and it cannot be read, or not soon enough.
    pub(crate) async fn get_within(
        &self,
        patience: Duration,
        read: impl Future<Output = Result<T, SnapshotError>> + Send + 'static,
    ) -> Result<Arc<T>, SnapshotError> {
        let mut held = self.held.subscribe();
        let begins = self.begin(read);
        let (has_copy, began) = {
            let held = held.borrow();
            (held.copy.is_some(), held.began)
        };
        if begins || !has_copy {
            let ended = held.wait_for(|held| !held.is_reading);
            let patience = if has_copy { PATIENCE } else { patience };
            let late = timeout(patience.saturating_sub(began.elapsed()), ended).await.is_err();
            if late && !has_copy {
                self.tell_late();
            }
        }
        let held = held.borrow();
        held.copy.clone().ok_or(held.fault)
    }

    /// Writes into the log, once in a reading, that people are turned away because it lasts.
    fn tell_late(&self) {
        self.held.send_if_modified(|held| {
            if held.is_reading && !held.is_told {
                held.is_told = true;
                tracing::warn!(
                    seconds = held.began.elapsed().as_secs(),
                    "what pages show is still being read for the first time"
                );
            }
            false
        });
    }

    /// Begins a reading if one is due and none under way; true if it has.
    fn begin(&self, read: impl Future<Output = Result<T, SnapshotError>> + Send + 'static) -> bool {
        let mut begins = false;
        self.held.send_if_modified(|held| {
            begins = !held.is_reading && held.due <= Instant::now();
            if begins {
                // As long as nothing else is known, it fails.
                (held.is_reading, held.fault) = (true, SnapshotError::Unavailable);
                (held.began, held.is_told) = (Instant::now(), false);
            }
            false
        });
        if begins {
            let reading = Reading { held: self.held.clone(), is_done: false };
            let mut readings = self.readings.lock().unwrap_or_else(PoisonError::into_inner);
            while readings.try_join_next().is_some() {}
            readings.spawn(reading.run(read, (self.fresh, self.times)));
        }
        begins
    }
}

/// A reading under way; over when this is gone, so one that breaks keeps nobody from the next.
struct Reading<T> {
    held: watch::Sender<Held<T>>,
    is_done: bool,
}

impl<T> Reading<T> {
    async fn run(
        mut self,
        read: impl Future<Output = Result<T, SnapshotError>> + Send,
        (fresh, times): (Duration, u32),
    ) {
        let read = read.await;
        self.held.send_modify(|held| {
            // With the wait for a connection: the database has better things to do then.
            let serves = held.began.elapsed().saturating_mul(times);
            let pause = match &read {
                Ok(_) => fresh.max(serves),
                Err(_) if held.copy.is_some() => PAUSE.max(serves.min(PAUSE_MAX)),
                // Whoever comes after a quick failure may try again.
                Err(_) => serves.min(PAUSE_WITHOUT_MAX),
            };
            held.due = Instant::now() + pause;
            match read {
                Ok(read) => held.copy = Some(Arc::new(read)),
                Err(fault) => held.fault = fault,
            }
        });
        self.is_done = true;
    }
}

impl<T> Drop for Reading<T> {
    fn drop(&mut self) {
        self.held.send_modify(|held| {
            held.is_reading = false;
            if !self.is_done {
                held.due = Instant::now() + PAUSE;
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use tokio::sync::oneshot;
    use tokio::time::{advance, sleep};

    use super::*;

    const FRESH: Duration = Duration::from_mins(1);

    fn kept() -> Kept<u32> {
        Kept::new(FRESH)
    }

    async fn ask(
        kept: &Kept<u32>,
        read: impl Future<Output = Result<u32, SnapshotError>> + Send + 'static,
    ) -> Result<u32, SnapshotError> {
        kept.get(read).await.map(|copy| *copy)
    }

    /// Read once while fresh, anew when old, and kept when reading fails: counted on a clock that jumps.
    #[tokio::test(start_paused = true)]
    async fn reads_no_more_than_needed() {
        let kept = kept();
        let reads = Arc::new(AtomicU32::new(0));
        let ask = async |answer: Result<u32, SnapshotError>| {
            let of_read = Arc::clone(&reads);
            let read = async move {
                of_read.fetch_add(1, Ordering::Relaxed);
                answer
            };
            (ask(&kept, read).await, reads.load(Ordering::Relaxed))
        };
        let gone = SnapshotError::Unavailable;
        assert_eq!(ask(Err(gone)).await, (Err(gone), 1));
        assert_eq!(ask(Ok(1)).await, (Ok(1), 2));
        assert_eq!(ask(Ok(2)).await, (Ok(1), 2));
        advance(Duration::from_secs(61)).await;
        assert_eq!(ask(Err(gone)).await, (Ok(1), 3));
        assert_eq!(ask(Ok(3)).await, (Ok(1), 3));
        advance(PAUSE).await;
        assert_eq!(ask(Ok(4)).await, (Ok(4), 4));
    }

    /// Who comes while another reads takes the old copy at once, and the other one soon.
    #[tokio::test(start_paused = true)]
    async fn nobody_waits_long_for_a_newer_copy() {
        let kept = kept();
        assert_eq!(ask(&kept, async { Ok(1) }).await, Ok(1));
        advance(Duration::from_secs(61)).await;
        let begun = Instant::now();
        let slow = async {
            sleep(Duration::from_secs(9)).await;
            Ok(2)
        };
        assert_eq!((ask(&kept, slow).await, begun.elapsed()), (Ok(1), PATIENCE));
        assert_eq!((ask(&kept, async { Ok(3) }).await, begun.elapsed()), (Ok(1), PATIENCE));
        sleep(Duration::from_secs(9)).await;
        assert_eq!(ask(&kept, async { Ok(3) }).await, Ok(2));
    }

    /// What is dear and takes long is done seldom, whether it succeeds or fails: a second before it is due nobody does.
    #[tokio::test(start_paused = true)]
    async fn long_readings_are_rare() {
        const LONG: Duration = Duration::from_secs(30);
        const SECOND: Duration = Duration::from_secs(1);
        let kept = Kept::dear(FRESH, 20);
        let long = async |answer: Result<u32, SnapshotError>| {
            let began = Instant::now();
            let read = async move {
                sleep(LONG).await;
                answer
            };
            let asked = ask(&kept, read).await;
            // Nobody waits so long for a newer copy. Just after the end.
            sleep(LONG.saturating_sub(began.elapsed()) + Duration::from_millis(10)).await;
            asked
        };
        let gone = SnapshotError::Unavailable;
        assert_eq!(long(Err(gone)).await, Err(gone));
        advance(PAUSE_WITHOUT_MAX.saturating_sub(SECOND)).await;
        assert_eq!(ask(&kept, async { Ok(1) }).await, Err(gone));
        advance(SECOND * 2).await;
        assert_eq!(long(Ok(2)).await, Ok(2));
        advance((LONG * 20).saturating_sub(SECOND)).await;
        assert_eq!(ask(&kept, async { Ok(3) }).await, Ok(2));
        advance(SECOND * 2).await;
        assert_eq!(long(Err(gone)).await, Ok(2));
        advance(PAUSE_MAX.saturating_sub(SECOND)).await;
        assert_eq!(ask(&kept, async { Ok(3) }).await, Ok(2));
        advance(SECOND * 2).await;
        assert_eq!(ask(&kept, async { Ok(3) }).await, Ok(3));
    }

    /// Whoever comes when the first reading has lasted for long does not wait for it.
    #[tokio::test(start_paused = true)]
    async fn the_first_copy_is_not_waited_for_in_vain() {
        let kept = kept();
        let (begun, patience) = (Instant::now(), Duration::from_secs(2));
        let ask = async || {
            let read = async {
                sleep(Duration::from_secs(30)).await;
                Ok(1)
            };
            (kept.get_within(patience, read).await.map(|copy| *copy), begun.elapsed())
        };
        let gone = Err(SnapshotError::Unavailable);
        assert_eq!(ask().await, (gone, patience));
        assert_eq!(ask().await, (gone, patience));
        sleep(Duration::from_secs(30)).await;
        assert_eq!(ask().await.0, Ok(1));
    }

    /// A reading ends though whoever asked for it has gone; one whose copy is gone does not.
    #[tokio::test(start_paused = true)]
    async fn a_long_reading_is_not_in_vain() {
        let kept = kept();
        let long = async {
            sleep(Duration::from_secs(30)).await;
            Ok(1)
        };
        let limit = Duration::from_secs(5);
        assert!(timeout(limit, ask(&kept, long)).await.is_err());
        assert_eq!(ask(&kept, async { Ok(2) }).await, Ok(1));
        advance(FRESH).await;
        let (sender, receiver) = oneshot::channel::<()>();
        let endless = async move {
            let _held = sender;
            std::future::pending().await
        };
        assert_eq!(ask(&kept, endless).await, Ok(1));
        drop(kept);
        assert!(receiver.await.is_err(), "it has ended");
    }

    /// A reading that breaks is a failure, not the last one: with a copy and without.
    #[tokio::test(start_paused = true)]
    async fn a_broken_reading_is_over() {
        let kept = kept();
        let gone = Err(SnapshotError::Unavailable);
        let broken = async {
            sleep(Duration::from_secs(30)).await;
            unreachable!("the reading breaks")
        };
        assert_eq!(ask(&kept, broken).await, gone);
        assert_eq!(ask(&kept, async { Ok(1) }).await, gone);
        advance(PAUSE).await;
        assert_eq!(ask(&kept, async { Ok(1) }).await, Ok(1));
        advance(FRESH).await;
        assert_eq!(ask(&kept, async { unreachable!("the reading breaks") }).await, Ok(1));
        advance(PAUSE).await;
        assert_eq!(ask(&kept, async { Ok(2) }).await, Ok(2));
    }
}
