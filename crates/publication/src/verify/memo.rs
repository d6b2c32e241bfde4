//! Signatures that were checked already.

use std::collections::BTreeMap;

use selection::policy::BeaconFacts;
use sha2::{Digest as _, Sha256};

use crate::beacon::{BeaconFault, verify_round};
use crate::log::{CheckpointError, Trust, WitnessedCheckpoint};

/// Checkpoints kept at most; far more than any folder has.
const KEPT_MAX: usize = 4096;

/// Remembers checkpoints and beacon rounds that held, for files and folders that share them.
#[derive(Debug, Default)]
pub struct Memo {
    checkpoints: BTreeMap<[u8; 32], WitnessedCheckpoint>,
    round: Option<(BeaconFacts, u64, [u8; 48], [u8; 32])>,
}

impl Memo {
    pub(super) fn checkpoint(
        &mut self,
        bytes: &[u8],
        trust: &Trust,
    ) -> Result<WitnessedCheckpoint, CheckpointError> {
        let trusted = Sha256::digest(trust.write());
        let key = Sha256::new().chain_update(trusted).chain_update(bytes).finalize().into();
        if let Some(known) = self.checkpoints.get(&key) {
            return Ok(known.clone());
        }
        let read = WitnessedCheckpoint::read(bytes, trust)?;
        if self.checkpoints.len() < KEPT_MAX {
            self.checkpoints.insert(key, read.clone());
        }
        Ok(read)
    }

    pub(super) fn round(
        &mut self,
        beacon: &BeaconFacts,
        round: u64,
        signature: &[u8; 48],
    ) -> Result<[u8; 32], BeaconFault> {
        if let Some((facts, number, signed, randomness)) = &self.round
            && (facts, *number, signed) == (beacon, round, signature)
        {
            return Ok(*randomness);
        }
        let randomness = verify_round(beacon, round, signature)?;
        self.round = Some((beacon.clone(), round, *signature, randomness));
        Ok(randomness)
    }
}
