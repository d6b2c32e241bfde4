//! Why lists are not corrected.

use domain::calendar::CalendarFault;
use domain::ids::PersonId;
use domain::roll_correction::{CorrectionBar, JUDGED_MAX};
use domain::wave::WaveNumber;

/// Why a list was not corrected.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RollRefusal {
    /// Nobody can recompute the draw of this wave, so nobody could see what was corrected.
    #[error(
        "{0:?} is not published as a folder, so its list stays; whoever should be in it may appeal after the decree"
    )]
    NotPublished(WaveNumber),
    /// State, number or time forbids it.
    #[error(transparent)]
    Bar(#[from] CorrectionBar),
    /// The later announcement does not fit the waves after it.
    #[error(
        "the draw of {wave:?} cannot be moved: {fault}; whoever should be in the list may appeal after the decree"
    )]
    NoRoom {
        /// The wave.
        wave: WaveNumber,
        /// What does not fit.
        fault: CalendarFault,
    },
    /// Nobody or too many were named.
    #[error("{named} members are named; name 1 to {JUDGED_MAX}")]
    Number {
        /// How many.
        named: usize,
    },
    /// Not members of the wave, or not any more.
    #[error("no members of {wave:?}, or not any more: {}; correct or leave out these ids", listed_persons(.persons))]
    NotMembers {
        /// The wave.
        wave: WaveNumber,
        /// Who.
        persons: Vec<PersonId>,
    },
    /// What was agreed on is about a plan that is there already.
    #[error("the next plan of {wave:?} is {next}, not {plan}; propose the correction again")]
    OtherPlan {
        /// The wave.
        wave: WaveNumber,
        /// The plan that was agreed on.
        plan: u8,
        /// The one that can be made.
        next: u8,
    },
    /// The list would be the same.
    #[error(
        "the list of {0:?} would stay as it is: on what is known now, all named are judged as before"
    )]
    Unchanged(WaveNumber),
}

/// Ids one after the other.
pub fn listed_persons(persons: &[PersonId]) -> String {
    persons.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

impl RollRefusal {
    /// A stable code for programs.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotPublished(_) => "roll_not_published",
            Self::Bar(CorrectionBar::NotFrozen { .. }) => "roll_not_frozen",
            Self::Bar(CorrectionBar::UsedUp { .. }) => "corrections_used_up",
            Self::Bar(CorrectionBar::TooLate { .. }) => "correction_too_late",
            Self::NoRoom { .. } => "correction_no_room",
            Self::Number { .. } => "correction_number",
            Self::NotMembers { .. } => "not_members",
            Self::OtherPlan { .. } => "other_plan",
            Self::Unchanged(_) => "roll_unchanged",
        }
    }
}
