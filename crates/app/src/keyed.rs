//! Acts under a client's key: done once, and answered as before when the same is asked again.

use domain::client_key::ClientKey;
use domain::time::Timestamp;
use sqlx::PgConnection;
use storage::client_keys::{KEY_TAKEN, NewAnswer, client_key_find, client_key_insert};
use storage::error::StorageError;
use storage::vault::KeyRing;
use uuid::Uuid;

use crate::act::ActError;

/// A request under the key of whoever acts.
#[derive(Debug)]
pub(crate) struct Keyed<'a> {
    actor: Uuid,
    key: &'a ClientKey,
    act: &'static str,
    request_index: Uuid,
}

/// What a key has come to before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Known {
    /// Nothing yet.
    New,
    /// The same request, with the code of its answer.
    Answered(String),
    /// Another request.
    Reused,
}

impl<'a> Keyed<'a> {
    /// A request of an act, as the bytes that make it what it is.
    pub(crate) fn new(
        keys: &KeyRing,
        (actor, key): (Uuid, &'a ClientKey),
        act: &'static str,
        request: &[u8],
    ) -> Self {
        Self { actor, key, act, request_index: keys.request_index(act, request) }
    }

    /// Looks the key up.
    pub(crate) async fn known(&self, conn: &mut PgConnection) -> Result<Known, ActError> {
        Ok(match client_key_find(conn, self.actor, self.key).await? {
            None => Known::New,
            Some(known) if known.request_index == self.request_index => {
                Known::Answered(known.answer)
            }
            Some(_) => Known::Reused,
        })
    }

    /// Keeps the answer, within the transaction of the act. A refusal is not kept: it has done nothing, so the
    /// same key may be sent again.
    pub(crate) async fn keep(
        &self,
        conn: &mut PgConnection,
        answer: &str,
        now: Timestamp,
    ) -> Result<(), ActError> {
        let new = NewAnswer {
            actor: self.actor,
            key: self.key,
            act: self.act,
            request_index: self.request_index,
            answer,
        };
        Ok(client_key_insert(conn, new, now).await?)
    }
}

/// True if another request under the key was first at the same moment. It has committed, so asking again reads
/// its answer.
pub(crate) fn was_taken<T>(done: &Result<T, ActError>) -> bool {
    matches!(
        done,
        Err(ActError::Storage(StorageError::Conflict { constraint })) if constraint == KEY_TAKEN
    )
}
