//! What must happen in each wave so that given totals come out, fixed before the replay starts.
//!
//! The plan counts: seats, joins and missed deadlines of each wave. Who joins, who is drawn and who
//! misses is decided later by behaviour and by the draw. The equations:
//! - the new joiners of all waves are the people, and all joiners together the joins;
//! - a wave's quota is its base seats plus the freed seats it takes over, all quotas are the
//!   recipients, and a recovery wave has no base;
//! - the missed deadlines of all waves are the recipients less the effective ones, and the base seats
//!   of all waves are the effective ones plus the freed seats that no later wave takes;
//! - winners never join again, so a wave's returning joiners are at most the people who joined
//!   earlier less the seats given earlier, and its joiners are at least its quota.

mod joins;
mod level;
mod refusal;
mod seats;
#[cfg(test)]
mod tests;

use domain::time::Timestamp;
use domain::wave::{WaveKind, WaveNumber};

pub use refusal::PlanRefusal;

/// What a replay must end with, in one region.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Totals {
    /// Joins of all waves.
    pub joins: u64,
    /// Distinct persons among them.
    pub people: u64,
    /// Persons named in a decree (SK).
    pub sk: u64,
    /// Those among them who buy a first training in time.
    pub effective: u64,
}

/// What the calendar, the policy and the national figures say about a wave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WaveShape {
    /// Its number.
    pub wave: WaveNumber,
    /// Where its seats come from.
    pub kind: WaveKind,
    /// First instant at which people may join.
    pub opens_at: Timestamp,
    /// First instant at which they may not any more.
    pub closes_at: Timestamp,
    /// When the results are announced.
    pub results_at: Timestamp,
    /// When the quota is fixed: only seats freed before can be in it.
    pub freezes_at: Timestamp,
    /// Deadline of the first purchase of this wave's recipients, when its seats are freed.
    pub sweep_at: Timestamp,
    /// Oldest age at the close, in full years; `None` without a limit.
    pub max_age: Option<u8>,
    /// Whether freed seats are added to this wave's quota.
    pub takes_freed: bool,
    /// Weight of the wave when base seats are split.
    pub quota_weight: u64,
    /// Weight of the wave when joins are split.
    pub join_weight: u64,
    /// Recipients per mille who tend to miss the deadline; only its proportion to other waves counts.
    pub revoked_weight: u64,
}

/// The figures of one wave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlannedWave {
    /// What the plan was given.
    pub shape: WaveShape,
    /// Seats of its own.
    pub base_seats: u64,
    /// Freed seats of earlier waves that it takes over.
    pub reused_seats: u64,
    /// Seats to draw: base and reused.
    pub quota: u64,
    /// Recipients of this wave who miss the deadline.
    pub missed: u64,
    /// The wave that takes over the seats they lose; `None` if they still wait at the end.
    pub freed_seats_go_to: Option<WaveNumber>,
    /// Joiners who have never joined before.
    pub new_joiners: u64,
    /// Joiners who have.
    pub returning_joiners: u64,
}

impl PlannedWave {
    /// Everyone who joins.
    pub const fn joiners(&self) -> u64 {
        self.new_joiners.saturating_add(self.returning_joiners)
    }
}

/// How much of a population the draw cannot use. Tight totals leave room for less.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mix {
    /// People per mille about whom a register knows something that bars them; at most 60.
    pub ineligible_per_mille: u16,
    /// Whether some families have three to five members, more than a family card allows to win.
    pub large_families: bool,
    /// Whether some people are or grow older than a later wave allows.
    pub outgrown: bool,
}

/// A plan that satisfies the equations. Built only by [`Plan::new`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    totals: Totals,
    waves: Vec<PlannedWave>,
    mix: Mix,
}

impl Plan {
    /// Plans the waves, given in the order of their close.
    ///
    /// # Errors
    /// [`PlanRefusal`] names the inequality that the totals break, with its numbers and the remedy.
    pub fn new(totals: &Totals, shapes: &[WaveShape]) -> Result<Self, PlanRefusal> {
        refusal::check_totals(totals, shapes)?;
        let seats = seats::plan_seats(totals, shapes)?;
        let quotas: Vec<u64> = seats.iter().map(|seats| seats.base + seats.reused).collect();
        let joins = joins::plan_joins(totals, shapes, &quotas)?;
        let waves: Vec<PlannedWave> = shapes
            .iter()
            .zip(seats)
            .zip(&joins.waves)
            .map(|((shape, seats), joiners)| PlannedWave {
                shape: *shape,
                base_seats: seats.base,
                reused_seats: seats.reused,
                quota: seats.base + seats.reused,
                missed: seats.missed,
                freed_seats_go_to: seats.taker.and_then(|taker| shapes.get(taker)).map(|t| t.wave),
                new_joiners: joiners.new,
                returning_joiners: joiners.returning,
            })
            .collect();
        let mix = joins.mix(totals, &quotas);
        Ok(Self { totals: *totals, waves, mix })
    }

    /// The totals the plan meets.
    pub const fn totals(&self) -> &Totals {
        &self.totals
    }

    /// The waves in order.
    pub fn waves(&self) -> &[PlannedWave] {
        &self.waves
    }

    /// What the population may hold that the draw cannot use.
    pub const fn mix(&self) -> Mix {
        self.mix
    }

    /// Freed seats that no wave takes over.
    pub fn waiting_seats(&self) -> u64 {
        let waiting = self.waves.iter().filter(|wave| wave.freed_seats_go_to.is_none());
        waiting.map(|wave| wave.missed).sum()
    }
}
