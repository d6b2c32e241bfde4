//! Members who are erased while their wave runs, or after it: the wave goes on as if they were there.

use app::accounts::{AccountOpening, open_accounts};
use app::notices::{Message, SendResult, claim_notices, settle_notices};
use app::rights::{ErasureStanding, ask_erasure};
use app::wave::settle_wave;
use domain::identity::Email;
use domain::ids::AccountId;
use domain::notice::Channel;
use domain::reasons::Language;
use domain::rights::erased_at;
use domain::time::Timestamp;
use domain::wave::WaveKind;
use storage::persons::identity_erase;
use uuid::Uuid;

use crate::erasing::work;
use crate::shares::{crowd, world_of_shares};
use crate::support::{World, wave};

const WORKER: Uuid = Uuid::from_u128(9);

/// Erases the identity of the person of a number of the crowd.
async fn erase(world: &World, number: usize, now: Timestamp) {
    let mut tx = world.scratch.database().begin().await.unwrap();
    identity_erase(&mut tx, crowd()[number].person_id, now).await.unwrap();
    tx.commit().await.unwrap();
}

/// An account for everybody of the crowd, each at an address of its own.
async fn open_all(world: &mut World, now: Timestamp) -> Vec<AccountId> {
    let opening = |(number, person): (usize, app::register::Registration)| AccountOpening {
        email: Email::parse(&format!("orang{number}@contoh.id")).unwrap(),
        password_hash: "$argon2id$".to_owned(),
        person_id: Some(person.person_id),
        language: Language::Indonesian,
    };
    let openings: Vec<AccountOpening> = crowd().into_iter().enumerate().map(opening).collect();
    open_accounts(&mut world.act(now), &openings).await.unwrap()
}

/// Sends all that can be sent by e-mail, and gives to whom.
async fn deliver(world: &World, now: Timestamp) -> Vec<String> {
    let database = world.scratch.database();
    let mut told = Vec::new();
    loop {
        let claimed = claim_notices(database, &world.keys, WORKER, Channel::Email, now, 50);
        let claimed = claimed.await.unwrap();
        let mut results = Vec::new();
        for one in &claimed {
            let Message::Email(mail) = &one.message else { panic!("{one:?}") };
            told.push(mail.to.expose().to_owned());
            results.push((one.notice_id, one.tries, SendResult::Accepted("test")));
        }
        settle_notices(database, WORKER, &results, now).await.unwrap();
        if claimed.is_empty() {
            return told;
        }
    }
}

/// The outcomes of everybody, and who was granted.
async fn outcomes(world: &World) -> Vec<String> {
    world
        .rows(
            "SELECT d.person_id, d.outcome, d.rank, d.reason, b.wave IS NOT NULL
             FROM decisions d LEFT JOIN beneficiaries b ON b.wave = d.wave AND b.person_id = d.person_id
             ORDER BY d.person_id",
        )
        .await
}

/// A wave of the crowd up to the decree, with members 7, 8 and 9 erased before the list, between list and draw, and after
/// the draw, if any are to be.
async fn run(erases: bool) -> World {
    let mut world = world_of_shares(&[(WaveKind::Regular, 24)]).await;
    world.register(&crowd()).await;
    let now = world.calendar(48).opens_at;
    open_all(&mut world, now).await;
    world.open_with(48, &crowd()).await;
    for (number, step) in (7..).zip(["freeze", "draw", "appoint"]) {
        match step {
            "freeze" => world.close(48).await.unwrap(),
            "draw" => drop(world.freeze(48).await.unwrap()),
            _ => drop(world.draw(48).await.unwrap()),
        }
        if erases {
            erase(&world, number, now).await;
        }
    }
    world.appoint(48).await.unwrap();
    world
}

/// Goal: an erasure stops no step of a wave and changes nobody's outcome, and the courier writes to everybody but those
/// who were erased. Method: the same wave with and without erasures at each place of its course, up to its settlement.
#[tokio::test]
async fn the_wave_goes_on() {
    let (whole, mut world) = (run(false).await, run(true).await);
    assert_eq!(outcomes(&world).await, outcomes(&whole).await);
    let now = world.calendar(48).results_at;
    let told = deliver(&world, now).await;
    let everybody = deliver(&whole, now).await;
    let erased = ["orang7@contoh.id", "orang8@contoh.id", "orang9@contoh.id"];
    let is_erased = |own: &&String| erased.contains(&own.as_str());
    assert_eq!(told.iter().filter(is_erased).count(), 0);
    let lost = everybody.iter().filter(is_erased).count();
    assert!(lost >= erased.len(), "each would have been told of the decree");
    assert_eq!(told.len() + lost, everybody.len());
    let ended =
        "SELECT DISTINCT state, fault FROM notices WHERE channel = 'email' AND state <> 'accepted'";
    assert_eq!(world.rows(ended).await, ["(undeliverable,no_contact)"]);

    let due = world.due(48);
    world.sweep(48, due).await;
    assert!(!deliver(&world, due).await.iter().any(|own| erased.contains(&own.as_str())));
    settle_wave(&mut world.act(due), wave(48)).await.unwrap();
    world.assert_audit_clean().await;
}

/// Goal: who asks for it after the decree is erased with the account, and what waited for the account is not sent to
/// anybody. Method: a member who was not selected, with the letter of the decree still waiting.
#[tokio::test]
async fn after_the_decree() {
    let mut world = world_of_shares(&[(WaveKind::Regular, 24)]).await;
    let people = crowd();
    world.register(&people).await;
    let now = world.calendar(48).opens_at;
    let accounts = open_all(&mut world, now).await;
    world.open_with(48, &people).await;
    world.grant(48).await;
    let now = world.calendar(48).results_at;
    let selected = world.rows("SELECT person_id FROM beneficiaries").await;
    let (number, _) = people
        .iter()
        .enumerate()
        .find(|(_, own)| !selected.contains(&format!("({})", own.person_id.uuid())))
        .unwrap();
    let account = accounts[number];
    let asked = ask_erasure(&mut world.act(now), account).await.unwrap();
    assert!(matches!(asked, ErasureStanding::Waits(_)), "{asked:?}");
    let waits = format!(
        "SELECT count(*) FROM notices WHERE account_id = '{}' AND state = 'queued'",
        account.uuid()
    );
    assert!(world.number(&waits).await > 1);
    work(&mut world, erased_at(now)).await;
    assert_eq!(world.number(&waits).await, 0);
    let told = deliver(&world, erased_at(now)).await;
    assert!(told.len() > 50 && !told.contains(&format!("orang{number}@contoh.id")));
    let due = world.due(48);
    world.sweep(48, due).await;
    settle_wave(&mut world.act(due), wave(48)).await.unwrap();
    world.assert_audit_clean().await;
}
