//! Seats over many waves with people who join again and seats that come back.

use std::collections::BTreeMap;

use selection::conserve::WaveSeats;
use selection::digest::Seed;
use selection::draw::{Outcome, RegionDraw, SeatBook};
use selection::policy::{Carryover, Guarantee, SeatRules, Share};
use selection::quota::{Incoming, QuotaTable, RegionTally, ReturnedSeats, solve};
use selection::record::Record;

use super::chain::check_chain;
use super::world::{Numbers, open_pool, record, region, rules, tag};

/// Somebody who joins wave after wave until a seat is kept.
#[derive(Clone, Copy)]
struct Person {
    region: u16,
    mask: u16,
    /// First wave that may be joined, after a revoked seat.
    from_wave: u64,
    done: bool,
}

struct Country {
    rules: SeatRules,
    people: Vec<Person>,
    numbers: Numbers,
    returned: BTreeMap<u16, u32>,
    carry_in: u64,
}

impl Country {
    fn new(carryover: Carryover, seed: u64) -> Self {
        let regions = vec![
            region(1101, 5, 2, None),
            region(1102, 9, 0, Some(20)),
            region(1501, 1, 1, None),
            region(1502, 30, 0, None),
        ];
        let guarantee = |trait_bit| Guarantee { trait_bit, share: Share { num: 1, den: 5 } };
        let mut rules = rules(60, regions);
        rules.carryover = carryover;
        rules.reserve = Share { num: 1, den: 20 };
        rules.pools = vec![open_pool(vec![guarantee(0), guarantee(1)])];
        rules.national = vec![guarantee(2)];
        Self {
            rules,
            people: Vec::new(),
            numbers: Numbers(seed),
            returned: BTreeMap::new(),
            carry_in: 0,
        }
    }

    /// One wave from arrivals to revocations; gives its seats and checks what each person gets.
    fn wave(&mut self, wave: u64) -> WaveSeats {
        // The last wave is far too large for its people, so seats are left over.
        for _ in 0..self.numbers.below(120) {
            let code = [1101, 1102, 1501, 1502][self.numbers.below(4) as usize];
            let mask = self.numbers.below(8) as u16;
            self.people.push(Person { region: code, mask, from_wave: wave, done: false });
        }
        let joined: Vec<usize> = (0..self.people.len())
            .filter(|&at| !self.people[at].done && self.people[at].from_wave <= wave)
            .collect();
        let records: Vec<(usize, Record)> = joined
            .iter()
            .map(|&at| {
                let own = self.people[at];
                (at, record(own.region, tag(wave << 32 | at as u64), own.mask))
            })
            .collect();
        let returned = std::mem::take(&mut self.returned);
        let returned = returned.into_iter().map(|(region, count)| ReturnedSeats { region, count });
        let incoming = Incoming { carry_in: self.carry_in, returned: returned.collect() };
        let table = self.solve(&records, &incoming);
        let selected = self.draw(wave, &table, &records);
        let seats = WaveSeats {
            base: table.q.base,
            returned: table.q.returned,
            carry_in: table.q.carry_in,
            reserve: table.q.reserve,
            selected,
            granted: self.numbers.below(table.q.reserve + 1),
        };
        assert_eq!(seats.carry(), Some(table.carry));
        self.carry_in = seats.carry_out().unwrap();
        seats
    }

    fn solve(&self, records: &[(usize, Record)], incoming: &Incoming) -> QuotaTable {
        let checked = self.rules.check().unwrap();
        let mut tally = RegionTally::new(checked);
        let count = |rule: &selection::policy::Region| {
            tally.region(rule.code).unwrap();
            let own = records.iter().filter(|(_, own)| own.parts().region == rule.code);
            own.for_each(|(_, record)| tally.add(record).unwrap());
            tally.finish().unwrap()
        };
        let counts: Vec<_> = self.rules.regions.iter().map(count).collect();
        solve(checked, &counts, incoming).unwrap()
    }

    /// Draws every region, revokes about a fifth of the seats and passes half of those on.
    fn draw(&mut self, wave: u64, table: &QuotaTable, records: &[(usize, Record)]) -> u64 {
        let mut selected = 0;
        let mut workspace = RegionDraw::new(&Seed::from_bytes([wave as u8; 32]), 0);
        for quota in &table.regions {
            let plans = quota.pool_plans(self.rules.check().unwrap());
            let own: Vec<&(usize, Record)> =
                records.iter().filter(|(_, own)| own.parts().region == quota.code).collect();
            let mut intake = workspace.region(quota.code);
            for (_, record) in &own {
                intake.add(record).unwrap();
            }
            let result = intake.draw_pools(&plans).unwrap();
            selected += u64::from(result.selected);
            let outcomes = result.outcomes.to_vec();
            let people = (0..).zip(&own).zip(&outcomes);
            let book =
                people.map(|((at, (_, record)), outcome)| (at, record.parts().mask, *outcome));
            let mut book = SeatBook::new(&plans, book);
            for (at, outcome) in outcomes.iter().enumerate() {
                if !matches!(outcome, Outcome::Selected { .. }) {
                    continue;
                }
                self.people[own[at].0].done = true;
                if self.numbers.below(5) > 0 {
                    continue;
                }
                let person = &mut self.people[own[at].0];
                (person.done, person.from_wave) = (false, wave + 2);
                let free = book.revoke(at as u32).unwrap();
                match book.successor(free).filter(|_| self.numbers.below(2) == 0) {
                    Some(successor) => {
                        book.appoint(successor).unwrap();
                        let follower = &mut self.people[own[successor.index as usize].0];
                        assert!(!follower.done, "a waiting person has no seat yet");
                        follower.done = true;
                    }
                    None => *self.returned.entry(quota.code).or_default() += 1,
                }
            }
        }
        selected
    }
}

/// Goal: over 50 waves no seat is lost or made; method: run them with both ways of carrying over and
/// add up draws, appeals, returns and what is left.
#[test]
fn fifty_waves() {
    for carryover in [Carryover::SameRegion, Carryover::Pooled] {
        let mut country = Country::new(carryover, 7);
        let chain: Vec<WaveSeats> = (0..50).map(|wave| country.wave(wave)).collect();
        let sum = check_chain(&chain).unwrap();
        assert_eq!(sum.base, 50 * 60);
        assert!(sum.returned > 0 && chain.iter().any(|wave| wave.carry() > Some(0)));
        assert_eq!(sum.given + u128::from(sum.left), sum.base + sum.returned);
        let kept = country.people.iter().filter(|person| person.done).count() as u128;
        let granted: u128 = chain.iter().map(|wave| u128::from(wave.granted)).sum();
        let back: u128 = country.returned.values().map(|&count| u128::from(count)).sum();
        assert_eq!(kept + granted + sum.returned + back, sum.given);
    }
}
