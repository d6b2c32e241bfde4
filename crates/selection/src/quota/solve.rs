//! From counts to the table.

use std::collections::BTreeMap;

use super::error::QuotaError;
use super::guarantees::{Asked, lower, take_stated};
use super::national::{NationalSplit, split_national};
use super::{
    HiddenClasses, Incoming, MaskCount, PoolQuota, QuotaTable, RegionCounts, RegionQuota,
    SeatTotals, TraitCount,
};
use crate::apportion::{Apportionment, Claim, apportion, apportion_groups};
use crate::policy::{ApportionLevels, Carryover, CheckedRules, Pool, SeatRules};
use crate::record::HIDDEN_MASK;

/// Solves the whole table; regions without counts have no people.
///
/// # Errors
/// [`QuotaError`] if the counts contradict the policy or themselves.
///
/// Source: sections 6.1 to 6.4 and 16.5.
pub fn solve(
    rules: CheckedRules<'_>,
    counts: &[RegionCounts],
    incoming: &Incoming,
) -> Result<QuotaTable, QuotaError> {
    let rules = rules.get();
    let counts = by_code(rules, counts)?;
    let q = seat_totals(rules, incoming);
    let mut states = region_states(rules, &counts, incoming)?;
    let divided = divide(rules, q.total.saturating_sub(q.reserve), &states)?;
    for (state, seats) in states.iter_mut().zip(&divided.seats) {
        // Seats stay at or below the people in play, which are counted in 32 bits.
        state.seats = u32::try_from(*seats).unwrap_or(u32::MAX);
        state.pool_seats = pool_seats(&rules.pools, state.seats);
    }
    let split = split_national(rules, &states)?;
    let regions = states
        .iter()
        .enumerate()
        .map(|(place, state)| region_quota(rules, state, &split, place))
        .collect::<Result<_, _>>()?;
    Ok(QuotaTable { q, carry: divided.unplaced, national: split.national, regions })
}

/// One region while it is solved.
pub(super) struct RegionState<'c> {
    pub(super) code: u16,
    pub(super) province: u16,
    weight: u64,
    counts: Option<&'c RegionCounts>,
    records: u32,
    hidden: u32,
    /// Records per true mask, as far as known.
    cells: Vec<MaskCount>,
    /// Holders of each national trait, ascending by bit.
    pub(super) holders: Vec<TraitCount>,
    n: u32,
    cap: u32,
    floor: u32,
    seats: u32,
    pub(super) pool_seats: Vec<u32>,
}

impl RegionState<'_> {
    /// Seats of the region.
    pub(super) fn seats(&self) -> u32 {
        self.seats
    }
}

fn by_code<'c>(
    rules: &SeatRules,
    counts: &'c [RegionCounts],
) -> Result<BTreeMap<u16, &'c RegionCounts>, QuotaError> {
    let mut listed = BTreeMap::new();
    for region in counts {
        let code = region.code;
        if rules.regions.binary_search_by_key(&code, |rule| rule.code).is_err() {
            return Err(QuotaError::UnknownRegion { code });
        }
        if listed.insert(code, region).is_some() {
            return Err(QuotaError::RegionTwice { code });
        }
    }
    Ok(listed)
}

fn seat_totals(rules: &SeatRules, incoming: &Incoming) -> SeatTotals {
    let (base, carry_in) = (u64::from(rules.base), incoming.carry_in);
    let returned = incoming.returned.iter().map(|region| u64::from(region.count)).sum::<u64>();
    let total = base.saturating_add(returned).saturating_add(carry_in);
    SeatTotals { base, carry_in, reserve: rules.reserve_seats(), returned, total }
}

fn region_states<'c>(
    rules: &SeatRules,
    counts: &BTreeMap<u16, &'c RegionCounts>,
    incoming: &Incoming,
) -> Result<Vec<RegionState<'c>>, QuotaError> {
    let mut returned: BTreeMap<u16, u64> = BTreeMap::new();
    for region in &incoming.returned {
        let sum = returned.entry(region.region).or_default();
        *sum = sum.saturating_add(u64::from(region.count));
    }
    let state = |rule: &crate::policy::Region| {
        let own = counts.get(&rule.code).copied();
        let known = Known::read(rules, rule.code, own)?;
        let n = own.map_or(0, |own| own.n);
        let cap = rule.cap.map_or(n, |cap| cap.min(n));
        let back = match rules.carryover {
            Carryover::SameRegion => returned.get(&rule.code).copied().unwrap_or(0),
            Carryover::Pooled => 0,
        };
        let start = u64::from(rule.floor).saturating_add(back).min(u64::from(cap));
        Ok(RegionState {
            code: rule.code,
            province: rule.province,
            weight: rule.weight,
            counts: own,
            records: known.records,
            hidden: known.hidden,
            cells: known.cells,
            holders: known.holders,
            n,
            cap,
            floor: u32::try_from(start).unwrap_or(cap),
            seats: 0,
            pool_seats: Vec::new(),
        })
    };
    rules.regions.iter().map(state).collect()
}

/// What the counts say of one region.
struct Known {
    records: u32,
    hidden: u32,
    cells: Vec<MaskCount>,
    holders: Vec<TraitCount>,
}

impl Known {
    fn read(rules: &SeatRules, code: u16, own: Option<&RegionCounts>) -> Result<Self, QuotaError> {
        let published = own.map_or([].as_slice(), |own| own.masks.as_slice());
        let sum = |cells: &[MaskCount]| cells.iter().map(|c| u64::from(c.records)).sum::<u64>();
        let too_many = |_| QuotaError::TooManyRecords { code };
        let records = u32::try_from(sum(published)).map_err(too_many)?;
        let (hidden, mut cells): (Vec<MaskCount>, Vec<MaskCount>) =
            published.iter().partition(|cell| cell.mask == HIDDEN_MASK);
        let hidden = u32::try_from(sum(&hidden)).map_err(too_many)?;
        let n = own.map_or(0, |own| own.n);
        if n > records {
            return Err(QuotaError::InPlayAboveRecords { code, n, records });
        }
        let visible = holders(rules, &cells);
        let holders = match own.map_or(&HiddenClasses::None, |own| &own.hidden) {
            HiddenClasses::None if hidden == 0 => visible,
            HiddenClasses::None => {
                return Err(QuotaError::HiddenClasses { code, hidden, opened: 0 });
            }
            HiddenClasses::Opened(opened) => {
                let count = sum(opened);
                let masks_known = opened.iter().all(|cell| cell.mask != HIDDEN_MASK);
                if count != u64::from(hidden) || !masks_known {
                    return Err(QuotaError::HiddenClasses { code, hidden, opened: count });
                }
                cells.extend(opened);
                self::holders(rules, &cells)
            }
            HiddenClasses::Stated(stated) => {
                check_holders(code, &visible, hidden, &stated.holders)?;
                stated.holders.clone()
            }
        };
        Ok(Self { records, hidden, cells, holders })
    }
}

/// Records that hold each national trait, ascending by bit.
fn holders(rules: &SeatRules, cells: &[MaskCount]) -> Vec<TraitCount> {
    let mut bits: Vec<u8> = rules.national.iter().map(|asked| asked.trait_bit).collect();
    bits.sort_unstable();
    let count = |trait_bit: u8| {
        let holds = |cell: &&MaskCount| (cell.mask >> u32::from(trait_bit).min(15)) & 1 == 1;
        let records = cells.iter().filter(holds).map(|cell| cell.records);
        TraitCount { trait_bit, records: records.fold(0, u32::saturating_add) }
    };
    bits.into_iter().map(count).collect()
}

fn check_holders(
    code: u16,
    visible: &[TraitCount],
    hidden: u32,
    stated: &[TraitCount],
) -> Result<(), QuotaError> {
    let bits = |counts: &[TraitCount]| counts.iter().map(|c| c.trait_bit).collect::<Vec<_>>();
    if bits(visible) != bits(stated) {
        return Err(QuotaError::StatedShape { code });
    }
    for (seen, own) in visible.iter().zip(stated) {
        let most = u64::from(seen.records).saturating_add(u64::from(hidden));
        if own.records < seen.records || u64::from(own.records) > most {
            return Err(QuotaError::StatedHolders {
                code,
                trait_bit: own.trait_bit,
                stated: own.records,
                least: seen.records,
                most,
            });
        }
    }
    Ok(())
}

fn divide(
    rules: &SeatRules,
    seats: u64,
    states: &[RegionState<'_>],
) -> Result<Apportionment, QuotaError> {
    let claim = |state: &RegionState<'_>| Claim {
        code: u32::from(state.code),
        weight: state.weight,
        start: u64::from(state.floor),
        cap: u64::from(state.cap),
    };
    let method = rules.apportionment.method;
    Ok(match rules.apportionment.levels {
        ApportionLevels::One => {
            apportion(method, seats, &states.iter().map(claim).collect::<Vec<_>>())?
        }
        ApportionLevels::Two => {
            let grouped = states.iter().map(|state| (u32::from(state.province), claim(state)));
            apportion_groups(method, seats, &grouped.collect::<Vec<_>>())?
        }
    })
}

/// Each pool's part rounded down, the rest to `open`.
fn pool_seats(pools: &[Pool], seats: u32) -> Vec<u32> {
    let part = |pool: &Pool| {
        let part = pool.share.map_or(0, |share| share.floor_of(u64::from(seats)));
        u32::try_from(part).unwrap_or(u32::MAX)
    };
    let given = pools.iter().map(part).fold(0, u32::saturating_add);
    let rest = seats.saturating_sub(given);
    pools.iter().map(|pool| if pool.is_open() { rest } else { part(pool) }).collect()
}

fn region_quota(
    rules: &SeatRules,
    state: &RegionState<'_>,
    split: &NationalSplit,
    place: usize,
) -> Result<RegionQuota, QuotaError> {
    let stated = match state.counts.map(|counts| &counts.hidden) {
        Some(HiddenClasses::Stated(stated)) => Some(&stated.guarantees),
        Some(HiddenClasses::None | HiddenClasses::Opened(_)) | None => None,
    };
    if stated.is_some_and(|stated| stated.len() != rules.pools.len()) {
        return Err(QuotaError::StatedShape { code: state.code });
    }
    let mut pools = Vec::with_capacity(rules.pools.len());
    for (at, (pool, &seats)) in rules.pools.iter().zip(&state.pool_seats).enumerate() {
        let asked = Asked::of(pool, seats, |trait_bit| split.part(trait_bit, place), rules);
        let guarantees = match stated.and_then(|stated| stated.get(at)) {
            None => lower(pool.need, seats, &asked, &state.cells),
            Some(stated) => take_stated(state.code, &pool.name, seats, &asked, stated)?,
        };
        pools.push(PoolQuota { name: pool.name.clone(), seats, guarantees });
    }
    let public = state.hidden == 0;
    Ok(RegionQuota {
        code: state.code,
        records: state.records,
        n: state.n,
        cap: state.cap,
        floor: state.floor,
        seats: state.seats,
        public,
        holders: if public { Vec::new() } else { state.holders.clone() },
        pools,
    })
}
