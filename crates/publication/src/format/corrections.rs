//! `corrections.json`: appeals that were granted a seat of the reserve.

use selection::record::{EntryTag, Weight};
use serde::{Deserialize, Serialize};

use super::FormatError;
use crate::wire::{self, Hex, Version};

const FILE: &str = "corrections.json";

/// A person who was wrongly left out and has a seat of the reserve.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Granted {
    /// Pseudonym of the person.
    pub entry_tag: EntryTag,
    /// Regency code.
    pub region: u16,
    /// True mask.
    pub mask: u16,
    /// Entries of the person.
    pub weight: Weight,
    /// Why the appeal was granted.
    pub reason: String,
}

/// What `corrections.json` says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CorrectionsFile {
    /// Context of the wave.
    pub ctx: [u8; 32],
    /// Granted appeals, ascending by region and pseudonym.
    pub granted: Vec<Granted>,
}

impl CorrectionsFile {
    /// Reads `corrections.json`.
    ///
    /// # Errors
    /// [`FormatError`] unless the file is canonical and its list ascends.
    pub fn read(bytes: &[u8]) -> Result<Self, FormatError> {
        let file: File = wire::read(FILE, bytes)?;
        let mut granted = Vec::with_capacity(file.granted.len());
        for (at, own) in file.granted.into_iter().enumerate() {
            let weight = Weight::new(own.weight).map_err(|_| {
                FormatError::field(FILE, &format!("granted[{at}].weight"), "use 1 to 16")
            })?;
            let entry_tag = EntryTag(own.e.0);
            let Entry { mask, reason, region, .. } = own;
            granted.push(Granted { entry_tag, region, mask, weight, reason });
        }
        if !granted.is_sorted_by(|left, right| left.place() < right.place()) {
            let reason = "list each entry once, ascending by region and entry";
            return Err(FormatError::field(FILE, "granted", reason));
        }
        Ok(Self { ctx: file.ctx.0, granted })
    }

    /// The canonical file.
    pub fn write(&self) -> Vec<u8> {
        let granted = self.granted.iter().map(|own| Entry {
            e: Hex(own.entry_tag.0),
            mask: own.mask,
            reason: own.reason.clone(),
            region: own.region,
            weight: own.weight.get(),
        });
        wire::write(&File { ctx: Hex(self.ctx), granted: granted.collect(), version: Version })
    }
}

impl Granted {
    /// Place in the list.
    pub fn place(&self) -> (u16, EntryTag) {
        (self.region, self.entry_tag)
    }
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct File {
    ctx: Hex<32>,
    granted: Vec<Entry>,
    version: Version,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    e: Hex<16>,
    mask: u16,
    reason: String,
    region: u16,
    weight: u8,
}
