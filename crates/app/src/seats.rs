//! The rules of seats and draw of one wave, as the draw takes them.

use domain::policy::{
    EligibilityRules, GuaranteeRule, Named as _, PoolOrder, PoolRule, ReservedGroup, SeatShares,
    Share,
};
use selection::policy::{
    ApportionLevels, ApportionMethod, ApportionRule, Carryover, Guarantee, Pool, Region, SeatRules,
    SmallCellMode, SmallCells, Trait,
};

/// The bit that stands for a group without class; the draw refuses it, since it lists no such trait.
const NO_BIT: u8 = 15;

/// The rules of a wave: its policy, its seats before freed ones, and its regions, ascending by code.
///
/// Freed seats go back to their regions first, and each further seat to the region with the best claim, all regions in
/// one pass. The programme keeps no seats for appeals and has no waiting list.
pub(crate) fn seat_rules(
    shares: &SeatShares,
    rules: &EligibilityRules,
    base: u32,
    regions: Vec<Region>,
) -> SeatRules {
    let traits = (0..).zip(&shares.classes);
    let mode = if shares.small_cells_below == 0 { SmallCellMode::Off } else { SmallCellMode::Hide };
    SeatRules {
        base,
        carryover: Carryover::SameRegion,
        reserve: selection::policy::Share::NONE,
        apportionment: ApportionRule {
            method: ApportionMethod::SainteLague,
            levels: ApportionLevels::One,
        },
        regions,
        traits: traits
            .map(|(bit, class)| Trait { bit, name: class.group.name().to_owned() })
            .collect(),
        small_cells: SmallCells { k: shares.small_cells_below, mode },
        household_cap: rules.max_beneficiaries_per_kk.unwrap_or(0),
        max_weight: shares.weight_max(),
        waitlist: false,
        pools: shares.pools.iter().map(|rule| pool(shares, rule)).collect(),
        national: guarantees(shares, &shares.national),
    }
}

fn pool(shares: &SeatShares, rule: &PoolRule) -> Pool {
    let bit = |group: &ReservedGroup| 1u16 << bit_of(shares, *group);
    Pool {
        name: rule.name.clone(),
        need: rule.need.iter().map(bit).fold(0, |mask, bit| mask | bit),
        order: match rule.order {
            PoolOrder::GuaranteesFirst => selection::policy::PoolOrder::GuaranteesFirst,
            PoolOrder::OpenFirst => selection::policy::PoolOrder::OpenFirst,
        },
        share: rule.share.map(share),
        guarantees: guarantees(shares, &rule.guarantees),
    }
}

fn guarantees(shares: &SeatShares, rules: &[GuaranteeRule]) -> Vec<Guarantee> {
    let guarantee = |rule: &GuaranteeRule| Guarantee {
        trait_bit: bit_of(shares, rule.group),
        share: share(rule.share),
    };
    rules.iter().map(guarantee).collect()
}

fn bit_of(shares: &SeatShares, group: ReservedGroup) -> u8 {
    shares.bit_of(group).unwrap_or(NO_BIT)
}

const fn share(share: Share) -> selection::policy::Share {
    selection::policy::Share { num: share.num, den: share.den }
}
