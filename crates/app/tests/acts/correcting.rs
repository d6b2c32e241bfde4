//! Correcting one's statement: what changes, what is asked again, what stays as it is, and two at the same moment.

use app::act::ActError;
use app::appeal_answer::answer_appeal;
use app::appeals::{AppealRefusal, FilingAnswer, file_appeal};
use app::correct::{CorrectAnswer, Correction, correct_statement};
use app::holder::Holder;
use app::join::{JoinRequest, join_wave};
use app::live_join::{JoinAnswer, join_few};
use app::register::Registration;
use app::withdraw::withdraw;
use domain::appeals::{AppealAnswer, AppealGround, GrantBar};
use domain::client_key::ClientKey;
use domain::eligibility::Finding;
use domain::funnel::Education;
use domain::identity::{Email, Employment, PersonName, Phone};
use domain::ids::{AccountId, PersonId};
use domain::nik::Sex;
use domain::statement::{CorrectionRefusal, StatementField as F};
use domain::time::Timestamp;
use domain::wave::WaveKind;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng as _;
use storage::persons::{identity_erase, identity_find};
use time::{Date, Month};

use crate::handicaps::{Handicaps, hesitate};
use crate::rounds::{count, execute, wish};
use crate::support::{HOUR, World, applicant, applicants, card, region, wave};

const ROUNDS: u64 = 300;

/// The account of a person, made beside the use cases.
pub(crate) async fn account_of(world: &World, person: PersonId) -> AccountId {
    let id = person.uuid();
    let row = format!("INSERT INTO accounts VALUES ('{id}', '{id}', '{id}', '$argon2id$', now())");
    world.execute(&row).await;
    AccountId::from_uuid(id)
}

pub(crate) fn key(text: &str) -> ClientKey {
    ClientKey::parse(text).unwrap()
}

pub(crate) async fn correct(
    world: &mut World,
    account: AccountId,
    text: &str,
    correction: &Correction,
    now: Timestamp,
) -> CorrectAnswer {
    correct_statement(&mut world.act(now), account, &key(text), correction).await.unwrap()
}

fn named(name: &str) -> Correction {
    Correction { name: Some(PersonName::parse(name).unwrap()), ..Correction::default() }
}

fn on_card(number: u32) -> Correction {
    Correction { family_card: Some(card(number)), ..Correction::default() }
}

fn elsewhere(code: u16) -> Correction {
    Correction { region: Some(region(code)), ..Correction::default() }
}

fn born(year: i32) -> Correction {
    let day = Date::from_calendar_date(year, Month::May, 2).unwrap();
    Correction { born_on: Some(day), ..Correction::default() }
}

/// Goal: each field changes alone or with others, what lies sealed and what lies beside it alike; the registers are
/// asked again about what they compare and about nothing else; the trail names fields and no content; the same key is
/// answered as before; nothing but the key is written where nothing differs, and nothing where the region is none. Method: one person whom all
/// registers have confirmed, corrected step by step, the tables looked at after each.
#[tokio::test]
async fn step_by_step() {
    use CorrectAnswer as A;
    let mut world = World::new(48, &[(WaveKind::Regular, 0)]).await;
    let mut people = applicants([3, 4]);
    people[0].findings = vec![Finding::InFormalEducation];
    world.register(&people).await;
    let (one, other) = (&people[0], account_of(&world, people[1].person_id).await);
    let account = account_of(&world, one.person_id).await;
    let at = world.calendar(48).opens_at;
    let id = one.person_id.uuid();
    let open =
        format!("SELECT kind FROM registration_checks WHERE person_id = '{id}' ORDER BY kind");

    let same =
        Correction { family_card: Some(card(3)), sex: Some(one.sex), ..named("Kenari Kuning") };
    let mut before = world.contents().await;
    assert_eq!(correct(&mut world, account, "same", &same, at).await, A::Corrected(vec![]));
    let mut kept = world.contents().await;
    for tables in [&mut before, &mut kept] {
        tables.retain(|table| !table.starts_with("(client_keys,"));
    }
    assert_eq!(kept, before, "nothing differs, so nothing but the key is written");
    let before = world.contents().await;
    for no_regency in [15, 1599] {
        let refused = correct(&mut world, account, "r", &elsewhere(no_regency), at).await;
        assert_eq!(refused, A::NotARegency);
    }
    assert_eq!(world.contents().await, before, "a refusal writes nothing");

    let facts = Correction {
        sex: Some(Sex::Man),
        education: Some(Education::Diploma),
        employment: Some(Employment::Worker),
        region: Some(region(1572)),
        disability: Some(true),
        ..Correction::default()
    };
    let sealed = "SELECT kk_index, sealed FROM person_identities ORDER BY person_id";
    let identities = world.rows(sealed).await;
    let changed = vec![F::Sex, F::Education, F::Employment, F::Region, F::Disability];
    assert_eq!(
        correct(&mut world, account, "facts", &facts, at).await,
        A::Corrected(changed.clone())
    );
    let row = format!(
        "SELECT sex, education, employment, region, birth_year, disability, registered_at < '{at}'
                       FROM persons WHERE person_id = '{id}'"
    );
    assert_eq!(world.rows(&row).await, ["(man,diploma,worker,1572,1990,t,t)"]);
    assert_eq!(world.rows(sealed).await, identities, "what is not sealed leaves the seal alone");
    assert_eq!(world.rows(&open).await, ["(formal_education)"], "no register is asked about it");
    assert_eq!(world.number("SELECT count(*) FROM jobs").await, 0);

    let contacts = Correction {
        phone: Some(Phone::parse("+6281355599999").unwrap()),
        email: Some(Email::parse("baru@contoh.id").unwrap()),
        ..Correction::default()
    };
    let answer = correct(&mut world, account, "contacts", &contacts, at).await;
    assert_eq!(answer, A::Corrected(vec![F::Phone, F::Email]));
    assert_eq!(world.number("SELECT count(*) FROM jobs").await, 0);

    let moved = Correction { born_on: born(1991).born_on, ..named("Kenari Hijau") };
    let moved = Correction { family_card: Some(card(77)), ..moved };
    let fields = vec![F::FamilyCard, F::Name, F::BornOn];
    assert_eq!(
        correct(&mut world, account, "moved", &moved, at).await,
        A::Corrected(fields.clone())
    );
    let kinds = ["(population_register)", "(citizenship)", "(formal_education)"];
    assert_eq!(world.rows(&open).await, kinds);
    let due = "SELECT count(*) FROM registration_checks WHERE state = 'not_asked' AND tries = 0";
    assert_eq!(world.number(due).await, 2);
    assert_eq!(
        world.rows("SELECT kind, subject FROM jobs").await,
        [format!("(registers_ask,person:{id})")]
    );
    let after = world.contents().await;
    assert_eq!(correct(&mut world, account, "moved", &moved, at).await, A::Corrected(fields));
    assert_eq!(correct(&mut world, account, "facts", &facts, at).await, A::Corrected(changed));
    assert_eq!(correct(&mut world, account, "moved", &facts, at).await, A::KeyReused);
    // A late copy of what changed nothing undoes nothing that was changed since.
    assert_eq!(correct(&mut world, account, "same", &same, at).await, A::Corrected(vec![]));
    assert_eq!(world.contents().await, after, "a known key writes nothing");

    let mut tx = world.scratch.database().begin().await.unwrap();
    let stored = identity_find(&mut tx, one.person_id).await.unwrap().unwrap();
    let identity = world.keys.open(one.person_id, &stored.wrapped_key, &stored.sealed).unwrap();
    let mut expected = one.identity.clone();
    expected.family_card = card(77);
    expected.name = PersonName::parse("Kenari Hijau").unwrap();
    expected.born_on = moved.born_on.unwrap();
    expected.phone = contacts.phone.unwrap();
    expected.email = contacts.email.unwrap();
    assert!(identity == expected);
    let kk = world.keys.kk_index(&card(77));
    let at_home = format!("SELECT count(*) FROM person_identities WHERE kk_index = '{kk}'");
    assert_eq!(world.number(&at_home).await, 1);
    assert_eq!(world.rows(&row).await, ["(man,diploma,worker,1572,1991,t,t)"]);
    let trail = "SELECT detail FROM audit_events WHERE act = 'person_correct' ORDER BY event_id";
    let trail = world.rows(trail).await.concat();
    assert!(trail.contains("family_card") && !trail.contains("Hijau") && !trail.contains("1991"));

    // Whoever has no person, or was erased, has nothing to correct.
    identity_erase(&mut tx, people[1].person_id, at).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(correct(&mut world, other, "erased", &named("X"), at).await, A::NoPerson);
    world.execute("UPDATE accounts SET person_id = NULL").await;
    assert_eq!(correct(&mut world, account, "none", &named("X"), at).await, A::NoPerson);
}

/// Goal: what the population register compares can be stated anew five times a day, everything else at any time.
/// Method: six names within a day, a region in between, then the next day.
#[tokio::test]
async fn five_a_day() {
    let mut world = World::new(48, &[(WaveKind::Regular, 0)]).await;
    world.register(&applicants([3])).await;
    let account = account_of(&world, applicant(3).person_id).await;
    let start = world.calendar(48).opens_at;
    for (place, name) in ["A", "B", "C", "D", "E"].into_iter().enumerate() {
        let at = start.plus_micros(place as i64);
        let answer = correct(&mut world, account, name, &named(name), at).await;
        assert_eq!(answer, CorrectAnswer::Corrected(vec![F::Name]), "{name}");
    }
    let until = start.plus_days(1);
    let last = until.minus_micros(1);
    let before = world.contents().await;
    let over = correct(&mut world, account, "F", &born(1980), last).await;
    assert_eq!(over, CorrectAnswer::TooOften { until });
    assert_eq!(world.contents().await, before);
    let free = correct(&mut world, account, "R", &elsewhere(1571), last).await;
    assert_eq!(free, CorrectAnswer::Corrected(vec![F::Region]));
    let next = correct(&mut world, account, "F", &born(1980), until).await;
    assert_eq!(next, CorrectAnswer::Corrected(vec![F::BornOn]));
}

/// Goal: what a draw goes by stays as it was at the join until the decree, a place stays on its card, and both end;
/// what a draw does not go by changes at any time. Method: four persons through a wave: one who will be granted, one
/// who withdraws, one who did not join, one kept out who appeals; each asked at every state of the wave.
#[tokio::test]
async fn a_draw_goes_by_what_was_stated_at_the_join() {
    use CorrectAnswer as A;
    let mut world = World::new(48, &[(WaveKind::Regular, 9)]).await;
    let mut people = applicants([1, 4, 7, 10]);
    people[3].findings = vec![Finding::IdentityRefuted];
    world.register(&people).await;
    let mut accounts = Vec::new();
    for person in &people {
        accounts.push(account_of(&world, person.person_id).await);
    }
    let [granted, withdrawn, beside, kept_out] = [0, 1, 2, 3].map(|place| accounts[place]);
    world.open_with(48, &[&people[..2], &people[3..]].concat()).await;
    let at = world.calendar(48).opens_at.plus_micros(2 * HOUR);
    let key_of = key("back");
    withdraw(&mut world.act(at), wave(48), Holder::without_account(people[1].person_id), &key_of)
        .await
        .unwrap();
    let results_at = world.calendar(48).results_at;
    let runs = A::Refused(CorrectionRefusal::WaveRuns { wave: wave(48), results_at });
    for (step, now) in [at; 4].into_iter().enumerate() {
        match step {
            1 => world.close(48).await.unwrap(),
            2 => drop(world.freeze(48).await.unwrap()),
            3 => drop(world.draw(48).await.unwrap()),
            _ => {}
        }
        let before = world.contents().await;
        for correction in [on_card(50), born(1980), elsewhere(1572)] {
            for account in [granted, kept_out] {
                assert_eq!(
                    correct(&mut world, account, "k", &correction, now).await,
                    runs,
                    "{step}"
                );
            }
        }
        assert_eq!(world.contents().await, before, "a refusal writes nothing");
        let key = step.to_string();
        let sex = [Sex::Man, Sex::Woman][step % 2];
        let harmless = Correction { sex: Some(sex), ..Correction::default() };
        assert_eq!(
            correct(&mut world, granted, &key, &harmless, now).await,
            A::Corrected(vec![F::Sex])
        );
        let number = 60 + u32::try_from(step).unwrap();
        for account in [withdrawn, beside] {
            let answer = correct(&mut world, account, &key, &on_card(number), now).await;
            assert_eq!(answer, A::Corrected(vec![F::FamilyCard]), "{step}");
        }
    }
    world.appoint(48).await.unwrap();
    world.assert_audit_clean().await;
    let after = results_at.plus_micros(HOUR);
    let held = A::Refused(CorrectionRefusal::PlaceHeld);
    assert_eq!(correct(&mut world, granted, "card", &on_card(50), after).await, held);
    let moved = correct(&mut world, granted, "region", &elsewhere(1572), after).await;
    assert_eq!(moved, A::Corrected(vec![F::Region]));
    let slots =
        "SELECT count(*) FROM household_slots s JOIN memberships m USING (person_id, kk_index)";
    assert_eq!(world.number(slots).await, 1);

    restated_since(&mut world, &people[3], kept_out, after).await;
    let due = world.due(48);
    assert_eq!(world.sweep(48, due).await, 1);
    let freed = correct(&mut world, granted, "card", &on_card(50), due).await;
    assert_eq!(freed, A::Corrected(vec![F::FamilyCard]));
    world.assert_audit_clean().await;
}

/// Whoever was kept out and states another card after the decree cannot be granted the place of the card of the join,
/// not even if the correction began before the decree and waited until it was signed.
async fn restated_since(
    world: &mut World,
    person: &Registration,
    account: AccountId,
    at: Timestamp,
) {
    let mine = (wave(48), Holder::without_account(person.person_id));
    let (ground, filing) = (AppealGround::RegisterWrong, key("appeal"));
    let filed = file_appeal(&mut world.act(at), mine, ground, &filing).await.unwrap();
    let FilingAnswer::Filed(appeal) = filed else { panic!("{filed:?}") };
    let began_at = world.calendar(48).results_at.minus_micros(1);
    let answer = correct(world, account, "restated", &on_card(50), began_at).await;
    assert_eq!(answer, CorrectAnswer::Corrected(vec![F::FamilyCard]));
    world.execute("DELETE FROM registration_checks").await;
    let approval = world.approval();
    let granted = AppealAnswer::Granted;
    let barred = answer_appeal(&mut world.act(at), appeal, granted, &approval).await.unwrap_err();
    let bar = ActError::Appeal(AppealRefusal::Barred(GrantBar::Restated));
    assert_eq!(format!("{barred:?}"), format!("{bar:?}"));
    assert_eq!(barred.code(), "statement_changed");
    let stands = AppealAnswer::DecisionStands;
    answer_appeal(&mut world.act(at), appeal, stands, &approval).await.unwrap();
}

/// Goal: a membership and the statement agree however a join and a correction meet, in both forms of the join.
/// Method: rounds left to chance; who came first is read from the answers.
#[tokio::test]
async fn correction_against_join() {
    let mut world = World::new(48, &[(WaveKind::Regular, 4)]).await;
    let people = applicants([1]);
    world.register(&people).await;
    let (person, account) = (&people[0], account_of(&world, people[0].person_id).await);
    world.open(48).await.unwrap();
    let at = world.calendar(48).opens_at.plus_micros(HOUR);
    let (mut observer, mut random) = (world.superuser().await, ChaCha8Rng::seed_from_u64(0));
    let agree =
        "memberships m JOIN person_identities i USING (person_id) WHERE m.kk_index = i.kk_index";
    let (mut joined_first, mut corrected_first, mut handicaps) = (0, 0, Handicaps::<2>::even());
    for round in 0..ROUNDS {
        let [mut a, mut b] = [1, 2].map(|caller| ChaCha8Rng::seed_from_u64(round * 4 + caller));
        let join = async {
            handicaps.hesitate(0, &mut random).await;
            let mut act = world.act_beside(at, &mut a);
            if round % 2 == 0 {
                let answers =
                    join_few(&mut act, wave(48), &wish(person, at, "join")).await.unwrap();
                assert_eq!(answers, [JoinAnswer::Joined]);
            } else {
                let request = JoinRequest { person_id: person.person_id, joined_at: at };
                let outcome = join_wave(&mut act, wave(48), &[request]).await.unwrap();
                assert_eq!(outcome.joined, [person.person_id]);
            }
        };
        let correction = async {
            let mut waiting = ChaCha8Rng::seed_from_u64(round * 4 + 3);
            handicaps.hesitate(1, &mut waiting).await;
            let act = &mut world.act_beside(at, &mut b);
            let card = on_card(100 + u32::try_from(round).unwrap());
            correct_statement(act, account, &key(&round.to_string()), &card).await.unwrap()
        };
        let ((), answer) = tokio::join!(join, correction);
        match answer {
            CorrectAnswer::Corrected(_) => {
                corrected_first += 1;
                handicaps.came_first(1);
            }
            CorrectAnswer::Refused(CorrectionRefusal::WaveRuns { .. }) => {
                joined_first += 1;
                handicaps.came_first(0);
            }
            answer => panic!("{answer:?}"),
        }
        assert_eq!(count(&mut observer, agree).await, 1, "round {round}: {answer:?}");
        let again = "TRUNCATE memberships, client_keys, statement_tries";
        execute(&mut observer, again.to_owned()).await;
    }
    assert!(joined_first > 10 && corrected_first > 10, "{joined_first} {corrected_first}: no race");
}

/// Goal: of two corrections at the same moment each is whole, and both hold where they do not concern the same field.
/// Method: rounds in which one changes the name and the other card and birth date; index, birth year and seal agree.
#[tokio::test]
async fn correction_against_correction() {
    let mut world = World::new(48, &[(WaveKind::Regular, 0)]).await;
    let people = applicants([1]);
    world.register(&people).await;
    let person = people[0].person_id;
    let account = account_of(&world, person).await;
    let at = world.calendar(48).opens_at;
    let mut observer = world.superuser().await;
    for round in 0..200u64 {
        let number = u32::try_from(round).unwrap();
        let name = named(&format!("Kenari {round}"));
        let moved =
            Correction { born_on: born(1930 + number as i32 % 70).born_on, ..on_card(number) };
        let [mut a, mut b] = [1, 2].map(|caller| ChaCha8Rng::seed_from_u64(round * 2 + caller));
        let one = async |key_text: String, correction: &Correction, random: &mut ChaCha8Rng| {
            hesitate(random, 4).await;
            let act = &mut world.act_beside(at, random);
            correct_statement(act, account, &key(&key_text), correction).await.unwrap()
        };
        let (by_name, by_card) = tokio::join!(
            one(format!("n{round}"), &name, &mut a),
            one(format!("c{round}"), &moved, &mut b)
        );
        for answer in [by_name, by_card] {
            assert!(matches!(answer, CorrectAnswer::Corrected(_)), "{answer:?}");
        }
        let stored = identity_find(&mut observer, person).await.unwrap().unwrap();
        let identity = world.keys.open(person, &stored.wrapped_key, &stored.sealed).unwrap();
        assert_eq!(identity.name, name.name.unwrap());
        assert_eq!((&identity.family_card, Some(identity.born_on)), (&card(number), moved.born_on));
        let kk = world.keys.kk_index(&card(number));
        let year = identity.born_on.year();
        let agree = format!(
            "person_identities i JOIN persons p USING (person_id) WHERE i.kk_index = '{kk}' AND p.birth_year = {year}"
        );
        assert_eq!(count(&mut observer, &agree).await, 1);
        execute(&mut observer, "TRUNCATE statement_tries".to_owned()).await;
    }
}
