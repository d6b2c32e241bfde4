//! The answer to an appeal: a rejection with its reason, or a place beside those who were drawn.

use domain::appeals::{AppealAnswer, GrantBar};
use domain::beneficiary::{CardNumbers, free_slots};
use domain::eligibility::{FreezeFacts, Rule, find_ineligible};
use domain::ids::AppealId;
use domain::ledger::{Transfer, TransferReason};
use domain::notice::Notice;
use domain::officers::{Approval, TwoPersonAct};
use domain::policy::{EligibilityRules, Grant, Named as _, RevokedFunds};
use domain::rupiah::Rupiah;
use domain::time::Timestamp;
use serde_json::json;
use sqlx::PgConnection;
use storage::appeals::{
    AppealRow, Appellant, NewCorrection, PoolSeat, RegionResult, appeal_answer, appellant_get,
    correction_insert, decree_number_get, region_result_get, waiting_seat_find,
};
use storage::beneficiaries::AppointmentRows;
use storage::checks::identity_lock;
use storage::error::StorageError;
use storage::ledger::{next_number, transfer_insert};
use storage::notices::tell_persons;
use storage::reference::{WaveRow, wave_with_open_roll};

use crate::act::{Act, ActError, Event, lock_wave, policy_of};
use crate::appeal_turn::Turn;
use crate::appeals::{AppealRefusal, appeal_subject, decree_of, open_appeal};
use crate::folders::public_policy;
use crate::quota::rules_of_wave;
use crate::reference::Policies;
use crate::roll::selection_error;
use crate::would_be_drawn::would_be_drawn;

/// Answers an open appeal in one transaction, and tells the person. Two-person act.
///
/// Granting appoints the person beside the draw and displaces nobody: only who breaks no rule by now and whose
/// ticket would have been drawn, on a seat of the region that waits in the pool. The decision stays as it is, with
/// a correction beside it. An answer that says why not must be so. What takes a seat, or says that none is left,
/// waits until nobody can file any more, and for its turn among the appeals of the region.
///
/// # Errors
/// [`ActError`]; nothing changes then.
pub async fn answer_appeal(
    act: &mut Act<'_>,
    appeal: AppealId,
    answer: AppealAnswer,
    approval: &Approval,
) -> Result<(), ActError> {
    let mut tx = act.database.begin().await?;
    let appeal = open_appeal(&mut tx, appeal).await?;
    let wave = lock_wave(&mut tx, appeal.wave).await?;
    let appointed_at = decree_of(&wave)?;
    if answer != AppealAnswer::DecisionStands {
        // Nobody else gives out places of family cards or seats of the pool until this ends.
        if let Some(open) = wave_with_open_roll(&mut tx, appeal.wave).await? {
            return Err(ActError::OpenRoll { wave: appeal.wave, open });
        }
    }
    // Read again behind the locks: another answer may have been first.
    let appeal = open_appeal(&mut tx, appeal.appeal_id).await?;
    let subject = appeal_subject(appeal.appeal_id);
    act.approve(&mut tx, TwoPersonAct::AnswerAppeal, &subject, approval).await?;
    let grant = give(act, &mut tx, (&wave, appointed_at), &appeal, answer).await?;
    let notice = match &grant {
        Some(grant) => Notice::AppealGranted { wave: appeal.wave, due_at: grant.due_at },
        None => Notice::AppealRejected { wave: appeal.wave, answer, answered_at: act.now },
    };
    let detail = json!({
        "wave": appeal.wave.get(),
        "answer": answer.name(),
        "correction": grant.map(|grant| grant.correction),
    });
    if !appeal_answer(&mut tx, appeal.appeal_id, answer, act.now).await? {
        return Err(AppealRefusal::Unknown(appeal.appeal_id).into());
    }
    tell_persons(&mut tx, act.telling(), notice, &[appeal.person_id]).await?;
    let event = Event {
        act: "appeal_answer",
        subject,
        from: Some("open"),
        to: Some(answer.name()),
        reason: approval.reason(),
        detail,
    };
    act.record(&mut tx, event).await?;
    Ok(tx.commit().await.map_err(StorageError::from)?)
}

/// What a granted appeal comes to.
struct Granted {
    /// Number of the correction.
    correction: String,
    /// Exclusive deadline of the first purchase.
    due_at: Timestamp,
}

/// Gives the answer, if it is so; what it comes to if that is a grant.
async fn give(
    act: &mut Act<'_>,
    conn: &mut PgConnection,
    (wave, appointed_at): (&WaveRow, Timestamp),
    appeal: &AppealRow,
    answer: AppealAnswer,
) -> Result<Option<Granted>, ActError> {
    if answer == AppealAnswer::DecisionStands {
        return Ok(None);
    }
    // A correction comes before, and is seen, or after, and sees the place that is given.
    identity_lock(conn, appeal.person_id).await?;
    let appellant = appellant_get(conn, appeal.wave, appeal.person_id).await?;
    let result = region_result_get(conn, appeal.wave, appellant.region).await?;
    let judged = judge(act.policies, conn, wave, (&appellant, &result)).await?;
    let turn = Turn { appeal, appellant: &appellant, result: &result, appointed_at };
    match (answer, judged) {
        (AppealAnswer::Granted, Ok(place)) => {
            turn.require(conn, answer, act.now).await?;
            grant(act, conn, wave, appeal, (&appellant, &place)).await.map(Some)
        }
        (AppealAnswer::Granted, Err(bar)) => Err(AppealRefusal::Barred(bar).into()),
        (AppealAnswer::NoSeat, Err(GrantBar::NoSeat)) => {
            turn.require(conn, answer, act.now).await?;
            Ok(None)
        }
        (AppealAnswer::TicketBehind, Err(GrantBar::TicketBehind))
        | (AppealAnswer::DecisionStands, _) => Ok(None),
        (AppealAnswer::TicketBehind | AppealAnswer::NoSeat, _) => {
            Err(AppealRefusal::NotSo(answer).into())
        }
    }
}

/// Where an appellant would be placed.
struct Place {
    slot: u8,
    seat: PoolSeat,
}

/// Finds the place that an appellant would get, or what bars it.
async fn judge(
    policies: &Policies,
    conn: &mut PgConnection,
    wave: &WaveRow,
    (appellant, result): (&Appellant, &RegionResult),
) -> Result<Result<Place, GrantBar>, ActError> {
    let policy = &policy_of(policies, wave)?.version;
    let rules = policy.eligibility();
    if appellant.restated {
        return Ok(Err(GrantBar::Restated));
    }
    let slot = match free_slot(rules, appellant) {
        Ok(slot) => slot,
        Err(rule) => return Ok(Err(GrantBar::Rule(rule))),
    };
    let Appellant { region, entry_tag, class, .. } = *appellant;
    let seat_rules = rules_of_wave(policy, (wave.kind, wave.base_seats), &[]);
    let public = public_policy(conn, wave.wave).await?;
    let published = public.as_ref().map(|_| result.as_published());
    let result = published.as_ref().unwrap_or(result);
    let drawn = would_be_drawn(&seat_rules, result, (region, entry_tag, class));
    if !drawn.map_err(|error| selection_error(wave.wave, &error))? {
        return Ok(Err(GrantBar::TicketBehind));
    }
    let reserve = public.map(|file| file.policy().get().rules.reserve_seats());
    let seat = waiting_seat_find(conn, (wave.wave, reserve), appellant.region).await?;
    Ok(seat.ok_or(GrantBar::NoSeat).map(|seat| Place { slot, seat }))
}

/// The lowest free place of the family card, or the rule that keeps the person out by what is known now.
fn free_slot(rules: &EligibilityRules, appellant: &Appellant) -> Result<u8, Rule> {
    let facts = FreezeFacts {
        revoked: appellant.revoked,
        grants: appellant.grants,
        household_places_taken: u8::try_from(appellant.places.len()).unwrap_or(u8::MAX),
        findings: &appellant.findings,
    };
    if let Some(rule) = find_ineligible(rules, &facts) {
        return Err(rule);
    }
    if appellant.apart && rules.max_beneficiaries_per_kk.is_some() {
        return Err(Rule::HouseholdRegion);
    }
    let free = free_slots(&appellant.places, 1, rules.max_beneficiaries_per_kk);
    free.first().copied().ok_or(Rule::HouseholdPlaces)
}

/// Appoints the person: card, place, deadline, money, and the correction that says so.
async fn grant(
    act: &mut Act<'_>,
    conn: &mut PgConnection,
    wave: &WaveRow,
    appeal: &AppealRow,
    (appellant, place): (&Appellant, &Place),
) -> Result<Granted, ActError> {
    let mut card_random = [0; 16];
    act.rng.fill_bytes(&mut card_random);
    let policy = act.policy_of(wave)?;
    let (amounts, cap) =
        (policy.version.grant(), policy.version.eligibility().max_beneficiaries_per_kk);
    let due_at = policy.version.deadlines().first_purchase_due(act.now.wib_date());
    // A permutation of its own each time: a number that another card has is refused by the database.
    let card = CardNumbers::new(wave.wave, card_random).number(0);
    let card = card.ok_or(ActError::Amount(wave.wave))?;
    let Appellant { region, kk_index, .. } = *appellant;
    let mut rows = AppointmentRows::new(wave.wave, act.now, due_at, cap);
    rows.push(appeal.person_id, region, card, kk_index, place.slot);
    rows.insert(conn).await?;
    commit(conn, appeal, &amounts, act.now).await?;
    let new = NewCorrection {
        wave: wave.wave,
        person_id: appeal.person_id,
        appeal_id: appeal.appeal_id,
        region,
        seat: &place.seat,
        amount: amounts.total,
        decree: &decree_number_get(conn, wave.wave).await?,
        corrected_at: act.now,
    };
    Ok(Granted { correction: correction_insert(conn, &new).await?, due_at })
}

/// Funds the seat from the appropriation, as a freeze does, and commits the amounts to the person.
async fn commit(
    conn: &mut PgConnection,
    appeal: &AppealRow,
    amounts: &Grant,
    now: Timestamp,
) -> Result<(), ActError> {
    let number = next_number(conn, appeal.wave, TransferReason::Allocation).await?;
    for (reason, person, number, amount) in [
        (TransferReason::Allocation, None, number, amounts.total),
        (TransferReason::TrainingCommitment, Some(appeal.person_id), 1, amounts.training),
        (TransferReason::IncentiveCommitment, Some(appeal.person_id), 1, amounts.incentives),
        (TransferReason::SurveyCommitment, Some(appeal.person_id), 1, amounts.surveys),
    ] {
        if amount > Rupiah::ZERO {
            let transfer = Transfer {
                wave: appeal.wave,
                person,
                reason,
                number,
                return_to: RevokedFunds::ProgrammeFund,
                amount,
                posted_at: now,
            };
            transfer_insert(conn, &transfer).await?;
        }
    }
    Ok(())
}
