//! Passing on the seats of revoked people within a wave (section 16.6, Replacement).

use std::collections::BTreeMap;

use super::plan::PoolPlan;
use super::slots::Slots;
use super::{Outcome, Seat, Step};

/// The person who takes over a seat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Successor {
    /// Index of the record.
    pub index: u32,
    /// The seat as this person holds it.
    pub seat: Seat,
}

/// Why a seat cannot be given back or taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReplaceError {
    /// Only holders of a seat can lose one.
    #[error("record {index} holds no seat; revoke only people who do")]
    NoSeat {
        /// Index of the record.
        index: u32,
    },
    /// Only waiting people can follow.
    #[error("record {index} is not waiting; a seat passes to a waiting person")]
    NotWaiting {
        /// Index of the record.
        index: u32,
    },
}

/// Seats and waiting list of one region while seats are given back.
///
/// For each revocation in the order of the list: [`SeatBook::revoke`], then [`SeatBook::successor`]
/// and [`SeatBook::appoint`] where the seat is passed on within the wave.
#[derive(Clone, Debug)]
pub struct SeatBook {
    pools: Vec<PoolPlan>,
    slots: Vec<Slots>,
    /// Seat and true mask of each holder, by record.
    holders: BTreeMap<u32, (Seat, u16)>,
    /// Waiting people by true mask, each list by rank.
    waiting: BTreeMap<u16, BTreeMap<u32, u32>>,
    /// Mask and rank of each waiting person, by record.
    ranks: BTreeMap<u32, (u16, u32)>,
}

impl SeatBook {
    /// The region right after its draw; `people` are record index, true mask and outcome.
    pub fn new(pools: &[PoolPlan], people: impl IntoIterator<Item = (u32, u16, Outcome)>) -> Self {
        let mut book = Self {
            pools: pools.to_vec(),
            slots: pools.iter().map(|pool| Slots::new(&pool.guarantees)).collect(),
            holders: BTreeMap::new(),
            waiting: BTreeMap::new(),
            ranks: BTreeMap::new(),
        };
        for (index, mask, outcome) in people {
            match outcome {
                Outcome::Selected { seat, .. } => book.sit(index, seat, mask),
                Outcome::Waiting { rank } => {
                    book.waiting.entry(mask).or_default().insert(rank, index);
                    book.ranks.insert(index, (mask, rank));
                }
                Outcome::HouseholdCap => {}
            }
        }
        book
    }

    /// Takes a person's seat away; gives the seat that is free now.
    ///
    /// # Errors
    /// [`ReplaceError::NoSeat`].
    pub fn revoke(&mut self, index: u32) -> Result<Seat, ReplaceError> {
        let (seat, mask) = self.holders.remove(&index).ok_or(ReplaceError::NoSeat { index })?;
        if seat.step == Step::Guarantee
            && let Some(slots) = self.slots.get_mut(usize::from(seat.pool))
        {
            slots.give_back(slots.traits_of(mask));
        }
        Ok(seat)
    }

    /// Who follows on a free seat, if anybody waits: for a guaranteed seat the best-ranked person
    /// who can be matched beside its other holders, else the best-ranked whom the pool accepts, else
    /// the best-ranked.
    pub fn successor(&self, free: Seat) -> Option<Successor> {
        let pool = self.pools.get(usize::from(free.pool))?;
        let by_ticket = Seat { step: Step::Ticket, ..free };
        let matched = (free.step == Step::Guarantee).then(|| {
            let slots = self.slots.get(usize::from(free.pool))?;
            self.best(|mask| pool.accepts(mask) && slots.accepts(slots.traits_of(mask)))
        });
        let found = |index| Successor { index, seat: by_ticket };
        matched
            .flatten()
            .map(|index| Successor { index, seat: free })
            .or_else(|| self.best(|mask| pool.accepts(mask)).map(found))
            .or_else(|| self.best(|_| true).map(found))
    }

    /// Gives the seat to the person that [`SeatBook::successor`] named.
    ///
    /// # Errors
    /// [`ReplaceError::NotWaiting`].
    pub fn appoint(&mut self, successor: Successor) -> Result<(), ReplaceError> {
        let Successor { index, seat } = successor;
        let (mask, rank) = self.ranks.remove(&index).ok_or(ReplaceError::NotWaiting { index })?;
        if let Some(list) = self.waiting.get_mut(&mask) {
            list.remove(&rank);
        }
        self.sit(index, seat, mask);
        Ok(())
    }

    fn sit(&mut self, index: u32, seat: Seat, mask: u16) {
        if seat.step == Step::Guarantee
            && let Some(slots) = self.slots.get_mut(usize::from(seat.pool))
        {
            slots.take(slots.traits_of(mask));
        }
        self.holders.insert(index, (seat, mask));
    }

    /// Record of the best-ranked waiting person with a fitting mask.
    fn best(&self, fits: impl Fn(u16) -> bool) -> Option<u32> {
        let lists = self.waiting.iter().filter(|(mask, _)| fits(**mask));
        let heads = lists.filter_map(|(_, list)| list.first_key_value());
        heads.min().map(|(_, index)| *index)
    }
}
