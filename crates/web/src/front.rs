//! What many look at and few change: copies of lists and figures, so that a crowd never reaches the database.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use domain::funnel::{Funnel, Origin};
use domain::region::Region;
use domain::time::Timestamp;

use crate::kept::Kept;
use crate::routes::{LOAD_MAX, within_limit};
use crate::snapshot::{AppState, Figures, FiguresFuture, SnapshotError};

/// How old waves may be, and figures that take no time: states of waves change by the minute, and so does what browsers
/// keep.
const FRESH: Duration = Duration::from_secs(10);
/// Figures serve so many times as long as counting them took, so that they are counted a twentieth of the time.
const FIGURES_SERVE: u32 = 20;
/// How long after counting the first figures began the first page waits for them, which are no reason to come late. Other
/// pages wait for [`LOAD_MAX`]: counting may take minutes, and whoever waits holds the place of another.
const FIRST_PAGE_PATIENCE: Duration = Duration::from_secs(2);

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
pub struct Front {
    /// What was given, which keeps the list of waves and the figures.
    pub(crate) state: AppState,
    provinces: Kept<Vec<Region>>,
    figures: Arc<Kept<Arc<Figures>>>,
    count: Arc<dyn Fn() -> FiguresFuture + Send + Sync>,
}

impl Front {
    /// Nothing read yet.
    pub fn new(state: AppState) -> Self {
        let (read, waves) = (state.waves, Arc::new(Kept::new(FRESH)));
        let (count, figures) = (state.figures, Arc::new(Kept::dear(FRESH, FIGURES_SERVE)));
        let (of_pages, count_of_pages) = (Arc::clone(&figures), Arc::clone(&count));
        let state = AppState {
            waves: Arc::new(move || {
                let (read, kept) = (within_limit((read)()), Arc::clone(&waves));
                Box::pin(async move { kept.get(read).await.map(|list| Arc::clone(&*list)) })
            }),
            figures: Arc::new(move || {
                let (count, kept) = ((count_of_pages)(), Arc::clone(&of_pages));
                Box::pin(async move {
                    kept.get_within(LOAD_MAX, count).await.map(|figures| Arc::clone(&*figures))
                })
            }),
            ..state
        };
        Self { state, provinces: Kept::new(FRESH), figures, count }
    }

    /// The newest figures, as the pages have them; whoever is the first to ask waits until they are counted.
    ///
    /// # Errors
    /// [`SnapshotError::Unavailable`] if they cannot be counted.
    pub async fn figures(&self) -> Result<Arc<Figures>, SnapshotError> {
        self.figures.get((self.count)()).await.map(|figures| Arc::clone(&*figures))
    }

    /// The provinces that have figures.
    pub(crate) async fn provinces(&self) -> Result<Arc<Vec<Region>>, SnapshotError> {
        self.provinces.get(within_limit((self.state.regions)())).await
    }

    /// The figures of the whole programme, if they are at hand or counted in a moment.
    pub(crate) async fn totals(&self) -> Result<Totals, SnapshotError> {
        let figures = self.figures.get_within(FIRST_PAGE_PATIENCE, (self.count)()).await;
        figures.map(|figures| Totals::of(&figures))
    }
}

impl fmt::Debug for Front {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Front").finish_non_exhaustive()
    }
}
