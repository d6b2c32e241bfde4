//! Days that are left, in words where they are few.

use domain::time::Timestamp;
use web::Language;

/// Nought to fourteen in words.
const INDONESIAN: [&str; 15] = [
    "nol",
    "satu",
    "dua",
    "tiga",
    "empat",
    "lima",
    "enam",
    "tujuh",
    "delapan",
    "sembilan",
    "sepuluh",
    "sebelas",
    "dua belas",
    "tiga belas",
    "empat belas",
];
const ENGLISH: [&str; 15] = [
    "nought", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
    "eleven", "twelve", "thirteen", "fourteen",
];

/// Days from now to the last day before `end`, by the calendar of Jakarta: "Tiga hari lagi", or that today is the last.
pub(crate) fn days_left(end: Timestamp, now: Timestamp, language: Language) -> String {
    let day = |at: Timestamp| at.wib_date().to_julian_day();
    let left = day(end.minus_micros(1)).saturating_sub(day(now)).max(0);
    let words = match language {
        Language::Indonesian => INDONESIAN,
        Language::English => ENGLISH,
    };
    let word = usize::try_from(left).ok().and_then(|left| words.get(left));
    let number = word.map_or_else(|| left.to_string(), |word| capital(word));
    match (language, left) {
        (Language::Indonesian, 0) => "Hari ini hari terakhir".to_owned(),
        (Language::English, 0) => "Today is the last day".to_owned(),
        (Language::Indonesian, _) => format!("{number} hari lagi"),
        (Language::English, 1) => format!("{number} day left"),
        (Language::English, _) => format!("{number} days left"),
    }
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The last day, one, some, and more than fit into words, by calendar days and not by hours.
    #[test]
    fn words() {
        use Language::{English, Indonesian};
        let day = time::Date::from_calendar_date(2024, time::Month::May, 20).expect("a day");
        let end = Timestamp::start_of_wib_day(day).plus_days(1);
        for (before_days, indonesian, english) in [
            (0, "Hari ini hari terakhir", "Today is the last day"),
            (1, "Satu hari lagi", "One day left"),
            (14, "Empat belas hari lagi", "Fourteen days left"),
            (15, "15 hari lagi", "15 days left"),
        ] {
            let morning = Timestamp::start_of_wib_day(day).plus_days(-before_days);
            for now in [morning, morning.plus_days(1).minus_micros(1)] {
                assert_eq!(days_left(end, now, Indonesian), indonesian);
                assert_eq!(days_left(end, now, English), english);
            }
        }
        assert_eq!(days_left(end, end.plus_days(9), Indonesian), "Hari ini hari terakhir");
    }
}
