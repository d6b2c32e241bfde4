//! Tickets: one public number per person and wave, computable by anyone from the seed and a tag.

use sha2::block_api::compress256;

use crate::digest::{Seed, label};
use crate::hex::impl_hex;
use crate::record::{EntryTag, Weight};
use crate::sha::{INITIAL_STATE, state_bytes};

/// Draw number of a person, compared as a 256-bit big-endian number; the smaller the better.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ticket(pub [u8; 32]);
impl_hex!(Ticket);

impl Ticket {
    /// The leading 128 bits, which order tickets except when they are equal.
    pub(crate) fn prefix(&self) -> u128 {
        let mut prefix = [0; 16];
        prefix.copy_from_slice(&self.0[..16]);
        u128::from_be_bytes(prefix)
    }
}

/// Bits hashed by the inner HMAC pass: key block 64 bytes, label 20, tag 16, step 1.
const INNER_LENGTH_BITS: u64 = 8 * (64 + 20 + 16 + 1);

/// Bits hashed by the outer HMAC pass: key block 64 bytes, inner digest 32.
const OUTER_LENGTH_BITS: u64 = 8 * (64 + 32);

/// Makes tickets under one seed.
///
/// HMAC-SHA-256 hashes the key block first in both passes, so those two states are computed once;
/// the rest of either pass fits one block, which leaves two compressions per ticket and step.
#[derive(Clone)]
pub struct Ticketer {
    inner_state: [u32; 8],
    outer_state: [u32; 8],
    inner_block: [u8; 64],
    outer_block: [u8; 64],
}

impl std::fmt::Debug for Ticketer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ticketer").finish_non_exhaustive()
    }
}

impl Ticketer {
    /// Prepares the two key states and the constant bytes of both message blocks.
    pub fn new(seed: &Seed) -> Self {
        let mut inner_block = [0; 64];
        inner_block[..20].copy_from_slice(label!("ticket"));
        inner_block[37] = 0x80;
        inner_block[56..].copy_from_slice(&INNER_LENGTH_BITS.to_be_bytes());
        let mut outer_block = [0; 64];
        outer_block[32] = 0x80;
        outer_block[56..].copy_from_slice(&OUTER_LENGTH_BITS.to_be_bytes());
        Self {
            inner_state: key_state(seed, 0x36),
            outer_state: key_state(seed, 0x5c),
            inner_block,
            outer_block,
        }
    }

    /// Ticket of a person: the least of one HMAC per entry, so weight w acts like w entries.
    pub fn ticket(&self, entry_tag: &EntryTag, weight: Weight) -> Ticket {
        let mut block = self.inner_block;
        block[20..36].copy_from_slice(&entry_tag.0);
        let mut least = self.finish(&block);
        for step in 1..weight.get() {
            block[36] = step;
            least = least.min(self.finish(&block));
        }
        Ticket(least)
    }

    /// Both HMAC passes over one prepared message block.
    fn finish(&self, message: &[u8; 64]) -> [u8; 32] {
        let mut state = self.inner_state;
        compress256(&mut state, std::slice::from_ref(message));
        let mut block = self.outer_block;
        block[..32].copy_from_slice(&state_bytes(&state));
        let mut state = self.outer_state;
        compress256(&mut state, &[block]);
        state_bytes(&state)
    }
}

/// State after the key block of one pass; HMAC fills the key up with zeros and adds the pad byte.
fn key_state(seed: &Seed, pad: u8) -> [u32; 8] {
    let mut block = [pad; 64];
    for (byte, key) in block.iter_mut().zip(seed.as_bytes()) {
        *byte ^= key;
    }
    let mut state = INITIAL_STATE;
    compress256(&mut state, &[block]);
    state
}
