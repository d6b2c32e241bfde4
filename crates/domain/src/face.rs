//! The face check: whether the face of whoever registers is that of the identity card. Source: programme.md sections
//! 3.2 and 4.1 row 7.

use time::Date;

use crate::checks::CheckEvent;
use crate::eligibility::CheckState;
use crate::policy::named::named_enum;
use crate::time::Timestamp;

/// Pictures of a face that an account may send on one day. Assumed: no source names a number; enough for bad light,
/// too few to try the faces of others.
pub const FACES_A_DAY: u8 = 5;
/// One minute in microseconds.
const MINUTE: i64 = 60_000_000;
/// Longest pause before it is asked again after an outage: people wait at the page.
const SILENT_MAX: i64 = 10 * MINUTE;

named_enum! {
    /// Why a face was not recognised.
    FaceFault {
        /// Another face than that of the card.
        Mismatch = "mismatch",
        /// One of the two cannot be seen well enough.
        Unclear = "unclear",
        /// There is no face, or there are several.
        NoFace = "no_face",
    }
}

/// What comparing two pictures came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaceVerdict {
    /// The same face.
    Match,
    /// Not recognised.
    Fault(FaceFault),
}

impl FaceVerdict {
    /// What happens to the check, and why it is refuted, if it is.
    pub const fn judge(self) -> (CheckEvent, Option<FaceFault>) {
        match self {
            Self::Match => (CheckEvent::Confirm, None),
            Self::Fault(fault) => (CheckEvent::Refute, Some(fault)),
        }
    }
}

/// Pictures of a face that may still be sent at `now`, after so many on a day.
pub fn faces_left(sent: u8, on: Option<Date>, now: Timestamp) -> u8 {
    if on == Some(now.wib_date()) { FACES_A_DAY.saturating_sub(sent) } else { FACES_A_DAY }
}

/// Whether another picture of a face may take the place of the one before in this state: not while one is asked about,
/// and not once it was recognised.
pub const fn takes_face(state: CheckState, is_waiting: bool) -> bool {
    match state {
        CheckState::NotAsked => !is_waiting,
        CheckState::Refuted | CheckState::Expired => true,
        CheckState::Asked | CheckState::Unavailable | CheckState::Confirmed => false,
    }
}

/// Microseconds until it is asked again after so many times in vain: 15 seconds, then twice as long each time, at most
/// ten minutes.
pub fn pause_micros(silent: u16) -> i64 {
    let doublings = u32::from(silent.clamp(1, 20)).saturating_sub(1);
    (MINUTE / 4).saturating_mul(2i64.saturating_pow(doublings)).min(SILENT_MAX)
}

#[cfg(test)]
mod tests {
    use time::Month;

    use super::*;
    use crate::policy::Named as _;

    /// So many a day in Jakarta; the next day begins anew.
    #[test]
    fn a_day() {
        let day = |day| Date::from_calendar_date(2026, Month::August, day).expect("a day");
        let last = Timestamp::start_of_wib_day(day(2)).minus_micros(1);
        assert_eq!(faces_left(0, None, last), FACES_A_DAY);
        assert_eq!(faces_left(2, Some(day(1)), last), FACES_A_DAY - 2);
        for sent in [FACES_A_DAY, u8::MAX] {
            assert_eq!(faces_left(sent, Some(day(1)), last), 0);
            assert_eq!(faces_left(sent, Some(day(1)), last.plus_micros(1)), FACES_A_DAY);
        }
    }

    /// Only a match confirms; every fault refutes and is named.
    #[test]
    fn verdicts() {
        assert_eq!(FaceVerdict::Match.judge(), (CheckEvent::Confirm, None));
        for fault in FaceFault::ALL {
            assert_eq!(FaceVerdict::Fault(*fault).judge(), (CheckEvent::Refute, Some(*fault)));
        }
    }

    /// A new face is taken where none waits and none was recognised.
    #[test]
    fn new_faces() {
        for state in CheckState::ALL {
            let expected = matches!(state, CheckState::Refuted | CheckState::Expired);
            assert_eq!(takes_face(*state, true), expected, "{state:?}");
        }
        assert!(takes_face(CheckState::NotAsked, false));
    }

    /// Pauses grow from a quarter of a minute to ten.
    #[test]
    fn pauses() {
        let seconds = [0, 1, 2, 3, 6, 7, u16::MAX].map(|silent| pause_micros(silent) / 1_000_000);
        assert_eq!(seconds, [15, 15, 30, 60, 480, 600, 600]);
    }
}
