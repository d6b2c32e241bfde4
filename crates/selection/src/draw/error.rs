//! Refusals of the draw.

use crate::record::{EntryTag, HouseholdTag};

/// Why a region cannot be drawn; record indexes count from 0 in the order of adding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DrawError {
    /// A record belongs elsewhere.
    #[error("record {index} is of region {found}, not {region}; draw each region by itself")]
    ForeignRegion {
        /// Index of the record.
        index: u32,
        /// Region being drawn.
        region: u16,
        /// Region of the record.
        found: u16,
    },
    /// Ranks are 32-bit numbers.
    #[error("region {region} has more than 4294967294 records; split it")]
    TooManyRecords {
        /// Region being drawn.
        region: u16,
    },
    /// Only used up cards carry places, and fewer than the cap.
    #[error(
        "record {index} of region {region} has {places_left} places left under a household cap of \
         {household_cap}; give 0 (full cap) or less than the cap"
    )]
    PlacesBeyondCap {
        /// Region being drawn.
        region: u16,
        /// Index of the record.
        index: u32,
        /// Places in its flags.
        places_left: u8,
        /// The cap in force, 0 = off.
        household_cap: u8,
    },
    /// All members of a card must carry the same number.
    #[error(
        "household {household} of region {region} has records with {first} and with {second} \
         places left; give all its members the same number"
    )]
    PlacesDiffer {
        /// Region being drawn.
        region: u16,
        /// The family card.
        household: HouseholdTag,
        /// Places of its first member by ticket.
        first: u8,
        /// Places of a later member.
        second: u8,
    },
    /// Two records of one person would be ordered by chance.
    #[error("region {region} has entry {entry_tag} more than once; enter each person once")]
    DuplicateEntry {
        /// Region being drawn.
        region: u16,
        /// The repeated tag.
        entry_tag: EntryTag,
    },
    /// A true mask was given for a record that shows its own, or is itself the hidden mask.
    #[error(
        "entry {entry_tag} of region {region} cannot take true mask {mask:#06x}; open hidden \
         records only"
    )]
    TrueMask {
        /// Region being drawn.
        region: u16,
        /// The record.
        entry_tag: EntryTag,
        /// The refused mask.
        mask: u16,
    },
    /// Pools that look at masks cannot place somebody without one.
    #[error("region {region} has hidden records without their true masks; open them to draw")]
    HiddenMask {
        /// Region being drawn.
        region: u16,
    },
    /// Seats that nobody can fill need one place to go.
    #[error("region {region} needs exactly one pool for everybody that takes leftover seats")]
    OpenPools {
        /// Region being drawn.
        region: u16,
    },
    /// Guarantees must be matchable in number.
    #[error(
        "pool {pool} of region {region} guarantees a trait twice, more than 8 traits, or more than \
         its seats; solve its seats again"
    )]
    Guarantees {
        /// Region being drawn.
        region: u16,
        /// Place of the pool in the list, from 0.
        pool: usize,
    },
    /// Seats are apportioned with the people in play as cap.
    #[error(
        "region {region} has {seats} seats but only {in_play} people in play; apportion the seats \
         with the people in play as cap"
    )]
    SeatsAboveInPlay {
        /// Region being drawn.
        region: u16,
        /// Seats asked for.
        seats: u64,
        /// People left after the household cap.
        in_play: u32,
    },
}
