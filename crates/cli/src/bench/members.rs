//! Synthetic members of two waves whose families overlap.
//!
//! An earlier wave gives one place on many family cards to relatives; the present wave's members live
//! on those cards, on cards of two and three members, and alone, so that every rule of the household
//! cap is at work.

use anyhow::Result;
use app::register::Registration;
use domain::funnel::Education;
use domain::identity::{Email, Employment, Identity, PersonName, Phone};
use domain::ids::PersonId;
use domain::nik::{FamilyCard, Nik, Sex};
use domain::region::RegionCode;
use domain::time::Timestamp;
use storage::memberships::NewMembership;
use time::{Date, Month};
use uuid::Uuid;

use super::random::mix;

/// Of four seats of the present wave, one person of the earlier wave holds a relative's place.
const SEATS_PER_EARLIER: u64 = 4;
/// Cards of ten neighbours: a pair, three of one family, two alone, a pair, one alone. At most two
/// of three can be selected, so nine of ten are in play.
const FAMILIES: [u64; 10] = [0, 0, 1, 1, 1, 2, 3, 4, 4, 5];
/// Time between two registrations.
const REGISTRATION_MICROS: i64 = 20_000;

/// Members of the earlier wave, all of whom get a seat.
pub(crate) fn earlier_count(seats: u64) -> u64 {
    seats / SEATS_PER_EARLIER
}

/// The earlier wave: one member a card.
pub(crate) fn earlier(
    seats: u64,
    joined_at: Timestamp,
    regencies: &[RegionCode],
) -> Vec<NewMembership> {
    (0..earlier_count(seats)).map(|place| member(place, place, joined_at, regencies)).collect()
}

/// The present wave: a quarter of the seats' number from cards with a place taken, and as many again
/// as there are seats from other cards; 115 percent of the seats are in play.
pub(crate) fn present(
    seats: u64,
    joined_at: Timestamp,
    regencies: &[RegionCode],
) -> Vec<NewMembership> {
    let related = earlier_count(seats);
    let cards_from = related;
    let on_taken_cards = (0..related).map(|card| (related + card, card));
    let others = (0..seats).map(|place| {
        let family = FAMILIES[(place % 10) as usize];
        (2 * related + place, cards_from + place / 10 * 10 + family)
    });
    on_taken_cards
        .chain(others)
        .map(|(place, card)| member(place, card, joined_at, regencies))
        .collect()
}

/// Complete registrations of people of 33, each on a card of the own.
///
/// # Errors
/// More people than there are numbers.
pub(crate) fn registrations(
    people: u64,
    registered_at: Timestamp,
    regencies: &[RegionCode],
) -> Result<Vec<Registration>> {
    let born_on = Date::from_calendar_date(1990, Month::January, 1)?;
    (0..people)
        .map(|place| {
            Ok(Registration {
                person_id: person_id(place, registered_at),
                identity: Identity {
                    nik: Nik::parse(&format!(
                        "{:06}010190{:04}",
                        110_101 + place / 9_999,
                        place % 9_999 + 1
                    ))?,
                    family_card: FamilyCard::parse(&format!(
                        "{:016}",
                        1_571_020_101_190_000 + place
                    ))?,
                    name: PersonName::parse("Kenari Kuning")?,
                    born_on,
                    phone: Phone::parse("+6281255512345")?,
                    email: Email::parse("kenari@contoh.id")?,
                },
                sex: if place % 2 == 0 { Sex::Man } else { Sex::Woman },
                education: Education::SeniorHigh,
                employment: Employment::JobSeeker,
                region: regencies[(mix(place) % regencies.len() as u64) as usize],
                disability: false,
                findings: Vec::new(),
                registered_at,
            })
        })
        .collect()
}

fn person_id(place: u64, registered_at: Timestamp) -> PersonId {
    let mut id_bytes = [0; 10];
    id_bytes[2..].copy_from_slice(&mix(place + 1).to_be_bytes());
    PersonId::at(registered_at, id_bytes)
}

/// One member. Person ids follow the order of registration, as ids made at registration do; card and
/// tags are spread like the keyed digests they stand for.
fn member(place: u64, card: u64, joined_at: Timestamp, regencies: &[RegionCode]) -> NewMembership {
    let registered_at =
        joined_at.minus_micros(1 << 42).plus_micros(place as i64 * REGISTRATION_MICROS);
    NewMembership {
        joined_at,
        person_id: person_id(place, registered_at),
        kk_index: Uuid::from_u64_pair(mix(card + (1 << 40)), card),
        sex: if place.is_multiple_of(2) { Sex::Woman } else { Sex::Man },
        education: Education::SeniorHigh,
        region: regencies[(mix(card + (2 << 40)) % regencies.len() as u64) as usize],
        age: 18 + (place % 47) as u8,
        entry_tag: (u128::from(mix(place + (3 << 40))) << 64 | u128::from(place)).to_be_bytes(),
        household_tag: mix(card + (4 << 40)).to_be_bytes(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;

    /// Goal: the population has the stated shape; method: count persons, cards and relatives.
    #[test]
    fn families_overlap_as_stated() {
        let regencies = [1101, 1102, 1103].map(|code| RegionCode::new(code).unwrap());
        let at = Timestamp::from_micros(1_700_000_000_000_000);
        let (earlier, present) = (earlier(4_000, at, &regencies), present(4_000, at, &regencies));
        assert_eq!((earlier.len(), present.len()), (1_000, 5_000));
        let persons: BTreeSet<_> =
            earlier.iter().chain(&present).map(|member| member.person_id).collect();
        assert_eq!(persons.len(), 6_000);

        let mut cards: BTreeMap<Uuid, (usize, BTreeSet<RegionCode>)> = BTreeMap::new();
        for member in &present {
            let card = cards.entry(member.kk_index).or_default();
            card.0 += 1;
            card.1.insert(member.region);
        }
        assert!(cards.values().all(|(_, regions)| regions.len() == 1), "a card lies in one region");
        let taken: BTreeSet<Uuid> = earlier.iter().map(|member| member.kk_index).collect();
        let in_play: usize = cards
            .iter()
            .map(|(card, (members, _))| (*members).min(if taken.contains(card) { 1 } else { 2 }))
            .sum();
        assert_eq!(in_play, 4_600);
    }
}
