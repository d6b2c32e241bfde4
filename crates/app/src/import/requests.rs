//! Rows of joins and of first purchases, which name a registered person by id or by NIK.

use std::collections::BTreeMap;

use domain::beneficiary::BeneficiaryRefusal;
use domain::eligibility::Rule;
use domain::ids::PersonId;
use domain::nik::Nik;
use domain::reasons::Language;
use domain::rupiah::Rupiah;
use domain::time::Timestamp;
use domain::wave::WaveNumber;
use sqlx::PgConnection;
use storage::error::StorageError;
use storage::imports::{ImportFault, OnceOnly};
use storage::persons::niks_find;
use storage::vault::KeyRing;
use uuid::Uuid;

use super::cells::{Cells, Wrong, amount, instant, shaped, uuid};
use super::refusal::ImportRefusal;
use super::rows::{Applied, Checked, Placed, Rows, faults_of};
use crate::act::{Act, ActError};
use crate::join::{JoinRequest, join_within, judge_joins};
use crate::purchase::{PurchaseRefusal, PurchaseRequest, judge_purchases, purchase_within};

/// Whom a row names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Who {
    /// By id.
    Person(PersonId),
    /// By the blind index of the NIK, which is looked up in the check.
    Nik(Uuid),
}

impl Who {
    fn read(keys: &KeyRing, cells: &mut Cells<'_>) -> Option<Self> {
        if cells.text("nik").is_some() {
            let nik = cells.read("nik", shaped("nik", Nik::parse))?;
            return Some(Self::Nik(keys.nik_index(&nik)));
        }
        cells.read("person_id", uuid).map(|id| Self::Person(PersonId::from_uuid(id)))
    }

    /// The person's id; of a NIK that nobody holds its index, which is no person's id.
    const fn person(self) -> PersonId {
        match self {
            Self::Person(person) => person,
            Self::Nik(index) => PersonId::from_uuid(index),
        }
    }
}

/// Looks up the persons named by NIK, and takes out those that nobody holds.
async fn resolve<T>(
    tx: &mut PgConnection,
    rows: &mut Vec<Placed<T>>,
    who: impl Fn(&mut T) -> &mut Who,
) -> Result<Vec<ImportFault>, StorageError> {
    let mut indexes = Vec::new();
    for row in rows.iter_mut() {
        if let Who::Nik(index) = *who(&mut row.value) {
            indexes.push(index);
        }
    }
    if indexes.is_empty() {
        return Ok(Vec::new());
    }
    let holders = niks_find(tx, &indexes).await?;
    let mut faults = Vec::new();
    rows.retain_mut(|row| {
        let named = who(&mut row.value);
        let Who::Nik(index) = *named else { return true };
        if let Some(holder) = holders.get(&index) {
            *named = Who::Person(*holder);
            return true;
        }
        let (_, rule, text) = told_rule(Rule::Registered);
        faults.push(row.fault("nik", rule, text));
        false
    });
    Ok(faults)
}

/// Joins of one wave.
#[derive(Clone, Copy, Debug)]
pub(super) struct Joins {
    pub(super) wave: WaveNumber,
}

/// A join.
#[derive(Clone, Copy, Debug)]
pub(super) struct JoinRow {
    who: Who,
    joined_at: Timestamp,
}

impl JoinRow {
    const fn request(&self) -> JoinRequest {
        JoinRequest { person_id: self.who.person(), joined_at: self.joined_at }
    }
}

impl Rows for Joins {
    type Row = JoinRow;

    const ONCE: &'static [(OnceOnly, &'static str)] = &[(OnceOnly::Key, "")];

    fn read(self, keys: &KeyRing, cells: &mut Cells<'_>) -> Option<JoinRow> {
        let who = Who::read(keys, cells);
        let joined_at = cells.read("joined_at", instant);
        Some(JoinRow { who: who?, joined_at: joined_at? })
    }

    async fn check(
        self,
        act: &Act<'_>,
        tx: &mut PgConnection,
        rows: &mut Vec<Placed<JoinRow>>,
    ) -> Result<Checked, ImportRefusal> {
        let mut faults = resolve(tx, rows, |row| &mut row.who).await?;
        let requests: Vec<JoinRequest> = rows.iter().map(|row| row.value.request()).collect();
        let (outcome, _) = judge_joins(act, tx, self.wave, &requests).await?;
        let person = |row: &JoinRow| row.who.person();
        faults.extend(faults_of(rows, outcome.refused, person, told_rule));
        Ok(Checked { faults, known: outcome.members.len() as u64 })
    }

    fn once(row: &JoinRow) -> (Uuid, Option<Uuid>) {
        (row.who.person().uuid(), None)
    }

    fn encode(row: &JoinRow, out: &mut Vec<u8>) {
        out.extend_from_slice(row.who.person().uuid().as_bytes());
        out.extend_from_slice(&row.joined_at.micros().to_be_bytes());
    }

    fn decode(self, bytes: &[u8]) -> Option<JoinRow> {
        let (person, rest) = bytes.split_first_chunk::<16>()?;
        let joined_at = Timestamp::from_micros(i64::from_be_bytes(*rest.first_chunk()?));
        let who = Who::Person(PersonId::from_uuid(Uuid::from_bytes(*person)));
        Some(JoinRow { who, joined_at })
    }

    async fn apply(
        self,
        act: &mut Act<'_>,
        tx: &mut PgConnection,
        rows: Vec<Placed<JoinRow>>,
    ) -> Result<Applied, ActError> {
        let requests: Vec<JoinRequest> = rows.iter().map(|row| row.value.request()).collect();
        let outcome = join_within(act, tx, self.wave, &requests).await?;
        let person = |row: &JoinRow| row.who.person();
        Ok(Applied {
            done: outcome.joined.len() as u64,
            known: outcome.members.len() as u64,
            faults: faults_of(&rows, outcome.refused, person, told_rule),
        })
    }
}

/// Column, code and text of a rule that refuses a join.
fn told_rule(rule: Rule) -> (&'static str, String, String) {
    ("", rule.code(), rule.sentence(Language::English))
}

/// First purchases of one wave's beneficiaries.
#[derive(Clone, Copy, Debug)]
pub(super) struct Purchases {
    pub(super) wave: WaveNumber,
}

/// A purchase.
#[derive(Clone, Copy, Debug)]
pub(super) struct PurchaseRow {
    who: Who,
    price: Rupiah,
    paid_at: Timestamp,
}

impl PurchaseRow {
    const fn request(&self) -> PurchaseRequest {
        PurchaseRequest { person_id: self.who.person(), price: self.price, paid_at: self.paid_at }
    }
}

impl Rows for Purchases {
    type Row = PurchaseRow;

    const ONCE: &'static [(OnceOnly, &'static str)] = &[(OnceOnly::Key, "")];

    fn read(self, keys: &KeyRing, cells: &mut Cells<'_>) -> Option<PurchaseRow> {
        let who = Who::read(keys, cells);
        let price = cells.read("price_rupiah", price);
        let paid_at = cells.read("paid_at", instant);
        Some(PurchaseRow { who: who?, price: price?, paid_at: paid_at? })
    }

    async fn check(
        self,
        act: &Act<'_>,
        tx: &mut PgConnection,
        rows: &mut Vec<Placed<PurchaseRow>>,
    ) -> Result<Checked, ImportRefusal> {
        let mut faults = resolve(tx, rows, |row| &mut row.who).await?;
        let requests: Vec<PurchaseRequest> = rows.iter().map(|row| row.value.request()).collect();
        let (outcome, _) =
            judge_purchases((act.policies, act.now), tx, self.wave, &requests).await?;
        // Who stands twice and may buy once is refused once, as a repetition that names the first row.
        let wanted = times(requests.iter().map(|request| request.person_id));
        let refused = times(outcome.refused.iter().map(|(person, _)| *person));
        let mut always = outcome.refused;
        always.retain(|(person, _)| wanted.get(person) == refused.get(person));
        let person = |row: &PurchaseRow| row.who.person();
        faults.extend(faults_of(rows, always, person, told_refusal));
        Ok(Checked { faults, known: 0 })
    }

    fn once(row: &PurchaseRow) -> (Uuid, Option<Uuid>) {
        (row.who.person().uuid(), None)
    }

    fn encode(row: &PurchaseRow, out: &mut Vec<u8>) {
        out.extend_from_slice(row.who.person().uuid().as_bytes());
        out.extend_from_slice(&row.price.get().to_be_bytes());
        out.extend_from_slice(&row.paid_at.micros().to_be_bytes());
    }

    fn decode(self, bytes: &[u8]) -> Option<PurchaseRow> {
        let (person, rest) = bytes.split_first_chunk::<16>()?;
        let (price, rest) = rest.split_first_chunk::<8>()?;
        Some(PurchaseRow {
            who: Who::Person(PersonId::from_uuid(Uuid::from_bytes(*person))),
            price: Rupiah::new(i64::from_be_bytes(*price)).ok()?,
            paid_at: Timestamp::from_micros(i64::from_be_bytes(*rest.first_chunk()?)),
        })
    }

    async fn apply(
        self,
        act: &mut Act<'_>,
        tx: &mut PgConnection,
        rows: Vec<Placed<PurchaseRow>>,
    ) -> Result<Applied, ActError> {
        let requests: Vec<PurchaseRequest> = rows.iter().map(|row| row.value.request()).collect();
        let outcome = purchase_within(act, tx, self.wave, &requests).await?;
        let person = |row: &PurchaseRow| row.who.person();
        Ok(Applied {
            done: outcome.recorded as u64,
            known: 0,
            faults: faults_of(&rows, outcome.refused, person, told_refusal),
        })
    }
}

fn times(persons: impl Iterator<Item = PersonId>) -> BTreeMap<PersonId, u32> {
    let mut times = BTreeMap::new();
    for person in persons {
        let count = times.entry(person).or_insert(0u32);
        *count = count.saturating_add(1);
    }
    times
}

fn price(text: &str) -> Result<Rupiah, Wrong> {
    Rupiah::new(amount(text)?).map_err(|error| ("amount", error.to_string()))
}

/// Column, code and text of a refused purchase.
fn told_refusal(refusal: PurchaseRefusal) -> (&'static str, String, String) {
    let column = match refusal {
        PurchaseRefusal::NoGrant
        | PurchaseRefusal::State(BeneficiaryRefusal::Revoked | BeneficiaryRefusal::AlreadyActive) => {
            ""
        }
        PurchaseRefusal::State(
            BeneficiaryRefusal::DeadlinePassed | BeneficiaryRefusal::DeadlineRuns,
        )
        | PurchaseRefusal::Future => "paid_at",
        PurchaseRefusal::Price => "price_rupiah",
    };
    (column, refusal.code().to_owned(), refusal.to_string())
}
