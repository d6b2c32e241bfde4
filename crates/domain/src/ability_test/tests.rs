#![expect(clippy::arithmetic_side_effects, reason = "a test counts to forty")]

use proptest::prelude::*;

use super::*;
use crate::policy::{Named as _, TestKind};

const BEGIN: Timestamp = Timestamp::from_micros(1_700_000_000_000_000);

fn wording(name: &str) -> Wording {
    let choices = ["a", "b", "c", "d"].map(|one| format!("{name} {one}"));
    Wording { text: name.to_owned(), choices }
}

fn item(name: &str, kind: ItemKind) -> Item {
    Item {
        id: ItemId::parse(name).expect("a name"),
        kind,
        key: Choice::B,
        indonesian: wording(name),
        english: wording(name),
    }
}

fn bank() -> Bank {
    let items = (0..12).map(|n| {
        let kind = if n % 2 == 0 { ItemKind::Verbal } else { ItemKind::Quantitative };
        item(&format!("i{n}"), kind)
    });
    Bank::new(items.collect()).expect("a bank")
}

fn rules(affects_selection: bool) -> SittingRules {
    let (kind, minutes, questions) = (TestKind::BasicAbility, Some(40), Some(4));
    SittingRules::of(&TestRules { kind, minutes, questions, affects_selection })
}

fn sitting() -> Sitting {
    Sitting {
        begun_at: BEGIN,
        ends_at: rules(false).ends_at(BEGIN),
        pass_mark: None,
        places: bank().draw(4, |below| below / 2),
        ended: None,
    }
}

/// What policies leave open is as assumed; an odd number loses one, so that both kinds have as many.
#[test]
fn rules_of_a_sitting() {
    let open = TestRules {
        kind: TestKind::BasicAbility,
        minutes: None,
        questions: None,
        affects_selection: true,
    };
    let of = |rules: &TestRules| {
        let rules = SittingRules::of(rules);
        (rules.minutes, rules.items, rules.pass_mark)
    };
    assert_eq!(of(&open), (40, 20, Some(10)));
    let odd = TestRules { questions: Some(17), affects_selection: false, ..open };
    assert_eq!(of(&odd), (40, 16, None));
}

/// Half of the places are of each kind, no item comes twice, and each shows its four choices.
#[test]
fn drawing() {
    let bank = bank();
    let places = bank.draw(6, |below| below - 1);
    let kinds: Vec<_> =
        places.iter().map(|place| bank.get(&place.item).expect("an item").kind).collect();
    assert_eq!(kinds, [[ItemKind::Verbal; 3], [ItemKind::Quantitative; 3]].concat());
    let names: std::collections::BTreeSet<_> = places.iter().map(|place| &place.item).collect();
    assert_eq!(names.len(), 6);
    for place in &places {
        let mut order = place.order;
        order.sort_unstable();
        assert_eq!(order, [Choice::A, Choice::B, Choice::C, Choice::D]);
    }
    let other = bank.draw(6, |_| 0);
    assert_ne!(other, places);
}

/// Every fault of a bank is named.
#[test]
fn faults_of_a_bank() {
    let twice = item("i1", ItemKind::Verbal);
    let mut empty = item("i2", ItemKind::Verbal);
    empty.english.text.clear();
    let mut same = item("i3", ItemKind::Verbal);
    same.indonesian.choices[0] = same.indonesian.choices[3].clone();
    let faults = Bank::new(vec![twice.clone(), twice.clone(), empty.clone(), same.clone()]);
    assert_eq!(
        faults,
        Err(vec![
            BankFault::Twice(twice.id),
            BankFault::Text(empty.id),
            BankFault::Choices(same.id),
            BankFault::Few { kind: ItemKind::Quantitative, found: 0 },
        ])
    );
}

/// The last instant of a sitting takes answers, the next one none, and only then does time hand it in.
#[test]
fn instants() {
    let last = BEGIN.plus_micros(40 * MINUTE - 1);
    let mut one = sitting();
    assert_eq!(one.run_out(last), Err(SittingRefusal::Runs));
    assert_eq!(one.answer(1, Choice::B, last), Ok(Answered::Kept));
    assert_eq!(one.answer(1, Choice::B, last), Ok(Answered::Same));
    assert_eq!(one.answer(0, Choice::B, last), Err(SittingRefusal::NoItem));
    assert_eq!(one.answer(5, Choice::B, last), Err(SittingRefusal::NoItem));
    assert_eq!(one.submit(last), Err(SittingRefusal::TooFew));
    assert_eq!(one.answer(2, Choice::B, one.ends_at), Err(SittingRefusal::Over));
    assert_eq!(one.submit(one.ends_at), Err(SittingRefusal::Over));
    let late = one.ends_at.plus_days(3);
    let ended = Ended { at: one.ends_at, by: EndedBy::Time, score: 1, is_completed: false };
    assert_eq!(one.run_out(late), Ok(ended));
    assert_eq!(one.run_out(late), Err(SittingRefusal::Over));
    assert!(!one.is_passed());
}

/// A later answer counts instead of an earlier one, and half of the items are enough.
#[test]
fn scores() {
    let mut one = sitting();
    for (number, choice) in [(1, Choice::B), (2, Choice::B), (3, Choice::B), (3, Choice::C)] {
        one.answer(number, choice, BEGIN).expect("an answer");
    }
    assert_eq!(one.first_open(), Some(4));
    let ended = Ended { at: BEGIN, by: EndedBy::Person, score: 2, is_completed: true };
    assert_eq!(one.submit(BEGIN), Ok(ended));
    assert_eq!(one.answer(4, Choice::B, BEGIN), Err(SittingRefusal::Over));
    assert!(one.is_passed());
    one.pass_mark = Some(3);
    assert!(!one.is_passed());
}

/// Who may sit the test, by what came before.
#[test]
fn beginning() {
    let past = |pass_mark, ended| PastSitting { ends_at: BEGIN, ended, pass_mark };
    let ended =
        |score, is_completed| Some(Ended { at: BEGIN, by: EndedBy::Time, score, is_completed });
    let free = BEGIN.plus_micros(PAUSE);
    let missed = past(Some(2), ended(1, true));
    let incomplete = past(None, ended(1, false));
    for (past, now, expected) in [
        (vec![], BEGIN, Ok(())),
        (vec![past(None, None)], free, Err(BeginRefusal::Runs)),
        (vec![past(None, ended(0, true))], free, Err(BeginRefusal::Done)),
        (vec![past(Some(2), ended(2, true))], free, Err(BeginRefusal::Done)),
        (vec![incomplete], free.minus_micros(1), Err(BeginRefusal::Wait(free))),
        (vec![incomplete], free, Ok(())),
        (vec![incomplete; 5], free, Ok(())),
        (vec![missed], free, Ok(())),
        (vec![missed, incomplete, missed], free, Err(BeginRefusal::NoneLeft)),
    ] {
        assert_eq!(may_begin(&past, now), expected, "{past:?}");
    }
}

proptest! {
    /// Goal: whatever comes in whatever order, nothing changes after the end, the score is that of the newest answers
    /// given in time, and a sitting ends once. Method: random events at random instants against a small model.
    #[test]
    fn any_order(events in prop::collection::vec((0u8..8, 0usize..6, 0usize..4, 0i64..50), 0..60)) {
        let mut one = sitting();
        let mut model: [Option<Choice>; 4] = [None; 4];
        let mut is_over = false;
        for (kind, number, choice, minute) in events {
            let now = BEGIN.plus_micros(minute * MINUTE);
            let choice = Choice::ALL[choice];
            let before = one.clone();
            let runs = !is_over && minute < 40;
            match kind {
                0 => {
                    let done = one.submit(now).is_ok();
                    let enough = model.iter().flatten().count() >= 2;
                    prop_assert_eq!(done, runs && enough);
                    is_over |= done;
                }
                1 => {
                    let done = one.run_out(now).is_ok();
                    prop_assert_eq!(done, !is_over && minute >= 40);
                    is_over |= done;
                }
                _ => {
                    let done = one.answer(number, choice, now).is_ok();
                    prop_assert_eq!(done, runs && (1..=4).contains(&number));
                    if done {
                        model[number - 1] = Some(choice);
                    } else {
                        prop_assert_eq!(&one, &before);
                    }
                }
            }
            prop_assert_eq!(one.ended.is_some(), is_over);
        }
        if let Some(ended) = one.ended {
            let right = model.iter().flatten().filter(|choice| **choice == Choice::B).count();
            prop_assert_eq!(usize::from(ended.score), right);
        }
    }
}
