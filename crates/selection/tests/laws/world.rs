//! People, rules and slow references that the laws share.

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use selection::draw::{GuaranteedSeats, PoolPlan, Seat, Step};
use selection::policy::{
    ApportionLevels, ApportionMethod, ApportionRule, Carryover, Guarantee, Pool, PoolOrder, Region,
    SeatRules, Share, SmallCellMode, SmallCells, Trait,
};
use selection::record::{EntryTag, HouseholdTag, Record, RecordParts, Weight, flags};

pub(crate) const REGION: u16 = 1571;

/// A record with nothing unusual.
pub(crate) fn record(region: u16, tag: [u8; 16], mask: u16) -> Record {
    weighted(region, tag, mask, 1, 0)
}

/// A record with a weight and a family card (0 = none).
pub(crate) fn weighted(region: u16, tag: [u8; 16], mask: u16, weight: u8, card: u64) -> Record {
    Record::new(RecordParts {
        entry_tag: EntryTag(tag),
        commitment: [0; 32],
        region,
        mask,
        weight: Weight::new(weight).unwrap(),
        flags: flags(mask, 0).unwrap(),
        household: HouseholdTag(card.to_be_bytes()),
    })
    .unwrap()
}

/// A tag that differs for every number.
pub(crate) fn tag(number: u64) -> [u8; 16] {
    (u128::from(number.wrapping_mul(0x9e37_79b9_7f4a_7c15)) << 64 | u128::from(number))
        .to_be_bytes()
}

/// Up to 14 people of one region with masks over four traits.
pub(crate) fn few_people() -> impl Strategy<Value = Vec<Record>> {
    btree_map(any::<[u8; 16]>(), (0u16..16, 1u8..=3), 0..=14).prop_map(|people| {
        let one = |(tag, (mask, weight))| weighted(REGION, tag, mask, weight, 0);
        people.into_iter().map(one).collect()
    })
}

/// Up to three pools over four traits, of which a random one takes leftovers. Seats are parts of
/// 14 that may exceed the people: [`fit`] cuts them.
pub(crate) fn some_pools() -> impl Strategy<Value = Vec<PoolPlan>> {
    let pool =
        (0u16..16, any::<bool>(), 0u32..8, vec(0u32..4, 4), Just([0u8, 1, 2, 3]).prop_shuffle());
    (vec(pool, 1..=3), any::<prop::sample::Index>()).prop_map(|(pools, open)| {
        let open = open.index(pools.len());
        let plan = |(at, (need, open_first, seats, asked, bits)): (
            usize,
            (u16, bool, u32, Vec<u32>, [u8; 4]),
        )| {
            let order = if open_first { PoolOrder::OpenFirst } else { PoolOrder::GuaranteesFirst };
            let mut room = seats;
            let guarantees = bits.into_iter().zip(asked).map(|(trait_bit, asked)| {
                let seats = asked.min(room);
                room -= seats;
                GuaranteedSeats { trait_bit, seats }
            });
            let guarantees = guarantees.collect();
            let need = if at == open { 0 } else { need };
            PoolPlan { need, order, seats, takes_leftovers: at == open, guarantees }
        };
        pools.into_iter().enumerate().map(plan).collect()
    })
}

/// Cuts seats from the last pools until they do not exceed the people, and guarantees likewise.
pub(crate) fn fit(mut pools: Vec<PoolPlan>, people: usize) -> Vec<PoolPlan> {
    let mut left = people as u32;
    for pool in &mut pools {
        pool.seats = pool.seats.min(left);
        left -= pool.seats;
        let mut room = pool.seats;
        for guarantee in &mut pool.guarantees {
            guarantee.seats = guarantee.seats.min(room);
            room -= guarantee.seats;
        }
    }
    pools
}

/// Whether all people can be matched one-to-one into guaranteed slots, by augmenting paths.
pub(crate) fn matchable(masks: &[u16], guarantees: &[GuaranteedSeats]) -> bool {
    largest_matching(masks, guarantees) == masks.len()
}

/// Finds a slot for a person, moving others to other slots where that helps.
fn place(
    person: usize,
    masks: &[u16],
    slots: &[u8],
    holder: &mut [Option<usize>],
    seen: &mut [bool],
) -> bool {
    for slot in 0..slots.len() {
        if masks[person] >> slots[slot] & 1 == 0 || seen[slot] {
            continue;
        }
        seen[slot] = true;
        if holder[slot].is_none_or(|other| place(other, masks, slots, holder, seen)) {
            holder[slot] = Some(person);
            return true;
        }
    }
    false
}

/// Most people that can be matched one-to-one into guaranteed slots.
pub(crate) fn largest_matching(masks: &[u16], guarantees: &[GuaranteedSeats]) -> usize {
    let slots: Vec<u8> = guarantees
        .iter()
        .flat_map(|own| std::iter::repeat_n(own.trait_bit, own.seats as usize))
        .collect();
    let mut holder: Vec<Option<usize>> = vec![None; slots.len()];
    (0..masks.len())
        .filter(|&person| place(person, masks, &slots, &mut holder, &mut vec![false; slots.len()]))
        .count()
}

/// The draw by the words of the specification: `masks` in ticket order, one seat or none for each.
pub(crate) fn plain_draw(masks: &[u16], pools: &[PoolPlan]) -> Vec<Option<Seat>> {
    let mut seats: Vec<Option<Seat>> = vec![None; masks.len()];
    let mut left = 0;
    for (number, pool) in (0u8..).zip(pools) {
        let by_ticket = |seats: &mut Vec<Option<Seat>>, mut count: u32| {
            for (seat, mask) in seats.iter_mut().zip(masks) {
                if count > 0 && seat.is_none() && pool.accepts(*mask) {
                    *seat = Some(Seat { pool: number, step: Step::Ticket });
                    count -= 1;
                }
            }
            count
        };
        let mut unfilled = pool.seats;
        if pool.order == PoolOrder::OpenFirst {
            let open = pool.seats - pool.guarantees.iter().map(|own| own.seats).sum::<u32>();
            unfilled = pool.seats - open + by_ticket(&mut seats, open);
        }
        let mut matched = Vec::new();
        for (seat, mask) in seats.iter_mut().zip(masks) {
            if seat.is_none() && pool.accepts(*mask) {
                matched.push(*mask);
                if matchable(&matched, &pool.guarantees) {
                    *seat = Some(Seat { pool: number, step: Step::Guarantee });
                    unfilled -= 1;
                } else {
                    matched.pop();
                }
            }
        }
        left += by_ticket(&mut seats, unfilled);
    }
    let open = pools.iter().position(|pool| pool.takes_leftovers).unwrap();
    for seat in seats.iter_mut().filter(|seat| seat.is_none()) {
        if left > 0 {
            *seat = Some(Seat { pool: open as u8, step: Step::Ticket });
            left -= 1;
        }
    }
    seats
}

/// Rules with an open pool and nothing else that matters.
pub(crate) fn rules(base: u32, regions: Vec<Region>) -> SeatRules {
    SeatRules {
        base,
        carryover: Carryover::SameRegion,
        reserve: Share::NONE,
        apportionment: ApportionRule {
            method: ApportionMethod::SainteLague,
            levels: ApportionLevels::One,
        },
        regions,
        traits: (0..4).map(|bit| Trait { bit, name: format!("trait {bit}") }).collect(),
        small_cells: SmallCells { k: 3, mode: SmallCellMode::Off },
        household_cap: 0,
        max_weight: 16,
        waitlist: true,
        pools: vec![open_pool(Vec::new())],
        national: Vec::new(),
    }
}

pub(crate) fn open_pool(guarantees: Vec<Guarantee>) -> Pool {
    Pool {
        name: "open".to_owned(),
        need: 0,
        order: PoolOrder::GuaranteesFirst,
        share: None,
        guarantees,
    }
}

pub(crate) fn region(code: u16, weight: u64, floor: u32, cap: Option<u32>) -> Region {
    Region { code, province: code / 100, weight, floor, cap }
}

/// Numbers that look random and are always the same.
pub(crate) struct Numbers(pub(crate) u64);

impl Numbers {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }
}
