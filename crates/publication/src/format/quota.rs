//! `quota.json`: the solved seat table and where its seats come from.

use selection::quota::{
    GuaranteeQuota, Incoming, LoweredReason, NationalQuota, PoolQuota, QuotaTable, RegionQuota,
    ReturnedSeats, SeatTotals, TraitCount,
};
use serde::{Deserialize, Serialize};

use super::FormatError;
use super::revoked::{Returned, is_revoked_name};
use crate::wire::{self, Count, Hex, Version};

const FILE: &str = "quota.json";

/// A batch of revocations whose seats this wave takes over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReturnSource {
    /// SHA-256 of the batch.
    pub digest: [u8; 32],
    /// Its file name.
    pub file: String,
    /// Its wave.
    pub wave: u32,
}

/// The wave whose left seats this wave takes over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CarrySource {
    /// SHA-256 of its `result.json`.
    pub digest: [u8; 32],
    /// Its number.
    pub wave: u32,
}

/// What `quota.json` says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuotaFile {
    /// Context of the wave.
    pub ctx: [u8; 32],
    /// The seats.
    pub table: QuotaTable,
    /// Seats that came back, ascending by region.
    pub returned: Vec<ReturnedSeats>,
    /// The batches they come from.
    pub returned_from: Vec<ReturnSource>,
    /// The wave whose seats were left; none for the first wave.
    pub carry_from: Option<CarrySource>,
}

impl QuotaFile {
    /// Seats from earlier waves, as the table states them.
    pub fn incoming(&self) -> Incoming {
        Incoming { carry_in: self.table.q.carry_in, returned: self.returned.clone() }
    }

    /// Reads `quota.json`.
    ///
    /// # Errors
    /// [`FormatError`] unless the file is canonical and the seats that came back ascend by region.
    pub fn read(bytes: &[u8]) -> Result<Self, FormatError> {
        let file: File = wire::read(FILE, bytes)?;
        let returned: Vec<ReturnedSeats> = file.returned.into_iter().map(Into::into).collect();
        let ascends = returned.is_sorted_by(|left, right| left.region < right.region);
        if !ascends || returned.iter().any(|own| own.count == 0) {
            let reason = "list each region once, ascending, with a count above 0";
            return Err(FormatError::field(FILE, "returned", reason));
        }
        if file.carry_from.is_none() && file.q.carry_in.0 != 0 {
            let reason = "name the wave that left the seats, or carry in none";
            return Err(FormatError::field(FILE, "carry_from", reason));
        }
        if let Some(at) = file.returned_from.iter().position(|own| !is_revoked_name(&own.file)) {
            let field = format!("returned_from[{at}].file");
            return Err(FormatError::field(FILE, &field, "name a batch of revocations"));
        }
        let sources = file.returned_from.into_iter().map(|own| ReturnSource {
            digest: own.digest.0,
            file: own.file,
            wave: own.wave,
        });
        let national = file.national.into_iter().map(|own| NationalQuota {
            trait_bit: own.trait_bit,
            asked: own.asked.0,
            placed: own.placed.0,
        });
        let q = SeatTotals {
            base: file.q.base.0,
            carry_in: file.q.carry_in.0,
            reserve: file.q.reserve.0,
            returned: file.q.returned.0,
            total: file.q.total.0,
        };
        Ok(Self {
            ctx: file.ctx.0,
            returned_from: sources.collect(),
            carry_from: file
                .carry_from
                .map(|own| CarrySource { digest: own.digest.0, wave: own.wave }),
            table: QuotaTable {
                q,
                carry: file.carry.0,
                national: national.collect(),
                regions: file.regions.into_iter().map(Into::into).collect(),
            },
            returned,
        })
    }

    /// The canonical file.
    pub fn write(&self) -> Vec<u8> {
        let q = &self.table.q;
        let national = self.table.national.iter().map(|own| National {
            asked: Count(own.asked),
            placed: Count(own.placed),
            trait_bit: own.trait_bit,
        });
        let sources = self.returned_from.iter().map(|own| ReturnedFrom {
            digest: Hex(own.digest),
            file: own.file.clone(),
            wave: own.wave,
        });
        wire::write(&File {
            carry: Count(self.table.carry),
            carry_from: self
                .carry_from
                .map(|own| CarryFrom { digest: Hex(own.digest), wave: own.wave }),
            ctx: Hex(self.ctx),
            national: national.collect(),
            q: Q {
                base: Count(q.base),
                carry_in: Count(q.carry_in),
                reserve: Count(q.reserve),
                returned: Count(q.returned),
                total: Count(q.total),
            },
            regions: self.table.regions.iter().map(Into::into).collect(),
            returned: self.returned.iter().copied().map(Into::into).collect(),
            returned_from: sources.collect(),
            version: Version,
        })
    }
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct File {
    carry: Count,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    carry_from: Option<CarryFrom>,
    ctx: Hex<32>,
    national: Vec<National>,
    q: Q,
    regions: Vec<Region>,
    returned: Vec<Returned>,
    returned_from: Vec<ReturnedFrom>,
    version: Version,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct CarryFrom {
    digest: Hex<32>,
    wave: u32,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct ReturnedFrom {
    digest: Hex<32>,
    file: String,
    wave: u32,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Q {
    base: Count,
    carry_in: Count,
    reserve: Count,
    returned: Count,
    total: Count,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct National {
    asked: Count,
    placed: Count,
    #[serde(rename = "trait")]
    trait_bit: u8,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Region {
    cap: u32,
    code: u16,
    floor: u32,
    /// Only where classes are hidden, also if no trait is national.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    holders: Option<Vec<Holders>>,
    n: u32,
    pools: Vec<Pool>,
    public: bool,
    records: u32,
    seats: u32,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Holders {
    n: u32,
    #[serde(rename = "trait")]
    trait_bit: u8,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Pool {
    guarantees: Vec<Guarantee>,
    name: String,
    seats: u32,
}

#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
enum Reason {
    People,
    Seats,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Guarantee {
    asked: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reason: Option<Reason>,
    seats: u32,
    #[serde(rename = "trait")]
    trait_bit: u8,
}

impl From<Region> for RegionQuota {
    fn from(region: Region) -> Self {
        let holders = region.holders.into_iter().flatten();
        let holders = holders.map(|own| TraitCount { trait_bit: own.trait_bit, records: own.n });
        let pools = region.pools.into_iter().map(|pool| PoolQuota {
            name: pool.name,
            seats: pool.seats,
            guarantees: pool.guarantees.into_iter().map(Into::into).collect(),
        });
        Self {
            code: region.code,
            records: region.records,
            n: region.n,
            cap: region.cap,
            floor: region.floor,
            seats: region.seats,
            public: region.public,
            holders: holders.collect(),
            pools: pools.collect(),
        }
    }
}

impl From<&RegionQuota> for Region {
    fn from(region: &RegionQuota) -> Self {
        let holders = region.holders.iter();
        let holders = holders.map(|own| Holders { n: own.records, trait_bit: own.trait_bit });
        let pools = region.pools.iter().map(|pool| Pool {
            guarantees: pool.guarantees.iter().copied().map(Into::into).collect(),
            name: pool.name.clone(),
            seats: pool.seats,
        });
        Self {
            cap: region.cap,
            code: region.code,
            floor: region.floor,
            holders: (!region.public).then(|| holders.collect()),
            n: region.n,
            pools: pools.collect(),
            public: region.public,
            records: region.records,
            seats: region.seats,
        }
    }
}

impl From<Guarantee> for GuaranteeQuota {
    fn from(own: Guarantee) -> Self {
        let reason = own.reason.map(|reason| match reason {
            Reason::People => LoweredReason::People,
            Reason::Seats => LoweredReason::Seats,
        });
        Self { trait_bit: own.trait_bit, asked: own.asked, seats: own.seats, reason }
    }
}

impl From<GuaranteeQuota> for Guarantee {
    fn from(own: GuaranteeQuota) -> Self {
        let reason = own.reason.map(|reason| match reason {
            LoweredReason::People => Reason::People,
            LoweredReason::Seats => Reason::Seats,
        });
        Self { asked: own.asked, reason, seats: own.seats, trait_bit: own.trait_bit }
    }
}
