//! The public figures: the funnel of a region, folded from the counts that storage reads.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use domain::funnel::{AgeBand, Education, Funnel, FunnelReport, Origin};
use domain::nik::Sex;
use domain::policy::Named as _;
use domain::region::RegionCode;
use domain::time::Timestamp;
use domain::wave::WaveNumber;
use sqlx::PgConnection;
use storage::database::Database;
use storage::error::StorageError;
use storage::reference::regions_list;
use storage::statistics::{
    Cell, Cubes, Freshness, Group, PersonGroup, cubes_read, freshness_read, provinces_list,
};
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tokio::time::timeout;

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub enum StatisticsError {
    /// The database failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// No province or kabupaten/kota of the published list has this code.
    #[error(
        "no province or kabupaten/kota has the code {0}; write a province as 15 or a kabupaten/kota as 15.71"
    )]
    UnknownRegion(RegionCode),
    /// Nobody of the region had joined a closed wave by then.
    #[error(
        "no closed wave has joins of region {region} as of {as_of}; choose a later instant or another region, \
         or replay its province into another folder: `gelombang simulate --region {} --data DIR`",
        region.province()
    )]
    NoJoins {
        /// The region.
        region: RegionCode,
        /// The instant.
        as_of: Timestamp,
    },
    /// The count broke off.
    #[error("the count broke off; try again")]
    Broken,
    /// Nothing has been published yet.
    #[error("the database is empty; fill it with `gelombang simulate` or `make demo`")]
    Empty,
}

/// A report with what a reader must know about its data.
#[derive(Clone, Debug)]
pub struct Statistics {
    /// The counts.
    pub report: FunnelReport,
    /// The newest act in the database.
    pub data_as_of: Timestamp,
    /// What the rows are.
    pub origin: Origin,
}

/// Counts the funnel of a province or a regency as of an instant, or as of the newest act.
///
/// # Errors
/// [`StatisticsError`] says what to do.
pub async fn funnel_report(
    database: &Database,
    region: RegionCode,
    as_of: Option<Timestamp>,
) -> Result<Statistics, StatisticsError> {
    read_report(&mut *database.begin_snapshot().await?, region, as_of).await
}

async fn read_report(
    snapshot: &mut PgConnection,
    region: RegionCode,
    as_of: Option<Timestamp>,
) -> Result<Statistics, StatisticsError> {
    let Freshness { data_as_of, origin } = freshness_read(snapshot).await?;
    let data_as_of = data_as_of.ok_or(StatisticsError::Empty)?;
    let as_of = as_of.unwrap_or(data_as_of);
    let known = codes_read(snapshot).await?;
    if !known.contains(&region) {
        return Err(StatisticsError::UnknownRegion(region));
    }
    let cubes = ByRegion::from(cubes_read(snapshot, Some(region), as_of).await?);
    let report = fold(region, as_of, &known, &cubes);
    let report = report.ok_or(StatisticsError::NoJoins { region, as_of })?;
    Ok(Statistics { report, data_as_of, origin })
}

/// The newest figures of all provinces and regencies.
#[derive(Clone, Debug, Default)]
pub struct Country {
    /// Of those that have any.
    pub of: BTreeMap<RegionCode, Statistics>,
    /// Those that have none.
    pub without: BTreeSet<RegionCode>,
}

/// Counts the funnel of every province and regency as of the newest act. What takes longest is the same for one of them:
/// persons count where they last joined, so all have to be looked at.
///
/// # Errors
/// [`StatisticsError::Empty`], [`StatisticsError::Storage`], also if a statement takes longer than ten minutes, and
/// [`StatisticsError::Broken`], also if all of it takes longer than fifteen.
pub async fn count_country(database: &Database) -> Result<Country, StatisticsError> {
    let count =
        async { read_country(&mut *database.begin_snapshot_within(COUNTING_MAX).await?).await };
    timeout(COUNTED_MAX, count).await.unwrap_or(Err(StatisticsError::Broken))
}

/// [`count_country`] within the caller's snapshot.
pub(crate) async fn read_country(snapshot: &mut PgConnection) -> Result<Country, StatisticsError> {
    let Freshness { data_as_of, origin } = freshness_read(snapshot).await?;
    let data_as_of = data_as_of.ok_or(StatisticsError::Empty)?;
    let known = codes_read(snapshot).await?;
    let cubes = cubes_read(snapshot, None, data_as_of).await?;
    // Some hundreds of reports of the country's data keep a processor busy for longer than other tasks may wait.
    let folding = tokio::task::spawn_blocking(move || {
        let cubes = ByRegion::from(cubes);
        let mut country = Country::default();
        for region in &known {
            if let Some(report) = fold(*region, data_as_of, &known, &cubes) {
                country.of.insert(*region, Statistics { report, data_as_of, origin });
            } else {
                country.without.insert(*region);
            }
        }
        country
    });
    folding.await.map_err(|_| StatisticsError::Broken)
}

/// The provinces and regencies of the published list, each province before its regencies.
async fn codes_read(snapshot: &mut PgConnection) -> Result<Vec<RegionCode>, StorageError> {
    Ok(regions_list(snapshot).await?.into_iter().map(|(code, _)| code).collect())
}

/// Cubes in the order of regions, so that a report reads only its own part.
struct ByRegion(Cubes);

impl From<Cubes> for ByRegion {
    fn from(mut cubes: Cubes) -> Self {
        cubes.cells.sort_unstable_by_key(|cell| cell.region);
        cubes.persons.sort_unstable_by_key(|cell| cell.region);
        cubes.reused.sort_unstable_by_key(|seats| seats.region);
        Self(cubes)
    }
}

/// The rows of a region and all that lies in it, of rows of regencies in their order.
fn inside<T>(region: RegionCode, rows: &[T], of: impl Fn(&T) -> RegionCode) -> &[T] {
    let begins = |row: &T| if region.is_province() { of(row).province() } else { of(row) };
    let rows = rows.split_at(rows.partition_point(|row| begins(row) < region)).1;
    rows.split_at(rows.partition_point(|row| begins(row) == region)).0
}

/// Rows of a report under way.
fn rows<K: Ord>(groups: impl IntoIterator<Item = K>) -> BTreeMap<K, Funnel> {
    groups.into_iter().map(|group| (group, Funnel::default())).collect()
}

/// The report of a region; `None` if nobody counts there. The groups known beforehand have a row even without anyone.
fn fold(
    region: RegionCode,
    as_of: Timestamp,
    known: &[RegionCode],
    ByRegion(cubes): &ByRegion,
) -> Option<FunnelReport> {
    let mut total = Funnel::default();
    let mut by_regency = rows(regencies_of(region, known));
    let mut by_wave = rows(waves_of(region, cubes));
    let mut by_sex: BTreeMap<Sex, Funnel> = rows(Sex::ALL.iter().copied());
    let mut by_age = rows(AgeBand::ALL);
    let mut by_education: BTreeMap<Education, Funnel> = rows(Education::ALL.iter().copied());
    let mut by_attempts: BTreeMap<u32, u64> = BTreeMap::new();
    for cell in inside(region, &cubes.cells, |cell| cell.region) {
        let counts = counts_of(cell);
        match cell.group {
            Group::Wave(wave) => {
                // Every join and recipient stands in one wave cell, so these make the whole too.
                total.add(&counts);
                by_regency.entry(cell.region).or_default().add(&counts);
                by_sex.entry(cell.sex).or_default().add(&counts);
                let row = by_wave.entry(wave).or_default();
                row.add(&counts);
                // A person joins a wave once: within one wave, joins are applicants.
                row.add(&persons(cell.sex, cell.joins));
            }
            Group::Age(band) => by_age.entry(band).or_default().add(&counts),
            Group::Education(level) => by_education.entry(level).or_default().add(&counts),
        }
    }
    for cell in inside(region, &cubes.persons, |cell| cell.region) {
        let applicants = persons(cell.sex, cell.persons);
        match cell.group {
            PersonGroup::Age(band) => {
                // Everybody is of one age, so these make the whole too.
                total.add(&applicants);
                by_regency.entry(cell.region).or_default().add(&applicants);
                by_sex.entry(cell.sex).or_default().add(&applicants);
                by_age.entry(band).or_default().add(&applicants);
            }
            PersonGroup::Education(level) => {
                by_education.entry(level).or_default().add(&applicants);
            }
            PersonGroup::Attempts(attempts) => {
                let attempts = by_attempts.entry(attempts).or_default();
                *attempts = attempts.saturating_add(cell.persons);
            }
        }
    }
    for seats in inside(region, &cubes.reused, |seats| seats.region) {
        let reallocated = Funnel { reallocated: seats.seats, ..Funnel::default() };
        total.add(&reallocated);
        by_wave.entry(seats.wave).or_default().add(&reallocated);
        by_regency.entry(seats.region).or_default().add(&reallocated);
    }
    (total != Funnel::default()).then(|| FunnelReport {
        region,
        as_of,
        total,
        by_regency: by_regency.into_iter().collect(),
        by_wave: by_wave.into_iter().collect(),
        by_sex: by_sex.into_iter().collect(),
        by_age: by_age.into_iter().collect(),
        by_education: by_education.into_iter().collect(),
        by_attempts: by_attempts.into_iter().collect(),
    })
}

fn regencies_of(region: RegionCode, known: &[RegionCode]) -> impl Iterator<Item = RegionCode> {
    known.iter().copied().filter(move |code| region.contains(*code) && !code.is_province())
}

/// Waves whose seats are shared by the region, or by some regency of it.
fn waves_of(region: RegionCode, cubes: &Cubes) -> impl Iterator<Item = WaveNumber> {
    let shares = move |regions: &[RegionCode]| !inside(region, regions, |code| *code).is_empty();
    cubes.waves.iter().filter(move |(_, sharing)| shares(sharing)).map(|(wave, _)| *wave)
}

fn counts_of(cell: &Cell) -> Funnel {
    Funnel {
        joins: cell.joins,
        sk_recipients: cell.recipients,
        effective: cell.effective,
        pending: cell.recipients.saturating_sub(cell.effective).saturating_sub(cell.revoked),
        revoked: cell.revoked,
        ..Funnel::default()
    }
}

fn persons(sex: Sex, number: u64) -> Funnel {
    let (men, women) = match sex {
        Sex::Man => (number, 0),
        Sex::Woman => (0, number),
    };
    Funnel { unique_applicants: number, men, women, ..Funnel::default() }
}

/// How long the server may work at one statement that counts the country, and how long all of it may take: where nothing
/// comes on a connection any more, the next count begins with another one.
const COUNTING_MAX: Duration = Duration::from_mins(10);
const COUNTED_MAX: Duration = Duration::from_mins(15);
/// The same of a report of the past: nobody waits longer for it, and nobody else has any use for it.
const PAST_MAX: Duration = Duration::from_secs(5);
const PAST_COUNTED_MAX: Duration = Duration::from_mins(1);

/// Reports of the past, which nobody keeps. One is counted at a time, and to its end even if whoever asked for it has
/// gone, because so long the server works at it.
#[derive(Debug)]
pub struct PastReports {
    database: Database,
    turn: Arc<tokio::sync::Mutex<()>>,
    counts: Mutex<JoinSet<()>>,
}

impl PastReports {
    /// Nothing counted yet.
    pub fn new(database: Database) -> Self {
        Self { database, turn: Arc::default(), counts: Mutex::default() }
    }

    /// The report of a region as of an instant.
    ///
    /// # Errors
    /// [`StatisticsError`]; also if a statement takes longer than five seconds.
    pub async fn report(
        &self,
        region: RegionCode,
        as_of: Timestamp,
    ) -> Result<Statistics, StatisticsError> {
        let turn = Arc::clone(&self.turn).lock_owned().await;
        let (database, (sender, told)) = (self.database.clone(), oneshot::channel());
        let count = async move {
            let _turn = turn;
            let counted = timeout(PAST_COUNTED_MAX, read_past(&database, region, as_of)).await;
            let _ = sender.send(counted.unwrap_or(Err(StatisticsError::Broken)));
        };
        {
            let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
            while counts.try_join_next().is_some() {}
            counts.spawn(count);
        }
        told.await.unwrap_or(Err(StatisticsError::Broken))
    }
}

async fn read_past(
    database: &Database,
    region: RegionCode,
    as_of: Timestamp,
) -> Result<Statistics, StatisticsError> {
    let mut snapshot = database.begin_snapshot_within(PAST_MAX).await?;
    read_report(&mut snapshot, region, Some(as_of)).await
}

/// The provinces that have figures, by code.
///
/// # Errors
/// [`StorageError`].
pub async fn provinces(database: &Database) -> Result<Vec<RegionCode>, StorageError> {
    provinces_list(&mut *database.begin_snapshot().await?).await
}
