//! The draw of one region, held against what was published of it.

use selection::draw::{Outcome, PoolPlan, RegionDraw, RegionResult, SeatBook};
use selection::quota::RegionQuota;

use super::Span;
use super::draw::Wave;
use super::hidden;
use super::replace::{Replay, replay_drawn};
use super::report::Fault;
use crate::format::{PoolOutcome, RegionOutcome};

/// What was found in one region.
#[derive(Debug)]
pub(super) struct RegionCheck {
    /// First fault of the draw.
    pub(super) fault: Option<Fault>,
    /// First fault of its revocations.
    pub(super) replaced: Result<(), Fault>,
    /// Counts and thresholds: those that follow, or the published ones where classes are hidden.
    pub(super) outcome: Option<RegionOutcome>,
    /// Seats of the table.
    pub(super) seats: u64,
}

impl RegionCheck {
    pub(super) fn failed(fault: Fault) -> Self {
        let replaced = Err(Fault::new("without a draw (result.json) nobody can be revoked"));
        Self { fault: Some(fault), replaced, outcome: None, seats: 0 }
    }
}

pub(super) fn check_region(
    wave: &Wave<'_>,
    draw: &mut RegionDraw,
    quota: &RegionQuota,
    span: Span,
) -> RegionCheck {
    let checked = if quota.public {
        check_public(wave, draw, quota, span)
    } else {
        hidden::check(wave, quota, span)
    };
    checked.unwrap_or_else(RegionCheck::failed)
}

fn check_public(
    wave: &Wave<'_>,
    draw: &mut RegionDraw,
    quota: &RegionQuota,
    span: Span,
) -> Result<RegionCheck, Fault> {
    let replay = Replay::of(wave, span);
    let mut masks = Vec::new();
    let mut intake = draw.region(quota.code);
    wave.entries.each(span, |index, record| {
        if replay.is_some() {
            masks.push(record.parts().mask);
        }
        intake.add(record).map_err(|error| Fault::record(index, error))
    })?;
    let plans = quota.pool_plans(wave.folder.policy.policy().rules());
    let result = intake.draw_pools(&plans);
    let result = result.map_err(|error| Fault::new(format!("quota.json: {error}")))?;
    let outcome = outcome_of(quota, &result);
    let published = wave.result.and_then(|file| {
        let at = file.regions.binary_search_by_key(&quota.code, |own| own.code).ok()?;
        file.regions.get(at)
    });
    let fault = compare_records(wave, span, result.outcomes)?
        .or_else(|| (published != Some(&outcome)).then(|| difference(published, &outcome)));
    let replaced = match replay {
        Some(replay) => replay_drawn(&replay, book(&plans, &masks, result.outcomes)),
        None => Ok(()),
    };
    Ok(RegionCheck { fault, replaced, outcome: Some(outcome), seats: u64::from(quota.seats) })
}

fn book(plans: &[PoolPlan], masks: &[u16], outcomes: &[Outcome]) -> SeatBook {
    let people = (0..).zip(masks).zip(outcomes);
    SeatBook::new(plans, people.map(|((index, mask), outcome)| (index, *mask, *outcome)))
}

/// First record whose bit or number is not what the draw gives.
fn compare_records(
    wave: &Wave<'_>,
    span: Span,
    outcomes: &[Outcome],
) -> Result<Option<Fault>, Fault> {
    let Some(files) = &wave.outcomes else { return Ok(None) };
    let published = files.read(span)?;
    let different = (span.start..).zip(published.iter().zip(outcomes)).find(|(_, (found, own))| {
        let code = own.waitlist_code();
        **found != (code == 0, code)
    });
    Ok(different.map(|(index, ((bit, number), own))| {
        let file = if *bit == (own.waitlist_code() == 0) { "waitlist.bin" } else { "selected.bin" };
        let text = match own {
            Outcome::Selected { .. } => "the draw selects the record".to_owned(),
            Outcome::Waiting { rank } => format!("the draw gives the record rank {rank}"),
            Outcome::HouseholdCap => "the household cap keeps the record out of play".to_owned(),
        };
        let found = if file == "waitlist.bin" { u64::from(*number) } else { u64::from(*bit) };
        Fault::at(index, format!("{file} says {found}, but {text}"))
    }))
}

fn difference(published: Option<&RegionOutcome>, own: &RegionOutcome) -> Fault {
    let Some(published) = published else {
        return Fault::new(format!("result.json: region {} is missing", own.code));
    };
    let pool = published.pools.iter().zip(&own.pools).find(|(found, own)| found != own);
    let place = pool.map_or(String::new(), |(_, own)| format!(", pool {:?}", own.name));
    Fault::new(format!(
        "result.json: region {}{place} has other counts or limits than the draw gives",
        own.code
    ))
}

/// What is published of a drawn region.
pub(crate) fn outcome_of(quota: &RegionQuota, result: &RegionResult<'_>) -> RegionOutcome {
    let pools = quota.pools.iter().zip(&result.pools).map(|(pool, own)| PoolOutcome {
        name: pool.name.clone(),
        seats: own.seats,
        filled: own.filled,
        short: own.short,
        cutoff: own.cutoff,
        masks: own.masks.clone(),
    });
    RegionOutcome {
        code: quota.code,
        n: result.in_play,
        capped: result.capped,
        selected: result.selected,
        public: quota.public,
        pools: pools.collect(),
    }
}
