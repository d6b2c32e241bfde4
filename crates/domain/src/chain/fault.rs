//! What can be wrong with a chain, in words.

use super::checkpoint::PublicKey;
use crate::ids::AuditEventId;

/// The first thing that is not as it was sealed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("position {position}: {fault}")]
pub struct Broken {
    /// Where, counted from 1.
    pub position: i64,
    /// What.
    pub fault: Fault,
}

/// What can be wrong at a position.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// Nothing at all is stored about a position before another.
    #[error("the link and whatever came with it are missing, and later ones are there")]
    Gap,
    /// More than one row where one belongs.
    #[error("there are several links or events where one was sealed")]
    Repeated,
    /// A checkpoint without its link.
    #[error("the link is missing from audit_chain, and checkpoint {number} is there")]
    EntryMissing {
        /// Its number.
        number: i64,
    },
    /// A link that nobody can have written.
    #[error("the row of audit_chain has values that no link can have")]
    EntryUnreadable,
    /// The event is gone.
    #[error("the sealed event {0} is missing from audit_events")]
    EventMissing(AuditEventId),
    /// The event says something else, or the link's digest of it does.
    #[error(
        "the event {0} is not what was sealed: a column of it, or its digest in audit_chain, was changed"
    )]
    EventChanged(AuditEventId),
    /// The link does not follow from the one before.
    #[error(
        "the link does not follow from the one before it: links were changed, swapped, put in or taken out"
    )]
    LinkChanged,
    /// A checkpoint that nobody can have signed.
    #[error("the row of audit_checkpoints has values that no checkpoint can have")]
    CheckpointUnreadable,
    /// The numbers of checkpoints have a gap.
    #[error(
        "checkpoint {expected} was expected and {found} was found: one was removed, put in or renumbered"
    )]
    CheckpointMissing {
        /// The number that comes next.
        expected: i64,
        /// The number there.
        found: i64,
    },
    /// Signed by somebody else, or so it says.
    #[error(
        "checkpoint {number} names the key {found} as its signer's instead of this installation's {expected}"
    )]
    OtherKey {
        /// Its number.
        number: i64,
        /// The installation's key.
        expected: PublicKey,
        /// The key there.
        found: PublicKey,
    },
    /// The signature does not hold.
    #[error("the signature of checkpoint {0} does not hold: the checkpoint was changed")]
    CheckpointForged(i64),
    /// The signature holds for another link.
    #[error("checkpoint {0} was signed over another link: the chain was rewritten")]
    CheckpointDiffers(i64),
    /// Links that no checkpoint covers.
    #[error(
        "no checkpoint covers this link and those after it: links were added, or checkpoints removed"
    )]
    Uncovered,
    /// A checkpoint kept elsewhere is not that of the database.
    #[error("checkpoint {number} is not the one kept in {place}: the chain was rewritten")]
    KeptDiffers {
        /// Its number.
        number: i64,
        /// Where it was kept.
        place: String,
    },
    /// A checkpoint kept elsewhere is of a chain that began otherwise.
    #[error(
        "the chain begins otherwise than the one whose checkpoint is kept in {place}: it was replaced as a \
         whole, or that checkpoint is of another database"
    )]
    OtherChain {
        /// Where it was kept.
        place: String,
    },
    /// The chain ends before a checkpoint kept elsewhere.
    #[error(
        "the chain ends here, and checkpoint {number} kept in {place} is at position {position}: the end was cut off"
    )]
    Truncated {
        /// Its number.
        number: i64,
        /// Its position.
        position: i64,
        /// Where it was kept.
        place: String,
    },
    /// An event that was not there when the chain went past it.
    #[error(
        "the event {0} is not in the chain though its transaction is older: it was put in later"
    )]
    Inserted(AuditEventId),
}
