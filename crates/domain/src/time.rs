//! Time: instants in UTC cut to microseconds, and Jakarta calendar days.

use std::fmt;

use time::{Date, OffsetDateTime, PrimitiveDateTime, Time, UtcOffset};

use crate::reasons::Language;

/// The months from January on, as Indonesian writes them.
pub const MONTHS_INDONESIAN: [&str; 12] = [
    "Januari",
    "Februari",
    "Maret",
    "April",
    "Mei",
    "Juni",
    "Juli",
    "Agustus",
    "September",
    "Oktober",
    "November",
    "Desember",
];
/// Microseconds in one second.
const MICROS_PER_SECOND: i64 = 1_000_000;
/// WIB is UTC+7 without daylight saving, in microseconds.
const WIB_OFFSET_MICROS: i64 = 7 * 3600 * MICROS_PER_SECOND;
/// Microseconds in one day.
const MICROS_PER_DAY: i64 = 24 * 3600 * MICROS_PER_SECOND;

/// An instant: microseconds since 1970-01-01T00:00:00Z, the precision PostgreSQL keeps.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// From microseconds since 1970, UTC.
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// Microseconds since 1970, UTC.
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// Cuts a finer instant down to microseconds.
    pub fn from_offset(at: OffsetDateTime) -> Self {
        Self(i64::try_from(at.unix_timestamp_nanos().div_euclid(1000)).unwrap_or(i64::MAX))
    }

    /// The instant as the `time` crate has it, in UTC; the epoch if it is out of that crate's range.
    pub fn to_offset(self) -> OffsetDateTime {
        OffsetDateTime::from_unix_timestamp_nanos(i128::from(self.0).saturating_mul(1000))
            .unwrap_or(OffsetDateTime::UNIX_EPOCH)
    }

    /// A clock reading in Jakarta.
    pub fn from_wib(day: Date, clock: Time) -> Self {
        Self::from_offset(PrimitiveDateTime::new(day, clock).assume_utc())
            .minus_micros(WIB_OFFSET_MICROS)
    }

    /// 00:00 WIB at which `day` begins.
    pub fn start_of_wib_day(day: Date) -> Self {
        Self::from_wib(day, Time::MIDNIGHT)
    }

    /// The Jakarta calendar day this instant falls on.
    pub fn wib_date(self) -> Date {
        self.in_wib().date()
    }

    /// The instant with Jakarta's offset, for showing.
    pub fn in_wib(self) -> OffsetDateTime {
        let wib = UtcOffset::from_hms(7, 0, 0).unwrap_or(UtcOffset::UTC);
        self.to_offset().to_offset(wib)
    }

    /// Later by so many microseconds.
    #[must_use]
    pub const fn plus_micros(self, micros: i64) -> Self {
        Self(self.0.saturating_add(micros))
    }

    /// Earlier by so many microseconds.
    #[must_use]
    pub const fn minus_micros(self, micros: i64) -> Self {
        Self(self.0.saturating_sub(micros))
    }

    /// Later by so many whole days of 24 hours.
    #[must_use]
    pub const fn plus_days(self, days: i64) -> Self {
        Self(self.0.saturating_add(days.saturating_mul(MICROS_PER_DAY)))
    }

    /// Whole Unix seconds, rounded down.
    pub const fn unix_seconds(self) -> i64 {
        self.0.div_euclid(MICROS_PER_SECOND)
    }
}

/// The instant at which a deadline of `days` days, counted from `first_day`, has passed.
///
/// The announcement day is day 1, so 15 days from the 10th end with the 24th, that is at 00:00 WIB
/// of the 25th, exclusive. When the first day does not count, one day more is given.
/// Source: programme.md section 4.5 (four published limits agree) and design.md section 4.
pub fn deadline(first_day: Date, days: u16, first_day_counts: bool) -> Timestamp {
    let extra = i64::from(!first_day_counts);
    Timestamp::start_of_wib_day(first_day).plus_days(i64::from(days).saturating_add(extra))
}

/// Full years between a birth date and a day; a person born on 29 February ages on 1 March.
/// Zero if the day lies before the birth.
pub fn age_on(born_on: Date, day: Date) -> u8 {
    let years = i64::from(day.year()).saturating_sub(i64::from(born_on.year()));
    let before_birthday =
        (u8::from(day.month()), day.day()) < (u8::from(born_on.month()), born_on.day());
    let age = years.saturating_sub(i64::from(before_birthday));
    u8::try_from(age.clamp(0, i64::from(u8::MAX))).unwrap_or(u8::MAX)
}

/// A day such as `5 Agustus 1999` or `5 August 1999`.
pub fn day_in_words(day: Date, language: Language) -> String {
    let name = match language {
        Language::Indonesian => {
            let at = usize::from(u8::from(day.month())).checked_sub(1);
            at.and_then(|at| MONTHS_INDONESIAN.get(at)).copied().unwrap_or_default().to_owned()
        }
        Language::English => day.month().to_string(),
    };
    format!("{} {name} {}", day.day(), day.year())
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = self.to_offset();
        let (date, clock) = (at.date(), at.time());
        let micros = clock.microsecond();
        write!(f, "{date}T{:02}:{:02}:{:02}", clock.hour(), clock.minute(), clock.second())?;
        if micros > 0 {
            write!(f, ".{micros:06}")?;
        }
        f.write_str("Z")
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use time::Month;

    use super::*;

    fn day(year: i32, month: Month, day: u8) -> Date {
        Date::from_calendar_date(year, month, day).expect("a real day")
    }

    /// The published limits: wave 11, 13, 18 and 21 (30 days) end with the day the programme named.
    #[test]
    fn deadlines_match_published_dates() {
        let cases = [
            (day(2020, Month::November, 10), 30, day(2020, Month::December, 9)),
            (day(2021, Month::March, 10), 30, day(2021, Month::April, 8)),
            (day(2021, Month::August, 24), 30, day(2021, Month::September, 22)),
            (day(2021, Month::September, 22), 30, day(2021, Month::October, 21)),
            (day(2024, Month::August, 10), 15, day(2024, Month::August, 24)),
        ];
        for (announced, days, last_day) in cases {
            let due = deadline(announced, days, true);
            assert_eq!(due.minus_micros(1).wib_date(), last_day);
            assert_eq!(due, Timestamp::start_of_wib_day(last_day).plus_days(1));
            assert_eq!(deadline(announced, days, false), due.plus_days(1));
        }
    }

    /// Ages turn on the birthday, leap-day birthdays on 1 March.
    #[test]
    fn ages() {
        let born = day(2004, Month::February, 29);
        for (on, age) in [
            (day(2022, Month::February, 28), 17),
            (day(2022, Month::March, 1), 18),
            (day(2024, Month::February, 29), 20),
            (day(2003, Month::January, 1), 0),
        ] {
            assert_eq!(age_on(born, on), age);
        }
    }

    /// Prints UTC in RFC 3339 and knows Jakarta's day.
    #[test]
    fn wib_day_and_text() {
        let midnight = Timestamp::start_of_wib_day(day(2024, Month::September, 24));
        assert_eq!(midnight.to_string(), "2024-09-23T17:00:00Z");
        assert_eq!(midnight.wib_date(), day(2024, Month::September, 24));
        assert_eq!(midnight.minus_micros(1).to_string(), "2024-09-23T16:59:59.999999Z");
    }
}
