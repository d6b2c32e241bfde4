//! Acts that one officer has proposed and a second one decides.

use domain::ids::{OfficerId, ProposalId};
use domain::officers::{ProposalState, TwoPersonAct};
use domain::policy::Named as _;
use domain::time::Timestamp;
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Row as _};

use crate::convert::named;
use crate::error::StorageError;

/// Index that refuses a second open proposal of an act on a subject.
pub const OPEN_PROPOSAL: &str = "proposals_act_subject_open_key";

/// A proposal as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProposalRow {
    /// Id.
    pub proposal_id: ProposalId,
    /// What is to be done.
    pub act: TwoPersonAct,
    /// To what, such as `wave:72`.
    pub subject: String,
    /// With what, as JSON text.
    pub parameters: String,
    /// Why.
    pub reason: String,
    /// By whom.
    pub proposed_by: OfficerId,
    /// When.
    pub proposed_at: Timestamp,
    /// What became of it.
    pub state: ProposalState,
    /// Who decided, once somebody has.
    pub decided_by: Option<OfficerId>,
    /// When, once it is decided.
    pub decided_at: Option<Timestamp>,
    /// Why it was decided so.
    pub decision_reason: Option<String>,
}

macro_rules! select_proposals {
    () => {
        "SELECT proposal_id, act, subject, parameters::text, reason, proposed_by, proposed_at, state, decided_by,
                decided_at, decision_reason
         FROM proposals"
    };
}

fn proposal_row(row: &PgRow) -> Result<ProposalRow, StorageError> {
    Ok(ProposalRow {
        proposal_id: ProposalId::from_uuid(row.try_get(0)?),
        act: named("proposals", "act", row.try_get(1)?)?,
        subject: row.try_get(2)?,
        parameters: row.try_get(3)?,
        reason: row.try_get(4)?,
        proposed_by: OfficerId::from_uuid(row.try_get(5)?),
        proposed_at: Timestamp::from_offset(row.try_get(6)?),
        state: named("proposals", "state", row.try_get(7)?)?,
        decided_by: row.try_get::<Option<_>, _>(8)?.map(OfficerId::from_uuid),
        decided_at: row.try_get::<Option<_>, _>(9)?.map(Timestamp::from_offset),
        decision_reason: row.try_get(10)?,
    })
}

/// Adds an open proposal.
///
/// # Errors
/// [`StorageError::Conflict`] on [`OPEN_PROPOSAL`] if one is open.
pub async fn proposal_insert(
    conn: &mut PgConnection,
    proposal: &ProposalRow,
) -> Result<(), StorageError> {
    sqlx::query(
        "INSERT INTO proposals (proposal_id, act, subject, parameters, reason, proposed_by, proposed_at)
         VALUES ($1, $2, $3, $4::jsonb, $5, $6, $7)",
    )
    .bind(proposal.proposal_id.uuid())
    .bind(proposal.act.name())
    .bind(&proposal.subject)
    .bind(&proposal.parameters)
    .bind(&proposal.reason)
    .bind(proposal.proposed_by.uuid())
    .bind(proposal.proposed_at.to_offset())
    .execute(conn)
    .await?;
    Ok(())
}

/// A proposal.
///
/// # Errors
/// [`StorageError`].
pub async fn proposal_find(
    conn: &mut PgConnection,
    proposal: ProposalId,
) -> Result<Option<ProposalRow>, StorageError> {
    let row = sqlx::query(concat!(select_proposals!(), " WHERE proposal_id = $1"))
        .bind(proposal.uuid())
        .fetch_optional(conn)
        .await?;
    row.as_ref().map(proposal_row).transpose()
}

/// The open proposal of an act on a subject.
///
/// # Errors
/// [`StorageError`].
pub async fn proposal_find_open(
    conn: &mut PgConnection,
    act: TwoPersonAct,
    subject: &str,
) -> Result<Option<ProposalRow>, StorageError> {
    let row = sqlx::query(concat!(
        select_proposals!(),
        " WHERE act = $1 AND subject = $2 AND state = 'open'"
    ))
    .bind(act.name())
    .bind(subject)
    .fetch_optional(conn)
    .await?;
    row.as_ref().map(proposal_row).transpose()
}

/// The newest proposal of an act on a subject, whatever became of it.
///
/// # Errors
/// [`StorageError`].
pub async fn proposal_find_newest(
    conn: &mut PgConnection,
    act: TwoPersonAct,
    subject: &str,
) -> Result<Option<ProposalRow>, StorageError> {
    let row = sqlx::query(concat!(
        select_proposals!(),
        " WHERE act = $1 AND subject = $2 ORDER BY proposed_at DESC, proposal_id DESC LIMIT 1"
    ))
    .bind(act.name())
    .bind(subject)
    .fetch_optional(conn)
    .await?;
    row.as_ref().map(proposal_row).transpose()
}

/// Which proposals to list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Listed {
    /// Those that wait.
    Open,
    /// All of them.
    All,
}

/// Proposals in the order they were made.
///
/// # Errors
/// [`StorageError`].
pub async fn proposals_list(
    conn: &mut PgConnection,
    listed: Listed,
) -> Result<Vec<ProposalRow>, StorageError> {
    let statement = match listed {
        Listed::Open => {
            concat!(select_proposals!(), " WHERE state = 'open' ORDER BY proposed_at, proposal_id")
        }
        Listed::All => concat!(select_proposals!(), " ORDER BY proposed_at, proposal_id"),
    };
    let rows = sqlx::query(statement).fetch_all(conn).await?;
    rows.iter().map(proposal_row).collect()
}

/// A decision about a proposal.
#[derive(Clone, Copy, Debug)]
pub struct ProposalDecision<'a> {
    /// Which one.
    pub proposal: ProposalId,
    /// What becomes of it.
    pub state: ProposalState,
    /// Who decides; nobody where it expires.
    pub decided_by: Option<OfficerId>,
    /// When.
    pub decided_at: Timestamp,
    /// Why.
    pub reason: &'a str,
}

/// Decides an open proposal; false if it is not open any more, or one of the two officers has retired. Of
/// two at once the second waits for the first, and finds it decided.
///
/// # Errors
/// [`StorageError::Conflict`] on `proposals_two_persons_check`.
pub async fn proposal_decide(
    conn: &mut PgConnection,
    decision: &ProposalDecision<'_>,
) -> Result<bool, StorageError> {
    let done = sqlx::query(
        "UPDATE proposals SET state = $2, decided_by = $3, decided_at = $4, decision_reason = $5
         WHERE proposal_id = $1 AND state = 'open'
           AND NOT EXISTS (
               SELECT FROM officers o
               WHERE o.officer_id IN ($3, proposed_by) AND o.retired_at IS NOT NULL
           )",
    )
    .bind(decision.proposal.uuid())
    .bind(decision.state.name())
    .bind(decision.decided_by.map(OfficerId::uuid))
    .bind(decision.decided_at.to_offset())
    .bind(decision.reason)
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Withdraws whatever an officer has open, because the office ends.
///
/// # Errors
/// [`StorageError`].
pub async fn proposals_withdraw_of(
    conn: &mut PgConnection,
    officer: OfficerId,
    now: Timestamp,
) -> Result<(), StorageError> {
    sqlx::query(
        "UPDATE proposals SET state = 'withdrawn', decided_by = $1, decided_at = $2,
                              decision_reason = 'the office of its officer has ended'
         WHERE proposed_by = $1 AND state = 'open'",
    )
    .bind(officer.uuid())
    .bind(now.to_offset())
    .execute(conn)
    .await?;
    Ok(())
}
