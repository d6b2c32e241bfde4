//! `plan.json`: what a wave commits to before its seed exists.

use serde::{Deserialize, Serialize};

use super::FormatError;
use crate::wire::{self, Hex, U64Text, Version, Whole};

const FILE: &str = "plan.json";

/// A contributor's commitment to a value that is revealed later.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Commitment {
    /// Name of the contributor in the policy.
    pub name: String,
    /// The commitment.
    pub commitment: [u8; 32],
    /// Ed25519 signature of the contributor over it.
    pub signature: [u8; 64],
}

/// What `plan.json` says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanFile {
    /// Context of the wave.
    pub ctx: [u8; 32],
    /// Number of the plan: 1, one more per correction.
    pub plan: u8,
    /// SHA-256 of `policy.json`.
    pub policy: [u8; 32],
    /// Number of records.
    pub n: u32,
    /// Root of the tree over the records.
    pub root: [u8; 32],
    /// SHA-256 of `entries.bin`.
    pub entries: [u8; 32],
    /// SHA-256 of `quota.json`.
    pub quota: [u8; 32],
    /// Beacon round of the draw.
    pub round: u64,
    /// Unix time of the draw, seconds.
    pub t4: u64,
    /// Commitments of all contributors, in the order of the policy.
    pub contributions: Vec<Commitment>,
}

impl PlanFile {
    /// Reads `plan.json`.
    ///
    /// # Errors
    /// [`FormatError`] unless the file is canonical.
    pub fn read(bytes: &[u8]) -> Result<Self, FormatError> {
        let file: File = wire::read(FILE, bytes)?;
        let contributions = file.contributions.into_iter().map(|own| Commitment {
            name: own.name,
            commitment: own.commitment.0,
            signature: own.signature.0,
        });
        Ok(Self {
            ctx: file.ctx.0,
            plan: file.plan,
            policy: file.policy.0,
            n: file.n,
            root: file.root.0,
            entries: file.entries.0,
            quota: file.quota.0,
            round: file.round.0,
            t4: file.t4.0,
            contributions: contributions.collect(),
        })
    }

    /// The canonical file.
    pub fn write(&self) -> Vec<u8> {
        let contributions = self.contributions.iter().map(|own| Contribution {
            commitment: Hex(own.commitment),
            name: own.name.clone(),
            signature: Hex(own.signature),
        });
        wire::write(&File {
            contributions: contributions.collect(),
            ctx: Hex(self.ctx),
            entries: Hex(self.entries),
            n: self.n,
            plan: self.plan,
            policy: Hex(self.policy),
            quota: Hex(self.quota),
            root: Hex(self.root),
            round: U64Text(self.round),
            t4: Whole(self.t4),
            version: Version,
        })
    }
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct File {
    contributions: Vec<Contribution>,
    ctx: Hex<32>,
    entries: Hex<32>,
    n: u32,
    plan: u8,
    policy: Hex<32>,
    quota: Hex<32>,
    root: Hex<32>,
    round: U64Text,
    t4: Whole,
    version: Version,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Contribution {
    commitment: Hex<32>,
    name: String,
    signature: Hex<64>,
}
