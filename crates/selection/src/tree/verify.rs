//! Checking proofs that somebody else made.

use super::hash::{NodeHash, node_hash};

/// Why a proof does not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// The leaf cannot be in such a tree.
    #[error("leaf {index} is not in a tree of {size} leaves; leaves count from 0")]
    NoSuchLeaf {
        /// Claimed leaf.
        index: u64,
        /// Claimed size.
        size: u64,
    },
    /// An older tree cannot be larger.
    #[error("a tree of {old} leaves cannot precede one of {new}; check which is older")]
    Shrunk {
        /// Leaves before.
        old: u64,
        /// Leaves after.
        new: u64,
    },
    /// The proof has too many or too few hashes.
    #[error("the proof has {found} hashes, which do not fit the sizes; fetch the proof again")]
    Length {
        /// Hashes given.
        found: usize,
    },
    /// The hashes lead to another root.
    #[error("the proof leads to root {found}, not {expected}; the tree or the leaf was changed")]
    Root {
        /// Root that the proof gives.
        found: NodeHash,
        /// Root that was stated.
        expected: NodeHash,
    },
}

/// Checks that `leaf` is number `index` in the tree of `size` leaves with this root.
///
/// # Errors
/// [`ProofError`]: the claim is not proven.
///
/// Source: RFC 9162, section 2.1.3.2.
pub fn verify_inclusion(
    leaf: &NodeHash,
    index: u64,
    size: u64,
    path: &[NodeHash],
    root: &NodeHash,
) -> Result<(), ProofError> {
    let last = size.checked_sub(1).filter(|&last| index <= last);
    let (mut place, mut last) = (index, last.ok_or(ProofError::NoSuchLeaf { index, size })?);
    let mut hash = *leaf;
    let wrong_length = ProofError::Length { found: path.len() };
    for sibling in path {
        if last == 0 {
            return Err(wrong_length);
        }
        if place % 2 == 1 || place == last {
            hash = node_hash(sibling, &hash);
            // At the right edge a node without a sibling moves up as it is.
            while place % 2 == 0 && place != 0 {
                (place, last) = (place >> 1, last >> 1);
            }
        } else {
            hash = node_hash(&hash, sibling);
        }
        (place, last) = (place >> 1, last >> 1);
    }
    if last != 0 {
        return Err(wrong_length);
    }
    compare(hash, root)
}

/// Checks that the tree of `new` leaves begins with the tree of `old` leaves.
///
/// # Errors
/// [`ProofError`]: the newer tree is not proven to continue the older one.
///
/// Source: RFC 9162, section 2.1.4.2.
pub fn verify_consistency(
    old: u64,
    old_root: &NodeHash,
    new: u64,
    new_root: &NodeHash,
    path: &[NodeHash],
) -> Result<(), ProofError> {
    let wrong_length = ProofError::Length { found: path.len() };
    if old > new {
        return Err(ProofError::Shrunk { old, new });
    }
    if old == new {
        return if path.is_empty() { compare(*old_root, new_root) } else { Err(wrong_length) };
    }
    if old == 0 {
        let empty = super::empty_root();
        return if path.is_empty() { compare(empty, old_root) } else { Err(wrong_length) };
    }
    let (mut place, mut last) = (old.saturating_sub(1), new.saturating_sub(1));
    while place % 2 == 1 {
        (place, last) = (place >> 1, last >> 1);
    }
    let mut hashes = path.iter();
    // The old tree as a whole is a subtree of the new one exactly if its size is a power of two.
    let start = if old.is_power_of_two() { Some(old_root) } else { hashes.next() };
    let start = start.ok_or(wrong_length)?;
    let (mut old_hash, mut new_hash) = (*start, *start);
    for sibling in hashes {
        if last == 0 {
            return Err(wrong_length);
        }
        if place % 2 == 1 || place == last {
            old_hash = node_hash(sibling, &old_hash);
            new_hash = node_hash(sibling, &new_hash);
            while place % 2 == 0 && place != 0 {
                (place, last) = (place >> 1, last >> 1);
            }
        } else {
            new_hash = node_hash(&new_hash, sibling);
        }
        (place, last) = (place >> 1, last >> 1);
    }
    if last != 0 {
        return Err(wrong_length);
    }
    compare(old_hash, old_root)?;
    compare(new_hash, new_root)
}

fn compare(found: NodeHash, expected: &NodeHash) -> Result<(), ProofError> {
    if found == *expected { Ok(()) } else { Err(ProofError::Root { found, expected: *expected }) }
}
