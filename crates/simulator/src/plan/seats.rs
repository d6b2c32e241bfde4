//! Seats of each wave: its own, those it takes over, and those its recipients lose.

use domain::wave::WaveKind;
use selection::apportion::Claim;

use super::level::split;
use super::{PlanRefusal, Totals, WaveShape};

/// Seats of one wave.
#[derive(Clone, Copy, Debug)]
pub(super) struct WaveSeats {
    pub(super) base: u64,
    pub(super) reused: u64,
    pub(super) missed: u64,
    /// Place of the wave that takes over the missed seats.
    pub(super) taker: Option<usize>,
}

/// Parts of the missed deadlines that follow the weights, in quarters. The rest goes to regular
/// waves whose freed seats nobody takes over; those can hold any number.
const QUARTERS_BY_WEIGHT: [u64; 5] = [4, 3, 2, 1, 0];

/// Plans the seats: misses first, then what later waves take over, then the base seats.
pub(super) fn plan_seats(
    totals: &Totals,
    shapes: &[WaveShape],
) -> Result<Vec<WaveSeats>, PlanRefusal> {
    let takers: Vec<Option<usize>> = (0..shapes.len()).map(|at| taker_of(shapes, at)).collect();
    let missed = totals.sk - totals.effective;
    QUARTERS_BY_WEIGHT
        .iter()
        .find_map(|quarters| {
            // Quarter by quarter, so that the product stays small.
            let by_weight = missed / 4 * quarters + missed % 4 * quarters / 4;
            let misses = split_misses(missed, by_weight, shapes, &takers)?;
            seats_for(totals, shapes, &takers, &misses)
        })
        .ok_or(PlanRefusal::MissedAboveEffective { missed, effective: totals.effective })
}

/// The first wave whose quota is fixed after the seats of the wave at `at` are freed.
fn taker_of(shapes: &[WaveShape], at: usize) -> Option<usize> {
    let sweep_at = shapes.get(at)?.sweep_at;
    let later = shapes.iter().enumerate().skip(at + 1);
    later
        .into_iter()
        .find(|(_, s)| s.takes_freed && s.freezes_at > sweep_at)
        .map(|(place, _)| place)
}

/// Freed seats that each wave takes over.
fn reused_seats(misses: &[u64], takers: &[Option<usize>]) -> Vec<u64> {
    let mut reused = vec![0u64; misses.len()];
    for (missed, taker) in misses.iter().zip(takers) {
        if let Some(seats) = taker.and_then(|taker| reused.get_mut(taker)) {
            *seats += missed;
        }
    }
    reused
}

/// Missed deadlines of each wave. A recovery wave cannot miss more seats than it takes over, which
/// depends on the misses before it: where a split gives it more, it is split again below that.
fn split_misses(
    missed: u64,
    by_weight: u64,
    shapes: &[WaveShape],
    takers: &[Option<usize>],
) -> Option<Vec<u64>> {
    let last = split_over(missed - by_weight, shapes, |at, shape| {
        let holds = shape.kind == WaveKind::Regular && takers.get(at) == Some(&None);
        if holds { u64::MAX } else { 0 }
    })?;
    let mut caps: Vec<u64> = vec![u64::MAX; shapes.len()];
    loop {
        let weighted = split_over(by_weight, shapes, |at, _| caps.get(at).map_or(0, |cap| *cap))?;
        let misses: Vec<u64> = weighted.iter().zip(&last).map(|(a, b)| a + b).collect();
        let reused = reused_seats(&misses, takers);
        let mut fits = true;
        for ((shape, cap), (missed, reused)) in
            shapes.iter().zip(&mut caps).zip(misses.iter().zip(&reused))
        {
            if shape.kind == WaveKind::Recovery && missed > reused {
                // Half as much, so that the loop ends soon even if the misses before it fall too.
                *cap = (*reused).min(missed / 2);
                fits = false;
            }
        }
        if fits {
            return Some(misses);
        }
    }
}

/// Splits misses by the weights of quota and revocation.
fn split_over(
    missed: u64,
    shapes: &[WaveShape],
    cap: impl Fn(usize, &WaveShape) -> u64,
) -> Option<Vec<u64>> {
    let claims = shapes.iter().enumerate().map(|(at, shape)| Claim {
        code: at as u32,
        weight: shape.quota_weight.saturating_mul(shape.revoked_weight),
        start: 0,
        cap: cap(at, shape),
    });
    split(missed, &claims.collect::<Vec<_>>())
}

/// Adds the base seats: by weight over the regular waves, each at least what it misses beyond the
/// seats it takes over. `None` if that is more than there are.
fn seats_for(
    totals: &Totals,
    shapes: &[WaveShape],
    takers: &[Option<usize>],
    misses: &[u64],
) -> Option<Vec<WaveSeats>> {
    let reused = reused_seats(misses, takers);
    let base_total = totals.sk - reused.iter().sum::<u64>();
    let figures = shapes.iter().zip(misses.iter().zip(&reused)).enumerate();
    let claims = figures.map(|(at, (shape, (missed, reused)))| Claim {
        code: at as u32,
        weight: shape.quota_weight,
        start: missed.saturating_sub(*reused),
        cap: if shape.kind == WaveKind::Regular { u64::MAX } else { 0 },
    });
    let base = split(base_total, &claims.collect::<Vec<_>>())?;
    let seats = base.into_iter().zip(reused).zip(misses).zip(takers);
    Some(
        seats
            .map(|(((base, reused), missed), taker)| WaveSeats {
                base,
                reused,
                missed: *missed,
                taker: *taker,
            })
            .collect(),
    )
}
