//! Ed25519 keys, as strict as section 16.7 asks: `s < L`, no keys or points of small order.

use std::fmt;

use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};

use crate::wire::hex;

/// True if the owner of `key` signed `message`; false also for a key that is none.
pub fn is_signed(key: &[u8; 32], message: &[u8], signature: &[u8; 64]) -> bool {
    VerifyingKey::from_bytes(key)
        .is_ok_and(|key| key.verify_strict(message, &Signature::from_bytes(signature)).is_ok())
}

/// The secret half of a key, for the log, a witness, a contributor or receipts.
pub struct SecretKey(SigningKey);

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretKey(of {})", hex(&self.public()))
    }
}

impl SecretKey {
    /// Takes 32 bytes drawn from a random source by the caller.
    pub fn from_bytes(secret: &[u8; 32]) -> Self {
        Self(SigningKey::from_bytes(secret))
    }

    /// The public half.
    pub fn public(&self) -> [u8; 32] {
        self.0.verifying_key().to_bytes()
    }

    /// Signs; the same key and message give the same signature.
    pub fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.0.sign(message).to_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Order of the group, little-endian (RFC 8032, section 5.1).
    const ORDER: [u8; 32] = [
        0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde,
        0x14, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
    ];

    /// Goal: a signature has one form; method: add the order to `s`, which solves the same equation.
    #[test]
    fn s_is_below_the_order() {
        let key = SecretKey::from_bytes(&[7; 32]);
        let mut signature = key.sign(b"text");
        assert!(is_signed(&key.public(), b"text", &signature));
        assert!(!is_signed(&key.public(), b"test", &signature));
        let mut carry = 0;
        for (byte, order) in signature[32..].iter_mut().zip(ORDER) {
            let sum = u16::from(*byte) + u16::from(order) + carry;
            (*byte, carry) = (sum.to_le_bytes()[0], sum >> 8);
        }
        assert!(!is_signed(&key.public(), b"text", &signature));
    }

    /// Goal: a key of small order signs nothing; method: the identity, for which all zeros would do.
    #[test]
    fn no_small_order() {
        let mut identity = [0; 32];
        identity[0] = 1;
        let mut signature = [0; 64];
        signature[0] = 1;
        assert!(!is_signed(&identity, b"anything", &signature));
    }
}
