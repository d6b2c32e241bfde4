//! Beacon time and the local test chain (sections 5 and 16.8). The real chain is not here yet.

use std::fmt;

use crate::digest::{label, sha256};

/// Size of a beacon signature: one compressed point of the real chain, imitated by the test chain.
pub const SIGNATURE_SIZE_BYTES: usize = 48;

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
