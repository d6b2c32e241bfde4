//! Officers: what their roles let them do, and the two-person rule; their reasons are in [`reason`].

pub mod reason;

use std::collections::BTreeSet;

use crate::ids::{OfficerId, ProposalId};
use crate::policy::Named as _;
use crate::policy::named::named_enum;

pub use reason::{ReasonFault, read_reason};

named_enum! {
    /// What an officer was put in office for. One officer may have several roles; the two sides of a
    /// two-person act are still two officers.
    Role {
        /// Adds officers, gives roles and credentials.
        Administrator = "administrator",
        /// Prepares policies and the calendar.
        Policy = "policy",
        /// Runs waves and imports, and prepares what needs approval.
        Operator = "operator",
        /// Approves what policy officers and operators have prepared.
        Approver = "approver",
    }
}

named_enum! {
    /// Acts that move seats or money, fix a rule, give power, or take identities out; each needs a second officer.
    /// Source: design.md section 4, "Two persons", as far as the acts exist.
    TwoPersonAct {
        /// Loading policy versions and the calendar of the waves they govern.
        PublishCalendar = "publish_calendar",
        /// Deciding eligibility, fixing the roll and publishing the quota table.
        PublishQuota = "publish_quota",
        /// Judging members again while everybody looks at the list, and publishing a plan with a later draw.
        CorrectRoll = "correct_roll",
        /// The draw.
        Draw = "draw",
        /// The decree.
        Appoint = "appoint",
        /// Ending a wave without a draw.
        Cancel = "cancel",
        /// Revoking a beneficiary for cause.
        Revoke = "revoke",
        /// Answering an appeal.
        AnswerAppeal = "answer_appeal",
        /// Taking a person from an account.
        ReleaseAccount = "release_account",
        /// Handing auditors the people behind records of a draw.
        OpenToAuditors = "open_to_auditors",
        /// Adding an officer, giving a role, replacing a credential.
        Empower = "empower",
    }
}

impl TwoPersonAct {
    /// The role that may prepare it.
    pub const fn proposer(self) -> Role {
        match self {
            Self::PublishCalendar => Role::Policy,
            Self::PublishQuota
            | Self::CorrectRoll
            | Self::Draw
            | Self::Appoint
            | Self::Cancel
            | Self::Revoke
            | Self::AnswerAppeal
            | Self::ReleaseAccount
            | Self::OpenToAuditors => Role::Operator,
            Self::Empower => Role::Administrator,
        }
    }

    /// True if it may be done to one subject more than once; else the same key is refused for ever.
    pub const fn is_repeatable(self) -> bool {
        match self {
            // A list is corrected more than once, and each plan is a subject of its own.
            Self::PublishCalendar
            | Self::PublishQuota
            | Self::CorrectRoll
            | Self::Draw
            | Self::Appoint
            | Self::Cancel
            | Self::Revoke
            | Self::AnswerAppeal => false,
            // A person may be taken from one account after another, and a wave be opened to more than one auditor.
            Self::ReleaseAccount | Self::OpenToAuditors | Self::Empower => true,
        }
    }

    /// The role that may approve or reject it.
    pub const fn approver(self) -> Role {
        match self {
            Self::PublishCalendar
            | Self::PublishQuota
            | Self::CorrectRoll
            | Self::Draw
            | Self::Appoint
            | Self::Cancel
            | Self::Revoke
            | Self::AnswerAppeal
            | Self::ReleaseAccount
            | Self::OpenToAuditors => Role::Approver,
            Self::Empower => Role::Administrator,
        }
    }
}

/// Acts that one officer does alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SoleAct {
    /// Opening a wave once the calendar allows.
    OpenWave,
    /// Closing a wave once the calendar allows.
    CloseWave,
    /// Revoking those whose deadline has passed.
    Sweep,
    /// Bringing in a file.
    Import,
    /// Keeping what a contributor to the seed has signed or revealed.
    KeepContribution,
    /// Recording a first purchase that a platform has reported.
    RecordPurchase,
    /// Queueing a job again that failed for good.
    RetryJob,
    /// Queueing notices again that failed for good.
    RetryNotices,
    /// Reading, answering and closing a complaint.
    AnswerComplaint,
    /// Ending the sessions of a person.
    EndSessions,
    /// Ending the sessions of everybody.
    EndAllSessions,
    /// Ending the office of another.
    Retire,
}

impl SoleAct {
    /// The role that may do it.
    pub const fn role(self) -> Role {
        match self {
            Self::OpenWave
            | Self::CloseWave
            | Self::Sweep
            | Self::Import
            | Self::KeepContribution
            | Self::RecordPurchase
            | Self::RetryJob
            | Self::RetryNotices
            | Self::AnswerComplaint
            | Self::EndSessions => Role::Operator,
            Self::EndAllSessions | Self::Retire => Role::Administrator,
        }
    }
}

named_enum! {
    /// What became of a proposal.
    ProposalState {
        /// Waits for a second officer.
        Open = "open",
        /// Approved, and the act done in the same transaction.
        Approved = "approved",
        /// Turned down by a second officer.
        Rejected = "rejected",
        /// Taken back by its officer, or ended with the office.
        Withdrawn = "withdrawn",
        /// Older than a proposal may get.
        Expired = "expired",
    }
}

/// Days in which a proposal may be approved: long enough for a meeting a week, short enough that what was
/// prepared still holds. Source: assumed.
pub const PROPOSAL_DAYS: i64 = 14;

/// Officers with credentials that the first ones may be added without a second person, since there is none.
pub const FOUNDERS: u64 = 2;

/// An officer in office, known by a credential.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Officer {
    /// Id.
    pub id: OfficerId,
    /// Name as entered.
    pub name: String,
    /// Roles.
    pub roles: BTreeSet<Role>,
}

/// The officer lacks the role.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("officer {name} is no {}; ask one who is, or have the role given by two administrators", role.name())]
pub struct NotAllowed {
    /// Who asked.
    pub officer: OfficerId,
    /// As what they are known.
    pub name: String,
    /// The role it takes.
    pub role: Role,
}

impl Officer {
    /// Checks that the officer has a role.
    ///
    /// # Errors
    /// [`NotAllowed`] names the role that is missing.
    pub fn require(&self, role: Role) -> Result<(), NotAllowed> {
        if self.roles.contains(&role) {
            Ok(())
        } else {
            Err(NotAllowed { officer: self.id, name: self.name.clone(), role })
        }
    }
}

/// The same officer stood on both sides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("officer {0} prepared this act and cannot approve it; ask a second officer")]
pub struct SameOfficer(pub OfficerId);

/// Two different officers who agree on an act, with their reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Approval {
    prepared_by: OfficerId,
    approved_by: OfficerId,
    reason: String,
    proposal: Option<ProposalId>,
}

impl Approval {
    /// Pairs two officers.
    ///
    /// # Errors
    /// [`SameOfficer`] if they are one.
    pub fn new(
        prepared_by: OfficerId,
        approved_by: OfficerId,
        reason: String,
    ) -> Result<Self, SameOfficer> {
        if prepared_by == approved_by {
            return Err(SameOfficer(prepared_by));
        }
        Ok(Self { prepared_by, approved_by, reason, proposal: None })
    }

    /// The same, of a proposal that is decided by the act.
    #[must_use]
    pub fn of_proposal(self, proposal: ProposalId) -> Self {
        Self { proposal: Some(proposal), ..self }
    }

    /// Who prepared the act.
    pub const fn prepared_by(&self) -> OfficerId {
        self.prepared_by
    }

    /// Who approved it.
    pub const fn approved_by(&self) -> OfficerId {
        self.approved_by
    }

    /// Why, in the officers' words.
    pub fn reason(&self) -> &str {
        &self.reason
    }

    /// The proposal that the act decides, if it was made by one.
    pub const fn proposal(&self) -> Option<ProposalId> {
        self.proposal
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Timestamp;

    fn id(byte: u8) -> OfficerId {
        OfficerId::at(Timestamp::from_micros(0), [byte; 10])
    }

    /// One officer cannot be both.
    #[test]
    fn two_persons() {
        assert!(Approval::new(id(1), id(2), "draw".into()).is_ok());
        let error = Approval::new(id(1), id(1), "draw".into()).expect_err("same");
        assert_eq!(error, SameOfficer(id(1)));
    }

    /// Goal: no role alone prepares and approves what moves seats or money. Method: every act.
    #[test]
    fn sides_have_roles() {
        for act in TwoPersonAct::ALL {
            let alone = act.proposer() == act.approver();
            assert_eq!(alone, *act == TwoPersonAct::Empower, "{act:?}");
        }
    }

    /// A missing role is named.
    #[test]
    fn roles() {
        let officer = Officer { id: id(1), name: "Melati".into(), roles: [Role::Policy].into() };
        assert_eq!(officer.require(Role::Policy), Ok(()));
        let refused = officer.require(SoleAct::Retire.role()).expect_err("no administrator");
        assert_eq!(refused.role, Role::Administrator);
        assert!(refused.to_string().contains("Melati is no administrator"), "{refused}");
    }
}
