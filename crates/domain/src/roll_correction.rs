//! Correcting the frozen list of a wave that everybody can recompute: while people look at it, and never once the random
//! value of the draw is near (selection.md sections 3 and 16.8).

use crate::time::Timestamp;
use crate::wave::{WaveNumber, WaveState};

/// What witnesses are given to see a corrected list, in microseconds: two hours, since the job that shows it to them tries
/// for an hour and a half. Source: assumed.
const WITNESSING: i64 = 7_200_000_000;

/// Members that one correction may judge again: whoever checks it looks at each. More than that is no mistake of the list
/// but of the freeze. Source: assumed.
pub const JUDGED_MAX: usize = 1_000;

/// How the published rules bound the next correction of a wave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CorrectionBounds {
    /// Corrections made.
    pub made: u8,
    /// Corrections allowed.
    pub allowed: u8,
    /// Instant before which witnesses must have seen the next plan: a margin before the present one's draw.
    pub seen_before: Timestamp,
}

/// Why a list stays as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CorrectionBar {
    /// There is no list, or it is drawn.
    #[error("the list of {wave:?} can be corrected between its freeze and its draw; it is {state}")]
    NotFrozen {
        /// The wave.
        wave: WaveNumber,
        /// Name of its state.
        state: &'static str,
    },
    /// The rules allow no more.
    #[error(
        "the list of {wave:?} was corrected {allowed} times, which is all that its published rules allow; whoever \
         should be in it may appeal after the decree"
    )]
    UsedUp {
        /// The wave.
        wave: WaveNumber,
        /// Corrections allowed.
        allowed: u8,
    },
    /// Witnesses could not see it in time.
    #[error(
        "the list of {wave:?} could be corrected until {until}, so that witnesses can see it before the draw; whoever \
         should be in it may appeal after the decree"
    )]
    TooLate {
        /// The wave.
        wave: WaveNumber,
        /// The first instant that is too late.
        until: Timestamp,
    },
}

/// Why the list of a published wave may not be corrected now, if so.
pub fn refuse_roll_correction(
    (wave, state): (WaveNumber, &WaveState),
    bounds: &CorrectionBounds,
    now: Timestamp,
) -> Option<CorrectionBar> {
    if !matches!(state, WaveState::Frozen { .. }) {
        return Some(CorrectionBar::NotFrozen { wave, state: state.name() });
    }
    if bounds.made >= bounds.allowed {
        return Some(CorrectionBar::UsedUp { wave, allowed: bounds.allowed });
    }
    let until = bounds.seen_before.minus_micros(WITNESSING);
    (now >= until).then_some(CorrectionBar::TooLate { wave, until })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each bound by the last instant, count or state that it allows and the first that it does not.
    #[test]
    fn bounds() {
        let wave = WaveNumber::new(72).expect("a number");
        let at = |hours: i64| Timestamp::from_micros(hours.saturating_mul(3_600_000_000));
        let check = |state: &str, made, now, expected: Option<CorrectionBar>| {
            let state = WaveState::from_name(state, at(0)).expect("a state");
            let bounds = CorrectionBounds { made, allowed: 3, seen_before: at(12) };
            assert_eq!(refuse_roll_correction((wave, &state), &bounds, now), expected);
        };
        check("frozen", 0, at(9), None);
        check("frozen", 2, at(10).minus_micros(1), None);
        let late = CorrectionBar::TooLate { wave, until: at(10) };
        check("frozen", 2, at(10), Some(late));
        check("frozen", 3, at(9), Some(CorrectionBar::UsedUp { wave, allowed: 3 }));
        for state in ["draft", "open", "closed", "drawn", "appointed", "settled", "cancelled"] {
            check(state, 0, at(9), Some(CorrectionBar::NotFrozen { wave, state }));
        }
    }
}
