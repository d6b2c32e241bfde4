//! What an account gives before or beside a registration, each sealed under a key of its own.

use std::collections::BTreeMap;

use domain::ids::AccountId;
use domain::time::Timestamp;
use sqlx::PgConnection;
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::error::StorageError;
use crate::vault::{KeyRing, SealRandom};

/// What kind of thing it is; an account has one of each at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SecretKind(&'static str);

impl SecretKind {
    /// A kind by its name in the database: small letters and underscores.
    pub const fn new(name: &'static str) -> Self {
        Self(name)
    }

    /// The name in the database.
    pub const fn name(self) -> &'static str {
        self.0
    }
}

/// To whom the key of a secret belongs in its sealed form.
pub fn secret_owner(secret_id: Uuid) -> Vec<u8> {
    [b"secret".as_slice(), secret_id.as_bytes()].concat()
}

/// Keeps a secret of an account in the place of the one before, under a fresh id and key.
///
/// # Errors
/// [`StorageError`].
pub async fn secret_put(
    conn: &mut PgConnection,
    keys: &KeyRing,
    (account, kind): (AccountId, SecretKind),
    plain: &[u8],
    (secret_id, random): (Uuid, &SealRandom),
    now: Timestamp,
) -> Result<(), StorageError> {
    let (wrapped_key, sealed) = keys.seal_bytes(&secret_owner(secret_id), plain, random)?;
    sqlx::query(
        "INSERT INTO account_secrets (secret_id, account_id, kind, wrapped_key, sealed, kept_at)
         VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (account_id, kind) DO UPDATE
         SET secret_id = excluded.secret_id, wrapped_key = excluded.wrapped_key,
             sealed = excluded.sealed, kept_at = excluded.kept_at",
    )
    .bind(secret_id)
    .bind(account.uuid())
    .bind(kind.0)
    .bind(wrapped_key)
    .bind(sealed)
    .bind(now.to_offset())
    .execute(conn)
    .await?;
    Ok(())
}

/// Opens a secret of an account, if there is one.
///
/// # Errors
/// [`StorageError::Unsealable`] for a wrong key or changed bytes.
pub async fn secret_find(
    conn: &mut PgConnection,
    keys: &KeyRing,
    (account, kind): (AccountId, SecretKind),
) -> Result<Option<Zeroizing<Vec<u8>>>, StorageError> {
    let row: Option<(Uuid, Vec<u8>, Vec<u8>)> = sqlx::query_as(
        "SELECT secret_id, wrapped_key, sealed FROM account_secrets
         WHERE account_id = $1 AND kind = $2",
    )
    .bind(account.uuid())
    .bind(kind.0)
    .fetch_optional(conn)
    .await?;
    row.map(|(id, wrapped_key, sealed)| keys.open_bytes(&secret_owner(id), &wrapped_key, &sealed))
        .transpose()
}

/// A secret by its account and kind, opened.
pub type OpenSecrets = BTreeMap<(AccountId, String), Zeroizing<Vec<u8>>>;

/// Opens secrets of these kinds of several accounts; one that cannot be opened is left out, so that it holds up no other.
///
/// # Errors
/// [`StorageError`].
pub async fn secrets_read(
    conn: &mut PgConnection,
    keys: &KeyRing,
    accounts: &[Uuid],
    kinds: &[SecretKind],
) -> Result<OpenSecrets, StorageError> {
    let rows: Vec<(Uuid, String, Uuid, Vec<u8>, Vec<u8>)> = sqlx::query_as(
        "SELECT account_id, kind, secret_id, wrapped_key, sealed FROM account_secrets
         WHERE account_id = ANY($1) AND kind = ANY($2)
         ORDER BY account_id, kind",
    )
    .bind(accounts)
    .bind(kinds.iter().map(|kind| kind.0).collect::<Vec<&str>>())
    .fetch_all(conn)
    .await?;
    let open = |(account, kind, id, key, sealed): (Uuid, String, Uuid, Vec<u8>, Vec<u8>)| {
        let plain = keys.open_bytes(&secret_owner(id), &key, &sealed).ok()?;
        Some(((AccountId::from_uuid(account), kind), plain))
    };
    Ok(rows.into_iter().filter_map(open).collect())
}

/// Forgets a secret of an account; true if there was one.
///
/// # Errors
/// [`StorageError`].
pub async fn secret_delete(
    conn: &mut PgConnection,
    (account, kind): (AccountId, SecretKind),
) -> Result<bool, StorageError> {
    let done = sqlx::query("DELETE FROM account_secrets WHERE account_id = $1 AND kind = $2")
        .bind(account.uuid())
        .bind(kind.0)
        .execute(conn)
        .await?;
    Ok(done.rows_affected() > 0)
}

/// Forgets all secrets of an account; gives how many there were.
///
/// # Errors
/// [`StorageError`].
pub async fn secrets_delete(
    conn: &mut PgConnection,
    account: AccountId,
) -> Result<u64, StorageError> {
    let done = sqlx::query("DELETE FROM account_secrets WHERE account_id = $1")
        .bind(account.uuid())
        .execute(conn)
        .await?;
    Ok(done.rows_affected())
}
