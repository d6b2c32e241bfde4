//! The sweep: places whose deadline has passed without a purchase are revoked and their seats freed.

use domain::wave::WaveNumber;
use serde_json::json;
use storage::beneficiaries::due_revoke;
use storage::database::Tx;
use storage::error::StorageError;
use storage::ledger::returns_insert;
use storage::notices::tell_revoked;
use storage::selection::{FreedCause, seat_pool_insert};

use crate::act::{Act, ActError, Event, lock_wave, subject};

/// Sweeps one wave in one transaction: revokes, frees the household's place unless the policy keeps it,
/// returns the money, and puts the seats into the pool by region. Sweeping again finds nothing.
///
/// # Errors
/// [`ActError`]; nothing changes then.
pub async fn sweep_wave(act: &mut Act<'_>, number: WaveNumber) -> Result<u32, ActError> {
    let mut tx = act.database.begin().await?;
    let revoked = sweep_within(&mut tx, act, number).await?;
    tx.commit().await.map_err(StorageError::from)?;
    Ok(revoked)
}

/// [`sweep_wave`] within the caller's transaction.
pub(crate) async fn sweep_within(
    tx: &mut Tx,
    act: &mut Act<'_>,
    number: WaveNumber,
) -> Result<u32, ActError> {
    let wave = lock_wave(tx, number).await?;
    let policy = act.policy_of(&wave)?;
    let free_slots = !policy.version.eligibility().kk_counts_revoked;
    let funds_to = policy.version.money().revoked_funds_to;
    let freed = due_revoke(tx, number, act.now, free_slots).await?;
    let revoked = freed.values().fold(0u32, |sum, seats| sum.saturating_add(*seats));
    if revoked == 0 {
        return Ok(0);
    }
    tell_revoked(tx, act.telling(), number).await?;
    returns_insert(tx, number, funds_to, act.now).await?;
    seat_pool_insert(tx, number, FreedCause::Revoked, &freed, act.now).await?;
    let event = Event {
        act: "beneficiaries_revoke",
        subject: subject(number),
        from: Some("appointed"),
        to: Some("revoked"),
        reason: "no first purchase before the deadline",
        detail: json!({ "revoked": revoked }),
    };
    act.record(tx, event).await?;
    Ok(revoked)
}
