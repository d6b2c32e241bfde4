//! Attempts that the rules must refuse.

use domain::time::{Timestamp, age_on};

use super::draws::Label;
use super::people::{Parts, YOUNGEST};
use super::{FirstWave, Population, Registration, numbers};

/// Attempts per mille of the people.
const PER_MILLE: u64 = 5;
/// No person of the population has this serial.
const IMPOSTOR_SERIAL: u64 = 0;
/// Cards of this serial belong to no family of the population.
const IMPOSTOR_CARD_SERIAL: u64 = 9_999;

/// Why an attempt must be refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImpostorKind {
    /// Registers with the NIK of someone who registered earlier, under a slightly different name.
    NikTaken,
    /// Registers in order, but is under 18 when the wave closes, so that the join is refused.
    UnderAge,
    /// Registers in order, but is above the wave's limit when it closes, so that the join is refused.
    OverAge,
}

/// One attempt. Its number, in the id, is none of the population's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Impostor {
    /// Why it must be refused.
    pub kind: ImpostorKind,
    /// What is filled in.
    pub attempt: Registration,
}

impl Population {
    /// The attempts of the wave at `place` in the plan, in the order of their registration.
    pub fn impostors(&self, place: usize) -> impl Iterator<Item = Impostor> + '_ {
        let wave = self.waves.get(place);
        let upto = |number: u32| u64::from(number) * PER_MILLE / 1_000;
        wave.into_iter().flat_map(move |wave| {
            let (first, end) = (upto(wave.numbers.start), upto(wave.numbers.end));
            let count = (end - first) as u32;
            (first..end).zip(0u32..).map(move |(attempt, rank)| {
                let kind = self.impostor_kind(attempt, wave, rank);
                Impostor { kind, attempt: self.attempt(kind, attempt, wave, (rank, count)) }
            })
        })
    }

    /// Kinds take turns as far as the wave has them.
    fn impostor_kind(&self, attempt: u64, wave: &FirstWave, rank: u32) -> ImpostorKind {
        let unused = attempt < numbers::BIRTHDAYS * self.places.all_districts().len() as u64;
        let somebody_registered = wave.numbers.start > 0 || rank > 0;
        match attempt % 3 {
            0 if somebody_registered => ImpostorKind::NikTaken,
            _ if !unused => ImpostorKind::NikTaken,
            1 if wave.max_age.is_some() => ImpostorKind::OverAge,
            _ => ImpostorKind::UnderAge,
        }
    }

    /// What the impostor fills in; `rank` of `count` attempts of the wave.
    fn attempt(
        &self,
        kind: ImpostorKind,
        attempt: u64,
        wave: &FirstWave,
        (rank, count): (u32, u32),
    ) -> Registration {
        let at = wave.registration(rank, count as usize);
        let younger = self.draws.below(Label::AgeWithin, attempt, 3) as u8;
        let over_age = wave.max_age.filter(|_| kind == ImpostorKind::OverAge);
        match (kind, over_age) {
            (ImpostorKind::NikTaken, _) => {
                // Of this wave as large a part has registered as the attempts before are of all.
                let here = wave.numbers.len() as u64 * u64::from(rank) / u64::from(count);
                let registered = u64::from(wave.numbers.start) + here;
                let victim = self.draws.below(Label::Victim, attempt, registered) as u32;
                self.with_taken_nik(self.person(victim), attempt, wave, at)
            }
            (ImpostorKind::OverAge, Some(max)) => {
                self.with_age(max + 1 + younger, attempt, wave, at)
            }
            (ImpostorKind::OverAge, None) | (ImpostorKind::UnderAge, _) => {
                self.with_age(YOUNGEST - 1 - younger, attempt, wave, at)
            }
        }
    }

    fn with_taken_nik(
        &self,
        victim: Registration,
        attempt: u64,
        wave: &FirstWave,
        registered_at: Timestamp,
    ) -> Registration {
        let identity = victim.identity;
        let parts = Parts {
            name: misspell(identity.name.expose()),
            nik: identity.nik,
            family_card: identity.family_card,
            born_on: identity.born_on,
            region: victim.region,
            registered_at,
        };
        let age = age_on(parts.born_on, wave.last_day);
        self.assemble(self.impostor_number(attempt), victim.sex, age, parts)
    }

    /// Someone with numbers of the impostors' own, of this age at the close.
    fn with_age(
        &self,
        age: u8,
        attempt: u64,
        wave: &FirstWave,
        registered_at: Timestamp,
    ) -> Registration {
        let number = self.impostor_number(attempt);
        let sex = self.sex(number);
        let districts = self.places.all_districts();
        // Attempts walk through the districts, then through the days of the year.
        let turn = attempt / districts.len() as u64;
        let (region, district) = districts[(attempt % districts.len() as u64) as usize];
        let born_on = numbers::born_on(age, wave.last_day, turn, false);
        let parts = Parts {
            nik: numbers::nik(district, born_on, sex, IMPOSTOR_SERIAL),
            family_card: numbers::card(district, turn, IMPOSTOR_CARD_SERIAL),
            name: self.name(number, sex),
            born_on,
            region,
            registered_at,
        };
        self.assemble(number, sex, age, parts)
    }

    fn impostor_number(&self, attempt: u64) -> u32 {
        u32::try_from(u64::from(self.people()) + attempt).expect("room above the most people")
    }
}

/// The name with its last letter doubled, or a doubled last letter made single.
fn misspell(name: &str) -> String {
    let mut letters: Vec<char> = name.chars().collect();
    match letters.as_slice() {
        [.., a, b] if a == b => {
            letters.pop();
        }
        [.., last] => letters.push(*last),
        [] => {}
    }
    letters.into_iter().collect()
}
