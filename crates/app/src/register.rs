//! Registering persons, set form.

use std::collections::{BTreeMap, BTreeSet};

use domain::eligibility::Finding;
use domain::funnel::Education;
use domain::identity::{Employment, Identity};
use domain::ids::PersonId;
use domain::nik::Sex;
use domain::region::RegionCode;
use domain::time::Timestamp;
use rayon::prelude::*;
use serde_json::json;
use sqlx::PgConnection;
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
    /// NIK and family card are one number, which they never are.
    #[error("the number of the family card is not the NIK; both stand on the card")]
    CardIsNik,
}

impl RegistrationRefusal {
    /// The stable code, as published in answers.
    pub const fn code(self) -> &'static str {
        match self {
            Self::NikTaken => "nik_taken",
            Self::IdTaken => "id_taken",
            Self::NotARegency => "not_a_regency",
            Self::CardIsNik => "family_card_is_nik",
        }
    }
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
    let mut tx = act.database.begin().await?;
    let outcome = register_within(act, &mut tx, registrations).await?;
    if outcome.registered > 0 {
        tx.commit().await.map_err(StorageError::from)?;
    }
    Ok(outcome)
}

/// [`register_persons`] within a transaction of the caller, who commits it.
pub(crate) async fn register_within(
    act: &mut Act<'_>,
    tx: &mut PgConnection,
    registrations: &[Registration],
) -> Result<RegistrationOutcome, ActError> {
    let keys = act.keys;
    let claims: Vec<Claim> = registrations.par_iter().map(|one| Claim::of(keys, one)).collect();
    let mut register = Register::read(tx, &claims).await?;
    let mut outcome = RegistrationOutcome::default();
    let mut accepted = Vec::with_capacity(registrations.len());
    for (one, claim) in registrations.iter().zip(claims) {
        match register.enter(&claim) {
            Ok(Entry::New) => accepted.push((one, claim.nik_index, SealRandom::draw(act.rng))),
            Ok(Entry::Known) => outcome.known = outcome.known.saturating_add(1),
            Err(refusal) => outcome.refused.push((one.person_id, refusal)),
        }
    }
    outcome.registered = accepted.len();
    if accepted.is_empty() {
        return Ok(outcome);
    }
    let rows = encode(keys, &accepted)?;
    rows.insert(tx).await?;
    let event = Event {
        act: "persons_register",
        subject: "persons".to_owned(),
        from: None,
        to: None,
        reason: "registration complete",
        detail: json!({ "registered": outcome.registered, "refused": outcome.refused.len() }),
    };
    act.record(tx, event).await?;
    Ok(outcome)
}

/// What a registration claims that another may hold, and what is looked at beside.
#[derive(Clone, Copy)]
pub(crate) struct Claim {
    pub(crate) person_id: PersonId,
    pub(crate) nik_index: Uuid,
    pub(crate) region: RegionCode,
    /// One number was stated for person and family card.
    pub(crate) card_is_nik: bool,
}

impl Claim {
    pub(crate) fn of(keys: &KeyRing, one: &Registration) -> Self {
        Self {
            person_id: one.person_id,
            nik_index: keys.nik_index(&one.identity.nik),
            region: one.region,
            card_is_nik: one.identity.nik.is_number_of(&one.identity.family_card),
        }
    }
}

/// What a claim comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Entry {
    /// Nobody holds it yet.
    New,
    /// The same person holds it.
    Known,
}

/// Who holds what of a batch's claims.
pub(crate) struct Register {
    holders: BTreeMap<Uuid, PersonId>,
    known_ids: BTreeSet<PersonId>,
    regencies: BTreeSet<RegionCode>,
    batch_niks: BTreeSet<Uuid>,
}

impl Register {
    /// Reads what the claims of a batch are judged by.
    pub(crate) async fn read(
        conn: &mut PgConnection,
        claims: &[Claim],
    ) -> Result<Self, StorageError> {
        let indexes: Vec<Uuid> = claims.iter().map(|claim| claim.nik_index).collect();
        let holders = niks_find(conn, &indexes).await?;
        let ids: Vec<Uuid> = claims.iter().map(|claim| claim.person_id.uuid()).collect();
        let known_ids = persons_known(conn, &ids).await?;
        let regions = regions_list(conn).await?.into_iter().map(|(code, _)| code);
        let regencies = regions.filter(|code| !code.is_province()).collect();
        Ok(Self { holders, known_ids, regencies, batch_niks: BTreeSet::new() })
    }

    /// True if no region was ever published.
    pub(crate) fn knows_no_regency(&self) -> bool {
        self.regencies.is_empty()
    }

    /// Judges a claim beside all that are known, leaving out those before it in its batch.
    pub(crate) fn judge(&self, claim: &Claim) -> Result<Entry, RegistrationRefusal> {
        match self.holders.get(&claim.nik_index) {
            Some(holder) if *holder == claim.person_id => Ok(Entry::Known),
            Some(_) => Err(RegistrationRefusal::NikTaken),
            None if !self.regencies.contains(&claim.region) => {
                Err(RegistrationRefusal::NotARegency)
            }
            None if claim.card_is_nik => Err(RegistrationRefusal::CardIsNik),
            None if self.batch_niks.contains(&claim.nik_index) => {
                Err(RegistrationRefusal::NikTaken)
            }
            None if self.known_ids.contains(&claim.person_id) => Err(RegistrationRefusal::IdTaken),
            None => Ok(Entry::New),
        }
    }

    /// Judges a claim and, if it is new, holds it against those after it.
    fn enter(&mut self, claim: &Claim) -> Result<Entry, RegistrationRefusal> {
        let entry = self.judge(claim)?;
        if entry == Entry::New {
            self.batch_niks.insert(claim.nik_index);
            self.known_ids.insert(claim.person_id);
        }
        Ok(entry)
    }
}

/// The part of the birth date that statistics need.
pub(crate) fn birth_year(identity: &Identity) -> i16 {
    i16::try_from(identity.born_on.year()).unwrap_or(i16::MAX)
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
                    birth_year: birth_year(&one.identity),
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
