//! Step 4: the seed follows from plan, beacon and contributions (sections 5 and 16.8).

use selection::beacon::BeaconSchedule;
use selection::contrib::contrib_digest;
use selection::digest::{Seed, SeedSource};

use super::fail;
use super::folder::Folder;
use super::memo::Memo;
use super::report::{Fault, Verdict};
use crate::contribution::{check_commitments, open_commitments};
use crate::format::{PlanFile, Reveal, SeedFile};

/// What step 4 found, and the seed to draw with.
#[derive(Debug)]
pub(super) struct SeedCheck {
    pub(super) verdict: Verdict,
    /// The seed that follows, or the published one if none does.
    pub(super) seed: Option<Seed>,
}

pub(super) fn check(folder: &Folder, memo: &mut Memo) -> SeedCheck {
    let stated = folder.seed.file().map(|file| Seed::from_bytes(file.seed));
    match derive(folder, memo) {
        Ok((seed, detail)) if stated == Some(seed) => {
            SeedCheck { verdict: Ok(detail), seed: Some(seed) }
        }
        Ok((seed, _)) => {
            let verdict = fail(format!("seed.json states another seed than {seed}"));
            SeedCheck { verdict, seed: Some(seed) }
        }
        Err(fault) => SeedCheck { verdict: Err(fault), seed: stated },
    }
}

fn derive(folder: &Folder, memo: &mut Memo) -> Result<(Seed, String), Fault> {
    let (plan, plan_digest) = folder.plan.get("plan.json")?;
    check_plan(folder, plan)?;
    let (file, _) = folder.seed.get("seed.json")?;
    check_facts(folder, plan, plan_digest, file)?;
    let policy = folder.policy.policy().get();
    let said = |error: &dyn std::error::Error| Fault::new(format!("seed.json: {error}"));
    let randomness =
        memo.round(&policy.beacon, file.round, &file.signature).map_err(|error| said(&error))?;
    if file.randomness != randomness {
        return Err(Fault::new("seed.json: the randomness is not the hash of the signature"));
    }
    let values = contributions(folder, plan, file)?;
    let digest = contrib_digest(&values);
    if file.contrib_digest != digest {
        return Err(Fault::new("seed.json: the digest of the contributions is another"));
    }
    let source = SeedSource {
        chain_hash: &policy.beacon.chain_hash,
        round: file.round,
        randomness: &randomness,
        contrib_digest: &digest,
    };
    let seed = Seed::derive(&folder.policy.ctx, &source);
    let revealed = values.iter().flatten().count();
    let beacon = if policy.beacon.test { "TEST BEACON" } else { "beacon" };
    let detail =
        format!("{beacon} round {} and {revealed} of {} contributions", file.round, values.len());
    Ok((seed, detail))
}

/// The plan is of this policy and has the round that the policy gives.
fn check_plan(folder: &Folder, plan: &PlanFile) -> Result<(), Fault> {
    let policy = folder.policy.policy().get();
    let refused = |text: String| Err(Fault::new(format!("plan.json: {text}")));
    if plan.policy != folder.policy.digest {
        return refused("it is of another policy".to_owned());
    }
    let times = &policy.times;
    if !times.allows_plan(plan.plan) {
        return refused(format!("plan {} is not allowed by the policy", plan.plan));
    }
    let schedule = BeaconSchedule::new(policy.beacon.genesis_s, policy.beacon.period_s);
    let round = schedule.and_then(|schedule| times.round_of(plan.plan, &schedule));
    let round = round.map_err(|error| Fault::new(format!("plan.json: {error}")))?;
    if plan.round != round || plan.t4 != times.t4_of(plan.plan) {
        return refused(format!("the policy gives round {round} for plan {}", plan.plan));
    }
    check_commitments(&folder.policy.ctx, &policy.contributors, &plan.contributions)
        .map_err(|error| Fault::new(format!("plan.json: {error}")))
}

/// The seed names plan, chain and round as they are.
fn check_facts(
    folder: &Folder,
    plan: &PlanFile,
    plan_digest: [u8; 32],
    file: &SeedFile,
) -> Result<(), Fault> {
    let beacon = &folder.policy.policy().get().beacon;
    let refused = |text: &str| Err(Fault::new(format!("seed.json: {text}")));
    if file.plan != plan_digest {
        return refused("it is of another plan");
    }
    if file.chain_hash != beacon.chain_hash || file.test != beacon.test {
        return refused("it names another beacon than the policy");
    }
    if file.round != plan.round {
        return refused("it has not the round of the plan");
    }
    Ok(())
}

/// Values in the order of the policy, each as committed, and the same in both files.
fn contributions(
    folder: &Folder,
    plan: &PlanFile,
    file: &SeedFile,
) -> Result<Vec<Option<[u8; 32]>>, Fault> {
    let revealed: &[Reveal] = if folder.policy.policy().get().contributors.is_empty() {
        if !folder.reveals.is_missing() {
            return Err(Fault::new("reveals.json: the policy lists no contributor"));
        }
        &[]
    } else {
        let (reveals, _) = folder.reveals.get("reveals.json")?;
        &reveals.contributions
    };
    if file.contributions != revealed {
        return Err(Fault::new("seed.json: the contributions are not those of reveals.json"));
    }
    open_commitments(&plan.contributions, revealed)
        .map_err(|error| Fault::new(format!("reveals.json: {error}")))
}
