//! Regions, their districts and their people, from four CSV files.

use std::collections::BTreeMap;
use std::path::Path;

use domain::region::{Region, RegionCode, RegionTable};

use super::fault::{Fault, Place, SourceFile};
use super::regions::RegionData;
use super::table::{Row, positive, read_rows};

/// The official list the built-in files hold.
const BUILTIN_VERSION: &str = "Kepmendagri 300.2.2-2138/2025";

/// The four files, wherever they come from.
#[derive(Clone, Debug)]
pub(super) struct RegionFiles {
    pub(super) version: String,
    pub(super) provinces: SourceFile,
    pub(super) regencies: SourceFile,
    pub(super) districts: SourceFile,
    pub(super) population: SourceFile,
}

impl RegionFiles {
    /// The files built into the binary.
    pub(super) fn builtin() -> Self {
        let file = SourceFile::embedded;
        Self {
            version: BUILTIN_VERSION.to_owned(),
            provinces: file("provinces.csv", include_str!("../../../../data/provinces.csv")),
            regencies: file("regencies.csv", include_str!("../../../../data/regencies.csv")),
            districts: file("districts.csv", include_str!("../../../../data/districts.csv")),
            population: file(
                "population-2020.csv",
                include_str!("../../../../data/population-2020.csv"),
            ),
        }
    }

    /// The files of the same names in an operator's folder.
    ///
    /// # Errors
    /// A fault for each file that cannot be read.
    pub(super) fn read(folder: &Path) -> Result<Self, Vec<Fault>> {
        let mut faults = Vec::new();
        let mut file = |name: &str| {
            SourceFile::read(&folder.join(name)).map_err(|fault| faults.push(fault)).ok()
        };
        let (provinces, regencies) = (file("provinces.csv"), file("regencies.csv"));
        let (districts, population) = (file("districts.csv"), file("population-2020.csv"));
        let version = format!("files of {}", folder.display());
        match (provinces, regencies, districts, population) {
            (Some(provinces), Some(regencies), Some(districts), Some(population)) => {
                Ok(Self { version, provinces, regencies, districts, population })
            }
            _ => Err(faults),
        }
    }

    /// Loads all four, checking each against the ones before.
    ///
    /// # Errors
    /// Every fault of every file.
    pub(super) fn load(self) -> Result<RegionData, Vec<Fault>> {
        let mut faults = Vec::new();
        let mut regions = BTreeMap::new();
        load_provinces(&self.provinces, &mut regions, &mut faults);
        load_regencies(&self.regencies, &mut regions, &mut faults);
        let (districts, district_names) = load_districts(&self.districts, &regions, &mut faults);
        let people = load_people(&self.population, &regions, &mut faults);
        if !faults.is_empty() {
            return Err(faults);
        }
        let table = RegionTable::new(self.version, regions.into_values().collect());
        let table = table.map_err(|found| -> Vec<Fault> {
            let file = &self.regencies.name;
            found.iter().map(|fault| Fault::new(file, Place::File, fault.to_string())).collect()
        })?;
        Ok(RegionData { table, districts, district_names, people })
    }
}

type Regions = BTreeMap<RegionCode, Region>;

/// Adds a region unless its code is taken or its name is empty.
fn add_region(row: &Row<'_>, code: RegionCode, regions: &mut Regions, faults: &mut Vec<Fault>) {
    let name = row.text("name").trim().to_owned();
    if name.is_empty() {
        faults.push(row.fault("name", "is empty; write the region's official name"));
    }
    if regions.insert(code, Region { code, name }).is_some() {
        faults.push(row.fault("code", format!("{code} stands twice; keep one row")));
    }
}

fn load_provinces(file: &SourceFile, regions: &mut Regions, faults: &mut Vec<Fault>) {
    for row in read_rows(file, &["code", "name"], faults) {
        match row.read("code", faults, RegionCode::parse) {
            Some(code) if code.is_province() => add_region(&row, code, regions, faults),
            Some(code) => {
                let message = format!("{code} is a kabupaten/kota; move it to the regencies' file");
                faults.push(row.fault("code", message));
            }
            None => {}
        }
    }
}

fn load_regencies(file: &SourceFile, regions: &mut Regions, faults: &mut Vec<Fault>) {
    for row in read_rows(file, &["code", "province_code", "name"], faults) {
        let code = row.read("code", faults, RegionCode::parse);
        let province = row.read("province_code", faults, RegionCode::parse);
        let (Some(code), Some(province)) = (code, province) else { continue };
        if code.is_province() {
            let message = format!("{code} is a province; move it to the provinces' file");
            faults.push(row.fault("code", message));
        } else if code.province() != province {
            let message = format!("{code} does not lie in {province}; correct one of the codes");
            faults.push(row.fault("province_code", message));
        } else if !regions.contains_key(&province) {
            let message = format!("province {province} is unknown; add it to the provinces' file");
            faults.push(row.fault("province_code", message));
        } else {
            add_region(&row, code, regions, faults);
        }
    }
}

/// The districts of each regency, as six-digit numbers, and their names.
fn load_districts(
    file: &SourceFile,
    regions: &Regions,
    faults: &mut Vec<Fault>,
) -> (BTreeMap<RegionCode, Vec<u32>>, BTreeMap<u32, String>) {
    let mut names = BTreeMap::new();
    let mut districts: BTreeMap<RegionCode, Vec<u32>> = BTreeMap::new();
    let mut lines: BTreeMap<u32, u64> = BTreeMap::new();
    let rows = read_rows(file, &["code", "regency_code", "name"], faults);
    for row in &rows {
        let code = row.read("code", faults, district_code);
        let regency = row.read("regency_code", faults, RegionCode::parse);
        let (Some((code, parent)), Some(regency)) = (code, regency) else { continue };
        if let Some(line) = lines.insert(code, row.line) {
            let message =
                format!("{} stands already in line {line}; keep one row", row.text("code"));
            faults.push(row.fault("code", message));
        }
        if parent != regency {
            let message =
                format!("{} does not lie in {regency}; correct one of the codes", row.text("code"));
            faults.push(row.fault("regency_code", message));
        } else if regency.is_province() || !regions.contains_key(&regency) {
            let message = format!("{regency} is no known regency; add it to the regencies' file");
            faults.push(row.fault("regency_code", message));
        } else {
            districts.entry(regency).or_default().push(code);
            names.insert(code, row.text("name").trim().to_owned());
        }
    }
    if !rows.is_empty() {
        let missing = regions.keys().filter(|c| !c.is_province() && !districts.contains_key(*c));
        faults.extend(missing.map(|code| {
            let message = format!("regency {code} has no district; add its rows");
            Fault::new(&file.name, Place::File, message)
        }));
    }
    (districts, names)
}

/// Reads `15.71.01` as 157101 and its regency.
fn district_code(text: &str) -> Result<(u32, RegionCode), String> {
    let wrong = || format!("`{text}` is no code of a district: write it as 15.71.01");
    let (regency, own) = text.rsplit_once('.').ok_or_else(wrong)?;
    let plain = own.len() == 2 && own.bytes().all(|byte| byte.is_ascii_digit());
    let parent = RegionCode::parse(regency).ok().filter(|code| plain && !code.is_province());
    let code = text.replace('.', "").parse().ok();
    code.zip(parent).ok_or_else(wrong)
}

/// Residents by region: of every province counted, and of regencies where all of a province's are.
fn load_people(
    file: &SourceFile,
    regions: &Regions,
    faults: &mut Vec<Fault>,
) -> BTreeMap<RegionCode, u64> {
    let mut people = BTreeMap::new();
    for row in read_rows(file, &["level", "code", "name", "population"], faults) {
        let is_province = row.read("level", faults, |text| match text {
            "province_2020" => Ok(true),
            "regency" => Ok(false),
            _ => Err(format!("`{text}` is no level; write `province_2020` or `regency`")),
        });
        let code = row.read("code", faults, RegionCode::parse);
        let residents = row.read("population", faults, positive::<u64>);
        let (Some(is_province), Some(code), Some(residents)) = (is_province, code, residents)
        else {
            continue;
        };
        if code.is_province() != is_province {
            faults.push(row.fault("level", format!("does not fit {code}; correct one of them")));
        } else if !regions.contains_key(&code) {
            let message = format!("region {code} is unknown; add it to the regions first");
            faults.push(row.fault("code", message));
        } else if people.insert(code, residents).is_some() {
            faults.push(row.fault("code", format!("{code} stands twice; keep one row")));
        }
    }
    faults.extend(sum_faults(file, regions, &people));
    people
}

/// Provinces only some of whose regencies are counted, or whose regencies do not add up.
fn sum_faults(
    file: &SourceFile,
    regions: &Regions,
    people: &BTreeMap<RegionCode, u64>,
) -> Vec<Fault> {
    let mut faults = Vec::new();
    for province in regions.keys().filter(|code| code.is_province()) {
        let regencies = || regions.keys().filter(|c| !c.is_province() && c.province() == *province);
        let counted: Vec<u64> = regencies().filter_map(|code| people.get(code)).copied().collect();
        let all = regencies().count();
        let sum: u64 = counted.iter().fold(0, |sum, people| sum.saturating_add(*people));
        if counted.is_empty() {
            continue;
        }
        let message = if counted.len() < all {
            format!(
                "only {} of {all} regencies of {province} are counted; add the others",
                counted.len()
            )
        } else if people.get(province) != Some(&sum) {
            format!("the regencies of {province} add up to {sum}, not to the row of the province")
        } else {
            continue;
        };
        faults.push(Fault::new(&file.name, Place::File, message));
    }
    faults
}
