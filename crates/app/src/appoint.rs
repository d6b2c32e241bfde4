//! The decree (SK): selected members become beneficiaries, with card, place, deadline and money.

use std::collections::BTreeMap;

use domain::beneficiary::{CardNumbers, free_slots};
use domain::ids::DecreeId;
use domain::ledger::TransferReason;
use domain::officers::{Approval, TwoPersonAct};
use domain::rupiah::Rupiah;
use domain::time::Timestamp;
use domain::wave::{WaveEvent, WaveNumber};
use serde_json::json;
use storage::beneficiaries::{AppointmentRows, NewDecree, decree_insert, slots_of_selected};
use storage::error::StorageError;
use storage::ledger::commitments_insert;
use storage::notices::tell_decisions;
use storage::selection::{SelectedMember, selected_list};
use uuid::Uuid;

use crate::act::{Act, ActError, lock_wave, next_state, subject};

/// What a decree did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Appointed {
    /// Number of the decree.
    pub decree_number: String,
    /// Persons named.
    pub appointments: usize,
    /// Exclusive deadline of the first purchase.
    pub purchase_due_at: Timestamp,
}

/// Signs the decree of a drawn wave in one transaction. Two-person act.
///
/// # Errors
/// [`ActError`]; nothing changes then.
pub async fn appoint_wave(
    act: &mut Act<'_>,
    number: WaveNumber,
    approval: &Approval,
) -> Result<Appointed, ActError> {
    let mut tx = act.database.begin().await?;
    let wave = lock_wave(&mut tx, number).await?;
    next_state(&wave, WaveEvent::Appoint, act.now)?;
    act.approve(&mut tx, TwoPersonAct::Appoint, &subject(number), approval).await?;
    let decree_id = DecreeId::at(act.now, act.id_bytes());
    let mut card_random = [0u8; 16];
    act.rng.fill_bytes(&mut card_random);
    let policy = act.policy_of(&wave)?;
    let (grant, cap) =
        (policy.version.grant(), policy.version.eligibility().max_beneficiaries_per_kk);
    let signed_on = act.now.wib_date();
    let due_at = policy.version.deadlines().first_purchase_due(signed_on);

    let (selected, result_digest) = selected_list(&mut tx, number).await?;
    let appointments = selected.len();
    let people = u32::try_from(appointments).map_err(|_| ActError::Amount(number))?;
    let decree = NewDecree {
        decree_id,
        number: format!("SK-PKP/{number:04}/{}", signed_on.year(), number = number.get()),
        wave: number,
        signed_on,
        signed_at: act.now,
        appointments,
        amount: grant.total.checked_mul(people).ok_or(ActError::Amount(number))?,
        result_digest,
    };
    decree_insert(&mut tx, &decree).await?;
    let taken = slots_of_selected(&mut tx, number).await?;
    let mut rows = AppointmentRows::new(number, act.now, due_at, cap);
    assign(&mut rows, &selected, taken, cap, &CardNumbers::new(number, card_random))
        .ok_or(ActError::Amount(number))?;
    rows.insert(&mut tx).await?;
    let expected = u64::from(people);
    for (reason, amount) in [
        (TransferReason::TrainingCommitment, grant.training),
        (TransferReason::IncentiveCommitment, grant.incentives),
        (TransferReason::SurveyCommitment, grant.surveys),
    ] {
        if amount > Rupiah::ZERO {
            commitments_insert(&mut tx, number, reason, amount, act.now, expected).await?;
        }
    }
    tell_decisions(&mut tx, act.telling(), number, due_at).await?;
    let detail = json!({
        "decree": decree.number,
        "appointments": appointments,
        "amount_rupiah": decree.amount.get(),
    });
    act.transition(&mut tx, &wave, WaveEvent::Appoint, approval.reason(), detail).await?;
    tx.commit().await.map_err(StorageError::from)?;
    Ok(Appointed { decree_number: decree.number, appointments, purchase_due_at: due_at })
}

/// Gives each selected member a card number and the lowest free place of the family card; `None` when
/// card numbers run out. A card without a free place gets one beyond the cap, which the database
/// refuses: the draw must not have selected that member.
fn assign(
    rows: &mut AppointmentRows,
    selected: &[SelectedMember],
    mut taken: BTreeMap<Uuid, Vec<u8>>,
    cap: Option<u8>,
    cards: &CardNumbers,
) -> Option<()> {
    for (serial, member) in (0u64..).zip(selected) {
        let used = taken.entry(member.kk_index).or_default();
        let slot = free_slots(used, 1, cap).first().copied().unwrap_or(u8::MAX);
        used.push(slot);
        rows.push(member.person_id, member.region, cards.number(serial)?, member.kk_index, slot);
    }
    Some(())
}
