//! Correcting what one has stated, by the holder of the account and under a client's key.
//!
//! A membership keeps what counted at its join, so what a draw goes by stays as it is until the decree; a live grant
//! holds its place on the card it was made for. What the registers said about a changed field is asked again. A NIK is
//! stated anew while nothing rests on it, and taken as at registering: of two who want one number the first has it.

use domain::client_key::ClientKey;
use domain::funnel::Education;
use domain::identity::{Email, Employment, Identity, PersonName, Phone};
use domain::ids::{AccountId, PersonId};
use domain::nik::{FamilyCard, Nik, NikDoubt, Sex};
use domain::policy::Named as _;
use domain::region::RegionCode;
use domain::rights::RequestKind;
use domain::statement::nik::{NikRefusal, refuse_nik};
use domain::statement::{
    CorrectionRefusal, StatementField, StatementTries, TryHolder, checks_about, refuse_correction,
};
use domain::time::Timestamp;
use serde_json::json;
use storage::accounts::account_lock;
use storage::checks::identity_lock;
use storage::citizen::person_facts_find;
use storage::database::{Database, Tx};
use storage::error::StorageError;
use storage::niks::{nik_bounds, nik_confirmation_keep, nik_update};
use storage::persons::niks_find;
use storage::reference::regions_list;
use storage::statements::{
    SetsLock, StatedFacts, draw_change_record, facts_update, identity_update, sets_lock,
    statement_bounds, statement_lock, tries_find, tries_set,
};
use storage::vault::{KeyRing, SealRandom};
use time::Date;
use zeroize::Zeroizing;

use crate::act::{Act, ActError, Event, person_subject};
use crate::checks::begin_checks;
use crate::keyed::{Keyed, Known};
use crate::register::birth_year;
use crate::register_one::{NIK_TAKEN, Statement, count_try};
use crate::rights::keep_done;

/// A NIK that is stated anew.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StatedNik {
    /// As typed: what is doubtful about its digits is asked about first.
    Typed(Nik),
    /// It is so on the card, whatever its digits name.
    Certain(Nik),
}

impl StatedNik {
    const fn nik(&self) -> &Nik {
        match self {
            Self::Typed(nik) | Self::Certain(nik) => nik,
        }
    }
}

/// The fields that a person states anew; `None` leaves one as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Correction {
    /// Person number.
    pub nik: Option<StatedNik>,
    /// Family card.
    pub family_card: Option<FamilyCard>,
    /// Name.
    pub name: Option<PersonName>,
    /// Birth date.
    pub born_on: Option<Date>,
    /// Mobile number.
    pub phone: Option<Phone>,
    /// E-mail address.
    pub email: Option<Email>,
    /// Sex.
    pub sex: Option<Sex>,
    /// Last education completed.
    pub education: Option<Education>,
    /// Work situation.
    pub employment: Option<Employment>,
    /// Regency of the family card.
    pub region: Option<RegionCode>,
    /// States a disability.
    pub disability: Option<bool>,
}

impl Correction {
    /// What is to be asked about the NIK beside the birth date that holds then, if nobody has said that both are right.
    fn doubt(&self, wanted: &Statement, today: Date) -> Option<NikDoubt> {
        match &self.nik {
            Some(StatedNik::Typed(nik)) => nik.doubt(Some(wanted.identity.born_on), today),
            Some(StatedNik::Certain(_)) | None => None,
        }
    }

    /// What is stated once this is corrected.
    fn applied(&self, held: &Statement) -> Statement {
        let identity = &held.identity;
        Statement {
            identity: Identity {
                nik: self.nik.as_ref().map_or(&identity.nik, StatedNik::nik).clone(),
                family_card: self.family_card.as_ref().unwrap_or(&identity.family_card).clone(),
                name: self.name.as_ref().unwrap_or(&identity.name).clone(),
                born_on: self.born_on.unwrap_or(identity.born_on),
                phone: self.phone.as_ref().unwrap_or(&identity.phone).clone(),
                email: self.email.as_ref().unwrap_or(&identity.email).clone(),
            },
            sex: self.sex.unwrap_or(held.sex),
            education: self.education.unwrap_or(held.education),
            employment: self.employment.unwrap_or(held.employment),
            region: self.region.unwrap_or(held.region),
            disability: self.disability.unwrap_or(held.disability),
        }
    }

    /// Everything asked for, for the keyed digest that is kept with the client's key: the fields by their names,
    /// each text ended by a byte that none has.
    fn bytes(&self) -> Zeroizing<Vec<u8>> {
        let born_on = self.born_on.map(|day| day.to_julian_day().to_be_bytes());
        let region = self.region.map(|region| region.get().to_be_bytes());
        let parts: [(StatementField, Option<&[u8]>); 11] = [
            (StatementField::Nik, self.nik.as_ref().map(|one| &one.nik().expose()[..])),
            (StatementField::FamilyCard, self.family_card.as_ref().map(|one| &one.expose()[..])),
            (StatementField::Name, self.name.as_ref().map(|one| one.expose().as_bytes())),
            (StatementField::BornOn, born_on.as_ref().map(|one| &one[..])),
            (StatementField::Phone, self.phone.as_ref().map(|one| one.expose().as_bytes())),
            (StatementField::Email, self.email.as_ref().map(|one| one.expose().as_bytes())),
            (StatementField::Sex, self.sex.map(|one| one.name().as_bytes())),
            (StatementField::Education, self.education.map(|one| one.name().as_bytes())),
            (StatementField::Employment, self.employment.map(|one| one.name().as_bytes())),
            (StatementField::Region, region.as_ref().map(|one| &one[..])),
            (
                StatementField::Disability,
                self.disability.map(|one| if one { b"yes".as_slice() } else { b"no" }),
            ),
        ];
        let mut bytes = Zeroizing::new(Vec::with_capacity(512));
        for (field, value) in parts {
            let Some(value) = value else { continue };
            bytes.extend_from_slice(field.name().as_bytes());
            bytes.push(0);
            bytes.extend_from_slice(value);
            bytes.push(0);
        }
        bytes
    }
}

/// What a correction came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CorrectAnswer {
    /// These fields changed; also the answer to the same key again. Empty if nothing differed.
    Corrected(Vec<StatementField>),
    /// A field stays as it is; nothing was done, so the same key may be sent again.
    Refused(CorrectionRefusal),
    /// The digits of the NIK are worth a second look; nothing was done before somebody says that it is right.
    NikDoubtful(NikDoubt),
    /// Somebody has this NIK; nothing was done but to count a try, so the same key may be sent again.
    NikTaken,
    /// The region is a province, or none of the published ones.
    NotARegency,
    /// NIK, family card, name or birth date were changed too often within a day.
    TooOften {
        /// First instant at which they may be changed again.
        until: Timestamp,
    },
    /// The account has no person, or the person was erased.
    NoPerson,
    /// The key was used for another request.
    KeyReused,
}

const ACT: &str = "person_correct";

/// Corrects the statement of an account's person in one transaction, with the job that asks the registers about what
/// changed. Nothing but the key is written if nothing differs.
///
/// # Errors
/// [`ActError`]; nothing is kept then.
pub async fn correct_statement(
    act: &mut Act<'_>,
    account: AccountId,
    key: &ClientKey,
    correction: &Correction,
) -> Result<CorrectAnswer, ActError> {
    match correct_once(act, account, key, correction).await {
        // Whoever else stated this number has committed, so this one is judged beside that.
        Err(ActError::Storage(StorageError::Conflict { constraint }))
            if constraint == NIK_TAKEN =>
        {
            correct_once(act, account, key, correction).await
        }
        done => done,
    }
}

async fn correct_once(
    act: &mut Act<'_>,
    account: AccountId,
    key: &ClientKey,
    correction: &Correction,
) -> Result<CorrectAnswer, ActError> {
    let mut tx = act.database.begin().await?;
    // Requests of one account come one after another, so its keys cannot collide.
    let person = account_lock(&mut tx, account).await?;
    let request = correction.bytes();
    let keyed = Keyed::new(act.keys, (account.uuid(), key), ACT, &request);
    match keyed.known(&mut tx).await? {
        Known::New => {}
        Known::Reused => return Ok(CorrectAnswer::KeyReused),
        Known::Answered(fields) => return corrected_before(&fields),
    }
    let Some(person) = person else { return Ok(CorrectAnswer::NoPerson) };
    let Some(held) = hold_statement(act.keys, &mut tx, person).await? else {
        return Ok(CorrectAnswer::NoPerson);
    };
    let wanted = correction.applied(&held);
    let changed = differing(&held, &wanted);
    if changed.is_empty() {
        // The key is kept all the same: a late copy of this request must not undo what is corrected meanwhile.
        keyed.keep(&mut tx, "", act.now).await?;
        tx.commit().await.map_err(StorageError::from)?;
        return Ok(CorrectAnswer::Corrected(changed));
    }
    if changed.contains(&StatementField::Region) && !is_regency(&mut tx, wanted.region).await? {
        return Ok(CorrectAnswer::NotARegency);
    }
    let is_other_nik = changed.contains(&StatementField::Nik);
    let moves_number = is_other_nik || changed.contains(&StatementField::FamilyCard);
    if moves_number && wanted.identity.nik.is_number_of(&wanted.identity.family_card) {
        return Ok(CorrectAnswer::Refused(CorrectionRefusal::CardIsNik));
    }
    if let Some(refusal) = bound(&mut tx, person, &changed, act.now).await? {
        return Ok(CorrectAnswer::Refused(refusal));
    }
    if is_other_nik && let Some(doubt) = correction.doubt(&wanted, act.now.wib_date()) {
        return Ok(CorrectAnswer::NikDoubtful(doubt));
    }
    if changed.iter().any(|field| field.is_compared()) {
        // Whoever may state them at will learns from the register's answers what it holds.
        let before = tries_find(&mut tx, person.uuid()).await?;
        let tries = match StatementTries::take(before, TryHolder::Party, act.now) {
            Ok(tries) => tries,
            Err(over) => return Ok(CorrectAnswer::TooOften { until: over.until }),
        };
        if is_other_nik {
            let index = act.keys.nik_index(&wanted.identity.nik);
            if let Some(holder) = niks_find(&mut tx, &[index]).await?.remove(&index) {
                count_try(act, tx, (account, person.uuid()), tries, Some(holder)).await?;
                return Ok(CorrectAnswer::NikTaken);
            }
            let before = act.keys.nik_index(&held.identity.nik);
            nik_update(&mut tx, person, (before, index)).await?;
        } else {
            nik_confirmation_keep(&mut tx, person).await?;
        }
        tries_set(&mut tx, person.uuid(), tries).await?;
    }
    replace_statement(act, &mut tx, person, (&wanted, &changed)).await?;
    begin_checks(&mut tx, act, person, checks_about(&changed)).await?;
    let fields: Vec<&str> = changed.iter().map(|field| field.name()).collect();
    let event = Event {
        act: ACT,
        subject: person_subject(person),
        from: None,
        to: None,
        reason: "request of the person",
        detail: json!({ "fields": fields }),
    };
    act.record(&mut tx, event).await?;
    keep_done(&mut tx, act, account, RequestKind::Correction).await?;
    keyed.keep(&mut tx, &fields.join(","), act.now).await?;
    tx.commit().await.map_err(StorageError::from)?;
    Ok(CorrectAnswer::Corrected(changed))
}

/// Why the NIK of a person stays as it is now, if so: for the page that asks for another.
///
/// # Errors
/// [`ActError`].
pub async fn nik_refusal(
    database: &Database,
    person: PersonId,
    now: Timestamp,
) -> Result<Option<NikRefusal>, ActError> {
    Ok(refuse_nik(&nik_bounds(&mut *database.begin_snapshot().await?, person).await?, now))
}

/// The answer kept with a key: the fields that changed.
fn corrected_before(fields: &str) -> Result<CorrectAnswer, ActError> {
    let broken = StorageError::Inconsistency { table: "client_keys", column: "answer" };
    let names = fields.split(',').filter(|name| !name.is_empty());
    let fields: Option<Vec<_>> = names.map(StatementField::from_name).collect();
    Ok(CorrectAnswer::Corrected(fields.ok_or(broken)?))
}

/// Takes a person's statement until the transaction ends and opens it; `None` if unknown or erased. Joins of the
/// person, answers of registers and other corrections come before or after.
pub(crate) async fn hold_statement(
    keys: &KeyRing,
    tx: &mut Tx,
    person: PersonId,
) -> Result<Option<Statement>, ActError> {
    statement_lock(tx, person).await?;
    let Some(stored) = identity_lock(tx, person).await? else { return Ok(None) };
    let Some(facts) = person_facts_find(tx, person).await? else { return Ok(None) };
    Ok(Some(Statement {
        identity: keys.open(person, &stored.wrapped_key, &stored.sealed)?,
        sex: facts.sex,
        education: facts.education,
        employment: facts.employment,
        region: facts.region,
        disability: facts.disability,
    }))
}

/// The fields in which two statements of one person differ.
pub(crate) fn differing(held: &Statement, wanted: &Statement) -> Vec<StatementField> {
    let (one, other) = (&held.identity, &wanted.identity);
    let differ = |field: &StatementField| match field {
        StatementField::Nik => one.nik != other.nik,
        StatementField::FamilyCard => one.family_card != other.family_card,
        StatementField::Name => one.name != other.name,
        StatementField::BornOn => one.born_on != other.born_on,
        StatementField::Phone => one.phone != other.phone,
        StatementField::Email => one.email != other.email,
        StatementField::Sex => held.sex != wanted.sex,
        StatementField::Education => held.education != wanted.education,
        StatementField::Employment => held.employment != wanted.employment,
        StatementField::Region => held.region != wanted.region,
        StatementField::Disability => held.disability != wanted.disability,
    };
    StatementField::ALL.iter().copied().filter(differ).collect()
}

pub(crate) async fn is_regency(tx: &mut Tx, region: RegionCode) -> Result<bool, ActError> {
    let known = regions_list(tx).await?.iter().any(|(code, _)| *code == region);
    Ok(known && !region.is_province())
}

/// What keeps fields of a held statement as they are, if anything does, once every join and grant that has read it
/// is over.
async fn bound(
    tx: &mut Tx,
    person: PersonId,
    changed: &[StatementField],
    now: Timestamp,
) -> Result<Option<CorrectionRefusal>, ActError> {
    if changed.iter().any(|field| field.counts_in_draw()) {
        sets_lock(tx, SetsLock::Correcting).await?;
    }
    if changed.contains(&StatementField::Nik)
        && let Some(refusal) = refuse_nik(&nik_bounds(tx, person).await?, now)
    {
        return Ok(Some(refusal.into()));
    }
    let bounds = statement_bounds(tx, person).await?;
    Ok(refuse_correction(changed, &bounds))
}

/// Writes the changed fields of a held statement; the identity is sealed anew only if something of it changed, since
/// a question about it that is under way counts no more then.
pub(crate) async fn replace_statement(
    act: &mut Act<'_>,
    tx: &mut Tx,
    person: PersonId,
    (wanted, changed): (&Statement, &[StatementField]),
) -> Result<(), ActError> {
    if changed.iter().any(|field| is_sealed(*field)) {
        let random = SealRandom::draw(act.rng);
        let sealed = act.keys.seal(person, &wanted.identity, &random)?;
        let kk_index = act.keys.kk_index(&wanted.identity.family_card);
        identity_update(tx, person, kk_index, &sealed).await?;
    }
    if changed.iter().any(|field| field.counts_in_draw()) {
        draw_change_record(tx, person, act.now).await?;
    }
    let facts = StatedFacts {
        sex: wanted.sex,
        education: wanted.education,
        employment: wanted.employment,
        region: wanted.region,
        birth_year: birth_year(&wanted.identity),
        disability: wanted.disability,
    };
    Ok(facts_update(tx, person, facts).await?)
}

const fn is_sealed(field: StatementField) -> bool {
    match field {
        StatementField::Nik
        | StatementField::FamilyCard
        | StatementField::Name
        | StatementField::BornOn
        | StatementField::Phone
        | StatementField::Email => true,
        StatementField::Sex
        | StatementField::Education
        | StatementField::Employment
        | StatementField::Region
        | StatementField::Disability => false,
    }
}
