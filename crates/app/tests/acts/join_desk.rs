//! The desk: many at once share transactions, a rush is turned away, one fault stays one person's.

use std::sync::Arc;

use app::clock::Clock;
use app::join::JoinRequest;
use app::join_desk::{DeskSetup, JoinDesk, JoinDeskError};
use app::live_join::{JoinAnswer, KeyedJoin};
use app::register::Registration;
use domain::client_key::ClientKey;
use domain::ids::PersonId;
use domain::time::Timestamp;
use domain::wave::WaveKind;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng as _;
use storage::reference::{JoinLock, wave_lock_joins};
use tokio::task::JoinSet;

use crate::support::{HOUR, World, applicants, wave};

#[derive(Debug)]
struct Stopped(Timestamp);

impl Clock for Stopped {
    fn now(&self) -> Timestamp {
        self.0
    }
}

fn desk(
    world: &World,
    at: Timestamp,
    clerks: usize,
    waiting_max: usize,
) -> (JoinDesk, JoinSet<()>) {
    let setup = DeskSetup {
        database: world.scratch.database().clone(),
        keys: Arc::new(world.keys.clone()),
        policies: Arc::new(world.reference.policies.clone()),
        clock: Arc::new(Stopped(at)),
        clerks,
        waiting_max,
    };
    let (mut tasks, mut seed) = (JoinSet::new(), 0);
    let desk = JoinDesk::open(&setup, &mut tasks, || {
        seed += 1;
        ChaCha8Rng::seed_from_u64(seed)
    });
    (desk, tasks)
}

fn wish(person: &Registration, at: Timestamp) -> KeyedJoin {
    KeyedJoin {
        request: JoinRequest { person_id: person.person_id, joined_at: at },
        account: None,
        client_key: ClientKey::parse("key").unwrap(),
        request_id: "test".to_owned(),
    }
}

/// Everybody asks twice at the same moment; gives the answers with who asked.
async fn ask_twice(
    desk: JoinDesk,
    people: &[Registration],
    at: Timestamp,
) -> Vec<(PersonId, Result<JoinAnswer, JoinDeskError>)> {
    let mut callers = JoinSet::new();
    for person in people.iter().chain(people) {
        let (desk, join) = (desk.clone(), wish(person, at));
        callers.spawn(async move {
            let person = join.request.person_id;
            (person, desk.join(wave(48), join).await)
        });
    }
    callers.join_all().await
}

/// Sixty people ask twice each: everybody joins once and is told so twice, in far fewer transactions than
/// requests. Then the sealed identity of one of three is damaged: that one gets an error, the others join.
/// Once the desk is dropped its clerks go home.
#[tokio::test]
async fn many_at_once() {
    let mut world = World::new(48, &[(WaveKind::Regular, 4)]).await;
    let people = applicants(0..63);
    world.register(&people).await;
    world.open(48).await.unwrap();
    let at = world.calendar(48).opens_at.plus_micros(HOUR);
    let (desk, clerks) = desk(&world, at, 2, 200);
    for (_, answer) in ask_twice(desk.clone(), &people[..60], at).await {
        assert_eq!(answer.unwrap(), JoinAnswer::Joined);
    }
    let transactions = world.number("SELECT count(DISTINCT xmin::text) FROM memberships").await;
    assert!(transactions < 30, "{transactions} transactions for 60 joins");

    let damaged = people[60].person_id;
    let spoil = format!(
        "UPDATE person_identities SET sealed = set_byte(sealed, 30, get_byte(sealed, 30) # 1) WHERE person_id = '{}'",
        damaged.uuid()
    );
    world.execute(&spoil).await;
    for (person, answer) in ask_twice(desk, &people[60..], at).await {
        match answer {
            Ok(answer) => assert_eq!((answer, person == damaged), (JoinAnswer::Joined, false)),
            Err(JoinDeskError::Act(error)) => assert_eq!(person, damaged, "{error}"),
            Err(error) => panic!("{error}"),
        }
    }
    clerks.join_all().await;
    for table in ["memberships", "client_keys", "audit_events WHERE act = 'wave_join'"] {
        assert_eq!(world.number(&format!("SELECT count(*) FROM {table}")).await, 62, "{table}");
    }
}

/// A close holds up the desk's only clerk and the place for one is taken: the next is turned away at once
/// and nothing is done for that one; the other two join when the clerk can go on.
#[tokio::test]
async fn full_desk() {
    let mut world = World::new(48, &[(WaveKind::Regular, 4)]).await;
    let people = applicants(0..3);
    world.register(&people).await;
    world.open(48).await.unwrap();
    let at = world.calendar(48).opens_at.plus_micros(HOUR);
    let mut closing = world.scratch.database().begin().await.unwrap();
    wave_lock_joins(&mut closing, wave(48), JoinLock::Closing).await.unwrap();
    let (desk, _clerks) = desk(&world, at, 1, 1);
    let hand_in = |person: &Registration| desk.join(wave(48), wish(person, at));
    let referee = async {
        let waits = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'advisory'";
        while world.number(waits).await == 0 {
            tokio::task::yield_now().await;
        }
        let mut second = Box::pin(hand_in(&people[1]));
        assert!(futures_util::poll!(&mut second).is_pending());
        let third = hand_in(&people[2]).await;
        assert!(matches!(third, Err(JoinDeskError::Busy)), "{third:?}");
        closing.rollback().await.unwrap();
        second.await
    };
    let (first, second) = tokio::join!(hand_in(&people[0]), referee);
    assert_eq!((first.unwrap(), second.unwrap()), (JoinAnswer::Joined, JoinAnswer::Joined));
    assert_eq!(world.number("SELECT count(*) FROM memberships").await, 2);
}
