//! What the simulated people remember and how they behave: who joins again, who misses the deadline.
//!
//! The crowd knows what a person would know about themselves, and asks the domain whether a join would be
//! refused; the replay compares that with what the use case answers, so the two cannot drift apart.

use domain::eligibility::{JoinFacts, Rule, refuse_join};
use domain::policy::EligibilityRules;
use domain::time::age_on;
use domain::wave::WaveNumber;
use time::Date;

use crate::hash::Choices;

/// A person's grant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Grant {
    None,
    Live,
    Revoked,
}

/// One person as the crowd keeps them.
#[derive(Clone, Copy, Debug)]
struct Face {
    born_on: Date,
    family: usize,
    joins: u16,
    last_wave: u16,
    grant: Grant,
}

/// All people known so far, by number.
#[derive(Debug)]
pub(crate) struct Crowd {
    faces: Vec<Face>,
    /// Live grants by family.
    families: Vec<u8>,
    returning: Choices,
    eager: Choices,
    missing: Choices,
}

/// Who wants to join a wave.
#[derive(Debug, Default)]
pub(crate) struct Joiners {
    /// Will be taken.
    pub(crate) welcome: Vec<u32>,
    /// Will be refused at once, with the rule.
    pub(crate) refused: Vec<(u32, Rule)>,
}

/// Of so many people a rule would refuse, one tries all the same in a given wave.
const ONE_OF_REFUSED_TRIES: u64 = 200;

impl Crowd {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            faces: Vec::new(),
            families: Vec::new(),
            returning: Choices::new(seed, "returning"),
            eager: Choices::new(seed, "persistence"),
            missing: Choices::new(seed, "missing"),
        }
    }

    /// Adds the next person; numbers count up from 0.
    pub(crate) fn meet(&mut self, born_on: Date, family: usize) {
        let room = family + 1;
        if self.families.len() < room {
            self.families.resize(room, 0);
        }
        self.faces.push(Face { born_on, family, joins: 0, last_wave: 0, grant: Grant::None });
    }

    /// The rule that would refuse a person's join, as the person's own facts tell.
    pub(crate) fn refusal(
        &self,
        number: u32,
        rules: &EligibilityRules,
        age_day: Date,
    ) -> Option<Rule> {
        let face = &self.faces[number as usize];
        let facts = JoinFacts {
            wave_open: true,
            age: age_on(face.born_on, age_day),
            grants: u8::from(face.grant == Grant::Live),
            revoked: face.grant == Grant::Revoked,
            household_places_taken: self.families[face.family],
            joins_before: face.joins,
            withdrawn: false,
        };
        refuse_join(rules, &facts)
    }

    /// Chooses who comes back to a wave among the first `known` people: persistent people and those who
    /// tried last time come back more often. Fewer than `wanted` if there are no more.
    pub(crate) fn returning(
        &self,
        wave: WaveNumber,
        known: usize,
        wanted: usize,
        rules: &EligibilityRules,
        age_day: Date,
    ) -> Joiners {
        let mut joiners = Joiners::default();
        let mut scored = Vec::new();
        for (number, face) in (0u32..).zip(&self.faces[..known]) {
            let score = self.returning.number(u64::from(wave.get()), u64::from(number));
            match self.refusal(number, rules, age_day) {
                None if face.joins > 0 => {
                    scored.push((score / self.weight(number, face, wave), number));
                }
                Some(rule) if score.is_multiple_of(ONE_OF_REFUSED_TRIES) => {
                    joiners.refused.push((number, rule));
                }
                None | Some(_) => {}
            }
        }
        if wanted < scored.len() {
            scored.select_nth_unstable(wanted);
            scored.truncate(wanted);
        }
        joiners.welcome = scored.into_iter().map(|(_, number)| number).collect();
        joiners.welcome.sort_unstable();
        joiners
    }

    /// How much likelier than the least persistent person one comes back: 1 to 64 by nature, four times
    /// that within two waves of the last try.
    fn weight(&self, number: u32, face: &Face, wave: WaveNumber) -> u64 {
        let nature = 1u64 << self.eager.below(0, u64::from(number), 7);
        let recent = wave.get().saturating_sub(face.last_wave) <= 2;
        if recent { nature * 4 } else { nature }
    }

    /// These have joined a wave.
    pub(crate) fn joined(&mut self, wave: WaveNumber, numbers: &[u32]) {
        for number in numbers {
            let face = &mut self.faces[*number as usize];
            face.joins += 1;
            face.last_wave = wave.get();
        }
    }

    /// These were named in a decree.
    pub(crate) fn appointed(&mut self, numbers: &[u32]) {
        for number in numbers {
            let face = &mut self.faces[*number as usize];
            face.grant = Grant::Live;
            self.families[face.family] += 1;
        }
    }

    /// These lost the place; the family has it back if the policy frees it.
    pub(crate) fn revoked(&mut self, numbers: &[u32], frees_place: bool) {
        for number in numbers {
            let face = &mut self.faces[*number as usize];
            face.grant = Grant::Revoked;
            if frees_place {
                self.families[face.family] -= 1;
            }
        }
    }

    /// Splits a wave's recipients into those who buy in time and the `missed` who do not.
    pub(crate) fn split_buyers(
        &self,
        wave: WaveNumber,
        recipients: &[u32],
        missed: usize,
    ) -> (Vec<u32>, Vec<u32>) {
        let mut scored: Vec<(u64, u32)> = recipients
            .iter()
            .map(|number| (self.missing.number(u64::from(wave.get()), u64::from(*number)), *number))
            .collect();
        scored.sort_unstable();
        let mut numbers: Vec<u32> = scored.into_iter().map(|(_, number)| number).collect();
        let mut buyers = numbers.split_off(missed.min(numbers.len()));
        numbers.sort_unstable();
        buyers.sort_unstable();
        (buyers, numbers)
    }
}
