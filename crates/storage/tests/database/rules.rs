//! Rules of the tables, each by the rows that break it.

use storage::error::StorageError;

use crate::{attempt, world};
/// Each rule of the tables by the rows that break it; what must come first succeeds, so that the last
/// statement alone is refused, by the rule of that name.
#[tokio::test]
#[expect(clippy::too_many_lines, reason = "one table of cases")]
async fn rules_by_name() {
    const MEMBERSHIP: &str = "INSERT INTO memberships VALUES ('2020-02-01Z', pg_temp.p(1), pg_temp.p(900), 'man', \
        'none', 1, 1571, 30, decode(repeat('00', 16), 'hex'), decode(repeat('00', 8), 'hex'))";
    const BENEFICIARY: &str = "INSERT INTO beneficiaries (person_id, card_number, appointed_at, purchase_due_at, wave, \
        region) VALUES (pg_temp.p(PERSON), CARD, '2020-02-03Z', 'DUE', 3, 1571)";
    let beneficiary = |person: &str, card: &str, due: &str| {
        BENEFICIARY.replace("PERSON", person).replace("CARD", card).replace("DUE", due)
    };
    let slot = |person: &str, slot: &str| {
        format!(
            "INSERT INTO household_slots VALUES (pg_temp.p(900), pg_temp.p({person}), 3, {slot})"
        )
    };
    let transfer = |amount: &str| {
        format!(
            "INSERT INTO transfers VALUES ('2020-02-03Z', {amount}, pg_temp.p(2), 'purchase', \
             'training_balance', 'platform_payable', 1, 1)"
        )
    };
    let notice = |subject: &str, state: &str| {
        format!(
            "INSERT INTO notices (account_id, template, subject, channel, state, run_at, useless_at, request_id, \
             created_at) VALUES (pg_temp.p(1), 'joined', '{subject}', 'email', '{state}', '2020-02-03Z', \
             '2020-03-03Z', 'test', '2020-02-03Z')"
        )
    };
    let wave = |change: &str| format!("UPDATE waves SET {change} WHERE wave = 3");
    // A pool with a guarantee, and one row more of a table of quotas, or the pool again.
    let pools = |row: &str| {
        let row = if row.is_empty() { "pools VALUES (1, 1571, 1, 'open', 1)" } else { row };
        format!(
            "INSERT INTO quota_classes VALUES (1, 0, 'women');
             INSERT INTO quota_pools VALUES (1, 1571, 0, 'open', 10);
             INSERT INTO quota_guarantees VALUES (1, 1571, 0, 0, 0, 5, 4, 'people');
             INSERT INTO quota_{row}"
        )
    };
    // A party that has committed itself to the hash of 'value', and one row more.
    let opening = |value: &str| {
        format!(
            "sha256('selection/v1/contrib'::bytea || '\\x00'::bytea || 'party'::bytea || sha256('{value}')), \
             sha256('{value}'), '2020-01-02Z'"
        )
    };
    let contributes = |row: &str| {
        format!(
            "UPDATE waves SET public_digest = sha256('rules') WHERE wave = 3;
             INSERT INTO public_policies VALUES (3, 'rules', sha256('rules'));
             INSERT INTO contributions SELECT 3, 'party', commitment, decode(repeat('00', 64), 'hex'), at
                 FROM (SELECT {}) given (commitment, value, at);
             INSERT INTO {row}",
            opening("value").replace("'2020-01-02Z'", "'2020-01-02Z'::timestamptz")
        )
    };
    let reveal =
        |values: &str| contributes(&format!("contribution_reveals VALUES (3, 'party', {values})"));
    let sql = str::to_owned;
    let cases: Vec<(&str, String)> = vec![
        ("memberships_1_pkey", sql(MEMBERSHIP)),
        ("memberships_tags_check", MEMBERSHIP.replace("p(1)", "p(2)").replace("16)", "15)")),
        (
            "decisions_1_pkey",
            sql(
                "INSERT INTO decisions VALUES ('2020-02-02Z', pg_temp.p(1), 'selected', NULL, 1, NULL)",
            ),
        ),
        (
            "decisions_reason_check",
            sql(
                "INSERT INTO decisions VALUES ('2020-02-02Z', pg_temp.p(2), 'ineligible', NULL, 1, NULL)",
            ),
        ),
        (
            "decisions_rank_check",
            sql(
                "INSERT INTO decisions VALUES ('2020-02-02Z', pg_temp.p(2), 'selected', 1, 1, NULL)",
            ),
        ),
        (
            "draws_pkey",
            sql(
                "INSERT INTO draws VALUES (2, 'chain', true, 2, sha256('x'), sha256('y'), sha256('roll'), sha256('z'), 1, '2020-02-03Z')",
            ),
        ),
        (
            "draws_seed_key",
            sql(
                "INSERT INTO draws VALUES (1, 'chain', true, 1, sha256('r'), sha256('s'), sha256('roll'), sha256('o'), 1, '2020-02-03Z')",
            ),
        ),
        (
            "draws_time_check",
            sql(
                "INSERT INTO draws VALUES (1, 'chain', true, 1, sha256('r'), sha256('t'), sha256('roll'), sha256('o'), 1, '2020-02-02T11:59:59Z')",
            ),
        ),
        (
            "waves_corrections_step_check",
            sql("UPDATE waves SET corrections = 1, moved_s = 86400 WHERE wave = 1"),
        ),
        ("rolls_undrawn_check", sql("UPDATE rolls SET entries = 2 WHERE wave = 2")),
        (
            "draws_wave_fkey",
            sql(
                "INSERT INTO draws VALUES (3, 'chain', true, 1, sha256('r'), sha256('t'), sha256('roll'), sha256('o'), 1, '2020-02-03Z')",
            ),
        ),
        (
            "decrees_wave_key",
            sql(
                "INSERT INTO decrees VALUES (pg_temp.p(801), 'SK 2b', 2, '2020-02-03', '2020-02-03Z', 1, 100, sha256('o'))",
            ),
        ),
        (
            "decrees_wave_fkey",
            sql(
                "INSERT INTO decrees VALUES (pg_temp.p(801), 'SK 3', 3, '2020-02-03', '2020-02-03Z', 1, 100, sha256('o'))",
            ),
        ),
        (
            "approvals_pkey",
            sql(
                "INSERT INTO approvals VALUES ('draw', 'wave:2', pg_temp.p(702), pg_temp.p(701), 'again', '2020-02-02Z')",
            ),
        ),
        (
            "approvals_two_persons_check",
            sql(
                "INSERT INTO approvals VALUES ('draw', 'wave:1', pg_temp.p(701), pg_temp.p(701), 'alone', '2020-02-02Z')",
            ),
        ),
        (
            "approvals_reason_check",
            sql(
                "INSERT INTO approvals VALUES ('draw', 'wave:1', pg_temp.p(701), pg_temp.p(702), ' ', '2020-02-02Z')",
            ),
        ),
        ("beneficiaries_person_id_live_key", beneficiary("1", "8000000000000002", "2020-03-03Z")),
        ("beneficiaries_card_number_key", beneficiary("2", "8000000000000001", "2020-03-03Z")),
        ("beneficiaries_card_number_check", beneficiary("2", "800000000000000", "2020-03-03Z")),
        ("beneficiaries_due_check", beneficiary("2", "8000000000000002", "2020-02-03Z")),
        ("beneficiaries_active_check", sql("UPDATE beneficiaries SET state = 'active'")),
        (
            "beneficiaries_revoked_check",
            sql("UPDATE beneficiaries SET state = 'revoked', revoked_at = '2020-03-03Z'"),
        ),
        ("household_slots_pkey", slot("2", "1, 2")),
        ("household_slots_person_id_key", slot("1", "2, 2")),
        ("household_slots_cap_check", slot("2", "3, 2")),
        ("household_slots_cap_check", slot("2", "0, NULL")),
        ("transfers_amount_check", transfer("0")),
        ("transfers_amount_check", transfer("-1")),
        ("transfers_amount_check", transfer("1000000000000001")),
        (
            "transfers_2_pkey",
            sql(
                "INSERT INTO transfers VALUES ('2020-02-04Z', 100, pg_temp.p(1), 'training_commitment', 'programme_fund', 'training_balance', 2, 1)",
            ),
        ),
        ("transfers_number_check", transfer("1").replace("1, 1)", "1, 0)")),
        (
            "transfers_person_check",
            transfer("1").replace("pg_temp.p(2)", "'00000000-0000-0000-0000-000000000000'"),
        ),
        (
            "transfers_person_check",
            transfer("1").replace(
                "'purchase', 'training_balance', 'platform_payable'",
                "'allocation', 'appropriation', 'programme_fund'",
            ),
        ),
        (
            "training_orders_price_check",
            sql("INSERT INTO training_orders VALUES (pg_temp.p(1), '2020-02-04Z', 0, 2, 2)"),
        ),
        (
            "training_orders_pkey",
            sql("INSERT INTO training_orders VALUES (pg_temp.p(1), '2020-02-04Z', 9, 2, 1)"),
        ),
        ("seat_pool_later_check", sql("UPDATE seat_pool SET reused_by = 2")),
        ("seat_pool_later_check", sql("UPDATE seat_pool SET reused_by = 1")),
        (
            "seat_pool_fate_check",
            sql("UPDATE seat_pool SET reused_by = 3, returned_at = '2020-04-01Z'"),
        ),
        ("seat_pool_returned_check", sql("UPDATE seat_pool SET returned_at = freed_at")),
        (
            "seat_pool_seats_check",
            sql("INSERT INTO seat_pool VALUES (1, 1571, 'revoked', 0, '2020-03-03Z')"),
        ),
        // An address, a name or an escape is no subject.
        ("notices_words_check", notice("siti@contoh.id", "queued")),
        ("notices_words_check", notice("wave:3\\000", "queued")),
        ("notices_state_check", notice("wave:3", "lost")),
        ("notices_lease_check", notice("wave:3", "sending")),
        ("notices_ended_check", notice("wave:3", "accepted")),
        (
            "notices_pkey",
            format!("{}; {}", notice("wave:3", "queued"), notice("wave:3", "unknown")),
        ),
        ("quotas_seats_check", sql("INSERT INTO quotas VALUES (1, 1572, 10, 11)")),
        ("quotas_in_play_check", sql("INSERT INTO quotas VALUES (1, 1572, 10, 1, 8)")),
        ("quota_pools_quota_fkey", sql("INSERT INTO quota_pools VALUES (1, 1572, 0, 'open', 1)")),
        ("quota_pools_name_key", pools("")),
        ("quota_guarantees_class_fkey", pools("guarantees VALUES (1, 1571, 0, 1, 3, 1, 1, NULL)")),
        ("quota_guarantees_bit_key", pools("guarantees VALUES (1, 1571, 0, 1, 0, 1, 1, NULL)")),
        ("quota_guarantees_seats_check", pools("guarantees VALUES (1, 1571, 0, 8, 0, 1, 1, NULL)")),
        (
            "quota_guarantees_lowered_check",
            pools("guarantees VALUES (1, 1571, 0, 1, 0, 2, 1, NULL)"),
        ),
        (
            "quota_guarantees_lowered_check",
            pools("guarantees VALUES (1, 1571, 0, 1, 0, 1, 1, 'people')"),
        ),
        ("quota_national_placed_check", pools("national VALUES (1, 0, 0, 1, 2)")),
        (
            "member_classes_values_check",
            sql("INSERT INTO member_classes VALUES (1, pg_temp.p(1), 0, 1)"),
        ),
        (
            "roll_commitments_commitment_check",
            sql("INSERT INTO roll_commitments VALUES (1, pg_temp.p(1), 'short', sha256('random'))"),
        ),
        (
            "contributions_pkey",
            contributes(
                "contributions VALUES (3, 'party', sha256('x'), decode(repeat('00', 64), 'hex'), '2020-01-02Z')",
            ),
        ),
        ("contribution_reveals_commitment_fkey", reveal(&opening("other"))),
        (
            "contribution_reveals_opening_check",
            reveal(&opening("value").replacen(", sha256('value')", ", sha256('other')", 1)),
        ),
        ("contribution_reveals_pkey", reveal(&format!("{0}), (3, 'party', {0}", opening("value")))),
        (
            "draw_pools_wave_fkey",
            pools(
                "national VALUES (1, 0, 0, 1, 1); INSERT INTO draw_pools VALUES (1, 1571, 0, 1, 0, NULL)",
            ),
        ),
        (
            "decisions_seat_check",
            sql(
                "INSERT INTO decisions VALUES ('2020-02-02Z', pg_temp.p(2), 'not_selected', 2, 1, NULL, 0, true)",
            ),
        ),
        (
            "decisions_reason_check",
            sql(
                "INSERT INTO decisions VALUES ('2020-02-02Z', pg_temp.p(2), 'selected', NULL, 1, 'seats_filled')",
            ),
        ),
        ("waves_state_check", wave("state = 'gone'")),
        ("waves_state_times_check", wave("state = 'open'")),
        ("waves_state_times_check", wave("opened_at = '2020-02-01Z'")),
        ("waves_state_times_check", wave("state = 'closed', opened_at = '2020-02-01Z'")),
        ("waves_state_times_check", wave("state = 'settled', settled_at = '2020-02-01Z'")),
        ("waves_cancelled_check", wave("state = 'cancelled'")),
        ("waves_calendar_check", wave("closes_at = opens_at")),
        ("waves_base_seats_check", wave("kind = 'recovery'")),
        ("waves_policy_id_fkey", wave("policy_id = 'none'")),
        (
            "policy_versions_digest_check",
            sql("UPDATE policy_versions SET document = 'changed' WHERE policy_id = 'q'"),
        ),
        ("person_niks_pkey", sql("INSERT INTO person_niks VALUES (pg_temp.p(500), pg_temp.p(2))")),
        (
            "person_identities_erased_check",
            sql("UPDATE person_identities SET wrapped_key = NULL, sealed = NULL"),
        ),
    ];
    let (_scratch, mut conn) = world().await;
    for (rule, statements) in cases {
        let refused =
            attempt(&mut conn, &statements).await.unwrap_or_else(|| panic!("{statements}"));
        match StorageError::from(refused) {
            StorageError::Conflict { constraint } => assert_eq!(constraint, rule, "{statements}"),
            other => panic!("{statements}: {other:?}"),
        }
    }
    for statement in [
        "UPDATE seat_pool SET reused_by = 3",
        "UPDATE waves SET state = 'cancelled', cancelled_at = '2020-02-01Z' WHERE wave = 3",
        "UPDATE waves SET state = 'open', opened_at = '2020-02-01Z' WHERE wave = 3",
        "UPDATE beneficiaries SET state = 'revoked', revoked_at = '2020-03-03Z', revocation = 'purchase_deadline_missed'",
    ] {
        let refused = attempt(&mut conn, statement).await;
        assert!(refused.is_none(), "{statement}: {refused:?}");
    }
}
