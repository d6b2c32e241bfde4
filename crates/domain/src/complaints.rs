//! Complaints: what a person writes to the programme, who answers it until when, and how it ends.

use std::fmt;

use time::Weekday;

use crate::ids::ComplaintId;
use crate::policy::Named as _;
use crate::policy::named::named_enum;
use crate::time::Timestamp;

/// Working days in which a complaint is answered, not counting the day it was filed. Saturdays and Sundays are none;
/// public holidays are not known here and count. Source: assumed.
pub const ANSWER_WORKING_DAYS: u8 = 5;
/// Complaints of one account that may wait for an answer at the same time. Source: assumed.
pub const OPEN_MAX: u64 = 3;
/// Fewest characters of a complaint or an answer: less explains nothing.
pub const TEXT_MIN: usize = 10;
/// Most characters of a complaint or an answer.
pub const TEXT_MAX: usize = 2_000;

named_enum! {
    /// What a complaint is about.
    ComplaintTopic {
        /// NIK, family card or another check of the data.
        Data = "data",
        /// The photo of the identity card or the face check.
        Photo = "photo",
        /// The basic ability test.
        Test = "test",
        /// Joining a wave, or its result.
        Wave = "wave",
        /// Buying the first training, or a place that was lost.
        Place = "place",
        /// Certificate or incentive.
        Incentive = "incentive",
        /// The account, codes or messages.
        Account = "account",
        /// How personal data is used.
        Privacy = "privacy",
        /// Anything else.
        Other = "other",
    }
}

named_enum! {
    /// State of a complaint.
    ComplaintState {
        /// Nobody has read it yet.
        Filed = "filed",
        /// An officer has read it.
        InProgress = "in_progress",
        /// It is answered.
        Answered = "answered",
        /// It is answered, and nothing more is to be done.
        Closed = "closed",
    }
}

named_enum! {
    /// What can happen to a complaint.
    ComplaintEvent {
        /// An officer reads it.
        Take = "take",
        /// An officer answers it.
        Answer = "answer",
        /// An officer closes it.
        Close = "close",
    }
}

/// Hexadecimal digits of a short number: enough that two of an office's complaints do not meet in it.
const NUMBER_DIGITS: usize = 8;

impl ComplaintId {
    /// The short number by which its writer cites it: the first digits of the id, so that whoever sees the id finds it.
    pub fn short_number(self) -> String {
        let mut digits = self.uuid().simple().to_string().to_ascii_uppercase();
        digits.truncate(NUMBER_DIGITS);
        digits.insert(NUMBER_DIGITS / 2, '-');
        digits
    }
}

/// An event that the present state does not allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("cannot {} a complaint that is {}", event.name(), from.name())]
pub struct InvalidComplaintEvent {
    /// The present state.
    pub from: ComplaintState,
    /// The event refused.
    pub event: ComplaintEvent,
}

impl ComplaintState {
    /// The state after `event`. Whoever complains is owed an answer, so nothing is closed without one; reading again
    /// changes nothing.
    ///
    /// # Errors
    /// [`InvalidComplaintEvent`] if the state does not allow the event.
    pub const fn apply(self, event: ComplaintEvent) -> Result<Self, InvalidComplaintEvent> {
        use ComplaintEvent as E;
        match (self, event) {
            (Self::Filed | Self::InProgress, E::Take) => Ok(Self::InProgress),
            (Self::Filed | Self::InProgress, E::Answer) | (Self::Answered, E::Take) => {
                Ok(Self::Answered)
            }
            (Self::Answered, E::Close) | (Self::Closed, E::Take) => Ok(Self::Closed),
            (Self::Filed | Self::InProgress, E::Close)
            | (Self::Answered, E::Answer)
            | (Self::Closed, E::Answer | E::Close) => {
                Err(InvalidComplaintEvent { from: self, event })
            }
        }
    }

    /// True while an answer is owed.
    pub const fn waits(self) -> bool {
        match self {
            Self::Filed | Self::InProgress => true,
            Self::Answered | Self::Closed => false,
        }
    }
}

/// First instant at which the answer to a complaint filed at `filed_at` is late: midnight WIB after the last of
/// [`ANSWER_WORKING_DAYS`].
pub fn answer_due(filed_at: Timestamp) -> Timestamp {
    let mut day = filed_at.wib_date();
    let mut left = ANSWER_WORKING_DAYS;
    while left > 0 {
        let Some(next) = day.next_day() else { break };
        day = next;
        if !matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday) {
            left = left.saturating_sub(1);
        }
    }
    Timestamp::start_of_wib_day(day).plus_days(1)
}

/// The words of a complaint or of its answer, which may name anybody; shown to nobody but the two sides.
#[derive(Clone, PartialEq, Eq)]
pub struct ComplaintText(String);

/// Words that are not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ComplaintTextError {
    /// Fewer than [`TEXT_MIN`] characters.
    #[error("write at least {TEXT_MIN} characters")]
    TooShort,
    /// More than [`TEXT_MAX`] characters.
    #[error("write at most {TEXT_MAX} characters")]
    TooLong,
}

impl ComplaintText {
    /// Reads what was written: spaces around it are taken off, line ends are made one kind.
    ///
    /// # Errors
    /// [`ComplaintTextError`].
    pub fn parse(text: &str) -> Result<Self, ComplaintTextError> {
        let text = text.replace("\r\n", "\n");
        let text = text.trim();
        match text.chars().count() {
            ..TEXT_MIN => Err(ComplaintTextError::TooShort),
            TEXT_MIN..=TEXT_MAX => Ok(Self(text.to_owned())),
            _ => Err(ComplaintTextError::TooLong),
        }
    }

    /// The words in clear.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for ComplaintText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ComplaintText(***)")
    }
}

#[cfg(test)]
mod tests {
    use time::{Date, Month, Time};

    use super::*;

    /// Compares the code with the table in docs/ARCHITECTURE.md over all (state, event) pairs.
    #[test]
    fn table_in_the_docs_is_the_code() {
        let docs = include_str!("../../../docs/ARCHITECTURE.md");
        let mut lines = String::new();
        for state in ComplaintState::ALL {
            let cells: Vec<&str> = ComplaintEvent::ALL
                .iter()
                .map(|event| state.apply(*event).map_or("-", |next| next.name()))
                .collect();
            lines.push_str(&format!("| {} | {} |\n", state.name(), cells.join(" | ")));
        }
        assert!(docs.contains(&lines), "docs/ARCHITECTURE.md lacks the table:\n{lines}");
    }

    /// Five working days from every day of a week, by the day in Jakarta and not by that in Greenwich.
    #[test]
    fn due() {
        let day = |day| Date::from_calendar_date(2024, Month::September, day).expect("a day");
        // 9 September 2024 is a Monday.
        for (filed, last) in [(9, 16), (10, 17), (11, 18), (12, 19), (13, 20), (14, 20), (15, 20)] {
            for clock in [(0, 0), (6, 59), (23, 59)] {
                let clock = Time::from_hms(clock.0, clock.1, 0).expect("a time");
                let due = answer_due(Timestamp::from_wib(day(filed), clock));
                assert_eq!(due, Timestamp::start_of_wib_day(day(last + 1)), "{filed} {clock}");
            }
        }
    }

    /// The edges of the length, counted in characters after trimming; nothing of it is printed.
    #[test]
    fn texts() {
        use ComplaintTextError::{TooLong, TooShort};
        let read = |text: &str| ComplaintText::parse(text).map(|text| text.expose().to_owned());
        assert_eq!(read(&format!("  {}\n", "é".repeat(9))), Err(TooShort));
        assert_eq!(read(&format!(" {}\r\nb ", "a".repeat(9))), Ok("aaaaaaaaa\nb".to_owned()));
        assert_eq!(read(&"é".repeat(2_000)).map(|text| text.len()), Ok(4_000));
        assert_eq!(read(&"a".repeat(2_001)), Err(TooLong));
        let text = ComplaintText::parse("Siti Aminah tidak cocok").expect("long enough");
        assert_eq!(format!("{text:?}"), "ComplaintText(***)");
    }
}
