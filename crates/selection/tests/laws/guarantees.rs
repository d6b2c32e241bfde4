//! Guarantees are lowered to the largest values that people and seats allow.

use proptest::collection::vec;
use proptest::prelude::*;
use selection::draw::GuaranteedSeats;
use selection::policy::{Guarantee, Share};
use selection::quota::{HiddenClasses, Incoming, LoweredReason, MaskCount, RegionCounts, solve};

use super::world::{REGION, largest_matching, open_pool, region, rules};

fn slots(seats: &[u32], bits: &[u8]) -> Vec<GuaranteedSeats> {
    let pairs = bits.iter().zip(seats);
    pairs.map(|(&trait_bit, &seats)| GuaranteedSeats { trait_bit, seats }).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    /// Goal: each guarantee in turn is as large as a matching allows, with the right reason; method:
    /// search each value with augmenting paths over at most 14 people.
    #[test]
    fn lowered_to_the_largest(
        masks in vec(0u16..16, 1..=14),
        seats in 1u32..=14,
        asked in vec(0u32..=14, 4),
        bits in Just([0u8, 1, 2, 3]).prop_shuffle(),
    ) {
        let seats = seats.min(masks.len() as u32);
        let guarantee = |(&trait_bit, &asked): (&u8, &u32)| Guarantee {
            trait_bit,
            share: Share { num: asked.min(seats), den: seats },
        };
        let mut rules = rules(seats, vec![region(REGION, 1, 0, None)]);
        rules.pools = vec![open_pool(bits.iter().zip(&asked).map(guarantee).collect())];
        let cell = |mask| MaskCount {
            mask,
            records: masks.iter().filter(|own| **own == mask).count() as u32,
        };
        let counts = RegionCounts {
            code: REGION,
            n: masks.len() as u32,
            masks: (0..16).map(cell).filter(|cell| cell.records > 0).collect(),
            hidden: HiddenClasses::None,
        };
        let table = solve(rules.check().unwrap(), &[counts], &Incoming::default()).unwrap();
        let own = &table.regions[0];
        prop_assert_eq!(own.seats, seats);

        let mut given: Vec<u32> = Vec::new();
        for (place, guarantee) in own.pools[0].guarantees.iter().enumerate() {
            let asked = asked[place].min(seats);
            let room = seats - given.iter().sum::<u32>();
            let fits = |value: u32| {
                let wanted = slots(&[given.as_slice(), &[value]].concat(), &bits);
                let all = wanted.iter().map(|own| own.seats as usize).sum::<usize>();
                largest_matching(&masks, &wanted) == all
            };
            let people = (0..=14).rev().find(|&value| fits(value)).unwrap();
            prop_assert_eq!(guarantee.asked, asked);
            prop_assert_eq!(guarantee.seats, asked.min(people).min(room));
            let reason = if people <= room { LoweredReason::People } else { LoweredReason::Seats };
            prop_assert_eq!(guarantee.reason, (guarantee.seats < asked).then_some(reason));
            given.push(guarantee.seats);
        }
    }
}
