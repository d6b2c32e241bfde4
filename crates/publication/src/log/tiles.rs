//! Tiles and bundles of a log as files.

use std::io;
use std::path::{Path, PathBuf};

use selection::tree::{NodeHash, TileId};

use crate::files;

const HASH_SIZE_BYTES: u64 = 32;

/// Largest part of a bundle: a length and an entry.
const PART_SIZE_BYTES_MAX: u64 = 2 + u16::MAX as u64;

/// Why a tile cannot be taken from its file.
#[derive(Debug, thiserror::Error)]
pub enum TileFileError {
    /// The file is missing or cannot be read.
    #[error("cannot read {path}")]
    Read {
        /// Path within the folder.
        path: String,
        /// Cause.
        #[source]
        source: io::Error,
    },
    /// The file has not the size or the parts that its name says.
    #[error("{path} does not hold {width} parts; fetch it again")]
    Content {
        /// Path within the folder.
        path: String,
        /// Parts that the name says.
        width: u16,
    },
    /// The file differs from what follows from the entries.
    #[error("{path} differs from the hashes of the entries")]
    Differs {
        /// Path within the folder.
        path: String,
    },
}

/// Path of a tile of hashes.
pub(crate) fn tile_path(folder: &Path, tile: TileId) -> PathBuf {
    folder.join(tile.to_string())
}

/// Path of the bundle of entries that a tile of level 0 stands for.
pub(super) fn bundle_name(tile: TileId) -> String {
    tile.to_string().replacen("tile/0/", "tile/entries/", 1)
}

/// Reads the hashes of a tile.
pub(crate) fn read_tile(folder: &Path, tile: TileId) -> Result<Vec<NodeHash>, TileFileError> {
    let path = tile.to_string();
    let bytes = files::read(&folder.join(&path), u64::from(tile.width) * HASH_SIZE_BYTES);
    let bytes = bytes.map_err(|source| TileFileError::Read { path: path.clone(), source })?;
    let (hashes, rest) = bytes.as_chunks();
    if hashes.len() != usize::from(tile.width) || !rest.is_empty() {
        return Err(TileFileError::Content { path, width: tile.width });
    }
    Ok(hashes.iter().copied().map(NodeHash).collect())
}

/// The bytes of a tile.
pub(crate) fn tile_bytes(hashes: &[NodeHash]) -> Vec<u8> {
    hashes.iter().flat_map(|hash| hash.0).collect()
}

/// Reads the entries of a bundle.
pub(super) fn read_bundle(folder: &Path, tile: TileId) -> Result<Vec<Vec<u8>>, TileFileError> {
    let path = bundle_name(tile);
    let bytes = files::read(&folder.join(&path), u64::from(tile.width) * PART_SIZE_BYTES_MAX);
    let bytes = bytes.map_err(|source| TileFileError::Read { path: path.clone(), source })?;
    split_bundle(&bytes, tile.width).ok_or(TileFileError::Content { path, width: tile.width })
}

/// Cuts a bundle into exactly `width` entries, each after its length.
pub(super) fn split_bundle(bytes: &[u8], width: u16) -> Option<Vec<Vec<u8>>> {
    let mut rest = bytes;
    let mut entries = Vec::with_capacity(width.into());
    for _ in 0..width {
        let (length, tail) = rest.split_first_chunk()?;
        let (entry, tail) = tail.split_at_checked(u16::from_be_bytes(*length).into())?;
        entries.push(entry.to_vec());
        rest = tail;
    }
    rest.is_empty().then_some(entries)
}
