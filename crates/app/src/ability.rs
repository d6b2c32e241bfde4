//! Sitting the basic ability test: it begins, takes answers one by one, and ends by the person or by its time.
//!
//! The right choices never leave this side: pages are given what is shown, in the order drawn for the sitting.

use domain::ability_test::{
    Answered, BeginRefusal, Choice, Ended, Sitting, SittingRefusal, SittingRules, may_begin,
};
use domain::eligibility::CheckState;
use domain::ids::{PersonId, SittingId};
use domain::policy::Named as _;
use domain::reasons::Language;
use domain::schedule::Task;
use domain::time::Timestamp;
use rand_core::Rng;
use serde_json::json;
use storage::ability::{
    answer_insert, sitter_lock, sitting_end, sitting_find, sitting_insert, sitting_lock,
    sittings_of_person, test_answer, test_is_open,
};
use storage::database::{Database, Tx};
use storage::error::StorageError;

use crate::ability_bank::item_bank;
use crate::act::{Act, ActError, Event, person_subject};
use crate::jobs::enqueue;
use crate::reference::Policies;

/// Where a person stands with the test.
#[derive(Clone, Debug)]
pub struct TestStanding {
    /// The rules of the next sitting.
    pub rules: SittingRules,
    /// The newest sitting.
    pub sitting: Option<Sitting>,
    /// Whether another one may begin now.
    pub may_begin: Result<(), BeginRefusal>,
}

/// An item as it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShownItem {
    /// The question.
    pub text: String,
    /// The choices in the order drawn for the sitting.
    pub choices: Vec<String>,
    /// Which of them is the newest answer, from 1.
    pub answer: Option<usize>,
}

/// The item of a number, from 1, in a language; `None` if the sitting has none.
///
/// # Errors
/// [`ActError`].
pub fn shown_item(
    sitting: &Sitting,
    number: usize,
    language: Language,
) -> Result<Option<ShownItem>, ActError> {
    let place = number.checked_sub(1).and_then(|at| sitting.places.get(at));
    let Some(place) = place else { return Ok(None) };
    let lost = StorageError::Inconsistency { table: "ability_items", column: "item" };
    let item = item_bank()?.bank.get(&place.item).ok_or(lost)?;
    let words = item.wording(language);
    let answered = |choice: &Choice| place.answer == Some(*choice);
    Ok(Some(ShownItem {
        text: words.text.clone(),
        choices: place.order.iter().map(|choice| words.choice(*choice).to_owned()).collect(),
        answer: place.order.iter().position(answered).map(|at| at.saturating_add(1)),
    }))
}

/// The test belongs to a registration and not to a wave, so the newest rules hold. (assumed)
fn rules(policies: &Policies) -> Result<SittingRules, ActError> {
    let newest = policies.iter().last();
    let newest = newest.ok_or(ActError::ItemBank("there are no rules for it"))?;
    Ok(SittingRules::of(newest.version.test()))
}

/// Reads where a person stands.
///
/// # Errors
/// [`ActError`].
pub async fn read_test(
    database: &Database,
    policies: &Policies,
    person: PersonId,
    now: Timestamp,
) -> Result<TestStanding, ActError> {
    let rules = rules(policies)?;
    let mut tx = database.begin().await?;
    let sittings = sittings_of_person(&mut tx, person).await?;
    let past: Vec<_> = sittings.iter().map(|(_, past)| *past).collect();
    let may_begin = if test_is_open(&mut tx, person).await? {
        may_begin(&past, now)
    } else {
        Err(BeginRefusal::Done)
    };
    let sitting = match sittings.last() {
        Some((id, _)) => sitting_find(&mut tx, *id).await?.map(|(_, sitting)| sitting),
        None => None,
    };
    Ok(TestStanding { rules, sitting, may_begin })
}

/// Begins a sitting; one that runs goes on. A sitting whose time is over ends first.
///
/// # Errors
/// [`ActError`]; nothing changes then.
pub async fn begin_test(
    act: &mut Act<'_>,
    person: PersonId,
) -> Result<Result<(), BeginRefusal>, ActError> {
    let (rules, loaded) = (rules(act.policies)?, item_bank()?);
    let mut tx = act.database.begin().await?;
    if !sitter_lock(&mut tx, person).await? || !test_is_open(&mut tx, person).await? {
        return Ok(Err(BeginRefusal::Done));
    }
    let sittings = sittings_of_person(&mut tx, person).await?;
    let past: Vec<_> = sittings.iter().map(|(_, past)| *past).collect();
    match may_begin(&past, act.now) {
        Ok(()) => {}
        Err(BeginRefusal::Runs) => {
            if let Some((id, _)) = sittings.last() {
                run_out_within(&mut tx, act, *id).await?;
                tx.commit().await.map_err(StorageError::from)?;
            }
            return Ok(Ok(()));
        }
        Err(refusal) => return Ok(Err(refusal)),
    }
    let id = SittingId::at(act.now, act.id_bytes());
    let sitting = Sitting {
        begun_at: act.now,
        ends_at: rules.ends_at(act.now),
        pass_mark: rules.pass_mark,
        places: loaded.bank.draw(rules.items, |count| below(&mut *act.rng, count)),
        ended: None,
    };
    let number = past.len().saturating_add(1);
    sitting_insert(&mut tx, (id, person), number, &sitting, &loaded.digest).await?;
    enqueue(&mut tx, act, Task::EndSitting(id), sitting.ends_at).await?;
    record(&mut tx, act, person, "test_begin", json!({ "sitting": number })).await?;
    tx.commit().await.map_err(StorageError::from)?;
    Ok(Ok(()))
}

/// A random number below `count`; 64 bits make every one as likely as it need be.
fn below(rng: &mut (dyn Rng + Send), count: usize) -> usize {
    let count = u64::try_from(count).unwrap_or(u64::MAX);
    let scaled = (u128::from(rng.next_u64()) * u128::from(count)) >> 64;
    usize::try_from(scaled).unwrap_or(0)
}

/// Takes the newest sitting of a person; `None` if there is none.
async fn hold(tx: &mut Tx, person: PersonId) -> Result<Option<(SittingId, Sitting)>, ActError> {
    let Some((id, _)) = sittings_of_person(tx, person).await?.pop() else { return Ok(None) };
    sitting_lock(tx, id).await?;
    Ok(sitting_find(tx, id).await?.map(|(_, sitting)| (id, sitting)))
}

/// Keeps an answer to the item of a number: which of the choices shown, both from 1. The same answer again is the same.
///
/// # Errors
/// [`ActError`]; nothing changes then.
pub async fn answer_test(
    act: &mut Act<'_>,
    person: PersonId,
    (number, shown): (usize, usize),
) -> Result<Result<(), SittingRefusal>, ActError> {
    let mut tx = act.database.begin().await?;
    let Some((id, mut sitting)) = hold(&mut tx, person).await? else {
        return Ok(Err(SittingRefusal::NoItem));
    };
    let place = number.checked_sub(1).and_then(|at| sitting.places.get(at));
    let choice = place.zip(shown.checked_sub(1)).and_then(|(place, at)| place.order.get(at));
    let Some(choice) = choice.copied() else { return Ok(Err(SittingRefusal::NoItem)) };
    // The clock of another server may be behind that of the one where it began.
    let now = act.now.max(sitting.begun_at);
    match sitting.answer(number, choice, now) {
        Err(refusal) => return Ok(Err(refusal)),
        Ok(Answered::Same) => return Ok(Ok(())),
        Ok(Answered::Kept) => {}
    }
    answer_insert(&mut tx, id, (number, choice), now).await?;
    record(&mut tx, act, person, "test_answer", json!({ "item": number })).await?;
    tx.commit().await.map_err(StorageError::from)?;
    Ok(Ok(()))
}

/// The person hands a sitting in; one that has ended is as it is, and one whose time is over ends by that.
///
/// # Errors
/// [`ActError`]; nothing changes then.
pub async fn submit_test(
    act: &mut Act<'_>,
    person: PersonId,
) -> Result<Result<Ended, SittingRefusal>, ActError> {
    let mut tx = act.database.begin().await?;
    let Some((id, mut sitting)) = hold(&mut tx, person).await? else {
        return Ok(Err(SittingRefusal::NoItem));
    };
    if let Some(ended) = sitting.ended {
        return Ok(Ok(ended));
    }
    let now = act.now.max(sitting.begun_at);
    let ended = match sitting.run_out(now).or_else(|_| sitting.submit(now)) {
        Ok(ended) => ended,
        Err(refusal) => return Ok(Err(refusal)),
    };
    end_within(&mut tx, act, (id, person), &sitting, ended).await?;
    tx.commit().await.map_err(StorageError::from)?;
    Ok(Ok(ended))
}

/// Ends a sitting whose time is over; does nothing to any other.
pub(crate) async fn run_out_within(
    tx: &mut Tx,
    act: &mut Act<'_>,
    id: SittingId,
) -> Result<(), ActError> {
    sitting_lock(tx, id).await?;
    let Some((person, mut sitting)) = sitting_find(tx, id).await? else { return Ok(()) };
    match sitting.run_out(act.now) {
        Ok(ended) => end_within(tx, act, (id, person), &sitting, ended).await,
        Err(SittingRefusal::Runs) => {
            // A clock that went back: the job comes again.
            enqueue(tx, act, Task::EndSitting(id), sitting.ends_at).await?;
            Ok(())
        }
        Err(SittingRefusal::Over | SittingRefusal::NoItem | SittingRefusal::TooFew) => Ok(()),
    }
}

/// Writes the end down, with what it means for the registration.
async fn end_within(
    tx: &mut Tx,
    act: &mut Act<'_>,
    (id, person): (SittingId, PersonId),
    sitting: &Sitting,
    ended: Ended,
) -> Result<(), ActError> {
    sitting_end(tx, id, ended).await?;
    if sitting.is_passed() {
        test_answer(tx, person, CheckState::Confirmed, act.now).await?;
    } else if ended.is_completed {
        test_answer(tx, person, CheckState::Refuted, act.now).await?;
    }
    let detail = json!({ "by": ended.by.name(), "completed": ended.is_completed });
    record(tx, act, person, "test_end", detail).await
}

async fn record(
    tx: &mut Tx,
    act: &mut Act<'_>,
    person: PersonId,
    name: &str,
    detail: serde_json::Value,
) -> Result<(), ActError> {
    let subject = person_subject(person);
    let reason = "basic ability test";
    let event = Event { act: name, subject, from: None, to: None, reason, detail };
    act.record(tx, event).await
}
