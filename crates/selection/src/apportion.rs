//! Sainte-Laguë apportionment with floors and caps (section 6.1), exact in 128-bit products.

use std::cmp::{Ordering, Reverse};
use std::collections::BTreeSet;
use std::collections::binary_heap::{BinaryHeap, PeekMut};

/// Highest total: twice a number of seats plus one must fit 64 bits, so that products fit 128.
pub const TOTAL_MAX: u64 = (u64::MAX - 1) / 2;

/// One party to an apportionment, for example a region and its labour force.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claim {
    /// Distinct code; of equal quotients the smaller code is served first.
    pub code: u32,
    /// Weight of the claim; a claim of weight 0 is served after all others.
    pub weight: u64,
    /// Seats given in advance, at most `cap`.
    pub start: u64,
    /// Seats that the claim can take at most.
    pub cap: u64,
}

/// Result of an apportionment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Apportionment {
    /// Seats per claim, in the order of the claims.
    pub seats: Vec<u64>,
    /// Seats left because every claim reached its cap.
    pub unplaced: u64,
}

/// Why claims cannot be served.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ApportionError {
    /// A start above the cap contradicts itself.
    #[error("claim {code} starts with {start} seats but takes at most {cap}; lower its start")]
    StartAboveCap {
        /// Code of the claim.
        code: u32,
        /// Its start.
        start: u64,
        /// Its cap.
        cap: u64,
    },
    /// Ties are decided by code, so codes must differ.
    #[error("claim code {code} appears twice; merge the claims or give them different codes")]
    DuplicateCode {
        /// The repeated code.
        code: u32,
    },
    /// The floors alone need more than there is.
    #[error("the starts add up to {starts} seats but only {total} exist; lower them")]
    StartsAboveTotal {
        /// Sum of the starts.
        starts: u128,
        /// Seats to give.
        total: u64,
    },
    /// The total is too large for exact products.
    #[error("{total} seats are too many to compare exactly; the limit is {TOTAL_MAX}")]
    TotalTooLarge {
        /// Seats to give.
        total: u64,
    },
}

/// Gives `total` seats: first every start, then one by one to the claim below its cap with the
/// largest `weight / (2 * seats + 1)`. The result does not depend on the order of the claims.
///
/// # Errors
/// [`ApportionError`]; every input without one of its faults has a result.
pub fn sainte_lague(total: u64, claims: &[Claim]) -> Result<Apportionment, ApportionError> {
    let mut left = seats_after_starts(total, claims)?;
    let mut settled: Vec<Bid> = Vec::with_capacity(claims.len());
    let mut open = BinaryHeap::with_capacity(claims.len());
    for (place, claim) in claims.iter().enumerate() {
        let bid = Bid { claim: *claim, seats: claim.start, place };
        if bid.seats < claim.cap { open.push(bid) } else { settled.push(bid) }
    }
    while left > 0
        && let Some(mut best) = open.peek_mut()
    {
        best.seats = best.seats.saturating_add(1);
        left = left.saturating_sub(1);
        if best.seats == best.claim.cap {
            settled.push(PeekMut::pop(best));
        }
    }
    settled.extend(open);
    settled.sort_unstable_by_key(|bid| bid.place);
    Ok(Apportionment { seats: settled.iter().map(|bid| bid.seats).collect(), unplaced: left })
}

/// Seats left once every claim has its start, if the claims can be served at all.
fn seats_after_starts(total: u64, claims: &[Claim]) -> Result<u64, ApportionError> {
    if total > TOTAL_MAX {
        return Err(ApportionError::TotalTooLarge { total });
    }
    let mut codes = BTreeSet::new();
    for &Claim { code, start, cap, .. } in claims {
        if start > cap {
            return Err(ApportionError::StartAboveCap { code, start, cap });
        }
        if !codes.insert(code) {
            return Err(ApportionError::DuplicateCode { code });
        }
    }
    let starts = claims.iter().map(|claim| u128::from(claim.start)).sum();
    u64::try_from(starts)
        .ok()
        .and_then(|starts| total.checked_sub(starts))
        .ok_or(ApportionError::StartsAboveTotal { starts, total })
}

/// A claim bidding for the next seat; the greatest bid in the heap gets it.
struct Bid {
    claim: Claim,
    seats: u64,
    place: usize,
}

impl Bid {
    /// `2 * seats + 1`; exact because seats stay at or below [`TOTAL_MAX`].
    fn divisor(&self) -> u128 {
        u128::from(self.seats).saturating_mul(2).saturating_add(1)
    }

    /// Weight times another bid's divisor: both below 2^64, so the product is exact.
    fn scaled(&self, other: &Self) -> u128 {
        u128::from(self.claim.weight).saturating_mul(other.divisor())
    }
}

impl Ord for Bid {
    fn cmp(&self, other: &Self) -> Ordering {
        let by_quotient = self.scaled(other).cmp(&other.scaled(self));
        by_quotient.then_with(|| Reverse(self.claim.code).cmp(&Reverse(other.claim.code)))
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
