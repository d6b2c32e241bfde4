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
    /// Begins with numbers that no province, regency or kecamatan has ever had.
    #[error("must begin with the number of a kecamatan, such as 157101")]
    NoDistrict,
}

fn parse_digits(text: &str) -> Result<[u8; 16], NumberShapeError> {
    let text = text.trim();
    if let Some(at) = text.chars().position(|character| !character.is_ascii_digit()) {
        return Err(NumberShapeError::NotADigit(at.saturating_add(1)));
    }
    <[u8; 16]>::try_from(text.as_bytes()).map_err(|_| NumberShapeError::Length(text.len()))
}

/// False if province, regency or kecamatan would have the number 00: all are counted from 1, and always were. Any other
/// number may have been given to a district that is gone.
fn has_district(digits: &[u8; 16]) -> bool {
    digits.chunks_exact(2).take(3).all(|part| part != b"00")
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

            /// As [`Self::parse`], of a number that somebody states now. What was kept before is not judged again.
            ///
            /// # Errors
            /// [`NumberShapeError`].
            pub fn parse_stated(text: &str) -> Result<Self, NumberShapeError> {
                let digits = parse_digits(text)?;
                if has_district(&digits) { Ok(Self(digits)) } else { Err(NumberShapeError::NoDistrict) }
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

/// Why the digits of a NIK are worth a second look. Nobody is refused for it: cards with each of these exist, and the
/// population register decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NikDoubt {
    /// The first two digits are no province of today or of before.
    UnknownProvince,
    /// Digits seven to twelve are no date.
    NoDate,
    /// They name another day than the stated one.
    OtherDay,
}

/// Provinces by the first two digits: those of the reference data, and 54, Timor Timur, until 1999.
const PROVINCES: &[u32] = &[
    11, 12, 13, 14, 15, 16, 17, 18, 19, 21, 31, 32, 33, 34, 35, 36, 51, 52, 53, 54, 61, 62, 63, 64,
    65, 71, 72, 73, 74, 75, 76, 81, 82, 91, 92, 93, 94, 95, 96,
];

impl Nik {
    /// What to ask about before the number is taken, the birth date as far as it is stated.
    pub fn doubt(&self, born_on: Option<Date>, today: Date) -> Option<NikDoubt> {
        if !self.is_of_known_province() {
            return Some(NikDoubt::UnknownProvince);
        }
        let hints = self.hints(today);
        let Some(hint) = hints.born_on else { return Some(NikDoubt::NoDate) };
        // The number has two digits of the year only.
        let shown = |day: Date| (day.day(), day.month(), day.year().rem_euclid(100));
        born_on.is_some_and(|day| shown(day) != shown(hint)).then_some(NikDoubt::OtherDay)
    }

    fn is_of_known_province(&self) -> bool {
        let [p1, p2, ..] = &self.0;
        PROVINCES.contains(&number(&[*p1, *p2]))
    }

    /// True if it is asked about whatever the birth date.
    pub fn is_doubtful_alone(&self) -> bool {
        !self.is_of_known_province() || !self.has_date()
    }

    /// True if it is the number of the family card, which no card shares with a person.
    pub fn is_number_of(&self, card: &FamilyCard) -> bool {
        self.0 == card.0
    }

    /// Reads the hints as of `today`, which settles the century.
    pub fn hints(&self, today: Date) -> NikHints {
        let [district @ .., d1, d2, _, _, _, _, _, _, _, _] = &self.0;
        let sex = if number(&[*d1, *d2]) > 40 { Sex::Woman } else { Sex::Man };
        let born_on = self
            .born_in(2000)
            .filter(|date| crate::time::age_on(*date, today) >= 17)
            .or_else(|| self.born_in(1900));
        NikHints { district: number(district), sex, born_on }
    }

    /// True if digits seven to twelve are a date in one century or the other.
    fn has_date(&self) -> bool {
        self.born_in(1900).or_else(|| self.born_in(2000)).is_some()
    }

    fn born_in(&self, century: u32) -> Option<Date> {
        let [_, _, _, _, _, _, d1, d2, m1, m2, y1, y2, _, _, _, _] = &self.0;
        let day = number(&[*d1, *d2]);
        let day = if day > 40 { day.saturating_sub(40) } else { day };
        let year = i32::try_from(century.saturating_add(number(&[*y1, *y2]))).ok()?;
        let month = Month::try_from(u8::try_from(number(&[*m1, *m2])).ok()?).ok()?;
        Date::from_calendar_date(year, month, u8::try_from(day).ok()?).ok()
    }
}

fn number(digits: &[u8]) -> u32 {
    digits.iter().fold(0u32, |sum, digit| {
        sum.saturating_mul(10).saturating_add(u32::from(digit.saturating_sub(b'0')))
    })
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

    /// A number that is stated begins with a district; one that was kept is read all the same. The number of a card is
    /// no person's.
    #[test]
    fn stated() {
        for text in ["0000000000000000", "0071014508990001", "1500014508990001", "1571004508990001"]
        {
            assert_eq!(Nik::parse_stated(text), Err(NumberShapeError::NoDistrict), "{text}");
            assert!(FamilyCard::parse_stated(text).is_err() && Nik::parse(text).is_ok(), "{text}");
        }
        for text in ["1571014508990001", "0953014508990001", "9901014508990001"] {
            assert_eq!(Nik::parse_stated(text), Nik::parse(text), "{text}");
        }
        assert_eq!(Nik::parse_stated("12"), Err(NumberShapeError::Length(2)));
        let nik = Nik::parse("1571014508990001").expect("shape");
        for (card, same) in [("1571014508990001", true), ("1571014508990002", false)] {
            assert_eq!(nik.is_number_of(&FamilyCard::parse(card).expect("shape")), same);
        }
    }

    /// A number is asked about if its province is unknown, or its digits are no date, or name another day than the
    /// stated one; the two digits of the year are all that is compared.
    #[test]
    fn doubts() {
        use NikDoubt::{NoDate, OtherDay, UnknownProvince};
        let day = |y, m, d| Date::from_calendar_date(y, m, d).expect("a day");
        let today = day(2024, Month::September, 19);
        let born = day(1999, Month::August, 5);
        for (text, alone, beside) in [
            ("1571014508990001", None, None),
            ("5471010508990001", None, None),
            ("1571014608990001", None, Some(OtherDay)),
            ("1571014508980001", None, Some(OtherDay)),
            ("1571013102990001", Some(NoDate), Some(NoDate)),
            ("1571017102990001", Some(NoDate), Some(NoDate)),
            ("1571010013990001", Some(NoDate), Some(NoDate)),
            ("4571014508990001", Some(UnknownProvince), Some(UnknownProvince)),
        ] {
            let nik = Nik::parse_stated(text).expect("shape");
            assert_eq!(
                (nik.doubt(None, today), nik.doubt(Some(born), today)),
                (alone, beside),
                "{text}"
            );
        }
        let old = Nik::parse("1571014508990001").expect("shape");
        assert_eq!(old.doubt(Some(day(1899, Month::August, 5)), today), None);
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
