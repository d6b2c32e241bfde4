//! The threshold form: who is selected follows from mask and ticket alone (sections 7 and 16.6).

use crate::ticket::Ticket;

/// Thresholds of one pool in one region.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PoolLimits {
    /// Trait bits that the pool needs.
    pub need: u16,
    /// Largest ticket with a seat by ticket.
    pub cutoff: Option<Ticket>,
    /// Largest ticket with a guaranteed seat per true mask, ascending by mask.
    pub close: Vec<(u16, Ticket)>,
}

/// Which limit lets a ticket in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// The ticket is at or under the limit of its mask.
    Close,
    /// The ticket is at or under the limit for everybody in the pool, and not under that of its mask.
    Cutoff,
}

/// Why a person in play has a seat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Admission {
    /// First pool that lets the person in, by place in the list.
    pub pool: usize,
    /// The limit that does.
    pub limit: Limit,
}

impl PoolLimits {
    /// Limit of a mask, if anybody with it has a guaranteed seat.
    pub fn close_of(&self, mask: u16) -> Option<&Ticket> {
        let found = self.close.binary_search_by_key(&mask, |(own, _)| *own).ok();
        found.and_then(|place| self.close.get(place)).map(|(_, ticket)| ticket)
    }

    /// Which limit lets in a person in play with this true mask, if the pool accepts the mask.
    pub fn admits(&self, mask: u16, ticket: &Ticket) -> Option<Limit> {
        if mask & self.need != self.need {
            return None;
        }
        let under = |limit: Option<&Ticket>| limit.is_some_and(|limit| ticket <= limit);
        if under(self.close_of(mask)) {
            Some(Limit::Close)
        } else {
            under(self.cutoff.as_ref()).then_some(Limit::Cutoff)
        }
    }
}

/// Whether and why a person in play is selected; `pools` are those of the person's region in the
/// order of the policy.
pub fn admission(pools: &[PoolLimits], mask: u16, ticket: &Ticket) -> Option<Admission> {
    pools.iter().enumerate().find_map(|(pool, limits)| {
        let limit = limits.admits(mask, ticket)?;
        Some(Admission { pool, limit })
    })
}

/// Whether a person in play is selected; see [`admission`].
pub fn is_selected(pools: &[PoolLimits], mask: u16, ticket: &Ticket) -> bool {
    admission(pools, mask, ticket).is_some()
}
