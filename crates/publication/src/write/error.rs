//! Why a step of the timeline cannot be taken.

use std::io;
use std::path::PathBuf;

use selection::announce::AnnounceError;
use selection::beacon::BeaconError;
use selection::draw::DrawError;
use selection::quota::{QuotaError, TallyError};
use selection::record::EntryTag;
use selection::roll::RollError;

use crate::beacon::BeaconFault;
use crate::contribution::ContributionError;
use crate::format::FormatError;
use crate::log::StoreError;

/// Why a step of the timeline cannot be taken; what was published before is as it was.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// A file cannot be read or written, or another content is published under its name.
    #[error("cannot use {path}")]
    Io {
        /// Path of the file.
        path: PathBuf,
        /// Cause.
        #[source]
        source: io::Error,
    },
    /// A file would break, or breaks, its format.
    #[error(transparent)]
    Format(#[from] FormatError),
    /// The records are not in order.
    #[error(transparent)]
    Roll(#[from] RollError),
    /// The policy does not allow a record.
    #[error(transparent)]
    Tally(#[from] TallyError),
    /// Hidden records need their true mask, and others have none beside the one they show.
    #[error("entry {entry_tag} needs a true mask exactly if its class is hidden")]
    TrueMask {
        /// The record.
        entry_tag: EntryTag,
    },
    /// Too few people show a mask.
    #[error("region {region} shows mask {mask:#06x} for {records} people, too few to publish")]
    SmallCell {
        /// Region.
        region: u16,
        /// Published mask.
        mask: u16,
        /// People with it.
        records: u32,
    },
    /// A list has at most 2^32 - 1 records.
    #[error("{records} records are too many for one wave")]
    TooMany {
        /// Records given.
        records: u64,
    },
    /// The list could not be taken from where it is kept.
    #[error("could not read the records")]
    Source(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// No seats follow from the records.
    #[error(transparent)]
    Quota(#[from] QuotaError),
    /// The policy allows fewer corrections.
    #[error("the policy does not allow plan {plan}")]
    Plan {
        /// Number of the plan.
        plan: u8,
    },
    /// The list was made for another plan, or changed since.
    #[error("the records in the folder are not those that the plan would name; write them again")]
    OtherList,
    /// Contributions do not count.
    #[error(transparent)]
    Contribution(#[from] ContributionError),
    /// There is no such round.
    #[error(transparent)]
    Schedule(#[from] BeaconError),
    /// The beacon value is not the one of the plan's round.
    #[error(transparent)]
    Beacon(#[from] BeaconFault),
    /// A step before is missing.
    #[error("{name} is not there yet; take the steps in their order")]
    Early {
        /// The file that is missing.
        name: String,
    },
    /// An earlier folder, or the folder itself, does not hold together.
    #[error("{reason}")]
    Folder {
        /// What is wrong, and in which file.
        reason: String,
    },
    /// The records and seats in the folder cannot be drawn.
    #[error(transparent)]
    Draw(#[from] DrawError),
    /// Batches have no gaps.
    #[error("revocations are numbered from 1 without a gap, so {number} cannot be next")]
    BatchGap {
        /// Number given.
        number: u32,
    },
    /// The name cannot be announced.
    #[error(transparent)]
    Announce(#[from] AnnounceError),
    /// The file as it is was never announced.
    #[error("{name} was not announced in its present form; announce it first")]
    Unannounced {
        /// Name of the file.
        name: String,
    },
    /// The announcement log cannot be used.
    #[error(transparent)]
    Log(#[from] StoreError),
}

impl From<crate::verify::Fault> for WriteError {
    fn from(fault: crate::verify::Fault) -> Self {
        Self::Folder { reason: fault.text }
    }
}
