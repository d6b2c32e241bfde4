//! Opening a drawn wave to auditors: who stands behind the records that were selected, behind those of the sample that
//! the seed picks (selection.md section 12), and behind granted appeals. Auditors hold the openings against the published
//! folder, and ask the registers about the people. Nothing of it is public.

use std::collections::BTreeSet;
use std::io::{self, Write};

use domain::ids::PersonId;
use domain::officers::{Approval, TwoPersonAct};
use domain::wave::WaveNumber;
use publication::audit::{OpenedEntry, OpenedGrant, openings_head};
use publication::format::PolicyFile;
use rayon::prelude::*;
use selection::audit::AuditSample;
use selection::digest::{DrawKey, Seed, WaveContext};
use selection::record::EntryTag;
use serde_json::json;
use sqlx::PgConnection;
use storage::database::Database;
use storage::error::StorageError;
use storage::openings::{GrantRow, OpeningRow, draw_seed_find, grants_to_open, openings_list};
use storage::public_folders::{members_of_roll, public_files_list};
use storage::reference::{WaveRow, wave_find};
use storage::rewrap::draw_key_owner;
use storage::selection::selected_list;
use storage::vault::KeyRing;
use zeroize::Zeroizing;

use crate::act::{Act, ActError, Event, openings_subject, subject};
use crate::folders::{is_drawn, public_policy};
use crate::proposals::Request;
use crate::roll::{Entry, FrozenRoll, Roll, wave_context, wave_draw_key};

/// People whose identities are in memory at once.
const BATCH: usize = 8_192;

/// Most records of a sample: it finds 0.03 % of ghosts with 95 % probability, and is far from everybody. Source: assumed.
pub const SAMPLE_SIZE_MAX: usize = 10_000;

/// What is to be opened.
#[derive(Clone, Copy, Debug)]
pub struct OpeningsAsked {
    /// The wave.
    pub wave: WaveNumber,
    /// Records of the sample.
    pub sample: usize,
}

/// What two officers agreed to open. Only [`open_to_auditors`] makes one, and the trail knows it then.
#[derive(Debug)]
pub struct Due {
    wave: WaveRow,
    entries: Vec<Entry>,
    granted: Vec<GrantRow>,
    selected: usize,
    sampled: usize,
}

/// What was opened.
#[derive(Debug)]
pub struct Opened {
    /// People who were selected.
    pub selected: usize,
    /// Records of the sample.
    pub sampled: usize,
    /// Granted appeals, once `corrections.json` is published.
    pub granted: usize,
    /// Records and granted appeals opened; some of the sample were selected too.
    pub opened: usize,
    /// Those of people whose identity was erased since, which nobody can open.
    pub erased: usize,
    /// The wave's secret key, with which auditors tie entries to people.
    pub draw_key: Zeroizing<Vec<u8>>,
}

/// Why nothing is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpeningsRefusal {
    /// Nobody was selected yet, and the sample is not known before the draw.
    #[error("{0:?} is not drawn, so nothing of it is opened yet")]
    NotDrawn(WaveNumber),
    /// There is no folder to hold openings against.
    #[error("{0:?} is not published as a folder, so its records commit to nobody")]
    Unpublished(WaveNumber),
    /// A sample is no way to take everybody out.
    #[error("a sample has at most {SAMPLE_SIZE_MAX} records, not {0}")]
    TooMany(usize),
}

impl OpeningsRefusal {
    /// A stable code for programs.
    pub const fn code(self) -> &'static str {
        match self {
            Self::NotDrawn(_) => "openings_not_drawn",
            Self::Unpublished(_) => "openings_not_published",
            Self::TooMany(_) => "openings_too_many",
        }
    }
}

/// Why openings that were approved are not whole.
#[derive(Debug, thiserror::Error)]
pub enum WriteOpeningsError {
    /// They could not be read.
    #[error(transparent)]
    Act(#[from] ActError),
    /// They could not be written.
    #[error("the openings could not be written; propose them again")]
    Write(#[from] io::Error),
}

impl From<StorageError> for WriteOpeningsError {
    fn from(error: StorageError) -> Self {
        Self::Act(error.into())
    }
}

/// What two officers are asked for, if it could be done now.
///
/// # Errors
/// [`OpeningsRefusal`] and others.
pub async fn openings_request(
    database: &Database,
    asked: OpeningsAsked,
) -> Result<Request, ActError> {
    Openable::find(&mut *database.begin().await?, asked).await?;
    Ok(Request {
        act: TwoPersonAct::OpenToAuditors,
        subject: openings_subject(asked.wave, asked.sample),
        parameters: json!({}),
    })
}

/// Decides what of a drawn wave is opened, and records it. Two-person act: what it gives is written afterwards, so that
/// nothing leaves before approval and trail are kept.
///
/// # Errors
/// [`ActError`]; nothing may be opened then.
pub async fn open_to_auditors(
    act: &mut Act<'_>,
    asked: OpeningsAsked,
    approval: &Approval,
) -> Result<Due, ActError> {
    let number = asked.wave;
    let mut tx = act.database.begin().await?;
    let Openable { wave, policy, seed } = Openable::find(&mut tx, asked).await?;
    let members = members_of_roll(&mut tx, number).await?;
    let roll = FrozenRoll::read(&mut tx, number, &policy.policy().get().rules, members).await?.roll;
    let sampled = sample(&roll, &seed, asked.sample);
    let (selected, _) = selected_list(&mut tx, number).await?;
    let selected: BTreeSet<PersonId> = selected.iter().map(|own| own.person_id).collect();
    let entries: Vec<Entry> = (0..)
        .zip(roll.entries)
        .filter(|(index, entry)| sampled.contains(index) || selected.contains(&entry.person_id))
        .map(|(_, entry)| entry)
        .collect();
    let granted = published_grants(&mut tx, number).await?;
    let subject_asked = openings_subject(number, asked.sample);
    act.approve(&mut tx, TwoPersonAct::OpenToAuditors, &subject_asked, approval).await?;
    let event = Event {
        act: "records_open",
        subject: subject(number),
        from: None,
        to: None,
        reason: approval.reason(),
        detail: json!({
            "selected": selected.len(),
            "sampled": sampled.len(),
            "records": entries.len(),
            "granted": granted.len(),
        }),
    };
    act.record(&mut tx, event).await?;
    tx.commit().await.map_err(StorageError::from)?;
    Ok(Due { wave, entries, granted, selected: selected.len(), sampled: sampled.len() })
}

/// A wave that can be opened.
struct Openable {
    wave: WaveRow,
    policy: PolicyFile,
    seed: Seed,
}

impl Openable {
    async fn find(conn: &mut PgConnection, asked: OpeningsAsked) -> Result<Self, ActError> {
        let number = asked.wave;
        if asked.sample > SAMPLE_SIZE_MAX {
            return Err(OpeningsRefusal::TooMany(asked.sample).into());
        }
        let wave = wave_find(conn, number).await?.ok_or(ActError::UnknownWave(number))?;
        let policy = public_policy(conn, number).await?;
        let policy = policy.ok_or(OpeningsRefusal::Unpublished(number))?;
        let seed = draw_seed_find(conn, number).await?.filter(|_| is_drawn(&wave.state));
        let seed = Seed::from_bytes(seed.ok_or(OpeningsRefusal::NotDrawn(number))?);
        Ok(Self { wave, policy, seed })
    }
}

/// Granted appeals as `corrections.json` lists them; none before it is published, since more may follow.
async fn published_grants(
    conn: &mut PgConnection,
    number: WaveNumber,
) -> Result<Vec<GrantRow>, StorageError> {
    let files = public_files_list(conn, number).await?;
    if !files.iter().any(|file| file.name == "corrections.json") {
        return Ok(Vec::new());
    }
    let mut granted = grants_to_open(conn, number).await?;
    granted.sort_unstable_by_key(|own| (own.region, own.entry_tag));
    Ok(granted)
}

/// Writes what was approved.
///
/// # Errors
/// [`WriteOpeningsError`]; the openings are whole only without one.
pub async fn write_openings(
    act: &Act<'_>,
    due: &Due,
    out: &mut (dyn Write + Send),
) -> Result<Opened, WriteOpeningsError> {
    let Due { wave, entries, granted, selected, sampled } = due;
    let opener = Opener::new(act.keys, wave)?;
    out.write_all(&openings_head(&opener.context))?;
    let mut opened = 0usize;
    for batch in entries.chunks(BATCH) {
        let persons: Vec<PersonId> = batch.iter().map(|entry| entry.person_id).collect();
        let mut rows =
            openings_list(&mut *act.database.begin().await?, wave.wave, &persons).await?;
        rows.sort_unstable_by_key(|row| row.person_id);
        for line in opener.lines(batch, &rows)? {
            out.write_all(&line)?;
            opened = opened.saturating_add(1);
        }
    }
    for own in granted {
        if let Some(line) = opener.grant_line(own)? {
            out.write_all(&line)?;
            opened = opened.saturating_add(1);
        }
    }
    out.flush()?;
    let due = entries.len().saturating_add(granted.len());
    Ok(Opened {
        selected: *selected,
        sampled: *sampled,
        granted: granted.len(),
        opened,
        erased: due.saturating_sub(opened),
        draw_key: act.keys.unwrap(&draw_key_owner(wave.wave), &wave.draw_key)?,
    })
}

/// Places of the sample in the roll.
fn sample(roll: &Roll, seed: &Seed, size: usize) -> BTreeSet<u64> {
    let mut sample = AuditSample::new(seed, size);
    for (index, entry) in (0..).zip(&roll.entries) {
        sample.push(index, entry.record.parts().entry_tag);
    }
    sample.finish().into_iter().map(|(index, _)| index).collect()
}

/// What records are opened with.
struct Opener<'a> {
    keys: &'a KeyRing,
    context: WaveContext,
    draw_key: DrawKey,
}

impl<'a> Opener<'a> {
    fn new(keys: &'a KeyRing, wave: &WaveRow) -> Result<Self, ActError> {
        Ok(Self { keys, context: wave_context(wave)?, draw_key: wave_draw_key(keys, wave)? })
    }

    /// The lines of entries in their order; who has no row here has none. Rows ascend by person.
    fn lines(
        &self,
        entries: &[Entry],
        rows: &[OpeningRow],
    ) -> Result<Vec<Zeroizing<Vec<u8>>>, StorageError> {
        let line = |entry: &Entry| {
            let place = rows.binary_search_by_key(&entry.person_id, |row| row.person_id).ok()?;
            Some(self.line(entry, rows.get(place)?))
        };
        entries.par_iter().filter_map(line).collect()
    }

    fn line(&self, entry: &Entry, row: &OpeningRow) -> Result<Zeroizing<Vec<u8>>, StorageError> {
        let sealed = &row.sealed;
        let identity = self.keys.open(entry.person_id, &sealed.wrapped_key, &sealed.sealed)?;
        let parts = entry.record.parts();
        let opened = OpenedEntry {
            entry_tag: parts.entry_tag,
            region: parts.region,
            mask: entry.mask,
            weight: parts.weight,
            flags: parts.flags,
            blinding: self.draw_key.blinding(&self.context, &parts.entry_tag, &row.random.0),
            nik_digits: *identity.nik.expose(),
        };
        Ok(Zeroizing::new(opened.line()))
    }
    /// The line of a granted appeal; none of who was erased.
    fn grant_line(&self, own: &GrantRow) -> Result<Option<Zeroizing<Vec<u8>>>, StorageError> {
        let Some(sealed) = &own.sealed else { return Ok(None) };
        let identity = self.keys.open(own.person_id, &sealed.wrapped_key, &sealed.sealed)?;
        let opened = OpenedGrant {
            entry_tag: EntryTag(own.entry_tag),
            region: own.region.get(),
            nik_digits: *identity.nik.expose(),
        };
        Ok(Some(Zeroizing::new(opened.line())))
    }
}
