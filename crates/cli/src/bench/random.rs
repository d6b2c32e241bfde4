//! A small fixed generator for sample data; nothing that is drawn depends on it.

use std::convert::Infallible;

use rand_core::TryRng;

/// `SplitMix64`: one addition and one mixing a number.
#[derive(Debug)]
pub(crate) struct SplitMix(u64);

impl SplitMix {
    /// Starts at a seed.
    pub(crate) const fn new(seed: u64) -> Self {
        Self(seed)
    }
}

/// Spreads neighbouring numbers over the whole range; different numbers stay different.
pub(crate) const fn mix(value: u64) -> u64 {
    let mixed = (value ^ (value >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ (mixed >> 31)
}

impl TryRng for SplitMix {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok((self.try_next_u64()? >> 32) as u32)
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        Ok(mix(self.0))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        for part in bytes.chunks_mut(8) {
            let word = self.try_next_u64()?.to_be_bytes();
            part.copy_from_slice(&word[..part.len()]);
        }
        Ok(())
    }
}
