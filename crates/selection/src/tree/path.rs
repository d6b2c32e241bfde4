//! Names of tiles.

use std::fmt;

/// Hashes in a full tile.
pub const TILE_WIDTH: u16 = 256;

/// Bits of a leaf index that one level of tiles takes away.
pub(super) const LEVEL_BITS: u32 = 8;

/// Highest level of a tree of at most `2^64` leaves.
pub(super) const LEVEL_MAX: u8 = 7;

/// One tile: up to 256 neighbouring hashes of complete subtrees of `256^level` leaves.
///
/// `Display` gives the path under `tree/` or `log/`, for example `tile/0/x001/x234/067.p/5`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TileId {
    /// Level, 0 for leaf hashes, at most 7.
    pub level: u8,
    /// Place among the tiles of the level, from 0.
    pub index: u64,
    /// Hashes in it, 1 to 256; fewer than 256 make it partial.
    pub width: u16,
}

impl TileId {
    /// The tile `index` of `level` in a tree of `size` leaves, or `None` where it would be empty.
    pub fn in_tree(level: u8, index: u64, size: u64) -> Option<Self> {
        if level > LEVEL_MAX {
            return None;
        }
        let subtrees = size >> (u32::from(level).saturating_mul(LEVEL_BITS));
        let before = index.checked_mul(u64::from(TILE_WIDTH))?;
        let width = subtrees.checked_sub(before)?.min(u64::from(TILE_WIDTH));
        let width = u16::try_from(width).ok().filter(|&width| width > 0)?;
        Some(Self { level, index, width })
    }

    /// Whether more hashes may still come.
    pub fn is_partial(&self) -> bool {
        self.width < TILE_WIDTH
    }
}

impl fmt::Display for TileId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "tile/{}/", self.level)?;
        write_index(f, self.index)?;
        if self.is_partial() { write!(f, ".p/{}", self.width) } else { Ok(()) }
    }
}

/// Groups of three digits, all but the last one marked.
fn write_index(f: &mut fmt::Formatter<'_>, index: u64) -> fmt::Result {
    // The largest u64 has 20 digits, which are seven groups.
    for power in (1..=6).rev() {
        let unit = 1000u64.pow(power);
        if index >= unit {
            write!(f, "x{:03}/", index.checked_div(unit).unwrap_or(0) % 1000)?;
        }
    }
    write!(f, "{:03}", index % 1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Goal: paths are those of C2SP tlog-tiles; method: the specification's example and the edges.
    #[test]
    fn paths() {
        let check = |level, index, width, path: &str| {
            assert_eq!(TileId { level, index, width }.to_string(), path);
        };
        check(0, 1_234_067, 256, "tile/0/x001/x234/067");
        check(0, 0, 256, "tile/0/000");
        check(3, 999, 1, "tile/3/999.p/1");
        check(1, 1000, 255, "tile/1/x001/000.p/255");
        check(0, u64::MAX, 256, "tile/0/x018/x446/x744/x073/x709/x551/615");
    }

    /// Goal: a tree has exactly the tiles that hold a complete subtree; method: edges of the width.
    #[test]
    fn tiles_of_a_tree() {
        let width = |level, index, size| TileId::in_tree(level, index, size).map(|tile| tile.width);
        assert_eq!(width(0, 0, 0), None);
        assert_eq!(width(0, 0, 1), Some(1));
        assert_eq!(width(0, 0, 256), Some(256));
        assert_eq!(width(0, 1, 256), None);
        assert_eq!(width(0, 1, 257), Some(1));
        assert_eq!(width(1, 0, 255), None);
        assert_eq!(width(1, 0, 256), Some(1));
        assert_eq!(width(1, 1, 256 * 257), Some(1));
        assert_eq!(width(8, 0, u64::MAX), None);
        assert_eq!(width(0, u64::MAX, u64::MAX), None);
    }
}
