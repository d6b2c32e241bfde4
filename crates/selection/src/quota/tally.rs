//! Counting the records of one region.

use super::{HiddenClasses, MaskCount, RegionCounts};
use crate::policy::{CheckedRules, SmallCellMode};
use crate::record::{EntryTag, HIDDEN_MASK, HouseholdTag, Record};

/// Why a record cannot be counted under the policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TallyError {
    /// The record is of another region than the one being counted.
    #[error("entry {entry_tag} is of region {found}, not {region}; count each region by itself")]
    ForeignRegion {
        /// The record.
        entry_tag: EntryTag,
        /// Region being counted.
        region: u16,
        /// Region of the record.
        found: u16,
    },
    /// The policy does not know the region.
    #[error("region {region} is not in the policy; correct the region of its records")]
    UnknownRegion {
        /// The region.
        region: u16,
    },
    /// The mask has bits that the policy does not list.
    #[error("entry {entry_tag} has mask {mask:#06x} with traits that the policy does not list")]
    UnknownTrait {
        /// The record.
        entry_tag: EntryTag,
        /// Its mask.
        mask: u16,
    },
    /// Only the rule to hide small cells hides anybody.
    #[error("entry {entry_tag} hides its class, but the policy hides none; show the mask")]
    Hidden {
        /// The record.
        entry_tag: EntryTag,
    },
    /// The weight is above the policy's highest.
    #[error("entry {entry_tag} has weight {weight}, but the policy allows at most {max_weight}")]
    Weight {
        /// The record.
        entry_tag: EntryTag,
        /// Its weight.
        weight: u8,
        /// Highest weight of the policy.
        max_weight: u8,
    },
    /// Without a cap, cards are not published.
    #[error("entry {entry_tag} has a household tag, but the policy has no household cap")]
    Household {
        /// The record.
        entry_tag: EntryTag,
    },
    /// Only used up cards carry places, and fewer than the cap.
    #[error(
        "entry {entry_tag} has {places_left} places left under a household cap of {household_cap}; \
         give 0 (full cap) or less than the cap"
    )]
    PlacesBeyondCap {
        /// The record.
        entry_tag: EntryTag,
        /// Places in its flags.
        places_left: u8,
        /// The cap in force.
        household_cap: u8,
    },
    /// All members of a card must carry the same number.
    #[error("household {household} has records with different places left; give all the same")]
    PlacesDiffer {
        /// The family card.
        household: HouseholdTag,
    },
    /// A true mask was given for a record that shows its own, or is itself the hidden mask.
    #[error("entry {entry_tag} cannot take true mask {mask:#06x}; open hidden records only")]
    TrueMask {
        /// The record.
        entry_tag: EntryTag,
        /// The refused mask.
        mask: u16,
    },
}

/// Buffers for counting one region after another.
#[derive(Clone, Debug)]
pub struct RegionTally<'r> {
    rules: CheckedRules<'r>,
    trait_bits: u16,
    region: u16,
    /// Records per mask; only those in `touched` are not zero.
    published: Counts,
    opened: Counts,
    /// Card and places of each member.
    members: Vec<(HouseholdTag, u8)>,
    without_card: u32,
}

/// A number per mask that is quick to clear.
#[derive(Clone, Debug)]
struct Counts {
    records: Vec<u32>,
    touched: Vec<u16>,
}

impl Counts {
    fn new() -> Self {
        Self { records: vec![0; 1 << 16], touched: Vec::new() }
    }

    fn add(&mut self, mask: u16) {
        if let Some(count) = self.records.get_mut(usize::from(mask)) {
            if *count == 0 {
                self.touched.push(mask);
            }
            *count = count.saturating_add(1);
        }
    }

    /// All counts by mask; zero again afterwards.
    fn take(&mut self) -> Vec<MaskCount> {
        self.touched.sort_unstable();
        let records = &mut self.records;
        let taken = self.touched.drain(..).filter_map(|mask| {
            let count = records.get_mut(usize::from(mask))?;
            Some(MaskCount { mask, records: std::mem::take(count) })
        });
        taken.collect()
    }
}

impl<'r> RegionTally<'r> {
    /// Buffers for one wave; call [`RegionTally::region`] before the first record.
    pub fn new(rules: CheckedRules<'r>) -> Self {
        Self {
            rules,
            trait_bits: rules.get().trait_bits(),
            region: 0,
            published: Counts::new(),
            opened: Counts::new(),
            members: Vec::new(),
            without_card: 0,
        }
    }

    /// Begins a region, forgetting the one before.
    ///
    /// # Errors
    /// [`TallyError::UnknownRegion`].
    pub fn region(&mut self, region: u16) -> Result<(), TallyError> {
        let listed = self.rules.get().regions.binary_search_by_key(&region, |rule| rule.code);
        listed.map_err(|_| TallyError::UnknownRegion { region })?;
        self.published.take();
        self.opened.take();
        self.members.clear();
        self.without_card = 0;
        self.region = region;
        Ok(())
    }

    /// Counts a record by its published mask.
    ///
    /// # Errors
    /// [`TallyError`] if the policy does not allow such a record; it is then not counted.
    pub fn add(&mut self, record: &Record) -> Result<(), TallyError> {
        self.check(record)?;
        let parts = record.parts();
        self.published.add(parts.mask);
        if parts.household == HouseholdTag::NONE {
            self.without_card = self.without_card.saturating_add(1);
        } else {
            self.members.push((parts.household, record.places_left()));
        }
        Ok(())
    }

    /// Counts a hidden record with its true mask.
    ///
    /// # Errors
    /// As [`RegionTally::add`], and [`TallyError::TrueMask`].
    pub fn add_opened(&mut self, record: &Record, true_mask: u16) -> Result<(), TallyError> {
        let entry_tag = record.parts().entry_tag;
        if record.parts().mask != HIDDEN_MASK || true_mask == HIDDEN_MASK {
            return Err(TallyError::TrueMask { entry_tag, mask: true_mask });
        }
        if true_mask & !self.trait_bits != 0 {
            return Err(TallyError::UnknownTrait { entry_tag, mask: true_mask });
        }
        self.add(record)?;
        self.opened.add(true_mask);
        Ok(())
    }

    /// The counts; the region is then empty. Hidden classes are opened ones if any were given.
    ///
    /// # Errors
    /// [`TallyError::PlacesDiffer`].
    pub fn finish(&mut self) -> Result<RegionCounts, TallyError> {
        let carded = self.count_in_play()?;
        let opened = self.opened.take();
        let counts = RegionCounts {
            code: self.region,
            n: self.without_card.saturating_add(carded),
            masks: self.published.take(),
            hidden: if opened.is_empty() {
                HiddenClasses::None
            } else {
                HiddenClasses::Opened(opened)
            },
        };
        self.members.clear();
        self.without_card = 0;
        Ok(counts)
    }

    fn check(&self, record: &Record) -> Result<(), TallyError> {
        let rules = self.rules.get();
        let parts = record.parts();
        let (entry_tag, mask, household_cap) = (parts.entry_tag, parts.mask, rules.household_cap);
        if parts.region != self.region {
            let (region, found) = (self.region, parts.region);
            return Err(TallyError::ForeignRegion { entry_tag, region, found });
        }
        if mask == HIDDEN_MASK {
            if rules.small_cells.mode != SmallCellMode::Hide {
                return Err(TallyError::Hidden { entry_tag });
            }
        } else if mask & !self.trait_bits != 0 {
            return Err(TallyError::UnknownTrait { entry_tag, mask });
        }
        let weight = parts.weight.get();
        if weight > rules.max_weight {
            return Err(TallyError::Weight { entry_tag, weight, max_weight: rules.max_weight });
        }
        if household_cap == 0 && parts.household != HouseholdTag::NONE {
            return Err(TallyError::Household { entry_tag });
        }
        let places_left = record.places_left();
        if places_left > 0 && places_left >= household_cap {
            return Err(TallyError::PlacesBeyondCap { entry_tag, places_left, household_cap });
        }
        Ok(())
    }

    /// People with a card who are in play: per card, its members up to its places.
    fn count_in_play(&mut self) -> Result<u32, TallyError> {
        self.members.sort_unstable();
        let mut in_play = 0u32;
        for card in self.members.chunk_by(|left, right| left.0 == right.0) {
            let [(household, places_left), ..] = *card else { continue };
            if card.iter().any(|member| member.1 != places_left) {
                return Err(TallyError::PlacesDiffer { household });
            }
            let places = match places_left {
                0 => self.rules.get().household_cap,
                left => left,
            };
            let members = u32::try_from(card.len()).unwrap_or(u32::MAX);
            in_play = in_play.saturating_add(members.min(u32::from(places)));
        }
        Ok(in_play)
    }
}
