//! From decree to settlement: cards, places, money, deadlines.

use app::act::ActError;
use app::purchase::{PurchaseRefusal, PurchaseRequest, record_first_purchases};
use app::register::Registration;
use app::wave::settle_wave;
use domain::beneficiary::BeneficiaryRefusal;
use domain::time::Timestamp;
use domain::wave::WaveKind;

use crate::support::{HOUR, World, applicants, family, rupiah, wave};

/// Sum of each account of a wave: debits less credits.
const BALANCES: &str =
    "SELECT account, sum(amount_rupiah) AS sum FROM entries GROUP BY account ORDER BY account";

/// Appoints: refused before the draw; afterwards the decree's amount, cards, lowest free places, money
/// and deadline are those of the policy, for every recipient.
#[tokio::test]
async fn decree() {
    let waves = [(WaveKind::Regular, 30), (WaveKind::Regular, 30)];
    let mut world = World::new(48, &waves).await;
    let (pair, late, others) = (family(1..=2, 1), family(3..=3, 1), applicants(10..20));
    world.register(&[&pair[..], &late, &others].concat()).await;
    world.open_with(48, &[&pair[..], &others].concat()).await;
    world.close(48).await.unwrap();
    world.freeze(48).await.unwrap();
    let early = world.appoint(48).await.unwrap_err();
    assert_eq!(early.to_string(), "wave 48: cannot Appoint a wave that is frozen");
    world.draw(48).await.unwrap();
    let appointed = world.appoint(48).await.unwrap();
    assert_eq!(
        (appointed.appointments, appointed.decree_number.as_str()),
        (12, "SK-PKP/0048/2023")
    );
    // Announced on 6 February, day 1 of 15: the last day is the 20th.
    assert_eq!(appointed.purchase_due_at.to_string(), "2023-02-20T17:00:00Z");
    assert_eq!(
        world.rows("SELECT appointments, amount_rupiah, signed_on, result_digest = (SELECT d.result_digest FROM draws d) FROM decrees").await,
        ["(12,50400000,2023-02-06,t)"]
    );
    assert_eq!(
        world
            .rows(
                "SELECT count(*), count(DISTINCT card_number), min(length(card_number::text)), min(state), max(state),
                        min(purchase_due_at), max(purchase_due_at), count(activated_at) + count(revoked_at)
                 FROM beneficiaries",
            )
            .await,
        ["(12,12,16,appointed,appointed,\"2023-02-20 17:00:00+00\",\"2023-02-20 17:00:00+00\",0)"]
    );
    assert_eq!(
        world
            .rows(
                "SELECT slot, cap, count(*) FROM household_slots GROUP BY slot, cap ORDER BY slot"
            )
            .await,
        ["(1,2,11)", "(2,2,1)"]
    );
    assert_eq!(
        world.rows("SELECT reason, count(*), sum(amount_rupiah) FROM transfers GROUP BY reason ORDER BY reason").await,
        [
            "(allocation,1,126000000)",
            "(training_commitment,12,42000000)",
            "(incentive_commitment,12,7200000)",
            "(survey_commitment,12,1200000)",
        ]
    );
    let twice = world.appoint(48).await.unwrap_err();
    assert_eq!(twice.to_string(), "wave 48: cannot Appoint a wave that is appointed");

    // The second of the pair buys, the first loses place 1, which the latecomer then gets.
    let first_place = "SELECT person_id FROM household_slots WHERE slot = 1 AND kk_index = \
                       (SELECT kk_index FROM household_slots WHERE slot = 2)";
    let second_place = world.rows("SELECT person_id FROM household_slots WHERE slot = 2").await;
    let holder =
        pair.iter().find(|one| second_place[0].contains(&one.person_id.uuid().to_string()));
    assert_eq!(world.buy(48, &[holder.unwrap().clone()], 5).await.recorded, 1);
    assert_eq!(world.sweep(48, world.due(48)).await, 11);
    assert_eq!(world.rows(first_place).await, [""; 0]);
    world.open_with(49, &late).await;
    world.grant(49).await;
    assert_eq!(world.rows(first_place).await, [format!("({})", late[0].person_id.uuid())]);
}

/// Buys at every edge: the last microsecond and the one after, twice, too dear, for nothing, dated ahead,
/// as a stranger; and before the decree nobody buys.
#[tokio::test]
async fn purchases() {
    use PurchaseRefusal as R;
    let mut world = World::new(48, &[(WaveKind::Regular, 30)]).await;
    let people = applicants(1..=8);
    let stranger = applicants(9..=9);
    world.register(&[&people[..], &stranger].concat()).await;
    world.open_with(48, &people).await;
    let request = |person: &Registration, price: i64, paid_at: Timestamp| PurchaseRequest {
        person_id: person.person_id,
        price: rupiah(price),
        paid_at,
    };
    let now = world.due(48).plus_micros(HOUR);
    let early = [request(&people[0], 1, now)];
    let early = record_first_purchases(&mut world.act(now), wave(48), &early).await.unwrap_err();
    assert!(matches!(early, ActError::WaveState { .. }), "{early}");
    world.grant(48).await;

    let due = world.due(48);
    let last = due.minus_micros(1);
    let state = R::State;
    for (who, price, paid_at, refusal) in [
        (0, 3_500_000, last, None),
        (0, 1, last, Some(state(BeneficiaryRefusal::AlreadyActive))),
        (1, 1, due, Some(state(BeneficiaryRefusal::DeadlinePassed))),
        (2, 3_500_001, last, Some(R::Price)),
        (2, 0, last, Some(R::Price)),
        (2, 1, now.plus_micros(1), Some(R::Future)),
        (2, 1, last, None),
    ] {
        let before = world.contents().await;
        let one = [request(&people[who], price, paid_at)];
        let outcome = record_first_purchases(&mut world.act(now), wave(48), &one).await.unwrap();
        assert_eq!(outcome.recorded, usize::from(refusal.is_none()), "{who} {price} {paid_at}");
        assert_eq!(
            outcome.refused,
            refusal.map(|refusal| (people[who].person_id, refusal)).into_iter().collect::<Vec<_>>()
        );
        assert_eq!(world.contents().await == before, refusal.is_some(), "a refusal writes nothing");
    }
    let batch = [
        request(&people[3], 7, last),
        request(&stranger[0], 7, last),
        request(&people[4], 7, due),
        request(&people[5], 7, last),
        request(&people[5], 8, last),
    ];
    let outcome = record_first_purchases(&mut world.act(now), wave(48), &batch).await.unwrap();
    assert_eq!(outcome.recorded, 2);
    let mut refused = outcome.refused;
    refused.sort_unstable_by_key(|(person, _)| *person);
    assert_eq!(
        refused,
        [
            (people[4].person_id, state(BeneficiaryRefusal::DeadlinePassed)),
            (people[5].person_id, state(BeneficiaryRefusal::AlreadyActive)),
            (stranger[0].person_id, R::NoGrant),
        ]
    );
    assert_eq!(
        world
            .rows(
                "SELECT o.price_rupiah, t.amount_rupiah, b.state, b.activated_at = o.paid_at
                 FROM training_orders o JOIN beneficiaries b USING (wave, person_id)
                 JOIN transfers t USING (wave, person_id) WHERE t.reason = 'purchase' ORDER BY person_id",
            )
            .await,
        ["(3500000,3500000,active,t)", "(1,1,active,t)", "(7,7,active,t)", "(7,7,active,t)"]
    );
}

/// Sweeps a microsecond early, on time and again, then settles: only those due and without a purchase
/// lose the place, household places and seats come free, and the money goes where the policy of the time
/// sends it; settling is refused while a deadline runs and leaves the books square.
#[tokio::test]
async fn sweep_and_settle() {
    for (number, returned, to_treasury_by_sweep) in
        [(10, 1_000_000 + 2_400_000 + 150_000, false), (48, 4_200_000, true)]
    {
        let mut world = World::new(number, &[(WaveKind::Regular, 10)]).await;
        let people = applicants(0..12);
        world.register(&people).await;
        world.open_with(number, &people).await;
        let (_, _, appointed) = world.grant(number).await;
        assert_eq!(appointed.purchase_due_at, world.due(number));
        let total = 10 * returned;
        let bought = world.buy(number, &people, 300_000).await.recorded;
        assert_eq!(bought, 10, "everyone of the ten who asks");
        // Three of them have not bought after all.
        world
            .execute(
                "CREATE TABLE public.missers AS SELECT person_id FROM beneficiaries ORDER BY person_id LIMIT 3;
                 UPDATE beneficiaries SET state = 'appointed', activated_at = NULL
                     WHERE person_id IN (SELECT person_id FROM public.missers);
                 DELETE FROM training_orders WHERE person_id IN (SELECT person_id FROM public.missers);
                 DELETE FROM transfers WHERE reason = 'purchase' AND person_id IN (SELECT person_id FROM public.missers)",
            )
            .await;
        let due = world.due(number);
        assert_eq!(world.sweep(number, due.minus_micros(1)).await, 0);
        let early = world.settle(number).await.unwrap_err();
        assert_eq!(
            early.to_string(),
            format!("wave {number} cannot be settled while 3 beneficiaries may still buy")
        );
        assert_eq!(world.sweep(number, due).await, 3);
        let swept = world.contents().await;
        assert_eq!(world.sweep(number, due).await, 0);
        assert_eq!(world.sweep(number, due.plus_days(1)).await, 0);
        assert_eq!(world.contents().await, swept, "a second sweep writes nothing");
        assert_eq!(
            world
                .rows(
                    "SELECT person_id FROM beneficiaries WHERE state = 'revoked' ORDER BY person_id"
                )
                .await,
            world.rows("SELECT person_id FROM public.missers ORDER BY person_id").await
        );
        assert_eq!(world.number("SELECT count(*) FROM household_slots").await, 7);
        assert_eq!(
            world.number("SELECT sum(seats) FROM seat_pool WHERE cause = 'revoked'").await,
            3
        );
        let spent = 7 * 300_000;
        let held = 7 * returned - spent;
        let fund = if to_treasury_by_sweep { 0 } else { 3 * returned };
        assert_eq!(world.number(&format!("SELECT -coalesce(sum(sum), 0) FROM ({BALANCES}) b WHERE account = 'programme_fund'")).await, fund);
        assert_eq!(
            world.number("SELECT count(*) FROM (SELECT FROM entries WHERE person_id IN (SELECT person_id FROM public.missers)
                          AND account IN ('training_balance', 'job_search_incentive', 'survey_incentive')
                          GROUP BY person_id, account HAVING sum(amount_rupiah) <> 0) open").await,
            0,
            "nothing is left to the revoked"
        );
        settle_wave(&mut world.act(due), wave(number)).await.unwrap();
        let books = [
            ("appropriation", total),
            ("programme_fund", 0),
            ("platform_payable", -spent),
            ("state_treasury", -3 * returned),
        ];
        for (account, sum) in books {
            let query = format!(
                "SELECT coalesce(sum(sum), 0) FROM ({BALANCES}) b WHERE account = '{account}'"
            );
            assert_eq!(world.number(&query).await, sum, "{account} of wave {number}");
        }
        assert_eq!(world.number(&format!("SELECT sum(sum) FROM ({BALANCES}) b")).await, 0);
        let personal =
            "account IN ('training_balance', 'job_search_incentive', 'survey_incentive')";
        assert_eq!(
            world.number(&format!("SELECT -sum(sum) FROM ({BALANCES}) b WHERE {personal}")).await,
            held
        );
        let twice = world.settle(number).await.unwrap_err();
        assert!(matches!(twice, ActError::WaveState { .. }), "{twice}");
    }
}
