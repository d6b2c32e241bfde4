//! The tasks of a registration and where each stands.

use time::Date;

use super::{Draft, DraftFault, DraftField};
use crate::policy::named::named_enum;

named_enum! {
    /// A part of the registration that is done in one go. Whoever adds one says here what it consists of.
    RegistrationTask {
        /// What stands on KTP and family card.
        Identity = "identity",
        /// Where the family card is from.
        Home = "home",
        /// Education, work, disability, training wanted.
        Situation = "situation",
        /// The picture of the identity card.
        Photo = "photo",
        /// The face check.
        Face = "face",
        /// Mobile number.
        Phone = "phone",
        /// Declaration and consents.
        Declaration = "declaration",
    }
}

/// Where a task stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TaskState {
    /// Nothing is answered.
    NotBegun,
    /// Something is answered.
    Partial,
    /// Everything needed is answered.
    Done,
    /// An answer has to be corrected.
    ToCorrect,
    /// It is being looked at, and there is nothing to do.
    Checking,
}

impl TaskState {
    /// True if somebody who wants to register has something to do about it.
    pub const fn is_open(self) -> bool {
        match self {
            Self::NotBegun | Self::Partial | Self::ToCorrect => true,
            Self::Done | Self::Checking => false,
        }
    }
}

impl RegistrationTask {
    /// The fields of the draft that it consists of.
    pub const fn fields(self) -> &'static [DraftField] {
        match self {
            Self::Identity => &[
                DraftField::Nik,
                DraftField::FamilyCard,
                DraftField::BornOn,
                DraftField::Name,
                DraftField::Sex,
            ],
            Self::Home => &[DraftField::Region, DraftField::District],
            Self::Situation => &[
                DraftField::Education,
                DraftField::Employment,
                DraftField::Disability,
                DraftField::Topic,
            ],
            // Nothing of these is in the draft.
            Self::Photo | Self::Face | Self::Phone => &[],
            Self::Declaration => &[
                DraftField::Student,
                DraftField::Office,
                DraftField::Aid,
                DraftField::Terms,
                DraftField::Privacy,
                DraftField::Truth,
                DraftField::SmsContact,
            ],
        }
    }

    /// Where it stands by what the draft holds.
    pub fn state(self, draft: &Draft, today: Date) -> TaskState {
        let fields = self.fields();
        if fields.iter().all(|field| draft.text(*field).is_empty()) {
            return TaskState::NotBegun;
        }
        let is_wrong = |field: &DraftField| {
            draft.fault(*field, today).is_some_and(|fault| fault != DraftFault::Missing)
        };
        let is_doubtful = self == Self::Identity && draft.nik_doubt(today).is_some();
        if is_doubtful || fields.iter().any(is_wrong) {
            TaskState::ToCorrect
        } else if fields.iter().any(|field| draft.fault(*field, today).is_some()) {
            TaskState::Partial
        } else {
            TaskState::Done
        }
    }
}
