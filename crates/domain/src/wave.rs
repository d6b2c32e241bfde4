//! A wave (gelombang): its number, kind and life.

use std::fmt;

use crate::policy::named::named_enum;
use crate::time::Timestamp;

/// Number of a wave within the programme, from 1.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WaveNumber(u16);

impl WaveNumber {
    /// Accepts `1..=9999`, what a decree number can print.
    pub const fn new(number: u16) -> Option<Self> {
        if number == 0 || number > 9999 { None } else { Some(Self(number)) }
    }

    /// The plain number.
    pub const fn get(self) -> u16 {
        self.0
    }
}

impl fmt::Display for WaveNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for WaveNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "wave {}", self.0)
    }
}

named_enum! {
    /// Where a wave's seats come from.
    WaveKind {
        /// A quota of its own, plus freed seats where the policy says so.
        Regular = "regular",
        /// Only seats freed by revocation (gelombang pemulihan).
        Recovery = "recovery",
    }
}

/// Life of a wave. Each state carries the instant it was reached.
///
/// `draft -> open -> closed -> frozen -> drawn -> appointed -> settled`, and `cancelled` from any
/// state before the draw. Source: design.md section 4, programme.md section 4.2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WaveState {
    /// In the calendar, not open yet.
    Draft,
    /// People may join.
    Open {
        /// When joining began.
        opened_at: Timestamp,
    },
    /// No more joins; eligibility is not decided yet.
    Closed {
        /// When joining ended.
        closed_at: Timestamp,
    },
    /// Eligibility is decided and the roll of the draw is fixed.
    Frozen {
        /// When the roll was fixed.
        frozen_at: Timestamp,
    },
    /// Every member has a decision.
    Drawn {
        /// When the draw ran.
        drawn_at: Timestamp,
    },
    /// The decree is signed and the selected are beneficiaries.
    Appointed {
        /// When the decree was signed.
        appointed_at: Timestamp,
    },
    /// No deadline of a first purchase runs any more and the money is squared.
    Settled {
        /// When the wave was settled.
        settled_at: Timestamp,
    },
    /// Ended without a draw.
    Cancelled {
        /// When it was cancelled.
        cancelled_at: Timestamp,
    },
}

/// What can happen to a wave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WaveEvent {
    /// Joining begins.
    Open,
    /// Joining ends.
    Close,
    /// Eligibility decided, roll fixed.
    Freeze,
    /// The draw.
    Draw,
    /// The decree.
    Appoint,
    /// The last deadline has passed and the books are squared.
    Settle,
    /// Ended without a draw.
    Cancel,
}

/// An event that the present state does not allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("cannot {event:?} a wave that is {from}")]
pub struct InvalidTransition {
    /// Name of the present state.
    pub from: &'static str,
    /// The event refused.
    pub event: WaveEvent,
}

impl WaveEvent {
    /// Every event, for tables and tests.
    pub const ALL: [Self; 7] = [
        Self::Open,
        Self::Close,
        Self::Freeze,
        Self::Draw,
        Self::Appoint,
        Self::Settle,
        Self::Cancel,
    ];
}

impl WaveState {
    /// Name of the state as the database and the interface programs have it.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Open { .. } => "open",
            Self::Closed { .. } => "closed",
            Self::Frozen { .. } => "frozen",
            Self::Drawn { .. } => "drawn",
            Self::Appointed { .. } => "appointed",
            Self::Settled { .. } => "settled",
            Self::Cancelled { .. } => "cancelled",
        }
    }

    /// The state after `event` at `at`.
    ///
    /// # Errors
    /// [`InvalidTransition`] if the state does not allow the event; nothing changes then.
    pub fn apply(self, event: WaveEvent, at: Timestamp) -> Result<Self, InvalidTransition> {
        use WaveEvent as E;
        match (self, event) {
            (Self::Draft, E::Open) => Ok(Self::Open { opened_at: at }),
            (Self::Open { .. }, E::Close) => Ok(Self::Closed { closed_at: at }),
            (Self::Closed { .. }, E::Freeze) => Ok(Self::Frozen { frozen_at: at }),
            (Self::Frozen { .. }, E::Draw) => Ok(Self::Drawn { drawn_at: at }),
            (Self::Drawn { .. }, E::Appoint) => Ok(Self::Appointed { appointed_at: at }),
            (Self::Appointed { .. }, E::Settle) => Ok(Self::Settled { settled_at: at }),
            (
                Self::Draft | Self::Open { .. } | Self::Closed { .. } | Self::Frozen { .. },
                E::Cancel,
            ) => Ok(Self::Cancelled { cancelled_at: at }),
            (Self::Draft, E::Close | E::Freeze | E::Draw | E::Appoint | E::Settle)
            | (Self::Open { .. }, E::Open | E::Freeze | E::Draw | E::Appoint | E::Settle)
            | (Self::Closed { .. }, E::Open | E::Close | E::Draw | E::Appoint | E::Settle)
            | (Self::Frozen { .. }, E::Open | E::Close | E::Freeze | E::Appoint | E::Settle)
            | (
                Self::Drawn { .. },
                E::Open | E::Close | E::Freeze | E::Draw | E::Settle | E::Cancel,
            )
            | (
                Self::Appointed { .. },
                E::Open | E::Close | E::Freeze | E::Draw | E::Appoint | E::Cancel,
            )
            | (Self::Settled { .. } | Self::Cancelled { .. }, _) => {
                Err(InvalidTransition { from: self.name(), event })
            }
        }
    }

    /// The state of this name reached at `at`; `None` for an unknown name.
    pub fn from_name(name: &str, at: Timestamp) -> Option<Self> {
        match name {
            "draft" => Some(Self::Draft),
            "open" => Some(Self::Open { opened_at: at }),
            "closed" => Some(Self::Closed { closed_at: at }),
            "frozen" => Some(Self::Frozen { frozen_at: at }),
            "drawn" => Some(Self::Drawn { drawn_at: at }),
            "appointed" => Some(Self::Appointed { appointed_at: at }),
            "settled" => Some(Self::Settled { settled_at: at }),
            "cancelled" => Some(Self::Cancelled { cancelled_at: at }),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STATES: [&str; 8] =
        ["draft", "open", "closed", "frozen", "drawn", "appointed", "settled", "cancelled"];

    /// Compares the code with the table in docs/ARCHITECTURE.md over all (state, event) pairs.
    #[test]
    fn table_in_the_docs_is_the_code() {
        let docs = include_str!("../../../docs/ARCHITECTURE.md");
        let mut lines = String::new();
        for from in STATES {
            let state = WaveState::from_name(from, Timestamp::from_micros(0)).expect("known");
            let cells: Vec<String> = WaveEvent::ALL
                .iter()
                .map(|event| match state.apply(*event, Timestamp::from_micros(1)) {
                    Ok(next) => next.name().to_owned(),
                    Err(refused) => {
                        assert_eq!((refused.from, refused.event), (from, *event));
                        "-".to_owned()
                    }
                })
                .collect();
            lines.push_str(&format!("| {from} | {} |\n", cells.join(" | ")));
        }
        assert!(docs.contains(&lines), "docs/ARCHITECTURE.md lacks the table:\n{lines}");
    }
}
