//! A witness: says when it saw a checkpoint, and only if the log continues what it saw before.
//!
//! Two different continuations of one log can therefore never both have the signature of an honest
//! witness. What it saw last is kept as the checkpoint with the witness's own signature, on the disk
//! before the signature is given away.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use selection::policy::Party;
use selection::tree::{NodeHash, ProofError, TileError, TreeHead, consistency_path, empty_root};

use super::checkpoint::{Checkpoint, CheckpointError};
use super::history::Seen;
use super::note::{NOTE_SIZE_BYTES_MAX, SignatureLine};
use super::submission::Submission;
use super::tiles::{TileFileError, read_tile};
use crate::files;
use crate::format::LogName;
use crate::key::SecretKey;

/// Why a witness does not sign.
#[derive(Debug, thiserror::Error)]
pub enum CosignError {
    /// The checkpoint is not one of this log.
    #[error("the checkpoint does not count")]
    Checkpoint(#[from] CheckpointError),
    /// The sender's own sizes are the wrong way round.
    #[error("a log of {new} entries cannot follow one of {old}")]
    Shrunk {
        /// Entries that the sender says were signed last.
        old: u64,
        /// Entries of the checkpoint.
        new: u64,
    },
    /// The sender starts from another size than the witness.
    #[error("this witness signed a log of {seen} entries last; prove from there")]
    OtherSize {
        /// Entries of the last one.
        seen: u64,
    },
    /// The log has two histories; both checkpoints have its signature.
    #[error("the log of {size} entries is another one than this witness signed")]
    Forked {
        /// Entries of both.
        size: u64,
    },
    /// The log does not continue what the witness saw.
    #[error("the log does not continue the one of {seen} entries that this witness signed last")]
    Inconsistent {
        /// Entries of the last one.
        seen: u64,
        /// Cause.
        #[source]
        source: ProofError,
    },
    /// The tiles give no proof.
    #[error("the log gives no proof that it continues what this witness signed last")]
    Tiles(#[from] TileError<TileFileError>),
    /// Times of a witness never go back.
    #[error("the clock says {now_s}, but this witness signed at {last_s}; set the clock right")]
    Clock {
        /// Present time, Unix seconds.
        now_s: u64,
        /// Time of the last signature.
        last_s: u64,
    },
    /// Without its memory a witness would sign anything.
    #[error(
        "cannot read what this witness signed last in {path}; an older copy could sign a second history, \
         so make a new witness"
    )]
    Memory {
        /// Path of the file.
        path: PathBuf,
        /// Cause.
        #[source]
        source: io::Error,
    },
    /// The memory is not what this witness wrote.
    #[error(
        "{path} is not what this witness wrote; an older copy could sign a second history, so make a new \
         witness"
    )]
    ForeignMemory {
        /// Path of the file.
        path: PathBuf,
    },
    /// There is a memory already.
    #[error("{path} exists; a witness that begins anew could sign a second history")]
    Begun {
        /// Path of the file.
        path: PathBuf,
    },
    /// The memory cannot be written, so nothing is signed.
    #[error("cannot write {path}")]
    Write {
        /// Path of the file.
        path: PathBuf,
        /// Cause.
        #[source]
        source: io::Error,
    },
}

/// A witness of one log.
#[derive(Debug)]
pub struct Witness {
    name: String,
    key: SecretKey,
    log: LogName,
    memory: PathBuf,
}

impl Witness {
    /// A witness with this name and key, which remembers in the file `memory`.
    pub fn new(name: &str, key: SecretKey, log: &LogName, memory: &Path) -> Self {
        Self { name: name.to_owned(), key, log: log.clone(), memory: memory.to_owned() }
    }

    /// Name and public key, as they stand in a policy.
    pub fn party(&self) -> Party {
        Party { key: self.key.public(), name: self.name.clone() }
    }

    /// Begins with the empty log, which every log continues.
    ///
    /// # Errors
    /// [`CosignError::Begun`], [`CosignError::Write`].
    pub fn begin(&self, now_s: u64) -> Result<(), CosignError> {
        if self.memory.exists() {
            return Err(CosignError::Begun { path: self.memory.clone() });
        }
        let head = TreeHead { size: 0, root: empty_root() };
        let checkpoint = Checkpoint { origin: self.log.origin.clone(), head };
        self.remember(&checkpoint, now_s).map(|_| ())
    }

    /// Entries of the log that it signed last; 0 if none.
    ///
    /// # Errors
    /// [`CosignError::Memory`], [`CosignError::ForeignMemory`].
    pub fn signed_size(&self) -> Result<u64, CosignError> {
        Ok(self.recall()?.head.size)
    }

    /// Signs the checkpoint of the log in a folder, with the proof taken from its tiles.
    ///
    /// # Errors
    /// [`CosignError`]; then nothing is signed.
    pub fn cosign_folder(&self, folder: &Path, now_s: u64) -> Result<SignatureLine, CosignError> {
        let path = folder.join("checkpoint");
        let note = files::read(&path, NOTE_SIZE_BYTES_MAX as u64);
        let note = note.map_err(|source| TileFileError::Read { path: "checkpoint".into(), source });
        let note = note.map_err(TileError::Fetch)?;
        let new = Checkpoint::read_signed(&note, &self.log)?.head;
        let seen = self.recall()?.head;
        let fetch = |tile| read_tile(folder, tile);
        // A smaller log has no proof; the refusal comes from the check below.
        let proof = match consistency_path(seen.size, new.size, fetch) {
            Err(TileError::Shrunk { .. }) => Vec::new(),
            found => found?,
        };
        self.cosign(&note, &proof, now_s)
    }

    /// Signs a checkpoint that is proven to continue the last one.
    ///
    /// One process at a time may do so for one memory: the caller holds a lock.
    ///
    /// # Errors
    /// [`CosignError`]; then nothing is signed.
    pub fn cosign(
        &self,
        note: &[u8],
        proof: &[NodeHash],
        now_s: u64,
    ) -> Result<SignatureLine, CosignError> {
        let checkpoint = Checkpoint::read_signed(note, &self.log)?;
        self.recall()?.admit(&checkpoint.head, proof, now_s)?;
        self.remember(&checkpoint, now_s)
    }

    /// As [`Witness::cosign`], for what somebody sent: its sender must know the size signed last.
    ///
    /// # Errors
    /// [`CosignError`]; then nothing is signed.
    pub fn answer(
        &self,
        submission: &Submission,
        now_s: u64,
    ) -> Result<SignatureLine, CosignError> {
        let checkpoint = Checkpoint::read_signed(&submission.checkpoint, &self.log)?;
        let (old, proof) = (submission.old, &submission.proof);
        self.recall()?.admit_after(old, &checkpoint.head, proof, now_s)?;
        self.remember(&checkpoint, now_s)
    }

    fn recall(&self) -> Result<Seen, CosignError> {
        let bytes = fs::read(&self.memory)
            .map_err(|source| CosignError::Memory { path: self.memory.clone(), source })?;
        Seen::read(&bytes, &self.party(), &self.log.origin)
            .ok_or_else(|| CosignError::ForeignMemory { path: self.memory.clone() })
    }

    fn remember(&self, checkpoint: &Checkpoint, now_s: u64) -> Result<SignatureLine, CosignError> {
        let line = checkpoint.cosign(&self.name, &self.key, now_s);
        let note = format!("{}\n{}", checkpoint.body(), line.text());
        files::replace(&self.memory, note.as_bytes())
            .map_err(|source| CosignError::Write { path: self.memory.clone(), source })?;
        Ok(line)
    }
}
