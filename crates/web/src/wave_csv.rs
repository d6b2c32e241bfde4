//! The seats of a wave as a table for spreadsheets.

use crate::format::hex;
use crate::wave_view::KnownWave;

/// The columns. Every row repeats the wave and what its numbers are, so that none can be mistaken.
const HEADER: [&str; 12] = [
    "wave",
    "simulated",
    "test_beacon",
    "region",
    "name",
    "in_play",
    "seats",
    "selected",
    "pool",
    "pool_seats",
    "pool_selected",
    "pool_limit",
];

/// One row a pool of a region, in the order of codes; what is not known or not drawn yet is empty.
pub(crate) fn to_csv(wave: KnownWave<'_>) -> Result<String, csv::Error> {
    let mut writer = csv::WriterBuilder::new().has_headers(false).from_writer(Vec::new());
    writer.write_record(HEADER)?;
    let text = |count: Option<u32>| count.map(|count| count.to_string()).unwrap_or_default();
    let simulated = wave.list.origin.is_simulated() && wave.facts.is_some();
    let regions = wave.seats.iter().flat_map(|seats| &seats.regions);
    for (own, pool) in regions.flat_map(|own| own.pools.iter().map(move |pool| (own, pool))) {
        let drawn = pool.drawn.as_ref();
        let limit = drawn.and_then(|drawn| drawn.cutoff);
        writer.write_record([
            wave.number.to_string(),
            simulated.to_string(),
            wave.has_test_beacon().to_string(),
            own.region.to_string(),
            wave.list.region_name(own.region),
            text(own.in_play),
            own.seats.to_string(),
            text(own.selected),
            pool.name.clone(),
            pool.seats.to_string(),
            text(drawn.map(|drawn| drawn.selected)),
            limit.map(|limit| hex(&limit)).unwrap_or_default(),
        ])?;
    }
    let bytes = writer.into_inner().map_err(csv::IntoInnerError::into_error)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
