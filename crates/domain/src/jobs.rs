//! Jobs of the queue: their states, and how long a failed one waits.

use crate::policy::named::named_enum;

named_enum! {
    /// State of a job.
    JobState {
        /// Waits for its time and a worker.
        Queued = "queued",
        /// A worker is at it, until the end of its lease.
        Leased = "leased",
        /// Its effect is there.
        Done = "done",
        /// Failed for good; somebody must look at it.
        Dead = "dead",
    }
}

/// Tries before a job is dead: with the pauses of [`pause_micros`] about an hour and a half, in which an
/// outage of something else is usually mended.
pub const ATTEMPTS_MAX: u16 = 25;
/// The longest pause, five minutes: what failed should not wait long once its cause is mended.
const PAUSE_MAX: i64 = 300_000_000;

/// Microseconds to wait after so many failed tries: 2 s, then twice as long each time, at most 5 minutes.
pub fn pause_micros(failed: u16) -> i64 {
    let doublings = u32::from(failed.clamp(1, 20));
    1_000_000i64.saturating_mul(2i64.saturating_pow(doublings)).min(PAUSE_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Pauses grow to their limit and stay there; all of them together last between one and two hours.
    #[test]
    fn pauses() {
        let seconds = |failed| pause_micros(failed) / 1_000_000;
        assert_eq!([1, 2, 3, 8, 9, 25, u16::MAX].map(seconds), [2, 4, 8, 256, 300, 300, 300]);
        let all: i64 = (1..ATTEMPTS_MAX).map(seconds).sum();
        assert!((3_600..7_200).contains(&all), "{all}");
    }
}
