//! What members count as in a draw, and what their entries commit to.

use std::collections::BTreeMap;

use domain::ids::PersonId;
use domain::policy::ClassFacts;
use domain::wave::WaveNumber;
use sqlx::PgConnection;

use crate::convert::{named, region_code, wave_key};
use crate::copy::{CopyFields, CopyRows, copy_out};
use crate::error::StorageError;
use crate::vault::SealedIdentity;

/// What a member counts as in the draw of a wave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemberClass {
    /// A bit for each class of the wave.
    pub mask: u16,
    /// How many times the member is entered.
    pub weight: u8,
}

impl MemberClass {
    /// Of no class, and entered once.
    pub const PLAIN: Self = Self { mask: 0, weight: 1 };

    pub(crate) fn read(mask: i16, weight: i16) -> Result<Self, StorageError> {
        let broken = |column| StorageError::Inconsistency { table: "member_classes", column };
        Ok(Self {
            mask: u16::try_from(mask).map_err(|_| broken("mask"))?,
            weight: u8::try_from(weight).map_err(|_| broken("weight"))?,
        })
    }
}

/// What classes are told by, of every member of a wave who has not withdrawn: sex and region as they were at the join,
/// disability and work situation as they are now.
///
/// # Errors
/// [`StorageError`].
pub async fn class_facts_of_wave(
    conn: &mut PgConnection,
    wave: WaveNumber,
) -> Result<Vec<(PersonId, ClassFacts)>, StorageError> {
    let wave = wave_key(wave);
    let statement = format!(
        "COPY (
            SELECT m.person_id, m.sex, p.disability, p.employment, m.region
            FROM memberships m JOIN persons p ON p.person_id = m.person_id
            WHERE m.wave = {wave}
              AND NOT EXISTS (
                  SELECT FROM withdrawals x WHERE x.wave = {wave} AND x.person_id = m.person_id
              )
        ) TO STDOUT (FORMAT binary)"
    );
    let mut facts = Vec::new();
    copy_out(conn, &statement, |fields| {
        let person = PersonId::from_uuid(fields.uuid()?);
        facts.push((
            person,
            ClassFacts {
                sex: named("memberships", "sex", fields.text()?)?,
                disability: fields.bool()?,
                employment: named("persons", "employment", fields.text()?)?,
                region: region_code(fields.i16()?)?,
            },
        ));
        Ok(())
    })
    .await?;
    Ok(facts)
}

/// Writes down what members count as; those of no class who are entered once need no row.
///
/// # Errors
/// [`StorageError`].
pub async fn member_classes_insert(
    conn: &mut PgConnection,
    wave: WaveNumber,
    classes: &BTreeMap<PersonId, MemberClass>,
) -> Result<(), StorageError> {
    let mut rows = CopyRows::new(4);
    for (person, class) in classes.iter().filter(|(_, class)| **class != MemberClass::PLAIN) {
        let mask = i16::try_from(class.mask).unwrap_or(i16::MAX);
        rows.row().i16(wave_key(wave)).uuid(person.uuid()).i16(mask).i16(i16::from(class.weight));
    }
    let statement =
        "COPY member_classes (wave, person_id, mask, weight) FROM STDIN (FORMAT binary)";
    rows.send(conn, statement).await
}

/// What the members of a wave were found to count as when it was frozen, where that is written down.
///
/// # Errors
/// [`StorageError`].
pub async fn member_classes_of_wave(
    conn: &mut PgConnection,
    wave: WaveNumber,
) -> Result<BTreeMap<PersonId, MemberClass>, StorageError> {
    let columns = "person_id, mask, weight FROM member_classes";
    by_person(conn, wave, columns, |fields| MemberClass::read(fields.i16()?, fields.i16()?)).await
}

/// Writes down what the entries of a roll commit to.
///
/// # Errors
/// [`StorageError`].
pub async fn roll_commitments_insert(
    conn: &mut PgConnection,
    wave: WaveNumber,
    commitments: &BTreeMap<PersonId, [u8; 32]>,
) -> Result<(), StorageError> {
    let mut rows = CopyRows::new(3);
    for (person, commitment) in commitments {
        rows.row().i16(wave_key(wave)).uuid(person.uuid()).bytes(commitment);
    }
    let statement =
        "COPY roll_commitments (wave, person_id, commitment) FROM STDIN (FORMAT binary)";
    rows.send(conn, statement).await
}

/// What the entries of a wave's roll commit to; empty in a wave that does not ask for it.
///
/// # Errors
/// [`StorageError`].
pub async fn roll_commitments_of_wave(
    conn: &mut PgConnection,
    wave: WaveNumber,
) -> Result<BTreeMap<PersonId, [u8; 32]>, StorageError> {
    let columns = "person_id, commitment FROM roll_commitments";
    by_person(conn, wave, columns, |fields| {
        let commitment: [u8; 32] = fields.byte_array()?;
        Ok(commitment)
    })
    .await
}

async fn by_person<T>(
    conn: &mut PgConnection,
    wave: WaveNumber,
    columns: &str,
    mut read: impl FnMut(&mut CopyFields<'_>) -> Result<T, StorageError>,
) -> Result<BTreeMap<PersonId, T>, StorageError> {
    let wave = wave_key(wave);
    let statement =
        format!("COPY (SELECT {columns} WHERE wave = {wave}) TO STDOUT (FORMAT binary)");
    let mut found = BTreeMap::new();
    copy_out(conn, &statement, |fields| {
        let person = PersonId::from_uuid(fields.uuid()?);
        found.insert(person, read(fields)?);
        Ok(())
    })
    .await?;
    Ok(found)
}

/// Hands over the sealed identities of a wave's members without a decision, one after the other; those who were erased
/// have none.
///
/// # Errors
/// [`StorageError`], also from `each`.
pub async fn identities_of_roll(
    conn: &mut PgConnection,
    wave: WaveNumber,
    mut each: impl FnMut(PersonId, SealedIdentity) -> Result<(), StorageError>,
) -> Result<(), StorageError> {
    let wave = wave_key(wave);
    let statement = format!(
        "COPY (
            SELECT m.person_id, i.wrapped_key, i.sealed
            FROM memberships m JOIN person_identities i ON i.person_id = m.person_id
            WHERE m.wave = {wave} AND i.erased_at IS NULL
              AND NOT EXISTS (
                  SELECT FROM decisions d WHERE d.wave = {wave} AND d.person_id = m.person_id
              )
              AND NOT EXISTS (
                  SELECT FROM withdrawals x WHERE x.wave = {wave} AND x.person_id = m.person_id
              )
        ) TO STDOUT (FORMAT binary)"
    );
    copy_out(conn, &statement, |fields| {
        let person = PersonId::from_uuid(fields.uuid()?);
        let sealed = SealedIdentity {
            wrapped_key: fields.bytes()?.to_vec(),
            sealed: fields.bytes()?.to_vec(),
        };
        each(person, sealed)
    })
    .await
}
