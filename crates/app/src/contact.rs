//! Where an account is reached beside its address: its phone, once a code that was sent there has come back.

use domain::identity::Phone;
use domain::ids::AccountId;
use sqlx::PgConnection;
use storage::error::StorageError;
use storage::secrets::{SecretKind, secret_find};
use storage::vault::KeyRing;

/// The number that a code has come back from.
pub(crate) const VERIFIED_PHONE: SecretKind = SecretKind::new("verified_phone");

/// The phone of an account that is proven to be its holder's; `None` until a code sent there has come back.
///
/// # Errors
/// [`StorageError`].
pub async fn verified_phone(
    conn: &mut PgConnection,
    keys: &KeyRing,
    account: AccountId,
) -> Result<Option<Phone>, StorageError> {
    let kept = secret_find(conn, keys, (account, VERIFIED_PHONE)).await?;
    Ok(kept.and_then(|plain| Phone::parse(std::str::from_utf8(&plain).ok()?).ok()))
}
