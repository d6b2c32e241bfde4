//! Totals that no replay can meet.

use domain::time::Timestamp;
use domain::wave::{WaveKind, WaveNumber};

use super::{Totals, WaveShape};

/// The most people: each has a number of 32 bits, and some numbers are left for refused attempts.
const PEOPLE_MAX: u64 = 4_000_000_000;

/// An inequality that the totals break.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlanRefusal {
    /// Nothing to replay.
    #[error("people >= 1 is violated: a replay needs at least one person; raise people")]
    NobodyJoins,
    /// A person is numbered by 32 bits.
    #[error("people <= {maximum} is violated: {people} people are too many; replay fewer")]
    TooManyPeople {
        /// People wanted.
        people: u64,
        /// The most that have a number.
        maximum: u64,
    },
    /// A person who never joins is no applicant.
    #[error(
        "people <= joins is violated: {people} people join at least once each, but joins is \
         {joins}; raise joins or lower people"
    )]
    PeopleAboveJoins {
        /// People wanted.
        people: u64,
        /// Joins wanted.
        joins: u64,
    },
    /// A person is a recipient once.
    #[error(
        "sk <= people is violated: {sk} recipients are more than the {people} people, and a person \
         receives only once; lower sk or raise people"
    )]
    RecipientsAbovePeople {
        /// Recipients wanted.
        sk: u64,
        /// People wanted.
        people: u64,
    },
    /// Effective recipients are recipients.
    #[error(
        "effective <= sk is violated: {effective} effective recipients are more than the {sk} \
         recipients; lower effective or raise sk"
    )]
    EffectiveAboveRecipients {
        /// Effective recipients wanted.
        effective: u64,
        /// Recipients wanted.
        sk: u64,
    },
    /// The calendar has nothing to replay.
    #[error("waves >= 1 is violated: the calendar has no wave; name a calendar with waves")]
    NoWave,
    /// Freed seats need seats that were given before.
    #[error(
        "sk <= 0 is violated: without a regular wave there is no seat, but sk is {sk}; lower sk to 0 \
         or name a calendar with a regular wave"
    )]
    NoRegularWave {
        /// Recipients wanted.
        sk: u64,
    },
    /// Waves are planned one after another.
    #[error(
        "the close of {earlier:?} at {earlier_closes_at} is not before that of {wave:?} at \
         {closes_at}; give the waves in the order of their close"
    )]
    WavesOutOfOrder {
        /// The wave given first.
        earlier: WaveNumber,
        /// Its close.
        earlier_closes_at: Timestamp,
        /// The wave given next.
        wave: WaveNumber,
        /// Its close.
        closes_at: Timestamp,
    },
    /// All freed seats go to later waves, whose recipients would have to miss in turn.
    #[error(
        "sk - effective <= effective is violated: {missed} recipients miss the deadline but only \
         {effective} do not, and later waves take over every freed seat of a regular wave; raise \
         effective to at least half of sk"
    )]
    MissedAboveEffective {
        /// Recipients who miss.
        missed: u64,
        /// Recipients who do not.
        effective: u64,
    },
    /// Everybody joins every wave until winning, and it is still not enough.
    #[error(
        "joins <= {maximum} is violated: {people} people can join {waves} waves at most {maximum} \
         times when {sk} of them win and then stop, but joins is {joins}; lower joins or raise people"
    )]
    JoinsAboveMaximum {
        /// Joins wanted.
        joins: u64,
        /// The most that are possible.
        maximum: u64,
        /// People wanted.
        people: u64,
        /// Recipients wanted.
        sk: u64,
        /// Waves of the calendar.
        waves: usize,
    },
}

/// Refuses what needs no plan to be seen.
pub(super) fn check_totals(totals: &Totals, shapes: &[WaveShape]) -> Result<(), PlanRefusal> {
    let Totals { joins, people, sk, effective } = *totals;
    let rules = [
        (people >= 1, PlanRefusal::NobodyJoins),
        (people <= PEOPLE_MAX, PlanRefusal::TooManyPeople { people, maximum: PEOPLE_MAX }),
        (people <= joins, PlanRefusal::PeopleAboveJoins { people, joins }),
        (sk <= people, PlanRefusal::RecipientsAbovePeople { sk, people }),
        (effective <= sk, PlanRefusal::EffectiveAboveRecipients { effective, sk }),
        (!shapes.is_empty(), PlanRefusal::NoWave),
        (sk == 0 || has_regular(shapes), PlanRefusal::NoRegularWave { sk }),
    ];
    if let Some((_, refusal)) = rules.into_iter().find(|(holds, _)| !holds) {
        return Err(refusal);
    }
    let unordered = shapes.windows(2).find_map(|pair| match pair {
        [earlier, wave] if earlier.closes_at >= wave.closes_at => Some((*earlier, *wave)),
        _ => None,
    });
    match unordered {
        Some((earlier, wave)) => Err(PlanRefusal::WavesOutOfOrder {
            earlier: earlier.wave,
            earlier_closes_at: earlier.closes_at,
            wave: wave.wave,
            closes_at: wave.closes_at,
        }),
        None => Ok(()),
    }
}

fn has_regular(shapes: &[WaveShape]) -> bool {
    shapes.iter().any(|shape| shape.kind == WaveKind::Regular)
}
