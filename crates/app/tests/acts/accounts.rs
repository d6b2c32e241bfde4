//! Accounts: opening, signing in and out, the limit on wrong passwords, and the one person of an account.

use app::accounts::{
    AccountError, OpenAnswer, SignInAnswer, open_account, session_of, sign_in, sign_out,
};
use app::passwords::{HashError, Passwords};
use app::register::RegistrationRefusal;
use app::register_one::{RegisterAnswer, Registrant, Statement, register_person};
use domain::account::{Password, SESSION_MICROS, SESSION_UNUSED_MICROS, SessionToken};
use domain::client_key::ClientKey;
use domain::identity::Email;
use domain::ids::AccountId;
use domain::reasons::Language;
use domain::time::Timestamp;
use domain::wave::WaveKind;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng as _;
use storage::persons::identity_erase;

use crate::support::{HOUR, World, applicant};

fn key(text: &str) -> ClientKey {
    ClientKey::parse(text).unwrap()
}

fn email(text: &str) -> Email {
    Email::parse(text).unwrap()
}

fn password(text: &str) -> Password {
    Password::parse(text).unwrap()
}

const INDONESIAN: Language = Language::Indonesian;
const RIGHT: &str = "kata sandi yang benar";
const WRONG: &str = "kata sandi yang salah";

async fn open(world: &mut World, passwords: &Passwords, at: Timestamp, name: &str) -> OpenAnswer {
    let address = email(&format!("{name}@contoh.id"));
    let act = &mut world.act(at);
    open_account(act, passwords, address, password(RIGHT), INDONESIAN, &key("open")).await.unwrap()
}

async fn opened(world: &mut World, passwords: &Passwords, at: Timestamp, name: &str) -> AccountId {
    match open(world, passwords, at, name).await {
        OpenAnswer::Opened(account) => account,
        refused @ (OpenAnswer::EmailTaken | OpenAnswer::KeyReused) => panic!("{refused:?}"),
    }
}

async fn enter(
    world: &mut World,
    passwords: &Passwords,
    at: Timestamp,
    text: &str,
) -> SignInAnswer {
    // Another spelling of the address of the account.
    let address = email("Siti@Contoh.id");
    sign_in(&mut world.act(at), passwords, &address, password(text)).await.unwrap()
}

/// An account is opened once under its key, and its address is taken then. The right password opens a
/// session that ends when it is closed, or by itself to the microsecond. The fifth wrong password locks for two
/// hours, even against the right one, and the account is told; one right password in between starts the count
/// again. Nothing of address or password is in the database.
#[tokio::test]
async fn signing_in_and_out() {
    let mut world = World::new(48, &[(WaveKind::Regular, 0)]).await;
    let passwords = Passwords::new(2).unwrap();
    let at = Timestamp::from_micros(1_700_000_000_000_000);
    let account = opened(&mut world, &passwords, at, "siti").await;
    assert_eq!(open(&mut world, &passwords, at, "siti").await, OpenAnswer::Opened(account));
    let (act, address) = (&mut world.act(at), email("SITI@contoh.id"));
    let again =
        open_account(act, &passwords, address, password(WRONG), INDONESIAN, &key("other")).await;
    assert_eq!(again.unwrap(), OpenAnswer::EmailTaken);
    let address = email("siti@contoh.id");
    let changed =
        open_account(act, &passwords, address, password(WRONG), INDONESIAN, &key("open")).await;
    assert_eq!(changed.unwrap(), OpenAnswer::KeyReused, "the password would not be the one");

    let SignInAnswer::SignedIn(session) = enter(&mut world, &passwords, at, RIGHT).await else {
        panic!("the right password is refused")
    };
    let database = world.scratch.database().clone();
    let seen = session_of(&database, &session.token, at).await.unwrap().expect("open");
    assert_eq!((seen.account_id, seen.person_id), (account, None));
    let end = at.plus_micros(SESSION_MICROS);
    used_to_its_end(&world, &session.token, (at, end)).await;
    for _ in 0..2 {
        sign_out(&mut world.act(at), &session.token).await.unwrap();
    }
    assert_eq!(session_of(&database, &session.token, at).await.unwrap(), None);

    for _ in 0..4 {
        assert_eq!(enter(&mut world, &passwords, at, WRONG).await, SignInAnswer::Wrong);
    }
    let SignInAnswer::SignedIn(_) = enter(&mut world, &passwords, at, RIGHT).await else {
        panic!("the fifth try is the right one")
    };
    for _ in 0..5 {
        assert_eq!(enter(&mut world, &passwords, at, WRONG).await, SignInAnswer::Wrong);
    }
    let until = at.plus_micros(2 * HOUR);
    let locked = SignInAnswer::Locked { until };
    assert_eq!(enter(&mut world, &passwords, until.minus_micros(1), RIGHT).await, locked);
    let SignInAnswer::SignedIn(_) = enter(&mut world, &passwords, until, RIGHT).await else {
        panic!("the lock is over")
    };

    let told = "SELECT count(*) FROM notices WHERE template = 'sign_in_locked'";
    assert_eq!(world.number(told).await, 1);
    let stored = "SELECT a::text FROM accounts a UNION ALL SELECT s::text FROM sessions s
                  UNION ALL SELECT c::text FROM account_contacts c
                  UNION ALL SELECT e::text FROM audit_events e";
    let stored = world.rows(stored).await.join("\n");
    for secret in ["siti", "contoh", "kata sandi", &session.token.expose()[4..]] {
        assert!(!stored.to_lowercase().contains(secret), "{secret} is stored");
    }
    assert_eq!(
        world.number("SELECT count(*) FROM audit_events WHERE act = 'sessions_open'").await,
        3
    );
}

/// Twenty guesses at the same moment are five guesses: the others find the account locked.
#[tokio::test]
async fn guesses_at_once() {
    let mut world = World::new(48, &[(WaveKind::Regular, 0)]).await;
    let passwords = Passwords::new(2).unwrap();
    let at = Timestamp::from_micros(1_700_000_000_000_000);
    opened(&mut world, &passwords, at, "siti").await;
    let acts = (0..20).map(|number| {
        let (world, passwords) = (&world, &passwords);
        async move {
            let (address, mut rng) = (email("siti@contoh.id"), ChaCha8Rng::seed_from_u64(number));
            let act = &mut world.act_beside(at, &mut rng);
            sign_in(act, passwords, &address, password(WRONG)).await.unwrap()
        }
    });
    let answers = futures_util::future::join_all(acts).await;
    let wrong = answers.iter().filter(|answer| **answer == SignInAnswer::Wrong).count();
    assert_eq!(wrong, 5, "{answers:?}");
}

/// Whoever finds the hashers busy has given no try away: nine times turned away, then let in.
#[tokio::test]
async fn a_rush_costs_no_try() {
    let mut world = World::new(48, &[(WaveKind::Regular, 0)]).await;
    let passwords = Passwords::new(1).unwrap();
    let at = Timestamp::from_micros(1_700_000_000_000_000);
    opened(&mut world, &passwords, at, "siti").await;
    // The first 32 fill the queue of one place.
    let acts = (0..41).map(|number| {
        let (world, passwords) = (&world, &passwords);
        async move {
            let mut rng = ChaCha8Rng::seed_from_u64(number);
            let address = if number < 32 { format!("budi{number}") } else { "siti".to_owned() };
            let address = email(&format!("{address}@contoh.id"));
            sign_in(&mut world.act_beside(at, &mut rng), passwords, &address, password(RIGHT)).await
        }
    });
    let answers = futures_util::future::join_all(acts).await;
    let (first, rest) = answers.split_at(32);
    assert!(first.iter().all(|one| matches!(one, Ok(SignInAnswer::Wrong))), "{first:?}");
    let busy = |one: &_| matches!(one, Err(AccountError::Hash(HashError::Busy)));
    assert!(rest.iter().all(busy), "{rest:?}");
    let answer = enter(&mut world, &passwords, at, RIGHT).await;
    assert!(matches!(answer, SignInAnswer::SignedIn(_)), "{answer:?}");
}

fn statement(number: u32) -> Statement {
    let one = applicant(number);
    Statement {
        identity: one.identity,
        sex: one.sex,
        education: one.education,
        employment: one.employment,
        region: one.region,
        disability: one.disability,
    }
}

fn by(account: AccountId) -> Registrant {
    Registrant { account, network: None }
}

/// An account registers one person: the same key is answered as before, another key or request changes
/// nothing, a number of somebody else is refused and stays so under its key, and of two accounts that register
/// one number at the same moment one gets it. Every check waits for its register.
#[tokio::test]
async fn one_person_an_account() {
    let mut world = World::new(48, &[(WaveKind::Regular, 0)]).await;
    let passwords = Passwords::new(2).unwrap();
    let at = Timestamp::from_micros(1_700_000_000_000_000);
    let siti = opened(&mut world, &passwords, at, "siti").await;
    let budi = opened(&mut world, &passwords, at, "budi").await;
    let act = &mut world.act(at);
    let done = register_person(act, by(siti), &key("a"), &statement(1)).await.unwrap();
    assert!(matches!(done, RegisterAnswer::Registered(_)), "{done:?}");
    assert_eq!(register_person(act, by(siti), &key("a"), &statement(1)).await.unwrap(), done);
    let reused = register_person(act, by(siti), &key("a"), &statement(2)).await.unwrap();
    assert_eq!(reused, RegisterAnswer::KeyReused);
    let second = register_person(act, by(siti), &key("b"), &statement(2)).await.unwrap();
    assert_eq!(second, RegisterAnswer::AccountHasPerson);
    for _ in 0..2 {
        let taken = register_person(act, by(budi), &key("a"), &statement(1)).await.unwrap();
        assert_eq!(taken, RegisterAnswer::Refused(RegistrationRefusal::NikTaken));
    }
    let checks = "SELECT count(*) FROM registration_checks WHERE state = 'not_asked'";
    assert_eq!(world.number(checks).await, 6);
    let jobs = "SELECT count(*) FROM jobs WHERE kind = 'registers_ask'";
    assert_eq!(world.number(jobs).await, 1);

    let joko = opened(&mut world, &passwords, at, "joko").await;
    let races = [(budi, 1), (joko, 2)].map(|(account, seed)| {
        let world = &world;
        async move {
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            let act = &mut world.act_beside(at, &mut rng);
            register_person(act, by(account), &key("race"), &statement(3)).await.unwrap()
        }
    });
    let answers = futures_util::future::join_all(races).await;
    let registered =
        answers.iter().filter(|one| matches!(one, RegisterAnswer::Registered(_))).count();
    assert_eq!(registered, 1, "{answers:?}");
    assert_eq!(world.number("SELECT count(*) FROM persons").await, 2);
    assert_eq!(world.number("SELECT count(*) FROM accounts WHERE person_id IS NOT NULL").await, 2);
    let told = "SELECT count(*) FROM notices WHERE template = 'registered'";
    assert_eq!(world.number(told).await, 2);

    // Whoever is erased cannot be written to any more.
    let RegisterAnswer::Registered(person) = done else { panic!("{done:?}") };
    let mut tx = world.scratch.database().begin().await.unwrap();
    identity_erase(&mut tx, person, at).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(world.number("SELECT count(*) FROM account_contacts").await, 2);
}

/// A session that is used every 59 minutes lasts for its 12 hours and no longer; that it is used is written down every
/// five minutes at most.
async fn used_to_its_end(world: &World, token: &SessionToken, (at, end): (Timestamp, Timestamp)) {
    let database = world.scratch.database();
    let seen = async |now| session_of(database, token, now).await.unwrap().map(|one| one.used_at);
    let minute = 60_000_000;
    assert_eq!(seen(at.plus_micros(5 * minute).minus_micros(1)).await, Some(at));
    let first = at.plus_micros(5 * minute);
    assert_eq!(seen(first).await, Some(at));
    assert_eq!(seen(first.plus_micros(1)).await, Some(first), "written down by the one before");
    let mut now = first;
    while now < end.minus_micros(59 * minute) {
        now = now.plus_micros(59 * minute);
        assert!(seen(now).await.is_some());
    }
    assert!(seen(end.minus_micros(1)).await.is_some());
    assert_eq!(seen(end).await, None);
}

/// A session that nobody uses ends after an hour, and using it then does not bring it back.
#[tokio::test]
async fn unused_for_an_hour() {
    let mut world = World::new(48, &[(WaveKind::Regular, 0)]).await;
    let passwords = Passwords::new(1).unwrap();
    let at = Timestamp::from_micros(1_700_000_000_000_000);
    opened(&mut world, &passwords, at, "siti").await;
    let SignInAnswer::SignedIn(session) = enter(&mut world, &passwords, at, RIGHT).await else {
        panic!("the right password is refused")
    };
    let database = world.scratch.database().clone();
    let end = at.plus_micros(SESSION_UNUSED_MICROS);
    for _ in 0..2 {
        assert_eq!(session_of(&database, &session.token, end).await.unwrap(), None);
    }
    assert!(session_of(&database, &session.token, end.minus_micros(1)).await.unwrap().is_some());
    assert!(session_of(&database, &session.token, end).await.unwrap().is_some(), "it was used");
}
