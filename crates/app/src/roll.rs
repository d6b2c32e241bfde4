//! The roll of a wave: its members as records of the draw, in the order the draw demands.

use std::collections::BTreeMap;

use domain::ids::PersonId;
use domain::region::RegionCode;
use domain::wave::WaveNumber;
use selection::digest::{DrawKey, WaveContext};
use selection::policy::{SeatRules, SmallCells};
use selection::quota::MaskCount;
use selection::record::{
    EntryTag, HIDDEN_MASK, HouseholdTag, Record, RecordError, RecordParts, Weight, flags,
};
use selection::roll::{RollDigest, RollHasher};
use selection::small_cells::published_masks;
use sqlx::PgConnection;
use storage::classes::{MemberClass, member_classes_of_wave, roll_commitments_of_wave};
use storage::error::StorageError;
use storage::memberships::Member;
use storage::reference::WaveRow;
use storage::rewrap::draw_key_owner;
use storage::selection::{RollRow, roll_get};
use storage::vault::KeyRing;
use uuid::Uuid;

use crate::act::ActError;

/// Name of the programme in the context of a draw.
pub(crate) const PROGRAMME: &str = "gelombang";

/// The context that ties tags, commitments and seed to one wave and its rules: as published, if they are.
pub(crate) fn wave_context(wave: &WaveRow) -> Result<WaveContext, ActError> {
    let digest = wave.public_digest.as_ref().unwrap_or(&wave.policy_digest);
    WaveContext::new(PROGRAMME, u32::from(wave.wave.get()), digest)
        .map_err(|error| selection_error(wave.wave, &error))
}

/// The wave's secret key.
pub(crate) fn wave_draw_key(keys: &KeyRing, wave: &WaveRow) -> Result<DrawKey, StorageError> {
    let opened = keys.unwrap(&draw_key_owner(wave.wave), &wave.draw_key)?;
    let bytes = opened.as_slice().try_into().map_err(|_| StorageError::Unsealable)?;
    Ok(DrawKey::from_bytes(bytes))
}

/// The selection's words, for the officer.
pub(crate) fn selection_error(wave: WaveNumber, error: &dyn std::error::Error) -> ActError {
    ActError::Selection { wave, why: error.to_string() }
}

/// One entry: who, and the record that stands for them.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub person_id: PersonId,
    pub record: Record,
    /// The true mask, also where the record does not show it.
    pub mask: u16,
}

impl Entry {
    /// Makes the record commit to what only its person and the programme know.
    pub(crate) fn commit_to(
        &mut self,
        wave: WaveNumber,
        commitment: [u8; 32],
    ) -> Result<(), ActError> {
        let parts = RecordParts { commitment, ..*self.record.parts() };
        self.record = Record::new(parts).map_err(|error| selection_error(wave, &error))?;
        Ok(())
    }

    /// True if the record does not show its mask.
    pub(crate) fn is_hidden(&self) -> bool {
        self.record.parts().mask == HIDDEN_MASK
    }
}

/// What the entries of a roll are made of, beside the members.
#[derive(Debug)]
pub(crate) struct RollFacts<'a> {
    /// Places left of family cards that earlier grants have used.
    pub places_left: &'a BTreeMap<Uuid, u8>,
    /// What members count as; who is not named is of no class and entered once.
    pub classes: &'a BTreeMap<PersonId, MemberClass>,
    /// Whose mask is not shown.
    pub small_cells: SmallCells,
}

impl RollFacts<'_> {
    /// The entries of the members, ascending by region and entry tag, which commit to nothing yet.
    pub(crate) fn entries(
        &self,
        wave: WaveNumber,
        members: &[Member],
    ) -> Result<Vec<Entry>, ActError> {
        let mut sorted: Vec<(&Member, MemberClass)> = members
            .iter()
            .map(|member| {
                let class = self.classes.get(&member.person_id).copied();
                (member, class.unwrap_or(MemberClass::PLAIN))
            })
            .collect();
        sorted.sort_unstable_by_key(|(member, _)| (member.region, member.entry_tag));
        let mut entries = Vec::with_capacity(sorted.len());
        for region in sorted.chunk_by(|one, next| one.0.region == next.0.region) {
            let shown = published_masks(self.small_cells, &cells(region));
            for (member, class) in region {
                let shown = shown.get(&class.mask).copied().unwrap_or(class.mask);
                let record = self
                    .record(member, *class, shown)
                    .map_err(|error| selection_error(wave, &error))?;
                entries.push(Entry { person_id: member.person_id, record, mask: class.mask });
            }
        }
        Ok(entries)
    }

    fn record(
        &self,
        member: &Member,
        class: MemberClass,
        shown: u16,
    ) -> Result<Record, RecordError> {
        let left = self.places_left.get(&member.kk_index).copied().unwrap_or(0);
        Record::new(RecordParts {
            entry_tag: EntryTag(member.entry_tag),
            commitment: [0; 32],
            region: member.region.get(),
            mask: shown,
            weight: Weight::new(class.weight)?,
            flags: flags(shown, left)?,
            household: HouseholdTag(member.household_tag),
        })
    }
}

/// People of a region by mask.
fn cells(region: &[(&Member, MemberClass)]) -> Vec<MaskCount> {
    let mut people: BTreeMap<u16, u32> = BTreeMap::new();
    for (_, class) in region {
        let count = people.entry(class.mask).or_default();
        *count = count.saturating_add(1);
    }
    people.into_iter().map(|(mask, records)| MaskCount { mask, records }).collect()
}

/// The entries of a wave, ascending by region and entry tag, with their digest.
#[derive(Debug)]
pub(crate) struct Roll {
    pub entries: Vec<Entry>,
    pub digest: RollDigest,
}

impl Roll {
    /// The roll of entries in their order.
    pub(crate) fn of(wave: WaveNumber, entries: Vec<Entry>) -> Result<Self, ActError> {
        let mut hasher = RollHasher::new();
        for entry in &entries {
            hasher.push(&entry.record).map_err(|error| selection_error(wave, &error))?;
        }
        Ok(Self { entries, digest: hasher.finish() })
    }

    fn frozen(
        wave: WaveNumber,
        facts: &RollFacts<'_>,
        members: &[Member],
        commitments: &BTreeMap<PersonId, [u8; 32]>,
        frozen: &RollRow,
    ) -> Result<Self, ActError> {
        let mut entries = facts.entries(wave, members)?;
        for entry in &mut entries {
            if let Some(commitment) = commitments.get(&entry.person_id) {
                entry.commit_to(wave, *commitment)?;
            }
        }
        let roll = Self::of(wave, entries)?;
        if roll.digest.digest != frozen.digest || roll.entries.len() != frozen.entries {
            return Err(ActError::RollChanged(wave));
        }
        Ok(roll)
    }

    /// The entries region by region.
    pub(crate) fn regions(&self) -> impl Iterator<Item = (RegionCode, &[Entry])> {
        self.entries.chunk_by(|a, b| a.record.parts().region == b.record.parts().region).filter_map(
            |entries| {
                let region = entries.first()?.record.parts().region;
                RegionCode::new(region).map(|region| (region, entries))
            },
        )
    }
}

/// The roll of a frozen wave, with what it is made of.
#[derive(Debug)]
pub(crate) struct FrozenRoll {
    pub roll: Roll,
    pub members: Vec<Member>,
    /// Places left of family cards that earlier grants have used.
    pub places_left: BTreeMap<Uuid, u8>,
    /// What members count as, also those kept out; who is not named is of no class and entered once.
    pub classes: BTreeMap<PersonId, MemberClass>,
    pub commitments: BTreeMap<PersonId, [u8; 32]>,
}

impl FrozenRoll {
    /// Makes the roll of a frozen wave from its members as they are now.
    ///
    /// # Errors
    /// [`ActError::RollChanged`] if it is not the one that was frozen.
    pub(crate) async fn read(
        conn: &mut PgConnection,
        wave: WaveNumber,
        rules: &SeatRules,
        members: Vec<Member>,
    ) -> Result<Self, ActError> {
        let frozen = roll_get(conn, wave).await?;
        let classes = member_classes_of_wave(conn, wave).await?;
        let facts = RollFacts {
            places_left: &frozen.places,
            classes: &classes,
            small_cells: rules.small_cells,
        };
        let commitments = roll_commitments_of_wave(conn, wave).await?;
        let roll = Roll::frozen(wave, &facts, &members, &commitments, &frozen)?;
        Ok(Self { roll, members, places_left: frozen.places, classes, commitments })
    }
}
