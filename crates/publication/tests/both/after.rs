//! What happens after a draw: appeals that are granted, seats that are taken back and pass on.

use std::collections::BTreeMap;

use publication::format::{
    CorrectionsFile, Granted, QuotaFile, Revocation, RevocationReason, RevokedFile, SeedFile,
};
use selection::digest::Seed;
use selection::draw::{Outcome, PoolLimits, RegionDraw, Seat, SeatBook, Step, is_selected};
use selection::policy::Pool;
use selection::record::{EntryTag, Weight};
use selection::ticket::Ticketer;

use crate::dice::Dice;
use crate::history::Wave;
use crate::people::digits;

/// A region as its operator sees it, who knows all masks.
struct Region {
    tags: Vec<EntryTag>,
    limits: Vec<PoolLimits>,
    book: SeatBook,
}

/// Somebody with a seat: the place in the region's list, none for a granted appeal.
#[derive(Clone, Copy)]
struct Holder {
    region: u16,
    entry_tag: EntryTag,
    index: Option<u32>,
}

/// All seats of a wave and who holds them.
pub(crate) struct Places {
    regions: BTreeMap<u16, Region>,
    holders: Vec<Holder>,
    seed: Seed,
}

impl Places {
    pub(crate) fn of(wave: &Wave) -> Self {
        let seed = Seed::from_bytes(SeedFile::read(&wave.read("seed.json")).unwrap().seed);
        let quota = QuotaFile::read(&wave.read("quota.json")).unwrap();
        let rules = wave.writer.policy().policy().rules();
        let mut draw = RegionDraw::new(&seed, rules.get().household_cap);
        let mut own = Self { regions: BTreeMap::new(), holders: Vec::new(), seed };
        for region in &quota.table.regions {
            let (mut intake, mut tags, mut masks) =
                (draw.region(region.code), Vec::new(), Vec::new());
            let members = wave.list.iter().filter(|one| one.record.parts().region == region.code);
            for one in members {
                match one.true_mask {
                    Some(mask) => intake.add_opened(&one.record, mask).unwrap(),
                    None => intake.add(&one.record).unwrap(),
                }
                tags.push(one.record.parts().entry_tag);
                masks.push(one.true_mask.unwrap_or(one.record.parts().mask));
            }
            let plans = region.pool_plans(rules);
            let result = intake.draw_pools(&plans).unwrap();
            let people = (0..).zip(&masks).zip(result.outcomes);
            let people = people.map(|((index, mask), outcome)| (index, *mask, *outcome));
            let book = SeatBook::new(&plans, people);
            for ((index, entry_tag), outcome) in (0..).zip(&tags).zip(result.outcomes) {
                if matches!(outcome, Outcome::Selected { .. }) {
                    let (region, entry_tag) = (region.code, *entry_tag);
                    own.holders.push(Holder { region, entry_tag, index: Some(index) });
                }
            }
            own.regions.insert(region.code, Region { tags, limits: result.limits(), book });
        }
        own
    }
}

/// Up to `reserve` appeals of people who were left out and would have had a seat.
pub(crate) fn corrections(
    dice: &mut Dice,
    wave: &Wave,
    places: &mut Places,
    reserve: u64,
) -> CorrectionsFile {
    let file = wave.writer.policy();
    let rules = &file.policy().get().rules;
    let codes: Vec<u16> = rules.regions.iter().map(|region| region.code).collect();
    let masks: Vec<u16> = wave.people.iter().map(|own| own.mask).chain([0]).collect();
    let ticketer = Ticketer::new(&places.seed);
    let (mut granted, most) = (Vec::new(), dice.within(0..=reserve.min(5)) as usize);
    for attempt in 0..40 {
        let entry_tag = wave.key.entry_tag(&file.ctx, &digits(1_000_000 + attempt));
        let (region, mask) = (dice.pick(&codes), dice.pick(&masks));
        let weight = Weight::new(dice.within(1..=rules.max_weight.into()) as u8).unwrap();
        let ticket = ticketer.ticket(&entry_tag, weight);
        let within = is_selected(&places.regions[&region].limits, mask, &ticket);
        if within && granted.len() < most {
            let reason = dice.text();
            granted.push(Granted { entry_tag, region, mask, weight, reason });
            places.holders.push(Holder { region, entry_tag, index: None });
        }
    }
    granted.sort_by_key(Granted::place);
    CorrectionsFile { ctx: *file.ctx.as_bytes(), granted }
}

/// A batch of revocations from `at` on, some of whose seats pass on.
pub(crate) fn revoked(
    dice: &mut Dice,
    wave: &Wave,
    places: &mut Places,
    mut at: u64,
) -> RevokedFile {
    let rules = &wave.writer.policy().policy().get().rules;
    let open = rules.pools.iter().position(Pool::is_open).unwrap() as u8;
    let mut revocations: Vec<Revocation> = Vec::new();
    for _ in 0..dice.within(0..=6).min(places.holders.len() as u64) {
        let place = dice.within(0..=places.holders.len() as u64 - 1) as usize;
        let Holder { region, entry_tag, index } = places.holders.swap_remove(place);
        let own = places.regions.get_mut(&region).unwrap();
        let free = match index {
            Some(index) => own.book.revoke(index).unwrap(),
            None => Seat { pool: open, step: Step::Ticket },
        };
        let passes_on = rules.waitlist && !dice.one_in(3);
        let next = own.book.successor(free).filter(|_| passes_on);
        let replaced_by = next.map(|next| {
            own.book.appoint(next).unwrap();
            let entry_tag = own.tags[next.index as usize];
            places.holders.push(Holder { region, entry_tag, index: Some(next.index) });
            entry_tag
        });
        at += dice.pick(&[0, 0, 1, 100]);
        if revocations
            .last()
            .is_some_and(|last| (last.at, last.region, last.entry_tag) >= (at, region, entry_tag))
        {
            at += 1;
        }
        let reason = dice.pick(&[
            RevocationReason::NoPurchase,
            RevocationReason::Withdrawn,
            RevocationReason::Ineligible,
            RevocationReason::Other,
        ]);
        revocations.push(Revocation { at, region, entry_tag, reason, replaced_by });
    }
    RevokedFile::new(*wave.writer.policy().ctx.as_bytes(), revocations)
}
