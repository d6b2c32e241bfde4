//! A copy that is kept, so that a crowd reads the database no more often than one visitor.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::snapshot::SnapshotError;

/// How long nobody tries again after a failure.
const PAUSE: Duration = Duration::from_secs(5);

/// What was read last, and when it is to be read again.
#[derive(Debug)]
pub(crate) struct Kept<T> {
    fresh: Duration,
    copy: RwLock<Option<Held<T>>>,
    reading: Mutex<()>,
}

#[derive(Debug)]
struct Held<T> {
    read: Arc<T>,
    due: Instant,
}

impl<T> Kept<T> {
    /// Nothing yet; a copy is read again when it is older than this.
    pub(crate) const fn new(fresh: Duration) -> Self {
        Self { fresh, copy: RwLock::new(None), reading: Mutex::const_new(()) }
    }

    /// The copy. Whoever finds it old reads it anew while all others take the old one; if that fails, everybody
    /// has the old one. Only as long as there is none, all wait for the one who reads.
    ///
    /// # Errors
    /// There is no copy and it cannot be read.
    pub(crate) async fn get(
        &self,
        read: impl Future<Output = Result<T, SnapshotError>>,
    ) -> Result<Arc<T>, SnapshotError> {
        let known = self.known();
        if let Some((known, true)) = known {
            return Ok(known);
        }
        let _reading = match &known {
            Some((known, _)) => match self.reading.try_lock() {
                Ok(reading) => reading,
                Err(_) => return Ok(Arc::clone(known)),
            },
            None => self.reading.lock().await,
        };
        // Somebody may have read it in the meantime.
        if let Some((known, true)) = self.known() {
            return Ok(known);
        }
        match read.await {
            Ok(read) => Ok(self.keep(Arc::new(read), self.fresh)),
            Err(error) => match known {
                Some((known, _)) => Ok(self.keep(known, PAUSE)),
                None => Err(error),
            },
        }
    }

    /// The copy, and whether it is fresh.
    fn known(&self) -> Option<(Arc<T>, bool)> {
        let copy = self.copy.read().unwrap_or_else(PoisonError::into_inner);
        copy.as_ref().map(|copy| (Arc::clone(&copy.read), Instant::now() < copy.due))
    }

    fn keep(&self, read: Arc<T>, fresh: Duration) -> Arc<T> {
        let copy = Held { read: Arc::clone(&read), due: Instant::now() + fresh };
        *self.copy.write().unwrap_or_else(PoisonError::into_inner) = Some(copy);
        read
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    /// Read once while fresh, anew when old, and kept when reading fails: counted on a clock that jumps.
    #[tokio::test(start_paused = true)]
    async fn reads_no_more_than_needed() {
        let kept = Kept::new(Duration::from_mins(1));
        let reads = Cell::new(0);
        let ask = async |answer: Result<u32, SnapshotError>| {
            let read = async {
                reads.set(reads.get() + 1);
                answer
            };
            kept.get(read).await.map(|copy| *copy)
        };
        let gone = SnapshotError::Unavailable;
        assert_eq!(ask(Err(gone)).await, Err(gone));
        assert_eq!(ask(Ok(1)).await, Ok(1));
        assert_eq!((ask(Ok(2)).await, reads.get()), (Ok(1), 2));
        tokio::time::advance(Duration::from_secs(61)).await;
        assert_eq!((ask(Err(gone)).await, reads.get()), (Ok(1), 3));
        assert_eq!((ask(Ok(3)).await, reads.get()), (Ok(1), 3));
        tokio::time::advance(PAUSE).await;
        assert_eq!((ask(Ok(4)).await, reads.get()), (Ok(4), 4));
    }

    /// Who comes while another reads takes the old copy at once: asked within the reading.
    #[tokio::test(start_paused = true)]
    async fn nobody_waits_for_a_newer_copy() {
        let kept = Kept::new(Duration::from_mins(1));
        assert_eq!(kept.get(async { Ok(1) }).await.map(|copy| *copy), Ok(1));
        tokio::time::advance(Duration::from_secs(61)).await;
        let read = async {
            let meanwhile = kept.get(std::future::pending()).await;
            assert_eq!(meanwhile.map(|copy| *copy), Ok(1));
            Ok(2)
        };
        assert_eq!(kept.get(read).await.map(|copy| *copy), Ok(2));
    }
}
