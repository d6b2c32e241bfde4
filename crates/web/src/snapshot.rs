//! What the pages show and how they get it: function values that the binary fills in.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use domain::funnel::{FunnelReport, Origin};
use domain::region::{Region, RegionCode, RegionTable};
use domain::time::Timestamp;
use domain::wave::WaveNumber;

use crate::published::PublicFolder;
use crate::site::Site;
use crate::waves::{SeatTable, WaveList};

/// The figures of one region, with what is needed to name them.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// The counts.
    pub report: FunnelReport,
    /// Names of all regions.
    pub regions: Arc<RegionTable>,
    /// The date of the data, shown on the page.
    pub data_as_of: Timestamp,
    /// What the rows behind the counts are.
    pub origin: Origin,
}

impl Snapshot {
    /// The region's official name, or its code if the table lacks it.
    pub fn region_name(&self, code: RegionCode) -> String {
        self.regions.get(code).map_or_else(|| code.to_string(), |region| region.name.clone())
    }
}

/// The newest figures of the whole country.
#[derive(Clone, Debug)]
pub struct Figures {
    /// Those of each region that has any.
    pub of: BTreeMap<RegionCode, Arc<Snapshot>>,
    /// The regions that have none.
    pub without: BTreeSet<RegionCode>,
}

impl Figures {
    /// The figures of a region.
    ///
    /// # Errors
    /// [`SnapshotError::NoData`], [`SnapshotError::UnknownRegion`].
    pub fn find(&self, region: RegionCode) -> Result<Arc<Snapshot>, SnapshotError> {
        match self.of.get(&region) {
            Some(snapshot) => Ok(Arc::clone(snapshot)),
            None if self.without.contains(&region) => Err(SnapshotError::NoData(region)),
            None => Err(SnapshotError::UnknownRegion(region)),
        }
    }
}

/// Why there are no figures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SnapshotError {
    /// The code has the right shape, but no region of the official list has it.
    #[error("no province or kabupaten/kota has the code {0}")]
    UnknownRegion(RegionCode),
    /// The region exists and has no figures, or none at that instant.
    #[error("there are no figures for region {0} at that time")]
    NoData(RegionCode),
    /// The figures could not be read now; whoever returns this has logged the cause.
    #[error("could not read the figures, try again in a minute")]
    Unavailable,
}

/// The newest figures on their way.
pub type FiguresFuture = Pin<Box<dyn Future<Output = Result<Arc<Figures>, SnapshotError>> + Send>>;

/// A report on its way.
pub type ReportFuture = Pin<Box<dyn Future<Output = Result<Arc<Snapshot>, SnapshotError>> + Send>>;

/// A list of regions on its way.
pub type RegionsFuture = Pin<Box<dyn Future<Output = Result<Vec<Region>, SnapshotError>> + Send>>;

/// Whether the installation can do its work, on its way.
pub type ReadyFuture = Pin<Box<dyn Future<Output = Result<(), SnapshotError>> + Send>>;

/// How the services are, for the status page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceStatus {
    /// The instant.
    pub at: Timestamp,
    /// Whether registering and joining are taken at this moment; `None` where only pages are served.
    pub accepts: Option<bool>,
    /// What the database says; `None` if it cannot be asked.
    pub work: Option<WorkStatus>,
}

/// What runs by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkStatus {
    /// Whether waves open and close, and deadlines run, when they are due.
    pub is_on_schedule: bool,
    /// When the first act occurred that the audit chain does not hold yet; `None` if it holds all.
    pub unsealed_since: Option<Timestamp>,
    /// Waves that take joins, with the end of joining.
    pub open_waves: Vec<(WaveNumber, Timestamp)>,
    /// The wave that opens next.
    pub next_wave: Option<(WaveNumber, Timestamp)>,
}

/// The state of the services, on its way.
pub type StatusFuture = Pin<Box<dyn Future<Output = ServiceStatus> + Send>>;

/// All waves, on their way.
pub type WavesFuture = Pin<Box<dyn Future<Output = Result<Arc<WaveList>, SnapshotError>> + Send>>;

/// The seats of a wave on their way; `None` before its quota table is fixed.
pub type SeatsFuture =
    Pin<Box<dyn Future<Output = Result<Option<Arc<SeatTable>>, SnapshotError>> + Send>>;

/// Where the pages get their figures.
#[derive(Clone)]
pub struct AppState {
    /// Counts the newest figures, which may take minutes; the pages keep them for a while.
    pub figures: Arc<dyn Fn() -> FiguresFuture + Send + Sync>,
    /// Counts the figures of a region as of an instant.
    pub past: Arc<dyn Fn(RegionCode, Timestamp) -> ReportFuture + Send + Sync>,
    /// Lists the regions that have figures, for the page of them. The readiness probe calls it too, so
    /// it fails when the figures cannot be read.
    pub regions: Arc<dyn Fn() -> RegionsFuture + Send + Sync>,
    /// Says for the readiness probe whether what is served beside the pages can do its work.
    pub ready: Arc<dyn Fn() -> ReadyFuture + Send + Sync>,
    /// Says how the services are. Never fails: what cannot be asked is said to be so.
    pub status: Arc<dyn Fn() -> StatusFuture + Send + Sync>,
    /// Lists the waves that the database knows. Asked at every view, so whoever fills it in keeps the answer for
    /// a while.
    pub waves: Arc<dyn Fn() -> WavesFuture + Send + Sync>,
    /// Reads the seats of a wave, which is one of `waves` and has no published table; kept likewise.
    pub wave_seats: Arc<dyn Fn(WaveNumber) -> SeatsFuture + Send + Sync>,
    /// What is true of the installation, whoever asks.
    pub site: Arc<Site>,
    /// The folder of published waves.
    pub public: Arc<PublicFolder>,
}

impl fmt::Debug for AppState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AppState").finish_non_exhaustive()
    }
}
