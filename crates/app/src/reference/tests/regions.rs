//! Regions, districts, people.

use domain::region::RegionCode;

use super::super::fault::SourceFile;
use super::super::region_files::RegionFiles;
use super::{builtin, texts};
use crate::reference::{RegionCounts, WeightsBasis};

fn code(text: &str) -> RegionCode {
    RegionCode::parse(text).expect("a code")
}

/// The rows are as many as the official list has, and the census adds up as published.
#[test]
fn builtin_counts() {
    let regions = builtin().regions;
    let expected = RegionCounts { provinces: 38, regencies: 514, districts: 7285 };
    assert_eq!(regions.counts(), expected);
    let people: u64 =
        regions.table().provinces().filter_map(|region| regions.people_of(region.code)).sum();
    assert_eq!(people, 270_203_917);
    assert_eq!(regions.table().version(), "Kepmendagri 300.2.2-2138/2025");
}

/// Weights stand on the best figure there is, say which, and add up to it.
#[test]
fn weights() {
    let regions = builtin().regions;
    for (province, basis, regencies, sum) in [
        ("15", WeightsBasis::Residents, 11, 3_548_228),
        ("52", WeightsBasis::ResidentsByDistricts, 10, 5_320_092),
        ("93", WeightsBasis::Districts, 4, 82),
    ] {
        let found = regions.regency_weights(code(province)).expect("a province");
        let total: u64 = found.weights.iter().map(|(_, weight)| weight).sum();
        assert_eq!(
            (found.basis, found.weights.len(), total),
            (basis, regencies, sum),
            "{province}"
        );
    }
    let kota_jambi = regions.regency_weights(code("15")).expect("Jambi").weights[9];
    assert_eq!(kota_jambi, (code("15.71"), 606_200));
    for split in ["91", "92", "94", "95", "96"] {
        let found = regions.regency_weights(code(split)).expect("a province");
        assert_eq!(found.basis, WeightsBasis::Districts, "{split}");
    }
    for province in regions.table().provinces() {
        let found = regions.regency_weights(province.code).expect("a province");
        assert!(found.weights.iter().all(|(_, weight)| *weight > 0), "{}", province.name);
    }
    assert_eq!(regions.regency_weights(code("99")), None);
}

const PROVINCES: &str = "code,name\n15,Jambi\n16,Sumatera Selatan\n";
const REGENCIES: &str = "code,province_code,name\n15.01,15,Kabupaten Kerinci\n\
    15.71,15,Kota Jambi\n16.71,16,Kota Palembang\n";
const DISTRICTS: &str = "code,regency_code,name\n15.01.01,15.01,Gunung Raya\n\
    15.71.01,15.71,Telanaipura\n16.71.01,16.71,Ilir Barat\n";
const POPULATION: &str = "level,code,name,population\nprovince_2020,15,Jambi,30\n\
    regency,15.01,Kabupaten Kerinci,10\nregency,15.71,Kota Jambi,20\n";

/// Loads a small country with one file in another's place.
fn check(name: &str, bytes: impl AsRef<[u8]>, faults: &[&str]) {
    let file = |file: &str, sound: &'static str| SourceFile {
        name: file.to_owned(),
        bytes: if file == name { bytes.as_ref().to_vec() } else { sound.as_bytes().to_vec() },
    };
    let files = RegionFiles {
        version: "test".to_owned(),
        provinces: file("provinces.csv", PROVINCES),
        regencies: file("regencies.csv", REGENCIES),
        districts: file("districts.csv", DISTRICTS),
        population: file("population-2020.csv", POPULATION),
    };
    assert_eq!(texts(files.load()), faults);
}

/// A file that is no table of the right form says so, with the line and the remedy.
#[test]
fn broken_tables() {
    check("", "", &[]);
    check("provinces.csv", "\u{feff}name,code\r\nJambi,15\r\n\"Selatan, Sumatera\",16\r\n", &[]);
    check(
        "districts.csv",
        b"code,regency_code,name\n15.01.01,15.01,Gunung Raya\n15.71.01,15.71,\xe9\n",
        &["districts.csv, line 3: is not UTF-8; save the file with the encoding UTF-8"],
    );
    check(
        "districts.csv",
        "code,regency_code,name\n15.01.01,15.01,Gunung\0Raya\n",
        &["districts.csv, line 2: has a NUL byte; save the file as plain text"],
    );
    check(
        "districts.csv",
        "code;regency_code;name\n15.01.01;15.01;Gunung Raya\n",
        &["districts.csv, line 1: cells are separated by `;`; save the table with commas"],
    );
    check(
        "districts.csv",
        "code,code,title\n",
        &[
            "districts.csv, line 1: column `code` stands twice; keep one",
            "districts.csv, line 1: column `regency_code` is missing; add it to the header",
            "districts.csv, line 1: column `name` is missing; add it to the header",
            "districts.csv, line 1: column `title` is unknown; the columns are code, \
             regency_code, name",
        ],
    );
    check(
        "districts.csv",
        "code,regency_code,name\n",
        &["districts.csv: has no rows; add them below the header"],
    );
    check(
        "districts.csv",
        format!("{DISTRICTS}15.71.02,15.71\n15.71.03,15.71,Pasar,Jambi\n"),
        &[
            "districts.csv, line 5: has 2 cells instead of 3; add what is missing, and quote a \
             cell that has a comma",
            "districts.csv, line 6: has 4 cells instead of 3; add what is missing, and quote a \
             cell that has a comma",
        ],
    );
}

/// Rows that contradict each other or another file are each named with line and column.
#[test]
fn broken_rows() {
    check(
        "provinces.csv",
        format!("{PROVINCES}15,Jambi\n1x,Riau\n14, \n15.71,Kota Jambi\n"),
        &[
            "provinces.csv, line 4, column `code`: 15 stands twice; keep one row",
            "provinces.csv, line 5, column `code`: `1x` is no region code: write a province as 15 \
             or a kabupaten/kota as 15.71",
            "provinces.csv, line 6, column `name`: is empty; write the region's official name",
            "provinces.csv, line 7, column `code`: 15.71 is a kabupaten/kota; move it to the \
             regencies' file",
        ],
    );
    check(
        "regencies.csv",
        format!("{REGENCIES}17.01,17,Kabupaten X\n15.02,16,Kabupaten Y\n15,15,Jambi\n15.71,15,Z\n"),
        &[
            "regencies.csv, line 5, column `province_code`: province 17 is unknown; add it to the \
             provinces' file",
            "regencies.csv, line 6, column `province_code`: 15.02 does not lie in 16; correct one \
             of the codes",
            "regencies.csv, line 7, column `code`: 15 is a province; move it to the provinces' \
             file",
            "regencies.csv, line 8, column `code`: 15.71 stands twice; keep one row",
        ],
    );
    check(
        "districts.csv",
        "code,regency_code,name\n15.01.01,15.01,A\n15.01.01,15.01,B\n15.71.01,15.01,C\n\
         15.71.1,15.71,D\n18.01.01,18.01,E\n",
        &[
            "districts.csv, line 3, column `code`: 15.01.01 stands already in line 2; keep one row",
            "districts.csv, line 4, column `regency_code`: 15.71.01 does not lie in 15.01; correct \
             one of the codes",
            "districts.csv, line 5, column `code`: `15.71.1` is no code of a district: write it as \
             15.71.01",
            "districts.csv, line 6, column `regency_code`: 18.01 is no known regency; add it to \
             the regencies' file",
            "districts.csv: regency 15.71 has no district; add its rows",
            "districts.csv: regency 16.71 has no district; add its rows",
        ],
    );
    check(
        "population-2020.csv",
        "level,code,name,population\nprovince_2020,15,Jambi,-1\nprovince,16,S,5\n\
         regency,15,Jambi,5\nregency,15.72,X,5\nregency,15.71,K,5\nregency,15.71,K,5\n",
        &[
            "population-2020.csv, line 2, column `population`: `-1` is no whole number above 0 of \
             a usual size; write digits only",
            "population-2020.csv, line 3, column `level`: `province` is no level; write \
             `province_2020` or `regency`",
            "population-2020.csv, line 4, column `level`: does not fit 15; correct one of them",
            "population-2020.csv, line 5, column `code`: region 15.72 is unknown; add it to the \
             regions first",
            "population-2020.csv, line 7, column `code`: 15.71 stands twice; keep one row",
            "population-2020.csv: only 1 of 2 regencies of 15 are counted; add the others",
        ],
    );
    check(
        "population-2020.csv",
        POPULATION.replace(",20", ",21"),
        &["population-2020.csv: the regencies of 15 add up to 31, not to the row of the province"],
    );
}
