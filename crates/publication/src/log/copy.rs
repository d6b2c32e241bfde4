//! The copy of the announcement log in a folder.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use selection::tree::{NodeHash, TileId, TreeBuilder, TreeHead, leaf_hash};

use super::announcement::Announcement;
use super::checkpoint::{Checkpoint, CheckpointError, WitnessedCheckpoint};
use super::note::NOTE_SIZE_BYTES_MAX;
use super::tiles::{TileFileError, read_bundle, read_tile};
use super::trust::Trust;
use crate::files;

/// Entries of the largest copy that is read: millions of announcements, for bounded memory.
const ENTRIES_MAX: u64 = 1 << 24;

/// Why a copy of a log does not hold.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    /// There is no checkpoint.
    #[error("cannot read log/checkpoint")]
    Missing(#[source] io::Error),
    /// The checkpoint does not count.
    #[error("log/checkpoint: {0}")]
    Checkpoint(#[from] CheckpointError),
    /// Too few witnesses have signed.
    #[error("log/checkpoint: {found} witnesses have signed, but {quorum} are needed")]
    Quorum {
        /// Valid cosignatures.
        found: usize,
        /// Cosignatures needed.
        quorum: usize,
    },
    /// A copy that large is not read.
    #[error("log/checkpoint: a log of {size} entries is too large")]
    TooLarge {
        /// Entries stated.
        size: u64,
    },
    /// A tile is missing or wrong.
    #[error("log/{0}")]
    Tile(#[from] TileFileError),
    /// The entries give another root.
    #[error("log/checkpoint: the entries lead to root {found}, not {expected}")]
    Root {
        /// Root of the entries.
        found: NodeHash,
        /// Root stated.
        expected: NodeHash,
    },
}

/// A copy whose entries, tiles and checkpoint fit each other.
#[derive(Clone, Debug)]
pub struct LogCopy {
    leaves: Vec<NodeHash>,
    announced: Vec<(u64, Announcement)>,
    /// Entries that begin like an announcement for a programme and wave, and are none.
    malformed: Vec<(u64, String, u32)>,
    witnessed_at_s: u64,
}

impl LogCopy {
    /// Reads the folder `log` with every tile and entry.
    ///
    /// # Errors
    /// [`CopyError`] unless everything fits a checkpoint with a quorum of witnesses.
    pub fn read(folder: &Path, trust: &Trust) -> Result<Self, CopyError> {
        Self::read_with(folder, trust, |bytes| WitnessedCheckpoint::read(bytes, trust))
    }

    /// As [`LogCopy::read`], with checkpoints read by the caller.
    pub(crate) fn read_with(
        folder: &Path,
        trust: &Trust,
        read: impl FnOnce(&[u8]) -> Result<WitnessedCheckpoint, CheckpointError>,
    ) -> Result<Self, CopyError> {
        let bytes = files::read(&folder.join("checkpoint"), NOTE_SIZE_BYTES_MAX as u64);
        let bytes = bytes.map_err(CopyError::Missing)?;
        let witnessed = read(&bytes)?;
        let (found, quorum) = (witnessed.times.len(), trust.quorum());
        let Some(witnessed_at_s) = witnessed.quorum_time(quorum) else {
            return Err(CopyError::Quorum { found, quorum });
        };
        let head = witnessed.checkpoint.head;
        if head.size > ENTRIES_MAX {
            return Err(CopyError::TooLarge { size: head.size });
        }
        let (leaves, announced, malformed) = (Vec::new(), Vec::new(), Vec::new());
        let mut copy = Self { leaves, announced, malformed, witnessed_at_s };
        copy.read_entries(folder, head.size)?;
        let found = copy.check_tiles(folder)?;
        if found == head.root {
            Ok(copy)
        } else {
            Err(CopyError::Root { found, expected: head.root })
        }
    }

    fn read_entries(&mut self, folder: &Path, size: u64) -> Result<(), TileFileError> {
        let mut index = 0;
        for bundle in 0.. {
            let Some(tile) = TileId::in_tree(0, bundle, size) else { break };
            for entry in read_bundle(folder, tile)? {
                self.leaves.push(leaf_hash(&entry));
                match (Announcement::read(&entry), Announcement::begin(&entry)) {
                    (Some(own), _) => self.announced.push((index, own)),
                    (None, Some((programme, wave, _))) => {
                        self.malformed.push((index, programme.to_owned(), wave));
                    }
                    (None, None) => {}
                }
                index += 1;
            }
        }
        Ok(())
    }

    /// Builds all tiles from the entries and compares them with the files; gives the root.
    fn check_tiles(&self, folder: &Path) -> Result<NodeHash, TileFileError> {
        let compare = |tile: TileId, hashes: &[NodeHash]| {
            if read_tile(folder, tile)? == hashes {
                Ok(())
            } else {
                Err(TileFileError::Differs { path: tile.to_string() })
            }
        };
        let mut tree = TreeBuilder::new();
        for leaf in &self.leaves {
            tree.push(*leaf, compare)?;
        }
        Ok(tree.finish(compare)?.root)
    }

    /// Every version of every file that was announced for a wave, in the order of the log.
    pub fn announced(&self, programme: &str, wave: u32) -> BTreeMap<&str, Vec<(u64, [u8; 32])>> {
        let mut names: BTreeMap<&str, Vec<(u64, [u8; 32])>> = BTreeMap::new();
        let own =
            |found: &&(u64, Announcement)| found.1.programme == programme && found.1.wave == wave;
        for (index, found) in self.announced.iter().filter(own) {
            names.entry(&found.name).or_default().push((*index, found.digest));
        }
        names
    }

    /// The first entry that begins like an announcement for a wave and is malformed.
    pub fn malformed(&self, programme: &str, wave: u32) -> Option<u64> {
        let mut malformed = self.malformed.iter();
        malformed.find(|own| (own.1.as_str(), own.2) == (programme, wave)).map(|own| own.0)
    }

    /// Whether an earlier checkpoint states what this log was at that size.
    pub fn continues(&self, earlier: &Checkpoint) -> bool {
        let leaves =
            usize::try_from(earlier.head.size).ok().and_then(|size| self.leaves.get(..size));
        leaves.is_some_and(|leaves| root_of(leaves) == earlier.head.root)
    }

    /// When enough witnesses had seen the log as it is here (Unix seconds).
    pub fn witnessed_at_s(&self) -> u64 {
        self.witnessed_at_s
    }

    /// Number of entries and root.
    pub fn head(&self) -> TreeHead {
        TreeHead { size: self.leaves.len() as u64, root: root_of(&self.leaves) }
    }
}

fn root_of(leaves: &[NodeHash]) -> NodeHash {
    let ignore = |_: TileId, _: &[NodeHash]| Ok::<(), std::convert::Infallible>(());
    let mut tree = TreeBuilder::new();
    let built = leaves.iter().try_for_each(|leaf| tree.push(*leaf, ignore));
    built.and_then(|()| tree.finish(ignore)).map_or_else(|never| match never {}, |head| head.root)
}
