//! What the database refuses by itself: to the serving role, to two at once, and to anyone whose rows
//! break a rule. Every refusal is looked at by the name of its rule.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail the test")]

use domain::ids::{OfficerId, PersonId};
use domain::ledger::{LedgerAccount, Transfer, TransferReason};
use domain::officers::{Approval, TwoPersonAct};
use domain::policy::{Named as _, RevokedFunds};
use domain::rupiah::Rupiah;
use domain::time::Timestamp;
use domain::wave::WaveNumber;
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, PgConnection};
use storage::database::SERVING_ROLE;
use storage::embedded::DATABASE;
use storage::error::StorageError;
use storage::ledger::transfer_insert;
use storage::officers::approval_insert;
use storage::scratch::Scratch;

/// Waves 1 (frozen), 2 (drawn) and 3 (draft), with what their rows point to. Persons are `p(n)`.
const WORLD: &str = "
CREATE FUNCTION pg_temp.p(n integer) RETURNS uuid LANGUAGE sql AS
    $$ SELECT ('00000000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid $$;
INSERT INTO region_versions VALUES ('v', '2020-01-01Z');
INSERT INTO policy_versions
    VALUES ('p', 'text', sha256('text'), '2020-01-01Z'), ('q', 'other', sha256('other'), '2020-01-01Z');
INSERT INTO waves (wave, kind, policy_id, region_version, opens_at, closes_at, results_at, base_seats, draw_key)
    SELECT n, 'regular', 'p', 'v', '2020-02-01Z', '2020-02-02Z', '2020-02-03Z', 10, ''
    FROM generate_series(1, 3) n;
UPDATE waves SET state = 'frozen', opened_at = '2020-02-01Z', closed_at = '2020-02-02Z', frozen_at = '2020-02-02Z'
    WHERE wave = 1;
UPDATE waves SET state = 'drawn', opened_at = '2020-02-01Z', closed_at = '2020-02-02Z', frozen_at = '2020-02-02Z',
    drawn_at = '2020-02-02Z' WHERE wave = 2;
SELECT create_wave_partitions(n::smallint) FROM generate_series(1, 3) n;
INSERT INTO rolls SELECT n, 1, sha256('roll') FROM generate_series(1, 2) n;
INSERT INTO draws VALUES (2, 'chain', true, 1, sha256('r'), sha256('s'), sha256('roll'), sha256('o'), 1, '2020-02-03Z');
INSERT INTO memberships VALUES ('2020-02-01Z', pg_temp.p(1), pg_temp.p(900), 'man', 'none', 1, 1571, 30,
    decode(repeat('00', 16), 'hex'), decode(repeat('00', 8), 'hex'));
INSERT INTO decisions VALUES ('2020-02-02Z', pg_temp.p(1), 'not_selected', 1, 1, NULL);
INSERT INTO decrees VALUES (pg_temp.p(800), 'SK 2', 2, '2020-02-03', '2020-02-03Z', 1, 100, sha256('o'));
INSERT INTO beneficiaries (person_id, card_number, appointed_at, purchase_due_at, wave, region)
    VALUES (pg_temp.p(1), 8000000000000001, '2020-02-03Z', '2020-03-03Z', 2, 1571);
INSERT INTO household_slots VALUES (pg_temp.p(900), pg_temp.p(1), 2, 1, 2);
INSERT INTO training_orders VALUES (pg_temp.p(1), '2020-02-04Z', 100, 2, 1);
INSERT INTO transfers VALUES ('2020-02-03Z', 100, pg_temp.p(1), 'training_commitment', 'programme_fund',
    'training_balance', 2, 1);
INSERT INTO officers SELECT pg_temp.p(n), 'officer ' || n, '2020-01-01Z' FROM generate_series(701, 702) n;
INSERT INTO approvals VALUES ('draw', 'wave:2', pg_temp.p(701), pg_temp.p(702), 'agreed', '2020-02-02Z');
INSERT INTO audit_events VALUES (pg_temp.p(600), '2020-02-02Z', 'schedule', 'wave_draw', 'wave:2', 'frozen', 'drawn',
    'calendar', 'test', '{}');
INSERT INTO seat_pool VALUES (2, 1571, 'revoked', 1, '2020-03-03Z');
INSERT INTO quotas VALUES (1, 1571, 10, 0);
INSERT INTO persons VALUES (pg_temp.p(1), '2020-01-01Z', 'man', 'none', 'job_seeker', 1571, 1990, false);
INSERT INTO person_niks VALUES (pg_temp.p(500), pg_temp.p(1));
INSERT INTO person_identities VALUES (pg_temp.p(1), pg_temp.p(900), '', '', NULL);
";

async fn superuser(scratch: &Scratch) -> PgConnection {
    let options = scratch.embedded().superuser_options().options([("search_path", "gelombang")]);
    options.connect().await.unwrap()
}

/// A server with the small world, and a connection of its superuser that keeps `p(n)`.
async fn world() -> (Scratch, PgConnection) {
    let scratch = Scratch::start().await.unwrap();
    let mut conn = superuser(&scratch).await;
    sqlx::raw_sql(WORLD).execute(&mut conn).await.unwrap();
    (scratch, conn)
}

/// Runs statements as one act that is taken back; the failure of the last one, if it fails.
async fn attempt(conn: &mut PgConnection, statements: &str) -> Option<sqlx::Error> {
    let mut tx = conn.begin().await.unwrap();
    let done = sqlx::raw_sql(AssertSqlSafe(statements.to_owned())).execute(&mut *tx).await;
    tx.rollback().await.unwrap();
    done.err()
}

fn code(error: &sqlx::Error) -> String {
    error.as_database_error().unwrap().code().unwrap().into_owned()
}

/// The serving role adds facts and never changes, removes or empties them, makes no tables and has no
/// power over others; as itself and under a superuser's login alike.
#[tokio::test]
#[expect(clippy::too_many_lines, reason = "one list of cases")]
async fn serving_role() {
    const INSUFFICIENT_PRIVILEGE: &str = "42501";
    let (scratch, _keep) = world().await;
    let facts = [
        "memberships",
        "decisions",
        "rolls",
        "roll_places",
        "quotas",
        "member_classes",
        "roll_commitments",
        "replaced_plans",
        "judged_again",
        "quota_classes",
        "quota_pools",
        "quota_guarantees",
        "quota_national",
        "draw_pools",
        "draw_classes",
        "contributions",
        "contribution_reveals",
        "reveals_closed",
        "draws",
        "decrees",
        "training_orders",
        "transfers",
        "approvals",
        "officer_roles",
        "audit_events",
        "audit_chain",
        "audit_checkpoints",
        "policy_versions",
        "regions",
        "persons",
        "person_niks",
        "memberships_1",
        "decisions_1",
        "transfers_2",
    ];
    let mut forbidden = Vec::new();
    for table in facts {
        forbidden.push(format!("DELETE FROM {table}"));
        forbidden.push(format!("TRUNCATE {table}"));
        forbidden.push(format!("DROP TABLE {table}"));
    }
    for perishable in ["jobs", "notices", "sessions", "client_keys", "proposals", "statement_tries"]
    {
        forbidden.push(format!("DELETE FROM {perishable}"));
    }
    for (table, column) in [
        ("memberships", "age = 3"),
        ("decisions", "outcome = 'selected'"),
        ("rolls", "entries = 3"),
        ("quotas", "seats = 3"),
        ("member_classes", "weight = 16"),
        ("roll_commitments", "commitment = sha256('other')"),
        ("quota_pools", "seats = 3"),
        ("draw_classes", "close = NULL"),
        ("contributions", "commitment = sha256('other')"),
        ("contribution_reveals", "value = sha256('other')"),
        ("reveals_closed", "closed_at = '2030-01-01Z'"),
        ("draws", "selected = 3"),
        ("decrees", "appointments = 3"),
        ("training_orders", "price_rupiah = 3"),
        ("transfers", "amount_rupiah = 3"),
        ("approvals", "reason = 'none'"),
        ("audit_events", "actor = 'nobody'"),
        ("audit_chain", "chain_digest = ''"),
        ("audit_checkpoints", "number = 3"),
        ("policy_versions", "document = ''"),
        ("waves", "base_seats = 3"),
        ("waves", "draw_key = ''"),
        ("waves", "corrections = 1"),
        ("waves", "results_at = '2030-01-01Z'"),
        ("replaced_plans", "entries = 3"),
        ("public_files", "plan = 2"),
        ("beneficiaries", "card_number = 8000000000000002"),
        ("beneficiaries", "purchase_due_at = '2030-01-01Z'"),
        ("household_slots", "slot = 3"),
        ("seat_pool", "seats = 3"),
        ("notices", "subject = 'wave:3'"),
        ("account_contacts", "sealed = ''"),
        ("persons", "registered_at = '2020-01-02Z'"),
        ("statement_tries", "holder_id = gen_random_uuid()"),
        ("person_niks", "person_id = nik_index"),
    ] {
        forbidden.push(format!("UPDATE {table} SET {column}"));
    }
    for statement in [
        "DELETE FROM beneficiaries",
        "DELETE FROM waves",
        "DELETE FROM person_identities",
        "DELETE FROM notices",
        "DELETE FROM sessions",
        "DELETE FROM client_keys",
        "DELETE FROM proposals",
        "DELETE FROM statement_tries",
        "CREATE TABLE mine (n integer)",
        "CREATE TABLE public.mine (n integer)",
        "CREATE SCHEMA mine",
        "CREATE ROLE mine",
        "INSERT INTO audit_events (transaction_id) VALUES ('3')",
        "ALTER TABLE transfers DISABLE TRIGGER ALL",
        "SET ROLE gelombang_owner",
        "COPY persons TO PROGRAM 'true'",
    ] {
        forbidden.push(statement.to_owned());
    }
    let options = scratch.embedded().options(SERVING_ROLE, DATABASE);
    let mut own = options.options([("search_path", "gelombang")]).connect().await.unwrap();
    let mut pooled = scratch.database().begin().await.unwrap();
    for conn in [&mut own, &mut *pooled] {
        for statement in &forbidden {
            let refused = attempt(conn, statement).await.unwrap_or_else(|| panic!("{statement}"));
            let expected = if statement.starts_with("DROP") || statement.starts_with("ALTER") {
                "must be owner of"
            } else if statement.starts_with("COPY") {
                "must be superuser"
            } else {
                "permission denied"
            };
            assert_eq!(code(&refused), INSUFFICIENT_PRIVILEGE, "{statement}: {refused}");
            assert!(refused.to_string().contains(expected), "{statement}: {refused}");
        }
        let powers: (bool, bool, bool, bool, String) = sqlx::query_as(
            "SELECT rolsuper, rolcreatedb, rolcreaterole, rolbypassrls, current_user::text
             FROM pg_roles WHERE rolname = current_user",
        )
        .fetch_one(&mut *conn)
        .await
        .unwrap();
        assert_eq!(powers, (false, false, false, false, SERVING_ROLE.to_owned()));
        assert!(attempt(conn, "SELECT create_wave_partitions(9::smallint)").await.is_none());
        let odd = attempt(conn, "SELECT create_wave_partitions(0::smallint)").await.unwrap();
        assert!(odd.to_string().contains("wave 0 is outside 1 to 9999"), "{odd}");
    }
}

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

/// Writes down every combination of reason and accounts: accepted exactly where the domain has it, and
/// the domain's own transfers all arrive.
#[tokio::test]
async fn ledger_rule_is_the_domain_s() {
    let (_scratch, mut conn) = world().await;
    let mut accepted = 0;
    for reason in TransferReason::ALL.iter().copied() {
        let person = if reason.is_personal() {
            "pg_temp.p(2)"
        } else {
            "'00000000-0000-0000-0000-000000000000'"
        };
        for debit in LedgerAccount::ALL.iter().copied() {
            for credit in LedgerAccount::ALL.iter().copied() {
                let statement = format!(
                    "INSERT INTO transfers VALUES ('2020-02-03Z', 1, {person}, '{}', '{}', '{}', 1, 1)",
                    reason.name(),
                    debit.name(),
                    credit.name()
                );
                let stands =
                    RevokedFunds::ALL.iter().any(|to| reason.accounts(*to) == (debit, credit));
                match attempt(&mut conn, &statement).await.map(StorageError::from) {
                    None => assert!(stands, "{statement}"),
                    Some(StorageError::Conflict { constraint }) => {
                        assert!(!stands, "{statement}: {constraint}");
                        let rules = ["transfers_rule_check", "transfers_accounts_check"];
                        assert!(rules.contains(&constraint.as_str()), "{statement}: {constraint}");
                    }
                    Some(other) => panic!("{statement}: {other:?}"),
                }
                accepted += u32::from(stands);
            }
        }
        for return_to in RevokedFunds::ALL.iter().copied() {
            let transfer = Transfer {
                wave: WaveNumber::new(1).unwrap(),
                person: reason
                    .is_personal()
                    .then(|| PersonId::at(Timestamp::from_micros(0), [1; 10])),
                reason,
                number: 1,
                return_to,
                amount: Rupiah::new(1).unwrap(),
                posted_at: Timestamp::from_micros(0),
            };
            let mut tx = conn.begin().await.unwrap();
            transfer_insert(&mut tx, &transfer).await.unwrap();
            let again = transfer_insert(&mut tx, &transfer).await.unwrap_err();
            assert!(
                matches!(&again, StorageError::Conflict { constraint } if constraint == "transfers_1_pkey"),
                "{again:?}"
            );
            tx.rollback().await.unwrap();
        }
    }
    assert_eq!(accepted, 12, "nine reasons, three of them with two destinations");
}

/// Two officers with one mind but one id reach the table by way of `Approval` never, and by hand not
/// either; an unknown officer is refused too.
#[tokio::test]
async fn approvals_need_two_known_officers() {
    let (scratch, mut conn) = world().await;
    let officer =
        |n: u32| OfficerId::from_uuid(format!("00000000-0000-7000-8000-{n:012}").parse().unwrap());
    let approval = |a, b| Approval::new(officer(a), officer(b), "agreed".to_owned());
    assert!(approval(701, 701).is_err());
    let now = Timestamp::from_micros(0);
    for (approval, rule) in [
        (approval(701, 702).unwrap(), "approvals_pkey"),
        (approval(701, 709).unwrap(), "approvals_approved_by_fkey"),
    ] {
        let mut tx = scratch.database().begin().await.unwrap();
        let subject = if rule == "approvals_pkey" { "wave:2" } else { "wave:1" };
        let refused = approval_insert(&mut tx, TwoPersonAct::Draw, subject, &approval, now)
            .await
            .unwrap_err();
        assert!(
            matches!(&refused, StorageError::Conflict { constraint } if constraint == rule),
            "{refused:?}"
        );
    }
    let kept: i64 =
        sqlx::query_scalar("SELECT count(*) FROM approvals").fetch_one(&mut conn).await.unwrap();
    assert_eq!(kept, 1);
}

/// Goal: a transaction begins although the server has ended every idle connection; method: use several at
/// once, end them all as the superuser, begin as many again.
#[tokio::test]
async fn dead_connections_are_replaced() {
    let scratch = Scratch::start().await.unwrap();
    let mut superuser = scratch.embedded().superuser_options().connect().await.unwrap();
    let begin_three = async || {
        let database = scratch.database();
        let (one, two, three) =
            tokio::join!(database.begin(), database.begin(), database.begin_snapshot());
        for tx in [one, two, three] {
            let mut tx = tx.unwrap();
            let answer: i32 = sqlx::query_scalar("SELECT 1").fetch_one(&mut *tx).await.unwrap();
            assert_eq!(answer, 1);
            tx.commit().await.unwrap();
        }
    };
    begin_three().await;
    let ended: i64 = sqlx::query_scalar(
        "SELECT count(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity WHERE usename = 'gelombang_app'",
    )
    .fetch_one(&mut superuser)
    .await
    .unwrap();
    assert!(ended >= 3, "{ended} connections were idle");
    begin_three().await;
}
