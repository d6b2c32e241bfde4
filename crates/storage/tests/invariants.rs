//! The checks of the audit against a real database: all hold in a valid world, and each one fails when
//! its own rule is broken.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail the test")]

use std::collections::BTreeSet;

use domain::rupiah::Rupiah;
use domain::wave::WaveNumber;
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, PgConnection};
use storage::invariants::{Check, WaveTerms, invariants_check};
use storage::scratch::Scratch;

/// What the policies of `world.sql` say.
fn terms() -> Vec<WaveTerms> {
    (1..=6)
        .map(|wave| WaveTerms {
            wave: WaveNumber::new(wave).unwrap(),
            training: Rupiah::new(1_000_000).unwrap(),
            incentives: Rupiah::new(2_400_000).unwrap(),
            surveys: Rupiah::new(150_000).unwrap(),
            household_cap: if wave == 1 { None } else { Some(2) },
            revoked_keeps_place: false,
            min_age: 18,
            max_age: if wave == 1 { None } else { Some(64) },
        })
        .collect()
}

/// The world, built once; each case breaks it in a transaction that is rolled back.
async fn world(scratch: &Scratch) -> PgConnection {
    let mut conn = scratch.embedded().superuser_options().connect().await.unwrap();
    sqlx::raw_sql(include_str!("world.sql")).execute(&mut conn).await.unwrap();
    conn
}

/// The checks that fail after `damage`.
async fn failing(conn: &mut PgConnection, damage: &str, terms: &[WaveTerms]) -> Vec<Check> {
    let mut tx = conn.begin().await.unwrap();
    sqlx::raw_sql(AssertSqlSafe(damage)).execute(&mut *tx).await.unwrap();
    let checks = invariants_check(&mut tx, terms).await.unwrap();
    tx.rollback().await.unwrap();
    checks.into_iter().filter(|check| check.violations > 0).collect()
}

/// Damage of one rule with the checks that must notice it: the first is the one to be proved, further
/// ones are there where the rule cannot be broken alone. Constraints stand in the way of much of it and
/// are dropped first, as a restored dump could lack them. Person `n` is `pg_temp.person(n)`.
const DAMAGES: &[(&[&str], &str)] = &[
    (&["wave_partitions"], "ALTER TABLE transfers DETACH PARTITION transfers_5"),
    (&["wave_transitions"], "DELETE FROM audit_events WHERE subject = 'wave:3' AND to_state = 'drawn'"),
    (&["acts_approved"], "DELETE FROM approvals WHERE subject = 'wave:2' AND act = 'draw'"),
    (
        &["corrections_kept"],
        "ALTER TABLE waves DISABLE TRIGGER waves_corrections_step;
         UPDATE waves SET corrections = 1, moved_s = 86400 WHERE wave = 4",
    ),
    (
        &["corrections_kept"],
        "INSERT INTO approvals
         SELECT 'correct_roll', 'plan:4:2', prepared_by, approved_by, reason, approved_at FROM approvals LIMIT 1",
    ),
    (
        &["approvals_by_two"],
        "ALTER TABLE approvals DROP CONSTRAINT approvals_two_persons_check;
         UPDATE approvals SET approved_by = prepared_by WHERE subject = 'wave:1' AND act = 'appoint'",
    ),
    (
        &["joins_once"],
        "ALTER TABLE memberships DROP CONSTRAINT memberships_pkey;
         INSERT INTO memberships SELECT * FROM memberships WHERE wave = 5",
    ),
    (
        &["joins_within_opening"],
        "UPDATE memberships m SET joined_at = w.closes_at FROM waves w
         WHERE w.wave = m.wave AND m.wave = 2 AND m.person_id = pg_temp.person(11)",
    ),
    (&["joins_of_allowed_age"], "UPDATE memberships SET age = 65 WHERE wave = 5"),
    (&["rolls_complete"], "UPDATE rolls SET entries = entries + 1 WHERE wave = 4"),
    (&["rolls_complete"], "DELETE FROM rolls WHERE wave = 4"),
    (
        &["members_decided"],
        "DELETE FROM decisions WHERE wave = 3 AND person_id = pg_temp.person(14)",
    ),
    (&["withdrawals_of_members"], "UPDATE withdrawals SET withdrawn_at = withdrawn_at + '30 days'"),
    (
        &["members_decided", "rolls_complete"],
        "INSERT INTO withdrawals
         SELECT wave, person_id, joined_at FROM memberships WHERE wave = 3 AND person_id = pg_temp.person(14)",
    ),
    (
        &["decisions_of_members"],
        "INSERT INTO decisions VALUES (now(), pg_temp.person(17), 'not_selected', 9, 3, NULL)",
    ),
    (
        &["decisions_once"],
        "ALTER TABLE decisions DROP CONSTRAINT decisions_pkey;
         INSERT INTO decisions SELECT * FROM decisions WHERE wave = 3 AND outcome = 'not_selected'",
    ),
    (&["draws_counted"], "UPDATE draws SET selected = selected + 1 WHERE wave = 3"),
    (&["digests_chained"], "UPDATE draws SET roll_digest = sha256('other') WHERE wave = 3"),
    (&["digests_chained"], "UPDATE decrees SET result_digest = sha256('other') WHERE wave = 2"),
    (
        &["selected_appointed"],
        "UPDATE decisions SET outcome = CASE outcome WHEN 'selected' THEN 'not_selected'
                                        ELSE 'selected' END::decision_outcome,
                              rank = CASE outcome WHEN 'selected' THEN 1 END
         WHERE wave = 1 AND person_id IN (pg_temp.person(1), pg_temp.person(4))",
    ),
    (
        &["recipients_within_applicants", "selected_appointed", "decrees_add_up", "quotas_granted",
          "household_places", "commitments_match_policy", "seats_conserved"],
        "INSERT INTO beneficiaries (person_id, card_number, appointed_at, purchase_due_at, wave, region)
         SELECT pg_temp.person(n), 9000000000000000 + n, now(), now() + '1 day', 2, 1501
         FROM generate_series(100, 120) n",
    ),
    (&["decrees_add_up"], "UPDATE decrees SET appointments = appointments - 1 WHERE wave = 2"),
    (
        &["grant_states"],
        "UPDATE beneficiaries SET state = 'appointed' WHERE person_id = pg_temp.person(1)",
    ),
    (
        &["deadlines_kept"],
        "UPDATE beneficiaries SET revoked_at = purchase_due_at - '1 day'::interval
         WHERE person_id = pg_temp.person(2)",
    ),
    (
        &["deadlines_kept"],
        "UPDATE beneficiaries SET purchase_due_at = activated_at WHERE person_id = pg_temp.person(1)",
    ),
    (&["revocations_approved"], "DELETE FROM approvals WHERE act = 'revoke'"),
    (&["appeals_answered"], "DELETE FROM approvals WHERE act = 'answer_appeal'"),
    (
        &["appeals_answered"],
        "ALTER TABLE appeals DISABLE TRIGGER appeals_answered_once; UPDATE appeals SET answer = 'no_seat'",
    ),
    (
        &["pool_not_overdrawn", "seats_conserved"],
        "ALTER TABLE seat_pool DROP CONSTRAINT seat_pool_seats_check;
         UPDATE seat_pool SET seats = 0 WHERE freed_at = '2020-08-01Z'",
    ),
    (
        &["first_purchases"],
        "UPDATE beneficiaries SET activated_at = activated_at + '1 hour'::interval
         WHERE person_id = pg_temp.person(12)",
    ),
    // Person 4, who holds a grant of wave 2, gets person 1's of wave 1 with all that hangs on it.
    (
        &["one_live_grant"],
        "DROP INDEX beneficiaries_person_id_live_key;
         ALTER TABLE household_slots DROP CONSTRAINT household_slots_person_id_key;
         UPDATE beneficiaries SET person_id = pg_temp.person(4)
         WHERE wave = 1 AND person_id = pg_temp.person(1);
         UPDATE household_slots SET person_id = pg_temp.person(4)
         WHERE wave = 1 AND person_id = pg_temp.person(1);
         UPDATE training_orders SET person_id = pg_temp.person(4)
         WHERE wave = 1 AND person_id = pg_temp.person(1);
         UPDATE transfers SET person_id = pg_temp.person(4)
         WHERE wave = 1 AND person_id = pg_temp.person(1);
         UPDATE decisions SET outcome = CASE outcome WHEN 'selected' THEN 'not_selected'
                                        ELSE 'selected' END::decision_outcome,
                              rank = CASE outcome WHEN 'selected' THEN 1 END
         WHERE wave = 1 AND person_id IN (pg_temp.person(1), pg_temp.person(4))",
    ),
    (&["household_places"], "DELETE FROM household_slots WHERE person_id = pg_temp.person(6)"),
    (
        &["household_places"],
        "INSERT INTO household_slots VALUES (pg_temp.person(109), pg_temp.person(9), 1, 1, NULL)",
    ),
    (
        &["household_cap"],
        "UPDATE memberships SET kk_index = pg_temp.person(112)
         WHERE wave = 2 AND person_id = pg_temp.person(4)",
    ),
    (
        &["household_place_numbers"],
        "ALTER TABLE household_slots DROP CONSTRAINT household_slots_cap_check;
         UPDATE household_slots SET slot = 3 WHERE person_id = pg_temp.person(12)",
    ),
    (
        &["household_place_numbers"],
        "UPDATE household_slots SET cap = NULL WHERE person_id = pg_temp.person(12)",
    ),
    // The view is what the check reads: one that forgets a side does not balance.
    (
        &["entries_balance"],
        "CREATE OR REPLACE VIEW entries AS
         SELECT wave, person_id, reason, number, posted_at, debit AS account, amount_rupiah FROM transfers
         UNION ALL
         SELECT wave, person_id, reason, number, posted_at, credit AS account, -amount_rupiah
         FROM transfers WHERE reason <> 'fund_return'",
    ),
    (
        &["accounts_above_floor", "settled_funds_empty"],
        "UPDATE transfers SET amount_rupiah = amount_rupiah - 1 WHERE wave = 1 AND reason = 'allocation'",
    ),
    (
        &["accounts_above_floor"],
        "UPDATE training_orders SET price_rupiah = 1000001 WHERE person_id = pg_temp.person(1);
         UPDATE transfers SET amount_rupiah = 1000001
         WHERE reason = 'purchase' AND person_id = pg_temp.person(1)",
    ),
    // One grant gets more and another less, so that the decree still states the sum.
    (
        &["commitments_match_policy"],
        "UPDATE transfers
         SET amount_rupiah = amount_rupiah
             + CASE person_id WHEN pg_temp.person(4) THEN 1 ELSE -1 END
         WHERE wave = 2 AND reason = 'survey_commitment'
           AND person_id IN (pg_temp.person(4), pg_temp.person(13))",
    ),
    (&["decree_amounts"], "UPDATE decrees SET amount_rupiah = amount_rupiah + 1 WHERE wave = 2"),
    (
        &["orders_posted"],
        "DELETE FROM transfers WHERE reason = 'purchase' AND person_id = pg_temp.person(12) AND number = 2",
    ),
    (&["orders_posted"], "DELETE FROM training_orders WHERE order_no = 2"),
    (
        &["revoked_hold_nothing"],
        "DELETE FROM transfers WHERE reason = 'survey_return' AND person_id = pg_temp.person(2);
         UPDATE transfers SET amount_rupiah = amount_rupiah - 150000
         WHERE wave = 1 AND reason = 'fund_return' AND number = 1",
    ),
    (
        &["settled_funds_empty"],
        "UPDATE transfers SET amount_rupiah = amount_rupiah - 1 WHERE reason = 'fund_return' AND number = 2",
    ),
    // One region gets a seat more and another a seat fewer, with and without a grant to match.
    (
        &["quotas_granted", "seats_conserved"],
        "UPDATE quotas SET seats = seats + CASE region WHEN 1501 THEN 1 ELSE -1 END WHERE wave = 2;
         UPDATE quota_pools p SET seats = q.seats - q.unfilled FROM quotas q
         WHERE p.wave = 2 AND q.wave = 2 AND p.region = q.region",
    ),
    (&["pools_published"], "UPDATE quota_pools SET seats = seats + 1 WHERE wave = 4"),
    (
        &["guarantees_within_pools"],
        "UPDATE quota_guarantees SET seats = 2, asked = 2 WHERE wave = 4",
    ),
    (
        &["pools_drawn"],
        "UPDATE draw_pools SET filled = filled + 1 WHERE region = 1501",
    ),
    (
        &["pools_drawn"],
        "UPDATE decisions SET pool = 1 WHERE pool = 0 AND person_id = pg_temp.person(11)",
    ),
    (&["classes_of_members"], "UPDATE member_classes SET person_id = pg_temp.person(18)"),
    (&["classes_of_members"], "UPDATE roll_commitments SET wave = 5"),
    (
        &["quotas_published", "seats_conserved"],
        "UPDATE waves SET base_seats = base_seats + 1 WHERE wave = 4",
    ),
    (&["seats_conserved"], "DELETE FROM seat_pool WHERE wave = 3"),
    (&["seats_conserved"], "UPDATE seat_pool SET seats = seats + 1 WHERE wave = 3"),
];

/// In a valid world every check looks at something and finds nothing wrong; names are unique.
#[tokio::test]
async fn a_valid_world_is_clean() {
    let scratch = Scratch::start().await.unwrap();
    let mut conn = world(&scratch).await;
    // As the serving role, which must be allowed to read all that is checked.
    sqlx::raw_sql("SET ROLE gelombang_app").execute(&mut conn).await.unwrap();
    let checks = invariants_check(&mut conn, &terms()).await.unwrap();
    for check in &checks {
        assert_eq!((check.violations, &check.examples), (0, &Vec::new()), "{}", check.name);
        assert!(check.counted > 0, "{} looks at nothing", check.name);
    }
    let names: BTreeSet<&str> = checks.iter().map(|check| check.name).collect();
    assert_eq!(names.len(), checks.len());
}

/// Every check is proved able to fail: each damage is noticed by the checks listed and by no other.
#[tokio::test]
async fn every_check_notices_its_damage() {
    let scratch = Scratch::start().await.unwrap();
    let mut conn = world(&scratch).await;
    let names: BTreeSet<&str> = invariants_check(&mut conn, &terms())
        .await
        .unwrap()
        .iter()
        .map(|check| check.name)
        .collect();
    let (mut proved, mut wrong) = (BTreeSet::new(), Vec::new());
    for (expected, damage) in DAMAGES {
        let broken = failing(&mut conn, damage, &terms()).await;
        let found: BTreeSet<&str> = broken.iter().map(|check| check.name).collect();
        if found != expected.iter().copied().collect() {
            wrong.push(format!("after: {damage}\n{broken:#?}"));
        }
        for check in &broken {
            let shown = u64::try_from(check.examples.len()).unwrap();
            assert_eq!(shown, check.violations.min(5), "{}", check.name);
            assert!(check.examples.iter().all(|example| !example.is_empty()));
        }
        proved.insert(expected[0]);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(proved, names, "a check without a damage that proves it");
}

/// The terms decide: other amounts, limits, and a rule that keeps the place of a revoked grant make the
/// checks that use them fail, and so do waves without terms.
#[tokio::test]
async fn terms_are_held_against_rows() {
    let scratch = Scratch::start().await.unwrap();
    let mut conn = world(&scratch).await;
    let changed = |change: fn(&mut WaveTerms)| {
        let mut terms = terms();
        change(&mut terms[1]);
        terms
    };
    let cases: [(&[&str], Vec<WaveTerms>); 6] = [
        (&["commitments_match_policy"], changed(|t| t.surveys = Rupiah::ZERO)),
        (&["joins_of_allowed_age"], changed(|t| t.min_age = 25)),
        (&["joins_of_allowed_age"], changed(|t| t.max_age = Some(25))),
        (&["household_cap", "household_place_numbers"], changed(|t| t.household_cap = Some(1))),
        (
            &["household_places"],
            terms().iter().map(|t| WaveTerms { revoked_keeps_place: true, ..*t }).collect(),
        ),
        (
            &[
                "joins_of_allowed_age",
                "commitments_match_policy",
                "household_cap",
                "household_place_numbers",
            ],
            Vec::new(),
        ),
    ];
    for (expected, terms) in cases {
        let broken = failing(&mut conn, "", &terms).await;
        let found: BTreeSet<&str> = broken.iter().map(|check| check.name).collect();
        assert_eq!(found, expected.iter().copied().collect(), "{broken:#?}");
    }
}
