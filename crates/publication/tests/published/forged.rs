//! Waves whose list the operator has changed in time, with what he can open of them.

use std::collections::{BTreeMap, BTreeSet};

use publication::audit::{
    AuditedList, OpenedEntry, OpenedReport, OpeningFaultKind as Kind, check_openings,
    openings_head, sample,
};
use publication::format::{PolicyFile, RevealsFile, SeedFile};
use publication::verify::{Options, verify};
use publication::write::OpenedRecord;
use selection::digest::DrawKey;
use selection::record::{EntryTag, HouseholdTag, RECORD_SIZE_BYTES, Record, RecordParts, Weight};

use crate::faults::test_signature;
use crate::maker::{Made, Someone, blinding, draw_key, earlier, records};
use crate::support::{read, sha};
use crate::verifying::options;

/// A drawn wave, and what its operator can open of each record.
pub(crate) struct Wave {
    pub(crate) made: Made,
    pub(crate) key: DrawKey,
    pub(crate) openings: BTreeMap<EntryTag, OpenedEntry>,
}

/// What the operator adds or changes before the list is fixed.
pub(crate) type Attack<'a> = &'a dyn Fn(&Forger<'_>, &mut Vec<OpenedRecord>, &mut Vec<OpenedEntry>);

/// Makes records as the operator can.
pub(crate) struct Forger<'a> {
    pub(crate) file: &'a PolicyFile,
    pub(crate) key: &'a DrawKey,
}

impl Forger<'_> {
    /// A record with a commitment that opens, for whatever entry.
    pub(crate) fn record(&self, own: &OpenedEntry, household: HouseholdTag) -> OpenedRecord {
        let parts = RecordParts {
            entry_tag: own.entry_tag,
            commitment: commitment(self.file, own),
            region: own.region,
            mask: own.mask,
            weight: own.weight,
            flags: own.flags,
            household,
        };
        OpenedRecord { record: Record::new(parts).unwrap(), true_mask: None }
    }

    /// An opening of somebody under an entry that is not theirs, or under the true one.
    pub(crate) fn opening(
        &self,
        nik: &[u8; 16],
        entry_tag: Option<EntryTag>,
        region: u16,
    ) -> OpenedEntry {
        OpenedEntry {
            entry_tag: entry_tag.unwrap_or_else(|| self.key.entry_tag(&self.file.ctx, nik)),
            region,
            mask: 0,
            weight: Weight::ONE,
            flags: 0,
            blinding: sha(nik),
            nik_digits: *nik,
        }
    }
}

pub(crate) fn commitment(file: &PolicyFile, own: &OpenedEntry) -> [u8; 32] {
    file.ctx.commitment(&selection::digest::Opening {
        blinding: &own.blinding,
        entry_tag: own.entry_tag,
        region: own.region,
        mask: own.mask,
        weight: own.weight,
        flags: own.flags,
        nik_digits: &own.nik_digits,
    })
}

pub(crate) fn invented(number: u32) -> EntryTag {
    EntryTag(*sha(format!("ghost {number}")).first_chunk().unwrap())
}

pub(crate) fn nobody(number: u32) -> [u8; 16] {
    format!("9990{number:012}").as_bytes().try_into().unwrap()
}

/// What the operator can honestly open.
pub(crate) fn openings(
    file: &PolicyFile,
    key: &DrawKey,
    list: &[OpenedRecord],
    people: &[Someone],
) -> Vec<OpenedEntry> {
    let records: BTreeMap<EntryTag, &OpenedRecord> =
        list.iter().map(|own| (own.record.parts().entry_tag, own)).collect();
    let open = |own: &Someone| {
        let entry_tag = key.entry_tag(&file.ctx, &own.nik);
        let parts = records[&entry_tag].record.parts();
        OpenedEntry {
            entry_tag,
            region: own.region,
            mask: own.mask,
            weight: parts.weight,
            flags: parts.flags,
            blinding: blinding(&file.ctx, &own.nik),
            nik_digits: own.nik,
        }
    };
    people.iter().map(open).collect()
}

/// Draws and announces a wave whose list the operator changed in time; the public sees nothing wrong.
pub(crate) fn drawn(
    folder: (&str, &str),
    base: Option<u32>,
    people: &[Someone],
    attack: Attack<'_>,
) -> Wave {
    let (folder, label) = folder;
    let mut made = Made::begin(folder, |parts| {
        parts.policy.rules.base = base.unwrap_or(parts.policy.rules.base);
    });
    let key = draw_key(label);
    let mut list = records(made.writer.policy(), &key, people);
    let mut openings = openings(made.writer.policy(), &key, &list, people);
    attack(&Forger { file: made.writer.policy(), key: &key }, &mut list, &mut openings);
    list.sort_by_key(|own| own.record.sort_key());
    let (_, plan) = made.commit(1, &list, earlier(folder));
    if made.writer.policy().policy().get().contributors.is_empty() {
        made.draw(&test_signature(&made, plan.round));
    } else {
        let reveals = RevealsFile::read(&read(folder, "reveals.json")).unwrap();
        made.writer.reveals(reveals.contributions).unwrap();
        made.draw(&SeedFile::read(&read(folder, "seed.json")).unwrap().signature);
    }
    made.announce_everything(1);
    let report = verify(&made.path, &Options { previous: Vec::new(), ..options(folder) });
    assert!(report.ok(), "the public cannot see it\n{report}");
    let openings = openings.into_iter().map(|own| (own.entry_tag, own)).collect();
    Wave { made, key, openings }
}

pub(crate) fn honest(_: &Forger<'_>, _: &mut Vec<OpenedRecord>, _: &mut Vec<OpenedEntry>) {}

impl Wave {
    pub(crate) fn list(&self) -> AuditedList {
        AuditedList::open(&self.made.path).unwrap()
    }

    /// Entries of all who were selected and of the sample.
    pub(crate) fn due(&self, size: usize) -> BTreeSet<EntryTag> {
        let list = self.list();
        let entries = self.made.read("entries.bin");
        let entries = entries.as_chunks::<RECORD_SIZE_BYTES>().0;
        let selected = self.made.read("selected.bin");
        let tags = entries.iter().map(|bytes| EntryTag(*bytes.first_chunk().unwrap()));
        let chosen = tags.enumerate().filter(|(at, _)| selected[at / 8] & (0x80 >> (at % 8)) != 0);
        let seed = list.seed().unwrap();
        let sampled = sample(&list, &seed, size).unwrap();
        chosen.map(|(_, tag)| tag).chain(sampled.iter().map(|own| own.entry_tag)).collect()
    }

    /// Openings of these entries, as the operator hands them out.
    pub(crate) fn file(
        &self,
        due: &BTreeSet<EntryTag>,
        change: impl Fn(&mut OpenedEntry),
    ) -> Vec<u8> {
        let mut opened: Vec<OpenedEntry> =
            due.iter().filter_map(|tag| self.openings.get(tag)).cloned().collect();
        opened.iter_mut().for_each(change);
        opened.sort_by_key(|own| (own.region, own.entry_tag));
        let mut file = openings_head(&self.made.writer.policy().ctx);
        file.extend(opened.iter().flat_map(OpenedEntry::line));
        file
    }

    pub(crate) fn check(&self, size: usize, file: &[u8]) -> OpenedReport {
        check_openings(&self.list(), &self.key, size, file).unwrap()
    }
}

pub(crate) fn kinds(report: &OpenedReport) -> Vec<Kind> {
    report.faults.iter().map(|own| own.kind).collect()
}
