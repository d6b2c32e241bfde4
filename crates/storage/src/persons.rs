//! Persons: facts, numbers once for ever, sealed identities, answers of registers.

use std::collections::{BTreeMap, BTreeSet};

use domain::eligibility::Finding;
use domain::funnel::Education;
use domain::identity::Employment;
use domain::ids::PersonId;
use domain::nik::Sex;
use domain::policy::Named as _;
use domain::region::RegionCode;
use domain::time::Timestamp;
use domain::wave::WaveNumber;
use sqlx::{PgConnection, Row as _};
use uuid::Uuid;

use crate::convert::{named, region_key, wave_key};
use crate::copy::CopyRows;
use crate::error::StorageError;
use crate::vault::SealedIdentity;

/// A person to be added.
#[derive(Clone, Debug)]
pub struct NewPerson {
    /// Id, made by the caller.
    pub person_id: PersonId,
    /// When the registration was complete.
    pub registered_at: Timestamp,
    /// Sex.
    pub sex: Sex,
    /// Last education completed.
    pub education: Education,
    /// Work situation.
    pub employment: Employment,
    /// Regency of the family card.
    pub region: RegionCode,
    /// Year of birth.
    pub birth_year: i16,
    /// States a disability.
    pub disability: bool,
    /// Blind index of the NIK.
    pub nik_index: Uuid,
    /// Blind index of the family card.
    pub kk_index: Uuid,
    /// The identity.
    pub identity: SealedIdentity,
    /// Answers of registers that are no plain confirmation.
    pub findings: Vec<Finding>,
}

/// Who holds which of these numbers already.
///
/// # Errors
/// [`StorageError`].
pub async fn niks_find(
    conn: &mut PgConnection,
    nik_indexes: &[Uuid],
) -> Result<BTreeMap<Uuid, PersonId>, StorageError> {
    // Planned for each list: a plan kept from when the table was small compares every row with every element, and
    // stays in use while the table grows by millions.
    let rows = sqlx::query(
        "SELECT nik_index, person_id FROM person_niks
         WHERE nik_index IN (SELECT unnest($1::uuid[]))",
    )
    .bind(nik_indexes)
    .persistent(false)
    .fetch_all(conn)
    .await?;
    rows.iter().map(|row| Ok((row.try_get(0)?, PersonId::from_uuid(row.try_get(1)?)))).collect()
}

/// Which of these ids belong to registered persons.
///
/// # Errors
/// [`StorageError`].
pub async fn persons_known(
    conn: &mut PgConnection,
    persons: &[Uuid],
) -> Result<BTreeSet<PersonId>, StorageError> {
    // As in `niks_find`.
    let known: Vec<Uuid> = sqlx::query_scalar(
        "SELECT person_id FROM persons WHERE person_id IN (SELECT unnest($1::uuid[]))",
    )
    .bind(persons)
    .persistent(false)
    .fetch_all(conn)
    .await?;
    Ok(known.into_iter().map(PersonId::from_uuid).collect())
}

/// Rows of a registration batch, table by table.
#[derive(Debug)]
pub struct PersonRows {
    persons: CopyRows,
    niks: CopyRows,
    identities: CopyRows,
    checks: CopyRows,
}

impl Default for PersonRows {
    fn default() -> Self {
        Self {
            persons: CopyRows::new(8),
            niks: CopyRows::new(2),
            identities: CopyRows::new(4),
            checks: CopyRows::new(5),
        }
    }
}

impl PersonRows {
    /// Adds a person.
    pub fn push(&mut self, person: &NewPerson) {
        let id = person.person_id.uuid();
        self.persons
            .row()
            .uuid(id)
            .timestamp(person.registered_at)
            .text(person.sex.name())
            .text(person.education.name())
            .text(person.employment.name())
            .i16(region_key(person.region))
            .i16(person.birth_year)
            .bool(person.disability);
        self.niks.row().uuid(person.nik_index).uuid(id);
        self.identities
            .row()
            .uuid(id)
            .uuid(person.kk_index)
            .bytes(&person.identity.wrapped_key)
            .bytes(&person.identity.sealed);
        for finding in &person.findings {
            let (kind, state, detail) = finding.answer();
            self.checks.row().uuid(id).text(kind.name()).text(state.name());
            match detail {
                Some(detail) => self.checks.text(detail),
                None => self.checks.null(),
            };
            self.checks.timestamp(person.registered_at);
        }
    }

    /// Appends another batch.
    pub fn append(&mut self, other: &Self) {
        self.persons.append(&other.persons);
        self.niks.append(&other.niks);
        self.identities.append(&other.identities);
        self.checks.append(&other.checks);
    }

    /// How many persons.
    pub fn len(&self) -> u64 {
        self.persons.len()
    }

    /// True without persons.
    pub fn is_empty(&self) -> bool {
        self.persons.is_empty()
    }

    /// Writes them all.
    ///
    /// # Errors
    /// [`StorageError::Conflict`] on `person_niks_pkey` if a number is taken.
    pub async fn insert(self, conn: &mut PgConnection) -> Result<(), StorageError> {
        self.niks
            .send(conn, "COPY person_niks (nik_index, person_id) FROM STDIN (FORMAT binary)")
            .await?;
        self.persons
            .send(
                conn,
                "COPY persons (person_id, registered_at, sex, education, employment, region, birth_year,
                               disability) FROM STDIN (FORMAT binary)",
            )
            .await?;
        self.identities
            .send(
                conn,
                "COPY person_identities (person_id, kk_index, wrapped_key, sealed)
                 FROM STDIN (FORMAT binary)",
            )
            .await?;
        self.checks
            .send(
                conn,
                "COPY registration_checks (person_id, kind, state, detail, answered_at)
                 FROM STDIN (FORMAT binary)",
            )
            .await
    }
}

/// Answers of registers about the members of a wave that are no plain confirmation.
///
/// # Errors
/// [`StorageError`].
pub async fn findings_of_wave(
    conn: &mut PgConnection,
    wave: WaveNumber,
) -> Result<BTreeMap<PersonId, Vec<Finding>>, StorageError> {
    let rows = sqlx::query(
        "SELECT c.person_id, c.kind::text, c.state::text, c.detail
         FROM memberships m JOIN registration_checks c ON c.person_id = m.person_id
         WHERE m.wave = $1 AND c.state <> 'confirmed'",
    )
    .bind(wave_key(wave))
    .fetch_all(conn)
    .await?;
    let mut findings: BTreeMap<PersonId, Vec<Finding>> = BTreeMap::new();
    for row in &rows {
        let kind = named("registration_checks", "kind", row.try_get(1)?)?;
        let state = named("registration_checks", "state", row.try_get(2)?)?;
        let finding = Finding::from_answer(kind, state, row.try_get(3)?).ok_or(
            StorageError::Inconsistency { table: "registration_checks", column: "detail" },
        )?;
        findings.entry(PersonId::from_uuid(row.try_get(0)?)).or_default().push(finding);
    }
    Ok(findings)
}

/// Erases a person: the key and text of the identity and of the account's address go, the kecamatan, which no statistic
/// counts, and what was chosen in the ability test; the facts for statistics and the number's index stay. Idempotent.
///
/// # Errors
/// [`StorageError`].
pub async fn identity_erase(
    conn: &mut PgConnection,
    person: PersonId,
    now: Timestamp,
) -> Result<(), StorageError> {
    sqlx::query(
        "UPDATE person_identities SET wrapped_key = NULL, sealed = NULL, erased_at = $2
         WHERE person_id = $1 AND erased_at IS NULL",
    )
    .bind(person.uuid())
    .bind(now.to_offset())
    .execute(&mut *conn)
    .await?;
    sqlx::query("UPDATE persons SET district = NULL WHERE person_id = $1 AND district IS NOT NULL")
        .bind(person.uuid())
        .execute(&mut *conn)
        .await?;
    sqlx::query(
        "DELETE FROM account_contacts c USING accounts a
         WHERE a.person_id = $1 AND c.account_id = a.account_id",
    )
    .bind(person.uuid())
    .execute(&mut *conn)
    .await?;
    // What the serving role may not delete itself goes by a function that does so of erased persons alone.
    sqlx::query("SELECT erase_rows_of_person($1)").bind(person.uuid()).execute(conn).await?;
    Ok(())
}

/// A person's sealed identity; `None` if unknown or erased.
///
/// # Errors
/// [`StorageError`].
pub async fn identity_find(
    conn: &mut PgConnection,
    person: PersonId,
) -> Result<Option<SealedIdentity>, StorageError> {
    let row = sqlx::query(
        "SELECT wrapped_key, sealed FROM person_identities WHERE person_id = $1 AND erased_at IS NULL",
    )
    .bind(person.uuid())
    .fetch_optional(conn)
    .await?;
    row.map(|row| Ok(SealedIdentity { wrapped_key: row.try_get(0)?, sealed: row.try_get(1)? }))
        .transpose()
}
