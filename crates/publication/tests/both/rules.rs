//! Random rules that section 16.3 allows.

use selection::policy::{
    ApportionLevels, ApportionMethod, ApportionRule, Carryover, Guarantee, Pool, PoolOrder, Region,
    SeatRules, Share, SmallCellMode, SmallCells, Trait,
};

use crate::dice::Dice;

/// Rules for about `people` people.
pub(crate) fn rules(dice: &mut Dice, people: u32) -> SeatRules {
    let bits = trait_bits(dice);
    let base = if dice.one_in(15) { 0 } else { dice.within_u32(1..=people * 5 / 4 + 4) };
    let reserve =
        if dice.one_in(2) { Share::NONE } else { Share { num: 1, den: dice.pick(&[3, 7, 20]) } };
    let seats = u64::from(base) - reserve.floor_of(base.into());
    let traits = bits.iter().map(|&bit| Trait { bit, name: dice.name() }).collect();
    let method = dice.pick(&[ApportionMethod::SainteLague, ApportionMethod::LargestRemainder]);
    let levels = dice.pick(&[ApportionLevels::One, ApportionLevels::Two]);
    let modes = [SmallCellMode::Off, SmallCellMode::Hide, SmallCellMode::Generalise];
    let small_cells = SmallCells { k: dice.pick(&[0, 1, 2, 3, 5, 10]), mode: dice.pick(&modes) };
    SeatRules {
        base,
        carryover: dice.pick(&[Carryover::SameRegion, Carryover::Pooled]),
        reserve,
        apportionment: ApportionRule { method, levels },
        regions: regions(dice, seats as u32),
        traits,
        small_cells,
        household_cap: dice.pick(&[0, 0, 1, 2, 2, 3, 5, 9, 255]),
        max_weight: dice.pick(&[1, 1, 2, 5, 16]),
        waitlist: !dice.one_in(3),
        pools: pools(dice, &bits),
        national: guarantees(dice, &bits, 2),
    }
}

/// Few traits mostly, so that people share masks.
fn trait_bits(dice: &mut Dice) -> Vec<u8> {
    let all: Vec<u8> = (0..=14).collect();
    let number = dice.pick(&[0, 1, 2, 2, 3, 3, 4, 5, 9]);
    let mut bits = dice.some(&all, number);
    bits.sort_unstable();
    bits
}

fn regions(dice: &mut Dice, seats: u32) -> Vec<Region> {
    let number = dice.within(1..=6) as usize;
    // Waves of one history share some regions and lose others.
    let mut codes = dice.some(&[1, 1101, 1102, 1571, 3171, 3201, 9471, 65_534], number);
    codes.sort_unstable();
    let (weights, floors) = (dice.pick(&[1, 9, 100_000, u64::MAX]), dice.one_in(2));
    let mut left = seats;
    let region = |code| {
        let floor = if floors { dice.within_u32(0..=left / 3) } else { 0 };
        left -= floor;
        let cap = dice.one_in(4).then(|| floor + dice.within_u32(0..=12));
        let (low, province) = ((weights / 5).max(1), dice.pick(&[11, 15, 1101]));
        Region { code, province, weight: dice.within(low..=weights), floor, cap }
    };
    codes.into_iter().map(region).collect()
}

fn pools(dice: &mut Dice, bits: &[u8]) -> Vec<Pool> {
    let others = if bits.is_empty() { 0 } else { dice.pick(&[0, 0, 1, 2, 3, 7]) };
    let mut pools = Vec::new();
    for _ in 0..others {
        let number = dice.pick(&[0, 1, 1, 2]);
        let need = dice.some(bits, number).into_iter().fold(0, |need, bit| need | 1 << bit);
        let den = dice.pick(&[others, others * 2, 97, 10_000]);
        // All together at most the whole.
        let share = Share { num: dice.within_u32(0..=den / others), den };
        let name = dice.pick(&["poor", "registered", "OPEN", " open"]).to_owned();
        pools.push(pool(dice, name, need, Some(share), bits));
    }
    let place = dice.within(0..=u64::from(others)) as usize;
    let open = pool(dice, "open".to_owned(), 0, None, bits);
    pools.insert(place, open);
    pools
}

fn pool(dice: &mut Dice, name: String, need: u16, share: Option<Share>, bits: &[u8]) -> Pool {
    let order = dice.pick(&[PoolOrder::GuaranteesFirst, PoolOrder::OpenFirst]);
    Pool { name, need, order, share, guarantees: guarantees(dice, bits, 4) }
}

/// At most `most` guarantees, so that `open` with the national ones has no more than eight.
fn guarantees(dice: &mut Dice, bits: &[u8], most: u64) -> Vec<Guarantee> {
    let number = dice.within(0..=most) as usize;
    let chosen = dice.some(bits, number);
    let guarantee = |trait_bit| {
        let den = dice.pick(&[1, 3, 10, 100, 10_000]);
        let most = if dice.one_in(4) { den } else { u32::div_ceil(den, 3) };
        Guarantee { trait_bit, share: Share { num: dice.within_u32(0..=most), den } }
    };
    chosen.into_iter().map(guarantee).collect()
}
