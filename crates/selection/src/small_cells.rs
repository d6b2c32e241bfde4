//! Masks that too few people share are not published as they are (sections 11 and 16.10).

use std::collections::BTreeMap;

use crate::policy::{SmallCellMode, SmallCells};
use crate::quota::MaskCount;
use crate::record::HIDDEN_MASK;

/// Published mask of every true mask of one region.
///
/// `cells` are the records per true mask. Hidden cells map to [`HIDDEN_MASK`]; generalised ones to
/// the mask that is also committed to. The mask without traits is never changed.
pub fn published_masks(rule: SmallCells, cells: &[MaskCount]) -> BTreeMap<u16, u16> {
    let mut published: BTreeMap<u16, u16> =
        cells.iter().map(|cell| (cell.mask, cell.mask)).collect();
    match rule.mode {
        SmallCellMode::Off => {}
        SmallCellMode::Hide => {
            for cell in cells.iter().filter(|cell| is_small(rule, cell.mask, cell.records.into())) {
                published.insert(cell.mask, HIDDEN_MASK);
            }
        }
        SmallCellMode::Generalise => generalise(rule, cells, &mut published),
    }
    published
}

/// The first cell of published masks that is too small, if the rule is not off.
pub fn small_cell(rule: SmallCells, cells: &[MaskCount]) -> Option<MaskCount> {
    let small = |cell: &&MaskCount| is_small(rule, cell.mask, cell.records.into());
    cells.iter().find(small).copied().filter(|_| rule.mode != SmallCellMode::Off)
}

fn is_small(rule: SmallCells, mask: u16, records: u64) -> bool {
    mask != 0 && mask != HIDDEN_MASK && (1..u64::from(rule.k)).contains(&records)
}

/// Takes the highest trait from the small cell with most traits (then the larger mask) until no
/// cell is small; each step takes a trait away, so it ends.
fn generalise(rule: SmallCells, cells: &[MaskCount], published: &mut BTreeMap<u16, u16>) {
    let mut sizes: BTreeMap<u16, u64> = BTreeMap::new();
    for cell in cells {
        let size = sizes.entry(cell.mask).or_default();
        *size = size.saturating_add(u64::from(cell.records));
    }
    let smallest = |sizes: &BTreeMap<u16, u64>| {
        let small = sizes.iter().filter(|(mask, size)| is_small(rule, **mask, **size));
        small.map(|(mask, _)| *mask).max_by_key(|mask| (mask.count_ones(), *mask))
    };
    while let Some(mask) = smallest(&sizes) {
        let coarser = mask & !(1 << mask.ilog2());
        let moved = sizes.remove(&mask).unwrap_or(0);
        let size = sizes.entry(coarser).or_default();
        *size = size.saturating_add(moved);
        for own in published.values_mut().filter(|own| **own == mask) {
            *own = coarser;
        }
    }
}
