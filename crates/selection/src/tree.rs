//! The public tree over the records: RFC 6962 hashes in tiles of 256 (sections 2 and 16.7).
//!
//! [`TreeBuilder`] takes leaf hashes in order and holds one open tile per level, so 100 million
//! records need five tiles of 8 KiB. Full tiles go to the caller as soon as they are complete.
//! Chunks of `256^k` leaves may be hashed apart with [`ChunkBuilder`], on any number of threads, and
//! put together with [`TreeBuilder::push_chunk`]; the result is the same.
//!
//! Source: RFC 6962, section 2.1; C2SP tlog-tiles.

mod build;
mod hash;
mod path;
mod read;
mod verify;

pub use self::build::{ChunkBuilder, TreeBuilder, TreeHead};
pub use self::hash::{NodeHash, empty_root, leaf_hash, node_hash, record_leaf};
pub use self::path::{TILE_WIDTH, TileId};
pub use self::read::{TileError, consistency_path, inclusion_path};
pub use self::verify::{ProofError, verify_consistency, verify_inclusion};
