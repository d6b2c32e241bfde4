//! Weights of the regencies that share the quotas, from one CSV file.

use std::path::Path;

use domain::region::{RegionCode, RegionTable};

use super::fault::{Fault, Faults, Place, SourceFile};
use super::table::{positive, read_rows};

/// Loads the weights of regencies of a table, one row a regency; a regency without a row gets no quota.
///
/// # Errors
/// [`Faults`] with everything wrong in the file.
pub fn load_weights(path: &Path, regions: &RegionTable) -> Result<Vec<(RegionCode, u64)>, Faults> {
    let file = SourceFile::read(path).map_err(|fault| Faults(vec![fault]))?;
    let mut faults = Vec::new();
    let mut weights: Vec<(RegionCode, u64)> = Vec::new();
    for row in read_rows(&file, &["region", "weight"], &mut faults) {
        let region = row.read("region", &mut faults, RegionCode::parse);
        let weight = row.read("weight", &mut faults, positive);
        let (Some(region), Some(weight)) = (region, weight) else { continue };
        if region.is_province() || regions.get(region).is_none() {
            faults.push(
                row.fault("region", format!("{region} is no kabupaten/kota of the region list")),
            );
        } else if weights.iter().any(|(known, _)| *known == region) {
            faults.push(row.fault("region", format!("{region} stands twice; keep one row")));
        } else {
            weights.push((region, weight));
        }
    }
    if weights.is_empty() && faults.is_empty() {
        faults.push(Fault::new(
            &file.name,
            Place::File,
            "has no row, so no seat could be given".to_owned(),
        ));
    }
    weights.sort_unstable();
    if faults.is_empty() { Ok(weights) } else { Err(Faults(faults)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reference::Reference;

    /// Goal: a file of weights is read whole or refused with every fault. Method: a good one, and each fault.
    #[test]
    fn files() {
        let reference = Reference::builtin().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let load = |text: &str| {
            let path = folder.path().join("weights.csv");
            std::fs::write(&path, text).unwrap();
            load_weights(&path, reference.regions.table()).map_err(|faults| faults.to_string())
        };
        let code = |number| RegionCode::new(number).unwrap();
        assert_eq!(
            load("region,weight\n15.72,3\n15.01,5\n"),
            Ok(vec![(code(1501), 5), (code(1572), 3)])
        );
        for (text, said) in [
            ("region,weight\n15,3\n", "15 is no kabupaten/kota"),
            ("region,weight\n15.99,3\n", "15.99 is no kabupaten/kota"),
            ("region,weight\n15.71,3\n15.71,4\n", "stands twice"),
            ("region,weight\n15.71,0\n", "weight"),
            ("region,weight\n", "has no row"),
            ("region\n15.71\n", "weight"),
        ] {
            let refused = load(text).unwrap_err();
            assert!(refused.contains(said), "{text}: {refused}");
        }
    }
}
