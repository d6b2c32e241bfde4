//! Small value types of policy parameters: shares, ranges of days, days of the year.

use std::fmt;

use time::{Date, Month};

/// A share in hundredths of a percent, `0..=10_000`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct BasisPoints(u16);

impl BasisPoints {
    /// The whole.
    pub const WHOLE: Self = Self(10_000);

    /// Accepts `0..=10_000`; `None` above.
    pub const fn new(points: u16) -> Option<Self> {
        if points > Self::WHOLE.0 { None } else { Some(Self(points)) }
    }

    /// The plain number.
    pub const fn get(self) -> u16 {
        self.0
    }
}

/// "From so many to so many days", both included, as in "results after 2 to 3 days".
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DayRange {
    /// Fewest days, at least 1.
    pub min: u16,
    /// Most days, not below `min`.
    pub max: u16,
}

/// A day of any year, such as 15 December. 29 February is no such day.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MonthDay {
    month: Month,
    day: u8,
}

impl MonthDay {
    /// The last day of the year.
    pub const YEAR_END: Self = Self { month: Month::December, day: 31 };

    /// Accepts a month `1..=12` and a day that this month has in every year; `None` otherwise.
    pub fn new(month: u8, day: u8) -> Option<Self> {
        let month = Month::try_from(month).ok()?;
        // 2023 is a common year, so 29 February is refused.
        Date::from_calendar_date(2023, month, day).ok().map(|_| Self { month, day })
    }

    /// Reads `MM-DD`; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let (month, day) = text.split_once('-')?;
        let number = |part: &str| {
            let plain = part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit());
            if plain { part.parse().ok() } else { None }
        };
        Self::new(number(month)?, number(day)?)
    }

    /// The month.
    pub const fn month(self) -> Month {
        self.month
    }

    /// The day of the month.
    pub const fn day(self) -> u8 {
        self.day
    }

    /// The first such day on or after `from`; `None` only beyond the last year the calendar has.
    pub fn on_or_after(self, from: Date) -> Option<Date> {
        let this_year = Date::from_calendar_date(from.year(), self.month, self.day).ok()?;
        if this_year >= from {
            return Some(this_year);
        }
        Date::from_calendar_date(from.year().saturating_add(1), self.month, self.day).ok()
    }
}

impl fmt::Display for MonthDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}-{:02}", u8::from(self.month), self.day)
    }
}

impl fmt::Debug for MonthDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads days of the year by a table and prints the accepted ones as they were written.
    #[test]
    fn days_of_the_year() {
        for (text, valid) in [
            ("12-15", true),
            ("02-28", true),
            ("02-29", false),
            ("13-01", false),
            ("11-31", false),
            ("1-05", false),
            ("12-+5", false),
            ("1215", false),
        ] {
            let parsed = MonthDay::parse(text);
            assert_eq!(parsed.is_some(), valid, "{text}");
            assert!(parsed.is_none_or(|day| day.to_string() == text));
        }
    }

    /// The next such day is the same day, later this year, or in the next year.
    #[test]
    fn next_occurrence() {
        let stop = MonthDay::new(11, 30).expect("a day");
        let day = |year, month, day| Date::from_calendar_date(year, month, day).expect("a day");
        for (from, next) in [
            (day(2022, Month::November, 12), day(2022, Month::November, 30)),
            (day(2022, Month::November, 30), day(2022, Month::November, 30)),
            (day(2022, Month::December, 1), day(2023, Month::November, 30)),
        ] {
            assert_eq!(stop.on_or_after(from), Some(next));
        }
    }

    /// Shares end at the whole.
    #[test]
    fn shares() {
        assert_eq!(BasisPoints::new(10_000), Some(BasisPoints::WHOLE));
        assert_eq!(BasisPoints::new(10_001), None);
    }
}
