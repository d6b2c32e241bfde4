//! Each rule of consistency, by a policy that breaks it.

use std::collections::BTreeSet;

use time::{Date, Month};

use super::*;
use crate::identity::Employment;
use crate::nik::Sex;
use crate::region::RegionCode;
use crate::rupiah::Rupiah;
use crate::time::Timestamp;
use crate::wave::WaveNumber;

fn rupiah(amount: i64) -> Rupiah {
    Rupiah::new(amount).expect("in range")
}

/// A policy of the normal scheme's shape.
fn parts() -> PolicyParts {
    PolicyParts {
        eligibility: EligibilityRules {
            min_age: 18,
            max_age: Some(64),
            age_reference: AgeReference::WaveClosingDate,
            require_citizen: true,
            exclude_in_formal_education: true,
            excluded_occupations: Occupation::ALL.iter().copied().collect(),
            max_beneficiaries_per_kk: Some(2),
            kk_counts_revoked: false,
            exclude_other_aid: BTreeSet::new(),
            lifetime_grants: 1,
            revoked_barred: RevokedBar::ForLife,
            wage_ceiling: None,
            join_attempts_max: None,
        },
        registration: RegistrationRules {
            channels: BTreeSet::from([RegistrationChannel::Online]),
            id_check: BTreeSet::from([IdentityCheck::NikKkBirthDate]),
            ktp_photo_max_mb: 2,
            login_otp_digits: 6,
            login_otp_resend: OtpLimits { tries_max: 5, lock_hours: 2 },
            payout_otp_wrong: OtpLimits { tries_max: 3, lock_hours: 1 },
        },
        test: TestRules {
            kind: TestKind::BasicAbility,
            minutes: Some(40),
            questions: None,
            affects_selection: false,
        },
        wave: WaveRules {
            open_days: DayRange { min: 4, max: 4 },
            can_be_prolonged: true,
            results_after_days: DayRange { min: 2, max: 3 },
        },
        selection: SelectionRules {
            draw_method: DrawMethod::RandomAmongEligible,
            regional_quota: RegionalQuota::Regency,
            reserved_shares: Vec::new(),
            shares: SeatShares::open(),
            freed_places_to: FreedPlaces::NextWave,
            freed_places_lapse: FreedPlacesLapse::Never,
        },
        benefits: Benefits {
            training_balance: rupiah(3_500_000),
            incentive_amount: rupiah(600_000),
            incentive_count: 1,
            incentive_interval_months: None,
            survey_amount: rupiah(50_000),
            survey_count: 2,
            survey_open_after: SurveyOpening::AfterIncentivePaid,
        },
        deadlines: Deadlines {
            first_purchase_days: 15,
            deadline_counts_first_day: true,
            next_purchase_days: Some(15),
            purchase_hard_stop: MonthDay::new(11, 30),
            finish_hard_stop: MonthDay::new(12, 4),
            payout_link_hard_stop: MonthDay::new(12, 15),
            survey_hard_stop: MonthDay::new(12, 10),
            survey_answer_days: 30,
            survey_pay_within_days: 14,
            timezone: TimeZone::Jakarta,
            day_end: DayEnd::LastSecond,
        },
        training: TrainingRules {
            intro_videos_required: 3,
            sequential_training: true,
            top_up_allowed: false,
            bundles_allowed: false,
            min_training_hours: 15,
            modes: BTreeSet::from([TrainingMode::Webinar]),
            max_attendance_sequence: Some(10),
            post_test_sequence: Some(999),
            attendance_min_percent: Some(100),
            face_check_in_training: BTreeSet::new(),
            redeem_window: Some(RedeemWindow { before_minutes: 60, after_minutes: 60 }),
            uk_hours: Some(72),
        },
        incentive: IncentiveRules {
            requires: BTreeSet::from([IncentiveCondition::Certificate]),
            schedule_hours: 24,
            pay_working_days: DayRange { min: 3, max: 5 },
            payout_partners: BTreeSet::from([PayoutPartner::Bni]),
        },
        money: MoneyRules {
            dp_commission_max: BasisPoints::new(1500),
            lp_payout_trigger: PayoutTrigger::OnCompletion,
            revoked_funds_to: RevokedFunds::StateTreasury,
            repayment_days: 60,
        },
    }
}

/// Breaks a sound policy and compares the faults, each as `key: message`.
fn check(breaking: impl FnOnce(&mut PolicyParts), faults: &[&str]) {
    let mut parts = parts();
    breaking(&mut parts);
    let found: Vec<String> = match PolicyVersion::new(parts) {
        Ok(_) => Vec::new(),
        Err(found) => found.iter().map(|fault| format!("{}: {fault}", fault.keys()[0])).collect(),
    };
    assert_eq!(found, faults);
}

/// Numbers at the edge of their range: kept inside, refused one step outside.
#[test]
fn ranges() {
    check(|_| {}, &[]);
    check(|p| p.eligibility.max_beneficiaries_per_kk = Some(7), &[]);
    check(
        |p| p.eligibility.max_beneficiaries_per_kk = Some(0),
        &["eligibility.max_beneficiaries_per_kk: 0 is outside 1 to 7"],
    );
    check(
        |p| p.eligibility.max_beneficiaries_per_kk = Some(8),
        &["eligibility.max_beneficiaries_per_kk: 8 is outside 1 to 7"],
    );
    check(
        |p| p.eligibility.lifetime_grants = 0,
        &["eligibility.lifetime_grants: 0 is outside 1 to 10"],
    );
    check(
        |p| p.eligibility.wage_ceiling = Some(Rupiah::ZERO),
        &["eligibility.wage_ceiling: 0 is outside 1 to 1000000000000000"],
    );
    check(
        |p| p.deadlines.first_purchase_days = 0,
        &["deadlines.first_purchase_days: 0 is outside 1 to 366"],
    );
    check(
        |p| p.benefits.training_balance = Rupiah::ZERO,
        &["benefits.training_balance: 0 is outside 1 to 1000000000000000"],
    );
    check(
        |p| p.training.attendance_min_percent = Some(101),
        &["training.attendance_min_percent: 101 is outside 1 to 100"],
    );
    check(
        |p| p.registration.channels.clear(),
        &["registration.channels: the list is empty but needs at least one entry"],
    );
}

/// Parameters that clash name each other.
#[test]
fn contradictions() {
    check(
        |p| p.eligibility.min_age = 65,
        &["eligibility.min_age: the youngest age is above the oldest"],
    );
    check(
        |p| p.wave.results_after_days = DayRange { min: 3, max: 2 },
        &["wave.results_after_days: the first number of days is above the second"],
    );
    check(
        |p| p.benefits.incentive_count = 4,
        &["benefits.incentive_interval_months: an interval is stated exactly when there are \
           several payments"],
    );
    check(
        |p| p.benefits.survey_open_after = SurveyOpening::DaysAfterIncentive(vec![90, 30, 120]),
        &[
            "benefits.survey_open_after: the list needs one number of days for each survey",
            "benefits.survey_open_after: a later survey opens before an earlier one",
        ],
    );
    check(
        |p| p.benefits.incentive_amount = Rupiah::MAX,
        &["benefits.training_balance: the grant as a whole is above the largest amount"],
    );
    check(|p| p.training.max_attendance_sequence = Some(998), &[]);
    check(
        |p| {
            p.training.max_attendance_sequence = Some(12);
            p.training.post_test_sequence = Some(12);
        },
        &["training.max_attendance_sequence: the post-test has the number of a session"],
    );
    check(
        |p| p.deadlines.finish_hard_stop = MonthDay::new(11, 29),
        &["deadlines.finish_hard_stop: the last day to finish lies before the last day to buy"],
    );
}

/// Reservations: sound ones stand and hold for their waves, unsound ones are named.
#[test]
fn reservations() {
    let wave = |number| WaveNumber::new(number).expect("a number");
    let cpmi =
        |amount, waves| ReservedShare { group: ReservedGroup::ProspectiveMigrant, amount, waves };
    let only_23 = cpmi(ReservedAmount::Seats(50_000), Some((wave(23), wave(23))));
    assert!(only_23.holds_for(wave(23)) && !only_23.holds_for(wave(24)));
    let share = |points| ReservedAmount::Share(BasisPoints::new(points).expect("a share"));
    assert!(cpmi(share(1), None).holds_for(wave(24)));
    check(|p| p.selection.reserved_shares = vec![only_23, cpmi(share(10_000), None)], &[]);
    check(
        |p| {
            p.selection.reserved_shares = vec![
                cpmi(ReservedAmount::Seats(0), Some((wave(2), wave(1)))),
                cpmi(share(9_999), None),
                cpmi(share(2), None),
            ];
        },
        &[
            "selection.reserved_shares: 0 is outside 1 to 4294967295",
            "selection.reserved_shares: a reservation ends before it begins",
            "selection.reserved_shares: the reserved shares add up to more than the whole",
        ],
    );
}

/// Classes by the facts of people, and what is refused about them.
#[test]
fn classes() {
    use ReservedGroup as G;
    let region = |code| RegionCode::new(code).expect("a code");
    let by_fact = |group| ClassRule { group, regions: BTreeSet::new() };
    let poor = ClassRule { group: G::ExtremePoverty, regions: BTreeSet::from([region(1501)]) };
    let mut shares = SeatShares::open();
    assert!(!shares.tells_people_apart());
    shares.classes = vec![by_fact(G::Disabled), poor.clone(), by_fact(G::Women)];
    shares.weights.insert(Employment::LaidOff, 3);
    shares.floors = RegionalFloors { every: 1, named: [(region(1501), 4)].into() };
    assert!(shares.tells_people_apart());
    assert_eq!((shares.weight_max(), shares.floor_of(region(1501))), (3, 4));
    assert_eq!(shares.floor_of(region(1571)), 1);
    let facts = |sex, disability, code, employment| ClassFacts {
        sex,
        disability,
        employment,
        region: region(code),
    };
    for (facts, mask, weight) in [
        (facts(Sex::Man, false, 1571, Employment::JobSeeker), 0, 1),
        (facts(Sex::Man, true, 1571, Employment::LaidOff), 0b001, 3),
        (facts(Sex::Woman, false, 1501, Employment::Worker), 0b110, 1),
        (facts(Sex::Woman, true, 1501, Employment::JobSeeker), 0b111, 1),
    ] {
        assert_eq!((shares.mask_of(facts), shares.weight_of(facts)), (mask, weight), "{facts:?}");
    }
    assert_eq!(shares.groups_of(0b101), [G::Disabled, G::Women]);
    let sound = shares.clone();
    check(|p| p.selection.shares = sound, &[]);
    check(
        |p| {
            let share = Share { num: 1, den: 10 };
            shares.classes = vec![
                by_fact(G::Disabled),
                by_fact(G::Disabled),
                ClassRule { group: G::Women, ..poor.clone() },
                by_fact(G::RemoteArea),
                by_fact(G::ProspectiveMigrant),
            ];
            shares.pools[0].guarantees = vec![GuaranteeRule { group: G::ExtremePoverty, share }];
            shares.national = vec![GuaranteeRule { group: G::ExtremePoverty, share }];
            shares.weights.insert(Employment::Worker, 17);
            p.selection.shares = shares;
        },
        &[
            "selection.classes: a group is listed twice",
            "selection.classes: regions are listed exactly for groups by residence",
            "selection.classes: regions are listed exactly for groups by residence",
            "selection.classes: no registration states yet who is a prospective migrant worker",
            "selection.pools: seats are set apart for a group that is no class",
            "selection.national_guarantees: seats are set apart for a group that is no class",
            "selection.weights: 17 is outside 1 to 16",
        ],
    );
}

/// All faults of a policy are reported together, over all groups.
#[test]
fn all_at_once() {
    check(
        |p| {
            p.eligibility.min_age = 0;
            p.test.minutes = Some(0);
            p.money.repayment_days = 0;
        },
        &[
            "eligibility.min_age: 0 is outside 1 to 120",
            "test.minutes: 0 is outside 1 to 480",
            "money.repayment_days: 0 is outside 1 to 3650",
        ],
    );
}

/// The grant is the sum the programme published: Rp4.2 million in the normal scheme.
#[test]
fn grant_adds_up() {
    let grant = PolicyVersion::new(parts()).expect("a sound policy").grant();
    assert_eq!(
        grant,
        Grant {
            training: rupiah(3_500_000),
            incentives: rupiah(600_000),
            surveys: rupiah(100_000),
            total: rupiah(4_200_000),
        }
    );
}

/// A first purchase is due after the counted days, or at the year's last day for purchases.
#[test]
fn first_purchase_due() {
    let day = |year, month, day| Date::from_calendar_date(year, month, day).expect("a day");
    let mut deadlines = parts().deadlines;
    deadlines.first_purchase_days = 30;
    for (appointed, last_day) in [
        (day(2022, Month::October, 7), day(2022, Month::November, 5)),
        (day(2022, Month::November, 12), day(2022, Month::November, 30)),
        (day(2022, Month::December, 20), day(2023, Month::January, 18)),
    ] {
        let due = deadlines.first_purchase_due(appointed);
        assert_eq!(due, Timestamp::start_of_wib_day(last_day).plus_days(1));
    }
    deadlines.purchase_hard_stop = None;
    let due = deadlines.first_purchase_due(day(2022, Month::November, 12));
    assert_eq!(due.minus_micros(1).wib_date(), day(2022, Month::December, 11));
}

/// Every written name reads back as its variant, and no two variants share one.
#[test]
fn names_read_back() {
    fn check<T: Named + std::fmt::Debug>() {
        let names: BTreeSet<&str> = T::ALL.iter().map(|value| value.name()).collect();
        assert_eq!(names.len(), T::ALL.len());
        assert_eq!(T::ALL.first(), Some(&T::FIRST));
        assert!(T::ALL.iter().all(|value| T::from_name(value.name()) == Some(*value)));
        assert_eq!(T::from_name("no such name"), None);
    }
    check::<AgeReference>();
    check::<AidProgramme>();
    check::<DayEnd>();
    check::<DrawMethod>();
    check::<FaceCheck>();
    check::<FreedPlaces>();
    check::<FreedPlacesLapse>();
    check::<IdentityCheck>();
    check::<IncentiveCondition>();
    check::<Occupation>();
    check::<PayoutPartner>();
    check::<PayoutTrigger>();
    check::<PoolOrder>();
    check::<RegionalQuota>();
    check::<RegistrationChannel>();
    check::<ReservedGroup>();
    check::<RevokedBar>();
    check::<RevokedFunds>();
    check::<TestKind>();
    check::<TimeZone>();
    check::<TrainingMode>();
}
