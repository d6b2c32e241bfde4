//! Claiming somebody whom the programme knows and no account has: by stating what is held, and by nothing less.

use std::net::{IpAddr, Ipv4Addr};

use app::register::{Registration, RegistrationRefusal};
use app::register_one::{RegisterAnswer, Registrant, Statement, register_person};
use domain::client_key::ClientKey;
use domain::funnel::Education;
use domain::identity::{Email, Identity, PersonName, Phone};
use domain::ids::AccountId;
use domain::time::Timestamp;
use domain::wave::WaveKind;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng as _;
use storage::persons::{identity_erase, identity_find};
use time::{Date, Month};
use uuid::Uuid;

use crate::handicaps::Handicaps;
use crate::rounds::{count, execute};
use crate::support::{World, applicant, applicants, card, region};

const TAKEN: RegisterAnswer = RegisterAnswer::Refused(RegistrationRefusal::NikTaken);

/// An account without a person, made beside the use cases.
pub(crate) async fn account(world: &World, number: u128) -> AccountId {
    let id = Uuid::from_u128(number);
    let row = format!("INSERT INTO accounts VALUES ('{id}', '{id}', NULL, '$argon2id$', now())");
    world.execute(&row).await;
    AccountId::from_uuid(id)
}

pub(crate) fn statement(one: &Registration) -> Statement {
    Statement {
        identity: one.identity.clone(),
        sex: one.sex,
        education: one.education,
        employment: one.employment,
        region: one.region,
        disability: one.disability,
    }
}

pub(crate) async fn register(
    world: &mut World,
    account: AccountId,
    key: &str,
    statement: &Statement,
    now: Timestamp,
) -> RegisterAnswer {
    let key = ClientKey::parse(key).unwrap();
    register_person(&mut world.act(now), Registrant { account, network: None }, &key, statement)
        .await
        .unwrap()
}

/// The identity of a person as it is held.
pub(crate) async fn held(world: &World, one: &Registration) -> Identity {
    let mut tx = world.scratch.database().begin().await.unwrap();
    let stored = identity_find(&mut tx, one.person_id).await.unwrap().unwrap();
    world.keys.open(one.person_id, &stored.wrapped_key, &stored.sealed).unwrap()
}

/// Every table but those that count tries, which a refused claim writes.
pub(crate) async fn contents_but_tries(world: &World) -> Vec<String> {
    let mut tables = world.contents().await;
    tables
        .retain(|row| !row.starts_with("(statement_tries,") && !row.starts_with("(audit_events,"));
    tables
}

/// Goal: whoever states the name, birth date and family card that are held of an imported person gets the person, is
/// told so once, and is asked about by no register; contacts and harmless facts are hers from then on, what a draw
/// goes by stays. Method: a claim with another spelling of the name, other contacts, education and region; then again
/// under its key, and by somebody else.
#[tokio::test]
async fn who_states_what_is_held_gets_the_person() {
    let mut world = World::new(48, &[(WaveKind::Regular, 0)]).await;
    let people = applicants([1, 2]);
    world.register(&people).await;
    let (siti, budi) = (account(&world, 1).await, account(&world, 2).await);
    let at = world.calendar(48).opens_at;
    let mut claim = statement(&people[0]);
    claim.identity.name = PersonName::parse("KENARI  KUNING").unwrap();
    claim.identity.phone = Phone::parse("+6281355599999").unwrap();
    claim.identity.email = Email::parse("baru@contoh.id").unwrap();
    claim.education = Education::Diploma;
    claim.region = region(1572);
    let got = RegisterAnswer::Registered(people[0].person_id);
    assert_eq!(register(&mut world, siti, "k", &claim, at).await, got);
    let after = world.contents().await;
    assert_eq!(register(&mut world, siti, "k", &claim, at).await, got);
    assert_eq!(world.contents().await, after);

    let identity = held(&world, &people[0]).await;
    let expected = Identity { name: people[0].identity.name.clone(), ..claim.identity.clone() };
    assert!(identity == expected);
    let id = people[0].person_id.uuid();
    let facts = format!("SELECT education, region FROM persons WHERE person_id = '{id}'");
    assert_eq!(world.rows(&facts).await, [format!("(diploma,{})", people[0].region.get())]);
    let linked = format!(
        "SELECT count(*) FROM accounts WHERE person_id = '{id}' AND account_id = '{}'",
        siti.uuid()
    );
    assert_eq!(world.number(&linked).await, 1);
    for nothing in ["registration_checks", "jobs", "statement_tries"] {
        assert_eq!(world.number(&format!("SELECT count(*) FROM {nothing}")).await, 0, "{nothing}");
    }
    let told = "SELECT count(*) FROM notices WHERE template = 'registered'";
    assert_eq!(world.number(told).await, 1);
    let trail = "SELECT subject, detail FROM audit_events WHERE act = 'person_claim'";
    let trail = world.rows(trail).await.concat();
    assert!(trail.contains(&format!("person:{id}")) && trail.contains("education"), "{trail}");

    let before = contents_but_tries(&world).await;
    assert_eq!(register(&mut world, budi, "k", &claim, at).await, TAKEN);
    assert_eq!(contents_but_tries(&world).await, before);
}

/// Goal: a claim with one field that differs, or of somebody erased, looks like a number that is taken, and after five
/// tries an account is told when to come back; nothing changes but the count, and the trail names the person. Method:
/// each case by one account; its sixth registration, right as it is, within the day and after it.
#[tokio::test]
async fn less_is_refused() {
    let mut world = World::new(48, &[(WaveKind::Regular, 0)]).await;
    let people = applicants(1..=9);
    world.register(&people).await;
    let at = world.calendar(48).opens_at;
    let mut tx = world.scratch.database().begin().await.unwrap();
    identity_erase(&mut tx, people[8].person_id, at).await.unwrap();
    tx.commit().await.unwrap();
    let right = statement(&people[0]);
    let (mut name, mut day, mut kk) = (right.clone(), right.clone(), right.clone());
    name.identity.name = PersonName::parse("Kenari").unwrap();
    day.identity.born_on = Date::from_calendar_date(1990, Month::January, 2).unwrap();
    kk.identity.family_card = card(2);
    let siti = account(&world, 1).await;
    let before = contents_but_tries(&world).await;
    for (place, wrong) in [name.clone(), day, kk, statement(&people[8]), name].iter().enumerate() {
        let now = at.plus_micros(place as i64);
        assert_eq!(register(&mut world, siti, "k", wrong, now).await, TAKEN, "{place}");
    }
    let until = at.plus_days(1);
    let over = RegisterAnswer::TooOften { until };
    let free = statement(&applicant(20));
    for last in [&right, &free] {
        let now = until.minus_micros(1);
        assert_eq!(register(&mut world, siti, "k", last, now).await, over);
    }
    assert_eq!(contents_but_tries(&world).await, before);
    let tries = "SELECT count(*) FROM audit_events WHERE act = 'person_claim_try'";
    assert_eq!(world.number(tries).await, 5);

    let trail = "SELECT detail->>'person' FROM audit_events WHERE act = 'person_claim_try'
                 ORDER BY occurred_at";
    let of = |place: usize| format!("({})", people[place].person_id);
    assert_eq!(world.rows(trail).await, [0, 0, 0, 8, 0].map(of));
    let new = register(&mut world, siti, "k", &free, until).await;
    assert!(matches!(new, RegisterAnswer::Registered(_)), "{new:?}");
}

/// Goal: a stranger cannot block the rightful claim of a person, nor what the person corrects later, and all strangers
/// together are stopped. Method: wrong claims by one account, beside which that of the same network is taken; by many
/// accounts of one network, whose right claim is refused then and that of another network taken; from many networks.
#[tokio::test]
async fn strangers_block_nobody() {
    let mut world = World::new(48, &[(WaveKind::Regular, 0)]).await;
    let people = applicants(1..=3);
    world.register(&people).await;
    let at = world.calendar(48).opens_at;
    let network = |end: u8| Some(IpAddr::V4(Ipv4Addr::new(192, 0, 2, end)));
    let mut strangers = Vec::new();
    for number in 1..=25 {
        strangers.push(account(&world, number).await);
    }
    let wrong = people.iter().map(statement).map(|mut wrong| {
        wrong.identity.family_card = card(9);
        wrong
    });
    let wrong: Vec<Statement> = wrong.collect();
    let ask = async |world: &mut World, account, network, statement: &Statement, now| {
        let key = ClientKey::parse("k").unwrap();
        let registrant = Registrant { account, network };
        register_person(&mut world.act(now), registrant, &key, statement).await.unwrap()
    };
    let [siti, budi, rani] =
        [account(&world, 100).await, account(&world, 101).await, account(&world, 102).await];
    for _ in 0..5 {
        assert_eq!(ask(&mut world, strangers[24], network(1), &wrong[2], at).await, TAKEN);
    }
    let got = RegisterAnswer::Registered(people[2].person_id);
    assert_eq!(ask(&mut world, rani, network(1), &statement(&people[2]), at).await, got);
    for place in 0..50 {
        let stranger = strangers[place / 5];
        assert_eq!(ask(&mut world, stranger, network(1), &wrong[0], at).await, TAKEN);
    }
    let right = statement(&people[0]);
    assert_eq!(ask(&mut world, siti, network(1), &right, at).await, TAKEN, "one network has 25");
    let got = RegisterAnswer::Registered(people[0].person_id);
    assert_eq!(ask(&mut world, siti, network(2), &right, at).await, got);
    let own = format!("statement_tries WHERE holder_id = '{}'", people[0].person_id.uuid());
    assert_eq!(count(&mut world.superuser().await, &own).await, 0, "her corrections are free");

    let until = at.plus_days(1);
    for place in 0..100u8 {
        let (stranger, from) = (strangers[usize::from(place) / 5], network(100 + place));
        let now = until.plus_micros(i64::from(place));
        assert_eq!(ask(&mut world, stranger, from, &wrong[1], now).await, TAKEN);
    }
    let right = statement(&people[1]);
    let over = until.plus_days(1);
    let last = over.minus_micros(1);
    assert_eq!(ask(&mut world, budi, network(3), &right, last).await, TAKEN);
    let got = RegisterAnswer::Registered(people[1].person_id);
    assert_eq!(ask(&mut world, budi, network(3), &right, over).await, got);
}

/// Goal: of two accounts that claim one person at the same moment exactly one gets her. Method: rounds left to chance,
/// the link taken back by hand after each.
#[tokio::test]
async fn two_claim_at_once() {
    let mut world = World::new(48, &[(WaveKind::Regular, 0)]).await;
    let people = applicants([1]);
    world.register(&people).await;
    let accounts = [account(&world, 1).await, account(&world, 2).await];
    let at = world.calendar(48).opens_at;
    let mut observer = world.superuser().await;
    let right = statement(&people[0]);
    let (mut first, mut handicaps) = (0, Handicaps::<2>::even());
    for round in 0..200u64 {
        let claim = async |place: usize| {
            let mut random = ChaCha8Rng::seed_from_u64(round * 2 + place as u64);
            handicaps.hesitate(place, &mut random).await;
            let key = ClientKey::parse(&round.to_string()).unwrap();
            let act = &mut world.act_beside(at, &mut random);
            register_person(
                act,
                Registrant { account: accounts[place], network: None },
                &key,
                &right,
            )
            .await
            .unwrap()
        };
        let answers: [RegisterAnswer; 2] = tokio::join!(claim(0), claim(1)).into();
        let got = RegisterAnswer::Registered(people[0].person_id);
        first += u64::from(answers[0] == got);
        handicaps.came_first(usize::from(answers[1] == got));
        let mut sorted = answers;
        sorted.sort_by_key(|one| *one != got);
        assert_eq!(sorted, [got, TAKEN], "round {round}");
        assert_eq!(count(&mut observer, "accounts WHERE person_id IS NOT NULL").await, 1);
        let again = "UPDATE accounts SET person_id = NULL; TRUNCATE statement_tries, notices";
        execute(&mut observer, again.to_owned()).await;
    }
    assert!(first > 5 && first < 195, "{first}: no race");
}
