//! Ticket order and household cap of one region.

use super::seating::Person;
use crate::digest::Seed;
use crate::record::{EntryTag, HouseholdTag, Record, Weight};
use crate::ticket::{Ticket, Ticketer};

/// Low bits of a sort key: the record's index. The high 96 bits are the start of its ticket.
const INDEX_BITS: u128 = 0xFFFF_FFFF;

/// The people of one region by ticket, with those out of play marked.
#[derive(Clone, Debug)]
pub(super) struct TicketOrder {
    ticketer: Ticketer,
    entrants: Vec<Entrant>,
    keys: Vec<u128>,
    members: Vec<Member>,
    /// By position in ticket order, not by index.
    capped: Vec<bool>,
}

/// What the draw needs of a record after its ticket is in the sort key.
#[derive(Clone, Copy, Debug)]
struct Entrant {
    entry_tag: EntryTag,
    household: HouseholdTag,
    class: u32,
    weight: Weight,
    places_left: u8,
}

/// One person with a family card; sorting by card, then position, puts members in ticket order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Member {
    household: HouseholdTag,
    position: u32,
    places_left: u8,
}

/// A family card whose members carry different places.
#[derive(Clone, Copy, Debug)]
pub(super) struct PlacesDiffer {
    pub(super) household: HouseholdTag,
    pub(super) first: u8,
    pub(super) second: u8,
}

impl TicketOrder {
    pub(super) fn new(seed: &Seed) -> Self {
        Self {
            ticketer: Ticketer::new(seed),
            entrants: Vec::new(),
            keys: Vec::new(),
            members: Vec::new(),
            capped: Vec::new(),
        }
    }

    pub(super) fn clear(&mut self) {
        self.entrants.clear();
        self.keys.clear();
        self.members.clear();
        self.capped.clear();
    }

    pub(super) fn len(&self) -> usize {
        self.entrants.len()
    }

    /// Adds the record with this index, which is the number of records before it.
    pub(super) fn push(&mut self, index: u32, class: u32, record: &Record) {
        let parts = record.parts();
        let ticket = self.ticketer.ticket(&parts.entry_tag, parts.weight);
        self.keys.push((ticket.prefix() & !INDEX_BITS) | u128::from(index));
        self.entrants.push(Entrant {
            entry_tag: parts.entry_tag,
            household: parts.household,
            class,
            weight: parts.weight,
            places_left: record.places_left(),
        });
    }

    /// Sorts by ticket, then by tag, with nobody capped. The error is a tag that occurs twice.
    pub(super) fn sort(&mut self) -> Result<(), EntryTag> {
        self.keys.sort_unstable();
        self.capped.resize(self.keys.len(), false);
        order_ties(&mut self.keys, &self.entrants, |entrant| {
            self.ticketer.ticket(&entrant.entry_tag, entrant.weight)
        })
    }

    /// Marks the members of each family card beyond its places, which are `cap` unless the card has
    /// fewer left; gives the number of people marked.
    pub(super) fn cap_households(&mut self, cap: u8) -> Result<u32, PlacesDiffer> {
        for (position, key) in (0..).zip(&self.keys) {
            if let Some(&Entrant { household, places_left, .. }) = entrant_of(&self.entrants, *key)
                && household != HouseholdTag::NONE
            {
                self.members.push(Member { household, position, places_left });
            }
        }
        self.members.sort_unstable();
        let mut marked = 0u32;
        for card in self.members.chunk_by(|left, right| left.household == right.household) {
            let [Member { household, places_left: first, .. }, ..] = *card else { continue };
            if let Some(other) = card.iter().find(|member| member.places_left != first) {
                return Err(PlacesDiffer { household, first, second: other.places_left });
            }
            let places = if first == 0 { cap } else { first };
            for member in card.iter().skip(usize::from(places)) {
                let position = usize::try_from(member.position).ok();
                if let Some(mark) = position.and_then(|position| self.capped.get_mut(position)) {
                    *mark = true;
                    marked = marked.saturating_add(1);
                }
            }
        }
        Ok(marked)
    }

    /// The people in play by ticket, without seats.
    pub(super) fn in_play(&self) -> impl Iterator<Item = Person> {
        let in_play = self.keys.iter().zip(&self.capped).filter(|(_, capped)| !**capped);
        in_play.filter_map(|(key, _)| {
            let class = entrant_of(&self.entrants, *key)?.class;
            let index = u32::try_from(key & INDEX_BITS).ok()?;
            Some(Person { index, class, seat: None })
        })
    }

    /// Whole ticket of a record, computed again because the sort key keeps only its start.
    pub(super) fn ticket(&self, index: usize) -> Option<Ticket> {
        let entrant = self.entrants.get(index)?;
        Some(self.ticketer.ticket(&entrant.entry_tag, entrant.weight))
    }
}

/// Record index in a sort key.
fn index_of(key: u128) -> Option<usize> {
    usize::try_from(key & INDEX_BITS).ok()
}

fn entrant_of(entrants: &[Entrant], key: u128) -> Option<&Entrant> {
    entrants.get(index_of(key)?)
}

/// Puts runs of equal 96-bit ticket starts into order by whole ticket, then by tag.
///
/// The error is a tag that occurs twice with one ticket: nothing could order those two.
fn order_ties(
    keys: &mut [u128],
    entrants: &[Entrant],
    ticket_of: impl Fn(&Entrant) -> Ticket,
) -> Result<(), EntryTag> {
    let full = |key: &u128| entrant_of(entrants, *key).map(|e| (ticket_of(e), e.entry_tag));
    for run in keys.chunk_by_mut(|left, right| left | INDEX_BITS == right | INDEX_BITS) {
        if run.len() == 1 {
            continue;
        }
        run.sort_by_key(full);
        let twin = run.array_windows().find(|[left, right]| full(left) == full(right));
        if let Some((_, entry_tag)) = twin.and_then(|[left, _]| full(left)) {
            return Err(entry_tag);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Goal: equal ticket starts are ordered by the whole ticket, then by tag; such tickets cannot be
    /// made, so method: the tie step alone, with tickets given by hand (last byte, tag byte).
    #[test]
    fn ties_by_whole_ticket_then_tag() {
        let check = |people: &[(u8, u8)], expected: Result<Vec<u128>, EntryTag>| {
            let entrant = |&(ticket, tag): &(u8, u8)| {
                let mut entry_tag = [tag; 16];
                entry_tag[0] = ticket;
                let household = HouseholdTag::NONE;
                let entry_tag = EntryTag(entry_tag);
                Entrant { entry_tag, household, class: 0, weight: Weight::ONE, places_left: 0 }
            };
            let entrants: Vec<Entrant> = people.iter().map(entrant).collect();
            let mut keys: Vec<u128> = (0..).take(entrants.len()).collect();
            let result = order_ties(&mut keys, &entrants, |entrant| {
                let mut ticket = [0; 32];
                ticket[31] = entrant.entry_tag.0[0];
                Ticket(ticket)
            });
            assert_eq!(result.map(|()| keys), expected);
        };
        check(&[(3, 1), (1, 2), (2, 3)], Ok(vec![1, 2, 0]));
        check(&[(1, 9), (1, 4), (0, 5)], Ok(vec![2, 1, 0]));
        check(
            &[(1, 4), (0, 4), (1, 4)],
            Err(EntryTag([[1].as_slice(), &[4; 15]].concat().try_into().unwrap())),
        );
    }
}
