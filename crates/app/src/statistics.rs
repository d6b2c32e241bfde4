//! The public figures: the funnel of a region, folded from the counts that storage reads.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use domain::funnel::{AgeBand, Education, Funnel, FunnelReport, Origin};
use domain::nik::Sex;
use domain::policy::Named as _;
use domain::region::RegionCode;
use domain::time::Timestamp;
use domain::wave::WaveNumber;
use storage::database::Database;
use storage::error::StorageError;
use storage::reference::regions_list;
use storage::statistics::{
    Cell, Cubes, Freshness, Group, cubes_read, freshness_read, provinces_list,
};

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

/// [`funnel_report`] within the caller's snapshot.
pub(crate) async fn read_report(
    snapshot: &mut sqlx::PgConnection,
    region: RegionCode,
    as_of: Option<Timestamp>,
) -> Result<Statistics, StatisticsError> {
    let Freshness { data_as_of, origin } = freshness_read(snapshot).await?;
    let data_as_of = data_as_of.ok_or(StatisticsError::Empty)?;
    let as_of = as_of.unwrap_or(data_as_of);
    let known = regions_list(snapshot).await?;
    let mut inside = known.iter().map(|(code, _)| *code).filter(|code| region.contains(*code));
    // A province stands before its regencies, and a regency contains only itself.
    if inside.next() != Some(region) {
        return Err(StatisticsError::UnknownRegion(region));
    }
    let regencies: Vec<RegionCode> =
        if region.is_province() { inside.collect() } else { vec![region] };
    let cubes = cubes_read(snapshot, region, as_of).await?;
    let report = fold(region, as_of, &regencies, &cubes);
    if report.total == Funnel::default() {
        return Err(StatisticsError::NoJoins { region, as_of });
    }
    Ok(Statistics { report, data_as_of, origin })
}

/// Rows of a report under way; the groups known beforehand have a row even without anyone.
fn rows<K: Ord>(groups: impl IntoIterator<Item = K>) -> BTreeMap<K, Funnel> {
    groups.into_iter().map(|group| (group, Funnel::default())).collect()
}

fn fold(
    region: RegionCode,
    as_of: Timestamp,
    regencies: &[RegionCode],
    cubes: &Cubes,
) -> FunnelReport {
    let mut total = Funnel::default();
    let mut by_regency = rows(regencies.iter().copied());
    let mut by_wave: BTreeMap<WaveNumber, Funnel> = rows(cubes.waves.iter().copied());
    let mut by_sex: BTreeMap<Sex, Funnel> = rows(Sex::ALL.iter().copied());
    let mut by_age = rows(AgeBand::ALL);
    let mut by_education: BTreeMap<Education, Funnel> = rows(Education::ALL.iter().copied());
    let mut by_attempts: BTreeMap<u32, u64> = BTreeMap::new();
    for cell in &cubes.cells {
        let counts = counts_of(cell);
        match cell.group {
            Group::Wave(wave) => {
                // Every join and recipient stands in one wave cell, so these make the whole too.
                total.add(&counts);
                by_sex.entry(cell.sex).or_default().add(&counts);
                let row = by_wave.entry(wave).or_default();
                row.add(&counts);
                // A person joins a wave once: within one wave, joins are applicants.
                row.add(&persons(cell.sex, cell.joins));
            }
            Group::Region(code) => by_regency.entry(code).or_default().add(&counts),
            Group::Age(band) => by_age.entry(band).or_default().add(&counts),
            Group::Education(level) => by_education.entry(level).or_default().add(&counts),
        }
    }
    for cell in &cubes.applicants {
        let applicants = persons(cell.sex, cell.persons);
        total.add(&applicants);
        by_regency.entry(cell.region).or_default().add(&applicants);
        by_sex.entry(cell.sex).or_default().add(&applicants);
        by_age.entry(cell.age).or_default().add(&applicants);
        by_education.entry(cell.education).or_default().add(&applicants);
        let attempts = by_attempts.entry(cell.attempts).or_default();
        *attempts = attempts.saturating_add(cell.persons);
    }
    for seats in &cubes.reused {
        let reallocated = Funnel { reallocated: seats.seats, ..Funnel::default() };
        total.add(&reallocated);
        by_wave.entry(seats.wave).or_default().add(&reallocated);
        by_regency.entry(seats.region).or_default().add(&reallocated);
    }
    FunnelReport {
        region,
        as_of,
        total,
        by_regency: by_regency.into_iter().collect(),
        by_wave: by_wave.into_iter().collect(),
        by_sex: by_sex.into_iter().collect(),
        by_age: by_age.into_iter().collect(),
        by_education: by_education.into_iter().collect(),
        by_attempts: by_attempts.into_iter().collect(),
    }
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

/// A report serves at least so many times as long as it took to count.
const SERVES: u32 = 20;
/// How long the server may work at one statement of a report of the newest act, which is kept.
const COUNTING_MAX: Duration = Duration::from_mins(2);
/// The same of the past: nobody waits longer for it, and nobody else has any use for it.
const PAST_MAX: Duration = Duration::from_secs(5);

/// Reports for page views: the last one of each region is kept for a while, the longer the more there is to count. One
/// report is counted at a time, so that many first views cannot take the whole machine. Whoever stops waiting gives the
/// turn away while the server still works at a statement, which it gives up if that takes too long.
#[derive(Debug)]
pub struct StatisticsReader {
    database: Database,
    kept: Mutex<BTreeMap<RegionCode, (Instant, Arc<Statistics>)>>,
    counting: tokio::sync::Mutex<()>,
}

impl StatisticsReader {
    /// A reader without anything kept.
    pub const fn new(database: Database) -> Self {
        Self {
            database,
            kept: Mutex::new(BTreeMap::new()),
            counting: tokio::sync::Mutex::const_new(()),
        }
    }

    /// The report of a region as of an instant, or as of the newest act; only the latter is kept.
    ///
    /// # Errors
    /// [`StatisticsError`].
    pub async fn report(
        &self,
        region: RegionCode,
        as_of: Option<Timestamp>,
    ) -> Result<Arc<Statistics>, StatisticsError> {
        let find = || if as_of.is_none() { self.find_kept(region) } else { None };
        if let Some(kept) = find() {
            return Ok(kept);
        }
        let _turn = self.counting.lock().await;
        // Whoever had the turn before may have counted this very report.
        if let Some(kept) = find() {
            return Ok(kept);
        }
        let limit = if as_of.is_none() { COUNTING_MAX } else { PAST_MAX };
        let mut snapshot = self.database.begin_snapshot_within(limit).await?;
        let begun = Instant::now();
        let statistics = Arc::new(read_report(&mut snapshot, region, as_of).await?);
        if as_of.is_none() {
            let due = Instant::now() + begun.elapsed().saturating_mul(SERVES);
            let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
            kept.insert(region, (due, Arc::clone(&statistics)));
        }
        Ok(statistics)
    }

    /// The provinces that have figures, by code.
    ///
    /// # Errors
    /// [`StatisticsError`].
    pub async fn provinces(&self) -> Result<Vec<RegionCode>, StatisticsError> {
        Ok(provinces_list(&mut *self.database.begin_snapshot().await?).await?)
    }

    fn find_kept(&self, region: RegionCode) -> Option<Arc<Statistics>> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let (due, statistics) = kept.get(&region)?;
        (Instant::now() < *due).then(|| Arc::clone(statistics))
    }
}
