//! Whether openings account for the sample and for everybody who was selected or granted an appeal.

use std::collections::BTreeSet;
use std::fmt;
use std::io::{self, BufRead};

use selection::digest::DrawKey;
use selection::record::{EntryTag, HIDDEN_MASK, Record};

use super::opening::{Opened, OpenedEntry, Openings, Place};
use super::{AuditError, AuditedList, sample};
use crate::format::Granted;
use crate::verify::{Fault, Outcomes};

/// What is wrong with an opening, or with a record that has none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum OpeningFaultKind {
    /// The key is not the one that the policy committed to; nothing else was looked at.
    OtherKey,
    /// The file is of another wave, or no file of openings; nothing else was looked at.
    OtherWave,
    /// A line is not in its one form.
    Line,
    /// A line is not above the one before it by region and entry, or opens the same again.
    Order,
    /// It opens a record that the list does not have.
    Unlisted,
    /// It opens an appeal that `corrections.json` does not have.
    Ungranted,
    /// Region, class, weight or flags are not those of the record.
    Class,
    /// It does not open the record's commitment.
    Commitment,
    /// The entry is not the one that this NIK has in this wave.
    Entry,
    /// The same NIK opens another record or appeal too.
    Twice,
    /// Somebody who was selected is not opened.
    SelectedMissing,
    /// A record of the sample is not opened.
    SampledMissing,
    /// A granted appeal is not opened.
    GrantedMissing,
}

impl OpeningFaultKind {
    /// The name for machines.
    pub fn text(self) -> &'static str {
        match self {
            Self::OtherKey => "other_key",
            Self::OtherWave => "other_wave",
            Self::Line => "line",
            Self::Order => "order",
            Self::Unlisted => "unlisted",
            Self::Ungranted => "ungranted",
            Self::Class => "class",
            Self::Commitment => "commitment",
            Self::Entry => "entry",
            Self::Twice => "twice",
            Self::SelectedMissing => "selected_missing",
            Self::SampledMissing => "sampled_missing",
            Self::GrantedMissing => "granted_missing",
        }
    }

    /// The sentence for people.
    fn sentence(self) -> &'static str {
        match self {
            Self::OtherKey => {
                "this draw key is not the one that policy.json committed to; ask for the true one"
            }
            Self::OtherWave => "this is no file of openings of this wave",
            Self::Line => "the line is no opening in its one form",
            Self::Order => "the line is not above the one before it, or opens the same again",
            Self::Unlisted => "the list has no such record",
            Self::Ungranted => "corrections.json has no such appeal",
            Self::Class => "region, class, weight or flags are not those of the record",
            Self::Commitment => "it does not open the commitment of the record",
            Self::Entry => "the entry is not that of the NIK: it was invented",
            Self::Twice => "the same NIK opens another record or appeal too",
            Self::SelectedMissing => "somebody who was selected is not opened",
            Self::SampledMissing => "a record of the sample is not opened",
            Self::GrantedMissing => "a granted appeal is not opened",
        }
    }
}

/// One fault, and where it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpeningFault {
    /// What is wrong.
    pub kind: OpeningFaultKind,
    /// Place in the list, from 0, if it is about a record.
    pub index: Option<u64>,
    /// Region and pseudonym, if they are known.
    pub entry: Option<(u16, EntryTag)>,
    /// Line of the openings, from 1, if it is about one.
    pub line: Option<u64>,
}

impl fmt::Display for OpeningFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(index) = self.index {
            write!(f, "record {index}, ")?;
        }
        if let Some((region, entry_tag)) = self.entry {
            write!(f, "entry {entry_tag} of region {region}, ")?;
        }
        if let Some(line) = self.line {
            write!(f, "line {line}, ")?;
        }
        write!(f, "{}", self.kind.sentence())
    }
}

/// What the openings account for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OpenedReport {
    /// Records of the list.
    pub records: u64,
    /// Records that were selected.
    pub selected: u64,
    /// Records of the sample.
    pub sampled: u64,
    /// Appeals that `corrections.json` grants.
    pub granted: u64,
    /// Records and appeals that were opened without a fault of their own, the same NIK elsewhere apart.
    pub opened: u64,
    /// Every fault, in the order in which list and appeals are read.
    pub faults: Vec<OpeningFault>,
}

impl OpenedReport {
    /// Whether every record and appeal that must be opened is, and none is invented.
    pub fn ok(&self) -> bool {
        self.faults.is_empty()
    }
}

/// Holds a file of openings against the list, the outcome of its draw, granted appeals, and the wave's key.
///
/// The openings prove who stands behind the records; whether these people exist, and have these traits,
/// is for the registers whom auditors ask next.
///
/// # Errors
/// [`AuditError`] if the folder itself cannot be audited, or the openings cannot be read.
pub fn check_openings(
    list: &AuditedList,
    key: &DrawKey,
    size: usize,
    openings: impl BufRead,
) -> Result<OpenedReport, AuditError> {
    let seed = list.seed()?;
    let sampled: BTreeSet<u64> =
        sample(list, &seed, size)?.iter().map(|sampled| sampled.index).collect();
    let outcomes = Outcomes::open(&list.folder, list.records())?;
    let granted = granted(list)?;
    let mut check = Check {
        list,
        key,
        report: OpenedReport {
            records: list.records(),
            sampled: sampled.len() as u64,
            granted: granted.len() as u64,
            ..OpenedReport::default()
        },
        niks: Vec::new(),
    };
    if key.commitment() != list.folder.policy.key_commit {
        return Ok(check.refuse(OpeningFaultKind::OtherKey));
    }
    let begun = Openings::begin(openings, list.ctx()).map_err(|error| unreadable(&error))?;
    let Some(openings) = begun else { return Ok(check.refuse(OpeningFaultKind::OtherWave)) };
    let mut lines = Ascending { openings, last: None, next: None };
    lines.advance(&mut check.report.faults)?;
    for span in list.spans() {
        let mut selected = outcomes.read(span)?.into_iter();
        list.entries.each(span, |index, record| {
            let is_selected = selected.next().is_some_and(|(is_selected, _)| is_selected);
            check.report.selected += u64::from(is_selected);
            let (region, entry_tag) = record.sort_key();
            match lines.take_at(Place::Record(region, entry_tag), &mut check.report.faults)? {
                Some((line, Opened::Record(own))) => check.opening(index, record, line, &own),
                _ if is_selected => {
                    check.missing(index, record, OpeningFaultKind::SelectedMissing);
                }
                _ if sampled.contains(&index) => {
                    check.missing(index, record, OpeningFaultKind::SampledMissing);
                }
                _ => {}
            }
            Ok(())
        })?;
    }
    for (at, own) in granted.iter().enumerate() {
        let place = Place::Grant(own.region, own.entry_tag);
        let found = lines.take_at(place, &mut check.report.faults)?;
        check.grant(at, own, found.as_ref());
    }
    lines.skip_rest(&mut check.report.faults)?;
    check.find_doubles(granted)?;
    Ok(check.report)
}

/// The granted appeals of the folder, ascending; none before they are published.
fn granted(list: &AuditedList) -> Result<&[Granted], Fault> {
    if list.folder.corrections.is_missing() {
        return Ok(&[]);
    }
    Ok(&list.folder.corrections.get("corrections.json")?.0.granted)
}

fn unreadable(error: &io::Error) -> Fault {
    Fault::new(format!("the openings cannot be read: {error}"))
}

/// The lines that ascend; each other one is a fault.
struct Ascending<R> {
    openings: Openings<R>,
    last: Option<Place>,
    next: Option<(u64, Opened)>,
}

impl<R: BufRead> Ascending<R> {
    fn advance(&mut self, faults: &mut Vec<OpeningFault>) -> Result<(), Fault> {
        self.next = None;
        while let Some((line, read)) = self.openings.next().map_err(|error| unreadable(&error))? {
            let Some(own) = read else {
                faults.push(of_line(OpeningFaultKind::Line, line, None));
                continue;
            };
            if self.last.is_some_and(|last| last >= own.place()) {
                faults.push(of_line(OpeningFaultKind::Order, line, Some(own.place().entry())));
                continue;
            }
            self.last = Some(own.place());
            self.next = Some((line, own));
            break;
        }
        Ok(())
    }

    fn skip_rest(&mut self, faults: &mut Vec<OpeningFault>) -> Result<(), Fault> {
        while self.next.is_some() {
            self.skip(faults)?;
        }
        Ok(())
    }

    fn skip(&mut self, faults: &mut Vec<OpeningFault>) -> Result<(), Fault> {
        if let Some((line, own)) = &self.next {
            let kind = match own {
                Opened::Record(_) => OpeningFaultKind::Unlisted,
                Opened::Grant(_) => OpeningFaultKind::Ungranted,
            };
            faults.push(of_line(kind, *line, Some(own.place().entry())));
        }
        self.advance(faults)
    }

    /// The opening at this place; passes over openings of what is not published before it.
    fn take_at(
        &mut self,
        place: Place,
        faults: &mut Vec<OpeningFault>,
    ) -> Result<Option<(u64, Opened)>, Fault> {
        while self.next.as_ref().is_some_and(|(_, own)| own.place() < place) {
            self.skip(faults)?;
        }
        let found = self.next.take_if(|(_, own)| own.place() == place);
        if found.is_some() {
            self.advance(faults)?;
        }
        Ok(found)
    }
}

fn of_line(kind: OpeningFaultKind, line: u64, entry: Option<(u16, EntryTag)>) -> OpeningFault {
    OpeningFault { kind, index: None, entry, line: Some(line) }
}

struct Check<'c> {
    list: &'c AuditedList,
    key: &'c DrawKey,
    report: OpenedReport,
    /// NIK as a number, and what it opens.
    niks: Vec<(u64, Behind)>,
}

/// What a NIK opens, by its place in list or appeals.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Behind {
    Record(u64),
    Grant(usize),
}

fn number(nik_digits: &[u8; 16]) -> u64 {
    nik_digits.iter().fold(0, |number, digit| number * 10 + u64::from(digit - b'0'))
}

impl Check<'_> {
    fn refuse(mut self, kind: OpeningFaultKind) -> OpenedReport {
        self.report.faults.push(OpeningFault { kind, index: None, entry: None, line: None });
        self.report
    }

    fn missing(&mut self, index: u64, record: &Record, kind: OpeningFaultKind) {
        let (index, entry) = (Some(index), Some(record.sort_key()));
        self.report.faults.push(OpeningFault { kind, index, entry, line: None });
    }

    fn opening(&mut self, index: u64, record: &Record, line: u64, own: &OpenedEntry) {
        let (ctx, parts) = (self.list.ctx(), record.parts());
        let is_class = own.weight == parts.weight
            && own.flags == parts.flags
            && [own.mask, HIDDEN_MASK].contains(&parts.mask);
        let is_commitment = own.commitment(ctx) == parts.commitment;
        let is_entry = self.key.entry_tag(ctx, &own.nik_digits) == parts.entry_tag;
        let checks = [
            (is_class, OpeningFaultKind::Class),
            (is_commitment, OpeningFaultKind::Commitment),
            (is_entry, OpeningFaultKind::Entry),
        ];
        for (_, kind) in checks.iter().filter(|(holds, _)| !holds) {
            let (index, entry, line) = (Some(index), Some(record.sort_key()), Some(line));
            self.report.faults.push(OpeningFault { kind: *kind, index, entry, line });
        }
        self.report.opened += u64::from(is_class && is_commitment && is_entry);
        self.niks.push((number(&own.nik_digits), Behind::Record(index)));
    }

    /// The NIK behind a granted appeal gives its entry; there is no record that could commit to more.
    fn grant(&mut self, at: usize, granted: &Granted, found: Option<&(u64, Opened)>) {
        let entry = Some(granted.place());
        let Some((line, Opened::Grant(own))) = found else {
            let kind = OpeningFaultKind::GrantedMissing;
            return self.report.faults.push(OpeningFault { kind, index: None, entry, line: None });
        };
        if self.key.entry_tag(self.list.ctx(), &own.nik_digits) == granted.entry_tag {
            self.report.opened += 1;
        } else {
            self.report.faults.push(of_line(OpeningFaultKind::Entry, *line, entry));
        }
        self.niks.push((number(&own.nik_digits), Behind::Grant(at)));
    }

    /// One NIK stands behind one record or granted appeal.
    fn find_doubles(&mut self, granted: &[Granted]) -> Result<(), Fault> {
        self.niks.sort_unstable();
        let doubles = self.niks.chunk_by(|(one, _), (next, _)| one == next);
        for (_, behind) in doubles.filter(|own| own.len() > 1).flatten() {
            let (index, entry) = match *behind {
                Behind::Record(index) => {
                    (Some(index), Some(self.list.entries.record(index)?.sort_key()))
                }
                Behind::Grant(at) => (None, granted.get(at).map(Granted::place)),
            };
            let kind = OpeningFaultKind::Twice;
            self.report.faults.push(OpeningFault { kind, index, entry, line: None });
        }
        Ok(())
    }
}
