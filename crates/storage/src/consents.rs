//! What accounts agreed to and declared.

use domain::consent::ConsentKind;
use domain::ids::AccountId;
use domain::policy::Named as _;
use domain::time::Timestamp;
use sqlx::{PgConnection, Row as _};

use crate::convert::named;
use crate::error::StorageError;

/// A consent or declaration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConsentRow {
    /// About what.
    pub kind: ConsentKind,
    /// Version of the words that were shown.
    pub version: u16,
    /// When it was given.
    pub given_at: Timestamp,
    /// When it was withdrawn, if it was.
    pub withdrawn_at: Option<Timestamp>,
}

/// Keeps that an account gave these in the words that are shown now; gives those it had not given before.
///
/// # Errors
/// [`StorageError`].
pub async fn consents_insert(
    conn: &mut PgConnection,
    account: AccountId,
    kinds: &[ConsentKind],
    now: Timestamp,
) -> Result<Vec<ConsentKind>, StorageError> {
    let version = |kind: &ConsentKind| i16::try_from(kind.text().version).unwrap_or(i16::MAX);
    let given: Vec<String> = sqlx::query_scalar(
        "INSERT INTO consents (account_id, kind, version, given_at)
         SELECT $1, kind, version, $4 FROM unnest($2::text[], $3::smallint[]) AS c (kind, version)
         ON CONFLICT DO NOTHING
         RETURNING kind",
    )
    .bind(account.uuid())
    .bind(kinds.iter().map(|kind| kind.name()).collect::<Vec<&str>>())
    .bind(kinds.iter().map(version).collect::<Vec<i16>>())
    .bind(now.to_offset())
    .fetch_all(conn)
    .await?;
    given.into_iter().map(|kind| named("consents", "kind", &kind)).collect()
}

/// Everything an account gave, in the order of time.
///
/// # Errors
/// [`StorageError`].
pub async fn consents_list(
    conn: &mut PgConnection,
    account: AccountId,
) -> Result<Vec<ConsentRow>, StorageError> {
    let rows = sqlx::query(
        "SELECT kind, version, given_at, withdrawn_at FROM consents
         WHERE account_id = $1 ORDER BY given_at, kind",
    )
    .bind(account.uuid())
    .fetch_all(conn)
    .await?;
    rows.iter()
        .map(|row| {
            let broken = StorageError::Inconsistency { table: "consents", column: "version" };
            Ok(ConsentRow {
                kind: named("consents", "kind", row.try_get(0)?)?,
                version: u16::try_from(row.try_get::<i16, _>(1)?).map_err(|_| broken)?,
                given_at: Timestamp::from_offset(row.try_get(2)?),
                withdrawn_at: row.try_get::<Option<_>, _>(3)?.map(Timestamp::from_offset),
            })
        })
        .collect()
}

/// Withdraws what an account gave of a kind, in whatever words; false if nothing of it holds.
///
/// # Errors
/// [`StorageError`].
pub async fn consent_withdraw(
    conn: &mut PgConnection,
    account: AccountId,
    kind: ConsentKind,
    now: Timestamp,
) -> Result<bool, StorageError> {
    let done = sqlx::query(
        "UPDATE consents SET withdrawn_at = $3
         WHERE account_id = $1 AND kind = $2 AND withdrawn_at IS NULL",
    )
    .bind(account.uuid())
    .bind(kind.name())
    .bind(now.to_offset())
    .execute(conn)
    .await?;
    Ok(done.rows_affected() > 0)
}
