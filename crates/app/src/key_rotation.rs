//! Changing the key under which the keys of identities and draws are wrapped.
//!
//! The file first holds the new key beside the old one; then every wrapped value is brought under the new
//! one, in bounded transactions; then the old one leaves the file. At every point a kill leaves a file that
//! opens everything, and the same command goes on. Blind indexes have a key of their own, which stays.

use std::path::Path;

use domain::ids::AuditEventId;
use domain::time::Timestamp;
use rand_core::Rng;
use serde_json::json;
use sqlx::{Connection as _, PgConnection};
use storage::error::StorageError;
use storage::keys::{
    KeyFileError, OpenedKeys, forget_retired_key, has_keys, open_keys, renew_wrapping_key,
};
use storage::officers::{AuditEvent, audit_event_insert};
use storage::rewrap::{Rewrapped, rewrap_all};

/// A change of keys to be made.
pub struct Rotation<'a> {
    /// Where the key file is.
    pub folder: &'a Path,
    /// The present.
    pub now: Timestamp,
    /// The run it belongs to.
    pub request_id: &'a str,
    /// Randomness for keys and ids.
    pub rng: &'a mut (dyn Rng + Send),
    /// Is told how many persons are behind it.
    pub progress: &'a (dyn Fn(u64) + Sync),
}

impl std::fmt::Debug for Rotation<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Rotation(at {})", self.now)
    }
}

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rotated {
    /// Id of the key that everything lies under now.
    pub key_id: u16,
    /// Values that were brought under it.
    pub rewrapped: Rewrapped,
}

/// Why the keys were not changed, or not to the end.
#[derive(Debug, thiserror::Error)]
pub enum RotationError {
    /// The database holds nothing sealed.
    #[error("this database has no keys yet; they are made when the first identity is sealed")]
    NoKeys,
    /// The key file is not to be used.
    #[error(transparent)]
    KeyFile(#[from] KeyFileError),
    /// The database refused or failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// Changes the wrapping key, or goes on with a change that was interrupted. `conn` has the owner's rights and
/// the database to itself.
///
/// # Errors
/// [`RotationError`]; everything can still be opened with the key file then, and the same call goes on.
pub async fn rotate_keys(
    conn: &mut PgConnection,
    rotation: &mut Rotation<'_>,
) -> Result<Rotated, RotationError> {
    if !has_keys(conn).await? {
        return Err(RotationError::NoKeys);
    }
    // Only a file that belongs to this database is changed.
    record(conn, rotation, None).await?;
    renew_wrapping_key(rotation.folder, rotation.rng)?;
    let ring = record(conn, rotation, None).await?.ring;
    let rewrapped = rewrap_all(conn, &ring, rotation.rng, rotation.progress).await?;
    record(conn, rotation, Some(rewrapped)).await?;
    forget_retired_key(rotation.folder)?;
    Ok(Rotated { key_id: ring.key_id(), rewrapped })
}

/// Opens the keys in a transaction, which records a key that the database does not know; with an audit event
/// of that, or of the end.
async fn record(
    conn: &mut PgConnection,
    rotation: &mut Rotation<'_>,
    done: Option<Rewrapped>,
) -> Result<OpenedKeys, RotationError> {
    let mut tx = conn.begin().await.map_err(StorageError::from)?;
    let opened = open_keys(rotation.folder, &mut tx, rotation.now, rotation.rng).await?;
    let key_id = opened.ring.key_id();
    let detail = match done {
        Some(done) => json!({
            "key": key_id,
            "persons": done.persons,
            "accounts": done.accounts,
            "waves": done.waves,
            "import_chunks": done.chunks,
        }),
        None if opened.is_new_key => json!({ "key": key_id }),
        None => return Ok(opened),
    };
    let mut random = [0; 10];
    rotation.rng.fill_bytes(&mut random);
    let (from, to) = if done.is_some() { (Some("begun"), "done") } else { (None, "begun") };
    let event = AuditEvent {
        event_id: AuditEventId::at(rotation.now, random),
        occurred_at: rotation.now,
        actor: "operator",
        act: "keys_rotate",
        subject: "keys",
        from_state: from,
        to_state: Some(to),
        reason: "the wrapping key is changed",
        request_id: rotation.request_id,
        detail: &detail.to_string(),
    };
    audit_event_insert(&mut tx, &event).await?;
    tx.commit().await.map_err(StorageError::from)?;
    Ok(opened)
}
