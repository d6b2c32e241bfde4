//! Memberships: joining in bulk, and the roll of a wave.

use std::collections::BTreeMap;

use domain::funnel::Education;
use domain::ids::PersonId;
use domain::nik::Sex;
use domain::policy::Named as _;
use domain::region::RegionCode;
use domain::time::Timestamp;
use domain::wave::WaveNumber;
use sqlx::{PgConnection, Row as _};
use uuid::Uuid;

use crate::convert::{named, region_code, region_key, wave_key};
use crate::copy::{CopyRows, copy_out, copy_out_persons};
use crate::error::StorageError;
use crate::vault::SealedIdentity;

/// One person's wish to join.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JoinRequest {
    /// Who.
    pub person_id: PersonId,
    /// When it was made.
    pub joined_at: Timestamp,
}

/// What a join is decided on, as stored at this moment.
#[derive(Clone, Debug)]
pub struct JoinRecord {
    /// The request.
    pub request: JoinRequest,
    /// Regency of the family card.
    pub region: RegionCode,
    /// Sex.
    pub sex: Sex,
    /// Education.
    pub education: Education,
    /// Blind index of the family card.
    pub kk_index: Uuid,
    /// Sealed identity.
    pub identity: SealedIdentity,
    /// Grants that stand.
    pub grants: u8,
    /// A grant was revoked.
    pub revoked: bool,
    /// Places of the card that are taken.
    pub household_places_taken: u8,
    /// Waves joined before; zero unless asked for.
    pub joins_before: u16,
    /// Is a member of this wave already, or was.
    pub member: bool,
    /// Was a member of this wave and took that back.
    pub withdrawn: bool,
}

/// Reads what the joins of a batch are decided on. Unknown and erased persons are left out.
///
/// # Errors
/// [`StorageError`].
pub async fn join_records(
    conn: &mut PgConnection,
    wave: WaveNumber,
    requests: &[JoinRequest],
    count_joins: bool,
) -> Result<Vec<JoinRecord>, StorageError> {
    sqlx::query(
        "CREATE TEMPORARY TABLE join_batch (person_id uuid, joined_at timestamptz) ON COMMIT DROP",
    )
    .execute(&mut *conn)
    .await?;
    let mut rows = CopyRows::new(2);
    for request in requests {
        rows.row().uuid(request.person_id.uuid()).timestamp(request.joined_at);
    }
    rows.send(conn, "COPY join_batch (person_id, joined_at) FROM STDIN (FORMAT binary)").await?;
    sqlx::query("ANALYZE join_batch").execute(&mut *conn).await?;
    // A batch is small beside the tables it looks into, and their statistics lag behind bulk writes: left
    // alone, the planner reads all identities for every batch. The transaction only inserts afterwards.
    sqlx::raw_sql(
        "SET LOCAL enable_hashjoin = off;
         SET LOCAL enable_mergejoin = off;
         SET LOCAL enable_bitmapscan = off;
         SET LOCAL max_parallel_workers_per_gather = 0",
    )
    .execute(&mut *conn)
    .await?;
    let joins_before = if count_joins {
        "(SELECT count(*) FROM memberships o WHERE o.person_id = b.person_id)
         - (SELECT count(*) FROM withdrawals o WHERE o.person_id = b.person_id)"
    } else {
        "0"
    };
    let statement = format!(
        "COPY (
            SELECT b.person_id, b.joined_at, p.region, p.sex, p.education, i.kk_index, i.wrapped_key,
                   i.sealed, g.standing::smallint, g.revoked::smallint,
                   (SELECT count(*) FROM household_slots s WHERE s.kk_index = i.kk_index)::smallint,
                   ({joins_before})::smallint,
                   EXISTS (SELECT FROM memberships m WHERE m.wave = {wave} AND m.person_id = b.person_id),
                   EXISTS (SELECT FROM withdrawals x WHERE x.wave = {wave} AND x.person_id = b.person_id)
            FROM join_batch b
            JOIN persons p ON p.person_id = b.person_id
            JOIN person_identities i ON i.person_id = b.person_id AND i.erased_at IS NULL
            CROSS JOIN LATERAL (
                SELECT count(*) FILTER (WHERE revoked_at IS NULL) AS standing,
                       count(*) FILTER (WHERE revoked_at IS NOT NULL) AS revoked
                FROM beneficiaries WHERE person_id = b.person_id
            ) g
        ) TO STDOUT (FORMAT binary)",
        wave = wave_key(wave)
    );
    let mut records = Vec::with_capacity(requests.len());
    copy_out(conn, &statement, |fields| {
        let person_id = PersonId::from_uuid(fields.uuid()?);
        let joined_at = fields.timestamp()?;
        records.push(JoinRecord {
            request: JoinRequest { person_id, joined_at },
            region: region_code(fields.i16()?)?,
            sex: named("persons", "sex", fields.text()?)?,
            education: named("persons", "education", fields.text()?)?,
            kk_index: fields.uuid()?,
            identity: SealedIdentity {
                wrapped_key: fields.bytes()?.to_vec(),
                sealed: fields.bytes()?.to_vec(),
            },
            grants: small(fields.i16()?),
            revoked: fields.i16()? > 0,
            household_places_taken: small(fields.i16()?),
            joins_before: u16::try_from(fields.i16()?).unwrap_or(0),
            member: fields.bool()?,
            withdrawn: fields.bool()?,
        });
        Ok(())
    })
    .await?;
    Ok(records)
}

fn small(stored: i16) -> u8 {
    u8::try_from(stored).unwrap_or(u8::MAX)
}

/// A membership to be added.
#[derive(Clone, Copy, Debug)]
pub struct NewMembership {
    /// When.
    pub joined_at: Timestamp,
    /// Who.
    pub person_id: PersonId,
    /// Blind index of the family card.
    pub kk_index: Uuid,
    /// Sex.
    pub sex: Sex,
    /// Education.
    pub education: Education,
    /// Regency of the family card.
    pub region: RegionCode,
    /// Age on the day the policy names.
    pub age: u8,
    /// Entry tag of the draw.
    pub entry_tag: [u8; 16],
    /// Household tag of the draw; zero where the policy has no cap.
    pub household_tag: [u8; 8],
}

/// Adds memberships of one wave.
///
/// # Errors
/// [`StorageError::Conflict`] if one is a member already.
pub async fn memberships_insert(
    conn: &mut PgConnection,
    wave: WaveNumber,
    memberships: &[NewMembership],
) -> Result<(), StorageError> {
    let mut rows = CopyRows::new(10);
    for membership in memberships {
        rows.row()
            .timestamp(membership.joined_at)
            .uuid(membership.person_id.uuid())
            .uuid(membership.kk_index)
            .text(membership.sex.name())
            .text(membership.education.name())
            .i16(wave_key(wave))
            .i16(region_key(membership.region))
            .i16(i16::from(membership.age))
            .bytes(&membership.entry_tag)
            .bytes(&membership.household_tag);
    }
    rows.send(
        conn,
        "COPY memberships (joined_at, person_id, kk_index, sex, education, wave, region, age, entry_tag,
                           household_tag) FROM STDIN (FORMAT binary)",
    )
    .await
}

/// A member as the draw sees one.
#[derive(Clone, Copy, Debug)]
pub struct Member {
    /// Who.
    pub person_id: PersonId,
    /// Blind index of the family card.
    pub kk_index: Uuid,
    /// Regency.
    pub region: RegionCode,
    /// Entry tag.
    pub entry_tag: [u8; 16],
    /// Household tag.
    pub household_tag: [u8; 8],
}

/// The members of a wave without a decision who have not withdrawn, in no stated order.
///
/// # Errors
/// [`StorageError`].
pub async fn members_undecided(
    conn: &mut PgConnection,
    wave: WaveNumber,
) -> Result<Vec<Member>, StorageError> {
    let wave = wave_key(wave);
    let statement = format!(
        "COPY (
            SELECT m.person_id, m.kk_index, m.region, m.entry_tag, m.household_tag
            FROM memberships m
            WHERE m.wave = {wave}
              AND NOT EXISTS (
                  SELECT FROM decisions d WHERE d.wave = {wave} AND d.person_id = m.person_id
              )
              AND NOT EXISTS (
                  SELECT FROM withdrawals x WHERE x.wave = {wave} AND x.person_id = m.person_id
              )
        ) TO STDOUT (FORMAT binary)"
    );
    let mut members = Vec::new();
    copy_out(conn, &statement, |fields| {
        members.push(member_of(fields)?);
        Ok(())
    })
    .await?;
    Ok(members)
}

/// The member of a row of person, family card, region, entry tag and household tag.
pub(crate) fn member_of(fields: &mut crate::copy::CopyFields<'_>) -> Result<Member, StorageError> {
    Ok(Member {
        person_id: PersonId::from_uuid(fields.uuid()?),
        kk_index: fields.uuid()?,
        region: region_code(fields.i16()?)?,
        entry_tag: fields.byte_array()?,
        household_tag: fields.byte_array()?,
    })
}

/// Places taken on the family cards of a wave's members, where any is.
///
/// # Errors
/// [`StorageError`].
pub async fn places_taken_of_wave(
    conn: &mut PgConnection,
    wave: WaveNumber,
) -> Result<BTreeMap<Uuid, u8>, StorageError> {
    let rows = sqlx::query(
        "SELECT s.kk_index, count(*)::smallint
         FROM household_slots s
         WHERE s.kk_index IN (SELECT m.kk_index FROM memberships m WHERE m.wave = $1)
         GROUP BY s.kk_index",
    )
    .bind(wave_key(wave))
    .fetch_all(conn)
    .await?;
    rows.iter().map(|row| Ok((row.try_get(0)?, small(row.try_get(1)?)))).collect()
}

/// Grants of a wave's members that were made since they joined, or before: `(standing, revoked)`.
///
/// # Errors
/// [`StorageError`].
pub async fn grants_of_wave(
    conn: &mut PgConnection,
    wave: WaveNumber,
) -> Result<BTreeMap<PersonId, (u8, bool)>, StorageError> {
    let rows = sqlx::query(
        "SELECT b.person_id, (count(*) FILTER (WHERE b.revoked_at IS NULL))::smallint,
                bool_or(b.revoked_at IS NOT NULL)
         FROM memberships m JOIN beneficiaries b ON b.person_id = m.person_id
         WHERE m.wave = $1
         GROUP BY b.person_id",
    )
    .bind(wave_key(wave))
    .fetch_all(conn)
    .await?;
    rows.iter()
        .map(|row| {
            let id = PersonId::from_uuid(row.try_get(0)?);
            Ok((id, (small(row.try_get(1)?), row.try_get(2)?)))
        })
        .collect()
}

/// The members of a wave by person.
///
/// # Errors
/// [`StorageError`].
pub async fn members_of_wave(
    conn: &mut PgConnection,
    wave: WaveNumber,
) -> Result<Vec<PersonId>, StorageError> {
    let statement = format!(
        "COPY (SELECT person_id FROM memberships WHERE wave = {} ORDER BY person_id)
         TO STDOUT (FORMAT binary)",
        wave_key(wave)
    );
    copy_out_persons(conn, &statement).await
}
