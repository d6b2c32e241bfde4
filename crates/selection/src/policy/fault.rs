//! What can be wrong with a policy.

use std::fmt;

/// One rule that a policy breaks.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PolicyFault {
    /// Names are published and hashed.
    #[error("name {name:?} of {what} cannot be published; use 1 to 64 printable ASCII characters")]
    Name {
        /// What bears the name.
        what: &'static str,
        /// The refused name.
        name: String,
    },
    /// Shares are exact and small.
    #[error("share {num}/{den} of {of} is out of range; use 0 <= num <= den <= 10000, den >= 1")]
    Share {
        /// What the share belongs to.
        of: String,
        /// Numerator.
        num: u32,
        /// Denominator.
        den: u32,
    },
    /// Times must follow each other.
    #[error("{earlier} ({earlier_s}) is after {later} ({later_s}); put the times in order")]
    TimeOrder {
        /// Name of the time that must come first.
        earlier: &'static str,
        /// Its Unix time.
        earlier_s: u64,
        /// Name of the time that must not come before it.
        later: &'static str,
        /// Its Unix time.
        later_s: u64,
    },
    /// Witnesses need time before the draw.
    #[error("margin is 0 s; give the witnesses at least 1 s before the draw")]
    Margin,
    /// A correction must move the draw to another round.
    #[error("correction_shift is 0 s; move the draw by at least 1 s per correction")]
    CorrectionShift,
    /// The public needs time to look at the roll.
    #[error("{window_s} s from t2 to t4 are too short to inspect the roll; give 86400 s or more")]
    InspectionWindow {
        /// Seconds from T2 to T4.
        window_s: u64,
    },
    /// The public needs the same time to look at a corrected roll.
    #[error(
        "correction_shift and margin leave {window_s} s to inspect a corrected roll; let them add up \
         to 86400 s or more"
    )]
    CorrectionWindow {
        /// Seconds from the time a corrected plan is due to its draw.
        window_s: u64,
    },
    /// A chain that is not the real one must say so, and the real one must not.
    #[error(
        "beacon.test is {test} but the chain facts {} those of quicknet; set test to {}",
        if *test { "are" } else { "are not" },
        !*test
    )]
    BeaconTest {
        /// The flag as given.
        test: bool,
    },
    /// The beacon has no round for the draw.
    #[error("the beacon has no round for t4: {0}")]
    Beacon(#[from] crate::beacon::BeaconError),
    /// The quorum must be reachable and not empty.
    #[error("quorum {quorum} does not fit {witnesses} witnesses; use 1 to their number")]
    Quorum {
        /// Quorum given.
        quorum: u8,
        /// Witnesses listed.
        witnesses: usize,
    },
    /// A contributor is one party with one key; of two with one name, a reveal would fit the wrong one.
    #[error("the name or the key of contributor {name:?} is listed twice; list each of them once")]
    ContributorTwice {
        /// Name of the second one.
        name: String,
    },
    /// Region codes fit the record.
    #[error("region code {code} is out of range; use a regency code from 1 to 65534")]
    RegionCode {
        /// The refused code.
        code: u16,
    },
    /// Lists by number ascend, which also excludes twins.
    #[error("{what} {number} does not come after {previous}; list each once, ascending")]
    NotAscending {
        /// What is listed.
        what: &'static str,
        /// Number of the earlier one.
        previous: u16,
        /// Number of the later one.
        number: u16,
    },
    /// A region without weight could not claim a seat.
    #[error("region {code} has weight 0; give at least 1")]
    RegionWeight {
        /// The region.
        code: u16,
    },
    /// A cap below the floor contradicts it.
    #[error("region {code} has cap {cap} below its floor {floor}; raise the cap")]
    CapBelowFloor {
        /// The region.
        code: u16,
        /// Its cap.
        cap: u32,
        /// Its floor.
        floor: u32,
    },
    /// The floors alone need more than there is.
    #[error("the floors add up to {floors} but only {seats} seats are there before returns")]
    Floors {
        /// Sum of the floors.
        floors: u64,
        /// Base seats without the reserve.
        seats: u64,
    },
    /// Bit 15 is kept free.
    #[error("trait bit {bit} is out of range; use 0 to 14")]
    TraitBit {
        /// The refused bit.
        bit: u8,
    },
    /// Everything that uses a trait needs it listed.
    #[error("{user} uses trait bit {bit}, which is not listed; list it among the traits")]
    UnknownTrait {
        /// Who uses it.
        user: String,
        /// The bit.
        bit: u8,
    },
    /// A trait is guaranteed once per list.
    #[error("{list} guarantees trait bit {bit} twice; keep one of them")]
    TraitTwice {
        /// The pool or the national list.
        list: String,
        /// The repeated bit.
        bit: u8,
    },
    /// The arithmetic of guarantees is bounded.
    #[error("pool {pool:?} guarantees {traits} traits, national ones included; use at most 8")]
    TooManyGuarantees {
        /// Name of the pool.
        pool: String,
        /// Different traits.
        traits: usize,
    },
    /// The number of pools is bounded.
    #[error("{pools} pools are too many; use at most 8")]
    TooManyPools {
        /// Pools listed.
        pools: usize,
    },
    /// The rest of the seats needs one place to go.
    #[error("{pools} pools are called open; list exactly one")]
    OpenPools {
        /// Pools of that name.
        pools: usize,
    },
    /// The open pool takes everybody.
    #[error("pool open needs trait bits {need:#06x}; let it take everybody")]
    OpenNeed {
        /// Bits it asks for.
        need: u16,
    },
    /// The open pool gets the rest.
    #[error("pool open has a share; leave it out, it gets the rest")]
    OpenShare,
    /// Every other pool says how much it gets.
    #[error("pool {pool:?} has no share; give one")]
    NoShare {
        /// Name of the pool.
        pool: String,
    },
    /// Pools divide the seats.
    #[error("the shares of the pools add up to more than 1; lower them")]
    PoolShares,
    /// Weights have a small range.
    #[error("max_weight is {max_weight}; use 1 to 16")]
    MaxWeight {
        /// The refused number.
        max_weight: u8,
    },
}

/// All faults of a policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyFaults(pub Vec<PolicyFault>);

impl fmt::Display for PolicyFaults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the policy breaks {} rules", self.0.len())?;
        self.0
            .iter()
            .enumerate()
            .try_for_each(|(at, fault)| write!(f, "{} {fault}", if at == 0 { ":" } else { ";" }))
    }
}

impl std::error::Error for PolicyFaults {}
