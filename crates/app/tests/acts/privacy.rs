//! Nothing personal leaves the vault: not in what prints, not in the tables, not in the server's log.

use app::act::ActError;
use app::register::register_persons;
use domain::wave::WaveKind;
use storage::error::StorageError;

use crate::support::{World, applicants};

/// Registers and joins people, makes acts fail in the database with their rows in hand, and looks for
/// them in everything printed, in every table and in the server's log.
#[tokio::test]
async fn canary() {
    let mut world = World::new(48, &[(WaveKind::Regular, 3)]).await;
    let people = applicants(1..=3);
    let mut printed = format!("{people:?} {:?}", world.register(&people).await);
    world.open_with(48, &people[..2]).await;
    printed.push_str(&format!("{:?}", world.join(48, &people).await));
    let now = world.calendar(48).opens_at;
    printed.push_str(&format!("{:?}", world.act(now)));
    for obstacle in [
        "ALTER TABLE persons ADD CONSTRAINT obstacle CHECK (birth_year < 1000) NOT VALID",
        "ALTER TABLE persons ADD COLUMN obstacle text NOT NULL DEFAULT ''; ALTER TABLE persons ALTER obstacle DROP DEFAULT",
        "DROP TABLE registration_checks CASCADE",
        "DROP TABLE person_identities CASCADE",
    ] {
        world.execute(obstacle).await;
        let refused = register_persons(&mut world.act(now), &applicants(4..=9)).await.unwrap_err();
        assert!(
            matches!(
                refused,
                ActError::Storage(StorageError::Conflict { .. } | StorageError::Driver(_))
            ),
            "{refused:?}"
        );
        printed.push_str(&format!("{refused} {refused:?}"));
    }
    let log = std::fs::read_to_string(world.scratch.folder().join("data/postgres.log")).unwrap();
    assert!(
        log.contains("ready to accept connections"),
        "the log is where it is looked for: {log}"
    );
    let mut stored = String::new();
    for table in ["persons", "person_niks", "memberships", "audit_events", "approvals"] {
        stored.push_str(&world.rows(&format!("SELECT * FROM {table}")).await.concat());
    }
    let identity = &people[0].identity;
    let nik = String::from_utf8(identity.nik.expose().to_vec()).unwrap();
    let card = String::from_utf8(identity.family_card.expose().to_vec()).unwrap();
    for text in [&nik[..12], &card[..12], "Kenari", "812555", "kenari", "1990-01-01"] {
        for (place, content) in [("prints", &printed), ("log", &log), ("tables", &stored)] {
            assert!(!content.contains(text), "{text} in {place}");
            let hex = text.bytes().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"));
            assert!(!content.contains(&hex), "{text} as bytes in {place}");
        }
    }
}
