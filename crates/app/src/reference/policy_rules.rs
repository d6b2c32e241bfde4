//! Which parameter of a policy file fills which field of [`PolicyParts`].

use domain::policy::{
    Benefits, Deadlines, EligibilityRules, FreedPlacesLapse, IncentiveRules, MoneyRules, OtpLimits,
    PolicyParts, RegistrationRules, SelectionRules, TestRules, TrainingRules, WaveRules,
};

use super::policy_reader::RuleReader;
use super::policy_shares::read_shares;

/// Reads every rule. Placeholders stand where a fault is noted.
pub(super) fn read_parts(rules: &mut RuleReader<'_>) -> PolicyParts {
    PolicyParts {
        eligibility: eligibility(rules),
        registration: registration(rules),
        test: TestRules {
            kind: rules.choice("test.kind"),
            minutes: rules.whole_if("test.minutes"),
            questions: rules.whole_if("test.questions"),
            affects_selection: rules.flag("test.affects_selection"),
        },
        wave: WaveRules {
            open_days: rules.days("wave.open_days"),
            can_be_prolonged: rules.flag("wave.can_be_prolonged"),
            results_after_days: rules.days("wave.results_after_days"),
        },
        selection: SelectionRules {
            draw_method: rules.choice("selection.draw_method"),
            regional_quota: rules.choice("selection.regional_quota"),
            reserved_shares: rules.reserved_shares("selection.reserved_shares"),
            shares: read_shares(rules),
            freed_places_to: rules.choice("selection.freed_places_to"),
            freed_places_lapse: rules
                .choice_or("selection.freed_places_lapse", FreedPlacesLapse::Never),
        },
        benefits: benefits(rules),
        deadlines: deadlines(rules),
        training: training(rules),
        incentive: IncentiveRules {
            requires: rules.set("incentive.requires"),
            schedule_hours: rules.whole("incentive.schedule_hours"),
            pay_working_days: rules.days("incentive.pay_working_days"),
            payout_partners: rules.set("incentive.payout_partners"),
        },
        money: MoneyRules {
            dp_commission_max: rules.basis_points_if("money.dp_commission_max_basis_points"),
            lp_payout_trigger: rules.choice("money.lp_payout_trigger"),
            revoked_funds_to: rules.choice("money.revoked_funds_to"),
            repayment_days: rules.whole("money.repayment_days"),
        },
    }
}

fn eligibility(rules: &mut RuleReader<'_>) -> EligibilityRules {
    EligibilityRules {
        min_age: rules.whole("eligibility.min_age"),
        max_age: rules.whole_if("eligibility.max_age"),
        age_reference: rules.choice("eligibility.age_reference"),
        require_citizen: rules.flag("eligibility.require_citizen"),
        exclude_in_formal_education: rules.flag("eligibility.exclude_in_formal_education"),
        excluded_occupations: rules.set("eligibility.excluded_occupations"),
        max_beneficiaries_per_kk: rules.whole_if("eligibility.max_beneficiaries_per_kk"),
        kk_counts_revoked: rules.flag("eligibility.kk_counts_revoked"),
        exclude_other_aid: rules.set("eligibility.exclude_other_aid"),
        lifetime_grants: rules.whole("eligibility.lifetime_grants"),
        revoked_barred: rules.choice("eligibility.revoked_barred"),
        wage_ceiling: rules.rupiah_if("eligibility.wage_ceiling"),
        join_attempts_max: rules.whole_if("eligibility.join_attempts_max"),
    }
}

fn registration(rules: &mut RuleReader<'_>) -> RegistrationRules {
    RegistrationRules {
        channels: rules.set("registration.channels"),
        id_check: rules.set("registration.id_check"),
        ktp_photo_max_mb: rules.whole("registration.ktp_photo_max_mb"),
        login_otp_digits: rules.whole("registration.login_otp_digits"),
        login_otp_resend: OtpLimits {
            tries_max: rules.whole("registration.login_otp_resend_max"),
            lock_hours: rules.whole("registration.login_otp_lock_hours"),
        },
        payout_otp_wrong: OtpLimits {
            tries_max: rules.whole("registration.payout_otp_wrong_max"),
            lock_hours: rules.whole("registration.payout_otp_lock_hours"),
        },
    }
}

fn benefits(rules: &mut RuleReader<'_>) -> Benefits {
    Benefits {
        training_balance: rules.rupiah("benefits.training_balance"),
        incentive_amount: rules.rupiah("benefits.incentive_amount"),
        incentive_count: rules.whole("benefits.incentive_count"),
        incentive_interval_months: rules.whole_if("benefits.incentive_interval_months"),
        survey_amount: rules.rupiah("benefits.survey_amount"),
        survey_count: rules.whole("benefits.survey_count"),
        survey_open_after: rules.survey_opening("benefits.survey_open_after"),
    }
}

fn deadlines(rules: &mut RuleReader<'_>) -> Deadlines {
    Deadlines {
        first_purchase_days: rules.whole("deadlines.first_purchase_days"),
        deadline_counts_first_day: rules.flag("deadlines.deadline_counts_first_day"),
        next_purchase_days: rules.whole_if("deadlines.next_purchase_days"),
        purchase_hard_stop: rules.month_day("deadlines.purchase_hard_stop"),
        finish_hard_stop: rules.month_day("deadlines.finish_hard_stop"),
        payout_link_hard_stop: rules.month_day("deadlines.payout_link_hard_stop"),
        survey_hard_stop: rules.month_day("deadlines.survey_hard_stop"),
        survey_answer_days: rules.whole("deadlines.survey_answer_days"),
        survey_pay_within_days: rules.whole("deadlines.survey_pay_within_days"),
        timezone: rules.choice("deadlines.timezone"),
        day_end: rules.choice("deadlines.day_end"),
    }
}

fn training(rules: &mut RuleReader<'_>) -> TrainingRules {
    TrainingRules {
        intro_videos_required: rules.whole("training.intro_videos_required"),
        sequential_training: rules.flag("training.sequential_training"),
        top_up_allowed: rules.flag("training.top_up_allowed"),
        bundles_allowed: rules.flag("training.bundles_allowed"),
        min_training_hours: rules.whole("training.min_training_hours"),
        modes: rules.set("training.modes"),
        max_attendance_sequence: rules.whole_if("training.max_attendance_sequence"),
        post_test_sequence: rules.whole_if("training.post_test_sequence"),
        attendance_min_percent: rules.whole_if("training.attendance_min_percent"),
        face_check_in_training: rules.set("training.face_check_in_training"),
        redeem_window: rules.redeem_window("training.redeem_window"),
        uk_hours: rules.whole_if("training.uk_hours"),
    }
}
