//! Joins as they come in one by one: a few at a time, by one function of the database that reads and one that
//! writes, which keep the plans of their statements.
//!
//! The set form in [`crate::memberships`] carries whole waves through a temporary table and COPY, which costs
//! a small batch more than its rows. Both read the same columns into the same [`JoinRecord`].

use std::collections::BTreeSet;

use domain::client_key::ClientKey;
use domain::ids::{AccountId, AuditEventId, PersonId};
use domain::notice::Notice;
use domain::policy::Named as _;
use domain::time::Timestamp;
use domain::wave::WaveNumber;
use sqlx::postgres::{PgArguments, PgRow};
use sqlx::{PgConnection, Postgres, Row as _};
use uuid::Uuid;

use crate::convert::{named, region_code, region_key, wave_key};
use crate::error::StorageError;
use crate::memberships::{JoinRecord, JoinRequest, NewMembership};
use crate::notices::Bound;
use crate::reference::{WAVE_LOCK_CLASS, WaveRow, wave_row};
use crate::statements::statement_key;
use crate::vault::SealedIdentity;

/// What an act under a client's key has come to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownAnswer {
    /// Keyed digest of the request.
    pub request_index: Uuid,
    /// Code of the answer.
    pub answer: String,
}

/// A wish to join, as its facts are asked for.
#[derive(Clone, Copy, Debug)]
pub struct AskedJoin<'a> {
    /// Who, and when.
    pub request: JoinRequest,
    /// Under which key.
    pub client_key: &'a ClientKey,
    /// The account that must have the person, if one asks.
    pub account: Option<AccountId>,
}

/// What one join is decided on.
#[derive(Clone, Debug)]
pub struct KeyedRecord {
    /// What its key has come to before, if it was used.
    pub known: Option<KnownAnswer>,
    /// The person's facts; `None` if nobody of this id is registered, the person was erased, or the account that
    /// asks has lost the person.
    pub record: Option<JoinRecord>,
}

/// One person a call; most calls are for one, whom a list costs more than the reading. A wave that takes joins has no list
/// that could have been corrected.
const SELECT_RECORD: &str =
    "SELECT *, 0::smallint AS corrections, 0 AS moved_s FROM join_read($1, $2, $3, $4, $5, $6, $7)";
const SELECT_RECORDS: &str = "
    SELECT r.*, 0::smallint AS corrections, 0 AS moved_s
    FROM unnest($4::uuid[], $5::text[], $6::uuid[], $7::bigint[])
        WITH ORDINALITY AS b (person_id, client_key, account_id, statement_key, place)
    CROSS JOIN LATERAL join_read($1, $2, $3, b.person_id, b.client_key, b.account_id, b.statement_key) r
    ORDER BY b.place";

/// Reads what joins are decided on: the wave, and the persons in the order given; `None` if there is no such
/// wave or nobody asks. Leaves open who is a member already, which [`members_among`] and the writing say.
///
/// Until the transaction ends, a close of the wave and corrections of the persons' statements wait.
///
/// # Errors
/// [`StorageError`].
pub async fn keyed_join_records(
    conn: &mut PgConnection,
    wave: WaveNumber,
    requests: &[AskedJoin<'_>],
    count_joins: bool,
) -> Result<Option<(WaveRow, Vec<KeyedRecord>)>, StorageError> {
    let query = sqlx::query(if requests.len() == 1 { SELECT_RECORD } else { SELECT_RECORDS })
        .bind(WAVE_LOCK_CLASS)
        .bind(wave_key(wave))
        .bind(count_joins);
    let query = if let [one] = requests {
        let person = one.request.person_id;
        query
            .bind(person.uuid())
            .bind(one.client_key.as_str())
            .bind(one.account.map(AccountId::uuid))
            .bind(statement_key(person))
    } else {
        let persons = || requests.iter().map(|one| one.request.person_id);
        query
            .bind(persons().map(PersonId::uuid).collect::<Vec<_>>())
            .bind(requests.iter().map(|one| one.client_key.as_str()).collect::<Vec<_>>())
            .bind(requests.iter().map(|one| one.account.map(AccountId::uuid)).collect::<Vec<_>>())
            .bind(persons().map(statement_key).collect::<Vec<_>>())
    };
    let rows = query.fetch_all(conn).await?;
    StorageError::check_rows(requests.len() as u64, rows.len() as u64)?;
    let Some(first) = rows.first() else { return Ok(None) };
    if first.try_get::<Option<&str>, _>("kind")?.is_none() {
        return Ok(None);
    }
    let records = requests.iter().zip(&rows).map(|(one, row)| keyed_record(one.request, row));
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

impl DecidedJoin<'_> {
    /// The membership and the id of its audit event, if there is to be one.
    fn parts(&self) -> (Option<&NewMembership>, Option<Uuid>) {
        match &self.outcome {
            Ok((membership, event)) => (Some(membership), Some(event.uuid())),
            Err(_) => (None, None),
        }
    }
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
    let receipt = Bound::of(Notice::Joined(context.wave), context.now);
    let query = sqlx::query(if joins.len() == 1 { WRITE_JOIN } else { WRITE_JOINS })
        .bind(wave_key(context.wave))
        .bind(context.now.to_offset())
        .bind(receipt.parts.template.name())
        .bind(&receipt.subject)
        .bind(&receipt.channels)
        .bind(receipt.useless_at.to_offset())
        .bind(receipt.urgency.name());
    let query = if let [join] = joins { bind_join(query, join) } else { bind_joins(query, joins) };
    let rows = query.fetch_all(conn).await?;
    StorageError::check_rows(joins.len() as u64, rows.len() as u64)?;
    rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
}

type PgQuery<'q> = sqlx::query::Query<'q, Postgres, PgArguments>;

fn bind_join<'q>(query: PgQuery<'q>, join: &'q DecidedJoin<'_>) -> PgQuery<'q> {
    let (new, event) = join.parts();
    query
        .bind(join.person_id.uuid())
        .bind(join.client_key.as_str())
        .bind(join.request_index)
        .bind(join.outcome.as_ref().err().copied())
        .bind(event)
        .bind(join.person_id.to_string())
        .bind(join.request_id)
        .bind(new.map(|new| new.joined_at.to_offset()))
        .bind(new.map(|new| new.kk_index))
        .bind(new.map(|new| new.sex.name()))
        .bind(new.map(|new| new.education.name()))
        .bind(new.map(|new| region_key(new.region)))
        .bind(new.map(|new| i16::from(new.age)))
        .bind(new.map(|new| new.entry_tag.to_vec()))
        .bind(new.map(|new| new.household_tag.to_vec()))
}

fn bind_joins<'q>(query: PgQuery<'q>, joins: &'q [DecidedJoin<'_>]) -> PgQuery<'q> {
    fn of<'a, T>(
        joins: &'a [DecidedJoin<'_>],
        part: impl Fn(&'a NewMembership) -> T,
    ) -> Vec<Option<T>> {
        joins.iter().map(|join| join.parts().0.map(&part)).collect()
    }
    query
        .bind(joins.iter().map(|join| join.person_id.uuid()).collect::<Vec<_>>())
        .bind(joins.iter().map(|join| join.client_key.as_str()).collect::<Vec<_>>())
        .bind(joins.iter().map(|join| join.request_index).collect::<Vec<_>>())
        .bind(joins.iter().map(|join| join.outcome.as_ref().err().copied()).collect::<Vec<_>>())
        .bind(joins.iter().map(|join| join.parts().1).collect::<Vec<_>>())
        .bind(joins.iter().map(|join| join.person_id.to_string()).collect::<Vec<_>>())
        .bind(joins.iter().map(|join| join.request_id).collect::<Vec<_>>())
        .bind(of(joins, |new| new.joined_at.to_offset()))
        .bind(of(joins, |new| new.kk_index))
        .bind(of(joins, |new| new.sex.name()))
        .bind(of(joins, |new| new.education.name()))
        .bind(of(joins, |new| region_key(new.region)))
        .bind(of(joins, |new| i16::from(new.age)))
        .bind(of(joins, |new| new.entry_tag.to_vec()))
        .bind(of(joins, |new| new.household_tag.to_vec()))
}

/// One join a call, as for reading; by names, since several neighbours have one type.
const WRITE_JOIN: &str = "
    SELECT join_write(p_wave => $1, p_now => $2, p_template => $3, p_subject => $4, p_channels => $5,
                      p_useless_at => $6, p_urgency => $7, p_person_id => $8, p_client_key => $9,
                      p_request_index => $10, p_answer => $11, p_event_id => $12, p_actor => $13,
                      p_request_id => $14, p_joined_at => $15, p_kk_index => $16,
                      p_sex => $17::text::person_sex, p_education => $18::text::education_level,
                      p_region => $19, p_age => $20, p_entry_tag => $21, p_household_tag => $22)";
const WRITE_JOINS: &str = "
    SELECT join_write(p_wave => $1, p_now => $2, p_template => $3, p_subject => $4, p_channels => $5,
                      p_useless_at => $6, p_urgency => $7, p_person_id => a.person_id,
                      p_client_key => a.client_key, p_request_index => a.request_index, p_answer => a.answer,
                      p_event_id => a.event_id, p_actor => a.actor, p_request_id => a.request_id,
                      p_joined_at => a.joined_at, p_kk_index => a.kk_index, p_sex => a.sex,
                      p_education => a.education, p_region => a.region, p_age => a.age,
                      p_entry_tag => a.entry_tag, p_household_tag => a.household_tag)
    FROM unnest($8::uuid[], $9::text[], $10::uuid[], $11::text[], $12::uuid[], $13::text[], $14::text[],
                $15::timestamptz[], $16::uuid[], $17::person_sex[], $18::education_level[], $19::smallint[],
                $20::smallint[], $21::bytea[], $22::bytea[])
        WITH ORDINALITY AS a (person_id, client_key, request_index, answer, event_id, actor, request_id, joined_at,
                              kk_index, sex, education, region, age, entry_tag, household_tag, place)
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
