//! Checkpoints of a log: origin, size and root, signed by the log and cosigned by witnesses.
//!
//! Source: C2SP tlog-checkpoint and tlog-cosignature.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use selection::policy::Party;
use selection::tree::{NodeHash, TreeHead};

use super::note::{Note, NoteError, SignatureLine, key_hash, unbase64};
use super::trust::Trust;
use crate::format::LogName;
use crate::key::{SecretKey, is_signed};

/// Signature type of a log.
const TYPE_ED25519: u8 = 0x01;

/// Signature type of a witness: a time, then Ed25519 over time and note.
const TYPE_COSIGNATURE: u8 = 0x04;

/// What a checkpoint states.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// Name of the log.
    pub origin: String,
    /// Size and root.
    pub head: TreeHead,
}

/// Why a checkpoint does not count.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointError {
    /// It is no signed note.
    #[error(transparent)]
    Note(#[from] NoteError),
    /// The text must be origin, size and root, and nothing else.
    #[error("the checkpoint is not three lines with origin, size and root in base64")]
    Body,
    /// It is of another log.
    #[error("the checkpoint is of log {found:?}, not {expected:?}")]
    Origin {
        /// Origin found.
        found: String,
        /// Origin asked for.
        expected: String,
    },
    /// The log itself did not sign.
    #[error("the log has not signed the checkpoint")]
    Unsigned,
    /// Every listed signature must hold, else a changed one would go unseen.
    #[error("the signature by {name:?} is not a valid one by a known key")]
    Signature {
        /// Name in the line.
        name: String,
    },
    /// A signer counts once.
    #[error("{name:?} signed twice")]
    Twice {
        /// Name in the line.
        name: String,
    },
}

impl Checkpoint {
    /// The signed text.
    pub fn body(&self) -> String {
        let root = BASE64_STANDARD.encode(self.head.root.0);
        format!("{}\n{}\n{root}\n", self.origin, self.head.size)
    }

    pub(super) fn read(body: &str) -> Result<Self, CheckpointError> {
        let parsed = || {
            let mut lines = body.strip_suffix('\n')?.split('\n');
            let (origin, size, root) = (lines.next()?, lines.next()?, lines.next()?);
            let size: u64 = size.parse().ok()?;
            let root = NodeHash(unbase64(root)?.try_into().ok()?);
            let read = Self { origin: origin.to_owned(), head: TreeHead { size, root } };
            // Another spelling of the size would be another signed text.
            (!origin.is_empty() && lines.next().is_none() && read.body() == body).then_some(read)
        };
        parsed().ok_or(CheckpointError::Body)
    }

    /// The line by which the log signs.
    pub fn sign(&self, key: &SecretKey) -> SignatureLine {
        let signature = key.sign(self.body().as_bytes()).to_vec();
        SignatureLine::new(&self.origin, TYPE_ED25519, &key.public(), signature)
    }

    /// The line by which the witness with this name says to have seen the checkpoint at `time_s`
    /// (Unix seconds), after whatever it saw before.
    pub(super) fn cosign(&self, name: &str, key: &SecretKey, time_s: u64) -> SignatureLine {
        let signature = key.sign(cosigned_text(time_s, &self.body()).as_bytes());
        let content = [time_s.to_be_bytes().as_slice(), &signature].concat();
        SignatureLine::new(name, TYPE_COSIGNATURE, &key.public(), content)
    }

    /// Reads a checkpoint of which the log's signature alone matters; other lines are left alone.
    ///
    /// # Errors
    /// [`CheckpointError`] unless it is a checkpoint of this log, signed by it.
    pub fn read_signed(bytes: &[u8], log: &LogName) -> Result<Self, CheckpointError> {
        let note = Note::read(bytes)?;
        let checkpoint = Self::read_of(&note, &log.origin)?;
        let by_log = note.signatures.iter().filter(|line| is_of_log(line, log));
        let mut verdicts = by_log.map(|line| is_by_log(line, log, note.body));
        if verdicts.next() == Some(true) && verdicts.next().is_none() {
            Ok(checkpoint)
        } else {
            Err(CheckpointError::Unsigned)
        }
    }

    /// When the witness saw the checkpoint (Unix seconds), if the line is its valid cosignature.
    pub fn cosigned_at(&self, line: &SignatureLine, witness: &Party) -> Option<u64> {
        let own = line.name == witness.name;
        own.then(|| cosigned_at(line, witness, &self.body())).flatten()
    }

    fn read_of(note: &Note<'_>, origin: &str) -> Result<Self, CheckpointError> {
        let checkpoint = Self::read(note.body)?;
        if checkpoint.origin == origin {
            Ok(checkpoint)
        } else {
            let expected = origin.to_owned();
            Err(CheckpointError::Origin { found: checkpoint.origin, expected })
        }
    }
}

/// A checkpoint all of whose signatures hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WitnessedCheckpoint {
    /// What it states.
    pub checkpoint: Checkpoint,
    /// Unix times of its cosignatures, seconds, ascending.
    pub times: Vec<u64>,
}

impl WitnessedCheckpoint {
    /// Reads a checkpoint and every signature on it.
    ///
    /// # Errors
    /// [`CheckpointError`] unless the log signed, and every other line is a valid cosignature by a
    /// known witness who signed once. A quorum is not asked for.
    pub fn read(bytes: &[u8], trust: &Trust) -> Result<Self, CheckpointError> {
        let note = Note::read(bytes)?;
        let checkpoint = Checkpoint::read_of(&note, &trust.log().origin)?;
        let mut signers: Vec<&str> = Vec::new();
        let mut times = Vec::new();
        for line in &note.signatures {
            let refused = || CheckpointError::Signature { name: line.name.clone() };
            if signers.contains(&line.name.as_str()) {
                return Err(CheckpointError::Twice { name: line.name.clone() });
            }
            signers.push(&line.name);
            if line.name == trust.log().origin {
                if !is_by_log(line, trust.log(), note.body) {
                    return Err(refused());
                }
            } else {
                let mut witnesses = trust.witnesses().iter();
                let witness = witnesses.find(|own| own.name == line.name).ok_or_else(refused)?;
                times.push(cosigned_at(line, witness, note.body).ok_or_else(refused)?);
            }
        }
        if !signers.contains(&trust.log().origin.as_str()) {
            return Err(CheckpointError::Unsigned);
        }
        times.sort_unstable();
        Ok(Self { checkpoint, times })
    }

    /// When the quorum was reached: the `quorum`-th smallest time; `None` if it was not.
    pub fn quorum_time(&self, quorum: usize) -> Option<u64> {
        quorum.checked_sub(1).and_then(|place| self.times.get(place)).copied()
    }
}

fn is_of_log(line: &SignatureLine, log: &LogName) -> bool {
    line.name == log.origin && line.key_hash == key_hash(&log.origin, TYPE_ED25519, &log.key)
}

fn is_by_log(line: &SignatureLine, log: &LogName, body: &str) -> bool {
    let signature = line.signature.as_slice().try_into();
    is_of_log(line, log)
        && signature.is_ok_and(|signature| is_signed(&log.key, body.as_bytes(), signature))
}

/// Time of a cosignature if it is a valid one by this witness.
pub(super) fn cosigned_at(line: &SignatureLine, witness: &Party, body: &str) -> Option<u64> {
    let (time, signature) = line.signature.split_first_chunk()?;
    let time_s = u64::from_be_bytes(*time);
    let text = cosigned_text(time_s, body);
    let own = key_hash(&witness.name, TYPE_COSIGNATURE, &witness.key);
    let holds = line.key_hash == own
        && is_signed(&witness.key, text.as_bytes(), signature.try_into().ok()?);
    holds.then_some(time_s)
}

fn cosigned_text(time_s: u64, body: &str) -> String {
    format!("cosignature/v1\ntime {time_s}\n{body}")
}
