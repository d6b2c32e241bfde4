//! The draw in the plainest words: no closed masks, no counting, a matching looked for anew at each step.

use std::collections::BTreeMap;

use selection::digest::Seed;
use selection::record::{EntryTag, Weight};
use selection::ticket::{Ticket, Ticketer};
use uuid::Uuid;

/// Somebody in the draw.
pub(crate) struct Someone {
    pub(crate) id: Uuid,
    pub(crate) mask: u16,
    pub(crate) weight: u8,
    pub(crate) tag: [u8; 16],
    pub(crate) card: [u8; 8],
}

/// A pool of one region: guarantees by their one bit.
pub(crate) struct Plan {
    pub(crate) need: u16,
    pub(crate) seats: u64,
    pub(crate) guarantees: Vec<(u16, u64)>,
}

fn ticket(seed: &Seed, one: &Someone) -> Ticket {
    Ticketer::new(seed).ticket(&EntryTag(one.tag), Weight::new(one.weight).unwrap())
}

/// Seats by weight, start and cap: each further seat to the best quotient, of equal ones to the first.
pub(crate) fn apportion(total: u64, claims: &[(u64, u64, u64)]) -> Vec<u64> {
    let mut seats: Vec<u64> = claims.iter().map(|(_, start, cap)| *start.min(cap)).collect();
    while seats.iter().sum::<u64>() < total {
        let open = (0..claims.len()).filter(|at| seats[*at] < claims[*at].2);
        let better = |at: &usize, than: &usize| {
            let quotient = |of: usize, by: usize| claims[of].0 * (2 * seats[by] + 1);
            quotient(*at, *than).cmp(&quotient(*than, *at)).then(than.cmp(at))
        };
        let Some(best) = open.max_by(better) else { break };
        seats[best] += 1;
    }
    seats
}

/// The largest guarantees, one after the other, for which people can be found one to one and seats are left.
pub(crate) fn lower(seats: u64, asked: &[(u16, u64)], people: &[u16]) -> Vec<(u16, u64)> {
    let mut given: Vec<(u16, u64)> = Vec::new();
    for (bit, asked) in asked {
        let fits = |number: &u64| {
            let all = [&given[..], &[(*bit, *number)]].concat();
            let slots: u64 = all.iter().map(|(_, number)| number).sum();
            slots <= seats && matched(&all, people) == slots as usize
        };
        let number = (0..=*asked).rev().find(fits).unwrap();
        given.push((*bit, number));
    }
    given
}

/// How many people can sit on guaranteed seats one to one.
fn matched(guarantees: &[(u16, u64)], people: &[u16]) -> usize {
    let slots: Vec<u16> =
        guarantees.iter().flat_map(|(bit, number)| vec![*bit; *number as usize]).collect();
    let mut sits: Vec<Option<usize>> = vec![None; slots.len()];
    let mut seated = 0;
    for person in 0..people.len() {
        let mut seen = vec![false; slots.len()];
        seated += usize::from(seat(person, people, &slots, &mut sits, &mut seen));
    }
    seated
}

fn seat(
    person: usize,
    people: &[u16],
    slots: &[u16],
    sits: &mut [Option<usize>],
    seen: &mut [bool],
) -> bool {
    for slot in 0..slots.len() {
        if people[person] & slots[slot] == 0 || std::mem::replace(&mut seen[slot], true) {
            continue;
        }
        if sits[slot].is_none_or(|other| seat(other, people, slots, sits, seen)) {
            sits[slot] = Some(person);
            return true;
        }
    }
    false
}

/// Draws a region: guarantees first, then tickets, pool after pool, at last what is left to anybody. Gives each person's
/// decision as `outcome,rank,seat,reason`.
pub(crate) fn draw_plainly(
    seed: &Seed,
    cap: usize,
    plans: &[Plan],
    people: &[Someone],
) -> Vec<(Uuid, String)> {
    let mut order: Vec<&Someone> = people.iter().collect();
    order.sort_by_key(|one| ticket(seed, one));
    let mut decided: BTreeMap<Uuid, String> = BTreeMap::new();
    let mut cards: BTreeMap<[u8; 8], usize> = BTreeMap::new();
    for one in &order {
        let members = cards.entry(one.card).or_default();
        *members += 1;
        if *members > cap {
            decided.insert(one.id, "household_cap,,,".to_owned());
        }
    }
    let mut left = 0;
    for (place, plan) in plans.iter().enumerate() {
        let mut seats = plan.seats;
        let mut guaranteed: Vec<u16> = Vec::new();
        for step in ["g", "t"] {
            for one in &order {
                let may = seats > 0 && one.mask & plan.need == plan.need;
                if !may || decided.contains_key(&one.id) {
                    continue;
                }
                if step == "g" {
                    guaranteed.push(one.mask);
                    if matched(&plan.guarantees, &guaranteed) < guaranteed.len() {
                        guaranteed.pop();
                        continue;
                    }
                }
                decided.insert(one.id, format!("selected,,{place}{step},"));
                seats -= 1;
            }
        }
        left += seats;
    }
    let open = plans.iter().position(|plan| plan.need == 0).unwrap();
    let mut rank = 0;
    for one in &order {
        if decided.contains_key(&one.id) {
            continue;
        }
        if left > 0 {
            left -= 1;
            decided.insert(one.id, format!("selected,,{open}t,"));
            continue;
        }
        rank += 1;
        let for_class = plans.iter().filter(|plan| one.mask & plan.need == plan.need).any(|plan| {
            let guarantees = plan.guarantees.iter();
            (plan.need != 0 && plan.seats > 0)
                || guarantees.clone().any(|(bit, seats)| *seats > 0 && one.mask & bit != 0)
        });
        let reason = if for_class { "reserved_seats_filled" } else { "seats_filled" };
        decided.insert(one.id, format!("not_selected,{rank},,{reason}"));
    }
    decided.into_iter().collect()
}
