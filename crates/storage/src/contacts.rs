//! Where an account can be written to: its address, sealed, and its language.

use domain::ids::AccountId;
use domain::reasons::Language;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::error::StorageError;
use crate::vault::SealedContact;

/// The contact of an account that is opened.
#[derive(Clone, Debug)]
pub struct NewContact {
    /// The account.
    pub account_id: AccountId,
    /// Language of what is sent to it.
    pub language: Language,
    /// The address.
    pub address: SealedContact,
}

/// Adds contacts of accounts that have none.
///
/// # Errors
/// [`StorageError`].
pub async fn contacts_insert(
    conn: &mut PgConnection,
    contacts: &[NewContact],
) -> Result<(), StorageError> {
    let done = sqlx::query(
        "INSERT INTO account_contacts (account_id, language, wrapped_key, sealed)
         SELECT account_id, language, wrapped_key, sealed
         FROM unnest($1::uuid[], $2::text[], $3::bytea[], $4::bytea[])
             AS c (account_id, language, wrapped_key, sealed)",
    )
    .bind(contacts.iter().map(|one| one.account_id.uuid()).collect::<Vec<Uuid>>())
    .bind(contacts.iter().map(|one| one.language.tag()).collect::<Vec<&str>>())
    .bind(contacts.iter().map(|one| one.address.wrapped_key.as_slice()).collect::<Vec<_>>())
    .bind(contacts.iter().map(|one| one.address.sealed.as_slice()).collect::<Vec<_>>())
    .execute(conn)
    .await?;
    StorageError::check_rows(contacts.len() as u64, done.rows_affected())
}

/// The address of an account, sealed; `None` for an account from before addresses were kept.
///
/// # Errors
/// [`StorageError`].
pub async fn contact_find(
    conn: &mut PgConnection,
    account: AccountId,
) -> Result<Option<SealedContact>, StorageError> {
    let row: Option<(Vec<u8>, Vec<u8>)> =
        sqlx::query_as("SELECT wrapped_key, sealed FROM account_contacts WHERE account_id = $1")
            .bind(account.uuid())
            .fetch_optional(conn)
            .await?;
    Ok(row.map(|(wrapped_key, sealed)| SealedContact { wrapped_key, sealed }))
}

/// Puts an address of an account in the place of the one before, in the same language.
///
/// # Errors
/// [`StorageError`].
pub async fn contact_replace(
    conn: &mut PgConnection,
    contact: &NewContact,
) -> Result<(), StorageError> {
    sqlx::query("DELETE FROM account_contacts WHERE account_id = $1")
        .bind(contact.account_id.uuid())
        .execute(&mut *conn)
        .await?;
    contacts_insert(conn, std::slice::from_ref(contact)).await
}
