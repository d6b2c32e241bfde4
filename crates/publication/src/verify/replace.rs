//! Seats that were taken back, and who took them over (section 16.6, Replacement).

use std::collections::{BTreeMap, BTreeSet};

use selection::draw::{Seat, SeatBook, Step, WAITLIST_CAPPED};
use selection::policy::Pool;
use selection::record::EntryTag;

use super::draw::Wave;
use super::report::Fault;
use super::{Entries, Span};
use crate::format::Revocation;

/// The revocations of one region.
pub(super) struct Replay<'r> {
    revocations: &'r [Revocation],
    entries: &'r Entries,
    span: Span,
    granted: &'r BTreeSet<(u16, EntryTag)>,
    /// Whether seats pass on within the wave.
    waitlist: bool,
    /// Place of the pool for everybody, whose seats granted appeals have.
    open: u8,
}

impl<'r> Replay<'r> {
    /// `None` where nobody was revoked.
    pub(super) fn of(wave: &'r Wave<'_>, span: Span) -> Option<Self> {
        let revocations = wave.revocations.get(&span.region)?;
        let rules = &wave.folder.policy.policy().get().rules;
        let open = rules.pools.iter().position(Pool::is_open).unwrap_or(0);
        Some(Self {
            revocations,
            entries: wave.entries,
            span,
            granted: &wave.granted,
            waitlist: rules.waitlist,
            // There are at most 8 pools.
            open: u8::try_from(open).unwrap_or(0),
        })
    }

    fn is_granted(&self, tag: EntryTag) -> bool {
        self.granted.contains(&(self.span.region, tag))
    }

    fn find(&self, tag: EntryTag) -> Result<u64, Fault> {
        let found = self.entries.find(self.span, tag)?;
        found.ok_or_else(|| self.fault(tag, "is revoked or appointed, but not in the list"))
    }

    fn fault(&self, tag: EntryTag, text: &str) -> Fault {
        Fault::new(format!("revoked.json: entry {tag} of region {} {text}", self.span.region))
    }

    /// Seats pass on only where the policy says so.
    fn successor(&self, own: &Revocation) -> Result<Option<(EntryTag, u64)>, Fault> {
        let Some(tag) = own.replaced_by else { return Ok(None) };
        if !self.waitlist {
            return Err(self.fault(tag, "took over a seat, but the policy has no waiting list"));
        }
        Ok(Some((tag, self.find(tag)?)))
    }

    /// Place within the region, as the draw counts.
    fn place(&self, index: u64) -> u32 {
        // A region has fewer than 2^32 records.
        u32::try_from(index - self.span.start).unwrap_or(u32::MAX)
    }
}

/// Goes through the revocations of a region that was drawn.
pub(super) fn replay_drawn(replay: &Replay<'_>, mut book: SeatBook) -> Result<(), Fault> {
    let mut granted_back = BTreeSet::new();
    for own in replay.revocations {
        let tag = own.entry_tag;
        let free = if replay.is_granted(tag) {
            if !granted_back.insert(tag) {
                return Err(replay.fault(tag, "is revoked twice"));
            }
            Seat { pool: replay.open, step: Step::Ticket }
        } else {
            let place = replay.place(replay.find(tag)?);
            book.revoke(place).map_err(|_| replay.fault(tag, "is revoked, but holds no seat"))?
        };
        let Some((next, index)) = replay.successor(own)? else { continue };
        let expected = book.successor(free).filter(|own| own.index == replay.place(index));
        let appointed = expected.map(|own| book.appoint(own).is_ok());
        if appointed != Some(true) {
            return Err(Fault { index: Some(index), ..replay.fault(next, "is not who follows") });
        }
    }
    Ok(())
}

/// Goes through the revocations of a region with hidden classes: whoever loses a seat must hold one,
/// and whoever takes it over must be waiting.
pub(super) fn replay_stated(replay: &Replay<'_>, published: &[(bool, u32)]) -> Result<(), Fault> {
    let mut changed: BTreeMap<u64, bool> = BTreeMap::new();
    let mut granted_back = BTreeSet::new();
    let code = |index: u64| {
        let place = usize::try_from(index - replay.span.start).ok();
        place.and_then(|place| published.get(place)).map_or(WAITLIST_CAPPED, |(_, code)| *code)
    };
    for own in replay.revocations {
        let tag = own.entry_tag;
        if replay.is_granted(tag) {
            if !granted_back.insert(tag) {
                return Err(replay.fault(tag, "is revoked twice"));
            }
        } else {
            let index = replay.find(tag)?;
            if !changed.insert(index, false).unwrap_or(code(index) == 0) {
                return Err(replay.fault(tag, "is revoked, but holds no seat"));
            }
        }
        let Some((next, index)) = replay.successor(own)? else { continue };
        let waiting = !changed.contains_key(&index) && !matches!(code(index), 0 | WAITLIST_CAPPED);
        if !waiting {
            return Err(Fault { index: Some(index), ..replay.fault(next, "was not waiting") });
        }
        changed.insert(index, true);
    }
    Ok(())
}
