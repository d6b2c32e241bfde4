//! Reading the folder of one wave. What cannot be read is told in the log and counts as not there.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;
use std::time::SystemTime;

use domain::region::RegionCode;
use domain::seats::Lowered;
use domain::time::Timestamp;
use domain::wave::WaveNumber;
use publication::format::{
    FormatError, PlanFile, PolicyFile, QuotaFile, RegionOutcome, ResultFile,
};
use selection::quota::LoweredReason;

use super::guard::is_published;
use super::wave::{PublishedFile, PublishedWave, SeatSources, Times};
use crate::waves::{GuaranteeSeats, MaskDrawn, PoolDrawn, PoolSeats, RegionSeats, SeatTable};

/// Names, lengths and times of change.
pub(super) type Stamp = Vec<(String, u64, Option<SystemTime>)>;

/// Reads a wave, or takes what was read `before` if nothing has changed since; `None` without a policy.
pub(super) fn wave(
    folder: &Path,
    wave: WaveNumber,
    before: Option<&Arc<PublishedWave>>,
) -> Option<Arc<PublishedWave>> {
    let (stamp, files) = list(folder)?;
    if let Some(before) = before.filter(|before| before.stamp == stamp) {
        return Some(Arc::clone(before));
    }
    let policy = part(folder, "policy.json", PolicyFile::read)?;
    if policy.wave().1 != u32::from(wave.get()) {
        tracing::error!(%wave, "the published folder has the policy of another wave");
        return None;
    }
    let plan = part(folder, "plan.json", PlanFile::read);
    let quota = part(folder, "quota.json", QuotaFile::read);
    let result = part(folder, "result.json", ResultFile::read);
    let (rules, timetable) = (&policy.policy().get().rules, &policy.policy().get().times);
    let plan_number = plan.as_ref().map_or(1, |plan| plan.plan);
    let trust = policy.policy().get();
    Some(Arc::new(PublishedWave {
        stamp,
        files,
        // A proof that comes later changes the time of its folder.
        proofs: list(&folder.join("proofs"))
            .map(|(_, files)| files.into_iter().map(|file| file.name).collect())
            .unwrap_or_default(),
        test_beacon: trust.beacon.test,
        times: Times {
            t0: instant(timetable.t0),
            t1: instant(timetable.t1),
            t2: instant(timetable.t2),
            t3: instant(timetable.t3_of(plan_number)),
            t4: instant(timetable.t4_of(plan_number)),
        },
        base: u64::from(rules.base),
        contributors: trust.contributors.len(),
        witnesses: (trust.witnesses.len(), trust.quorum),
        plan: plan.map(|plan| (u64::from(plan.n), plan.plan)),
        sources: quota.as_ref().map(|quota| {
            let q = &quota.table.q;
            SeatSources {
                base: q.base,
                returned: q.returned,
                carried: q.carry_in,
                reserve: q.reserve,
            }
        }),
        selected: result.as_ref().map(|result| result.totals.selected),
        seats: quota.map(|quota| {
            let classes = rules.traits.iter().map(|own| (own.bit, own.name.clone())).collect();
            seat_table(classes, &quota, result.as_ref())
        }),
    }))
}

fn instant(seconds: u64) -> Timestamp {
    let seconds = i64::try_from(seconds).unwrap_or(i64::MAX);
    Timestamp::from_micros(seconds.saturating_mul(1_000_000))
}

/// What lies in the folder; folders end with a slash. `None` if it cannot be read.
fn list(folder: &Path) -> Option<(Stamp, Vec<PublishedFile>)> {
    let (mut stamp, mut files) = (Stamp::new(), Vec::new());
    for entry in fs::read_dir(folder).ok()? {
        let entry = entry.ok()?;
        // A name that is no text is none of ours; a file may go between listing and looking.
        let (Ok(mut name), Ok(about)) = (entry.file_name().into_string(), entry.metadata()) else {
            continue;
        };
        if !is_published(&name) || !(about.is_file() || about.is_dir()) {
            continue;
        }
        let mut bytes = about.len();
        if about.is_dir() {
            name.push('/');
            bytes = 0;
        }
        stamp.push((name.clone(), bytes, about.modified().ok()));
        files.push(PublishedFile { name, bytes });
    }
    stamp.sort_unstable();
    files.sort_unstable_by(|left, right| left.name.cmp(&right.name));
    Some((stamp, files))
}

fn part<T>(
    folder: &Path,
    name: &str,
    read: impl FnOnce(&[u8]) -> Result<T, FormatError>,
) -> Option<T> {
    let bytes = match fs::read(folder.join(name)) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == ErrorKind::NotFound => return None,
        Err(error) => {
            tracing::error!(%error, name, "could not read a published file");
            return None;
        }
    };
    let read = read(&bytes);
    read.inspect_err(|error| tracing::error!(%error, "a published file is not what it must be"))
        .ok()
}

fn seat_table(
    classes: Vec<(u8, String)>,
    quota: &QuotaFile,
    result: Option<&ResultFile>,
) -> SeatTable {
    let regions = quota.table.regions.iter().filter_map(|own| {
        let Some(region) = RegionCode::new(own.code) else {
            tracing::error!(code = own.code, "a published region has no code of a kabupaten/kota");
            return None;
        };
        let outcome = result.and_then(|result| outcome_of(result, own.code));
        let pools = own.pools.iter().enumerate().map(|(place, pool)| PoolSeats {
            name: pool.name.clone(),
            seats: pool.seats,
            guarantees: pool
                .guarantees
                .iter()
                .map(|own| GuaranteeSeats {
                    bit: own.trait_bit,
                    asked: own.asked,
                    seats: own.seats,
                    lowered: own.reason.map(lowered),
                })
                .collect(),
            drawn: outcome.and_then(|outcome| drawn(outcome, place)),
        });
        Some(RegionSeats {
            region,
            in_play: Some(own.n),
            seats: own.seats,
            selected: outcome.map(|outcome| outcome.selected),
            has_hidden_classes: !own.public,
            pools: pools.collect(),
        })
    });
    SeatTable { classes, regions: regions.collect() }
}

const fn lowered(reason: LoweredReason) -> Lowered {
    match reason {
        LoweredReason::People => Lowered::People,
        LoweredReason::Seats => Lowered::Seats,
    }
}

fn outcome_of(result: &ResultFile, code: u16) -> Option<&RegionOutcome> {
    let place = result.regions.binary_search_by_key(&code, |outcome| outcome.code).ok()?;
    result.regions.get(place)
}

fn drawn(outcome: &RegionOutcome, place: usize) -> Option<PoolDrawn> {
    let pool = outcome.pools.get(place)?;
    let masks = pool.masks.iter().map(|own| MaskDrawn {
        mask: own.mask,
        people: own.n,
        selected: own.selected,
        close: own.close.map(|ticket| ticket.0),
    });
    Some(PoolDrawn {
        selected: pool.filled,
        short: pool.short,
        cutoff: pool.cutoff.map(|ticket| ticket.0),
        masks: masks.collect(),
    })
}
