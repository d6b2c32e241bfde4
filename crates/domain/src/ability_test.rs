//! The basic ability test (tes kemampuan dasar, TKD): its items, and a sitting from its begin to its end.
//!
//! Pure: which items are drawn and in which order follows from numbers that the caller gives. Source: programme.md
//! section 4.1, row 10.

mod bank;
#[cfg(test)]
mod tests;

pub use self::bank::{Bank, BankFault, CHOICES, Item, ItemId, ItemKind, Wording};

use crate::policy::TestRules;
use crate::policy::named::named_enum;
use crate::time::Timestamp;

/// One minute in microseconds.
const MINUTE: i64 = 60_000_000;
/// Minutes of a sitting where the policy names none. Source: programme.md section 15.
const MINUTES: u16 = 40;
/// Items of a sitting where the policy names no number, half of each kind. (assumed)
const ITEMS: u16 = 20;
/// Pause until the test can be sat again: a day, in microseconds. (assumed)
const PAUSE: i64 = 24 * 60 * MINUTE;
/// Sittings that may be completed by somebody who misses the pass mark: the first, and once more. (assumed) What the
/// end of time closed before it was completed does not count, so that a bad line shuts nobody out.
const COMPLETED_MAX: usize = 2;
/// Per cent of the items that must be right where the policy lets the score count. (assumed)
const PASS_PERCENT: u16 = 50;

/// The rules of a sitting, fixed when it begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SittingRules {
    /// Minutes allowed.
    pub minutes: u16,
    /// Number of items, an even one.
    pub items: u16,
    /// Right answers that are needed; `None` if the score has no effect.
    pub pass_mark: Option<u16>,
}

impl SittingRules {
    /// Those of a policy, with what it leaves open as assumed here.
    pub fn of(rules: &TestRules) -> Self {
        let asked = rules.questions.unwrap_or(ITEMS);
        let items = asked.saturating_sub(asked % 2).max(2);
        let needed = items.saturating_mul(PASS_PERCENT).div_ceil(100);
        Self {
            minutes: rules.minutes.unwrap_or(MINUTES),
            items,
            pass_mark: rules.affects_selection.then_some(needed),
        }
    }

    /// How many items have to be answered at least, as [`Sitting::answers_needed`] has it.
    pub const fn answers_needed(self) -> u16 {
        self.items.div_ceil(2)
    }

    /// First instant at which no answer is taken any more.
    pub fn ends_at(self, begun_at: Timestamp) -> Timestamp {
        begun_at.plus_micros(MINUTE.saturating_mul(i64::from(self.minutes)))
    }
}

named_enum! {
    /// One of the four choices of an item, in the order of the bank.
    Choice {
        /// The first.
        A = "a",
        /// The second.
        B = "b",
        /// The third.
        C = "c",
        /// The fourth.
        D = "d",
    }
}

named_enum! {
    /// Who ended a sitting.
    EndedBy {
        /// The person.
        Person = "person",
        /// The end of time.
        Time = "time",
    }
}

/// How a sitting ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ended {
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub by: EndedBy,
    /// Right answers.
    pub score: u16,
    /// True if at least half of the items are answered, which makes it completed. (assumed)
    pub is_completed: bool,
}

/// An item of a sitting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The item.
    pub item: ItemId,
    /// The choices in the order in which they are shown.
    pub order: [Choice; CHOICES],
    /// The right one.
    pub key: Choice,
    /// The newest answer.
    pub answer: Option<Choice>,
}

/// A sitting of the test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sitting {
    /// When it began.
    pub begun_at: Timestamp,
    /// First instant at which no answer is taken any more.
    pub ends_at: Timestamp,
    /// Right answers that are needed; `None` if the score has no effect.
    pub pass_mark: Option<u16>,
    /// Its items.
    pub places: Vec<Place>,
    /// How it ended.
    pub ended: Option<Ended>,
}

/// Why nothing was done to a sitting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SittingRefusal {
    /// It has ended, or its time is over.
    #[error("the time of the sitting is over")]
    Over,
    /// It has no item of this number.
    #[error("the sitting has no such item")]
    NoItem,
    /// Fewer than half of the items are answered, so that it would not count.
    #[error("fewer than half of the items are answered")]
    TooFew,
    /// Its time is not over.
    #[error("the time of the sitting is not over")]
    Runs,
}

/// What an answer changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answered {
    /// It is new.
    Kept,
    /// The same was given before.
    Same,
}

impl Sitting {
    /// True if answers are taken.
    pub fn runs(&self, now: Timestamp) -> bool {
        self.ended.is_none() && now < self.ends_at
    }

    /// Items that are answered.
    pub fn answered(&self) -> usize {
        self.places.iter().filter(|place| place.answer.is_some()).count()
    }

    /// Number of the first item without an answer, from 1.
    pub fn first_open(&self) -> Option<usize> {
        let at = self.places.iter().position(|place| place.answer.is_none())?;
        Some(at.saturating_add(1))
    }

    /// How many items have to be answered at least: half of them.
    pub fn answers_needed(&self) -> usize {
        self.places.len().div_ceil(2)
    }

    /// True if so many are answered.
    pub fn is_enough(&self) -> bool {
        self.answered() >= self.answers_needed()
    }

    /// Answers the item of a number, from 1; a later answer takes the place of an earlier one.
    ///
    /// # Errors
    /// [`SittingRefusal`]; nothing changes then.
    pub fn answer(
        &mut self,
        number: usize,
        choice: Choice,
        now: Timestamp,
    ) -> Result<Answered, SittingRefusal> {
        if !self.runs(now) {
            return Err(SittingRefusal::Over);
        }
        let at = number.checked_sub(1).ok_or(SittingRefusal::NoItem)?;
        let place = self.places.get_mut(at).ok_or(SittingRefusal::NoItem)?;
        if place.answer == Some(choice) {
            return Ok(Answered::Same);
        }
        place.answer = Some(choice);
        Ok(Answered::Kept)
    }

    /// The person hands it in.
    ///
    /// # Errors
    /// [`SittingRefusal`]; nothing changes then.
    pub fn submit(&mut self, now: Timestamp) -> Result<Ended, SittingRefusal> {
        if !self.runs(now) {
            return Err(SittingRefusal::Over);
        }
        if !self.is_enough() {
            return Err(SittingRefusal::TooFew);
        }
        Ok(self.end(now, EndedBy::Person))
    }

    /// The end of its time hands it in, however late somebody looks.
    ///
    /// # Errors
    /// [`SittingRefusal`]; nothing changes then.
    pub fn run_out(&mut self, now: Timestamp) -> Result<Ended, SittingRefusal> {
        if self.ended.is_some() {
            return Err(SittingRefusal::Over);
        }
        if now < self.ends_at {
            return Err(SittingRefusal::Runs);
        }
        Ok(self.end(self.ends_at, EndedBy::Time))
    }

    fn end(&mut self, at: Timestamp, by: EndedBy) -> Ended {
        let right = self.places.iter().filter(|place| place.answer == Some(place.key)).count();
        let score = u16::try_from(right).unwrap_or(u16::MAX);
        let ended = Ended { at, by, score, is_completed: self.is_enough() };
        self.ended = Some(ended);
        ended
    }

    /// True if it ended as the programme asks: completed, and with the pass mark where there is one.
    pub fn is_passed(&self) -> bool {
        let reaches = |ended: Ended| self.pass_mark.is_none_or(|mark| ended.score >= mark);
        self.ended.is_some_and(|ended| ended.is_completed && reaches(ended))
    }
}

/// An earlier sitting, as far as another one hangs on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PastSitting {
    /// First instant at which no answer was taken any more.
    pub ends_at: Timestamp,
    /// How it ended.
    pub ended: Option<Ended>,
    /// Right answers that were needed.
    pub pass_mark: Option<u16>,
}

/// Why no sitting begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BeginRefusal {
    /// One has begun and not ended: it goes on.
    #[error("a sitting has begun and not ended")]
    Runs,
    /// The test is done.
    #[error("the test is done")]
    Done,
    /// The last one was today.
    #[error("the test can be sat again from {0}")]
    Wait(Timestamp),
    /// All were sat.
    #[error("no further sitting is allowed")]
    NoneLeft,
}

/// Whether another sitting may begin after earlier ones, in their order.
///
/// # Errors
/// [`BeginRefusal`].
pub fn may_begin(past: &[PastSitting], now: Timestamp) -> Result<(), BeginRefusal> {
    let mut completed = 0usize;
    let mut free_at = None;
    for one in past {
        let Some(ended) = one.ended else { return Err(BeginRefusal::Runs) };
        if ended.is_completed {
            if one.pass_mark.is_none_or(|mark| ended.score >= mark) {
                return Err(BeginRefusal::Done);
            }
            completed = completed.saturating_add(1);
        }
        free_at = Some(ended.at.plus_micros(PAUSE));
    }
    if completed >= COMPLETED_MAX {
        return Err(BeginRefusal::NoneLeft);
    }
    match free_at {
        Some(at) if now < at => Err(BeginRefusal::Wait(at)),
        Some(_) | None => Ok(()),
    }
}
