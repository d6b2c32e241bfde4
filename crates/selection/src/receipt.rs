//! What the operator signs for an applicant (section 16.9); the signature itself is made elsewhere.

use std::fmt;

use crate::digest::{WaveContext, label};
use crate::record::{EntryTag, Weight};

/// When a receipt was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReceiptKind {
    /// At registration; later checks may still change class and commitment.
    Registered,
    /// For the published record.
    Entered,
}

impl ReceiptKind {
    fn code(self) -> u8 {
        match self {
            Self::Registered => 0,
            Self::Entered => 1,
        }
    }
}

/// Content of a receipt; with the blinding its holder can open the commitment.
#[derive(Clone, PartialEq, Eq)]
pub struct Receipt {
    /// When it was given.
    pub kind: ReceiptKind,
    /// Pseudonym of the person.
    pub entry_tag: EntryTag,
    /// Commitment, that of the record in an entered receipt.
    pub commitment: [u8; 32],
    /// Opens the commitment.
    pub blinding: [u8; 32],
    /// Regency code.
    pub region: u16,
    /// True mask.
    pub mask: u16,
    /// Entries of this person.
    pub weight: Weight,
    /// Flags as published.
    pub flags: u8,
    /// Unix time of the registration, seconds.
    pub registered_at_s: u64,
}

impl fmt::Debug for Receipt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receipt").field("entry_tag", &self.entry_tag).finish_non_exhaustive()
    }
}

impl Receipt {
    /// The bytes under the Ed25519 signature.
    pub fn message(&self, ctx: &WaveContext) -> Vec<u8> {
        let mut message = label!("receipt").to_vec();
        message.extend(ctx.as_bytes());
        message.push(self.kind.code());
        message.extend(self.entry_tag.0);
        message.extend(self.commitment);
        message.extend(self.blinding);
        message.extend(self.region.to_be_bytes());
        message.extend(self.mask.to_be_bytes());
        message.extend([self.weight.get(), self.flags]);
        message.extend(self.registered_at_s.to_be_bytes());
        message
    }
}
