//! Face checks of accounts, and when their pictures came.

use domain::eligibility::CheckState;
use domain::face::FaceFault;
use domain::ids::AccountId;
use domain::policy::Named as _;
use domain::time::Timestamp;
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Row as _};
use time::Date;
use uuid::Uuid;

use crate::convert::named;
use crate::error::StorageError;
use crate::secrets::SecretKind;

/// Picture of the identity card.
pub const IDENTITY_PHOTO: SecretKind = SecretKind::new("identity_photo");
/// Picture of the face, until there is an answer about it.
pub const FACE_PHOTO: SecretKind = SecretKind::new("face_photo");

/// A face check as written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FaceCheck {
    /// Where it stands.
    pub state: CheckState,
    /// Why it was refuted.
    pub fault: Option<FaceFault>,
    /// When the picture came that it is about.
    pub sent_at: Option<Timestamp>,
    /// When there was an answer, or none to be had for now.
    pub answered_at: Option<Timestamp>,
    /// Times that this picture was asked about in vain.
    pub silent: u16,
    /// Pictures sent on one day.
    pub sent_count: u8,
    /// That day.
    pub sent_on: Option<Date>,
}

impl FaceCheck {
    /// That of an account which has sent nothing.
    pub const NONE: Self = Self {
        state: CheckState::NotAsked,
        fault: None,
        sent_at: None,
        answered_at: None,
        silent: 0,
        sent_count: 0,
        sent_on: None,
    };
}

fn face_check(row: &PgRow) -> Result<FaceCheck, StorageError> {
    let fault: Option<&str> = row.try_get(1)?;
    Ok(FaceCheck {
        state: named("face_checks", "state", row.try_get(0)?)?,
        fault: fault.map(|fault| named("face_checks", "fault", fault)).transpose()?,
        sent_at: row.try_get::<Option<_>, _>(2)?.map(Timestamp::from_offset),
        answered_at: row.try_get::<Option<_>, _>(3)?.map(Timestamp::from_offset),
        silent: u16::try_from(row.try_get::<i16, _>(4)?).unwrap_or(0),
        sent_count: u8::try_from(row.try_get::<i16, _>(5)?).unwrap_or(u8::MAX),
        sent_on: row.try_get(6)?,
    })
}

/// Reads the face check of an account.
///
/// # Errors
/// [`StorageError`].
pub async fn face_find(
    conn: &mut PgConnection,
    account: AccountId,
) -> Result<FaceCheck, StorageError> {
    let row = sqlx::query(
        "SELECT state::text, fault, sent_at, answered_at, silent, sent_count, sent_on
         FROM face_checks WHERE account_id = $1",
    )
    .bind(account.uuid())
    .fetch_optional(conn)
    .await?;
    row.as_ref().map_or(Ok(FaceCheck::NONE), face_check)
}

/// Takes the face check of an account for the rest of the transaction; made if there is none. The caller holds the account,
/// so that check and pictures stay of one piece.
///
/// # Errors
/// [`StorageError`].
pub async fn face_lock(
    conn: &mut PgConnection,
    account: AccountId,
) -> Result<FaceCheck, StorageError> {
    sqlx::query(
        "INSERT INTO face_checks (account_id, state) VALUES ($1, 'not_asked')
         ON CONFLICT (account_id) DO NOTHING",
    )
    .bind(account.uuid())
    .execute(&mut *conn)
    .await?;
    let row = sqlx::query(
        "SELECT state::text, fault, sent_at, answered_at, silent, sent_count, sent_on
         FROM face_checks WHERE account_id = $1 FOR UPDATE",
    )
    .bind(account.uuid())
    .fetch_one(conn)
    .await?;
    face_check(&row)
}

/// Writes down a face check that the caller has taken.
///
/// # Errors
/// [`StorageError`].
pub async fn face_update(
    conn: &mut PgConnection,
    account: AccountId,
    check: &FaceCheck,
) -> Result<(), StorageError> {
    let done = sqlx::query(
        "UPDATE face_checks
         SET state = $2::check_state, fault = $3, sent_at = $4, answered_at = $5, silent = $6,
             sent_count = $7, sent_on = $8
         WHERE account_id = $1",
    )
    .bind(account.uuid())
    .bind(check.state.name())
    .bind(check.fault.map(FaceFault::name))
    .bind(check.sent_at.map(Timestamp::to_offset))
    .bind(check.answered_at.map(Timestamp::to_offset))
    .bind(i16::try_from(check.silent).unwrap_or(i16::MAX))
    .bind(i16::from(check.sent_count))
    .bind(check.sent_on)
    .execute(conn)
    .await?;
    StorageError::check_rows(1, done.rows_affected())
}

/// Forgets the face check of an account, whose pictures are forgotten as secrets are.
///
/// # Errors
/// [`StorageError`].
pub async fn face_delete(conn: &mut PgConnection, account: AccountId) -> Result<(), StorageError> {
    sqlx::query("DELETE FROM face_checks WHERE account_id = $1")
        .bind(account.uuid())
        .execute(conn)
        .await?;
    Ok(())
}

/// A picture as it lies sealed: another one has another id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeptPicture {
    /// Its id.
    pub secret_id: Uuid,
    /// When it came.
    pub kept_at: Timestamp,
}

/// Which picture of this kind an account has, without opening it.
///
/// # Errors
/// [`StorageError`].
pub async fn picture_find(
    conn: &mut PgConnection,
    account: AccountId,
    kind: SecretKind,
) -> Result<Option<KeptPicture>, StorageError> {
    let row = sqlx::query(
        "SELECT secret_id, kept_at FROM account_secrets WHERE account_id = $1 AND kind = $2",
    )
    .bind(account.uuid())
    .bind(kind.name())
    .fetch_optional(conn)
    .await?;
    row.map(|row| {
        let kept_at = Timestamp::from_offset(row.try_get(1)?);
        Ok(KeptPicture { secret_id: row.try_get(0)?, kept_at })
    })
    .transpose()
}
