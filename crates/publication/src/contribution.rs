//! Contributions to the seed: committed and signed before the roll is public, revealed before the
//! beacon (sections 5 and 16.1).

use selection::contrib::{contribution_commitment, contribution_message};
use selection::digest::WaveContext;
use selection::policy::Party;

use crate::format::{Commitment, Reveal};
use crate::key::{SecretKey, is_signed};

/// Why contributions do not count.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ContributionError {
    /// Every contributor commits, in the order of the policy.
    #[error(
        "the plan does not list the commitments of exactly the policy's contributors, in order"
    )]
    Parties,
    /// A commitment must be its contributor's own.
    #[error("the commitment of {name:?} is not signed by its key")]
    Signature {
        /// Contributor.
        name: String,
    },
    /// Reveals keep the order too.
    #[error("{name:?} is revealed out of order, twice, or without a commitment")]
    Order {
        /// Name found.
        name: String,
    },
    /// The value must be the committed one.
    #[error("the value of {name:?} is not the committed one")]
    Value {
        /// Contributor.
        name: String,
    },
}

/// Commits a contributor to a value.
pub fn commit(ctx: &WaveContext, name: &str, value: &[u8; 32], key: &SecretKey) -> Commitment {
    let commitment = contribution_commitment(name, value);
    let signature = key.sign(&contribution_message(ctx, &commitment));
    Commitment { name: name.to_owned(), commitment, signature }
}

/// Checks the commitments of a plan.
///
/// # Errors
/// [`ContributionError::Parties`], [`ContributionError::Signature`].
pub fn check_commitments(
    ctx: &WaveContext,
    parties: &[Party],
    commitments: &[Commitment],
) -> Result<(), ContributionError> {
    let names = commitments.iter().map(|own| &own.name);
    if !names.eq(parties.iter().map(|party| &party.name)) {
        return Err(ContributionError::Parties);
    }
    for (party, own) in parties.iter().zip(commitments) {
        let message = contribution_message(ctx, &own.commitment);
        if !is_signed(&party.key, &message, &own.signature) {
            return Err(ContributionError::Signature { name: own.name.clone() });
        }
    }
    Ok(())
}

/// Values in the order of the commitments, `None` where one was withheld.
///
/// # Errors
/// [`ContributionError::Order`], [`ContributionError::Value`].
pub fn open_commitments(
    commitments: &[Commitment],
    reveals: &[Reveal],
) -> Result<Vec<Option<[u8; 32]>>, ContributionError> {
    let mut rest = reveals.iter().peekable();
    let mut values = Vec::with_capacity(commitments.len());
    for own in commitments {
        let reveal = rest.next_if(|reveal| reveal.name == own.name);
        if let Some(reveal) = reveal
            && contribution_commitment(&own.name, &reveal.value) != own.commitment
        {
            return Err(ContributionError::Value { name: own.name.clone() });
        }
        values.push(reveal.map(|reveal| reveal.value));
    }
    match rest.next() {
        Some(left) => Err(ContributionError::Order { name: left.name.clone() }),
        None => Ok(values),
    }
}
