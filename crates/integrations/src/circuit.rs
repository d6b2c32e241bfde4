//! A circuit breaker: a provider that failed some times in a row is left alone for a while, then probed.

use domain::time::Timestamp;

/// Failures in a row that open the circuit.
const FAILURES_MAX: u32 = 3;
/// How long nobody is sent there then, and the pause between two probes: half a minute.
const PAUSE: i64 = 30_000_000;

/// What is known of one provider. Time is an argument.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Circuit {
    failures: u32,
    probe_at: Option<Timestamp>,
}

impl Circuit {
    /// Whether the provider may be tried at `now`. While it is left alone, one caller each pause may: the probe.
    pub fn admits(&mut self, now: Timestamp) -> bool {
        match self.probe_at {
            None => true,
            Some(probe_at) if now < probe_at => false,
            Some(_) => {
                self.probe_at = Some(now.plus_micros(PAUSE));
                true
            }
        }
    }

    /// Whether the provider is left alone at `now`, so that [`Circuit::admits`] would say no.
    pub fn rests(&self, now: Timestamp) -> bool {
        self.probe_at.is_some_and(|probe_at| now < probe_at)
    }

    /// The provider has answered, whatever it said of the message.
    pub const fn succeed(&mut self) {
        self.failures = 0;
        self.probe_at = None;
    }

    /// The provider has not answered.
    pub fn fail(&mut self, now: Timestamp) {
        self.failures = self.failures.saturating_add(1);
        if self.failures >= FAILURES_MAX {
            self.probe_at = Some(now.plus_micros(PAUSE));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Goal: three failures in a row open the circuit, a pause later one probe passes and no second one, and a
    /// good answer closes it. Method: the instants around each edge.
    #[test]
    fn opens_probes_and_closes() {
        let mut circuit = Circuit::default();
        let start = Timestamp::from_micros(1_000_000);
        for _ in 0..2 {
            circuit.fail(start);
        }
        circuit.succeed();
        for _ in 0..3 {
            assert!(circuit.admits(start));
            circuit.fail(start);
        }
        let probe_at = start.plus_micros(PAUSE);
        assert!(
            !circuit.admits(probe_at.minus_micros(1)) && circuit.rests(probe_at.minus_micros(1))
        );
        assert!(!circuit.rests(probe_at));
        assert!(circuit.admits(probe_at));
        assert!(!circuit.admits(probe_at) && circuit.rests(probe_at), "one probe at a time");
        circuit.fail(probe_at);
        assert!(!circuit.admits(probe_at.plus_micros(PAUSE - 1)));
        assert!(circuit.admits(probe_at.plus_micros(PAUSE)));
        circuit.succeed();
        assert!(circuit.admits(probe_at) && circuit.admits(probe_at));
    }
}
