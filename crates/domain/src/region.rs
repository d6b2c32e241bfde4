//! Provinces and kabupaten/kota by their Kemendagri codes.

use std::collections::BTreeMap;
use std::fmt;

/// Kemendagri code without its dot: province `15`, regency `15.71` as 1571. Also the region number
/// in the records of the draw (selection.md section 16.2).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RegionCode(u16);

/// A text that is no code of a province or regency.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no region code: write a province as 15 or a kabupaten/kota as 15.71")]
pub struct RegionCodeError(pub String);

impl RegionCode {
    /// Accepts a province (11..=99) or a regency (1101..=9999 with a non-zero last part).
    pub const fn new(code: u16) -> Option<Self> {
        match code {
            11..=99 => Some(Self(code)),
            1101..=9999 if !code.is_multiple_of(100) => Some(Self(code)),
            _ => None,
        }
    }

    /// Reads `15`, `15.71` or `1571`.
    ///
    /// # Errors
    /// [`RegionCodeError`] with the text, since a region code is not personal.
    pub fn parse(text: &str) -> Result<Self, RegionCodeError> {
        let wrong = || RegionCodeError(text.to_owned());
        let digits = match text.as_bytes() {
            [_, _] | [_, _, _, _] => text.to_owned(),
            [_, _, b'.', _, _] => text.replacen('.', "", 1),
            _ => return Err(wrong()),
        };
        if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(wrong());
        }
        digits.parse().ok().and_then(Self::new).ok_or_else(wrong)
    }

    /// The plain number.
    pub const fn get(self) -> u16 {
        self.0
    }

    /// True for a province.
    pub const fn is_province(self) -> bool {
        self.0 < 100
    }

    /// The province: itself, or that of the regency.
    #[must_use]
    pub const fn province(self) -> Self {
        if self.is_province() { self } else { Self(self.0 / 100) }
    }

    /// True if `other` is this region or lies in it.
    pub fn contains(self, other: Self) -> bool {
        self == other || (self.is_province() && other.province() == self)
    }
}

impl fmt::Display for RegionCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_province() {
            write!(f, "{}", self.0)
        } else {
            write!(f, "{}.{:02}", self.province().0, self.0 % 100)
        }
    }
}

impl fmt::Debug for RegionCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A province or regency with its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Region {
    /// Its code.
    pub code: RegionCode,
    /// Its official name, such as `Kabupaten Kerinci`.
    pub name: String,
}

/// A fault of a region table.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RegionFault {
    /// The code stands twice.
    #[error("region {0} stands twice")]
    Duplicate(RegionCode),
    /// A regency without its province.
    #[error("regency {0} has no province {p} in the table", p = .0.province())]
    Orphan(RegionCode),
    /// An empty name.
    #[error("region {0} has no name")]
    Unnamed(RegionCode),
}

/// All regions of one version of the official list; provinces split over time (Papua in 2022), so a
/// table carries the version it states.
#[derive(Clone, Debug)]
pub struct RegionTable {
    version: String,
    regions: BTreeMap<RegionCode, Region>,
}

impl RegionTable {
    /// Builds a table of the named version.
    ///
    /// # Errors
    /// Every fault found, not only the first.
    pub fn new(version: String, regions: Vec<Region>) -> Result<Self, Vec<RegionFault>> {
        let mut faults = Vec::new();
        let mut table = BTreeMap::new();
        for region in regions {
            if region.name.trim().is_empty() {
                faults.push(RegionFault::Unnamed(region.code));
            }
            if let Some(earlier) = table.insert(region.code, region) {
                faults.push(RegionFault::Duplicate(earlier.code));
            }
        }
        let orphans = table.keys().filter(|code| !table.contains_key(&code.province()));
        faults.extend(orphans.map(|code| RegionFault::Orphan(*code)));
        if faults.is_empty() { Ok(Self { version, regions: table }) } else { Err(faults) }
    }

    /// The same list under another name: a list with its weights is published once under each.
    #[must_use]
    pub fn called(self, version: String) -> Self {
        Self { version, ..self }
    }

    /// Which official list this is.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The region of this code.
    pub fn get(&self, code: RegionCode) -> Option<&Region> {
        self.regions.get(&code)
    }

    /// All regions by code.
    pub fn iter(&self) -> impl Iterator<Item = &Region> {
        self.regions.values()
    }

    /// All provinces by code.
    pub fn provinces(&self) -> impl Iterator<Item = &Region> {
        self.iter().filter(|region| region.code.is_province())
    }

    /// The regencies of a province by code.
    pub fn regencies(&self, province: RegionCode) -> impl Iterator<Item = &Region> {
        self.iter().filter(move |region| {
            !region.code.is_province() && region.code.province() == province.province()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Codes read in each written form and print with their dot; anything else is refused.
    #[test]
    fn codes() {
        for (text, code) in [("15", 15), ("15.71", 1571), ("1571", 1571), ("96.01", 9601)] {
            let parsed = RegionCode::parse(text).expect(text);
            assert_eq!(parsed.get(), code);
            assert_eq!(RegionCode::parse(&parsed.to_string()), Ok(parsed));
        }
        for text in ["", "1", "10", "157", "15.7", "15-71", "15.00", "ab", "１５", "+5", "15.71.01"]
        {
            assert!(RegionCode::parse(text).is_err(), "{text}");
        }
    }

    /// A table reports all its faults at once.
    #[test]
    fn faults() {
        let region = |code: u16, name: &str| Region {
            code: RegionCode::new(code).expect("code"),
            name: name.to_owned(),
        };
        let faults = RegionTable::new(
            "test".to_owned(),
            vec![region(15, "Jambi"), region(1571, ""), region(1571, "Kota"), region(1601, "X")],
        )
        .expect_err("three faults");
        let texts: Vec<String> = faults.iter().map(ToString::to_string).collect();
        assert_eq!(
            texts,
            [
                "region 15.71 has no name",
                "region 15.71 stands twice",
                "regency 16.01 has no province 16 in the table"
            ]
        );
    }
}
