//! Being erased: what goes and what stays, taking it back, and what keeps it off; copies, and consents that end.

use app::accounts::{OpenAnswer, SignInAnswer, open_account, open_sessions, session_of, sign_in};
use app::consents::{consents_give, consents_of};
use app::correct::{CorrectAnswer, Correction, correct_statement};
use app::jobs::{Tools, claim_jobs, run_job};
use app::own_data::{CopyAnswer, copy_own_data};
use app::passwords::Passwords;
use app::register::RegistrationRefusal;
use app::register_one::{RegisterAnswer, Registrant, Statement, register_person};
use app::rights::{
    ErasureStanding, WithdrawalAnswer, ask_erasure, read_erasure, requests_near, requests_of,
    take_back_erasure, withdraw_consent,
};
use domain::account::Password;
use domain::client_key::ClientKey;
use domain::consent::ConsentKind;
use domain::identity::{Email, PersonName};
use domain::ids::{AccountId, PersonId};
use domain::policy::Named as _;
use domain::reasons::Language;
use domain::rights::{
    COPIES_MAX, ErasureRefusal, RequestKind, RequestState, answer_due, erased_at,
};
use domain::schedule::Lane;
use domain::time::Timestamp;
use domain::wave::WaveKind;
use storage::secrets::{SecretKind, secret_find, secret_put};
use storage::vault::SealRandom;
use uuid::Uuid;

use crate::support::{World, applicant, wave};

const PASSWORD: &str = "kata sandi yang benar";
/// Seen nowhere but in what belongs to one person.
const NAME: &str = "Kutilang Emas Purnama";

fn key(text: &str) -> ClientKey {
    ClientKey::parse(text).unwrap()
}

fn password() -> Password {
    Password::parse(PASSWORD).unwrap()
}

fn address() -> Email {
    Email::parse("kutilang@contoh.id").unwrap()
}

/// The member whom most tests are about.
const KUTILANG: (&str, u32) = ("kutilang", 3);

pub(crate) fn stated(number: u32) -> Statement {
    let mut one = applicant(number);
    one.identity.name = PersonName::parse(NAME).unwrap();
    Statement {
        identity: one.identity,
        sex: one.sex,
        education: one.education,
        employment: one.employment,
        region: one.region,
        disability: one.disability,
    }
}

/// An account of this address with the person of this number, consents and a draft.
pub(crate) async fn member(
    world: &mut World,
    passwords: &Passwords,
    (name, number): (&str, u32),
    at: Timestamp,
) -> (AccountId, PersonId) {
    let act = &mut world.act(at);
    let language = Language::Indonesian;
    let email = Email::parse(&format!("{name}@contoh.id")).unwrap();
    let opened =
        open_account(act, passwords, email, password(), language, &key("open")).await.unwrap();
    let OpenAnswer::Opened(account) = opened else { panic!("{opened:?}") };
    let by = Registrant { account, network: None };
    let done = register_person(act, by, &key("register"), &stated(number)).await.unwrap();
    let RegisterAnswer::Registered(person) = done else { panic!("{done:?}") };
    let mut tx = act.database.begin().await.unwrap();
    consents_give(&mut tx, act, account, ConsentKind::ALL).await.unwrap();
    let random = SealRandom::draw(act.rng);
    let place = (Uuid::from_u128(u128::from(number)), &random);
    let draft = serde_json::json!({ "name": NAME }).to_string();
    secret_put(&mut tx, act.keys, (account, DRAFT), draft.as_bytes(), place, at).await.unwrap();
    tx.commit().await.unwrap();
    (account, person)
}

const DRAFT: SecretKind = SecretKind::new("draft");

/// Runs the jobs of the programme's own that are due, and gives how many there were.
pub(crate) async fn work(world: &mut World, at: Timestamp) -> usize {
    let database = world.scratch.database().clone();
    let jobs = claim_jobs(&database, Uuid::from_u128(1), Lane::Own, at, 100).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let tools = Tools { keys_folder: folder.path(), registers: None, faces: None, folders: None };
    for job in &jobs {
        run_job(&mut world.act(at), tools, job).await.unwrap();
    }
    jobs.len()
}

/// The newest request.
async fn newest(world: &World, account: AccountId) -> (RequestKind, RequestState) {
    let requests = requests_of(world.scratch.database(), account).await.unwrap();
    (requests[0].kind, requests[0].state)
}

/// Goal: after an erasure nothing of the person can be read or opened any more, nobody signs in, the address is free,
/// and the number stays taken; the job does nothing before its time and nothing twice. Method: a member with consents
/// and a draft, erased by the job; every row of every table searched for what was stated.
#[tokio::test]
async fn nothing_is_left() {
    let mut world = World::new(48, &[(WaveKind::Regular, 0)]).await;
    let passwords = Passwords::new(2).unwrap();
    let at = Timestamp::from_micros(1_700_000_000_000_000);
    let (account, person) = member(&mut world, &passwords, KUTILANG, at).await;
    let session = open_sessions(&mut world.act(at), &[account]).await.unwrap()[0];
    let asked = ask_erasure(&mut world.act(at), account).await.unwrap();
    let ErasureStanding::Waits(request) = &asked else { panic!("{asked:?}") };
    assert_eq!((request.run_at, request.due_at), (Some(erased_at(at)), answer_due(at)));
    let again = ask_erasure(&mut world.act(at.plus_micros(1)), account).await.unwrap();
    assert_eq!(again, asked, "asking again changes nothing");
    assert_eq!(work(&mut world, erased_at(at).minus_micros(1)).await, 0, "not before its time");

    let done_at = erased_at(at);
    assert_eq!(work(&mut world, done_at).await, 1);
    assert_eq!(work(&mut world, done_at).await, 0, "once");
    assert_eq!(newest(&world, account).await, (RequestKind::Erasure, RequestState::Done));
    let sealed =
        "SELECT (SELECT count(*) FROM account_contacts) + (SELECT count(*) FROM account_secrets)
                       + (SELECT count(*) FROM person_identities WHERE wrapped_key IS NOT NULL
                                                                     OR sealed IS NOT NULL)";
    assert_eq!(world.number(sealed).await, 0);
    let identity = stated(3).identity;
    let nik = String::from_utf8(identity.nik.expose().to_vec()).unwrap();
    let canaries = [nik.as_str(), NAME, identity.phone.expose(), "kutilang", "kenari"];
    let rows = world.every_row().await;
    assert!(rows.iter().any(|row| row.contains(&account.to_string())), "rows are looked at");
    for canary in canaries {
        // Bytes are written out in hexadecimal.
        let bytes = canary.bytes().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"));
        let found = rows.iter().find(|row| row.contains(canary) || row.contains(&bytes));
        assert_eq!(found, None, "{canary} is left");
    }
    let database = world.scratch.database().clone();
    assert_eq!(session_of(&database, &session.token, done_at).await.unwrap(), None);
    let entered = sign_in(&mut world.act(done_at), &passwords, &address(), password()).await;
    assert_eq!(entered.unwrap(), SignInAnswer::Wrong);
    let language = Language::English;
    let act = &mut world.act(done_at);
    let opened = open_account(act, &passwords, address(), password(), language, &key("anew")).await;
    let OpenAnswer::Opened(other) = opened.unwrap() else { panic!("the address is not free") };
    let by = Registrant { account: other, network: None };
    let second = register_person(act, by, &key("anew"), &stated(3)).await.unwrap();
    assert_eq!(second, RegisterAnswer::Refused(RegistrationRefusal::NikTaken));
    let name = PersonName::parse("X").unwrap();
    let correction = Correction { name: Some(name), ..Correction::default() };
    let corrected = correct_statement(act, account, &key("c"), &correction).await.unwrap();
    assert_eq!(corrected, CorrectAnswer::NoPerson);
    let member = [registration(person)];
    world.open(48).await.unwrap();
    world.join(48, &member).await;
    assert_eq!(world.number("SELECT count(*) FROM memberships").await, 0);
}

/// The registration of test person 3 under the id it got.
pub(crate) fn registration(person: PersonId) -> app::register::Registration {
    app::register::Registration { person_id: person, ..applicant(3) }
}

/// Goal: an erasure that was taken back does not come; one asked for again has a day of its own; near its time somebody
/// hears of it. Method: ask, take back, ask again twelve hours later, with the job looking at both instants.
#[tokio::test]
async fn taken_back() {
    let mut world = World::new(48, &[(WaveKind::Regular, 0)]).await;
    let passwords = Passwords::new(2).unwrap();
    let at = Timestamp::from_micros(1_700_000_000_000_000);
    let (account, person) = member(&mut world, &passwords, KUTILANG, at).await;
    ask_erasure(&mut world.act(at), account).await.unwrap();
    assert!(take_back_erasure(&mut world.act(at), account).await.unwrap());
    assert!(!take_back_erasure(&mut world.act(at), account).await.unwrap());
    assert_eq!(newest(&world, account).await, (RequestKind::Erasure, RequestState::TakenBack));
    let later = at.plus_micros(12 * 3_600_000_000);
    ask_erasure(&mut world.act(later), account).await.unwrap();
    assert_eq!(work(&mut world, erased_at(at)).await, 1);
    let erased = "SELECT count(*) FROM person_identities WHERE erased_at IS NOT NULL";
    assert_eq!(world.number(erased).await, 0, "its day is not over");
    let database = world.scratch.database().clone();
    let standing = read_erasure(&database, account, Some(person)).await.unwrap();
    assert!(matches!(standing, ErasureStanding::Waits(_)), "{standing:?}");
    assert_eq!(requests_near(&database, erased_at(later)).await.unwrap(), 0);
    assert_eq!(requests_near(&database, answer_due(later)).await.unwrap(), 1);
    assert_eq!(work(&mut world, erased_at(later)).await, 1);
    assert_eq!(world.number(erased).await, 1);
}

/// Goal: nobody is erased whose wave runs, neither when asking nor when the time has come, and is told. Method: a join
/// after the request, and a request after the join.
#[tokio::test]
async fn wave_runs() {
    let mut world = World::new(48, &[(WaveKind::Regular, 1)]).await;
    let passwords = Passwords::new(2).unwrap();
    let at = world.calendar(48).opens_at.minus_micros(3_600_000_000);
    let (account, person) = member(&mut world, &passwords, KUTILANG, at).await;
    ask_erasure(&mut world.act(at), account).await.unwrap();
    world.open(48).await.unwrap();
    world.join(48, &[registration(person)]).await;
    assert_eq!(world.number("SELECT count(*) FROM memberships").await, 1);
    work(&mut world, erased_at(at)).await;
    assert_eq!(newest(&world, account).await, (RequestKind::Erasure, RequestState::Refused));
    let told =
        "SELECT count(*) FROM notices WHERE template IN ('erasure_asked', 'erasure_refused')";
    assert_eq!(world.number(told).await, 2);
    let results_at = world.calendar(48).results_at;
    let runs = ErasureRefusal::WaveRuns { wave: wave(48), results_at };
    let answer = ask_erasure(&mut world.act(erased_at(at)), account).await.unwrap();
    assert_eq!(answer, ErasureStanding::Refused(runs));
}

/// Goal: a consent that is withdrawn ends what rests on it at once and stays on record; duties and declarations stay.
/// A copy has what is held, and is given so often a day. Method: each kind withdrawn; copies until one is refused.
#[tokio::test]
async fn consents_and_copies() {
    let mut world = World::new(48, &[(WaveKind::Regular, 0)]).await;
    let passwords = Passwords::new(2).unwrap();
    let at = Timestamp::from_micros(1_700_000_000_000_000);
    let (account, person) = member(&mut world, &passwords, KUTILANG, at).await;
    let database = world.scratch.database().clone();
    let picture = SecretKind::new("identity_photo");
    {
        let act = &mut world.act(at);
        let random = SealRandom::draw(act.rng);
        let mut tx = act.database.begin().await.unwrap();
        let place = (Uuid::from_u128(8), &random);
        secret_put(&mut tx, act.keys, (account, picture), b"p", place, at).await.unwrap();
        tx.commit().await.unwrap();
    }
    for (kind, answer) in [
        (ConsentKind::PhotoAndFace, WithdrawalAnswer::Withdrawn),
        (ConsentKind::PhotoAndFace, WithdrawalAnswer::NothingHeld),
        (ConsentKind::SmsContact, WithdrawalAnswer::Withdrawn),
        (ConsentKind::Terms, WithdrawalAnswer::LeadsToErasure),
        (ConsentKind::Privacy, WithdrawalAnswer::LeadsToErasure),
        (ConsentKind::RegistryChecks, WithdrawalAnswer::Impossible),
        (ConsentKind::Truth, WithdrawalAnswer::Impossible),
    ] {
        let act = &mut world.act(at.plus_micros(1));
        assert_eq!(withdraw_consent(act, account, kind).await.unwrap(), answer, "{kind:?}");
    }
    let mut conn = database.begin().await.unwrap();
    let kept = secret_find(&mut conn, &world.keys, (account, picture)).await.unwrap();
    drop(conn);
    assert_eq!(kept, None);
    let rows = consents_of(&database, account).await.unwrap();
    assert_eq!(rows.len(), ConsentKind::ALL.len());
    assert_eq!(rows.iter().filter(|row| row.withdrawn_at.is_some()).count(), 2);

    for _ in 0..COPIES_MAX {
        let copied = copy_own_data(&mut world.act(at), account, Some(person)).await.unwrap();
        let CopyAnswer::Given(data) = copied else { panic!("{copied:?}") };
        let json = data.json();
        for held in [NAME, "15710101019", "kutilang@contoh.id", "consent_withdraw", "withdrawn_at"]
        {
            assert!(json.contains(held), "{held} is not in the copy:\n{json}");
        }
    }
    let copied = copy_own_data(&mut world.act(at), account, Some(person)).await.unwrap();
    assert_eq!(copied, CopyAnswer::TooOften { until: at.plus_days(1) });
}
