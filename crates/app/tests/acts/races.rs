//! Two at once: one wins, nothing is half done. A third connection holds a lock until the contenders
//! wait in the wanted order, so that the race is the same each time.

use std::collections::BTreeMap;
use std::future::Future;
use std::time::{Duration, Instant};

use app::act::ActError;
use app::appeals::{FilingAnswer, file_appeal};
use app::draw::draw_wave;
use app::holder::Holder;
use app::join::{JoinRequest, join_wave};
use app::office::wishes::{Wish, propose_wish};
use app::office::{Order, OrderAnswer, carry_out};
use app::publish::{Publication, publish_wave};
use app::purchase::{PurchaseRefusal, PurchaseRequest, record_first_purchases};
use app::reference::{Reference, ReferenceOverrides};
use app::register::register_persons;
use app::release::release_account;
use app::sweep::sweep_wave;
use app::wave::close_wave;
use app::withdraw::{WithdrawAnswer, withdraw};
use domain::appeals::AppealGround;
use domain::beneficiary::BeneficiaryRefusal;
use domain::calendar::{Calendar, CalendarWave};
use domain::client_key::ClientKey;
use domain::eligibility::{Finding, Rule};
use domain::officers::Role;
use domain::wave::{WaveEvent, WaveKind};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng as _;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
use storage::error::StorageError;
use uuid::Uuid;

use crate::claiming::account;
use crate::support::{HOUR, REGIONS, World, applicants, region, rupiah, wave};

/// Far longer than any of these acts takes.
const LIMIT: Duration = Duration::from_mins(1);

fn rng(seed: u64) -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(seed)
}

/// Waits until so many connections wait for a lock.
async fn wait_for_waiting(conn: &mut PgConnection, number: i64) {
    let end = Instant::now() + LIMIT;
    loop {
        let waiting: i64 = sqlx::query_scalar(
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'",
        )
        .fetch_one(&mut *conn)
        .await
        .unwrap();
        if waiting == number {
            return;
        }
        assert!(Instant::now() < end, "{waiting} instead of {number} connections wait");
        tokio::task::yield_now().await;
    }
}

/// Runs two acts against a lock: the first waits for it, then the second begins and waits too, then the
/// lock is given up.
pub(crate) async fn contend<A, B>(
    world: &World,
    lock: &str,
    first: impl Future<Output = A>,
    second: impl Future<Output = B>,
) -> (A, B) {
    let (mut holder, mut observer) = (world.superuser().await, world.superuser().await);
    let mut held = holder.begin().await.unwrap();
    sqlx::raw_sql(AssertSqlSafe(lock.to_owned())).execute(&mut *held).await.unwrap();
    let (started, starts) = tokio::sync::oneshot::channel();
    let referee = async {
        wait_for_waiting(&mut observer, 1).await;
        started.send(()).unwrap();
        wait_for_waiting(&mut observer, 2).await;
        held.rollback().await.unwrap();
    };
    let second = async {
        starts.await.unwrap();
        second.await
    };
    let (first, second, ()) = tokio::join!(first, second, referee);
    (first, second)
}

/// Goal: an officer's act that comes twice at once under one key is done once and answered alike, and another act under
/// the same key is told that the key is used. Method: a dead job queued again by two requests, two jobs under one key,
/// and a proposal made by two requests.
#[tokio::test]
async fn one_key_at_once() {
    let mut world = World::new(48, &[(WaveKind::Regular, 4)]).await;
    let officer = world.officer("Melati", &[Role::Operator]).await;
    let at = world.calendar(48).opens_at;
    let jobs = [7, 8].map(Uuid::from_u128);
    let (mut a, mut b) = (rng(1), rng(2));
    let key = |text: &str| ClientKey::parse(text).unwrap();
    let (same, shared, wished) = (key("same"), key("shared"), key("wished"));
    let [mut first, mut second] = [world.act_beside(at, &mut a), world.act_beside(at, &mut b)];
    let done = OrderAnswer::Done(1);
    for (keys, orders) in [(&same, [jobs[0], jobs[0]]), (&shared, jobs)] {
        let dead = jobs.map(|job| {
            format!(
                "('{job}', 'wave_sweep', '{job}', '{{}}', 'dead', '{at}', 25, 'no_policy', 'test', '{at}', '{at}')"
            )
        });
        let dead = format!(
            "DELETE FROM jobs;
             INSERT INTO jobs (job_id, kind, subject, payload, state, run_at, attempts, last_error, request_id,
                               created_at, finished_at)
             VALUES {}",
            dead.join(", ")
        );
        world.execute(&dead).await;
        let [one, other] = orders.map(Order::RetryJob);
        let one = carry_out(&mut first, &officer, one, keys);
        let other = carry_out(&mut second, &officer, other, keys);
        let lock = "SELECT FROM jobs FOR UPDATE";
        let (one, other) = contend(&world, lock, one, other).await;
        let answers = [one.unwrap(), other.unwrap()];
        if orders[0] == orders[1] {
            assert_eq!(answers, [done, done]);
        } else {
            assert!(
                answers.contains(&done) && answers.contains(&OrderAnswer::KeyReused),
                "{answers:?}"
            );
        }
    }
    let retried = "SELECT count(*) FROM audit_events WHERE act = 'job_retry'";
    assert_eq!(world.number(retried).await, 2);

    let (wish, regions) = (Wish::Cancel(wave(48)), &world.reference.regions);
    let one = propose_wish(&mut first, &officer, (&wish, "flood"), &wished, regions);
    let other = propose_wish(&mut second, &officer, (&wish, "flood"), &wished, regions);
    let lock = "SELECT FROM officers FOR UPDATE";
    let (one, other) = contend(&world, lock, one, other).await;
    assert_eq!(one.unwrap(), other.unwrap());
    assert_eq!(world.number("SELECT count(*) FROM proposals").await, 1);
}

/// At the deadline a purchase and the sweep reach for the same recipient, in either order: who comes
/// first wins whole, the other finds it so.
#[tokio::test]
async fn sweep_against_purchase() {
    let mut world = World::new(48, &[(WaveKind::Regular, 4)]).await;
    let people = applicants(0..2);
    world.register(&people).await;
    world.open_with(48, &people).await;
    world.grant(48).await;
    let due = world.due(48);
    let (mut a, mut b) = (rng(1), rng(2));
    for (person, purchase_first) in people.iter().zip([true, false]) {
        let others = people.iter().find(|one| one.person_id != person.person_id).unwrap();
        world
            .execute(&format!(
                "UPDATE beneficiaries SET purchase_due_at = '2030-01-01Z' WHERE person_id = '{}';
                 UPDATE beneficiaries SET purchase_due_at = '2023-02-20 17:00:00Z' WHERE person_id = '{}'",
                others.person_id.uuid(),
                person.person_id.uuid()
            ))
            .await;
        let lock = format!(
            "SELECT FROM beneficiaries WHERE person_id = '{}' FOR UPDATE",
            person.person_id.uuid()
        );
        let requests = [PurchaseRequest {
            person_id: person.person_id,
            price: rupiah(5),
            paid_at: due.minus_micros(1),
        }];
        let (mut buyer, mut sweeper) =
            (world.act_beside(due, &mut a), world.act_beside(due, &mut b));
        let purchase = record_first_purchases(&mut buyer, wave(48), &requests);
        let sweep = sweep_wave(&mut sweeper, wave(48));
        let (bought, swept) = if purchase_first {
            contend(&world, &lock, purchase, sweep).await
        } else {
            let (swept, bought) = contend(&world, &lock, sweep, purchase).await;
            (bought, swept)
        };
        let (bought, swept) = (bought.unwrap(), swept.unwrap());
        let refusal = PurchaseRefusal::State(BeneficiaryRefusal::Revoked);
        let expected =
            if purchase_first { (1, 0, vec![]) } else { (0, 1, vec![(person.person_id, refusal)]) };
        assert_eq!((bought.recorded, swept, bought.refused), expected);
        let one = format!("person_id = '{}'", person.person_id.uuid());
        let facts = world
            .rows(&format!(
                "SELECT (SELECT state FROM beneficiaries WHERE {one}),
                        (SELECT count(*) FROM training_orders WHERE {one}),
                        (SELECT count(*) FROM household_slots WHERE {one}),
                        (SELECT count(*) FROM transfers WHERE {one} AND reason = 'purchase'),
                        (SELECT count(*) FROM transfers WHERE {one} AND reason::text LIKE '%return'),
                        (SELECT coalesce(sum(seats), 0) FROM seat_pool WHERE cause = 'revoked')"
            ))
            .await;
        let expected = if purchase_first { "(active,1,1,1,0,0)" } else { "(revoked,0,0,0,3,1)" };
        assert_eq!(facts, [expected]);
    }
}

/// A join under way when the wave closes is finished first; one that comes while the wave is being closed
/// is refused. Either way nothing lands after the close.
#[tokio::test]
async fn join_against_close() {
    for join_first in [true, false] {
        let mut world = World::new(48, &[(WaveKind::Regular, 4)]).await;
        let people = applicants(0..1);
        world.register(&people).await;
        world.open(48).await.unwrap();
        let calendar = world.calendar(48);
        let joined_at = calendar.closes_at.minus_micros(1);
        let requests = [JoinRequest { person_id: people[0].person_id, joined_at }];
        let (mut a, mut b) = (rng(1), rng(2));
        let (mut joiner, mut closer) =
            (world.act_beside(joined_at, &mut a), world.act_beside(calendar.closes_at, &mut b));
        let join = join_wave(&mut joiner, wave(48), &requests);
        let close = close_wave(&mut closer, wave(48));
        let (joined, closed) = if join_first {
            contend(&world, "LOCK TABLE memberships_48 IN SHARE MODE", join, close).await
        } else {
            let lock = "SELECT FROM waves WHERE wave = 48 FOR UPDATE";
            let (closed, joined) = contend(&world, lock, close, join).await;
            (joined, closed)
        };
        closed.unwrap();
        let joined = joined.unwrap();
        let refused = [(people[0].person_id, Rule::WaveOpen)];
        assert_eq!(joined.joined.len(), usize::from(join_first));
        assert_eq!(joined.refused, refused[usize::from(join_first)..]);
        let facts = "SELECT state, (SELECT count(*) FROM memberships) FROM waves";
        assert_eq!(world.rows(facts).await, [format!("(closed,{})", u8::from(join_first))]);
    }
}

/// Two officers' offices draw the same wave at once: one draw, one refusal, one set of decisions.
#[tokio::test]
async fn two_draws() {
    let mut world = World::new(48, &[(WaveKind::Regular, 3)]).await;
    let people = applicants(0..9);
    world.register(&people).await;
    world.open_with(48, &people).await;
    world.close(48).await.unwrap();
    world.freeze(48).await.unwrap();
    let (at, approval) = (world.instant(48, WaveEvent::Draw), world.approval());
    let (mut a, mut b) = (rng(1), rng(2));
    let (mut one, mut other) = (world.act_beside(at, &mut a), world.act_beside(at, &mut b));
    let (first, second) = contend(
        &world,
        "SELECT FROM waves WHERE wave = 48 FOR UPDATE",
        draw_wave(&mut one, wave(48), &approval),
        draw_wave(&mut other, wave(48), &approval),
    )
    .await;
    assert_eq!(first.unwrap().selected, 3);
    let refused = second.unwrap_err();
    assert_eq!(refused.to_string(), "wave 48: cannot Draw a wave that is drawn");
    let facts = "SELECT (SELECT count(*) FROM draws), (SELECT count(*) FROM decisions),
                        (SELECT count(*) FROM approvals WHERE act = 'draw')";
    assert_eq!(world.rows(facts).await, ["(1,9,1)"]);
}

/// Two people register the same number at once: one gets it, the other's batch is refused by the rule of
/// the table, whole.
#[tokio::test]
async fn same_number_at_once() {
    let mut world = World::new(48, &[(WaveKind::Regular, 0)]).await;
    let first = applicants(1..=1);
    let mut second = applicants(2..=3);
    second[0].identity.nik = first[0].identity.nik.clone();
    let now = first[0].registered_at;
    let (mut a, mut b) = (rng(1), rng(2));
    let (mut one, mut other) = (world.act_beside(now, &mut a), world.act_beside(now, &mut b));
    let (won, lost) = contend(
        &world,
        "LOCK TABLE persons IN SHARE MODE",
        register_persons(&mut one, &first),
        register_persons(&mut other, &second),
    )
    .await;
    assert_eq!(won.unwrap().registered, 1);
    let lost = lost.unwrap_err();
    assert!(
        matches!(&lost, ActError::Storage(StorageError::Conflict { constraint }) if constraint == "person_niks_pkey"),
        "{lost:?}"
    );
    let again = world.register(&second).await;
    assert_eq!((again.registered, again.refused.len()), (1, 1), "the retry says who is refused");
}

/// Goal: of two waves whose instants collide, published at one moment, one is refused. Method: both wait for the table
/// that the first reads once it holds the calendar.
#[tokio::test]
async fn colliding_waves_at_once() {
    let world = World::new(48, &[(WaveKind::Regular, 0)]).await;
    let reference = Reference::load(&ReferenceOverrides::NONE).unwrap();
    let calendars = [49, 50].map(|number| {
        let mut line = CalendarWave { number: wave(number), ..world.calendar(48) };
        for at in [&mut line.opens_at, &mut line.closes_at, &mut line.results_at] {
            *at = at.plus_days(40);
        }
        Calendar::new(vec![line]).unwrap()
    });
    let weights = REGIONS.map(|(code, weight)| (region(code), weight));
    let seats = BTreeMap::new();
    let [one, other] = calendars.each_ref().map(|calendar| Publication {
        regions: &reference.regions,
        policies: &reference.policies,
        calendar,
        base_seats: &seats,
        weights: &weights,
        weights_source: "test",
        province: None,
        public: None,
    });
    let (now, approval) = (world.calendar(48).opens_at, world.approval());
    let (mut a, mut b) = (rng(1), rng(2));
    let (mut first, mut second) = (world.act_beside(now, &mut a), world.act_beside(now, &mut b));
    let (done, refused) = contend(
        &world,
        "LOCK TABLE region_versions, regions IN ACCESS EXCLUSIVE MODE",
        publish_wave(&mut first, &one, wave(49), &approval),
        publish_wave(&mut second, &other, wave(50), &approval),
    )
    .await;
    done.unwrap();
    assert!(matches!(refused, Err(ActError::Calendar(_))), "{refused:?}");
}

/// Goal: what a person asks for through an account while two officers take her from it is done whole before, or not at
/// all. Method: withdrawals in both orders with a release, held off once the first has begun to write, and an appeal
/// behind one.
#[tokio::test]
async fn release_against_requests_of_the_account() {
    let mut world = World::new(48, &[(WaveKind::Regular, 4)]).await;
    let mut people = applicants(0..3);
    people[2].findings = vec![Finding::IdentityRefuted];
    world.register(&people).await;
    let mut holders = Vec::new();
    for (number, one) in (1..).zip(&people) {
        let (account, person_id) = (account(&world, number).await, one.person_id);
        let (held, by) = (person_id.uuid(), account.uuid());
        world
            .execute(&format!("UPDATE accounts SET person_id = '{held}' WHERE account_id = '{by}'"))
            .await;
        holders.push(Holder { person_id, account: Some(account) });
    }
    world.open_with(48, &people).await;
    let open_at = world.calendar(48).opens_at.plus_micros(2 * HOUR);
    let approval = world.approval();
    let key = ClientKey::parse("key").unwrap();
    let (mut a, mut b) = (rng(1), rng(2));
    let identity = |one: Holder| {
        format!(
            "SELECT FROM person_identities WHERE person_id = '{}' FOR UPDATE",
            one.person_id.uuid()
        )
    };

    let (mut one, mut other) =
        (world.act_beside(open_at, &mut a), world.act_beside(open_at, &mut b));
    let release = release_account(&mut one, holders[0].person_id, &approval);
    let withdrawal = withdraw(&mut other, wave(48), holders[0], &key);
    let (released, withdrawn) = contend(&world, &identity(holders[0]), release, withdrawal).await;
    assert!(released.is_ok(), "{released:?}");
    assert_eq!(withdrawn.unwrap(), WithdrawAnswer::NoPerson);

    let release = release_account(&mut one, holders[1].person_id, &approval);
    let withdrawal = withdraw(&mut other, wave(48), holders[1], &key);
    let (withdrawn, released) =
        contend(&world, "LOCK TABLE withdrawals IN SHARE MODE", withdrawal, release).await;
    assert!(released.is_ok(), "{released:?}");
    assert_eq!(withdrawn.unwrap(), WithdrawAnswer::Withdrawn);
    assert_eq!(world.number("SELECT count(*) FROM withdrawals").await, 1);

    world.grant(48).await;
    let at = world.calendar(48).results_at;
    let (mut one, mut other) = (world.act_beside(at, &mut a), world.act_beside(at, &mut b));
    let release = release_account(&mut one, holders[2].person_id, &approval);
    let filing = file_appeal(&mut other, (wave(48), holders[2]), AppealGround::RegisterWrong, &key);
    let (released, filed) = contend(&world, &identity(holders[2]), release, filing).await;
    assert!(released.is_ok(), "{released:?}");
    assert_eq!(filed.unwrap(), FilingAnswer::NoPerson);
    assert_eq!(world.number("SELECT count(*) FROM appeals").await, 0);
}
