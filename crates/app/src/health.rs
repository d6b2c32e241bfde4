//! How the services are, for those who are outside: the status page and the figures for operators.

use domain::jobs::JobState;
use domain::policy::Named as _;
use domain::time::Timestamp;
use domain::wave::{WaveNumber, WaveState};
use storage::database::Database;
use storage::error::StorageError;
use storage::health::{UnsealedWindow, unsealed_window};
use storage::jobs::{QueueState, queue_read};
use storage::reference::{WaveRow, waves_list};
use storage::selection::seats_left_list;

use crate::jobs::{OLDEST_LIMIT, oldest_micros};

/// The services at one instant.
#[derive(Clone, Debug)]
pub struct ServiceHealth {
    /// The instant.
    pub at: Timestamp,
    /// The job queue.
    pub queue: QueueState,
    /// The window of the audit trail that nothing protects yet.
    pub unsealed: UnsealedWindow,
    /// Waves that take joins, with the end of joining.
    pub open_waves: Vec<(WaveNumber, Timestamp)>,
    /// Seats that nobody has been given, by wave; nought once there is a decree.
    pub seats_left: Vec<(WaveNumber, u64)>,
    /// The wave that opens next, if its day is known.
    pub next_wave: Option<(WaveNumber, Timestamp)>,
}

impl ServiceHealth {
    /// True if schedules run: nothing waits for longer than somebody should look, and nothing has failed for good.
    pub fn is_on_schedule(&self) -> bool {
        self.queue.dead == 0 && oldest_micros(&self.queue, self.at) <= OLDEST_LIMIT
    }

    /// Jobs that are not done, by the name of their state.
    pub fn jobs(&self) -> [(&'static str, u64); 3] {
        [
            (JobState::Queued.name(), self.queue.queued),
            (JobState::Leased.name(), self.queue.leased),
            (JobState::Dead.name(), self.queue.dead),
        ]
    }
}

/// Reads how the services are at `now`; cheap enough for every minute, whatever the database holds.
///
/// # Errors
/// [`StorageError`].
pub async fn service_health(
    database: &Database,
    now: Timestamp,
) -> Result<ServiceHealth, StorageError> {
    let mut tx = database.begin_snapshot().await?;
    let queue = queue_read(&mut tx, now).await?;
    let unsealed = unsealed_window(&mut tx).await?;
    let seats_left = seats_left_list(&mut tx).await?;
    let waves = waves_list(&mut tx).await?;
    let takes_joins =
        |wave: &&WaveRow| matches!(wave.state, WaveState::Open { .. }) && now < wave.closes_at;
    let until = |wave: &WaveRow| (wave.wave, wave.closes_at);
    let next = waves
        .iter()
        .filter(|wave| matches!(wave.state, WaveState::Draft) && wave.opens_at > now)
        .min_by_key(|wave| wave.opens_at);
    Ok(ServiceHealth {
        at: now,
        queue,
        unsealed,
        open_waves: waves.iter().filter(takes_joins).map(until).collect(),
        seats_left,
        next_wave: next.map(|wave| (wave.wave, wave.opens_at)),
    })
}
