//! `revoked.json`, `revoked.2.json`, …: seats that were taken back, in batches that never change.

use std::collections::BTreeMap;

use selection::quota::ReturnedSeats;
use selection::record::EntryTag;
use serde::{Deserialize, Serialize};

use super::FormatError;
use crate::wire::{self, Hex, Version, Whole};

/// Why a seat was taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RevocationReason {
    /// No purchase before the deadline.
    NoPurchase,
    /// The person gave it back.
    Withdrawn,
    /// The person had no right to it.
    Ineligible,
    /// Anything else.
    Other,
}

/// One seat that was taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Revocation {
    /// Unix time, seconds.
    pub at: u64,
    /// Regency code.
    pub region: u16,
    /// Who lost the seat.
    pub entry_tag: EntryTag,
    /// Why.
    pub reason: RevocationReason,
    /// Who took it over within the wave.
    pub replaced_by: Option<EntryTag>,
}

/// What one batch says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RevokedFile {
    /// Context of the wave.
    pub ctx: [u8; 32],
    /// Revocations, ascending by time, region and pseudonym.
    pub revocations: Vec<Revocation>,
    /// Seats of this batch that nobody took over, ascending by region.
    pub returned: Vec<ReturnedSeats>,
}

/// Name of batch `number`, which counts from 1.
pub fn revoked_name(number: u32) -> String {
    if number <= 1 { "revoked.json".to_owned() } else { format!("revoked.{number}.json") }
}

/// Whether a batch has this name.
pub(crate) fn is_revoked_name(name: &str) -> bool {
    let digits = name.strip_prefix("revoked.").and_then(|rest| rest.strip_suffix(".json"));
    let number: Option<u32> = digits.and_then(|digits| digits.parse().ok());
    // One spelling for each number.
    revoked_name(number.unwrap_or(1)) == name
}

impl RevokedFile {
    /// A batch with the seats that it returns.
    pub fn new(ctx: [u8; 32], revocations: Vec<Revocation>) -> Self {
        let returned = returned(&revocations);
        Self { ctx, revocations, returned }
    }

    /// Reads the batch with this file name.
    ///
    /// # Errors
    /// [`FormatError`] unless the file is canonical, its list ascends and its sums are right.
    pub fn read(name: &str, bytes: &[u8]) -> Result<Self, FormatError> {
        let file: File = wire::read(name, bytes)?;
        let revocations = file.revocations.into_iter().map(|own| Revocation {
            at: own.at.0,
            region: own.region,
            entry_tag: EntryTag(own.e.0),
            reason: own.reason,
            replaced_by: own.replaced_by.map(|tag| EntryTag(tag.0)),
        });
        let revocations: Vec<Revocation> = revocations.collect();
        let place = |own: &Revocation| (own.at, own.region, own.entry_tag);
        if !revocations.is_sorted_by(|left, right| place(left) < place(right)) {
            let reason = "list each revocation once, ascending by time, region and entry";
            return Err(FormatError::field(name, "revocations", reason));
        }
        let read = Self::new(file.ctx.0, revocations);
        let stated = file.returned.into_iter().map(Into::into).collect::<Vec<_>>();
        if read.returned != stated {
            let reason = "count the revocations without replaced_by per region, ascending";
            return Err(FormatError::field(name, "returned", reason));
        }
        Ok(read)
    }

    /// The canonical file.
    pub fn write(&self) -> Vec<u8> {
        let revocations = self.revocations.iter().map(|own| Entry {
            at: Whole(own.at),
            e: Hex(own.entry_tag.0),
            reason: own.reason,
            region: own.region,
            replaced_by: own.replaced_by.map(|tag| Hex(tag.0)),
        });
        wire::write(&File {
            ctx: Hex(self.ctx),
            returned: self.returned.iter().copied().map(Into::into).collect(),
            revocations: revocations.collect(),
            version: Version,
        })
    }
}

/// Seats that nobody took over, per region.
fn returned(revocations: &[Revocation]) -> Vec<ReturnedSeats> {
    let mut counts: BTreeMap<u16, u32> = BTreeMap::new();
    for own in revocations.iter().filter(|own| own.replaced_by.is_none()) {
        let count = counts.entry(own.region).or_default();
        *count = count.saturating_add(1);
    }
    counts.into_iter().map(|(region, count)| ReturnedSeats { region, count }).collect()
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct File {
    ctx: Hex<32>,
    returned: Vec<Returned>,
    revocations: Vec<Entry>,
    version: Version,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    at: Whole,
    e: Hex<16>,
    reason: RevocationReason,
    region: u16,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    replaced_by: Option<Hex<16>>,
}

/// Seats of one region that come back, also in `quota.json`.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Returned {
    count: u32,
    region: u16,
}

impl From<Returned> for ReturnedSeats {
    fn from(own: Returned) -> Self {
        Self { region: own.region, count: own.count }
    }
}

impl From<ReturnedSeats> for Returned {
    fn from(own: ReturnedSeats) -> Self {
        Self { count: own.count, region: own.region }
    }
}
