//! How the seats of a draw are set apart: classes, pools, guarantees, weights and floors.
//!
//! Shares are exact fractions, as the draw takes them (selection.md sections 6 and 7). What they promise together
//! is checked by the draw's own rules when a policy is loaded; here is checked what only the programme knows.

use std::collections::{BTreeMap, BTreeSet};

use super::check::Checker;
use super::named::named_enum;
use super::selection::ReservedGroup;
use crate::identity::Employment;
use crate::nik::Sex;
use crate::region::RegionCode;

named_enum! {
    /// What comes first within a pool.
    PoolOrder {
        /// Guaranteed seats, then tickets: a guarantee is a minimum.
        GuaranteesFirst = "guarantees_first",
        /// Tickets, then guaranteed seats: a guarantee is over and above.
        OpenFirst = "open_first",
    }
}

/// The pool that takes everybody and gets the seats that no other pool has.
pub const OPEN_POOL: &str = "open";

/// The highest weight that the draw knows.
pub const WEIGHT_MAX: u8 = 16;

/// A part of a whole, as an exact fraction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    /// Numerator.
    pub num: u32,
    /// Denominator.
    pub den: u32,
}

/// A group of people that pools and guarantees may name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClassRule {
    /// The group.
    pub group: ReservedGroup,
    /// The regencies whose residents belong to it; empty for a group that is no matter of residence.
    pub regions: BTreeSet<RegionCode>,
}

/// At least so many seats for a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GuaranteeRule {
    /// For whom.
    pub group: ReservedGroup,
    /// Part of the seats, rounded up.
    pub share: Share,
}

/// Seats of each region that only some people may sit on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PoolRule {
    /// Its name; [`OPEN_POOL`] takes everybody.
    pub name: String,
    /// Groups to which a person must belong, to all of them.
    pub need: BTreeSet<ReservedGroup>,
    /// What comes first.
    pub order: PoolOrder,
    /// Part of a region's seats, rounded down; none for the open pool, which gets the rest.
    pub share: Option<Share>,
    /// Guarantees within the pool, in order of precedence.
    pub guarantees: Vec<GuaranteeRule>,
}

/// Seats that a region gets in any case, as far as it has people.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RegionalFloors {
    /// Of every region that is not named.
    pub every: u32,
    /// Of the named ones.
    pub named: BTreeMap<RegionCode, u32>,
}

/// Everything by which seats are set apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeatShares {
    /// Groups that count; the place in the list is the bit in a person's mask.
    pub classes: Vec<ClassRule>,
    /// Pools in the order in which they are drawn.
    pub pools: Vec<PoolRule>,
    /// Guarantees over all regions together, in order of precedence.
    pub national: Vec<GuaranteeRule>,
    /// How many times somebody of this work situation is entered; once where none is named.
    pub weights: BTreeMap<Employment, u8>,
    /// Floors of the regions.
    pub floors: RegionalFloors,
    /// Groups of a region with fewer people of one mask are not published; 0 publishes all.
    pub small_cells_below: u32,
    /// Whether each entry of the roll commits to its person and class, so that the person can prove it.
    pub commits: bool,
}

/// What classes are told by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClassFacts {
    /// Sex.
    pub sex: Sex,
    /// States a disability.
    pub disability: bool,
    /// Work situation.
    pub employment: Employment,
    /// Regency of the family card.
    pub region: RegionCode,
}

impl SeatShares {
    /// One draw of all for all seats, each entered once.
    pub fn open() -> Self {
        let open = PoolRule {
            name: OPEN_POOL.to_owned(),
            need: BTreeSet::new(),
            order: PoolOrder::GuaranteesFirst,
            share: None,
            guarantees: Vec::new(),
        };
        Self {
            classes: Vec::new(),
            pools: vec![open],
            national: Vec::new(),
            weights: BTreeMap::new(),
            floors: RegionalFloors::default(),
            small_cells_below: 0,
            commits: false,
        }
    }

    /// True if people differ in the draw, by class or by weight.
    pub fn tells_people_apart(&self) -> bool {
        !self.classes.is_empty() || !self.weights.is_empty()
    }

    /// The bit of a group in a mask, if it counts.
    pub fn bit_of(&self, group: ReservedGroup) -> Option<u8> {
        let place = self.classes.iter().position(|class| class.group == group)?;
        u8::try_from(place).ok()
    }

    /// The mask of a person: a bit for each class to which the person belongs.
    pub fn mask_of(&self, facts: ClassFacts) -> u16 {
        let held = |(place, class): (u32, &ClassRule)| {
            if class.holds(facts) { 1u16.checked_shl(place).unwrap_or(0) } else { 0 }
        };
        (0..).zip(&self.classes).map(held).fold(0, |mask, bit| mask | bit)
    }

    /// The groups of a mask.
    pub fn groups_of(&self, mask: u16) -> Vec<ReservedGroup> {
        let held = |place: u32| mask.checked_shr(place).unwrap_or(0) & 1 == 1;
        let classes = (0..).zip(&self.classes).filter(|(place, _)| held(*place));
        classes.map(|(_, class)| class.group).collect()
    }

    /// How many times a person is entered.
    pub fn weight_of(&self, facts: ClassFacts) -> u8 {
        self.weights.get(&facts.employment).copied().unwrap_or(1)
    }

    /// The highest weight that anybody can have.
    pub fn weight_max(&self) -> u8 {
        self.weights.values().copied().fold(1, u8::max)
    }

    /// The floor of a region.
    pub fn floor_of(&self, region: RegionCode) -> u32 {
        self.floors.named.get(&region).copied().unwrap_or(self.floors.every)
    }

    pub(super) fn check(&self, check: &mut Checker) {
        self.check_classes(check);
        let guarantees = |pool: &PoolRule| pool.guarantees.iter().map(|own| own.group).collect();
        for pool in &self.pools {
            let of_guarantees: Vec<ReservedGroup> = guarantees(pool);
            let needed = pool.need.iter().copied();
            self.check_groups(check, "selection.pools", needed.chain(of_guarantees));
        }
        let national = self.national.iter().map(|own| own.group);
        self.check_groups(check, "selection.national_guarantees", national);
        for weight in self.weights.values() {
            check.range("selection.weights", *weight, 1, i64::from(WEIGHT_MAX));
        }
    }

    fn check_classes(&self, check: &mut Checker) {
        const KEY: &str = "selection.classes";
        let mut seen = BTreeSet::new();
        for class in &self.classes {
            if !seen.insert(class.group) {
                check.contradiction(KEY, KEY, "a group is listed twice");
            }
            let is_regional = match class.group {
                ReservedGroup::RemoteArea | ReservedGroup::ExtremePoverty => true,
                ReservedGroup::Disabled | ReservedGroup::Women => false,
                ReservedGroup::ProspectiveMigrant => {
                    let why = "no registration states yet who is a prospective migrant worker";
                    check.contradiction(KEY, KEY, why);
                    continue;
                }
            };
            if is_regional == class.regions.is_empty() {
                let why = "regions are listed exactly for groups by residence";
                check.contradiction(KEY, KEY, why);
            }
        }
    }

    fn check_groups(
        &self,
        check: &mut Checker,
        key: &'static str,
        groups: impl IntoIterator<Item = ReservedGroup>,
    ) {
        if groups.into_iter().any(|group| self.bit_of(group).is_none()) {
            let why = "seats are set apart for a group that is no class";
            check.contradiction(key, "selection.classes", why);
        }
    }
}

impl ClassRule {
    fn holds(&self, facts: ClassFacts) -> bool {
        match self.group {
            ReservedGroup::Disabled => facts.disability,
            ReservedGroup::Women => facts.sex == Sex::Woman,
            ReservedGroup::RemoteArea | ReservedGroup::ExtremePoverty => {
                self.regions.contains(&facts.region)
            }
            // No fact tells; a policy with this class is refused.
            ReservedGroup::ProspectiveMigrant => false,
        }
    }
}
