//! The registration log of a published wave: receipts go into it hour by hour, and witnesses vouch for each state.
//!
//! Killed at any moment it goes on: places are committed before anything is written, the files follow the places, and a
//! state that was not witnessed is finished before the next one.

use std::path::Path;
use std::sync::Arc;

use domain::time::Timestamp;
use domain::wave::WaveNumber;
use publication::format::PolicyFile;
use publication::log::{LogStore, Trust};
use publication::registration::RegistrationLog;
use storage::database::Database;
use storage::error::StorageError;
use storage::public_folders::folders_lock;
use storage::registration_receipts::{
    registration_receipt_position, registration_receipts_list, registration_receipts_place,
    registration_receipts_placed, registration_receipts_recall,
};

use super::rules::public_policy;
use super::witnesses::{self, Signed};
use super::write::{folder_name, log_folder};
use super::{FolderDesk, FolderError, add_signatures, blocking};

/// Receipts that one state takes in at most, for bounded memory.
const STATE_MAX: u32 = 1 << 20;

/// Logs the receipts of a wave that were handed out since the last time, and gives how many states of the log were
/// witnessed. Doing it again finds nothing to do.
///
/// # Errors
/// [`FolderError`]; what was witnessed stays.
pub async fn log_registrations(
    database: &Database,
    desk: &Arc<FolderDesk>,
    wave: WaveNumber,
    now: Timestamp,
) -> Result<usize, FolderError> {
    let Some(registrations) = place(database, desk, wave, now).await? else { return Ok(0) };
    let mut tx = database.begin().await?;
    folders_lock(&mut tx).await?;
    let mut witnessed = 0usize;
    loop {
        witnessed = witnessed.saturating_add(registrations.witness(now).await?);
        let size = registrations.read(|log| Ok(log.size())).await?;
        let digests = registration_receipts_list(&mut tx, wave, size, STATE_MAX).await?;
        if digests.is_empty() {
            break;
        }
        let desk = Arc::clone(desk);
        registrations.read(move |mut log| Ok(log.append(&digests, &desk.log_key)?)).await?;
    }
    tx.commit().await.map_err(StorageError::from)?;
    Ok(witnessed)
}

/// Gives new receipts their places, for good, before any is written; `None` if the wave is not published.
async fn place(
    database: &Database,
    desk: &Arc<FolderDesk>,
    wave: WaveNumber,
    now: Timestamp,
) -> Result<Option<Registrations>, FolderError> {
    let mut tx = database.begin().await?;
    folders_lock(&mut tx).await?;
    let Some(policy) = public_policy(&mut tx, wave).await? else { return Ok(None) };
    let registrations = Registrations { desk: Arc::clone(desk), wave, policy: Arc::new(policy) };
    let placed = registration_receipts_placed(&mut tx, wave).await?;
    let logged = registrations.read(move |log| Ok(log.digests_from(placed)?)).await?;
    if !logged.is_empty() {
        let receipts = logged.len();
        tracing::warn!(%wave, receipts, "took over {receipts} receipts of wave {wave} that only its log still had");
        registration_receipts_recall(&mut tx, wave, (placed, &logged), now).await?;
    }
    registration_receipts_place(&mut tx, wave).await?;
    tx.commit().await.map_err(StorageError::from)?;
    Ok(Some(registrations))
}

/// The registration log of a wave, with the announcement log.
struct Registrations {
    desk: Arc<FolderDesk>,
    wave: WaveNumber,
    policy: Arc<PolicyFile>,
}

impl Registrations {
    /// Does something with the log beside the tasks of this process.
    async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(RegistrationLog) -> Result<T, FolderError> + Send + 'static,
    ) -> Result<T, FolderError> {
        let (folder, policy) =
            (self.desk.root.join(folder_name(self.wave)), Arc::clone(&self.policy));
        blocking(move || work(RegistrationLog::open(&folder, &policy)?)).await
    }

    /// Announces the present state and shows it to the witnesses, unless they have seen it; gives how many states that
    /// was.
    async fn witness(&self, now: Timestamp) -> Result<usize, FolderError> {
        let trust = Trust::of_policy(&self.policy)?;
        let begun = {
            let (desk, trust) = (Arc::clone(&self.desk), trust.clone());
            self.read(move |log| begin(&desk, &trust, &log)).await?
        };
        let Some(announced) = begun else { return Ok(0) };
        let signed = witnesses::collect(&self.desk, announced, now).await?;
        let desk = Arc::clone(&self.desk);
        self.read(move |log| end(&desk, &trust, &log, &signed)).await?;
        Ok(1)
    }
}

/// Puts the present state into the announcement log, unless witnesses have seen it there.
fn begin(
    desk: &FolderDesk,
    trust: &Trust,
    log: &RegistrationLog,
) -> Result<Option<LogStore>, FolderError> {
    if log.size() == 0 || log.witnessed(trust)?.is_some() {
        return Ok(None);
    }
    let mut announcements = LogStore::open(&log_folder(&desk.root), trust.log())?;
    log.announce(&mut announcements, &desk.log_key)?;
    Ok(Some(announcements))
}

/// Proves that witnesses have seen the present state.
fn end(
    desk: &FolderDesk,
    trust: &Trust,
    log: &RegistrationLog,
    signed: &Signed,
) -> Result<(), FolderError> {
    let mut announcements = LogStore::open(&log_folder(&desk.root), trust.log())?;
    add_signatures(&mut announcements, trust, signed)?;
    Ok(log.prove(&announcements)?)
}

/// The proof that a receipt is in the registration log of a wave, by its digest; `None` if it is not, or not yet.
///
/// # Errors
/// [`FolderError`].
pub async fn read_registration_proof(
    database: &Database,
    public_folder: &Path,
    wave: WaveNumber,
    digest: &[u8; 32],
) -> Result<Option<Vec<u8>>, FolderError> {
    let mut tx = database.begin_snapshot().await?;
    let Some(policy) = public_policy(&mut tx, wave).await? else { return Ok(None) };
    let position = registration_receipt_position(&mut tx, wave, digest).await?;
    drop(tx);
    let Some(position) = position else { return Ok(None) };
    let folder = public_folder.join(folder_name(wave));
    blocking(move || {
        let log = RegistrationLog::open(&folder, &policy)?;
        if position >= log.size() {
            return Ok(None);
        }
        Ok(Some(log.prove_receipt(position)?.write()))
    })
    .await
}
