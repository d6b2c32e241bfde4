//! What requests that come at any moment share: the database, the keys, the clock, the desk.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use domain::account::SessionToken;
use domain::ids::{AccountId, PersonId};
use domain::officers::Officer;
use domain::wave::WaveNumber;
use rand_core::Rng;
use storage::accounts::session_owner;
use storage::database::Database;
use storage::vault::KeyRing;

use crate::accounts::{SessionRow, session_of};
use crate::act::{Act, ActError};
use crate::citizen::{Standing, WaveRow, read_standing, read_wave, read_waves};
use crate::clock::Clock;
use crate::credential::Credential;
use crate::folders::{FolderError, read_registration_proof};
use crate::join_desk::JoinDesk;
use crate::officers::authenticate;
use crate::passwords::Passwords;
use crate::receipt::{ReceiptDesk, ReceiptKey, hand_out_receipt};
use crate::reference::{Policies, RegionData};

/// A source of randomness for one request.
pub type Randomness = Box<dyn Rng + Send>;

/// Everything a request needs; cheap to copy.
#[derive(Clone)]
pub struct Service {
    /// The database.
    pub database: Database,
    /// Keys of identities and draws.
    pub keys: Arc<KeyRing>,
    /// The policies of the waves.
    pub policies: Arc<Policies>,
    /// The regions that a wave is published with.
    pub regions: Arc<RegionData>,
    /// The clock that decides what is open.
    pub clock: Arc<dyn Clock>,
    /// The pool that hashes passwords.
    pub passwords: Passwords,
    /// Where joins are handed in.
    pub desk: JoinDesk,
    /// Signs receipts of published waves; `None` if this installation publishes none.
    pub receipt_key: Option<ReceiptKey>,
    /// Where published folders lie.
    pub public_folder: PathBuf,
    /// Gives randomness for a request.
    pub randomness: Arc<dyn Fn() -> Randomness + Send + Sync>,
}

impl fmt::Debug for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Service").field("clock", &self.clock).finish_non_exhaustive()
    }
}

impl Service {
    /// An act of `actor` at this moment, with the randomness of its request.
    pub fn act<'a>(
        &'a self,
        actor: &'a str,
        request_id: &'a str,
        randomness: &'a mut Randomness,
    ) -> Act<'a> {
        Act {
            database: &self.database,
            keys: &self.keys,
            policies: &self.policies,
            now: self.clock.now(),
            actor,
            request_id,
            rng: &mut **randomness,
        }
    }

    /// Who shows this token now.
    ///
    /// # Errors
    /// [`ActError`].
    pub async fn session(&self, token: &SessionToken) -> Result<Option<SessionRow>, ActError> {
        session_of(&self.database, token, self.clock.now()).await
    }

    /// Whose session it is, or was before it went unused for too long, by the digest of its token; `None` if it was ended
    /// on purpose.
    ///
    /// # Errors
    /// [`ActError`].
    pub async fn session_owner(&self, digest: [u8; 32]) -> Result<Option<AccountId>, ActError> {
        Ok(session_owner(&self.database, digest).await?)
    }

    /// [`authenticate`].
    ///
    /// # Errors
    /// [`ActError`].
    pub async fn officer(&self, credential: &Credential) -> Result<Officer, ActError> {
        authenticate(&self.database, credential).await
    }

    /// [`read_standing`].
    ///
    /// # Errors
    /// [`ActError`].
    pub async fn standing(&self, person: PersonId) -> Result<Option<Standing>, ActError> {
        read_standing(&self.database, person, self.clock.now()).await
    }

    /// [`read_waves`].
    ///
    /// # Errors
    /// [`ActError`].
    pub async fn waves(&self) -> Result<Vec<WaveRow>, ActError> {
        read_waves(&self.database).await
    }

    /// [`read_wave`].
    ///
    /// # Errors
    /// [`ActError`].
    pub async fn wave(&self, wave: WaveNumber) -> Result<Option<WaveRow>, ActError> {
        read_wave(&self.database, wave).await
    }

    /// [`hand_out_receipt`]; `None` too if this installation signs no receipts.
    ///
    /// # Errors
    /// [`ActError`].
    pub async fn receipt(
        &self,
        wave: WaveNumber,
        person: PersonId,
    ) -> Result<Option<Vec<u8>>, ActError> {
        let Some(key) = self.receipt_key.as_deref() else { return Ok(None) };
        let (database, keys, policies) = (&self.database, &*self.keys, &*self.policies);
        let desk = ReceiptDesk { database, keys, policies, key };
        hand_out_receipt(&desk, wave, person, self.clock.now()).await
    }

    /// [`read_registration_proof`].
    ///
    /// # Errors
    /// [`FolderError`].
    pub async fn registration_proof(
        &self,
        wave: WaveNumber,
        digest: &[u8; 32],
    ) -> Result<Option<Vec<u8>>, FolderError> {
        read_registration_proof(&self.database, &self.public_folder, wave, digest).await
    }

    /// Whether a write would be kept at this moment: a server that recovers or stands by refuses.
    ///
    /// # Errors
    /// [`ActError`] if the server is unreachable.
    pub async fn can_write(&self) -> Result<bool, ActError> {
        Ok(self.database.takes_writes().await?)
    }
}
