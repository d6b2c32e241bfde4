//! The rules of section 16.3, with the ranges of section 16.1.

use std::collections::BTreeSet;

use super::fault::PolicyFault;
use super::trust::{BeaconFacts, Policy};
use super::{GUARANTEES_MAX, Guarantee, POOLS_MAX, Pool, Region, SeatRules, Share, TRAIT_BIT_MAX};
use crate::beacon::BeaconSchedule;
use crate::digest::is_published_name;
use crate::record::WEIGHT_MAX;

/// Seconds that the public has at least to look at the roll, also at a corrected one.
const INSPECTION_S: u64 = 86_400;

/// Faults of times, beacon and trust.
pub(super) fn policy_faults(policy: &Policy) -> Vec<PolicyFault> {
    let mut faults = Vec::new();
    name(&mut faults, "the programme", &policy.programme);
    for witness in &policy.witnesses {
        name(&mut faults, "a witness", &witness.name);
    }
    for contributor in &policy.contributors {
        name(&mut faults, "a contributor", &contributor.name);
    }
    time_faults(policy, &mut faults);
    beacon_faults(policy, &mut faults);
    let witnesses = policy.witnesses.len();
    if policy.quorum == 0 || usize::from(policy.quorum) > witnesses {
        faults.push(PolicyFault::Quorum { quorum: policy.quorum, witnesses });
    }
    let (mut names, mut keys) = (BTreeSet::new(), BTreeSet::new());
    for own in &policy.contributors {
        // Both are remembered, also of one that is refused.
        if !names.insert(&own.name) | !keys.insert(own.key) {
            faults.push(PolicyFault::ContributorTwice { name: own.name.clone() });
        }
    }
    faults
}

fn time_faults(policy: &Policy, faults: &mut Vec<PolicyFault>) {
    let times = &policy.times;
    let before_draw = times.t4.saturating_sub(u64::from(times.margin_s));
    let order = [
        ("t0", times.t0),
        ("t1", times.t1),
        ("t2", times.t2),
        ("t3", times.t3),
        ("t4 less the margin", before_draw),
    ];
    for &[(earlier, earlier_s), (later, later_s)] in order.array_windows() {
        if earlier_s > later_s {
            faults.push(PolicyFault::TimeOrder { earlier, earlier_s, later, later_s });
        }
    }
    if times.margin_s == 0 {
        faults.push(PolicyFault::Margin);
    }
    // A corrected plan is due by the margin before the draw of the plan before, of which the log may
    // have no more than a digest.
    let corrected_s = u64::from(times.correction_shift_s).saturating_add(times.margin_s.into());
    if times.correction_shift_s == 0 {
        faults.push(PolicyFault::CorrectionShift);
    } else if !policy.beacon.test && corrected_s < INSPECTION_S {
        faults.push(PolicyFault::CorrectionWindow { window_s: corrected_s });
    }
    let window_s = times.t4.saturating_sub(times.t2);
    if !policy.beacon.test && window_s < INSPECTION_S {
        faults.push(PolicyFault::InspectionWindow { window_s });
    }
}

fn beacon_faults(policy: &Policy, faults: &mut Vec<PolicyFault>) {
    let beacon = &policy.beacon;
    let real = *beacon == BeaconFacts { test: beacon.test, ..BeaconFacts::quicknet() };
    if beacon.test == real {
        faults.push(PolicyFault::BeaconTest { test: beacon.test });
    }
    let last_plan = policy.times.max_corrections.saturating_add(1);
    let round = BeaconSchedule::new(beacon.genesis_s, beacon.period_s).and_then(|schedule| {
        policy.times.round_of(1, &schedule)?;
        policy.times.round_of(last_plan, &schedule)
    });
    faults.extend(round.err().map(PolicyFault::Beacon));
}

/// Faults of seats and draw.
pub(super) fn rule_faults(rules: &SeatRules) -> Vec<PolicyFault> {
    let mut faults = Vec::new();
    share(&mut faults, rules.reserve, || "the reserve".to_owned());
    region_faults(rules, &mut faults);
    trait_faults(rules, &mut faults);
    pool_faults(rules, &mut faults);
    for pool in &rules.pools {
        guarantee_faults(rules, pool, &mut faults);
    }
    list_faults(rules, "the national list", &rules.national, &mut faults);
    if !(1..=WEIGHT_MAX).contains(&rules.max_weight) {
        faults.push(PolicyFault::MaxWeight { max_weight: rules.max_weight });
    }
    faults
}

fn region_faults(rules: &SeatRules, faults: &mut Vec<PolicyFault>) {
    for &Region { code, weight, floor, cap, .. } in &rules.regions {
        if code == 0 || code == u16::MAX {
            faults.push(PolicyFault::RegionCode { code });
        }
        if weight == 0 {
            faults.push(PolicyFault::RegionWeight { code });
        }
        if let Some(cap) = cap
            && cap < floor
        {
            faults.push(PolicyFault::CapBelowFloor { code, cap, floor });
        }
    }
    ascending(faults, "region", rules.regions.iter().map(|region| region.code));
    let floors = rules.regions.iter().map(|region| u64::from(region.floor)).sum();
    let seats = u64::from(rules.base).saturating_sub(rules.reserve_seats());
    if floors > seats {
        faults.push(PolicyFault::Floors { floors, seats });
    }
}

fn trait_faults(rules: &SeatRules, faults: &mut Vec<PolicyFault>) {
    for listed in &rules.traits {
        name(faults, "a trait", &listed.name);
        if listed.bit > TRAIT_BIT_MAX {
            faults.push(PolicyFault::TraitBit { bit: listed.bit });
        }
    }
    ascending(faults, "trait bit", rules.traits.iter().map(|listed| u16::from(listed.bit)));
}

fn pool_faults(rules: &SeatRules, faults: &mut Vec<PolicyFault>) {
    let pools = rules.pools.len();
    if pools > POOLS_MAX {
        faults.push(PolicyFault::TooManyPools { pools });
    }
    let open = rules.pools.iter().filter(|pool| pool.is_open()).count();
    if open != 1 {
        faults.push(PolicyFault::OpenPools { pools: open });
    }
    for pool in &rules.pools {
        name(faults, "a pool", &pool.name);
        match (pool.is_open(), pool.share) {
            (true, Some(_)) => faults.push(PolicyFault::OpenShare),
            (false, None) => faults.push(PolicyFault::NoShare { pool: pool.name.clone() }),
            (true, None) => {}
            (false, Some(part)) => share(faults, part, || format!("pool {:?}", pool.name)),
        }
        if pool.is_open() && pool.need != 0 {
            faults.push(PolicyFault::OpenNeed { need: pool.need });
        }
    }
    if rules.pools.len() <= POOLS_MAX && above_one(&rules.pools) {
        faults.push(PolicyFault::PoolShares);
    }
}

/// Whether the shares add up to more than 1, exactly: at most 8 denominators of at most 10,000 each
/// multiply to at most 10^32, which fits 128 bits; broken shares are faults of their own.
fn above_one(pools: &[Pool]) -> bool {
    let shares = pools.iter().filter_map(|pool| pool.share).filter(|part| part.is_valid());
    let (num, den) = shares.fold((0u128, 1u128), |(num, den), part| {
        let (own_num, own_den) = (u128::from(part.num), u128::from(part.den));
        let sum = num.saturating_mul(own_den).saturating_add(own_num.saturating_mul(den));
        (sum, den.saturating_mul(own_den))
    });
    num > den
}

fn guarantee_faults(rules: &SeatRules, pool: &Pool, faults: &mut Vec<PolicyFault>) {
    let user = format!("pool {:?}", pool.name);
    for bit in (0..16).filter(|bit| pool.need & !rules.trait_bits() & (1 << bit) != 0) {
        faults.push(PolicyFault::UnknownTrait { user: user.clone(), bit });
    }
    list_faults(rules, &user, &pool.guarantees, faults);
    let national = rules.national.iter().filter(|_| pool.is_open());
    let all: BTreeSet<u8> =
        pool.guarantees.iter().chain(national).map(|guarantee| guarantee.trait_bit).collect();
    if all.len() > GUARANTEES_MAX {
        let pool = pool.name.clone();
        faults.push(PolicyFault::TooManyGuarantees { pool, traits: all.len() });
    }
}

/// Faults of one list of guarantees by itself.
fn list_faults(
    rules: &SeatRules,
    list: &str,
    guarantees: &[Guarantee],
    faults: &mut Vec<PolicyFault>,
) {
    let mut seen = BTreeSet::new();
    for guarantee in guarantees {
        let bit = guarantee.trait_bit;
        if !rules.traits.iter().any(|listed| listed.bit == bit) {
            faults.push(PolicyFault::UnknownTrait { user: list.to_owned(), bit });
        }
        if !seen.insert(bit) {
            faults.push(PolicyFault::TraitTwice { list: list.to_owned(), bit });
        }
        share(faults, guarantee.share, || format!("trait bit {bit} in {list}"));
    }
}

fn name(faults: &mut Vec<PolicyFault>, what: &'static str, name: &str) {
    if !is_published_name(name) {
        faults.push(PolicyFault::Name { what, name: name.to_owned() });
    }
}

fn share(faults: &mut Vec<PolicyFault>, part: Share, of: impl FnOnce() -> String) {
    if !part.is_valid() {
        faults.push(PolicyFault::Share { of: of(), num: part.num, den: part.den });
    }
}

fn ascending(
    faults: &mut Vec<PolicyFault>,
    what: &'static str,
    numbers: impl IntoIterator<Item = u16>,
) {
    let mut last = None;
    for number in numbers {
        if let Some(previous) = last.filter(|&previous| previous >= number) {
            faults.push(PolicyFault::NotAscending { what, previous, number });
        }
        last = Some(number);
    }
}
