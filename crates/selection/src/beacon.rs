//! Beacon time, the facts of the real chain, and the local test chain (sections 5 and 16.8).
//!
//! The signature of the real chain is checked elsewhere; here only its randomness is taken.

use std::fmt;

use crate::digest::{label, sha256};

/// Size of a beacon signature: one compressed point of the real chain, imitated by the test chain.
pub const SIGNATURE_SIZE_BYTES: usize = 48;

/// Facts that pin a beacon chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChainFacts {
    /// Hash that names the chain.
    pub chain_hash: [u8; 32],
    /// Public key, a compressed point on G2.
    pub public_key: [u8; 96],
    /// Signature scheme.
    pub scheme: &'static str,
    /// Unix time of round 1, seconds.
    pub genesis_s: u64,
    /// Seconds between rounds.
    pub period_s: u32,
}

/// The only chain that is not a test chain: drand `quicknet` of the League of Entropy (section 5).
pub const QUICKNET: ChainFacts = ChainFacts {
    chain_hash: [
        0x52, 0xdb, 0x9b, 0xa7, 0x0e, 0x0c, 0xc0, 0xf6, 0xea, 0xf7, 0x80, 0x3d, 0xd0, 0x74, 0x47,
        0xa1, 0xf5, 0x47, 0x77, 0x35, 0xfd, 0x3f, 0x66, 0x17, 0x92, 0xba, 0x94, 0x60, 0x0c, 0x84,
        0xe9, 0x71,
    ],
    public_key: [
        0x83, 0xcf, 0x0f, 0x28, 0x96, 0xad, 0xee, 0x7e, 0xb8, 0xb5, 0xf0, 0x1f, 0xca, 0xd3, 0x91,
        0x22, 0x12, 0xc4, 0x37, 0xe0, 0x07, 0x3e, 0x91, 0x1f, 0xb9, 0x00, 0x22, 0xd3, 0xe7, 0x60,
        0x18, 0x3c, 0x8c, 0x4b, 0x45, 0x0b, 0x6a, 0x0a, 0x6c, 0x3a, 0xc6, 0xa5, 0x77, 0x6a, 0x2d,
        0x10, 0x64, 0x51, 0x0d, 0x1f, 0xec, 0x75, 0x8c, 0x92, 0x1c, 0xc2, 0x2b, 0x0e, 0x17, 0xe6,
        0x3a, 0xaf, 0x4b, 0xcb, 0x5e, 0xd6, 0x63, 0x04, 0xde, 0x9c, 0xf8, 0x09, 0xbd, 0x27, 0x4c,
        0xa7, 0x3b, 0xab, 0x4a, 0xf5, 0xa6, 0xe9, 0xc7, 0x6a, 0x4b, 0xc0, 0x9e, 0x76, 0xea, 0xe8,
        0x99, 0x1e, 0xf5, 0xec, 0xe4, 0x5a,
    ],
    scheme: "bls-unchained-g1-rfc9380",
    genesis_s: 1_692_803_367,
    period_s: 3,
};

/// Why a beacon round or its time cannot be computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BeaconError {
    /// The period is a divisor.
    #[error("beacon period is 0 s; give the chain's period in whole seconds")]
    Period,
    /// A chain has no rounds before its genesis.
    #[error("time {time_s} is before the beacon's genesis {genesis_s}; choose a later draw time")]
    BeforeGenesis {
        /// The asked Unix time.
        time_s: u64,
        /// First round's Unix time.
        genesis_s: u64,
    },
    /// Rounds count from 1.
    #[error("beacon round 0 does not exist; rounds count from 1")]
    RoundZero,
    /// The time or round does not fit 64 bits.
    #[error("beacon round for {value} lies beyond the range of 64-bit numbers; check the value")]
    OutOfRange {
        /// The round or time that was asked for.
        value: u64,
    },
}

/// Fixed map between time and rounds: round 1 is at genesis, then one each period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BeaconSchedule {
    genesis_s: u64,
    period_s: u32,
}

impl BeaconSchedule {
    /// A chain that began at Unix time `genesis_s` and gives a value every `period_s` seconds.
    ///
    /// # Errors
    /// [`BeaconError::Period`] if the period is zero.
    pub fn new(genesis_s: u64, period_s: u32) -> Result<Self, BeaconError> {
        if period_s == 0 { Err(BeaconError::Period) } else { Ok(Self { genesis_s, period_s }) }
    }

    /// First round whose value appears at `time_s` (Unix seconds) or later.
    ///
    /// # Errors
    /// [`BeaconError::BeforeGenesis`], or [`BeaconError::OutOfRange`].
    pub fn round_at(&self, time_s: u64) -> Result<u64, BeaconError> {
        let since = time_s
            .checked_sub(self.genesis_s)
            .ok_or(BeaconError::BeforeGenesis { time_s, genesis_s: self.genesis_s })?;
        since
            .div_ceil(u64::from(self.period_s))
            .checked_add(1)
            .ok_or(BeaconError::OutOfRange { value: time_s })
    }

    /// Unix time in seconds at which a round's value appears.
    ///
    /// # Errors
    /// [`BeaconError::RoundZero`], or [`BeaconError::OutOfRange`].
    pub fn time_of(&self, round: u64) -> Result<u64, BeaconError> {
        let periods = round.checked_sub(1).ok_or(BeaconError::RoundZero)?;
        periods
            .checked_mul(u64::from(self.period_s))
            .and_then(|elapsed_s| elapsed_s.checked_add(self.genesis_s))
            .ok_or(BeaconError::OutOfRange { value: round })
    }
}

/// Randomness of a round of any chain: SHA-256 of its signature.
pub fn randomness(signature: &[u8; SIGNATURE_SIZE_BYTES]) -> [u8; 32] {
    sha256(&[signature])
}

/// Local chain of scheme `test-sha256`: everybody can compute every round in advance.
///
/// For tests and demonstrations only; whatever shows its values must show its `Display` too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TestBeacon {
    chain_hash: [u8; 32],
    schedule: BeaconSchedule,
}

impl TestBeacon {
    /// Scheme name in the policy document.
    pub const SCHEME: &'static str = "test-sha256";

    /// A test chain with this name and schedule.
    pub fn new(chain_hash: [u8; 32], schedule: BeaconSchedule) -> Self {
        Self { chain_hash, schedule }
    }

    /// Hash that names the chain in the policy and in the seed.
    pub fn chain_hash(&self) -> &[u8; 32] {
        &self.chain_hash
    }

    /// When its rounds appear.
    pub fn schedule(&self) -> &BeaconSchedule {
        &self.schedule
    }

    /// Signature of a round: the first 48 bytes of `H(m || 00) || H(m || 01)`.
    pub fn signature(&self, round: u64) -> [u8; SIGNATURE_SIZE_BYTES] {
        let half = |last: u8| {
            sha256(&[label!("test-beacon"), &self.chain_hash, &round.to_be_bytes(), &[last]])
        };
        let mut signature = [0; SIGNATURE_SIZE_BYTES];
        signature[..32].copy_from_slice(&half(0));
        signature[32..].copy_from_slice(&half(1)[..16]);
        signature
    }

    /// Randomness of a round.
    pub fn randomness(&self, round: u64) -> [u8; 32] {
        randomness(&self.signature(round))
    }
}

impl fmt::Display for TestBeacon {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TEST BEACON (predictable, not for a real draw), chain ")?;
        crate::hex::write(f, &self.chain_hash)
    }
}
