//! Proofs that a file was announced: place, path and checkpoint in one text.
//!
//! Source: C2SP tlog-proof.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use selection::tree::{NodeHash, ProofError, leaf_hash, verify_inclusion};

use super::checkpoint::{CheckpointError, WitnessedCheckpoint};
use super::note::unbase64;
use super::trust::Trust;

const FORMAT_LINE: &str = "c2sp.org/tlog-proof@v1";

/// Longest path in a tree of 64-bit size.
const PATH_MAX: usize = 64;

/// Largest proof that is read: the longest path and the largest note.
const PROOF_SIZE_BYTES_MAX: usize = 128 * 1024;

/// Why a proof does not hold.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LogProofError {
    /// The text has another form.
    #[error("the proof is not a format line, an index, hashes in base64 and a checkpoint")]
    Form,
    /// The checkpoint does not count.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// The entry is not at that place of that log.
    #[error("the proof does not lead from the entry to the checkpoint")]
    Path(#[from] ProofError),
}

/// A proof with its checkpoint as text; nothing is said about whether it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogProof {
    /// Place of the entry in the log, from 0.
    pub index: u64,
    /// Hashes from the leaf to the root.
    pub path: Vec<NodeHash>,
    /// The checkpoint, a signed note.
    pub checkpoint: Vec<u8>,
}

impl LogProof {
    /// Reads a proof.
    ///
    /// # Errors
    /// [`LogProofError::Form`].
    pub fn read(bytes: &[u8]) -> Result<Self, LogProofError> {
        let parsed = || {
            let text = std::str::from_utf8(bytes).ok()?;
            let (head, checkpoint) = text.split_once("\n\n")?;
            let mut lines = head.split('\n');
            (lines.next()? == FORMAT_LINE).then_some(())?;
            let digits = lines.next()?.strip_prefix("index ")?;
            let index: u64 = digits.parse().ok()?;
            // Signs and leading zeros would be a second form of the same proof.
            (index.to_string() == digits).then_some(())?;
            let hash = |line| Some(NodeHash(unbase64(line)?.try_into().ok()?));
            let path = lines.take(PATH_MAX + 1).map(hash).collect::<Option<Vec<NodeHash>>>()?;
            (path.len() <= PATH_MAX).then_some(())?;
            Some(Self { index, path, checkpoint: checkpoint.as_bytes().to_vec() })
        };
        if bytes.len() > PROOF_SIZE_BYTES_MAX {
            return Err(LogProofError::Form);
        }
        parsed().ok_or(LogProofError::Form)
    }

    /// The text.
    pub fn write(&self) -> Vec<u8> {
        let mut text = format!("{FORMAT_LINE}\nindex {}\n", self.index);
        for hash in &self.path {
            text.push_str(&BASE64_STANDARD.encode(hash.0));
            text.push('\n');
        }
        text.push('\n');
        let mut bytes = text.into_bytes();
        bytes.extend_from_slice(&self.checkpoint);
        bytes
    }

    /// Checks that the entry is in the log that the checkpoint states.
    ///
    /// # Errors
    /// [`LogProofError`].
    pub fn verify(
        &self,
        entry: &[u8],
        trust: &Trust,
    ) -> Result<WitnessedCheckpoint, LogProofError> {
        self.verify_with(entry, |bytes| WitnessedCheckpoint::read(bytes, trust))
    }

    /// As [`LogProof::verify`], with checkpoints read by the caller.
    pub(crate) fn verify_with(
        &self,
        entry: &[u8],
        read: impl FnOnce(&[u8]) -> Result<WitnessedCheckpoint, CheckpointError>,
    ) -> Result<WitnessedCheckpoint, LogProofError> {
        let witnessed = read(&self.checkpoint)?;
        let head = &witnessed.checkpoint.head;
        verify_inclusion(&leaf_hash(entry), self.index, head.size, &self.path, &head.root)?;
        Ok(witnessed)
    }
}
