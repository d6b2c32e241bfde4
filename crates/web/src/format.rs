//! Numbers, shares and dates as each language writes them. Integers only.

use std::fmt::Write as _;

use domain::rupiah::group_thousands;
use domain::time::{MONTHS_INDONESIAN, Timestamp};

use crate::language::Language;

/// A count with its groups of three: `3.000.000` or `3,000,000`.
pub fn number(count: u64, language: Language) -> String {
    let grouped = group_thousands(i64::try_from(count).unwrap_or(i64::MAX));
    match language {
        Language::Indonesian => grouped,
        Language::English => grouped.replace('.', ","),
    }
}

/// `part / whole * scale`, rounded half up; zero for an empty whole.
pub fn scaled(part: u64, whole: u64, scale: u64) -> u64 {
    let (part, whole, scale) = (u128::from(part), u128::from(whole), u128::from(scale));
    (part * scale * 2 + whole)
        .checked_div(whole * 2)
        .and_then(|rounded| u64::try_from(rounded).ok())
        .unwrap_or(0)
}

/// Tenths as a decimal: 38 gives `3,8` or `3.8`.
pub fn tenths(tenths: u64, language: Language) -> String {
    let mark = match language {
        Language::Indonesian => ',',
        Language::English => '.',
    };
    format!("{}{mark}{}", number(tenths / 10, language), tenths % 10)
}

/// A share to a tenth of a point: `45,4%` or `45.4%`; a dash when there is nothing to divide.
pub fn share(part: u64, whole: u64, language: Language) -> String {
    if whole == 0 {
        return "–".to_owned();
    }
    format!("{}%", tenths(scaled(part, whole, 1000), language))
}

/// A length of a file: `640 B`, `18,6 kB` or `640,0 MB`, by thousands.
pub fn file_size(bytes: u64, language: Language) -> String {
    let units = [(1_000_000_000, "GB"), (1_000_000, "MB"), (1_000, "kB")];
    units.into_iter().find(|(unit, _)| bytes >= *unit).map_or_else(
        || format!("{bytes} B"),
        |(unit, name)| format!("{} {name}", tenths(scaled(bytes, unit, 10), language)),
    )
}

/// Bytes in hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut written, byte| {
        // Writing to a String cannot fail.
        let _ = write!(written, "{byte:02x}");
        written
    })
}

/// The first eight digits of a ticket in hexadecimal.
pub fn short_hex(ticket: &[u8; 32]) -> String {
    hex(ticket.first_chunk::<4>().unwrap_or(&[0; 4]))
}

/// A ticket on a scale of a million, rounded down, as the page that checks receipts shows it.
pub fn of_million(ticket: &[u8; 32]) -> u64 {
    let leading = ticket.first_chunk::<8>().copied().map_or(0, u64::from_be_bytes);
    // The bits left out are below the last of 64 and move no digit but next to a whole number.
    u64::try_from((u128::from(leading) * 1_000_000) >> 64).unwrap_or(999_999)
}

/// Day in Jakarta with the month in three letters, for tables: `24 Sep 2024`.
pub fn short_date(at: Timestamp, language: Language) -> String {
    let written = date(at, language);
    let mut parts = written.split(' ');
    let [day, month, year] = [(); 3].map(|()| parts.next().unwrap_or_default());
    let month: String = month.chars().take(3).collect();
    format!("{day} {month} {year}")
}

/// Day in Jakarta: `24 September 2024`.
pub fn date(at: Timestamp, language: Language) -> String {
    let wib = at.in_wib();
    let (day, month, year) = (wib.day(), wib.month(), wib.year());
    match language {
        Language::Indonesian => {
            let month = MONTHS_INDONESIAN.get(usize::from(u8::from(month)) - 1).unwrap_or(&"");
            format!("{day} {month} {year}")
        }
        Language::English => format!("{day} {month} {year}"),
    }
}

/// Day and minute in Jakarta: `24 September 2024 pukul 23.59 WIB` or
/// `24 September 2024 at 23:59 WIB (UTC+7)`.
pub fn date_time(at: Timestamp, language: Language) -> String {
    let (wib, day) = (at.in_wib(), date(at, language));
    let (hour, minute) = (wib.hour(), wib.minute());
    match language {
        Language::Indonesian => format!("{day} pukul {hour:02}.{minute:02} WIB"),
        Language::English => format!("{day} at {hour:02}:{minute:02} WIB (UTC+7)"),
    }
}

/// Until when something can be done that ends at an instant; midnight is the last minute of the day before, since its
/// own date would read as a day more.
pub fn last_minute(end: Timestamp, language: Language) -> String {
    let is_midnight = end.in_wib().time() == time::Time::MIDNIGHT;
    date_time(if is_midnight { end.minus_micros(1) } else { end }, language)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::Language::{English, Indonesian};

    /// Counts, shares and averages print with each language's marks and round half up.
    #[test]
    fn numbers() {
        for (count, indonesian, english) in
            [(0, "0", "0"), (999, "999", "999"), (3_000_000, "3.000.000", "3,000,000")]
        {
            assert_eq!(number(count, Indonesian), indonesian);
            assert_eq!(number(count, English), english);
        }
        for (part, whole, indonesian, english) in [
            (794_900, 3_000_000, "26,5%", "26.5%"),
            (1, 2000, "0,1%", "0.1%"),
            (1, 2001, "0,0%", "0.0%"),
            (7, 7, "100,0%", "100.0%"),
            (0, 0, "–", "–"),
            (u64::MAX, u64::MAX, "100,0%", "100.0%"),
        ] {
            assert_eq!(share(part, whole, Indonesian), indonesian);
            assert_eq!(share(part, whole, English), english);
        }
        assert_eq!(tenths(scaled(3_000_000, 794_900, 10), Indonesian), "3,8");
    }

    /// Lengths and tickets print short, and a ticket as the page that checks receipts has it.
    #[test]
    fn lengths_and_tickets() {
        for (bytes, indonesian, english) in [
            (999, "999 B", "999 B"),
            (18_560, "18,6 kB", "18.6 kB"),
            (640_000_000, "640,0 MB", "640.0 MB"),
        ] {
            assert_eq!(file_size(bytes, Indonesian), indonesian);
            assert_eq!(file_size(bytes, English), english);
        }
        let mut ticket = [0xff; 32];
        assert_eq!((short_hex(&ticket).as_str(), of_million(&ticket)), ("ffffffff", 999_999));
        ticket[0] = 0x7f;
        assert_eq!((short_hex(&ticket).as_str(), of_million(&ticket)), ("7fffffff", 499_999));
        assert_eq!((short_hex(&[0; 32]).as_str(), of_million(&[0; 32])), ("00000000", 0));
    }

    /// An instant prints as Jakarta's day and clock.
    #[test]
    fn dates() {
        // 2024-09-24T16:59:00Z.
        let at = Timestamp::from_micros(1_727_197_140_000_000);
        assert_eq!(date_time(at, Indonesian), "24 September 2024 pukul 23.59 WIB");
        assert_eq!(date_time(at, English), "24 September 2024 at 23:59 WIB (UTC+7)");
        let midnight = Timestamp::from_micros(1_727_197_200_000_000);
        for end in [midnight, at] {
            assert_eq!(last_minute(end, Indonesian), "24 September 2024 pukul 23.59 WIB");
        }
        assert_eq!(short_date(at, Indonesian), "24 Sep 2024");
        assert_eq!(short_date(at.plus_days(7), Indonesian), "1 Okt 2024");
        assert_eq!(short_date(at.plus_days(7), English), "1 Oct 2024");
        // 2024-12-31T17:05:00Z is the next year in Jakarta.
        let at = Timestamp::from_micros(1_735_664_700_000_000);
        assert_eq!(date_time(at, Indonesian), "1 Januari 2025 pukul 00.05 WIB");
    }
}
