//! Step 5: outcomes and thresholds follow from records, seats and seed (sections 7 and 16.6).

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::os::unix::fs::FileExt as _;

use rayon::prelude::*;
use selection::digest::Seed;
use selection::draw::RegionDraw;
use selection::quota::{QuotaTable, RegionQuota};
use selection::record::{EntryTag, HIDDEN_MASK};

use super::entries::EntriesCheck;
use super::folder::Folder;
use super::region::{RegionCheck, check_region};
use super::report::{Fault, Verdict};
use super::scan::is_sampled;
use super::{Entries, Span, fail};
use crate::files;
use crate::format::{Granted, RegionOutcome, ResultFile, ResultTotals, Revocation};

/// What step 5 found, and what the last step needs of it.
#[derive(Debug)]
pub(super) struct DrawCheck {
    pub(super) verdict: Verdict,
    /// Thresholds of each region that was drawn.
    pub(super) regions: BTreeMap<u16, RegionOutcome>,
    /// First revocation that does not fit the draw.
    pub(super) replaced: Result<(), Fault>,
}

impl DrawCheck {
    pub(super) fn impossible(text: &str) -> Self {
        let replaced = Err(Fault::new("without a draw (result.json) nobody can be revoked"));
        Self { verdict: fail(text), regions: BTreeMap::new(), replaced }
    }
}

/// Everything that the draw of a region looks at.
pub(super) struct Wave<'w> {
    pub(super) folder: &'w Folder,
    pub(super) entries: &'w Entries,
    pub(super) seed: Seed,
    pub(super) outcomes: Option<Outcomes>,
    pub(super) result: Option<&'w ResultFile>,
    pub(super) revocations: BTreeMap<u16, Vec<Revocation>>,
    pub(super) granted: BTreeSet<(u16, EntryTag)>,
}

/// `selected.bin` and `waitlist.bin`.
#[derive(Debug)]
pub(crate) struct Outcomes {
    selected: File,
    waitlist: File,
}

impl Outcomes {
    pub(crate) fn open(folder: &Folder, records: u64) -> Result<Self, Fault> {
        let open = |name: &str, size: u64| {
            let file = files::open(&folder.path.join(name));
            let file = file.map_err(|error| Fault::new(format!("{name}: {error}")))?;
            match file.metadata() {
                Ok(found) if found.len() == size => Ok(file),
                Ok(found) => {
                    Err(Fault::new(format!("{name} has {} bytes, not {size}", found.len())))
                }
                Err(error) => Err(Fault::new(format!("{name}: {error}"))),
            }
        };
        let (selected, waitlist) =
            (open("selected.bin", records.div_ceil(8))?, open("waitlist.bin", records * 4)?);
        let own = Self { selected, waitlist };
        let used = records % 8;
        if used != 0 {
            let mut last = [0];
            own.bytes(&own.selected, "selected.bin", records / 8, &mut last)?;
            if last[0] & (0xff >> used) != 0 {
                return Err(Fault::new("selected.bin has padding bits that are not zero"));
            }
        }
        Ok(own)
    }

    #[expect(clippy::unused_self, reason = "reads one of its own files")]
    fn bytes(&self, file: &File, name: &str, at: u64, bytes: &mut [u8]) -> Result<(), Fault> {
        let read = file.read_exact_at(bytes, at);
        read.map_err(|error| Fault::new(format!("{name}: {error}")))
    }

    /// Bit and number of each record of a span.
    pub(crate) fn read(&self, span: Span) -> Result<Vec<(bool, u32)>, Fault> {
        let (first, end) = (span.start / 8, span.end.div_ceil(8));
        let mut bits = vec![0; (end - first) as usize];
        self.bytes(&self.selected, "selected.bin", first, &mut bits)?;
        let mut numbers = vec![0; span.len() as usize * 4];
        self.bytes(&self.waitlist, "waitlist.bin", span.start * 4, &mut numbers)?;
        let numbers = numbers.as_chunks().0.iter().map(|number| u32::from_be_bytes(*number));
        let bit = |index: u64| {
            let byte = bits.get((index / 8 - first) as usize).copied().unwrap_or(0);
            byte & (0x80 >> (index % 8)) != 0
        };
        Ok((span.start..span.end).map(bit).zip(numbers).collect())
    }
}

pub(super) fn check(
    folder: &Folder,
    list: &EntriesCheck,
    table: &QuotaTable,
    seed: &Seed,
) -> DrawCheck {
    let (Some(entries), Some(counted)) = (&list.entries, &list.regions) else {
        return DrawCheck::impossible("entries.bin cannot be read as a list, so nobody is drawn");
    };
    let opened = Outcomes::open(folder, list.records);
    let (outcomes, files) = match opened {
        Ok(outcomes) => (Some(outcomes), Ok(())),
        Err(fault) => (None, Err(fault)),
    };
    let wave = Wave {
        folder,
        entries,
        seed: *seed,
        outcomes,
        result: folder.result.file(),
        revocations: revocations(folder),
        granted: granted(folder),
    };
    let sampled = |own: &&RegionQuota| {
        list.sample.is_none_or(|sample| is_sampled(&folder.ctx(), own.code, sample))
    };
    let regions: Vec<&RegionQuota> = table.regions.iter().filter(sampled).collect();
    let span_of = |code: u16| {
        let found = counted.binary_search_by_key(&code, |(span, _)| span.region).ok();
        let span = found.and_then(|at| counted.get(at)).map(|(span, _)| *span);
        span.unwrap_or(Span { region: code, start: 0, end: 0 })
    };
    let cap = folder.policy.policy().get().rules.household_cap;
    let checked: Vec<RegionCheck> = regions
        .par_iter()
        .map_init(
            || RegionDraw::new(seed, cap),
            |draw, own| check_region(&wave, draw, own, span_of(own.code)),
        )
        .collect();
    summarise(&wave, list, table, checked, files)
}

fn summarise(
    wave: &Wave<'_>,
    list: &EntriesCheck,
    table: &QuotaTable,
    checked: Vec<RegionCheck>,
    files: Result<(), Fault>,
) -> DrawCheck {
    let (mut first, mut replaced) = (None, Ok(()));
    let mut totals =
        ResultTotals { records: list.records, reserve: table.q.reserve, ..ResultTotals::default() };
    let (mut regions, mut auditors) = (BTreeMap::new(), 0);
    for own in checked {
        first = first.or(own.fault);
        replaced = replaced.and(own.replaced);
        let Some(outcome) = own.outcome else { continue };
        totals.n += u64::from(outcome.n);
        totals.capped += u64::from(outcome.capped);
        totals.selected += u64::from(outcome.selected);
        totals.seats += own.seats;
        auditors += u64::from(!outcome.public);
        regions.insert(outcome.code, outcome);
    }
    totals.carry = table.q.total.saturating_sub(table.q.reserve).saturating_sub(totals.selected);
    let looked_at = regions.len();
    let verdict = match (first, files) {
        (Some(fault), _) | (None, Err(fault)) => Err(fault),
        (None, Ok(())) => check_totals(wave, list, &totals, regions.len(), table.regions.len()),
    };
    let mut note = match auditors {
        0 => String::new(),
        auditors => format!("; {auditors} regions hide classes, the rest of them is for auditors"),
    };
    let dark = dark_regions(list);
    if !dark.is_empty() {
        note += &format!("; EVERY class is hidden in regions {}", dark.join(", "));
    }
    let selected = totals.selected;
    let verdict = verdict.map(|()| {
        format!("{selected} people selected in {looked_at} regions as tickets and seats give{note}")
    });
    DrawCheck { verdict, regions, replaced }
}

/// Regions in which no class is shown, so that auditors alone see who has guaranteed seats.
fn dark_regions(list: &EntriesCheck) -> Vec<String> {
    let regions = list.regions.iter().flatten();
    let dark = regions.filter(|(_, own)| own.masks.iter().all(|cell| cell.mask == HIDDEN_MASK));
    dark.map(|(span, _)| span.region.to_string()).collect()
}

/// What `result.json` says of itself and of all regions together.
fn check_totals(
    wave: &Wave<'_>,
    list: &EntriesCheck,
    totals: &ResultTotals,
    drawn: usize,
    regions: usize,
) -> Result<(), Fault> {
    let (result, _) = wave.folder.result.get("result.json")?;
    let (_, plan_digest) = wave.folder.plan.get("plan.json")?;
    let refused = |text: &str| Err(Fault::new(format!("result.json: {text}")));
    if result.plan != plan_digest {
        return refused("it is of another plan");
    }
    if result.seed != *wave.seed.as_bytes() {
        return refused("it is of another seed");
    }
    if result.regions.len() != regions {
        return refused("it has not every region of the policy once");
    }
    if list.sample.is_none() && (result.totals != *totals || drawn != regions) {
        return refused("its totals are not the sums of its regions");
    }
    Ok(())
}

/// Revocations of each region, in the order of all batches.
fn revocations(folder: &Folder) -> BTreeMap<u16, Vec<Revocation>> {
    let mut regions: BTreeMap<u16, Vec<Revocation>> = BTreeMap::new();
    let batches = folder.revoked.iter().filter_map(|(_, batch)| batch.file());
    for own in batches.flat_map(|batch| &batch.revocations) {
        regions.entry(own.region).or_default().push(*own);
    }
    regions
}

fn granted(folder: &Folder) -> BTreeSet<(u16, EntryTag)> {
    let file = folder.corrections.file();
    file.into_iter().flat_map(|file| &file.granted).map(Granted::place).collect()
}
