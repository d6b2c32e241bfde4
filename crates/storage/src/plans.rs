//! Plans of published waves: putting a corrected one in the place of the one before.

use std::collections::BTreeMap;

use domain::ids::PersonId;
use domain::time::Timestamp;
use domain::wave::WaveNumber;
use sqlx::{PgConnection, Row as _};
use uuid::Uuid;

use crate::convert::{region_code, wave_key};
use crate::copy::CopyRows;
use crate::error::StorageError;
use crate::memberships::Member;
use crate::vault::SealedIdentity;

/// A member of a frozen wave, with the code of the rule that keeps the person out of the list, if one does.
#[derive(Clone, Debug)]
pub struct JudgedMember {
    /// The member.
    pub member: Member,
    /// The rule.
    pub reason: Option<String>,
}

/// Those among these persons who are members of a frozen wave and have not withdrawn.
///
/// # Errors
/// [`StorageError`].
pub async fn members_judged(
    conn: &mut PgConnection,
    wave: WaveNumber,
    persons: &[PersonId],
) -> Result<BTreeMap<PersonId, JudgedMember>, StorageError> {
    let rows = sqlx::query(
        "SELECT m.person_id, m.kk_index, m.region, m.entry_tag, m.household_tag, d.reason
         FROM memberships m
         LEFT JOIN decisions d ON d.wave = $1 AND d.person_id = m.person_id
         WHERE m.wave = $1 AND m.person_id = ANY ($2)
           AND NOT EXISTS (SELECT FROM withdrawals x WHERE x.wave = $1 AND x.person_id = m.person_id)",
    )
    .bind(wave_key(wave))
    .bind(uuids(persons.iter()))
    .fetch_all(conn)
    .await?;
    let broken = |column| StorageError::Inconsistency { table: "memberships", column };
    let tag = |row: &sqlx::postgres::PgRow, column: usize| row.try_get::<Vec<u8>, _>(column);
    rows.iter()
        .map(|row| {
            let person_id = PersonId::from_uuid(row.try_get(0)?);
            let member = Member {
                person_id,
                kk_index: row.try_get(1)?,
                region: region_code(row.try_get(2)?)?,
                entry_tag: tag(row, 3)?.try_into().map_err(|_| broken("entry_tag"))?,
                household_tag: tag(row, 4)?.try_into().map_err(|_| broken("household_tag"))?,
            };
            Ok((person_id, JudgedMember { member, reason: row.try_get(5)? }))
        })
        .collect()
}

/// The sealed identities of persons; those who were erased have none.
///
/// # Errors
/// [`StorageError`].
pub async fn identities_of_persons(
    conn: &mut PgConnection,
    persons: impl Iterator<Item = &PersonId>,
) -> Result<Vec<(PersonId, SealedIdentity)>, StorageError> {
    let rows = sqlx::query(
        "SELECT person_id, wrapped_key, sealed FROM person_identities
         WHERE person_id IN (SELECT unnest($1::uuid[])) AND erased_at IS NULL",
    )
    .bind(uuids(persons))
    .persistent(false)
    .fetch_all(conn)
    .await?;
    rows.iter()
        .map(|row| {
            let sealed = SealedIdentity { wrapped_key: row.try_get(1)?, sealed: row.try_get(2)? };
            Ok((PersonId::from_uuid(row.try_get(0)?), sealed))
        })
        .collect()
}

/// What a corrected plan puts in the place of the one before.
#[derive(Debug)]
pub struct NewPlan<'p> {
    /// Its number.
    pub plan: u8,
    /// Seconds by which draw and announcement are later than planned.
    pub moved_s: u32,
    /// Entries of its list.
    pub entries: usize,
    /// Digest of their records.
    pub digest: [u8; 32],
    /// Those judged again, each with the code of the rule that keeps the person out; `None` is in the list.
    pub judged: &'p BTreeMap<PersonId, Option<String>>,
    /// Persons whose entry changes or goes, so that their commitment does not count any more.
    pub changed: &'p [PersonId],
    /// Places left of family cards where they differ, 0 where none are to be kept.
    pub places: &'p BTreeMap<Uuid, u8>,
}

/// Puts a plan in the place of the one before, whose figures are kept, and moves draw and announcement. What is stored of
/// the quota table, of unfilled seats, of the classes of those judged again and of changed commitments is gone then: the
/// caller, who holds the row of the wave, writes it anew.
///
/// # Errors
/// [`StorageError::Conflict`] if the published rules do not allow that plan now.
pub async fn plan_replace(
    conn: &mut PgConnection,
    wave: WaveNumber,
    new: &NewPlan<'_>,
    now: Timestamp,
) -> Result<(), StorageError> {
    let reasons: Vec<Option<&str>> = new.judged.values().map(Option::as_deref).collect();
    sqlx::query("SELECT replace_plan($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)")
        .bind(wave_key(wave))
        .bind(i16::from(new.plan))
        .bind(i32::try_from(new.moved_s).unwrap_or(i32::MAX))
        .bind(i32::try_from(new.entries).unwrap_or(i32::MAX))
        .bind(new.digest.as_slice())
        .bind(uuids(new.judged.keys()))
        .bind(reasons)
        .bind(uuids(new.changed.iter()))
        .bind(new.places.keys().copied().collect::<Vec<_>>())
        .bind(now.to_offset())
        .execute(&mut *conn)
        .await?;
    let mut rows = CopyRows::new(3);
    for (kk_index, left) in new.places.iter().filter(|(_, left)| **left > 0) {
        rows.row().i16(wave_key(wave)).uuid(*kk_index).i16(i16::from(*left));
    }
    rows.send(conn, "COPY roll_places (wave, kk_index, places) FROM STDIN (FORMAT binary)").await
}

fn uuids<'p>(persons: impl Iterator<Item = &'p PersonId>) -> Vec<Uuid> {
    persons.map(|person| person.uuid()).collect()
}
