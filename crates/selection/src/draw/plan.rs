//! What the draw is told of the pools of one region.

use super::error::DrawError;
use crate::policy::{GUARANTEES_MAX, PoolOrder};

/// A number of seats for holders of one trait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GuaranteedSeats {
    /// Bit of the trait.
    pub trait_bit: u8,
    /// Seats that holders get at least, as far as they are there.
    pub seats: u32,
}

/// One pool of one region; see [`crate::quota::RegionQuota::pool_plans`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PoolPlan {
    /// Trait bits that a person must have all.
    pub need: u16,
    /// What comes first.
    pub order: PoolOrder,
    /// Seats of the pool.
    pub seats: u32,
    /// Set for the one pool, `open`, that gets what no pool can fill.
    pub takes_leftovers: bool,
    /// Guarantees; a trait once, at most 8, together at most `seats`.
    pub guarantees: Vec<GuaranteedSeats>,
}

impl PoolPlan {
    /// A pool for everybody, without guarantees.
    pub fn open(seats: u32) -> Self {
        let order = PoolOrder::GuaranteesFirst;
        Self { need: 0, order, seats, takes_leftovers: true, guarantees: Vec::new() }
    }

    /// Whether a person with this true mask may sit here.
    pub fn accepts(&self, mask: u16) -> bool {
        mask & self.need == self.need
    }

    /// Whether masks are without influence on this pool.
    pub(super) fn ignores_masks(&self) -> bool {
        self.need == 0 && self.guarantees.iter().all(|guarantee| guarantee.seats == 0)
    }

    /// All guaranteed seats.
    pub(super) fn guaranteed(&self) -> u64 {
        self.guarantees.iter().map(|guarantee| u64::from(guarantee.seats)).sum()
    }
}

/// Refuses pools that could leave seats or guarantees undefined.
pub(super) fn check(region: u16, pools: &[PoolPlan]) -> Result<(), DrawError> {
    let mut open = pools.iter().filter(|pool| pool.takes_leftovers);
    let takes_anybody = open.next().is_some_and(|pool| pool.need == 0);
    if !takes_anybody || open.next().is_some() {
        return Err(DrawError::OpenPools { region });
    }
    for (place, pool) in pools.iter().enumerate() {
        let twice = pool.guarantees.iter().enumerate().any(|(at, own)| {
            pool.guarantees.iter().take(at).any(|earlier| earlier.trait_bit == own.trait_bit)
        });
        let too_many = pool.guarantees.len() > GUARANTEES_MAX;
        if twice || too_many || pool.guaranteed() > u64::from(pool.seats) {
            return Err(DrawError::Guarantees { region, pool: place });
        }
    }
    Ok(())
}
