//! The tree over a list that lies in a file, with its tiles as files.

use std::fs;
use std::io;
use std::path::Path;

use rayon::prelude::*;
use selection::record::RECORD_SIZE_BYTES;
use selection::tree::{ChunkBuilder, NodeHash, TileId, TreeBuilder, TreeHead, record_leaf};

use super::WriteError;
use crate::log::{tile_bytes, tile_path};
use crate::verify::Entries;

/// Level of the subtrees that are hashed in parallel.
const LEVEL: u8 = 2;

/// Records of such a subtree: `256^2`, 4 MiB.
const CHUNK: u64 = 1 << 16;

/// Writes the tiles over the records of the file `entries` into the folder `tree`, and gives size and
/// root of the tree.
///
/// Subtrees are read and hashed in parallel. Tiles are not forced onto the disk one by one.
///
/// # Errors
/// [`WriteError::Io`].
pub fn write_tree(entries: &Path, tree: &Path) -> Result<TreeHead, WriteError> {
    let failed = |source| WriteError::Io { path: entries.to_owned(), source };
    let list = Entries::open_file(entries).map_err(failed)?;
    let read = |start: u64, records: u64| {
        let mut bytes = vec![0; records as usize * RECORD_SIZE_BYTES];
        list.read(start, &mut bytes).map(|()| bytes).map_err(failed)
    };
    let write = |tile: TileId, hashes: &[NodeHash]| write_tile(&tile_path(tree, tile), hashes);
    let chunks = list.records() / CHUNK;
    let roots: Vec<Option<NodeHash>> = (0..chunks)
        .into_par_iter()
        .map(|chunk| {
            let mut builder = ChunkBuilder::new(LEVEL, chunk);
            for record in read(chunk * CHUNK, CHUNK)?.as_chunks().0 {
                builder.push(record_leaf(record), write)?;
            }
            Ok(builder.finish())
        })
        .collect::<Result<_, WriteError>>()?;
    let mut builder = TreeBuilder::new();
    for root in roots.into_iter().flatten() {
        builder.push_chunk(LEVEL, root, write)?;
    }
    let rest = chunks * CHUNK;
    for record in read(rest, list.records() - rest)?.as_chunks().0 {
        builder.push(record_leaf(record), write)?;
    }
    builder.finish(write)
}

fn write_tile(path: &Path, hashes: &[NodeHash]) -> Result<(), WriteError> {
    let failed = |source| WriteError::Io { path: path.to_owned(), source };
    let bytes = tile_bytes(hashes);
    match fs::write(path, &bytes) {
        // The first tile of its folder.
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let parent = path.parent().unwrap_or(path);
            fs::create_dir_all(parent).and_then(|()| fs::write(path, &bytes)).map_err(failed)
        }
        written => written.map_err(failed),
    }
}
