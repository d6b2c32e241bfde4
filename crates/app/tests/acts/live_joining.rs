//! Joining one by one: the same as in bulk, once for each key, and answered alike when asked again.

use app::act::ActError;
use app::join::{JoinRequest, join_wave};
use app::live_join::{JoinAnswer, KeyedJoin, join_few};
use app::register::Registration;
use domain::client_key::ClientKey;
use domain::eligibility::Rule;
use domain::time::Timestamp;
use domain::wave::WaveKind;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};
use time::{Date, Month};

use crate::support::{HOUR, World, applicant, applicants, family, wave};

const WAVES: [(WaveKind, u32); 2] = [(WaveKind::Regular, 12), (WaveKind::Regular, 12)];

fn keyed(person: &Registration, joined_at: Timestamp, key: &str) -> KeyedJoin {
    KeyedJoin {
        request: JoinRequest { person_id: person.person_id, joined_at },
        account: None,
        client_key: ClientKey::parse(key).unwrap(),
        request_id: "test".to_owned(),
    }
}

/// People of all kinds on the eve of wave 49: some hold a grant of 48, some lost it, some share a full
/// card, some are too young or too old, and some never registered.
async fn eve() -> (World, Vec<Registration>) {
    let mut world = World::new(48, &WAVES).await;
    let mut people = applicants(0..24);
    people.extend(family(24..30, 24));
    for (number, year) in [(3, 2008), (4, 1950)] {
        people[number].identity.born_on = Date::from_calendar_date(year, Month::May, 1).unwrap();
    }
    world.register(&people).await;
    let old_enough: Vec<Registration> = [&people[0..3], &people[5..16], &people[24..27]].concat();
    world.open_with(48, &old_enough).await;
    world.grant(48).await;
    world.buy(48, &people[5..10], 100).await;
    world.sweep(48, world.due(48)).await;
    world.open(49).await.unwrap();
    people.push(applicant(99));
    (world, people)
}

/// Sends random joins of wave 49 in bulk to one world and a few at a time to its twin, some twice: the same
/// people are joined and refused by the same rules, and every table is the same but for the trail and the keys.
#[tokio::test]
async fn few_are_as_many() {
    let mut random = ChaCha8Rng::seed_from_u64(49);
    let ((mut bulk, people), (mut few, _)) = tokio::join!(eve(), eve());
    let opens = bulk.calendar(49).opens_at;
    let mut waiting: Vec<KeyedJoin> = Vec::new();
    for round in 0..40u32 {
        let person = &people[random.next_u32() as usize % people.len()];
        // Some are dated before the opening, and some after the present.
        let joined_at = opens.plus_micros(i64::from(random.next_u32() % 12 + 1) * HOUR / 2 - HOUR);
        waiting.push(keyed(person, joined_at, &format!("round {round}").replace(' ', "-")));
    }
    let now = opens.plus_micros(4 * HOUR);
    let (mut joined, mut refused) = (0, 0);
    while !waiting.is_empty() {
        let mut batch: Vec<KeyedJoin> = Vec::new();
        let size = random.next_u32() as usize % 7 + 1;
        while batch.len() < size
            && waiting.first().is_some_and(|next| {
                batch.iter().all(|one| one.request.person_id != next.request.person_id)
            })
        {
            batch.push(waiting.remove(0));
        }
        let requests: Vec<JoinRequest> = batch.iter().map(|join| join.request).collect();
        let many = join_wave(&mut bulk.act(now), wave(49), &requests).await.unwrap();
        let answers = join_few(&mut few.act(now), wave(49), &batch).await.unwrap();
        for (request, answer) in requests.iter().zip(&answers) {
            let rule = many.refused.iter().find(|(person, _)| *person == request.person_id);
            let expected = match rule {
                Some((_, rule)) => JoinAnswer::Refused(*rule),
                None if many.joined.contains(&request.person_id) => JoinAnswer::Joined,
                None => JoinAnswer::Member,
            };
            assert_eq!(*answer, expected, "{request:?}");
            joined += usize::from(expected == JoinAnswer::Joined);
            refused += usize::from(rule.is_some());
        }
        let again = join_few(&mut few.act(now), wave(49), &batch).await.unwrap();
        assert_eq!(again, answers, "the same keys get the same answers");
    }
    assert!(joined >= 5 && refused >= 10, "{joined} joined, {refused} refused: too one-sided");
    let of_business = |contents: Vec<String>| -> Vec<String> {
        let own = ["audit_events", "client_keys"];
        contents.into_iter().filter(|line| own.iter().all(|table| !line.contains(table))).collect()
    };
    assert_eq!(of_business(few.contents().await), of_business(bulk.contents().await));
    let trail = "SELECT count(*) FROM audit_events WHERE act = 'wave_join' AND actor LIKE 'per_%'";
    assert_eq!(few.number(trail).await, joined as i64, "an event for each member");
}

/// A refusal leaves its key free; then a key answers as the first time, also after the wave has closed; under another key a member is told so,
/// and a key used for another wave is refused and changes nothing.
#[tokio::test]
async fn keys() {
    let mut world = World::new(48, &WAVES).await;
    let people = applicants(0..2);
    world.register(&people).await;
    let at = world.calendar(48).opens_at.plus_micros(HOUR);
    let (first, second) = (keyed(&people[0], at, "k1"), keyed(&people[0], at, "k2"));
    let ask = async |world: &mut World, number, join: &KeyedJoin, now| {
        join_few(&mut world.act(now), wave(number), std::slice::from_ref(join)).await.unwrap()[0]
    };
    let before = world.contents().await;
    assert_eq!(ask(&mut world, 48, &first, at).await, JoinAnswer::Refused(Rule::WaveOpen));
    assert_eq!(world.contents().await, before, "nothing was done, so the key is free");
    world.open(48).await.unwrap();
    assert_eq!(ask(&mut world, 48, &first, at).await, JoinAnswer::Joined);
    assert_eq!(ask(&mut world, 48, &second, at).await, JoinAnswer::Member);
    world.close(48).await.unwrap();
    world.open(49).await.unwrap();
    let later = world.calendar(49).opens_at.plus_micros(HOUR);
    let before = world.contents().await;
    assert_eq!(ask(&mut world, 48, &first, later).await, JoinAnswer::Joined);
    assert_eq!(ask(&mut world, 49, &first, later).await, JoinAnswer::KeyReused);
    assert_eq!(world.contents().await, before, "a known key writes nothing");
    let late = keyed(&people[1], later, "k1");
    assert_eq!(ask(&mut world, 48, &late, later).await, JoinAnswer::Refused(Rule::WaveOpen));
    let of_a_member = keyed(&people[0], later, "k3");
    assert_eq!(ask(&mut world, 48, &of_a_member, later).await, JoinAnswer::Member);
    let nobody = join_few(&mut world.act(later), wave(70), &[late]).await.unwrap_err();
    assert!(matches!(nobody, ActError::UnknownWave(number) if number == wave(70)), "{nobody:?}");
}
