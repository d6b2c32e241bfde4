//! Division of seats with floors and caps (sections 6.1 and 16.5), exact in integers of any size
//! that occurs: no product is rounded.

mod error;
mod levels;
mod remainder;
mod sainte_lague;
mod wide;

use crate::policy::ApportionMethod;

pub use self::error::ApportionError;
pub use self::levels::apportion_groups;

/// Highest total: twice a number of seats plus one must fit 64 bits.
pub const TOTAL_MAX: u64 = (u64::MAX - 1) / 2;

/// One party to an apportionment, for example a region and its labour force.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claim {
    /// Distinct code; of equal quotients or remainders the smaller code is served first.
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

/// A claim, or several as one: sums of 2^16 weights of 64 bits need 80.
#[derive(Clone, Copy, Debug)]
struct Party {
    code: u32,
    weight: u128,
    start: u64,
    cap: u64,
}

impl From<&Claim> for Party {
    fn from(claim: &Claim) -> Self {
        let Claim { code, weight, start, cap } = *claim;
        Self { code, weight: weight.into(), start, cap }
    }
}

/// Gives `total` seats by `method`: first every start, then the rest by weight up to the caps. The
/// result does not depend on the order of the claims.
///
/// # Errors
/// [`ApportionError`]; every input without one of its faults has a result.
pub fn apportion(
    method: ApportionMethod,
    total: u64,
    claims: &[Claim],
) -> Result<Apportionment, ApportionError> {
    let parties: Vec<Party> = claims.iter().map(Party::from).collect();
    divide(method, total, &parties)
}

/// Gives each seat beyond the starts to the claim below its cap with the largest
/// `weight / (2 * seats + 1)`; see [`apportion`].
///
/// # Errors
/// As [`apportion`].
pub fn sainte_lague(total: u64, claims: &[Claim]) -> Result<Apportionment, ApportionError> {
    apportion(ApportionMethod::SainteLague, total, claims)
}

/// Gives each claim below its cap the whole part of its share of the seats left, then single seats
/// by largest remainder, until none is left or all are capped (section 16.5); see [`apportion`].
///
/// # Errors
/// As [`apportion`].
pub fn largest_remainder(total: u64, claims: &[Claim]) -> Result<Apportionment, ApportionError> {
    apportion(ApportionMethod::LargestRemainder, total, claims)
}

fn divide(
    method: ApportionMethod,
    total: u64,
    parties: &[Party],
) -> Result<Apportionment, ApportionError> {
    let left = error::seats_after_starts(total, parties)?;
    Ok(match method {
        ApportionMethod::SainteLague => sainte_lague::divide(left, parties),
        ApportionMethod::LargestRemainder => remainder::divide(left, parties),
    })
}
