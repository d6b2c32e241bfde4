//! What a person did once she was registered: sittings of the ability test, and trainings bought.

use domain::ability_test::Sitting;
use domain::ids::PersonId;
use domain::policy::Named as _;
use domain::reasons::Language;
use serde_json::{Value, json};
use sqlx::PgConnection;
use storage::ability::{sitting_find, sittings_of_person};
use storage::citizen::orders_of_person;

use super::{instant, perhaps};
use crate::ability::shown_item;
use crate::act::ActError;

/// Each sitting with what was answered and its score. The right answers stay here: the items serve again.
pub(super) async fn test_part(
    conn: &mut PgConnection,
    person: Option<PersonId>,
) -> Result<Value, ActError> {
    let Some(person) = person else { return Ok(Value::Null) };
    let mut told = Vec::new();
    for (id, _) in sittings_of_person(conn, person).await? {
        if let Some((_, sitting)) = sitting_find(conn, id).await? {
            told.push(told_sitting(&sitting)?);
        }
    }
    Ok(Value::Array(told))
}

fn told_sitting(sitting: &Sitting) -> Result<Value, ActError> {
    let mut answers = Vec::new();
    for number in 1..=sitting.places.len() {
        let item = shown_item(sitting, number, Language::Indonesian)?;
        let chosen = item.and_then(|item| item.choices.get(item.answer?.checked_sub(1)?).cloned());
        answers.push(json!({ "item": number, "answer": chosen }));
    }
    let ended = sitting.ended;
    Ok(json!({
        "begun_at": instant(sitting.begun_at),
        "ends_at": instant(sitting.ends_at),
        "ended_at": perhaps(ended.map(|ended| ended.at)),
        "ended_by": ended.map(|ended| ended.by.name()),
        "items": sitting.places.len(),
        "score": ended.map(|ended| ended.score),
        "completed": ended.map(|ended| ended.is_completed),
        "answers": answers,
    }))
}

/// What was bought with the grants.
pub(super) async fn purchases_part(
    conn: &mut PgConnection,
    person: Option<PersonId>,
) -> Result<Value, ActError> {
    let Some(person) = person else { return Ok(Value::Null) };
    let orders = orders_of_person(conn, person).await?;
    let told = orders.iter().map(|one| {
        json!({
            "wave": one.wave.get(),
            "number": one.number,
            "price_rupiah": one.price.get(),
            "paid_at": instant(one.paid_at),
        })
    });
    Ok(told.collect())
}
