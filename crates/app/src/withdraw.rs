//! Taking a join back, one person at a time.

use domain::client_key::ClientKey;
use domain::ids::PersonId;
use domain::notice::Notice;
use domain::wave::{WaveNumber, WaveState};
use serde_json::json;
use storage::error::StorageError;
use storage::notices::tell_persons;
use storage::reference::{JoinLock, wave_find, wave_lock_joins};
use storage::withdrawals::withdrawal_insert;

use crate::act::{Act, ActError, Event, subject};
use crate::keyed::{Keyed, Known, was_taken};

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
    let done = withdraw_once(act, wave, person, key).await;
    if was_taken(&done) { withdraw_once(act, wave, person, key).await } else { done }
}

async fn withdraw_once(
    act: &mut Act<'_>,
    number: WaveNumber,
    person: PersonId,
    key: &ClientKey,
) -> Result<WithdrawAnswer, ActError> {
    const ACT: &str = "wave_withdraw";
    let keyed = Keyed::new(act.keys, (person.uuid(), key), ACT, &number.get().to_be_bytes());
    // A membership that is taken back binds no statement any more, so no correction has to be held off.
    let mut tx = act.database.begin().await?;
    wave_lock_joins(&mut tx, number, JoinLock::Joining).await?;
    match keyed.known(&mut tx).await? {
        Known::New => {}
        Known::Answered(_) => return Ok(WithdrawAnswer::Withdrawn),
        Known::Reused => return Ok(WithdrawAnswer::KeyReused),
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
        keyed.keep(&mut tx, WITHDRAWN, act.now).await?;
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
