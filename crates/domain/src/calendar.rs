//! The calendar of waves: when each opens, closes and is announced.

use time::Date;

use crate::policy::AgeReference;
use crate::time::Timestamp;
use crate::wave::{WaveKind, WaveNumber};

/// One wave's row. Joins are taken in `[opens_at, closes_at)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CalendarWave {
    /// Its number.
    pub number: WaveNumber,
    /// Where its seats come from.
    pub kind: WaveKind,
    /// First instant at which people may join.
    pub opens_at: Timestamp,
    /// First instant at which they may not any more.
    pub closes_at: Timestamp,
    /// When the results are announced; that day is day 1 of the deadlines.
    pub results_at: Timestamp,
    /// Seconds by which corrections of the list have moved draw and announcement; 0 as planned.
    pub moved_s: u32,
}

impl CalendarWave {
    /// The instant whose beacon round decides the draw: half way between close and announcement as planned, later by
    /// what corrections of the list have moved it. It is computed from the published calendar, so nobody chooses a round;
    /// the roll must be fixed before it and the draw runs after it.
    pub const fn draw_at(&self) -> Timestamp {
        let moved = self.moved_micros();
        let planned = self.results_at.minus_micros(moved).micros();
        let half = planned.saturating_sub(self.closes_at.micros()) / 2;
        self.closes_at.plus_micros(half).plus_micros(moved)
    }

    /// The same wave with draw and announcement so many seconds later than planned.
    #[must_use]
    pub const fn moved_by(self, moved_s: u32) -> Self {
        let planned = self.results_at.minus_micros(self.moved_micros());
        let moved = Self { moved_s, ..self };
        Self { results_at: planned.plus_micros(moved.moved_micros()), ..moved }
    }

    #[expect(clippy::as_conversions, reason = "a wider type; `from` is not const")]
    const fn moved_micros(&self) -> i64 {
        (self.moved_s as i64).saturating_mul(1_000_000)
    }

    /// Refuses instants that do not follow those of a wave before, whatever numbers lie between.
    ///
    /// # Errors
    /// The first [`CalendarFault`] found.
    pub fn follow(&self, earlier: &Self) -> Result<(), CalendarFault> {
        instant_faults(earlier, self).next().map_or(Ok(()), Err)
    }

    /// The Jakarta day on which a member's age is taken. A wave that closes at midnight has the day
    /// before as its closing date, since nobody can join on the day that begins.
    pub fn age_day(&self, reference: AgeReference) -> Date {
        match reference {
            AgeReference::WaveClosingDate => self.closes_at.minus_micros(1).wib_date(),
            AgeReference::WaveOpeningDate => self.opens_at.wib_date(),
        }
    }
}

/// Waves in order, checked against each other. Built only by [`Calendar::new`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Calendar {
    waves: Vec<CalendarWave>,
}

/// A fault of a calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CalendarFault {
    /// No wave at all.
    #[error("the calendar has no wave")]
    Empty,
    /// The wave does not open before it closes.
    #[error("{wave:?} opens at {opens_at}, not before it closes at {closes_at}")]
    OpensAfterClose {
        /// The wave.
        wave: WaveNumber,
        /// Its opening.
        opens_at: Timestamp,
        /// Its close.
        closes_at: Timestamp,
    },
    /// The results do not follow the close.
    #[error("{wave:?} closes at {closes_at}, not before its results at {results_at}")]
    ClosesAfterResults {
        /// The wave.
        wave: WaveNumber,
        /// Its close.
        closes_at: Timestamp,
        /// Its announcement.
        results_at: Timestamp,
    },
    /// The number does not follow the one before.
    #[error("{wave:?} follows {earlier:?}, but numbers go up by one")]
    OutOfOrder {
        /// The wave.
        wave: WaveNumber,
        /// The wave before it.
        earlier: WaveNumber,
    },
    /// The close does not follow the close before.
    #[error("{wave:?} closes at {closes_at}, not after {earlier:?} at {earlier_closes_at}")]
    ClosesOutOfOrder {
        /// The wave.
        wave: WaveNumber,
        /// Its close.
        closes_at: Timestamp,
        /// The wave before it.
        earlier: WaveNumber,
        /// That wave's close.
        earlier_closes_at: Timestamp,
    },
    /// The wave before is announced too late for its recipients to be known at this close.
    #[error("{wave:?} closes at {closes_at}, before the results of {earlier:?} at {results_at}")]
    ClosesBeforeEarlierResults {
        /// The wave.
        wave: WaveNumber,
        /// Its close.
        closes_at: Timestamp,
        /// The wave before it.
        earlier: WaveNumber,
        /// That wave's announcement.
        results_at: Timestamp,
    },
}

impl CalendarFault {
    /// The wave whose row to mend; `None` if there is no row.
    pub const fn wave(&self) -> Option<WaveNumber> {
        match self {
            Self::Empty => None,
            Self::OpensAfterClose { wave, .. }
            | Self::ClosesAfterResults { wave, .. }
            | Self::OutOfOrder { wave, .. }
            | Self::ClosesOutOfOrder { wave, .. }
            | Self::ClosesBeforeEarlierResults { wave, .. } => Some(*wave),
        }
    }
}

/// A calendar that begins after the present.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the calendar lies in the future: {first:?} opens at {opens_at} but now is {now}; correct its \
     dates, or replay it after that instant"
)]
pub struct FutureCalendar {
    /// The first wave.
    pub first: WaveNumber,
    /// Its opening.
    pub opens_at: Timestamp,
    /// The present.
    pub now: Timestamp,
}

impl Calendar {
    /// Checks each wave and its place after the one before.
    ///
    /// # Errors
    /// Every [`CalendarFault`] found, not only the first.
    pub fn new(waves: Vec<CalendarWave>) -> Result<Self, Vec<CalendarFault>> {
        let mut faults = Vec::new();
        if waves.is_empty() {
            faults.push(CalendarFault::Empty);
        }
        let mut earlier: Option<&CalendarWave> = None;
        for wave in &waves {
            faults.extend(own_faults(wave));
            if let Some(earlier) = earlier {
                faults.extend(order_faults(earlier, wave));
            }
            earlier = Some(wave);
        }
        if faults.is_empty() { Ok(Self { waves }) } else { Err(faults) }
    }

    /// The wave of this number.
    pub fn get(&self, number: WaveNumber) -> Option<&CalendarWave> {
        self.iter().find(|wave| wave.number == number)
    }

    /// All waves in order.
    pub fn iter(&self) -> impl Iterator<Item = &CalendarWave> {
        self.waves.iter()
    }

    /// Refuses a calendar none of whose waves has opened at `now`, since nothing could be replayed.
    ///
    /// # Errors
    /// [`FutureCalendar`] with the first wave.
    pub fn require_begun(&self, now: Timestamp) -> Result<(), FutureCalendar> {
        let first = self.iter().min_by_key(|wave| wave.opens_at);
        match first.filter(|wave| wave.opens_at > now) {
            Some(wave) => Err(FutureCalendar { first: wave.number, opens_at: wave.opens_at, now }),
            None => Ok(()),
        }
    }
}

/// What is wrong within one row.
fn own_faults(wave: &CalendarWave) -> impl Iterator<Item = CalendarFault> {
    let CalendarWave { number, opens_at, closes_at, results_at, .. } = *wave;
    let opens = (opens_at >= closes_at).then_some(CalendarFault::OpensAfterClose {
        wave: number,
        opens_at,
        closes_at,
    });
    let closes = (closes_at >= results_at).then_some(CalendarFault::ClosesAfterResults {
        wave: number,
        closes_at,
        results_at,
    });
    opens.into_iter().chain(closes)
}

/// What is wrong between a row and the one before.
fn order_faults(
    earlier: &CalendarWave,
    wave: &CalendarWave,
) -> impl Iterator<Item = CalendarFault> {
    let number = wave.number;
    let follows = earlier.number.get().checked_add(1) == Some(number.get());
    let order =
        (!follows).then_some(CalendarFault::OutOfOrder { wave: number, earlier: earlier.number });
    order.into_iter().chain(instant_faults(earlier, wave))
}

/// What is wrong between their instants.
fn instant_faults(
    earlier: &CalendarWave,
    wave: &CalendarWave,
) -> impl Iterator<Item = CalendarFault> {
    let CalendarWave { number, closes_at, .. } = *wave;
    let close = (earlier.closes_at >= closes_at).then_some(CalendarFault::ClosesOutOfOrder {
        wave: number,
        closes_at,
        earlier: earlier.number,
        earlier_closes_at: earlier.closes_at,
    });
    let results =
        (earlier.results_at >= closes_at).then_some(CalendarFault::ClosesBeforeEarlierResults {
            wave: number,
            closes_at,
            earlier: earlier.number,
            results_at: earlier.results_at,
        });
    close.into_iter().chain(results)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// So many hours after the start of 1970.
    fn at(hours: i64) -> Timestamp {
        Timestamp::from_micros(hours.saturating_mul(3_600_000_000))
    }

    /// Builds a wave from hours.
    fn wave(number: u16, [opens, closes, results]: [i64; 3]) -> CalendarWave {
        CalendarWave {
            number: WaveNumber::new(number).expect("a number"),
            kind: WaveKind::Regular,
            opens_at: at(opens),
            closes_at: at(closes),
            results_at: at(results),
            moved_s: 0,
        }
    }

    fn check(waves: Vec<CalendarWave>, faults: &[&str]) {
        let found = match Calendar::new(waves) {
            Ok(_) => Vec::new(),
            Err(found) => found.iter().map(ToString::to_string).collect(),
        };
        assert_eq!(found, faults);
    }

    /// Each rule by a calendar that breaks it; the last breaks several at once and hears of all.
    #[test]
    fn rules() {
        check(vec![wave(1, [0, 4, 6]), wave(2, [5, 8, 9])], &[]);
        check(vec![], &["the calendar has no wave"]);
        check(
            vec![wave(1, [4, 4, 6])],
            &["wave 1 opens at 1970-01-01T04:00:00Z, not before it closes at 1970-01-01T04:00:00Z"],
        );
        check(
            vec![wave(1, [0, 4, 4])],
            &["wave 1 closes at 1970-01-01T04:00:00Z, not before its results at \
               1970-01-01T04:00:00Z"],
        );
        check(
            vec![wave(1, [0, 4, 5]), wave(3, [5, 8, 9])],
            &["wave 3 follows wave 1, but numbers go up by one"],
        );
        check(
            vec![wave(1, [0, 4, 8]), wave(2, [5, 8, 9])],
            &["wave 2 closes at 1970-01-01T08:00:00Z, before the results of wave 1 at \
               1970-01-01T08:00:00Z"],
        );
        check(
            vec![wave(2, [0, 4, 6]), wave(2, [5, 4, 3])],
            &[
                "wave 2 opens at 1970-01-01T05:00:00Z, not before it closes at 1970-01-01T04:00:00Z",
                "wave 2 closes at 1970-01-01T04:00:00Z, not before its results at \
                 1970-01-01T03:00:00Z",
                "wave 2 follows wave 2, but numbers go up by one",
                "wave 2 closes at 1970-01-01T04:00:00Z, not after wave 2 at 1970-01-01T04:00:00Z",
                "wave 2 closes at 1970-01-01T04:00:00Z, before the results of wave 2 at \
                 1970-01-01T06:00:00Z",
            ],
        );
    }

    /// A wave follows another by its instants alone, whatever numbers are cancelled between them.
    #[test]
    fn following() {
        let earlier = wave(1, [0, 4, 6]);
        assert_eq!(wave(3, [5, 8, 9]).follow(&earlier), Ok(()));
        let early = wave(3, [1, 6, 9]).follow(&earlier).expect_err("before the results");
        assert!(matches!(early, CalendarFault::ClosesBeforeEarlierResults { .. }), "{early}");
    }

    /// Corrections move draw and announcement by the same, and moving again counts from the plan.
    #[test]
    fn moving() {
        let planned = wave(1, [0, 4, 8]);
        assert_eq!(planned.draw_at(), at(6));
        let once = planned.moved_by(86_400);
        assert_eq!((once.draw_at(), once.results_at), (at(30), at(32)));
        assert_eq!(once.moved_by(172_800), planned.moved_by(172_800));
        assert_eq!(once.moved_by(172_800).draw_at(), at(54));
    }

    /// Ages are taken on the first or last day that takes joins: hour 17 is midnight in Jakarta, so a
    /// wave that closes then closed on the 1st, and one that closes an hour later on the 2nd.
    #[test]
    fn age_days() {
        for (closes, day) in [(17, 1), (18, 2)] {
            let wave = wave(1, [0, closes, 20]);
            assert_eq!(wave.age_day(AgeReference::WaveClosingDate).day(), day);
            assert_eq!(wave.age_day(AgeReference::WaveOpeningDate).day(), 1);
        }
    }

    /// A calendar is refused only as long as its first wave has not opened.
    #[test]
    fn future() {
        let calendar = Calendar::new(vec![wave(72, [10, 14, 16])]).expect("a calendar");
        assert_eq!(calendar.require_begun(at(10)), Ok(()));
        let refused = calendar.require_begun(at(9)).expect_err("not open yet");
        assert_eq!(
            refused.to_string(),
            "the calendar lies in the future: wave 72 opens at 1970-01-01T10:00:00Z but now is \
             1970-01-01T09:00:00Z; correct its dates, or replay it after that instant"
        );
        assert_eq!(calendar.get(refused.first).map(|wave| wave.opens_at), Some(at(10)));
    }
}
