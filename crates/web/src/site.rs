//! What is true of the whole installation, whoever asks.

use std::sync::Arc;

use domain::policy::{Benefits, Deadlines, EligibilityRules, Grant, PolicyVersion};

/// The installation as its public pages know it.
#[derive(Clone, Debug)]
pub struct Site {
    /// Where people reach the pages, without a slash at the end; `None` if nobody has said.
    pub public_url: Option<Arc<str>>,
    /// The rules of the programme as they are now.
    pub programme: Programme,
}

/// What the pages tell of the rules.
#[derive(Clone, Debug)]
pub struct Programme {
    /// Who may be drawn.
    pub eligibility: EligibilityRules,
    /// What is granted.
    pub benefits: Benefits,
    /// Its pieces and their sum.
    pub grant: Grant,
    /// By when a beneficiary acts.
    pub deadlines: Deadlines,
    /// Time for the test; `None` if not fixed.
    pub test_minutes: Option<u16>,
    /// Shortest training.
    pub training_hours_min: u16,
}

impl From<&PolicyVersion> for Programme {
    fn from(policy: &PolicyVersion) -> Self {
        Self {
            eligibility: policy.eligibility().clone(),
            benefits: policy.benefits().clone(),
            grant: policy.grant(),
            deadlines: policy.deadlines().clone(),
            test_minutes: policy.test().minutes,
            training_hours_min: policy.training().min_training_hours,
        }
    }
}
