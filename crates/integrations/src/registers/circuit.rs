//! When a register is left alone: after failures in a row, until a probe succeeds.

use std::time::{Duration, Instant};

/// Failures in a row after which a register is left alone.
const FAILURES_MAX: u32 = 5;
/// How long it is left alone at first; twice as long after each probe that fails.
const REST_FIRST: Duration = Duration::from_secs(5);
/// The longest rest: what comes back is asked again soon.
const REST_MAX: Duration = Duration::from_mins(2);

/// The record of one register's failures.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Circuit {
    failures: u32,
    rests_until: Option<Instant>,
}

impl Circuit {
    /// True if a call may be made at `now`. Once a rest is over, one call is let through as a probe, and the
    /// others wait for what becomes of it, at most another rest.
    pub(super) fn admits(&mut self, now: Instant) -> bool {
        match self.rests_until {
            None => true,
            Some(until) if until <= now => {
                self.rests_until = now.checked_add(self.rest());
                true
            }
            Some(_) => false,
        }
    }

    /// True if no call is made at `now`.
    pub(super) fn rests(&self, now: Instant) -> bool {
        self.rests_until.is_some_and(|until| now < until)
    }

    /// A call was answered.
    pub(super) fn succeeded(&mut self) {
        *self = Self::default();
    }

    /// A call failed at `now`; true if the register is left alone from here on.
    pub(super) fn failed(&mut self, now: Instant) -> bool {
        let was_resting = self.rests_until.is_some();
        self.failures = self.failures.saturating_add(1);
        if self.failures < FAILURES_MAX {
            return false;
        }
        self.rests_until = now.checked_add(self.rest());
        !was_resting
    }

    fn rest(&self) -> Duration {
        let doublings = self.failures.saturating_sub(FAILURES_MAX).min(10);
        REST_FIRST.saturating_mul(2u32.saturating_pow(doublings)).min(REST_MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Goal: five failures in a row begin a rest, one probe comes after it, a failed probe doubles the rest up
    /// to two minutes, and an answer ends it all. Method: a clock of the test's own.
    #[test]
    fn rests_and_probes() {
        let begin = Instant::now();
        let at = |seconds: u64| begin + Duration::from_secs(seconds);
        let mut circuit = Circuit::default();
        for _ in 0..4 {
            assert!(circuit.admits(at(0)) && !circuit.failed(at(0)));
        }
        assert!(circuit.admits(at(0)) && circuit.failed(at(0)));
        assert!(!circuit.admits(at(4)) && circuit.rests(at(4)) && !circuit.rests(at(5)));
        assert!(circuit.admits(at(5)) && !circuit.admits(at(5)), "one probe");
        assert!(!circuit.failed(at(6)), "said once");
        assert!(!circuit.admits(at(15)) && circuit.admits(at(16)));
        for _ in 0..20 {
            circuit.failed(at(20));
        }
        assert!(!circuit.admits(at(139)) && circuit.admits(at(140)));
        circuit.succeeded();
        assert!(circuit.admits(at(140)) && circuit.admits(at(140)) && !circuit.failed(at(140)));
    }
}
