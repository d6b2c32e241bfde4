//! The key under which a client sends an act, so that it may be sent again without being done again.

use std::fmt;

/// Longest key in bytes; a UUID has 36.
const BYTES_MAX: usize = 64;

/// 1 to 64 visible ASCII characters, chosen by the client, unique for the person or officer who acts.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ClientKey(String);

/// A text that is no key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an idempotency key has 1 to {BYTES_MAX} visible ASCII characters, such as a UUID")]
pub struct ClientKeyError;

impl ClientKey {
    /// Reads a key as the client sent it.
    ///
    /// # Errors
    /// [`ClientKeyError`] if it is empty, too long, or has other characters.
    pub fn parse(text: &str) -> Result<Self, ClientKeyError> {
        let is_key = (1..=BYTES_MAX).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_graphic());
        if is_key { Ok(Self(text.to_owned())) } else { Err(ClientKeyError) }
    }

    /// The key as sent.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Clients may put anything into a key, so it is not shown.
impl fmt::Debug for ClientKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClientKey(***)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The edges of length and alphabet.
    #[test]
    fn keys() {
        for good in ["a", "0191e7b0-0000-7000-8000-000000000000", &"~".repeat(64)] {
            assert_eq!(ClientKey::parse(good).expect(good).as_str(), good);
        }
        for bad in ["", "a b", "é", "a\n", "a\0", &"a".repeat(65)] {
            assert_eq!(ClientKey::parse(bad), Err(ClientKeyError), "{bad:?}");
        }
    }
}
