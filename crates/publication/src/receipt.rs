//! Receipts: what the operator signs for each applicant (section 16.9), and the log of their digests.

use selection::digest::{Opening, WaveContext};
use selection::receipt::{Receipt, ReceiptKind};
use selection::record::{EntryTag, Weight};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::format::{FormatError, LogName, PolicyFile};
use crate::key::{SecretKey, is_signed};
use crate::wire::{self, Hex, Version, Whole};

const FILE: &str = "receipt";

/// Largest receipt that is read.
const RECEIPT_SIZE_BYTES_MAX: usize = 4096;

/// A receipt as its holder has it; nothing is said about whether it is genuine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedReceipt {
    /// Context of its wave.
    pub ctx: [u8; 32],
    /// What was signed.
    pub receipt: Receipt,
    /// Ed25519 signature by the receipt key of the policy.
    pub signature: [u8; 64],
}

impl SignedReceipt {
    /// Signs a receipt.
    pub fn sign(ctx: &WaveContext, receipt: Receipt, key: &SecretKey) -> Self {
        let signature = key.sign(&receipt.message(ctx));
        Self { ctx: *ctx.as_bytes(), receipt, signature }
    }

    /// Whether the holder of the receipt key signed exactly this for this wave.
    pub fn is_genuine(&self, ctx: &WaveContext, receipt_key: &[u8; 32]) -> bool {
        self.ctx == *ctx.as_bytes()
            && is_signed(receipt_key, &self.receipt.message(ctx), &self.signature)
    }

    /// Whether the commitment opens to this NIK (16 ASCII digits) and the class in the receipt.
    pub fn opens_with(&self, ctx: &WaveContext, nik_digits: &[u8; 16]) -> bool {
        let receipt = &self.receipt;
        let opening = Opening {
            blinding: &receipt.blinding,
            entry_tag: receipt.entry_tag,
            region: receipt.region,
            mask: receipt.mask,
            weight: receipt.weight,
            flags: receipt.flags,
            nik_digits,
        };
        ctx.commitment(&opening) == receipt.commitment
    }

    /// Entry of the registration log: SHA-256 of the receipt's file.
    pub fn digest(&self) -> [u8; 32] {
        Sha256::digest(self.write()).into()
    }

    /// Reads a receipt.
    ///
    /// # Errors
    /// [`FormatError`] unless the file is canonical.
    pub fn read(bytes: &[u8]) -> Result<Self, FormatError> {
        if bytes.len() > RECEIPT_SIZE_BYTES_MAX {
            return Err(FormatError::field(FILE, ".", "a receipt is one short line of JSON"));
        }
        let file: File = wire::read(FILE, bytes)?;
        let weight = Weight::new(file.weight)
            .map_err(|_| FormatError::field(FILE, "weight", "use 1 to 16"))?;
        let kind = match file.kind {
            Kind::Registered => ReceiptKind::Registered,
            Kind::Entered => ReceiptKind::Entered,
        };
        Ok(Self {
            ctx: file.ctx.0,
            receipt: Receipt {
                kind,
                entry_tag: EntryTag(file.e.0),
                commitment: file.c.0,
                blinding: file.r.0,
                region: file.region,
                mask: file.mask,
                weight,
                flags: file.flags,
                registered_at_s: file.registered_at.0,
            },
            signature: file.signature.0,
        })
    }

    /// The canonical file.
    pub fn write(&self) -> Vec<u8> {
        let receipt = &self.receipt;
        wire::write(&File {
            c: Hex(receipt.commitment),
            ctx: Hex(self.ctx),
            e: Hex(receipt.entry_tag.0),
            flags: receipt.flags,
            kind: match receipt.kind {
                ReceiptKind::Registered => Kind::Registered,
                ReceiptKind::Entered => Kind::Entered,
            },
            mask: receipt.mask,
            r: Hex(receipt.blinding),
            region: receipt.region,
            registered_at: Whole(receipt.registered_at_s),
            signature: Hex(self.signature),
            version: Version,
            weight: receipt.weight.get(),
        })
    }
}

/// The registration log of a wave, signed by the key of the announcement log; its entries are the
/// digests of receipts.
pub fn registration_log(policy: &PolicyFile) -> LogName {
    let (_, wave) = policy.wave();
    LogName { key: policy.log.key, origin: format!("{}/registration/{wave}", policy.log.origin) }
}

#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Registered,
    Entered,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct File {
    c: Hex<32>,
    ctx: Hex<32>,
    e: Hex<16>,
    flags: u8,
    kind: Kind,
    mask: u16,
    r: Hex<32>,
    region: u16,
    registered_at: Whole,
    signature: Hex<64>,
    version: Version,
    weight: u8,
}
