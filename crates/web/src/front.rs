//! What many look at and few change: copies of lists and figures, so that a crowd never reaches the database.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use domain::funnel::{Funnel, Origin};
use domain::region::{Region, RegionCode};
use domain::time::Timestamp;
use tokio::time::timeout;

use crate::kept::Kept;
use crate::routes::within_limit;
use crate::snapshot::{AppState, Snapshot, SnapshotError, StatisticsQuery};

/// How old figures and waves may be: states of waves change by the minute, and so does what browsers keep.
const FRESH: Duration = Duration::from_secs(10);
/// How old the figures of the whole programme may be, for which every province is counted.
const TOTALS_FRESH: Duration = Duration::from_mins(5);
/// How long the first page waits for the figures of the whole programme, which is no reason to come late; longer than
/// anybody waits for newer ones.
const PATIENCE: Duration = Duration::from_secs(2);

/// The figures of the whole programme.
#[derive(Debug)]
pub(crate) struct Totals {
    /// Sums over all provinces: everybody counts in the one where they last joined. Provinces are counted one after the
    /// other, so somebody who moves meanwhile may count twice or not at all, until the next time.
    pub(crate) funnel: Funnel,
    /// The newest act that is counted everywhere, and what the rows are; `None` if no region has figures.
    pub(crate) of: Option<(Timestamp, Origin)>,
}

/// The copies that the first page and the list of regions stand on.
#[derive(Debug)]
pub(crate) struct Front {
    pub(crate) state: AppState,
    /// What the state keeps copies of.
    source: AppState,
    provinces: Arc<Kept<Vec<Region>>>,
    totals: Kept<Totals>,
}

impl Front {
    /// Nothing read yet.
    pub(crate) fn new(state: AppState) -> Self {
        Self {
            state: keep(state.clone()),
            source: state,
            provinces: Arc::new(Kept::new(FRESH)),
            totals: Kept::new(TOTALS_FRESH),
        }
    }

    /// The provinces that have figures.
    pub(crate) async fn provinces(&self) -> Result<Arc<Vec<Region>>, SnapshotError> {
        self.provinces.get(within_limit((self.state.regions)())).await
    }

    /// The figures of the whole programme, if they are at hand or read in a moment.
    pub(crate) async fn totals(&self) -> Result<Arc<Totals>, SnapshotError> {
        let (source, provinces) = (self.source.clone(), Arc::clone(&self.provinces));
        let read = async move {
            let provinces = provinces.get(within_limit((source.regions)())).await?;
            read_totals(&source, &provinces).await
        };
        timeout(PATIENCE, self.totals.get(read)).await.unwrap_or(Err(SnapshotError::Unavailable))
    }
}

async fn read_totals(source: &AppState, provinces: &[Region]) -> Result<Totals, SnapshotError> {
    let mut totals = Totals { funnel: Funnel::default(), of: None };
    for region in provinces {
        let query = StatisticsQuery { region: region.code, as_of: None };
        let snapshot = match (source.load)(query).await {
            Ok(snapshot) => snapshot,
            // It had figures a moment ago, or has only joins that were taken back.
            Err(SnapshotError::NoData(_) | SnapshotError::UnknownRegion(_)) => continue,
            Err(SnapshotError::Unavailable) => return Err(SnapshotError::Unavailable),
        };
        totals.funnel.add(&snapshot.report.total);
        // As old as the oldest of them.
        let at = totals.of.map_or(snapshot.data_as_of, |(at, _)| at.min(snapshot.data_as_of));
        totals.of = Some((at, snapshot.origin));
    }
    Ok(totals)
}

type Regions = BTreeMap<RegionCode, Arc<Kept<Arc<Snapshot>>>>;

/// The same state, which keeps the list of waves and the newest figures of each region.
fn keep(state: AppState) -> AppState {
    let (read_waves, waves) = (Arc::clone(&state.waves), Arc::new(Kept::new(FRESH)));
    let (load, regions) = (Arc::clone(&state.load), Arc::new(Mutex::new(Regions::new())));
    AppState {
        waves: Arc::new(move || {
            let (read, kept) = (within_limit((read_waves)()), Arc::clone(&waves));
            Box::pin(async move { kept.get(read).await.map(|list| Arc::clone(&*list)) })
        }),
        load: Arc::new(move |query: StatisticsQuery| {
            let read = (load)(query);
            if query.as_of.is_some() {
                return read;
            }
            let kept = kept_of(&regions, query.region);
            Box::pin(async move { kept.get(read).await.map(|snapshot| Arc::clone(&*snapshot)) })
        }),
        ..state
    }
}

/// No more than there are codes, which have four digits.
fn kept_of(regions: &Mutex<Regions>, region: RegionCode) -> Arc<Kept<Arc<Snapshot>>> {
    let mut regions = regions.lock().unwrap_or_else(PoisonError::into_inner);
    Arc::clone(regions.entry(region).or_insert_with(|| Arc::new(Kept::new(FRESH))))
}
