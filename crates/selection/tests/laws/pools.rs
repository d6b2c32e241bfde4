//! Laws of the draw with pools and guarantees.

use std::collections::BTreeMap;

use proptest::prelude::*;
use selection::digest::Seed;
use selection::draw::{
    DrawError, Outcome, PoolPlan, RegionDraw, Seat, SeatBook, Step, admission, is_selected,
};
use selection::policy::PoolOrder;
use selection::record::{EntryTag, HIDDEN_MASK, Record, RecordParts, flags};
use selection::ticket::{Ticket, Ticketer};

use super::world::{
    REGION, few_people, fit, largest_matching, matchable, plain_draw, record, some_pools, tag,
};

/// Records by ticket.
fn by_ticket(seed: &Seed, records: &[Record]) -> Vec<(Ticket, Record)> {
    let ticketer = Ticketer::new(seed);
    let ticket = |own: &Record| ticketer.ticket(&own.parts().entry_tag, own.parts().weight);
    let mut order: Vec<_> = records.iter().map(|own| (ticket(own), *own)).collect();
    order.sort_by_key(|(ticket, own)| (*ticket, own.parts().entry_tag));
    order
}

fn seats(seed: &Seed, records: &[Record], plans: &[PoolPlan]) -> BTreeMap<EntryTag, Option<Seat>> {
    let mut draw = RegionDraw::new(seed, 0);
    let mut intake = draw.region(REGION);
    for own in records {
        intake.add(own).unwrap();
    }
    let result = intake.draw_pools(plans).unwrap();
    let seat = |outcome: &Outcome| match outcome {
        Outcome::Selected { seat, .. } => Some(*seat),
        Outcome::Waiting { .. } | Outcome::HouseholdCap => None,
    };
    let tags = records.iter().map(|own| own.parts().entry_tag);
    tags.zip(result.outcomes.iter().map(seat)).collect()
}

/// A whole case: seed, people, and pools that fit them.
fn cases() -> impl Strategy<Value = (Seed, Vec<Record>, Vec<PoolPlan>)> {
    (any::<[u8; 32]>(), few_people(), some_pools()).prop_map(|(seed, people, pools)| {
        let pools = fit(pools, people.len());
        (Seed::from_bytes(seed), people, pools)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    /// Goal: every seat, pool and step is that of the specification's words; method: a slow draw that
    /// looks for a matching anew for each person.
    #[test]
    fn draw_equals_reference((seed, people, plans) in cases()) {
        let order = by_ticket(&seed, &people);
        let masks: Vec<u16> = order.iter().map(|(_, own)| own.parts().mask).collect();
        let expected = plain_draw(&masks, &plans);
        let drawn = seats(&seed, &people, &plans);
        for ((_, own), seat) in order.iter().zip(expected) {
            prop_assert_eq!(drawn[&own.parts().entry_tag], seat);
        }
    }

    /// Goal: seats are exact, guarantees as full as people allow, counts and `short` right; method:
    /// the largest matching of each pool over the people whom earlier pools left.
    #[test]
    fn guarantees_are_maximal((seed, people, plans) in cases()) {
        let drawn = seats(&seed, &people, &plans);
        let all: u32 = plans.iter().map(|plan| plan.seats).sum();
        prop_assert_eq!(drawn.values().flatten().count(), all as usize);
        let mut draw = RegionDraw::new(&seed, 0);
        let mut intake = draw.region(REGION);
        for own in &people {
            intake.add(own).unwrap();
        }
        let result = intake.draw_pools(&plans).unwrap();
        for (number, (plan, pool)) in plans.iter().zip(&result.pools).enumerate() {
            let seat_of = |own: &Record| drawn[&own.parts().entry_tag];
            let here = |own: &Record, step: Option<Step>| {
                seat_of(own).is_some_and(|seat| {
                    usize::from(seat.pool) == number && step.is_none_or(|step| seat.step == step)
                })
            };
            let left: Vec<&Record> = people
                .iter()
                .filter(|own| seat_of(own).is_none_or(|seat| usize::from(seat.pool) >= number))
                .filter(|own| plan.accepts(own.parts().mask))
                .collect();
            let masks = |step| -> Vec<u16> {
                people.iter().filter(|own| here(own, step)).map(|own| own.parts().mask).collect()
            };
            let step1 = masks(Some(Step::Guarantee));
            prop_assert!(matchable(&step1, &plan.guarantees));
            let slots: u32 = plan.guarantees.iter().map(|own| own.seats).sum();
            prop_assert_eq!(pool.short + step1.len() as u32, slots);
            prop_assert_eq!(pool.filled as usize, masks(None).len());
            // A leftover seat counts in `open`, though its holder waited while later pools ran.
            if result.pools.iter().zip(&plans).all(|(pool, plan)| pool.filled >= plan.seats) {
                let n = pool.masks.iter().map(|row| row.n).sum::<u32>();
                prop_assert_eq!(n as usize, left.len());
                if plan.order == PoolOrder::GuaranteesFirst {
                    let all: Vec<u16> = left.iter().map(|own| own.parts().mask).collect();
                    prop_assert_eq!(step1.len(), largest_matching(&all, &plan.guarantees));
                }
            }
            for row in &pool.masks {
                let own = |step| masks(step).iter().filter(|mask| **mask == row.mask).count();
                let counted = (row.selected as usize, row.step1 as usize);
                prop_assert_eq!(counted, (own(None), own(Some(Step::Guarantee))));
                prop_assert_eq!(row.close.is_some(), row.step1 > 0);
            }
        }
    }

    /// Goal: nobody is passed over by a worse ticket with the same or fewer traits; method: look at
    /// every pair.
    #[test]
    fn no_blocking_pair((seed, people, plans) in cases()) {
        let drawn = seats(&seed, &people, &plans);
        let order = by_ticket(&seed, &people);
        for (at, (_, better)) in order.iter().enumerate() {
            for (_, worse) in &order[at + 1..] {
                let (better, worse) = (better.parts(), worse.parts());
                let more_traits = better.mask & worse.mask == worse.mask;
                prop_assert!(
                    !more_traits
                        || drawn[&better.entry_tag].is_some()
                        || drawn[&worse.entry_tag].is_none()
                );
            }
        }
    }

    /// Goal: claiming a true trait never hurts; method: give one selected person a trait more.
    #[test]
    fn traits_never_hurt(
        (seed, people, plans) in cases(), who in any::<prop::sample::Index>(), bit in 0u32..4,
    ) {
        prop_assume!(!people.is_empty());
        let who = who.index(people.len());
        let before = seats(&seed, &people, &plans);
        let mut more = people.clone();
        let parts = *people[who].parts();
        more[who] = Record::new(RecordParts { mask: parts.mask | 1 << bit, ..parts }).unwrap();
        let after = seats(&seed, &more, &plans);
        prop_assert!(before[&parts.entry_tag].is_none() || after[&parts.entry_tag].is_some());
    }

    /// Goal: thresholds alone say who is selected; method: compare for every person, hidden or not.
    #[test]
    fn threshold_form((seed, people, plans) in cases(), hide in any::<u16>()) {
        let mut draw = RegionDraw::new(&seed, 0);
        let mut intake = draw.region(REGION);
        for (at, own) in people.iter().enumerate() {
            if hide >> at & 1 == 1 {
                let hidden = RecordParts {
                    mask: HIDDEN_MASK,
                    flags: flags(HIDDEN_MASK, 0).unwrap(),
                    ..*own.parts()
                };
                intake.add_opened(&Record::new(hidden).unwrap(), own.parts().mask).unwrap();
            } else {
                intake.add(own).unwrap();
            }
        }
        let result = intake.draw_pools(&plans).unwrap();
        let limits = result.limits();
        let ticketer = Ticketer::new(&seed);
        let plain = seats(&seed, &people, &plans);
        for (own, outcome) in people.iter().zip(result.outcomes) {
            let parts = own.parts();
            let ticket = ticketer.ticket(&parts.entry_tag, parts.weight);
            let selected = matches!(outcome, Outcome::Selected { .. });
            prop_assert_eq!(is_selected(&limits, parts.mask, &ticket), selected);
            prop_assert_eq!(plain[&parts.entry_tag].is_some(), selected, "hiding changed the draw");
            if let Some(admission) = admission(&limits, parts.mask, &ticket) {
                prop_assert!(plans[admission.pool].accepts(parts.mask));
            }
        }
    }

    /// Goal: input order is without influence; method: draw a shuffled copy.
    #[test]
    fn permutation_changes_nothing(
        ((seed, people, plans), shuffled) in cases().prop_flat_map(|case| {
            let shuffled = Just(case.1.clone()).prop_shuffle();
            (Just(case), shuffled)
        }),
    ) {
        prop_assert_eq!(seats(&seed, &people, &plans), seats(&seed, &shuffled, &plans));
    }

    /// Goal: a seat passes to the person that the specification names; method: revoke one holder and
    /// search the waiting list by its words.
    #[test]
    fn successor_is_the_best_ranked(
        (seed, people, plans) in cases(), who in any::<prop::sample::Index>(),
    ) {
        let drawn = seats(&seed, &people, &plans);
        let order = by_ticket(&seed, &people);
        let holders: Vec<usize> =
            (0..people.len()).filter(|&at| drawn[&people[at].parts().entry_tag].is_some()).collect();
        prop_assume!(!holders.is_empty());
        let gone = holders[who.index(holders.len())];
        let mut draw = RegionDraw::new(&seed, 0);
        let result = {
            let mut intake = draw.region(REGION);
            for own in &people {
                intake.add(own).unwrap();
            }
            intake.draw_pools(&plans).unwrap()
        };
        let outcomes = (0..).zip(people.iter().zip(result.outcomes));
        let people_of = outcomes.map(|(at, (own, outcome))| (at, own.parts().mask, *outcome));
        let mut book = SeatBook::new(&plans, people_of);
        let free = book.revoke(gone as u32).unwrap();
        prop_assert_eq!(Some(free), drawn[&people[gone].parts().entry_tag]);

        let plan = &plans[usize::from(free.pool)];
        let others: Vec<u16> = people
            .iter()
            .enumerate()
            .filter(|(at, own)| *at != gone && drawn[&own.parts().entry_tag] == Some(free))
            .map(|(_, own)| own.parts().mask)
            .collect();
        let waiting =
            || order.iter().map(|(_, own)| own.parts()).filter(|own| drawn[&own.entry_tag].is_none());
        let fits = |mask: u16| matchable(&[others.as_slice(), &[mask]].concat(), &plan.guarantees);
        let matched = waiting()
            .find(|own| free.step == Step::Guarantee && plan.accepts(own.mask) && fits(own.mask))
            .map(|own| (own.entry_tag, free.step));
        let accepted = || waiting().find(|own| plan.accepts(own.mask)).or_else(|| waiting().next());
        let expected = matched.or_else(|| accepted().map(|own| (own.entry_tag, Step::Ticket)));
        let found = book.successor(free).map(|successor| {
            (people[successor.index as usize].parts().entry_tag, successor.seat.step)
        });
        prop_assert_eq!(found, expected);
        if let Some(successor) = book.successor(free) {
            book.appoint(successor).unwrap();
            prop_assert_eq!(book.revoke(successor.index), Ok(successor.seat));
        }
    }
}

/// Goal: what cannot be drawn is refused by name; method: one broken plan or record at a time.
#[test]
fn refusals() {
    let people: Vec<Record> = (0..4).map(|at| record(REGION, tag(at), 1)).collect();
    let check = |plans: &[PoolPlan], expected: &str| {
        let mut draw = RegionDraw::new(&Seed::from_bytes([1; 32]), 0);
        let mut intake = draw.region(REGION);
        for own in &people {
            intake.add(own).unwrap();
        }
        let text = intake.draw_pools(plans).unwrap_err().to_string();
        assert!(text.contains(expected), "{text}");
    };
    let guaranteed = |bits: &[u8], seats| PoolPlan {
        guarantees: bits
            .iter()
            .map(|&trait_bit| selection::draw::GuaranteedSeats { trait_bit, seats })
            .collect(),
        ..PoolPlan::open(2)
    };
    check(&[], "exactly one pool");
    check(&[PoolPlan::open(1), PoolPlan::open(1)], "exactly one pool");
    check(&[PoolPlan { need: 1, ..PoolPlan::open(1) }], "exactly one pool");
    check(&[guaranteed(&[0, 0], 1)], "guarantees a trait twice");
    check(&[guaranteed(&[0], 3)], "more than its seats");
    check(&[guaranteed(&[0, 1, 2, 3, 4, 5, 6, 7, 8], 0)], "more than 8 traits");
    check(&[PoolPlan::open(5)], "5 seats but only 4 people");

    let hidden = RecordParts {
        mask: HIDDEN_MASK,
        flags: flags(HIDDEN_MASK, 0).unwrap(),
        ..*record(REGION, tag(9), 0).parts()
    };
    let hidden = Record::new(hidden).unwrap();
    let mut draw = RegionDraw::new(&Seed::from_bytes([1; 32]), 0);
    let refused = draw.region(REGION).add_opened(&people[0], 1).unwrap_err();
    assert!(matches!(refused, DrawError::TrueMask { .. }), "{refused}");
    let refused = draw.region(REGION).add_opened(&hidden, HIDDEN_MASK).unwrap_err();
    assert!(matches!(refused, DrawError::TrueMask { .. }), "{refused}");
    let mut intake = draw.region(REGION);
    intake.add(&hidden).unwrap();
    assert_eq!(
        intake.draw_pools(&[guaranteed(&[0], 1)]).unwrap_err(),
        DrawError::HiddenMask { region: REGION }
    );
    let mut intake = draw.region(REGION);
    intake.add(&hidden).unwrap();
    let result = intake.draw(1).unwrap();
    assert_eq!(result.pools[0].masks[0].mask, HIDDEN_MASK);
    assert_eq!(result.selected, 1);
}
