//! Exact integer splits of large totals.

use selection::apportion::{Claim, sainte_lague};

/// Splits `total` over the claims in proportion to their weights, between their starts and caps.
/// `None` if the total lies outside the sums of starts and caps, or a start above its cap.
///
/// Sainte-Laguë gives seats one by one, which takes seconds for millions. So every start is first
/// raised to the highest common level that does not pass the total, which leaves about one seat a
/// claim to give.
pub(super) fn split(total: u64, claims: &[Claim]) -> Option<Vec<u64>> {
    let caps: u128 = claims.iter().map(|claim| u128::from(claim.cap)).sum();
    if claims.iter().any(|claim| claim.start > claim.cap) || u128::from(total) > caps {
        return None;
    }
    let (mut low, mut high) = (0u128, u128::from(total.saturating_add(1)) << LEVEL_BITS);
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        let sum: u128 = claims.iter().map(|claim| u128::from(at_level(claim, middle))).sum();
        if sum <= u128::from(total) { low = middle } else { high = middle }
    }
    let raised: Vec<Claim> =
        claims.iter().map(|claim| Claim { start: at_level(claim, low), ..*claim }).collect();
    sainte_lague(total, &raised).ok().map(|split| split.seats)
}

/// Fraction bits of a level, so that a weight far above the total still gets its share exactly.
const LEVEL_BITS: u32 = 60;

/// Seats of a claim at a level: weight times level, kept between start and cap.
fn at_level(claim: &Claim, level: u128) -> u64 {
    let seats = u128::from(claim.weight).saturating_mul(level) >> LEVEL_BITS;
    u64::try_from(seats).unwrap_or(u64::MAX).clamp(claim.start, claim.cap)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn any_claims() -> impl Strategy<Value = Vec<Claim>> {
        let weight = prop_oneof![0..5u64, 1..1_000_000u64, Just(u64::MAX)];
        let row = (weight, 0..200u64, prop_oneof![0..900u64, Just(u64::MAX)]);
        prop::collection::vec(row, 1..9).prop_map(|rows| {
            let claims = rows.into_iter().zip(0u32..);
            claims
                .map(|((weight, start, more), code)| Claim {
                    code,
                    weight,
                    start,
                    cap: start.saturating_add(more),
                })
                .collect()
        })
    }

    proptest! {
        /// Raising the starts first moves no claim by more than one seat against giving them one by
        /// one, and refuses the same totals.
        #[test]
        fn like_one_by_one(claims in any_claims(), total in 0..3_000u64) {
            let plain = sainte_lague(total, &claims).ok().filter(|plain| plain.unplaced == 0);
            match (split(total, &claims), plain) {
                (Some(split), Some(plain)) => {
                    prop_assert_eq!(split.iter().sum::<u64>(), total);
                    for (claim, (a, b)) in claims.iter().zip(split.iter().zip(plain.seats)) {
                        prop_assert!((claim.start..=claim.cap).contains(a));
                        prop_assert!(a.abs_diff(b) <= 1, "{claims:?}: {split:?}");
                    }
                }
                (split, plain) => prop_assert_eq!((split, plain), (None, None)),
            }
        }
    }
}
