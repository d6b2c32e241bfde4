//! Stating a mistyped NIK anew: what follows, what keeps it as it is, and two who want one number.

use app::correct::{CorrectAnswer, Correction, StatedNik, correct_statement};
use app::holder::Holder;
use app::live_join::{JoinAnswer, join_few};
use app::register::register_persons;
use app::withdraw::{WithdrawAnswer, withdraw};
use domain::checks::ASKED;
use domain::eligibility::Finding;
use domain::identity::PersonName;
use domain::ids::{AccountId, PersonId};
use domain::nik::{FamilyCard, Nik, NikDoubt};
use domain::statement::nik::NikRefusal;
use domain::statement::{CorrectionRefusal, StatementField as F};
use domain::time::Timestamp;
use domain::wave::WaveKind;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng as _;
use storage::persons::{identity_find, niks_find};

use crate::correcting::{account_of, correct, key};
use crate::handicaps::Handicaps;
use crate::rounds::{count, execute, wish};
use crate::support::{HOUR, World, applicant, applicants, wave};

/// A number below 10,000, which names the birth date of everybody in this world, as typed.
fn number(last: u32) -> Correction {
    stated(StatedNik::Typed(Nik::parse(&format!("15710101019{last:05}")).unwrap()))
}

fn stated(nik: StatedNik) -> Correction {
    Correction { nik: Some(nik), ..Correction::default() }
}

fn refused(refusal: NikRefusal) -> CorrectAnswer {
    CorrectAnswer::Refused(refusal.into())
}

/// Persons of these numbers whose NIK the population register does not know, and their accounts.
async fn unknown(world: &mut World, numbers: &[u32]) -> Vec<(PersonId, AccountId)> {
    let mut people = applicants(numbers.iter().copied());
    for person in &mut people {
        person.findings = vec![Finding::IdentityRefuted];
    }
    world.register(&people).await;
    let mut accounts = Vec::new();
    for person in &people {
        accounts.push((person.person_id, account_of(world, person.person_id).await));
    }
    accounts
}

/// The person who is found by a number.
async fn holder(world: &World, last: u32) -> Option<PersonId> {
    let nik = Nik::parse(&format!("15710101019{last:05}")).unwrap();
    let index = world.keys.nik_index(&nik);
    let mut tx = world.scratch.database().begin().await.unwrap();
    niks_find(&mut tx, &[index]).await.unwrap().remove(&index)
}

/// Goal: a NIK that no register knows is stated anew: it is sealed and found by the new number, every register is asked
/// again, the old number is free for whoever it belongs to, the trail names the field and no digit, and the same key is
/// answered as before; once it is confirmed it stays. Method: one person through these steps, the tables looked at.
#[tokio::test]
async fn corrected_then_confirmed() {
    let mut world = World::new(48, &[(WaveKind::Regular, 0)]).await;
    let (person, account) = unknown(&mut world, &[3]).await[0];
    let at = world.calendar(48).opens_at;
    let done = CorrectAnswer::Corrected(vec![F::Nik]);
    assert_eq!(correct(&mut world, account, "nik", &number(4003), at).await, done);
    assert_eq!((holder(&world, 3).await, holder(&world, 4003).await), (None, Some(person)));
    let mut tx = world.scratch.database().begin().await.unwrap();
    let kept = identity_find(&mut tx, person).await.unwrap().unwrap();
    drop(tx);
    let identity = world.keys.open(person, &kept.wrapped_key, &kept.sealed).unwrap();
    assert_eq!(identity.nik.expose(), b"1571010101904003");
    let due = "SELECT count(*) FROM registration_checks WHERE state = 'not_asked' AND tries = 0";
    assert_eq!(world.number(due).await, i64::try_from(ASKED.len()).unwrap());
    assert_eq!(world.rows("SELECT kind FROM jobs").await, ["(registers_ask)"]);
    let trail = world.rows("SELECT detail FROM audit_events WHERE act = 'person_correct'").await;
    assert!(trail.concat().contains("nik") && !trail.concat().contains("1571"), "{trail:?}");

    let before = world.contents().await;
    assert_eq!(correct(&mut world, account, "nik", &number(4003), at).await, done);
    let reused = correct(&mut world, account, "nik", &number(4004), at).await;
    assert_eq!(reused, CorrectAnswer::KeyReused);
    assert_eq!(world.contents().await, before, "a known key writes nothing");

    // The old number belongs to somebody, who registers now.
    let mut owner = applicant(900);
    owner.identity.nik = applicant(3).identity.nik;
    assert_eq!(world.register(std::slice::from_ref(&owner)).await.registered, 1);
    assert_eq!(holder(&world, 3).await, Some(owner.person_id));

    world
        .execute("UPDATE registration_checks SET state = 'confirmed', answered_at = now(), ask_at = NULL")
        .await;
    let stays = correct(&mut world, account, "more", &number(4005), at).await;
    assert_eq!(stays, refused(NikRefusal::Confirmed));
    // Nor does it change while the register is asked about something else that was corrected.
    let renamed = Correction {
        name: Some(PersonName::parse("Kenari Hijau").unwrap()),
        ..Correction::default()
    };
    let name = CorrectAnswer::Corrected(vec![F::Name]);
    assert_eq!(correct(&mut world, account, "name", &renamed, at).await, name);
    let stays = correct(&mut world, account, "more", &number(4005), at).await;
    assert_eq!(stays, refused(NikRefusal::Confirmed));
    assert_eq!(holder(&world, 4003).await, Some(person));
    world.assert_audit_clean().await;
}

/// Goal: a number whose digits name another birth date is asked about before anything is done, and taken from whoever
/// says that both are right; so is one whose digits are no date, and that of the family card is refused. Method: such numbers, typed and certain.
#[tokio::test]
async fn doubtful() {
    let mut world = World::new(48, &[(WaveKind::Regular, 0)]).await;
    let (person, account) = unknown(&mut world, &[3]).await[0];
    let at = world.calendar(48).opens_at;
    let other_day = Nik::parse("1571010201904003").unwrap();
    let before = world.contents().await;
    let typed = stated(StatedNik::Typed(other_day.clone()));
    let asked = correct(&mut world, account, "k", &typed, at).await;
    assert_eq!(asked, CorrectAnswer::NikDoubtful(NikDoubt::OtherDay));
    assert_eq!(world.contents().await, before, "nothing is done before the answer");
    let done = CorrectAnswer::Corrected(vec![F::Nik]);
    let certain = stated(StatedNik::Certain(other_day));
    assert_eq!(correct(&mut world, account, "k", &certain, at).await, done);
    let no_day = Nik::parse("1571019999904003").unwrap();
    let typed = stated(StatedNik::Typed(no_day.clone()));
    let asked = correct(&mut world, account, "l", &typed, at).await;
    assert_eq!(asked, CorrectAnswer::NikDoubtful(NikDoubt::NoDate));
    let certain = stated(StatedNik::Certain(no_day));
    assert_eq!(correct(&mut world, account, "l", &certain, at).await, done);
    let card = applicant(3).identity.family_card;
    let card = std::str::from_utf8(card.expose()).unwrap().to_owned();
    let same = stated(StatedNik::Certain(Nik::parse(&card).unwrap()));
    let refused = CorrectAnswer::Refused(CorrectionRefusal::CardIsNik);
    assert_eq!(correct(&mut world, account, "m", &same, at).await, refused);
    let same = Correction {
        family_card: Some(FamilyCard::parse("1571019999904003").unwrap()),
        ..Correction::default()
    };
    assert_eq!(correct(&mut world, account, "m", &same, at).await, refused);
    let sealed = format!("SELECT count(*) FROM person_niks WHERE person_id = '{}'", person.uuid());
    assert_eq!(world.number(&sealed).await, 1);
}

/// Goal: nobody's NIK changes while an entry of it can come into a list, or once one is in it or a grant was made out to
/// it; a join of an open wave can be taken back first, and whoever was kept out is free after the decree. Method: five
/// persons through a wave with one seat, each asked at every state; nothing is written by a refusal.
#[tokio::test]
async fn bound_by_what_rests_on_it() {
    let mut world = World::new(48, &[(WaveKind::Regular, 1)]).await;
    let numbers = [1, 4, 7, 10];
    let people = unknown(&mut world, &numbers).await;
    world.open_with(48, &applicants(numbers)).await;
    let [taken_back, kept_out, one, other] = [0, 1, 2, 3].map(|place| people[place]);
    let calendar = world.calendar(48);
    let at = calendar.opens_at.plus_micros(2 * HOUR);
    let joined = refused(NikRefusal::Joined(wave(48)));
    let runs = refused(NikRefusal::WaveRuns { wave: wave(48), results_at: calendar.results_at });
    for (_, account) in &people {
        assert_eq!(correct(&mut world, *account, "k", &number(5000), at).await, joined);
    }
    let holder_of = Holder::without_account(taken_back.0);
    let back = withdraw(&mut world.act(at), wave(48), holder_of, &key("back")).await.unwrap();
    assert_eq!(back, WithdrawAnswer::Withdrawn);
    let done = CorrectAnswer::Corrected(vec![F::Nik]);
    assert_eq!(correct(&mut world, taken_back.1, "k", &number(5000), at).await, done);

    // Two of them are in the list: their registers have answered.
    let confirmed = |ids: [PersonId; 2]| {
        let ids = ids.map(|id| format!("'{}'", id.uuid())).join(",");
        format!("DELETE FROM registration_checks WHERE person_id IN ({ids})")
    };
    world.execute(&confirmed([one.0, other.0])).await;
    for step in 0..4 {
        match step {
            1 => world.close(48).await.unwrap(),
            2 => drop(world.freeze(48).await.unwrap()),
            3 => drop(world.draw(48).await.unwrap()),
            _ => {}
        }
        let before = world.contents().await;
        let now = calendar.closes_at.plus_micros(step);
        assert_eq!(correct(&mut world, kept_out.1, "k", &number(5001), now).await, runs, "{step}");
        assert_eq!(world.contents().await, before, "a refusal writes nothing");
    }
    world.appoint(48).await.unwrap();
    let after = calendar.results_at.plus_micros(HOUR);
    assert_eq!(correct(&mut world, kept_out.1, "k", &number(5001), after).await, done);

    // Whatever the registers say of those in the list now, auditors open their entries by the number.
    for (person, _) in [one, other] {
        let insert =
            "INSERT INTO registration_checks (person_id, kind, state, detail, answered_at) VALUES";
        let id = person.uuid();
        let refuted = format!("{insert} ('{id}', 'population_register', 'refuted', 'nik', now())");
        world.execute(&refuted).await;
    }
    let mut answers = Vec::new();
    for (_, account) in [one, other] {
        answers.push(correct(&mut world, account, "k", &number(5002), after).await);
    }
    let in_list = refused(NikRefusal::Listed(wave(48)));
    let granted = refused(NikRefusal::Granted);
    assert!(answers.contains(&in_list) && answers.contains(&granted), "{answers:?}");
    let due = world.due(48);
    world.sweep(48, due).await;
    for ((_, account), answer) in [one, other].into_iter().zip(answers) {
        let still = correct(&mut world, account, "k", &number(5002), due).await;
        assert_eq!(still, answer, "a place that was lost was granted all the same");
    }
    world.assert_audit_clean().await;
}

/// Goal: a number that somebody has is refused, and each try is written down and counted with those at names and cards,
/// five a day; the key stays free. Method: such tries within a day, then the next one.
#[tokio::test]
async fn taken() {
    let mut world = World::new(48, &[(WaveKind::Regular, 0)]).await;
    let (person, account) = unknown(&mut world, &[3]).await[0];
    world.register(&applicants([4, 5])).await;
    let start = world.calendar(48).opens_at;
    for (tried, last) in [4, 5, 4, 5, 4].into_iter().enumerate() {
        let at = start.plus_micros(i64::try_from(tried).unwrap());
        let answer = correct(&mut world, account, "k", &number(last), at).await;
        assert_eq!(answer, CorrectAnswer::NikTaken);
    }
    assert_eq!(holder(&world, 3).await, Some(person));
    let tries = "SELECT count(*) FROM audit_events WHERE act = 'person_claim_try'";
    assert_eq!(world.number(tries).await, 5);
    let until = start.plus_days(1);
    let over = correct(&mut world, account, "k", &number(4003), start.plus_micros(9)).await;
    assert_eq!(over, CorrectAnswer::TooOften { until });
    let next = correct(&mut world, account, "k", &number(4003), until).await;
    assert_eq!(next, CorrectAnswer::Corrected(vec![F::Nik]));
    world.assert_audit_clean().await;
}

async fn take(
    world: &World,
    account: AccountId,
    (last, now): (u32, Timestamp),
    random: &mut ChaCha8Rng,
) -> CorrectAnswer {
    let act = &mut world.act_beside(now, random);
    correct_statement(act, account, &key(&last.to_string()), &number(last)).await.unwrap()
}

/// Goal: of two who want one number at the same moment one has it, whether they correct or register, and the other is
/// told that it is taken. Method: rounds left to chance, each with a number that nobody had before.
#[tokio::test]
async fn two_at_once() {
    let mut world = World::new(48, &[(WaveKind::Regular, 0)]).await;
    let people = unknown(&mut world, &[1, 2]).await;
    let at = world.calendar(48).opens_at;
    let mut observer = world.superuser().await;
    let (mut by_first, mut by_second, mut registered) = (0, 0, 0);
    let [mut corrections, mut newcomers] = [Handicaps::<2>::even(); 2];
    for round in 0..60u32 {
        let [mut a, mut b] =
            [0, 1].map(|caller| ChaCha8Rng::seed_from_u64(u64::from(round * 2 + caller)));
        let last = 6_000 + round;
        let handicaps = if round % 3 == 2 { newcomers } else { corrections };
        let first = async {
            handicaps.hesitate(0, &mut a).await;
            take(&world, people[0].1, (last, at), &mut a).await
        };
        if round % 3 == 2 {
            let newcomer = applicant(last);
            let register = async {
                handicaps.hesitate(1, &mut b).await;
                let act = &mut world.act_beside(at, &mut b);
                register_persons(act, std::slice::from_ref(&newcomer)).await
            };
            let (answer, outcome) = tokio::join!(first, register);
            // Registering in sets is refused as a whole by the number that was taken meanwhile.
            let came_in = outcome.is_ok_and(|outcome| outcome.registered == 1);
            registered += u32::from(came_in);
            newcomers.came_first(usize::from(came_in));
            let expected = if came_in {
                CorrectAnswer::NikTaken
            } else {
                CorrectAnswer::Corrected(vec![F::Nik])
            };
            assert_eq!(answer, expected, "round {round}");
        } else {
            let second = async {
                handicaps.hesitate(1, &mut b).await;
                take(&world, people[1].1, (last, at), &mut b).await
            };
            let (one, two) = tokio::join!(first, second);
            by_first += u32::from(one != CorrectAnswer::NikTaken);
            by_second += u32::from(two != CorrectAnswer::NikTaken);
            corrections.came_first(usize::from(two != CorrectAnswer::NikTaken));
            let has_it =
                [&one, &two].map(|answer| *answer == CorrectAnswer::Corrected(vec![F::Nik]));
            assert!(has_it[0] != has_it[1], "round {round}: {one:?} {two:?}");
            assert!([one, two].contains(&CorrectAnswer::NikTaken));
        }
        execute(&mut observer, "TRUNCATE statement_tries".to_owned()).await;
    }
    assert!(
        by_first > 3 && by_second > 3 && registered > 3,
        "{by_first} {by_second} {registered}: no race"
    );
}

/// Goal: an entry is of the number that its person has, however a join and a correction meet. Method: rounds left to
/// chance; after each the same person joins afresh and has the same entry.
#[tokio::test]
async fn correction_against_join() {
    let mut world = World::new(48, &[(WaveKind::Regular, 4)]).await;
    let (person, account) = unknown(&mut world, &[1]).await[0];
    world.open(48).await.unwrap();
    let at = world.calendar(48).opens_at.plus_micros(HOUR);
    let mut observer = world.superuser().await;
    let (mut joined_first, mut corrected_first, mut handicaps) = (0, 0, Handicaps::<2>::even());
    for round in 0..60u32 {
        let [mut a, mut b] =
            [0, 1].map(|caller| ChaCha8Rng::seed_from_u64(u64::from(round * 2 + caller)));
        let join = async |text: &str, random: &mut ChaCha8Rng| {
            let act = &mut world.act_beside(at, random);
            join_few(act, wave(48), &wish(&applicant(1), at, text)).await.unwrap()
        };
        let joined = async {
            handicaps.hesitate(0, &mut a).await;
            join("join", &mut a).await
        };
        let correction = async {
            handicaps.hesitate(1, &mut b).await;
            take(&world, account, (7_000 + round, at), &mut b).await
        };
        let (answers, answer) = tokio::join!(joined, correction);
        assert_eq!(answers, [JoinAnswer::Joined]);
        match answer {
            CorrectAnswer::Corrected(_) => {
                corrected_first += 1;
                handicaps.came_first(1);
            }
            other => {
                assert_eq!(other, refused(NikRefusal::Joined(wave(48))));
                joined_first += 1;
                handicaps.came_first(0);
            }
        }
        let id = person.uuid();
        let keep = format!(
            "CREATE TEMP TABLE held AS SELECT entry_tag FROM memberships WHERE person_id = '{id}'"
        );
        execute(&mut observer, format!("{keep}; TRUNCATE memberships, client_keys")).await;
        assert_eq!(join("again", &mut a).await, [JoinAnswer::Joined]);
        assert_eq!(
            count(&mut observer, "held JOIN memberships USING (entry_tag)").await,
            1,
            "round {round}"
        );
        let again = "DROP TABLE held; TRUNCATE memberships, client_keys, statement_tries";
        execute(&mut observer, again.to_owned()).await;
    }
    assert!(joined_first > 3 && corrected_first > 3, "{joined_first} {corrected_first}: no race");
}
