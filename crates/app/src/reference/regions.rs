//! The regions as loaded, and what is known about their size.

use std::collections::BTreeMap;

use domain::region::{RegionCode, RegionTable};

/// Provinces that gave up regencies in 2022, after the census: their census rows count the people
/// of the provinces 93 to 96 too, so they say nothing about the area of today.
const SPLIT_AFTER_CENSUS: [u16; 2] = [91, 92];

/// How many regions there are, counted from the rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RegionCounts {
    /// Provinces.
    pub provinces: usize,
    /// Kabupaten and kota.
    pub regencies: usize,
    /// Kecamatan.
    pub districts: usize,
}

/// What the weights of a province's regencies stand on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WeightsBasis {
    /// Residents of each regency.
    Residents,
    /// Residents of the province, split by each regency's number of districts.
    ResidentsByDistricts,
    /// The number of districts alone.
    Districts,
}

impl WeightsBasis {
    /// The basis in words, for whoever reads figures that rest on it.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Residents => "residents by kabupaten/kota, Population Census 2020",
            Self::ResidentsByDistricts => {
                "residents of the province, Population Census 2020, split by number of kecamatan"
            }
            Self::Districts => {
                "number of kecamatan alone, since the census of 2020 does not count this area apart"
            }
        }
    }
}

/// Weights of a province's regencies by code, each above 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegencyWeights {
    /// What they stand on.
    pub basis: WeightsBasis,
    /// One weight a regency.
    pub weights: Vec<(RegionCode, u64)>,
}

/// The regions with what is known about their size.
#[derive(Clone, Debug)]
pub struct RegionData {
    pub(super) table: RegionTable,
    pub(super) districts: BTreeMap<RegionCode, Vec<u32>>,
    pub(super) district_names: BTreeMap<u32, String>,
    pub(super) people: BTreeMap<RegionCode, u64>,
}

impl RegionData {
    /// Provinces and regencies.
    pub const fn table(&self) -> &RegionTable {
        &self.table
    }

    /// The same regions as a list of another name, to be published with other weights.
    #[must_use]
    pub fn called(self, version: String) -> Self {
        Self { table: self.table.called(version), ..self }
    }

    /// The regions by kind, counted from the rows.
    pub fn counts(&self) -> RegionCounts {
        let provinces = self.table.provinces().count();
        RegionCounts {
            provinces,
            regencies: self.table.iter().count() - provinces,
            districts: self.districts.values().map(Vec::len).sum(),
        }
    }

    /// Weights of the regencies of a province; `None` for a province that is not in the table.
    pub fn regency_weights(&self, province: RegionCode) -> Option<RegencyWeights> {
        let province = self.table.get(province.province())?.code;
        let codes: Vec<RegionCode> = self.table.regencies(province).map(|r| r.code).collect();
        let counted: Vec<(RegionCode, u64)> =
            codes.iter().filter_map(|code| Some((*code, *self.people.get(code)?))).collect();
        if counted.len() == codes.len() {
            return Some(RegencyWeights { basis: WeightsBasis::Residents, weights: counted });
        }
        let districts: Vec<(RegionCode, u64)> =
            codes.iter().map(|code| (*code, self.districts_of(*code).len() as u64)).collect();
        let split = SPLIT_AFTER_CENSUS.contains(&province.get());
        Some(match self.people.get(&province).filter(|_| !split) {
            Some(people) => RegencyWeights {
                basis: WeightsBasis::ResidentsByDistricts,
                weights: split_by(*people, &districts),
            },
            None => RegencyWeights { basis: WeightsBasis::Districts, weights: districts },
        })
    }

    /// Residents of a region in the census; `None` if it was not counted.
    pub fn people_of(&self, region: RegionCode) -> Option<u64> {
        self.people.get(&region).copied()
    }

    /// The districts of a regency, as six-digit numbers such as 157101; empty for an unknown one.
    pub fn districts_of(&self, regency: RegionCode) -> &[u32] {
        self.districts.get(&regency).map_or(&[], Vec::as_slice)
    }

    /// The name of a district; `None` for an unknown one.
    pub fn district_name(&self, district: u32) -> Option<&str> {
        self.district_names.get(&district).map(String::as_str)
    }
}

/// Splits `total` in proportion to the weights so that the parts add up to it: each part is the
/// difference of two running sums rounded down.
fn split_by(total: u64, weights: &[(RegionCode, u64)]) -> Vec<(RegionCode, u64)> {
    let whole: u64 = weights.iter().map(|(_, weight)| weight).sum();
    let upto = |sum: u64| {
        let exact = u128::from(total) * u128::from(sum) / u128::from(whole.max(1));
        u64::try_from(exact).unwrap_or(u64::MAX)
    };
    let mut sum = 0;
    let part = |(code, weight): &(RegionCode, u64)| {
        let before = upto(sum);
        sum += weight;
        (*code, upto(sum) - before)
    };
    weights.iter().map(part).collect()
}
