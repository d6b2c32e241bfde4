//! Two-person acts: one officer proposes, a second one decides, and the decision is the act.
//!
//! The use case itself closes the proposal, within its transaction (`Act::approve`): an act that fails
//! leaves the proposal open, and of two who approve at once one does the act and the other is told so.

use domain::ids::ProposalId;
use domain::officers::{Approval, Officer, PROPOSAL_DAYS, ProposalState, TwoPersonAct};
use domain::policy::Named as _;
use domain::time::Timestamp;
use serde_json::{Value, json};
use sqlx::PgConnection;
use storage::credentials::is_in_office;
use storage::database::{Database, Tx};
use storage::error::StorageError;
pub use storage::proposals::{Listed, ProposalRow};
use storage::proposals::{
    OPEN_PROPOSAL, ProposalDecision, proposal_decide, proposal_find, proposal_find_newest,
    proposal_find_open, proposal_insert, proposals_list,
};

use crate::act::{Act, ActError, Event};
use crate::officers::require_reason;

/// What is asked of two officers.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// What is to be done.
    pub act: TwoPersonAct,
    /// To what, such as `wave:72`.
    pub subject: String,
    /// With what: ids, counts and digests; null where the subject says it all.
    pub parameters: Value,
}

/// Why a proposal was not made or decided.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProposalRefusal {
    /// Nothing to decide.
    #[error("nobody has proposed to {act} {subject}; propose it first", act = .act.name())]
    None {
        /// The act.
        act: TwoPersonAct,
        /// The subject.
        subject: String,
    },
    /// One is open already.
    #[error("it is proposed already to {act} {subject}; approve or reject that first", act = .act.name())]
    Open {
        /// The act.
        act: TwoPersonAct,
        /// The subject.
        subject: String,
    },
    /// Somebody else was first.
    #[error(
        "the proposal to {act} {subject} is {state} by now, and this did nothing; see `gelombang proposals --all`",
        act = .act.name(), state = .state.name()
    )]
    Decided {
        /// The act.
        act: TwoPersonAct,
        /// The subject.
        subject: String,
        /// What became of it.
        state: ProposalState,
    },
    /// Too old to be approved.
    #[error("the proposal to {act} {subject} is older than {PROPOSAL_DAYS} days; propose it again", act = .act.name())]
    Expired {
        /// The act.
        act: TwoPersonAct,
        /// The subject.
        subject: String,
    },
    /// Not what was proposed.
    #[error(
        "what is to be approved is not what was proposed: {differs} differs; bring the documents of the proposal, or \
         reject it"
    )]
    Differs {
        /// Names of the parameters that differ.
        differs: String,
    },
    /// Approved by this very call.
    #[error(
        "the act to {act} {subject} is done and its proposal approved; only the answer of the database was lost",
        act = .act.name()
    )]
    AnswerLost {
        /// The act.
        act: TwoPersonAct,
        /// The subject.
        subject: String,
    },
    /// No proposal of this id waits.
    #[error("no proposal {0} waits; look at the list of proposals")]
    Unknown(ProposalId),
    /// Its documents have to be brought by whoever approves.
    #[error("this proposal to {} was made with documents, which have to be brought; use the command line", .0.name())]
    NeedsDocuments(TwoPersonAct),
    /// It writes files for whoever approves.
    #[error("to {} writes files for whoever approves; use the command line", .0.name())]
    WritesFiles(TwoPersonAct),
    /// An officer of it has retired.
    #[error("an officer of this proposal has retired; propose it again")]
    Retired,
}

impl ProposalRefusal {
    /// A stable code for programs.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::None { .. } => "no_proposal",
            Self::Open { .. } => "proposal_open",
            Self::Decided { .. } => "proposal_decided",
            Self::Expired { .. } => "proposal_expired",
            Self::Differs { .. } => "proposal_differs",
            Self::AnswerLost { .. } => "proposal_answer_lost",
            Self::Unknown(_) => "unknown_proposal",
            Self::NeedsDocuments(_) => "proposal_needs_documents",
            Self::WritesFiles(_) => "proposal_writes_files",
            Self::Retired => "officer_retired",
        }
    }
}

/// Records what an officer wants a second one to approve.
///
/// # Errors
/// [`ActError`] if the officer lacks the role, or the same is proposed already.
pub async fn propose(
    act: &mut Act<'_>,
    officer: &Officer,
    request: &Request,
    reason: &str,
) -> Result<ProposalId, ActError> {
    officer.require(request.act.proposer())?;
    let mut tx = act.database.begin().await?;
    let proposal = propose_within(act, &mut tx, officer, (request, reason)).await?;
    tx.commit().await.map_err(StorageError::from)?;
    Ok(proposal)
}

/// [`propose`] within the caller's transaction, by an officer who has the role.
pub(crate) async fn propose_within(
    act: &mut Act<'_>,
    tx: &mut Tx,
    officer: &Officer,
    (request, reason): (&Request, &str),
) -> Result<ProposalId, ActError> {
    require_reason(reason)?;
    if !is_in_office(tx, officer.id).await? {
        return Err(ProposalRefusal::Retired.into());
    }
    expire_old(act, tx, request).await?;
    let proposal = ProposalRow {
        proposal_id: ProposalId::at(act.now, act.id_bytes()),
        act: request.act,
        subject: request.subject.clone(),
        parameters: request.parameters.to_string(),
        reason: reason.to_owned(),
        proposed_by: officer.id,
        proposed_at: act.now,
        state: ProposalState::Open,
        decided_by: None,
        decided_at: None,
        decision_reason: None,
    };
    match proposal_insert(tx, &proposal).await {
        Err(StorageError::Conflict { constraint }) if constraint == OPEN_PROPOSAL => {
            let (act, subject) = (request.act, request.subject.clone());
            return Err(ProposalRefusal::Open { act, subject }.into());
        }
        inserted => inserted?,
    }
    record(act, tx, &proposal, ProposalState::Open, reason).await?;
    Ok(proposal.proposal_id)
}

/// Closes a proposal that got too old, so that it can be made again.
async fn expire_old(
    act: &mut Act<'_>,
    conn: &mut PgConnection,
    request: &Request,
) -> Result<(), ActError> {
    let open = proposal_find_open(conn, request.act, &request.subject).await?;
    let Some(old) = open.filter(|open| is_old(open, act.now)) else { return Ok(()) };
    let decision = ProposalDecision {
        proposal: old.proposal_id,
        state: ProposalState::Expired,
        decided_by: None,
        decided_at: act.now,
        reason: "nobody decided in time",
    };
    if proposal_decide(conn, &decision).await? {
        record(act, conn, &old, ProposalState::Expired, decision.reason).await?;
    }
    Ok(())
}

fn is_old(proposal: &ProposalRow, now: Timestamp) -> bool {
    proposal.proposed_at.plus_days(PROPOSAL_DAYS) <= now
}

/// Approves an open proposal by doing the act, in the act's one transaction.
///
/// # Errors
/// [`ActError`]: what the act itself refuses leaves the proposal open; who comes second is told that it was
/// decided meanwhile.
pub async fn approve<T>(
    act: &mut Act<'_>,
    officer: &Officer,
    request: &Request,
    body: impl AsyncFnOnce(&mut Act<'_>, &Approval) -> Result<T, ActError>,
) -> Result<T, ActError> {
    let approval = consent((act.database, act.now), officer, request).await?;
    match body(act, &approval).await {
        Ok(done) => Ok(done),
        Err(error) => Err(refused_or_decided((act.database, act.now), error, &approval).await),
    }
}

/// Pairs the officer who proposed with the one who approves now.
pub(crate) async fn consent(
    (database, now): (&Database, Timestamp),
    officer: &Officer,
    request: &Request,
) -> Result<Approval, ActError> {
    officer.require(request.act.approver())?;
    let proposal = open_proposal(database, request.act, &request.subject).await?;
    if is_old(&proposal, now) {
        let (act, subject) = (request.act, request.subject.clone());
        return Err(ProposalRefusal::Expired { act, subject }.into());
    }
    let differs = differences(&proposal, &request.parameters)?;
    if !differs.is_empty() {
        return Err(ProposalRefusal::Differs { differs }.into());
    }
    let approval = Approval::new(proposal.proposed_by, officer.id, proposal.reason)?;
    Ok(approval.of_proposal(proposal.proposal_id))
}

/// The open proposal that asks for this act on this subject.
///
/// # Errors
/// [`ProposalRefusal::Decided`] if the newest one is not open any more, [`ProposalRefusal::None`] if there was
/// never one.
pub async fn open_proposal(
    database: &Database,
    act: TwoPersonAct,
    subject: &str,
) -> Result<ProposalRow, ActError> {
    let mut tx = database.begin().await?;
    if let Some(open) = proposal_find_open(&mut tx, act, subject).await? {
        return Ok(open);
    }
    let newest = proposal_find_newest(&mut tx, act, subject).await?;
    let subject = subject.to_owned();
    Err(match newest {
        Some(decided) => ProposalRefusal::Decided { act, subject, state: decided.state },
        None => ProposalRefusal::None { act, subject },
    }
    .into())
}

/// Parameters of a proposal.
///
/// # Errors
/// [`StorageError::Inconsistency`] if they are no JSON, which the database keeps from happening.
pub fn parameters_of(proposal: &ProposalRow) -> Result<Value, ActError> {
    let broken = StorageError::Inconsistency { table: "proposals", column: "parameters" };
    serde_json::from_str(&proposal.parameters).map_err(|_| broken.into())
}

/// Names of the parameters in which a proposal and what is brought to its approval differ.
fn differences(proposal: &ProposalRow, brought: &Value) -> Result<String, ActError> {
    let proposed = parameters_of(proposal)?;
    let (Some(proposed), Some(brought)) = (proposed.as_object(), brought.as_object()) else {
        return Ok(if proposed == *brought { String::new() } else { "all of it".to_owned() });
    };
    let names: std::collections::BTreeSet<&String> =
        proposed.keys().chain(brought.keys()).collect();
    let differing = names.into_iter().filter(|name| proposed.get(*name) != brought.get(*name));
    Ok(differing.map(String::as_str).collect::<Vec<_>>().join(", "))
}

/// Why an act that was approved was not done: what it refuses, unless its proposal was decided meanwhile.
pub(crate) async fn refused_or_decided(
    (database, now): (&Database, Timestamp),
    error: ActError,
    approval: &Approval,
) -> ActError {
    decided_meanwhile((database, now), approval).await.unwrap_or(error)
}

/// What became of a proposal that was open when its approval began, if it is not open any more.
async fn decided_meanwhile(
    (database, now): (&Database, Timestamp),
    approval: &Approval,
) -> Option<ActError> {
    let mut tx = database.begin().await.ok()?;
    let row = proposal_find(&mut tx, approval.proposal()?).await.ok()??;
    let is_ours = row.state == ProposalState::Approved
        && row.decided_by == Some(approval.approved_by())
        && row.decided_at == Some(now);
    (row.state != ProposalState::Open).then(|| {
        let (act, subject) = (row.act, row.subject);
        if is_ours {
            return ProposalRefusal::AnswerLost { act, subject }.into();
        }
        ProposalRefusal::Decided { act, subject, state: row.state }.into()
    })
}

/// Turns an open proposal down, or takes one's own back.
///
/// # Errors
/// [`ActError`]; the proposal stays as it is then.
pub async fn reject(
    act: &mut Act<'_>,
    officer: &Officer,
    (kind, subject): (TwoPersonAct, &str),
    reason: &str,
) -> Result<ProposalState, ActError> {
    let proposal = open_proposal(act.database, kind, subject).await?;
    reject_row(act, officer, &proposal, reason).await
}

/// [`reject`] of one proposal, whatever else may have been proposed in its place.
pub(crate) async fn reject_row(
    act: &mut Act<'_>,
    officer: &Officer,
    proposal: &ProposalRow,
    reason: &str,
) -> Result<ProposalState, ActError> {
    require_reason(reason)?;
    let state = if proposal.proposed_by == officer.id {
        ProposalState::Withdrawn
    } else {
        officer.require(proposal.act.approver())?;
        ProposalState::Rejected
    };
    let mut tx = act.database.begin().await?;
    let decision = ProposalDecision {
        proposal: proposal.proposal_id,
        state,
        decided_by: Some(officer.id),
        decided_at: act.now,
        reason,
    };
    close(&mut tx, &decision, &proposal.subject, proposal.act).await?;
    record(act, &mut tx, proposal, state, reason).await?;
    tx.commit().await.map_err(StorageError::from)?;
    Ok(state)
}

/// Proposals in the order they were made.
///
/// # Errors
/// [`ActError`].
pub async fn list_proposals(
    database: &Database,
    listed: Listed,
) -> Result<Vec<ProposalRow>, ActError> {
    let mut tx = database.begin().await?;
    Ok(proposals_list(&mut tx, listed).await?)
}

/// Decides a proposal, or says why that is too late.
pub(crate) async fn close(
    conn: &mut PgConnection,
    decision: &ProposalDecision<'_>,
    subject: &str,
    act: TwoPersonAct,
) -> Result<(), ActError> {
    if proposal_decide(conn, decision).await? {
        return Ok(());
    }
    let newest = proposal_find_newest(conn, act, subject).await?;
    Err(match newest {
        Some(newest) if newest.state != ProposalState::Open => {
            ProposalRefusal::Decided { act, subject: subject.to_owned(), state: newest.state }
                .into()
        }
        _ => ProposalRefusal::Retired.into(),
    })
}

async fn record(
    act: &mut Act<'_>,
    conn: &mut PgConnection,
    proposal: &ProposalRow,
    to: ProposalState,
    reason: &str,
) -> Result<(), ActError> {
    let event = Event {
        act: "proposal",
        subject: proposal.subject.clone(),
        from: (to != ProposalState::Open).then(|| ProposalState::Open.name()),
        to: Some(to.name()),
        reason,
        detail: json!({ "act": proposal.act.name(), "proposal": proposal.proposal_id.to_string() }),
    };
    act.record(conn, event).await
}
