//! Pseudo-random values by seed, label and number, so that one more draw shifts no other.

use crate::hash::Choices;

/// What a value decides. Each label is a stream of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Label {
    Age,
    AgeWithin,
    AgeSecond,
    Birthday,
    LeapDay,
    Card,
    Name,
    Education,
    Employment,
    Disability,
    Finding,
    FindingDetail,
    Contact,
    Sex,
    Place,
    PersonId,
    Namesake,
    Victim,
}

/// The streams of all labels under one seed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Draws(Choices);

impl Draws {
    pub(super) fn new(seed: u64) -> Self {
        Self(Choices::new(seed, "population"))
    }

    /// The value of a number in a stream, uniform over all 64 bits.
    pub(super) const fn value(self, label: Label, number: u64) -> u64 {
        self.0.number(label as u64, number)
    }

    /// A value in `0..end`; 0 if `end` is 0.
    pub(super) fn below(self, label: Label, number: u64, end: u64) -> u64 {
        self.0.below(label as u64, number, end)
    }
}

/// Scales a full-range value to `0..end`.
pub(super) const fn scale(value: u64, end: u64) -> u64 {
    ((value as u128 * end as u128) >> 64) as u64
}
