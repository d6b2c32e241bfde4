//! Answers kept under the keys of clients, for acts that come one by one.

use domain::client_key::ClientKey;
use domain::time::Timestamp;
use sqlx::{PgConnection, Row as _};
use uuid::Uuid;

use crate::error::StorageError;
use crate::joins::KnownAnswer;

/// Constraint that refuses the second of two requests that use a key at the same moment.
pub const KEY_TAKEN: &str = "client_keys_pkey";

/// What an actor's key has come to before, if it was used.
///
/// # Errors
/// [`StorageError`].
pub async fn client_key_find(
    conn: &mut PgConnection,
    actor: Uuid,
    key: &ClientKey,
) -> Result<Option<KnownAnswer>, StorageError> {
    let row = sqlx::query(
        "SELECT request_index, answer FROM client_keys WHERE actor_id = $1 AND client_key = $2",
    )
    .bind(actor)
    .bind(key.as_str())
    .fetch_optional(conn)
    .await?;
    row.map(|row| Ok(KnownAnswer { request_index: row.try_get(0)?, answer: row.try_get(1)? }))
        .transpose()
}

/// An answer to be kept.
#[derive(Clone, Copy, Debug)]
pub struct NewAnswer<'a> {
    /// Who asked.
    pub actor: Uuid,
    /// Under which key.
    pub key: &'a ClientKey,
    /// For which act.
    pub act: &'a str,
    /// Keyed digest of the request.
    pub request_index: Uuid,
    /// Code of the answer.
    pub answer: &'a str,
}

/// Keeps the answer to an act.
///
/// # Errors
/// [`StorageError::Conflict`] on [`KEY_TAKEN`] if the key was used meanwhile.
pub async fn client_key_insert(
    conn: &mut PgConnection,
    new: NewAnswer<'_>,
    now: Timestamp,
) -> Result<(), StorageError> {
    sqlx::query(
        "INSERT INTO client_keys (actor_id, client_key, act, request_index, answer, recorded_at)
         VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(new.actor)
    .bind(new.key.as_str())
    .bind(new.act)
    .bind(new.request_index)
    .bind(new.answer)
    .bind(now.to_offset())
    .execute(conn)
    .await?;
    Ok(())
}
