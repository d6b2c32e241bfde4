//! Signed notes: a text, an empty line, and one line per signature.
//!
//! Source: C2SP signed-note.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use sha2::{Digest as _, Sha256};

/// Largest note that is read: a checkpoint with far more witnesses than a policy can list.
pub(super) const NOTE_SIZE_BYTES_MAX: usize = 64 * 1024;

/// Begins each signature line.
const DASH: &str = "\u{2014} ";

/// Why a text is not a signed note.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// Notes are short texts.
    #[error("the note is not UTF-8, or longer than 65536 bytes")]
    Text,
    /// There is nothing between text and signatures.
    #[error("the note has no empty line followed by signatures")]
    NoSignatures,
    /// A signature line must be a dash, a name and base64, and end in a line end.
    #[error("signature line {line} is not a dash, a name and canonical base64")]
    Line {
        /// Number of the line among the signatures, from 1.
        line: usize,
    },
}

/// One signature as it stands in a note; nothing is said about whether it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignatureLine {
    /// Name of the signer.
    pub name: String,
    /// First bytes of the hash of name, type and key.
    pub key_hash: [u8; 4],
    /// What the signature type defines.
    pub signature: Vec<u8>,
}

impl SignatureLine {
    /// A line by the key with this name, type and public key.
    pub(super) fn new(name: &str, kind: u8, key: &[u8; 32], signature: Vec<u8>) -> Self {
        Self { name: name.to_owned(), key_hash: key_hash(name, kind, key), signature }
    }

    /// The line with its line end.
    pub fn text(&self) -> String {
        let content = [self.key_hash.as_slice(), &self.signature].concat();
        format!("{DASH}{} {}\n", self.name, BASE64_STANDARD.encode(content))
    }

    /// Reads one line without its line end.
    pub fn read(line: &str) -> Option<Self> {
        let (name, content) = line.strip_prefix(DASH)?.split_once(' ')?;
        let content = unbase64(content)?;
        let (key_hash, signature) = content.split_first_chunk()?;
        if !is_key_name(name) {
            return None;
        }
        Some(Self { name: name.to_owned(), key_hash: *key_hash, signature: signature.to_vec() })
    }
}

/// A note taken apart.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Note<'n> {
    /// The signed text with its last line end.
    pub(super) body: &'n str,
    pub(super) signatures: Vec<SignatureLine>,
}

impl<'n> Note<'n> {
    pub(super) fn read(bytes: &'n [u8]) -> Result<Self, NoteError> {
        if bytes.len() > NOTE_SIZE_BYTES_MAX {
            return Err(NoteError::Text);
        }
        let text = std::str::from_utf8(bytes).map_err(|_| NoteError::Text)?;
        let (body, lines) = text.rsplit_once("\n\n").ok_or(NoteError::NoSignatures)?;
        let body = text.get(..=body.len()).ok_or(NoteError::NoSignatures)?;
        let lines = lines.strip_suffix('\n').ok_or(NoteError::NoSignatures)?;
        let read = |(at, line)| SignatureLine::read(line).ok_or(NoteError::Line { line: at });
        let signatures = (1..).zip(lines.split('\n')).map(read).collect::<Result<_, _>>()?;
        Ok(Self { body, signatures })
    }
}

/// Names in notes are printable ASCII without space and plus, which separate fields.
pub(super) fn is_key_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'+')
}

/// Hash by which a signature line names its key.
pub(super) fn key_hash(name: &str, kind: u8, key: &[u8; 32]) -> [u8; 4] {
    let digest: [u8; 32] = Sha256::new()
        .chain_update(name)
        .chain_update([b'\n', kind])
        .chain_update(key)
        .finalize()
        .into();
    let [first, second, third, fourth, ..] = digest;
    [first, second, third, fourth]
}

/// Standard base64 with padding; only the one canonical text of each content is taken.
pub(super) fn unbase64(text: &str) -> Option<Vec<u8>> {
    let content = BASE64_STANDARD.decode(text).ok()?;
    (BASE64_STANDARD.encode(&content) == text).then_some(content)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Goal: only well-formed notes are read; method: a table of texts.
    #[test]
    fn shapes() {
        let check = |text: &str, read: Result<usize, NoteError>| {
            let found = Note::read(text.as_bytes()).map(|note| note.signatures.len());
            assert_eq!(found, read, "{text:?}");
        };
        check("a\n\n\u{2014} n AAAAAAE=\n", Ok(1));
        check("a\nb\n\n\u{2014} n AAAAAAE=\n\u{2014} m AAAAAAE=\n", Ok(2));
        check("a\n\n\u{2014} n AAAAAAE=", Err(NoteError::NoSignatures));
        check("a\n\u{2014} n AAAAAAE=\n", Err(NoteError::NoSignatures));
        check("a\n\n", Err(NoteError::NoSignatures));
        check("", Err(NoteError::NoSignatures));
        check("a\n\n\u{2014} n AAAAAAF=\n", Err(NoteError::Line { line: 1 }));
        check("a\n\n\u{2014} n AAAAAAE\n", Err(NoteError::Line { line: 1 }));
        check("a\n\n\u{2014} n AAA=\n", Err(NoteError::Line { line: 1 }));
        check("a\n\n\u{2014} n+m AAAAAAE=\n", Err(NoteError::Line { line: 1 }));
        check("a\n\n\u{2014}  AAAAAAE=\n", Err(NoteError::Line { line: 1 }));
        check("a\n\n\u{2014} n AAAAAAE=\n\n", Err(NoteError::NoSignatures));
        check("a\n\n- n AAAAAAE=\n", Err(NoteError::Line { line: 1 }));
        let line = SignatureLine::new("n", 1, &[0; 32], vec![1; 64]);
        assert_eq!(SignatureLine::read(line.text().trim_end()), Some(line));
    }
}
