//! The facts of one person.

use domain::eligibility::Finding;
use domain::identity::{Email, Identity, PersonName, Phone};
use domain::ids::PersonId;
use domain::nik::{FamilyCard, Nik, Sex};
use domain::region::RegionCode;
use domain::time::{Timestamp, age_on};
use time::Date;

use super::draws::{Label, scale};
use super::families::Membership;
use super::places::Home;
use super::{FirstWave, Population, Registration, numbers, traits};
use crate::names;

/// Youngest age of a participant. Source: programme.md section 3.1.
pub(super) const YOUNGEST: u8 = 18;
/// Oldest age of usual participants, the limit of later waves. Source: programme.md section 3.1.
pub(super) const OLDEST_USUAL: u8 = 64;

/// People per mille aged 18 to 25, and up to 35. Source: programme.md section 16.3, composition of 2023.
const YOUNG_PER_MILLE: u64 = 360;
const UP_TO_35_PER_MILLE: u64 = 360 + 330;
/// People per mille not above 64 where there is no limit; 2020 had 2 % over 60.
const UP_TO_64_PER_MILLE: u64 = 985;
/// People per mille with a disability. Source: programme.md section 16.3, to September 2024.
const DISABILITY_PER_MILLE: u64 = 30;
/// Women among 25 people, 52 %. Source: design.md section 5.
const WOMEN_OF_25: u64 = 13;

/// Every how many families of a district someone may share another's birthday, and from which serial.
const LIKENESS_EVERY: u64 = 32;
const LIKENESS_SERIAL: u64 = 9_001;
/// Twins and namesakes of a district: serials 9001 to 9998 by twos.
const LIKENESSES_MAX: u64 = 499;

/// A number with what follows from the tables alone.
#[derive(Clone, Copy, Debug)]
struct Place {
    membership: Membership,
    home: Home,
    sex: Sex,
}

/// Whose birthday, and whose name, a person has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Likeness {
    Own,
    /// Born with the family member before.
    Twin,
    /// Same name and birth date as someone of an earlier family.
    Namesake,
}

/// What makes a person besides the number: the parts that impostors choose themselves.
pub(super) struct Parts {
    pub(super) nik: Nik,
    pub(super) family_card: FamilyCard,
    pub(super) name: String,
    pub(super) born_on: Date,
    pub(super) region: RegionCode,
    pub(super) registered_at: Timestamp,
}

impl FirstWave {
    /// The instant of the `rank`-th of `count` registrations, evenly over the window.
    pub(super) fn registration(&self, rank: u32, count: usize) -> Timestamp {
        let open = self.registers_until.micros() - self.registers_from.micros();
        let after = i128::from(open) * (i128::from(rank) + 1) / (count as i128 + 1);
        self.registers_from.plus_micros(i64::try_from(after).unwrap_or(0))
    }
}

impl Population {
    /// The person of a number below [`Population::people`].
    pub fn person(&self, number: u32) -> Registration {
        let wave = &self.waves[self.first_wave_of(number)];
        let place = self.place(number);
        let (likeness, model) = self.likeness(number, place, wave);
        let born_on = self.own_birth_date(model, wave);
        let serial = match likeness {
            Likeness::Own => numbers::own_serial(place.home, place.membership.member),
            Likeness::Twin => likeness_serial(place.home),
            Likeness::Namesake => likeness_serial(place.home) + 1,
        };
        let parts = Parts {
            nik: numbers::nik(place.home.district, born_on, place.sex, serial),
            family_card: numbers::family_card(self.draws, place.home),
            name: self.name(if likeness == Likeness::Namesake { model } else { number }, place.sex),
            born_on,
            region: place.home.region,
            registered_at: self.registered_at(number),
        };
        let age = age_on(born_on, wave.last_day);
        let findings = self.finding(number, age).into_iter().collect();
        Registration { findings, ..self.assemble(number, place.sex, age, parts) }
    }

    /// When the person of a number registers.
    pub fn registered_at(&self, number: u32) -> Timestamp {
        let wave = &self.waves[self.first_wave_of(number)];
        wave.registration(number - wave.numbers.start, wave.numbers.len())
    }

    /// The id of the person of a number.
    pub fn person_id(&self, number: u32) -> PersonId {
        self.id_at(self.registered_at(number), number)
    }

    /// The birth date of the person of a number.
    pub fn born_on(&self, number: u32) -> Date {
        let wave = &self.waves[self.first_wave_of(number)];
        let (_, model) = self.likeness(number, self.place(number), wave);
        self.own_birth_date(model, wave)
    }

    /// The family of the person of a number: those with the same family card.
    pub fn family_of(&self, number: u32) -> u64 {
        self.membership(number).family
    }

    /// The last four of the ten random bytes are the number, big-endian.
    fn id_at(&self, registered_at: Timestamp, number: u32) -> PersonId {
        let mut random = [0; 10];
        let (noise, tail) = random.split_at_mut(6);
        noise.copy_from_slice(&self.draws.value(Label::PersonId, number.into()).to_be_bytes()[..6]);
        tail.copy_from_slice(&number.to_be_bytes());
        PersonId::at(registered_at, random)
    }

    /// The family by the pattern, but one of three or more that continues into the next wave is cut
    /// there: two members might have won before a third comes, whose first join the full family
    /// card would refuse.
    fn membership(&self, number: u32) -> Membership {
        let membership = self.families.of(number);
        let wave_place = self.first_wave_of(number);
        let since_start = u64::from(number - self.waves[wave_place].numbers.start);
        if membership.size > 2 && membership.member > since_start {
            let family = self.families.count(self.people().into()) + wave_place as u64;
            Membership { family, member: since_start, ..membership }
        } else {
            membership
        }
    }

    /// Adds what depends on number, sex and age only.
    pub(super) fn assemble(&self, number: u32, sex: Sex, age: u8, parts: Parts) -> Registration {
        let draw = |label: Label| self.draws.value(label, number.into());
        let Parts { nik, family_card, name, born_on, region, registered_at } = parts;
        let identity = Identity {
            nik,
            family_card,
            born_on,
            phone: self.phone(number),
            email: email(&name, number),
            name: PersonName::parse(&name).expect("a name from the lists"),
        };
        Registration {
            person_id: self.id_at(registered_at, number),
            identity,
            sex,
            education: traits::education(draw(Label::Education), age),
            employment: traits::employment(draw(Label::Employment), age),
            region,
            disability: scale(draw(Label::Disability), 1_000) < DISABILITY_PER_MILLE,
            findings: Vec::new(),
            registered_at,
        }
    }

    /// Sexes alternate so that any run of numbers has 52 women in 100, to less than one person.
    pub(super) fn sex(&self, number: u32) -> Sex {
        let at = u64::from(number) + self.draws.below(Label::Sex, 0, 25);
        if at * WOMEN_OF_25 % 25 < WOMEN_OF_25 { Sex::Woman } else { Sex::Man }
    }

    pub(super) fn name(&self, number: u32, sex: Sex) -> String {
        names::compose(self.draws.value(Label::Name, number.into()), sex)
    }

    fn place(&self, number: u32) -> Place {
        let membership = self.membership(number);
        let home = self.places.home(membership.family);
        Place { membership, home, sex: self.sex(number) }
    }

    /// Whom a person is like, and that model's number. Twins and namesakes are rare and come to the
    /// same first wave as their model, so that their ages fit it.
    fn likeness(&self, number: u32, place: Place, wave: &FirstWave) -> (Likeness, u32) {
        let (turn, at) = (place.home.family / LIKENESS_EVERY, place.home.family % LIKENESS_EVERY);
        let namesake = || self.draws.below(Label::Namesake, number.into(), 4) == 0;
        let (likeness, distance) = match (at, place.membership.member) {
            (5, 1) => (Likeness::Twin, 1),
            // Two before, since sexes alternate; a first member's family is another.
            (21, 0) if namesake() => (Likeness::Namesake, 2),
            _ => return (Likeness::Own, number),
        };
        let model = number.checked_sub(distance).filter(|model| {
            wave.numbers.contains(model)
                && (likeness == Likeness::Twin || self.sex(*model) == place.sex)
        });
        match model {
            Some(model) if turn < LIKENESSES_MAX => (likeness, model),
            Some(_) | None => (Likeness::Own, number),
        }
    }

    /// The birth date of a number by its own age and birthday.
    fn own_birth_date(&self, number: u32, wave: &FirstWave) -> Date {
        let place = self.place(number);
        let birthday = numbers::birthday(self.draws, place.home, place.membership.member);
        let leap_day = self.draws.below(Label::LeapDay, number.into(), 2) == 0;
        numbers::born_on(self.age(number, wave), wave.last_day, birthday, leap_day)
    }

    fn age(&self, number: u32, wave: &FirstWave) -> u8 {
        let within = |end: u8| self.draws.below(Label::AgeWithin, number.into(), end.into()) as u8;
        let above_35 = wave.oldest.saturating_sub(35);
        let age = match self.draws.below(Label::Age, number.into(), 1_000) {
            0..YOUNG_PER_MILLE => YOUNGEST + within(8),
            YOUNG_PER_MILLE..UP_TO_35_PER_MILLE => 26 + within(10),
            UP_TO_64_PER_MILLE.. if wave.elders => OLDEST_USUAL + 1 + within(8),
            // The younger of two draws: fewer towards the limit.
            _ => {
                let second = self.draws.below(Label::AgeSecond, number.into(), above_35.into());
                36 + within(above_35).min(second as u8)
            }
        };
        if age <= wave.oldest || wave.elders {
            age
        } else {
            YOUNGEST + within(wave.oldest.saturating_sub(YOUNGEST) + 1)
        }
    }

    /// Numbers with a finding are spread evenly: the continued fraction of 703 / 1000 is all ones and
    /// twos, so any run of numbers has its share to within three people.
    fn finding(&self, number: u32, age: u8) -> Option<Finding> {
        let at = u64::from(number) + self.draws.below(Label::Finding, 0, 1_000);
        let place = at * 703 % 1_000;
        if place >= u64::from(self.mix.ineligible_per_mille) {
            return None;
        }
        let detail = self.draws.value(Label::FindingDetail, number.into());
        Some(traits::finding(at, detail, age))
    }

    /// The number multiplied within the ten-digit numbers, so that no two people share one.
    fn phone(&self, number: u32) -> Phone {
        // Ends in 9, so it shares no factor with a power of ten.
        const STEP: u64 = 6_180_339_889;
        const END: u64 = 10_000_000_000;
        let first = self.draws.below(Label::Contact, 0, END);
        let digits = (u64::from(number) * STEP % END + first) % END;
        Phone::parse(&format!("+62812{digits:010}")).expect("thirteen digits")
    }
}

fn likeness_serial(home: Home) -> u64 {
    LIKENESS_SERIAL + 2 * (home.family / LIKENESS_EVERY)
}

fn email(name: &str, number: u32) -> Email {
    let first = name.split(' ').next().unwrap_or(name).to_ascii_lowercase();
    Email::parse(&format!("{first}.{number:x}@contoh.id")).expect("a word before the host")
}
