//! T4: the draw itself, region by region.

use std::io::{BufWriter, Write as _};

use rayon::prelude::*;
use selection::digest::Seed;
use selection::draw::RegionDraw;
use selection::quota::RegionQuota;
use selection::record::{HIDDEN_MASK, Record};
use sha2::{Digest as _, Sha256};

use super::{FolderWriter, WriteError};
use crate::files::Pending;
use crate::format::{PlanFile, QuotaFile, RegionOutcome, ResultFile, ResultTotals, SeedFile};
use crate::verify::{Entries, Fault, outcome_of};

/// Regions drawn at once for each thread; their outcomes wait in memory to be written in order.
const REGIONS_PER_THREAD: usize = 4;

impl FolderWriter {
    /// Draws all regions and publishes `selected.bin`, `waitlist.bin` and `result.json`.
    ///
    /// `true_mask` gives the true mask of a record whose class is hidden; it is asked for those only.
    /// Regions are drawn in parallel; no result depends on how many threads there are.
    ///
    /// # Errors
    /// [`WriteError`], also if another outcome is published.
    pub fn result(
        &self,
        true_mask: impl Fn(u64, &Record) -> Option<u16> + Sync,
    ) -> Result<ResultFile, WriteError> {
        let (plan, plan_bytes) = self.get("plan.json", PlanFile::read)?;
        let (quota, _) = self.get("quota.json", QuotaFile::read)?;
        let (seed, _) = self.get("seed.json", SeedFile::read)?;
        let path = self.path("entries.bin");
        let entries =
            Entries::open(&self.folder).map_err(|source| WriteError::Io { path, source })?;
        if entries.records() != u64::from(plan.n) {
            return Err(WriteError::OtherList);
        }
        let rules = &self.policy.policy().get().rules;
        let draw = RegionDraw::new(&Seed::from_bytes(seed.seed), rules.household_cap);
        let mut lists = Lists::create(self)?;
        let mut regions = Vec::with_capacity(quota.table.regions.len());
        for some in quota.table.regions.chunks(REGIONS_PER_THREAD * rayon::current_num_threads()) {
            let drawn: Vec<Result<Drawn, WriteError>> = some
                .par_iter()
                .map_init(|| draw.clone(), |draw, own| self.region(&entries, own, draw, &true_mask))
                .collect();
            // The first fault in the order of the regions, whichever thread was quicker.
            for own in drawn {
                let own = own?;
                lists.add(&own.codes)?;
                regions.push(own.outcome);
            }
        }
        if lists.records != entries.records() {
            return Err(WriteError::OtherList);
        }
        let file = ResultFile {
            ctx: *self.policy.ctx.as_bytes(),
            plan: Sha256::digest(&plan_bytes).into(),
            seed: seed.seed,
            totals: totals(&quota, &regions, entries.records()),
            regions,
        };
        lists.publish()?;
        self.publish("result.json", &file.write())?;
        Ok(file)
    }

    fn region(
        &self,
        entries: &Entries,
        quota: &RegionQuota,
        draw: &mut RegionDraw,
        true_mask: &impl Fn(u64, &Record) -> Option<u16>,
    ) -> Result<Drawn, WriteError> {
        let mut intake = draw.region(quota.code);
        entries.each(entries.span(quota.code)?, |index, record| {
            let hidden = record.parts().mask == HIDDEN_MASK;
            let added = match hidden.then(|| true_mask(index, record)).flatten() {
                Some(mask) => intake.add_opened(record, mask),
                None => intake.add(record),
            };
            added.map_err(|error| Fault::record(index, error))
        })?;
        let plans = quota.pool_plans(self.policy.policy().rules());
        let result = intake.draw_pools(&plans)?;
        let codes = result.outcomes.iter().map(|own| own.waitlist_code()).collect();
        Ok(Drawn { outcome: outcome_of(quota, &result), codes })
    }
}

/// A region with the numbers of its records in `waitlist.bin`.
struct Drawn {
    outcome: RegionOutcome,
    codes: Vec<u32>,
}

fn totals(quota: &QuotaFile, regions: &[RegionOutcome], records: u64) -> ResultTotals {
    let sum = |of: fn(&RegionOutcome) -> u32| regions.iter().map(|own| u64::from(of(own))).sum();
    let q = &quota.table.q;
    let selected: u64 = sum(|own| own.selected);
    ResultTotals {
        records,
        n: sum(|own| own.n),
        capped: sum(|own| own.capped),
        seats: quota.table.regions.iter().map(|own| u64::from(own.seats)).sum(),
        selected,
        reserve: q.reserve,
        carry: q.total.saturating_sub(q.reserve).saturating_sub(selected),
    }
}

/// `selected.bin` and `waitlist.bin` while they are written.
struct Lists<'w> {
    writer: &'w FolderWriter,
    selected: List,
    waitlist: List,
    /// Bits of the last byte that is not full.
    bits: u8,
    records: u64,
}

impl<'w> Lists<'w> {
    fn create(writer: &'w FolderWriter) -> Result<Self, WriteError> {
        let create = |name| List::create(writer, name);
        let (selected, waitlist) = (create("selected.bin")?, create("waitlist.bin")?);
        Ok(Self { writer, selected, waitlist, bits: 0, records: 0 })
    }

    /// The records of the next region.
    fn add(&mut self, codes: &[u32]) -> Result<(), WriteError> {
        let numbers: Vec<u8> = codes.iter().flat_map(|code| code.to_be_bytes()).collect();
        self.waitlist.add(self.writer, &numbers)?;
        let mut bytes = Vec::with_capacity(codes.len() / 8 + 1);
        for code in codes {
            if *code == 0 {
                self.bits |= 0x80 >> (self.records % 8);
            }
            self.records += 1;
            if self.records.is_multiple_of(8) {
                bytes.push(std::mem::take(&mut self.bits));
            }
        }
        self.selected.add(self.writer, &bytes)
    }

    fn publish(mut self) -> Result<(), WriteError> {
        if !self.records.is_multiple_of(8) {
            self.selected.add(self.writer, &[self.bits])?;
        }
        self.selected.publish(self.writer)?;
        self.waitlist.publish(self.writer)
    }
}

/// One file with its digest so far.
struct List {
    name: &'static str,
    file: BufWriter<Pending>,
    hasher: Sha256,
}

impl List {
    fn create(writer: &FolderWriter, name: &'static str) -> Result<Self, WriteError> {
        let path = writer.path(name);
        let pending = Pending::create(&path).map_err(|source| WriteError::Io { path, source })?;
        Ok(Self { name, file: BufWriter::new(pending), hasher: Sha256::new() })
    }

    fn add(&mut self, writer: &FolderWriter, bytes: &[u8]) -> Result<(), WriteError> {
        self.hasher.update(bytes);
        let path = || writer.path(self.name);
        self.file.write_all(bytes).map_err(|source| WriteError::Io { path: path(), source })
    }

    fn publish(self, writer: &FolderWriter) -> Result<(), WriteError> {
        let path = writer.path(self.name);
        let pending = self.file.into_inner().map_err(std::io::IntoInnerError::into_error);
        let done = pending.and_then(|file| file.publish(self.hasher.finalize().into()));
        done.map_err(|source| WriteError::Io { path, source })
    }
}
