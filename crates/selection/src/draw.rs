//! The draw of one region: order by ticket, household cap, pools, guarantees, waiting list
//! (sections 7 and 16.6).
//!
//! [`RegionDraw`] holds the buffers; [`RegionIntake`] takes the records of a region in any order and
//! draws. Regions are independent, so each thread may draw its own with its own buffers.

mod classes;
mod error;
mod limits;
mod order;
mod plan;
mod replace;
mod result;
mod seating;
mod slots;

use self::classes::{Class, Classes};
use self::order::{PlacesDiffer, TicketOrder};
use self::seating::{Person, Seating};
use crate::digest::Seed;
use crate::record::{HIDDEN_MASK, Record};

pub use self::error::DrawError;
pub use self::limits::{Admission, Limit, PoolLimits, admission, is_selected};
pub use self::plan::{GuaranteedSeats, PoolPlan};
pub use self::replace::{ReplaceError, SeatBook, Successor};
pub use self::result::{MaskResult, PoolResult};

/// Code of a capped record in `waitlist.bin`.
pub const WAITLIST_CAPPED: u32 = u32::MAX;

/// How a seat was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// Step 1: a guaranteed seat.
    Guarantee,
    /// Step 2: by ticket, whatever the mask.
    Ticket,
}

/// A seat: its pool, by place in the list of pools, and the step that gave it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Seat {
    /// Place of the pool in the order of the policy, from 0.
    pub pool: u8,
    /// The step.
    pub step: Step,
}

/// What the draw decided about one record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Has a seat.
    Selected {
        /// Place by ticket among the selected of the region, from 1.
        position: u32,
        /// The seat, which passes on if it is given back.
        seat: Seat,
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

/// Result of one region; the outcomes live in the workspace until the next region is drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegionResult<'w> {
    /// One outcome per record, in the order of adding.
    pub outcomes: &'w [Outcome],
    /// What each pool did, in the order of the plans.
    pub pools: Vec<PoolResult>,
    /// People after the household cap.
    pub in_play: u32,
    /// People with a seat.
    pub selected: u32,
    /// People in play without a seat.
    pub waiting: u32,
    /// People out of play by the household cap.
    pub capped: u32,
}

impl RegionResult<'_> {
    /// Thresholds of every pool, in the order of the plans.
    pub fn limits(&self) -> Vec<PoolLimits> {
        self.pools.iter().map(PoolResult::limits).collect()
    }
}

/// Buffers for drawing one region after another under one seed without allocating each time.
#[derive(Clone, Debug)]
pub struct RegionDraw {
    household_cap: u8,
    order: TicketOrder,
    classes: Classes,
    people: Vec<Person>,
    outcomes: Vec<Outcome>,
}

impl RegionDraw {
    /// Buffers for one wave; `household_cap` members per family card are in play, 0 = no cap (tags
    /// are then ignored).
    pub fn new(seed: &Seed, household_cap: u8) -> Self {
        Self {
            household_cap,
            order: TicketOrder::new(seed),
            classes: Classes::new(),
            people: Vec::new(),
            outcomes: Vec::new(),
        }
    }

    /// Begins a region, forgetting the one before.
    pub fn region(&mut self, region: u16) -> RegionIntake<'_> {
        self.order.clear();
        self.classes.clear();
        RegionIntake { draw: self, region }
    }

    /// Draws a region with one pool for everybody, whose records are at hand, in any order.
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
    /// Adds a record of this region with the mask that it shows.
    ///
    /// A hidden record can be drawn so only where no pool looks at masks.
    ///
    /// # Errors
    /// [`DrawError::ForeignRegion`], [`DrawError::PlacesBeyondCap`], [`DrawError::TooManyRecords`].
    pub fn add(&mut self, record: &Record) -> Result<(), DrawError> {
        let mask = record.parts().mask;
        self.push(record, Class { mask, hidden: mask == HIDDEN_MASK })
    }

    /// Adds a hidden record of this region with its true mask, by which it is drawn.
    ///
    /// # Errors
    /// As [`RegionIntake::add`], and [`DrawError::TrueMask`] if the record shows a mask of its own.
    pub fn add_opened(&mut self, record: &Record, true_mask: u16) -> Result<(), DrawError> {
        if record.parts().mask != HIDDEN_MASK || true_mask == HIDDEN_MASK {
            let (region, entry_tag) = (self.region, record.parts().entry_tag);
            return Err(DrawError::TrueMask { region, entry_tag, mask: true_mask });
        }
        self.push(record, Class { mask: true_mask, hidden: true })
    }

    fn push(&mut self, record: &Record, class: Class) -> Result<(), DrawError> {
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
        let class = self.draw.classes.number(class);
        self.draw.order.push(index, class, record);
        Ok(())
    }

    /// Gives the seats to the smallest tickets in play, whatever their masks.
    ///
    /// # Errors
    /// As [`RegionIntake::draw_pools`].
    pub fn draw(self, seats: u32) -> Result<RegionResult<'w>, DrawError> {
        self.draw_pools(&[PoolPlan::open(seats)])
    }

    /// Runs the pools in their order; seats that none can fill go to the one for everybody.
    ///
    /// # Errors
    /// [`DrawError::OpenPools`], [`DrawError::Guarantees`], [`DrawError::HiddenMask`],
    /// [`DrawError::DuplicateEntry`], [`DrawError::PlacesDiffer`], [`DrawError::SeatsAboveInPlay`].
    pub fn draw_pools(self, plans: &[PoolPlan]) -> Result<RegionResult<'w>, DrawError> {
        let Self { draw, region } = self;
        plan::check(region, plans)?;
        let unknown = draw.classes.list().iter().any(|class| class.is_unknown());
        if unknown && !plans.iter().all(PoolPlan::ignores_masks) {
            return Err(DrawError::HiddenMask { region });
        }
        let capped = draw.sort(region)?;
        let in_play = u32::try_from(draw.people.len()).unwrap_or(u32::MAX);
        let seats = plans.iter().map(|plan| u64::from(plan.seats)).sum::<u64>();
        if seats > u64::from(in_play) {
            return Err(DrawError::SeatsAboveInPlay { region, seats, in_play });
        }
        let classes = draw.classes.list();
        let seating = Seating::new(&mut draw.people, classes).run(plans);
        let ticket = |index: u32| draw.order.ticket(usize::try_from(index).ok()?);
        let pools = plans
            .iter()
            .zip(&seating)
            .map(|(plan, pool)| PoolResult::new(plan, pool, classes, ticket))
            .collect();
        let records = draw.order.len();
        let selected = write_outcomes(&draw.people, records, &mut draw.outcomes);
        assert_eq!(
            u64::from(selected),
            seats,
            "every seat goes to one person, since seats do not exceed those in play"
        );
        let waiting = in_play.saturating_sub(selected);
        Ok(RegionResult { outcomes: &draw.outcomes, pools, in_play, selected, waiting, capped })
    }
}

impl RegionDraw {
    /// Puts the people in play into ticket order; gives the number of those who are not.
    fn sort(&mut self, region: u16) -> Result<u32, DrawError> {
        let order = &mut self.order;
        order.sort().map_err(|entry_tag| DrawError::DuplicateEntry { region, entry_tag })?;
        let capped = match self.household_cap {
            0 => 0,
            cap => {
                order.cap_households(cap).map_err(|PlacesDiffer { household, first, second }| {
                    DrawError::PlacesDiffer { region, household, first, second }
                })?
            }
        };
        self.people.clear();
        self.people.extend(order.in_play());
        Ok(capped)
    }
}

/// Turns seats in ticket order into outcomes in record order; gives the number of selected people.
fn write_outcomes(people: &[Person], records: usize, outcomes: &mut Vec<Outcome>) -> u32 {
    outcomes.clear();
    outcomes.resize(records, Outcome::HouseholdCap);
    let (mut selected, mut waiting) = (0u32, 0u32);
    for person in people {
        let decided = if let Some(seat) = person.seat {
            selected = selected.saturating_add(1);
            Outcome::Selected { position: selected, seat }
        } else {
            waiting = waiting.saturating_add(1);
            Outcome::Waiting { rank: waiting }
        };
        let index = usize::try_from(person.index).ok();
        if let Some(outcome) = index.and_then(|index| outcomes.get_mut(index)) {
            *outcome = decided;
        }
    }
    selected
}
