//! How often codes were sent and tried; the codes themselves are among the secrets of accounts.

use domain::codes::{CodePurpose, CodeRound};
use domain::ids::AccountId;
use domain::notice::Channel;
use domain::policy::Named as _;
use domain::time::Timestamp;
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Row as _};
use uuid::Uuid;

use crate::convert::named;
use crate::error::StorageError;

/// Whose codes: the owner and what they are for.
pub type CodeOwner = (Uuid, CodePurpose);

/// The codes of one purpose, for one owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CodeRow {
    /// The account; `None` for an address that has none.
    pub account_id: Option<AccountId>,
    /// The way the last one took.
    pub channel: Channel,
    /// How they stand.
    pub round: CodeRound,
    /// Keyed index of the number or address that the last one of a member was asked for.
    pub target: Option<Uuid>,
}

/// Takes the codes of an owner for the rest of the transaction; none were sent if there is no row yet.
///
/// # Errors
/// [`StorageError`].
pub async fn code_lock(
    conn: &mut PgConnection,
    (owner, purpose): CodeOwner,
) -> Result<CodeRow, StorageError> {
    sqlx::query("INSERT INTO codes (owner, purpose) VALUES ($1, $2) ON CONFLICT DO NOTHING")
        .bind(owner)
        .bind(purpose.name())
        .execute(&mut *conn)
        .await?;
    let row = sqlx::query(
        "SELECT account_id, channel, sent, tries, sent_at, expires_at, locked_until, target_index
         FROM codes WHERE owner = $1 AND purpose = $2 FOR UPDATE",
    )
    .bind(owner)
    .bind(purpose.name())
    .fetch_one(conn)
    .await?;
    code_row(&row)
}

/// How the codes of an owner stand, for a page.
///
/// # Errors
/// [`StorageError`]; `None` if none were sent.
pub async fn code_find(
    conn: &mut PgConnection,
    (owner, purpose): CodeOwner,
) -> Result<Option<CodeRow>, StorageError> {
    let row = sqlx::query(
        "SELECT account_id, channel, sent, tries, sent_at, expires_at, locked_until, target_index
         FROM codes WHERE owner = $1 AND purpose = $2",
    )
    .bind(owner)
    .bind(purpose.name())
    .fetch_optional(conn)
    .await?;
    row.as_ref().map(code_row).transpose()
}

fn code_row(row: &PgRow) -> Result<CodeRow, StorageError> {
    let at = |column| -> Result<Option<Timestamp>, StorageError> {
        Ok(row.try_get::<Option<_>, _>(column)?.map(Timestamp::from_offset))
    };
    let few = |column| -> Result<u8, StorageError> {
        Ok(u8::try_from(row.try_get::<i16, _>(column)?).unwrap_or(u8::MAX))
    };
    Ok(CodeRow {
        account_id: row.try_get::<Option<Uuid>, _>(0)?.map(AccountId::from_uuid),
        channel: named("codes", "channel", row.try_get(1)?)?,
        round: CodeRound {
            sent: few(2)?,
            tries: few(3)?,
            sent_at: at(4)?,
            expires_at: at(5)?,
            locked_until: at(6)?,
        },
        target: row.try_get(7)?,
    })
}

/// Writes down how the codes of an owner stand, who holds their row.
///
/// # Errors
/// [`StorageError::RowsAffected`] if there is no row.
pub async fn code_set(
    conn: &mut PgConnection,
    (owner, purpose): CodeOwner,
    row: &CodeRow,
) -> Result<(), StorageError> {
    let CodeRow { account_id, channel, round, target } = row;
    let done = sqlx::query(
        "UPDATE codes
         SET account_id = $3, channel = $4, sent = $5, tries = $6, sent_at = $7, expires_at = $8,
             locked_until = $9, target_index = $10
         WHERE owner = $1 AND purpose = $2",
    )
    .bind(owner)
    .bind(purpose.name())
    .bind(account_id.map(AccountId::uuid))
    .bind(channel.name())
    .bind(i16::from(round.sent))
    .bind(i16::from(round.tries))
    .bind(round.sent_at.map(Timestamp::to_offset))
    .bind(round.expires_at.map(Timestamp::to_offset))
    .bind(round.locked_until.map(Timestamp::to_offset))
    .bind(target)
    .execute(conn)
    .await?;
    StorageError::check_rows(1, done.rows_affected())
}

/// The codes of accounts that can still be used, each by when it ends.
///
/// # Errors
/// [`StorageError`].
pub async fn codes_open(
    conn: &mut PgConnection,
    accounts: &[Uuid],
) -> Result<Vec<(AccountId, CodePurpose, Timestamp)>, StorageError> {
    let rows = sqlx::query(
        "SELECT account_id, purpose, expires_at FROM codes
         WHERE account_id = ANY($1) AND expires_at IS NOT NULL
         ORDER BY owner, purpose",
    )
    .bind(accounts)
    .fetch_all(conn)
    .await?;
    rows.iter()
        .map(|row| {
            let account = AccountId::from_uuid(row.try_get(0)?);
            let purpose = named("codes", "purpose", row.try_get(1)?)?;
            Ok((account, purpose, Timestamp::from_offset(row.try_get(2)?)))
        })
        .collect()
}
