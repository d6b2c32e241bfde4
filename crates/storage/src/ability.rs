//! Sittings of the basic ability test, their items, and every answer with its time.

use domain::ability_test::{CHOICES, Choice, Ended, EndedBy, ItemId, PastSitting, Place, Sitting};
use domain::eligibility::CheckState;
use domain::ids::{PersonId, SittingId};
use domain::policy::Named as _;
use domain::time::Timestamp;
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Row as _};

use crate::convert::named;
use crate::error::StorageError;

const fn broken(table: &'static str, column: &'static str) -> StorageError {
    StorageError::Inconsistency { table, column }
}

fn small(column: &'static str, stored: i16) -> Result<u16, StorageError> {
    u16::try_from(stored).map_err(|_| broken("ability_sittings", column))
}

fn key_of(number: usize) -> Result<i16, StorageError> {
    i16::try_from(number).map_err(|_| broken("ability_items", "place"))
}

/// Takes a registered person for the rest of the transaction, so that sittings begin one after another; false if her
/// identity is erased or unknown.
///
/// # Errors
/// [`StorageError`].
pub async fn sitter_lock(conn: &mut PgConnection, person: PersonId) -> Result<bool, StorageError> {
    let row = sqlx::query(
        "SELECT 1 FROM person_identities WHERE person_id = $1 AND erased_at IS NULL FOR UPDATE",
    )
    .bind(person.uuid())
    .fetch_optional(conn)
    .await?;
    Ok(row.is_some())
}

/// The sittings of a person with their ids, from the first.
///
/// # Errors
/// [`StorageError`].
pub async fn sittings_of_person(
    conn: &mut PgConnection,
    person: PersonId,
) -> Result<Vec<(SittingId, PastSitting)>, StorageError> {
    let rows = sqlx::query(
        "SELECT sitting_id, ends_at, pass_mark, ended_at, ended_by, score, is_completed
         FROM ability_sittings WHERE person_id = $1 ORDER BY number",
    )
    .bind(person.uuid())
    .fetch_all(conn)
    .await?;
    let past = |row: &PgRow| {
        let sitting = PastSitting {
            ends_at: Timestamp::from_offset(row.try_get(1)?),
            pass_mark: pass_mark(row, 2)?,
            ended: ended(row, 3)?,
        };
        Ok((SittingId::from_uuid(row.try_get(0)?), sitting))
    };
    rows.iter().map(past).collect()
}

fn pass_mark(row: &PgRow, at: usize) -> Result<Option<u16>, StorageError> {
    row.try_get::<Option<i16>, _>(at)?.map(|mark| small("pass_mark", mark)).transpose()
}

/// The four columns of an end, from `at` on.
fn ended(row: &PgRow, at: usize) -> Result<Option<Ended>, StorageError> {
    let Some(ended_at) = row.try_get::<Option<_>, _>(at)? else { return Ok(None) };
    Ok(Some(Ended {
        at: Timestamp::from_offset(ended_at),
        by: named::<EndedBy>("ability_sittings", "ended_by", row.try_get(at.saturating_add(1))?)?,
        score: small("score", row.try_get(at.saturating_add(2))?)?,
        is_completed: row.try_get(at.saturating_add(3))?,
    }))
}

/// Writes a new sitting with its items; the number is the person's next one.
///
/// # Errors
/// [`StorageError`]; a conflict if one of the person has not ended.
pub async fn sitting_insert(
    conn: &mut PgConnection,
    (id, person): (SittingId, PersonId),
    number: usize,
    sitting: &Sitting,
    bank_digest: &str,
) -> Result<(), StorageError> {
    let mark = sitting.pass_mark.map(|mark| i16::try_from(mark).unwrap_or(i16::MAX));
    sqlx::query(
        "INSERT INTO ability_sittings
             (sitting_id, person_id, number, begun_at, ends_at, bank_digest, pass_mark)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(id.uuid())
    .bind(person.uuid())
    .bind(key_of(number)?)
    .bind(sitting.begun_at.to_offset())
    .bind(sitting.ends_at.to_offset())
    .bind(bank_digest)
    .bind(mark)
    .execute(&mut *conn)
    .await?;
    let (mut items, mut shown, mut keys) = (Vec::new(), Vec::new(), Vec::new());
    for place in &sitting.places {
        items.push(place.item.as_str());
        shown.push(place.order.iter().map(|choice| choice.name()).collect::<String>());
        keys.push(place.key.name());
    }
    sqlx::query(
        "INSERT INTO ability_items (sitting_id, place, item, shown, key)
         SELECT $1, place, item, shown, key
         FROM unnest($2::text[], $3::text[], $4::text[]) WITH ORDINALITY AS i (item, shown, key, place)
         ORDER BY place",
    )
    .bind(id.uuid())
    .bind(items)
    .bind(shown)
    .bind(keys)
    .execute(conn)
    .await?;
    Ok(())
}

/// Takes a sitting for the rest of the transaction; false if there is none.
///
/// # Errors
/// [`StorageError`].
pub async fn sitting_lock(
    conn: &mut PgConnection,
    sitting: SittingId,
) -> Result<bool, StorageError> {
    let row = sqlx::query("SELECT 1 FROM ability_sittings WHERE sitting_id = $1 FOR UPDATE")
        .bind(sitting.uuid())
        .fetch_optional(conn)
        .await?;
    Ok(row.is_some())
}

/// A sitting with whose it is, its items and the newest answers.
///
/// # Errors
/// [`StorageError`].
pub async fn sitting_find(
    conn: &mut PgConnection,
    sitting: SittingId,
) -> Result<Option<(PersonId, Sitting)>, StorageError> {
    let row = sqlx::query(
        "SELECT person_id, begun_at, ends_at, pass_mark, ended_at, ended_by, score, is_completed
         FROM ability_sittings WHERE sitting_id = $1",
    )
    .bind(sitting.uuid())
    .fetch_optional(&mut *conn)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let items = sqlx::query(
        "SELECT i.item, i.shown, i.key, a.choice
         FROM ability_items i
         LEFT JOIN LATERAL (
             SELECT choice FROM ability_answers
             WHERE sitting_id = i.sitting_id AND place = i.place
             ORDER BY number DESC LIMIT 1
         ) a ON true
         WHERE i.sitting_id = $1 ORDER BY i.place",
    )
    .bind(sitting.uuid())
    .fetch_all(conn)
    .await?;
    let found = Sitting {
        begun_at: Timestamp::from_offset(row.try_get(1)?),
        ends_at: Timestamp::from_offset(row.try_get(2)?),
        pass_mark: pass_mark(&row, 3)?,
        places: items.iter().map(place).collect::<Result<_, _>>()?,
        ended: ended(&row, 4)?,
    };
    Ok(Some((PersonId::from_uuid(row.try_get(0)?), found)))
}

fn place(row: &PgRow) -> Result<Place, StorageError> {
    let shown: &str = row.try_get(1)?;
    let order: Vec<Choice> =
        Choice::ALL.iter().copied().filter(|choice| shown.contains(choice.name())).collect();
    let mut order: [Choice; CHOICES] =
        order.try_into().map_err(|_| broken("ability_items", "shown"))?;
    order.sort_by_key(|choice| shown.find(choice.name()));
    let answer: Option<&str> = row.try_get(3)?;
    Ok(Place {
        item: ItemId::parse(row.try_get(0)?).ok_or(broken("ability_items", "item"))?,
        order,
        key: named("ability_items", "key", row.try_get(2)?)?,
        answer: answer.map(|choice| named("ability_answers", "choice", choice)).transpose()?,
    })
}

/// Keeps an answer to the item of a number, from 1, behind those that came before.
///
/// # Errors
/// [`StorageError`]; a conflict if it lies outside the time of the sitting.
pub async fn answer_insert(
    conn: &mut PgConnection,
    sitting: SittingId,
    (number, choice): (usize, Choice),
    now: Timestamp,
) -> Result<(), StorageError> {
    let done = sqlx::query(
        "INSERT INTO ability_answers
             (sitting_id, place, number, choice, answered_at, begun_at, ends_at)
         SELECT sitting_id, $2,
                1 + (SELECT count(*) FROM ability_answers WHERE sitting_id = $1 AND place = $2),
                $3, $4, begun_at, ends_at
         FROM ability_sittings WHERE sitting_id = $1",
    )
    .bind(sitting.uuid())
    .bind(key_of(number)?)
    .bind(choice.name())
    .bind(now.to_offset())
    .execute(conn)
    .await?;
    StorageError::check_rows(1, done.rows_affected())
}

/// Ends a sitting that has not ended.
///
/// # Errors
/// [`StorageError::RowsAffected`] if it has.
pub async fn sitting_end(
    conn: &mut PgConnection,
    sitting: SittingId,
    ended: Ended,
) -> Result<(), StorageError> {
    let done = sqlx::query(
        "UPDATE ability_sittings SET ended_at = $2, ended_by = $3, score = $4, is_completed = $5
         WHERE sitting_id = $1 AND ended_at IS NULL",
    )
    .bind(sitting.uuid())
    .bind(ended.at.to_offset())
    .bind(ended.by.name())
    .bind(i16::try_from(ended.score).unwrap_or(i16::MAX))
    .bind(ended.is_completed)
    .execute(conn)
    .await?;
    StorageError::check_rows(1, done.rows_affected())
}

/// Writes down that a person has to sit the test, which nobody else is asked about.
///
/// # Errors
/// [`StorageError`].
pub async fn test_open(conn: &mut PgConnection, person: PersonId) -> Result<(), StorageError> {
    sqlx::query(
        "INSERT INTO registration_checks (person_id, kind, state)
         VALUES ($1, 'ability_test', 'not_asked')",
    )
    .bind(person.uuid())
    .execute(conn)
    .await?;
    Ok(())
}

/// True if a person still has to sit the test.
///
/// # Errors
/// [`StorageError`].
pub async fn test_is_open(conn: &mut PgConnection, person: PersonId) -> Result<bool, StorageError> {
    Ok(sqlx::query_scalar(
        "SELECT EXISTS (
             SELECT FROM registration_checks
             WHERE person_id = $1 AND kind = 'ability_test' AND state <> 'confirmed'
         )",
    )
    .bind(person.uuid())
    .fetch_one(conn)
    .await?)
}

/// Writes down what the test of a person came to, unless that is confirmed already or nothing is open.
///
/// # Errors
/// [`StorageError`].
pub async fn test_answer(
    conn: &mut PgConnection,
    person: PersonId,
    state: CheckState,
    now: Timestamp,
) -> Result<(), StorageError> {
    sqlx::query(
        "UPDATE registration_checks
         SET state = $2::check_state, detail = NULL, answered_at = $3, ask_at = NULL, tries = 0
         WHERE person_id = $1 AND kind = 'ability_test' AND state <> 'confirmed'",
    )
    .bind(person.uuid())
    .bind(state.name())
    .bind(now.to_offset())
    .execute(conn)
    .await?;
    Ok(())
}
