//! The draw of one region with one open pool: order by ticket, household cap, seats (section 7).
//!
//! Masks are not looked at: every person in play may take every seat.

mod error;
mod order;

use self::order::{PlacesDiffer, TicketOrder};
use crate::digest::Seed;
use crate::record::Record;
use crate::ticket::Ticket;

pub use self::error::DrawError;

/// Code of a capped record in `waitlist.bin`.
pub const WAITLIST_CAPPED: u32 = u32::MAX;

/// What the draw decided about one record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Has a seat.
    Selected {
        /// Place by ticket among the selected of the region, from 1.
        position: u32,
    },
    /// In play without a seat.
    Waiting {
        /// Place by ticket among the waiting of the region, from 1.
        rank: u32,
    },
    /// Out of play: enough members of the same family card have smaller tickets.
    HouseholdCap,
}

impl Outcome {
    /// Number of this record in `waitlist.bin`: 0 = selected, [`WAITLIST_CAPPED`], else the rank.
    pub fn waitlist_code(self) -> u32 {
        match self {
            Self::Selected { .. } => 0,
            Self::Waiting { rank } => rank,
            Self::HouseholdCap => WAITLIST_CAPPED,
        }
    }
}

/// Result of one region; it lives in the workspace until the next region is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RegionResult<'w> {
    /// One outcome per record, in the order of adding.
    pub outcomes: &'w [Outcome],
    /// Largest selected ticket: a person in play is selected exactly if theirs is not larger.
    pub cutoff: Option<Ticket>,
    /// People after the household cap.
    pub in_play: u32,
    /// People with a seat.
    pub selected: u32,
    /// People in play without a seat.
    pub waiting: u32,
    /// People out of play by the household cap.
    pub capped: u32,
}

/// Buffers for drawing one region after another under one seed without allocating each time.
#[derive(Clone, Debug)]
pub struct RegionDraw {
    household_cap: u8,
    order: TicketOrder,
    outcomes: Vec<Outcome>,
}

impl RegionDraw {
    /// Buffers for one wave; `household_cap` members per family card are in play, 0 = no cap (tags
    /// are then ignored).
    pub fn new(seed: &Seed, household_cap: u8) -> Self {
        Self { household_cap, order: TicketOrder::new(seed), outcomes: Vec::new() }
    }

    /// Begins a region, forgetting the one before.
    pub fn region(&mut self, region: u16) -> RegionIntake<'_> {
        self.order.clear();
        RegionIntake { draw: self, region }
    }

    /// Draws a region whose records are at hand, in any order.
    ///
    /// # Errors
    /// [`DrawError`], as for adding each record and then drawing.
    pub fn draw<'r>(
        &mut self,
        region: u16,
        seats: u32,
        records: impl IntoIterator<Item = &'r Record>,
    ) -> Result<RegionResult<'_>, DrawError> {
        let mut intake = self.region(region);
        for record in records {
            intake.add(record)?;
        }
        intake.draw(seats)
    }
}

/// A region whose records are being added.
#[derive(Debug)]
pub struct RegionIntake<'w> {
    draw: &'w mut RegionDraw,
    region: u16,
}

impl<'w> RegionIntake<'w> {
    /// Adds a record of this region.
    ///
    /// # Errors
    /// [`DrawError::ForeignRegion`], [`DrawError::PlacesBeyondCap`], [`DrawError::TooManyRecords`].
    pub fn add(&mut self, record: &Record) -> Result<(), DrawError> {
        let region = self.region;
        let index = u32::try_from(self.draw.order.len())
            .ok()
            .filter(|&index| index < WAITLIST_CAPPED.saturating_sub(1))
            .ok_or(DrawError::TooManyRecords { region })?;
        let (found, places_left) = (record.parts().region, record.places_left());
        if found != region {
            return Err(DrawError::ForeignRegion { index, region, found });
        }
        let household_cap = self.draw.household_cap;
        if places_left > 0 && places_left >= household_cap {
            return Err(DrawError::PlacesBeyondCap { region, index, places_left, household_cap });
        }
        self.draw.order.push(index, record);
        Ok(())
    }

    /// Gives the seats to the smallest tickets in play.
    ///
    /// # Errors
    /// [`DrawError::DuplicateEntry`], [`DrawError::PlacesDiffer`], [`DrawError::SeatsAboveInPlay`].
    pub fn draw(self, seats: u32) -> Result<RegionResult<'w>, DrawError> {
        let Self { draw: RegionDraw { household_cap, order, outcomes }, region } = self;
        order.sort().map_err(|entry_tag| DrawError::DuplicateEntry { region, entry_tag })?;
        let capped = match *household_cap {
            0 => 0,
            cap => {
                order.cap_households(cap).map_err(|PlacesDiffer { household, first, second }| {
                    DrawError::PlacesDiffer { region, household, first, second }
                })?
            }
        };
        let in_play = u32::try_from(order.len()).unwrap_or(u32::MAX).saturating_sub(capped);
        if seats > in_play {
            return Err(DrawError::SeatsAboveInPlay { region, seats, in_play });
        }
        let last_selected = fill(order, seats, outcomes);
        Ok(RegionResult {
            outcomes,
            cutoff: last_selected.and_then(|index| order.ticket(index)),
            in_play,
            selected: seats,
            waiting: in_play.saturating_sub(seats),
            capped,
        })
    }
}

/// Walks the ticket order and writes every outcome; gives the index of the last one selected.
fn fill(order: &TicketOrder, seats: u32, outcomes: &mut Vec<Outcome>) -> Option<usize> {
    outcomes.clear();
    outcomes.resize(order.len(), Outcome::HouseholdCap);
    let (mut selected, mut last_selected) = (0, None);
    for (place, index) in (1..).zip(order.in_play()) {
        let Some(outcome) = outcomes.get_mut(index) else { continue };
        *outcome = if place <= seats {
            (selected, last_selected) = (place, Some(index));
            Outcome::Selected { position: place }
        } else {
            Outcome::Waiting { rank: place.saturating_sub(seats) }
        };
    }
    assert_eq!(
        selected, seats,
        "every seat goes to one person, since seats do not exceed those in play"
    );
    last_selected
}
