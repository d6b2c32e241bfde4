//! Taking a join back, one person at a time.

use domain::client_key::ClientKey;
use domain::ids::PersonId;
use domain::notice::Notice;
use domain::wave::{WaveNumber, WaveState};
use serde_json::json;
use storage::client_keys::{KEY_TAKEN, NewAnswer, client_key_find, client_key_insert};
use storage::error::StorageError;
use storage::notices::tell_persons;
use storage::reference::wave_find;
use storage::withdrawals::withdrawal_insert;

use crate::act::{Act, ActError, Event, subject};

/// What a wish to withdraw came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WithdrawAnswer {
    /// The join is taken back; also the answer to the same key again.
    Withdrawn,
    /// There is no join of this wave that could be taken back.
    NoMember,
    /// The wave does not take joins, nor their withdrawal.
    NotOpen,
    /// The key was used for another request.
    KeyReused,
}

/// The one answer that is kept with a key: a refusal writes nothing, so the same key may be sent again once
/// there is something to take back.
const WITHDRAWN: &str = "withdrawn";

/// Takes a person's join of an open wave back, in one transaction, before or after the close like a join. It
/// cannot be taken back in turn, so that nobody can try one moment of joining after another.
///
/// # Errors
/// [`ActError`]; nothing was kept then, and the same call may be made again.
pub async fn withdraw(
    act: &mut Act<'_>,
    wave: WaveNumber,
    person: PersonId,
    key: &ClientKey,
) -> Result<WithdrawAnswer, ActError> {
    match withdraw_once(act, wave, person, key).await {
        // The other one has committed, so the answer of the key can be read now.
        Err(ActError::Storage(StorageError::Conflict { constraint }))
            if constraint == KEY_TAKEN =>
        {
            withdraw_once(act, wave, person, key).await
        }
        done => done,
    }
}

async fn withdraw_once(
    act: &mut Act<'_>,
    number: WaveNumber,
    person: PersonId,
    key: &ClientKey,
) -> Result<WithdrawAnswer, ActError> {
    const ACT: &str = "wave_withdraw";
    let request_index = act.keys.request_index(ACT, &number.get().to_be_bytes());
    let mut tx = act.database.begin_joining(number).await?;
    if let Some(known) = client_key_find(&mut tx, person.uuid(), key).await? {
        let is_same = known.request_index == request_index;
        return Ok(if is_same { WithdrawAnswer::Withdrawn } else { WithdrawAnswer::KeyReused });
    }
    let wave = wave_find(&mut tx, number).await?.ok_or(ActError::UnknownWave(number))?;
    let open = matches!(wave.state, WaveState::Open { .. }) && act.now < wave.closes_at;
    let answer = if !open {
        WithdrawAnswer::NotOpen
    } else if withdrawal_insert(&mut tx, number, person, act.now).await? {
        WithdrawAnswer::Withdrawn
    } else {
        WithdrawAnswer::NoMember
    };
    if answer == WithdrawAnswer::Withdrawn {
        let new =
            NewAnswer { actor: person.uuid(), key, act: ACT, request_index, answer: WITHDRAWN };
        client_key_insert(&mut tx, new, act.now).await?;
        let notice = Notice::Withdrawn(number);
        tell_persons(&mut tx, act.telling(), notice, &[person]).await?;
        let event = Event {
            act: ACT,
            subject: subject(number),
            from: None,
            to: None,
            reason: "request of the person",
            detail: json!({}),
        };
        act.record(&mut tx, event).await?;
        tx.commit().await.map_err(StorageError::from)?;
    }
    Ok(answer)
}
