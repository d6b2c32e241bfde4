//! Somebody who was left out by mistake: whether they would have been selected follows from those who were.

use proptest::prelude::*;
use selection::digest::Seed;
use selection::draw::{Outcome, PoolPlan, RegionDraw};
use selection::record::{EntryTag, Record};
use selection::ticket::{Ticket, Ticketer};

use crate::world::{REGION, few_people, fit, some_pools};

/// Whether each of the people is selected.
fn selected(people: &[Record], pools: &[PoolPlan]) -> Vec<bool> {
    let mut draw = RegionDraw::new(&Seed::from_bytes([7; 32]), 0);
    let mut intake = draw.region(REGION);
    for record in people {
        intake.add(record).unwrap();
    }
    let result = intake.draw_pools(pools).unwrap();
    result.outcomes.iter().map(|outcome| matches!(outcome, Outcome::Selected { .. })).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { max_local_rejects: 5_000, ..ProptestConfig::with_cases(5_000) })]

    /// A newcomer is selected among all exactly if among the selected: who lost to them loses again. So it is beside
    /// earlier newcomers, who have a place already.
    #[test]
    fn a_newcomer_needs_only_the_selected(
        people in few_people().prop_filter("three or more", |people| people.len() > 2),
        pools in some_pools(),
        earlier in 0usize..3,
    ) {
        let (newcomers, others) = people.split_at(1 + earlier.min(people.len() - 1));
        let pools = fit(pools, others.len());
        let kept = others.iter().zip(selected(others, &pools));
        let kept: Vec<Record> = kept.filter(|(_, is_kept)| *is_kept).map(|(one, _)| *one).collect();
        let (all, few) = ([newcomers, others].concat(), [newcomers, &kept[..]].concat());
        prop_assert_eq!(selected(&all, &pools)[0], selected(&few, &pools)[0]);
    }
    /// Goal: whoever comes moves nobody's ticket and at most one seat; method: draw with and without a
    /// newcomer of the same region: nobody else gains, at most one loses, and only to the newcomer.
    #[test]
    fn a_newcomer_takes_at_most_one_seat(
        people in few_people().prop_filter("two or more", |people| people.len() > 1),
        pools in some_pools(),
    ) {
        let (newcomer, others) = people.split_first().unwrap();
        let pools = fit(pools, others.len());
        let ticketer = Ticketer::new(&Seed::from_bytes([7; 32]));
        let order = |people: &[Record]| {
            let mut order: Vec<(Ticket, EntryTag)> = people
                .iter()
                .map(Record::parts)
                .map(|own| (ticketer.ticket(&own.entry_tag, own.weight), own.entry_tag))
                .collect();
            order.sort();
            order
        };
        let mut with = order(&people);
        with.retain(|(_, tag)| *tag != newcomer.parts().entry_tag);
        prop_assert_eq!(with, order(others));
        let (before, after) = (selected(others, &pools), selected(&people, &pools));
        let lost = before.iter().zip(&after[1..]).filter(|(before, after)| **before && !**after);
        let gained = before.iter().zip(&after[1..]).filter(|(before, after)| !**before && **after);
        prop_assert_eq!(gained.count(), 0);
        prop_assert_eq!(lost.count(), usize::from(after[0]));
    }
}
