//! Repeated runs of one thing.

use std::time::Instant;

use super::cpu::CpuTime;
use super::report::grouped;

/// Times of one side.
#[derive(Clone, Debug)]
pub(crate) struct Series {
    /// Units of work in each run.
    pub(crate) size: u64,
    /// Seconds of each run.
    pub(crate) seconds: Vec<f64>,
    /// What each run that was timed by [`Series::time`] took of all cores.
    cpu: Vec<CpuTime>,
}

impl Series {
    /// No runs yet.
    pub(crate) const fn new(size: u64) -> Self {
        Self { size, seconds: Vec::new(), cpu: Vec::new() }
    }

    /// Times one run of this process.
    ///
    /// # Errors
    /// Those of the work.
    pub(crate) fn time<T>(
        &mut self,
        work: impl FnOnce() -> anyhow::Result<T>,
    ) -> anyhow::Result<T> {
        let (cpu, started) = (CpuTime::of_this_process()?, Instant::now());
        let done = work()?;
        self.seconds.push(started.elapsed().as_secs_f64());
        self.cpu.push(CpuTime::of_this_process()?.since(cpu));
        Ok(done)
    }

    /// Middle run.
    pub(super) fn median(&self) -> f64 {
        median(&self.seconds)
    }

    /// Units a second in the middle run.
    pub(super) fn rate(&self) -> f64 {
        self.size as f64 / self.median()
    }

    /// Size, median with spread, and rate.
    pub(super) fn line(&self, unit: &str) -> String {
        let low = self.seconds.iter().copied().fold(f64::INFINITY, f64::min);
        let high = self.seconds.iter().copied().fold(0.0, f64::max);
        format!(
            "{:>12} {unit} in {:>8.3} s ({low:.3} to {high:.3})  {:>12} {unit}/s",
            grouped(self.size),
            self.median(),
            grouped(self.rate() as u64),
        )
    }

    /// Medians of processor time, beside which a loaded machine shows.
    pub(super) fn cpu_line(&self) -> Option<String> {
        let median_of =
            |part: fn(&CpuTime) -> f64| median(&self.cpu.iter().map(part).collect::<Vec<_>>());
        let (user, system) = (|own: &CpuTime| own.user_s, |own: &CpuTime| own.system_s);
        let all = || format!("{:.2} s user, {:.2} s system", median_of(user), median_of(system));
        (!self.cpu.is_empty()).then(all)
    }
}

/// Middle number; of an even count the mean of the two in the middle.
fn median(numbers: &[f64]) -> f64 {
    let mut sorted = numbers.to_vec();
    sorted.sort_by(f64::total_cmp);
    let upper = sorted.len() / 2;
    let lower = sorted.len().saturating_sub(1) / 2;
    f64::midpoint(sorted[lower], sorted[upper])
}

/// A job of one call, measured by itself.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    /// What it is.
    pub(crate) name: &'static str,
    /// Its runs.
    pub(crate) runs: Series,
    /// At most so many milliseconds, for the default size.
    pub(crate) most_ms: Option<f64>,
}

impl Part {
    /// Middle run, milliseconds.
    pub(super) fn median_ms(&self) -> f64 {
        self.runs.median() * 1e3
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Goal: the median is the middle run; method: odd and even numbers of unsorted runs.
    #[test]
    fn median_is_the_middle() {
        let check = |numbers: &[f64], middle: f64| {
            assert!((median(numbers) - middle).abs() < 1e-9, "{numbers:?}");
        };
        check(&[3.0, 1.0, 2.0], 2.0);
        check(&[4.0, 1.0, 2.0, 9.0], 3.0);
        check(&[5.0], 5.0);
    }
}
