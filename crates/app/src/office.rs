//! Acts of officers as they come over a network: under keys, and approved by the id of what was proposed.

use domain::appeals::AppealAnswer;
use domain::beneficiary::RevocationCause;
use domain::client_key::ClientKey;
use domain::ids::{AppealId, PersonId, ProposalId};
use domain::officers::{Approval, Officer, ProposalState, SoleAct, TwoPersonAct};
use domain::policy::Named as _;
use domain::statement::StatementBounds;
use domain::time::Timestamp;
use domain::wave::WaveNumber;
use serde_json::{Value, json};
use storage::database::Database;
use storage::error::StorageError;
use storage::proposals::proposal_find;
use storage::reference::wave_find;
use uuid::Uuid;

use crate::act::{Act, ActError, subject};
use crate::appeal_answer::answer_appeal;
use crate::appeals::{appeal_request, require_answerable};
use crate::appoint::appoint_wave;
use crate::draw::draw_wave;
use crate::freeze::freeze_wave;
use crate::jobs::retry_within;
use crate::keyed::{Keyed, Known};
use crate::proposals::{
    ProposalRefusal, ProposalRow, Request, consent, parameters_of, propose_within,
    refused_or_decided, reject,
};
use crate::purchase::PurchaseRequest;
use crate::purchase_one::{PurchaseAnswer, record_first_purchase};
use crate::release::{release_account, release_request, require_account};
use crate::revoke::{find_grant, require_standing, revocation_request, revoke_for_cause};
use crate::sweep::sweep_within;
use crate::wave::{cancel_wave, close_within, open_within};

/// What one officer does alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Opening a wave once the calendar allows.
    Open(WaveNumber),
    /// Closing a wave once the calendar allows.
    Close(WaveNumber),
    /// Revoking those whose deadline has passed.
    Sweep(WaveNumber),
    /// Queueing a dead job again.
    RetryJob(Uuid),
}

impl Order {
    const fn act(self) -> SoleAct {
        match self {
            Self::Open(_) => SoleAct::OpenWave,
            Self::Close(_) => SoleAct::CloseWave,
            Self::Sweep(_) => SoleAct::Sweep,
            Self::RetryJob(_) => SoleAct::RetryJob,
        }
    }

    fn bytes(self) -> Vec<u8> {
        match self {
            Self::Open(wave) | Self::Close(wave) | Self::Sweep(wave) => {
                wave.get().to_be_bytes().to_vec()
            }
            Self::RetryJob(job) => job.as_bytes().to_vec(),
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Open(_) => "office_open",
            Self::Close(_) => "office_close",
            Self::Sweep(_) => "office_sweep",
            Self::RetryJob(_) => "office_retry",
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
    order: Order,
    key: &ClientKey,
) -> Result<OrderAnswer, ActError> {
    officer.require(order.act().role())?;
    let keyed = Keyed::new(act.keys, (officer.id.uuid(), key), order.name(), &order.bytes());
    match carry_out_once(act, order, &keyed).await {
        // The same request may have been first; then its answer is there by now.
        Err(error) => match keyed.known(&mut *act.database.begin().await?).await? {
            Known::Answered(answer) => Ok(OrderAnswer::Done(count(&answer))),
            Known::New | Known::Reused => Err(error),
        },
        done => done,
    }
}

fn count(answer: &str) -> u32 {
    answer.parse().unwrap_or(0)
}

async fn carry_out_once(
    act: &mut Act<'_>,
    order: Order,
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

/// What an officer wants a second one to approve.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    /// Deciding eligibility, fixing the roll and publishing the quota table.
    Freeze(WaveNumber),
    /// The draw.
    Draw(WaveNumber),
    /// The decree.
    Appoint(WaveNumber),
    /// Ending a wave without a draw.
    Cancel(WaveNumber),
    /// Revoking a beneficiary for cause.
    Revoke(PersonId, RevocationCause),
    /// Answering an appeal.
    AnswerAppeal(AppealId, AppealAnswer),
    /// Taking a person from its account.
    Release(PersonId),
}

impl Wish {
    /// The request that is proposed, if what it is about is there.
    async fn request(self, database: &Database, now: Timestamp) -> Result<Request, ActError> {
        let plain = async |act, wave| {
            let known = wave_find(&mut *database.begin().await?, wave).await?;
            known.ok_or(ActError::UnknownWave(wave))?;
            Ok(Request { act, subject: subject(wave), parameters: json!({}) })
        };
        match self {
            Self::Freeze(wave) => plain(TwoPersonAct::PublishQuota, wave).await,
            Self::Draw(wave) => plain(TwoPersonAct::Draw, wave).await,
            Self::Appoint(wave) => plain(TwoPersonAct::Appoint, wave).await,
            Self::Cancel(wave) => plain(TwoPersonAct::Cancel, wave).await,
            Self::Revoke(person, cause) => {
                let grant = (find_grant(database, person).await?, person);
                require_standing(database, grant).await?;
                Ok(revocation_request(grant, cause))
            }
            Self::AnswerAppeal(appeal, answer) => {
                require_answerable(database, (appeal, answer), now).await?;
                Ok(appeal_request(appeal, answer))
            }
            Self::Release(person) => {
                require_account(database, person).await?;
                Ok(release_request(person))
            }
        }
    }

    /// The act it asks for.
    pub const fn act(self) -> TwoPersonAct {
        match self {
            Self::Freeze(_) => TwoPersonAct::PublishQuota,
            Self::Draw(_) => TwoPersonAct::Draw,
            Self::Appoint(_) => TwoPersonAct::Appoint,
            Self::Cancel(_) => TwoPersonAct::Cancel,
            Self::Revoke(..) => TwoPersonAct::Revoke,
            Self::AnswerAppeal(..) => TwoPersonAct::AnswerAppeal,
            Self::Release(_) => TwoPersonAct::ReleaseAccount,
        }
    }

    fn bytes(self, reason: &str) -> Vec<u8> {
        let what = match self {
            Self::Freeze(wave) | Self::Draw(wave) | Self::Appoint(wave) | Self::Cancel(wave) => {
                wave.to_string()
            }
            Self::Revoke(person, cause) => format!("{person} {}", cause.name()),
            Self::AnswerAppeal(appeal, answer) => format!("{appeal} {}", answer.name()),
            Self::Release(person) => person.to_string(),
        };
        format!("{} {what} {reason}", self.act().name()).into_bytes()
    }
}

/// What a wish came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProposeAnswer {
    /// Proposed; also the answer to the same key again.
    Proposed(ProposalId),
    /// The key was used for another request.
    KeyReused,
}

/// Records what an officer wants a second one to approve, under the officer's key.
///
/// # Errors
/// [`ActError`]; nothing was kept then, and the same call may be made again.
pub async fn propose_wish(
    act: &mut Act<'_>,
    officer: &Officer,
    (wish, reason): (Wish, &str),
    key: &ClientKey,
) -> Result<ProposeAnswer, ActError> {
    officer.require(wish.act().proposer())?;
    let bytes = wish.bytes(reason);
    let keyed = Keyed::new(act.keys, (officer.id.uuid(), key), "office_propose", &bytes);
    match propose_once(act, officer, (wish, reason), &keyed).await {
        Err(error) => match keyed.known(&mut *act.database.begin().await?).await? {
            Known::Answered(answer) => proposed_before(&answer),
            Known::New | Known::Reused => Err(error),
        },
        done => done,
    }
}

fn proposed_before(answer: &str) -> Result<ProposeAnswer, ActError> {
    let broken = StorageError::Inconsistency { table: "client_keys", column: "answer" };
    let id = ProposalId::parse(answer).ok_or(broken)?;
    Ok(ProposeAnswer::Proposed(id))
}

async fn propose_once(
    act: &mut Act<'_>,
    officer: &Officer,
    (wish, reason): (Wish, &str),
    keyed: &Keyed<'_>,
) -> Result<ProposeAnswer, ActError> {
    match keyed.known(&mut *act.database.begin().await?).await? {
        Known::New => {}
        Known::Answered(answer) => return proposed_before(&answer),
        Known::Reused => return Ok(ProposeAnswer::KeyReused),
    }
    let request = wish.request(act.database, act.now).await?;
    let mut tx = act.database.begin().await?;
    let proposal = propose_within(act, &mut tx, officer, (&request, reason)).await?;
    keyed.keep(&mut tx, &proposal.uuid().to_string(), act.now).await?;
    tx.commit().await.map_err(StorageError::from)?;
    Ok(ProposeAnswer::Proposed(proposal))
}

/// A proposal.
///
/// # Errors
/// [`ProposalRefusal::Unknown`].
pub async fn find_proposal(
    database: &Database,
    proposal: ProposalId,
) -> Result<ProposalRow, ActError> {
    let found = proposal_find(&mut *database.begin().await?, proposal).await?;
    Ok(found.ok_or(ProposalRefusal::Unknown(proposal))?)
}

/// Approves the proposal of this id by doing the act, and gives what came out: counts, as far as there are any.
/// Its terms cannot change, so the id says what is approved. Asked again by the officer who approved it, it is
/// done already, and there is nothing more to tell.
///
/// # Errors
/// [`ActError`]; a refused act leaves the proposal open.
pub async fn approve_proposal(
    act: &mut Act<'_>,
    officer: &Officer,
    proposal: ProposalId,
) -> Result<Option<Value>, ActError> {
    let row = find_proposal(act.database, proposal).await?;
    officer.require(row.act.approver())?;
    if row.state == ProposalState::Approved && row.decided_by == Some(officer.id) {
        return Ok(None);
    }
    if row.state != ProposalState::Open {
        let refusal =
            ProposalRefusal::Decided { act: row.act, subject: row.subject, state: row.state };
        return Err(refusal.into());
    }
    let parameters = parameters_of(&row)?;
    let request = Request { act: row.act, subject: row.subject.clone(), parameters };
    let approval = consent((act.database, act.now), officer, &request).await?;
    // Another one may have taken its place since.
    if approval.proposal() != Some(proposal) {
        return Err(ProposalRefusal::Unknown(proposal).into());
    }
    match do_approved(act, &row, &request.parameters, &approval).await {
        Ok(result) => Ok(Some(result)),
        Err(error) => Err(refused_or_decided((act.database, act.now), error, &approval).await),
    }
}

/// Does what was approved.
async fn do_approved(
    act: &mut Act<'_>,
    row: &ProposalRow,
    parameters: &Value,
    approval: &Approval,
) -> Result<Value, ActError> {
    let broken = || StorageError::Inconsistency { table: "proposals", column: "subject" };
    let wave = || wave_of(&row.subject).ok_or_else(broken);
    let named = |name: &str| parameters.get(name).and_then(Value::as_str);
    Ok(match row.act {
        TwoPersonAct::PublishQuota => {
            let frozen = freeze_wave(act, wave()?, approval).await?;
            json!({
                "entries": frozen.entries,
                "ineligible": frozen.ineligible,
                "seats": frozen.seats,
                "reused": frozen.reused,
                "unfilled": frozen.unfilled,
            })
        }
        TwoPersonAct::Draw => {
            let drawn = draw_wave(act, wave()?, approval).await?;
            json!({
                "selected": drawn.selected,
                "not_selected": drawn.not_selected,
                "household_cap": drawn.household_cap,
                "test_beacon": true,
            })
        }
        TwoPersonAct::Appoint => {
            let appointed = appoint_wave(act, wave()?, approval).await?;
            json!({
                "decree": appointed.decree_number,
                "appointments": appointed.appointments,
                "purchase_due_at": appointed.purchase_due_at.to_string(),
            })
        }
        TwoPersonAct::Cancel => {
            cancel_wave(act, wave()?, approval).await?;
            json!({})
        }
        TwoPersonAct::Revoke => {
            let grant = grant_of(&row.subject).ok_or_else(broken)?;
            let cause = named("cause").and_then(RevocationCause::from_name).ok_or_else(broken)?;
            revoke_for_cause(act, grant, cause, approval).await?;
            json!({})
        }
        TwoPersonAct::AnswerAppeal => {
            let appeal = row.subject.strip_prefix("appeal:").and_then(AppealId::parse);
            let appeal = appeal.ok_or_else(broken)?;
            let answer = named("answer").and_then(AppealAnswer::from_name).ok_or_else(broken)?;
            answer_appeal(act, appeal, answer, approval).await?;
            json!({ "answer": answer.name() })
        }
        TwoPersonAct::ReleaseAccount => {
            let person = row.subject.strip_prefix("person:").and_then(PersonId::parse);
            let bounds = release_account(act, person.ok_or_else(broken)?, approval).await?;
            json!({ "only_by_what_is_held": bounds != StatementBounds::default() })
        }
        TwoPersonAct::PublishCalendar | TwoPersonAct::Empower => {
            return Err(ProposalRefusal::NeedsDocuments(row.act).into());
        }
    })
}

fn wave_of(subject: &str) -> Option<WaveNumber> {
    WaveNumber::new(subject.strip_prefix("wave:")?.parse().ok()?)
}

fn grant_of(subject: &str) -> Option<(WaveNumber, PersonId)> {
    let (wave, person) = subject.strip_prefix("grant:")?.split_once(':')?;
    Some((WaveNumber::new(wave.parse().ok()?)?, PersonId::parse(person)?))
}

/// Turns the proposal of this id down, or takes the officer's own back. Asked again by the same officer, it is done
/// already.
///
/// # Errors
/// [`ActError`]; the proposal stays as it is then.
pub async fn reject_proposal(
    act: &mut Act<'_>,
    officer: &Officer,
    proposal: ProposalId,
    reason: &str,
) -> Result<ProposalState, ActError> {
    let row = find_proposal(act.database, proposal).await?;
    if row.proposed_by != officer.id {
        officer.require(row.act.approver())?;
    }
    match row.state {
        ProposalState::Open => reject(act, officer, (row.act, &row.subject), reason).await,
        state @ (ProposalState::Rejected | ProposalState::Withdrawn)
            if row.decided_by == Some(officer.id) =>
        {
            Ok(state)
        }
        state => Err(ProposalRefusal::Decided { act: row.act, subject: row.subject, state }.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::act::grant_subject;

    /// What a proposal is about reads back from its subject, and from nothing else.
    #[test]
    fn subjects() {
        let wave = WaveNumber::new(48).unwrap();
        let person = PersonId::from_uuid(Uuid::from_u128(7));
        assert_eq!(wave_of(&subject(wave)), Some(wave));
        assert_eq!(grant_of(&grant_subject(wave, person)), Some((wave, person)));
        assert_eq!(
            (wave_of("wave:x"), grant_of("grant:48"), grant_of("wave:48")),
            (None, None, None)
        );
    }
}
