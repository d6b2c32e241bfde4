//! Everything the replay does, in the order of the calendar.

use domain::appeals::filing_ends;
use domain::calendar::CalendarWave;
use domain::time::Timestamp;
use domain::wave::WaveNumber;

use crate::plan::PlannedWave;

/// A step of one wave. At one instant the steps of different waves run in this order: a roll is frozen
/// before seats freed at the same instant could reach it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Step {
    /// The wave opens.
    Open,
    /// New people register, and everyone who wants to joins.
    Enrol,
    /// The wave closes.
    Close,
    /// Eligibility, roll and quota.
    Freeze,
    /// The draw.
    Draw,
    /// The decree.
    Appoint,
    /// First purchases.
    Purchase,
    /// The deadline passes.
    Sweep,
    /// Nobody may appeal any more, and what is left of the fund goes back.
    Settle,
}

/// A step with its instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Moment {
    pub(crate) at: Timestamp,
    pub(crate) step: Step,
    pub(crate) wave: WaveNumber,
    /// Place of the wave in the plan.
    pub(crate) index: usize,
}

/// All steps of all waves, ascending.
pub(crate) fn timeline(waves: &[PlannedWave]) -> Vec<Moment> {
    let mut moments: Vec<Moment> = waves
        .iter()
        .enumerate()
        .flat_map(|(index, planned)| {
            let shape = &planned.shape;
            let calendar = CalendarWave {
                number: shape.wave,
                kind: shape.kind,
                opens_at: shape.opens_at,
                closes_at: shape.closes_at,
                results_at: shape.results_at,
                moved_s: 0,
            };
            let steps = [
                (Step::Open, shape.opens_at),
                (Step::Enrol, shape.closes_at.minus_micros(1)),
                (Step::Close, shape.closes_at),
                (Step::Freeze, shape.freezes_at),
                (Step::Draw, calendar.draw_at()),
                (Step::Appoint, shape.results_at),
                (Step::Purchase, shape.sweep_at.minus_micros(1)),
                (Step::Sweep, shape.sweep_at),
                (Step::Settle, shape.sweep_at.max(filing_ends(shape.results_at))),
            ];
            steps.map(|(step, at)| Moment { at, step, wave: shape.wave, index })
        })
        .collect();
    moments.sort_unstable();
    moments
}
