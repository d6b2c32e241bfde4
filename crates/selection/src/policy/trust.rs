//! The whole policy: seats and draw, times, beacon, witnesses.

use super::check;
use super::fault::PolicyFaults;
use super::times::Timetable;
use super::{CheckedRules, SeatRules};
use crate::beacon::QUICKNET;

/// Facts of the beacon chain that the policy pins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BeaconFacts {
    /// Hash that names the chain.
    pub chain_hash: [u8; 32],
    /// Public key of the chain; `None` for the test chain, which has none.
    pub public_key: Option<[u8; 96]>,
    /// Scheme name.
    pub scheme: String,
    /// Unix time of round 1, seconds.
    pub genesis_s: u64,
    /// Seconds between rounds, at least 1.
    pub period_s: u32,
    /// Set for every chain but the real one; whatever shows results must then show it too.
    pub test: bool,
}

impl BeaconFacts {
    /// The facts of the only real chain (section 5).
    pub fn quicknet() -> Self {
        Self {
            chain_hash: QUICKNET.chain_hash,
            public_key: Some(QUICKNET.public_key),
            scheme: QUICKNET.scheme.to_owned(),
            genesis_s: QUICKNET.genesis_s,
            period_s: QUICKNET.period_s,
            test: false,
        }
    }
}

/// Somebody with a key: a witness of the announcement log or a contributor to the seed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Party {
    /// Ed25519 public key.
    pub key: [u8; 32],
    /// Published name.
    pub name: String,
}

/// The policy as far as it is checked: `policy.json` without the keys of log and receipts, the key
/// commitment and the notes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Programme name.
    pub programme: String,
    /// Wave number.
    pub wave: u32,
    /// Calendar.
    pub times: Timetable,
    /// Beacon chain.
    pub beacon: BeaconFacts,
    /// Witnesses.
    pub witnesses: Vec<Party>,
    /// Witnesses whose signatures make an announcement valid.
    pub quorum: u8,
    /// Contributors to the seed, in the order of their digest.
    pub contributors: Vec<Party>,
    /// Seats and draw.
    pub rules: SeatRules,
}

impl Policy {
    /// Checks every rule of section 16.3.
    ///
    /// # Errors
    /// [`PolicyFaults`] with all faults.
    pub fn check(self) -> Result<CheckedPolicy, PolicyFaults> {
        let mut faults = check::policy_faults(&self);
        faults.extend(check::rule_faults(&self.rules));
        if faults.is_empty() { Ok(CheckedPolicy(self)) } else { Err(PolicyFaults(faults)) }
    }
}

/// A policy that passed [`Policy::check`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckedPolicy(Policy);

impl CheckedPolicy {
    /// The policy itself.
    pub fn get(&self) -> &Policy {
        &self.0
    }

    /// Its rules, which are checked with it.
    pub fn rules(&self) -> CheckedRules<'_> {
        CheckedRules(&self.0.rules)
    }
}
