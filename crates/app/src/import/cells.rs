//! Cells of a row: what each kind of cell must look like, and the rule that a wrong one breaks.
//!
//! No text repeats a cell, whatever its column: a row that is shifted by one has a NIK anywhere.

use std::borrow::Cow;

use domain::identity::IdentityTextError;
use domain::policy::Named;
use domain::time::Timestamp;
use storage::imports::ImportFault;
use time::{Date, Month, Time};
use uuid::Uuid;

use super::columns::Column;

/// A row being read: its cells by column, and what is wrong with them.
pub(super) struct Cells<'row> {
    columns: &'static [Column],
    /// For each cell the place of its column.
    order: &'row [usize],
    texts: &'row [Cow<'row, str>],
    row: u64,
    line: u64,
    faults: &'row mut Vec<ImportFault>,
}

/// What is wrong with a cell: the code of the rule, and a text.
pub(super) type Wrong = (&'static str, String);

impl<'row> Cells<'row> {
    pub(super) fn new(
        columns: &'static [Column],
        order: &'row [usize],
        texts: &'row [Cow<'row, str>],
        (row, line): (u64, u64),
        faults: &'row mut Vec<ImportFault>,
    ) -> Self {
        Self { columns, order, texts, row, line, faults }
    }

    /// The text of a column, if the file has it.
    pub(super) fn text(&self, name: &'static str) -> Option<&'row str> {
        let column = self.columns.iter().position(|column| column.name == name)?;
        let place = self.order.iter().position(|of| *of == column)?;
        self.texts.get(place).map(|text| text.trim())
    }

    /// Reads a cell, or notes what is wrong with it.
    pub(super) fn read<T>(
        &mut self,
        name: &'static str,
        parse: impl FnOnce(&str) -> Result<T, Wrong>,
    ) -> Option<T> {
        match parse(self.text(name).unwrap_or_default()) {
            Ok(value) => Some(value),
            Err((rule, text)) => {
                self.faults.push(ImportFault {
                    row: self.row,
                    line: self.line,
                    column: name,
                    rule: rule.to_owned(),
                    text,
                });
                None
            }
        }
    }
}

/// A text of the domain whose error says what is wrong without repeating it.
pub(super) fn shaped<T, E: ToString>(
    rule: &'static str,
    parse: impl FnOnce(&str) -> Result<T, E>,
) -> impl FnOnce(&str) -> Result<T, Wrong> {
    move |text| parse(text).map_err(|error| (rule, error.to_string()))
}

/// A name or contact.
pub(super) fn identity_text<T>(
    rule: &'static str,
    parse: impl FnOnce(&str) -> Result<T, IdentityTextError>,
) -> impl FnOnce(&str) -> Result<T, Wrong> {
    shaped(rule, parse)
}

/// One of the written names of an enum.
pub(super) fn choice<T: Named>(text: &str) -> Result<T, Wrong> {
    T::from_name(text).ok_or_else(|| {
        let names: Vec<&str> = T::ALL.iter().map(|value| value.name()).collect();
        ("choice", format!("must be one of {}", names.join(", ")))
    })
}

/// `true` or `false`.
pub(super) fn truth(text: &str) -> Result<bool, Wrong> {
    match text {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(("truth", "must be true or false".to_owned())),
    }
}

/// A UUID in its usual form.
pub(super) fn uuid(text: &str) -> Result<Uuid, Wrong> {
    Uuid::try_parse(text).map_err(|_| {
        ("uuid", "must be a UUID such as 0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b".to_owned())
    })
}

/// Whole rupiah.
pub(super) fn amount(text: &str) -> Result<i64, Wrong> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let number = digits.then(|| text.parse().ok()).flatten();
    number.ok_or_else(|| ("amount", "must be whole rupiah in digits such as 3500000".to_owned()))
}

/// `YYYY-MM-DD`.
pub(super) fn date(text: &str) -> Result<Date, Wrong> {
    read_date(text.as_bytes())
        .ok_or_else(|| ("date", "must be a day of the calendar as YYYY-MM-DD".to_owned()))
}

/// `YYYY-MM-DDTHH:MM:SS`, up to six decimals, then `Z` or an offset of hours and minutes.
pub(super) fn instant(text: &str) -> Result<Timestamp, Wrong> {
    read_instant(text.as_bytes()).ok_or_else(|| {
        ("instant", "must be an instant as YYYY-MM-DDTHH:MM:SS with Z or +07:00".to_owned())
    })
}

/// Reads an instant such as `2024-09-24T00:00:00+07:00`; `None` for anything else.
pub fn parse_instant(text: &str) -> Option<Timestamp> {
    read_instant(text.as_bytes())
}

fn number(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0u32, |sum, byte| {
        let digit = byte.is_ascii_digit().then(|| u32::from(byte - b'0'))?;
        sum.checked_mul(10)?.checked_add(digit)
    })
}

fn small(digits: &[u8]) -> Option<u8> {
    u8::try_from(number(digits)?).ok()
}

fn read_date(text: &[u8]) -> Option<Date> {
    let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = text else { return None };
    let year = i32::try_from(number(&[*y1, *y2, *y3, *y4])?).ok()?;
    let month = Month::try_from(small(&[*m1, *m2])?).ok()?;
    Date::from_calendar_date(year, month, small(&[*d1, *d2])?).ok()
}

fn read_instant(text: &[u8]) -> Option<Timestamp> {
    let (day, rest) = text.split_at_checked(10)?;
    let [b'T', h1, h2, b':', m1, m2, b':', s1, s2, rest @ ..] = rest else { return None };
    let clock =
        Time::from_hms(small(&[*h1, *h2])?, small(&[*m1, *m2])?, small(&[*s1, *s2])?).ok()?;
    let (micros, zone) = match rest.split_first() {
        Some((b'.', rest)) => {
            let length = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
            let (digits, zone) = rest.split_at_checked(length)?;
            let missing = 6usize.checked_sub(length).filter(|missing| *missing < 6)?;
            (i64::from(number(digits)?) * 10i64.pow(u32::try_from(missing).ok()?), zone)
        }
        _ => (0, rest),
    };
    let east_minutes = match zone {
        b"Z" => 0,
        [sign @ (b'+' | b'-'), h1, h2, b':', m1, m2] => {
            let (hours, minutes) = (number(&[*h1, *h2])?, number(&[*m1, *m2])?);
            let minutes =
                (hours <= 14 && minutes < 60).then_some(i64::from(hours * 60 + minutes))?;
            if *sign == b'-' { -minutes } else { minutes }
        }
        _ => return None,
    };
    let at = time::PrimitiveDateTime::new(read_date(day)?, clock).assume_utc();
    Some(Timestamp::from_offset(at).plus_micros(micros).minus_micros(east_minutes * 60_000_000))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Goal: instants are those written, nothing else is taken; method: a table of texts.
    #[test]
    fn instants_and_dates() {
        for (text, expected) in [
            ("2024-09-24T00:00:00+07:00", Some("2024-09-23T17:00:00Z")),
            ("2024-09-23T17:00:00Z", Some("2024-09-23T17:00:00Z")),
            ("2024-09-23T17:00:00.5-01:30", Some("2024-09-23T18:30:00.500000Z")),
            ("2024-09-23T17:00:00.000001Z", Some("2024-09-23T17:00:00.000001Z")),
            ("2024-09-23T17:00:00", None),
            ("2024-09-23 17:00:00Z", None),
            ("2024-09-23T24:00:00Z", None),
            ("2024-09-23T17:00:00.Z", None),
            ("2024-09-23T17:00:00.1234567Z", None),
            ("2024-09-23T17:00:00+0700", None),
            ("2024-02-30T17:00:00Z", None),
            ("", None),
        ] {
            let read = instant(text).ok().map(|at| at.to_string());
            assert_eq!(read.as_deref(), expected, "{text}");
        }
        assert!(date("2024-02-29").is_ok());
        for text in ["2023-02-29", "29-02-2024", "2024-2-29", "2024/02/28", "+024-02-28", ""] {
            assert_eq!(date(text).unwrap_err().0, "date", "{text}");
        }
    }

    /// Goal: amounts and truths have one form; method: a table of texts.
    #[test]
    fn amounts_and_truths() {
        assert_eq!(amount("3500000"), Ok(3_500_000));
        for text in ["", "-1", "+1", "3.500.000", "1e6", "99999999999999999999"] {
            assert_eq!(amount(text).unwrap_err().0, "amount", "{text}");
        }
        assert_eq!((truth("true"), truth("false")), (Ok(true), Ok(false)));
        assert_eq!(truth("True").unwrap_err().0, "truth");
    }
}
