//! A decree never meets a family card without a place: one home a card, one open roll at a time.

use app::act::ActError;
use domain::eligibility::Finding;
use domain::policy::Occupation;
use domain::region::RegionCode;
use domain::wave::WaveKind;

use crate::support::{World, family, region, wave};

/// Three people of one card in two regencies, with seats for all: whoever states another regency than
/// most of the card is kept out with the reason, and the decree takes the others.
#[tokio::test]
async fn a_card_has_one_home() {
    let mut world = World::new(48, &[(WaveKind::Regular, 30)]).await;
    let mut scattered = family(1..=3, 1);
    let homes: [RegionCode; 3] = [region(1571), region(1571), region(1501)];
    for (member, home) in scattered.iter_mut().zip(homes) {
        member.region = home;
    }
    world.register(&scattered).await;
    world.open_with(48, &scattered).await;
    let (frozen, drawn, appointed) = world.grant(48).await;
    assert_eq!((frozen.entries, frozen.ineligible), (2, 1));
    assert_eq!((drawn.selected, appointed.appointments), (2, 2));
    assert_eq!(
        world.rows("SELECT reason FROM decisions WHERE reason IS NOT NULL").await,
        ["(household_region)"]
    );
}

/// Who is kept out by a rule of their own has no say in the home of a card: neither two relatives who are
/// civil servants nor two strangers who state its number push the one out who may be drawn.
#[tokio::test]
async fn only_those_who_passed_decide_the_home() {
    for finding in [Finding::Holds(Occupation::CivilServant), Finding::IdentityRefuted] {
        let mut world = World::new(48, &[(WaveKind::Regular, 30)]).await;
        let mut members = family(1..=3, 1);
        for member in &mut members[1..] {
            member.region = region(1501);
            member.findings = vec![finding];
        }
        world.register(&members).await;
        world.open_with(48, &members).await;
        let (frozen, drawn, appointed) = world.grant(48).await;
        assert_eq!((frozen.entries, frozen.ineligible), (1, 2));
        assert_eq!((drawn.selected, appointed.appointments), (1, 1));
        let holder = world.rows("SELECT person_id FROM beneficiaries").await;
        assert_eq!(holder, [format!("({})", members[0].person_id.uuid())]);
        let about_the_card = "SELECT reason FROM decisions WHERE reason = 'household_region'";
        assert!(world.rows(about_the_card).await.is_empty());
    }
}

/// A wave whose predecessor is frozen or drawn cannot be frozen, because both rolls would count the same
/// place of a card; after the decree it can, and the card gets no third beneficiary.
#[tokio::test]
async fn one_open_roll_at_a_time() {
    let waves = [(WaveKind::Regular, 30), (WaveKind::Regular, 30)];
    let mut world = World::new(48, &waves).await;
    let members = family(1..=3, 1);
    world.register(&members).await;
    world.open_with(48, &members[..2]).await;
    world.open_with(49, &members[2..]).await;
    world.close(48).await.unwrap();
    world.close(49).await.unwrap();
    world.freeze(48).await.unwrap();
    for drawn in [false, true] {
        if drawn {
            world.draw(48).await.unwrap();
        }
        let before = world.contents().await;
        let refused = world.freeze(49).await.unwrap_err();
        assert!(
            matches!(refused, ActError::OpenRoll { wave: later, open } if (later, open) == (wave(49), wave(48))),
            "{refused:?}"
        );
        assert!(refused.to_string().contains("before the decree of wave 48"), "{refused}");
        assert_eq!(world.contents().await, before, "nothing changed");
    }
    world.appoint(48).await.unwrap();
    let frozen = world.freeze(49).await.unwrap();
    assert_eq!((frozen.entries, frozen.ineligible), (0, 1));
    world.draw(49).await.unwrap();
    world.appoint(49).await.unwrap();
}
