//! Registering persons, set form.

use std::collections::BTreeSet;

use domain::eligibility::Finding;
use domain::funnel::Education;
use domain::identity::{Employment, Identity};
use domain::ids::PersonId;
use domain::nik::Sex;
use domain::region::RegionCode;
use domain::time::Timestamp;
use rayon::prelude::*;
use serde_json::json;
use storage::error::StorageError;
use storage::persons::{NewPerson, PersonRows, niks_find, persons_known};
use storage::reference::regions_list;
use storage::vault::{KeyRing, SealRandom};
use uuid::Uuid;

use crate::act::{Act, ActError, Event};

/// Persons sealed and encoded as one piece of work.
const CHUNK: usize = 1024;

/// A complete registration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registration {
    /// Id, made by the client: registering twice under it changes nothing.
    pub person_id: PersonId,
    /// Who it is.
    pub identity: Identity,
    /// Sex.
    pub sex: Sex,
    /// Last education completed.
    pub education: Education,
    /// Work situation.
    pub employment: Employment,
    /// Regency of the family card.
    pub region: RegionCode,
    /// States a disability.
    pub disability: bool,
    /// Answers of registers that are no plain confirmation.
    pub findings: Vec<Finding>,
    /// When it was complete.
    pub registered_at: Timestamp,
}

/// Why a registration was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RegistrationRefusal {
    /// The person number belongs to another account.
    #[error("this NIK is registered already; sign in to that account, or report its misuse")]
    NikTaken,
    /// The client's id belongs to somebody else's registration.
    #[error("this registration id belongs to another person; begin the registration again")]
    IdTaken,
    /// The region is a province, or none of the published ones.
    #[error("choose the kabupaten/kota of the family card")]
    NotARegency,
}

/// What became of a batch.
#[derive(Debug, Default)]
pub struct RegistrationOutcome {
    /// Newly registered.
    pub registered: usize,
    /// Registered before under the same id.
    pub known: usize,
    /// Refused, with the reason.
    pub refused: Vec<(PersonId, RegistrationRefusal)>,
}

/// Registers a batch in one transaction; a refused registration does not hold up the others.
///
/// # Errors
/// [`ActError`]; nothing of the batch is kept then.
pub async fn register_persons(
    act: &mut Act<'_>,
    registrations: &[Registration],
) -> Result<RegistrationOutcome, ActError> {
    let keys = act.keys;
    let indexes: Vec<Uuid> =
        registrations.par_iter().map(|one| keys.nik_index(&one.identity.nik)).collect();
    let mut tx = act.database.begin().await?;
    let taken = niks_find(&mut tx, &indexes).await?;
    let ids: Vec<Uuid> = registrations.iter().map(|one| one.person_id.uuid()).collect();
    let mut known_ids = persons_known(&mut tx, &ids).await?;
    let known_regions = regions_list(&mut tx).await?;
    let regencies: BTreeSet<RegionCode> = known_regions
        .into_iter()
        .map(|(code, _)| code)
        .filter(|code| !code.is_province())
        .collect();
    let mut outcome = RegistrationOutcome::default();
    let mut batch_niks = BTreeSet::new();
    let mut accepted = Vec::with_capacity(registrations.len());
    for (one, nik_index) in registrations.iter().zip(indexes) {
        let refusal = match taken.get(&nik_index) {
            Some(holder) if *holder == one.person_id => {
                outcome.known = outcome.known.saturating_add(1);
                continue;
            }
            Some(_) => Some(RegistrationRefusal::NikTaken),
            None if !regencies.contains(&one.region) => Some(RegistrationRefusal::NotARegency),
            None if batch_niks.contains(&nik_index) => Some(RegistrationRefusal::NikTaken),
            None => (!known_ids.insert(one.person_id)).then_some(RegistrationRefusal::IdTaken),
        };
        if let Some(refusal) = refusal {
            outcome.refused.push((one.person_id, refusal));
            continue;
        }
        batch_niks.insert(nik_index);
        accepted.push((one, nik_index, SealRandom::draw(act.rng)));
    }
    outcome.registered = accepted.len();
    if accepted.is_empty() {
        return Ok(outcome);
    }
    let rows = encode(keys, &accepted)?;
    rows.insert(&mut tx).await?;
    let event = Event {
        act: "persons_register",
        subject: "persons".to_owned(),
        from: None,
        to: None,
        reason: "registration complete",
        detail: json!({ "registered": outcome.registered, "refused": outcome.refused.len() }),
    };
    act.record(&mut tx, event).await?;
    tx.commit().await.map_err(StorageError::from)?;
    Ok(outcome)
}

/// Seals and encodes on all cores, in the order given.
fn encode(
    keys: &KeyRing,
    accepted: &[(&Registration, Uuid, SealRandom)],
) -> Result<PersonRows, StorageError> {
    let parts: Vec<PersonRows> = accepted
        .par_chunks(CHUNK)
        .map(|chunk| {
            let mut rows = PersonRows::default();
            for (one, nik_index, random) in chunk {
                rows.push(&NewPerson {
                    person_id: one.person_id,
                    registered_at: one.registered_at,
                    sex: one.sex,
                    education: one.education,
                    employment: one.employment,
                    region: one.region,
                    birth_year: i16::try_from(one.identity.born_on.year()).unwrap_or(i16::MAX),
                    disability: one.disability,
                    nik_index: *nik_index,
                    kk_index: keys.kk_index(&one.identity.family_card),
                    identity: keys.seal(one.person_id, &one.identity, random)?,
                    findings: one.findings.clone(),
                });
            }
            Ok(rows)
        })
        .collect::<Result<_, StorageError>>()?;
    let mut rows = PersonRows::default();
    for part in &parts {
        rows.append(part);
    }
    Ok(rows)
}
