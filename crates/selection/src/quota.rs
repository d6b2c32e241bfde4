//! The seat table of a wave, solved from committed counts before the seed exists (sections 6, 16.5).
//!
//! [`RegionTally`] counts the records of a region, [`solve`] makes the table. The result holds every
//! number of `quota.json` and nothing else; the same counts give the same table.

mod error;
mod guarantees;
mod national;
mod solve;
mod tally;

use crate::draw::{GuaranteedSeats, PoolPlan};
use crate::policy::CheckedRules;

pub use self::error::QuotaError;
pub use self::solve::solve;
pub use self::tally::{RegionTally, TallyError};

/// Records of one mask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MaskCount {
    /// The mask; [`crate::record::HIDDEN_MASK`] counts records whose class is hidden.
    pub mask: u16,
    /// Records with it.
    pub records: u32,
}

/// Records that hold one trait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TraitCount {
    /// Bit of the trait.
    pub trait_bit: u8,
    /// Records with it.
    pub records: u32,
}

/// What is known of the records whose class is hidden.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HiddenClasses {
    /// There are none.
    None,
    /// True masks, as operator and auditors have them; ascending by mask.
    Opened(Vec<MaskCount>),
    /// Only what the published table says of this region; it is checked for its bounds and taken
    /// over (section 16.10).
    Stated(StatedRegion),
}

/// The parts of a published table that hang on hidden masks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatedRegion {
    /// Holders of each national trait, ascending by bit.
    pub holders: Vec<TraitCount>,
    /// Guaranteed seats per pool and guarantee, in the order of the table.
    pub guarantees: Vec<Vec<StatedGuarantee>>,
}

/// One guarantee as published.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StatedGuarantee {
    /// Seats guaranteed.
    pub seats: u32,
    /// Why they are fewer than asked.
    pub reason: Option<LoweredReason>,
}

/// Committed counts of one region.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegionCounts {
    /// Regency code.
    pub code: u16,
    /// People in play after the household cap.
    pub n: u32,
    /// Records per published mask, ascending by mask.
    pub masks: Vec<MaskCount>,
    /// What is known of hidden classes.
    pub hidden: HiddenClasses,
}

/// Seats that came back from earlier waves to one region.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReturnedSeats {
    /// Region of the revoked people.
    pub region: u16,
    /// Their seats.
    pub count: u32,
}

/// Seats that come from earlier waves.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Incoming {
    /// Seats that the wave before left over (section 16.6).
    pub carry_in: u64,
    /// Seats of revoked people, ascending by region.
    pub returned: Vec<ReturnedSeats>,
}

/// Where the seats come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SeatTotals {
    /// Base seats of the policy.
    pub base: u64,
    /// Carried over from the wave before.
    pub carry_in: u64,
    /// Kept back for granted appeals.
    pub reserve: u64,
    /// Came back from revoked people.
    pub returned: u64,
    /// `base + returned + carry_in`; the draw gives this less the reserve.
    pub total: u64,
}

/// A guarantee over all regions together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NationalQuota {
    /// Bit of the trait.
    pub trait_bit: u8,
    /// Seats asked for.
    pub asked: u64,
    /// Seats that found a region with holders and seats.
    pub placed: u64,
}

/// Why a guarantee gives fewer seats than asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoweredReason {
    /// Too few people hold the trait.
    People,
    /// The pool has too few seats beside those of earlier guarantees.
    Seats,
}

/// A guarantee in one pool of one region.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GuaranteeQuota {
    /// Bit of the trait.
    pub trait_bit: u8,
    /// Seats asked for.
    pub asked: u32,
    /// Seats guaranteed.
    pub seats: u32,
    /// Set exactly when `seats` is below `asked`.
    pub reason: Option<LoweredReason>,
}

/// One pool of one region.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PoolQuota {
    /// Name of the pool.
    pub name: String,
    /// Its seats.
    pub seats: u32,
    /// Its guarantees, in order of precedence, national ones last.
    pub guarantees: Vec<GuaranteeQuota>,
}

/// One region of the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegionQuota {
    /// Regency code.
    pub code: u16,
    /// Published records.
    pub records: u32,
    /// People in play after the household cap.
    pub n: u32,
    /// Effective cap: people in play or the cap of the policy, whichever is less.
    pub cap: u32,
    /// Effective floor: seats that the region started with.
    pub floor: u32,
    /// Seats.
    pub seats: u32,
    /// Whether no record is hidden, so that everybody can recompute the region.
    pub public: bool,
    /// Holders of each national trait, ascending by bit; left empty, and unpublished, if `public`.
    pub holders: Vec<TraitCount>,
    /// All pools, in the order of the policy.
    pub pools: Vec<PoolQuota>,
}

impl RegionQuota {
    /// What the draw needs of this region; `rules` are those that the table was solved with.
    pub fn pool_plans(&self, rules: CheckedRules<'_>) -> Vec<PoolPlan> {
        let pools = rules.get().pools.iter().zip(&self.pools);
        let plan = pools.map(|(rule, pool)| PoolPlan {
            need: rule.need,
            order: rule.order,
            seats: pool.seats,
            takes_leftovers: rule.is_open(),
            guarantees: pool
                .guarantees
                .iter()
                .map(|own| GuaranteedSeats { trait_bit: own.trait_bit, seats: own.seats })
                .collect(),
        });
        plan.collect()
    }
}

/// The solved table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuotaTable {
    /// Where the seats come from.
    pub q: SeatTotals,
    /// Seats that no region could take.
    pub carry: u64,
    /// Guarantees over all regions, in order of precedence.
    pub national: Vec<NationalQuota>,
    /// Every region of the policy, ascending by code.
    pub regions: Vec<RegionQuota>,
}
