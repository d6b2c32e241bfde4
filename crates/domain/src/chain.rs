//! The audit chain: a digest over each audit event and all before it, in one order for ever.
//!
//! Encoding of an event, the input of its digest: `gelombang audit event 1` and a line end, then the
//! columns of [`COLUMNS`] in that order. A NULL is a byte 0; a value is a byte 1, its length in bytes as
//! eight bytes big-endian, and its bytes: texts in UTF-8 (`detail` as the text PostgreSQL gives its
//! `jsonb`), the id as its 16 bytes, the instant as eight bytes big-endian, in microseconds since
//! 2000-01-01T00:00:00Z, the transaction as eight bytes big-endian.
//!
//! A link is `SHA-256("gelombang audit link 1" line-end || position as eight bytes big-endian || the link
//! before, 32 zero bytes at position 1 || digest of the event)`.
//!
//! Checkpoints sign the newest link ([`checkpoint`]); [`verify`] holds stored rows against all of it and
//! names the first [`fault`].

pub mod checkpoint;
pub mod fault;
pub mod verify;

use std::fmt;

use sha2::{Digest as _, Sha256};

/// Columns of an audit event in the order of the encoding.
pub const COLUMNS: [&str; 11] = [
    "event_id",
    "occurred_at",
    "actor",
    "act",
    "subject",
    "from_state",
    "to_state",
    "reason",
    "request_id",
    "detail",
    "transaction_id",
];

/// One event: the bytes of each of [`COLUMNS`], `None` for NULL.
pub type EventColumns = [Option<Vec<u8>>; COLUMNS.len()];

const EVENT_LABEL: &[u8] = b"gelombang audit event 1\n";
const LINK_LABEL: &[u8] = b"gelombang audit link 1\n";

/// A SHA-256 digest, shown as 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Digest([u8; 32]);

impl Digest {
    /// What stands before the first link.
    pub const ORIGIN: Self = Self([0; 32]);

    /// From stored bytes; `None` unless there are 32.
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// The 32 bytes.
    pub const fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_hex(f, &self.0)
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

fn write_hex(f: &mut dyn fmt::Write, bytes: &[u8]) -> fmt::Result {
    bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
}

/// Digest of one event.
pub fn event_digest(columns: &EventColumns) -> Digest {
    let mut hasher = Sha256::new_with_prefix(EVENT_LABEL);
    for column in columns {
        match column {
            None => hasher.update([0]),
            Some(value) => {
                hasher.update([1]);
                // A length has at most 64 bits on every machine there is.
                hasher.update(u64::try_from(value.len()).unwrap_or(u64::MAX).to_be_bytes());
                hasher.update(value);
            }
        }
    }
    Digest(hasher.finalize().into())
}

/// The link at `position`, counted from 1.
pub fn link(position: i64, before: &Digest, event: &Digest) -> Digest {
    let mut hasher = Sha256::new_with_prefix(LINK_LABEL);
    hasher.update(position.to_be_bytes());
    hasher.update(before.0);
    hasher.update(event.0);
    Digest(hasher.finalize().into())
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// An event whose texts carry this number.
    pub(crate) fn event(number: u64) -> EventColumns {
        let text = |name: &str| Some(format!("{name} {number}").into_bytes());
        [
            Some([&[7; 8][..], &number.to_be_bytes()].concat()),
            Some(number.to_be_bytes().to_vec()),
            text("actor"),
            text("act"),
            text("subject"),
            None,
            text("to"),
            text("reason"),
            text("request"),
            Some(b"{\"count\": 1}".to_vec()),
            Some(number.to_be_bytes().to_vec()),
        ]
    }

    /// The format never changes unseen: digests of a fixed event, computed by another program.
    #[test]
    fn golden_digests() {
        let digest = event_digest(&event(1));
        assert_eq!(
            digest.to_string(),
            "d69d2cd2de1efe15a433b14e9d362a729099d9f9221d379e12336e39d9510f28"
        );
        let first = link(1, &Digest::ORIGIN, &digest);
        assert_eq!(
            first.to_string(),
            "3eb5b9e20e37e660d82c76d4860477ba38d3369eeb6d107adb672cda14e15857"
        );
        assert_eq!(
            link(2, &first, &event_digest(&event(2))).to_string(),
            "43b721de5555ac478c3c1394999ce4f2e91b8ba5632b822a10d918cf7552756a"
        );
    }

    /// Every column counts, NULL is not empty, and bytes cannot move from one column to the next.
    #[test]
    fn columns_are_told_apart() {
        let whole = event_digest(&event(1));
        for column in 0..COLUMNS.len() {
            let mut changed = event(1);
            changed[column] = match &changed[column] {
                None => Some(Vec::new()),
                Some(_) => None,
            };
            assert_ne!(event_digest(&changed), whole, "{}", COLUMNS[column]);
        }
        let (mut left, mut right) = (event(1), event(1));
        (left[2], left[3]) = (Some(b"ab".to_vec()), Some(b"c".to_vec()));
        (right[2], right[3]) = (Some(b"a".to_vec()), Some(b"bc".to_vec()));
        assert_ne!(event_digest(&left), event_digest(&right));
    }
}
