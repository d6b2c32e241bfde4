//! Sainte-Laguë: the next seat to the largest `weight / (2 * seats + 1)`.

use std::cmp::{Ordering, Reverse};
use std::collections::binary_heap::{BinaryHeap, PeekMut};

use super::{Apportionment, Party, wide};

pub(super) fn divide(mut left: u64, parties: &[Party]) -> Apportionment {
    let mut settled: Vec<Bid> = Vec::with_capacity(parties.len());
    let mut open = BinaryHeap::with_capacity(parties.len());
    for (place, party) in parties.iter().enumerate() {
        let bid = Bid { party: *party, seats: party.start, place };
        if bid.seats < party.cap { open.push(bid) } else { settled.push(bid) }
    }
    while left > 0
        && let Some(mut best) = open.peek_mut()
    {
        best.seats = best.seats.saturating_add(1);
        left = left.saturating_sub(1);
        if best.seats == best.party.cap {
            settled.push(PeekMut::pop(best));
        }
    }
    settled.extend(open);
    settled.sort_unstable_by_key(|bid| bid.place);
    Apportionment { seats: settled.iter().map(|bid| bid.seats).collect(), unplaced: left }
}

/// A party bidding for the next seat; the greatest bid in the heap gets it.
struct Bid {
    party: Party,
    seats: u64,
    place: usize,
}

impl Bid {
    /// `2 * seats + 1`; exact because seats stay at or below [`super::TOTAL_MAX`].
    fn divisor(&self) -> u64 {
        self.seats.saturating_mul(2).saturating_add(1)
    }

    /// Weight times another bid's divisor.
    fn scaled(&self, other: &Self) -> (u128, u64) {
        wide::product(self.party.weight, other.divisor())
    }
}

impl Ord for Bid {
    fn cmp(&self, other: &Self) -> Ordering {
        let by_quotient = self.scaled(other).cmp(&other.scaled(self));
        by_quotient.then_with(|| Reverse(self.party.code).cmp(&Reverse(other.party.code)))
    }
}

impl PartialOrd for Bid {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Bid {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Bid {}
