//! Person numbers (NIK) and family-card numbers (KK): shape, hints, masking.

use std::fmt;

use time::{Date, Month};

use crate::policy::named::named_enum;

/// Why a text is no person or family-card number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NumberShapeError {
    /// Not 16 characters.
    #[error("must have 16 digits, has {0} characters")]
    Length(usize),
    /// Something that is no ASCII digit.
    #[error("must have digits only, character {0} is none")]
    NotADigit(usize),
}

fn parse_digits(text: &str) -> Result<[u8; 16], NumberShapeError> {
    let text = text.trim();
    if let Some(at) = text.chars().position(|character| !character.is_ascii_digit()) {
        return Err(NumberShapeError::NotADigit(at.saturating_add(1)));
    }
    <[u8; 16]>::try_from(text.as_bytes()).map_err(|_| NumberShapeError::Length(text.len()))
}

fn mask(digits: &[u8; 16], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    f.write_str("************")?;
    for digit in digits.iter().skip(12) {
        write!(f, "{}", char::from(*digit))?;
    }
    Ok(())
}

macro_rules! sixteen_digits {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name([u8; 16]);

        impl $name {
            /// Accepts exactly 16 ASCII digits, spaces around them ignored.
            ///
            /// # Errors
            /// [`NumberShapeError`] says what is wrong without repeating the number.
            pub fn parse(text: &str) -> Result<Self, NumberShapeError> {
                parse_digits(text).map(Self)
            }

            /// The digits in clear. Every use is a place where personal data leaves its wrapper.
            pub const fn expose(&self) -> &[u8; 16] {
                &self.0
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                mask(&self.0, f)
            }
        }
    };
}

sixteen_digits! {
    /// Nomor Induk Kependudukan: 6 digits region, 6 birth date (DDMMYY, day + 40 for women),
    /// 4 serial. There is no check digit: parsing proves the shape only. `Debug` masks all but the
    /// last four. Source: population administration rules, see docs/GLOSSARY.md.
    Nik
}

sixteen_digits! {
    /// Number of a family card (Kartu Keluarga), the household of the programme's cap. Same shape as
    /// a NIK, another type, so that one cannot stand for the other.
    FamilyCard
}

named_enum! {
    /// Sex as on the identity card, where statistics need it.
    Sex {
        /// Laki-laki.
        Man = "man",
        /// Perempuan.
        Woman = "woman",
    }
}

/// What the digits of a NIK suggest. Hints only: cards with impossible dates exist, regions are
/// those of the day the number was given, and the population register decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NikHints {
    /// Six digits of the district at the time of issue; need not exist today.
    pub district: u32,
    /// Sex by the day digits.
    pub sex: Sex,
    /// Birth date with the century in which the holder is 17 or older on the given day; `None` if
    /// the digits are no date.
    pub born_on: Option<Date>,
}

impl Nik {
    /// Reads the hints as of `today`, which settles the century.
    pub fn hints(&self, today: Date) -> NikHints {
        let number = |digits: &[u8]| {
            digits.iter().fold(0u32, |sum, digit| {
                sum.saturating_mul(10).saturating_add(u32::from(digit.saturating_sub(b'0')))
            })
        };
        let [district @ .., d1, d2, m1, m2, y1, y2, _, _, _, _] = &self.0;
        let (day, month, year) = (number(&[*d1, *d2]), number(&[*m1, *m2]), number(&[*y1, *y2]));
        let (sex, day) =
            if day > 40 { (Sex::Woman, day.saturating_sub(40)) } else { (Sex::Man, day) };
        let born = |century: u32| {
            let year = i32::try_from(century.saturating_add(year)).ok()?;
            let month = Month::try_from(u8::try_from(month).ok()?).ok()?;
            Date::from_calendar_date(year, month, u8::try_from(day).ok()?).ok()
        };
        let born_on = born(2000)
            .filter(|date| crate::time::age_on(*date, today) >= 17)
            .or_else(|| born(1900));
        NikHints { district: number(district), sex, born_on }
    }

    /// True if the digits name another day of birth. Digits that are no date say nothing: such cards exist, and so do
    /// those that name another day, so this is a reason to ask and none to refuse.
    pub fn names_other_day(&self, born_on: Date, today: Date) -> bool {
        // The number has two digits of the year only.
        let shown = |day: Date| (day.day(), day.month(), day.year().rem_euclid(100));
        self.hints(today).born_on.is_some_and(|hint| shown(hint) != shown(born_on))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every wrong shape is refused with a text that does not repeat the number.
    #[test]
    fn shapes() {
        let cases = [
            ("1571014508990001", None),
            (" 1571014508990001 ", None),
            ("157101450899000", Some("must have 16 digits, has 15 characters")),
            ("15710145089900011", Some("must have 16 digits, has 17 characters")),
            ("", Some("must have 16 digits, has 0 characters")),
            ("1571O14508990001", Some("must have digits only, character 5 is none")),
            (
                "１５７１０１４５０８９９０００１",
                Some("must have digits only, character 1 is none"),
            ),
            ("157101450899\u{0}001", Some("must have digits only, character 13 is none")),
        ];
        for (text, error) in cases {
            let nik = Nik::parse(text).err().map(|error| error.to_string());
            assert_eq!(nik.as_deref(), error, "{text:?}");
            assert_eq!(FamilyCard::parse(text).is_err(), error.is_some());
        }
    }

    /// Debug shows the last four digits only.
    #[test]
    fn masked() {
        let nik = Nik::parse("1571014508990001").expect("shape");
        assert_eq!(format!("{nik:?}"), "************0001");
    }

    /// Sex and birth date from the digits, with the century an adult has; nonsense dates give none.
    #[test]
    fn hints() {
        let today = Date::from_calendar_date(2024, Month::September, 19).expect("a day");
        let cases = [
            ("1571014508990001", Sex::Woman, Some((1999, Month::August, 5))),
            ("1571010101050001", Sex::Man, Some((2005, Month::January, 1))),
            ("1571010101100001", Sex::Man, Some((1910, Month::January, 1))),
            ("1571013902990001", Sex::Man, None),
            ("1571017102990001", Sex::Woman, None),
        ];
        for (text, sex, born) in cases {
            let hints = Nik::parse(text).expect("shape").hints(today);
            let born = born.map(|(y, m, d)| Date::from_calendar_date(y, m, d).expect("a day"));
            assert_eq!((hints.district, hints.sex, hints.born_on), (157_101, sex, born), "{text}");
        }
    }
}
