//! Taking a join back, one person at a time.

use domain::client_key::ClientKey;
use domain::ids::PersonId;
use domain::wave::{WaveNumber, WaveState};
use serde_json::json;
use storage::client_keys::{KEY_TAKEN, NewAnswer, client_key_find, client_key_insert};
use storage::error::StorageError;
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

impl WithdrawAnswer {
    /// Code as stored and sent.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Withdrawn => "withdrawn",
            Self::NoMember => "no_member",
            Self::NotOpen => "wave_open",
            Self::KeyReused => "key_reused",
        }
    }

    fn from_code(code: &str) -> Option<Self> {
        [Self::Withdrawn, Self::NoMember, Self::NotOpen, Self::KeyReused]
            .into_iter()
            .find(|answer| answer.code() == code)
    }
}

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
        if known.request_index != request_index {
            return Ok(WithdrawAnswer::KeyReused);
        }
        let broken = StorageError::Inconsistency { table: "client_keys", column: "answer" };
        return Ok(WithdrawAnswer::from_code(&known.answer).ok_or(broken)?);
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
    // A refusal writes nothing, so the same key may be sent again once there is something to take back.
    if answer == WithdrawAnswer::Withdrawn {
        let new =
            NewAnswer { actor: person.uuid(), key, act: ACT, request_index, answer: answer.code() };
        client_key_insert(&mut tx, new, act.now).await?;
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
