//! Rows of persons.

use domain::funnel::Education;
use domain::identity::{
    EARLIEST_BIRTH_YEAR, Email, Employment, Identity, PersonName, Phone, may_be_born_on,
};
use domain::ids::PersonId;
use domain::nik::{FamilyCard, Nik, Sex};
use domain::policy::Named;
use domain::region::RegionCode;
use domain::time::Timestamp;
use rayon::prelude::*;
use sqlx::PgConnection;
use storage::imports::OnceOnly;
use storage::vault::{KeyRing, identity_decode, identity_encode};
use time::Date;
use uuid::Uuid;

use super::cells::{Cells, Wrong, choice, date, identity_text, shaped, truth, uuid};
use super::refusal::ImportRefusal;
use super::rows::{Applied, Checked, Placed, Rows, faults_of};
use crate::act::{Act, ActError};
use crate::register::{Claim, Entry, Register, Registration, RegistrationRefusal, register_within};

/// Bytes of a staged row before its identity.
const FACTS_BYTES: usize = 16 + 16 + 4 + 2;

/// Registrations that are complete at one instant: that of the import's beginning, which is the same when
/// it goes on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Persons {
    pub(super) at: Timestamp,
}

/// A registration, and the id the client gave.
#[derive(Clone, Debug)]
pub(super) struct PersonRow {
    registration: Registration,
    nik_index: Uuid,
    client_id: Option<Uuid>,
}

impl PersonRow {
    fn claim(&self) -> Claim {
        Claim {
            person_id: self.registration.person_id,
            nik_index: self.nik_index,
            region: self.registration.region,
            card_is_nik: self
                .registration
                .identity
                .nik
                .is_number_of(&self.registration.identity.family_card),
        }
    }
}

impl Rows for Persons {
    type Row = PersonRow;

    const ONCE: &'static [(OnceOnly, &'static str)] =
        &[(OnceOnly::Key, "nik"), (OnceOnly::ClientId, "person_id")];

    fn read(self, keys: &KeyRing, cells: &mut Cells<'_>) -> Option<PersonRow> {
        let today = self.at.wib_date();
        let has_id = cells.text("person_id").is_some_and(|text| !text.is_empty());
        let client_id = if has_id { cells.read("person_id", uuid).map(Some) } else { Some(None) };
        let nik = cells.read("nik", shaped("nik", Nik::parse_stated));
        let family_card =
            cells.read("family_card", shaped("family_card", FamilyCard::parse_stated));
        let name = cells.read("name", identity_text("name", PersonName::parse_stated));
        let born_on = cells.read("born_on", |text| birth_date(text, today));
        let phone = cells.read("phone", identity_text("phone", Phone::parse));
        let email = cells.read("email", identity_text("email", Email::parse));
        let sex = cells.read("sex", choice::<Sex>);
        let education = cells.read("education", choice::<Education>);
        let employment = cells.read("employment", choice::<Employment>);
        let region = cells.read("region", regency);
        let disability = cells.read("disability", truth);
        let client_id = client_id?;
        let identity = Identity {
            nik: nik?,
            family_card: family_card?,
            name: name?,
            born_on: born_on?,
            phone: phone?,
            email: email?,
        };
        let nik_index = keys.nik_index(&identity.nik);
        let person_id = client_id.map_or_else(|| keys.person_id(nik_index), PersonId::from_uuid);
        let registration = Registration {
            person_id,
            identity,
            sex: sex?,
            education: education?,
            employment: employment?,
            region: region?,
            disability: disability?,
            findings: Vec::new(),
            registered_at: self.at,
        };
        Some(PersonRow { registration, nik_index, client_id })
    }

    async fn check(
        self,
        _act: &Act<'_>,
        tx: &mut PgConnection,
        rows: &mut Vec<Placed<PersonRow>>,
    ) -> Result<Checked, ImportRefusal> {
        let claims: Vec<Claim> = rows.iter().map(|row| row.value.claim()).collect();
        let register = Register::read(tx, &claims).await?;
        if register.knows_no_regency() {
            return Err(ImportRefusal::NoRegions);
        }
        let mut checked = Checked::default();
        for (row, claim) in rows.iter().zip(&claims) {
            match register.judge(claim) {
                Ok(Entry::New) => {}
                Ok(Entry::Known) => checked.known = checked.known.saturating_add(1),
                Err(refusal) => {
                    let (column, rule, text) = told(refusal);
                    checked.faults.push(row.fault(column, rule, text));
                }
            }
        }
        Ok(checked)
    }

    fn once(row: &PersonRow) -> (Uuid, Option<Uuid>) {
        (row.nik_index, row.client_id)
    }

    fn encode(row: &PersonRow, out: &mut Vec<u8>) {
        let one = &row.registration;
        out.extend_from_slice(one.person_id.uuid().as_bytes());
        out.extend_from_slice(row.nik_index.as_bytes());
        out.push(place(one.sex));
        out.push(place(one.education));
        out.push(place(one.employment));
        out.push(u8::from(one.disability) | (u8::from(row.client_id.is_some()) << 1));
        out.extend_from_slice(&one.region.get().to_be_bytes());
        let mut identity = identity_encode(&one.identity);
        out.extend_from_slice(&identity);
        zeroize::Zeroize::zeroize(&mut identity);
    }

    fn decode(self, bytes: &[u8]) -> Option<PersonRow> {
        let (facts, identity) = bytes.split_first_chunk::<FACTS_BYTES>()?;
        let (person_id, facts) = facts.split_first_chunk::<16>()?;
        let (nik_index, facts) = facts.split_first_chunk::<16>()?;
        let [sex, education, employment, flags, high, low] = facts else { return None };
        let person_id = Uuid::from_bytes(*person_id);
        let registration = Registration {
            person_id: PersonId::from_uuid(person_id),
            identity: identity_decode(identity)?,
            sex: placed(*sex)?,
            education: placed(*education)?,
            employment: placed(*employment)?,
            region: RegionCode::new(u16::from_be_bytes([*high, *low]))?,
            disability: flags & 1 != 0,
            findings: Vec::new(),
            registered_at: self.at,
        };
        let client_id = (flags & 2 != 0).then_some(person_id);
        Some(PersonRow { registration, nik_index: Uuid::from_bytes(*nik_index), client_id })
    }

    async fn apply(
        self,
        act: &mut Act<'_>,
        tx: &mut PgConnection,
        rows: Vec<Placed<PersonRow>>,
    ) -> Result<Applied, ActError> {
        let (places, registrations): (Vec<Placed<PersonId>>, Vec<Registration>) = rows
            .into_par_iter()
            .map(|row| {
                let one = row.value.registration;
                (Placed { row: row.row, line: row.line, value: one.person_id }, one)
            })
            .unzip();
        let outcome = register_within(act, tx, &registrations).await?;
        Ok(Applied {
            done: outcome.registered as u64,
            known: outcome.known as u64,
            faults: faults_of(&places, outcome.refused, |person| *person, told),
        })
    }
}

/// Column, code and text of a refusal.
fn told(refusal: RegistrationRefusal) -> (&'static str, String, String) {
    let (column, rule) = match refusal {
        RegistrationRefusal::NikTaken => ("nik", "nik_taken"),
        RegistrationRefusal::IdTaken => ("person_id", "id_taken"),
        RegistrationRefusal::NotARegency => ("region", "not_a_regency"),
        RegistrationRefusal::CardIsNik => ("family_card", "family_card_is_nik"),
    };
    (column, rule.to_owned(), refusal.to_string())
}

/// A birth date that a living person may have.
fn birth_date(text: &str, today: Date) -> Result<Date, Wrong> {
    let born_on = date(text)?;
    if !may_be_born_on(born_on, today) {
        let words = format!("must be a day from {EARLIEST_BIRTH_YEAR} to the day of the import");
        return Err(("birth_date", words));
    }
    Ok(born_on)
}

/// A code of the shape of a kabupaten/kota; whether there is one is the use case's business.
fn regency(text: &str) -> Result<RegionCode, Wrong> {
    let code = RegionCode::parse(text).ok().filter(|code| !code.is_province());
    code.ok_or_else(|| ("region", "must be the code of a kabupaten/kota such as 15.71".to_owned()))
}

/// Place of a value among those of its enum.
fn place<T: Named>(value: T) -> u8 {
    let place = T::ALL.iter().position(|other| *other == value);
    place.and_then(|place| u8::try_from(place).ok()).unwrap_or(u8::MAX)
}

fn placed<T: Named>(place: u8) -> Option<T> {
    T::ALL.get(usize::from(place)).copied()
}
