//! Checkpoints: the newest link of the chain, signed with Ed25519 and written as a text.
//!
//! The text is what is signed, up to the line of the signature, and what is kept elsewhere. Copies of a
//! checkpoint are equal to the byte, because an Ed25519 signature follows from key and message.

use std::fmt;

use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};

use super::{Digest, write_hex};
use crate::time::Timestamp;

const FORMAT_LINE: &str = "gelombang audit checkpoint 1";

/// What a checkpoint states.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// Counted from 1 without a gap, so that a removed checkpoint is missed.
    pub number: i64,
    /// The link at position 1, by which one chain is told from another.
    pub chain: Digest,
    /// Position of the newest link.
    pub position: i64,
    /// The newest link.
    pub head: Digest,
    /// The events of every transaction below this number are in the chain.
    pub horizon: u64,
    /// When it was signed.
    pub sealed_at: Timestamp,
}

/// The public half of a sealing key, shown as 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PublicKey([u8; 32]);

/// The key that signs checkpoints.
pub struct SealingKey(SigningKey);

/// A checkpoint with its signature, as stored or kept. Nothing is said about whether it is genuine.
#[derive(Clone, PartialEq, Eq)]
pub struct SignedCheckpoint {
    /// What it states.
    pub checkpoint: Checkpoint,
    /// The key it names as its signer's.
    pub public_key: PublicKey,
    /// The signature over the text before it.
    pub signature: [u8; 64],
}

impl PublicKey {
    /// From stored bytes; `None` unless there are 32.
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// The 32 bytes.
    pub const fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl SealingKey {
    /// From its 32 secret bytes.
    pub fn from_secret(secret: &[u8; 32]) -> Self {
        Self(SigningKey::from_bytes(secret))
    }

    /// The secret bytes, for the key file only.
    pub fn secret(&self) -> &[u8; 32] {
        self.0.as_bytes()
    }

    /// The public half.
    pub fn public_key(&self) -> PublicKey {
        PublicKey(self.0.verifying_key().to_bytes())
    }

    /// Signs.
    pub fn sign(&self, checkpoint: Checkpoint) -> SignedCheckpoint {
        let public_key = self.public_key();
        let signature = self.0.sign(statement(&checkpoint, &public_key).as_bytes()).to_bytes();
        SignedCheckpoint { checkpoint, public_key, signature }
    }
}

impl SignedCheckpoint {
    /// True if the owner of `key` signed exactly this.
    pub fn is_genuine(&self, key: &PublicKey) -> bool {
        let signature = Signature::from_bytes(&self.signature);
        let message = statement(&self.checkpoint, &self.public_key);
        self.public_key == *key
            && VerifyingKey::from_bytes(&key.0)
                .is_ok_and(|key| key.verify_strict(message.as_bytes(), &signature).is_ok())
    }

    /// The text to keep elsewhere; ends with a line end.
    pub fn text(&self) -> String {
        let mut text = statement(&self.checkpoint, &self.public_key);
        text.push_str("signature ");
        // Writing to a string cannot fail.
        let _ = write_hex(&mut text, &self.signature);
        text.push('\n');
        text
    }

    /// Reads a text that [`SignedCheckpoint::text`] made; `None` if it is anything else. White space at
    /// the end of the text does not count.
    pub fn parse(text: &str) -> Option<Self> {
        let mut lines = text.lines();
        (lines.next()? == FORMAT_LINE).then_some(())?;
        let mut value = |name: &str| lines.next()?.strip_prefix(name)?.strip_prefix(' ');
        let checkpoint = Checkpoint {
            number: value("number")?.parse().ok()?,
            chain: Digest(from_hex(value("chain")?)?),
            position: value("position")?.parse().ok()?,
            head: Digest(from_hex(value("head")?)?),
            horizon: value("horizon")?.parse().ok()?,
            sealed_at: Timestamp::from_micros(value("sealed_at")?.split(' ').next()?.parse().ok()?),
        };
        let public_key = PublicKey(from_hex(value("public_key")?)?);
        let signature = from_hex(value("signature")?)?;
        let parsed = Self { checkpoint, public_key, signature };
        // One spelling only: whatever else the text says was not written by the product.
        (parsed.text().trim_end() == text.trim_end()).then_some(parsed)
    }
}

/// What is signed. The instant stands there in microseconds, which are exact, and in words.
fn statement(checkpoint: &Checkpoint, public_key: &PublicKey) -> String {
    let Checkpoint { number, chain, position, head, horizon, sealed_at } = checkpoint;
    format!(
        "{FORMAT_LINE}\nnumber {number}\nchain {chain}\nposition {position}\nhead {head}\nhorizon {horizon}\n\
         sealed_at {} {sealed_at}\npublic_key {public_key}\n",
        sealed_at.micros()
    )
}

fn from_hex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    (text.is_ascii() && text.len() == N.checked_mul(2)?).then_some(())?;
    for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(bytes)
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_hex(f, &self.0)
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Debug for SealingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SealingKey({}, ***)", self.public_key())
    }
}

impl fmt::Debug for SignedCheckpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.text())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signed() -> SignedCheckpoint {
        SealingKey::from_secret(&[5; 32]).sign(Checkpoint {
            number: 3,
            chain: Digest([1; 32]),
            position: 1012,
            head: Digest([2; 32]),
            horizon: 812,
            sealed_at: Timestamp::from_micros(1_767_225_600_000_001),
        })
    }

    /// A text comes back as it went out, is genuine for its own key alone, and shows no secret.
    #[test]
    fn texts_come_back() {
        let key = SealingKey::from_secret(&[5; 32]);
        let text = signed().text();
        assert!(
            text.contains("sealed_at 1767225600000001 2026-01-01T00:00:00.000001Z\n"),
            "{text}"
        );
        for kept in [text.clone(), text.trim_end().to_owned(), format!("{text}\n")] {
            let back = SignedCheckpoint::parse(&kept).expect("a checkpoint");
            assert_eq!(back, signed());
            assert!(back.is_genuine(&key.public_key()));
            assert!(!back.is_genuine(&SealingKey::from_secret(&[6; 32]).public_key()));
        }
        assert_eq!(format!("{key:?}"), format!("SealingKey({}, ***)", key.public_key()));
    }

    /// A changed character anywhere leaves no genuine checkpoint.
    #[test]
    fn no_character_can_change() {
        let (text, key) = (signed().text(), SealingKey::from_secret(&[5; 32]).public_key());
        for at in 0..text.len() - 1 {
            let mut bytes = text.clone().into_bytes();
            bytes[at] = if bytes[at] == b'4' { b'5' } else { b'4' };
            let changed = String::from_utf8(bytes).expect("ASCII");
            let genuine =
                SignedCheckpoint::parse(&changed).is_some_and(|kept| kept.is_genuine(&key));
            assert!(!genuine, "{changed}");
        }
    }
}
