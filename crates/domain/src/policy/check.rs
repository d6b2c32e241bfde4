//! Gathers every fault of a policy, so that whoever writes one mends it in one go.

use std::collections::BTreeSet;

use super::{DayRange, PolicyFault};

/// Collects faults while the groups of rules check themselves. Keys are `group.parameter`.
pub(super) struct Checker {
    pub(super) faults: Vec<PolicyFault>,
}

impl Checker {
    /// `value` must lie in `min..=max`.
    pub(super) fn range(&mut self, key: &'static str, value: impl Into<i64>, min: i64, max: i64) {
        let value = value.into();
        if value < min || value > max {
            self.faults.push(PolicyFault::OutOfRange { key, value, min, max });
        }
    }

    /// As [`Self::range`], if there is a value.
    pub(super) fn range_if(
        &mut self,
        key: &'static str,
        value: Option<impl Into<i64>>,
        min: i64,
        max: i64,
    ) {
        if let Some(value) = value {
            self.range(key, value, min, max);
        }
    }

    /// Both ends must lie in `1..=max` and in order.
    pub(super) fn days(&mut self, key: &'static str, days: DayRange, max: i64) {
        self.range(key, days.min, 1, max);
        self.range(key, days.max, 1, max);
        if days.min > days.max {
            self.contradiction(key, key, "the first number of days is above the second");
        }
    }

    /// At least one member.
    pub(super) fn not_empty<T>(&mut self, key: &'static str, set: &BTreeSet<T>) {
        if set.is_empty() {
            self.faults.push(PolicyFault::Empty { key });
        }
    }

    /// Two parameters that exclude each other, with the reason in words.
    pub(super) fn contradiction(
        &mut self,
        key: &'static str,
        other: &'static str,
        why: &'static str,
    ) {
        self.faults.push(PolicyFault::Contradiction { key, other, why });
    }
}
