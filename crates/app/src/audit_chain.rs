//! The audit chain: sealing what was recorded, and verifying all that was sealed.
//!
//! Sealing adds no audit event, which would have to be sealed in turn: the checkpoint is its record. It
//! runs behind the acts and takes no lock of theirs.

use std::path::{Path, PathBuf};
use std::pin::pin;

use domain::chain::checkpoint::{SealingKey, SignedCheckpoint};
use domain::chain::fault::{Broken, Fault};
use domain::chain::verify::{Kept, Tail, Verified, Verifier, check_tail, extend};
use domain::time::Timestamp;
use futures_util::TryStreamExt as _;
use rand_core::Rng;
use sqlx::PgConnection;
use storage::audit_chain::{
    TailError, Unsealed, chain_append, chain_read, next_transaction, seal_lock, sealable_read,
    tail_find, unsealed_read,
};
use storage::database::Database;
use storage::error::StorageError;
use storage::keys::KeyFileError;
use storage::sealing_files::{kept_find, kept_write, sealing_key_find, sealing_key_open};

/// Events of a batch, each with two digests in memory: 8 MB.
pub const BATCH: u32 = 50_000;

/// Where to seal, and with what.
pub struct Sealing<'a> {
    /// The database.
    pub database: &'a Database,
    /// Folder of the key files.
    pub keys_folder: &'a Path,
    /// The instant that checkpoints carry.
    pub now: Timestamp,
    /// Events of a batch, at least 1; transactions stay whole. [`BATCH`] unless there is a reason.
    pub batch: u32,
    /// Randomness for the key, if there is none yet.
    pub rng: &'a mut (dyn Rng + Send),
}

impl std::fmt::Debug for Sealing<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Sealing(at {}, {} a batch)", self.now, self.batch)
    }
}

/// What sealing did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sealed {
    /// Events that were sealed now.
    pub events: u64,
    /// The newest checkpoint; `None` if there has never been an event to seal.
    pub last: Option<SignedCheckpoint>,
    /// The key file, if it was made just now and needs a backup.
    pub new_key: Option<PathBuf>,
}

/// Why nothing more was sealed, or nothing could be verified. What was sealed before stays.
#[derive(Debug, thiserror::Error)]
pub enum ChainError {
    /// The database failed or refused.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The end of the chain has no possible form.
    #[error(transparent)]
    Tail(#[from] TailError),
    /// A key file cannot be used.
    #[error(transparent)]
    KeyFile(#[from] KeyFileError),
    /// The end of the chain is not as it was sealed.
    #[error(
        "the audit chain is broken at {0}; nothing was sealed over it, run `gelombang audit --chain`"
    )]
    Broken(Broken),
    /// Transactions are numbered anew, lower than those that were sealed.
    #[error(
        "this server will number its next transaction {next}, below {horizon} that the audit chain has reached; \
         it was restored without its counter: stop it and run `pg_resetwal --next-transaction-id` and \
         `--epoch` with numbers above, or restore it from a base backup"
    )]
    CounterBehind {
        /// The server's next number.
        next: u64,
        /// The number the chain has reached.
        horizon: u64,
    },
    /// A kept checkpoint was not signed by this installation.
    #[error(
        "the checkpoint in {place} was not signed by the key of this installation, or was changed since; \
         give the file that `gelombang audit --seal --export` wrote"
    )]
    KeptForeign {
        /// Where it is kept.
        place: String,
    },
    /// There is a kept checkpoint and no key to hold it against.
    #[error("there is no audit key in {}; put the backed-up key file back", .0.display())]
    NoKey(PathBuf),
}

/// Seals every event that no open transaction can precede any more, a transaction a batch. Stopped at any
/// moment, it goes on at the next call; beside another sealer, the two take turns.
///
/// # Errors
/// [`ChainError`].
pub async fn seal(sealing: &mut Sealing<'_>) -> Result<Sealed, ChainError> {
    seal_some(sealing, u32::MAX).await
}

/// [`seal`], at most so many batches: under load there is always another event to be sealed.
///
/// # Errors
/// [`ChainError`].
pub async fn seal_some(sealing: &mut Sealing<'_>, batches_max: u32) -> Result<Sealed, ChainError> {
    let mut sealed = Sealed { events: 0, last: None, new_key: None };
    for _ in 0..batches_max {
        let batch = seal_batch(sealing).await?;
        let is_done = batch.events == 0;
        sealed.events = sealed.events.saturating_add(batch.events);
        sealed.last = batch.last;
        sealed.new_key = sealed.new_key.or(batch.new_key);
        if is_done {
            break;
        }
    }
    Ok(sealed)
}

/// Seals one batch; none if nothing is there to be sealed.
///
/// # Errors
/// [`ChainError`].
pub async fn seal_batch(sealing: &mut Sealing<'_>) -> Result<Sealed, ChainError> {
    let folder = sealing.keys_folder;
    let mut tx = sealing.database.begin().await?;
    seal_lock(&mut tx).await?;
    let tail = tail_find(&mut tx).await?;
    let before = tail.as_ref().map(|tail| tail.last.clone());
    let stated = before.as_ref().map(|last| &last.checkpoint);
    let horizon = stated.map_or(0, |last| last.horizon);
    let next = next_transaction(&mut tx).await?;
    if next < horizon {
        return Err(ChainError::CounterBehind { next, horizon });
    }
    let found = sealable_read(&mut tx, horizon, sealing.batch).await?;
    let nothing = Sealed { events: 0, last: before.clone(), new_key: None };
    if tail.is_none() && found.is_none() {
        return Ok(nothing);
    }
    let opened = sealing_key_open(folder, tail.is_some(), sealing.rng)?;
    if let Some(tail) = &tail {
        check_end(tail, &opened.key, folder)?;
    }
    let Some((entries, checkpoint)) =
        found.and_then(|found| extend(stated, &found.events, found.horizon, sealing.now))
    else {
        return Ok(nothing);
    };
    let signed = opened.key.sign(checkpoint);
    chain_append(&mut tx, &entries, &signed).await?;
    tx.commit().await.map_err(StorageError::from)?;
    // Only now: a checkpoint that the database may still lose must not be missed later.
    kept_write(folder, &signed)?;
    Ok(Sealed {
        events: u64::try_from(entries.len()).unwrap_or(u64::MAX),
        last: Some(signed),
        new_key: opened.is_new.then_some(opened.path),
    })
}

fn check_end(tail: &Tail, key: &SealingKey, folder: &Path) -> Result<(), ChainError> {
    let kept = kept_find(folder, &tail.last.checkpoint.chain)?;
    check_tail(tail, &key.public_key(), kept.as_slice()).map_err(ChainError::Broken)
}

/// What verification found.
#[derive(Clone, Debug)]
pub struct ChainReport {
    /// The first thing that is not as it was sealed; the rest is counted up to there.
    pub broken: Option<Broken>,
    /// What was verified.
    pub verified: Verified,
    /// What is not sealed; not known if the chain is broken.
    pub unsealed: Option<Unsealed>,
}

/// Verifies every event, link and checkpoint, and the checkpoints kept in the keys folder and given by the
/// caller. Changes nothing.
///
/// # Errors
/// [`ChainError`] if it could not be verified. A broken chain is no error: it stands in the report.
pub async fn verify_chain(
    database: &Database,
    keys_folder: &Path,
    given: Option<Kept>,
) -> Result<ChainReport, ChainError> {
    let mut tx = database.begin_snapshot().await?;
    let tail = tail_find(&mut tx).await;
    let key = match sealing_key_find(keys_folder)? {
        Some(key) => key.public_key(),
        // Before the first sealing there is no key, and no row that it could not verify.
        None if given.is_none() && matches!(tail, Ok(None)) => {
            return report_unsealed(&mut tx, Verified::default()).await;
        }
        None => return Err(ChainError::NoKey(keys_folder.to_owned())),
    };
    let mut kept = Vec::from_iter(given);
    if let Ok(Some(tail)) = &tail {
        kept.extend(kept_find(keys_folder, &tail.last.checkpoint.chain)?);
    }
    if let Some(foreign) = kept.iter().find(|kept| !kept.checkpoint.is_genuine(&key)) {
        return Err(ChainError::KeptForeign { place: foreign.place.clone() });
    }
    let mut verifier = Verifier::new(key, kept);
    if let Err(broken) = verify_rows(&mut tx, &mut verifier).await? {
        return Ok(ChainReport {
            broken: Some(broken),
            verified: verifier.verified(),
            unsealed: None,
        });
    }
    report_unsealed(&mut tx, verifier.verified()).await
}

async fn report_unsealed(
    conn: &mut PgConnection,
    verified: Verified,
) -> Result<ChainReport, ChainError> {
    let horizon = verified.last.as_ref().map_or(0, |last| last.checkpoint.horizon);
    let unsealed = unsealed_read(conn, horizon).await?;
    let broken = unsealed
        .inserted
        .map(|(event, position)| Broken { position, fault: Fault::Inserted(event) });
    Ok(ChainReport { broken, verified, unsealed: Some(unsealed) })
}

async fn verify_rows(
    conn: &mut PgConnection,
    verifier: &mut Verifier,
) -> Result<Result<(), Broken>, StorageError> {
    let mut rows = pin!(chain_read(conn).await?);
    while let Some(row) = rows.try_next().await? {
        if let Err(broken) = verifier.take(&row) {
            return Ok(Err(broken));
        }
    }
    Ok(verifier.finish())
}
