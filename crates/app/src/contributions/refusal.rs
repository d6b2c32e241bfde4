//! Why contributions are refused, and what a missing one stops.

use domain::time::Timestamp;
use domain::wave::WaveNumber;

/// Why a contribution was not kept, or stands in the way of an act.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ContributionRefusal {
    /// The rules name no contributor.
    #[error("the rules of {0:?} name nobody who contributes to its seed")]
    NotAsked(WaveNumber),
    /// It was made under other rules.
    #[error(
        "this contribution is not for the published rules of {0:?}; make it with the policy.json of that wave"
    )]
    OtherRules(WaveNumber),
    /// The rules do not name the party.
    #[error("the rules of {wave:?} name no contributor {name:?}")]
    NoParty {
        /// The wave.
        wave: WaveNumber,
        /// Name given.
        name: String,
    },
    /// The commitment is not the party's.
    #[error("this commitment is not signed by the key that the rules name for {name:?}")]
    Signature {
        /// The party.
        name: String,
    },
    /// A party commits itself once.
    #[error("{name:?} has committed itself to another value already, and that stands")]
    Committed {
        /// The party.
        name: String,
    },
    /// The list is or could be public.
    #[error(
        "{wave:?} took commitments until its freeze, and before {by} at the latest; this one came too late"
    )]
    LateCommitment {
        /// The wave.
        wave: WaveNumber,
        /// The latest instant.
        by: Timestamp,
    },
    /// There is nothing to be opened.
    #[error("{name:?} has committed itself to nothing, so there is nothing to reveal")]
    NoCommitment {
        /// The party.
        name: String,
    },
    /// The list is not fixed.
    #[error(
        "values are revealed once {wave:?} is frozen, from {from} on; keep this one secret until then"
    )]
    EarlyReveal {
        /// The wave.
        wave: WaveNumber,
        /// The first instant.
        from: Timestamp,
    },
    /// Witnesses could not see it in time.
    #[error("{wave:?} took values before {until}; this one came too late and counts as withheld")]
    LateReveal {
        /// The wave.
        wave: WaveNumber,
        /// The first instant after it.
        until: Timestamp,
    },
    /// The value is another one.
    #[error("this value is not the one that {name:?} has committed itself to")]
    OtherValue {
        /// The party.
        name: String,
    },
    /// Parties have not committed themselves.
    #[error(
        "{wave:?} cannot be frozen before these contributors have committed themselves: {}; keep their files by \
         `gelombang wave contribution {wave} FILE`, or cancel the wave and publish another one without them",
        names.join(", ")
    )]
    Missing {
        /// The wave.
        wave: WaveNumber,
        /// Their names.
        names: Vec<String>,
    },
}

impl ContributionRefusal {
    /// Code for machines.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotAsked(_) => "no_contributors",
            Self::OtherRules(_) => "other_rules",
            Self::NoParty { .. } => "no_contributor",
            Self::Signature { .. } => "contribution_signature",
            Self::Committed { .. } => "committed",
            Self::LateCommitment { .. } => "late_commitment",
            Self::NoCommitment { .. } => "no_commitment",
            Self::EarlyReveal { .. } => "early_reveal",
            Self::LateReveal { .. } => "late_reveal",
            Self::OtherValue { .. } => "other_value",
            Self::Missing { .. } => "commitments_missing",
        }
    }
}
