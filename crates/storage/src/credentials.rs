//! Officers in office: their roles and the credentials that prove them.

use std::collections::BTreeSet;

use domain::ids::OfficerId;
use domain::officers::{Officer, Role};
use domain::policy::Named as _;
use domain::time::Timestamp;
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Row as _};

use crate::convert::{count, named};
use crate::error::StorageError;

/// Constraint that refuses a credential that the officer had before.
pub const USED_CREDENTIAL: &str = "officer_credentials_pkey";

/// Advisory lock of whoever changes who is in office.
const OFFICE_LOCK: i64 = 0x6765_6c6f_6d6f_6663;

/// Lets one transaction at a time change who is in office, until it ends.
///
/// # Errors
/// [`StorageError::Driver`].
pub async fn office_lock(conn: &mut PgConnection) -> Result<(), StorageError> {
    sqlx::query("SELECT pg_advisory_xact_lock($1)").bind(OFFICE_LOCK).execute(conn).await?;
    Ok(())
}

/// The officer in office who holds this secret.
///
/// # Errors
/// [`StorageError`]; `None` if the secret is unknown or was replaced, or the officer has retired.
pub async fn officer_of_credential(
    conn: &mut PgConnection,
    officer: OfficerId,
    secret_sha256: [u8; 32],
) -> Result<Option<Officer>, StorageError> {
    let known: Option<String> = sqlx::query_scalar(
        "SELECT o.name
         FROM officers o JOIN officer_credentials c ON c.officer_id = o.officer_id
         WHERE o.officer_id = $1 AND o.retired_at IS NULL AND c.ended_at IS NULL AND c.secret_sha256 = $2",
    )
    .bind(officer.uuid())
    .bind(secret_sha256.as_slice())
    .fetch_optional(&mut *conn)
    .await?;
    let Some(name) = known else { return Ok(None) };
    Ok(Some(Officer { id: officer, name, roles: officer_roles_list(conn, officer).await? }))
}

/// True unless the officer has retired; holds off a retirement until the transaction ends.
///
/// # Errors
/// [`StorageError`].
pub async fn is_in_office(
    conn: &mut PgConnection,
    officer: OfficerId,
) -> Result<bool, StorageError> {
    let found: Option<i32> = sqlx::query_scalar(
        "SELECT 1 FROM officers WHERE officer_id = $1 AND retired_at IS NULL FOR SHARE",
    )
    .bind(officer.uuid())
    .fetch_optional(conn)
    .await?;
    Ok(found.is_some())
}

/// The roles of an officer, retired or not.
///
/// # Errors
/// [`StorageError`].
pub async fn officer_roles_list(
    conn: &mut PgConnection,
    officer: OfficerId,
) -> Result<BTreeSet<Role>, StorageError> {
    let roles: Vec<String> =
        sqlx::query_scalar("SELECT role FROM officer_roles WHERE officer_id = $1")
            .bind(officer.uuid())
            .fetch_all(conn)
            .await?;
    roles.iter().map(|role| named("officer_roles", "role", role)).collect()
}

/// An officer as listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfficerRow {
    /// Name, id and roles.
    pub officer: Officer,
    /// When added.
    pub created_at: Timestamp,
    /// When the office ended.
    pub retired_at: Option<Timestamp>,
    /// When the credential in force was issued; without one the officer cannot act.
    pub credential_at: Option<Timestamp>,
}

/// All officers, by name.
///
/// # Errors
/// [`StorageError`].
pub async fn officers_list(conn: &mut PgConnection) -> Result<Vec<OfficerRow>, StorageError> {
    let rows = sqlx::query(
        "SELECT o.officer_id, o.name, o.created_at, o.retired_at, c.issued_at,
                array(SELECT r.role FROM officer_roles r WHERE r.officer_id = o.officer_id)
         FROM officers o
         LEFT JOIN officer_credentials c ON c.officer_id = o.officer_id AND c.ended_at IS NULL
         ORDER BY o.name",
    )
    .fetch_all(conn)
    .await?;
    rows.iter().map(officer_row).collect()
}

fn officer_row(row: &PgRow) -> Result<OfficerRow, StorageError> {
    let roles: Vec<String> = row.try_get(5)?;
    let roles = roles.iter().map(|role| named("officer_roles", "role", role));
    let instant = |column: usize| -> Result<Option<Timestamp>, StorageError> {
        Ok(row.try_get::<Option<_>, _>(column)?.map(Timestamp::from_offset))
    };
    Ok(OfficerRow {
        officer: Officer {
            id: OfficerId::from_uuid(row.try_get(0)?),
            name: row.try_get(1)?,
            roles: roles.collect::<Result<_, StorageError>>()?,
        },
        created_at: Timestamp::from_offset(row.try_get(2)?),
        retired_at: instant(3)?,
        credential_at: instant(4)?,
    })
}

/// How many officers ever had a credential.
///
/// # Errors
/// [`StorageError`].
pub async fn credentialed_count(conn: &mut PgConnection) -> Result<u64, StorageError> {
    let officers: i64 =
        sqlx::query_scalar("SELECT count(DISTINCT officer_id) FROM officer_credentials")
            .fetch_one(conn)
            .await?;
    Ok(count(officers))
}

/// How many officers of a role are in office and hold a credential.
///
/// # Errors
/// [`StorageError`].
pub async fn officers_of_role_count(
    conn: &mut PgConnection,
    role: Role,
) -> Result<u64, StorageError> {
    let officers: i64 = sqlx::query_scalar(
        "SELECT count(*)
         FROM officers o
         JOIN officer_roles r ON r.officer_id = o.officer_id
         JOIN officer_credentials c ON c.officer_id = o.officer_id
         WHERE r.role = $1 AND o.retired_at IS NULL AND c.ended_at IS NULL",
    )
    .bind(role.name())
    .fetch_one(conn)
    .await?;
    Ok(count(officers))
}

/// Gives roles; those held already stay.
///
/// # Errors
/// [`StorageError`].
pub async fn officer_roles_insert(
    conn: &mut PgConnection,
    officer: OfficerId,
    roles: &BTreeSet<Role>,
    now: Timestamp,
) -> Result<(), StorageError> {
    let names: Vec<&str> = roles.iter().map(|role| role.name()).collect();
    sqlx::query(
        "INSERT INTO officer_roles (officer_id, role, granted_at)
         SELECT $1, unnest($2::text[]), $3
         ON CONFLICT DO NOTHING",
    )
    .bind(officer.uuid())
    .bind(names)
    .bind(now.to_offset())
    .execute(conn)
    .await?;
    Ok(())
}

/// Ends the credential in force, if any, with its recovery code, and issues another.
///
/// # Errors
/// [`StorageError::Conflict`] on [`USED_CREDENTIAL`] if the officer had this secret before.
pub async fn credential_replace(
    conn: &mut PgConnection,
    officer: OfficerId,
    secret_sha256: [u8; 32],
    now: Timestamp,
) -> Result<(), StorageError> {
    credential_end(conn, officer, now).await?;
    sqlx::query(
        "INSERT INTO officer_credentials (officer_id, secret_sha256, issued_at) VALUES ($1, $2, $3)",
    )
    .bind(officer.uuid())
    .bind(secret_sha256.as_slice())
    .bind(now.to_offset())
    .execute(conn)
    .await?;
    Ok(())
}

async fn credential_end(
    conn: &mut PgConnection,
    officer: OfficerId,
    now: Timestamp,
) -> Result<(), StorageError> {
    sqlx::query(
        "UPDATE officer_credentials SET ended_at = $2 WHERE officer_id = $1 AND ended_at IS NULL",
    )
    .bind(officer.uuid())
    .bind(now.to_offset())
    .execute(&mut *conn)
    .await?;
    recovery_code_end(conn, officer).await
}

/// Whether an officer has a recovery code of this digest.
///
/// # Errors
/// [`StorageError`].
pub async fn recovery_code_matches(
    conn: &mut PgConnection,
    officer: OfficerId,
    code_sha256: [u8; 32],
) -> Result<bool, StorageError> {
    let found: Option<i32> = sqlx::query_scalar(
        "SELECT 1 FROM recovery_codes WHERE officer_id = $1 AND code_sha256 = $2",
    )
    .bind(officer.uuid())
    .bind(code_sha256.as_slice())
    .fetch_optional(conn)
    .await?;
    Ok(found.is_some())
}

/// Keeps the digest of an officer's recovery code in place of the one before.
///
/// # Errors
/// [`StorageError`].
pub async fn recovery_code_replace(
    conn: &mut PgConnection,
    officer: OfficerId,
    code_sha256: [u8; 32],
    now: Timestamp,
) -> Result<(), StorageError> {
    recovery_code_end(conn, officer).await?;
    sqlx::query(
        "INSERT INTO recovery_codes (officer_id, code_sha256, made_at) VALUES ($1, $2, $3)",
    )
    .bind(officer.uuid())
    .bind(code_sha256.as_slice())
    .bind(now.to_offset())
    .execute(conn)
    .await?;
    Ok(())
}

async fn recovery_code_end(
    conn: &mut PgConnection,
    officer: OfficerId,
) -> Result<(), StorageError> {
    sqlx::query("DELETE FROM recovery_codes WHERE officer_id = $1")
        .bind(officer.uuid())
        .execute(conn)
        .await?;
    Ok(())
}

/// How many officers have a recovery code; only administrators in office have one.
///
/// # Errors
/// [`StorageError`].
pub async fn recovery_codes_count(conn: &mut PgConnection) -> Result<u64, StorageError> {
    let codes: i64 =
        sqlx::query_scalar("SELECT count(*) FROM recovery_codes").fetch_one(conn).await?;
    Ok(count(codes))
}

/// Ends an office and its credential.
///
/// # Errors
/// [`StorageError::RowsAffected`] if the officer has retired before.
pub async fn officer_retire(
    conn: &mut PgConnection,
    officer: OfficerId,
    now: Timestamp,
) -> Result<(), StorageError> {
    let done = sqlx::query(
        "UPDATE officers SET retired_at = $2 WHERE officer_id = $1 AND retired_at IS NULL",
    )
    .bind(officer.uuid())
    .bind(now.to_offset())
    .execute(&mut *conn)
    .await?;
    StorageError::check_rows(1, done.rows_affected())?;
    credential_end(conn, officer, now).await
}
