//! Revocation for cause: two officers have found that somebody should not have the place.

use std::collections::BTreeMap;

use domain::beneficiary::{BeneficiaryState, RevocationCause};
use domain::ids::PersonId;
use domain::notice::Notice;
use domain::officers::{Approval, TwoPersonAct};
use domain::policy::{Named as _, RevokedFunds};
use domain::wave::{WaveNumber, WaveState};
use serde_json::json;
use storage::database::Database;
use storage::error::StorageError;
use storage::notices::tell_persons;
use storage::revocations::{grant_lock, grant_revoke, newest_grant_find, unspent_return};
use storage::selection::{FreedCause, seat_pool_insert};

use crate::act::{Act, ActError, Event, grant_subject, lock_wave};
use crate::proposals::Request;
use crate::wave::return_fund;

/// Why nothing was revoked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RevocationRefusal {
    /// Nobody of this id was ever granted anything.
    #[error("{0} is no beneficiary; check the id")]
    NoGrant(PersonId),
    /// The place is lost already.
    #[error("the place of {0} has been revoked already")]
    Revoked(PersonId),
}

impl RevocationRefusal {
    /// A stable code for programs.
    pub const fn code(self) -> &'static str {
        match self {
            Self::NoGrant(_) => "no_grant",
            Self::Revoked(_) => "revoked",
        }
    }
}

/// The wave of a person's newest grant, which is the one that can be revoked.
///
/// # Errors
/// [`RevocationRefusal::NoGrant`].
pub async fn find_grant(database: &Database, person: PersonId) -> Result<WaveNumber, ActError> {
    let wave = newest_grant_find(&mut *database.begin().await?, person).await?;
    Ok(wave.ok_or(RevocationRefusal::NoGrant(person))?)
}

/// Refuses to propose what cannot be done: a place that is lost cannot be lost again.
///
/// # Errors
/// [`RevocationRefusal`].
pub async fn require_standing(
    database: &Database,
    (wave, person): (WaveNumber, PersonId),
) -> Result<(), ActError> {
    let grant = grant_lock(&mut *database.begin().await?, wave, person).await?;
    match grant.map(|grant| grant.state) {
        Some(BeneficiaryState::Appointed { .. } | BeneficiaryState::Active { .. }) => Ok(()),
        Some(BeneficiaryState::Revoked { .. }) => Err(RevocationRefusal::Revoked(person).into()),
        None => Err(RevocationRefusal::NoGrant(person).into()),
    }
}

/// What two officers are asked for.
pub fn revocation_request(
    (wave, person): (WaveNumber, PersonId),
    cause: RevocationCause,
) -> Request {
    Request {
        act: TwoPersonAct::Revoke,
        subject: grant_subject(wave, person),
        parameters: json!({ "cause": cause.name() }),
    }
}

/// Revokes a grant for cause in one transaction: the money that is not spent goes where the policy sends it, the
/// household's place comes free unless the policy keeps it, the seat waits in the pool of its region, and the person is
/// told why. Works in settled waves too, whose fund stays empty. Two-person act.
///
/// # Errors
/// [`ActError`]; nothing changes then.
pub async fn revoke_for_cause(
    act: &mut Act<'_>,
    (number, person): (WaveNumber, PersonId),
    cause: RevocationCause,
    approval: &Approval,
) -> Result<(), ActError> {
    let mut tx = act.database.begin().await?;
    let wave = lock_wave(&mut tx, number).await?;
    let subject = grant_subject(number, person);
    let grant = grant_lock(&mut tx, number, person).await?;
    let grant = grant.ok_or(RevocationRefusal::NoGrant(person))?;
    let revoked = grant.state.revoke(cause, act.now);
    revoked.map_err(|_| RevocationRefusal::Revoked(person))?;
    act.approve(&mut tx, TwoPersonAct::Revoke, &subject, approval).await?;
    let policy = act.policy_of(&wave)?;
    let frees_place = !policy.version.eligibility().kk_counts_revoked;
    let funds_to = policy.version.money().revoked_funds_to;
    grant_revoke(&mut tx, (number, person), cause, frees_place, act.now).await?;
    unspent_return(&mut tx, (number, person), funds_to, act.now).await?;
    if funds_to == RevokedFunds::ProgrammeFund && matches!(wave.state, WaveState::Settled { .. }) {
        return_fund(&mut tx, number, act.now).await?;
    }
    tell_persons(
        &mut tx,
        act.telling(),
        Notice::RevokedForCause { wave: number, cause },
        &[person],
    )
    .await?;
    let freed = BTreeMap::from([(grant.region, 1)]);
    seat_pool_insert(&mut tx, number, FreedCause::Revoked, &freed, act.now).await?;
    let event = Event {
        act: "beneficiary_revoke",
        subject,
        from: Some(state_name(grant.state)),
        to: Some("revoked"),
        reason: approval.reason(),
        detail: json!({ "cause": cause.name() }),
    };
    act.record(&mut tx, event).await?;
    Ok(tx.commit().await.map_err(StorageError::from)?)
}

const fn state_name(state: BeneficiaryState) -> &'static str {
    match state {
        BeneficiaryState::Appointed { .. } => "appointed",
        BeneficiaryState::Active { .. } => "active",
        BeneficiaryState::Revoked { .. } => "revoked",
    }
}
