//! What a verification found.

use std::fmt;

use serde::Serialize;

use crate::wire;

/// The steps, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum StepName {
    /// Announcement log, witnesses and times.
    Log,
    /// Records, order, tree.
    Entries,
    /// Seats.
    Quota,
    /// Beacon, contributions, seed.
    Seed,
    /// Tickets, outcomes, thresholds.
    Draw,
    /// Appeals, revocations, seats between waves.
    Conservation,
}

impl StepName {
    /// All of them, in order.
    pub const ALL: [Self; 6] =
        [Self::Log, Self::Entries, Self::Quota, Self::Seed, Self::Draw, Self::Conservation];

    /// Number of the step, from 1.
    pub fn number(self) -> u8 {
        self as u8 + 1
    }

    /// Name as printed.
    pub fn text(self) -> &'static str {
        match self {
            Self::Log => "log",
            Self::Entries => "entries",
            Self::Quota => "quota",
            Self::Seed => "seed",
            Self::Draw => "draw",
            Self::Conservation => "conservation",
        }
    }
}

/// What was wrong, and with which record if it was one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) text: String,
    /// Index of the first record concerned.
    pub(crate) index: Option<u64>,
}

impl Fault {
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), index: None }
    }

    pub(crate) fn at(index: u64, text: impl Into<String>) -> Self {
        Self { text: text.into(), index: Some(index) }
    }

    /// A record of the list.
    pub(crate) fn record(index: u64, reason: impl fmt::Display) -> Self {
        Self::at(index, format!("entries.bin: {reason}"))
    }
}

impl From<String> for Fault {
    fn from(text: String) -> Self {
        Self::new(text)
    }
}

/// What was checked, or what was wrong.
pub(super) type Verdict = Result<String, Fault>;

/// What one step found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepReport {
    /// The step.
    pub step: StepName,
    /// Whether everything held.
    pub passed: bool,
    /// What was checked, or what was wrong.
    pub detail: String,
    /// First record that differs, from 0, if one does.
    pub index: Option<u64>,
}

/// A part of the regions, in percent, 1 to 99.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sample(u8);

impl Sample {
    /// That many percent; `None` outside 1 to 99.
    pub fn percent(percent: u8) -> Option<Self> {
        (1..=99).contains(&percent).then_some(Self(percent))
    }

    /// The percentage.
    pub fn get(self) -> u8 {
        self.0
    }
}

/// What a verification found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Records of the list.
    pub records: u64,
    /// All six steps.
    pub steps: Vec<StepReport>,
    /// Whether the seed is predictable.
    pub test_beacon: bool,
    /// Set for a quick look, which proves nothing about the other regions.
    pub sample: Option<Sample>,
}

impl Report {
    pub(super) fn new(
        records: u64,
        steps: impl IntoIterator<Item = (StepName, Verdict)>,
        test_beacon: bool,
        sample: Option<Sample>,
    ) -> Self {
        let steps = steps.into_iter().map(|(step, verdict)| match verdict {
            Ok(detail) => StepReport { step, passed: true, detail, index: None },
            Err(Fault { text, index }) => StepReport { step, passed: false, detail: text, index },
        });
        Self { records, steps: steps.collect(), test_beacon, sample }
    }

    /// Nothing can be checked without the rules.
    pub(super) fn without_policy(fault: &Fault) -> Self {
        Self::new(0, StepName::ALL.map(|step| (step, Err(fault.clone()))), false, None)
    }

    /// Whether every step passed.
    pub fn ok(&self) -> bool {
        self.steps.iter().all(|step| step.passed)
    }

    /// Whether this step passed.
    pub fn passed(&self, step: StepName) -> bool {
        self.steps.iter().any(|own| own.step == step && own.passed)
    }

    /// The report for machines, canonical JSON (section 16.11); `sample` only for a quick look.
    pub fn json(&self) -> String {
        let steps = self.steps.iter().map(|own| Step {
            detail: &own.detail,
            index: own.index,
            name: own.step.text(),
            status: if own.passed { "pass" } else { "fail" },
            step: own.step.number(),
        });
        let json = wire::write(&Json {
            ok: self.ok(),
            records: self.records,
            sample: self.sample.map(Sample::get),
            steps: steps.collect(),
            test_beacon: self.test_beacon,
        });
        String::from_utf8_lossy(&json).into_owned()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.test_beacon {
            writeln!(f, "TEST BEACON: the seed was predictable, so this was no real draw")?;
        }
        if let Some(sample) = self.sample {
            writeln!(
                f,
                "SAMPLE of {} % of the regions: a quick look, not a verification",
                sample.0
            )?;
        }
        for own in &self.steps {
            let status = if own.passed { "PASS" } else { "FAIL" };
            write!(f, "{} {:<12} {status}  {}", own.step.number(), own.step.text(), own.detail)?;
            match own.index {
                Some(index) => writeln!(f, " (record {index})")?,
                None => writeln!(f)?,
            }
        }
        write!(f, "{} records: {}", self.records, if self.ok() { "PASS" } else { "FAIL" })
    }
}

#[derive(Serialize)]
struct Json<'r> {
    ok: bool,
    records: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    sample: Option<u8>,
    steps: Vec<Step<'r>>,
    test_beacon: bool,
}

#[derive(Serialize)]
struct Step<'r> {
    detail: &'r str,
    #[serde(skip_serializing_if = "Option::is_none")]
    index: Option<u64>,
    name: &'r str,
    status: &'r str,
    step: u8,
}
