//! Codes under many guesses at once, and the courier's side of them.

use app::accounts::{AccountError, SignInAnswer, session_of, sign_in};
use app::codes::{CodeRefusal, NotSent, SendAnswer};
use app::contact::{begin_phone, send_member_again};
use app::entry::{Accepted, EntryAnswer, Opening, enter_by_code, open_by_code, send_again};
use app::notices::{Message, claim_notices};
use app::passwords::Passwords;
use app::step::Step;
use domain::account::Password;
use domain::client_key::ClientKey;
use domain::codes::{Code, CodePurpose};
use domain::identity::{Email, Phone};
use domain::ids::AccountId;
use domain::notice::Channel;
use domain::reasons::Language;
use domain::time::Timestamp;
use domain::wave::WaveKind;
use futures_util::future::join_all;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng as _;
use uuid::Uuid;

use crate::claiming::account;
use crate::support::World;

const PASSWORD: &str = "kata sandi yang benar";

async fn opened(world: &mut World, passwords: &Passwords, at: Timestamp) -> Step {
    open(world, passwords, at).await.unwrap()
}

async fn open(
    world: &mut World,
    passwords: &Passwords,
    at: Timestamp,
) -> Result<Step, AccountError> {
    let key = ClientKey::parse("open").unwrap();
    let opening = Opening {
        email: Email::parse("siti@contoh.id").unwrap(),
        password: Password::parse(PASSWORD).unwrap(),
        language: Language::Indonesian,
        accepted: Accepted::both(true, true).unwrap(),
        key: &key,
    };
    open_by_code(&mut world.act(at), passwords, opening, &|_| None).await
}

/// The codes that the courier would send now.
async fn sent(world: &World, at: Timestamp) -> Vec<Code> {
    let (database, worker) = (world.scratch.database(), Uuid::from_u128(1));
    let held = claim_notices(database, &world.keys, worker, Channel::Email, at, 50).await.unwrap();
    let code = |message| match message {
        Message::Email(mail) => mail.letter.body.lines().next().and_then(Code::parse),
        Message::Sms(text) => text.text.split(' ').next().and_then(Code::parse),
    };
    held.into_iter().filter_map(|one| code(one.message)).collect()
}

/// Goal: forty guesses at once are five tries, and the right code is not looked at afterwards, for two hours. Method: acts
/// beside each other on real connections.
#[tokio::test]
async fn many_guesses_at_once() {
    let mut world = World::new(48, &[(WaveKind::Regular, 3)]).await;
    let passwords = Passwords::new(2).unwrap();
    let at = world.calendar(48).opens_at;
    let step = opened(&mut world, &passwords, at).await;
    let codes = sent(&world, at).await;
    let [code] = codes.as_slice() else { panic!("{} codes", codes.len()) };
    let wrong = Code::parse(if code.expose() == "000000" { "111111" } else { "000000" }).unwrap();
    let (world, wrong) = (&world, &wrong);
    let guesses = (0..40u8).map(|seed| async move {
        let mut rng = ChaCha8Rng::seed_from_u64(u64::from(seed));
        enter_by_code(&mut world.act_beside(at, &mut rng), step, wrong, None).await.unwrap()
    });
    let answers = join_all(guesses).await;
    let looked_at =
        |one: &&EntryAnswer| matches!(one, EntryAnswer::Refused(CodeRefusal::Wrong { .. }));
    assert_eq!(answers.iter().filter(looked_at).count(), 4, "{answers:?}");
    let tries = "SELECT count(*) FROM audit_events WHERE act = 'code_try'";
    assert_eq!(world.number(tries).await, 5);
    let mut rng = ChaCha8Rng::seed_from_u64(99);
    let act = &mut world.act_beside(at, &mut rng);
    let answer = enter_by_code(act, step, code, None).await.unwrap();
    assert!(matches!(answer, EntryAnswer::Refused(CodeRefusal::Locked { .. })), "{answer:?}");
}

/// A code that was replaced is not sent; one that was used is not taken again; and once it has come back, the API takes no
/// password alone, and a session that it opened before has ended.
#[tokio::test]
async fn replaced_and_used() {
    let mut world = World::new(48, &[(WaveKind::Regular, 3)]).await;
    let passwords = Passwords::new(2).unwrap();
    let at = world.calendar(48).opens_at;
    let step = opened(&mut world, &passwords, at).await;
    let email = Email::parse("siti@contoh.id").unwrap();
    let password = Password::parse(PASSWORD).unwrap();
    let answer = sign_in(&mut world.act(at), &passwords, &email, password.clone()).await.unwrap();
    let SignInAnswer::SignedIn(before) = answer else { panic!("not proven yet: {answer:?}") };
    let later = at.plus_micros(60_000_000);
    send_again(&mut world.act(later), step, Channel::Email, &|_| None).await.unwrap();
    let codes = sent(&world, later).await;
    let [code] = codes.as_slice() else { panic!("{} codes", codes.len()) };
    let void = "SELECT count(*) FROM notices WHERE template = 'code_email' AND state = 'void'";
    assert_eq!(world.number(void).await, 1);
    for is_first in [true, false] {
        let answer = enter_by_code(&mut world.act(later), step, code, None).await.unwrap();
        assert_eq!(matches!(answer, EntryAnswer::Entered(_)), is_first, "{answer:?}");
        if let EntryAnswer::Entered(entered) = answer {
            let database = world.scratch.database();
            for (session, goes_on) in [(before, false), (entered.session, true)] {
                let found = session_of(database, &session.token, later).await.unwrap();
                assert_eq!(found.is_some(), goes_on);
            }
        }
    }
    let answer = sign_in(&mut world.act(later), &passwords, &email, password).await.unwrap();
    assert_eq!(answer, SignInAnswer::CodeNeeded);
}

/// Goal: one number gets six codes in two hours, whichever accounts ask; whoever asks after that is told how long to wait,
/// and has other numbers. Method: a code a minute, each for another account.
#[tokio::test]
async fn one_number_of_many_accounts() {
    let mut world = World::new(48, &[(WaveKind::Regular, 3)]).await;
    let opens_at = world.calendar(48).opens_at;
    let phone = |text| Phone::parse(text).unwrap();
    let number = || phone("+6281234567890");
    for account_number in 1..=6 {
        let account = account(&world, account_number).await;
        let act = &mut world.act(opens_at.plus_micros(60_000_000 * (account_number as i64)));
        let answer = begin_phone(act, account, number()).await.unwrap();
        assert_eq!(answer, Some(SendAnswer::Sent), "{account_number}");
    }
    let last = opens_at.plus_micros(6 * 60_000_000);
    let until = last.plus_micros(2 * 3600 * 1_000_000);
    let seventh = account(&world, 7).await;
    for now in [last.plus_micros(60_000_000), until.minus_micros(1)] {
        let answer = begin_phone(&mut world.act(now), seventh, number()).await.unwrap();
        assert_eq!(answer, Some(SendAnswer::Not(NotSent::Waits { until })));
    }
    let texts = "SELECT count(*) FROM notices WHERE template = 'code_sms'";
    let later = last.plus_micros(120_000_000);
    let first = AccountId::from_uuid(Uuid::from_u128(1));
    let act = &mut world.act(later);
    let again = send_member_again(act, first, CodePurpose::ConfirmPhone).await.unwrap();
    assert_eq!(again, SendAnswer::Not(NotSent::Waits { until }), "nor is it sent anew");
    assert_eq!(world.number(texts).await, 6);
    let other = begin_phone(&mut world.act(later), seventh, phone("+6281299998888")).await.unwrap();
    assert_eq!(other, Some(SendAnswer::Sent));
    let after = begin_phone(&mut world.act(until), seventh, number()).await.unwrap();
    assert_eq!(after, Some(SendAnswer::Sent));
}

/// Goal: an account is opened with its code and what was accepted, or not at all. Method: the last of them out of reach,
/// then there again.
#[tokio::test]
async fn opened_whole() {
    let mut world = World::new(48, &[(WaveKind::Regular, 3)]).await;
    let passwords = Passwords::new(2).unwrap();
    let at = world.calendar(48).opens_at;
    let before = world.contents().await;
    world.execute("ALTER TABLE consents RENAME TO out_of_reach").await;
    let failed = open(&mut world, &passwords, at).await;
    assert!(failed.is_err(), "{failed:?}");
    world.execute("ALTER TABLE out_of_reach RENAME TO consents").await;
    assert_eq!(world.contents().await, before);
    opened(&mut world, &passwords, at).await;
    assert_eq!(world.number("SELECT count(*) FROM consents").await, 2);
    assert_eq!(sent(&world, at).await.len(), 1);
}

/// An address to which no code may go at this moment, since it was another account's a moment ago, gets a letter all the
/// same. Method: the other account's address changed beneath.
#[tokio::test]
async fn always_one_letter() {
    let mut world = World::new(48, &[(WaveKind::Regular, 3)]).await;
    let passwords = Passwords::new(2).unwrap();
    let at = world.calendar(48).opens_at;
    let letters = "SELECT count(*) FROM notices WHERE template = 'account_opened'";
    opened(&mut world, &passwords, at).await;
    assert_eq!(world.number(letters).await, 0, "the letter with the code says it all");
    world.execute("UPDATE accounts SET email_index = gen_random_uuid()").await;
    world.execute("DELETE FROM client_keys").await;
    opened(&mut world, &passwords, at).await;
    assert_eq!(world.number(letters).await, 1);
    assert_eq!(sent(&world, at).await.len(), 1, "no second code within the minute");
}
