//! A synthetic population: person number `i`, computed from the seed and `i` alone.
//!
//! Nothing is stored, so a restart recreates the same people, in any order and from any thread.
//! Numbers ascend with the first wave and, within it, with the instant of registration. No person is
//! real: names come from lists of common given names, contacts from ranges of their own.

mod draws;
mod families;
mod impostors;
#[cfg(test)]
mod model;
mod numbers;
mod people;
mod places;
#[cfg(test)]
mod tests;
mod traits;

use std::ops::Range;

use app::register::Registration;
use domain::ids::PersonId;
use domain::region::RegionCode;
use domain::time::Timestamp;
use time::Date;

use crate::plan::{Mix, Plan, PlannedWave};
use draws::Draws;
use families::Families;
use places::Places;

pub use impostors::{Impostor, ImpostorKind};

/// Why a population cannot be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PopulationError {
    /// Nowhere to live.
    #[error("the province has no kabupaten or kota; load its regions first")]
    NoRegency,
    /// More regencies than the cycle of families has places.
    #[error(
        "{regencies} kabupaten and kota are more than {maximum}; replay one province at a time"
    )]
    TooManyRegencies {
        /// Regencies given.
        regencies: usize,
        /// The most that fit.
        maximum: u64,
    },
    /// The code stands twice in the weights.
    #[error("region {0} stands twice among the weights; give each once")]
    RegencyTwice(RegionCode),
    /// A NIK begins with a district.
    #[error("region {0} has no district (kecamatan); add its rows to districts.csv")]
    NoDistrict(RegionCode),
    /// Six digits are a district.
    #[error("district {district} of region {regency} is no number of six digits; correct its row")]
    DistrictShape {
        /// The regency.
        regency: RegionCode,
        /// The number given.
        district: u32,
    },
    /// The numbers of a district run out.
    #[error(
        "region {regency} would have {families} families in one district, but its numbers suffice \
         for {maximum}; lower people or add districts"
    )]
    DistrictFull {
        /// The regency.
        regency: RegionCode,
        /// Families in its largest district.
        families: u64,
        /// The most that have numbers.
        maximum: u64,
    },
}

/// The window in which the people of one first wave register, and how old they are then.
#[derive(Clone, Debug)]
struct FirstWave {
    numbers: Range<u32>,
    registers_from: Timestamp,
    registers_until: Timestamp,
    /// Last day on which the wave takes joins, when ages count.
    last_day: Date,
    /// Oldest age that the wave allows, in full years.
    max_age: Option<u8>,
    /// Oldest age of those who come to it, apart from elders.
    oldest: u8,
    /// Whether people above 64 come.
    elders: bool,
}

/// The people of one replay.
#[derive(Clone, Debug)]
pub struct Population {
    draws: Draws,
    mix: Mix,
    waves: Vec<FirstWave>,
    families: Families,
    places: Places,
}

/// The number that a person's id carries in its last four bytes.
pub fn number_of(person_id: PersonId) -> u32 {
    let [.., a, b, c, d] = *person_id.uuid().as_bytes();
    u32::from_be_bytes([a, b, c, d])
}

impl Population {
    /// Prepares the people of a plan. `regencies` are weighted by their share of the families;
    /// `districts` pairs each regency with the six-digit numbers of its districts.
    ///
    /// # Errors
    /// [`PopulationError`] says which region cannot hold its people, and the remedy.
    pub fn new(
        seed: u64,
        regencies: &[(RegionCode, u64)],
        districts: &[(RegionCode, u32)],
        plan: &Plan,
    ) -> Result<Self, PopulationError> {
        let draws = Draws::new(seed);
        let families = Families::new(plan.mix());
        // A family that is cut between waves counts once more.
        let families_max = families.count(plan.totals().people) + plan.waves().len() as u64;
        let places = Places::new(draws, regencies, districts, families_max)?;
        Ok(Self { draws, mix: plan.mix(), waves: first_waves(plan), families, places })
    }

    /// How many people there are; their numbers are below.
    pub fn people(&self) -> u32 {
        self.waves.last().map_or(0, |wave| wave.numbers.end)
    }

    /// Numbers of the people whose first wave stands at `place` in the plan; empty beyond the last.
    pub fn numbers_of_wave(&self, place: usize) -> Range<u32> {
        self.waves.get(place).map_or(0..0, |wave| wave.numbers.clone())
    }

    /// The first wave of a person, as its place in the plan; the last wave's for numbers beyond.
    pub fn first_wave_of(&self, number: u32) -> usize {
        let place = self.waves.partition_point(|wave| wave.numbers.end <= number);
        place.min(self.waves.len().saturating_sub(1))
    }
}

/// The windows of registration: from the close before, for the first wave its opening, to shortly
/// before the close.
fn first_waves(plan: &Plan) -> Vec<FirstWave> {
    let waves = plan.waves();
    let (mut first, mut closed_before) = (0u32, None);
    let window = |(at, wave): (usize, &PlannedWave)| {
        let shape = wave.shape;
        // A plan has fewer people than 32 bits can number.
        let end = first.saturating_add(u32::try_from(wave.new_joiners).unwrap_or(u32::MAX));
        // A tenth of the open days is left for the last to join.
        let open = shape.closes_at.micros() - shape.opens_at.micros();
        let later = waves.get(at..).unwrap_or(&[]);
        let (oldest, elders) = ages_of(wave, later, plan.mix());
        let window = FirstWave {
            numbers: first..end,
            registers_from: closed_before.unwrap_or(shape.opens_at),
            registers_until: shape.closes_at.minus_micros(open / 10),
            last_day: last_day(wave),
            max_age: shape.max_age,
            oldest,
            elders,
        };
        first = end;
        closed_before = Some(shape.closes_at);
        window
    };
    waves.iter().enumerate().map(window).collect()
}

/// The day before the close, if that is at midnight; else the day itself.
fn last_day(wave: &PlannedWave) -> Date {
    wave.shape.closes_at.minus_micros(1).wib_date()
}

/// Oldest usual age of a wave's new people and whether elders come. Where nobody may be outgrown,
/// the age stays within the limit of every later wave.
fn ages_of(wave: &PlannedWave, later: &[PlannedWave], mix: Mix) -> (u8, bool) {
    let usual = people::OLDEST_USUAL;
    if mix.outgrown {
        return (wave.shape.max_age.unwrap_or(usual), wave.shape.max_age.is_none());
    }
    let limits = later.iter().filter_map(|later| {
        let years = last_day(later).year() - last_day(wave).year();
        // Between two days a person has one birthday more than the years differ, at most.
        let older = u8::try_from(years + 1).unwrap_or(u8::MAX);
        later.shape.max_age.map(|max| max.saturating_sub(older))
    });
    let limit = limits.min();
    (limit.unwrap_or(usual).min(usual), limit.is_none())
}
