//! Leaf and node hashes with their different first bytes, so that neither can pass for the other.

use sha2::block_api::compress256;

use crate::digest::sha256;
use crate::hex::impl_hex;
use crate::record::RECORD_SIZE_BYTES;
use crate::sha::{INITIAL_STATE, state_bytes};

/// Hash of a leaf or of a node.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeHash(pub [u8; 32]);
impl_hex!(NodeHash);

/// Bits hashed for a record or a node: the first byte and 64 bytes.
const LENGTH_BITS: u64 = 8 * (1 + 64);

/// Root of a tree without leaves: the hash of nothing.
pub fn empty_root() -> NodeHash {
    NodeHash(sha256(&[]))
}

/// Leaf of any content: `H(0x00 || content)`, for the announcement logs.
pub fn leaf_hash(content: &[u8]) -> NodeHash {
    NodeHash(sha256(&[&[0], content]))
}

/// Leaf of a published record; equal to [`leaf_hash`] of its bytes, and quicker.
pub fn record_leaf(record: &[u8; RECORD_SIZE_BYTES]) -> NodeHash {
    hash_65(0, record)
}

/// Node over two subtrees: `H(0x01 || left || right)`.
pub fn node_hash(left: &NodeHash, right: &NodeHash) -> NodeHash {
    let mut content = [0; 64];
    content[..32].copy_from_slice(&left.0);
    content[32..].copy_from_slice(&right.0);
    hash_65(1, &content)
}

/// SHA-256 of one byte and 64 more, which fill two blocks of fixed shape.
fn hash_65(first: u8, content: &[u8; 64]) -> NodeHash {
    let mut blocks = [[0; 64]; 2];
    let [head, tail] = &mut blocks;
    head[0] = first;
    head[1..].copy_from_slice(&content[..63]);
    tail[0] = content[63];
    tail[1] = 0x80;
    tail[56..].copy_from_slice(&LENGTH_BITS.to_be_bytes());
    let mut state = INITIAL_STATE;
    compress256(&mut state, &blocks);
    NodeHash(state_bytes(&state))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Goal: the fixed blocks give SHA-256; method: compare both forms with the general hash.
    #[test]
    fn fixed_blocks_are_sha256() {
        let content: [u8; 64] = std::array::from_fn(|at| u8::try_from(at).unwrap());
        assert_eq!(record_leaf(&content), leaf_hash(&content));
        let [left, right] =
            [NodeHash(*content.first_chunk().unwrap()), NodeHash(*content.last_chunk().unwrap())];
        assert_eq!(node_hash(&left, &right).0, sha256(&[&[1], &content]));
    }
}
