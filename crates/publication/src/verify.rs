//! Whether a published folder holds (sections 10 and 16.11).
//!
//! Six steps, all of which run and all of which say what they found: log, entries, quota, seed, draw,
//! conservation. Nothing is asked but the folder, the pinned keys and the earlier folders given.
//!
//! `entries.bin` is read in blocks; what is held at once is a block of it for each thread, the largest
//! regions being drawn, and a slice of all tags. Subtrees and regions are worked on in parallel; no
//! result depends on how many threads there are.

mod conserve;
mod distinct;
mod draw;
mod entries;
mod folder;
mod hidden;
mod later;
mod log;
mod me;
mod memo;
mod quota;
mod region;
mod registered;
mod replace;
mod report;
mod scan;
mod seed;
mod sentence;
mod sources;

use std::path::{Path, PathBuf};

use selection::digest::Seed;
use selection::quota::RegionCounts;
use selection::record::EntryTag;

use self::draw::DrawCheck;
pub(crate) use self::draw::Outcomes;
pub use self::later::Later;
pub use self::log::required_files;
pub use self::me::{Against, Answer, Ending, Look, Proven, Refusal, Standing, Threshold, me};
pub use self::memo::Memo;
pub use self::registered::{Listed, Registered, Unregistered, registered};
pub(crate) use self::report::Fault;
use self::report::Verdict;
pub use self::report::{Report, Sample, StepName, StepReport};
use crate::log::Trust;

pub(crate) use self::entries::{Entries, Span};
pub(crate) use self::folder::Folder;
pub(crate) use self::region::outcome_of;
pub(crate) use self::sources::left_over;

/// What else is at hand.
#[derive(Debug, Default)]
pub struct Options {
    /// Folders of earlier waves, for the conservation of seats.
    pub previous: Vec<PathBuf>,
    /// Keys known from elsewhere; without them those of the policy are believed.
    pub trust: Option<Trust>,
    /// A part of the regions, for a quick look that proves nothing about the rest.
    pub sample: Option<Sample>,
}

/// Verifies a folder.
pub fn verify(folder: &Path, options: &Options) -> Report {
    verify_again(folder, options, &mut Memo::default())
}

/// Verifies one of many folders that share signatures, which are checked once.
pub fn verify_again(path: &Path, options: &Options, memo: &mut Memo) -> Report {
    match Folder::load(path) {
        Ok(folder) => Run { folder: &folder, options }.report(memo),
        Err(fault) => Report::without_policy(&fault),
    }
}

/// The list of a folder and its counts by region, if step 2 holds.
pub(crate) fn counted_list(folder: &Folder) -> Result<(Entries, Vec<(Span, RegionCounts)>), Fault> {
    let check = entries::check(folder, None, &[]);
    check.verdict?;
    let missing = || Fault::new("entries.bin cannot be counted");
    Ok((check.entries.ok_or_else(missing)?, check.regions.ok_or_else(missing)?))
}

/// The seed of a folder, if step 4 holds.
pub(crate) fn seed_of(folder: &Folder) -> Result<Seed, Fault> {
    let check = seed::check(folder, &mut Memo::default());
    check.verdict?;
    check.seed.ok_or_else(|| Fault::new("seed.json is missing"))
}

/// One run over one folder.
struct Run<'r> {
    folder: &'r Folder,
    options: &'r Options,
}

impl Run<'_> {
    fn report(&self, memo: &mut Memo) -> Report {
        let folder = self.folder;
        let entries = entries::check(folder, self.options.sample, &self.granted());
        let log = log::check(folder, self.options.trust.as_ref(), &entries, memo);
        let quota = quota::check(folder, &entries);
        let seed = seed::check(folder, memo);
        let table = quota.table.as_ref();
        let drawn = match (table, seed.seed.as_ref()) {
            (Some(table), Some(seed)) => draw::check(folder, &entries, table, seed),
            (None, _) => DrawCheck::impossible("without quota.json there are no seats to draw"),
            (_, None) => DrawCheck::impossible("without seed.json there is no seed to draw with"),
        };
        let conserved =
            conserve::check(folder, &self.options.previous, &entries, &drawn, seed.seed);
        let steps: [(StepName, Verdict); 6] = [
            (StepName::Log, log),
            (StepName::Entries, entries.verdict),
            (StepName::Quota, quota.verdict),
            (StepName::Seed, seed.verdict),
            (StepName::Draw, drawn.verdict),
            (StepName::Conservation, conserved),
        ];
        let test_beacon = folder.policy.policy().get().beacon.test;
        Report::new(entries.records, steps, test_beacon, self.options.sample)
    }

    /// Tags of granted appeals, which must not be in the list.
    fn granted(&self) -> Vec<EntryTag> {
        let granted = self.folder.corrections.file().map_or([].as_slice(), |file| &file.granted);
        granted.iter().map(|own| own.entry_tag).collect()
    }
}

/// A fault of the whole step, as its verdict.
fn fail(text: impl Into<String>) -> Verdict {
    Err(Fault::new(text))
}
