//! A replay without database, regions or habits, to see that the plan's margins suffice.

use std::collections::BTreeMap;

use app::reference::Reference;
use domain::eligibility::Finding;
use domain::eligibility::{FreezeFacts, JoinFacts, find_ineligible, refuse_join};
use domain::policy::EligibilityRules;
use domain::time::age_on;

use super::draws::{Draws, Label};
use super::*;
use crate::plan::{Plan, Totals};
use crate::shapes::wave_shapes;

#[derive(Clone, Debug)]
struct Person {
    born_on: Date,
    family: u64,
    findings: Vec<Finding>,
    wins: u8,
    revoked: bool,
}

/// The people met so far and the live grants of their families.
struct Model {
    people: Vec<Person>,
    live: BTreeMap<u64, u8>,
}

impl Model {
    fn live_in(&self, family: u64) -> u8 {
        self.live.get(&family).copied().unwrap_or(0)
    }

    fn may_join(&self, number: usize, rules: &EligibilityRules, day: Date) -> bool {
        let person = &self.people[number];
        let facts = JoinFacts {
            wave_open: true,
            age: age_on(person.born_on, day),
            grants: person.wins,
            revoked: person.revoked,
            household_places_taken: self.live_in(person.family),
            joins_before: 0,
            withdrawn: false,
        };
        refuse_join(rules, &facts).is_none()
    }

    fn may_win(&self, number: usize, rules: &EligibilityRules) -> bool {
        let person = &self.people[number];
        let facts = FreezeFacts {
            revoked: person.revoked,
            grants: person.wins,
            household_places_taken: self.live_in(person.family),
            findings: &person.findings,
        };
        find_ineligible(rules, &facts).is_none()
    }

    /// Takes winners in the given order while the family card has a place.
    fn draw(&mut self, order: &[usize], rules: &EligibilityRules, quota: usize) -> Vec<usize> {
        let mut winners = Vec::new();
        for number in order {
            if winners.len() < quota && self.may_win(*number, rules) {
                self.people[*number].wins = 1;
                *self.live.entry(self.people[*number].family).or_insert(0) += 1;
                winners.push(*number);
            }
        }
        winners
    }

    fn revoke(&mut self, numbers: &[usize]) {
        for number in numbers {
            let person = &mut self.people[*number];
            (person.wins, person.revoked) = (0, true);
            *self.live.entry(person.family).or_insert(0) -= 1;
        }
    }
}

/// Replays totals and checks that every new person may join, that enough of the others may return,
/// and that enough of the joiners may win.
fn check(joins: u64, people: u64, sk: u64, effective: u64) {
    let reference = Reference::builtin().expect("built-in data");
    let shapes = wave_shapes(&reference).expect("a policy for each wave");
    let totals = Totals { joins, people, sk, effective };
    let plan = Plan::new(&totals, &shapes).expect("possible totals");
    let one = RegionCode::new(1571).expect("a code");
    let population =
        Population::new(1, &[(one, 1)], &[(one, 157_101)], &plan).expect("a population");
    let draws = Draws::new(2);
    let mut model = Model { people: Vec::new(), live: BTreeMap::new() };
    let mut sweeps: Vec<(Timestamp, Vec<usize>)> = Vec::new();
    for (place, planned) in plan.waves().iter().enumerate() {
        let wave = planned.shape.wave;
        let what = || format!("{totals:?}, {wave:?}");
        let rules = reference.policies.for_wave(wave).expect("a policy").version.eligibility();
        let day = population.waves[place].last_day;
        sweeps.retain(|(sweep_at, missed)| {
            let due = *sweep_at < planned.shape.freezes_at;
            due.then(|| model.revoke(missed)).is_none()
        });
        let known = model.people.len();
        let mut joiners: Vec<usize> =
            (0..known).filter(|number| model.may_join(*number, rules, day)).collect();
        let shuffle = |joiners: &mut Vec<usize>, label| {
            joiners.sort_unstable_by_key(|number| {
                draws.value(label, (place * 10_000_000 + number) as u64)
            });
        };
        // Persistent people return up to 64 times as often as others.
        joiners.sort_unstable_by_key(|number| {
            let often = 1 << draws.below(Label::Contact, *number as u64, 7);
            draws.value(Label::Place, (place * 10_000_000 + number) as u64) / often
        });
        assert!(joiners.len() as u64 >= planned.returning_joiners, "{}: too few return", what());
        joiners.truncate(planned.returning_joiners as usize);
        for number in population.numbers_of_wave(place) {
            let Registration { identity, findings, .. } = population.person(number);
            let family = population.family_of(number);
            let born_on = identity.born_on;
            model.people.push(Person { born_on, family, findings, wins: 0, revoked: false });
            joiners.push(number as usize);
            assert!(model.may_join(number as usize, rules, day), "{}: {number} refused", what());
        }
        shuffle(&mut joiners, Label::Victim);
        let winners = model.draw(&joiners, rules, planned.quota as usize);
        assert_eq!(winners.len() as u64, planned.quota, "{}: quota not filled", what());
        let missed = winners[..planned.missed as usize].to_vec();
        sweeps.push((planned.shape.sweep_at, missed));
    }
}

/// From comfortable to the tightest totals, every wave of the plan finds its returning joiners and
/// fills its quota under the real rules.
#[test]
fn margins_suffice() {
    for (joins, people, sk, effective) in [
        (300_000, 79_490, 37_132, 36_069),
        (90_000, 25_000, 12_000, 11_700),
        (2_000, 700, 300, 290),
        (60_000, 20_000, 10_000, 9_000),
        (30_000, 10_000, 7_000, 6_900),
        (10_000, 10_000, 4_000, 3_900),
        (15_000, 10_000, 9_500, 9_300),
        (40_000, 10_000, 9_900, 9_000),
        (10_000, 10_000, 10_000, 10_000),
        (12_000, 10_000, 10_000, 9_000),
        (300_000, 10_000, 5_000, 4_900),
        (150_000, 10_000, 9_900, 9_800),
        (71_000, 1_000, 0, 0),
        (2_464, 2_455, 1_157, 1_054),
        (2_485, 1_866, 1_130, 791),
        (40, 30, 20, 10),
        (1, 1, 1, 0),
    ] {
        check(joins, people, sk, effective);
    }
}
