//! Exact products of 128 and 64 bits.

/// `left * right` as (high, low 64 bits): the high part stays below `2^128` because `left` is.
pub(super) fn product(left: u128, right: u64) -> (u128, u64) {
    let [high, low] = [left >> 64, left & u128::from(u64::MAX)].map(|half| {
        // A half is below 2^64, so its product with 64 bits is exact.
        half.saturating_mul(u128::from(right))
    });
    let sum = high.saturating_add(low >> 64);
    (sum, u64::try_from(low & u128::from(u64::MAX)).unwrap_or(0))
}

/// Quotient and remainder of `seats * weight / whole`, bit by bit from the top of `seats`.
///
/// `weight` is at most `whole`, which is below `2^126`, so no step overflows and the quotient is at
/// most `seats`; a `whole` of 0 gives nothing.
pub(super) fn share(seats: u64, weight: u128, whole: u128) -> (u64, u128) {
    let (mut quotient, mut rest) = (0u64, 0u128);
    if whole == 0 {
        return (0, 0);
    }
    for bit in (0..u64::BITS).rev() {
        quotient <<= 1;
        rest <<= 1;
        if (seats >> bit) & 1 == 1 {
            rest = rest.saturating_add(weight);
        }
        while rest >= whole {
            rest = rest.saturating_sub(whole);
            quotient = quotient.saturating_add(1);
        }
    }
    (quotient, rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Goal: wide arithmetic is exact; method: compare with plain arithmetic where that fits, and
    /// with known values at the edge.
    #[test]
    fn exact_at_the_edges() {
        for left in [0, 1, 3, u128::from(u64::MAX), 1 << 63] {
            for right in [0, 1, 7, u64::MAX] {
                let (high, low) = product(left, right);
                assert_eq!((high << 64) | u128::from(low), left * u128::from(right));
            }
        }
        assert_eq!(product(u128::MAX, u64::MAX), (u128::MAX - (u128::MAX >> 64) - 1, 1));
        for (seats, weight, whole) in [(20, 53, 100), (7, 0, 3), (9, 3, 3), (1 << 40, 5, 7)] {
            let (quotient, rest) = share(seats, weight, whole);
            let exact = u128::from(seats) * weight;
            assert_eq!((u128::from(quotient), rest), (exact / whole, exact % whole));
        }
        assert_eq!(share(5, 0, 0), (0, 0));
        assert_eq!(share(u64::MAX, 1 << 80, 1 << 81), (u64::MAX / 2, 1 << 80));
    }
}
