//! Money: whole rupiah, never negative, no operators.

use std::fmt;

/// Whole rupiah, `0..=Rupiah::MAX`. Only checked arithmetic, so that an overflow is an error value.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Rupiah(i64);

/// An amount left the range of [`Rupiah`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("amount is outside 0 to {} rupiah", Rupiah::MAX.0)]
pub struct RupiahOutOfRange;

impl Rupiah {
    /// Nothing.
    pub const ZERO: Self = Self(0);
    /// The largest amount, 10^15: fifty times the largest yearly budget of the programme, and a sum
    /// of nine thousand of them still fits an `i64`.
    pub const MAX: Self = Self(1_000_000_000_000_000);

    /// Accepts `0..=Rupiah::MAX`.
    ///
    /// # Errors
    /// [`RupiahOutOfRange`] outside that range.
    pub const fn new(amount: i64) -> Result<Self, RupiahOutOfRange> {
        if amount < 0 || amount > Self::MAX.0 { Err(RupiahOutOfRange) } else { Ok(Self(amount)) }
    }

    /// The amount as a plain integer, for storage and formatting.
    pub const fn get(self) -> i64 {
        self.0
    }

    /// Sum, or `None` above the range.
    pub fn checked_add(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).and_then(|sum| Self::new(sum).ok())
    }

    /// Difference, or `None` below zero.
    pub fn checked_sub(self, other: Self) -> Option<Self> {
        self.0.checked_sub(other.0).and_then(|rest| Self::new(rest).ok())
    }

    /// Product, or `None` above the range.
    pub fn checked_mul(self, times: u32) -> Option<Self> {
        self.0.checked_mul(i64::from(times)).and_then(|product| Self::new(product).ok())
    }

    /// Sum of many, or `None` above the range.
    pub fn try_sum(amounts: impl IntoIterator<Item = Self>) -> Option<Self> {
        amounts.into_iter().try_fold(Self::ZERO, Self::checked_add)
    }

    /// `self * numerator / denominator`, rounded down; `None` for a zero denominator or overflow.
    pub fn share_floor(self, numerator: u32, denominator: u32) -> Option<Self> {
        let scaled = i128::from(self.0).checked_mul(i128::from(numerator))?;
        let share = scaled.checked_div(i128::from(denominator))?;
        i64::try_from(share).ok().and_then(|share| Self::new(share).ok())
    }
}

/// Groups of three digits with dots, as Indonesia writes them: `1234567` gives `1.234.567`.
pub fn group_thousands(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut out = String::with_capacity(digits.len().saturating_mul(2));
    if number < 0 {
        out.push('-');
    }
    for (at, digit) in digits.chars().enumerate() {
        let left = digits.len().saturating_sub(at);
        if at > 0 && left.is_multiple_of(3) {
            out.push('.');
        }
        out.push(digit);
    }
    out
}

impl fmt::Display for Rupiah {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Rp{}", group_thousands(self.0))
    }
}

impl fmt::Debug for Rupiah {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn rupiah(amount: i64) -> Rupiah {
        Rupiah::new(amount).expect("in range")
    }

    /// Prints amounts the Indonesian way.
    #[test]
    fn display() {
        for (amount, text) in
            [(0, "Rp0"), (950, "Rp950"), (3_500_000, "Rp3.500.000"), (1_000, "Rp1.000")]
        {
            assert_eq!(rupiah(amount).to_string(), text);
        }
    }

    /// The edges of the range: accepted at both ends, refused one step beyond.
    #[test]
    fn range() {
        assert_eq!(Rupiah::new(-1), Err(RupiahOutOfRange));
        assert_eq!(Rupiah::new(Rupiah::MAX.get() + 1), Err(RupiahOutOfRange));
        assert_eq!(Rupiah::MAX.checked_add(rupiah(1)), None);
        assert_eq!(Rupiah::ZERO.checked_sub(rupiah(1)), None);
        assert_eq!(rupiah(10).share_floor(1, 0), None);
        assert_eq!(rupiah(100).share_floor(15, 100), Some(rupiah(15)));
    }

    proptest! {
        /// Adding and taking away again gives the same amount; a share never exceeds its whole.
        #[test]
        fn laws(a in 0..Rupiah::MAX.get() / 2, b in 0..Rupiah::MAX.get() / 2, n in 0u32..=10_000) {
            let (a, b) = (rupiah(a), rupiah(b));
            let sum = a.checked_add(b).expect("half plus half fits");
            prop_assert_eq!(sum.checked_sub(b), Some(a));
            prop_assert!(a.share_floor(n, 10_000).expect("fits") <= a);
        }
    }
}
