//! Registering: who gets in, who is known, who is refused.

use app::register::{Registration, RegistrationRefusal};
use domain::eligibility::Finding;
use domain::nik::FamilyCard;
use domain::policy::Occupation;
use domain::time::Timestamp;
use domain::wave::WaveKind;
use storage::persons::{identity_erase, identity_find};

use crate::support::{World, applicant, applicants, region};

/// Registers batches in which good, known and refused ones stand side by side: only the refused are
/// kept out, a second time changes nothing, and an erased person's number stays taken.
#[tokio::test]
async fn batches() {
    use RegistrationRefusal::{CardIsNik, IdTaken, NikTaken, NotARegency};
    let mut world = World::new(48, &[(WaveKind::Regular, 0)]).await;
    let mut batch = applicants(1..=5);
    batch[0].findings = vec![Finding::Holds(Occupation::Police), Finding::NotCitizen];
    let same_nik = |number, nik_of: u32| {
        let mut one = applicant(number);
        one.identity.nik = applicant(nik_of).identity.nik;
        one
    };
    let in_a_province = Registration { region: region(15), ..applicant(7) };
    let in_no_region = Registration { region: region(1599), ..applicant(14) };
    let mut one_number = applicant(15);
    one_number.identity.family_card =
        FamilyCard::parse(std::str::from_utf8(one_number.identity.nik.expose()).unwrap()).unwrap();
    batch.extend([same_nik(6, 5), in_a_province, in_no_region, one_number]);
    let refused: Vec<_> = batch[5..]
        .iter()
        .zip([NikTaken, NotARegency, NotARegency, CardIsNik])
        .map(|(one, why)| (one.person_id, why))
        .collect();

    let outcome = world.register(&batch).await;
    assert_eq!((outcome.registered, outcome.known, &outcome.refused), (5, 0, &refused));
    let after_first = world.contents().await;
    let outcome = world.register(&batch).await;
    assert_eq!((outcome.registered, outcome.known, &outcome.refused), (0, 5, &refused));
    assert_eq!(world.contents().await, after_first, "again changes nothing, not even the trail");

    let outcome = world.register(&[same_nik(8, 1), applicant(9), applicant(2)]).await;
    assert_eq!((outcome.registered, outcome.known), (1, 1));
    assert_eq!(outcome.refused, [(applicant(8).person_id, NikTaken)]);
    for (table, rows) in [
        ("persons", 6),
        ("person_niks", 6),
        ("person_identities", 6),
        ("registration_checks", 2),
        ("audit_events WHERE act = 'persons_register'", 2),
    ] {
        assert_eq!(world.number(&format!("SELECT count(*) FROM {table}")).await, rows, "{table}");
    }

    // A known id sent with another number, and one id twice in a batch, keep out nobody else.
    let other_id = |number, id_of: u32| Registration {
        person_id: applicant(id_of).person_id,
        ..applicant(number)
    };
    let outcome = world.register(&[other_id(11, 4), applicant(12), other_id(13, 12)]).await;
    assert_eq!((outcome.registered, outcome.known), (1, 0));
    let taken = [4, 12].map(|id_of| (applicant(id_of).person_id, IdTaken));
    assert_eq!(outcome.refused, taken);

    let person = applicant(3).person_id;
    let mut tx = world.scratch.database().begin().await.unwrap();
    let sealed = identity_find(&mut tx, person).await.unwrap().unwrap();
    let identity = world.keys.open(person, &sealed.wrapped_key, &sealed.sealed).unwrap();
    assert_eq!(identity, applicant(3).identity);
    for day in 1..=2 {
        identity_erase(&mut tx, person, Timestamp::from_micros(day)).await.unwrap();
    }
    assert_eq!(identity_find(&mut tx, person).await.unwrap(), None);
    tx.commit().await.unwrap();
    assert_eq!(
        world
            .rows("SELECT erased_at, sealed FROM person_identities WHERE erased_at IS NOT NULL")
            .await,
        ["(\"1970-01-01 00:00:00.000001+00\",)"]
    );
    let outcome = world.register(&[same_nik(10, 3), applicant(3)]).await;
    assert_eq!((outcome.registered, outcome.known), (0, 1));
    assert_eq!(outcome.refused, [(applicant(10).person_id, NikTaken)]);
}
