//! The draft of a registration: kept as typed, sealed, and by two devices at once.

use app::accounts::{AccountOpening, open_accounts};
use app::draft::save_answers;
use app::register_one::Registrant;
use app::registration::{SendAnswer, read_application, send_application};
use domain::client_key::ClientKey;
use domain::draft::DraftField;
use domain::identity::Email;
use domain::ids::AccountId;
use domain::reasons::Language;
use domain::wave::WaveKind;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng as _;
use storage::secrets::{SecretKind, secret_put};
use storage::vault::SealRandom;
use uuid::Uuid;

use crate::races::contend;
use crate::support::World;

async fn account(world: &mut World) -> AccountId {
    let now = world.calendar(48).opens_at;
    let opening = AccountOpening {
        email: Email::parse("kenari@contoh.id").unwrap(),
        password_hash: "$argon2id$".to_owned(),
        person_id: None,
        language: Language::Indonesian,
    };
    open_accounts(&mut world.act(now), &[opening]).await.unwrap().remove(0)
}

/// A half-filled answer comes back as typed, an empty one takes it away, and nothing of it stands in a table in clear.
#[tokio::test]
async fn round_trip() {
    let mut world = World::new(48, &[(WaveKind::Regular, 3)]).await;
    let account = account(&mut world).await;
    let now = world.calendar(48).opens_at;
    let answers = [(DraftField::Nik, "1571 01"), (DraftField::Name, " Kenari \u{e9} ")];
    save_answers(&mut world.act(now), account, &answers).await.unwrap().unwrap();
    let (database, today) = (world.scratch.database(), now.wib_date());
    let read = read_application(database, &world.keys, account, today).await.unwrap();
    assert_eq!(read.draft.text(DraftField::Nik), "1571 01");
    assert_eq!(read.draft.text(DraftField::Name), "Kenari é");
    let stored = world.rows("SELECT * FROM account_secrets").await.concat()
        + &world.rows("SELECT * FROM audit_events").await.concat();
    assert!(!stored.contains("Kenari") && !stored.contains("1571 01"), "{stored}");
    let emptied = save_answers(&mut world.act(now), account, &[(DraftField::Name, "")]).await;
    assert_eq!(emptied.unwrap().unwrap().text(DraftField::Name), "");
    world.assert_audit_clean().await;
}

/// Eight devices that answer different questions at the same moment keep each other's answers.
#[tokio::test]
async fn devices_at_once() {
    let mut world = World::new(48, &[(WaveKind::Regular, 3)]).await;
    let account = account(&mut world).await;
    let now = world.calendar(48).opens_at;
    let fields = [
        DraftField::Nik,
        DraftField::FamilyCard,
        DraftField::Name,
        DraftField::Sex,
        DraftField::Education,
        DraftField::Employment,
        DraftField::Disability,
        DraftField::Student,
    ];
    let world = &world;
    let saves = fields.iter().zip(0..).map(async |(field, seed)| {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let act = &mut world.act_beside(now, &mut rng);
        save_answers(act, account, &[(*field, "answer")]).await.unwrap().unwrap();
    });
    futures_util::future::join_all(saves).await;
    let (database, today) = (world.scratch.database(), now.wib_date());
    let read = read_application(database, &world.keys, account, today).await.unwrap();
    for field in fields {
        assert_eq!(read.draft.text(field), "answer", "{field:?}");
    }
}

/// An account with everything that a registration needs.
async fn finished(world: &mut World) -> AccountId {
    let account = account(world).await;
    let now = world.calendar(48).opens_at;
    let agreed = |field: DraftField| field.consent().unwrap().text().version.to_string();
    let [terms, privacy, truth] =
        [DraftField::Terms, DraftField::Privacy, DraftField::Truth].map(agreed);
    let answers = [
        (DraftField::Nik, "1571014508990001"),
        (DraftField::FamilyCard, "1571010101200002"),
        (DraftField::BornOn, "5-8-1999"),
        (DraftField::Name, "Kenari"),
        (DraftField::Sex, "woman"),
        (DraftField::Region, "15.71"),
        (DraftField::District, "157101"),
        (DraftField::Education, "senior_high"),
        (DraftField::Employment, "job_seeker"),
        (DraftField::Disability, "no"),
        (DraftField::Student, "no"),
        (DraftField::Office, "no"),
        (DraftField::Aid, "no"),
        (DraftField::Terms, terms.as_str()),
        (DraftField::Privacy, privacy.as_str()),
        (DraftField::Truth, truth.as_str()),
    ];
    let act = &mut world.act(now);
    save_answers(act, account, &answers).await.unwrap().unwrap();
    let mut tx = act.database.begin().await.unwrap();
    let (kind, random) = (SecretKind::new("verified_phone"), SealRandom::draw(act.rng));
    let place = (Uuid::from_u128(1), &random);
    secret_put(&mut tx, act.keys, (account, kind), b"+6281234567890", place, now).await.unwrap();
    tx.commit().await.unwrap();
    let id = account.uuid();
    world
        .execute(&format!(
            "UPDATE accounts SET email_confirmed_at = '{now}';
             INSERT INTO account_secrets VALUES
             (gen_random_uuid(), '{id}', 'identity_photo', '\\x00', '\\x00', '{now}');
             INSERT INTO face_checks (account_id, state, sent_at, answered_at)
             VALUES ('{id}', 'confirmed', '{now}', '{now}')"
        ))
        .await;
    account
}

/// Goal: an answer that is acknowledged is in what is registered. Method: a finished draft that is sent, and an answer
/// changed behind it, both held off by the account.
#[tokio::test]
async fn answered_while_sending() {
    let mut world = World::new(48, &[(WaveKind::Regular, 3)]).await;
    let account = finished(&mut world).await;
    let now = world.calendar(48).opens_at;
    let [mut a, mut b] = [1, 2].map(ChaCha8Rng::seed_from_u64);
    let (mut one, mut other) = (world.act_beside(now, &mut a), world.act_beside(now, &mut b));
    let (registrant, key) =
        (Registrant { account, network: None }, ClientKey::parse("send").unwrap());
    let sending = send_application(&mut one, registrant, &key);
    let answers = [(DraftField::Education, "bachelor")];
    let saving = save_answers(&mut other, account, &answers);
    let lock = format!("SELECT FROM accounts WHERE account_id = '{}' FOR UPDATE", account.uuid());
    let (sent, saved) = contend(&world, &lock, sending, saving).await;
    assert!(matches!(sent, Ok(SendAnswer::Registered(_))), "{sent:?}");
    assert_eq!(saved.unwrap(), None, "kept in a draft that has ended");
    let drafts = "SELECT count(*) FROM account_secrets WHERE kind = 'draft'";
    assert_eq!(world.number(drafts).await, 0);
    world.assert_audit_clean().await;
}
