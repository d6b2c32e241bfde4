//! Opening a drawn wave to auditors: who stands behind the records that were selected, and behind those of the sample that
//! the seed picks (selection.md section 12). Auditors hold the openings against the published folder, and ask the registers
//! about the people. Nothing of it is public.

use std::collections::BTreeSet;
use std::io::{self, Write};

use domain::ids::PersonId;
use domain::officers::{Officer, SoleAct};
use domain::wave::WaveNumber;
use publication::audit::{OpenedEntry, openings_head};
use rayon::prelude::*;
use selection::audit::AuditSample;
use selection::digest::{DrawKey, Seed, WaveContext};
use serde_json::json;
use storage::error::StorageError;
use storage::openings::{OpeningRow, draw_seed_find, openings_list};
use storage::public_folders::members_of_roll;
use storage::reference::{WaveRow, wave_find};
use storage::rewrap::draw_key_owner;
use storage::selection::selected_list;
use storage::vault::KeyRing;
use zeroize::Zeroizing;

use crate::act::{Act, ActError, Event, subject};
use crate::folders::{is_drawn, public_policy};
use crate::officers::require_reason;
use crate::roll::{Entry, FrozenRoll, Roll, wave_context, wave_draw_key};

/// People whose identities are in memory at once.
const BATCH: usize = 8_192;

/// What is to be opened.
#[derive(Clone, Copy, Debug)]
pub struct OpeningsAsked<'a> {
    /// The wave.
    pub wave: WaveNumber,
    /// Records of the sample.
    pub sample: usize,
    /// Why, without personal data.
    pub reason: &'a str,
}

/// What was opened.
#[derive(Debug)]
pub struct Opened {
    /// People who were selected.
    pub selected: usize,
    /// Records of the sample.
    pub sampled: usize,
    /// Records opened; some of the sample were selected too.
    pub opened: usize,
    /// Records of people whose identity was erased since, which nobody can open.
    pub erased: usize,
    /// The wave's secret key, with which auditors tie entries to people.
    pub draw_key: Zeroizing<Vec<u8>>,
}

/// Why nothing was opened, or not all.
#[derive(Debug, thiserror::Error)]
pub enum OpeningsError {
    /// As for every act.
    #[error(transparent)]
    Act(#[from] ActError),
    /// Nobody was selected yet, and the sample is not known before the draw.
    #[error("{0:?} is not drawn, so nothing of it is opened yet")]
    NotDrawn(WaveNumber),
    /// There is no folder to hold openings against.
    #[error("{0:?} is not published as a folder, so its records commit to nobody")]
    Unpublished(WaveNumber),
    /// The openings could not be written.
    #[error("the openings could not be written")]
    Write(#[from] io::Error),
}

impl From<StorageError> for OpeningsError {
    fn from(error: StorageError) -> Self {
        Self::Act(error.into())
    }
}

/// Writes the openings of a drawn wave. The trail says who asked before anything is opened.
///
/// # Errors
/// [`OpeningsError`]; the openings are whole only without one.
pub async fn open_to_auditors(
    act: &mut Act<'_>,
    officer: &Officer,
    asked: OpeningsAsked<'_>,
    out: &mut (dyn Write + Send),
) -> Result<Opened, OpeningsError> {
    officer.require(SoleAct::OpenToAuditors.role()).map_err(ActError::from)?;
    require_reason(asked.reason).map_err(ActError::from)?;
    let number = asked.wave;
    let mut tx = act.database.begin().await?;
    let wave = wave_find(&mut tx, number).await?.ok_or(ActError::UnknownWave(number))?;
    let policy = public_policy(&mut tx, number).await?;
    let policy = policy.ok_or(OpeningsError::Unpublished(number))?;
    let seed = draw_seed_find(&mut tx, number).await?.filter(|_| is_drawn(&wave.state));
    let seed = Seed::from_bytes(seed.ok_or(OpeningsError::NotDrawn(number))?);
    let members = members_of_roll(&mut tx, number).await?;
    let roll = FrozenRoll::read(&mut tx, number, &policy.policy().get().rules, members).await?.roll;
    let sampled = sample(&roll, &seed, asked.sample);
    let (selected, _) = selected_list(&mut tx, number).await?;
    let selected: BTreeSet<PersonId> = selected.iter().map(|own| own.person_id).collect();
    let due: Vec<&Entry> = (0..)
        .zip(&roll.entries)
        .filter(|(index, entry)| sampled.contains(index) || selected.contains(&entry.person_id))
        .map(|(_, entry)| entry)
        .collect();
    let event = Event {
        act: "records_open",
        subject: subject(number),
        from: None,
        to: None,
        reason: asked.reason,
        detail: json!({
            "selected": selected.len(),
            "sampled": sampled.len(),
            "records": due.len(),
        }),
    };
    act.record(&mut tx, event).await?;
    tx.commit().await.map_err(StorageError::from)?;

    let opener = Opener::new(act.keys, &wave)?;
    out.write_all(&openings_head(&opener.context))?;
    let mut opened = 0usize;
    for batch in due.chunks(BATCH) {
        let persons: Vec<PersonId> = batch.iter().map(|entry| entry.person_id).collect();
        let mut rows = openings_list(&mut *act.database.begin().await?, number, &persons).await?;
        rows.sort_unstable_by_key(|row| row.person_id);
        for line in opener.lines(batch, &rows)? {
            out.write_all(&line)?;
            opened = opened.saturating_add(1);
        }
    }
    out.flush()?;
    Ok(Opened {
        selected: selected.len(),
        sampled: sampled.len(),
        opened,
        erased: due.len().saturating_sub(opened),
        draw_key: act.keys.unwrap(&draw_key_owner(number), &wave.draw_key)?,
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
        entries: &[&Entry],
        rows: &[OpeningRow],
    ) -> Result<Vec<Zeroizing<Vec<u8>>>, StorageError> {
        let line = |entry: &&Entry| {
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
}
