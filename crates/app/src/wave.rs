//! Opening, closing, settling and cancelling a wave.

use domain::appeals::filing_ends;
use domain::ledger::{Transfer, TransferReason};
use domain::officers::{Approval, TwoPersonAct};
use domain::policy::RevokedFunds;
use domain::rupiah::Rupiah;
use domain::time::Timestamp;
use domain::wave::{WaveEvent, WaveNumber, WaveState};
use serde_json::json;
use sqlx::PgConnection;
use storage::appeals::open_appeals_count;
use storage::beneficiaries::pending_count;
use storage::database::{Database, Tx};
use storage::error::StorageError;
use storage::ledger::{fund_balance, next_number, transfer_insert};
use storage::reference::{JoinLock, wave_lock_joins, waves_list};
use storage::selection::seat_pool_give_back;

use crate::act::{Act, ActError, lock_wave, next_state, subject};
use crate::folders::require_seen_rules;
use crate::reference::Policies;

/// Refuses policies under which a wave that still runs cannot go on: every act on it would fail.
///
/// # Errors
/// [`ActError::Policy`] or [`ActError::PolicyChanged`] for the first such wave.
pub async fn require_policies(database: &Database, policies: &Policies) -> Result<(), ActError> {
    let mut tx = database.begin_snapshot().await?;
    for wave in waves_list(&mut tx).await? {
        let runs = !matches!(wave.state, WaveState::Settled { .. } | WaveState::Cancelled { .. });
        if runs && policies.for_wave(wave.wave)?.digest != wave.policy_digest {
            return Err(ActError::PolicyChanged(wave.wave));
        }
    }
    Ok(())
}

/// Opens a wave once its calendar says so.
///
/// # Errors
/// [`ActError`]; nothing changes then.
pub async fn open_wave(act: &mut Act<'_>, number: WaveNumber) -> Result<(), ActError> {
    let mut tx = act.database.begin().await?;
    open_within(&mut tx, act, number).await?;
    Ok(tx.commit().await.map_err(StorageError::from)?)
}

/// [`open_wave`] within the caller's transaction.
pub(crate) async fn open_within(
    tx: &mut Tx,
    act: &mut Act<'_>,
    number: WaveNumber,
) -> Result<(), ActError> {
    let wave = lock_wave(tx, number).await?;
    if act.now < wave.opens_at {
        return Err(ActError::TooEarly { wave: number, event: WaveEvent::Open, at: wave.opens_at });
    }
    require_seen_rules(tx, &wave).await?;
    act.transition(tx, &wave, WaveEvent::Open, "calendar", json!({})).await
}

/// Closes a wave once its calendar says so, after every join under way.
///
/// # Errors
/// [`ActError`]; nothing changes then.
pub async fn close_wave(act: &mut Act<'_>, number: WaveNumber) -> Result<(), ActError> {
    let mut tx = act.database.begin().await?;
    close_within(&mut tx, act, number).await?;
    Ok(tx.commit().await.map_err(StorageError::from)?)
}

/// [`close_wave`] within the caller's transaction.
pub(crate) async fn close_within(
    tx: &mut Tx,
    act: &mut Act<'_>,
    number: WaveNumber,
) -> Result<(), ActError> {
    wave_lock_joins(tx, number, JoinLock::Closing).await?;
    let wave = lock_wave(tx, number).await?;
    if act.now < wave.closes_at {
        return Err(ActError::TooEarly {
            wave: number,
            event: WaveEvent::Close,
            at: wave.closes_at,
        });
    }
    act.transition(tx, &wave, WaveEvent::Close, "calendar", json!({})).await
}

/// Settles a wave: no deadline runs any more, and what is left in its fund goes to the treasury.
///
/// # Errors
/// [`ActError::DeadlineRuns`] while someone may still buy, [`ActError::AppealsOpen`] while an appeal waits,
/// [`ActError::TooEarly`] while one may still be filed: a year's last day for purchases can come before that.
pub async fn settle_wave(act: &mut Act<'_>, number: WaveNumber) -> Result<(), ActError> {
    let mut tx = act.database.begin().await?;
    settle_within(&mut tx, act, number).await?;
    Ok(tx.commit().await.map_err(StorageError::from)?)
}

/// [`settle_wave`] within the caller's transaction.
pub(crate) async fn settle_within(
    tx: &mut Tx,
    act: &mut Act<'_>,
    number: WaveNumber,
) -> Result<(), ActError> {
    let wave = lock_wave(tx, number).await?;
    next_state(&wave, WaveEvent::Settle, act.now)?;
    let pending = pending_count(tx, number).await?;
    if pending > 0 {
        return Err(ActError::DeadlineRuns { wave: number, pending });
    }
    let open = open_appeals_count(tx, number).await?;
    if open > 0 {
        return Err(ActError::AppealsOpen { wave: number, open });
    }
    if let WaveState::Appointed { appointed_at } = wave.state
        && act.now < filing_ends(appointed_at)
    {
        let at = filing_ends(appointed_at);
        return Err(ActError::TooEarly { wave: number, event: WaveEvent::Settle, at });
    }
    let left = return_fund(tx, number, act.now).await?;
    let detail = json!({ "returned_rupiah": left.get() });
    act.transition(tx, &wave, WaveEvent::Settle, "last deadline passed", detail).await
}

/// Cancels a wave before its draw: freed seats it has taken go back to the pool, its money to the treasury.
/// Two-person act.
///
/// # Errors
/// [`ActError`]; nothing changes then.
pub async fn cancel_wave(
    act: &mut Act<'_>,
    number: WaveNumber,
    approval: &Approval,
) -> Result<(), ActError> {
    let mut tx = act.database.begin().await?;
    wave_lock_joins(&mut tx, number, JoinLock::Closing).await?;
    let wave = lock_wave(&mut tx, number).await?;
    next_state(&wave, WaveEvent::Cancel, act.now)?;
    act.approve(&mut tx, TwoPersonAct::Cancel, &subject(number), approval).await?;
    seat_pool_give_back(&mut tx, number).await?;
    let left = return_fund(&mut tx, number, act.now).await?;
    let detail = json!({ "returned_rupiah": left.get() });
    act.transition(&mut tx, &wave, WaveEvent::Cancel, approval.reason(), detail).await?;
    Ok(tx.commit().await.map_err(StorageError::from)?)
}

/// Returns what is left in a wave's fund to the treasury: at its end, and again when something comes back later.
pub(crate) async fn return_fund(
    conn: &mut PgConnection,
    number: WaveNumber,
    now: Timestamp,
) -> Result<Rupiah, ActError> {
    let left = fund_balance(conn, number).await?;
    if left > Rupiah::ZERO {
        let transfer = Transfer {
            wave: number,
            person: None,
            reason: TransferReason::FundReturn,
            number: next_number(conn, number, TransferReason::FundReturn).await?,
            return_to: RevokedFunds::StateTreasury,
            amount: left,
            posted_at: now,
        };
        transfer_insert(conn, &transfer).await?;
    }
    Ok(left)
}
