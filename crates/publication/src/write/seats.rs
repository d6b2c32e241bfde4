//! T2: the seats that follow from the list, and the plan that commits to both.

use std::collections::BTreeMap;
use std::path::Path;

use selection::beacon::BeaconSchedule;
use selection::quota::{Incoming, ReturnedSeats, solve};
use sha2::{Digest as _, Sha256};

use super::{Committed, FolderWriter, WriteError};
use crate::contribution::check_commitments;
use crate::files::digest_of;
use crate::format::{CarrySource, Commitment, PlanFile, QuotaFile, ReturnSource};
use crate::verify::{Folder, left_over};

/// Seats that a wave takes over from earlier ones.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FromEarlier {
    /// Seats that the wave before left.
    pub carry_in: u64,
    /// That wave; none for the first one.
    pub carry_from: Option<CarrySource>,
    /// Seats that came back, ascending by region.
    pub returned: Vec<ReturnedSeats>,
    /// The batches they come from.
    pub returned_from: Vec<ReturnSource>,
}

impl FromEarlier {
    /// What the wave in the folder `before` leaves, and whole batches of revocations, each the folder
    /// of its wave and its file name. Each batch is for one later wave only; that is for the caller.
    ///
    /// # Errors
    /// [`WriteError::Folder`] if an earlier folder does not hold together.
    pub fn take(before: &Path, batches: &[(&Path, &str)]) -> Result<Self, WriteError> {
        let folder = Folder::load(before)?;
        let (_, digest) = folder.result.get("result.json")?;
        let carry_from = Some(CarrySource { digest, wave: folder.policy.wave().1 });
        let carry_in = left_over(&folder)?;
        let mut returned: BTreeMap<u16, u32> = BTreeMap::new();
        let mut returned_from = Vec::new();
        for (path, name) in batches {
            let folder = Folder::load(path)?;
            let missing = || WriteError::Folder { reason: format!("{name} is missing") };
            let mut all = folder.revoked.iter();
            let (_, batch) = all.find(|(found, _)| found == name).ok_or_else(missing)?;
            let (file, digest) = batch.get(name)?;
            for own in &file.returned {
                let count = returned.entry(own.region).or_default();
                *count = count.saturating_add(own.count);
            }
            let wave = folder.policy.wave().1;
            returned_from.push(ReturnSource { digest, file: (*name).to_owned(), wave });
        }
        let returned = returned.into_iter().map(|(region, count)| ReturnedSeats { region, count });
        Ok(Self { carry_in, carry_from, returned: returned.collect(), returned_from })
    }
}

/// What a plan says beside the list.
#[derive(Clone, Debug)]
pub struct PlanParts {
    /// Seats from earlier waves.
    pub earlier: FromEarlier,
    /// Commitments of all contributors, in the order of the policy.
    pub contributions: Vec<Commitment>,
}

impl FolderWriter {
    /// Solves the seats and publishes `quota.json` and `plan.json` for a list in the folder.
    ///
    /// # Errors
    /// [`WriteError`], also if another plan with this number is published.
    pub fn plan(
        &self,
        list: &Committed,
        parts: PlanParts,
    ) -> Result<(QuotaFile, PlanFile), WriteError> {
        let policy = self.policy.policy().get();
        if !policy.times.allows_plan(list.plan) {
            return Err(WriteError::Plan { plan: list.plan });
        }
        check_commitments(&self.policy.ctx, &policy.contributors, &parts.contributions)?;
        let path = self.path("entries.bin");
        let there = digest_of(&path).map_err(|source| WriteError::Io { path, source })?;
        if there != Some(list.digest) {
            return Err(WriteError::OtherList);
        }
        let FromEarlier { carry_in, carry_from, returned, returned_from } = parts.earlier;
        let incoming = Incoming { carry_in, returned };
        let table = solve(self.policy.policy().rules(), &list.counts, &incoming)?;
        let ctx = *self.policy.ctx.as_bytes();
        let returned = incoming.returned;
        let quota = QuotaFile { ctx, table, returned, returned_from, carry_from };
        let bytes = quota.write();
        // It would be refused by everybody else.
        QuotaFile::read(&bytes)?;
        let schedule = BeaconSchedule::new(policy.beacon.genesis_s, policy.beacon.period_s)?;
        let plan = PlanFile {
            ctx,
            plan: list.plan,
            policy: self.policy.digest,
            n: list.records,
            root: list.root,
            entries: list.digest,
            quota: Sha256::digest(&bytes).into(),
            round: policy.times.round_of(list.plan, &schedule)?,
            t4: policy.times.t4_of(list.plan),
            contributions: parts.contributions,
        };
        self.publish_for(list.plan, "quota.json", &bytes)?;
        self.publish_for(list.plan, "plan.json", &plan.write())?;
        Ok((quota, plan))
    }
}
