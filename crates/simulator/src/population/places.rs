//! Where families live, and their running number there.

use std::collections::{BTreeMap, BTreeSet};

use domain::region::RegionCode;
use selection::apportion::{Claim, sainte_lague};

use super::PopulationError;
use super::draws::{Draws, Label};
use super::families::interleave;
use super::numbers;

/// Families in one turn through the regencies. A prime, so that the turn does not keep step with the
/// pattern of family sizes; a regency's share is right to about one in eight thousand.
const CYCLE: u64 = 4_099;

/// A family's home.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Home {
    pub(super) region: RegionCode,
    pub(super) district: u32,
    /// Running number of the family within the district.
    pub(super) family: u64,
}

#[derive(Clone, Debug)]
struct Regency {
    code: RegionCode,
    /// Families in one turn.
    count: u64,
    districts: Vec<u32>,
}

/// The regencies and the order in which families are given to them.
#[derive(Clone, Debug)]
pub(super) struct Places {
    regencies: Vec<Regency>,
    /// For each place of the turn the regency and the family's rank there.
    turn: Vec<(usize, u64)>,
    /// Families skipped at the start, so that seeds begin differently.
    skipped: u64,
    /// Every district with its regency, in order.
    all_districts: Vec<(RegionCode, u32)>,
}

impl Places {
    pub(super) fn new(
        draws: Draws,
        weights: &[(RegionCode, u64)],
        districts: &[(RegionCode, u32)],
        families: u64,
    ) -> Result<Self, PopulationError> {
        let skipped = draws.below(Label::Place, 0, CYCLE);
        let counts = counts_in_turn(weights)?;
        let mut by_regency: BTreeMap<RegionCode, BTreeSet<u32>> = BTreeMap::new();
        for (regency, district) in districts {
            by_regency.entry(*regency).or_default().insert(*district);
        }
        let mut regencies = Vec::with_capacity(weights.len());
        for ((code, _), count) in weights.iter().zip(&counts) {
            let districts = by_regency.remove(code).ok_or(PopulationError::NoDistrict(*code))?;
            let regency =
                Regency { code: *code, count: *count, districts: districts.into_iter().collect() };
            regency.check(families + skipped)?;
            regencies.push(regency);
        }
        let all = regencies.iter().flat_map(|r| r.districts.iter().map(|d| (r.code, *d)));
        let all_districts = all.collect();
        Ok(Self { regencies, turn: interleave(&counts), skipped, all_districts })
    }

    /// The home of a family.
    pub(super) fn home(&self, family: u64) -> Home {
        let family = family + self.skipped;
        let (turns, at) = (family / CYCLE, family % CYCLE);
        let (regency, rank) = self.turn[at as usize];
        let regency = &self.regencies[regency];
        let in_regency = turns * regency.count + rank;
        let districts = regency.districts.len() as u64;
        Home {
            region: regency.code,
            district: regency.districts[(in_regency % districts) as usize],
            family: in_regency / districts,
        }
    }

    /// Every district with its regency.
    pub(super) fn all_districts(&self) -> &[(RegionCode, u32)] {
        &self.all_districts
    }
}

/// Families of each regency in one turn, at least one each.
fn counts_in_turn(weights: &[(RegionCode, u64)]) -> Result<Vec<u64>, PopulationError> {
    if weights.is_empty() {
        return Err(PopulationError::NoRegency);
    }
    if weights.len() as u64 > CYCLE {
        let regencies = weights.len();
        return Err(PopulationError::TooManyRegencies { regencies, maximum: CYCLE });
    }
    let mut seen = BTreeSet::new();
    if let Some((twice, _)) = weights.iter().find(|(code, _)| !seen.insert(*code)) {
        return Err(PopulationError::RegencyTwice(*twice));
    }
    let claims: Vec<Claim> = weights
        .iter()
        .map(|(code, weight)| Claim {
            code: code.get().into(),
            weight: *weight,
            start: 1,
            cap: CYCLE,
        })
        .collect();
    let split = sainte_lague(CYCLE, &claims).expect("distinct codes, and a place for each start");
    Ok(split.seats)
}

impl Regency {
    /// Refuses districts whose numbers are none or would not suffice.
    fn check(&self, families: u64) -> Result<(), PopulationError> {
        let regency = self.code;
        let shape = |district: &&u32| !(100_000..=999_999).contains(*district);
        if let Some(district) = self.districts.iter().find(shape) {
            return Err(PopulationError::DistrictShape { regency, district: *district });
        }
        let here = (families / CYCLE + 1) * self.count;
        let families = here.div_ceil(self.districts.len() as u64);
        let maximum = numbers::FAMILIES_MAX;
        if families > maximum {
            return Err(PopulationError::DistrictFull { regency, families, maximum });
        }
        Ok(())
    }
}
