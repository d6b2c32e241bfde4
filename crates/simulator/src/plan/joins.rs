//! Joiners of each wave: who is new and how many come back.
//!
//! Seen from wave `w`, `new[..w]` people have joined before it and `quota[..w]` of them have won, so
//! at most the difference can return. Margins keep that bound away from being reached, because a full
//! family card or too high an age also keeps people away, and leave each draw more joiners than
//! seats, because some are ineligible. The widest margins that the totals allow are taken; within
//! one, shapes of the new joiners are tried in a fixed order, the most natural first.

use selection::apportion::Claim;

use super::level::split;
use super::{Mix, PlanRefusal, Totals, WaveShape};

/// Joiners of one wave.
#[derive(Clone, Copy, Debug)]
pub(super) struct Joiners {
    pub(super) new: u64,
    pub(super) returning: u64,
}

/// Joiners of all waves and the margins they keep.
#[derive(Debug)]
pub(super) struct PlannedJoins {
    pub(super) waves: Vec<Joiners>,
    margin: Margin,
}

/// Room left between the plan and what is just possible, per mille.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Margin {
    /// Part of those who could return that stay away.
    away: u64,
    /// Joiners to seats of each wave.
    joiners: u64,
    /// Joiners beyond that in each wave with seats, since shares of a few people are uneven.
    extra: u64,
}

/// From comfortable to none. The last has a plan wherever there is one.
const MARGINS: [Margin; 5] = [
    Margin { away: 120, joiners: 1_350, extra: 4 },
    Margin { away: 100, joiners: 1_250, extra: 3 },
    Margin { away: 60, joiners: 1_150, extra: 2 },
    Margin { away: 30, joiners: 1_060, extra: 1 },
    Margin { away: 0, joiners: 1_000, extra: 0 },
];

/// Powers by which the weight of new joiners falls towards the last wave.
const FRONT_LOADS: [u32; 6] = [3, 2, 4, 1, 6, 0];

impl Margin {
    /// Joiners that a wave of this quota needs.
    fn joiners_min(self, quota: u64) -> u64 {
        let extra = if quota > 0 { self.extra } else { 0 };
        scale(quota, self.joiners, u128::div_ceil) + extra
    }

    /// People who return at most, of so many who could.
    fn returning_max(self, could: u64) -> u64 {
        scale(could, 1_000 - self.away, |product, by| product / by)
    }
}

fn scale(count: u64, per_mille: u64, divide: impl Fn(u128, u128) -> u128) -> u64 {
    let product = u128::from(count) * u128::from(per_mille);
    u64::try_from(divide(product, 1_000)).unwrap_or(u64::MAX)
}

/// Plans the joiners.
pub(super) fn plan_joins(
    totals: &Totals,
    shapes: &[WaveShape],
    quotas: &[u64],
) -> Result<PlannedJoins, PlanRefusal> {
    MARGINS
        .iter()
        .find_map(|margin| {
            let search = Search { totals, shapes, quotas, margin: *margin };
            search.run().map(|waves| PlannedJoins { waves, margin: *margin })
        })
        .ok_or_else(|| PlanRefusal::JoinsAboveMaximum {
            joins: totals.joins,
            maximum: joins_max(totals.people, quotas),
            people: totals.people,
            sk: totals.sk,
            waves: quotas.len(),
        })
}

/// Joins if everybody joins from the first wave on until winning.
fn joins_max(people: u64, quotas: &[u64]) -> u64 {
    let mut left = people;
    quotas.iter().fold(0, |sum, quota| {
        let sum = sum + left;
        left -= quota;
        sum
    })
}

/// One pass over the shapes with one margin.
struct Search<'a> {
    totals: &'a Totals,
    shapes: &'a [WaveShape],
    quotas: &'a [u64],
    margin: Margin,
}

impl Search<'_> {
    fn run(&self) -> Option<Vec<Joiners>> {
        let weighted = FRONT_LOADS.iter().flat_map(|power| [(*power, 0), (*power, u64::MAX)]);
        let weighted = weighted.filter_map(|(power, floor)| self.weighted_new(power, floor));
        weighted.chain(self.reserved_new()).find_map(|new| self.joiners_for(&new))
    }

    /// New joiners by the weight of joins, falling by a power towards the end; each wave has at least
    /// `floor` or the joiners that its draw needs, whichever is less.
    fn weighted_new(&self, power: u32, floor: u64) -> Option<Vec<u64>> {
        // A quarter beyond the last wave, so that some people are new even there.
        let end = self.shapes.len() as u64 * 5 / 4 + 1;
        let claims = self.shapes.iter().zip(self.quotas).enumerate().map(|(at, (shape, quota))| {
            let fall = (end - at as u64).saturating_pow(power);
            Claim {
                code: at as u32,
                weight: shape.join_weight.max(1).saturating_mul(fall),
                start: self.margin.joiners_min(*quota).min(floor),
                cap: self.totals.people,
            }
        });
        split(self.totals.people, &claims.collect::<Vec<_>>())
    }

    /// New joiners that keep a reserve of people who have joined and not won: as many as the quota in
    /// each wave, the reserve on top in the first, the rest in the last. With the smallest reserve
    /// that allows the joins there is a plan if there is any: one more person in reserve adds at
    /// least one possible return and at most one needed one. Larger reserves vary more.
    fn reserved_new(&self) -> Vec<Vec<u64>> {
        let new_for = |reserve: u64| self.new_with_reserve(reserve);
        let possible = |reserve: u64| -> u128 {
            self.bounds(&new_for(reserve)).map(|(_, cap)| u128::from(cap)).sum()
        };
        let (mut short, mut enough) = (0, self.totals.people);
        while short < enough {
            let middle = short + (enough - short) / 2;
            if possible(middle) >= u128::from(self.totals.joins) {
                enough = middle;
            } else {
                short = middle + 1;
            }
        }
        let spare = self.totals.people - enough;
        [enough + spare / 4, enough + spare / 2, enough + spare, enough].map(new_for).to_vec()
    }

    fn new_with_reserve(&self, reserve: u64) -> Vec<u64> {
        let people = self.totals.people;
        let last = self.quotas.len() - 1;
        let (mut joined, mut won) = (0, 0);
        let new = self.quotas.iter().enumerate().map(|(at, quota)| {
            won += quota;
            let upto = if at == last { people } else { (won + reserve).min(people) };
            let new = upto - joined;
            joined = upto;
            new
        });
        new.collect()
    }

    /// Fewest and most joiners of each wave. The fewest may lie above the most.
    fn bounds<'a>(&'a self, new: &'a [u64]) -> impl Iterator<Item = (u64, u64)> + 'a {
        // Signed, since a shape may promise seats to more people than have joined.
        let mut could_return: i128 = 0;
        new.iter().zip(self.quotas).map(move |(new, quota)| {
            let could = u64::try_from(could_return).unwrap_or(0);
            could_return += i128::from(*new) - i128::from(*quota);
            let most = new + self.margin.returning_max(could);
            ((*new).max(self.margin.joiners_min(*quota)), most)
        })
    }

    /// Splits the joins between the bounds; `None` if that is not possible.
    fn joiners_for(&self, new: &[u64]) -> Option<Vec<Joiners>> {
        let claims = self.bounds(new).zip(self.shapes).enumerate().map(|(at, (bounds, shape))| {
            let (start, cap) = bounds;
            Claim { code: at as u32, weight: shape.join_weight, start, cap }
        });
        let joiners = split(self.totals.joins, &claims.collect::<Vec<_>>())?;
        let waves = joiners.iter().zip(new);
        Some(waves.map(|(all, new)| Joiners { new: *new, returning: all - new }).collect())
    }
}

impl PlannedJoins {
    /// What the population may hold that the draw cannot use.
    pub(super) fn mix(&self, totals: &Totals, quotas: &[u64]) -> Mix {
        let roomy = self.margin.away >= 100;
        Mix {
            ineligible_per_mille: self.ineligible_per_mille(quotas),
            // A third member of a family finds the card full only where winning is common; at one in
            // two that keeps about 7 % of those who have not won away, within the margin.
            large_families: roomy && totals.sk <= totals.people / 2,
            // Those too old for later waves are about 2 % of the people, and at seven winners in ten 6 % of
            // those who have not won.
            outgrown: roomy && u128::from(totals.sk) * 10 <= u128::from(totals.people) * 7,
        }
    }

    /// Ineligible people never win, so their part grows among those who return, and most among those
    /// who return often: three times their part is reckoned with. It is kept so low that each wave has
    /// a tenth and three more eligible joiners than seats, and that half of those who have not won are
    /// eligible.
    fn ineligible_per_mille(&self, quotas: &[u64]) -> u16 {
        let (mut joined, mut left) = (0u128, 0u128);
        let mut least = 60;
        for (wave, quota) in self.waves.iter().zip(quotas).map(|(w, q)| (w, u128::from(*q))) {
            let (new, returning) = (u128::from(wave.new), u128::from(wave.returning));
            let spare = (new + returning).saturating_sub(quota + quota.div_ceil(10) + 3);
            // Joiners that would be ineligible if all people were.
            let often = (3 * returning * joined).checked_div(left).unwrap_or(0);
            joined += new;
            left = (left + new).saturating_sub(quota);
            if quota > 0 {
                least = least.min(1_000 * spare / (new + often).max(1));
            }
            least = least.min(500 * left / joined.max(1));
        }
        u16::try_from(least).unwrap_or(60)
    }
}
