//! What the database has of a published wave, as its folder tells it.

use std::collections::BTreeMap;

use domain::policy::Named as _;
use domain::wave::{WaveNumber, WaveState};
use publication::format::{
    CarrySource, Commitment, CorrectionsFile, Granted, PolicyFile, ReturnSource, Reveal,
    Revocation, RevocationReason, RevokedFile, revoked_name,
};
use publication::write::{FromEarlier, OpenedRecord};
use selection::quota::ReturnedSeats;
use selection::record::{EntryTag, Weight};
use sha2::{Digest as _, Sha256};
use sqlx::PgConnection;
use storage::error::StorageError;
use storage::public_folders::{
    batch_read, batches_count, batches_taken_by, granted_appeals_list, is_followed,
    members_of_roll, public_draw_get, public_files_list, public_wave_before, seats_taken_by,
};
use storage::reference::{WaveRow, wave_find};

use super::is_drawn;
use super::rules::public_policy;
use crate::act::ActError;
use crate::contributions::{commitments_of, reveals_of};
use crate::roll::{FrozenRoll, selection_error, wave_context};

/// What is to be published of a wave, as far as it has come.
#[derive(Debug)]
pub(super) struct Contents {
    pub wave: WaveNumber,
    pub policy: PolicyFile,
    /// Number of the plan.
    pub plan: u8,
    /// List and seats, once the wave is frozen.
    pub list: Option<List>,
    /// What contributors have revealed, once no more can follow.
    pub reveals: Option<Vec<Reveal>>,
    /// The beacon's signature and the digest that `waitlist.bin` must have, once the wave is drawn.
    pub draw: Option<([u8; 48], [u8; 32])>,
    /// Batches of revocations, the first one first.
    pub batches: Vec<RevokedFile>,
    /// Granted appeals, once no more can follow.
    pub corrections: Option<CorrectionsFile>,
    /// Batches of waves that are not published themselves: wave, number and file.
    pub foreign: Vec<(WaveNumber, u32, RevokedFile)>,
}

/// The frozen list, and the seats it takes over.
#[derive(Debug)]
pub(super) struct List {
    pub records: Vec<OpenedRecord>,
    pub earlier: FromEarlier,
    /// Commitments of the contributors.
    pub contributions: Vec<Commitment>,
}

/// Reads a published wave.
pub(super) async fn read_contents(
    conn: &mut PgConnection,
    number: WaveNumber,
) -> Result<Contents, ActError> {
    let wave = wave_find(conn, number).await?.ok_or(ActError::UnknownWave(number))?;
    let policy = public_policy(conn, number).await?.ok_or(ActError::UnknownWave(number))?;
    // Of a cancelled wave nothing was drawn, so there is nothing more to recompute.
    let is_frozen = matches!(wave.state, WaveState::Frozen { .. }) || is_drawn(&wave.state);
    let mut contents = Contents {
        wave: number,
        policy,
        plan: wave.plan(),
        list: None,
        reveals: None,
        draw: None,
        batches: Vec::new(),
        corrections: None,
        foreign: Vec::new(),
    };
    if !is_frozen {
        return Ok(contents);
    }
    // Once list and draw are out, what they were made of may be forgotten.
    let seen = public_files_list(conn, number).await?;
    if seen.iter().all(|file| file.name != "result.json") {
        contents.list = Some(read_list(conn, &wave, &contents).await?);
        contents.reveals = reveals_of(conn, number, &contents.policy).await?;
        contents.draw = public_draw_get(conn, number).await?;
    }
    for batch in 1..=batches_count(conn, number).await? {
        contents.batches.push(read_batch(conn, &wave, batch).await?);
    }
    let keeps_seats = contents.policy.policy().get().rules.reserve.num > 0;
    if keeps_seats && is_followed(conn, number).await? {
        contents.corrections = Some(read_corrections(conn, &wave).await?);
    }
    let taken =
        if contents.list.is_some() { batches_taken_by(conn, number).await? } else { Vec::new() };
    for (from, batch) in taken {
        if public_policy(conn, from).await?.is_none() {
            let from_wave = wave_find(conn, from).await?.ok_or(ActError::UnknownWave(from))?;
            contents.foreign.push((from, batch, read_batch(conn, &from_wave, batch).await?));
        }
    }
    Ok(contents)
}

async fn read_list(
    conn: &mut PgConnection,
    wave: &WaveRow,
    contents: &Contents,
) -> Result<List, ActError> {
    let rules = &contents.policy.policy().get().rules;
    let members = members_of_roll(conn, wave.wave).await?;
    let roll = FrozenRoll::read(conn, wave.wave, rules, members).await?.roll;
    let opened = |entry: &crate::roll::Entry| OpenedRecord {
        record: entry.record,
        true_mask: entry.is_hidden().then_some(entry.mask),
    };
    let records = roll.entries.iter().map(opened).collect();
    let contributions = commitments_of(conn, wave.wave, &contents.policy).await?;
    Ok(List { records, earlier: read_earlier(conn, wave.wave).await?, contributions })
}

/// What the wave has taken over from earlier ones.
async fn read_earlier(conn: &mut PgConnection, wave: WaveNumber) -> Result<FromEarlier, ActError> {
    let taken = seats_taken_by(conn, wave).await?;
    let returned = |(region, count): (domain::region::RegionCode, u32)| ReturnedSeats {
        region: region.get(),
        count,
    };
    let mut returned_from = Vec::new();
    for (from, batch) in batches_taken_by(conn, wave).await? {
        let from_wave = wave_find(conn, from).await?.ok_or(ActError::UnknownWave(from))?;
        let file = read_batch(conn, &from_wave, batch).await?;
        returned_from.push(ReturnSource {
            digest: Sha256::digest(file.write()).into(),
            file: revoked_name(batch),
            wave: u32::from(from.get()),
        });
    }
    let carry_from = match public_wave_before(conn, wave).await? {
        None => None,
        Some(before) => {
            let files = public_files_list(conn, before).await?;
            let result = files.iter().find(|file| file.name == "result.json");
            let broken = StorageError::Inconsistency { table: "public_files", column: "name" };
            let digest = result.ok_or(broken)?.digest;
            Some(CarrySource { digest, wave: u32::from(before.get()) })
        }
    };
    Ok(FromEarlier {
        carry_in: taken.carried.values().map(|seats| u64::from(*seats)).sum(),
        carry_from,
        returned: taken.returned.into_iter().map(returned).collect(),
        returned_from,
    })
}

async fn read_batch(
    conn: &mut PgConnection,
    wave: &WaveRow,
    batch: u32,
) -> Result<RevokedFile, ActError> {
    let places = batch_read(conn, wave.wave, batch).await?;
    let mut revocations: Vec<Revocation> = places
        .into_iter()
        .map(|own| Revocation {
            at: u64::try_from(own.at.unix_seconds()).unwrap_or(0),
            region: own.region.get(),
            entry_tag: EntryTag(own.entry_tag),
            reason: match own.reason.as_str() {
                "purchase_deadline_missed" => RevocationReason::NoPurchase,
                "ineligible" => RevocationReason::Ineligible,
                _ => RevocationReason::Other,
            },
            replaced_by: None,
        })
        .collect();
    revocations.sort_unstable_by_key(|own| (own.at, own.region, own.entry_tag));
    Ok(RevokedFile::new(*wave_context(wave)?.as_bytes(), revocations))
}

async fn read_corrections(
    conn: &mut PgConnection,
    wave: &WaveRow,
) -> Result<CorrectionsFile, ActError> {
    let mut granted = Vec::new();
    for own in granted_appeals_list(conn, wave.wave).await? {
        granted.push(Granted {
            entry_tag: EntryTag(own.entry_tag),
            region: own.region.get(),
            mask: own.class.mask,
            weight: Weight::new(own.class.weight)
                .map_err(|error| selection_error(wave.wave, &error))?,
            reason: own.ground.name().to_owned(),
        });
    }
    granted.sort_unstable_by_key(Granted::place);
    Ok(CorrectionsFile { ctx: *wave_context(wave)?.as_bytes(), granted })
}

impl Contents {
    /// True masks of the entries that do not show theirs.
    pub(super) fn hidden_masks(&self) -> BTreeMap<EntryTag, u16> {
        let records = self.list.iter().flat_map(|list| &list.records);
        records.filter_map(|own| Some((own.record.parts().entry_tag, own.true_mask?))).collect()
    }
}
