//! Giving seats to people in ticket order, pool after pool (sections 7 and 16.6).

use super::classes::Class;
use super::plan::PoolPlan;
use super::slots::Slots;
use super::{Seat, Step};
use crate::policy::PoolOrder;

/// A person in play, in ticket order.
#[derive(Clone, Copy, Debug)]
pub(super) struct Person {
    /// Index of the record.
    pub(super) index: u32,
    /// Number of the class.
    pub(super) class: u32,
    pub(super) seat: Option<Seat>,
}

/// What a pool did with one class.
#[derive(Clone, Debug)]
pub(super) struct ClassSeats {
    pub(super) accepts: bool,
    traits: usize,
    /// People without a seat when the pool began, if it accepts them.
    pub(super) n: u32,
    pub(super) selected: u32,
    pub(super) step1: u32,
    /// Index of the last record taken in step 1.
    pub(super) close: Option<u32>,
}

/// What a pool did.
#[derive(Clone, Debug)]
pub(super) struct PoolSeats {
    pub(super) filled: u32,
    pub(super) short: u32,
    /// Place in ticket order, and index of the record, of the last person taken by ticket.
    pub(super) cutoff: Option<(usize, u32)>,
    pub(super) classes: Vec<ClassSeats>,
}

/// All pools of one region while they run.
pub(super) struct Seating<'p> {
    people: &'p mut [Person],
    classes: &'p [Class],
    /// People without a seat, by class.
    waiting: Vec<u32>,
}

impl<'p> Seating<'p> {
    pub(super) fn new(people: &'p mut [Person], classes: &'p [Class]) -> Self {
        let mut waiting = vec![0u32; classes.len()];
        for person in people.iter() {
            if let Some(count) = at_mut(&mut waiting, person.class) {
                *count = count.saturating_add(1);
            }
        }
        Self { people, classes, waiting }
    }

    /// Runs all pools, then gives what is left to the pool that takes leftovers.
    pub(super) fn run(mut self, plans: &[PoolPlan]) -> Vec<PoolSeats> {
        let mut pools: Vec<PoolSeats> =
            (0u8..).zip(plans).map(|(number, plan)| self.run_pool(number, plan)).collect();
        let left = plans.iter().zip(&pools).fold(0u32, |left, (plan, pool)| {
            left.saturating_add(plan.seats.saturating_sub(pool.filled))
        });
        let open = (0u8..).zip(plans).zip(&mut pools).find(|((_, plan), _)| plan.takes_leftovers);
        if let Some(((number, _), pool)) = open {
            self.seat_by_ticket(pool, number, left);
        }
        pools
    }

    fn run_pool(&mut self, number: u8, plan: &PoolPlan) -> PoolSeats {
        let mut slots = Slots::new(&plan.guarantees);
        let mut pool = self.empty_pool(plan, &slots);
        // Guarantees add up to at most the seats, so this stays within 32 bits.
        let guaranteed = u32::try_from(slots.free()).unwrap_or(plan.seats);
        if plan.order == PoolOrder::OpenFirst {
            self.seat_by_ticket(&mut pool, number, plan.seats.saturating_sub(guaranteed));
        }
        self.seat_by_guarantee(&mut pool, number, &mut slots);
        pool.short = u32::try_from(slots.free()).unwrap_or(plan.seats);
        let unfilled = plan.seats.saturating_sub(pool.filled);
        self.seat_by_ticket(&mut pool, number, unfilled);
        pool
    }

    fn empty_pool(&self, plan: &PoolPlan, slots: &Slots) -> PoolSeats {
        let classes = self.classes.iter().zip(&self.waiting).map(|(class, waiting)| {
            // An unknown mask sits only where no mask matters.
            let accepts = class.is_unknown() || plan.accepts(class.mask);
            let traits = if class.is_unknown() { 0 } else { slots.traits_of(class.mask) };
            let n = if accepts { *waiting } else { 0 };
            ClassSeats { accepts, traits, n, selected: 0, step1: 0, close: None }
        });
        PoolSeats { filled: 0, short: 0, cutoff: None, classes: classes.collect() }
    }

    /// Step 1: everybody who can be matched beside those taken before, in ticket order.
    fn seat_by_guarantee(&mut self, pool: &mut PoolSeats, number: u8, slots: &mut Slots) {
        for person in self.people.iter_mut() {
            if slots.free() == 0 {
                return;
            }
            if person.seat.is_some() {
                continue;
            }
            let Some(class) = at_mut(&mut pool.classes, person.class) else { continue };
            if !class.accepts || !slots.accepts(class.traits) {
                continue;
            }
            slots.take(class.traits);
            class.step1 = class.step1.saturating_add(1);
            class.selected = class.selected.saturating_add(1);
            class.close = Some(person.index);
            person.seat = Some(Seat { pool: number, step: Step::Guarantee });
            pool.filled = pool.filled.saturating_add(1);
            one_less(&mut self.waiting, person.class);
        }
    }

    /// Step 2: up to `seats` people whom the pool accepts, in ticket order.
    fn seat_by_ticket(&mut self, pool: &mut PoolSeats, number: u8, seats: u32) {
        let mut left = seats;
        for (place, person) in self.people.iter_mut().enumerate() {
            if left == 0 {
                return;
            }
            if person.seat.is_some() {
                continue;
            }
            let Some(class) = at_mut(&mut pool.classes, person.class) else { continue };
            if !class.accepts {
                continue;
            }
            class.selected = class.selected.saturating_add(1);
            person.seat = Some(Seat { pool: number, step: Step::Ticket });
            pool.filled = pool.filled.saturating_add(1);
            pool.cutoff = pool.cutoff.max(Some((place, person.index)));
            left = left.saturating_sub(1);
            one_less(&mut self.waiting, person.class);
        }
    }
}

fn at_mut<T>(list: &mut [T], number: u32) -> Option<&mut T> {
    usize::try_from(number).ok().and_then(|number| list.get_mut(number))
}

fn one_less(waiting: &mut [u32], class: u32) {
    if let Some(count) = at_mut(waiting, class) {
        *count = count.saturating_sub(1);
    }
}
