//! Building a tree from a stream of leaves.

use super::hash::{NodeHash, empty_root, node_hash};
use super::path::{LEVEL_BITS, LEVEL_MAX, TILE_WIDTH, TileId};

/// A whole tree in 40 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TreeHead {
    /// Number of leaves.
    pub size: u64,
    /// Hash of the tree.
    pub root: NodeHash,
}

/// The open tile of one level.
#[derive(Clone, Debug)]
struct Level {
    index: u64,
    hashes: Vec<NodeHash>,
}

impl Level {
    fn at(index: u64) -> Self {
        Self { index, hashes: Vec::with_capacity(usize::from(TILE_WIDTH)) }
    }
}

/// Open tiles from level 0 upwards.
#[derive(Clone, Debug)]
struct Levels(Vec<Level>);

impl Levels {
    /// Adds a subtree of `256^level` leaves and hands on every tile that it completes; gives the
    /// hash that outgrows the highest level of `limit`, if the last tile of that level was filled.
    fn push<E>(
        &mut self,
        mut level: u8,
        mut hash: NodeHash,
        limit: u8,
        sink: &mut impl FnMut(TileId, &[NodeHash]) -> Result<(), E>,
    ) -> Result<Option<NodeHash>, E> {
        while level < limit {
            while self.0.len() <= usize::from(level) {
                self.0.push(Level::at(0));
            }
            let Some(open) = self.0.get_mut(usize::from(level)) else { break };
            open.hashes.push(hash);
            if open.hashes.len() < usize::from(TILE_WIDTH) {
                return Ok(None);
            }
            sink(TileId { level, index: open.index, width: TILE_WIDTH }, &open.hashes)?;
            hash = complete_root(&open.hashes);
            open.hashes.clear();
            open.index = open.index.saturating_add(1);
            level = level.saturating_add(1);
        }
        Ok(Some(hash))
    }

    /// Whether no leaf waits below `level`, so that a subtree of that level may follow.
    fn empty_below(&self, level: u8) -> bool {
        self.0.iter().take(usize::from(level)).all(|open| open.hashes.is_empty())
    }
}

/// Root of `2^k` neighbouring subtrees of one size.
pub(super) fn complete_root(hashes: &[NodeHash]) -> NodeHash {
    let mut row = hashes.to_vec();
    while row.len() > 1 {
        row = row.as_chunks().0.iter().map(|[left, right]| node_hash(left, right)).collect();
    }
    row.first().copied().unwrap_or_else(empty_root)
}

/// Joins complete subtrees of falling sizes, given from the smallest (last) one on.
pub(super) fn fold_right(parts: impl IntoIterator<Item = NodeHash>) -> Option<NodeHash> {
    parts.into_iter().reduce(|right, left| node_hash(&left, &right))
}

/// Cuts neighbouring subtrees of one size into complete subtrees and gives their roots, the last
/// and smallest first.
pub(super) fn complete_parts(hashes: &[NodeHash]) -> Vec<NodeHash> {
    let mut parts = Vec::new();
    let mut rest = hashes;
    while !rest.is_empty() {
        let size = 1usize << rest.len().trailing_zeros();
        let (head, tail) = rest.split_at(rest.len().saturating_sub(size));
        parts.push(complete_root(tail));
        rest = head;
    }
    parts
}

/// Builds a tree leaf by leaf.
///
/// The sink takes each tile once: full ones as they are complete, partial ones at the end.
#[derive(Clone, Debug)]
pub struct TreeBuilder {
    levels: Levels,
    size: u64,
}

impl Default for TreeBuilder {
    fn default() -> Self {
        Self::new()
    }
}

impl TreeBuilder {
    /// A tree without leaves.
    pub fn new() -> Self {
        Self { levels: Levels(Vec::new()), size: 0 }
    }

    /// Leaves so far.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Adds the next leaf.
    ///
    /// # Errors
    /// What the sink returns.
    pub fn push<E>(
        &mut self,
        leaf: NodeHash,
        mut sink: impl FnMut(TileId, &[NodeHash]) -> Result<(), E>,
    ) -> Result<(), E> {
        self.size = self.size.saturating_add(1);
        self.levels.push(0, leaf, LEVEL_MAX.saturating_add(1), &mut sink).map(|_| ())
    }

    /// Adds the next `256^level` leaves by the root that [`ChunkBuilder::finish`] gave for them.
    ///
    /// # Panics
    /// Unless the number of leaves so far is a multiple of `256^level`, or if `level` is above 7.
    ///
    /// # Errors
    /// What the sink returns.
    pub fn push_chunk<E>(
        &mut self,
        level: u8,
        root: NodeHash,
        mut sink: impl FnMut(TileId, &[NodeHash]) -> Result<(), E>,
    ) -> Result<(), E> {
        assert!(level <= LEVEL_MAX, "a chunk has at most 256^7 leaves");
        assert!(self.levels.empty_below(level), "a chunk begins at a multiple of its own size");
        let leaves = 1u64 << u32::from(level).saturating_mul(LEVEL_BITS);
        // Levels that the chunk skipped must count the tiles that its builder handed out.
        while self.levels.0.len() < usize::from(level) {
            self.levels.0.push(Level::at(0));
        }
        self.size = self.size.saturating_add(leaves);
        for (below, open) in (0u32..).zip(self.levels.0.iter_mut().take(usize::from(level))) {
            open.index = self.size >> below.saturating_add(1).saturating_mul(LEVEL_BITS);
        }
        self.levels.push(level, root, LEVEL_MAX.saturating_add(1), &mut sink).map(|_| ())
    }

    /// Hands out the partial tiles and gives size and root.
    ///
    /// # Errors
    /// What the sink returns.
    pub fn finish<E>(
        self,
        mut sink: impl FnMut(TileId, &[NodeHash]) -> Result<(), E>,
    ) -> Result<TreeHead, E> {
        let mut parts = Vec::new();
        for (level, open) in (0..).zip(&self.levels.0) {
            if let Ok(width) = u16::try_from(open.hashes.len())
                && width > 0
            {
                sink(TileId { level, index: open.index, width }, &open.hashes)?;
            }
            parts.extend(complete_parts(&open.hashes));
        }
        Ok(TreeHead { size: self.size, root: fold_right(parts).unwrap_or_else(empty_root) })
    }
}

/// Builds one chunk of exactly `256^level` leaves that lies somewhere inside a larger tree.
#[derive(Clone, Debug)]
pub struct ChunkBuilder {
    levels: Levels,
    limit: u8,
    root: Option<NodeHash>,
}

impl ChunkBuilder {
    /// The chunk whose first leaf has the number `index * 256^level` in the whole tree.
    ///
    /// # Panics
    /// If `level` is 0 or above 7.
    pub fn new(level: u8, index: u64) -> Self {
        assert!((1..=LEVEL_MAX).contains(&level), "a chunk has 256 to 256^7 leaves");
        let first_tile = |below: u8| {
            let levels_up = u32::from(level).saturating_sub(u32::from(below)).saturating_sub(1);
            Level::at(index << levels_up.saturating_mul(LEVEL_BITS))
        };
        Self { levels: Levels((0..level).map(first_tile).collect()), limit: level, root: None }
    }

    /// Adds the next leaf and hands on full tiles, numbered as in the whole tree.
    ///
    /// # Panics
    /// If the chunk already has all its leaves.
    ///
    /// # Errors
    /// What the sink returns.
    pub fn push<E>(
        &mut self,
        leaf: NodeHash,
        mut sink: impl FnMut(TileId, &[NodeHash]) -> Result<(), E>,
    ) -> Result<(), E> {
        assert!(self.root.is_none(), "a chunk takes no more leaves than its size");
        self.root = self.levels.push(0, leaf, self.limit, &mut sink)?;
        Ok(())
    }

    /// Root of the chunk, for [`TreeBuilder::push_chunk`], or `None` while leaves are missing.
    pub fn finish(self) -> Option<NodeHash> {
        self.root
    }
}
