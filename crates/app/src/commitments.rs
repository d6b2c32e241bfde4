//! What the entries of a roll commit to: person and class, blinded, so that each person alone can prove an entry theirs
//! (selection.md section 1).

use std::collections::BTreeMap;

use domain::ids::PersonId;
use rayon::prelude::*;
use selection::digest::{DrawKey, Opening, WaveContext};
use sqlx::PgConnection;
use storage::classes::identities_of_roll;
use storage::error::StorageError;
use storage::reference::WaveRow;
use storage::vault::{KeyRing, SealedIdentity};

use crate::act::ActError;
use crate::roll::{Entry, wave_context, wave_draw_key};

/// Identities that are in memory at once.
const BATCH: usize = 8_192;

/// The commitments of entries that commit to nothing yet. Who was erased since the join has none, since nobody knows
/// the number any more.
pub(crate) async fn make_commitments(
    conn: &mut PgConnection,
    keys: &KeyRing,
    wave: &WaveRow,
    entries: &[Entry],
) -> Result<BTreeMap<PersonId, [u8; 32]>, ActError> {
    let committer = Committer {
        keys,
        context: wave_context(wave)?,
        draw_key: wave_draw_key(keys, wave)?,
        entries: entries.iter().map(|entry| (entry.person_id, entry)).collect(),
    };
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

struct Committer<'a> {
    keys: &'a KeyRing,
    context: WaveContext,
    draw_key: DrawKey,
    entries: BTreeMap<PersonId, &'a Entry>,
}

impl Committer<'_> {
    /// The commitments of those among these who are in the roll.
    fn commit(
        &self,
        batch: &[(PersonId, SealedIdentity)],
    ) -> Result<Vec<(PersonId, [u8; 32])>, StorageError> {
        let opened = batch.par_iter().filter_map(|(person, sealed)| {
            let entry = self.entries.get(person)?;
            Some(self.commitment(entry, sealed).map(|commitment| (*person, commitment)))
        });
        opened.collect()
    }

    fn commitment(&self, entry: &Entry, sealed: &SealedIdentity) -> Result<[u8; 32], StorageError> {
        let identity = self.keys.open(entry.person_id, &sealed.wrapped_key, &sealed.sealed)?;
        let parts = entry.record.parts();
        Ok(self.context.commitment(&Opening {
            blinding: &self.draw_key.blinding(&self.context, &parts.entry_tag),
            entry_tag: parts.entry_tag,
            region: parts.region,
            mask: entry.mask,
            weight: parts.weight,
            flags: parts.flags,
            nik_digits: identity.nik.expose(),
        }))
    }
}
