//! Who a person is: the sealed part. Nothing here prints in clear.

use std::fmt;

use time::Date;

use crate::nik::{FamilyCard, Nik};
use crate::policy::named::named_enum;

/// Nobody alive was born before this year.
pub const EARLIEST_BIRTH_YEAR: i32 = 1900;

/// True for a day on which a person who registers `today` may be born.
pub fn may_be_born_on(day: Date, today: Date) -> bool {
    day.year() >= EARLIEST_BIRTH_YEAR && day <= today
}

/// Why a contact or name is refused. Never repeats the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IdentityTextError {
    /// Nothing but spaces.
    #[error("must not be empty")]
    Empty,
    /// Longer than the field holds, in bytes of UTF-8.
    #[error("must have at most {0} bytes")]
    TooLong(usize),
    /// A control character, which no name or contact has.
    #[error("must not contain control characters")]
    ControlCharacter,
    /// A digit, sign or picture that no name has.
    #[error("must have letters, spaces and the signs of names only")]
    NotOfNames,
    /// A phone number that is not `+62` and 8 to 13 digits.
    #[error("must be an Indonesian number such as +6281234567890")]
    PhoneShape,
    /// An address without one `@` between two parts.
    #[error("must be an e-mail address such as nama@contoh.id")]
    EmailShape,
}

macro_rules! private_text {
    ($(#[$doc:meta])* $name:ident, $max:literal, $shape:expr) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq)]
        pub struct $name(String);

        impl $name {
            /// Accepts a trimmed text of the stated shape.
            ///
            /// # Errors
            /// [`IdentityTextError`] says what is wrong.
            pub fn parse(text: &str) -> Result<Self, IdentityTextError> {
                let text = text.trim();
                if text.is_empty() {
                    return Err(IdentityTextError::Empty);
                }
                if text.len() > $max {
                    return Err(IdentityTextError::TooLong($max));
                }
                if text.chars().any(char::is_control) {
                    return Err(IdentityTextError::ControlCharacter);
                }
                let shape: fn(&str) -> Result<(), IdentityTextError> = $shape;
                shape(text).map(|()| Self(text.to_owned()))
            }

            /// The text in clear. Every use is a place where personal data leaves its wrapper.
            pub fn expose(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(***)"))
            }
        }
    };
}

private_text! {
    /// Full name as on the identity card; single-word names are normal. At most 100 bytes.
    PersonName, 100, |_| Ok(())
}

impl PersonName {
    /// As [`Self::parse`], of a name that somebody states now: letters of any script, and the signs that names and
    /// titles have. What was kept before is not judged again.
    ///
    /// # Errors
    /// [`IdentityTextError`] says what is wrong.
    pub fn parse_stated(text: &str) -> Result<Self, IdentityTextError> {
        let name = Self::parse(text)?;
        let is_mark = |c: char| ('\u{300}'..='\u{36f}').contains(&c);
        let may_stand = |c: char| {
            c.is_alphabetic() || c.is_whitespace() || is_mark(c) || "'‘’ʼ`\".,-‐‑/()".contains(c)
        };
        if name.0.chars().all(may_stand) && name.0.chars().any(char::is_alphabetic) {
            Ok(name)
        } else {
            Err(IdentityTextError::NotOfNames)
        }
    }

    /// True if both are one name, whatever the case and the spaces between its words: cards write it in capitals.
    pub fn is_same_as(&self, other: &Self) -> bool {
        let words = |name: &Self| -> Vec<String> {
            name.expose().split_whitespace().map(str::to_lowercase).collect()
        };
        words(self) == words(other)
    }
}

private_text! {
    /// A mobile number in the form `+62…`, 8 to 13 digits after it.
    Phone, 20, |text| {
        let digits = text.strip_prefix("+62").ok_or(IdentityTextError::PhoneShape)?;
        let shape = (8..=13).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
        if shape { Ok(()) } else { Err(IdentityTextError::PhoneShape) }
    }
}

impl Phone {
    /// Reads a number as people write it: from `08`, `628` or `+628`, with spaces, hyphens, dots and brackets.
    ///
    /// # Errors
    /// [`IdentityTextError`] says what is wrong.
    pub fn parse_typed(text: &str) -> Result<Self, IdentityTextError> {
        let written: String = text.chars().filter(|c| !" -.()\t".contains(*c)).collect();
        let rest = ["+62", "62", "0"].iter().find_map(|prefix| written.strip_prefix(prefix));
        let rest = rest.filter(|rest| rest.starts_with('8'));
        Self::parse(&format!("+62{}", rest.ok_or(IdentityTextError::PhoneShape)?))
    }
}

private_text! {
    /// An e-mail address: one `@` between two non-empty parts, the second with a dot. At most 254
    /// bytes (RFC 5321 section 4.5.3.1.3, less the angle brackets).
    Email, 254, |text| {
        match text.split_once('@') {
            Some((user, host))
                if !user.is_empty() && host.contains('.') && !host.contains('@') && !text.contains(' ') =>
            {
                Ok(())
            }
            _ => Err(IdentityTextError::EmailShape),
        }
    }
}

impl Phone {
    /// As its owner knows it again, and nobody else finds it out: `+62 812 ••• 89`.
    pub fn masked(&self) -> String {
        let digits = self.0.strip_prefix("+62").unwrap_or_default();
        let (first, last) = (digits.get(..3), digits.get(digits.len().saturating_sub(2)..));
        format!("+62 {} ••• {}", first.unwrap_or_default(), last.unwrap_or_default())
    }
}

impl Email {
    /// As its owner knows it again: `s•••@contoh.id`.
    pub fn masked(&self) -> String {
        let (user, host) = self.0.split_once('@').unwrap_or_default();
        format!("{}•••@{host}", user.chars().next().unwrap_or_default())
    }
}

named_enum! {
    /// Work situation as stated at registration. Source: programme.md section 3.1, target groups.
    Employment {
        /// Looking for work.
        JobSeeker = "job_seeker",
        /// Lost the last job.
        LaidOff = "laid_off",
        /// Employed or furloughed, in need of skills.
        Worker = "worker",
        /// Runs a micro or small business.
        SmallBusiness = "small_business",
    }
}

/// Everything that names a person. Stored sealed under a key of its own; deleting the key erases it.
#[derive(Clone, PartialEq, Eq)]
pub struct Identity {
    /// Person number.
    pub nik: Nik,
    /// Family card.
    pub family_card: FamilyCard,
    /// Name as on the identity card.
    pub name: PersonName,
    /// Birth date as on the identity card; may differ from the digits of the NIK.
    pub born_on: Date,
    /// Mobile number that receives codes.
    pub phone: Phone,
    /// E-mail address of the account.
    pub email: Email,
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Identity(***)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Good texts are kept trimmed; each wrong shape has its own message.
    #[test]
    fn shapes() {
        assert_eq!(
            PersonName::parse(" Suharto ").map(|name| name.expose().to_owned()),
            Ok("Suharto".into())
        );
        assert_eq!(PersonName::parse("  "), Err(IdentityTextError::Empty));
        assert_eq!(PersonName::parse("a\u{0}b"), Err(IdentityTextError::ControlCharacter));
        assert_eq!(PersonName::parse(&"x".repeat(101)), Err(IdentityTextError::TooLong(100)));
        assert!(Phone::parse("+6281234567890").is_ok());
        for phone in ["081234567890", "+62812", "+62812345678901234", "+62 8123456789"] {
            assert_eq!(Phone::parse(phone), Err(IdentityTextError::PhoneShape), "{phone}");
        }
        for typed in ["0812-3456-7890", "+62 812 3456 7890", "6281234567890", "(0812) 34567890"] {
            let phone = Phone::parse_typed(typed).map(|phone| phone.expose().to_owned());
            assert_eq!(phone.as_deref(), Ok("+6281234567890"), "{typed}");
        }
        for typed in ["", "021 555 1234", "81234567890", "+1 812 3456 7890", "0812", "08l2345678"] {
            assert_eq!(Phone::parse_typed(typed), Err(IdentityTextError::PhoneShape), "{typed}");
        }
        assert!(Email::parse("siti@contoh.id").is_ok());
        for email in ["siti", "@contoh.id", "siti@contoh", "a@b@c.id", "a b@c.id"] {
            assert_eq!(Email::parse(email), Err(IdentityTextError::EmailShape), "{email}");
        }
    }

    /// A name that is stated has letters and the signs of names; one that was kept is read all the same.
    #[test]
    fn stated_names() {
        for name in [
            "Suharto",
            "Siti Nur'aini",
            "dr. H. Budi, S.Pd.",
            "A. Rahman a/l Ali",
            "José",
            "Jose\u{301}",
        ] {
            assert!(PersonName::parse_stated(name).is_ok(), "{name}");
        }
        for name in ["S1ti", "Siti 😀", "Siti_Aminah", "Siti@contoh", "-", "...", "Budi ٣"] {
            assert_eq!(
                PersonName::parse_stated(name),
                Err(IdentityTextError::NotOfNames),
                "{name}"
            );
            assert!(PersonName::parse(name).is_ok(), "{name}");
        }
        assert_eq!(PersonName::parse_stated(" "), Err(IdentityTextError::Empty));
    }

    /// A name is the same in capitals and with other spaces, and no other name is.
    #[test]
    fn same_names() {
        let name = |text: &str| PersonName::parse(text).expect("a name");
        assert!(name("Siti  Aminah").is_same_as(&name("SITI AMINAH")));
        for other in ["Siti", "Siti Aminah Z", "SitiAminah", "Siti Amina"] {
            assert!(!name("Siti Aminah").is_same_as(&name(other)), "{other}");
        }
    }

    /// Its owner knows a masked contact again, and most of it is not in it.
    #[test]
    fn masked() {
        let phone = Phone::parse("+6281234567889").expect("a number");
        assert_eq!(phone.masked(), "+62 812 ••• 89");
        for (email, masked) in
            [("siti@contoh.id", "s•••@contoh.id"), ("é@contoh.id", "é•••@contoh.id")]
        {
            assert_eq!(Email::parse(email).expect("an address").masked(), masked);
        }
    }

    /// Nothing personal prints.
    #[test]
    fn debug_is_masked() {
        let identity = Identity {
            nik: Nik::parse("1571014508990001").expect("shape"),
            family_card: FamilyCard::parse("1571010101200002").expect("shape"),
            name: PersonName::parse("Siti Aminah").expect("shape"),
            born_on: Date::MIN,
            phone: Phone::parse("+6281234567890").expect("shape"),
            email: Email::parse("siti@contoh.id").expect("shape"),
        };
        let printed =
            format!("{identity:?} {:?} {:?} {:?}", identity.name, identity.phone, identity.email);
        for secret in ["Siti", "8123", "contoh", "1571"] {
            assert!(!printed.contains(secret), "{printed}");
        }
    }
}
