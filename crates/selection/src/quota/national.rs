//! National guarantees, split over regions so that they stay exact (sections 6.4 and 16.5).

use super::NationalQuota;
use super::error::QuotaError;
use super::solve::RegionState;
use crate::apportion::{Claim, sainte_lague};
use crate::policy::{Pool, SeatRules};

/// The split of every national guarantee.
pub(super) struct NationalSplit {
    pub(super) national: Vec<NationalQuota>,
    /// Per guarantee, seats of each region in the order of the policy.
    parts: Vec<(u8, Vec<u64>)>,
}

impl NationalSplit {
    /// Seats of a trait in the region at this place of the policy.
    pub(super) fn part(&self, trait_bit: u8, place: usize) -> u32 {
        let own = self.parts.iter().find(|(bit, _)| *bit == trait_bit);
        // A part stays at or below the seats of a region, which are counted in 32 bits.
        own.and_then(|(_, seats)| seats.get(place))
            .map_or(0, |&seats| u32::try_from(seats).unwrap_or(u32::MAX))
    }
}

pub(super) fn split_national(
    rules: &SeatRules,
    states: &[RegionState<'_>],
) -> Result<NationalSplit, QuotaError> {
    let open = rules.pools.iter().position(Pool::is_open);
    let all_seats = states.iter().map(|state| u64::from(state.seats())).sum();
    let mut split = NationalSplit { national: Vec::new(), parts: Vec::new() };
    for guarantee in &rules.national {
        let trait_bit = guarantee.trait_bit;
        let claim = |state: &RegionState<'_>| {
            let own = state.holders.iter().find(|holders| holders.trait_bit == trait_bit);
            let holders = own.map_or(0, |own| u64::from(own.records));
            let open_seats = open.and_then(|open| state.pool_seats.get(open)).copied();
            let cap = holders.min(u64::from(open_seats.unwrap_or(0)));
            Claim { code: u32::from(state.code), weight: holders, start: 0, cap }
        };
        let asked = guarantee.share.ceil_of(all_seats);
        let claims: Vec<Claim> = states.iter().map(claim).collect();
        let divided = sainte_lague(asked, &claims)?;
        let placed = asked.saturating_sub(divided.unplaced);
        split.national.push(NationalQuota { trait_bit, asked, placed });
        split.parts.push((trait_bit, divided.seats));
    }
    Ok(split)
}
