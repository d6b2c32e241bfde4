//! What a device is known by: a random value in its cookie, of which only the keyed index is kept.

use std::fmt;

use rand_core::Rng;
use storage::keys::to_hex;
use storage::vault::KeyRing;
use uuid::Uuid;

/// How long a device is known after a code was given on it: 90 days, in microseconds. Assumed: codes are the
/// bottleneck on the day a wave opens (anchors/reliability.md B2), and waves are weeks apart.
pub const DEVICE_MICROS: i64 = 90 * 24 * 3600 * 1_000_000;

/// 128 random bits. `Debug` shows nothing.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct DeviceToken([u8; 16]);

impl DeviceToken {
    /// A fresh one.
    pub(crate) fn draw(rng: &mut (impl Rng + ?Sized)) -> Self {
        let mut random = [0; 16];
        rng.fill_bytes(&mut random);
        Self(random)
    }

    /// Reads 32 hexadecimal digits; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let number = u128::from_str_radix(text, 16).ok().filter(|_| digits)?;
        Some(Self(number.to_be_bytes()))
    }

    /// As the cookie holds it.
    pub fn expose(&self) -> String {
        to_hex(&self.0)
    }

    /// What is kept of it.
    pub(crate) fn index(self, keys: &KeyRing) -> Uuid {
        keys.request_index("device", &self.0)
    }
}

impl fmt::Debug for DeviceToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DeviceToken(***)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A token reads back; other texts do not, and it prints nowhere.
    #[test]
    fn tokens() {
        let token = DeviceToken([0xa5; 16]);
        assert_eq!(DeviceToken::parse(&token.expose()), Some(token));
        assert_eq!(format!("{token:?}"), "DeviceToken(***)");
        for bad in ["", "a5", &"g".repeat(32), &"+".repeat(32), &"a".repeat(33)] {
            assert_eq!(DeviceToken::parse(bad), None, "{bad}");
        }
    }
}
