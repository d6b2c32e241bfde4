//! Proofs from tiles.

use std::collections::BTreeMap;

use super::build::{complete_root, fold_right};
use super::hash::{NodeHash, empty_root};
use super::path::{LEVEL_BITS, TileId};

/// Why something cannot be read from tiles.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TileError<E> {
    /// The leaf is not in the tree.
    #[error("leaf {index} is not in a tree of {size} leaves; leaves count from 0")]
    NoSuchLeaf {
        /// Asked leaf.
        index: u64,
        /// Leaves of the tree.
        size: u64,
    },
    /// An older tree cannot be larger.
    #[error("a tree of {old} leaves cannot precede one of {new}; swap the sizes")]
    Shrunk {
        /// Leaves before.
        old: u64,
        /// Leaves after.
        new: u64,
    },
    /// The tile has another number of hashes than its name says.
    #[error("{tile} has {found} hashes, not {}; fetch it again", tile.width)]
    Width {
        /// Name of the tile.
        tile: TileId,
        /// Hashes found.
        found: usize,
    },
    /// The caller could not fetch a tile.
    #[error("could not fetch a tile")]
    Fetch(#[source] E),
}

/// Tiles of one tree, each fetched once.
struct Tiles<F> {
    size: u64,
    fetch: F,
    known: BTreeMap<TileId, Vec<NodeHash>>,
}

impl<F, E> Tiles<F>
where
    F: FnMut(TileId) -> Result<Vec<NodeHash>, E>,
{
    fn new(size: u64, fetch: F) -> Self {
        Self { size, fetch, known: BTreeMap::new() }
    }

    /// Hash of the leaves `first .. end`, where `first` is a multiple of a power of two not below
    /// the number of leaves: every subtree of RFC 6962 is of that kind.
    fn subtree(&mut self, mut first: u64, end: u64) -> Result<NodeHash, TileError<E>> {
        let mut parts = Vec::new();
        while first < end {
            let height = end.saturating_sub(first).ilog2();
            parts.push(self.complete(first, height)?);
            first = first.saturating_add(1 << height);
        }
        Ok(fold_right(parts.into_iter().rev()).unwrap_or_else(empty_root))
    }

    /// Hash of the `2^height` leaves from `first` on, which is a multiple of that number.
    fn complete(&mut self, first: u64, height: u32) -> Result<NodeHash, TileError<E>> {
        let (levels, within) = (height / LEVEL_BITS, height % LEVEL_BITS);
        let place = first >> levels.saturating_mul(LEVEL_BITS);
        let level = u8::try_from(levels).unwrap_or(u8::MAX);
        let no_leaf = TileError::NoSuchLeaf { index: first, size: self.size };
        let tile = TileId::in_tree(level, place >> LEVEL_BITS, self.size).ok_or(no_leaf)?;
        let offset = usize::try_from(place % 256).unwrap_or(0);
        let hashes = match self.known.entry(tile) {
            std::collections::btree_map::Entry::Occupied(known) => known.into_mut(),
            std::collections::btree_map::Entry::Vacant(vacant) => {
                let hashes = (self.fetch)(tile).map_err(TileError::Fetch)?;
                if hashes.len() != usize::from(tile.width) {
                    return Err(TileError::Width { tile, found: hashes.len() });
                }
                vacant.insert(hashes)
            }
        };
        let run = hashes.iter().skip(offset).take(1 << within).copied().collect::<Vec<_>>();
        Ok(complete_root(&run))
    }
}

/// Hashes that lead from leaf `index` to the root of a tree of `size` leaves, from the leaf upwards.
///
/// # Errors
/// [`TileError`]; the tiles themselves are not checked, the proof is by
/// [`super::verify_inclusion`].
pub fn inclusion_path<E>(
    index: u64,
    size: u64,
    fetch: impl FnMut(TileId) -> Result<Vec<NodeHash>, E>,
) -> Result<Vec<NodeHash>, TileError<E>> {
    if index >= size {
        return Err(TileError::NoSuchLeaf { index, size });
    }
    let mut tiles = Tiles::new(size, fetch);
    let (mut first, mut end) = (0u64, size);
    let mut path = Vec::new();
    while end.saturating_sub(first) > 1 {
        let middle = first.saturating_add(split(end.saturating_sub(first)));
        if index < middle {
            path.push(tiles.subtree(middle, end)?);
            end = middle;
        } else {
            path.push(tiles.subtree(first, middle)?);
            first = middle;
        }
    }
    path.reverse();
    Ok(path)
}

/// Hashes that show a tree of `new` leaves to begin with the tree of `old` leaves (RFC 6962, 2.1.2).
///
/// # Errors
/// [`TileError`].
pub fn consistency_path<E>(
    old: u64,
    new: u64,
    fetch: impl FnMut(TileId) -> Result<Vec<NodeHash>, E>,
) -> Result<Vec<NodeHash>, TileError<E>> {
    if old > new {
        return Err(TileError::Shrunk { old, new });
    }
    if old == 0 || old == new {
        return Ok(Vec::new());
    }
    let mut tiles = Tiles::new(new, fetch);
    let (mut first, mut end) = (0u64, new);
    let mut path = Vec::new();
    while end != old {
        let middle = first.saturating_add(split(end.saturating_sub(first)));
        if old <= middle {
            path.push(tiles.subtree(middle, end)?);
            end = middle;
        } else {
            path.push(tiles.subtree(first, middle)?);
            first = middle;
        }
    }
    // A verifier knows the old root itself, so it is left out where the old tree is a subtree.
    if first != 0 {
        path.push(tiles.subtree(first, end)?);
    }
    path.reverse();
    Ok(path)
}

/// Leaves of the left part: the largest power of two below `leaves`, which is at least 2.
fn split(leaves: u64) -> u64 {
    1 << leaves.saturating_sub(1).ilog2()
}
