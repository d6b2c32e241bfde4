//! What a bench found, for people and for machines.

use std::fmt::Write as _;
use std::io::{self, Write as _};

use serde::Serialize;

use super::SEED;
use super::machine::Machine;

/// Times of one side.
#[derive(Clone, Debug)]
pub(crate) struct Series {
    /// Units of work in each run.
    pub(crate) size: u64,
    /// Seconds of each run.
    pub(crate) seconds: Vec<f64>,
}

impl Series {
    /// No runs yet.
    pub(crate) const fn new(size: u64) -> Self {
        Self { size, seconds: Vec::new() }
    }

    /// Middle run; with an even number the mean of the two in the middle.
    fn median(&self) -> f64 {
        let mut sorted = self.seconds.clone();
        sorted.sort_by(f64::total_cmp);
        let upper = sorted.len() / 2;
        let lower = sorted.len().saturating_sub(1) / 2;
        f64::midpoint(sorted[lower], sorted[upper])
    }

    fn rate(&self) -> f64 {
        self.size as f64 / self.median()
    }

    fn line(&self, unit: &str) -> String {
        let low = self.seconds.iter().copied().fold(f64::INFINITY, f64::min);
        let high = self.seconds.iter().copied().fold(0.0, f64::max);
        format!(
            "{:>12} {unit} in {:>8.3} s ({low:.3} to {high:.3})  {:>12} {unit}/s",
            grouped(self.size),
            self.median(),
            grouped(self.rate() as u64),
        )
    }
}

/// A limit of the issue, with what was measured.
#[derive(Clone, Debug)]
pub(crate) struct Bar {
    text: String,
    kept: bool,
}

/// What a bar is about.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Limit {
    /// The median is at most so many seconds.
    Seconds(f64),
    /// The peak is at most so many MiB.
    PeakMib(f64),
    /// The rate is at least so many times the alternative's.
    Ratio(f64),
    /// The slowest of a hundred answers takes at most so many milliseconds.
    SlowestOfHundred {
        /// At most.
        most_ms: f64,
        /// As measured.
        found_ms: f64,
    },
}

/// The result of one bench.
#[derive(Clone, Debug)]
pub(crate) struct Report {
    /// Name on the command line.
    pub(crate) bench: &'static str,
    /// What is counted.
    pub(crate) unit: &'static str,
    /// What the data are.
    pub(crate) data: String,
    /// Our side.
    pub(crate) ours: Series,
    /// Whose memory was sampled.
    pub(crate) peak_of: &'static str,
    /// Largest sum of PSS during our runs.
    pub(crate) peak_bytes: u64,
    /// What one would do instead.
    pub(crate) alternative: &'static str,
    /// Its side.
    pub(crate) theirs: Series,
    /// Durable 8 KiB overwrites a second.
    pub(crate) flush_per_s: f64,
    /// Where.
    pub(crate) machine: Machine,
    /// Limits that hold for this size.
    pub(crate) limits: Vec<Limit>,
}

/// The object of `--json`; its keys are fixed by the programme's bench format.
#[derive(Serialize)]
struct JsonReport<'a> {
    bench: &'a str,
    size: u64,
    median_s: f64,
    rate_per_s: f64,
    peak_mb: f64,
    alternative: &'a str,
    alternative_rate_per_s: f64,
    ratio: f64,
    flush_per_s: f64,
    machine: String,
}

impl Report {
    /// True if no bar is missed.
    pub(crate) fn kept(&self) -> bool {
        self.bars().iter().all(|bar| bar.kept)
    }

    /// Prints the report to standard output.
    ///
    /// # Errors
    /// Standard output is closed.
    pub(crate) fn print(&self, json: bool) -> anyhow::Result<()> {
        let text = if json { serde_json::to_string(&self.json())? + "\n" } else { self.text() };
        Ok(io::stdout().write_all(text.as_bytes())?)
    }

    fn ratio(&self) -> f64 {
        self.ours.rate() / self.theirs.rate()
    }

    fn peak_mib(&self) -> f64 {
        self.peak_bytes as f64 / f64::from(1 << 20)
    }

    fn bars(&self) -> Vec<Bar> {
        let bar = |limit: &Limit| match *limit {
            Limit::Seconds(most) => {
                let median = self.ours.median();
                Bar { text: format!("at most {most} s: {median:.3} s"), kept: median <= most }
            }
            Limit::PeakMib(most) => {
                let peak = self.peak_mib();
                Bar { text: format!("at most {most} MiB: {peak:.1} MiB"), kept: peak <= most }
            }
            Limit::Ratio(least) => {
                let ratio = self.ratio();
                Bar { text: format!("ratio at least {least}: {ratio:.3}"), kept: ratio >= least }
            }
            Limit::SlowestOfHundred { most_ms, found_ms } => Bar {
                text: format!("99 of 100 answers within {most_ms} ms: {found_ms:.1} ms"),
                kept: found_ms <= most_ms,
            },
        };
        self.limits.iter().map(bar).collect()
    }

    fn json(&self) -> JsonReport<'_> {
        JsonReport {
            bench: self.bench,
            size: self.ours.size,
            median_s: rounded(self.ours.median(), 4),
            rate_per_s: rounded(self.ours.rate(), 1),
            peak_mb: rounded(self.peak_mib(), 1),
            alternative: self.alternative,
            alternative_rate_per_s: rounded(self.theirs.rate(), 1),
            ratio: rounded(self.ratio(), 3),
            flush_per_s: rounded(self.flush_per_s, 1),
            machine: self.machine.to_string(),
        }
    }

    fn text(&self) -> String {
        let mut text = format!("gelombang bench {}\n", self.bench);
        let mut line = |label: &str, value: &str| {
            let _ = writeln!(text, "  {label:<12} {value}");
        };
        line("machine", &self.machine.to_string());
        let flush = grouped(self.flush_per_s as u64);
        line("flush rate", &format!("{flush} durable overwrites of 8 KiB per second, one by one"));
        line("data", &format!("{}; seed {SEED}; file cache warm", self.data));
        line(
            "runs",
            &format!(
                "{} of each side by turns; median (fastest to slowest)",
                self.ours.seconds.len()
            ),
        );
        line("gelombang", &self.ours.line(self.unit));
        line("alternative", &self.theirs.line(self.unit));
        line("", &format!("= {}", self.alternative));
        line("ratio", &format!("{:.2} (rate / alternative rate)", self.ratio()));
        line("peak memory", &format!("{:.1} MiB PSS of {}", self.peak_mib(), self.peak_of));
        for bar in self.bars() {
            line("bar", &format!("{} {}", bar.text, if bar.kept { "PASS" } else { "FAIL" }));
        }
        text
    }
}

/// Says on standard error what goes on, since preparing data takes its time.
pub(crate) fn progress(text: &str) {
    // Nobody may be reading; the report is what counts.
    let _ = writeln!(io::stderr(), "{text} ...");
}

/// A number with a comma every three digits.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() * 4 / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

fn rounded(value: f64, digits: i32) -> f64 {
    let scale = 10f64.powi(digits);
    (value * scale).round() / scale
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Goal: the median is the middle run; method: odd and even numbers of unsorted runs.
    #[test]
    fn median_is_the_middle() {
        let check = |seconds: &[f64], median: f64| {
            let series = Series { size: 1, seconds: seconds.to_vec() };
            assert!((series.median() - median).abs() < 1e-9, "{seconds:?}");
        };
        check(&[3.0, 1.0, 2.0], 2.0);
        check(&[4.0, 1.0, 2.0, 9.0], 3.0);
        check(&[5.0], 5.0);
    }

    /// Goal: thousands are set apart; method: numbers around the edges.
    #[test]
    fn thousands_are_grouped() {
        for (number, text) in [(0, "0"), (999, "999"), (1_000, "1,000"), (12_345_678, "12,345,678")]
        {
            assert_eq!(grouped(number), text);
        }
    }
}
