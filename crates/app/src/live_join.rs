//! Joining a wave as people do: one by one, each under a key of the client, many at the same moment.
//!
//! Whoever asks at once may share a transaction, and with it one flush of the log; each still has an audit
//! event and an answer of its own, and is answered after the commit.

use std::collections::BTreeSet;

use domain::client_key::ClientKey;
use domain::eligibility::Rule;
use domain::ids::{AccountId, AuditEventId, PersonId};
use domain::wave::WaveNumber;
use storage::client_keys::KEY_TAKEN;
use storage::database::Tx;
use storage::error::StorageError;
use storage::joins::{
    AskedJoin, DecidedJoin, JoinContext, KeyedRecord, decided_joins_insert, keyed_join_records,
    members_among,
};
use storage::memberships::{JoinRequest, NewMembership};
use storage::reference::wave_find;
use uuid::Uuid;

use crate::act::{Act, ActError};
use crate::join::{Door, Verdict, counts_joins};

/// One person's wish to join, under the client's key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyedJoin {
    /// Who, and when.
    pub request: JoinRequest,
    /// The account that asks, which may lose the person while the wish waits; `None` where no account is needed.
    pub account: Option<AccountId>,
    /// The client's key.
    pub client_key: ClientKey,
    /// The request it came with, for its audit event.
    pub request_id: String,
}

/// What a wish came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JoinAnswer {
    /// A new member; also the answer to the same key again.
    Joined,
    /// A member before, under another key; nothing changed.
    Member,
    /// Refused by the rule.
    Refused(Rule),
    /// The key was used for another request.
    KeyReused,
}

const JOINED: &str = "joined";
const MEMBER: &str = "member";

impl JoinAnswer {
    /// Reads a stored answer; a refusal is never stored.
    fn from_code(code: &str) -> Option<Self> {
        match code {
            JOINED => Some(Self::Joined),
            MEMBER => Some(Self::Member),
            _ => None,
        }
    }
}

/// Joins a few persons in one transaction, none of them twice, and answers in their order.
///
/// # Errors
/// [`ActError`]; nothing was kept then, and the same call may be made again.
pub async fn join_few(
    act: &mut Act<'_>,
    wave: WaveNumber,
    joins: &[KeyedJoin],
) -> Result<Vec<JoinAnswer>, ActError> {
    match join_once(act, wave, joins).await {
        // The other one has committed, so the answer of the key can be read now.
        Err(ActError::Storage(StorageError::Conflict { constraint }))
            if constraint == KEY_TAKEN =>
        {
            join_once(act, wave, joins).await
        }
        done => done,
    }
}

async fn join_once(
    act: &mut Act<'_>,
    number: WaveNumber,
    joins: &[KeyedJoin],
) -> Result<Vec<JoinAnswer>, ActError> {
    let persons: BTreeSet<PersonId> = joins.iter().map(|join| join.request.person_id).collect();
    assert!(persons.len() == joins.len(), "a person stands once in a batch");
    if joins.is_empty() {
        return Ok(Vec::new());
    }
    let events: Vec<AuditEventId> =
        joins.iter().map(|_| AuditEventId::at(act.now, act.id_bytes())).collect();
    let mut tx = act.database.begin().await?;
    let requests: Vec<AskedJoin<'_>> = joins
        .iter()
        .map(|join| AskedJoin {
            request: join.request,
            client_key: &join.client_key,
            account: join.account,
        })
        .collect();
    let policy = match act.policies.for_wave(number) {
        Ok(policy) => policy,
        // Anybody may ask for any number; only for a wave that is there must a policy be at hand.
        Err(none) if wave_find(&mut tx, number).await?.is_some() => return Err(none.into()),
        Err(_) => return Err(ActError::UnknownWave(number)),
    };
    let rules = policy.version.eligibility();
    let found = keyed_join_records(&mut tx, number, &requests, counts_joins(rules)).await?;
    let (wave, records) = found.ok_or(ActError::UnknownWave(number))?;
    let door = Door::of(act, &wave)?;
    // What a client asked for, as kept with its key.
    let request_index = act.keys.request_index("wave_join", &number.get().to_be_bytes());
    let mut fates: Vec<Fate> = records
        .into_iter()
        .map(|record| Fate::of(&door, record, request_index))
        .collect::<Result<_, StorageError>>()?;
    find_members(&mut tx, number, joins, &mut fates).await?;

    let mut decided = Vec::with_capacity(joins.len());
    for ((join, fate), event) in joins.iter().zip(&fates).zip(events) {
        let outcome = match fate {
            // A refusal has done nothing, so its key is free for another try once the reason is gone.
            Fate::Answered(_) | Fate::Refused(_) => continue,
            Fate::Joins(membership) => Ok((**membership, event)),
            Fate::Member => Err(MEMBER),
        };
        decided.push(DecidedJoin {
            person_id: join.request.person_id,
            client_key: &join.client_key,
            request_index,
            request_id: &join.request_id,
            outcome,
        });
    }
    let context = JoinContext { wave: number, now: act.now };
    let mut added = decided_joins_insert(&mut tx, &context, &decided).await?.into_iter();
    let answers = fates.iter().map(|fate| match fate {
        Fate::Answered(_) | Fate::Refused(_) => fate.answer(false),
        Fate::Joins(_) | Fate::Member => fate.answer(added.next() == Some(true)),
    });
    let answers = answers.collect();
    tx.commit().await.map_err(StorageError::from)?;
    Ok(answers)
}

/// What becomes of one wish.
enum Fate {
    /// Its key was used before, nobody of this id is registered, or the account has lost the person: nothing is
    /// written.
    Answered(JoinAnswer),
    Joins(Box<NewMembership>),
    Member,
    Refused(Rule),
}

impl Fate {
    fn of(door: &Door<'_>, keyed: KeyedRecord, request_index: Uuid) -> Result<Self, StorageError> {
        let broken = StorageError::Inconsistency { table: "client_keys", column: "answer" };
        match (keyed.known, keyed.record) {
            (Some(known), _) if known.request_index != request_index => {
                Ok(Self::Answered(JoinAnswer::KeyReused))
            }
            (Some(known), _) => {
                JoinAnswer::from_code(&known.answer).map(Self::Answered).ok_or(broken)
            }
            (None, None) => Ok(Self::Answered(JoinAnswer::Refused(Rule::Registered))),
            (None, Some(record)) => Ok(match door.judge(&record)? {
                Verdict::Joins(membership) => Self::Joins(membership),
                Verdict::Member(_) => Self::Member,
                Verdict::Refused(_, rule) => Self::Refused(rule),
            }),
        }
    }

    const fn answer(&self, was_added: bool) -> JoinAnswer {
        match self {
            Self::Answered(answer) => *answer,
            Self::Joins(_) if was_added => JoinAnswer::Joined,
            Self::Joins(_) | Self::Member => JoinAnswer::Member,
            Self::Refused(rule) => JoinAnswer::Refused(*rule),
        }
    }
}

/// Who is a member already is not refused any more, whatever has changed since.
async fn find_members(
    tx: &mut Tx,
    number: WaveNumber,
    joins: &[KeyedJoin],
    fates: &mut [Fate],
) -> Result<(), StorageError> {
    let refused: Vec<PersonId> = joins
        .iter()
        .zip(&*fates)
        .filter(|(_, fate)| matches!(fate, Fate::Refused(_)))
        .map(|(join, _)| join.request.person_id)
        .collect();
    if refused.is_empty() {
        return Ok(());
    }
    let members = members_among(tx, number, &refused).await?;
    for (join, fate) in joins.iter().zip(fates) {
        if members.contains(&join.request.person_id) && matches!(fate, Fate::Refused(_)) {
            *fate = Fate::Member;
        }
    }
    Ok(())
}
