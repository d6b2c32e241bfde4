//! `reveals.json` and `seed.json`: the contributions, and the seed that fixes every ticket.

use serde::{Deserialize, Serialize};

use super::FormatError;
use crate::wire::{self, Hex, U64Text, Version};

/// A contribution that was revealed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reveal {
    /// Name of the contributor in the policy.
    pub name: String,
    /// The value whose commitment is in the plan.
    pub value: [u8; 32],
}

/// What `reveals.json` says; withheld contributions are left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RevealsFile {
    /// Context of the wave.
    pub ctx: [u8; 32],
    /// Revealed contributions, in the order of the policy.
    pub contributions: Vec<Reveal>,
}

impl RevealsFile {
    /// Reads `reveals.json`.
    ///
    /// # Errors
    /// [`FormatError`] unless the file is canonical.
    pub fn read(bytes: &[u8]) -> Result<Self, FormatError> {
        let file: Reveals = wire::read("reveals.json", bytes)?;
        Ok(Self { ctx: file.ctx.0, contributions: from_wire(file.contributions) })
    }

    /// The canonical file.
    pub fn write(&self) -> Vec<u8> {
        let contributions = to_wire(&self.contributions);
        wire::write(&Reveals { contributions, ctx: Hex(self.ctx), version: Version })
    }
}

/// What `seed.json` says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeedFile {
    /// Context of the wave.
    pub ctx: [u8; 32],
    /// SHA-256 of `plan.json`.
    pub plan: [u8; 32],
    /// Set for every beacon but the real one.
    pub test: bool,
    /// Hash that names the beacon chain.
    pub chain_hash: [u8; 32],
    /// Beacon round.
    pub round: u64,
    /// The beacon's signature of that round.
    pub signature: [u8; 48],
    /// SHA-256 of the signature.
    pub randomness: [u8; 32],
    /// The revealed contributions, as in `reveals.json`.
    pub contributions: Vec<Reveal>,
    /// Digest of all contributions.
    pub contrib_digest: [u8; 32],
    /// The seed.
    pub seed: [u8; 32],
}

impl SeedFile {
    /// Reads `seed.json`.
    ///
    /// # Errors
    /// [`FormatError`] unless the file is canonical.
    pub fn read(bytes: &[u8]) -> Result<Self, FormatError> {
        let file: Seed = wire::read("seed.json", bytes)?;
        Ok(Self {
            ctx: file.ctx.0,
            plan: file.plan.0,
            test: file.test,
            chain_hash: file.chain_hash.0,
            round: file.round.0,
            signature: file.signature.0,
            randomness: file.randomness.0,
            contributions: from_wire(file.contributions),
            contrib_digest: file.contrib_digest.0,
            seed: file.seed.0,
        })
    }

    /// The canonical file.
    pub fn write(&self) -> Vec<u8> {
        wire::write(&Seed {
            chain_hash: Hex(self.chain_hash),
            contrib_digest: Hex(self.contrib_digest),
            contributions: to_wire(&self.contributions),
            ctx: Hex(self.ctx),
            mode: Mode::Drand,
            plan: Hex(self.plan),
            randomness: Hex(self.randomness),
            round: U64Text(self.round),
            seed: Hex(self.seed),
            signature: Hex(self.signature),
            test: self.test,
            version: Version,
        })
    }
}

fn from_wire(list: Vec<Contribution>) -> Vec<Reveal> {
    list.into_iter().map(|own| Reveal { name: own.name, value: own.value.0 }).collect()
}

fn to_wire(list: &[Reveal]) -> Vec<Contribution> {
    list.iter().map(|own| Contribution { name: own.name.clone(), value: Hex(own.value) }).collect()
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Contribution {
    name: String,
    value: Hex<32>,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Reveals {
    contributions: Vec<Contribution>,
    ctx: Hex<32>,
    version: Version,
}

/// How the seed is made; `public-sources` is reserved (section 16.8).
#[derive(Debug, Deserialize, Serialize)]
enum Mode {
    #[serde(rename = "drand")]
    Drand,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Seed {
    chain_hash: Hex<32>,
    contrib_digest: Hex<32>,
    contributions: Vec<Contribution>,
    ctx: Hex<32>,
    mode: Mode,
    plan: Hex<32>,
    randomness: Hex<32>,
    round: U64Text,
    seed: Hex<32>,
    signature: Hex<48>,
    test: bool,
    version: Version,
}
