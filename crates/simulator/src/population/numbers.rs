//! Numbers of persons and family cards, unique by construction.
//!
//! A NIK is district, birth date and serial. Within a district each person has a running number
//! `serial part + 9,000 · round`. The serial part gives the digits of the serial; where a district
//! has more people than serials, the round shifts the birthday, so that two people of one serial
//! never share a day of the year. Serials above 9,000 are kept for people who take over the birthday
//! of another, serial 0 for impostors.

use domain::nik::{FamilyCard, Nik, Sex};
use time::{Date, Duration, Month};

use super::draws::{Draws, Label};
use super::families::MEMBERS_MAX;
use super::places::Home;

/// Serials of people with a birthday of their own.
const SERIALS: u64 = 9_000;
/// Odd, and no multiple of 3 or 5, so that multiplying permutes the residues of 9,000.
const SERIAL_STEP: u64 = 7_001;
/// Days on which people are born; 29 February counts with the day before.
pub(super) const BIRTHDAYS: u64 = 365;
/// No multiple of 5 or 73, so that the rounds walk through all 365 days.
const ROUND_STEP: u64 = 103;
/// Families of a district that have numbers: one birthday a round.
pub(super) const FAMILIES_MAX: u64 = SERIALS * BIRTHDAYS / MEMBERS_MAX;

/// First day on which a family card of the population was issued.
const FIRST_CARD: (i32, Month, u8) = (2008, Month::January, 1);
/// Days over which cards were issued.
const CARD_DAYS: u64 = 4_000;

/// A running number split into the serial part and the round.
const fn split(running: u64) -> (u64, u64) {
    (running % SERIALS, running / SERIALS)
}

/// Serial digits of a serial part.
const fn serial(part: u64) -> u64 {
    1 + part * SERIAL_STEP % SERIALS
}

/// The serial of a member with a birthday of its own.
pub(super) const fn own_serial(home: Home, member: u64) -> u64 {
    serial(split(home.family * MEMBERS_MAX + member).0)
}

/// The day of the year on which a member is born, as its place among [`BIRTHDAYS`].
pub(super) fn birthday(draws: Draws, home: Home, member: u64) -> u64 {
    let (part, round) = split(home.family * MEMBERS_MAX + member);
    let stream = u64::from(home.district) * SERIALS + part;
    (draws.below(Label::Birthday, stream, BIRTHDAYS) + round * ROUND_STEP) % BIRTHDAYS
}

/// The birth date of someone of this age on `day`, born on the given day of the year.
pub(super) fn born_on(age: u8, day: Date, birthday: u64, leap_day: bool) -> Date {
    // 2001 has no 29 February, so each place is a day of every year.
    let place = u16::try_from(birthday % BIRTHDAYS).unwrap_or(0) + 1;
    let in_2001 = Date::from_ordinal_date(2001, place).expect("one of 365 days");
    let (month, date) = (in_2001.month(), in_2001.day());
    let year_of = |month: Month, date: u8| {
        let still_to_come = (u8::from(month), date) > (u8::from(day.month()), day.day());
        day.year() - i32::from(age) - i32::from(still_to_come)
    };
    if leap_day && (month, date) == (Month::February, 28) {
        let leap = Date::from_calendar_date(year_of(month, 29), month, 29);
        if let Ok(leap) = leap {
            return leap;
        }
    }
    Date::from_calendar_date(year_of(month, date), month, date).expect("a day of every year")
}

/// Composes a NIK.
pub(super) fn nik(district: u32, born_on: Date, sex: Sex, serial: u64) -> Nik {
    let woman = match sex {
        Sex::Man => 0,
        Sex::Woman => 40,
    };
    Nik::parse(&digits(district, born_on, woman, serial)).expect("sixteen digits")
}

/// The card of a family.
pub(super) fn family_card(draws: Draws, home: Home) -> FamilyCard {
    let (part, round) = split(home.family);
    let stream = u64::from(home.district) * SERIALS + part;
    let day = draws.below(Label::Card, stream, CARD_DAYS) + round * ROUND_STEP;
    card(home.district, day, serial(part))
}

/// A family card issued so many days after the first.
pub(super) fn card(district: u32, day: u64, serial: u64) -> FamilyCard {
    let (year, month, date) = FIRST_CARD;
    let first = Date::from_calendar_date(year, month, date).expect("a day");
    let days = i64::try_from(day % CARD_DAYS).unwrap_or(0);
    let issued_on = first.saturating_add(Duration::days(days));
    FamilyCard::parse(&digits(district, issued_on, 0, serial)).expect("sixteen digits")
}

fn digits(district: u32, day: Date, day_offset: u8, serial: u64) -> String {
    let (date, month) = (day.day() + day_offset, u8::from(day.month()));
    format!("{district:06}{date:02}{month:02}{:02}{serial:04}", day.year().rem_euclid(100))
}
