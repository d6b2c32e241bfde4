//! Step 1: every file was announced, seen by enough witnesses, and in time (sections 16.7 and 16.8).

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use selection::announce::file_entry;
use time::OffsetDateTime;

use super::entries::EntriesCheck;
use super::folder::{Folder, read_small};
use super::memo::Memo;
use super::report::{Fault, Verdict};
use crate::files::digest_of;
use crate::format::is_revoked_name;
use crate::log::{LogCopy, LogProof, REGISTRATION_CHECKPOINT, Trust};

/// Files that a finished wave must have: what its draw is recomputed from, and what came of it.
pub fn required_files(has_contributors: bool) -> impl Iterator<Item = &'static str> {
    const ALWAYS: [&str; 8] = [
        "policy.json",
        "entries.bin",
        "quota.json",
        "plan.json",
        "seed.json",
        "result.json",
        "selected.bin",
        "waitlist.bin",
    ];
    ALWAYS.into_iter().chain(has_contributors.then_some("reveals.json"))
}

/// Files that may have earlier versions, one a plan.
const CORRECTED: [&str; 3] = ["entries.bin", "quota.json", "plan.json"];

/// Largest proof that is read.
const PROOF_SIZE_BYTES_MAX: u64 = 128 * 1024;

pub(super) fn check(
    folder: &Folder,
    pinned: Option<&Trust>,
    list: &EntriesCheck,
    memo: &mut Memo,
) -> Verdict {
    let trust = &trusted(folder, pinned)?;
    let copy = copy(folder, trust, memo)?;
    let files = digests(folder, list)?;
    check_batches(folder)?;
    let mut check = Check { folder, trust, copy: &copy, memo };
    check.announced(&files)?;
    for (name, digest) in &files {
        check.proof(name, digest)?;
    }
    let keys = if trust.is_pinned() { "pinned keys" } else { "keys of policy.json, none pinned" };
    let (files, entries, quorum) = (files.len(), copy.head().size, trust.quorum());
    let witnessed = utc(copy.witnessed_at_s());
    Ok(format!(
        "{files} files announced among {entries} entries, {quorum} witnesses in time, last seen by them \
         {witnessed}; {keys}"
    ))
}

/// Checks some files alone, as one who looks for one record does. They must include whatever the log
/// says of seats after the draw.
pub(super) fn check_some(
    folder: &Folder,
    pinned: Option<&Trust>,
    files: &[(&str, Option<[u8; 32]>)],
) -> Result<(), Fault> {
    let trust = &trusted(folder, pinned)?;
    let memo = &mut Memo::default();
    let copy = copy(folder, trust, memo)?;
    let (programme, wave) = folder.policy.wave();
    let announced = copy.announced(programme, wave);
    check_order(&announced)?;
    let later = |name: &str| name == "corrections.json" || is_revoked_name(name);
    let given = |name: &str| files.iter().any(|(own, _)| *own == name);
    if let Some(name) = announced.keys().find(|name| later(name) && !given(name)) {
        return Err(Fault::new(format!("the log announces {name:?}, which is missing")));
    }
    let mut check = Check { folder, trust, copy: &copy, memo };
    for (name, digest) in files {
        let digest = digest.ok_or_else(|| Fault::new(format!("{name} is missing")))?;
        let versions = announced.get(name).map_or([].as_slice(), Vec::as_slice);
        check.versions(name, versions, &digest)?;
        check.proof(name, &digest)?;
    }
    Ok(())
}

/// The log and its keys, once it is sure that it announces this policy, in time, and before any registration.
pub(super) fn check_rules(
    folder: &Folder,
    pinned: Option<&Trust>,
) -> Result<(Trust, LogCopy), Fault> {
    let trust = trusted(folder, pinned)?;
    let memo = &mut Memo::default();
    let copy = copy(folder, &trust, memo)?;
    let (programme, wave) = folder.policy.wave();
    let announced = copy.announced(programme, wave);
    check_order(&announced)?;
    let versions = announced.get("policy.json").map_or([].as_slice(), Vec::as_slice);
    let mut check = Check { folder, trust: &trust, copy: &copy, memo };
    check.versions("policy.json", versions, &folder.policy.digest)?;
    check.proof("policy.json", &folder.policy.digest)?;
    Ok((trust, copy))
}

/// The keys pinned, else those of the policy.
fn trusted(folder: &Folder, pinned: Option<&Trust>) -> Result<Trust, Fault> {
    match pinned {
        Some(pinned) => Ok(pinned.clone()),
        None => Trust::of_policy(&folder.policy)
            .map_err(|error| Fault::new(format!("policy.json: {error}"))),
    }
}

fn copy(folder: &Folder, trust: &Trust, memo: &mut Memo) -> Result<LogCopy, Fault> {
    let path = folder.path.join("log");
    let copy = LogCopy::read_with(&path, trust, |bytes| memo.checkpoint(bytes, trust));
    let copy = copy.map_err(|error| Fault::new(causes(&error)))?;
    let (programme, wave) = folder.policy.wave();
    match copy.malformed(programme, wave) {
        Some(index) => Err(Fault::new(format!(
            "log/: entry {index} begins like one of this wave and is malformed"
        ))),
        None => Ok(copy),
    }
}

/// SHA-256 of a file that is too large for memory; `None` if it is not there.
pub(super) fn digest_within(
    folder: &Path,
    name: &str,
    size_max: u64,
) -> Result<Option<[u8; 32]>, Fault> {
    let path = folder.join(name);
    let digest = match fs::metadata(&path) {
        Ok(found) if found.len() > size_max => {
            return Err(Fault::new(format!("{name} has {} bytes, not {size_max}", found.len())));
        }
        Ok(_) => digest_of(&path),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    };
    digest.map_err(|error| Fault::new(format!("{name}: {error}")))
}

/// Batches count without a gap, so one that is there beside them would be read by nobody.
fn check_batches(folder: &Folder) -> Result<(), Fault> {
    let failed = |error: std::io::Error| Fault::new(format!("{}: {error}", folder.path.display()));
    let (mut stray, json) = (BTreeSet::new(), OsStr::new("json"));
    for found in fs::read_dir(&folder.path).map_err(failed)? {
        let name = found.map_err(failed)?.file_name().to_string_lossy().into_owned();
        let known = folder.revoked.iter().any(|(own, _)| *own == name);
        let like_one = name.starts_with("revoked") && Path::new(&name).extension() == Some(json);
        if like_one && !known {
            stray.insert(name);
        }
    }
    match stray.first() {
        Some(name) => {
            Err(Fault::new(format!("{name} follows no batch of revocations and is not announced")))
        }
        None => Ok(()),
    }
}

/// The policy precedes the registration (section 10), and the list whatever contributors reveal: a list made with their
/// values known could be made to fit them.
fn check_order(announced: &BTreeMap<&str, Vec<(u64, [u8; 32])>>) -> Result<(), Fault> {
    let first = |name: &str| Some(announced.get(name)?.first()?.0);
    let before = |earlier: Option<u64>, later: Option<u64>| match (earlier, later) {
        (Some(earlier), Some(later)) => earlier < later,
        _ => true,
    };
    if !before(first("policy.json"), first(REGISTRATION_CHECKPOINT)) {
        return Err(Fault::new(
            "the log has a state of the registration log before policy.json, the rules",
        ));
    }
    for name in CORRECTED {
        let versions = announced.get(name).map_or([].as_slice(), Vec::as_slice);
        let last = versions.last().and_then(|(_, last)| versions.iter().find(|own| own.1 == *last));
        if !before(last.map(|own| own.0), first("reveals.json")) {
            return Err(Fault::new(format!("{name} was announced after reveals.json")));
        }
    }
    Ok(())
}

/// A time for people.
fn utc(time_s: u64) -> String {
    let time = i64::try_from(time_s).ok();
    let time = time.and_then(|time_s| OffsetDateTime::from_unix_timestamp(time_s).ok());
    time.map_or_else(
        || format!("at {time_s}"),
        |at| format!("on {} at {:02}:{:02} UTC", at.date(), at.hour(), at.minute()),
    )
}

/// Digest of every published file that is there.
fn digests(folder: &Folder, list: &EntriesCheck) -> Result<BTreeMap<String, [u8; 32]>, Fault> {
    let entries = match list.digest {
        Some(known) => Some(known),
        None => digest_within(&folder.path, "entries.bin", u64::MAX)?,
    };
    let (bits, ranks) = (list.records.div_ceil(8), list.records.saturating_mul(4));
    let mut files = vec![
        ("policy.json", Some(folder.policy.digest)),
        ("entries.bin", entries),
        ("quota.json", folder.quota.digest()),
        ("plan.json", folder.plan.digest()),
        ("reveals.json", folder.reveals.digest()),
        ("seed.json", folder.seed.digest()),
        ("result.json", folder.result.digest()),
        ("selected.bin", digest_within(&folder.path, "selected.bin", bits)?),
        ("waitlist.bin", digest_within(&folder.path, "waitlist.bin", ranks)?),
        ("corrections.json", folder.corrections.digest()),
    ];
    files.extend(folder.revoked.iter().map(|(name, found)| (name.as_str(), found.digest())));
    let there = files.into_iter().filter_map(|(name, digest)| Some((name.to_owned(), digest?)));
    let there: BTreeMap<String, [u8; 32]> = there.collect();
    let has_contributors = !folder.policy.policy().get().contributors.is_empty();
    for name in required_files(has_contributors) {
        if !there.contains_key(name) {
            return Err(Fault::new(format!("{name} is missing")));
        }
    }
    Ok(there)
}

struct Check<'c> {
    folder: &'c Folder,
    trust: &'c Trust,
    copy: &'c LogCopy,
    memo: &'c mut Memo,
}

impl Check<'_> {
    /// The log's last word on each name is the folder's file, and it said nothing else where it may
    /// not.
    fn announced(&self, files: &BTreeMap<String, [u8; 32]>) -> Result<(), Fault> {
        let (programme, wave) = self.folder.policy.wave();
        let announced = self.copy.announced(programme, wave);
        check_order(&announced)?;
        for (&name, versions) in &announced {
            if name == REGISTRATION_CHECKPOINT {
                continue;
            }
            let Some(digest) = files.get(name) else {
                return Err(Fault::new(format!("the log announces {name:?}, which is missing")));
            };
            self.versions(name, versions, digest)?;
        }
        match files.keys().find(|name| !announced.contains_key(name.as_str())) {
            Some(name) => Err(Fault::new(format!("{name} was not announced in this form"))),
            None => Ok(()),
        }
    }

    /// What the log says of one name.
    fn versions(
        &self,
        name: &str,
        versions: &[(u64, [u8; 32])],
        digest: &[u8; 32],
    ) -> Result<(), Fault> {
        let different: BTreeSet<&[u8; 32]> = versions.iter().map(|(_, own)| own).collect();
        if versions.last().is_none_or(|(_, last)| last != digest) {
            return Err(Fault::new(format!("{name} is not the version announced last")));
        }
        if !CORRECTED.contains(&name) && different.len() > 1 {
            let versions = different.len();
            return Err(Fault::new(format!("the log has {versions} different {name}")));
        }
        if name == "plan.json"
            && let Some(plan) = self.folder.plan.file()
            && different.len() != usize::from(plan.plan)
        {
            let (versions, number) = (different.len(), plan.plan);
            let text = format!("the log has {versions} different plans, but this is plan {number}");
            return Err(Fault::new(text));
        }
        Ok(())
    }

    fn proof(&mut self, name: &str, digest: &[u8; 32]) -> Result<(), Fault> {
        let file = format!("proofs/{name}.tlog-proof");
        let bytes = read_small(&self.folder.path, &file, PROOF_SIZE_BYTES_MAX)?;
        let (programme, wave) = self.folder.policy.wave();
        let entry = file_entry(programme, wave, name, digest)
            .map_err(|error| Fault::new(format!("{name}: {error}")))?;
        let (trust, memo) = (self.trust, &mut *self.memo);
        let witnessed = LogProof::read(&bytes)
            .and_then(|proof| proof.verify_with(&entry, |note| memo.checkpoint(note, trust)))
            .map_err(|error| Fault::new(format!("{file}: {}", causes(&error))))?;
        if !self.copy.continues(&witnessed.checkpoint) {
            return Err(Fault::new(format!("{file}: its checkpoint is not of the log in log/")));
        }
        let quorum = self.trust.quorum();
        let Some(time_s) = witnessed.quorum_time(quorum) else {
            let found = witnessed.times.len();
            return Err(Fault::new(format!(
                "{file}: {found} witnesses signed, {quorum} are needed"
            )));
        };
        match self.due(name) {
            Some(due_s) if time_s > due_s => Err(Fault::new(format!(
                "{file}: the quorum saw it at {time_s}, which is after {due_s}"
            ))),
            _ => Ok(()),
        }
    }

    /// Latest time at which the quorum must have seen a file (section 16.8).
    fn due(&self, name: &str) -> Option<u64> {
        let times = &self.folder.policy.policy().get().times;
        let plan = self.folder.plan.file().map_or(1, |plan| plan.plan);
        match name {
            "policy.json" => Some(times.t0),
            "entries.bin" | "quota.json" | "plan.json" => Some(times.plan_due(plan)),
            "reveals.json" => Some(times.t3_of(plan)),
            _ => None,
        }
    }
}

/// An error with its causes in one line.
fn causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    for cause in std::iter::successors(error.source(), |error| error.source()) {
        let cause = cause.to_string();
        // Some errors quote their cause.
        if !text.contains(&cause) {
            text = format!("{text}: {cause}");
        }
    }
    text
}
