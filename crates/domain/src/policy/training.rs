//! Buying, attending and finishing training, and what an incentive asks for.

use std::collections::BTreeSet;

use super::check::Checker;
use super::named::named_enum;
use super::units::DayRange;

named_enum! {
    /// How a training is given.
    TrainingMode {
        /// Live online class.
        Webinar = "webinar",
        /// Self-paced learning (SPL, pembelajaran mandiri).
        SelfPaced = "self_paced",
        /// Face to face (luring).
        Offline = "offline",
    }
}

named_enum! {
    /// When a participant's face is checked during training.
    FaceCheck {
        /// On each day of self-paced learning.
        SelfPacedDaily = "self_paced_daily",
        /// Before each meeting of a webinar.
        WebinarMeeting = "webinar_meeting",
    }
}

named_enum! {
    /// Something that must be in place before an incentive is paid.
    IncentiveCondition {
        /// The certificate of the first training.
        Certificate = "certificate",
        /// A rating of the training.
        Rating = "rating",
        /// A written review of the training.
        Review = "review",
        /// A linked payout account.
        LinkedAccount = "linked_account",
        /// The account belongs to the same NIK.
        SameNik = "same_nik",
        /// The bank or wallet has fully identified the holder.
        FullKyc = "full_kyc",
    }
}

named_enum! {
    /// A bank or wallet that receives incentives.
    PayoutPartner {
        /// Bank BNI.
        Bni = "bni",
        /// Bank BCA.
        Bca = "bca",
        /// Wallet OVO.
        Ovo = "ovo",
        /// Wallet GoPay.
        GoPay = "gopay",
        /// Wallet LinkAja.
        LinkAja = "linkaja",
        /// Wallet DANA.
        Dana = "dana",
    }
}

/// When a redeem code may be used, around the start of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RedeemWindow {
    /// Minutes before the start.
    pub before_minutes: u16,
    /// Minutes after the start.
    pub after_minutes: u16,
}

/// Rules of training. `None` where the period had no such rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrainingRules {
    /// Short videos to watch before the first purchase; 0 for none.
    pub intro_videos_required: u8,
    /// The next purchase only after finishing the previous training.
    pub sequential_training: bool,
    /// Whether own money may be added to the balance.
    pub top_up_allowed: bool,
    /// Whether packages of trainings may be sold.
    pub bundles_allowed: bool,
    /// Least length of a training in hours.
    pub min_training_hours: u16,
    /// Modes offered, at least one.
    pub modes: BTreeSet<TrainingMode>,
    /// Highest sequence number of a session; 1 is the redemption.
    pub max_attendance_sequence: Option<u16>,
    /// Sequence number of the post-test.
    pub post_test_sequence: Option<u16>,
    /// Share of sessions to attend, in percent.
    pub attendance_min_percent: Option<u8>,
    /// Face checks during training; empty for none.
    pub face_check_in_training: BTreeSet<FaceCheck>,
    /// When a redeem code may be used.
    pub redeem_window: Option<RedeemWindow>,
    /// Hours to hand in the skill demonstration (unjuk keterampilan).
    pub uk_hours: Option<u16>,
}

/// Rules of the incentive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IncentiveRules {
    /// What must be in place, at least one thing.
    pub requires: BTreeSet<IncentiveCondition>,
    /// Hours from the review until the schedule is shown.
    pub schedule_hours: u16,
    /// Working days from the scheduled date until the money arrives.
    pub pay_working_days: DayRange,
    /// Banks and wallets, at least one.
    pub payout_partners: BTreeSet<PayoutPartner>,
}

impl TrainingRules {
    pub(super) fn check(&self, check: &mut Checker) {
        check.range("training.intro_videos_required", self.intro_videos_required, 0, 20);
        check.range("training.min_training_hours", self.min_training_hours, 1, 1000);
        check.not_empty("training.modes", &self.modes);
        let (last, post_test) = (self.max_attendance_sequence, self.post_test_sequence);
        check.range_if("training.max_attendance_sequence", last, 1, 998);
        check.range_if("training.post_test_sequence", post_test, 2, 999);
        if last.zip(post_test).is_some_and(|(last, post_test)| last >= post_test) {
            let why = "the post-test has the number of a session";
            check.contradiction(
                "training.max_attendance_sequence",
                "training.post_test_sequence",
                why,
            );
        }
        check.range_if("training.attendance_min_percent", self.attendance_min_percent, 1, 100);
        if let Some(window) = self.redeem_window {
            check.range("training.redeem_window", window.before_minutes, 0, 1440);
            check.range("training.redeem_window", window.after_minutes, 0, 1440);
        }
        check.range_if("training.uk_hours", self.uk_hours, 1, 720);
    }
}

impl IncentiveRules {
    pub(super) fn check(&self, check: &mut Checker) {
        check.not_empty("incentive.requires", &self.requires);
        check.range("incentive.schedule_hours", self.schedule_hours, 1, 720);
        check.days("incentive.pay_working_days", self.pay_working_days, 60);
        check.not_empty("incentive.payout_partners", &self.payout_partners);
    }
}
