//! The roll of a wave: its members as records of the draw, in the order the draw demands.

use std::collections::BTreeMap;

use domain::ids::PersonId;
use domain::region::RegionCode;
use domain::wave::WaveNumber;
use selection::digest::{DrawKey, WaveContext};
use selection::record::{EntryTag, HouseholdTag, Record, RecordParts, Weight, flags};
use selection::roll::{RollDigest, RollHasher};
use storage::error::StorageError;
use storage::memberships::Member;
use storage::reference::WaveRow;
use storage::rewrap::draw_key_owner;
use storage::vault::KeyRing;
use uuid::Uuid;

use crate::act::ActError;

/// Name of the programme in the context of a draw.
pub(crate) const PROGRAMME: &str = "gelombang";

/// Everyone has the same class until reserved shares are drawn too.
const OPEN_MASK: u16 = 0;

/// The context that ties tags, commitments and seed to one wave and its policy.
pub(crate) fn wave_context(wave: &WaveRow) -> Result<WaveContext, ActError> {
    WaveContext::new(PROGRAMME, u32::from(wave.wave.get()), &wave.policy_digest)
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
}

/// The entries of a wave, ascending by region and entry tag, with their digest.
#[derive(Debug)]
pub(crate) struct Roll {
    pub entries: Vec<Entry>,
    pub digest: RollDigest,
}

impl Roll {
    /// Builds the roll. `places_left` names the family cards that earlier grants have used.
    pub(crate) fn build(
        wave: WaveNumber,
        members: &[Member],
        places_left: &BTreeMap<Uuid, u8>,
    ) -> Result<Self, ActError> {
        let mut entries = members
            .iter()
            .map(|member| {
                let left = places_left.get(&member.kk_index).copied().unwrap_or(0);
                let parts = RecordParts {
                    entry_tag: EntryTag(member.entry_tag),
                    // Openings are made when a wave is published; until then nothing is committed to.
                    commitment: [0; 32],
                    region: member.region.get(),
                    mask: OPEN_MASK,
                    weight: Weight::ONE,
                    flags: flags(OPEN_MASK, left)?,
                    household: HouseholdTag(member.household_tag),
                };
                Ok(Entry { person_id: member.person_id, record: Record::new(parts)? })
            })
            .collect::<Result<Vec<_>, selection::record::RecordError>>()
            .map_err(|error| selection_error(wave, &error))?;
        entries.sort_unstable_by_key(|entry| entry.record.sort_key());
        let mut hasher = RollHasher::new();
        for entry in &entries {
            hasher.push(&entry.record).map_err(|error| selection_error(wave, &error))?;
        }
        Ok(Self { entries, digest: hasher.finish() })
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

    /// People in play by region: those without a capped card, and of each card as many as it has
    /// places (selection.md section 16.5).
    pub(crate) fn in_play(&self, household_cap: u8) -> BTreeMap<RegionCode, u32> {
        self.regions()
            .map(|(region, entries)| (region, in_play_of_region(entries, household_cap)))
            .collect()
    }
}

fn in_play_of_region(entries: &[Entry], household_cap: u8) -> u32 {
    let mut cards: BTreeMap<HouseholdTag, (u32, u32)> = BTreeMap::new();
    let mut in_play = 0u32;
    for entry in entries {
        let household = entry.record.parts().household;
        if household == HouseholdTag::NONE || household_cap == 0 {
            in_play = in_play.saturating_add(1);
            continue;
        }
        let places = match entry.record.places_left() {
            0 => household_cap,
            left => left,
        };
        let card = cards.entry(household).or_insert((0, u32::from(places)));
        card.0 = card.0.saturating_add(1);
    }
    cards.values().fold(in_play, |sum, (members, places)| sum.saturating_add(*members.min(places)))
}
