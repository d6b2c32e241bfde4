//! The tile map of a province: one square a kabupaten/kota.
//!
//! `data/tiles.csv` places the tiles of provinces someone has laid out by hand; the others are shown
//! in the order of their codes, and the page says that this is no geography.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use domain::funnel::Funnel;
use domain::region::RegionCode;

use crate::format::{number, scaled};
use crate::language::Language;
use crate::snapshot::Snapshot;

/// Shades from light to dark, each with its own text colour in the style sheet.
const SHADES: u64 = 4;

/// Where a tile stands, counted from 1, and its name with `~` at the places it may break.
struct Place {
    column: u8,
    row: u8,
    label: String,
}

/// A tile on the page.
#[derive(Debug)]
pub(crate) struct Tile {
    pub(crate) path: String,
    pub(crate) label: String,
    pub(crate) figure: String,
    /// 1 (fewest) to 4 (most), in steps of the largest figure.
    pub(crate) shade: u64,
    /// Classes that place it; empty for a plain list.
    pub(crate) place: String,
}

/// All tiles of a province.
#[derive(Debug)]
pub(crate) struct TileMap {
    pub(crate) tiles: Vec<Tile>,
    pub(crate) geographic: bool,
}

static PLACES: LazyLock<BTreeMap<RegionCode, Place>> =
    LazyLock::new(|| parse_places(include_str!("../../../data/tiles.csv")));

/// Reads the layout and skips what it cannot read; the file is part of the program, and a test sees
/// to it that nothing is skipped.
fn parse_places(text: &str) -> BTreeMap<RegionCode, Place> {
    let place = |line: &str| {
        let mut cells = line.splitn(4, ',');
        let code = RegionCode::parse(cells.next()?).ok()?;
        let column = cells.next()?.parse().ok()?;
        let row = cells.next()?.parse().ok()?;
        // A soft hyphen shows only where a line breaks.
        let label = cells.next()?.replace('~', "\u{ad}");
        Some((code, Place { column, row, label }))
    };
    text.lines().skip(1).filter_map(place).collect()
}

/// Name without the kind that most of them share.
fn short_name(name: &str) -> String {
    name.strip_prefix("Kabupaten ").unwrap_or(name).to_owned()
}

/// The map of effective beneficiaries; `None` if there are fewer than two regions to compare.
pub(crate) fn tile_map(snapshot: &Snapshot, language: Language) -> Option<TileMap> {
    let regencies: &[(RegionCode, Funnel)] = &snapshot.report.by_regency;
    if regencies.len() < 2 {
        return None;
    }
    let geographic = regencies.iter().all(|(code, _)| PLACES.contains_key(code));
    let most = regencies.iter().map(|(_, funnel)| funnel.effective).max()?;
    let mut tiles: Vec<((u8, u8), Tile)> = regencies
        .iter()
        .map(|(code, funnel)| {
            let place = PLACES.get(code).filter(|_| geographic);
            let tile = Tile {
                path: language.statistics_path(code),
                label: place.map_or_else(
                    || short_name(&snapshot.region_name(*code)),
                    |place| place.label.clone(),
                ),
                figure: number(funnel.effective, language),
                shade: scaled(funnel.effective, most, SHADES * 100).div_ceil(100).max(1),
                place: place
                    .map(|place| format!(" c{} r{}", place.column, place.row))
                    .unwrap_or_default(),
            };
            (place.map_or((0, 0), |place| (place.row, place.column)), tile)
        })
        .collect();
    // Read in the order seen: rows from the top, each from the left; the sort keeps equal ones apart
    // by code as they came.
    tiles.sort_by_key(|(place, _)| *place);
    Some(TileMap { tiles: tiles.into_iter().map(|(_, tile)| tile).collect(), geographic })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// Every line of the layout is read, no two tiles share a square, and Jambi is complete.
    #[test]
    fn layout() {
        let text = include_str!("../../../data/tiles.csv");
        let places = parse_places(text);
        assert_eq!(places.len(), text.lines().count() - 1);
        let squares: BTreeSet<_> =
            places.iter().map(|(code, place)| (code.province(), place.column, place.row)).collect();
        assert_eq!(squares.len(), places.len());
        for code in [1501, 1502, 1503, 1504, 1505, 1506, 1507, 1508, 1509, 1571, 1572] {
            assert!(places.contains_key(&RegionCode::new(code).expect("a code")), "{code}");
        }
        let css = include_str!("../assets/gelombang.css");
        for place in places.values() {
            assert!(css.contains(&format!(".c{}", place.column)), "column {}", place.column);
            assert!(css.contains(&format!(".r{}", place.row)), "row {}", place.row);
        }
    }
}
