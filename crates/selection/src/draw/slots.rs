//! Guaranteed seats of one pool: who can still be matched one-to-one (sections 7 and 16.6).
//!
//! Sets of people that can be matched form a matroid, so a set of traits that is refused once stays
//! refused. By Hall's theorem a person fits exactly if every set of traits that holds all of theirs
//! has more seats than people matched within it; that slack is kept for every set.

use super::plan::GuaranteedSeats;
use crate::traits::{project, sum_subsets};

/// Slack of every set of at most 8 guaranteed traits, and the sets of traits that are closed.
#[derive(Clone, Debug, Default)]
pub(super) struct Slots {
    bits: Vec<u8>,
    slack: Vec<u64>,
    closed: Vec<bool>,
}

impl Slots {
    /// All seats free.
    pub(super) fn new(guarantees: &[GuaranteedSeats]) -> Self {
        let sets = 1usize << guarantees.len();
        let mut slack = vec![0; sets];
        for (place, guarantee) in guarantees.iter().enumerate() {
            if let Some(own) = slack.get_mut(1 << place) {
                *own = u64::from(guarantee.seats);
            }
        }
        sum_subsets(&mut slack);
        let bits = guarantees.iter().map(|guarantee| guarantee.trait_bit).collect();
        let mut slots = Self { bits, slack, closed: vec![false; sets] };
        for set in 0..sets {
            slots.close_if_full(set);
        }
        slots
    }

    /// The guaranteed traits of a mask, as this pool numbers them.
    pub(super) fn traits_of(&self, mask: u16) -> usize {
        project(mask, self.bits.iter().copied())
    }

    /// Whether a person with these traits can be matched beside all others.
    pub(super) fn accepts(&self, traits: usize) -> bool {
        self.closed.get(traits) == Some(&false)
    }

    /// Matches one more person, whom [`Slots::accepts`] has let in.
    pub(super) fn take(&mut self, traits: usize) {
        for set in supersets(traits, self.slack.len()) {
            if let Some(slack) = self.slack.get_mut(set) {
                *slack = slack.saturating_sub(1);
            }
            self.close_if_full(set);
        }
    }

    /// Gives a matched person's place back.
    pub(super) fn give_back(&mut self, traits: usize) {
        for set in supersets(traits, self.slack.len()) {
            if let Some(slack) = self.slack.get_mut(set) {
                *slack = slack.saturating_add(1);
            }
        }
        self.closed.fill(false);
        for set in 0..self.slack.len() {
            self.close_if_full(set);
        }
    }

    /// Guaranteed seats without a person.
    pub(super) fn free(&self) -> u64 {
        self.slack.last().copied().unwrap_or(0)
    }

    /// A full set takes nobody whose traits all lie in it; those without a trait lie in all.
    fn close_if_full(&mut self, set: usize) {
        if self.slack.get(set) != Some(&0) {
            return;
        }
        let mut subset = set;
        loop {
            if let Some(closed) = self.closed.get_mut(subset) {
                *closed = true;
            }
            if subset == 0 {
                return;
            }
            subset = subset.saturating_sub(1) & set;
        }
    }
}

/// All sets below `sets` that hold `traits`.
fn supersets(traits: usize, sets: usize) -> impl Iterator<Item = usize> {
    (traits..sets).filter(move |set| set & traits == traits)
}
