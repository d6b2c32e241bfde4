//! The draw: quotas to the seat, ranks without a gap, once and the same again.

use app::act::ActError;
use app::draw::draw_wave;
use app::freeze::freeze_wave;
use app::health::service_health;
use app::wave::cancel_wave;
use domain::wave::WaveKind;
use storage::error::StorageError;

use crate::support::{World, applicants, family, wave};

/// A wave of 60 people, ten of them on two cards, for 20 seats, up to the state before the draw.
async fn frozen_world() -> World {
    let mut world = World::new(48, &[(WaveKind::Regular, 20)]).await;
    let people = [&applicants(0..50)[..], &family(50..55, 1000), &family(55..60, 1001)].concat();
    world.register(&people).await;
    world.open_with(48, &people).await;
    world.close(48).await.unwrap();
    world.freeze(48).await.unwrap();
    world
}

const DECISIONS: &str = "SELECT person_id, outcome, rank FROM decisions ORDER BY person_id";

/// Draws the same people with the same keys on two servers: one result. Each region gives exactly its
/// seats, each card at most two, every member has one decision, and ranks run from 1 without a gap.
#[tokio::test]
async fn exact_and_repeatable() {
    let (mut world, mut twin) = (frozen_world().await, frozen_world().await);
    let drawn = world.draw(48).await.unwrap();
    assert_eq!(drawn.selected, 20);
    assert_eq!(drawn.selected + drawn.not_selected + drawn.household_cap, 60);
    assert_eq!(drawn.household_cap, 6, "of five on a card three are out before the draw");
    assert_eq!(
        world
            .rows(
                "SELECT q.region FROM quotas q JOIN memberships m ON m.wave = q.wave AND m.region = q.region
                 JOIN decisions d ON d.wave = m.wave AND d.person_id = m.person_id
                 GROUP BY q.region, q.seats
                 HAVING count(*) FILTER (WHERE outcome = 'selected') <> q.seats
                     OR max(rank) <> count(rank) OR count(DISTINCT rank) <> count(rank) OR min(rank) <> 1",
            )
            .await,
        [""; 0]
    );
    assert_eq!(
        world
            .number(
                "SELECT max(n) FROM (SELECT count(*) AS n FROM decisions d JOIN memberships m USING (wave, person_id)
                 WHERE outcome <> 'household_cap' GROUP BY kk_index) k",
            )
            .await,
        2
    );
    assert_eq!(
        world
            .number("SELECT count(*) FROM memberships FULL JOIN decisions USING (wave, person_id)")
            .await,
        60
    );
    assert_eq!(
        world.rows("SELECT test_beacon, selected, roll_digest = digest, chain LIKE 'TEST BEACON%' FROM draws JOIN rolls USING (wave)").await,
        ["(t,20,t,t)"]
    );
    assert_eq!(twin.draw(48).await.unwrap(), drawn);
    let (decisions, twin_decisions) = (world.rows(DECISIONS).await, twin.rows(DECISIONS).await);
    assert_eq!(decisions, twin_decisions);
    let draws = "SELECT * FROM draws";
    assert_eq!(world.rows(draws).await, twin.rows(draws).await);
}

/// A second draw meets one wall after another as a superuser takes them down: the state, the approval,
/// the decisions, and at last the draw itself, which nothing in the product can remove.
#[tokio::test]
async fn never_twice() {
    let mut world = frozen_world().await;
    world.draw(48).await.unwrap();
    let first = world.rows("SELECT * FROM draws").await;
    let again = world.draw(48).await.unwrap_err();
    assert_eq!(again.to_string(), "wave 48: cannot Draw a wave that is drawn");
    let conflict = |error: &ActError, rule: &str| matches!(error, ActError::Storage(StorageError::Conflict { constraint }) if constraint == rule);
    world.execute("UPDATE waves SET state = 'frozen', drawn_at = NULL").await;
    let again = world.draw(48).await.unwrap_err();
    assert!(conflict(&again, "approvals_pkey"), "{again}");
    world.execute("DELETE FROM approvals WHERE act = 'draw'").await;
    let again = world.draw(48).await.unwrap_err();
    assert!(matches!(again, ActError::RollChanged(_)), "{again}");
    world.execute("DELETE FROM decisions").await;
    let again = world.draw(48).await.unwrap_err();
    assert!(conflict(&again, "draws_pkey"), "{again}");
    assert_eq!(world.number("SELECT count(*) FROM decisions").await, 0, "nothing was drawn");
    assert_eq!(world.rows("SELECT * FROM draws").await, first);
}

/// Changes members, places and policy behind a frozen roll, one thing at a time: the draw refuses and
/// writes nothing; with everything back in place it runs.
#[tokio::test]
async fn changed_behind_the_roll() {
    const ONE: &str = "(SELECT min(person_id::text)::uuid FROM memberships)";
    let mut world = frozen_world().await;
    world.execute("CREATE TABLE public.kept AS SELECT * FROM memberships").await;
    for change in [
        format!("UPDATE memberships SET region = 1572 WHERE person_id = {ONE}"),
        format!(
            "UPDATE memberships SET entry_tag = sha256('x')::bytea::text::bytea WHERE false; \
                 UPDATE memberships SET entry_tag = substr(sha256('x'), 1, 16) WHERE person_id = {ONE}"
        ),
        format!(
            "UPDATE memberships SET household_tag = substr(sha256('x'), 1, 8) WHERE person_id = {ONE}"
        ),
        format!("DELETE FROM memberships WHERE person_id = {ONE}"),
        format!(
            "INSERT INTO memberships SELECT joined_at, gen_random_uuid(), kk_index, sex, education, wave, region, \
                 age, substr(sha256('new'), 1, 16), household_tag FROM memberships WHERE person_id = {ONE}"
        ),
        format!("INSERT INTO decisions VALUES (now(), {ONE}, 'selected', NULL, 48, NULL)"),
        format!(
            "INSERT INTO roll_places SELECT 48, kk_index, 1 FROM memberships WHERE person_id = {ONE}"
        ),
    ] {
        world.execute(&change).await;
        let before = world.contents().await;
        let refused = world.draw(48).await.unwrap_err();
        assert!(matches!(refused, ActError::RollChanged(_)), "{change}: {refused}");
        assert_eq!(world.contents().await, before, "{change}");
        world
            .execute(
                "DELETE FROM decisions; DELETE FROM roll_places; DELETE FROM memberships;
                 INSERT INTO memberships SELECT * FROM public.kept",
            )
            .await;
    }
    world.execute("UPDATE policy_versions SET document = document || ' ', digest = sha256(convert_to(document || ' ', 'UTF8'))").await;
    let refused = world.draw(48).await.unwrap_err();
    assert!(matches!(refused, ActError::PolicyChanged(_)), "{refused}");
    world.execute("UPDATE policy_versions SET document = left(document, -1), digest = sha256(convert_to(left(document, -1), 'UTF8'))").await;
    assert_eq!(world.draw(48).await.unwrap().selected, 20);
}

/// Nobody chooses the round: a draw before the calendar's instant is refused, a freeze from it on too,
/// and a draw hours late has the same seed as one in time.
#[tokio::test]
async fn round_of_the_calendar() {
    let mut rounds = Vec::new();
    for late in [0, 3_600_000_000] {
        let mut world = World::new(48, &[(WaveKind::Regular, 2), (WaveKind::Regular, 2)]).await;
        let people = applicants(1..=4);
        world.register(&people).await;
        world.open_with(48, &people).await;
        world.close(48).await.unwrap();
        world.freeze(48).await.unwrap();
        let (at, approval) = (world.calendar(48).draw_at(), world.approval());
        let early = draw_wave(&mut world.act(at.minus_micros(1)), wave(48), &approval).await;
        assert!(matches!(early, Err(ActError::TooEarly { .. })), "{early:?}");
        draw_wave(&mut world.act(at.plus_micros(late)), wave(48), &approval).await.unwrap();
        rounds.extend(world.rows("SELECT round, seed FROM draws").await);

        world.appoint(48).await.unwrap();
        world.open(49).await.unwrap();
        world.close(49).await.unwrap();
        let at = world.calendar(49).draw_at();
        let known = freeze_wave(&mut world.act(at), wave(49), &approval).await.unwrap_err();
        assert!(known.to_string().contains("needs a later announcement"), "{known}");
    }
    assert_eq!(rounds[0], rounds[1]);
}

/// Goal: how many seats of a wave are left is told at every state, so that they add up with what was given. Method: a
/// wave with more seats than members, from its opening to its decree, beside one that is cancelled.
#[tokio::test]
async fn seats_left() {
    let mut world = World::new(48, &[(WaveKind::Regular, 20), (WaveKind::Regular, 7)]).await;
    let people = applicants(0..6);
    world.register(&people).await;
    let left = async |world: &World| {
        let now = world.calendar(48).opens_at;
        let health = service_health(world.scratch.database(), now).await.unwrap();
        health.seats_left.into_iter().map(|(wave, seats)| (wave.get(), seats)).collect::<Vec<_>>()
    };
    assert_eq!(left(&world).await, [], "nothing is open");
    world.open_with(48, &people).await;
    assert_eq!(left(&world).await, [(48, 20)]);
    world.close(48).await.unwrap();
    world.freeze(48).await.unwrap();
    assert_eq!(left(&world).await, [(48, 20)]);
    assert_eq!(world.draw(48).await.unwrap().selected, 6);
    assert_eq!(left(&world).await, [(48, 14)]);
    world.appoint(48).await.unwrap();
    world.open(49).await.unwrap();
    assert_eq!(left(&world).await, [(48, 0), (49, 7)]);
    let (at, approval) = (world.calendar(49).opens_at, world.approval());
    cancel_wave(&mut world.act(at), wave(49), &approval).await.unwrap();
    assert_eq!(left(&world).await, [(48, 0), (49, 0)]);
}
