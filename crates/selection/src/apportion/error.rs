//! Claims that cannot be served.

use std::collections::BTreeSet;

use super::{Party, TOTAL_MAX};

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

/// Seats left once every party has its start, if the parties can be served at all.
pub(super) fn seats_after_starts(total: u64, parties: &[Party]) -> Result<u64, ApportionError> {
    if total > TOTAL_MAX {
        return Err(ApportionError::TotalTooLarge { total });
    }
    let mut codes = BTreeSet::new();
    for &Party { code, start, cap, .. } in parties {
        if start > cap {
            return Err(ApportionError::StartAboveCap { code, start, cap });
        }
        if !codes.insert(code) {
            return Err(ApportionError::DuplicateCode { code });
        }
    }
    let starts = parties.iter().map(|party| u128::from(party.start)).sum();
    u64::try_from(starts)
        .ok()
        .and_then(|starts| total.checked_sub(starts))
        .ok_or(ApportionError::StartsAboveTotal { starts, total })
}
