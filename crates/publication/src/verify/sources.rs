//! Where the seats of a wave come from: what earlier waves left over and got back.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use selection::conserve::WaveSeats;

use super::folder::Folder;
use super::report::Fault;
use crate::format::{CarrySource, ReturnSource};

/// Waves by number, of one programme: the one verified and the earlier ones given.
pub(super) struct Sources<'s> {
    waves: BTreeMap<u32, Given<'s>>,
}

/// A wave that is at hand.
enum Given<'s> {
    Own(&'s Folder),
    Earlier(Box<Folder>),
}

impl Given<'_> {
    fn folder(&self) -> &Folder {
        match self {
            Self::Own(folder) => folder,
            Self::Earlier(folder) => folder,
        }
    }
}

impl<'s> Sources<'s> {
    pub(super) fn load(own: &'s Folder, previous: &[PathBuf]) -> Result<Self, Fault> {
        let (programme, number) = own.policy.wave();
        let mut waves = BTreeMap::from([(number, Given::Own(own))]);
        for path in previous {
            let named = |fault: Fault| Fault::new(format!("{}: {}", path.display(), fault.text));
            let folder = Folder::load(path).map_err(named)?;
            let (found, wave) = folder.policy.wave();
            if found != programme || wave >= number {
                let text =
                    format!("it is wave {wave} of {found:?}, no earlier one of {programme:?}");
                return Err(named(Fault::new(text)));
            }
            if waves.insert(wave, Given::Earlier(Box::new(folder))).is_some() {
                return Err(named(Fault::new(format!("wave {wave} is given twice"))));
            }
        }
        Ok(Self { waves })
    }

    /// Checks every wave at hand against the earlier ones; gives the sources that are not at hand.
    pub(super) fn check(&self) -> Result<Vec<String>, Fault> {
        let mut missing = Vec::new();
        let mut used = BTreeSet::new();
        for (wave, given) in &self.waves {
            let named = |fault: Fault| Fault::new(format!("wave {wave}: {}", fault.text));
            let folder = given.folder();
            let (quota, _) = folder.quota.get("quota.json").map_err(named)?;
            self.check_carry(*wave, quota.carry_from, quota.table.q.carry_in, &mut missing)
                .map_err(named)?;
            for source in &quota.returned_from {
                if !used.insert((source.wave, &source.file)) {
                    let text = format!("{} of wave {} is used twice", source.file, source.wave);
                    return Err(named(Fault::new(text)));
                }
            }
            self.check_returned(*wave, folder, &quota.returned_from, &mut missing)
                .map_err(named)?;
        }
        Ok(missing)
    }

    fn check_carry(
        &self,
        wave: u32,
        source: Option<CarrySource>,
        carry_in: u64,
        missing: &mut Vec<String>,
    ) -> Result<(), Fault> {
        let before = self.waves.range(..wave).next_back().map(|(number, _)| *number);
        let Some(source) = source else {
            return match before {
                Some(before) => Err(Fault::new(format!(
                    "quota.json names no wave that left seats, but wave {before} came before"
                ))),
                None => Ok(()),
            };
        };
        if source.wave >= wave || before.is_some_and(|before| before > source.wave) {
            let text =
                format!("quota.json takes over from wave {}, not the one before", source.wave);
            return Err(Fault::new(text));
        }
        let Some(given) = self.waves.get(&source.wave) else {
            missing.push(format!("result.json of wave {}", source.wave));
            return Ok(());
        };
        let (_, digest) = given.folder().result.get("result.json")?;
        if digest != source.digest {
            let text = format!("result.json of wave {} is not the one named", source.wave);
            return Err(Fault::new(text));
        }
        let left = left_over(given.folder())?;
        if left == carry_in {
            Ok(())
        } else {
            let text = format!("quota.json carries in {carry_in} seats, but {left} were left");
            Err(Fault::new(text))
        }
    }

    fn check_returned(
        &self,
        wave: u32,
        folder: &Folder,
        sources: &[ReturnSource],
        missing: &mut Vec<String>,
    ) -> Result<(), Fault> {
        let (quota, _) = folder.quota.get("quota.json")?;
        let mut sums: BTreeMap<u16, u64> = BTreeMap::new();
        let mut complete = true;
        for source in sources {
            let (number, file) = (source.wave, &source.file);
            if number >= wave {
                return Err(Fault::new(format!("quota.json takes seats back from wave {number}")));
            }
            let Some(given) = self.waves.get(&number) else {
                missing.push(format!("{file} of wave {number}"));
                complete = false;
                continue;
            };
            let mut batches = given.folder().revoked.iter();
            let Some((_, batch)) = batches.find(|(name, _)| name == file) else {
                return Err(Fault::new(format!("wave {number} has no {file}")));
            };
            let (batch, digest) = batch.get(file)?;
            if digest != source.digest {
                return Err(Fault::new(format!("{file} of wave {number} is not the one named")));
            }
            for own in &batch.returned {
                *sums.entry(own.region).or_default() += u64::from(own.count);
            }
        }
        let stated: BTreeMap<u16, u64> =
            quota.returned.iter().map(|own| (own.region, u64::from(own.count))).collect();
        let above = |(region, sum): (&u16, &u64)| stated.get(region).is_none_or(|own| own < sum);
        if (complete && stated != sums) || sums.iter().any(above) {
            return Err(Fault::new("quota.json takes back other seats than were returned"));
        }
        Ok(())
    }
}

/// Seats that a wave hands on: those of its draw and of its reserve that nobody got.
pub(crate) fn left_over(folder: &Folder) -> Result<u64, Fault> {
    let (result, _) = folder.result.get("result.json")?;
    let wave = folder.policy.wave().1;
    let (quota, _) = folder.quota.get("quota.json")?;
    let q = &quota.table.q;
    let granted = if folder.corrections.is_missing() {
        if q.reserve > 0 {
            let text = format!("wave {wave} has a reserve but no corrections.json");
            return Err(Fault::new(text));
        }
        0
    } else {
        folder.corrections.get("corrections.json")?.0.granted.len() as u64
    };
    let seats = WaveSeats {
        base: q.base,
        returned: q.returned,
        carry_in: q.carry_in,
        reserve: q.reserve,
        selected: result.totals.selected,
        granted,
    };
    let contradicts = || Fault::new(format!("result.json: the seats of wave {wave} do not add up"));
    if seats.carry() != Some(result.totals.carry) {
        return Err(contradicts());
    }
    seats.carry_out().ok_or_else(contradicts)
}
