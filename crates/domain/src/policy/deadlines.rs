//! Deadlines, the rules of money, and the clock they run on.

use time::Date;

use super::check::Checker;
use super::named::named_enum;
use super::units::{BasisPoints, MonthDay};
use crate::time::{Timestamp, deadline};

named_enum! {
    /// The event that makes a training provider's share payable.
    PayoutTrigger {
        /// The redeem code was used.
        OnRedeem = "on_redeem",
        /// The sessions were attended.
        OnAttendance = "on_attendance",
        /// The training was finished.
        OnCompletion = "on_completion",
    }
}

named_enum! {
    /// Where the money of a revoked beneficiary goes.
    RevokedFunds {
        /// The programme's own fund, which pays later grants.
        ProgrammeFund = "programme_fund",
        /// The state treasury (RKUN).
        StateTreasury = "state_treasury",
    }
}

named_enum! {
    /// The zone in which days are counted.
    TimeZone {
        /// WIB, the fixed offset +07:00.
        Jakarta = "Asia/Jakarta",
    }
}

named_enum! {
    /// The clock reading at which a day of a deadline ends.
    DayEnd {
        /// With the last second of the day.
        LastSecond = "23:59:59",
    }
}

/// Deadlines of a beneficiary, in calendar days of Jakarta.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deadlines {
    /// Days for the first purchase after appointment.
    pub first_purchase_days: u16,
    /// Whether the day of the announcement is day 1.
    pub deadline_counts_first_day: bool,
    /// Days for the next purchase after finishing and reviewing a training; `None` without a limit.
    pub next_purchase_days: Option<u16>,
    /// Last day of the year for any purchase.
    pub purchase_hard_stop: Option<MonthDay>,
    /// Last day of the year to finish a training.
    pub finish_hard_stop: Option<MonthDay>,
    /// Last day of the year to link a payout account.
    pub payout_link_hard_stop: Option<MonthDay>,
    /// Last day of the year to answer surveys.
    pub survey_hard_stop: Option<MonthDay>,
    /// Days to answer a survey once it is open.
    pub survey_answer_days: u16,
    /// Days until an answered survey is paid.
    pub survey_pay_within_days: u16,
    /// Zone of all days.
    pub timezone: TimeZone,
    /// End of a day.
    pub day_end: DayEnd,
}

impl Deadlines {
    /// The instant, exclusive, until which a beneficiary appointed on `appointed_on` may make the
    /// first purchase: the counted days, or the end of the year's last day for purchases if that
    /// comes first. Source: programme.md sections 4.5 and 6.
    pub fn first_purchase_due(&self, appointed_on: Date) -> Timestamp {
        let counted =
            deadline(appointed_on, self.first_purchase_days, self.deadline_counts_first_day);
        let stop = self.purchase_hard_stop.and_then(|stop| stop.on_or_after(appointed_on));
        match stop {
            Some(last_day) => counted.min(Timestamp::start_of_wib_day(last_day).plus_days(1)),
            None => counted,
        }
    }

    pub(super) fn check(&self, check: &mut Checker) {
        check.range("deadlines.first_purchase_days", self.first_purchase_days, 1, 366);
        check.range_if("deadlines.next_purchase_days", self.next_purchase_days, 1, 366);
        check.range("deadlines.survey_answer_days", self.survey_answer_days, 1, 366);
        check.range("deadlines.survey_pay_within_days", self.survey_pay_within_days, 1, 366);
        let stops = self.purchase_hard_stop.zip(self.finish_hard_stop);
        if stops.is_some_and(|(purchase, finish)| finish < purchase) {
            let why = "the last day to finish lies before the last day to buy";
            check.contradiction("deadlines.finish_hard_stop", "deadlines.purchase_hard_stop", why);
        }
    }
}

/// Rules of money between the programme, its partners and the treasury.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MoneyRules {
    /// Highest commission of a digital platform; `None` where only "reasonable" was written.
    pub dp_commission_max: Option<BasisPoints>,
    /// When a training provider is paid.
    pub lp_payout_trigger: PayoutTrigger,
    /// Where the money of a revoked beneficiary goes.
    pub revoked_funds_to: RevokedFunds,
    /// Days to repay what was paid without right.
    pub repayment_days: u16,
}

impl MoneyRules {
    pub(super) fn check(&self, check: &mut Checker) {
        check.range("money.repayment_days", self.repayment_days, 1, 3650);
    }
}
