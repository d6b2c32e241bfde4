//! `result.json`: counts and thresholds of the draw, from which everybody can read their outcome.

use selection::draw::{MaskResult, PoolLimits};
use selection::policy::SeatRules;
use selection::ticket::Ticket;
use serde::{Deserialize, Serialize};

use super::FormatError;
use crate::wire::{self, Count, Hex, Version};

const FILE: &str = "result.json";

/// Sums over all regions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ResultTotals {
    /// Published records.
    pub records: u64,
    /// People in play.
    pub n: u64,
    /// People out of play by the household cap.
    pub capped: u64,
    /// Seats of all regions.
    pub seats: u64,
    /// People with a seat.
    pub selected: u64,
    /// Seats kept back for granted appeals.
    pub reserve: u64,
    /// Seats that nobody could take.
    pub carry: u64,
}

/// One pool of one region.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PoolOutcome {
    /// Name of the pool.
    pub name: String,
    /// Its seats.
    pub seats: u32,
    /// People with a seat.
    pub filled: u32,
    /// Guaranteed seats that could not be filled as such.
    pub short: u32,
    /// Largest ticket with a seat by ticket.
    pub cutoff: Option<Ticket>,
    /// Every mask with people, ascending, hidden ones together.
    pub masks: Vec<MaskResult>,
}

/// One region.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegionOutcome {
    /// Regency code.
    pub code: u16,
    /// People in play.
    pub n: u32,
    /// People out of play by the household cap.
    pub capped: u32,
    /// People with a seat.
    pub selected: u32,
    /// Whether everybody can recompute the region.
    pub public: bool,
    /// All pools, in the order of the policy.
    pub pools: Vec<PoolOutcome>,
}

/// What `result.json` says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResultFile {
    /// Context of the wave.
    pub ctx: [u8; 32],
    /// SHA-256 of `plan.json`.
    pub plan: [u8; 32],
    /// The seed.
    pub seed: [u8; 32],
    /// Sums over all regions.
    pub totals: ResultTotals,
    /// Every region of the policy, ascending by code.
    pub regions: Vec<RegionOutcome>,
}

impl RegionOutcome {
    /// Thresholds of the pools as published, without those of hidden masks.
    pub fn limits(&self, rules: &SeatRules) -> Vec<PoolLimits> {
        let limits = self.pools.iter().zip(&rules.pools).map(|(pool, rule)| PoolLimits {
            need: rule.need,
            cutoff: pool.cutoff,
            close: pool.masks.iter().filter_map(|row| Some((row.mask, row.close?))).collect(),
        });
        limits.collect()
    }
}

impl ResultFile {
    /// Reads `result.json`.
    ///
    /// # Errors
    /// [`FormatError`] unless the file is canonical and regions and masks ascend.
    pub fn read(bytes: &[u8]) -> Result<Self, FormatError> {
        let file: File = wire::read(FILE, bytes)?;
        if !file.regions.is_sorted_by(|left, right| left.code < right.code) {
            let reason = "list each region once, ascending by code";
            return Err(FormatError::field(FILE, "regions", reason));
        }
        let pools = file.regions.iter().flat_map(|region| &region.pools);
        for pool in pools {
            if !pool.masks.is_sorted_by(|left, right| left.mask < right.mask) {
                let reason = "list each mask of a pool once, ascending";
                return Err(FormatError::field(FILE, "regions.pools.masks", reason));
            }
        }
        let totals = &file.totals;
        Ok(Self {
            ctx: file.ctx.0,
            plan: file.plan.0,
            seed: file.seed.0,
            totals: ResultTotals {
                records: totals.records.0,
                n: totals.n.0,
                capped: totals.capped.0,
                seats: totals.seats.0,
                selected: totals.selected.0,
                reserve: totals.reserve.0,
                carry: totals.carry.0,
            },
            regions: file.regions.into_iter().map(Into::into).collect(),
        })
    }

    /// The canonical file.
    pub fn write(&self) -> Vec<u8> {
        let totals = &self.totals;
        wire::write(&File {
            ctx: Hex(self.ctx),
            plan: Hex(self.plan),
            regions: self.regions.iter().map(Into::into).collect(),
            seed: Hex(self.seed),
            totals: Totals {
                capped: Count(totals.capped),
                carry: Count(totals.carry),
                n: Count(totals.n),
                records: Count(totals.records),
                reserve: Count(totals.reserve),
                seats: Count(totals.seats),
                selected: Count(totals.selected),
            },
            version: Version,
        })
    }
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct File {
    ctx: Hex<32>,
    plan: Hex<32>,
    regions: Vec<Region>,
    seed: Hex<32>,
    totals: Totals,
    version: Version,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Totals {
    capped: Count,
    carry: Count,
    n: Count,
    records: Count,
    reserve: Count,
    seats: Count,
    selected: Count,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Region {
    capped: u32,
    code: u16,
    n: u32,
    pools: Vec<Pool>,
    public: bool,
    selected: u32,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Pool {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cutoff: Option<Hex<32>>,
    filled: u32,
    masks: Vec<Mask>,
    name: String,
    seats: u32,
    short: u32,
}

#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Mask {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    close: Option<Hex<32>>,
    mask: u16,
    n: u32,
    selected: u32,
    step1: u32,
}

impl From<Region> for RegionOutcome {
    fn from(region: Region) -> Self {
        let pools = region.pools.into_iter().map(|pool| PoolOutcome {
            name: pool.name,
            seats: pool.seats,
            filled: pool.filled,
            short: pool.short,
            cutoff: pool.cutoff.map(|ticket| Ticket(ticket.0)),
            masks: pool.masks.into_iter().map(Into::into).collect(),
        });
        Self {
            code: region.code,
            n: region.n,
            capped: region.capped,
            selected: region.selected,
            public: region.public,
            pools: pools.collect(),
        }
    }
}

impl From<&RegionOutcome> for Region {
    fn from(region: &RegionOutcome) -> Self {
        let pools = region.pools.iter().map(|pool| Pool {
            cutoff: pool.cutoff.map(|ticket| Hex(ticket.0)),
            filled: pool.filled,
            masks: pool.masks.iter().copied().map(Into::into).collect(),
            name: pool.name.clone(),
            seats: pool.seats,
            short: pool.short,
        });
        Self {
            capped: region.capped,
            code: region.code,
            n: region.n,
            pools: pools.collect(),
            public: region.public,
            selected: region.selected,
        }
    }
}

impl From<Mask> for MaskResult {
    fn from(row: Mask) -> Self {
        let Mask { close, mask, n, selected, step1 } = row;
        Self { mask, n, selected, step1, close: close.map(|ticket| Ticket(ticket.0)) }
    }
}

impl From<MaskResult> for Mask {
    fn from(row: MaskResult) -> Self {
        let MaskResult { mask, n, selected, step1, close } = row;
        Self { close: close.map(|ticket| Hex(ticket.0)), mask, n, selected, step1 }
    }
}
