//! Joins as they come in one by one: a few at a time, in one statement that reads and one that
//! writes.
//!
//! The set form in [`crate::memberships`] carries whole waves through a temporary table and COPY, which costs
//! a small batch more than its rows. Both read the same columns into the same [`JoinRecord`].

use std::collections::BTreeSet;

use domain::client_key::ClientKey;
use domain::ids::{AuditEventId, PersonId};
use domain::notice::Notice;
use domain::policy::Named as _;
use domain::time::Timestamp;
use domain::wave::WaveNumber;
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Row as _};
use uuid::Uuid;

use crate::convert::{named, region_code, region_key, wave_key};
use crate::error::StorageError;
use crate::memberships::{JoinRecord, JoinRequest, NewMembership};
use crate::notices::Bound;
use crate::reference::{WaveRow, select_waves, wave_row};
use crate::vault::SealedIdentity;

/// What an act under a client's key has come to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownAnswer {
    /// Keyed digest of the request.
    pub request_index: Uuid,
    /// Code of the answer.
    pub answer: String,
}

/// What one join is decided on.
#[derive(Clone, Debug)]
pub struct KeyedRecord {
    /// What its key has come to before, if it was used.
    pub known: Option<KnownAnswer>,
    /// The person's facts; `None` if nobody of this id is registered, or the person was erased.
    pub record: Option<JoinRecord>,
}

/// The limits keep the planner from reading whole tables: it takes a batch for larger than it is.
macro_rules! select_records {
    ($joins_before:literal) => {
        concat!(
            "WITH wave AS (", select_waves!(), " WHERE w.wave = $3)
             SELECT wave.*, k.request_index, k.answer, p.region, p.sex::text, p.education::text,
                    i.kk_index, i.wrapped_key, i.sealed, g.standing, g.revoked,
                    (SELECT count(*) FROM household_slots s WHERE s.kk_index = i.kk_index) AS taken, ",
            $joins_before,
            " AS joins_before,
                    EXISTS (SELECT FROM withdrawals x WHERE x.wave = $3 AND x.person_id = b.person_id) AS withdrawn
             FROM wave
             CROSS JOIN unnest($1::uuid[], $2::text[]) WITH ORDINALITY AS b (person_id, client_key, place)
             LEFT JOIN LATERAL (
                 SELECT request_index, answer FROM client_keys
                 WHERE actor_id = b.person_id AND client_key = b.client_key LIMIT 1
             ) k ON true
             LEFT JOIN LATERAL (
                 SELECT region, sex, education FROM persons WHERE person_id = b.person_id LIMIT 1
             ) p ON true
             LEFT JOIN LATERAL (
                 SELECT kk_index, wrapped_key, sealed FROM person_identities
                 WHERE person_id = b.person_id AND erased_at IS NULL LIMIT 1
             ) i ON true
             CROSS JOIN LATERAL (
                 SELECT count(*) FILTER (WHERE revoked_at IS NULL) AS standing,
                        count(*) FILTER (WHERE revoked_at IS NOT NULL) AS revoked
                 FROM beneficiaries WHERE person_id = b.person_id
             ) g
             ORDER BY b.place"
        )
    };
}

/// Reads what joins are decided on: the wave, and the persons in the order given; `None` if there is no such
/// wave or nobody asks. Leaves open who is a member already, which [`members_among`] and the writing
/// statement say.
///
/// # Errors
/// [`StorageError`].
pub async fn keyed_join_records(
    conn: &mut PgConnection,
    wave: WaveNumber,
    requests: &[(JoinRequest, &ClientKey)],
    count_joins: bool,
) -> Result<Option<(WaveRow, Vec<KeyedRecord>)>, StorageError> {
    let persons: Vec<Uuid> = requests.iter().map(|(one, _)| one.person_id.uuid()).collect();
    let keys: Vec<&str> = requests.iter().map(|(_, key)| key.as_str()).collect();
    // Counting joins opens every partition, so a policy without that rule has a statement without it.
    let statement = if count_joins {
        select_records!(
            "(SELECT count(*) FROM memberships o WHERE o.person_id = b.person_id)
             - (SELECT count(*) FROM withdrawals o WHERE o.person_id = b.person_id)"
        )
    } else {
        select_records!("0::bigint")
    };
    let rows = sqlx::query(statement)
        .bind(persons)
        .bind(keys)
        .bind(wave_key(wave))
        .fetch_all(conn)
        .await?;
    let Some(first) = rows.first() else { return Ok(None) };
    StorageError::check_rows(requests.len() as u64, rows.len() as u64)?;
    let records = requests.iter().zip(&rows).map(|((request, _), row)| keyed_record(*request, row));
    Ok(Some((wave_row(first)?, records.collect::<Result<_, StorageError>>()?)))
}

fn keyed_record(request: JoinRequest, row: &PgRow) -> Result<KeyedRecord, StorageError> {
    let known = match row.try_get::<Option<Uuid>, _>("request_index")? {
        Some(request_index) => Some(KnownAnswer { request_index, answer: row.try_get("answer")? }),
        None => None,
    };
    let Some(kk_index) = row.try_get::<Option<Uuid>, _>("kk_index")? else {
        return Ok(KeyedRecord { known, record: None });
    };
    let count = |column: &str| row.try_get::<i64, _>(column);
    let record = JoinRecord {
        request,
        region: region_code(row.try_get("region")?)?,
        sex: named("persons", "sex", row.try_get("sex")?)?,
        education: named("persons", "education", row.try_get("education")?)?,
        kk_index,
        identity: SealedIdentity {
            wrapped_key: row.try_get("wrapped_key")?,
            sealed: row.try_get("sealed")?,
        },
        grants: u8::try_from(count("standing")?).unwrap_or(u8::MAX),
        revoked: count("revoked")? > 0,
        household_places_taken: u8::try_from(count("taken")?).unwrap_or(u8::MAX),
        joins_before: u16::try_from(count("joins_before")?).unwrap_or(u16::MAX),
        member: false,
        withdrawn: row.try_get("withdrawn")?,
    };
    Ok(KeyedRecord { known, record: Some(record) })
}

/// Those among some persons who are members of a wave and have not withdrawn.
///
/// # Errors
/// [`StorageError`].
pub async fn members_among(
    conn: &mut PgConnection,
    wave: WaveNumber,
    persons: &[PersonId],
) -> Result<BTreeSet<PersonId>, StorageError> {
    let ids: Vec<Uuid> = persons.iter().map(|person| person.uuid()).collect();
    let rows: Vec<Uuid> = sqlx::query_scalar(
        "SELECT m.person_id FROM memberships m
         WHERE m.wave = $1 AND m.person_id IN (SELECT unnest($2::uuid[]))
           AND NOT EXISTS (SELECT FROM withdrawals x WHERE x.wave = $1 AND x.person_id = m.person_id)",
    )
    .bind(wave_key(wave))
    .bind(ids)
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(PersonId::from_uuid).collect())
}

/// A join that was decided, to be written down with its answer.
#[derive(Clone, Debug)]
pub struct DecidedJoin<'a> {
    /// Who asked.
    pub person_id: PersonId,
    /// Under which key.
    pub client_key: &'a ClientKey,
    /// Keyed digest of the request.
    pub request_index: Uuid,
    /// The request it came with.
    pub request_id: &'a str,
    /// The membership and the id of its audit event, or the code of the answer without one.
    pub outcome: Result<(NewMembership, AuditEventId), &'a str>,
}

/// What the writing of joins has in common.
#[derive(Clone, Copy, Debug)]
pub struct JoinContext {
    /// The wave.
    pub wave: WaveNumber,
    /// The instant of the act.
    pub now: Timestamp,
}

/// Adds memberships with an audit event and a receipt each, and answers all keys. Gives in the order of `joins` whether
/// a membership was added; one that was not was there before.
///
/// # Errors
/// [`StorageError::Conflict`] on `client_keys_pkey` if a key was used meanwhile; nothing is written then.
pub async fn decided_joins_insert(
    conn: &mut PgConnection,
    context: &JoinContext,
    joins: &[DecidedJoin<'_>],
) -> Result<Vec<bool>, StorageError> {
    if joins.is_empty() {
        return Ok(Vec::new());
    }
    let memberships: Vec<Option<&NewMembership>> = joins
        .iter()
        .map(|join| join.outcome.as_ref().ok().map(|(membership, _)| membership))
        .collect();
    let column = |of: fn(&NewMembership) -> i16| -> Vec<Option<i16>> {
        memberships.iter().map(|membership| membership.map(of)).collect()
    };
    let receipt = Bound::of(Notice::Joined(context.wave), context.now);
    let rows = sqlx::query(INSERT_DECIDED)
        .bind(joins.iter().map(|join| join.person_id.uuid()).collect::<Vec<Uuid>>())
        .bind(joins.iter().map(|join| join.client_key.as_str()).collect::<Vec<&str>>())
        .bind(joins.iter().map(|join| join.request_index).collect::<Vec<Uuid>>())
        .bind(joins.iter().map(|join| join.outcome.as_ref().err().copied()).collect::<Vec<_>>())
        .bind(joins.iter().map(|join| event_uuid(join)).collect::<Vec<Option<Uuid>>>())
        .bind(joins.iter().map(|join| join.person_id.to_string()).collect::<Vec<String>>())
        .bind(
            memberships.iter().map(|one| one.map(|m| m.joined_at.to_offset())).collect::<Vec<_>>(),
        )
        .bind(memberships.iter().map(|one| one.map(|m| m.kk_index)).collect::<Vec<_>>())
        .bind(memberships.iter().map(|one| one.map(|m| m.sex.name())).collect::<Vec<_>>())
        .bind(memberships.iter().map(|one| one.map(|m| m.education.name())).collect::<Vec<_>>())
        .bind(column(|m| region_key(m.region)))
        .bind(column(|m| i16::from(m.age)))
        .bind(memberships.iter().map(|one| one.map(|m| m.entry_tag.to_vec())).collect::<Vec<_>>())
        .bind(
            memberships.iter().map(|one| one.map(|m| m.household_tag.to_vec())).collect::<Vec<_>>(),
        )
        .bind(wave_key(context.wave))
        .bind(context.now.to_offset())
        .bind(joins.iter().map(|join| join.request_id).collect::<Vec<&str>>())
        .bind(receipt.parts.template.name())
        .bind(&receipt.subject)
        .bind(&receipt.channels)
        .bind(receipt.useless_at.to_offset())
        .bind(receipt.urgency.name())
        .fetch_all(conn)
        .await?;
    StorageError::check_rows(joins.len() as u64, rows.len() as u64)?;
    rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
}

fn event_uuid(join: &DecidedJoin<'_>) -> Option<Uuid> {
    join.outcome.as_ref().ok().map(|(_, event)| event.uuid())
}

const INSERT_DECIDED: &str = "
    WITH asked AS (
        SELECT *
        FROM unnest($1::uuid[], $2::text[], $3::uuid[], $4::text[], $5::uuid[], $6::text[],
                    $7::timestamptz[], $8::uuid[], $9::person_sex[], $10::education_level[],
                    $11::smallint[], $12::smallint[], $13::bytea[], $14::bytea[], $17::text[])
            WITH ORDINALITY AS a (person_id, client_key, request_index, answer, event_id, actor,
                                  joined_at, kk_index, sex, education, region, age, entry_tag,
                                  household_tag, request_id, place)
    ),
    joined AS (
        INSERT INTO memberships (joined_at, person_id, kk_index, sex, education, wave, region, age,
                                 entry_tag, household_tag)
        SELECT joined_at, person_id, kk_index, sex, education, $15::smallint, region, age, entry_tag, household_tag
        FROM asked
        WHERE answer IS NULL
        ON CONFLICT DO NOTHING
        RETURNING person_id
    ),
    recorded AS (
        INSERT INTO audit_events (event_id, occurred_at, actor, act, subject, from_state, to_state, reason,
                                  request_id, detail)
        SELECT event_id, $16::timestamptz, actor, 'wave_join', 'wave:' || $15::smallint, NULL, NULL,
               'request of the person', request_id, '{}'
        FROM asked JOIN joined USING (person_id)
    ),
    answered AS (
        INSERT INTO client_keys (actor_id, client_key, act, request_index, answer, recorded_at)
        SELECT a.person_id, a.client_key, 'wave_join', a.request_index,
               coalesce(a.answer, CASE WHEN j.person_id IS NULL THEN 'member' ELSE 'joined' END), $16::timestamptz
        FROM asked a LEFT JOIN joined j USING (person_id)
    ),
    told AS (
        INSERT INTO notices (account_id, template, subject, channel, wave, run_at, useless_at, request_id, created_at,
                             urgency)
        SELECT t.account_id, $18, $19, c.channel, $15::smallint, $16::timestamptz, $21::timestamptz, a.request_id,
               $16::timestamptz, $22
        FROM asked a JOIN joined USING (person_id) JOIN accounts t USING (person_id)
             CROSS JOIN unnest($20::text[]) AS c (channel)
        ON CONFLICT DO NOTHING
    )
    SELECT j.person_id IS NOT NULL
    FROM asked a LEFT JOIN joined j USING (person_id)
    ORDER BY a.place";

/// What is written down of one person's joins of a wave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JoinTrace {
    /// Who.
    pub person_id: PersonId,
    /// Memberships of the wave.
    pub memberships: i64,
    /// Audit events of joining it.
    pub events: i64,
    /// Keys answered as joined.
    pub keys: i64,
}

/// Counts for everybody who left any trace of joining a wave one by one what is written down of it.
///
/// # Errors
/// [`StorageError`].
pub async fn join_traces(
    conn: &mut PgConnection,
    wave: WaveNumber,
) -> Result<Vec<JoinTrace>, StorageError> {
    let rows = sqlx::query(
        "WITH traces AS (
             SELECT person_id, 1 AS membership, 0 AS event, 0 AS key
             FROM memberships WHERE wave = $1
             UNION ALL
             SELECT replace(actor, 'per_', '')::uuid, 0, 1, 0
             FROM audit_events
             WHERE act = 'wave_join' AND subject = 'wave:' || $1 AND starts_with(actor, 'per_')
             UNION ALL
             SELECT actor_id, 0, 0, 1
             FROM client_keys WHERE act = 'wave_join' AND answer = 'joined'
         )
         SELECT person_id, sum(membership), sum(event), sum(key)
         FROM traces GROUP BY person_id ORDER BY person_id",
    )
    .bind(wave_key(wave))
    .fetch_all(conn)
    .await?;
    let trace = |row: &PgRow| {
        Ok(JoinTrace {
            person_id: PersonId::from_uuid(row.try_get(0)?),
            memberships: row.try_get(1)?,
            events: row.try_get(2)?,
            keys: row.try_get(3)?,
        })
    };
    rows.iter().map(trace).collect()
}
