//! Reference data: regions, policies and the calendar of waves.
//!
//! The files of `data/` are built into the binary, so that it runs without them; an operator may
//! name other files. Loading reports every fault of every file at once and loads all or nothing.

mod calendar_file;
mod fault;
mod policies;
mod policy_file;
mod policy_reader;
mod policy_rules;
mod policy_shares;
mod region_files;
mod regions;
mod table;
#[cfg(test)]
mod tests;
mod weights_file;

use std::collections::BTreeMap;
use std::path::PathBuf;

use domain::calendar::{Calendar, CalendarWave};
use domain::policy::FreedPlaces;
use domain::time::Timestamp;
use domain::wave::{WaveKind, WaveNumber};

pub use calendar_file::{CalendarData, Mark, WaveFacts};
pub use fault::{Fault, Faults, Place};
pub use policies::{NoPolicy, Policies};
pub use policy_file::LoadedPolicy;
pub use policy_reader::ValueSource;
pub use regions::{RegencyWeights, RegionCounts, RegionData, WeightsBasis};
pub use weights_file::load_weights;

use calendar_file::load_calendar;
use fault::SourceFile;
use region_files::RegionFiles;

/// Files that an operator names in place of the built-in ones.
#[derive(Clone, Debug)]
pub struct ReferenceOverrides {
    /// Folder with `provinces.csv`, `regencies.csv`, `districts.csv` and `population-2020.csv`.
    pub regions_dir: Option<PathBuf>,
    /// Folder whose `.toml` files are the policies.
    pub policies_dir: Option<PathBuf>,
    /// The calendar.
    pub calendar_file: Option<PathBuf>,
}

impl ReferenceOverrides {
    /// The built-in files only.
    pub const NONE: Self = Self { regions_dir: None, policies_dir: None, calendar_file: None };
}

/// Everything that is known before the first person registers.
#[derive(Clone, Debug)]
pub struct Reference {
    /// Provinces, regencies, districts and people.
    pub regions: RegionData,
    /// Rules by wave; every wave of the calendar has one version.
    pub policies: Policies,
    /// When waves open, close and are announced.
    pub calendar: Calendar,
    /// National figures and marks by wave; every wave of the calendar has them.
    pub wave_facts: BTreeMap<WaveNumber, WaveFacts>,
}

impl Reference {
    /// The data built into the binary.
    ///
    /// # Errors
    /// [`Faults`] if the binary was built with faulty data; the tests of this module keep it from
    /// that.
    pub fn builtin() -> Result<Self, Faults> {
        Self::load(&ReferenceOverrides::NONE)
    }

    /// Loads the data, each part from the operator's files where given.
    ///
    /// # Errors
    /// [`Faults`] with everything wrong in any file; and if each is sound, with what does not fit
    /// between policies and calendar.
    pub fn load(overrides: &ReferenceOverrides) -> Result<Self, Faults> {
        let regions = match &overrides.regions_dir {
            Some(folder) => RegionFiles::read(folder),
            None => Ok(RegionFiles::builtin()),
        };
        let policies = match &overrides.policies_dir {
            Some(folder) => policies::read_files(folder),
            None => Ok(policies::builtin_files()),
        };
        let calendar = match &overrides.calendar_file {
            Some(path) => SourceFile::read(path).map_err(|fault| vec![fault]),
            None => Ok(calendar_file::builtin_file()),
        };
        let regions = regions.and_then(RegionFiles::load);
        let policies = policies.and_then(|files| policies::load_policies(&files));
        let data = calendar.and_then(|file| load_calendar(&file).map(|data| (file.name, data)));
        match (regions, policies, data) {
            (Ok(regions), Ok(policies), Ok((file, data))) => {
                let CalendarData { calendar, facts: wave_facts } = data;
                let faults = fit_faults(&file, &calendar, &policies);
                if faults.is_empty() {
                    Ok(Self { regions, policies, calendar, wave_facts })
                } else {
                    Err(Faults(faults))
                }
            }
            (regions, policies, data) => {
                let faults = [regions.err(), policies.err(), data.err()];
                Err(Faults(faults.into_iter().flatten().flatten().collect()))
            }
        }
    }
}

/// Waves without a policy, and recovery waves that close while a deadline still runs whose places
/// they should reuse.
fn fit_faults(file: &str, calendar: &Calendar, policies: &Policies) -> Vec<Fault> {
    let mut faults = Vec::new();
    let mut running: Vec<(WaveNumber, Timestamp)> = Vec::new();
    for wave in calendar.iter() {
        if wave.kind == WaveKind::Recovery {
            let late = running.drain(..).filter(|(_, due)| *due > wave.closes_at);
            faults.extend(late.map(|late| recovery_fault(file, wave, late)));
        }
        match policies.for_wave(wave.number) {
            Ok(policy) => match policy.version.selection().freed_places_to {
                FreedPlaces::RecoveryWave => {
                    let announced_on = wave.results_at.wib_date();
                    let due = policy.version.deadlines().first_purchase_due(announced_on);
                    running.push((wave.number, due));
                }
                FreedPlaces::NextWave => {}
            },
            Err(missing) => faults.push(Fault::new(file, Place::File, missing.to_string())),
        }
    }
    faults
}

fn recovery_fault(file: &str, wave: &CalendarWave, late: (WaveNumber, Timestamp)) -> Fault {
    let (earlier, due) = late;
    let message = format!(
        "recovery {:?} closes at {}, before the first purchases of {earlier:?} are due at {due}; \
         close it later",
        wave.number, wave.closes_at
    );
    Fault::new(file, Place::File, message)
}
