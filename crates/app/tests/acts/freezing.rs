//! Freezing: reasons of those kept out, places of family cards, and seats that find nobody.

use app::freeze::Frozen;
use domain::eligibility::{CheckKind, Finding};
use domain::policy::{AidProgramme, Occupation};
use domain::wave::WaveKind;

use crate::support::{REGIONS, World, applicant, applicants, family};

/// One member for each finding: under the rules of 2020 every one is kept out with its reason, under
/// those of 2023 other aid bars no more; the rest is in the draw.
#[tokio::test]
async fn findings_become_reasons() {
    let findings = [
        (Finding::IdentityRefuted, "identity_confirmed"),
        (Finding::NotCitizen, "citizenship"),
        (Finding::InFormalEducation, "not_in_formal_education"),
        (Finding::Holds(Occupation::VillageHead), "no_office:village_head"),
        (Finding::Receives(AidProgramme::WageSubsidy), "no_other_aid:bsu"),
        (Finding::TestNotDone, "ability_test"),
        (Finding::Outstanding(CheckKind::SocialAid), "register_answered"),
    ];
    for (number, aid_bars) in [(10, true), (48, false)] {
        let mut world = World::new(number, &[(WaveKind::Regular, 5)]).await;
        let mut people = applicants(0..9);
        for (person, (finding, _)) in people.iter_mut().zip(findings) {
            person.findings = vec![finding];
        }
        world.register(&people).await;
        world.open_with(number, &people).await;
        world.close(number).await.unwrap();
        let frozen = world.freeze(number).await.unwrap();
        let mut reasons: Vec<String> = findings
            .iter()
            .filter(|(finding, _)| aid_bars || !matches!(finding, Finding::Receives(_)))
            .map(|(_, reason)| format!("(ineligible,,{reason})"))
            .collect();
        assert_eq!(frozen.ineligible, reasons.len());
        assert_eq!(frozen.entries, 9 - reasons.len());
        let rows = "SELECT outcome, rank, reason FROM decisions ORDER BY person_id";
        assert_eq!(world.rows(rows).await, reasons);
        let again = world.freeze(number).await.unwrap_err().to_string();
        assert_eq!(again, format!("wave {number}: cannot Freeze a wave that is frozen"));
        reasons.sort_unstable();
        reasons.dedup();
        assert_eq!(reasons.len(), frozen.ineligible, "each finding has a reason of its own");
    }
}

/// What changed between join and freezing counts too: a grant, a revoked one and a card filled since are
/// put there by hand, as an act of another wave would.
#[tokio::test]
async fn grants_since_the_join() {
    let mut world = World::new(48, &[(WaveKind::Regular, 5), (WaveKind::Regular, 5)]).await;
    let people = applicants(1..=4);
    world.register(&people).await;
    world.open_with(48, &people).await;
    world.close(48).await.unwrap();
    world
        .execute(
            "INSERT INTO beneficiaries (person_id, card_number, appointed_at, purchase_due_at, wave, region, state,
                                        revoked_at, revocation)
             SELECT person_id, 8000000000000000 + n, '2022-01-01Z', '2022-02-01Z', 47, 1571,
                    CASE n WHEN 1 THEN 'appointed' ELSE 'revoked' END::beneficiary_state,
                    CASE n WHEN 2 THEN timestamptz '2022-02-01Z' END,
                    CASE n WHEN 2 THEN 'purchase_deadline_missed' END::revocation_reason
             FROM (SELECT person_id, row_number() OVER (ORDER BY person_id) AS n FROM persons) p WHERE n <= 2;
             INSERT INTO household_slots
             SELECT kk_index, gen_random_uuid(), 47, slot, 2
             FROM generate_series(1, 2) slot, (SELECT kk_index FROM person_identities ORDER BY person_id
                                               OFFSET 2 LIMIT 1) k",
        )
        .await;
    let frozen = world.freeze(48).await.unwrap();
    assert_eq!((frozen.entries, frozen.ineligible), (1, 3));
    assert_eq!(
        world.rows("SELECT reason FROM decisions ORDER BY person_id").await,
        ["(lifetime_grants)", "(never_revoked)", "(household_places)"]
    );
}

/// A family of three meets a cap of two, with seats for all: two are selected, the third waits beyond
/// the cap. In the next wave a card with one place left gives one, and the roll says so.
#[tokio::test]
async fn household_places() {
    let waves = [(WaveKind::Regular, 30), (WaveKind::Regular, 30)];
    let mut world = World::new(48, &waves).await;
    let (full, half) = (family(1..=3, 1), family(4..=6, 4));
    world.register(&[&full[..], &half].concat()).await;
    world.open_with(48, &[&full[..], &half[..1]].concat()).await;
    let (frozen, drawn, _) = world.grant(48).await;
    assert_eq!((frozen.entries, frozen.seats, frozen.unfilled), (4, 30, 27));
    assert_eq!((drawn.selected, drawn.not_selected, drawn.household_cap), (3, 0, 1));
    assert_eq!(world.number("SELECT count(*) FROM roll_places").await, 0);

    world.open_with(49, &half[1..]).await;
    let (frozen, drawn, _) = world.grant(49).await;
    assert_eq!(frozen.entries, 2);
    assert_eq!((drawn.selected, drawn.not_selected, drawn.household_cap), (1, 0, 1));
    assert_eq!(world.rows("SELECT wave, places FROM roll_places").await, ["(49,1)"]);
    assert_eq!(
        world.rows("SELECT count(*), min(slot), max(slot), max(cap) FROM household_slots GROUP BY kk_index").await,
        ["(2,1,2,2)", "(2,1,2,2)"]
    );
}

/// In 2020 freed seats wait for the recovery wave: the regular wave after a sweep leaves them, the
/// recovery wave has those and no own, each region getting back what it freed; and what it cannot fill
/// waits again. The wave without a cap took a whole family.
#[tokio::test]
async fn recovery_wave_takes_freed_seats() {
    let waves = [
        (WaveKind::Regular, 10),
        (WaveKind::Regular, 5),
        (WaveKind::Recovery, 0),
        (WaveKind::Regular, 1),
    ];
    let mut world = World::new(9, &waves).await;
    let (family, others) = (family(1..=5, 1), applicants(10..=30));
    world.register(&[&family[..], &others].concat()).await;
    world.open_with(9, &family).await;
    let (frozen, drawn, _) = world.grant(9).await;
    assert_eq!((drawn.selected, drawn.household_cap, frozen.unfilled), (5, 0, 5), "no cap in 2020");
    assert_eq!(
        world.rows("SELECT slot, cap FROM household_slots ORDER BY slot").await,
        ["(1,)", "(2,)", "(3,)", "(4,)", "(5,)"]
    );
    assert_eq!(world.buy(9, &family[..2], 1).await.recorded, 2);
    assert_eq!(world.sweep(9, world.due(9)).await, 3);

    world.open_with(10, &others[..9]).await;
    let (frozen, drawn, _) = world.grant(10).await;
    assert_eq!((frozen.seats, frozen.reused, drawn.selected), (5, 0, 5));
    assert_eq!(world.buy(10, &others[..9], 1).await.recorded, 5);

    let rest: Vec<_> = others[9..].iter().filter(|one| one.region.get() != 1501).cloned().collect();
    world.open_with(11, &rest[..6]).await;
    let (frozen, drawn, _) = world.grant(11).await;
    assert_eq!(
        frozen,
        Frozen { entries: 6, ineligible: 0, seats: 8, reused: 8, unfilled: 2 },
        "three revoked and five unfilled, for six people"
    );
    assert_eq!(drawn.selected, 6);
    world.open_with(12, &rest[6..]).await;
    let (frozen, ..) = world.grant(12).await;
    assert_eq!((frozen.seats, frozen.reused), (1, 0), "a regular wave of that policy takes none");
    assert_eq!(
        world
            .rows("SELECT wave, cause, sum(seats), reused_by FROM seat_pool GROUP BY wave, cause, reused_by ORDER BY wave, cause")
            .await,
        ["(9,revoked,3,11)", "(9,unfilled,5,11)", "(11,unfilled,2,)"]
    );
}

/// From 2022 the next wave takes freed and unfilled seats. Quotas follow the weights, give back to each
/// region first what it freed, and never exceed the people in play; the fund gets the grant for each.
#[tokio::test]
async fn next_wave_takes_freed_seats() {
    let waves = [(WaveKind::Regular, 10), (WaveKind::Regular, 10)];
    let mut world = World::new(48, &waves).await;
    let people = applicants(0..30);
    let late: Vec<_> =
        applicants(30..60).into_iter().filter(|one| one.region.get() == 1571).collect();
    world.register(&[&people[..], &late].concat()).await;
    world.open_with(48, &people).await;
    let (frozen, ..) = world.grant(48).await;
    assert_eq!(frozen, Frozen { entries: 30, ineligible: 0, seats: 10, reused: 0, unfilled: 0 });
    let quotas = |number: u16| {
        format!("SELECT region, seats, unfilled FROM quotas WHERE wave = {number} ORDER BY region")
    };
    let by_weight: Vec<String> =
        REGIONS.iter().map(|(code, weight)| format!("({code},{weight},0)")).collect();
    assert_eq!(world.rows(&quotas(48)).await, by_weight);
    assert_eq!(
        world.rows("SELECT amount_rupiah, number FROM transfers WHERE reason = 'allocation'").await,
        ["(42000000,1)"],
        "ten grants of 4,200,000"
    );
    assert_eq!(world.sweep(48, world.due(48)).await, 10);

    let one_elsewhere = applicant(61);
    assert_eq!(one_elsewhere.region.get(), 1571);
    world.open_with(49, &late).await;
    let (frozen, drawn, _) = world.grant(49).await;
    assert_eq!((late.len(), drawn.selected), (10, 10));
    assert_eq!(frozen, Frozen { entries: 10, ineligible: 0, seats: 20, reused: 10, unfilled: 10 });
    assert_eq!(
        world.rows(&quotas(49)).await,
        ["(1501,2,2)", "(1571,15,5)", "(1572,3,3)"],
        "only one region had people; the rest is shown where it would have gone"
    );
    assert_eq!(
        world
            .rows(
                "SELECT wave, region, cause, seats, reused_by FROM seat_pool ORDER BY wave, region"
            )
            .await,
        [
            "(48,1501,revoked,2,49)",
            "(48,1571,revoked,5,49)",
            "(48,1572,revoked,3,49)",
            "(49,1501,unfilled,2,)",
            "(49,1571,unfilled,5,)",
            "(49,1572,unfilled,3,)",
        ]
    );
}
