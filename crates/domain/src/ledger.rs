//! Double entry: accounts, and the only ways money moves between them.
//!
//! A transfer debits one account and credits another by one amount, so it balances by construction.
//! Shared accounts are kept by wave and personal ones by person; the key of a transfer is made from
//! the act, so that a retried posting meets itself. Source: programme.md section 8.

use crate::ids::PersonId;
use crate::policy::RevokedFunds;
use crate::policy::named::named_enum;
use crate::rupiah::Rupiah;
use crate::time::Timestamp;
use crate::wave::WaveNumber;

named_enum! {
    /// An account of the books.
    LedgerAccount {
        /// Budget line of the treasury (BA 999.08); the only one that may go below zero.
        Appropriation = "appropriation",
        /// The programme's fund account, by wave.
        ProgrammeFund = "programme_fund",
        /// What a beneficiary may spend on training.
        TrainingBalance = "training_balance",
        /// What a beneficiary gets after the first training.
        JobSearchIncentive = "job_search_incentive",
        /// What a beneficiary gets for survey answers.
        SurveyIncentive = "survey_incentive",
        /// Owed to digital platforms for trainings sold.
        PlatformPayable = "platform_payable",
        /// Returned to the state general treasury account (RKUN).
        StateTreasury = "state_treasury",
    }
}

named_enum! {
    /// Why money moved; fixes the two accounts.
    TransferReason {
        /// The wave's seats are funded.
        Allocation = "allocation",
        /// A decree commits a training balance.
        TrainingCommitment = "training_commitment",
        /// A decree commits the job-search incentive.
        IncentiveCommitment = "incentive_commitment",
        /// A decree commits the survey incentive.
        SurveyCommitment = "survey_commitment",
        /// A training is bought.
        Purchase = "purchase",
        /// Unused training balance of a revoked person.
        TrainingReturn = "training_return",
        /// Incentive of a revoked person.
        IncentiveReturn = "incentive_return",
        /// Survey incentive of a revoked person.
        SurveyReturn = "survey_return",
        /// What is left in a settled wave's fund.
        FundReturn = "fund_return",
    }
}

impl TransferReason {
    /// The debited and the credited account.
    pub const fn accounts(self, return_to: RevokedFunds) -> (LedgerAccount, LedgerAccount) {
        use LedgerAccount as A;
        let returned = match return_to {
            RevokedFunds::ProgrammeFund => A::ProgrammeFund,
            RevokedFunds::StateTreasury => A::StateTreasury,
        };
        match self {
            Self::Allocation => (A::Appropriation, A::ProgrammeFund),
            Self::TrainingCommitment => (A::ProgrammeFund, A::TrainingBalance),
            Self::IncentiveCommitment => (A::ProgrammeFund, A::JobSearchIncentive),
            Self::SurveyCommitment => (A::ProgrammeFund, A::SurveyIncentive),
            Self::Purchase => (A::TrainingBalance, A::PlatformPayable),
            Self::TrainingReturn => (A::TrainingBalance, returned),
            Self::IncentiveReturn => (A::JobSearchIncentive, returned),
            Self::SurveyReturn => (A::SurveyIncentive, returned),
            Self::FundReturn => (A::ProgrammeFund, A::StateTreasury),
        }
    }

    /// True if the transfer belongs to one person.
    pub const fn is_personal(self) -> bool {
        match self {
            Self::Allocation | Self::FundReturn => false,
            Self::TrainingCommitment
            | Self::IncentiveCommitment
            | Self::SurveyCommitment
            | Self::Purchase
            | Self::TrainingReturn
            | Self::IncentiveReturn
            | Self::SurveyReturn => true,
        }
    }
}

/// One movement of money.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transfer {
    /// The wave whose grant or fund it concerns.
    pub wave: WaveNumber,
    /// Whose money, for personal reasons; `None` for shared ones.
    pub person: Option<PersonId>,
    /// Why.
    pub reason: TransferReason,
    /// Distinguishes several of one reason, from 1: the second purchase is number 2.
    pub number: i16,
    /// Where returned money goes; of no effect on other reasons.
    pub return_to: RevokedFunds,
    /// How much; never zero.
    pub amount: Rupiah,
    /// When.
    pub posted_at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Named as _;

    /// No reason moves money from an account to itself, and none credits the appropriation.
    #[test]
    fn reasons_move_money() {
        for reason in TransferReason::ALL.iter().copied() {
            for return_to in RevokedFunds::ALL.iter().copied() {
                let (debit, credit) = reason.accounts(return_to);
                assert_ne!(debit, credit);
                assert_ne!(credit, LedgerAccount::Appropriation);
            }
        }
    }
}
