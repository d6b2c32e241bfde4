//! Published folders: everything with which anybody recomputes a wave's draw (selection.md section 2), written from what
//! the database holds, announced in the log, and shown to witnesses before the draw may go on.
//!
//! A folder holds nothing that the database has not committed: the act fixes list, seats and draw, and enqueues the job that
//! writes them. Every step may be repeated after a kill; a file that differs from what is published stops the job.

mod contents;
mod registrations;
mod rules;
mod terms;
mod witnesses;
mod write;

use std::path::PathBuf;
use std::sync::Arc;

use domain::time::Timestamp;
use domain::wave::{WaveNumber, WaveState};
use publication::format::revoked_name;
use publication::key::SecretKey;
use publication::log::{LogStore, StoreError, Trust, TrustError};
use publication::write::WriteError;
use sqlx::PgConnection;
use storage::contributions::are_reveals_closed;
use storage::database::Database;
use storage::error::StorageError;
use storage::public_folders::{
    PublicFile, batches_count, folders_lock, is_followed, public_file_insert, public_files_list,
    public_waves_list,
};
use storage::reference::wave_find;

use self::contents::{Contents, read_contents};
pub use self::registrations::{log_registrations, read_registration_proof};
pub use self::rules::{KeepError, PublicRefusal, keep_round, needed_round};
pub(crate) use self::rules::{
    instant, public_policy, require_seen_plan, require_seen_reveals, require_seen_rules,
    require_time_to_look,
};
pub use self::terms::{PublicSetup, PublicTerms, TermsError};
use self::witnesses::Signed;
pub use self::witnesses::Witnesses;
use self::write::Folder;
use crate::act::ActError;
pub use crate::beacon::test_facts;

/// Where folders are written, and who signs for them.
#[derive(Debug)]
pub struct FolderDesk {
    /// Folder of the published folders and of the log.
    pub root: PathBuf,
    /// Key of the announcement log.
    pub log_key: SecretKey,
    /// The witnesses of the log.
    pub witnesses: Witnesses,
}

/// Why a folder could not be brought up to date. What was published stays.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// The wave cannot be read.
    #[error(transparent)]
    Act(#[from] ActError),
    /// The database failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// A file cannot be written, or is published with another content.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// The log cannot be used.
    #[error("the announcement log cannot be used")]
    Log(#[from] StoreError),
    /// Keys of the policy cannot be used.
    #[error(transparent)]
    Trust(#[from] TrustError),
    /// The folder's draw is not the database's.
    #[error(
        "the folder of {wave:?} draws others than the database did; publish nothing, and have both looked at"
    )]
    OtherOutcome {
        /// The wave.
        wave: WaveNumber,
    },
    /// Too few witnesses have signed.
    #[error("{signed} of {quorum} witnesses have signed the log: {refused}")]
    Quorum {
        /// Signatures that count.
        signed: usize,
        /// Signatures needed.
        quorum: usize,
        /// What the others said.
        refused: String,
    },
    /// The task that writes files broke.
    #[error("the writing of a folder broke; see the log")]
    Broke,
}

/// Brings every published wave's folder up to date, one after the other, and gives how many steps were published. Doing it
/// again finds nothing to do.
///
/// # Errors
/// [`FolderError`]; waves before the faulty one are up to date.
pub async fn publish_folders(
    database: &Database,
    desk: &Arc<FolderDesk>,
    now: Timestamp,
) -> Result<usize, FolderError> {
    let mut published = 0usize;
    for wave in public_waves_list(&mut *database.begin().await?).await? {
        if is_list_due(&mut *database.begin().await?, wave).await? {
            // Receipts of the last hour are to be known before the list, too.
            log_registrations(database, desk, wave, now).await?;
        }
        let mut tx = database.begin().await?;
        folders_lock(&mut tx).await?;
        if is_due(&mut tx, wave).await? {
            published = published.saturating_add(publish_folder(&mut tx, desk, wave, now).await?);
            tx.commit().await.map_err(StorageError::from)?;
        }
    }
    Ok(published)
}

/// True if a wave is frozen and nobody has seen its list.
async fn is_list_due(conn: &mut PgConnection, number: WaveNumber) -> Result<bool, ActError> {
    let wave = wave_find(conn, number).await?.ok_or(ActError::UnknownWave(number))?;
    let seen = public_files_list(conn, number).await?;
    let is_frozen = matches!(wave.state, WaveState::Frozen { .. });
    Ok(is_frozen && seen.iter().all(|file| file.name != "plan.json"))
}

/// True if any published wave's folder lacks something.
pub(crate) async fn is_any_due(conn: &mut PgConnection) -> Result<bool, ActError> {
    for wave in public_waves_list(conn).await? {
        if is_due(conn, wave).await? {
            return Ok(true);
        }
    }
    Ok(false)
}

async fn is_due(conn: &mut PgConnection, number: WaveNumber) -> Result<bool, ActError> {
    let wave = wave_find(conn, number).await?.ok_or(ActError::UnknownWave(number))?;
    let policy = public_policy(conn, number).await?.ok_or(ActError::UnknownWave(number))?;
    let keeps_seats = policy.policy().get().rules.reserve.num > 0;
    let is_frozen = matches!(wave.state, WaveState::Frozen { .. }) || is_drawn(&wave.state);
    let is_drawn = is_drawn(&wave.state);
    let has_reveals = is_frozen && are_reveals_closed(conn, number).await?;
    let has_corrections = keeps_seats && is_drawn && is_followed(conn, number).await?;
    let files = [
        ("policy.json", true),
        ("plan.json", is_frozen),
        ("reveals.json", has_reveals),
        ("result.json", is_drawn),
        ("corrections.json", has_corrections),
    ];
    let files = files.into_iter().filter(|(_, is_due)| *is_due).map(|(name, _)| name.to_owned());
    let batches = (1..=batches_count(conn, number).await?).map(revoked_name);
    let seen = public_files_list(conn, number).await?;
    let is_seen = |name: &String| {
        let plan = write::plan_of(name, wave.plan());
        seen.iter().any(|own| own.name == *name && own.plan == plan)
    };
    Ok(!files.chain(batches).all(|name| is_seen(&name)))
}

pub(crate) const fn is_drawn(state: &WaveState) -> bool {
    matches!(
        state,
        WaveState::Drawn { .. } | WaveState::Appointed { .. } | WaveState::Settled { .. }
    )
}

async fn publish_folder(
    conn: &mut PgConnection,
    desk: &Arc<FolderDesk>,
    wave: WaveNumber,
    now: Timestamp,
) -> Result<usize, FolderError> {
    let contents = Arc::new(read_contents(conn, wave).await?);
    let steps = {
        let (desk, contents) = (Arc::clone(desk), Arc::clone(&contents));
        blocking(move || Folder::open(&desk, &contents)?.write(&contents)).await?
    };
    let mut published = 0usize;
    for step in steps {
        let begun = {
            let (desk, contents, step) = (Arc::clone(desk), Arc::clone(&contents), step.clone());
            blocking(move || begin_step(&desk, &contents, &step)).await?
        };
        let files = match begun {
            Begun::Seen(files) => files,
            Begun::Announced(log) => {
                let signed = witnesses::collect(desk, log, now).await?;
                published = published.saturating_add(1);
                let (desk, contents) = (Arc::clone(desk), Arc::clone(&contents));
                blocking(move || end_step(&desk, &contents, &step, &signed)).await?
            }
        };
        for file in &files {
            public_file_insert(conn, wave, file).await?;
        }
    }
    Ok(published)
}

/// How far a step is once it is begun.
enum Begun {
    /// Witnesses have seen its files before.
    Seen(Vec<PublicFile>),
    /// The log has it, and no witness yet.
    Announced(LogStore),
}

/// Announces a step, unless witnesses have seen it.
fn begin_step(
    desk: &FolderDesk,
    contents: &Contents,
    step: &[String],
) -> Result<Begun, FolderError> {
    let folder = Folder::open(desk, contents)?;
    if let Some(files) = folder.seen(step)? {
        return Ok(Begun::Seen(files));
    }
    folder.announce(step)?;
    Ok(Begun::Announced(folder.log()?))
}

/// Puts the witnesses' signatures under the log and proves the files of a step by it.
fn end_step(
    desk: &FolderDesk,
    contents: &Contents,
    step: &[String],
    signed: &Signed,
) -> Result<Vec<PublicFile>, FolderError> {
    let folder = Folder::open(desk, contents)?;
    add_signatures(&mut folder.log()?, folder.trust(), signed)?;
    folder.prove(step)?;
    folder.seen(step)?.ok_or(FolderError::Broke)
}

/// Puts the witnesses' signatures under the announcement log, if they are enough.
fn add_signatures(log: &mut LogStore, trust: &Trust, signed: &Signed) -> Result<(), FolderError> {
    let quorum = trust.quorum();
    let witnessed = log.add_cosignatures(&signed.lines, trust)?;
    if witnessed.quorum_time(quorum).is_none() {
        let (signed, refused) = (witnessed.times.len(), signed.refused.join("; "));
        return Err(FolderError::Quorum { signed, quorum, refused });
    }
    Ok(())
}

/// Runs what blocks beside the tasks of this process.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, FolderError> + Send + 'static,
) -> Result<T, FolderError> {
    tokio::task::spawn_blocking(work).await.map_err(|_| FolderError::Broke)?
}
