//! What the folder of one wave says, as far as pages show it.

use std::collections::BTreeSet;

use domain::time::Timestamp;
use publication::verify::required_files;

use crate::waves::SeatTable;

/// A published wave.
#[derive(Debug)]
pub(crate) struct PublishedWave {
    /// Names, lengths and instants of what lies in the folder, to see that it changed.
    pub(super) stamp: super::read::Stamp,
    /// Files in the folder, without those in folders within it.
    pub(crate) files: Vec<PublishedFile>,
    /// Names of the proofs that the log has a file.
    pub(super) proofs: BTreeSet<String>,
    /// Whether the draw goes by a test beacon.
    pub(crate) test_beacon: bool,
    /// When what happens; T3 and T4 as the newest plan moves them.
    pub(crate) times: Times,
    /// Seats of the wave itself.
    pub(crate) base: u64,
    /// Parties whose secrets are mixed into the seed.
    pub(crate) contributors: usize,
    /// Witnesses of the log, and how many of them are enough.
    pub(crate) witnesses: (usize, u8),
    /// People in the list, and the number of the plan.
    pub(crate) plan: Option<(u64, u8)>,
    /// Where the seats come from.
    pub(crate) sources: Option<SeatSources>,
    /// The seats, with what the draw made of them.
    pub(crate) seats: Option<SeatTable>,
    /// People selected.
    pub(crate) selected: Option<u64>,
}

impl PublishedWave {
    /// The file of this name, or the folder if the name ends with a slash.
    pub(crate) fn file(&self, name: &str) -> Option<&PublishedFile> {
        self.files.iter().find(|file| file.name == name)
    }

    /// Whether there is a proof that the log has the file of this name.
    pub(crate) fn has_proof(&self, name: &str) -> bool {
        self.proofs.contains(&format!("{name}.tlog-proof"))
    }

    /// Whether all is there that the draw is recomputed from; until then the folder grows step by step.
    pub(crate) fn is_complete(&self) -> bool {
        required_files(self.contributors > 0).all(|name| self.file(name).is_some())
    }

    /// Seats to be drawn for, or the wave's own before the table is there.
    pub(crate) fn places(&self) -> u64 {
        let sum = |seats: &SeatTable| seats.regions.iter().map(|own| u64::from(own.seats)).sum();
        self.seats.as_ref().map_or(self.base, sum)
    }
}

/// A file of the folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PublishedFile {
    /// Name; that of a folder ends with a slash.
    pub(crate) name: String,
    /// Length; 0 of a folder.
    pub(crate) bytes: u64,
}

/// The times of a wave.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Times {
    pub(crate) t0: Timestamp,
    pub(crate) t1: Timestamp,
    pub(crate) t2: Timestamp,
    pub(crate) t3: Timestamp,
    pub(crate) t4: Timestamp,
}

/// Where the seats of a wave come from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SeatSources {
    pub(crate) base: u64,
    pub(crate) returned: u64,
    pub(crate) carried: u64,
    pub(crate) reserve: u64,
}
