//! The only place that reads the system's clock.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use app::clock::Clock;
use domain::time::Timestamp;
use storage::database::Database;
use storage::error::StorageError;
use tokio::task::JoinSet;

/// The present, by the system's clock.
pub(crate) fn now() -> Timestamp {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the clock; everything else is given the time"
    )]
    let now = std::time::SystemTime::now();
    let since = now.duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_micros(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
}

/// The present in Unix seconds, as logs and beacons count.
pub(crate) fn unix_now_s() -> u64 {
    u64::try_from(now().unix_seconds()).unwrap_or(0)
}

/// How often the database is asked for its time. A bad quartz loses 1 ms in that while.
const REFRESH: Duration = Duration::from_secs(10);
/// An answer that took longer says too little about the present; half of it is the largest error.
const ROUND_TRIP_MAX: Duration = Duration::from_millis(500);

/// The database's time, so that several processes agree on what is open: a distance to this machine's
/// monotonic clock, measured anew in the background.
#[derive(Debug)]
pub(crate) struct DatabaseClock {
    started: Instant,
    /// The database's time at `started`, in microseconds.
    origin: AtomicI64,
}

impl DatabaseClock {
    /// Asks for the time once, and then again and again among `tasks`.
    pub(crate) async fn start(
        database: &Database,
        tasks: &mut JoinSet<()>,
    ) -> Result<Arc<Self>, StorageError> {
        let clock = Self { started: Instant::now(), origin: AtomicI64::new(0) };
        clock.measure(database, Duration::MAX).await?;
        let clock = Arc::new(clock);
        let (kept, database) = (Arc::clone(&clock), database.clone());
        tasks.spawn(async move {
            loop {
                tokio::time::sleep(REFRESH).await;
                // While the database is away the distance measured last goes on to hold.
                if let Err(error) = kept.measure(&database, ROUND_TRIP_MAX).await {
                    tracing::debug!(%error, "the database's time could not be read");
                }
            }
        });
        Ok(clock)
    }

    /// Takes the answer for the time in the middle of the round trip, unless that took too long.
    async fn measure(
        &self,
        database: &Database,
        round_trip_max: Duration,
    ) -> Result<(), StorageError> {
        let asked = self.started.elapsed();
        let told = database.server_time().await?;
        let answered = self.started.elapsed();
        let round_trip = answered.saturating_sub(asked);
        if round_trip <= round_trip_max {
            let middle = micros(asked + round_trip / 2);
            self.origin.store(told.micros().saturating_sub(middle), Ordering::Relaxed);
        }
        Ok(())
    }
}

fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

impl Clock for DatabaseClock {
    fn now(&self) -> Timestamp {
        let origin = Timestamp::from_micros(self.origin.load(Ordering::Relaxed));
        origin.plus_micros(micros(self.started.elapsed()))
    }
}
