//! What the entries of a roll commit to: person and class, blinded, so that each person alone can prove an entry theirs
//! (selection.md section 1).

use std::collections::BTreeMap;

use domain::ids::PersonId;
use rayon::prelude::*;
use selection::digest::{DrawKey, Opening, WaveContext};
use sqlx::PgConnection;
use storage::classes::{CommitmentRow, identities_of_roll};
use storage::error::StorageError;
use storage::plans::identities_of_persons;
use storage::reference::WaveRow;
use storage::vault::{KeyRing, SealedIdentity};

use crate::act::{Act, ActError};
use crate::roll::{Entry, wave_context, wave_draw_key};

/// Identities that are in memory at once.
const BATCH: usize = 8_192;

/// The commitments of entries that commit to nothing yet, each with random bytes of its own. Who was erased since the
/// join has none, since nobody knows the number any more.
pub(crate) async fn make_commitments(
    conn: &mut PgConnection,
    act: &mut Act<'_>,
    wave: &WaveRow,
    entries: &[Entry],
) -> Result<BTreeMap<PersonId, CommitmentRow>, ActError> {
    let committer = Committer::new(act, wave, entries)?;
    let mut commitments = BTreeMap::new();
    let mut batch = Vec::with_capacity(BATCH);
    identities_of_roll(conn, wave.wave, |person, sealed| {
        batch.push((person, sealed));
        if batch.len() == BATCH {
            commitments.extend(committer.commit(&batch)?);
            batch.clear();
        }
        Ok(())
    })
    .await?;
    commitments.extend(committer.commit(&batch)?);
    Ok(commitments)
}

/// The commitments of a few entries, as [`make_commitments`] makes them for a whole roll.
pub(crate) async fn make_few_commitments(
    conn: &mut PgConnection,
    act: &mut Act<'_>,
    wave: &WaveRow,
    entries: &[Entry],
) -> Result<BTreeMap<PersonId, CommitmentRow>, ActError> {
    let persons = entries.iter().map(|entry| &entry.person_id);
    let identities = identities_of_persons(conn, persons).await?;
    Ok(Committer::new(act, wave, entries)?.commit(&identities)?.into_iter().collect())
}

struct Committer<'a> {
    keys: &'a KeyRing,
    context: WaveContext,
    draw_key: DrawKey,
    entries: BTreeMap<PersonId, (&'a Entry, [u8; 32])>,
}

impl<'a> Committer<'a> {
    fn new(act: &'a mut Act<'_>, wave: &WaveRow, entries: &'a [Entry]) -> Result<Self, ActError> {
        // Drawn in the order of the entries: the one in which identities come is none.
        let drawn = entries.iter().map(|entry| {
            let mut random = [0; 32];
            act.rng.fill_bytes(&mut random);
            (entry.person_id, (entry, random))
        });
        let entries = drawn.collect();
        let (context, draw_key) = (wave_context(wave)?, wave_draw_key(act.keys, wave)?);
        Ok(Self { keys: act.keys, context, draw_key, entries })
    }

    /// The commitments of those among these who are in the roll.
    fn commit(
        &self,
        batch: &[(PersonId, SealedIdentity)],
    ) -> Result<Vec<(PersonId, CommitmentRow)>, StorageError> {
        let opened = batch.par_iter().filter_map(|(person, sealed)| {
            let (entry, random) = *self.entries.get(person)?;
            let commitment = self.commitment(entry, &random, sealed);
            Some(commitment.map(|commitment| (*person, CommitmentRow { commitment, random })))
        });
        opened.collect()
    }

    fn commitment(
        &self,
        entry: &Entry,
        random: &[u8; 32],
        sealed: &SealedIdentity,
    ) -> Result<[u8; 32], StorageError> {
        let identity = self.keys.open(entry.person_id, &sealed.wrapped_key, &sealed.sealed)?;
        let parts = entry.record.parts();
        Ok(self.context.commitment(&Opening {
            blinding: &self.draw_key.blinding(&self.context, &parts.entry_tag, random),
            entry_tag: parts.entry_tag,
            region: parts.region,
            mask: entry.mask,
            weight: parts.weight,
            flags: parts.flags,
            nik_digits: identity.nik.expose(),
        }))
    }
}
