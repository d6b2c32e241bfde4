//! Counts that contradict the policy or themselves.

use crate::apportion::ApportionError;

/// Why a table cannot be solved.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum QuotaError {
    /// People of a region without a claim would be lost.
    #[error("region {code} has records but is not in the policy; correct their region")]
    UnknownRegion {
        /// The region.
        code: u16,
    },
    /// A region is counted once.
    #[error("region {code} is counted twice; give the counts of each region once")]
    RegionTwice {
        /// The region.
        code: u16,
    },
    /// Counts are 32-bit numbers.
    #[error("region {code} has more than 4294967295 records; split it")]
    TooManyRecords {
        /// The region.
        code: u16,
    },
    /// Somebody in play has a record.
    #[error("region {code} has {n} people in play but only {records} records; count it again")]
    InPlayAboveRecords {
        /// The region.
        code: u16,
        /// People in play.
        n: u32,
        /// Records.
        records: u32,
    },
    /// Hidden classes do not fit the hidden records.
    #[error(
        "region {code} has {hidden} hidden records but classes for {opened}; give the true mask of \
         each, or what the published table states"
    )]
    HiddenClasses {
        /// The region.
        code: u16,
        /// Hidden records.
        hidden: u32,
        /// Records whose true mask is given.
        opened: u64,
    },
    /// The published table has other pools or guarantees than the policy.
    #[error(
        "region {code} states other pools, guarantees or holders than the policy asks for; take \
         them from the table of this wave"
    )]
    StatedShape {
        /// The region.
        code: u16,
    },
    /// Stated holders contradict the visible records.
    #[error(
        "region {code} states {stated} holders of trait bit {trait_bit}, but {least} to {most} are \
         possible"
    )]
    StatedHolders {
        /// The region.
        code: u16,
        /// Bit of the trait.
        trait_bit: u8,
        /// Holders stated.
        stated: u32,
        /// Visible holders.
        least: u32,
        /// Visible holders and all hidden records.
        most: u64,
    },
    /// Stated guarantees are above what is asked or above the seats, or give no or a needless reason.
    #[error(
        "region {code} states guarantees in pool {pool:?} that are above those asked, above its \
         seats, or have a reason without being lowered or the reverse"
    )]
    StatedGuarantees {
        /// The region.
        code: u16,
        /// Name of the pool.
        pool: String,
    },
    /// The seats cannot be divided.
    #[error("the seats cannot be divided")]
    Apportion(#[from] ApportionError),
}
