//! First purchases, set form.

use std::collections::BTreeSet;

use domain::beneficiary::{BeneficiaryRefusal, BeneficiaryState, RevocationReason};
use domain::ids::PersonId;
use domain::rupiah::Rupiah;
use domain::time::Timestamp;
use domain::wave::{WaveEvent, WaveNumber, WaveState};
use serde_json::json;
use sqlx::PgConnection;
pub use storage::beneficiaries::PurchaseRequest;
use storage::beneficiaries::{PurchaseRecord, purchase_records, purchases_insert};
use storage::error::StorageError;
use storage::reference::wave_find;

use crate::act::{Act, ActError, Event, policy_of, subject};
use crate::reference::Policies;

/// Why a purchase was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PurchaseRefusal {
    /// No grant of this wave.
    #[error("the person is no beneficiary of this wave")]
    NoGrant,
    /// The state of the grant does not allow it.
    #[error(transparent)]
    State(#[from] BeneficiaryRefusal),
    /// More than the balance, or nothing.
    #[error("the price must be above zero and at most the training balance")]
    Price,
    /// Dated after the present.
    #[error("the purchase is dated after the present")]
    Future,
}

impl PurchaseRefusal {
    /// Every refusal.
    pub const ALL: [Self; 7] = [
        Self::NoGrant,
        Self::State(BeneficiaryRefusal::DeadlinePassed),
        Self::State(BeneficiaryRefusal::DeadlineRuns),
        Self::State(BeneficiaryRefusal::Revoked),
        Self::State(BeneficiaryRefusal::AlreadyActive),
        Self::Price,
        Self::Future,
    ];

    /// A stable code for programs.
    pub const fn code(self) -> &'static str {
        match self {
            Self::NoGrant => "no_grant",
            Self::State(BeneficiaryRefusal::DeadlinePassed) => "deadline_passed",
            Self::State(BeneficiaryRefusal::DeadlineRuns) => "deadline_runs",
            Self::State(BeneficiaryRefusal::Revoked) => "revoked",
            Self::State(BeneficiaryRefusal::AlreadyActive) => "already_active",
            Self::Price => "price",
            Self::Future => "future",
        }
    }
}

/// What became of a batch.
#[derive(Debug, Default)]
pub struct PurchaseOutcome {
    /// Recorded now.
    pub recorded: usize,
    /// Refused, with the reason; a purchase recorded before is refused as already active.
    pub refused: Vec<(PersonId, PurchaseRefusal)>,
}

/// Records first purchases of one wave's beneficiaries in one transaction.
///
/// # Errors
/// [`ActError`]; nothing of the batch is kept then.
pub async fn record_first_purchases(
    act: &mut Act<'_>,
    number: WaveNumber,
    requests: &[PurchaseRequest],
) -> Result<PurchaseOutcome, ActError> {
    let mut tx = act.database.begin().await?;
    let outcome = purchase_within(act, &mut tx, number, requests).await?;
    if outcome.recorded > 0 {
        tx.commit().await.map_err(StorageError::from)?;
    }
    Ok(outcome)
}

/// [`record_first_purchases`] within a transaction of the caller, who commits it.
pub(crate) async fn purchase_within(
    act: &mut Act<'_>,
    tx: &mut PgConnection,
    number: WaveNumber,
    requests: &[PurchaseRequest],
) -> Result<PurchaseOutcome, ActError> {
    let (outcome, allowed) = judge_purchases((act.policies, act.now), tx, number, requests).await?;
    if allowed.is_empty() {
        return Ok(outcome);
    }
    purchases_insert(tx, number, &allowed).await?;
    let event = Event {
        act: "purchases_record",
        subject: subject(number),
        from: None,
        to: None,
        reason: "first purchases",
        detail: json!({ "recorded": outcome.recorded, "refused": outcome.refused.len() }),
    };
    act.record(tx, event).await?;
    Ok(outcome)
}

/// What a batch of purchases comes to, and those to be recorded. Writes nothing.
pub(crate) async fn judge_purchases(
    (policies, now): (&Policies, Timestamp),
    tx: &mut PgConnection,
    number: WaveNumber,
    requests: &[PurchaseRequest],
) -> Result<(PurchaseOutcome, Vec<PurchaseRequest>), ActError> {
    let wave = wave_find(tx, number).await?.ok_or(ActError::UnknownWave(number))?;
    if !matches!(wave.state, WaveState::Appointed { .. } | WaveState::Settled { .. }) {
        let refused =
            domain::wave::InvalidTransition { from: wave.state.name(), event: WaveEvent::Settle };
        return Err(ActError::WaveState { wave: number, refused });
    }
    let balance = policy_of(policies, &wave)?.version.grant().training;
    let records = purchase_records(tx, number, requests).await?;
    let mut outcome = PurchaseOutcome::default();
    let mut allowed = Vec::with_capacity(records.len());
    let mut buyers = BTreeSet::new();
    for record in &records {
        let person = record.request.person_id;
        match judge(record, balance, now) {
            Ok(()) if buyers.insert(person) => allowed.push(record.request),
            Ok(()) => {
                outcome.refused.push((person, BeneficiaryRefusal::AlreadyActive.into()));
            }
            Err(refusal) => outcome.refused.push((person, refusal)),
        }
    }
    allowed.sort_unstable_by_key(|request| request.person_id);
    if records.len() < requests.len() {
        let known: BTreeSet<PersonId> =
            records.iter().map(|record| record.request.person_id).collect();
        let strangers = requests.iter().filter(|request| !known.contains(&request.person_id));
        outcome
            .refused
            .extend(strangers.map(|request| (request.person_id, PurchaseRefusal::NoGrant)));
    }
    outcome.recorded = allowed.len();
    Ok((outcome, allowed))
}

fn judge(record: &PurchaseRecord, balance: Rupiah, now: Timestamp) -> Result<(), PurchaseRefusal> {
    let state = match (record.revoked_at, record.activated_at) {
        (Some(revoked_at), _) => BeneficiaryState::Revoked {
            revoked_at,
            reason: RevocationReason::PurchaseDeadlineMissed,
        },
        (None, Some(activated_at)) => BeneficiaryState::Active { activated_at },
        (None, None) => BeneficiaryState::Appointed { due_at: record.due_at },
    };
    if record.request.paid_at > now {
        return Err(PurchaseRefusal::Future);
    }
    state.purchase(record.request.paid_at)?;
    if record.request.price == Rupiah::ZERO || record.request.price > balance {
        return Err(PurchaseRefusal::Price);
    }
    Ok(())
}
