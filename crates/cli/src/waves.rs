//! What the pages of waves are told: waves and seats as the database has them, kept so that a crowd costs nothing.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use api::Gate;
use domain::policy::Named as _;
use domain::region::RegionTable;
use domain::time::Timestamp;
use domain::wave::{WaveNumber, WaveState};
use storage::database::Database;
use storage::error::StorageError;
use storage::reference::waves_list;
use storage::seats::{PoolRow, QuotaRows, quotas_get};
use storage::selection::draw_figures_list;
use storage::statistics::origin_read;
use tokio::sync::Mutex;
use web::{GuaranteeSeats, PoolSeats, RegionSeats, SeatTable, SnapshotError, WaveFacts, WaveList};

use crate::print::causes;

/// For how long a list of waves serves everybody; they change by the minute at most.
const FRESH: Duration = Duration::from_secs(5);

/// A wave's seats as they were read in a state. What they say changes with it, and with a correction of the list, which moves
/// the announcement too.
type KeptSeats = ((WaveState, Timestamp), Option<Arc<SeatTable>>);

/// Reads waves and seats: one asks the database, the others wait for the answer.
pub(crate) struct WaveReader {
    database: Database,
    gate: Gate,
    regions: Arc<RegionTable>,
    list: Mutex<Option<(Instant, Arc<WaveList>)>>,
    seats: Mutex<BTreeMap<WaveNumber, KeptSeats>>,
}

impl WaveReader {
    pub(crate) fn new(database: Database, gate: Gate, regions: Arc<RegionTable>) -> Self {
        Self { database, gate, regions, list: Mutex::default(), seats: Mutex::default() }
    }

    /// All waves.
    pub(crate) async fn list(&self) -> Result<Arc<WaveList>, SnapshotError> {
        let mut kept = self.list.lock().await;
        if let Some((read_at, list)) = kept.as_ref()
            && read_at.elapsed() < FRESH
        {
            return Ok(Arc::clone(list));
        }
        self.require_open()?;
        let list = Arc::new(self.read_list().await.map_err(|error| unavailable(&error))?);
        *kept = Some((Instant::now(), Arc::clone(&list)));
        Ok(list)
    }

    /// The seats of a wave; `None` before its quota table is fixed.
    pub(crate) async fn seats(
        &self,
        wave: WaveNumber,
    ) -> Result<Option<Arc<SeatTable>>, SnapshotError> {
        let list = self.list().await?;
        let Some(facts) = list.find(wave) else { return Ok(None) };
        let mut kept = self.seats.lock().await;
        let read_for = (facts.state, facts.results_at);
        if let Some((kept_for, seats)) = kept.get(&wave)
            && *kept_for == read_for
        {
            return Ok(seats.clone());
        }
        self.require_open()?;
        let read = self.read_seats(wave).await.map_err(|error| unavailable(&error))?;
        let seats = (!read.regions.is_empty()).then(|| {
            let is_drawn = facts.selected.is_some();
            Arc::new(seat_table(read, is_drawn))
        });
        kept.insert(wave, (read_for, seats.clone()));
        Ok(seats)
    }

    fn require_open(&self) -> Result<(), SnapshotError> {
        if self.gate.is_open() { Ok(()) } else { Err(SnapshotError::Unavailable) }
    }

    async fn read_list(&self) -> Result<WaveList, StorageError> {
        let mut tx = self.database.begin_snapshot().await?;
        let rows = waves_list(&mut tx).await?;
        let figures = draw_figures_list(&mut tx).await?;
        let waves = rows.iter().zip(figures).map(|(row, figures)| WaveFacts {
            number: row.wave,
            state: row.state,
            opens_at: row.opens_at,
            closes_at: row.closes_at,
            results_at: row.results_at,
            seats: figures.seats.unwrap_or(u64::from(row.base_seats)),
            entries: figures.entries,
            selected: figures.selected,
            test_beacon: figures.test_beacon,
        });
        Ok(WaveList {
            waves: waves.collect(),
            regions: Arc::clone(&self.regions),
            origin: origin_read(&mut tx).await?,
        })
    }

    async fn read_seats(&self, wave: WaveNumber) -> Result<QuotaRows, StorageError> {
        quotas_get(&mut *self.database.begin_snapshot().await?, wave).await
    }
}

fn unavailable(error: &StorageError) -> SnapshotError {
    tracing::error!(error = causes(error), "could not read the waves");
    SnapshotError::Unavailable
}

/// Nobody is selected but on a seat of the table, and none of these that somebody can take is left.
fn seat_table(rows: QuotaRows, is_drawn: bool) -> SeatTable {
    let classes = (0..).zip(&rows.classes).map(|(bit, class)| (bit, class.name().to_owned()));
    let classes = classes.collect();
    let regions = rows.regions.into_iter().map(|own| RegionSeats {
        region: own.region,
        in_play: own.in_play,
        seats: own.seats,
        selected: is_drawn.then(|| own.seats.saturating_sub(own.unfilled)),
        has_hidden_classes: false,
        pools: own.pools.into_iter().map(pool).collect(),
    });
    SeatTable { classes, regions: regions.collect() }
}

fn pool(row: PoolRow) -> PoolSeats {
    let guarantees = row.guarantees.iter().map(|own| GuaranteeSeats {
        bit: own.bit,
        asked: own.asked,
        seats: own.seats,
        lowered: own.lowered,
    });
    PoolSeats { name: row.name, seats: row.seats, guarantees: guarantees.collect(), drawn: None }
}
