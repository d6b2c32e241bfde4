//! The policy versions of a programme: which one governs which wave.

use std::path::Path;

use domain::wave::WaveNumber;

use super::fault::{Fault, Place, SourceFile};
use super::policy_file::{LoadedPolicy, load_policy};

/// Policy versions by wave, without gap or overlap.
#[derive(Clone, Debug)]
pub struct Policies {
    by_wave: Vec<LoadedPolicy>,
}

/// No policy version governs the wave.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no policy governs {wave:?}; add a policy file whose `waves` include it")]
pub struct NoPolicy {
    /// The wave.
    pub wave: WaveNumber,
}

impl Policies {
    /// The version that governs a wave.
    ///
    /// # Errors
    /// [`NoPolicy`] if none does.
    pub fn for_wave(&self, wave: WaveNumber) -> Result<&LoadedPolicy, NoPolicy> {
        let governs =
            |policy: &&LoadedPolicy| (policy.first_wave..=policy.last_wave).contains(&wave);
        self.by_wave.iter().find(governs).ok_or(NoPolicy { wave })
    }

    /// All versions, by their waves.
    pub fn iter(&self) -> impl Iterator<Item = &LoadedPolicy> {
        self.by_wave.iter()
    }

    /// Puts versions in order.
    ///
    /// # Errors
    /// Every gap and overlap between them, and every name used twice.
    fn new(mut policies: Vec<LoadedPolicy>) -> Result<Self, Vec<Fault>> {
        policies.sort_by_key(|policy| (policy.first_wave, policy.last_wave));
        let mut faults = Vec::new();
        let mut earlier: Option<&LoadedPolicy> = None;
        for policy in &policies {
            if let Some(earlier) = earlier {
                faults.extend(waves_fault(earlier, policy));
            }
            earlier = Some(policy);
            let uses = policies.iter().filter(|other| other.id == policy.id).count();
            if uses > 1 {
                let message = format!("`{}` is used by {uses} files; give each its own", policy.id);
                faults.push(Fault::new(&policy.file, Place::Key("id".to_owned()), message));
            }
        }
        if faults.is_empty() { Ok(Self { by_wave: policies }) } else { Err(faults) }
    }
}

/// A gap or overlap between a policy and the one before.
fn waves_fault(earlier: &LoadedPolicy, policy: &LoadedPolicy) -> Option<Fault> {
    let (last, first) = (earlier.last_wave.get(), policy.first_wave.get());
    let problem = if first <= last {
        format!("begins with wave {first}, but {} goes to wave {last}", earlier.file)
    } else if first > last + 1 {
        format!("begins with wave {first}, but {} ends with wave {last}", earlier.file)
    } else {
        return None;
    };
    let message = format!("{problem}; every wave needs exactly one policy");
    Some(Fault::new(&policy.file, Place::Key("waves".to_owned()), message))
}

/// Loads a set of files.
///
/// # Errors
/// Every fault of every file; and if there is none, those between the files.
pub(super) fn load_policies(files: &[SourceFile]) -> Result<Policies, Vec<Fault>> {
    let (mut policies, mut faults) = (Vec::new(), Vec::new());
    for file in files {
        match load_policy(file) {
            Ok(policy) => policies.push(policy),
            Err(found) => faults.extend(found),
        }
    }
    if faults.is_empty() { Policies::new(policies) } else { Err(faults) }
}

/// The files built into the binary.
pub(super) fn builtin_files() -> Vec<SourceFile> {
    macro_rules! files {
        ($($name:literal),* $(,)?) => {
            vec![$(SourceFile::embedded(
                $name,
                include_str!(concat!("../../../../data/policies/", $name)),
            )),*]
        };
    }
    files![
        "p1-2020-launch.toml",
        "p2-2020.toml",
        "p2-2021-family-cards.toml",
        "p2-2021-videos.toml",
        "p2-2021-surveys.toml",
        "p3-2022.toml",
        "p4-normal-scheme.toml",
        "p5-after-2024.toml",
    ]
}

/// All `.toml` files of an operator's folder, by name.
///
/// # Errors
/// A fault if the folder or a file cannot be read, or if there is no such file.
pub(super) fn read_files(folder: &Path) -> Result<Vec<SourceFile>, Vec<Fault>> {
    let fault =
        |message: String| vec![Fault::new(&folder.display().to_string(), Place::File, message)];
    let unreadable = |error: std::io::Error| {
        fault(format!("cannot be read: {error}; name a folder with policy files"))
    };
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        if path.extension().is_some_and(|extension| extension == "toml") {
            paths.push(path);
        }
    }
    if paths.is_empty() {
        return Err(fault("has no .toml file; put the policy files there".to_owned()));
    }
    paths.sort();
    let (mut files, mut faults) = (Vec::new(), Vec::new());
    for path in paths {
        match SourceFile::read(&path) {
            Ok(file) => files.push(file),
            Err(fault) => faults.push(fault),
        }
    }
    if faults.is_empty() { Ok(files) } else { Err(faults) }
}
