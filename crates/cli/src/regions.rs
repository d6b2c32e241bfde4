//! Names of regions from the database.

use domain::region::{Region, RegionTable};
use storage::database::Database;
use storage::reference::regions_list;

/// The region list in use.
pub(crate) async fn region_table(database: &Database) -> anyhow::Result<RegionTable> {
    let mut tx = database.begin_snapshot().await?;
    let regions = regions_list(&mut tx).await?;
    let regions = regions.into_iter().map(|(code, name)| Region { code, name }).collect();
    RegionTable::new("in use".to_owned(), regions)
        .map_err(|faults| anyhow::anyhow!("the stored region list has {} faults", faults.len()))
}
