//! Hashing passwords: costly by purpose, so on a bounded pool and never inside a transaction.

use std::fmt;
use std::sync::Arc;

use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use argon2::{Argon2, PasswordHash};
use domain::account::Password;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::spawn_blocking;

/// Those who may wait for each place of the pool: at some 25 ms a hash, a second or so.
const WAITING_PER_PLACE: usize = 32;
/// Random bytes of a salt, as RFC 9106 section 3.1 recommends.
pub const SALT_BYTES: usize = 16;

/// Argon2id with 19 MiB, 2 passes, 1 lane (the OWASP password storage recommendation, and the default of the
/// implementation), at most so many at once.
#[derive(Clone)]
pub struct Passwords {
    places: Arc<Semaphore>,
    queue: Arc<Semaphore>,
    /// A hash that no password has, so that an unknown address costs what a known one does.
    decoy: Arc<str>,
}

impl fmt::Debug for Passwords {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Passwords({} places free)", self.places.available_permits())
    }
}

/// A place in the queue of the pool.
pub(crate) type Turn = OwnedSemaphorePermit;

/// Why a password was not hashed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HashError {
    /// Too many wait already.
    #[error("too many people sign in at this moment; try again in a few seconds")]
    Busy,
    /// The hasher refused its input or ended early, which a sound installation never sees.
    #[error("a password could not be hashed")]
    Failed,
}

impl Passwords {
    /// A pool of so many places; one for each core keeps the others busy with requests.
    ///
    /// # Errors
    /// [`HashError::Failed`] if the hasher does not work on this machine.
    pub fn new(places: usize) -> Result<Self, HashError> {
        let decoy = hash_now("a password that nobody has", &[0; SALT_BYTES])?;
        Ok(Self {
            places: Arc::new(Semaphore::new(places)),
            queue: Arc::new(Semaphore::new(places.saturating_mul(WAITING_PER_PLACE))),
            decoy: decoy.into(),
        })
    }

    /// The PHC string of a password under a fresh salt.
    ///
    /// # Errors
    /// [`HashError`].
    pub async fn hash(
        &self,
        password: Password,
        salt: [u8; SALT_BYTES],
    ) -> Result<String, HashError> {
        let turn = self.turn()?;
        self.run(turn, move || hash_now(password.expose(), &salt)).await?
    }

    /// A turn at the pool, to be had before anything is written that only a look at the password may cost.
    ///
    /// # Errors
    /// [`HashError::Busy`].
    pub(crate) fn turn(&self) -> Result<Turn, HashError> {
        Arc::clone(&self.queue).try_acquire_owned().map_err(|_| HashError::Busy)
    }

    /// Whether a password is the one of a PHC string; without a string, the same work is done for nothing.
    ///
    /// # Errors
    /// [`HashError::Failed`].
    pub(crate) async fn verify(
        &self,
        turn: Turn,
        password: Password,
        hash: Option<String>,
    ) -> Result<bool, HashError> {
        let decoy = Arc::clone(&self.decoy);
        self.run(turn, move || {
            let against = hash.as_deref().unwrap_or(&decoy);
            let fits = Argon2::default().verify_password(password.expose().as_bytes(), against);
            fits.is_ok() && hash.is_some()
        })
        .await
    }

    /// A place is held until the work is done, also if whoever asked has gone away.
    async fn run<T: Send + 'static>(
        &self,
        turn: Turn,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, HashError> {
        let place =
            Arc::clone(&self.places).acquire_owned().await.map_err(|_| HashError::Failed)?;
        spawn_blocking(move || {
            let done = work();
            drop((turn, place));
            done
        })
        .await
        .map_err(|_| HashError::Failed)
    }
}

fn hash_now(password: &str, salt: &[u8; SALT_BYTES]) -> Result<String, HashError> {
    let hash: PasswordHash = Argon2::default()
        .hash_password_with_salt(password.as_bytes(), salt)
        .map_err(|_| HashError::Failed)?;
    Ok(hash.to_string())
}
