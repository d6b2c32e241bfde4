//! Typed identifiers: one newtype per kind over a time-ordered UUID, with a prefixed outer form.

use std::fmt;

use uuid::{Builder, Uuid};

use crate::time::Timestamp;

/// Makes a version 7 UUID from an instant and ten random bytes, both given by the caller.
///
/// The time part is in milliseconds, as RFC 9562 section 5.7 has it; instants before 1970 count
/// as zero.
pub fn uuid_at(now: Timestamp, random: [u8; 10]) -> Uuid {
    let millis = u64::try_from(now.micros().div_euclid(1000)).unwrap_or(0);
    Builder::from_unix_timestamp_millis(millis, &random).into_uuid()
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Uuid);

        impl $name {
            /// Makes an id from an instant and ten random bytes.
            pub fn at(now: Timestamp, random: [u8; 10]) -> Self {
                Self(uuid_at(now, random))
            }

            /// Wraps a UUID read from storage or sent by a client.
            pub const fn from_uuid(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// Reads the outer form, or the bare UUID; `None` for anything else.
            pub fn parse(text: &str) -> Option<Self> {
                let bare = text.strip_prefix(concat!($prefix, "_")).unwrap_or(text);
                Uuid::try_parse(bare).ok().map(Self)
            }

            /// The UUID for storage.
            pub const fn uuid(self) -> Uuid {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($prefix, "_{}"), self.0.simple())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }
    )*};
}

ids! {
    /// A registered person.
    PersonId = "per";
    /// An account by which a person signs in.
    AccountId = "acc";
    /// An officer's account.
    OfficerId = "ofc";
    /// What one officer has proposed to a second one.
    ProposalId = "prp";
    /// An appeal against a decision.
    AppealId = "apl";
    /// A complaint; random, since its own page is named by it.
    ComplaintId = "cpl";
    /// A sitting of the basic ability test.
    SittingId = "sit";
    /// A decree (SK).
    DecreeId = "dcr";
    /// A movement in the ledger.
    TransferId = "trf";
    /// A row of the audit trail.
    AuditEventId = "aud";
}
