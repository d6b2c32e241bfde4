//! What a beneficiary is granted, and when surveys open.

use super::check::Checker;
use crate::rupiah::Rupiah;

/// When the paid evaluation surveys open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SurveyOpening {
    /// One after another, the first as soon as the first incentive is paid.
    AfterIncentivePaid,
    /// Each survey so many days after the first incentive, ascending, one number a survey.
    DaysAfterIncentive(Vec<u16>),
}

/// Amounts granted to each beneficiary.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Benefits {
    /// Non-cash balance for training.
    pub training_balance: Rupiah,
    /// One incentive payment.
    pub incentive_amount: Rupiah,
    /// Number of incentive payments.
    pub incentive_count: u8,
    /// Months between incentive payments; `None` with at most one payment.
    pub incentive_interval_months: Option<u8>,
    /// Payment for one answered survey.
    pub survey_amount: Rupiah,
    /// Number of paid surveys.
    pub survey_count: u8,
    /// When surveys open.
    pub survey_open_after: SurveyOpening,
}

/// The pieces of one grant, as a decree states them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grant {
    /// Training balance.
    pub training: Rupiah,
    /// All incentive payments.
    pub incentives: Rupiah,
    /// All survey payments.
    pub surveys: Rupiah,
    /// The three together.
    pub total: Rupiah,
}

impl Benefits {
    pub(super) fn check(&self, check: &mut Checker) {
        let max = Rupiah::MAX.get();
        check.range("benefits.training_balance", self.training_balance.get(), 1, max);
        check.range("benefits.incentive_count", self.incentive_count, 0, 24);
        check.range("benefits.survey_count", self.survey_count, 0, 24);
        if self.incentive_count > 0 {
            check.range("benefits.incentive_amount", self.incentive_amount.get(), 1, max);
        }
        if self.survey_count > 0 {
            check.range("benefits.survey_amount", self.survey_amount.get(), 1, max);
        }
        let months = self.incentive_interval_months;
        check.range_if("benefits.incentive_interval_months", months, 1, 12);
        if (self.incentive_count > 1) != months.is_some() {
            let why = "an interval is stated exactly when there are several payments";
            check.contradiction(
                "benefits.incentive_interval_months",
                "benefits.incentive_count",
                why,
            );
        }
        if let SurveyOpening::DaysAfterIncentive(days) = &self.survey_open_after {
            if days.len() != usize::from(self.survey_count) {
                let why = "the list needs one number of days for each survey";
                check.contradiction("benefits.survey_open_after", "benefits.survey_count", why);
            }
            if !days.is_sorted() {
                let key = "benefits.survey_open_after";
                check.contradiction(key, key, "a later survey opens before an earlier one");
            }
        }
        if self.grant().is_none() {
            let why = "the grant as a whole is above the largest amount";
            check.contradiction("benefits.training_balance", "benefits.incentive_amount", why);
        }
    }

    /// The pieces and their sum; `None` above the range of [`Rupiah`].
    pub(super) fn grant(&self) -> Option<Grant> {
        let training = self.training_balance;
        let incentives = self.incentive_amount.checked_mul(u32::from(self.incentive_count))?;
        let surveys = self.survey_amount.checked_mul(u32::from(self.survey_count))?;
        let total = Rupiah::try_sum([training, incentives, surveys])?;
        Some(Grant { training, incentives, surveys, total })
    }
}
