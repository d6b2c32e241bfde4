//! A version of the programme's rules: every parameter of programme.md section 15, typed.
//!
//! A [`PolicyVersion`] is attached to waves and never edited once used. It says nothing about where
//! its values come from; the loader keeps the source of each value beside it.

mod benefits;
mod check;
mod deadlines;
mod eligibility;
pub(crate) mod named;
mod registration;
mod selection;
mod shares;
#[cfg(test)]
mod tests;
mod training;
mod units;

pub use benefits::{Benefits, Grant, SurveyOpening};
pub use deadlines::{DayEnd, Deadlines, MoneyRules, PayoutTrigger, RevokedFunds, TimeZone};
pub use eligibility::{AgeReference, AidProgramme, EligibilityRules, Occupation, RevokedBar};
pub use named::Named;
pub use registration::{
    IdentityCheck, OtpLimits, RegistrationChannel, RegistrationRules, TestKind, TestRules,
};
pub use selection::{
    DrawMethod, FreedPlaces, FreedPlacesLapse, RegionalQuota, ReservedAmount, ReservedGroup,
    ReservedShare, SelectionRules, WaveRules,
};
pub use shares::{
    ClassFacts, ClassRule, GuaranteeRule, OPEN_POOL, PoolOrder, PoolRule, RegionalFloors,
    SeatShares, Share, WEIGHT_MAX,
};
pub use training::{
    FaceCheck, IncentiveCondition, IncentiveRules, PayoutPartner, RedeemWindow, TrainingMode,
    TrainingRules,
};
pub use units::{BasisPoints, DayRange, MonthDay};

use check::Checker;

/// The groups of rules, not yet checked against each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyParts {
    /// Who may be drawn.
    pub eligibility: EligibilityRules,
    /// How a person registers.
    pub registration: RegistrationRules,
    /// The test inside registration.
    pub test: TestRules,
    /// How long a wave takes.
    pub wave: WaveRules,
    /// How a wave is drawn.
    pub selection: SelectionRules,
    /// What is granted.
    pub benefits: Benefits,
    /// By when a beneficiary acts.
    pub deadlines: Deadlines,
    /// Buying and finishing training.
    pub training: TrainingRules,
    /// What an incentive asks for.
    pub incentive: IncentiveRules,
    /// Money between programme, partners and treasury.
    pub money: MoneyRules,
}

/// A consistent set of rules. Built only by [`PolicyVersion::new`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyVersion {
    parts: PolicyParts,
    grant: Grant,
}

/// A parameter that cannot stand. Keys are `group.parameter`, as policy files write them.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PolicyFault {
    /// A number outside its range.
    #[error("{value} is outside {min} to {max}")]
    OutOfRange {
        /// The parameter.
        key: &'static str,
        /// Its value.
        value: i64,
        /// The smallest allowed.
        min: i64,
        /// The largest allowed.
        max: i64,
    },
    /// A set that needs a member has none.
    #[error("the list is empty but needs at least one entry")]
    Empty {
        /// The parameter.
        key: &'static str,
    },
    /// Two parameters, or two parts of one, that cannot both hold.
    #[error("{why}")]
    Contradiction {
        /// The parameter.
        key: &'static str,
        /// The one it clashes with; the same if it clashes with itself.
        other: &'static str,
        /// The clash in words.
        why: &'static str,
    },
}

impl PolicyFault {
    /// The parameters at fault; twice the same if there is one.
    pub fn keys(&self) -> [&'static str; 2] {
        match self {
            Self::OutOfRange { key, .. } | Self::Empty { key } => [key, key],
            Self::Contradiction { key, other, .. } => [key, other],
        }
    }
}

impl PolicyVersion {
    /// Checks the parts and what they promise together.
    ///
    /// # Errors
    /// Every [`PolicyFault`] found, not only the first.
    pub fn new(parts: PolicyParts) -> Result<Self, Vec<PolicyFault>> {
        let mut check = Checker { faults: Vec::new() };
        parts.eligibility.check(&mut check);
        parts.registration.check(&mut check);
        parts.test.check(&mut check);
        parts.wave.check(&mut check);
        parts.selection.check(&mut check);
        parts.benefits.check(&mut check);
        parts.deadlines.check(&mut check);
        parts.training.check(&mut check);
        parts.incentive.check(&mut check);
        parts.money.check(&mut check);
        match parts.benefits.grant() {
            Some(grant) if check.faults.is_empty() => Ok(Self { parts, grant }),
            Some(_) | None => Err(check.faults),
        }
    }

    /// Who may be drawn.
    pub fn eligibility(&self) -> &EligibilityRules {
        &self.parts.eligibility
    }

    /// How a person registers.
    pub fn registration(&self) -> &RegistrationRules {
        &self.parts.registration
    }

    /// The test inside registration.
    pub fn test(&self) -> &TestRules {
        &self.parts.test
    }

    /// How long a wave takes.
    pub fn wave(&self) -> &WaveRules {
        &self.parts.wave
    }

    /// How a wave is drawn.
    pub fn selection(&self) -> &SelectionRules {
        &self.parts.selection
    }

    /// What is granted.
    pub fn benefits(&self) -> &Benefits {
        &self.parts.benefits
    }

    /// By when a beneficiary acts.
    pub fn deadlines(&self) -> &Deadlines {
        &self.parts.deadlines
    }

    /// Buying and finishing training.
    pub fn training(&self) -> &TrainingRules {
        &self.parts.training
    }

    /// What an incentive asks for.
    pub fn incentive(&self) -> &IncentiveRules {
        &self.parts.incentive
    }

    /// Money between programme, partners and treasury.
    pub fn money(&self) -> &MoneyRules {
        &self.parts.money
    }

    /// The pieces of one grant and their total.
    pub fn grant(&self) -> Grant {
        self.grant
    }
}
