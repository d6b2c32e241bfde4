//! What a bench found, for people and for machines.

use std::fmt::Write as _;
use std::io::{self, Write as _};

use serde::Serialize;

use super::SEED;
use super::machine::Machine;
use super::series::{Part, Series};

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

/// What a bench measures beside its two sides.
#[derive(Clone, Debug, Default)]
pub(crate) struct Extras {
    /// Further alternatives, with their descriptions.
    pub(crate) others: Vec<(&'static str, Series)>,
    /// Smaller jobs.
    pub(crate) parts: Vec<Part>,
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
    /// What else was measured.
    pub(crate) extras: Extras,
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
    load: f64,
    machine: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    others: Vec<JsonOther<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    parts: Vec<JsonPart<'a>>,
}

#[derive(Serialize)]
struct JsonOther<'a> {
    alternative: &'a str,
    size: u64,
    rate_per_s: f64,
    ratio: f64,
}

#[derive(Serialize)]
struct JsonPart<'a> {
    name: &'a str,
    median_ms: f64,
}

impl Report {
    /// True if no bar is missed.
    pub(crate) fn kept(&self) -> bool {
        self.bars().iter().all(|bar| bar.kept)
    }

    /// Prints the report to standard output; `load` is how many processes ran when the bench began.
    ///
    /// # Errors
    /// Standard output is closed.
    pub(crate) fn print(&self, json: bool, load: f64) -> anyhow::Result<()> {
        let text =
            if json { serde_json::to_string(&self.json(load))? + "\n" } else { self.text(load) };
        Ok(io::stdout().write_all(text.as_bytes())?)
    }

    fn ratio(&self) -> f64 {
        self.ratio_to(&self.theirs)
    }

    fn ratio_to(&self, other: &Series) -> f64 {
        self.ours.rate() / other.rate()
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
        let part = |part: &Part| {
            let (most, median) = (part.most_ms?, part.median_ms());
            let text = format!("{} at most {most:.1} ms: {median:.2} ms", part.name);
            Some(Bar { text, kept: median <= most })
        };
        self.limits.iter().map(bar).chain(self.extras.parts.iter().filter_map(part)).collect()
    }

    fn json(&self, load: f64) -> JsonReport<'_> {
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
            load,
            machine: self.machine.to_string(),
            others: self.extras.others.iter().map(|own| self.json_other(own)).collect(),
            parts: self.extras.parts.iter().map(json_part).collect(),
        }
    }

    fn json_other<'a>(&self, (alternative, runs): &'a (&'static str, Series)) -> JsonOther<'a> {
        let (rate_per_s, ratio) = (rounded(runs.rate(), 1), rounded(self.ratio_to(runs), 3));
        JsonOther { alternative, size: runs.size, rate_per_s, ratio }
    }

    fn text(&self, load: f64) -> String {
        let mut text = format!("gelombang bench {}\n", self.bench);
        let mut line = |label: &str, value: &str| {
            let _ = writeln!(text, "  {label:<12} {value}");
        };
        line("machine", &self.machine.to_string());
        line("load", &format!("{load:.2} processes over the minute before"));
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
        if let Some(cpu) = self.ours.cpu_line() {
            line("processor", &cpu);
        }
        let first = (self.alternative, self.theirs.clone());
        for (name, runs) in [&first].into_iter().chain(&self.extras.others) {
            line("alternative", &runs.line(self.unit));
            line("", &format!("= {name}"));
            line("ratio", &format!("{:.2} (rate / alternative rate)", self.ratio_to(runs)));
        }
        line("peak memory", &format!("{:.1} MiB PSS of {}", self.peak_mib(), self.peak_of));
        for part in &self.extras.parts {
            line("part", &format!("{}: {:.2} ms", part.name, part.median_ms()));
        }
        for bar in self.bars() {
            line("bar", &format!("{} {}", bar.text, if bar.kept { "PASS" } else { "FAIL" }));
        }
        text
    }
}

fn json_part(part: &Part) -> JsonPart<'_> {
    JsonPart { name: part.name, median_ms: rounded(part.median_ms(), 3) }
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

    /// Goal: thousands are set apart; method: numbers around the edges.
    #[test]
    fn thousands_are_grouped() {
        for (number, text) in [(0, "0"), (999, "999"), (1_000, "1,000"), (12_345_678, "12,345,678")]
        {
            assert_eq!(grouped(number), text);
        }
    }
}
