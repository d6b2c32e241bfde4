//! Results of the draw as they are published: counts and thresholds per pool and mask.

use super::classes::Class;
use super::limits::PoolLimits;
use super::plan::PoolPlan;
use super::seating::{ClassSeats, PoolSeats};
use crate::record::HIDDEN_MASK;
use crate::ticket::Ticket;

/// What a pool did with the people of one mask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MaskResult {
    /// The mask; [`HIDDEN_MASK`] for all hidden ones together.
    pub mask: u16,
    /// People in play whom the pool accepts and earlier pools left.
    pub n: u32,
    /// Of them, people with a seat of this pool.
    pub selected: u32,
    /// Of these, people with a guaranteed seat.
    pub step1: u32,
    /// Largest ticket with a guaranteed seat.
    pub close: Option<Ticket>,
}

/// What a pool did in one region.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PoolResult {
    /// Trait bits that the pool needs.
    pub need: u16,
    /// Seats of the pool.
    pub seats: u32,
    /// People with a seat; leftovers of other pools count in `open`.
    pub filled: u32,
    /// Guaranteed seats that step 1 could not fill.
    pub short: u32,
    /// Largest ticket with a seat by ticket.
    pub cutoff: Option<Ticket>,
    /// As published: every mask with people, ascending, hidden ones together and without `close`.
    pub masks: Vec<MaskResult>,
    /// Never published: hidden people by true mask, ascending.
    pub hidden: Vec<MaskResult>,
}

impl PoolResult {
    /// The thresholds, those of hidden masks included.
    pub fn limits(&self) -> PoolLimits {
        let rows = self.masks.iter().chain(&self.hidden);
        let mut close: Vec<(u16, Ticket)> =
            rows.filter_map(|row| Some((row.mask, row.close?))).collect();
        close.sort_unstable();
        // Visible and hidden people of one mask share the larger limit.
        close.reverse();
        close.dedup_by_key(|(mask, _)| *mask);
        close.reverse();
        PoolLimits { need: self.need, cutoff: self.cutoff, close }
    }

    pub(super) fn new(
        plan: &PoolPlan,
        pool: &PoolSeats,
        classes: &[Class],
        ticket: impl Fn(u32) -> Option<Ticket>,
    ) -> Self {
        let row = |mask: u16, own: &ClassSeats| MaskResult {
            mask,
            n: own.n,
            selected: own.selected,
            step1: own.step1,
            close: own.close.and_then(&ticket),
        };
        let people = || classes.iter().zip(&pool.classes).filter(|(_, own)| own.n > 0);
        let rows = |hidden: bool| {
            let rows = people().filter(move |(class, _)| class.hidden == hidden);
            let mut rows: Vec<MaskResult> = rows.map(|(class, own)| row(class.mask, own)).collect();
            rows.sort_unstable_by_key(|row| row.mask);
            rows
        };
        let (mut masks, hidden) = (rows(false), rows(true));
        masks.extend(together(&hidden));
        Self {
            need: plan.need,
            seats: plan.seats,
            filled: pool.filled,
            short: pool.short,
            cutoff: pool.cutoff.and_then(|(_, index)| ticket(index)),
            masks,
            hidden,
        }
    }
}

/// Hidden people as one row; the hidden mask is the largest, so the row comes last.
fn together(hidden: &[MaskResult]) -> Option<MaskResult> {
    let sum = |of: fn(&MaskResult) -> u32| hidden.iter().map(of).fold(0, u32::saturating_add);
    (!hidden.is_empty()).then(|| MaskResult {
        mask: HIDDEN_MASK,
        n: sum(|row| row.n),
        selected: sum(|row| row.selected),
        step1: sum(|row| row.step1),
        close: None,
    })
}
