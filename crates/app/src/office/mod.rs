//! Acts of officers as they come over a network: under keys, and approved by the id of what was proposed.

pub mod decisions;
pub mod wishes;

use domain::client_key::ClientKey;
use domain::ids::OfficerId;
use domain::officers::{Officer, SoleAct};
use domain::wave::WaveNumber;
use storage::error::StorageError;
use uuid::Uuid;

use crate::act::{Act, ActError};
use crate::jobs::retry_within;
use crate::keyed::{Keyed, Known};
use crate::officers::retire_within;
use crate::purchase::PurchaseRequest;
use crate::purchase_one::{PurchaseAnswer, record_first_purchase};
use crate::sweep::sweep_within;
use crate::wave::{close_within, open_within};

/// What one officer does alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order<'a> {
    /// Opening a wave once the calendar allows.
    Open(WaveNumber),
    /// Closing a wave once the calendar allows.
    Close(WaveNumber),
    /// Revoking those whose deadline has passed.
    Sweep(WaveNumber),
    /// Queueing a dead job again.
    RetryJob(Uuid),
    /// Ending the office of another, with the reason.
    Retire(OfficerId, &'a str),
}

impl Order<'_> {
    const fn act(self) -> SoleAct {
        match self {
            Self::Open(_) => SoleAct::OpenWave,
            Self::Close(_) => SoleAct::CloseWave,
            Self::Sweep(_) => SoleAct::Sweep,
            Self::RetryJob(_) => SoleAct::RetryJob,
            Self::Retire(..) => SoleAct::Retire,
        }
    }

    fn bytes(self) -> Vec<u8> {
        match self {
            Self::Open(wave) | Self::Close(wave) | Self::Sweep(wave) => {
                wave.get().to_be_bytes().to_vec()
            }
            Self::RetryJob(job) => job.as_bytes().to_vec(),
            Self::Retire(officer, reason) => format!("{officer} {reason}").into_bytes(),
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Open(_) => "office_open",
            Self::Close(_) => "office_close",
            Self::Sweep(_) => "office_sweep",
            Self::RetryJob(_) => "office_retry",
            Self::Retire(..) => "office_retire",
        }
    }
}

/// What an order came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrderAnswer {
    /// Done, and how many it concerned; also the answer to the same key again.
    Done(u32),
    /// There is no dead job of this id.
    NoDeadJob,
    /// The key was used for another request.
    KeyReused,
}

/// Carries an order out in one transaction under the officer's key; gives how many it concerned.
///
/// # Errors
/// [`ActError`]; nothing was kept then, and the same call may be made again.
pub async fn carry_out(
    act: &mut Act<'_>,
    officer: &Officer,
    order: Order<'_>,
    key: &ClientKey,
) -> Result<OrderAnswer, ActError> {
    officer.require(order.act().role())?;
    let keyed = Keyed::new(act.keys, (officer.id.uuid(), key), order.name(), &order.bytes());
    match carry_out_once(act, order, &keyed).await {
        done @ Ok(OrderAnswer::Done(_) | OrderAnswer::KeyReused) => done,
        // The same request may have been first, so that nothing was left to be done; then its answer is there by now.
        refused @ (Err(_) | Ok(OrderAnswer::NoDeadJob)) => {
            match keyed.known(&mut *act.database.begin().await?).await? {
                Known::Answered(answer) => Ok(OrderAnswer::Done(count(&answer))),
                Known::Reused => Ok(OrderAnswer::KeyReused),
                Known::New => refused,
            }
        }
    }
}

fn count(answer: &str) -> u32 {
    answer.parse().unwrap_or(0)
}

async fn carry_out_once(
    act: &mut Act<'_>,
    order: Order<'_>,
    keyed: &Keyed<'_>,
) -> Result<OrderAnswer, ActError> {
    let mut tx = act.database.begin().await?;
    match keyed.known(&mut tx).await? {
        Known::New => {}
        Known::Answered(answer) => return Ok(OrderAnswer::Done(count(&answer))),
        Known::Reused => return Ok(OrderAnswer::KeyReused),
    }
    let concerned = match order {
        Order::Open(wave) => open_within(&mut tx, act, wave).await.map(|()| 1)?,
        Order::Close(wave) => close_within(&mut tx, act, wave).await.map(|()| 1)?,
        Order::Sweep(wave) => sweep_within(&mut tx, act, wave).await?,
        Order::RetryJob(job) => {
            if !retry_within(&mut tx, act, job).await? {
                return Ok(OrderAnswer::NoDeadJob);
            }
            1
        }
        Order::Retire(officer, reason) => {
            retire_within(&mut tx, act, officer, reason).await.map(|()| 1)?
        }
    };
    keyed.keep(&mut tx, &concerned.to_string(), act.now).await?;
    tx.commit().await.map_err(StorageError::from)?;
    Ok(OrderAnswer::Done(concerned))
}

/// Records a first purchase that an officer reports, under the officer's key.
///
/// # Errors
/// [`ActError`]; nothing was kept then, and the same call may be made again.
pub async fn record_purchase(
    act: &mut Act<'_>,
    officer: &Officer,
    (wave, request): (WaveNumber, PurchaseRequest),
    key: &ClientKey,
) -> Result<PurchaseAnswer, ActError> {
    officer.require(SoleAct::RecordPurchase.role())?;
    record_first_purchase(act, wave, request, (officer.id.uuid(), key)).await
}
