//! What a witness signed last, and what may follow it. No I/O: keeping it is the witness's part.

use selection::policy::Party;
use selection::tree::{NodeHash, TreeHead, verify_consistency};

use super::checkpoint::{Checkpoint, cosigned_at};
use super::note::Note;
use super::witness::CosignError;

/// What a witness signed last.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seen {
    pub(super) head: TreeHead,
    pub(super) time_s: u64,
}

impl Seen {
    /// Reads a checkpoint that this witness, and nobody else, has signed.
    pub(super) fn read(bytes: &[u8], witness: &Party, origin: &str) -> Option<Self> {
        let note = Note::read(bytes).ok()?;
        let [line] = note.signatures.as_slice() else { return None };
        let time_s = cosigned_at(line, witness, note.body)?;
        let checkpoint = Checkpoint::read(note.body).ok()?;
        (checkpoint.origin == origin).then_some(Self { head: checkpoint.head, time_s })
    }

    /// Whether a log may be signed that its sender takes to follow one of `old` entries.
    pub(super) fn admit_after(
        &self,
        old: u64,
        new: &TreeHead,
        proof: &[NodeHash],
        now_s: u64,
    ) -> Result<(), CosignError> {
        if old > new.size {
            return Err(CosignError::Shrunk { old, new: new.size });
        }
        if old != self.head.size {
            return Err(CosignError::OtherSize { seen: self.head.size });
        }
        self.admit(new, proof, now_s)
    }

    /// Whether a log may be signed now: only one that continues this one.
    pub(super) fn admit(
        &self,
        new: &TreeHead,
        proof: &[NodeHash],
        now_s: u64,
    ) -> Result<(), CosignError> {
        let old = &self.head;
        // No proof can help, and the two checkpoints are evidence against the log.
        if old.size == new.size && old.root != new.root {
            return Err(CosignError::Forked { size: old.size });
        }
        verify_consistency(old.size, &old.root, new.size, &new.root, proof)
            .map_err(|source| CosignError::Inconsistent { seen: old.size, source })?;
        if now_s < self.time_s {
            return Err(CosignError::Clock { now_s, last_s: self.time_s });
        }
        Ok(())
    }
}
