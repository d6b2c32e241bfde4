//! Deterministic choices: a number from a seed, a label and what is chosen for.

use rand_chacha::ChaCha12Rng;
use rand_core::SeedableRng as _;
use sha2::{Digest as _, Sha256};

/// `SplitMix64`'s mixing step: every input bit changes about half of the output bits.
const fn mix(mut value: u64) -> u64 {
    value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

/// A stream of choices of its own, so that one more choice elsewhere shifts nothing here.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Choices(u64);

impl Choices {
    /// The stream of a label under a seed.
    pub(crate) fn new(seed: u64, label: &str) -> Self {
        Self(label.bytes().fold(mix(seed), |state, byte| mix(state ^ u64::from(byte))))
    }

    /// A number for `(a, b)`, uniform over all 64 bits.
    pub(crate) const fn number(self, a: u64, b: u64) -> u64 {
        mix(mix(self.0 ^ a).wrapping_add(b.wrapping_mul(0x9e37_79b9_7f4a_7c15)))
    }

    /// A number below `limit` for `(a, b)`; the bias is below one in 2^32 for limits below 2^32.
    pub(crate) fn below(self, a: u64, b: u64, limit: u64) -> u64 {
        let wide = u128::from(self.number(a, b)) * u128::from(limit);
        (wide >> 64) as u64
    }
}

/// A random source for one act, from the seed and the act's name alone, so that an act repeated after a
/// crash makes the same ids.
pub(crate) fn act_rng(seed: u64, act: &str) -> ChaCha12Rng {
    let mut hasher = Sha256::new();
    hasher.update(seed.to_be_bytes());
    hasher.update(act.as_bytes());
    ChaCha12Rng::from_seed(hasher.finalize().into())
}
