//! Importing files of persons, joins and first purchases.
//!
//! A file is surveyed first ([`survey_file`]): a table in UTF-8 with the right header, and its digest. Then
//! every row is checked and the good ones are staged, sealed (`stage`); only when that is done are they
//! applied by the use cases, chunk by chunk, each chunk one transaction with its audit event and its mark
//! (`apply`). A file with a bad row changes nothing unless bad rows are to be left out. What was staged or
//! applied is found again by the digest, so that a killed import goes on and a second one changes nothing.

mod apply;
mod cells;
mod columns;
mod persons;
mod refusal;
mod report;
mod requests;
mod rows;
mod split;
mod stage;
mod survey;

use std::path::Path;
use std::path::PathBuf;

use domain::ids::uuid_at;
use domain::time::Timestamp;
use domain::wave::WaveNumber;
use rand_core::Rng;
use serde_json::json;
use storage::database::Database;
use storage::error::StorageError;
use storage::imports::{
    ImportCounts, ImportKey, ImportRow, ImportState, OnceOnly, chunks_count, faults_count,
    faults_insert_repeated, import_begin_applying, import_discard, import_find, import_finish,
    import_insert, import_lock,
};
use storage::vault::KeyRing;

use crate::act::{Act, ActError, Event};
use crate::reference::Policies;

pub use cells::parse_instant;
pub use columns::{Column, HeaderFault, JOIN_COLUMNS, PERSON_COLUMNS, PURCHASE_COLUMNS, Presence};
pub use refusal::{ImportRefusal, Unreadable};
use rows::Rows;
pub use survey::{Survey, survey_file};

/// Rows of a chunk: one transaction when they are staged, one when they are applied.
const CHUNK_ROWS: usize = 8_192;
/// Bad cells that are kept; a file with more is not a table of its kind.
const FAULTS_MAX: usize = 1_000_000;

/// What the rows of a file are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Registrations.
    Persons,
    /// Joins of one wave.
    Joins(WaveNumber),
    /// First purchases of one wave's beneficiaries.
    Purchases(WaveNumber),
}

impl Kind {
    /// Its columns.
    pub const fn columns(self) -> &'static [Column] {
        match self {
            Self::Persons => PERSON_COLUMNS,
            Self::Joins(_) => JOIN_COLUMNS,
            Self::Purchases(_) => PURCHASE_COLUMNS,
        }
    }

    /// Its name on the command line and in the database.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Persons => "persons",
            Self::Joins(_) => "joins",
            Self::Purchases(_) => "purchases",
        }
    }

    const fn wave(self) -> Option<WaveNumber> {
        match self {
            Self::Persons => None,
            Self::Joins(wave) | Self::Purchases(wave) => Some(wave),
        }
    }
}

/// What is to be done with a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Check every row and leave nothing behind.
    CheckOnly,
    /// Import it if no row is bad.
    AllOrNothing,
    /// Import the good rows.
    SkipBad,
}

/// How far an import is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// What is being done.
    pub phase: Phase,
    /// Rows behind it.
    pub rows: u64,
}

/// A part of an import.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Rows are checked and staged.
    Checking,
    /// Rows are applied.
    Applying,
}

/// An import to be made.
pub struct ImportJob<'a> {
    /// The database.
    pub database: &'a Database,
    /// Keys of identities and draws.
    pub keys: &'a KeyRing,
    /// The policies of the waves.
    pub policies: &'a Policies,
    /// The present.
    pub now: Timestamp,
    /// Who imports.
    pub actor: &'a str,
    /// Makes a source of randomness for each transaction.
    pub rng: &'a dyn Fn() -> Box<dyn Rng + Send>,
    /// The file.
    pub survey: &'a Survey,
    /// What its rows are.
    pub kind: Kind,
    /// What is to be done.
    pub mode: Mode,
    /// Where the report of bad cells goes if there are any.
    pub report: &'a Path,
    /// Is told how far it is.
    pub progress: &'a dyn Fn(Progress),
}

impl std::fmt::Debug for ImportJob<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ImportJob({:?}, {:?})", self.kind, self.mode)
    }
}

/// What became of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ImportOutcome {
    /// Checked only: `done` is what an import would change.
    Checked(ImportResult),
    /// Refused for its bad rows; nothing changed.
    Refused(ImportResult),
    /// Imported.
    Imported(ImportResult),
    /// Imported before; nothing changed.
    Before {
        /// When.
        finished_at: Timestamp,
        /// What became of its rows then.
        counts: ImportCounts,
    },
}

/// Counts of an import, and where its bad cells are reported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportResult {
    /// Rows.
    pub counts: ImportCounts,
    /// Bad cells.
    pub bad_cells: u64,
    /// The report, if there are any.
    pub report: Option<PathBuf>,
}

/// Imports a surveyed file, or goes on with it.
///
/// # Errors
/// [`ImportRefusal`]; what was applied before stays, and the same call goes on from there.
pub async fn import_file(job: &ImportJob<'_>) -> Result<ImportOutcome, ImportRefusal> {
    let key = ImportKey { sha256: job.survey.sha256, kind: job.kind.name(), wave: job.kind.wave() };
    // Held to the end: two processes must not stage or apply the same chunk.
    let mut turn = job.database.begin().await?;
    if !import_lock(&mut turn, &key).await? {
        return Err(ImportRefusal::Busy);
    }
    let known = import_find(&mut turn, &key).await?;
    match (known.map(|known| (known.state, known.counts)), job.mode) {
        (Some((ImportState::Finished { finished_at }, counts)), _) => {
            return Ok(ImportOutcome::Before { finished_at, counts });
        }
        (Some((ImportState::Applying, _)), Mode::CheckOnly) => return Err(ImportRefusal::UnderWay),
        (Some((ImportState::Applying | ImportState::Staging, _)) | None, _) => {}
    }
    let import = match known {
        Some(import) => import,
        None => begin(job, &key).await?,
    };
    match job.kind {
        Kind::Persons => run(job, &import, persons::Persons { at: import.started_at }).await,
        Kind::Joins(wave) => run(job, &import, requests::Joins { wave }).await,
        Kind::Purchases(wave) => run(job, &import, requests::Purchases { wave }).await,
    }
}

async fn begin(job: &ImportJob<'_>, key: &ImportKey) -> Result<ImportRow, ImportRefusal> {
    let mut random = [0; 10];
    (job.rng)().fill_bytes(&mut random);
    let import_id = uuid_at(job.now, random);
    let mut tx = job.database.begin().await?;
    import_insert(&mut tx, import_id, key, job.now).await?;
    tx.commit().await.map_err(StorageError::from)?;
    Ok(ImportRow {
        import_id,
        state: ImportState::Staging,
        started_at: job.now,
        counts: ImportCounts::default(),
    })
}

async fn run<R: Rows>(
    job: &ImportJob<'_>,
    import: &ImportRow,
    rows: R,
) -> Result<ImportOutcome, ImportRefusal> {
    if import.state == ImportState::Staging {
        match stage::stage(job, import, rows).await {
            Ok(()) => {}
            // The database may come back, and what was staged then serves. A refusal leaves nothing.
            Err(refusal @ ImportRefusal::Act(ActError::Storage(_))) => return Err(refusal),
            Err(refusal) => {
                if matches!(refusal, ImportRefusal::TooManyFaults { .. }) {
                    report::write(job, import).await?;
                }
                discard(job, import).await?;
                return Err(refusal);
            }
        }
        if let Some(outcome) = settle(job, import, R::ONCE).await? {
            return Ok(outcome);
        }
    }
    apply::apply(job, import, rows).await?;
    finish(job, import).await
}

/// Ends the check: finds what rows repeat of each other, and decides whether anything is applied.
async fn settle(
    job: &ImportJob<'_>,
    import: &ImportRow,
    once: &[(OnceOnly, &'static str)],
) -> Result<Option<ImportOutcome>, ImportRefusal> {
    let mut tx = job.database.begin().await?;
    for (which, column) in once {
        faults_insert_repeated(&mut tx, import.import_id, *which, column, "repeated").await?;
    }
    let (cells, _) = faults_count(&mut tx, import.import_id).await?;
    let goes_on = match job.mode {
        Mode::CheckOnly => false,
        Mode::AllOrNothing => cells == 0,
        Mode::SkipBad => true,
    };
    if goes_on {
        import_begin_applying(&mut tx, import.import_id).await?;
    }
    tx.commit().await.map_err(StorageError::from)?;
    if goes_on {
        return Ok(None);
    }
    let result = result(job, import).await?;
    discard(job, import).await?;
    Ok(Some(match job.mode {
        Mode::CheckOnly => ImportOutcome::Checked(result),
        Mode::AllOrNothing | Mode::SkipBad => ImportOutcome::Refused(result),
    }))
}

/// Counts, and the report written anew.
async fn result(job: &ImportJob<'_>, import: &ImportRow) -> Result<ImportResult, ImportRefusal> {
    let mut tx = job.database.begin().await?;
    let (bad_cells, bad) = faults_count(&mut tx, import.import_id).await?;
    let (done, known) = chunks_count(&mut tx, import.import_id).await?;
    drop(tx);
    let read = job.survey.rows;
    // As staged, a row that repeats another one was counted among those to be done.
    let done = done.min(read.saturating_sub(bad).saturating_sub(known));
    let report = report::write(job, import).await?;
    Ok(ImportResult { counts: ImportCounts { read, done, known, bad }, bad_cells, report })
}

async fn discard(job: &ImportJob<'_>, import: &ImportRow) -> Result<(), ImportRefusal> {
    let mut tx = job.database.begin().await?;
    import_discard(&mut tx, import.import_id).await?;
    tx.commit().await.map_err(StorageError::from)?;
    Ok(())
}

/// Writes the report, then removes what was staged and records the end.
async fn finish(job: &ImportJob<'_>, import: &ImportRow) -> Result<ImportOutcome, ImportRefusal> {
    let result = result(job, import).await?;
    let counts = result.counts;
    let mut rng = (job.rng)();
    let request_id = request_id(import);
    let mut act = job.act(&mut *rng, &request_id);
    let mut tx = job.database.begin().await?;
    import_finish(&mut tx, import.import_id, &counts, job.now).await?;
    let event = Event {
        act: "import_finish",
        subject: job.kind.wave().map_or_else(|| "persons".to_owned(), crate::act::subject),
        from: None,
        to: None,
        reason: "every row of the file is done",
        detail: json!({
            "kind": job.kind.name(),
            "sha256": hex(&job.survey.sha256),
            "read": counts.read,
            "done": counts.done,
            "known": counts.known,
            "bad": counts.bad,
        }),
    };
    act.record(&mut tx, event).await?;
    tx.commit().await.map_err(StorageError::from)?;
    Ok(ImportOutcome::Imported(result))
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

impl<'a> ImportJob<'a> {
    fn act<'b>(&self, rng: &'b mut (dyn Rng + Send), request_id: &'b str) -> Act<'b>
    where
        'a: 'b,
    {
        Act {
            database: self.database,
            keys: self.keys,
            policies: self.policies,
            now: self.now,
            actor: self.actor,
            request_id,
            rng,
        }
    }
}

fn request_id(import: &ImportRow) -> String {
    format!("import:{}", import.import_id.simple())
}
