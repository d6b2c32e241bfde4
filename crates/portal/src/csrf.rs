//! The token of a form: what another site can neither read nor guess, so that a form it sends is told apart.
//!
//! The secret is a digest of both cookies, so it is kept nowhere and changes at sign-in. Each form is given it under a
//! fresh mask: a page is compressed, and an unchanging token beside text that a stranger chooses would leak by length.

use app::service::Randomness;
use sha2::{Digest as _, Sha256};

/// Bytes of the secret.
const BYTES: usize = 16;

/// What the tokens of a visit are made of.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct FormSecret([u8; BYTES]);

impl std::fmt::Debug for FormSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("FormSecret(***)")
    }
}

impl FormSecret {
    /// The secret of a visit, and of the session in it.
    pub(crate) fn of(visit: &str, session: &str) -> Self {
        let digest = Sha256::digest(
            [b"gelombang form\0", visit.as_bytes(), b"\0", session.as_bytes()].concat(),
        );
        Self(digest.first_chunk().copied().unwrap_or_default())
    }

    /// A token for one form.
    pub(crate) fn token(self, randomness: &mut Randomness) -> String {
        let mut mask = [0; BYTES];
        randomness.fill_bytes(&mut mask);
        web::format::hex(&mask) + &web::format::hex(&xor(mask, self.0))
    }

    /// True for a token of this secret.
    pub(crate) fn has_made(self, token: &str) -> bool {
        let Some((mask, masked)) = token.split_at_checked(2 * BYTES) else { return false };
        let (Some(mask), Some(masked)) = (unhex(mask), unhex(masked)) else { return false };
        // Of all bytes, whatever the first ones are: how long it takes tells nothing.
        xor(xor(mask, masked), self.0).iter().fold(0, |all, byte| all | byte) == 0
    }
}

fn xor(one: [u8; BYTES], other: [u8; BYTES]) -> [u8; BYTES] {
    let mut both = one;
    both.iter_mut().zip(other).for_each(|(byte, other)| *byte ^= other);
    both
}

fn unhex(text: &str) -> Option<[u8; BYTES]> {
    (text.len() == 2 * BYTES && text.is_ascii()).then_some(())?;
    let mut bytes = [0; BYTES];
    for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use rand_chacha::ChaCha12Rng;
    use rand_chacha::rand_core::SeedableRng as _;

    use super::*;

    /// A token fits its visit and session, no other, and no two of a visit are alike.
    #[test]
    fn tokens() {
        let mut randomness: Randomness = Box::new(ChaCha12Rng::seed_from_u64(1));
        let secret = FormSecret::of("visit", "session");
        let tokens = [(); 2].map(|()| secret.token(&mut randomness));
        assert_ne!(tokens[0], tokens[1]);
        for token in &tokens {
            assert!(secret.has_made(token));
            for other in [("visit", ""), ("", "session"), ("visi", "tsession")] {
                assert!(!FormSecret::of(other.0, other.1).has_made(token));
            }
        }
        for bad in ["", "00", &"é".repeat(32), &"g".repeat(64), &"0".repeat(63), &"0".repeat(65)] {
            assert!(!secret.has_made(bad), "{bad}");
        }
    }
}
