//! What many look at and few change: copies of lists and figures, so that a crowd never reaches the database.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use domain::funnel::{Funnel, Origin};
use domain::region::Region;
use domain::time::Timestamp;
use tokio::time::timeout;

use crate::kept::Kept;
use crate::routes::within_limit;
use crate::snapshot::{AppState, Figures, SnapshotError};

/// How old figures and waves may be: states of waves change by the minute, and so does what browsers keep.
const FRESH: Duration = Duration::from_secs(10);
/// Figures serve so many times as long as counting them took, so that it takes a twentieth of a processor at most.
const FIGURES_SERVE: u32 = 20;
/// How long a page waits for figures where there are none yet, longer than anybody waits for newer ones: counting those of
/// the country may take minutes, and whoever waits holds the place of another.
const PATIENCE: Duration = Duration::from_secs(2);

/// The figures of the whole programme.
#[derive(Debug)]
pub(crate) struct Totals {
    /// Sums over all provinces: everybody counts in the one where they last joined.
    pub(crate) funnel: Funnel,
    /// The newest act, and what the rows are; `None` if no region has figures.
    pub(crate) of: Option<(Timestamp, Origin)>,
}

impl Totals {
    fn of(figures: &Figures) -> Self {
        let mut totals = Self { funnel: Funnel::default(), of: None };
        for (_, province) in figures.of.iter().filter(|(region, _)| region.is_province()) {
            totals.funnel.add(&province.report.total);
            totals.of = Some((province.data_as_of, province.origin));
        }
        totals
    }
}

/// The copies that the pages stand on.
#[derive(Debug)]
pub struct Front {
    pub(crate) state: AppState,
    provinces: Kept<Vec<Region>>,
}

impl Front {
    /// Nothing read yet.
    pub fn new(state: AppState) -> Self {
        Self { state: keep(state), provinces: Kept::new(FRESH) }
    }

    /// The newest figures, as the pages have them; whoever is the first to ask waits until they are counted.
    ///
    /// # Errors
    /// [`SnapshotError::Unavailable`] if they cannot be counted.
    pub async fn figures(&self) -> Result<Arc<Figures>, SnapshotError> {
        (self.state.figures)().await
    }

    /// The provinces that have figures.
    pub(crate) async fn provinces(&self) -> Result<Arc<Vec<Region>>, SnapshotError> {
        self.provinces.get(within_limit((self.state.regions)())).await
    }

    /// The figures of the whole programme, if they are at hand or read in a moment.
    pub(crate) async fn totals(&self) -> Result<Totals, SnapshotError> {
        newest(&self.state).await.map(|figures| Totals::of(&figures))
    }
}

/// The newest figures, if they are at hand or read in a moment.
pub(crate) async fn newest(state: &AppState) -> Result<Arc<Figures>, SnapshotError> {
    timeout(PATIENCE, (state.figures)()).await.unwrap_or(Err(SnapshotError::Unavailable))
}

/// The same state, which keeps the list of waves and the newest figures.
fn keep(state: AppState) -> AppState {
    let (waves, figures) = (Arc::clone(&state.waves), Arc::clone(&state.figures));
    AppState {
        waves: kept(Kept::new(FRESH), move || Box::pin(within_limit((waves)()))),
        figures: kept(Kept::dear(FRESH, FIGURES_SERVE), move || (figures)()),
        ..state
    }
}

/// Something on its way to the pages.
type OnItsWay<T> = Pin<Box<dyn Future<Output = Result<Arc<T>, SnapshotError>> + Send>>;

/// Gives the copy of what is read.
fn kept<T: Send + Sync + 'static>(
    kept: Kept<Arc<T>>,
    read: impl Fn() -> OnItsWay<T> + Send + Sync + 'static,
) -> Arc<dyn Fn() -> OnItsWay<T> + Send + Sync> {
    let kept = Arc::new(kept);
    Arc::new(move || {
        let (read, kept) = ((read)(), Arc::clone(&kept));
        Box::pin(async move { kept.get(read).await.map(|copy| Arc::clone(&*copy)) })
    })
}
