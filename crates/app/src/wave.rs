//! Opening, closing and settling a wave.

use domain::ledger::{Transfer, TransferReason};
use domain::policy::RevokedFunds;
use domain::rupiah::Rupiah;
use domain::wave::{WaveEvent, WaveNumber};
use serde_json::json;
use storage::beneficiaries::pending_count;
use storage::database::Tx;
use storage::error::StorageError;
use storage::ledger::{fund_balance, transfer_insert};
use storage::reference::{JoinLock, wave_lock_joins};

use crate::act::{Act, ActError, lock_wave, next_state};

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
/// [`ActError::DeadlineRuns`] while someone may still buy.
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
    let left = fund_balance(tx, number).await?;
    if left > Rupiah::ZERO {
        let transfer = Transfer {
            wave: number,
            person: None,
            reason: TransferReason::FundReturn,
            number: 1,
            return_to: RevokedFunds::StateTreasury,
            amount: left,
            posted_at: act.now,
        };
        transfer_insert(tx, &transfer).await?;
    }
    let detail = json!({ "returned_rupiah": left.get() });
    act.transition(tx, &wave, WaveEvent::Settle, "last deadline passed", detail).await
}
