//! When things happen, also after corrections (sections 3 and 16.8).

use crate::beacon::{BeaconError, BeaconSchedule};

/// The calendar of a wave; times are Unix seconds in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timetable {
    /// Policy published.
    pub t0: u64,
    /// Registration closes.
    pub t1: u64,
    /// Roll, tree, seats and plan published.
    pub t2: u64,
    /// Contributions revealed.
    pub t3: u64,
    /// Draw.
    pub t4: u64,
    /// Seconds by which witnesses must have seen a plan before its draw; at least 1.
    pub margin_s: u32,
    /// Seconds by which each correction moves T3 and T4; at least 1.
    pub correction_shift_s: u32,
    /// Corrections allowed.
    pub max_corrections: u8,
}

impl Timetable {
    /// Whether plan number `plan` may exist: 1, and one more per correction.
    pub fn allows_plan(&self, plan: u8) -> bool {
        plan >= 1 && plan.saturating_sub(1) <= self.max_corrections
    }

    /// T3 of plan `plan`: the latest witnessed time of the revealed contributions.
    pub fn t3_of(&self, plan: u8) -> u64 {
        self.t3.saturating_add(self.shift(plan))
    }

    /// T4 of plan `plan`: its draw time.
    pub fn t4_of(&self, plan: u8) -> u64 {
        self.t4.saturating_add(self.shift(plan))
    }

    /// Latest witnessed time of the roll, the seats and the plan numbered `plan`.
    pub fn plan_due(&self, plan: u8) -> u64 {
        match plan {
            0 | 1 => self.t2,
            later => self.t4_of(later.saturating_sub(1)).saturating_sub(u64::from(self.margin_s)),
        }
    }

    /// Beacon round of plan `plan`.
    ///
    /// # Errors
    /// [`BeaconError`] if the chain has no round for that time.
    pub fn round_of(&self, plan: u8, schedule: &BeaconSchedule) -> Result<u64, BeaconError> {
        schedule.round_at(self.t4_of(plan))
    }

    fn shift(&self, plan: u8) -> u64 {
        u64::from(plan.saturating_sub(1)).saturating_mul(u64::from(self.correction_shift_s))
    }
}
