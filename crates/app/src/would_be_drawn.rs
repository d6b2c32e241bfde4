//! Whether somebody would have had a seat, had all been in the draw who belong there by now.

use domain::region::RegionCode;
use selection::digest::Seed;
use selection::draw::{DrawError, Outcome, PoolPlan, RegionDraw};
use selection::policy::SeatRules;
use selection::record::{EntryTag, HouseholdTag, Record, RecordError, RecordParts, Weight, flags};
use storage::appeals::RegionResult;
use storage::classes::MemberClass;
use storage::error::StorageError;
use storage::seats::PoolRow;

use crate::quota::pool_plans;

/// Why the draw could not be made again.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RedrawError {
    /// What is stored of the pools is not what the policy has.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// A member is no entry.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// The region cannot be drawn.
    #[error(transparent)]
    Draw(#[from] DrawError),
}

/// True if a member would have had a seat: draws the region's seats once more by its pools, among those appointed and
/// the member. Whoever lost to the appointed loses to them again, so nobody else need be there. Those appointed by
/// earlier answers count, or several appeals of one region would give more places than a draw with all of them.
/// Source: selection.md section 12, omission of an applicant.
pub(crate) fn would_be_drawn(
    rules: &SeatRules,
    result: &RegionResult,
    (region, tag, class): (RegionCode, [u8; 16], MemberClass),
) -> Result<bool, RedrawError> {
    let plans = full_plans(rules, result)?;
    let seats = plans.iter().fold(0u32, |sum, plan| sum.saturating_add(plan.seats));
    if result.appointed.len() < seats as usize {
        return Ok(true);
    }
    // Places of family cards are looked at apart.
    let mut draw = RegionDraw::new(&Seed::from_bytes(result.seed), 0);
    let mut intake = draw.region(region.get());
    intake.add(&record(region, tag, class)?)?;
    for (tag, class) in &result.appointed {
        intake.add(&record(region, *tag, *class)?)?;
    }
    let drawn = intake.draw_pools(&plans)?;
    Ok(matches!(drawn.outcomes.first(), Some(Outcome::Selected { .. })))
}

/// The pools with the seats that one more person could have taken: those left over stand in the open pool, and a
/// guarantee that was lowered for want of people reaches as far as its pool has seats.
fn full_plans(rules: &SeatRules, result: &RegionResult) -> Result<Vec<PoolPlan>, StorageError> {
    if result.pools.is_empty() {
        return Ok(vec![PoolPlan::open(0)]);
    }
    let mut plans = pool_plans(rules, &result.pools)?;
    for (plan, pool) in plans.iter_mut().zip(&result.pools) {
        if plan.takes_leftovers {
            plan.seats = plan.seats.saturating_add(result.unfilled);
        }
        raise(plan, pool);
    }
    Ok(plans)
}

fn raise(plan: &mut PoolPlan, pool: &PoolRow) {
    let guaranteed = plan.guarantees.iter().fold(0u32, |sum, own| sum.saturating_add(own.seats));
    let mut room = plan.seats.saturating_sub(guaranteed);
    for (own, stored) in plan.guarantees.iter_mut().zip(&pool.guarantees) {
        let more = stored.asked.saturating_sub(stored.seats).min(room);
        own.seats = own.seats.saturating_add(more);
        room = room.saturating_sub(more);
    }
}

fn record(region: RegionCode, tag: [u8; 16], class: MemberClass) -> Result<Record, RecordError> {
    Record::new(RecordParts {
        entry_tag: EntryTag(tag),
        commitment: [0; 32],
        region: region.get(),
        mask: class.mask,
        weight: Weight::new(class.weight)?,
        flags: flags(class.mask, 0)?,
        household: HouseholdTag::NONE,
    })
}
