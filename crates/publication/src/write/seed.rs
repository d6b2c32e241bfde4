//! T3 and T4: what contributors reveal, and the seed that follows from the beacon.

use selection::contrib::contrib_digest;
use selection::digest::{Seed, SeedSource};
use sha2::{Digest as _, Sha256};

use super::{FolderWriter, WriteError};
use crate::beacon::verify_round;
use crate::contribution::open_commitments;
use crate::format::{PlanFile, Reveal, RevealsFile, SeedFile};

impl FolderWriter {
    /// Publishes the revealed contributions, in the order of the policy and without the withheld ones.
    ///
    /// # Errors
    /// [`WriteError`], also if a value is not the committed one.
    pub fn reveals(&self, contributions: Vec<Reveal>) -> Result<(), WriteError> {
        let (plan, _) = self.get("plan.json", PlanFile::read)?;
        open_commitments(&plan.contributions, &contributions)?;
        let file = RevealsFile { ctx: *self.policy.ctx.as_bytes(), contributions };
        self.publish("reveals.json", &file.write())
    }

    /// Publishes the seed that follows from the beacon's signature of the plan's round.
    ///
    /// # Errors
    /// [`WriteError`], also if the signature is of another round.
    pub fn seed(&self, signature: &[u8; 48]) -> Result<SeedFile, WriteError> {
        let policy = self.policy.policy().get();
        let (plan, plan_bytes) = self.get("plan.json", PlanFile::read)?;
        let randomness = verify_round(&policy.beacon, plan.round, signature)?;
        let contributions = if policy.contributors.is_empty() {
            Vec::new()
        } else {
            self.get("reveals.json", RevealsFile::read)?.0.contributions
        };
        let values = open_commitments(&plan.contributions, &contributions)?;
        let contrib_digest = contrib_digest(&values);
        let source = SeedSource {
            chain_hash: &policy.beacon.chain_hash,
            round: plan.round,
            randomness: &randomness,
            contrib_digest: &contrib_digest,
        };
        let file = SeedFile {
            ctx: *self.policy.ctx.as_bytes(),
            plan: Sha256::digest(&plan_bytes).into(),
            test: policy.beacon.test,
            chain_hash: policy.beacon.chain_hash,
            round: plan.round,
            signature: *signature,
            randomness,
            contributions,
            contrib_digest,
            seed: *Seed::derive(&self.policy.ctx, &source).as_bytes(),
        };
        self.publish("seed.json", &file.write())?;
        Ok(file)
    }
}
