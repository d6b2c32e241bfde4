//! Notices: their parts, when they are void, and how urgent they are.

use std::collections::BTreeSet;

use super::*;
use crate::beneficiary::RevocationReason;

/// Goal: what is stored is read back as the same notice, and no two notices of an account are taken for
/// one act. Method: all samples, through their parts; keys of kind and subject compared.
#[test]
fn parts_read_back() {
    let wave = WaveNumber::new(72).expect("a number");
    let samples = Notice::samples(wave, Timestamp::from_micros(1_000_000));
    let mut keys = BTreeSet::new();
    for notice in &samples {
        let parts = notice.parts();
        assert_eq!(Notice::from_parts(&parts), Some(*notice));
        keys.insert((parts.template, notice.subject()));
    }
    let kinds: BTreeSet<Template> = keys.iter().map(|(template, _)| *template).collect();
    assert_eq!(kinds.len(), Template::ALL.len(), "a kind has no sample");
    // A wave is decided once for a person, whatever the reason, lost once, and an appeal answered once.
    assert_eq!(keys.len(), 12 + 4 + 2 * CodePurpose::ALL.len() + Rule::all().len() + 1 + 1 + 1 + 4);
    let broken =
        NoticeParts { template: Template::Selected, wave: Some(wave), at: None, code: None };
    assert_eq!(Notice::from_parts(&broken), None);
    let granted = NoticeParts {
        template: Template::AppealRejected,
        wave: Some(wave),
        at: Some(Timestamp::from_micros(0)),
        code: Some(AppealAnswer::Granted.name().to_owned()),
    };
    assert_eq!(Notice::from_parts(&granted), None);
}

/// Goal: a reminder is void once its purchase is made or its place lost or another deadline set, and being appointed
/// only once the place is lost; nothing else ever is. Method: all samples against every state of a grant.
#[test]
fn void() {
    let wave = WaveNumber::new(72).expect("a number");
    let at = Timestamp::from_micros(1_000_000);
    let reason = RevocationReason::PurchaseDeadlineMissed;
    for notice in Notice::samples(wave, at) {
        let reminds = matches!(notice, Notice::PurchaseReminder { .. });
        let appoints = matches!(notice, Notice::Selected { .. } | Notice::AppealGranted { .. });
        assert_eq!(notice.grant_wave(), (reminds || appoints).then_some(wave));
        for (grant, is_void) in [
            (None, reminds),
            (Some(BeneficiaryState::Appointed { due_at: at }), false),
            (Some(BeneficiaryState::Appointed { due_at: at.plus_days(1) }), reminds),
            (Some(BeneficiaryState::Active { activated_at: at }), reminds),
            (Some(BeneficiaryState::Revoked { revoked_at: at, reason }), reminds || appoints),
        ] {
            assert_eq!(notice.is_void(grant), is_void, "{notice:?} {grant:?}");
        }
    }
}

/// What goes to a whole wave waits behind what answers one person, and both behind what is of use for hours only.
#[test]
fn urgency() {
    let wave = WaveNumber::new(72).expect("a number");
    let at = Timestamp::from_micros(1_000_000);
    let reminder = |days| Notice::PurchaseReminder { wave, days, due_at: at };
    let reason = NoSeat::Outcome(DecisionOutcome::NotSelected);
    for (notice, urgency) in [
        (Notice::SignInLocked { until: at }, Urgency::Urgent),
        (reminder(1), Urgency::Urgent),
        (Notice::Joined(wave), Urgency::Prompt),
        (Notice::AppealGranted { wave, due_at: at }, Urgency::Prompt),
        (reminder(3), Urgency::Bulk),
        (Notice::Selected { wave, due_at: at }, Urgency::Bulk),
        (Notice::not_selected(wave, reason, at), Urgency::Bulk),
        (Notice::Revoked(wave), Urgency::Bulk),
    ] {
        assert_eq!(notice.urgency(), urgency, "{notice:?}");
    }
    assert!(Urgency::ALL.is_sorted());
}

/// A reminder that has waited tells the days that are left now.
#[test]
fn days_left() {
    let wave = WaveNumber::new(72).expect("a number");
    let due_at = Timestamp::from_micros(0).plus_days(30);
    let reminder = |days| Notice::PurchaseReminder { wave, days, due_at };
    for (before, days) in [(3, 3), (2, 2), (1, 1), (0, 0)] {
        let now = due_at.minus_micros(1).plus_days(-before);
        assert_eq!(reminder(7).as_of(now), reminder(days));
    }
    assert_eq!(reminder(7).as_of(due_at.plus_days(9)), reminder(0));
    assert_eq!(Notice::Registered.as_of(due_at), Notice::Registered);
}
