//! The list of a folder, once it is what the plan committed to.

use std::path::Path;

use selection::digest::{Seed, WaveContext};
use selection::quota::RegionCounts;

use crate::verify::{Entries, Fault, Folder, Span, counted_list, seed_of};

/// A folder that cannot be audited, since it does not even hold in public.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the folder cannot be audited: {0}")]
pub struct AuditError(String);

impl From<Fault> for AuditError {
    fn from(fault: Fault) -> Self {
        let place = fault.index.map(|index| format!(" (record {index})")).unwrap_or_default();
        Self(fault.text + &place)
    }
}

/// A list whose records, order, tree and digest are those of the plan. Whether the plan itself was
/// witnessed is for [`crate::verify::verify`].
#[derive(Debug)]
pub struct AuditedList {
    pub(super) folder: Folder,
    pub(super) entries: Entries,
    pub(super) regions: Vec<(Span, RegionCounts)>,
}

impl AuditedList {
    /// Reads a folder and checks its list as step 2 of `verify` does.
    ///
    /// # Errors
    /// [`AuditError`] if the folder cannot be read, or the list is not that of the plan.
    pub fn open(folder: &Path) -> Result<Self, AuditError> {
        let folder = Folder::load(folder)?;
        let (entries, regions) = counted_list(&folder)?;
        Ok(Self { folder, entries, regions })
    }

    /// Records of the list.
    pub fn records(&self) -> u64 {
        self.entries.records()
    }

    /// Programme and number of the wave.
    pub fn wave(&self) -> (&str, u32) {
        self.folder.policy.wave()
    }

    /// The context of the wave.
    pub fn ctx(&self) -> &WaveContext {
        &self.folder.policy.ctx
    }

    /// Whether the seed was predictable.
    pub fn is_rehearsal(&self) -> bool {
        self.folder.policy.policy().get().beacon.test
    }

    /// The seed, if it follows from plan and beacon as in step 4 of `verify`.
    ///
    /// # Errors
    /// [`AuditError`] if it does not, or the wave is not drawn.
    pub fn seed(&self) -> Result<Seed, AuditError> {
        Ok(seed_of(&self.folder)?)
    }

    pub(super) fn spans(&self) -> impl Iterator<Item = Span> {
        self.regions.iter().map(|(span, _)| *span)
    }
}
