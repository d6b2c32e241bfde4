//! Step 2: the list of records, its order and its tree (sections 10 and 16.4).

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::Path;

use selection::quota::{RegionCounts, RegionTally};
use selection::record::{EntryTag, HIDDEN_MASK, RECORD_SIZE_BYTES, Record};
use selection::small_cells::small_cell;

use super::distinct;
use super::folder::Folder;
use super::hidden::most_hidden;
use super::report::{Fault, Sample, Verdict};
use super::scan::{self, Scan};
use crate::files;

/// Records read at once within a region: 512 KiB.
const BLOCK: u64 = 8192;

/// Size of a record, as the offsets of the file count.
const RECORD: u64 = RECORD_SIZE_BYTES as u64;

/// `entries.bin`, read in places.
#[derive(Debug)]
pub(crate) struct Entries {
    file: File,
    records: u64,
}

/// Records `start..end` of one region.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) region: u16,
    pub(crate) start: u64,
    pub(crate) end: u64,
}

impl Span {
    pub(crate) fn len(&self) -> u64 {
        self.end - self.start
    }
}

impl Entries {
    pub(crate) fn open(folder: &Path) -> io::Result<Self> {
        Self::open_file(&folder.join("entries.bin"))
    }

    pub(crate) fn open_file(path: &Path) -> io::Result<Self> {
        let file = files::open(path)?;
        let size = file.metadata()?.len();
        if !size.is_multiple_of(RECORD) {
            let text = format!("{size} bytes are no whole number of records of 64 bytes");
            return Err(io::Error::new(io::ErrorKind::InvalidData, text));
        }
        Ok(Self { file, records: size / RECORD })
    }

    pub(crate) fn records(&self) -> u64 {
        self.records
    }

    /// Fills the buffer with the records from `start` on.
    pub(crate) fn read(&self, start: u64, bytes: &mut [u8]) -> io::Result<()> {
        self.file.read_exact_at(bytes, start * RECORD)
    }

    /// The record at an index.
    pub(crate) fn record(&self, index: u64) -> Result<Record, Fault> {
        let mut bytes = [0; RECORD_SIZE_BYTES];
        self.read(index, &mut bytes).map_err(|error| unreadable(&error))?;
        Record::from_bytes(&bytes).map_err(|error| Fault::record(index, error))
    }

    /// Shows every record of a span to `visit`, with its index.
    pub(crate) fn each(
        &self,
        span: Span,
        mut visit: impl FnMut(u64, &Record) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        let mut bytes = Vec::new();
        let mut start = span.start;
        while start < span.end {
            let count = BLOCK.min(span.end - start);
            // A block has at most 512 KiB.
            bytes.resize((count * RECORD) as usize, 0);
            self.read(start, &mut bytes).map_err(|error| unreadable(&error))?;
            for (index, record) in (start..).zip(bytes.as_chunks().0) {
                let record =
                    Record::from_bytes(record).map_err(|error| Fault::record(index, error))?;
                visit(index, &record)?;
            }
            start += count;
        }
        Ok(())
    }

    /// First index at or after which records are not below `place`, in a list that ascends.
    pub(crate) fn lower_bound(&self, span: Span, place: (u16, EntryTag)) -> Result<u64, Fault> {
        let (mut low, mut high) = (span.start, span.end);
        while low < high {
            let middle = low + (high - low) / 2;
            if self.record(middle)?.sort_key() < place {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        Ok(low)
    }

    /// Index of the record with this tag in this region.
    pub(crate) fn find(&self, span: Span, tag: EntryTag) -> Result<Option<u64>, Fault> {
        let place = (span.region, tag);
        let index = self.lower_bound(span, place)?;
        let found = index < span.end && self.record(index)?.sort_key() == place;
        Ok(found.then_some(index))
    }

    /// The records of a region.
    pub(crate) fn span(&self, region: u16) -> Result<Span, Fault> {
        let whole = Span { region, start: 0, end: self.records };
        let start = self.lower_bound(whole, (region, EntryTag([0; 16])))?;
        let last = (region, EntryTag([0xff; 16]));
        let end = self.lower_bound(Span { start, ..whole }, last)?;
        let is_last = end < self.records && self.record(end)?.sort_key() == last;
        Ok(Span { region, start, end: end + u64::from(is_last) })
    }
}

pub(crate) fn unreadable(error: &io::Error) -> Fault {
    Fault::new(format!("entries.bin: {error}"))
}

/// What step 2 found, and what later steps need of the list.
#[derive(Debug)]
pub(super) struct EntriesCheck {
    pub(super) verdict: Verdict,
    pub(super) records: u64,
    /// SHA-256 of the file, if it was read whole.
    pub(super) digest: Option<[u8; 32]>,
    pub(super) entries: Option<Entries>,
    /// Regions that were looked at, ascending, with their counts; `None` if they cannot be counted.
    pub(super) regions: Option<Vec<(Span, RegionCounts)>>,
    /// Set if regions were left out on purpose.
    pub(super) sample: Option<Sample>,
    /// Granted tags that are in the list, with their index.
    pub(super) granted_in_list: Vec<(EntryTag, u64)>,
}

pub(super) fn check(folder: &Folder, sample: Option<Sample>, granted: &[EntryTag]) -> EntriesCheck {
    let mut check = EntriesCheck {
        verdict: Ok(String::new()),
        records: 0,
        digest: None,
        entries: None,
        regions: None,
        sample,
        granted_in_list: Vec::new(),
    };
    let entries = match Entries::open(&folder.path) {
        Ok(entries) => entries,
        Err(error) => {
            check.verdict = Err(unreadable(&error));
            return check;
        }
    };
    check.records = entries.records();
    check.verdict = match sample {
        None => check.whole(folder, &entries, granted),
        Some(sample) => check.part(folder, &entries, sample),
    };
    check.entries = Some(entries);
    check
}

impl EntriesCheck {
    fn whole(&mut self, folder: &Folder, entries: &Entries, granted: &[EntryTag]) -> Verdict {
        let scan = scan::scan(entries, &folder.path.join("tree"))?;
        self.digest = Some(scan.digest);
        if let Some(fault) = scan.fault {
            return Err(fault);
        }
        let counted = count(folder, entries, &scan.spans());
        let distinct = distinct::check(entries, &scan.slices, granted);
        // Both are kept for later steps even if the list does not fit the plan.
        let (regions, distinct) = match (counted, distinct) {
            (Err(fault), _) | (_, Err(fault)) => return Err(fault),
            (Ok(regions), Ok(distinct)) => (regions, distinct),
        };
        let fault = small_fault(folder, &regions).or(distinct.twice).or(scan.tile_fault.clone());
        self.regions = Some(regions);
        self.granted_in_list = distinct.found;
        if let Some(fault) = fault {
            return Err(fault);
        }
        check_plan(folder, &scan, entries.records())?;
        let regions = self.regions.as_ref().map_or(0, Vec::len);
        Ok(format!(
            "{} records of {regions} regions, all different, tree and digest as planned",
            entries.records()
        ))
    }

    /// Only the records of some regions.
    fn part(&mut self, folder: &Folder, entries: &Entries, sample: Sample) -> Verdict {
        let rules = &folder.policy.policy().get().rules;
        let codes = rules.regions.iter().map(|region| region.code);
        let chosen = codes.filter(|code| scan::is_sampled(&folder.ctx(), *code, sample));
        let spans: Vec<Span> = chosen.map(|code| entries.span(code)).collect::<Result<_, _>>()?;
        let spans: Vec<Span> = spans.into_iter().filter(|span| span.len() > 0).collect();
        for span in &spans {
            scan::check_order(entries, *span)?;
        }
        let regions = count(folder, entries, &spans)?;
        let fault = small_fault(folder, &regions);
        let looked_at = regions.iter().map(|(span, _)| span.len()).sum::<u64>();
        self.regions = Some(regions);
        match fault {
            Some(fault) => Err(fault),
            None => Ok(format!(
                "{looked_at} records of {} regions in order; tree and digest not computed",
                spans.len()
            )),
        }
    }
}

/// Counts every region under the policy.
fn count(
    folder: &Folder,
    entries: &Entries,
    spans: &[Span],
) -> Result<Vec<(Span, RegionCounts)>, Fault> {
    use rayon::prelude::*;
    let rules = folder.policy.policy().rules();
    let count = |tally: &mut RegionTally<'_>, span: &Span| {
        let begun = tally.region(span.region);
        begun.map_err(|error| Fault::record(span.start, error))?;
        entries.each(*span, |index, record| {
            tally.add(record).map_err(|error| Fault::record(index, error))
        })?;
        let counts = tally.finish();
        Ok((*span, counts.map_err(|error| Fault::record(span.start, error))?))
    };
    let counted: Vec<Result<(Span, RegionCounts), Fault>> =
        spans.par_iter().map_init(|| RegionTally::new(rules), count).collect();
    // The first fault in the order of the list, whichever thread was quicker.
    counted.into_iter().collect()
}

/// A published cell with too few people (section 16.10), or more hidden people than there can be.
fn small_fault(folder: &Folder, regions: &[(Span, RegionCounts)]) -> Option<Fault> {
    let rules = &folder.policy.policy().get().rules;
    let rule = rules.small_cells;
    regions.iter().find_map(|(span, counts)| {
        let hidden = counts.masks.iter().filter(|cell| cell.mask == HIDDEN_MASK);
        let hidden = hidden.map(|cell| u64::from(cell.records)).sum::<u64>();
        let most = most_hidden(rules, counts);
        if hidden > most {
            let region = span.region;
            let text = format!("region {region} hides {hidden} records, small cells hold {most}");
            return Some(Fault::record(span.start, text));
        }
        let cell = small_cell(rule, &counts.masks)?;
        let text = format!(
            "region {} publishes mask {:#06x} for {} people, fewer than {}",
            span.region, cell.mask, cell.records, rule.k
        );
        Some(Fault::record(span.start, text))
    })
}

/// The list is the one that the plan committed to.
fn check_plan(folder: &Folder, scan: &Scan, records: u64) -> Result<(), Fault> {
    let (plan, _) = folder.plan.get("plan.json")?;
    if u64::from(plan.n) != records {
        return Err(Fault::new(format!("plan.json counts {} records, not {records}", plan.n)));
    }
    if plan.root != scan.root.0 {
        return Err(Fault::new(format!(
            "entries.bin: the records lead to root {}, not that of plan.json",
            scan.root
        )));
    }
    if plan.entries != scan.digest {
        return Err(Fault::new("entries.bin has not the digest that plan.json names"));
    }
    Ok(())
}
