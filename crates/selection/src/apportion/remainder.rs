//! Largest remainder (Hamilton), repeated while caps cut shares.

use std::cmp::Reverse;

use super::{Apportionment, Party, wide};

/// A party below its cap in one round.
struct Hopeful {
    place: usize,
    code: u32,
    remainder: u128,
}

pub(super) fn divide(mut left: u64, parties: &[Party]) -> Apportionment {
    let mut seats: Vec<u64> = parties.iter().map(|party| party.start).collect();
    while left > 0 && parties.iter().zip(&seats).any(|(party, &own)| own < party.cap) {
        left = round(left, parties, &mut seats);
    }
    Apportionment { seats, unplaced: left }
}

/// One round with `left` seats: whole parts to all below their cap, then single seats unless a cap
/// cut somebody; gives the seats that remain. Every round fills a party or gives all seats away.
fn round(left: u64, parties: &[Party], seats: &mut [u64]) -> u64 {
    let below = |party: &Party, own: u64| own < party.cap;
    let whole = parties
        .iter()
        .zip(seats.iter())
        .filter(|(party, own)| below(party, **own))
        .fold(0u128, |sum, (party, _)| sum.saturating_add(party.weight));
    let (mut rest, mut cut) = (left, false);
    let mut hopefuls = Vec::new();
    for (place, (party, own)) in parties.iter().zip(seats.iter_mut()).enumerate() {
        if !below(party, *own) {
            continue;
        }
        let room = party.cap.saturating_sub(*own);
        let (part, remainder) = wide::share(left, party.weight, whole);
        cut |= part > room;
        *own = own.saturating_add(part.min(room));
        rest = rest.saturating_sub(part.min(room));
        if below(party, *own) {
            hopefuls.push(Hopeful { place, code: party.code, remainder });
        }
    }
    if cut {
        return rest;
    }
    hopefuls.sort_unstable_by_key(|hopeful| (Reverse(hopeful.remainder), hopeful.code));
    for hopeful in hopefuls {
        if rest > 0
            && let Some(own) = seats.get_mut(hopeful.place)
        {
            *own = own.saturating_add(1);
            rest = rest.saturating_sub(1);
        }
    }
    rest
}
