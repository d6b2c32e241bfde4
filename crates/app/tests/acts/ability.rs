//! The ability test: sat, resumed, handed in by the person, by the job, at the very end, and twice.

use std::path::Path;

use app::ability::{TestStanding, answer_test, begin_test, read_test, shown_item, submit_test};
use app::ability_bank::{BUILTIN, item_bank, load_bank};
use app::jobs::{Tools, claim_jobs, run_job};
use domain::ability_test::{BeginRefusal, EndedBy, SittingRefusal};
use domain::eligibility::Finding;
use domain::ids::PersonId;
use domain::reasons::Language;
use domain::schedule::Lane;
use domain::time::Timestamp;
use domain::wave::WaveKind;
use uuid::Uuid;

use crate::support::{HOUR, World, applicant};

const AT: Timestamp = Timestamp::from_micros(1_700_000_000_000_000);
/// Forty minutes in microseconds.
const TIME: i64 = 40 * 60_000_000;

/// A world with somebody who has to sit the test.
async fn world(edits: &[(&str, &str)]) -> (World, PersonId) {
    let mut world = World::with_policies(edits, 48, &[(WaveKind::Regular, 1)]).await;
    let mut person = applicant(1);
    person.findings = vec![Finding::TestNotDone];
    let id = person.person_id;
    world.register(&[person]).await;
    (world, id)
}

async fn answers(world: &mut World, person: PersonId, numbers: std::ops::RangeInclusive<usize>) {
    for number in numbers {
        answer_test(&mut world.act(AT), person, (number, 1)).await.unwrap().unwrap();
    }
}

async fn standing(world: &World, person: PersonId, now: Timestamp) -> TestStanding {
    read_test(world.scratch.database(), &world.reference.policies, person, now).await.unwrap()
}

/// Does every job that can run at this moment, and gives how many.
async fn work(world: &mut World, now: Timestamp) -> usize {
    let database = world.scratch.database().clone();
    let jobs = claim_jobs(&database, Uuid::nil(), Lane::Own, now, 9).await.unwrap();
    let tools = Tools { keys_folder: Path::new(""), registers: None, faces: None, folders: None };
    for job in &jobs {
        run_job(&mut world.act(now), tools, job).await.unwrap();
    }
    jobs.len()
}

const STATE: &str = "SELECT state FROM registration_checks WHERE kind = 'ability_test'";

/// Somebody begins twice and has one sitting, which goes on where it was left; the same answer again is the same, and
/// another one is kept behind it. What is handed in confirms the check, once, and is handed in twice as once.
#[tokio::test]
async fn sat_and_handed_in() {
    let (mut world, person) = world(&[]).await;
    for _ in 0..2 {
        begin_test(&mut world.act(AT), person).await.unwrap().unwrap();
    }
    answers(&mut world, person, 1..=9).await;
    answers(&mut world, person, 1..=9).await;
    let few = submit_test(&mut world.act(AT), person).await.unwrap();
    assert_eq!(few, Err(SittingRefusal::TooFew));
    let standing = standing(&world, person, AT).await;
    assert_eq!(standing.may_begin, Err(BeginRefusal::Runs));
    let sitting = standing.sitting.unwrap();
    assert_eq!((sitting.places.len(), sitting.first_open()), (20, Some(10)));
    let item = shown_item(&sitting, 1, Language::English).unwrap().unwrap();
    assert_eq!((item.choices.len(), item.answer), (4, Some(1)));
    assert_eq!(shown_item(&sitting, 21, Language::English).unwrap(), None);
    answer_test(&mut world.act(AT), person, (1, 4)).await.unwrap().unwrap();
    for wrong in [(0, 1), (21, 1), (1, 0), (1, 5)] {
        let refused = answer_test(&mut world.act(AT), person, wrong).await.unwrap();
        assert_eq!(refused, Err(SittingRefusal::NoItem), "{wrong:?}");
    }
    answers(&mut world, person, 10..=10).await;
    let ended = submit_test(&mut world.act(AT), person).await.unwrap().unwrap();
    assert_eq!((ended.by, ended.is_completed), (EndedBy::Person, true));
    assert_eq!(submit_test(&mut world.act(AT), person).await.unwrap(), Ok(ended));
    let late = answer_test(&mut world.act(AT), person, (2, 2)).await.unwrap();
    assert_eq!(late, Err(SittingRefusal::Over));
    assert_eq!(world.rows(STATE).await, ["(confirmed)"]);
    let again = begin_test(&mut world.act(AT.plus_days(9)), person).await.unwrap();
    assert_eq!(again, Err(BeginRefusal::Done));
    assert_eq!(world.number("SELECT count(*) FROM ability_answers").await, 11);
    let events =
        "SELECT act, count(*) FROM audit_events WHERE act LIKE 'test%' GROUP BY 1 ORDER BY 1";
    assert_eq!(world.rows(events).await, ["(test_answer,11)", "(test_begin,1)", "(test_end,1)"]);
    let digest = &item_bank().unwrap().digest;
    let banks = world.rows("SELECT bank_digest FROM ability_sittings").await;
    assert_eq!(banks, [format!("({digest})")]);
    // The job finds it handed in.
    assert_eq!(work(&mut world, AT.plus_micros(TIME)).await, 1);
    world.assert_audit_clean().await;
}

/// The last microsecond takes an answer, the next one none; then the job hands the sitting in as of the end of its
/// time, however late it comes. Half of the items make it complete.
#[tokio::test]
async fn the_end_of_time() {
    let (mut world, person) = world(&[]).await;
    begin_test(&mut world.act(AT), person).await.unwrap().unwrap();
    answers(&mut world, person, 1..=9).await;
    let end = AT.plus_micros(TIME);
    assert_eq!(work(&mut world, end.minus_micros(1)).await, 0);
    let last = answer_test(&mut world.act(end.minus_micros(1)), person, (10, 1)).await.unwrap();
    assert_eq!(last, Ok(()));
    let late = answer_test(&mut world.act(end), person, (11, 1)).await.unwrap();
    assert_eq!(late, Err(SittingRefusal::Over));
    assert_eq!(work(&mut world, end.plus_micros(HOUR)).await, 1);
    let ended = standing(&world, person, end).await.sitting.unwrap().ended.unwrap();
    assert_eq!((ended.at, ended.by, ended.is_completed), (end, EndedBy::Time, true));
    assert_eq!(world.rows(STATE).await, ["(confirmed)"]);
    let outside =
        "INSERT INTO ability_answers SELECT sitting_id, 20, 1, 'a', ends_at, begun_at, ends_at
                   FROM ability_sittings";
    let mut conn = world.superuser().await;
    let refused = sqlx::raw_sql(outside).execute(&mut conn).await.unwrap_err().to_string();
    assert!(refused.contains("ability_answers_time_check"), "{refused}");
}

/// What time closed before half was answered leaves the check as it was, and the test can be sat again a day later.
/// Handing in after the end is what the job does.
#[tokio::test]
async fn incomplete() {
    let (mut world, person) = world(&[]).await;
    begin_test(&mut world.act(AT), person).await.unwrap().unwrap();
    answers(&mut world, person, 1..=9).await;
    let end = AT.plus_micros(TIME);
    let ended = submit_test(&mut world.act(end.plus_micros(5)), person).await.unwrap().unwrap();
    assert_eq!((ended.at, ended.by, ended.is_completed), (end, EndedBy::Time, false));
    assert_eq!(world.rows(STATE).await, ["(refuted)"], "as it came");
    let free = end.plus_days(1);
    let early = begin_test(&mut world.act(free.minus_micros(1)), person).await.unwrap();
    assert_eq!(early, Err(BeginRefusal::Wait(free)));
    world.sit_test(person, free).await;
    assert_eq!(world.number("SELECT max(number) FROM ability_sittings").await, 2);
    assert_eq!(world.rows(STATE).await, ["(confirmed)"]);
}

/// Where the policy lets the score count, half of the answers have to be right, and it is sat twice at most.
#[tokio::test]
async fn pass_mark() {
    let edit = ("affects_selection = { value = false", "affects_selection = { value = true");
    let (mut world, person) = world(&[edit]).await;
    let mut now = AT;
    for _ in 0..2 {
        begin_test(&mut world.act(now), person).await.unwrap().unwrap();
        let sitting = standing(&world, person, now).await.sitting.unwrap();
        assert_eq!(sitting.pass_mark, Some(10));
        for (number, place) in (1..).zip(&sitting.places) {
            let wrong = place.order.iter().position(|choice| *choice != place.key).unwrap();
            answer_test(&mut world.act(now), person, (number, wrong + 1)).await.unwrap().unwrap();
        }
        let ended = submit_test(&mut world.act(now), person).await.unwrap().unwrap();
        assert_eq!((ended.score, ended.is_completed), (0, true));
        assert_eq!(world.rows(STATE).await, ["(refuted)"]);
        now = now.plus_days(1);
    }
    let third = begin_test(&mut world.act(now), person).await.unwrap();
    assert_eq!(third, Err(BeginRefusal::NoneLeft));
}

/// A whole number, or a term of them with + - * / and brackets.
fn compute(text: &str) -> i64 {
    let mut rest = text.trim();
    let value = sum(&mut rest);
    assert!(rest.is_empty(), "{text} ends at {rest}");
    value
}

fn sum(rest: &mut &str) -> i64 {
    let mut value = product(rest);
    while let Some(sign) = rest.chars().next().filter(|one| "+-".contains(*one)) {
        *rest = &rest[1..];
        let next = product(rest);
        value = if sign == '+' { value + next } else { value - next };
    }
    value
}

fn product(rest: &mut &str) -> i64 {
    let mut value = atom(rest);
    while let Some(sign) = rest.chars().next().filter(|one| "*/".contains(*one)) {
        *rest = &rest[1..];
        let next = atom(rest);
        assert!(sign == '*' || value % next == 0, "{value}/{next} is not whole");
        value = if sign == '*' { value * next } else { value / next };
    }
    value
}

fn atom(rest: &mut &str) -> i64 {
    if let Some(inner) = rest.strip_prefix('(') {
        *rest = inner;
        let value = sum(rest);
        *rest = rest.strip_prefix(')').unwrap();
        return value;
    }
    let end = rest.find(|one: char| !one.is_ascii_digit()).unwrap_or(rest.len());
    let (digits, after) = rest.split_at(end);
    *rest = after;
    digits.parse().unwrap()
}

/// Goal: the items have no fault, and every key that can be computed is right in both languages while no other choice
/// is. Method: the terms beside the items; all quantitative ones have one.
#[test]
fn items() {
    let bank = &load_bank(BUILTIN).unwrap().bank;
    let file: toml::Table = BUILTIN.parse().unwrap();
    let mut computed = 0;
    for (item, raw) in bank.items().iter().zip(file["item"].as_array().unwrap()) {
        let Some(term) = raw.get("calc") else { continue };
        let expected = compute(term.as_str().unwrap()).to_string();
        for language in [Language::Indonesian, Language::English] {
            let words = item.wording(language);
            let number = |text: &str| text.replace(|one: char| !one.is_ascii_digit(), "");
            assert_eq!(number(words.choice(item.key)), expected, "{}", item.id);
            let same = words.choices.iter().filter(|choice| number(choice) == expected).count();
            assert_eq!(same, 1, "{}", item.id);
        }
        computed += 1;
    }
    assert_eq!((bank.items().len(), computed), (40, 20));
}

/// Every fault of a file is named at once.
#[test]
fn faults_of_a_file() {
    let text =
        BUILTIN.replace("key = \"a\"", "key = \"e\"").replace("id = \"q01\"", "id = \"Q 1\"");
    let faults = load_bank(&text).unwrap_err();
    let keys = faults.iter().filter(|fault| fault.contains("is none of a, b, c, d")).count();
    assert_eq!((keys, faults.iter().filter(|fault| fault.contains("has no id")).count()), (10, 1));
    assert!(load_bank("item = 1").is_err());
}
