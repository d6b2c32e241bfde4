//! T2: the list of records and its counts, written while they stream by, and the tree over them.

use std::fs;
use std::io::{self, BufWriter, Write as _};
use std::path::Path;

use selection::quota::{RegionCounts, RegionTally};
use selection::record::{HIDDEN_MASK, Record};
use selection::roll::RollHasher;
use selection::small_cells::small_cell;

use super::tree::write_tree;
use super::{FolderWriter, WriteError};
use crate::files::Pending;
use crate::format::PlanFile;

/// A record, with what its publication hides.
#[derive(Clone, Copy, Debug)]
pub struct OpenedRecord {
    /// The record as published.
    pub record: Record,
    /// The true mask, of a record whose class is hidden.
    pub true_mask: Option<u16>,
}

/// A list that lies in the folder, for the plan that commits to it.
#[derive(Clone, Debug)]
pub struct Committed {
    pub(super) plan: u8,
    pub(super) records: u32,
    pub(super) root: [u8; 32],
    pub(super) digest: [u8; 32],
    pub(super) counts: Vec<RegionCounts>,
}

impl FolderWriter {
    /// Writes `entries.bin` and `tree/` for plan `plan`, from records that ascend by region and tag.
    ///
    /// No tag may be in two regions; that is for the caller, who makes one tag of one person. Tiles
    /// are not forced onto the disk one by one: after a power failure, write the same list again.
    ///
    /// # Errors
    /// [`WriteError`]; the list in the folder is then as it was.
    pub fn entries<E>(
        &self,
        plan: u8,
        records: impl IntoIterator<Item = Result<OpenedRecord, E>>,
    ) -> Result<Committed, WriteError>
    where
        E: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let tree = self.path("tree.part");
        remove(&tree)?;
        let written = self.write_list(plan, records, &tree);
        let done = written.and_then(|(committed, entries)| {
            self.check_unpublished(&committed)?;
            self.put_in_place(&tree, entries)?;
            Ok(committed)
        });
        if done.is_err() {
            remove(&tree)?;
        }
        done
    }

    fn write_list<E>(
        &self,
        plan: u8,
        records: impl IntoIterator<Item = Result<OpenedRecord, E>>,
        tree: &Path,
    ) -> Result<(Committed, Pending), WriteError>
    where
        E: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let path = self.path("entries.bin");
        let failed = |source| WriteError::Io { path: path.clone(), source };
        let pending = Pending::create(&path).map_err(failed)?;
        let mut file = BufWriter::with_capacity(1 << 20, pending);
        let mut roll = RollHasher::new();
        let mut counter = Counter::new(self);
        for own in records {
            let own = own.map_err(|error| WriteError::Source(error.into()))?;
            roll.push(&own.record)?;
            counter.add(&own)?;
            file.write_all(&own.record.to_bytes()).map_err(failed)?;
        }
        let pending = file.into_inner().map_err(|error| failed(error.into_error()))?;
        let root = write_tree(pending.part(), tree)?.root.0;
        let roll = roll.finish();
        let records = u32::try_from(roll.records)
            .map_err(|_| WriteError::TooMany { records: roll.records })?;
        let counts = counter.finish()?;
        Ok((Committed { plan, records, root, digest: roll.digest, counts }, pending))
    }

    /// A list that a plan names is the same for ever; only a plan with a higher number has another.
    fn check_unpublished(&self, own: &Committed) -> Result<(), WriteError> {
        let published = self.find("plan.json", PlanFile::read)?;
        match published {
            Some((plan, _)) if plan.plan >= own.plan && plan.entries != own.digest => {
                let text = "a plan names another list, and published files never change";
                let source = io::Error::new(io::ErrorKind::AlreadyExists, text);
                Err(WriteError::Io { path: self.path("entries.bin"), source })
            }
            _ => Ok(()),
        }
    }

    fn put_in_place(&self, new_tree: &Path, entries: Pending) -> Result<(), WriteError> {
        let tree = self.path("tree");
        remove(&tree)?;
        let moved = if new_tree.exists() { fs::rename(new_tree, &tree) } else { Ok(()) };
        moved.map_err(|source| WriteError::Io { path: tree, source })?;
        let path = self.path("entries.bin");
        entries.commit().map_err(|source| WriteError::Io { path, source })
    }
}

/// Counts of the regions, one after the other.
struct Counter<'w> {
    writer: &'w FolderWriter,
    tally: RegionTally<'w>,
    region: Option<u16>,
    counts: Vec<RegionCounts>,
}

impl<'w> Counter<'w> {
    fn new(writer: &'w FolderWriter) -> Self {
        let tally = RegionTally::new(writer.policy.policy().rules());
        Self { writer, tally, region: None, counts: Vec::new() }
    }

    fn add(&mut self, own: &OpenedRecord) -> Result<(), WriteError> {
        let parts = own.record.parts();
        if self.region != Some(parts.region) {
            self.close()?;
            self.tally.region(parts.region)?;
            self.region = Some(parts.region);
        }
        match own.true_mask {
            Some(true_mask) => self.tally.add_opened(&own.record, true_mask)?,
            None if parts.mask == HIDDEN_MASK => {
                return Err(WriteError::TrueMask { entry_tag: parts.entry_tag });
            }
            None => self.tally.add(&own.record)?,
        }
        Ok(())
    }

    fn close(&mut self) -> Result<(), WriteError> {
        if let Some(region) = self.region.take() {
            let counts = self.tally.finish()?;
            let rule = self.writer.policy.policy().get().rules.small_cells;
            if let Some(cell) = small_cell(rule, &counts.masks) {
                let (mask, records) = (cell.mask, cell.records);
                return Err(WriteError::SmallCell { region, mask, records });
            }
            self.counts.push(counts);
        }
        Ok(())
    }

    fn finish(mut self) -> Result<Vec<RegionCounts>, WriteError> {
        self.close()?;
        Ok(self.counts)
    }
}

/// Removes a folder if it is there.
fn remove(folder: &Path) -> Result<(), WriteError> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(WriteError::Io { path: folder.to_owned(), source: error })
        }
        _ => Ok(()),
    }
}
