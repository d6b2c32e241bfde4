//! Officers, approvals by two, the audit trail, and the record of a replay.

use domain::ids::{AuditEventId, OfficerId};
use domain::officers::{Approval, TwoPersonAct};
use domain::policy::Named as _;
use domain::time::Timestamp;
use sqlx::{PgConnection, Row as _};

use crate::error::StorageError;

/// The officer of this name.
///
/// # Errors
/// [`StorageError`].
pub async fn officer_find(
    conn: &mut PgConnection,
    name: &str,
) -> Result<Option<OfficerId>, StorageError> {
    let known = sqlx::query_scalar("SELECT officer_id FROM officers WHERE name = $1")
        .bind(name)
        .fetch_optional(conn)
        .await?;
    Ok(known.map(OfficerId::from_uuid))
}

/// Adds an officer.
///
/// # Errors
/// [`StorageError::Conflict`] on `officers_name_key` if the name is taken.
pub async fn officer_insert(
    conn: &mut PgConnection,
    officer: OfficerId,
    name: &str,
    now: Timestamp,
) -> Result<(), StorageError> {
    sqlx::query("INSERT INTO officers (officer_id, name, created_at) VALUES ($1, $2, $3)")
        .bind(officer.uuid())
        .bind(name)
        .bind(now.to_offset())
        .execute(conn)
        .await?;
    Ok(())
}

/// Records what two officers agreed on.
///
/// # Errors
/// [`StorageError::Conflict`] on `approvals_pkey` if the act was approved before, or on
/// `approvals_two_persons_check`.
pub async fn approval_insert(
    conn: &mut PgConnection,
    act: TwoPersonAct,
    subject: &str,
    approval: &Approval,
    now: Timestamp,
) -> Result<(), StorageError> {
    sqlx::query(
        "INSERT INTO approvals (act, subject, prepared_by, approved_by, reason, approved_at, number)
         SELECT $1, $2, $3, $4, $5, $6,
                CASE WHEN $7 THEN 1 + (SELECT count(*) FROM approvals WHERE act = $1 AND subject = $2) ELSE 1 END",
    )
    .bind(act.name())
    .bind(subject)
    .bind(approval.prepared_by().uuid())
    .bind(approval.approved_by().uuid())
    .bind(approval.reason())
    .bind(now.to_offset())
    .bind(act.is_repeatable())
    .execute(conn)
    .await?;
    Ok(())
}

/// A row of the audit trail.
#[derive(Clone, Debug)]
pub struct AuditEvent<'a> {
    /// Id.
    pub event_id: AuditEventId,
    /// When the act took place.
    pub occurred_at: Timestamp,
    /// Who acted: an officer's id, `schedule`, or `simulator`.
    pub actor: &'a str,
    /// What was done.
    pub act: &'a str,
    /// To what.
    pub subject: &'a str,
    /// State before, where there is one.
    pub from_state: Option<&'a str>,
    /// State after, where there is one.
    pub to_state: Option<&'a str>,
    /// Why.
    pub reason: &'a str,
    /// The request or run it belongs to.
    pub request_id: &'a str,
    /// Counts of the act as a JSON object; never personal data.
    pub detail: &'a str,
}

/// Adds a row of the audit trail.
///
/// # Errors
/// [`StorageError`].
pub async fn audit_event_insert(
    conn: &mut PgConnection,
    event: &AuditEvent<'_>,
) -> Result<(), StorageError> {
    sqlx::query(
        "INSERT INTO audit_events (event_id, occurred_at, actor, act, subject, from_state, to_state, reason,
                                   request_id, detail)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10::jsonb)",
    )
    .bind(event.event_id.uuid())
    .bind(event.occurred_at.to_offset())
    .bind(event.actor)
    .bind(event.act)
    .bind(event.subject)
    .bind(event.from_state)
    .bind(event.to_state)
    .bind(event.reason)
    .bind(event.request_id)
    .bind(event.detail)
    .execute(conn)
    .await?;
    Ok(())
}

/// The replay a database was filled by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SimulationRow {
    /// Its parameters as JSON text, keys sorted.
    pub parameters: String,
    /// True once it has run to its end.
    pub finished: bool,
}

/// Advisory lock of whoever fills a database by a replay.
const SIMULATION_LOCK: i64 = 0x6765_6c6f_6d73_696d;

/// Makes this transaction the one that may run a replay, until it ends. Waits a few seconds, since the
/// server may not have noticed yet that a killed process is gone; false if another one is at it.
///
/// # Errors
/// [`StorageError::Driver`].
pub async fn simulation_lock(conn: &mut PgConnection) -> Result<bool, StorageError> {
    const LOCK_NOT_AVAILABLE: &str = "55P03";
    // A given server may be set to end transactions that idle, or last, as long as a replay makes this one
    // do; the second setting came with PostgreSQL 17.
    sqlx::raw_sql(
        "SET LOCAL lock_timeout = '5s';
         SET LOCAL idle_in_transaction_session_timeout = 0;
         SELECT set_config(name, '0', true) FROM pg_settings WHERE name = 'transaction_timeout'",
    )
    .execute(&mut *conn)
    .await?;
    let locked =
        sqlx::query("SELECT pg_advisory_xact_lock($1)").bind(SIMULATION_LOCK).execute(conn).await;
    match locked {
        Ok(_) => Ok(true),
        Err(sqlx::Error::Database(error))
            if error.code().as_deref() == Some(LOCK_NOT_AVAILABLE) =>
        {
            Ok(false)
        }
        Err(error) => Err(error.into()),
    }
}

/// The replay of this database, if any.
///
/// # Errors
/// [`StorageError`].
pub async fn simulation_find(
    conn: &mut PgConnection,
) -> Result<Option<SimulationRow>, StorageError> {
    let row = sqlx::query("SELECT parameters::text, finished FROM simulations")
        .fetch_optional(conn)
        .await?;
    row.map(|row| Ok(SimulationRow { parameters: row.try_get(0)?, finished: row.try_get(1)? }))
        .transpose()
}

/// Records that a replay begins.
///
/// # Errors
/// [`StorageError::Conflict`] if there is one already.
pub async fn simulation_insert(
    conn: &mut PgConnection,
    parameters: &str,
    now: Timestamp,
) -> Result<(), StorageError> {
    sqlx::query("INSERT INTO simulations (parameters, started_at) VALUES ($1::jsonb, $2)")
        .bind(parameters)
        .bind(now.to_offset())
        .execute(conn)
        .await?;
    Ok(())
}

/// Records that the replay has run to its end. In the transaction of [`simulation_lock`], so that it fails
/// if another one may have taken the turn.
///
/// # Errors
/// [`StorageError`].
pub async fn simulation_finish(conn: &mut PgConnection) -> Result<(), StorageError> {
    let done = sqlx::query("UPDATE simulations SET finished = true").execute(conn).await?;
    StorageError::check_rows(1, done.rows_affected())
}
