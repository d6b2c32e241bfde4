//! Counts by region that the civil registry signs: an invented person is one too many.

use std::collections::BTreeMap;
use std::fmt;

use selection::digest::WaveContext;
use selection::registry::{RegistryCount, registry_message};
use serde::{Deserialize, Serialize};

use super::AuditedList;
use crate::format::FormatError;
use crate::key::{SecretKey, is_signed};
use crate::wire::{self, Hex, Version};

const FILE: &str = "registry counts";

/// What the registry says of a list: `{"ctx":hex32,"regions":[{"n":u32,"records":u32,"region":u16}],
/// "signature":hex64,"version":1}`, canonical, ascending by region, without regions that have nobody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegistryCounts {
    /// Context of the wave.
    pub ctx: [u8; 32],
    /// Counts by region.
    pub regions: Vec<RegistryCount>,
    /// Ed25519 signature by the registry over [`registry_message`].
    pub signature: [u8; 64],
}

impl RegistryCounts {
    /// Signs the counts of a wave's list.
    ///
    /// # Errors
    /// [`FormatError`] unless regions ascend and each has somebody, in play not more than in the list.
    pub fn sign(
        ctx: &WaveContext,
        regions: Vec<RegistryCount>,
        key: &SecretKey,
    ) -> Result<Self, FormatError> {
        check_regions(&regions)?;
        let signature = key.sign(&registry_message(ctx, &regions));
        Ok(Self { ctx: *ctx.as_bytes(), regions, signature })
    }

    /// Whether the holder of this key signed exactly this for this wave.
    pub fn is_genuine(&self, ctx: &WaveContext, key: &[u8; 32]) -> bool {
        self.ctx == *ctx.as_bytes()
            && is_signed(key, &registry_message(ctx, &self.regions), &self.signature)
    }

    /// Reads the file.
    ///
    /// # Errors
    /// [`FormatError`] unless it is canonical and its regions are as [`Self::sign`] wants them.
    pub fn read(bytes: &[u8]) -> Result<Self, FormatError> {
        let file: File = wire::read(FILE, bytes)?;
        let count =
            |own: &Row| RegistryCount { region: own.region, records: own.records, n: own.n };
        let regions: Vec<RegistryCount> = file.regions.iter().map(count).collect();
        check_regions(&regions)?;
        Ok(Self { ctx: file.ctx.0, regions, signature: file.signature.0 })
    }

    /// The canonical file.
    pub fn write(&self) -> Vec<u8> {
        let row = |own: &RegistryCount| Row { n: own.n, records: own.records, region: own.region };
        wire::write(&File {
            ctx: Hex(self.ctx),
            regions: self.regions.iter().map(row).collect(),
            signature: Hex(self.signature),
            version: Version,
        })
    }
}

fn check_regions(regions: &[RegistryCount]) -> Result<(), FormatError> {
    if !regions.is_sorted_by(|one, next| one.region < next.region) {
        return Err(FormatError::field(FILE, "regions", "list each region once, ascending"));
    }
    match regions.iter().find(|own| own.n == 0 || own.n > own.records) {
        Some(own) => {
            let text = format!("region {} has {} in play of {}", own.region, own.n, own.records);
            Err(FormatError::field(FILE, "regions", text))
        }
        None => Ok(()),
    }
}

/// Why counts do not bear the list out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CountFault {
    /// The registry did not sign this for this wave.
    Signature,
    /// A region has other people.
    Region {
        /// Regency code.
        region: u16,
        /// In the list: records, and in play.
        listed: (u32, u32),
        /// By the registry: records, and in play.
        signed: (u32, u32),
    },
}

impl fmt::Display for CountFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Signature => write!(f, "the registry did not sign these counts for this wave"),
            Self::Region { region, listed, signed } => write!(
                f,
                "region {region} has {} records, {} in play, and the registry knows {}, {} in play",
                listed.0, listed.1, signed.0, signed.1
            ),
        }
    }
}

/// What the comparison found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CountsReport {
    /// Records of the list.
    pub records: u64,
    /// Regions with people.
    pub regions: usize,
    /// Every fault, by region.
    pub faults: Vec<CountFault>,
}

impl CountsReport {
    /// Whether the registry knows as many people in every region as the list has.
    pub fn ok(&self) -> bool {
        self.faults.is_empty()
    }
}

/// Holds signed counts against the list, which is counted again from its records.
pub fn check_counts(list: &AuditedList, counts: &RegistryCounts, key: &[u8; 32]) -> CountsReport {
    let mut regions: BTreeMap<u16, [(u32, u32); 2]> = BTreeMap::new();
    for (_, own) in &list.regions {
        let records = own.masks.iter().fold(0_u32, |sum, cell| sum.saturating_add(cell.records));
        regions.entry(own.code).or_default()[0] = (records, own.n);
    }
    for own in &counts.regions {
        regions.entry(own.region).or_default()[1] = (own.records, own.n);
    }
    let mut faults = Vec::new();
    if !counts.is_genuine(list.ctx(), key) {
        faults.push(CountFault::Signature);
    }
    let other = regions.iter().filter(|(_, [listed, signed])| listed != signed);
    faults.extend(other.map(|(region, [listed, signed])| CountFault::Region {
        region: *region,
        listed: *listed,
        signed: *signed,
    }));
    CountsReport { records: list.records(), regions: list.regions.len(), faults }
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct File {
    ctx: Hex<32>,
    regions: Vec<Row>,
    signature: Hex<64>,
    version: Version,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Row {
    n: u32,
    records: u32,
    region: u16,
}
