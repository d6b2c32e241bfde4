//! The quota table of a wave: seats by region, pool and guarantee, from the roll and the policy.

use domain::policy::PolicyVersion;
use domain::region::RegionCode;
use domain::seats::Lowered;
use domain::wave::{WaveKind, WaveNumber};
use selection::apportion::{Claim, sainte_lague};
use selection::draw::{GuaranteedSeats, PoolPlan};
use selection::policy::{CheckedRules, Region, SeatRules};
use selection::quota::{
    GuaranteeQuota, Incoming, LoweredReason, NationalQuota, PoolQuota, RegionCounts, RegionTally,
    ReturnedSeats, TallyError, solve,
};
use storage::error::StorageError;
use storage::public_folders::TakenSeats;
use storage::seats::{GuaranteeRow, NationalRow, PoolRow, QuotaRow, QuotaRows};

use crate::act::ActError;
use crate::roll::{Roll, selection_error};
use crate::seats::seat_rules;

/// The rules of a wave over the regions that share its own seats, ascending. A recovery wave has none of its own, so its
/// regions have no floors.
pub(crate) fn rules_of_wave(
    policy: &PolicyVersion,
    (kind, base_seats): (WaveKind, u32),
    weights: &[(RegionCode, u64)],
) -> SeatRules {
    let shares = &policy.selection().shares;
    let regions = weights.iter().map(|(region, weight)| Region {
        code: region.get(),
        province: region.province().get(),
        weight: *weight,
        floor: match kind {
            WaveKind::Regular => shares.floor_of(*region),
            WaveKind::Recovery => 0,
        },
        cap: None,
    });
    seat_rules(shares, policy.eligibility(), base_seats, regions.collect())
}

/// Solves the table: each region first gets its floor and what it freed, none gets more than it has people in play.
/// Seats that nobody can take, and those kept for appeals, stay visible as unfilled.
pub(crate) fn solve_quotas(
    wave: WaveNumber,
    policy: &PolicyVersion,
    rules: &SeatRules,
    taken: &TakenSeats,
    roll: &Roll,
) -> Result<QuotaRows, ActError> {
    let checked = rules.check().map_err(|faults| selection_error(wave, &faults))?;
    let counts = count_regions(checked, roll).map_err(|error| selection_error(wave, &error))?;
    let returned = |(region, count): (&RegionCode, &u32)| ReturnedSeats {
        region: region.get(),
        count: *count,
    };
    let incoming = Incoming {
        carry_in: taken.carried.values().map(|seats| u64::from(*seats)).sum(),
        returned: taken.returned.iter().map(returned).collect(),
    };
    let table =
        solve(checked, &counts, &incoming).map_err(|error| selection_error(wave, &error))?;
    let shown = |rule: &Region| Claim {
        code: u32::from(rule.code),
        weight: rule.weight,
        start: 0,
        cap: u64::MAX,
    };
    let claims: Vec<Claim> = rules.regions.iter().map(shown).collect();
    let left = table.carry.saturating_add(table.q.reserve);
    let unfilled = sainte_lague(left, &claims).map_err(|error| selection_error(wave, &error))?;
    let row = |(own, unfilled): (&selection::quota::RegionQuota, &u64)| {
        let unfilled = u32::try_from(*unfilled).unwrap_or(u32::MAX);
        Some(QuotaRow {
            region: RegionCode::new(own.code)?,
            seats: own.seats.saturating_add(unfilled),
            unfilled,
            in_play: Some(own.n),
            pools: own.pools.iter().map(pool_row).collect(),
        })
    };
    Ok(QuotaRows {
        classes: policy.selection().shares.classes.iter().map(|class| class.group).collect(),
        regions: table.regions.iter().zip(&unfilled.seats).filter_map(row).collect(),
        national: table.national.iter().map(national_row).collect(),
    })
}

/// Counts the people of each region that shares the seats.
fn count_regions(rules: CheckedRules<'_>, roll: &Roll) -> Result<Vec<RegionCounts>, TallyError> {
    let mut tally = RegionTally::new(rules);
    let mut counts = Vec::new();
    for (region, entries) in roll.regions() {
        let code = region.get();
        if rules.get().regions.binary_search_by_key(&code, |rule| rule.code).is_err() {
            continue;
        }
        tally.region(code)?;
        for entry in entries {
            if entry.is_hidden() {
                tally.add_opened(&entry.record, entry.mask)?;
            } else {
                tally.add(&entry.record)?;
            }
        }
        counts.push(tally.finish()?);
    }
    Ok(counts)
}

fn pool_row(pool: &PoolQuota) -> PoolRow {
    let guarantee = |own: &GuaranteeQuota| GuaranteeRow {
        bit: own.trait_bit,
        asked: own.asked,
        seats: own.seats,
        lowered: own.reason.map(|reason| match reason {
            LoweredReason::People => Lowered::People,
            LoweredReason::Seats => Lowered::Seats,
        }),
    };
    PoolRow {
        name: pool.name.clone(),
        seats: pool.seats,
        guarantees: pool.guarantees.iter().map(guarantee).collect(),
    }
}

const fn national_row(own: &NationalQuota) -> NationalRow {
    NationalRow { bit: own.trait_bit, asked: own.asked, placed: own.placed }
}

/// The pools of a region as the draw takes them.
pub(crate) fn pool_plans(
    rules: &SeatRules,
    pools: &[PoolRow],
) -> Result<Vec<PoolPlan>, StorageError> {
    let same = rules.pools.iter().map(|rule| &rule.name).eq(pools.iter().map(|pool| &pool.name));
    if !same {
        return Err(StorageError::Inconsistency { table: "quota_pools", column: "name" });
    }
    let plan = |(rule, pool): (&selection::policy::Pool, &PoolRow)| PoolPlan {
        need: rule.need,
        order: rule.order,
        seats: pool.seats,
        takes_leftovers: rule.is_open(),
        guarantees: pool
            .guarantees
            .iter()
            .map(|own| GuaranteedSeats { trait_bit: own.bit, seats: own.seats })
            .collect(),
    };
    Ok(rules.pools.iter().zip(pools).map(plan).collect())
}
