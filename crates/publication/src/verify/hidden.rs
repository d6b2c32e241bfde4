//! A region that hides classes: what everybody can check without the true masks (section 16.10).
//!
//! Tickets, household cap, ranks and seats do not hang on masks. Of the thresholds, those of visible
//! masks are checked; hidden people are held against the limit that takes any mask. Two bounds keep the
//! rest small: how many can be hidden at all, and how many can have a seat without a guarantee.

use std::collections::BTreeMap;

use selection::draw::{MaskResult, WAITLIST_CAPPED};
use selection::policy::SeatRules;
use selection::quota::{RegionCounts, RegionQuota};
use selection::record::{EntryTag, HIDDEN_MASK, HouseholdTag};
use selection::ticket::{Ticket, Ticketer};

use super::Span;
use super::draw::Wave;
use super::region::RegionCheck;
use super::replace::{Replay, replay_stated};
use super::report::Fault;
use crate::format::{PoolOutcome, RegionOutcome};

/// One record of the region.
#[derive(Clone, Copy, Debug)]
struct Person {
    ticket: Ticket,
    entry_tag: EntryTag,
    index: u64,
    mask: u16,
    household: HouseholdTag,
    places_left: u8,
    selected: bool,
}

pub(super) fn check(
    wave: &Wave<'_>,
    quota: &RegionQuota,
    span: Span,
) -> Result<RegionCheck, Fault> {
    let rules = &wave.folder.policy.policy().get().rules;
    let code = quota.code;
    let published = match &wave.outcomes {
        Some(files) => files.read(span)?,
        None => return Err(Fault::new("selected.bin and waitlist.bin cannot be compared")),
    };
    let (result, _) = wave.folder.result.get("result.json")?;
    let stated = result.regions.iter().find(|own| own.code == code);
    let stated =
        stated.ok_or_else(|| Fault::new(format!("result.json: region {code} is missing")))?;
    let people = by_ticket(wave, span, &published)?;
    let in_play = check_ranks(rules, &people, span, &published)?;
    let checked = Checked { rules, quota, stated, in_play: &in_play };
    let capped = people.len() - in_play.len();
    let held = checked
        .counts(capped)
        .and_then(|()| checked.masks())
        .and_then(|()| checked.by_ticket())
        .and_then(|()| checked.limits());
    let fault = held.err();
    let replaced = match Replay::of(wave, span) {
        Some(replay) => replay_stated(&replay, &published),
        None => Ok(()),
    };
    let seats = u64::from(quota.seats);
    Ok(RegionCheck { fault, replaced, outcome: Some(stated.clone()), seats })
}

/// Most records that a region can hide: small cells hold fewer people than the rule asks for, each of a
/// mask that is not shown.
pub(super) fn most_hidden(rules: &SeatRules, counts: &RegionCounts) -> u64 {
    let shown = counts.masks.iter().filter(|cell| ![0, HIDDEN_MASK].contains(&cell.mask)).count();
    // A policy lists at most 15 traits.
    let possible = (1_u64 << rules.trait_bits().count_ones()) - 1;
    u64::from(rules.small_cells.k).saturating_sub(1) * possible.saturating_sub(shown as u64)
}

fn by_ticket(wave: &Wave<'_>, span: Span, published: &[(bool, u32)]) -> Result<Vec<Person>, Fault> {
    let ticketer = Ticketer::new(&wave.seed);
    let mut people = Vec::with_capacity(published.len());
    let mut bits = published.iter();
    wave.entries.each(span, |index, record| {
        let parts = record.parts();
        people.push(Person {
            ticket: ticketer.ticket(&parts.entry_tag, parts.weight),
            entry_tag: parts.entry_tag,
            index,
            mask: parts.mask,
            household: parts.household,
            places_left: record.places_left(),
            selected: bits.next().is_some_and(|(bit, _)| *bit),
        });
        Ok(())
    })?;
    people.sort_unstable_by_key(|person| (person.ticket, person.entry_tag));
    Ok(people)
}

/// Cap and ranks; gives the people in play by ticket.
fn check_ranks(
    rules: &SeatRules,
    people: &[Person],
    span: Span,
    published: &[(bool, u32)],
) -> Result<Vec<Person>, Fault> {
    let mut members: BTreeMap<HouseholdTag, u8> = BTreeMap::new();
    let (mut in_play, mut rank) = (Vec::with_capacity(people.len()), 0);
    for person in people {
        let expected = if is_capped(rules, person, &mut members) {
            WAITLIST_CAPPED
        } else {
            in_play.push(*person);
            rank += u32::from(!person.selected);
            if person.selected { 0 } else { rank }
        };
        let place = usize::try_from(person.index - span.start).ok();
        let found = place.and_then(|place| published.get(place));
        if found != Some(&(expected == 0, expected)) {
            let text =
                format!("waitlist.bin or selected.bin: the tickets give the record {expected}");
            return Err(Fault::at(person.index, text));
        }
    }
    Ok(in_play)
}

/// Whether enough members of the card have smaller tickets; counts the person otherwise.
fn is_capped(rules: &SeatRules, person: &Person, members: &mut BTreeMap<HouseholdTag, u8>) -> bool {
    if rules.household_cap == 0 || person.household == HouseholdTag::NONE {
        return false;
    }
    let places = match person.places_left {
        0 => rules.household_cap,
        left => left,
    };
    let before = members.entry(person.household).or_default();
    let capped = *before >= places;
    *before = before.saturating_add(1);
    capped
}

/// What a region says, beside the people in play by ticket.
struct Checked<'c> {
    rules: &'c SeatRules,
    quota: &'c RegionQuota,
    stated: &'c RegionOutcome,
    in_play: &'c [Person],
}

impl Checked<'_> {
    fn fault(&self, text: &str) -> Result<(), Fault> {
        Err(Fault::new(format!("result.json: region {}: {text}", self.stated.code)))
    }

    /// People, seats and pools.
    fn counts(&self, capped: usize) -> Result<(), Fault> {
        let (stated, quota) = (self.stated, self.quota);
        let selected = self.in_play.iter().filter(|person| person.selected).count();
        let people = (stated.n as usize, stated.capped as usize, stated.selected as usize);
        if people != (self.in_play.len(), capped, selected) || stated.public {
            return self.fault("it counts other people than the list");
        }
        if stated.selected != quota.seats {
            return self.fault("not every seat is given");
        }
        let pools = stated.pools.iter().map(|pool| (&pool.name, pool.seats));
        if !pools.eq(quota.pools.iter().map(|pool| (&pool.name, pool.seats))) {
            return self.fault("its pools are not those of the seat table");
        }
        let filled = stated.pools.iter().map(|pool| u64::from(pool.filled)).sum::<u64>();
        if filled != u64::from(stated.selected) {
            return self.fault("its pools do not add up to the people selected");
        }
        let sums = stated.pools.iter().zip(&quota.pools).all(|(pool, own)| {
            let sum = |of: fn(&MaskResult) -> u32| -> u64 {
                pool.masks.iter().map(|row| u64::from(of(row))).sum()
            };
            let (selected, step1) = (sum(|row| row.selected), sum(|row| row.step1));
            let guaranteed = own.guarantees.iter().map(|own| u64::from(own.seats)).sum::<u64>();
            selected == u64::from(pool.filled)
                && step1 + u64::from(pool.short) == guaranteed
                && (selected > step1) == pool.cutoff.is_some()
        });
        if sums { Ok(()) } else { self.fault("a pool's masks do not add up to its seats") }
    }

    /// Rows fit themselves, and each published mask has as many people selected as the list says. How
    /// many of a mask a pool met is for auditors.
    fn masks(&self) -> Result<(), Fault> {
        let mut people: BTreeMap<u16, u64> = BTreeMap::new();
        for person in self.in_play {
            *people.entry(person.mask).or_default() += u64::from(person.selected);
        }
        let mut stated: BTreeMap<u16, u64> = BTreeMap::new();
        for row in self.stated.pools.iter().flat_map(|pool| &pool.masks) {
            let within = row.step1 <= row.selected && row.selected <= row.n;
            let limited = row.close.is_some() == (row.step1 > 0 && row.mask != HIDDEN_MASK);
            if !within || !limited {
                return self.fault(&format!("mask {:#06x} is counted wrong", row.mask));
            }
            *stated.entry(row.mask).or_default() += u64::from(row.selected);
        }
        let selected = |masks: BTreeMap<u16, u64>| masks.into_iter().filter(|(_, own)| *own > 0);
        if selected(stated).eq(selected(people)) {
            Ok(())
        } else {
            self.fault("it selects other masks than the list")
        }
    }

    /// Whoever has a seat by ticket is at or under the cutoff of some pool.
    fn by_ticket(&self) -> Result<(), Fault> {
        let rows = self.stated.pools.iter().flat_map(|pool| &pool.masks);
        let stated = rows.map(|row| u64::from(row.selected - row.step1)).sum::<u64>();
        let highest = self.stated.pools.iter().filter_map(|pool| pool.cutoff).max();
        let under = |person: &&Person| person.selected && Some(person.ticket) <= highest;
        if self.in_play.iter().filter(under).count() as u64 >= stated {
            Ok(())
        } else {
            self.fault("more people have seats by ticket than there are at or under its cutoffs")
        }
    }

    /// Thresholds: exact for visible masks, one-sided for hidden people.
    fn limits(&self) -> Result<(), Fault> {
        let limits = self.stated.limits(self.rules);
        for person in self.in_play {
            let text = if person.mask == HIDDEN_MASK {
                let under =
                    |pool: &PoolOutcome| pool.cutoff.is_some_and(|own| person.ticket <= own);
                let pools = self.stated.pools.iter().zip(&self.rules.pools);
                let mut open = pools.filter(|(_, rule)| rule.need == 0);
                (!person.selected && open.any(|(pool, _)| under(pool)))
                    .then_some("selected.bin: the ticket is at or under the limit for everybody")
            } else {
                let admitted = selection::draw::is_selected(&limits, person.mask, &person.ticket);
                (admitted != person.selected)
                    .then_some("result.json: the limits say otherwise than selected.bin")
            };
            if let Some(text) = text {
                return Err(Fault::at(person.index, text));
            }
        }
        let reached = |mask: Option<u16>, limit: Ticket| {
            let at = self.in_play.binary_search_by_key(&limit, |person| person.ticket);
            let person = at.ok().and_then(|at| self.in_play.get(at));
            person.is_some_and(|own| own.selected && mask.is_none_or(|mask| mask == own.mask))
        };
        let rows = |pool: &PoolOutcome| -> Vec<(Option<u16>, Ticket)> {
            let close = pool.masks.iter().filter_map(|row| Some((Some(row.mask), row.close?)));
            close.chain(pool.cutoff.map(|cutoff| (None, cutoff))).collect()
        };
        let mut all = self.stated.pools.iter().flat_map(rows);
        if all.all(|(mask, limit)| reached(mask, limit)) {
            Ok(())
        } else {
            self.fault("a limit is not the ticket of a selected person of its mask")
        }
    }
}
