//! What a log sends to a witness: the size that the witness signed last, the proof from there, and
//! the new checkpoint.
//!
//! Source: C2SP tlog-witness.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use selection::tree::NodeHash;

use super::note::{NOTE_SIZE_BYTES_MAX, unbase64};

/// A consistency proof has at most one hash for each bit of a size.
const PROOF_MAX: usize = 63;

/// A checkpoint handed to a witness; nothing is said about whether it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Submission {
    /// Entries of the log when the witness signed last, as the sender knows it; 0 if never.
    pub old: u64,
    /// Proof that the new log begins with the old one.
    pub proof: Vec<NodeHash>,
    /// The new checkpoint, a signed note.
    pub checkpoint: Vec<u8>,
}

/// The text has another form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the text is not `old` with a size, at most 63 hashes in base64, an empty line and a checkpoint"
)]
pub struct SubmissionError;

impl Submission {
    /// Longest text: 25 bytes of size, 63 lines of 45 bytes, an empty line and the largest note.
    pub const SIZE_BYTES_MAX: usize = 25 + PROOF_MAX * 45 + 1 + NOTE_SIZE_BYTES_MAX;

    /// Reads the text.
    ///
    /// # Errors
    /// [`SubmissionError`].
    pub fn read(bytes: &[u8]) -> Result<Self, SubmissionError> {
        let parsed = || {
            let text = std::str::from_utf8(bytes).ok()?;
            let (head, checkpoint) = text.split_once("\n\n")?;
            let mut lines = head.split('\n');
            let digits = lines.next()?.strip_prefix("old ")?;
            let old: u64 = digits.parse().ok()?;
            // Signs and leading zeros are not allowed.
            (old.to_string() == digits).then_some(())?;
            let hash = |line| Some(NodeHash(unbase64(line)?.try_into().ok()?));
            let proof = lines.take(PROOF_MAX + 1).map(hash).collect::<Option<Vec<NodeHash>>>()?;
            (proof.len() <= PROOF_MAX).then_some(())?;
            Some(Self { old, proof, checkpoint: checkpoint.as_bytes().to_vec() })
        };
        if bytes.len() > Self::SIZE_BYTES_MAX {
            return Err(SubmissionError);
        }
        parsed().ok_or(SubmissionError)
    }

    /// The text.
    pub fn write(&self) -> Vec<u8> {
        let mut text = format!("old {}\n", self.old);
        for hash in &self.proof {
            text.push_str(&BASE64_STANDARD.encode(hash.0));
            text.push('\n');
        }
        text.push('\n');
        let mut bytes = text.into_bytes();
        bytes.extend_from_slice(&self.checkpoint);
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Goal: one form of a text is read and no other; method: a table, and what is written comes back.
    #[test]
    fn shapes() {
        let hash = BASE64_STANDARD.encode([7; 32]);
        let check = |text: &str, read: Option<(u64, usize)>| {
            let found = Submission::read(text.as_bytes());
            let sizes = found.as_ref().map(|found| (found.old, found.proof.len()));
            assert_eq!(sizes.ok(), read, "{text:?}");
            if let Ok(found) = found {
                assert_eq!(found.write(), text.as_bytes());
            }
        };
        check("old 0\n\nnote\n", Some((0, 0)));
        check(&format!("old 12\n{hash}\n{hash}\n\nnote\n\nsignature\n"), Some((12, 2)));
        check("old 18446744073709551615\n\n", Some((u64::MAX, 0)));
        check(&format!("old 1\n{}\n", format!("{hash}\n").repeat(63)), Some((1, 63)));
        check(&format!("old 1\n{}\n", format!("{hash}\n").repeat(64)), None);
        check("old 18446744073709551616\n\n", None);
        check("old 01\n\n", None);
        check("old +1\n\n", None);
        check("old \n\n", None);
        check("new 1\n\n", None);
        check("old 1\nnote\n", None);
        check("old 1\nAAAA\n\n", None);
        check(&format!("old 1\n{}\n\n", &hash[..43]), None);
        check("", None);
        let long = "x".repeat(Submission::SIZE_BYTES_MAX);
        check(&format!("old 1\n\n{long}"), None);
    }
}
