//! The announcement log: signed checkpoints, witnesses, proofs, and the log kept as files
//! (section 16.7).
//!
//! Formats are those of C2SP signed-note, tlog-checkpoint, tlog-cosignature, tlog-proof and
//! tlog-tiles, read so strictly that no bit can change unseen.

mod announcement;
mod checkpoint;
mod copy;
mod history;
mod note;
mod proof;
mod store;
mod submission;
mod tiles;
mod trust;
mod witness;

pub use self::announcement::{Announcement, REGISTRATION_CHECKPOINT};
pub use self::checkpoint::{Checkpoint, CheckpointError, WitnessedCheckpoint};
pub use self::copy::{CopyError, LogCopy};
pub use self::note::{NoteError, SignatureLine};
pub use self::proof::{LogProof, LogProofError};
pub use self::store::{LogStore, StoreError};
pub use self::submission::{Submission, SubmissionError};
pub use self::tiles::TileFileError;
pub(crate) use self::tiles::{read_tile, tile_bytes, tile_path};
pub use self::trust::{Trust, TrustError};
pub use self::witness::{CosignError, Witness};
