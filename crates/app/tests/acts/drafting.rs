//! The draft of a registration: kept as typed, sealed, and by two devices at once.

use app::accounts::{AccountOpening, open_accounts};
use app::draft::save_answers;
use app::registration::read_application;
use domain::draft::DraftField;
use domain::identity::Email;
use domain::ids::AccountId;
use domain::reasons::Language;
use domain::wave::WaveKind;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng as _;

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
