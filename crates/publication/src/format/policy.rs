//! `policy.json`: all rules of a wave, published before anybody registers.

use std::collections::BTreeMap;

use selection::beacon::{QUICKNET, TestBeacon};
use selection::digest::WaveContext;
use selection::policy::{BeaconFacts, CheckedPolicy, Policy, SeatRules, Timetable};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use self::seats::{Apportionment, Carryover, Guarantee, Pool, Region, Share, SmallCells, Trait};
use super::FormatError;
use super::keys::{Log, LogName, NamedKey, named_keys, parties};
use crate::log::Trust;
use crate::wire::{self, Hex, HexOrEmpty, Version, Whole};

mod seats;

const FILE: &str = "policy.json";

/// What a policy says beside the rules that [`Policy`] holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyParts {
    /// The rules.
    pub policy: Policy,
    /// Commitment to the draw key.
    pub key_commit: [u8; 32],
    /// Ed25519 public key that signs receipts.
    pub receipt_key: [u8; 32],
    /// The announcement log.
    pub log: LogName,
    /// Free remarks.
    pub notes: BTreeMap<String, String>,
}

/// A policy as published, with every rule of section 16.3 checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyFile {
    policy: CheckedPolicy,
    /// Commitment to the draw key.
    pub key_commit: [u8; 32],
    /// Ed25519 public key that signs receipts.
    pub receipt_key: [u8; 32],
    /// The announcement log.
    pub log: LogName,
    /// Free remarks.
    pub notes: BTreeMap<String, String>,
    /// SHA-256 of the file.
    pub digest: [u8; 32],
    /// Context of the wave, which every other file repeats.
    pub ctx: WaveContext,
}

impl PolicyFile {
    /// Reads `policy.json`.
    ///
    /// # Errors
    /// [`FormatError`] unless the file is canonical and obeys section 16.3.
    pub fn read(bytes: &[u8]) -> Result<Self, FormatError> {
        let file: File = wire::read(FILE, bytes)?;
        Self::new(file.into(), Sha256::digest(bytes).into())
    }

    /// The policy with all its rules checked, and its file.
    ///
    /// # Errors
    /// [`FormatError`] as for [`PolicyFile::read`].
    pub fn write(parts: &PolicyParts) -> Result<(Self, Vec<u8>), FormatError> {
        let bytes = wire::write(&File::from(parts));
        Ok((Self::read(&bytes)?, bytes))
    }

    fn new(parts: PolicyParts, digest: [u8; 32]) -> Result<Self, FormatError> {
        let PolicyParts { policy, key_commit, receipt_key, log, notes } = parts;
        check_scheme(&policy.beacon)?;
        let ctx = WaveContext::new(&policy.programme, policy.wave, &digest)
            .map_err(|error| FormatError::field(FILE, "programme", error.to_string()))?;
        let policy =
            policy.check().map_err(|faults| FormatError::field(FILE, ".", faults.to_string()))?;
        let own = policy.get();
        Trust::new(log.clone(), own.witnesses.clone(), own.quorum.into())
            .map_err(|error| FormatError::field(FILE, "witnesses", error.to_string()))?;
        Ok(Self { policy, key_commit, receipt_key, log, notes, digest, ctx })
    }

    /// The rules, all checked.
    pub fn policy(&self) -> &CheckedPolicy {
        &self.policy
    }

    /// What the file is made from.
    pub fn parts(&self) -> PolicyParts {
        PolicyParts {
            policy: self.policy.get().clone(),
            key_commit: self.key_commit,
            receipt_key: self.receipt_key,
            log: self.log.clone(),
            notes: self.notes.clone(),
        }
    }

    /// Programme and wave.
    pub fn wave(&self) -> (&str, u32) {
        let policy = self.policy.get();
        (&policy.programme, policy.wave)
    }
}

/// Version 1 knows two schemes; the key belongs to the one that has signatures.
fn check_scheme(beacon: &BeaconFacts) -> Result<(), FormatError> {
    let refused = |field, reason: &str| Err(FormatError::field(FILE, field, reason));
    match (beacon.scheme.as_str(), beacon.public_key) {
        (TestBeacon::SCHEME, None) => Ok(()),
        (TestBeacon::SCHEME, Some(_)) => {
            refused("beacon.public_key", "the test scheme has no key; leave the text empty")
        }
        (scheme, Some(_)) if scheme == QUICKNET.scheme => Ok(()),
        (scheme, None) if scheme == QUICKNET.scheme => {
            refused("beacon.public_key", "give the 96 bytes of the chain's key")
        }
        _ => refused("beacon.scheme", "use bls-unchained-g1-rfc9380, or test-sha256 for a test"),
    }
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct File {
    apportionment: Apportionment,
    base: u32,
    beacon: Beacon,
    carryover: Carryover,
    contributors: Vec<NamedKey>,
    correction_shift: u32,
    household_cap: u8,
    key_commit: Hex<32>,
    log: Log,
    margin: u32,
    max_corrections: u8,
    max_weight: u8,
    national: Vec<Guarantee>,
    notes: BTreeMap<String, String>,
    pools: Vec<Pool>,
    programme: String,
    quorum: u8,
    receipt_key: Hex<32>,
    regions: Vec<Region>,
    reserve: Share,
    small_cells: SmallCells,
    times: Times,
    traits: Vec<Trait>,
    version: Version,
    waitlist: bool,
    wave: u32,
    witnesses: Vec<NamedKey>,
}

/// How the seed is made; `public-sources` is reserved (section 16.8).
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
enum Mode {
    #[serde(rename = "drand")]
    Drand,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Beacon {
    chain_hash: Hex<32>,
    genesis: Whole,
    mode: Mode,
    period: u32,
    public_key: HexOrEmpty<96>,
    scheme: String,
    test: bool,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Times {
    t0: Whole,
    t1: Whole,
    t2: Whole,
    t3: Whole,
    t4: Whole,
}

impl From<File> for PolicyParts {
    fn from(file: File) -> Self {
        let times = Timetable {
            t0: file.times.t0.0,
            t1: file.times.t1.0,
            t2: file.times.t2.0,
            t3: file.times.t3.0,
            t4: file.times.t4.0,
            margin_s: file.margin,
            correction_shift_s: file.correction_shift,
            max_corrections: file.max_corrections,
        };
        let beacon = BeaconFacts {
            chain_hash: file.beacon.chain_hash.0,
            public_key: file.beacon.public_key.0,
            scheme: file.beacon.scheme,
            genesis_s: file.beacon.genesis.0,
            period_s: file.beacon.period,
            test: file.beacon.test,
        };
        let rules = SeatRules {
            base: file.base,
            carryover: file.carryover.into(),
            reserve: file.reserve.into(),
            apportionment: file.apportionment.into(),
            regions: file.regions.into_iter().map(Into::into).collect(),
            traits: file.traits.into_iter().map(Into::into).collect(),
            small_cells: file.small_cells.into(),
            household_cap: file.household_cap,
            max_weight: file.max_weight,
            waitlist: file.waitlist,
            pools: file.pools.into_iter().map(Into::into).collect(),
            national: file.national.into_iter().map(Into::into).collect(),
        };
        let policy = Policy {
            programme: file.programme,
            wave: file.wave,
            times,
            beacon,
            witnesses: parties(file.witnesses),
            quorum: file.quorum,
            contributors: parties(file.contributors),
            rules,
        };
        Self {
            policy,
            key_commit: file.key_commit.0,
            receipt_key: file.receipt_key.0,
            log: file.log.into(),
            notes: file.notes,
        }
    }
}

impl From<&PolicyParts> for File {
    fn from(parts: &PolicyParts) -> Self {
        let policy = &parts.policy;
        let (rules, beacon, times) = (&policy.rules, &policy.beacon, &policy.times);
        Self {
            apportionment: rules.apportionment.into(),
            base: rules.base,
            beacon: Beacon {
                chain_hash: Hex(beacon.chain_hash),
                genesis: Whole(beacon.genesis_s),
                mode: Mode::Drand,
                period: beacon.period_s,
                public_key: HexOrEmpty(beacon.public_key),
                scheme: beacon.scheme.clone(),
                test: beacon.test,
            },
            carryover: rules.carryover.into(),
            contributors: named_keys(&policy.contributors),
            correction_shift: times.correction_shift_s,
            household_cap: rules.household_cap,
            key_commit: Hex(parts.key_commit),
            log: Log::from(&parts.log),
            margin: times.margin_s,
            max_corrections: times.max_corrections,
            max_weight: rules.max_weight,
            national: rules.national.iter().copied().map(Into::into).collect(),
            notes: parts.notes.clone(),
            pools: rules.pools.iter().map(Into::into).collect(),
            programme: policy.programme.clone(),
            quorum: policy.quorum,
            receipt_key: Hex(parts.receipt_key),
            regions: rules.regions.iter().copied().map(Into::into).collect(),
            reserve: rules.reserve.into(),
            small_cells: rules.small_cells.into(),
            times: Times {
                t0: Whole(times.t0),
                t1: Whole(times.t1),
                t2: Whole(times.t2),
                t3: Whole(times.t3),
                t4: Whole(times.t4),
            },
            traits: rules.traits.iter().map(Into::into).collect(),
            version: Version,
            waitlist: rules.waitlist,
            wave: policy.wave,
            witnesses: named_keys(&policy.witnesses),
        }
    }
}
