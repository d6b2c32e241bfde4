//! Rules of one wave as plain data, and everything that they must satisfy before anybody registers
//! (sections 6, 16.1 and 16.3).
//!
//! The published form of these types is `policy.json`; reading and writing it is not done here.
//! [`SeatRules`] is the part that seats and draw follow; [`Policy`] adds times, beacon and trust.
//! Checking gives every fault at once, and a checked value as proof that nothing can fail later.

mod check;
mod fault;
mod times;
mod trust;

pub use self::fault::{PolicyFault, PolicyFaults};
pub use self::times::Timetable;
pub use self::trust::{BeaconFacts, CheckedPolicy, Party, Policy};

/// Name of the pool that takes everybody.
pub const OPEN_POOL: &str = "open";

/// Highest number of pools.
pub const POOLS_MAX: usize = 8;

/// Highest number of guaranteed traits in one pool, national ones included for `open`.
pub const GUARANTEES_MAX: usize = 8;

/// Highest trait bit: bit 15 would make masks that look hidden.
pub const TRAIT_BIT_MAX: u8 = 14;

/// Highest numerator and denominator of a share.
pub const SHARE_MAX: u32 = 10_000;

/// A part of a whole: `num / den`, with `num <= den <= 10000` and `den >= 1` once checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    /// Numerator.
    pub num: u32,
    /// Denominator.
    pub den: u32,
}

impl Share {
    /// Nothing.
    pub const NONE: Self = Self { num: 0, den: 1 };

    /// The share of `whole`, rounded down; a denominator of 0 counts as 1.
    pub fn floor_of(self, whole: u64) -> u64 {
        self.divide(whole, 0)
    }

    /// The share of `whole`, rounded up; a denominator of 0 counts as 1.
    pub fn ceil_of(self, whole: u64) -> u64 {
        self.divide(whole, self.den.saturating_sub(1))
    }

    /// `(whole * num + extra) / den`; the product of 64 and 32 bits fits 128.
    fn divide(self, whole: u64, extra: u32) -> u64 {
        let product = u128::from(whole).saturating_mul(u128::from(self.num));
        let sum = product.saturating_add(u128::from(extra));
        let part = sum.checked_div(u128::from(self.den)).unwrap_or(sum);
        u64::try_from(part).unwrap_or(u64::MAX)
    }

    fn is_valid(self) -> bool {
        self.num <= self.den && (1..=SHARE_MAX).contains(&self.den)
    }
}

/// Where seats that come back go (section 8).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Carryover {
    /// To the region that gave them back, as a higher floor.
    SameRegion,
    /// To all.
    Pooled,
}

/// How seats are divided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ApportionMethod {
    /// Each seat to the largest `weight / (2 seats + 1)`; the default.
    SainteLague,
    /// Hamilton's method; a larger total can cost a region a seat.
    LargestRemainder,
}

/// Whether provinces come between nation and regency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ApportionLevels {
    /// All regencies in one pass.
    One,
    /// Provinces first, then inside each.
    Two,
}

/// Division of seats over regions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ApportionRule {
    /// Method, the same at both levels.
    pub method: ApportionMethod,
    /// One or two levels.
    pub levels: ApportionLevels,
}

/// One regency and its claim to seats.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Region {
    /// Regency code without its dot, 1 to 65534.
    pub code: u16,
    /// Code of its province.
    pub province: u16,
    /// Weight of its claim, for example the labour force; at least 1.
    pub weight: u64,
    /// Seats it gets in any case, as far as it has people.
    pub floor: u32,
    /// Seats it gets at most, not below the floor.
    pub cap: Option<u32>,
}

/// One trait that a mask can claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trait {
    /// Bit number, 0 to 14.
    pub bit: u8,
    /// Published name.
    pub name: String,
}

/// What happens to (region, mask) cells with few people (section 16.10).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SmallCellMode {
    /// Cells are published as they are.
    Off,
    /// Small cells are published without their mask.
    Hide,
    /// Small cells lose traits until they are large enough.
    Generalise,
}

/// Rule for cells with few people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SmallCells {
    /// Fewest people of a published cell.
    pub k: u32,
    /// What happens to smaller ones.
    pub mode: SmallCellMode,
}

/// What comes first in a pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PoolOrder {
    /// Guaranteed seats, then tickets: the guarantee is a minimum.
    GuaranteesFirst,
    /// Tickets, then guaranteed seats: the guarantee is over and above.
    OpenFirst,
}

/// A minimum of people with one trait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Guarantee {
    /// Bit of the trait.
    pub trait_bit: u8,
    /// Part of the seats, rounded up.
    pub share: Share,
}

/// Seats set apart for people who have all traits of `need`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pool {
    /// Published name; [`OPEN_POOL`] takes everybody.
    pub name: String,
    /// Trait bits that a person must have all.
    pub need: u16,
    /// What comes first.
    pub order: PoolOrder,
    /// Part of a region's seats, rounded down; none for `open`, which gets the rest.
    pub share: Option<Share>,
    /// Minimums, in order of precedence.
    pub guarantees: Vec<Guarantee>,
}

impl Pool {
    /// Whether this is the pool that takes everybody.
    pub fn is_open(&self) -> bool {
        self.name == OPEN_POOL
    }

    /// Whether a person with this true mask may sit here.
    pub fn accepts(&self, mask: u16) -> bool {
        mask & self.need == self.need
    }
}

/// Everything that decides seats and draw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeatRules {
    /// Seats of this wave before returned and carried ones.
    pub base: u32,
    /// Where returned seats go.
    pub carryover: Carryover,
    /// Part of `base` kept back for granted appeals, rounded down.
    pub reserve: Share,
    /// Division over regions.
    pub apportionment: ApportionRule,
    /// Regencies, ascending by code.
    pub regions: Vec<Region>,
    /// Traits, ascending by bit.
    pub traits: Vec<Trait>,
    /// Rule for cells with few people.
    pub small_cells: SmallCells,
    /// People of one family card in play, 0 = no cap.
    pub household_cap: u8,
    /// Highest weight of a person, 1 to 16.
    pub max_weight: u8,
    /// Whether waiting people replace revoked ones within the wave.
    pub waitlist: bool,
    /// Pools in the order in which they run.
    pub pools: Vec<Pool>,
    /// Minimums over all regions together, in order of precedence.
    pub national: Vec<Guarantee>,
}

impl SeatRules {
    /// Seats kept back for granted appeals.
    pub fn reserve_seats(&self) -> u64 {
        self.reserve.floor_of(u64::from(self.base))
    }

    /// All trait bits that a mask may have.
    pub fn trait_bits(&self) -> u16 {
        let bit = |listed: &Trait| 1u16.checked_shl(u32::from(listed.bit)).unwrap_or(0);
        self.traits.iter().map(bit).fold(0, |bits, bit| bits | bit)
    }

    /// Checks every rule of section 16.3 that concerns seats and draw.
    ///
    /// # Errors
    /// [`PolicyFaults`] with all faults.
    pub fn check(&self) -> Result<CheckedRules<'_>, PolicyFaults> {
        let faults = check::rule_faults(self);
        if faults.is_empty() { Ok(CheckedRules(self)) } else { Err(PolicyFaults(faults)) }
    }
}

/// Rules that passed [`SeatRules::check`] or [`Policy::check`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CheckedRules<'r>(&'r SeatRules);

impl<'r> CheckedRules<'r> {
    /// The rules themselves.
    pub fn get(self) -> &'r SeatRules {
        self.0
    }
}
