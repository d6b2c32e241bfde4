//! Typed readers and writers of the published JSON files (section 16.1).
//!
//! Each file is a plain type with `read`, which refuses every form but the canonical one, and `write`.
//! Reading checks the form and what a file must say of itself; what it must say of others is checked
//! by [`crate::verify`].

mod contribution;
mod corrections;
pub(crate) mod keys;
mod plan;
mod policy;
mod quota;
mod result;
mod revoked;
mod seed;

pub use self::contribution::{ContributionFile, Given};
pub use self::corrections::{CorrectionsFile, Granted};
pub use self::keys::LogName;
pub use self::plan::{Commitment, PlanFile};
pub use self::policy::{PolicyFile, PolicyParts};
pub use self::quota::{CarrySource, QuotaFile, ReturnSource};
pub use self::result::{PoolOutcome, RegionOutcome, ResultFile, ResultTotals};
pub(crate) use self::revoked::is_revoked_name;
pub use self::revoked::{Revocation, RevocationReason, RevokedFile, revoked_name};
pub use self::seed::{Reveal, RevealsFile, SeedFile};

/// A file that is not what it must be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}: {fault}")]
pub struct FormatError {
    /// Name of the file within its folder.
    pub file: String,
    /// What is wrong with it.
    pub fault: FormatFault,
}

impl FormatError {
    /// A field whose content breaks a rule.
    pub(crate) fn field(file: &str, field: &str, reason: impl Into<String>) -> Self {
        let fault = FormatFault::Field { field: field.to_owned(), reason: reason.into() };
        Self { file: file.to_owned(), fault }
    }
}

/// What is wrong with a file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FormatFault {
    /// The content of a field, or the whole if the field is `.`.
    #[error("field {field}: {reason}")]
    Field {
        /// Path of the field.
        field: String,
        /// Why it is refused.
        reason: String,
    },
    /// The content can be read but is not in its one form.
    #[error(
        "not in canonical form from byte {offset} on; write it without white space, keys sorted, \
         each once (RFC 8785)"
    )]
    NotCanonical {
        /// First byte that differs.
        offset: usize,
    },
    /// No published file is that large.
    #[error("{size_bytes} bytes are too many for this file")]
    TooLarge {
        /// Size found.
        size_bytes: usize,
    },
}
