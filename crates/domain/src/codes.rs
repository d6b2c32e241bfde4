//! Codes of six digits that are sent to an address or a number and come back from there: what proves that whoever
//! types one reads what arrives there.
//!
//! Five tries at a code in all, so that 999,995 of a million guesses fail, then two hours of waiting; a first code and
//! five new ones, then the same. Source: programme.md section 4.1, row 2.

use std::fmt;

use crate::policy::named::named_enum;
use crate::time::Timestamp;

named_enum! {
    /// What a code is for.
    CodePurpose {
        /// To prove the address of a new account.
        ConfirmEmail = "confirm_email",
        /// To sign in.
        SignIn = "sign_in",
        /// To choose another password.
        ResetPassword = "reset_password",
        /// To prove the first phone.
        ConfirmPhone = "confirm_phone",
        /// To prove another address.
        ChangeEmail = "change_email",
        /// To prove another phone.
        ChangePhone = "change_phone",
    }
}

impl CodePurpose {
    /// True if whoever is signed in asks for it, so that it belongs to an account and not to an address.
    pub const fn is_of_member(self) -> bool {
        match self {
            Self::ConfirmEmail | Self::SignIn | Self::ResetPassword => false,
            Self::ConfirmPhone | Self::ChangeEmail | Self::ChangePhone => true,
        }
    }
}

/// How long a code is taken: 10 minutes, in microseconds. Assumed: long enough for a slow gateway.
pub const CODE_MICROS: i64 = 10 * 60 * 1_000_000;
/// How long after a code a new one is sent at the earliest: a minute, in microseconds. Assumed.
const PAUSE_MICROS: i64 = 60 * 1_000_000;
/// The first code and five new ones.
const SENT_MAX: u8 = 6;
/// Tries at all of them together.
const TRIES_MAX: u8 = 5;
/// How long nobody gets or tries a code after that: 2 hours, in microseconds.
const WAIT_MICROS: i64 = 2 * 3600 * 1_000_000;
/// A million, which is how many codes there are.
const CODES: u64 = 1_000_000;

/// Six digits. `Debug` shows none.
#[derive(Clone, Copy)]
pub struct Code([u8; 6]);

impl Code {
    /// The code of 64 random bits: of a million, each is as likely as another to one part in 18 million million.
    pub fn of_random(random: u64) -> Self {
        let mut rest = random.checked_rem(CODES).unwrap_or_default();
        let mut digits = [b'0'; 6];
        for digit in digits.iter_mut().rev() {
            let last = u8::try_from(rest.checked_rem(10).unwrap_or_default()).unwrap_or_default();
            *digit = b'0'.saturating_add(last);
            rest = rest.checked_div(10).unwrap_or_default();
        }
        Self(digits)
    }

    /// Reads six digits, with spaces and hyphens anywhere, as people copy them; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let digits: Vec<u8> =
            text.bytes().filter(|byte| !byte.is_ascii_whitespace() && *byte != b'-').collect();
        let digits: [u8; 6] = digits.try_into().ok()?;
        digits.iter().all(u8::is_ascii_digit).then_some(Self(digits))
    }

    /// The digits, to be sealed or sent.
    pub fn expose(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// True if both are one code; how long it takes does not tell where they differ.
    pub fn is(&self, other: &Self) -> bool {
        self.0.iter().zip(other.0).fold(0, |all, (one, other)| all | (one ^ other)) == 0
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Code(***)")
    }
}

/// How the codes of one purpose stand, for one account or address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CodeRound {
    /// Codes sent since the last right one or wait.
    pub sent: u8,
    /// Tries taken since.
    pub tries: u8,
    /// When the last code was sent.
    pub sent_at: Option<Timestamp>,
    /// When the code that can be used ends; `None` if there is none.
    pub expires_at: Option<Timestamp>,
    /// Until when no try is taken and no code sent, after the last try.
    pub locked_until: Option<Timestamp>,
}

/// Why nothing is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotSent {
    /// The last one was sent a moment ago.
    TooSoon {
        /// When the next can be.
        at: Timestamp,
    },
    /// Tried or sent too often.
    Waits {
        /// When the next can be.
        until: Timestamp,
    },
}

/// Why a code is not looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotTried {
    /// There is none that is still taken.
    NoCode,
    /// Tried too often.
    Locked {
        /// When the next try is taken.
        until: Timestamp,
    },
}

impl CodeRound {
    /// Nothing sent.
    pub const NONE: Self =
        Self { sent: 0, tries: 0, sent_at: None, expires_at: None, locked_until: None };

    /// As it stands at `now`: after a wait it begins anew.
    #[must_use]
    pub fn as_of(self, now: Timestamp) -> Self {
        let is_locked = self.locked_until.is_some_and(|until| now < until);
        let is_over = match (self.locked_until, self.sent_at) {
            (Some(_), _) => !is_locked,
            (None, Some(sent_at)) => sent_at.plus_micros(WAIT_MICROS) <= now,
            (None, None) => false,
        };
        if is_over { Self::NONE } else { self }
    }

    /// When the next code can be sent, as it stands at `now`; `None` if at once.
    pub fn next_at(self, now: Timestamp) -> Option<Timestamp> {
        match self.send(now) {
            Ok(_) => None,
            Err(NotSent::TooSoon { at } | NotSent::Waits { until: at }) => Some(at),
        }
    }

    /// Sends a code, which takes the place of the one before.
    ///
    /// # Errors
    /// [`NotSent`]; nothing changes then.
    pub fn send(self, now: Timestamp) -> Result<Self, NotSent> {
        let round = self.as_of(now);
        if let Some(until) = round.locked_until {
            return Err(NotSent::Waits { until });
        }
        if let Some(sent_at) = round.sent_at {
            if round.sent >= SENT_MAX {
                return Err(NotSent::Waits { until: sent_at.plus_micros(WAIT_MICROS) });
            }
            let at = sent_at.plus_micros(PAUSE_MICROS);
            if now < at {
                return Err(NotSent::TooSoon { at });
            }
        }
        let expires_at = Some(now.plus_micros(CODE_MICROS));
        let sent = round.sent.saturating_add(1);
        Ok(Self { sent, sent_at: Some(now), expires_at, ..round })
    }

    /// Takes a try before the code is looked at. The last one locks; a right code takes it back to
    /// [`CodeRound::NONE`].
    ///
    /// # Errors
    /// [`NotTried`]; nothing changes then.
    pub fn take_try(self, now: Timestamp) -> Result<Self, NotTried> {
        let round = self.as_of(now);
        if let Some(until) = round.locked_until {
            return Err(NotTried::Locked { until });
        }
        if round.expires_at.is_none_or(|end| end <= now) {
            return Err(NotTried::NoCode);
        }
        let tries = round.tries.saturating_add(1);
        let is_last = tries >= TRIES_MAX;
        let locked_until = is_last.then(|| now.plus_micros(WAIT_MICROS));
        // Once locked, the code is of no more use to anybody.
        let expires_at = round.expires_at.filter(|_| !is_last);
        Ok(Self { tries, expires_at, locked_until, ..round })
    }

    /// Tries that are left.
    pub const fn tries_left(self) -> u8 {
        TRIES_MAX.saturating_sub(self.tries)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: i64 = 60 * 1_000_000;

    fn start() -> Timestamp {
        Timestamp::from_micros(1_000_000)
    }

    /// Codes are six digits, also the smallest, and read back as people copy them.
    #[test]
    fn codes() {
        for (random, digits) in [(0, "000000"), (999_999, "999999"), (1_000_042, "000042")] {
            let code = Code::of_random(random);
            assert_eq!(code.expose(), digits);
            assert!(Code::parse(digits).is_some_and(|read| read.is(&code)));
            assert_eq!(format!("{code:?}"), "Code(***)");
        }
        let code = Code::of_random(123_456);
        for good in [" 123456\n", "123 456", "123-456"] {
            assert!(Code::parse(good).is_some_and(|read| read.is(&code)), "{good}");
        }
        for bad in ["", "12345", "1234567", "12345a", "١٢٣٤٥٦"] {
            assert!(Code::parse(bad).is_none(), "{bad}");
        }
        for other in ["023456", "123457", "654321"] {
            assert!(Code::parse(other).is_some_and(|read| !read.is(&code)), "{other}");
        }
    }

    /// A first code and five new ones, each a minute after the one before, then none for two hours.
    #[test]
    fn sending() {
        let mut now = start();
        let mut round = CodeRound::NONE;
        for sent in 1..=6 {
            round = round.send(now).expect("sent");
            assert_eq!((round.sent, round.next_at(now).is_some()), (sent, true));
            let at = now.plus_micros(MINUTE);
            if sent < 6 {
                assert_eq!(round.send(at.minus_micros(1)), Err(NotSent::TooSoon { at }));
            }
            now = at;
        }
        let until = now.plus_micros(119 * MINUTE);
        assert_eq!(round.send(now), Err(NotSent::Waits { until }));
        assert!(round.take_try(now).is_ok(), "the last code is still taken");
        assert_eq!(round.send(until.minus_micros(1)), Err(NotSent::Waits { until }));
        assert_eq!(round.send(until).map(|round| round.sent), Ok(1));
    }

    /// Five tries at all codes together, then none for two hours, and no new code either.
    #[test]
    fn tries() {
        let mut round = CodeRound::NONE.send(start()).expect("sent");
        for taken in 1..=4 {
            round = round.take_try(start()).expect("taken");
            assert_eq!(round.tries_left(), 5 - taken);
        }
        let later = start().plus_micros(MINUTE);
        round = round.send(later).expect("a new code").take_try(later).expect("the fifth try");
        let until = later.plus_micros(120 * MINUTE);
        let before = until.minus_micros(1);
        assert_eq!(round.take_try(before), Err(NotTried::Locked { until }));
        assert_eq!(round.send(before), Err(NotSent::Waits { until }));
        assert_eq!(round.take_try(until), Err(NotTried::NoCode));
        assert_eq!(round.send(until).map(|round| round.tries), Ok(0));
    }

    /// A code ends after ten minutes to the microsecond, and without one nothing is tried.
    #[test]
    fn expiry() {
        let round = CodeRound::NONE.send(start()).expect("sent");
        let end = start().plus_micros(CODE_MICROS);
        assert!(round.take_try(end.minus_micros(1)).is_ok());
        assert_eq!(round.take_try(end), Err(NotTried::NoCode));
        assert_eq!(CodeRound::NONE.take_try(start()), Err(NotTried::NoCode));
    }
}
