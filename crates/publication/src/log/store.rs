//! A log kept as files, to which its operator appends.
//!
//! What a log holds is what its checkpoint says: tiles are written first, the checkpoint replaces the
//! one before as the last act, so a kill leaves the log as it was.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use selection::tree::{
    NodeHash, TileError, TileId, TreeBuilder, TreeHead, consistency_path, inclusion_path, leaf_hash,
};

use super::checkpoint::{Checkpoint, CheckpointError, WitnessedCheckpoint};
use super::note::{Note, SignatureLine};
use super::proof::LogProof;
use super::tiles::{TileFileError, bundle_name, read_bundle, read_tile, tile_bytes, tile_path};
use super::trust::Trust;
use crate::files;
use crate::format::LogName;
use crate::key::SecretKey;

/// Largest entry: its length has 16 bits.
const ENTRY_SIZE_BYTES_MAX: usize = u16::MAX as usize;

/// Why a log cannot be read or continued.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The checkpoint does not count.
    #[error("checkpoint: {0}")]
    Checkpoint(#[from] CheckpointError),
    /// A tile is missing or wrong.
    #[error(transparent)]
    Tile(#[from] TileFileError),
    /// The tiles do not give a proof.
    #[error("the tiles give no proof")]
    Proof(#[from] TileError<TileFileError>),
    /// The tiles lead to another root than the checkpoint.
    #[error("the tiles do not lead to the root of the checkpoint; restore the log from a copy")]
    Damaged,
    /// Only the log's own key may sign.
    #[error("the key is not that of log {origin:?}")]
    Key {
        /// Origin of the log.
        origin: String,
    },
    /// Entries have at most 65535 bytes.
    #[error("an entry of {size_bytes} bytes is too long; use at most 65535")]
    EntrySize {
        /// Size of the entry.
        size_bytes: usize,
    },
    /// The log has no checkpoint yet.
    #[error("the log has no checkpoint; append an entry first")]
    Empty,
    /// A file cannot be written or read.
    #[error("cannot use {path}")]
    Io {
        /// Path of the file.
        path: PathBuf,
        /// Cause.
        #[source]
        source: io::Error,
    },
}

/// A log in a folder.
#[derive(Debug)]
pub struct LogStore {
    folder: PathBuf,
    log: LogName,
    builder: TreeBuilder,
    /// Entries after the last full bundle.
    bundle: Vec<u8>,
    head: TreeHead,
}

impl LogStore {
    /// Opens the log in `folder`, empty if there is no checkpoint.
    ///
    /// # Errors
    /// [`StoreError`] unless checkpoint and tiles fit.
    pub fn open(folder: &Path, log: &LogName) -> Result<Self, StoreError> {
        let mut store = Self {
            folder: folder.to_owned(),
            log: log.clone(),
            builder: TreeBuilder::new(),
            bundle: Vec::new(),
            head: head_of(TreeBuilder::new()),
        };
        let path = folder.join("checkpoint");
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(store),
            Err(source) => return Err(StoreError::Io { path, source }),
        };
        let head = Checkpoint::read_signed(&bytes, log)?.head;
        store.resume(head.size)?;
        store.head = head_of(store.builder.clone());
        if store.head == head { Ok(store) } else { Err(StoreError::Damaged) }
    }

    /// Takes up the right edge of the tree, the largest subtrees first.
    fn resume(&mut self, size: u64) -> Result<(), StoreError> {
        for level in (0..=7u8).rev() {
            let Some(tile) = edge(level, size) else { continue };
            for hash in read_tile(&self.folder, tile)? {
                let ignore = |_: TileId, _: &[_]| Ok::<(), StoreError>(());
                if level == 0 {
                    self.builder.push(hash, ignore)?;
                } else {
                    self.builder.push_chunk(level, hash, ignore)?;
                }
            }
            if level == 0 {
                read_bundle(&self.folder, tile)?
                    .iter()
                    .for_each(|entry| push_entry(&mut self.bundle, entry));
            }
        }
        Ok(())
    }

    /// Whose log it is.
    pub fn log(&self) -> &LogName {
        &self.log
    }

    /// Number of entries and root.
    pub fn head(&self) -> TreeHead {
        self.head
    }

    /// Appends entries and signs the new checkpoint, which no witness has seen yet.
    ///
    /// # Errors
    /// [`StoreError`]; the log is then as it was, and must be opened again.
    pub fn append(&mut self, entries: &[Vec<u8>], key: &SecretKey) -> Result<(), StoreError> {
        if key.public() != self.log.key {
            return Err(StoreError::Key { origin: self.log.origin.clone() });
        }
        let before = self.head.size;
        let folder = self.folder.clone();
        let mut write =
            |tile: TileId, hashes: &[_]| write_file(&tile_path(&folder, tile), &tile_bytes(hashes));
        for entry in entries {
            if entry.len() > ENTRY_SIZE_BYTES_MAX {
                return Err(StoreError::EntrySize { size_bytes: entry.len() });
            }
            push_entry(&mut self.bundle, entry);
            self.builder.push(leaf_hash(entry), &mut write)?;
            if self.builder.size().is_multiple_of(256) {
                let tile = TileId { level: 0, index: self.builder.size() / 256 - 1, width: 256 };
                write_file(&folder.join(bundle_name(tile)), &self.bundle)?;
                self.bundle.clear();
            }
        }
        self.head = self.builder.clone().finish(&mut write)?;
        if let Some(tile) = edge(0, self.head.size) {
            write_file(&folder.join(bundle_name(tile)), &self.bundle)?;
        }
        let checkpoint = Checkpoint { origin: self.log.origin.clone(), head: self.head };
        let note = format!("{}\n{}", checkpoint.body(), checkpoint.sign(key).text());
        write_file(&folder.join("checkpoint"), note.as_bytes())?;
        drop_edge(&self.folder, before, self.head.size)
    }

    /// The checkpoint with its signatures.
    ///
    /// # Errors
    /// [`StoreError::Empty`], [`StoreError::Io`].
    pub fn checkpoint(&self) -> Result<Vec<u8>, StoreError> {
        let path = self.folder.join("checkpoint");
        match fs::read(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => Err(StoreError::Empty),
            read => read.map_err(|source| StoreError::Io { path, source }),
        }
    }

    /// Adds cosignatures to the checkpoint; a witness who signed before is replaced.
    ///
    /// # Errors
    /// [`StoreError::Checkpoint`] unless every signature holds; nothing is changed then.
    pub fn add_cosignatures(
        &mut self,
        lines: &[SignatureLine],
        trust: &Trust,
    ) -> Result<WitnessedCheckpoint, StoreError> {
        let bytes = self.checkpoint()?;
        let note = Note::read(&bytes).map_err(CheckpointError::from)?;
        let replaced = |own: &&SignatureLine| lines.iter().any(|line| line.name == own.name);
        let kept = note.signatures.iter().filter(|own| !replaced(own));
        let signatures: String = kept.chain(lines).map(SignatureLine::text).collect();
        let text = format!("{}\n{signatures}", note.body);
        let witnessed = WitnessedCheckpoint::read(text.as_bytes(), trust)?;
        write_file(&self.folder.join("checkpoint"), text.as_bytes())?;
        Ok(witnessed)
    }

    /// Proof for the entry at `index` under the present checkpoint.
    ///
    /// # Errors
    /// [`StoreError`], also if there is no such entry.
    pub fn prove(&self, index: u64) -> Result<LogProof, StoreError> {
        let path = inclusion_path(index, self.head.size, |tile| read_tile(&self.folder, tile))?;
        Ok(LogProof { index, path, checkpoint: self.checkpoint()? })
    }

    /// Proof for the entry at `index` under an earlier checkpoint, which has `size` entries.
    ///
    /// # Errors
    /// [`StoreError`], also if there was no such entry by then.
    pub(crate) fn prove_under(
        &self,
        index: u64,
        (size, checkpoint): (u64, Vec<u8>),
    ) -> Result<LogProof, StoreError> {
        let path = inclusion_path(index, size, |tile| {
            // What was a partial tile by then may have grown since.
            let now = TileId::in_tree(tile.level, tile.index, self.head.size).unwrap_or(tile);
            let mut hashes = read_tile(&self.folder, now)?;
            hashes.truncate(usize::from(tile.width));
            Ok::<_, TileFileError>(hashes)
        })?;
        Ok(LogProof { index, path, checkpoint })
    }

    /// Proof that the log begins with its first `old` entries, for a witness who signed those.
    ///
    /// # Errors
    /// [`StoreError`], also if the log has fewer entries.
    pub fn prove_from(&self, old: u64) -> Result<Vec<NodeHash>, StoreError> {
        Ok(consistency_path(old, self.head.size, |tile| read_tile(&self.folder, tile))?)
    }

    /// The entry at `index`, if it is there.
    ///
    /// # Errors
    /// [`StoreError`] if its bundle cannot be read.
    pub fn entry(&self, index: u64) -> Result<Option<Vec<u8>>, StoreError> {
        let Some(tile) = TileId::in_tree(0, index / 256, self.head.size) else { return Ok(None) };
        let entries = read_bundle(&self.folder, tile)?;
        Ok(usize::try_from(index % 256).ok().and_then(|place| entries.into_iter().nth(place)))
    }

    /// Place of the last entry with this content.
    ///
    /// # Errors
    /// [`StoreError`] if a bundle cannot be read.
    pub fn find_last(&self, entry: &[u8]) -> Result<Option<u64>, StoreError> {
        Ok(self.last(|own| own == entry)?.map(|(index, _)| index))
    }

    /// The last entry that is `wanted`, with its place.
    pub(crate) fn last(
        &self,
        wanted: impl Fn(&[u8]) -> bool,
    ) -> Result<Option<(u64, Vec<u8>)>, StoreError> {
        for bundle in (0..self.head.size.div_ceil(256)).rev() {
            let Some(tile) = TileId::in_tree(0, bundle, self.head.size) else { continue };
            let mut entries = read_bundle(&self.folder, tile)?;
            if let Some(place) = entries.iter().rposition(|own| wanted(own)) {
                return Ok(Some((bundle * 256 + place as u64, entries.swap_remove(place))));
            }
        }
        Ok(None)
    }

    /// Copies the log as it stands into an empty or older copy.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn copy_to(&self, target: &Path) -> Result<(), StoreError> {
        let copy = |name: &str| {
            let path = self.folder.join(name);
            let bytes = fs::read(&path);
            let bytes = bytes.map_err(|source| StoreError::Io { path, source })?;
            write_file(&target.join(name), &bytes)
        };
        let old = LogStore::open(target, &self.log)?.head;
        for level in 0..=7u8 {
            // Full tiles of the older copy never change.
            let first = old.size.checked_shr(8 * (u32::from(level) + 1)).unwrap_or(0);
            for index in first.. {
                let Some(tile) = TileId::in_tree(level, index, self.head.size) else { break };
                copy(&tile.to_string())?;
                if level == 0 {
                    copy(&bundle_name(tile))?;
                }
            }
        }
        copy("checkpoint")?;
        drop_edge(target, old.size, self.head.size)
    }
}

/// The partial tile of a level in a tree of this size; a full tile is part of the level above.
fn edge(level: u8, size: u64) -> Option<TileId> {
    let subtrees = size >> (8 * u32::from(level));
    TileId::in_tree(level, subtrees / 256, size)
}

fn push_entry(bundle: &mut Vec<u8>, entry: &[u8]) {
    // Entries are refused above 16 bits of length.
    bundle.extend(u16::try_from(entry.len()).unwrap_or(u16::MAX).to_be_bytes());
    bundle.extend_from_slice(entry);
}

fn head_of(builder: TreeBuilder) -> TreeHead {
    let ignore = |_: TileId, _: &[_]| Ok::<(), std::convert::Infallible>(());
    builder.finish(ignore).unwrap_or_else(|never| match never {})
}

fn write_file(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    let failed = |source| StoreError::Io { path: path.to_owned(), source };
    files::replace(path, bytes).map_err(failed)
}

/// Removes the partial tiles that a former size had and the present one has not.
fn drop_edge(folder: &Path, before: u64, now: u64) -> Result<(), StoreError> {
    for level in 0..=7u8 {
        let old = edge(level, before).filter(|old| edge(level, now) != Some(*old));
        let Some(old) = old else { continue };
        remove(&tile_path(folder, old))?;
        if level == 0 {
            remove(&folder.join(bundle_name(old)))?;
        }
    }
    Ok(())
}

/// Removes a partial tile, and its folder unless that holds the tile of the present size.
fn remove(path: &Path) -> Result<(), StoreError> {
    let failed = |source| StoreError::Io { path: path.to_owned(), source };
    fs::remove_file(path).map_err(failed)?;
    match path.parent().map(fs::remove_dir) {
        Some(Err(error)) if error.kind() != ErrorKind::DirectoryNotEmpty => Err(failed(error)),
        _ => Ok(()),
    }
}
