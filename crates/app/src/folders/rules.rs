//! What a published wave asks of the acts on it: nothing happens before the public could see what came before it.

use domain::time::Timestamp;
use domain::wave::WaveNumber;
use publication::beacon::{BeaconFault, verify_round};
use publication::format::PolicyFile;
use selection::policy::BeaconFacts;
use sqlx::PgConnection;
use storage::database::Database;
use storage::error::StorageError;
use storage::public_folders::{beacon_round_insert, public_files_list, public_policy_get};
use storage::reference::{WaveRow, wave_find};

use crate::act::ActError;
use crate::beacon::round_of;

/// The files of which each plan has its own version.
pub(super) const PLAN_FILES: [&str; 3] = ["entries.bin", "quota.json", "plan.json"];

/// Why an act on a published wave was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PublicRefusal {
    /// The public could not be shown that this file was there in time.
    #[error(
        "{file} of {wave:?} was not seen by enough witnesses before {by}; look at `gelombang jobs` whether \
         witnesses answer. If that instant has passed, cancel the wave and publish another one"
    )]
    Unwitnessed {
        /// The wave.
        wave: WaveNumber,
        /// Name of the file.
        file: &'static str,
        /// The latest instant.
        by: Timestamp,
    },
    /// The list would be published too late for anybody to look at it.
    #[error(
        "{wave:?} had to be frozen before {by}, so that everybody can look at the list; cancel it and publish \
         another one"
    )]
    LateFreeze {
        /// The wave.
        wave: WaveNumber,
        /// The latest instant.
        by: Timestamp,
    },
    /// The beacon's round is not here.
    #[error(
        "round {round} of the beacon, which decides {wave:?}, has not been fetched; fetch it by \
         `gelombang wave beacon {wave}`"
    )]
    NoRound {
        /// The wave.
        wave: WaveNumber,
        /// The round.
        round: u64,
    },
}

impl PublicRefusal {
    /// Code for machines.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Unwitnessed { .. } => "unwitnessed",
            Self::LateFreeze { .. } => "late_freeze",
            Self::NoRound { .. } => "no_round",
        }
    }
}

/// The published rules of a wave; `None` if it is not published as a folder.
pub(crate) async fn public_policy(
    conn: &mut PgConnection,
    wave: WaveNumber,
) -> Result<Option<PolicyFile>, ActError> {
    let Some(document) = public_policy_get(conn, wave).await? else { return Ok(None) };
    let broken = StorageError::Inconsistency { table: "public_policies", column: "document" };
    Ok(Some(PolicyFile::read(&document).map_err(|_| broken)?))
}

/// Refuses to open a published wave whose rules the public has not seen.
pub(crate) async fn require_seen_rules(
    conn: &mut PgConnection,
    wave: &WaveRow,
) -> Result<(), ActError> {
    match public_policy(conn, wave.wave).await? {
        Some(file) => {
            require_seen(conn, wave.wave, ("policy.json", 1), file.policy().get().times.t0).await
        }
        None => Ok(()),
    }
}

/// Refuses to freeze a published wave so late that nobody could look at the list.
pub(crate) fn require_time_to_look(
    wave: &WaveRow,
    file: &PolicyFile,
    now: Timestamp,
) -> Result<(), ActError> {
    let by = instant(file.policy().get().times.plan_due(1));
    if now < by { Ok(()) } else { Err(PublicRefusal::LateFreeze { wave: wave.wave, by }.into()) }
}

/// Refuses to draw or correct a published wave whose list and seats, as they are, the public has not seen in time.
pub(crate) async fn require_seen_plan(
    conn: &mut PgConnection,
    wave: &WaveRow,
    file: &PolicyFile,
) -> Result<(), ActError> {
    let plan = wave.plan();
    let due = file.policy().get().times.plan_due(plan);
    for name in PLAN_FILES {
        require_seen(conn, wave.wave, (name, plan), due).await?;
    }
    Ok(())
}

/// Refuses to draw a published wave whose revealed contributions the public has not seen in time.
pub(crate) async fn require_seen_reveals(
    conn: &mut PgConnection,
    wave: &WaveRow,
    file: &PolicyFile,
) -> Result<(), ActError> {
    let policy = file.policy().get();
    if policy.contributors.is_empty() {
        return Ok(());
    }
    let due = policy.times.t3_of(wave.plan());
    require_seen(conn, wave.wave, ("reveals.json", 1), due).await
}

async fn require_seen(
    conn: &mut PgConnection,
    wave: WaveNumber,
    (file, plan): (&'static str, u8),
    due_s: u64,
) -> Result<(), ActError> {
    let by = instant(due_s);
    let seen = public_files_list(conn, wave).await?;
    if seen.iter().any(|own| own.name == file && own.plan == plan && own.witnessed_at <= by) {
        return Ok(());
    }
    Err(PublicRefusal::Unwitnessed { wave, file, by }.into())
}

/// The chain and the round that decide a wave; `None` if it is not published as a folder.
///
/// # Errors
/// [`ActError`] if there is no such wave, or its chain has no round for it.
pub async fn needed_round(
    database: &Database,
    wave: WaveNumber,
) -> Result<Option<(BeaconFacts, u64)>, ActError> {
    let mut tx = database.begin().await?;
    let row = wave_find(&mut tx, wave).await?.ok_or(ActError::UnknownWave(wave))?;
    let Some(file) = public_policy(&mut tx, wave).await? else { return Ok(None) };
    let facts = file.policy().get().beacon.clone();
    let round = round_of(&row, &facts)?;
    Ok(Some((facts, round)))
}

/// Keeps the signature of a round, if it is that.
///
/// # Errors
/// [`ActError`] if it is not, or another one is there.
pub async fn keep_round(
    database: &Database,
    (chain, round): (&BeaconFacts, u64),
    signature: &[u8; 48],
    now: Timestamp,
) -> Result<(), KeepError> {
    verify_round(chain, round, signature)?;
    let mut tx = database.begin().await?;
    beacon_round_insert(&mut tx, (&chain.chain_hash, round), signature, now).await?;
    Ok(tx.commit().await.map_err(StorageError::from)?)
}

/// Why a round was not kept.
#[derive(Debug, thiserror::Error)]
pub enum KeepError {
    /// It is not signed by the chain.
    #[error(transparent)]
    Beacon(#[from] BeaconFault),
    /// The database failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// An instant of whole Unix seconds.
pub(crate) fn instant(seconds: u64) -> Timestamp {
    Timestamp::from_micros(i64::try_from(seconds).unwrap_or(i64::MAX).saturating_mul(1_000_000))
}
