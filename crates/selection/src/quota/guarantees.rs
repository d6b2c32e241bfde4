//! Guarantees of one pool of one region: what is asked, and what people and seats allow.

use super::error::QuotaError;
use super::{GuaranteeQuota, LoweredReason, MaskCount, StatedGuarantee};
use crate::policy::{Pool, SeatRules};
use crate::traits::{project, sum_subsets};

/// A guarantee before it is lowered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Asked {
    trait_bit: u8,
    seats: u32,
}

impl Asked {
    /// Guarantees of a pool in order of precedence; for `open`, each national part joins the
    /// regional guarantee of its trait as the larger of both, or is appended.
    pub(super) fn of(
        pool: &Pool,
        seats: u32,
        national_part: impl Fn(u8) -> u32,
        rules: &SeatRules,
    ) -> Vec<Self> {
        let regional = pool.guarantees.iter().map(|guarantee| {
            let asked = guarantee.share.ceil_of(u64::from(seats));
            let seats = u32::try_from(asked).unwrap_or(u32::MAX);
            Self { trait_bit: guarantee.trait_bit, seats }
        });
        let mut asked: Vec<Self> = regional.collect();
        for national in rules.national.iter().filter(|_| pool.is_open()) {
            let trait_bit = national.trait_bit;
            let part = national_part(trait_bit);
            match asked.iter_mut().find(|own| own.trait_bit == trait_bit) {
                Some(own) => own.seats = own.seats.max(part),
                None => asked.push(Self { trait_bit, seats: part }),
            }
        }
        asked
    }
}

/// Sets each guarantee in turn to the largest value that can still be matched beside the earlier
/// ones; `cells` are records per true mask, before the household cap.
///
/// By Hall's theorem the people left for a trait are the least, over sets of earlier traits, of all
/// holders of the set or the trait less the seats of the set.
pub(super) fn lower(
    need: u16,
    pool_seats: u32,
    asked: &[Asked],
    cells: &[MaskCount],
) -> Vec<GuaranteeQuota> {
    // The policy allows 8 traits per pool, so the tables have at most 256 numbers.
    let bits = || asked.iter().map(|own| own.trait_bit);
    let mut within = vec![0u64; 1 << asked.len()];
    for cell in cells.iter().filter(|cell| cell.mask & need == need) {
        if let Some(count) = within.get_mut(project(cell.mask, bits())) {
            *count = count.saturating_add(u64::from(cell.records));
        }
    }
    sum_subsets(&mut within);
    let full = within.len().saturating_sub(1);
    let count_within = |set: usize| within.get(set).copied().unwrap_or(0);
    let mut room = pool_seats;
    // Seats of every set of earlier traits.
    let mut seats_of = vec![0u64];
    let mut guarantees = Vec::with_capacity(asked.len());
    for (place, own) in asked.iter().enumerate() {
        let beside = seats_of.iter().enumerate().map(|(set, seats)| {
            let holders =
                count_within(full).saturating_sub(count_within(full & !set & !(1 << place)));
            holders.saturating_sub(*seats)
        });
        let people = u32::try_from(beside.min().unwrap_or(0)).unwrap_or(u32::MAX);
        let seats = own.seats.min(people).min(room);
        let reason = if people <= room { LoweredReason::People } else { LoweredReason::Seats };
        guarantees.push(GuaranteeQuota {
            trait_bit: own.trait_bit,
            asked: own.seats,
            seats,
            reason: (seats < own.seats).then_some(reason),
        });
        room = room.saturating_sub(seats);
        let with_own: Vec<u64> =
            seats_of.iter().map(|sum| sum.saturating_add(u64::from(seats))).collect();
        seats_of.extend(with_own);
    }
    guarantees
}

/// Takes over the guarantees of a published table where classes are hidden, within their bounds.
pub(super) fn take_stated(
    code: u16,
    pool: &str,
    pool_seats: u32,
    asked: &[Asked],
    stated: &[StatedGuarantee],
) -> Result<Vec<GuaranteeQuota>, QuotaError> {
    if asked.len() != stated.len() {
        return Err(QuotaError::StatedShape { code });
    }
    let sum = stated.iter().map(|own| u64::from(own.seats)).sum::<u64>();
    let fits = |(asked, own): (&Asked, &StatedGuarantee)| {
        own.seats <= asked.seats && own.reason.is_some() == (own.seats < asked.seats)
    };
    if sum > u64::from(pool_seats) || !asked.iter().zip(stated).all(fits) {
        return Err(QuotaError::StatedGuarantees { code, pool: pool.to_owned() });
    }
    let taken = asked.iter().zip(stated).map(|(asked, own)| GuaranteeQuota {
        trait_bit: asked.trait_bit,
        asked: asked.seats,
        seats: own.seats,
        reason: own.reason,
    });
    Ok(taken.collect())
}
