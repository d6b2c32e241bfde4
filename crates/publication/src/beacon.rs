//! Whether a beacon signature is the one of its round (sections 5 and 16.8), checked offline.

use drand_verify::{G2PubkeyRfc, Pubkey as _};
use selection::beacon::{
    BeaconError, BeaconSchedule, QUICKNET, SIGNATURE_SIZE_BYTES, TestBeacon, randomness,
};
use selection::policy::BeaconFacts;
use serde::Deserialize;

use crate::wire::{Hex, hex};

/// Why a beacon value cannot be taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BeaconFault {
    /// The chain's schedule is no schedule.
    #[error(transparent)]
    Schedule(#[from] BeaconError),
    /// The pinned key is not a point of the curve, or the one that signs everything.
    #[error("the public key of the beacon chain is no point of the curve, or the identity")]
    Key,
    /// The signature is of another round, another chain, or none.
    #[error("the beacon signature is not that of round {round}")]
    Signature {
        /// The round asked for.
        round: u64,
    },
    /// The answer is not what a drand server says of a round.
    #[error(
        "the text is not JSON with `round` and `signature`, 48 bytes in lower-case hexadecimal"
    )]
    Form,
    /// The answer is about another round.
    #[error("the answer is about round {found}, not {round}")]
    OtherRound {
        /// Round in the answer.
        found: u64,
        /// The round asked for.
        round: u64,
    },
    /// Version 1 knows two schemes.
    #[error("beacon scheme {scheme:?} is unknown")]
    Scheme {
        /// The scheme.
        scheme: String,
    },
}

/// Checks a signature against the pinned chain and gives its randomness.
///
/// # Errors
/// [`BeaconFault`].
pub fn verify_round(
    beacon: &BeaconFacts,
    round: u64,
    signature: &[u8; SIGNATURE_SIZE_BYTES],
) -> Result<[u8; 32], BeaconFault> {
    let schedule = BeaconSchedule::new(beacon.genesis_s, beacon.period_s)?;
    schedule.time_of(round)?;
    let refused = BeaconFault::Signature { round };
    match (beacon.scheme.as_str(), beacon.public_key) {
        (TestBeacon::SCHEME, None) => {
            let chain = TestBeacon::new(beacon.chain_hash, schedule);
            if chain.signature(round) != *signature {
                return Err(refused);
            }
        }
        (scheme, Some(key)) if scheme == QUICKNET.scheme => {
            // The identity as key takes itself for a signature of every round.
            if is_identity(&key) {
                return Err(BeaconFault::Key);
            }
            if is_identity(signature) {
                return Err(refused);
            }
            let key = G2PubkeyRfc::from_fixed(key).map_err(|_| BeaconFault::Key)?;
            // An error means that the bytes are no point, which no round has signed either.
            if !key.verify(round, &[], signature).unwrap_or(false) {
                return Err(refused);
            }
        }
        (scheme, _) => return Err(BeaconFault::Scheme { scheme: scheme.to_owned() }),
    }
    Ok(randomness(signature))
}

/// Whether a compressed point is the identity of its group, which has one form.
fn is_identity(point: &[u8]) -> bool {
    point
        .split_first()
        .is_some_and(|(first, rest)| *first == 0xc0 && rest.iter().all(|own| *own == 0))
}

/// A round whose signature is the chain's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BeaconRound {
    /// Number of the round.
    pub round: u64,
    /// The chain's signature of it.
    pub signature: [u8; SIGNATURE_SIZE_BYTES],
    /// SHA-256 of the signature.
    pub randomness: [u8; 32],
}

/// Where a round is below the address of a server with drand's HTTP API.
pub fn round_path(beacon: &BeaconFacts, round: u64) -> String {
    format!("{}/public/{round}", hex(&beacon.chain_hash))
}

/// What drand's HTTP API says of a round. Its `randomness` is left alone: it follows from the signature.
#[derive(Deserialize)]
struct Answer {
    round: u64,
    signature: Hex<SIGNATURE_SIZE_BYTES>,
}

impl BeaconRound {
    /// Reads what drand's HTTP API says of a round, and checks it against the pinned chain.
    ///
    /// # Errors
    /// [`BeaconFault`].
    pub fn read(bytes: &[u8], beacon: &BeaconFacts, round: u64) -> Result<Self, BeaconFault> {
        let answer: Answer = serde_json::from_slice(bytes).map_err(|_| BeaconFault::Form)?;
        if answer.round != round {
            return Err(BeaconFault::OtherRound { found: answer.round, round });
        }
        let signature = answer.signature.0;
        Ok(Self { round, signature, randomness: verify_round(beacon, round, &signature)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::unhex;

    const ROUND_123: &str = "b75c69d0b72a5d906e854e808ba7e2accb1542ac355ae486d591aa9d43765482e26\
                             cd02df835d3546d23c4b13e0dfc92";

    /// Goal: the real round passes and nothing near it does; method: the specification's vector, the
    /// next round, flipped bits, and another key.
    #[test]
    fn real_chain() {
        let beacon = BeaconFacts::quicknet();
        let signature: [u8; 48] = unhex(ROUND_123).unwrap();
        let random = verify_round(&beacon, 123, &signature).unwrap();
        let expected = "fb8f7bc29bf24db51871ec8c79f3a1e4bd0557bc0dfcee9ed1d924e69d1c60dc";
        assert_eq!(random, unhex(expected).unwrap());
        let refused = |round| Err(BeaconFault::Signature { round });
        assert_eq!(verify_round(&beacon, 124, &signature), refused(124));
        for bit in [0, 1, 2, 7, 100, 383] {
            let mut flipped = signature;
            flipped[bit / 8] ^= 0x80 >> (bit % 8);
            assert_eq!(verify_round(&beacon, 123, &flipped), refused(123), "bit {bit}");
        }
        let mut other = beacon.clone();
        other.public_key = Some([0xff; 96]);
        assert_eq!(verify_round(&other, 123, &signature), Err(BeaconFault::Key));
        let (mut no_key, mut no_signature) = ([0; 96], [0; 48]);
        (no_key[0], no_signature[0]) = (0xc0, 0xc0);
        assert_eq!(verify_round(&beacon, 123, &no_signature), refused(123));
        other.public_key = Some(no_key);
        assert_eq!(verify_round(&other, 123, &no_signature), Err(BeaconFault::Key));
        assert_eq!(
            verify_round(&beacon, 0, &signature),
            Err(BeaconFault::Schedule(BeaconError::RoundZero))
        );
    }

    /// Goal: an answer counts by its round and signature alone; method: the real round 123, and a table
    /// of answers that are cut, of another round, or no answer.
    #[test]
    fn answers() {
        let beacon = BeaconFacts::quicknet();
        let read = |text: &str, round| {
            BeaconRound::read(text.as_bytes(), &beacon, round).map(|found| found.round)
        };
        let real = format!(r#"{{"round":123,"randomness":"ff","signature":"{ROUND_123}"}}"#);
        assert_eq!(read(&real, 123), Ok(123));
        assert_eq!(read(&real, 124), Err(BeaconFault::OtherRound { found: 123, round: 124 }));
        let moved = real.replace("123,", "124,");
        assert_eq!(read(&moved, 124), Err(BeaconFault::Signature { round: 124 }));
        for wrong in ["", "{}", "<html>", &real[..40], &real.replace("b75c", "b7"), "[123]"] {
            assert_eq!(read(wrong, 123), Err(BeaconFault::Form), "{wrong}");
        }
    }

    /// Goal: the test chain has one signature a round; method: that of one round for another.
    #[test]
    fn test_chain() {
        let beacon = BeaconFacts {
            chain_hash: [3; 32],
            public_key: None,
            scheme: TestBeacon::SCHEME.to_owned(),
            genesis_s: 0,
            period_s: 1,
            test: true,
        };
        let chain = TestBeacon::new([3; 32], BeaconSchedule::new(0, 1).unwrap());
        let signature = chain.signature(5);
        assert_eq!(verify_round(&beacon, 5, &signature), Ok(chain.randomness(5)));
        let refused = BeaconFault::Signature { round: 6 };
        assert_eq!(verify_round(&beacon, 6, &signature), Err(refused));
    }
}
