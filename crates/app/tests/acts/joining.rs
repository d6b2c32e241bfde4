//! Joining: every refusal at once by its rule, the window to the microsecond, and twice.

use app::act::ActError;
use app::join::{JoinRequest, join_wave};
use app::register::Registration;
use app::wave::{close_wave, open_wave};
use domain::eligibility::Rule;
use domain::ids::PersonId;
use domain::time::Timestamp;
use domain::wave::{WaveEvent, WaveKind};
use storage::persons::identity_erase;
use time::{Date, Month};

use crate::support::{World, applicant, applicants, family, ids, wave};

/// The person of this number, born on the given day of February.
fn born(number: u32, year: i32, day: u8) -> Registration {
    let mut one = applicant(number);
    one.identity.born_on = Date::from_calendar_date(year, Month::February, day).unwrap();
    one
}

/// Joins one person and gives the rule that refused, or `None` for a new member.
async fn join_one(
    world: &mut World,
    number: u16,
    person: PersonId,
    joined_at: Timestamp,
) -> Option<Rule> {
    let request = JoinRequest { person_id: person, joined_at };
    let outcome = join_wave(&mut world.act(joined_at), wave(number), &[request]).await.unwrap();
    assert_eq!(outcome.joined.len() + outcome.refused.len(), 1, "{outcome:?}");
    outcome.refused.first().map(|(refused, rule)| {
        assert_eq!(*refused, person);
        *rule
    })
}

/// Asks at the edges of window and age, as a stranger, erased, and before and after the wave is open;
/// the last day of this wave is 3 February 2023.
#[tokio::test]
async fn refused_at_once() {
    let mut world = World::new(48, &[(WaveKind::Regular, 10)]).await;
    let people = [
        born(1, 2005, 3), // 18 on the last day
        born(2, 2005, 4),
        born(3, 1958, 4), // 64 on the last day
        born(4, 1958, 3),
        applicant(5),
        applicant(6),
        applicant(7),
        applicant(8),
        applicant(9),
    ];
    world.register(&people).await;
    let mut tx = world.scratch.database().begin().await.unwrap();
    identity_erase(&mut tx, people[8].person_id, Timestamp::from_micros(0)).await.unwrap();
    tx.commit().await.unwrap();
    let (opens, closes) = (world.calendar(48).opens_at, world.calendar(48).closes_at);
    let early = open_wave(&mut world.act(opens.minus_micros(1)), wave(48)).await.unwrap_err();
    assert!(
        matches!(early, ActError::TooEarly { event: WaveEvent::Open, at, .. } if at == opens),
        "{early}"
    );
    assert_eq!(
        join_one(&mut world, 48, people[0].person_id, opens).await,
        Some(Rule::WaveOpen),
        "in the window of a wave that nobody opened"
    );
    world.open(48).await.unwrap();
    for (who, at, rule) in [
        (0, opens, None),
        (1, opens, Some(Rule::MinimumAge)),
        (2, opens, None),
        (3, opens, Some(Rule::MaximumAge)),
        (4, opens.minus_micros(1), Some(Rule::WaveOpen)),
        (4, opens, None),
        (5, closes, Some(Rule::WaveOpen)),
        (5, closes.minus_micros(1), None),
        (8, opens, Some(Rule::Registered)),
    ] {
        assert_eq!(
            join_one(&mut world, 48, people[who].person_id, at).await,
            rule,
            "{who} at {at}"
        );
    }
    let stranger = applicant(99).person_id;
    assert_eq!(join_one(&mut world, 48, stranger, opens).await, Some(Rule::Registered));
    let request = JoinRequest { person_id: stranger, joined_at: opens };
    let unknown = join_wave(&mut world.act(opens), wave(49), &[request]).await.unwrap_err();
    assert!(matches!(unknown, ActError::UnknownWave(_)), "{unknown}");

    let early = close_wave(&mut world.act(closes.minus_micros(1)), wave(48)).await.unwrap_err();
    assert!(
        matches!(early, ActError::TooEarly { event: WaveEvent::Close, at, .. } if at == closes),
        "{early}"
    );
    world.close(48).await.unwrap();
    assert_eq!(
        join_one(&mut world, 48, people[6].person_id, opens).await,
        Some(Rule::WaveOpen),
        "after the close, whatever the instant it names"
    );
    assert_eq!(world.number("SELECT count(*) FROM memberships").await, 4);
    let again = world.close(48).await.unwrap_err();
    assert!(matches!(again, ActError::WaveState { .. }), "{again}");
}

/// Joins the same people again, alone, beside new ones and twice within one batch: one membership each,
/// first instant kept; the row is what was true of the person at the join.
#[tokio::test]
async fn twice() {
    let mut world = World::new(48, &[(WaveKind::Regular, 10)]).await;
    let people = applicants(1..=4);
    world.register(&people).await;
    world.open_with(48, &people[..2]).await;
    let before = world.contents().await;
    let outcome = world.join(48, &people[..2]).await;
    assert_eq!((outcome.joined.len(), outcome.refused.len()), (0, 0));
    assert_eq!(outcome.members, ids(&people[..2]));
    assert_eq!(world.contents().await, before, "again changes nothing, not even the trail");

    let opens = world.calendar(48).opens_at;
    let request = |who: usize, micros| JoinRequest {
        person_id: people[who].person_id,
        joined_at: opens.plus_micros(micros),
    };
    let requests = [request(2, 9), request(1, 5), request(2, 7), request(3, 5), request(3, 6)];
    let ahead = join_wave(&mut world.act(opens), wave(48), &requests[..1]).await.unwrap();
    assert_eq!(ahead.refused, [(people[2].person_id, Rule::WaveOpen)], "dated after the act");
    let now = opens.plus_micros(9);
    let outcome = join_wave(&mut world.act(now), wave(48), &requests).await.unwrap();
    assert_eq!(outcome.joined, ids(&people[2..]));
    assert_eq!(outcome.members, ids(&people[1..2]));
    assert_eq!(outcome.refused, []);
    assert_eq!(
        world
            .rows(
                "SELECT extract(microseconds FROM joined_at)::integer, region, age, sex, education,
                        household_tag <> decode(repeat('00', 8), 'hex') AS tagged
                 FROM memberships ORDER BY person_id",
            )
            .await[2..],
        ["(7,1501,33,woman,senior_high,t)", "(5,1571,33,man,senior_high,t)"]
    );
}

/// After a wave with a place for everyone: who bought is barred as a recipient, who missed as revoked,
/// and the third of a family whose two places are taken as full, while a card with one place is not.
#[tokio::test]
async fn after_a_grant() {
    let mut world = World::new(48, &[(WaveKind::Regular, 20), (WaveKind::Regular, 10)]).await;
    let (family, half) = (family(1..=3, 1), family(4..=5, 4));
    let single = applicants(6..=7);
    world.register(&[&family[..], &half, &single].concat()).await;
    world.open_with(48, &[&family[..2], &half[..1], &single[..]].concat()).await;
    world.grant(48).await;
    let bought = world.buy(48, &[&family[..2], &half[..1], &single[..1]].concat(), 100_000).await;
    assert_eq!(bought.recorded, 4);
    assert_eq!(world.sweep(48, world.due(48)).await, 1);
    world.open(49).await.unwrap();
    let outcome = world.join(49, &[&family[..], &half, &single].concat()).await;
    assert_eq!(outcome.joined, ids(&half[1..]));
    let mut refused = outcome.refused;
    refused.sort_unstable();
    let grants = |person: &Registration| (person.person_id, Rule::LifetimeGrants);
    assert_eq!(
        refused,
        [
            grants(&family[0]),
            grants(&family[1]),
            (family[2].person_id, Rule::HouseholdPlaces),
            grants(&half[0]),
            grants(&single[0]),
            (single[1].person_id, Rule::NeverRevoked),
        ]
    );
}

/// Policies that the programme did not have, but the rules know: a limit of joins; a place that a
/// revoked recipient keeps; no bar after a revocation.
#[tokio::test]
async fn other_policies() {
    let waves = [(WaveKind::Regular, 4), (WaveKind::Regular, 0), (WaveKind::Regular, 4)];
    let mut world = World::with_policies(
        &[
            ("join_attempts_max = { value = \"none\"", "join_attempts_max = { value = 2"),
            ("kk_counts_revoked = { value = false", "kk_counts_revoked = { value = true"),
            (
                "revoked_barred = { value = \"for_life\"",
                "revoked_barred = { value = \"not_barred\"",
            ),
        ],
        48,
        &waves,
    )
    .await;
    let (family, single) = (family(1..=3, 1), applicants(4..=4));
    world.register(&[&family[..], &single].concat()).await;
    world.open_with(48, &family[..2]).await;
    world.grant(48).await;
    assert_eq!(world.sweep(48, world.due(48)).await, 2);
    assert_eq!(world.number("SELECT count(*) FROM household_slots").await, 2, "kept by the policy");
    world.open(49).await.unwrap();
    let outcome = world.join(49, &[&family[..], &single].concat()).await;
    assert_eq!(outcome.joined, ids(&single));
    assert!(outcome.refused.iter().all(|(_, rule)| *rule == Rule::HouseholdPlaces));
    assert_eq!(outcome.refused.len(), 3);

    world.execute("DELETE FROM household_slots").await;
    let outcome = world.join(49, &family[..1]).await;
    assert_eq!(outcome.joined, ids(&family[..1]), "revoked and not barred");
    world.open(50).await.unwrap();
    let outcome = world.join(50, &[&family[..1], &single].concat()).await;
    assert_eq!(outcome.joined, ids(&single));
    assert_eq!(outcome.refused, [(family[0].person_id, Rule::JoinAttempts)]);
}
