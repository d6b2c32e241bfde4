//! Opening a drawn wave to auditors: who stands behind the records that were selected, behind those of the sample that
//! the seed picks (selection.md section 12), and behind granted appeals. Auditors hold the openings against the published
//! folder, and ask the registers about the people. Nothing of it is public.
//!
//! The roll is not made anew: what erased people counted as is forgotten once the wave is over, and with it what others of
//! their region showed. Each opened record is held against its own commitment instead.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

use domain::ids::PersonId;
use domain::officers::{Approval, TwoPersonAct};
use domain::wave::WaveNumber;
use publication::audit::{OpenedEntry, OpenedGrant, openings_head};
use rayon::prelude::*;
use selection::audit::AuditSample;
use selection::digest::{DrawKey, Opening, Seed, WaveContext};
use selection::record::{EntryTag, HIDDEN_MASK, Weight, flags};
use serde_json::json;
use sqlx::PgConnection;
use storage::classes::{MemberClass, member_classes_of_wave};
use storage::database::Database;
use storage::error::StorageError;
use storage::memberships::Member;
use storage::openings::{
    GrantRow, OpeningRow, are_openings_forgotten, draw_seed_find, grants_to_open, openings_list,
};
use storage::public_folders::{members_of_roll, public_files_list};
use storage::reference::{WaveRow, wave_find};
use storage::rewrap::draw_key_owner;
use storage::selection::{roll_get, selected_list};
use storage::vault::KeyRing;
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::act::{Act, ActError, Event, openings_subject, subject};
use crate::folders::{is_drawn, public_policy};
use crate::proposals::Request;
use crate::roll::{wave_context, wave_draw_key};

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
    records: Vec<DueRecord>,
    granted: Vec<GrantRow>,
    selected: usize,
    sampled: usize,
}

/// What a record says, beside what its person alone knows.
#[derive(Debug)]
struct DueRecord {
    person_id: PersonId,
    region: u16,
    entry_tag: EntryTag,
    class: MemberClass,
    /// Places left of the family card, if earlier grants have used some.
    places_left: u8,
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
    /// What opens the records goes some time after the wave.
    #[error("{0:?} is long over, and what opens its records is forgotten")]
    Forgotten(WaveNumber),
}

impl OpeningsRefusal {
    /// A stable code for programs.
    pub const fn code(self) -> &'static str {
        match self {
            Self::NotDrawn(_) => "openings_not_drawn",
            Self::Unpublished(_) => "openings_not_published",
            Self::TooMany(_) => "openings_too_many",
            Self::Forgotten(_) => "openings_forgotten",
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
    let Openable { wave, seed } = Openable::find(&mut tx, asked).await?;
    let (members, places) = members_in_order(&mut tx, number).await?;
    let sampled = sample(&members, &seed, asked.sample);
    let (selected, _) = selected_list(&mut tx, number).await?;
    let selected: BTreeSet<PersonId> = selected.iter().map(|own| own.person_id).collect();
    let chosen = (0..)
        .zip(members)
        .filter(|(index, member)| sampled.contains(index) || selected.contains(&member.person_id));
    let records = due_records(&mut tx, number, chosen.map(|(_, member)| member), &places).await?;
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
            "records": records.len(),
            "granted": granted.len(),
        }),
    };
    act.record(&mut tx, event).await?;
    tx.commit().await.map_err(StorageError::from)?;
    Ok(Due { wave, records, granted, selected: selected.len(), sampled: sampled.len() })
}

/// The members of the frozen roll in the order of its records, and the places left of their family cards.
async fn members_in_order(
    conn: &mut PgConnection,
    number: WaveNumber,
) -> Result<(Vec<Member>, BTreeMap<Uuid, u8>), ActError> {
    let frozen = roll_get(conn, number).await?;
    let mut members = members_of_roll(conn, number).await?;
    if members.len() != frozen.entries {
        return Err(ActError::RollChanged(number));
    }
    members.sort_unstable_by_key(|member| (member.region, member.entry_tag));
    Ok((members, frozen.places))
}

/// What the records of these members say, in their order.
async fn due_records(
    conn: &mut PgConnection,
    number: WaveNumber,
    members: impl Iterator<Item = Member>,
    places: &BTreeMap<Uuid, u8>,
) -> Result<Vec<DueRecord>, ActError> {
    let classes = member_classes_of_wave(conn, number).await?;
    let records: Vec<DueRecord> = members
        .map(|member| DueRecord {
            person_id: member.person_id,
            region: member.region.get(),
            entry_tag: EntryTag(member.entry_tag),
            class: classes.get(&member.person_id).copied().unwrap_or(MemberClass::PLAIN),
            places_left: places.get(&member.kk_index).copied().unwrap_or(0),
        })
        .collect();
    let persons: Vec<PersonId> = records.iter().map(|record| record.person_id).collect();
    if are_openings_forgotten(conn, number, &persons).await? {
        return Err(OpeningsRefusal::Forgotten(number).into());
    }
    Ok(records)
}

/// A wave that can be opened.
struct Openable {
    wave: WaveRow,
    seed: Seed,
}

impl Openable {
    async fn find(conn: &mut PgConnection, asked: OpeningsAsked) -> Result<Self, ActError> {
        let number = asked.wave;
        if asked.sample > SAMPLE_SIZE_MAX {
            return Err(OpeningsRefusal::TooMany(asked.sample).into());
        }
        let wave = wave_find(conn, number).await?.ok_or(ActError::UnknownWave(number))?;
        if public_policy(conn, number).await?.is_none() {
            return Err(OpeningsRefusal::Unpublished(number).into());
        }
        let seed = draw_seed_find(conn, number).await?.filter(|_| is_drawn(&wave.state));
        let seed = Seed::from_bytes(seed.ok_or(OpeningsRefusal::NotDrawn(number))?);
        Ok(Self { wave, seed })
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
    let Due { wave, records, granted, selected, sampled } = due;
    let opener = Opener::new(act.keys, wave)?;
    out.write_all(&openings_head(&opener.context))?;
    let mut opened = 0usize;
    for batch in records.chunks(BATCH) {
        let persons: Vec<PersonId> = batch.iter().map(|record| record.person_id).collect();
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
    let due = records.len().saturating_add(granted.len());
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
fn sample(members: &[Member], seed: &Seed, size: usize) -> BTreeSet<u64> {
    let mut sample = AuditSample::new(seed, size);
    for (index, member) in (0..).zip(members) {
        sample.push(index, EntryTag(member.entry_tag));
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

    /// The lines of records in their order; who has no row here has none. Rows ascend by person.
    fn lines(
        &self,
        records: &[DueRecord],
        rows: &[OpeningRow],
    ) -> Result<Vec<Zeroizing<Vec<u8>>>, StorageError> {
        let line = |record: &DueRecord| {
            let place = rows.binary_search_by_key(&record.person_id, |row| row.person_id).ok()?;
            Some(self.line(record, rows.get(place)?))
        };
        records.par_iter().filter_map(line).collect()
    }

    fn line(
        &self,
        record: &DueRecord,
        row: &OpeningRow,
    ) -> Result<Zeroizing<Vec<u8>>, StorageError> {
        let sealed = &row.sealed;
        let identity = self.keys.open(record.person_id, &sealed.wrapped_key, &sealed.sealed)?;
        let broken = |column| StorageError::Inconsistency { table: "roll_commitments", column };
        let weight = Weight::new(record.class.weight).map_err(|_| broken("weight"))?;
        let blinding = self.draw_key.blinding(&self.context, &record.entry_tag, &row.random.0);
        // Whether the record shows its mask hung on how many of the region had the same; its commitment tells.
        for shown in [record.class.mask, HIDDEN_MASK] {
            let opening = Opening {
                blinding: &blinding,
                entry_tag: record.entry_tag,
                region: record.region,
                mask: record.class.mask,
                weight,
                flags: flags(shown, record.places_left).map_err(|_| broken("flags"))?,
                nik_digits: identity.nik.expose(),
            };
            if self.context.commitment(&opening) == row.commitment {
                let opened = OpenedEntry {
                    entry_tag: opening.entry_tag,
                    region: opening.region,
                    mask: opening.mask,
                    weight,
                    flags: opening.flags,
                    blinding,
                    nik_digits: *opening.nik_digits,
                };
                return Ok(Zeroizing::new(opened.line()));
            }
        }
        Err(broken("commitment"))
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
