//! How a person signs in: password rules, the limit on wrong tries, and the token of a session.

mod guessable;

use std::fmt;

use sha2::{Digest as _, Sha256};

use crate::identity::Email;
use crate::time::Timestamp;

/// Fewest and most characters of a password. No rule asks for kinds of characters: length is what
/// protects, and such rules make people write passwords down (NIST SP 800-63B section 5.1.1.2).
const PASSWORD_CHARACTERS: std::ops::RangeInclusive<usize> = 12..=128;
/// Wrong tries that lock an account. Assumed: programme.md section 4.1, row 2, names five tries and two hours
/// for the code by e-mail, which does not exist yet.
const TRIES_MAX: u8 = 5;
/// How long it stays locked: 2 hours, in microseconds (the same row).
const LOCK_MICROS: i64 = 2 * 3600 * 1_000_000;
/// How long tries that did not lock count: a day, in microseconds. Assumed.
const COUNTED_MICROS: i64 = 24 * 3600 * 1_000_000;
/// How long a session lasts: 12 hours, in microseconds; longer than a day's errand, shorter than a lent
/// phone; an assumption, since no source names one.
pub const SESSION_MICROS: i64 = 12 * 3600 * 1_000_000;
/// How long a session lasts that nobody uses: 60 minutes, in microseconds. Longer than the 40 minutes of the ability test
/// and than looking for a family card, so that nobody loses a page on a bad line; shorter than a lent phone is away. An
/// assumption, since no source names one.
pub const SESSION_UNUSED_MICROS: i64 = 60 * 60 * 1_000_000;
/// How often at most it is written down that a session is used: every 5 minutes, so that few requests write. So it ends
/// between 55 and 60 minutes after it was used last.
const SESSION_USE_MICROS: i64 = 5 * 60 * 1_000_000;

/// True if the use of a session at `now` is to be written down, when `used_at` is.
pub const fn is_use_due(used_at: Timestamp, now: Timestamp) -> bool {
    now.micros() >= used_at.plus_micros(SESSION_USE_MICROS).micros()
}

/// A password of 12 to 128 characters of any kind. `Debug` shows nothing.
#[derive(Clone, PartialEq, Eq)]
pub struct Password(String);

/// Why a text is no password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a password has 12 to 128 characters of any kind")]
pub struct PasswordLengthError;

impl Password {
    /// Takes the text as typed; spaces count.
    ///
    /// # Errors
    /// [`PasswordLengthError`] if it is too short or too long.
    pub fn parse(text: &str) -> Result<Self, PasswordLengthError> {
        if PASSWORD_CHARACTERS.contains(&text.chars().count()) {
            Ok(Self(text.to_owned()))
        } else {
            Err(PasswordLengthError)
        }
    }

    /// True if others would guess it soon, so that it must not be chosen by whoever has this address. It is still
    /// taken at a sign-in.
    pub fn is_guessable(&self, email: &Email) -> bool {
        guessable::is_guessable(&self.0, email)
    }

    /// The password in clear, for hashing only.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(***)")
    }
}

/// Tries at a password since the last right one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SignInTries {
    /// Tries taken, 0 to 5.
    pub taken: u8,
    /// When the last one was taken, as far as is written down.
    pub tried_at: Option<Timestamp>,
    /// Until when no further one is.
    pub locked_until: Option<Timestamp>,
}

/// No try is taken before this instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("too many wrong passwords; no try is taken before {until}")]
pub struct SignInLocked {
    /// First instant at which a try is taken again.
    pub until: Timestamp,
}

impl SignInTries {
    /// No try since the last right password.
    pub const NONE: Self = Self { taken: 0, tried_at: None, locked_until: None };

    /// Takes a try before the password is looked at, so that many at the same moment are no more tries than
    /// one after another. The last one locks; a right password takes it back to [`SignInTries::NONE`].
    ///
    /// # Errors
    /// [`SignInLocked`] while it is locked; nothing changes then.
    pub fn take(self, now: Timestamp) -> Result<Self, SignInLocked> {
        let before = match (self.locked_until, self.tried_at) {
            (Some(until), _) if now < until => return Err(SignInLocked { until }),
            (Some(_), _) => 0,
            (None, Some(at)) if at.plus_micros(COUNTED_MICROS) <= now => 0,
            (None, _) => self.taken,
        };
        let taken = before.saturating_add(1);
        let locked_until = (taken >= TRIES_MAX).then(|| now.plus_micros(LOCK_MICROS));
        Ok(Self { taken, tried_at: Some(now), locked_until })
    }
}

/// What a client shows to act as its account: 256 random bits. `Debug` shows nothing.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct SessionToken([u8; 32]);

/// What marks our tokens, so that a leaked one is found by a search.
const TOKEN_PREFIX: &str = "gls_";

impl SessionToken {
    /// A token of 32 random bytes.
    pub const fn new(random: [u8; 32]) -> Self {
        Self(random)
    }

    /// Reads `gls_` and 64 hexadecimal digits; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix(TOKEN_PREFIX)?;
        (digits.len() == 64 && digits.is_ascii()).then_some(())?;
        let mut bytes = [0u8; 32];
        for (byte, pair) in bytes.iter_mut().zip(digits.as_bytes().chunks(2)) {
            *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
        }
        Some(Self(bytes))
    }

    /// What is stored in its place: SHA-256. A plain digest suffices, since nobody guesses 256 bits.
    pub fn digest(&self) -> [u8; 32] {
        Sha256::digest(self.0).into()
    }

    /// The token in clear, for its owner only.
    pub fn expose(&self) -> String {
        self.0.iter().fold(TOKEN_PREFIX.to_owned(), |mut text, byte| {
            // Writing to a string cannot fail.
            let _ = fmt::Write::write_fmt(&mut text, format_args!("{byte:02x}"));
            text
        })
    }
}

impl fmt::Debug for SessionToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionToken(***)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The edges of the length, counted in characters and not in bytes.
    #[test]
    fn password_lengths() {
        for (text, good) in [
            ("x".repeat(11), false),
            ("x".repeat(12), true),
            ("é".repeat(12), true),
            ("x".repeat(128), true),
            ("x".repeat(129), false),
            (" ".repeat(12), true),
        ] {
            assert_eq!(Password::parse(&text).is_ok(), good, "{text:?}");
        }
        let password = Password::parse("correct horse battery").expect("long enough");
        assert_eq!(format!("{password:?}"), "Password(***)");
    }

    /// Five tries are taken, the sixth is refused for two hours to the microsecond, then five more.
    #[test]
    fn five_tries_lock_for_two_hours() {
        let start = Timestamp::from_micros(1_000_000);
        let mut tries = SignInTries::NONE;
        for taken in 1..=5 {
            tries = tries.take(start).expect("not locked yet");
            assert_eq!(tries.taken, taken);
        }
        let until = start.plus_micros(LOCK_MICROS);
        assert_eq!(tries.take(until.minus_micros(1)), Err(SignInLocked { until }));
        let first = SignInTries { taken: 1, tried_at: Some(until), locked_until: None };
        assert_eq!(tries.take(until), Ok(first));
    }

    /// Tries count for a day to the microsecond after the last of them, and those of which it is not known when they were
    /// made count on.
    #[test]
    fn tries_count_for_a_day() {
        let start = Timestamp::from_micros(1_000_000);
        let taken = |tries: SignInTries, now| tries.take(now).map(|tries| tries.taken);
        let one = SignInTries::NONE.take(start).expect("not locked");
        let end = start.plus_micros(COUNTED_MICROS);
        assert_eq!(taken(one, end.minus_micros(1)), Ok(2));
        assert_eq!(taken(one, end), Ok(1));
        assert_eq!(taken(SignInTries { tried_at: None, ..one }, end), Ok(2));
    }

    /// A token reads back, other texts do not, and it prints nowhere.
    #[test]
    fn tokens() {
        let token = SessionToken::new([0xa5; 32]);
        let text = token.expose();
        assert_eq!(SessionToken::parse(&text), Some(token));
        assert_ne!(token.digest(), [0xa5; 32]);
        assert_eq!(format!("{token:?}"), "SessionToken(***)");
        let short = text.get(..67).expect("ASCII");
        for bad in ["", "gls_", short, &text.replace('a', "é"), &text.replace('a', "g"), &text[4..]]
        {
            assert_eq!(SessionToken::parse(bad), None, "{bad}");
        }
    }
}
